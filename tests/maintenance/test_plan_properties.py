"""Random contracts, edits, days that pass, and people: what a plan promises holds after every step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.maintenance.cycle import add_months, periods
from hub.maintenance.decisions import Move, Visit, period_of
from tests.maintenance.office import RULES, TODAY, Office, contract

PERIODICITIES = st.sampled_from(
    [(1, 12), (2, 12), (3, 12), (4, 12), (5, 12), (6, 12), (12, 12), (1, 24), (7, 10)]
)
STARTS = st.dates(date(2023, 1, 1), date(2026, 12, 31))
MONTHS_OFF = st.sampled_from([frozenset(), frozenset({8}), frozenset({7, 8}), frozenset({12, 1, 2})])
TOWNS = st.sampled_from(["", "Annecy", "ANNECY", "Chambéry"])


class People(RuleBasedStateMachine):
    """Three contracts, one hub that plans after everything that happens."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office([contract(id) for id in "abc"])
        self.own = 0
        self.before: dict[str, Visit] = {}
        self.run()

    def run(self) -> None:
        self.before = {one.id: one for one in self.office.visits}
        decisions = self.office.run()
        assert not self.office.run(), "planned again, there is nothing to do"
        for one in decisions:
            if isinstance(one, Move):
                assert one.visit.loose, "only what nobody had a hand in is moved"

    def pick(self, data: st.DataObject, *states: str) -> Visit | None:
        found = [one for one in self.office.visits if one.state in states]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(which=st.integers(0, 2), data=st.data())
    def the_contract_is_edited(self, which: int, data: st.DataObject) -> None:
        what: dict[str, Any] = data.draw(
            st.one_of(
                st.fixed_dictionaries({"periodicity": PERIODICITIES}),
                st.fixed_dictionaries({"starts_on": STARTS}),
                st.fixed_dictionaries({"months_off": MONTHS_OFF}),
                st.fixed_dictionaries({"town": TOWNS}),
                st.fixed_dictionaries({"over": st.booleans()}),
                st.fixed_dictionaries(
                    {"ends_on": st.none() | st.dates(date(2025, 6, 1), date(2028, 12, 31))}
                ),
                st.fixed_dictionaries({"missing": st.sampled_from([{}, {"periodicity": "?"}])}),
            )
        )
        self.office.contracts[which] = replace(self.office.contracts[which], **what)
        self.run()

    @rule(days=st.integers(1, 200))
    def days_go_by(self, days: int) -> None:
        self.office.today += timedelta(days=days)
        self.run()

    @rule(data=st.data())
    def somebody_confirms(self, data: st.DataObject) -> None:
        if visit := self.pick(data, "planned"):
            self.office.person(visit, state="confirmed")
            self.run()

    @rule(data=st.data(), days=st.integers(-60, 60))
    def somebody_moves_it(self, data: st.DataObject, days: int) -> None:
        if visit := self.pick(data, "planned", "confirmed"):
            self.office.person(visit, day=visit.day + timedelta(days=days), theirs=True)
            self.run()

    @rule(data=st.data())
    def it_is_done(self, data: st.DataObject) -> None:
        if visit := self.pick(data, "planned", "confirmed"):
            self.office.person(visit, state="done")
            self.run()

    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        if visit := self.pick(data, "planned", "confirmed"):
            self.office.person(visit, state="cancelled", withdrawn=False)
            self.run()

    @rule(data=st.data())
    def somebody_brings_one_back(self, data: st.DataObject) -> None:
        if visit := self.pick(data, "cancelled"):
            self.office.person(visit, state="planned", withdrawn=False, kept=True)
            self.run()

    @rule(which=st.sampled_from("abc"), days=st.integers(0, 300))
    def somebody_makes_one(self, which: str, days: int) -> None:
        self.own += 1
        day = self.office.today + timedelta(days=days)
        self.office.visits.append(Visit(f"p{self.own}", which, day, theirs=True))
        self.run()

    @invariant()
    def no_two_loose_visits_are_for_one_period(self) -> None:
        live = [one for one in self.office.visits if one.open and one.day >= self.office.today and one.loose]
        periods = [(one.contract, one.period) for one in live]
        assert len(periods) == len(set(periods))

    @invariant()
    def nothing_a_person_had_a_hand_in_was_moved(self) -> None:
        now = {one.id: one for one in self.office.visits}
        for id, before in self.before.items():
            if not before.loose and before.state != "cancelled":
                assert now[id].day == before.day
                assert now[id].state == before.state or (now[id].withdrawn and not before.kept)

    @invariant()
    def what_was_done_or_is_past_stays(self) -> None:
        now = {one.id: one for one in self.office.visits}
        for id, before in self.before.items():
            if before.state == "done" or (before.open and before.day < self.office.today):
                assert now[id].state == before.state
                assert now[id].day == before.day

    @invariant()
    def a_loose_visit_stands_on_a_day_it_may_stand_on(self) -> None:
        known = {one.id: one for one in self.office.contracts}
        for one in self.office.visits:
            terms = known[one.contract]
            if not (one.loose and one.day >= self.office.today) or not terms.plannable:
                continue
            last = terms.last_day()
            assert not terms.over
            assert one.period is not None
            assert one.period.holds(one.day)
            assert last is None or one.day <= last
            assert RULES.days.is_one(one.day)
            assert one.day.month not in terms.months_off

    @invariant()
    def every_period_within_the_horizon_has_a_visit_or_a_problem(self) -> None:
        today = self.office.today
        horizon = add_months(today, RULES.months)
        troubled = {(one.contract, one.period) for one in self.office.look().problems}
        for terms in self.office.contracts:
            if not terms.plannable or terms.over or terms.last_day() is not None:
                continue
            assert terms.starts_on is not None
            assert terms.periodicity is not None
            grid = list(
                periods(terms.starts_on, *terms.periodicity, terms.starts_on, add_months(horizon, 60))
            )
            there = {
                period_of(one, grid)
                for one in self.office.visits
                if one.contract == terms.id and not one.withdrawn
            }
            for period in grid:
                if period.end > today and max(period.due(RULES.due), today) <= horizon:
                    assert period in there or (terms.id, period) in troubled


TestPeople = People.TestCase
TestPeople.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@settings(max_examples=150, deadline=None)
@given(starts_on=st.dates(date(2020, 1, 1), TODAY), periodicity=PERIODICITIES, off=st.booleans())
def test_over_four_years_of_days_there_are_as_many_visits_as_the_contract_says(
    starts_on: date, periodicity: tuple[int, int], off: bool
) -> None:
    months_off = frozenset({8}) if off and periodicity != (12, 12) else frozenset()
    office = Office([contract(starts_on=starts_on, periodicity=periodicity, months_off=months_off)])
    for _ in range(8 * 4):
        office.run()
        for visit in office.live():
            if visit.open and visit.day <= office.today:
                office.person(visit, state="done")
        office.today += timedelta(days=45)
    times, months = periodicity
    starts = [one.period.start for one in office.live() if one.period]
    assert len(starts) == len(set(starts))
    cycle = 0
    while (first := add_months(starts_on, cycle * months)) <= TODAY:
        cycle += 1
    end = add_months(starts_on, (cycle + 1) * months)
    if end < office.today:
        assert sum(first <= start < end for start in starts) == times
