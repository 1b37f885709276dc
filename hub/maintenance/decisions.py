"""The nouns of a plan: the visits there are, the rules, and what is decided about them. Pure.

`apply` says what the visits are once decisions are carried out: `visits` does so with the rows, the
properties of `plan` are tested with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final, Literal, Protocol, TypeAlias

from hub.maintenance.cycle import Due, Period

State = Literal["planned", "confirmed", "done", "cancelled"]
OPEN: Final = ("planned", "confirmed")


class Days(Protocol):
    """Which days people work on: see `hub.maintenance.workdays`."""

    def is_one(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """How visits are planned: see `hub.maintenance.settings.Planning`."""

    days: Days
    months: int = 12
    due: Due = "start"
    town_days: int = 10
    per_day: int = 4
    hours: float = 2.0
    day_starts: time = time(8, 30)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit there is. `begins` is local time.

    `period`: what it was made for; ``None`` of one that a person made. `theirs`: a person made it or gave it
    its day. `kept`: a person wants it to take place although the contract is over by then. `withdrawn`: it
    was cancelled here, and not by a person; `was` is its state before.
    """

    id: str
    contract: str
    day: date
    state: State = "planned"
    period: Period | None = None
    theirs: bool = False
    kept: bool = False
    withdrawn: bool = False
    was: State = "planned"
    town: str = ""
    begins: time | None = None
    hours: float = 2.0

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def loose(self) -> bool:
        """Whether it may be moved: nobody had a hand in it."""
        return self.state == "planned" and not self.theirs and not self.kept


@dataclass(frozen=True, slots=True)
class Make:
    contract: str
    period: Period
    day: date
    begins: time


@dataclass(frozen=True, slots=True)
class Move:
    """Also where only the period it is made for is another. `begins`: ``None`` where the day stays."""

    visit: Visit
    period: Period
    day: date
    begins: time | None


@dataclass(frozen=True, slots=True)
class Revive:
    """Back in the state it had; `state` says which. `begins` as for `Move`."""

    visit: Visit
    state: State
    period: Period | None
    day: date
    begins: time | None


@dataclass(frozen=True, slots=True)
class Cancel:
    visit: Visit
    why: str


Decision: TypeAlias = Make | Move | Revive | Cancel


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a contract's visit is not planned, in words.

    `period`: for which, and `due` the day on which it should be; ``None`` where no visit can be planned at
    all, because the contract does not say what is needed.
    """

    contract: str
    text: str
    period: Period | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    decisions: tuple[Decision, ...]
    problems: tuple[Problem, ...]


def period_of(visit: Visit, grid: Sequence[Period]) -> Period | None:
    """The period a visit counts for: what it was made for, as it is now, else the one its day falls in."""
    if visit.period is not None:
        if visit.period in grid:
            return visit.period
        like = next((one for one in grid if one.is_much_like(visit.period)), None)
        if like is not None:
            return like
    return next((one for one in grid if one.holds(visit.day)), None)


def apply(visits: Iterable[Visit], decisions: Iterable[Decision], new_id: Iterator[str]) -> list[Visit]:
    """The visits there are once this was done; what is made gets the ids that come."""
    found = {visit.id: visit for visit in visits}
    for one in decisions:
        if isinstance(one, Make):
            id = next(new_id)
            found[id] = Visit(id, one.contract, one.day, period=one.period, begins=one.begins)
        elif isinstance(one, Cancel):
            found[one.visit.id] = replace(one.visit, state="cancelled", withdrawn=True, was=one.visit.state)
        elif isinstance(one, Move):
            begins = one.begins or one.visit.begins
            found[one.visit.id] = replace(one.visit, period=one.period, day=one.day, begins=begins)
        else:
            begins = one.begins or one.visit.begins
            found[one.visit.id] = replace(
                one.visit, state=one.state, withdrawn=False, period=one.period, day=one.day, begins=begins
            )
    return list(found.values())
