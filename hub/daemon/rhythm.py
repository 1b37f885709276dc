"""From a rhythm of hub.yaml to the scheduler's trigger.

A cron line means what it means to cron: 0 and 7 are Sunday, and a line that names both days of the month and
days of the week means either. The scheduler's own reading differs in both (its 0 is Monday).
"""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from hub.settings import Every, Rhythm

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def trigger(rhythm: Rhythm, zone: tzinfo) -> Any:
    """When the scheduler is to fire; cron lines are in this time zone."""
    if isinstance(rhythm, Every):
        return IntervalTrigger(seconds=rhythm.interval.total_seconds(), timezone=zone)
    minute, hour, day, month, weekday = rhythm.expression.split()
    time = {"minute": minute, "hour": hour, "month": month, "timezone": zone}
    if "*" in (day[:1], weekday[:1]):
        return CronTrigger(day=day, day_of_week=weekdays(weekday), **time)
    return OrTrigger([CronTrigger(day=day, **time), CronTrigger(day_of_week=weekdays(weekday), **time)])


def weekdays(text: str) -> str:
    """The days of a cron line's last field by their names: ``1-5`` is ``mon,tue,wed,thu,fri``."""
    if text == "*":
        return text
    found: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            days = list(range(7))
        elif dash:
            start, end = _number(first), _number(last)
            days = list(range(start, end + 1 if end >= start else end + 8))
        else:
            days = list(range(_number(first), 7)) if step else [_number(first)]
        found.update(day % 7 for day in days[:: int(step or 1)])
    return ",".join(DAYS[day] for day in sorted(found))


def _number(day: str) -> int:
    return DAYS.index(day[:3]) if day[:3] in DAYS else int(day)
