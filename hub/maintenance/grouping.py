"""Bringing visits of one town together. Pure.

A visit that is new or moved anyway takes, within some days of when it is due, a day on which somebody is in
its town already. Those that have their day keep it: a contract that comes moves nobody else's visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hub.values.french.words import fold

_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit in search of a day: about `target`, from `first` on and before `end`, where `allowed`."""

    town: str
    target: date
    first: date
    end: date
    hours: float
    allowed: Callable[[date], bool]


class Rounds:
    """Who is where on which day. `town_days` and `per_day` as in `hub.maintenance.settings.Planning`."""

    def __init__(self, town_days: int, per_day: int, day_starts: time) -> None:
        self.town_days, self.per_day, self.day_starts = town_days, per_day, day_starts
        self._busy: dict[tuple[str, date], list[tuple[datetime, datetime]]] = {}

    def stands(self, town: str, day: date, begins: time | None, hours: float) -> None:
        """A visit that has its day."""
        start = datetime.combine(_ANY_DAY, begins or self.day_starts)
        self._busy.setdefault((town_key(town), day), []).append((start, start + timedelta(hours=hours)))

    def place(self, wish: Wish) -> tuple[date, time] | None:
        """Its day, and when it begins; ``None`` where no day is possible. The place is taken."""
        day = self._day(wish)
        if day is None:
            return None
        begins = self._begins(town_key(wish.town), day, wish.hours)
        self.stands(wish.town, day, begins, wish.hours)
        return day, begins

    def _day(self, wish: Wish) -> date | None:
        town = town_key(wish.town)
        nearest: date | None = None
        for day in _around(wish):
            far = abs((day - wish.target).days)
            if town and nearest is not None and far > self.town_days and self._has_room(town, nearest):
                return nearest
            if not wish.allowed(day):
                continue
            there = self._busy.get((town, day), ()) if town else ()
            if not town or (there and len(there) < self.per_day and far <= self.town_days):
                return day
            if nearest is None or (not self._has_room(town, nearest) and self._has_room(town, day)):
                nearest = day
        return nearest

    def _has_room(self, town: str, day: date) -> bool:
        return len(self._busy.get((town, day), ())) < self.per_day

    def _begins(self, town: str, day: date, hours: float) -> time:
        """The first gap that is long enough, in the town's own round that day; days do not run over."""
        start = datetime.combine(_ANY_DAY, self.day_starts)
        if not town:
            return self.day_starts
        for begins, ends in sorted(self._busy.get((town, day), ())):
            if start + timedelta(hours=hours) <= begins:
                break
            start = max(start, ends)
        over = start.date() != _ANY_DAY or (start + timedelta(hours=hours)) > datetime.combine(
            _ANY_DAY + timedelta(days=1), time()
        )
        return self.day_starts if over else start.time()


def town_key(town: str) -> str:
    """Two spellings of one town are one: case, accents, dashes and blanks do not count."""
    return "".join(letter for letter in fold(town) if letter.isalnum())


def _around(wish: Wish) -> Iterator[date]:
    """The days it may be on, the nearest to its target first, later before earlier."""
    ahead, back = (wish.end - wish.target).days, (wish.target - wish.first).days
    for far in range(max(ahead, back + 1)):
        if far < ahead:
            yield wish.target + timedelta(days=far)
        if 0 < far <= back:
            yield wish.target - timedelta(days=far)
