"""The periods of a contract, counted from its first day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.maintenance.cycle import Due, Period, add_months, periods

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def test_twice_a_year_is_every_six_months() -> None:
    found = list(periods(date(2026, 3, 15), 2, 12, date(2026, 1, 1), date(2027, 12, 31)))
    assert [one.start.isoformat() for one in found] == [
        "2026-03-15", "2026-09-15", "2027-03-15", "2027-09-15",
    ]  # fmt: skip
    assert found[0].end == found[1].start


def test_the_last_day_of_a_month_stays_the_last() -> None:
    found = list(periods(date(2026, 1, 31), 12, 12, date(2026, 1, 1), date(2026, 6, 1)))
    assert [one.start.isoformat()[5:] for one in found] == ["01-31", "02-28", "03-31", "04-30", "05-31"]


@pytest.mark.parametrize(
    ("times", "months"), [(5, 12), (7, 12), (52, 12), (3, 10), (1, 24), (365, 12), (2, 1)]
)
def test_every_cycle_has_just_so_many_periods(times: int, months: int) -> None:
    start = date(2026, 1, 31)
    end = add_months(start, months)
    found = [one for one in periods(start, times, months, start, end) if one.start < end]
    assert len(found) == times
    assert (found[0].start, found[-1].end) == (start, end)


@given(DAYS, st.integers(1, 24), st.integers(1, 36), DAYS, st.integers(1, 800))
def test_periods_follow_on_one_another_and_are_the_same_wherever_one_looks_from(
    starts_on: date, times: int, months: int, since: date, ahead: int
) -> None:
    until = since + timedelta(days=ahead)
    found = list(periods(starts_on, times, months, since, until))
    assert all(one.end > since and one.start < until and one.start >= starts_on for one in found)
    assert all(one.end == other.start for one, other in pairwise(found))
    if since >= starts_on:
        assert found[0].holds(since)
    later = [one for one in found if one.end > since + timedelta(days=50)]
    assert list(periods(starts_on, times, months, since + timedelta(days=50), until)) == later


@given(DAYS, st.integers(0, 400))
def test_a_day_months_later_is_in_that_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_the_end_of_time_ends_it() -> None:
    assert add_months(date(9999, 5, 1), 12) == date.max
    assert not list(periods(date(9998, 1, 1), 1, 9999, date(9998, 1, 1), date(9999, 1, 1)))


def test_a_visit_is_due_at_the_start_in_the_middle_or_at_the_end() -> None:
    whens: tuple[Due, ...] = ("start", "middle", "end")
    period = Period(date(2026, 1, 1), date(2026, 7, 1))
    assert [period.due(when).isoformat() for when in whens] == [
        "2026-01-01", "2026-04-01", "2026-06-30",
    ]  # fmt: skip
