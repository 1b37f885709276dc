"""What mappings may name of a call and of a callback, and how it is told. Pure.

``who.customer`` is the golden record of that entity the call was with, best first: a reference whose native
value is the golden id itself. All other names are plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hub.calllog import texts
from hub.directory import shown
from hub.ports import Native

WHO: Final = "who."
OBJECTS: Final = ("call", "callback")


@dataclass(frozen=True, slots=True)
class Party:
    """A golden record a call was with: its entity, its id and what people call it."""

    entity: str
    golden_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the log as it is told: its columns, its data, the golden records it is about."""

    id: str
    number: str
    change: int
    data: Mapping[str, Any]
    parties: Sequence[Party]
    lang: str
    source: str
    opened_at: str
    closed_at: str | None

    @property
    def name(self) -> str:
        """The other party: as the hub knows them, else as the exchange names them."""
        known = next((party.name for party in self.parties if party.name), "")
        return known or str(self.data.get("name") or "")

    @property
    def readable(self) -> str:
        """The number as people write it."""
        return str(self.data.get("shown") or shown(self.number))

    @property
    def who(self) -> str:
        return texts.who(self.name, self.readable, self.lang, bool(self.data.get("hidden")))

    @property
    def modified(self) -> datetime | None:
        """When it last changed, as far as its own times tell."""
        times = [self.data.get("ended_at"), self.data.get("last_missed_at"), self.closed_at, self.opened_at]
        found = [datetime.fromisoformat(str(at)) for at in times if at]
        return max(found).astimezone(UTC) if found else None


def _plain(name: str) -> Callable[[Told], Any]:
    return lambda told: told.data.get(name)


def _minutes(told: Told) -> float:
    return round((told.data.get("talk_seconds") or 0) / 60, 4)


def _agents(told: Told) -> list[str]:
    return [str(one) for one in told.data.get("agents") or ()]


def _transfers(told: Told) -> str:
    return ", ".join(f"{by} → {to} ({kind})" for kind, by, to in told.data.get("transfers") or ())


def _day(told: Told) -> str | None:
    return str(told.data.get("last_missed_at") or told.opened_at)[:10] or None


_COMMON: Mapping[str, Callable[[Told], Any]] = {
    "id": lambda told: told.id,
    "number": lambda told: told.number,
    "shown": lambda told: told.readable,
    "name": _plain("name"),
    "caller": lambda told: told.name or told.readable,
    "outcome": _plain("outcome"),
    "did": _plain("did"),
}
CALL: Mapping[str, Callable[[Told], Any]] = {
    **_COMMON,
    **{
        name: _plain(name)
        for name in (
            "direction", "queue", "hidden", "started_at", "answered_at", "ended_at", "answered_by",
            "agent_login", "ring_seconds", "talk_seconds", "recording",
        )
    },
    "source": lambda told: told.source,
    "line": lambda told: told.data.get("queue") or told.data.get("did"),
    "agents": _agents,
    "rang": lambda told: [str(one) for one in told.data.get("rang") or ()],
    "transfers": _transfers,
    "talk_minutes": _minutes,
    "title": lambda told: texts.call_title(told.data, told.who, told.lang),
    "summary": lambda told: texts.call_summary(told.data, told.who, told.lang),
}  # fmt: skip
CALLBACK: Mapping[str, Callable[[Told], Any]] = {
    **_COMMON,
    **{name: _plain(name) for name in ("line", "missed", "last_missed_at", "closed_by", "reason")},
    "again": lambda told: int(told.data.get("missed") or 0) > 1,
    "opened_at": lambda told: told.opened_at,
    "closed_at": lambda told: told.closed_at,
    "closed": lambda told: told.closed_at is not None,
    "day": _day,
    "title": lambda told: texts.callback_title(int(told.data.get("missed") or 0), told.who, told.lang),
    "summary": lambda told: texts.callback_summary(
        {**told.data, "closed_at": told.closed_at}, told.who, told.lang
    ),
}
FIELDS: Mapping[str, Mapping[str, Callable[[Told], Any]]] = {"call": CALL, "callback": CALLBACK}
"""By object, each field's name and how it is told."""

WRITABLE: Final = frozenset({"closed"})
"""The fields of a callback that other systems may set. A call is what it was."""


def is_field(object: str, name: str) -> bool:
    """Whether a mapping may name this of the object."""
    return name in FIELDS[object] or (name.startswith(WHO) and len(name) > len(WHO))


def value(told: Told, object: str, name: str) -> Native:
    """One field's native value; ``None`` where there is none."""
    if name.startswith(WHO):
        entity = name[len(WHO) :]
        return next((party.golden_id for party in told.parties if party.entity == entity), None)
    found = FIELDS[object][name](told)
    return None if found == "" or found == [] else found


def passes(told: Told, object: str, where: Mapping[str, Any]) -> bool:
    """Whether a row meets a mapping's ``where``: each field one of its values; true, false: filled or not."""
    for name, wanted in where.items():
        found = value(told, object, name)
        if isinstance(wanted, bool):
            if bool(found) is not wanted:
                return False
        elif found not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True
