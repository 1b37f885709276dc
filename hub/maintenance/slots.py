"""A visit's moments: days and times where the office is, kept as universal time. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class Clock:
    """In one time zone; `day_starts` is ``HH:MM``."""

    def __init__(self, timezone: str, day_starts: str) -> None:
        self.zone, self.day_starts = ZoneInfo(timezone), time.fromisoformat(day_starts)

    def day(self, moment: datetime) -> date:
        """The day it is there."""
        return moment.astimezone(self.zone).date()

    def moment(self, day: date, begins: time | None) -> str:
        """A local day and time (the day's start where none is given), as `hub.values` keeps a datetime."""
        return utc(datetime.combine(day, begins or self.day_starts, self.zone))

    def time(self, moment: str) -> time:
        """The local time of a moment."""
        return self.local(moment).time()

    def local(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment).astimezone(self.zone)


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z".zfill(20)
