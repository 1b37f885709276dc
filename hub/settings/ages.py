"""How old something is: ``45min``, ``2 days``, ``10 years``. Months and years are those of the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"(\d{1,9})\s*([a-z]+)", re.IGNORECASE)
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "year": 12}
_SHORT = {
    "s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week",
    "mo": "month", "y": "year",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Age:
    """So many units of time; `unit` is `second`, `minute`, `hour`, `day`, `week`, `month` or `year`."""

    count: int
    unit: str

    def before(self, moment: datetime) -> datetime:
        """The moment this long before another; the first of all, where the calendar does not reach so far."""
        try:
            if self.unit in _SPANS:
                return moment - timedelta(seconds=self.count * _SPANS[self.unit])
            years, month = divmod(moment.year * 12 + moment.month - 1 - self.count * _MONTHS[self.unit], 12)
            day = min(moment.day, monthrange(years, month + 1)[1])
            return moment.replace(year=years, month=month + 1, day=day)
        except (OverflowError, ValueError):
            return datetime.min.replace(tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def read_age(text: str) -> Age:
    """An age in short (``2d``) or in full (``2 days``). Raises `ValueError` with what would be right."""
    found = _AGE.fullmatch(text.strip())
    if found:
        word = found[2].lower()
        unit = _SHORT.get(word, word.removesuffix("s"))
        if unit in _SPANS or unit in _MONTHS:
            return Age(int(found[1]), unit)
    raise ValueError(f"{text!r} is no age such as 45min, 2h, 3 days, 6 months, 10 years")


def read_keep(text: str) -> Age:
    """How long something is kept: an age of a day at least. Raises `ValueError`."""
    age = read_age(text)
    now = datetime.now(UTC)
    if age.before(now) > now - timedelta(days=1):
        raise ValueError(f"{text!r} is less than a day")
    return age
