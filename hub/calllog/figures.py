"""How the telephone was answered: calls, answered, missed, abandoned, by day, agent and queue. Pure.

Promises: every call is counted once, under the day it began (local time) and, where somebody spoke, under
whoever answered first or, outbound, made it; one that only rang counts for nobody. Internal and outbound
calls count apart: they are neither answered nor missed by us. Never: guesses a time that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from statistics import median
from typing import Any

INBOUND = ("answered", "abandoned", "missed", "busy")


@dataclass(slots=True)
class Figures:
    """Calls of one day, agent or queue. `to_answer` and `to_call_back` are seconds, one each."""

    calls: int = 0
    inbound: int = 0
    outbound: int = 0
    internal: int = 0
    answered: int = 0
    missed: int = 0
    abandoned: int = 0
    busy: int = 0
    to_answer: list[float] = field(default_factory=list)
    to_call_back: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Counts, and the median and longest of both times; ``None`` where there is none."""
        return {
            "calls": self.calls,
            "inbound": self.inbound,
            "outbound": self.outbound,
            "internal": self.internal,
            "answered": self.answered,
            "missed": self.missed,
            "abandoned": self.abandoned,
            "busy": self.busy,
            "seconds_to_answer": _spread(self.to_answer),
            "seconds_to_call_back": _spread(self.to_call_back),
        }


@dataclass(slots=True)
class Table:
    """The same calls seen three ways, and all together."""

    total: Figures = field(default_factory=Figures)
    days: dict[str, Figures] = field(default_factory=dict)
    agents: dict[str, Figures] = field(default_factory=dict)
    queues: dict[str, Figures] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Each group in the order of its names."""
        return {
            "total": self.total.as_json(),
            "days": {name: one.as_json() for name, one in sorted(self.days.items())},
            "agents": {name: one.as_json() for name, one in sorted(self.agents.items())},
            "queues": {name: one.as_json() for name, one in sorted(self.queues.items())},
        }


def figures(
    calls: Iterable[Mapping[str, Any]],
    callbacks: Iterable[tuple[str, str, Mapping[str, Any]]],
    zone: tzinfo | None,
) -> Table:
    """What these calls (the log's data) and callbacks (opened at, closed at, data) come to."""
    table = Table()
    for call in calls:
        for group in _groups(table, call, zone):
            _count(group, call)
    for opened_at, closed_at, data in callbacks:
        if not closed_at or data.get("reason") != "reached":
            continue
        seconds = (_time(closed_at) - _time(opened_at)).total_seconds()
        day = _day(opened_at, zone)
        for group in (table.total, table.days.setdefault(day, Figures())):
            group.to_call_back.append(seconds)
        if agent := data.get("closed_by"):
            table.agents.setdefault(agent, Figures()).to_call_back.append(seconds)
    return table


def _groups(table: Table, call: Mapping[str, Any], zone: tzinfo | None) -> list[Figures]:
    found = [table.total, table.days.setdefault(_day(call["started_at"], zone), Figures())]
    if agent := _agent(call):
        found.append(table.agents.setdefault(agent, Figures()))
    if queue := call.get("queue"):
        found.append(table.queues.setdefault(queue, Figures()))
    return found


def _agent(call: Mapping[str, Any]) -> str:
    """Whose call it was: who answered first, or who made it; an internal call is nobody's."""
    if call.get("direction") == "internal":
        return ""
    made = call.get("agents") if call.get("direction") == "outbound" else None
    return str(call.get("answered_by") or (made or [""])[0])


def _count(group: Figures, call: Mapping[str, Any]) -> None:
    group.calls += 1
    direction = call.get("direction") or "inbound"
    setattr(group, direction, getattr(group, direction) + 1)
    if direction != "inbound":
        return
    outcome = call.get("outcome")
    if outcome in INBOUND:
        setattr(group, outcome, getattr(group, outcome) + 1)
    if outcome == "answered" and call.get("ring_seconds") is not None:
        group.to_answer.append(call["ring_seconds"])


def _spread(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    return {"median": round(median(seconds), 1), "longest": round(max(seconds), 1)}


def _day(at: str, zone: tzinfo | None) -> str:
    return _time(at).astimezone(zone).date().isoformat()


_time: Callable[[str], datetime] = datetime.fromisoformat
