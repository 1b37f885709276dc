"""The periods of a contract, counted from its first day. Pure.

`times` visits in `months` months make `times` periods of the cycle of that many months: whole months where
they divide, else days shared out evenly, so that every cycle has exactly `times` of them.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal

Due = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` on, up to the day before `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def holds(self, day: date) -> bool:
        return self.start <= day < self.end

    def due(self, when: Due) -> date:
        """The day its visit is due."""
        if when == "start":
            return self.start
        if when == "middle":
            return self.start + timedelta(days=self.days // 2)
        return self.end - timedelta(days=1)

    def is_much_like(self, other: Period) -> bool:
        """Whether the two share most of their days: one is the other, moved by some days."""
        shared = (min(self.end, other.end) - max(self.start, other.start)).days
        return shared > 0.8 * max(self.days, other.days)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month; the end of time at most."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def periods(
    starts_on: date, times: int, months: int, since: date, until: date | None = None
) -> Iterator[Period]:
    """The periods that are not over before `since` and begin before `until`, in their order.

    A last one that the end of time cuts is left out.
    """
    yield from (
        _counted(starts_on, times, months, since, until)
        if until is not None
        else _on_and_on(starts_on, times, months, since, None)
    )


@lru_cache(maxsize=4096)
def _counted(starts_on: date, times: int, months: int, since: date, until: date) -> tuple[Period, ...]:
    """The same contracts are asked of all day long."""
    return tuple(_on_and_on(starts_on, times, months, since, until))


def _on_and_on(starts_on: date, times: int, months: int, since: date, until: date | None) -> Iterator[Period]:
    apart = (since.year - starts_on.year) * 12 + since.month - starts_on.month
    cycle = max(0, apart // months - 1)
    start = add_months(starts_on, cycle * months)
    while until is None or start < until:
        end = add_months(starts_on, (cycle + 1) * months)
        if end == date.max:
            return
        for period in _within(starts_on, Period(start, end), cycle, times, months):
            if period.end > since and (until is None or period.start < until):
                yield period
        start, cycle = end, cycle + 1


def _within(starts_on: date, whole: Period, cycle: int, times: int, months: int) -> Iterator[Period]:
    if months % times == 0:
        step = months // times
        bounds = [add_months(starts_on, cycle * months + step * number) for number in range(times + 1)]
    else:
        bounds = [whole.start + timedelta(days=whole.days * number // times) for number in range(times + 1)]
    for start, end in pairwise(bounds):
        if start < end:
            yield Period(start, end)
