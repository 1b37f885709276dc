"""When each system and entity is looked at: an interval (``5m``) or a cron line (``*/15 8-19 * * 1-5``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

_INTERVAL = re.compile(r"(\d+)\s*(s|sec|min|m|h|d)")
_UNITS = {"s": "seconds", "sec": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_FIELD = re.compile(r"[\d*/,\-a-zA-Z]+")
_TIME = re.compile(r"([01]?\d|2[0-3])(?:[:h]([0-5]\d))?")


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again, this far apart."""

    interval: timedelta

    def __str__(self) -> str:
        seconds = int(self.interval.total_seconds())
        for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
            if seconds % size == 0:
                return f"{seconds // size}{unit}"
        return f"{seconds}s"


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a cron line of five fields, local time."""

    expression: str

    def __str__(self) -> str:
        return self.expression


Rhythm = Every | Cron


def read_rhythm(text: str) -> Rhythm:
    """An interval or a cron line. Raises `ValueError` with what would be right."""
    found = _INTERVAL.fullmatch(text.strip())
    if found:
        interval = timedelta(**{_UNITS[found[2]]: int(found[1])})
        if not timedelta(seconds=1) <= interval <= timedelta(days=31):
            raise ValueError(f"{text!r} is not between one second and 31 days")
        return Every(interval)
    fields = text.split()
    if len(fields) == 5 and all(map(_FIELD.fullmatch, fields)):
        _check_cron(text)
        return Cron(" ".join(fields))
    raise ValueError(
        f"{text!r} is neither an interval such as 30s, 5m, 2h nor a cron line such as '*/15 8-19 * * 1-5'"
    )


def _check_cron(text: str) -> None:
    # Imported here: only a configuration with a cron line needs the scheduler to understand it.
    from apscheduler.triggers.cron import CronTrigger

    try:
        *others, weekday = text.split()
        # Sunday is 7 as well as 0 to cron, but not to APScheduler: any other day checks the line as well.
        CronTrigger.from_crontab(" ".join([*others, weekday.replace("7", "6")]))
    except ValueError as reason:
        raise ValueError(f"{text!r} is not a cron line that can be followed: {reason}") from reason


def read_time(text: str | int) -> tuple[int, int]:
    """An hour (``2``) or a time of day (``02:30``), local time, as (hour, minute). Raises `ValueError`."""
    found = _TIME.fullmatch(str(text).strip())
    if not found:
        raise ValueError(f"{text!r} is not a time of day such as 2 or 02:30")
    return int(found[1]), int(found[2] or 0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rhythm of every route. `nightly`: when ids are compared, (hour, minute) local time, or ``None``."""

    default: Rhythm = Every(timedelta(minutes=5))
    nightly: tuple[int, int] | None = (2, 0)
    deliver: Every = Every(timedelta(seconds=15))
    systems: Mapping[str, Rhythm | Mapping[str, Rhythm]] = field(default_factory=dict)

    def rhythm(self, system: str, entity: str) -> Rhythm:
        """When this entity is looked at in this system."""
        chosen = self.systems.get(system, self.default)
        if isinstance(chosen, Mapping):
            return chosen.get(entity) or chosen.get("default") or self.default
        return chosen
