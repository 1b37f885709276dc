"""Which visits are due: once each, never those a person had a hand in, and no heap of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hub.maintenance.decisions import Cancel, Make, Move, Revive
from tests.maintenance.office import RULES, TODAY, Office, contract


def test_a_contract_of_two_visits_a_year_has_two_in_a_year() -> None:
    office = Office([contract()])
    office.run()
    # The first was due on New Year's Day, when nobody works; the hub came on the 5th.
    assert [day[:7] for day in office.shown()] == ["2026-01", "2026-07", "2027-01"]
    assert office.shown()[1] == "2026-07-01"


def test_a_hundred_runs_make_no_second_visit() -> None:
    office = Office([contract(), contract("d", periodicity=(5, 12))])
    assert office.run()
    assert not any(office.run() for _ in range(100))


def test_as_days_go_by_each_period_gets_its_one_visit() -> None:
    office = Office([contract(periodicity=(4, 12))])
    office.run()
    for _ in range(73):
        office.days(5)
    starts = [one.period.start for one in office.live() if one.period]
    assert len(starts) == len(set(starts)) == 8 + 1


@pytest.mark.parametrize(
    ("due", "days"), [("start", "2026-07-01"), ("middle", "2026-10-01"), ("end", "2026-12-31")]
)
def test_a_visit_is_due_when_the_settings_say(due: str, days: str) -> None:
    office = Office([contract()], rules=replace(RULES, due=due))  # type: ignore[arg-type]
    office.run()
    assert office.shown()[1] == days


def test_nobody_is_sent_out_on_a_holiday_a_weekend_or_in_a_month_off() -> None:
    office = Office([contract(starts_on=date(2026, 7, 14), periodicity=(12, 12), months_off=frozenset({8}))])
    office.run()
    days = [one.day for one in office.live()]
    assert all(day.weekday() < 5 and day.month != 8 for day in days)
    assert days[0] == date(2026, 7, 15)
    # The period from 14 August on lies half in September.
    assert date(2026, 9, 1) in days


def test_a_period_without_a_possible_day_is_not_planned_and_said_to_be() -> None:
    office = Office([contract(periodicity=(12, 12), months_off=frozenset({8}))])
    office.run()
    (problem,) = office.look().problems
    assert problem.period is not None
    assert problem.period.start == date(2026, 8, 1)
    assert "août" in problem.text
    assert not any(one.day.month == 8 for one in office.live())


def test_what_the_contract_does_not_say_is_not_assumed() -> None:
    said = {"periodicity": "Le contrat ne dit pas combien de visites il prévoit."}
    office = Office([contract(periodicity=None, missing=said)])
    assert not office.run()
    assert [one.text for one in office.look().problems] == list(said.values())


def test_the_past_makes_no_heap() -> None:
    office = Office([contract(starts_on=date(2015, 6, 1), periodicity=(4, 12))])
    office.run()
    assert all(one.day >= TODAY for one in office.live())
    assert len(office.live()) == 5


def test_the_first_run_in_a_company_does_not_put_every_visit_on_one_day() -> None:
    contracts = [contract(f"{n:03}", starts_on=date(2025, 7 + n % 6, 1 + n % 28)) for n in range(120)]
    office = Office(contracts)
    office.run()
    on_a_day: dict[date, int] = {}
    for one in office.visits:
        on_a_day[one.day] = on_a_day.get(one.day, 0) + 1
    assert max(on_a_day.values()) <= 15


def test_a_visit_counts_for_its_period_whether_done_early_or_late() -> None:
    office = Office([contract()])
    office.run()
    first, second, _ = office.live()
    office.person(second, state="done", day=date(2026, 6, 10), theirs=True)
    assert not office.run()
    office.person(first, state="done", day=date(2026, 7, 20), theirs=True)
    assert not office.run()


def test_one_a_person_cancelled_is_not_made_again() -> None:
    office = Office([contract()])
    office.run()
    office.person(office.live()[1], state="cancelled")
    assert not office.run()
    office.days(60)
    assert not any(day.startswith("2026-07") for day in office.shown())


def test_a_visit_a_person_made_counts_and_the_planned_one_goes() -> None:
    office = Office([contract()])
    office.run()
    planned = office.live()[1]
    office.visits.append(replace(planned, id="9000", day=date(2026, 9, 9), period=None, theirs=True))
    (gone,) = office.run()
    assert isinstance(gone, Cancel)
    assert gone.visit.id == planned.id
    assert not office.run()


def test_a_changed_periodicity_moves_the_open_visits_and_no_confirmed_one() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2), periodicity=(4, 12))])
    office.run()
    # 2 February, 4 May, 3 August, 2 November
    confirmed = office.person(office.live()[1], state="confirmed")
    done = office.change(periodicity=(3, 12))
    assert confirmed in office.live()
    assert {type(one) for one in done} <= {Move, Cancel}
    # The confirmed one in May counts for the four months from February, which had one of its own.
    assert office.shown() == ["2026-05-04", "2026-06-02", "2026-10-02"]
    assert not office.run()


def test_visits_that_are_moved_stay_the_same_visits() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2))])
    office.run()
    before = [one.id for one in office.live()]
    moves = office.change(starts_on=date(2026, 3, 2))
    assert {type(one) for one in moves} == {Move}
    assert [one.id for one in office.live()] == before
    assert office.shown() == ["2026-03-02", "2026-09-02"]


def test_more_visits_a_year_re_use_those_there_are() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2))])
    office.run()
    before = {one.id for one in office.live()}
    office.change(periodicity=(4, 12))
    assert before <= {one.id for one in office.live()}
    assert office.shown() == ["2026-02-02", "2026-05-04", "2026-08-03", "2026-11-02"]


def test_an_end_cancels_what_comes_after_it_confirmed_too_and_nothing_else() -> None:
    office = Office([contract(periodicity=(4, 12))])
    office.run()
    first, second, third, *_ = office.live()
    office.person(first, state="done")
    office.person(third, state="confirmed")
    office.change(ends_on=date(2026, 6, 30))
    assert [one.id for one in office.live()] == [first.id, second.id]
    assert not office.run()


def test_a_last_day_that_begins_a_period_owes_no_visit_for_it() -> None:
    office = Office([contract(starts_on=date(2026, 1, 15), ends_on=date(2027, 1, 15))])
    office.today = date(2026, 3, 1)
    office.run()
    assert len(office.live()) == 2


def test_what_ended_and_comes_back_gets_its_visits_back() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2), periodicity=(4, 12))])
    office.run()
    office.person(office.live()[2], state="confirmed")
    before = office.live()
    office.change(over=True)
    assert not office.live()
    back = office.change(over=False)
    assert {type(one) for one in back} == {Revive}
    assert [(one.id, one.day, one.state) for one in office.live()] == [
        (one.id, one.day, one.state) for one in before
    ]
    assert not office.run()


def test_past_and_done_visits_of_an_ended_contract_stay() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2), periodicity=(4, 12))])
    office.run()
    office.person(office.live()[0], state="done")
    office.days(130)
    office.change(over=True)
    assert office.shown() == ["2026-02-02", "2026-05-04"]


def test_an_overdue_visit_stays_open_and_is_not_made_again() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2))])
    office.run()
    overdue = office.live()[0]
    office.days(90)
    assert overdue in office.live()
    assert len([one for one in office.live() if one.day < date(2026, 8, 1)]) == 1


def test_a_day_a_person_gave_is_kept_after_the_end_too_where_they_put_it_there() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2), ends_on=date(2026, 8, 1))])
    office.run()
    (visit,) = office.live()
    office.person(visit, day=date(2026, 8, 5), theirs=True, kept=True)
    assert not office.run()


def test_a_month_taken_off_moves_the_visit_that_stood_in_it() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2))])
    office.run()
    (move,) = office.change(months_off=frozenset({8}))
    assert isinstance(move, Move)
    assert move.day == date(2026, 9, 1)


def test_only_what_is_due_within_the_horizon_is_planned() -> None:
    office = Office([contract(starts_on=date(2026, 2, 2))], rules=replace(RULES, months=3))
    made = office.run()
    assert [one.day for one in made if isinstance(one, Make)] == [date(2026, 2, 2)]
    office.days(120)
    assert office.shown() == ["2026-02-02", "2026-08-03"]


def test_visits_of_a_contract_nobody_knows_are_left_alone() -> None:
    office = Office([contract()])
    office.run()
    before = list(office.visits)
    office.contracts.clear()
    assert not office.run()
    assert office.visits == before


def test_a_contract_of_more_than_a_month_between_visits_is_planned_over_years() -> None:
    office = Office(
        [contract(starts_on=date(2025, 3, 3), periodicity=(1, 24))], rules=replace(RULES, months=36)
    )
    office.run()
    assert len(office.live()) == 2
    assert office.shown()[1] == "2027-03-03"
