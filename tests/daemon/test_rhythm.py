"""Cron lines mean to the hub what they mean to cron."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.daemon.rhythm import trigger, weekdays
from hub.settings import Cron, Every

MONDAY = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)


def firings(rhythm: Cron | Every, count: int) -> list[datetime]:
    found, made, now = [], trigger(rhythm, UTC), MONDAY
    for _ in range(count):
        fired = made.get_next_fire_time(None, now)
        found.append(fired)
        now = fired + timedelta(seconds=1)
    return found


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("5-7", "sun,fri,sat"),
        ("sat-mon", "sun,mon,sat"),
        ("mon,3", "mon,wed"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2", "mon,wed,fri"),
    ],
)
def test_days_of_the_week_begin_with_sunday(line: str, days: str) -> None:
    assert weekdays(line) == days


def test_a_working_weeks_line_fires_on_friday_and_not_on_saturday() -> None:
    found = firings(Cron("0 8 * * 1-5"), 6)
    assert [one.strftime("%a") for one in found] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]


def test_a_line_with_both_kinds_of_days_means_either() -> None:
    found = firings(Cron("0 8 15 * 1"), 4)
    assert [(one.strftime("%a"), one.day) for one in found] == [
        ("Mon", 5),
        ("Mon", 12),
        ("Thu", 15),
        ("Mon", 19),
    ]


def test_an_interval_is_an_interval() -> None:
    made = trigger(Every(timedelta(seconds=90)), UTC)
    assert made.interval == timedelta(seconds=90)
