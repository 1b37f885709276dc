"""Visits of one town are brought together, within their periods, and nobody's day is moved for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.maintenance.grouping import Rounds, Wish, town_key
from tests.maintenance.office import RULES, Office, contract

MARCH = date(2026, 3, 2)


def wish(town: str = "Annecy", target: date = MARCH, hours: float = 2.0) -> Wish:
    return Wish(town, target, date(2026, 3, 1), date(2026, 4, 1), hours, RULES.days.is_one)


def rounds(**more: int) -> Rounds:
    return Rounds(more.get("town_days", 10), more.get("per_day", 4), time(8, 30))


def test_a_visit_joins_the_day_somebody_is_in_its_town() -> None:
    found = rounds()
    found.stands("ANNECY", date(2026, 3, 6), time(8, 30), 2)
    assert found.place(wish("Annecy")) == (date(2026, 3, 6), time(10, 30))


def test_one_too_far_off_or_in_another_town_is_not_joined() -> None:
    found = rounds()
    found.stands("Annecy", date(2026, 3, 13), time(8, 30), 2)
    found.stands("Chambéry", date(2026, 3, 3), time(8, 30), 2)
    assert found.place(wish("Annecy")) == (MARCH, time(8, 30))


def test_a_day_takes_so_many_and_no_more() -> None:
    found = rounds(per_day=2)
    days = [found.place(wish()) for _ in range(5)]
    assert [one[0].day for one in days if one] == [2, 2, 3, 3, 4]


def test_those_without_a_town_are_not_brought_together() -> None:
    found = rounds()
    assert [found.place(wish("")) for _ in range(2)] == [(MARCH, time(8, 30))] * 2


def test_one_visit_follows_on_the_other_and_fills_a_gap_it_fits_in() -> None:
    found = rounds()
    found.stands("Annecy", MARCH, time(8, 30), 1)
    found.stands("Annecy", MARCH, time(12, 0), 2)
    assert found.place(wish(hours=2)) == (MARCH, time(9, 30))
    assert found.place(wish(hours=3)) == (MARCH, time(14, 0))


def test_a_day_does_not_run_over_into_the_night_after_it() -> None:
    found = rounds()
    found.stands("Annecy", MARCH, time(8, 30), 12)
    assert found.place(wish(hours=5)) == (MARCH, time(8, 30))


def test_no_day_at_all_is_no_day() -> None:
    assert rounds().place(replace(wish(), allowed=lambda day: False)) is None


def test_spellings_of_one_town_are_one() -> None:
    assert len({town_key(one) for one in ("Saint-Étienne", "SAINT ETIENNE", "saint étienne ")}) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.dates(date(2025, 8, 1), date(2026, 6, 1)), st.sampled_from(["", "A", "a", "B"])),
             min_size=1, max_size=12),
    st.dates(date(2025, 8, 1), date(2026, 6, 1)),
    st.sampled_from(["", "A", "B"]),
)  # fmt: skip
def test_a_contract_that_comes_moves_nobody_and_no_day_of_a_town_is_too_full(
    there: list[tuple[date, str]], comes: date, town: str
) -> None:
    office = Office(
        [contract(f"{n:02}", starts_on=day, town=place) for n, (day, place) in enumerate(there)],
        rules=replace(RULES, per_day=2),
    )
    office.run()
    before = list(office.visits)
    office.contracts.append(contract("new", starts_on=comes, town=town))
    office.run()
    assert office.visits[: len(before)] == before
    for visit in office.visits:
        assert visit.period is not None
        assert visit.period.holds(visit.day)
        assert RULES.days.is_one(visit.day)
