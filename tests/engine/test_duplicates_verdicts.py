"""A person's "same" and "different": kept for ever, held when records change, not contradicted unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import rehearsal, verdicts
from hub.decisions import DecisionError
from hub.store import Store
from hub.store.likenesses import DIFFERENT, SAME
from tests.engine.conftest import Company
from tests.engine.lookalikes import (
    BAKERY,
    CUSTOMER,
    FEWER,
    at_rest,
    between,
    company_of,
    edited,
    golden_of,
    merged,
    nothing_doubled,
    questions,
    rows,
    same,
    split,
    typed,
    values_of,
)
from tests.memory import Crash

ONE, OTHER, THIRD = ("odoo", "1"), ("odoo", "2"), ("odoo", "3")


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Company:
    return company_of(store, tmp_path, CUSTOMER)


@pytest.fixture
def asked(company: Company) -> Company:
    """One bakery twice in odoo, said once in sage: it is asked whether they are one."""
    typed(company, "odoo", {**BAKERY, "siret": "73282932000074", "email": "a@example.fr"})
    typed(company, "odoo", {**BAKERY, "name": "Boulangerie Martin"})
    typed(company, "sage", {**BAKERY, "siret": "73282932000074"})
    at_rest(company)
    assert [one.pair for one in questions(company)] == [pair(company, ONE, OTHER)]
    return company


def pair(company: Company, one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    first, second = sorted((golden_of(company, one), golden_of(company, other)))
    return first, second


def named(company: Company, *names: str) -> None:
    """Customers typed in odoo who have nothing in common."""
    for name in names:
        typed(company, "odoo", {"name": name})


def test_while_a_person_is_asked_nothing_is_created_of_either_and_edits_go_where_they_are(
    asked: Company,
) -> None:
    nothing_doubled(asked, 2, 1, 0)
    edited(asked, ONE, phone="04 76 99 88 77")
    edited(asked, OTHER, city="Voiron")
    at_rest(asked)
    nothing_doubled(asked, 2, 1, 0)
    (row,) = rows(asked, "sage").values()
    assert row["TEL"] == "04 76 99 88 77"
    assert len(questions(asked)) == 1


def test_called_different_both_are_created_and_nobody_asks_again_whatever_they_come_to_say(
    asked: Company,
) -> None:
    verdicts.different(asked.engine(), questions(asked)[0].id)
    at_rest(asked)
    nothing_doubled(asked, 2, 2, 2)
    edited(asked, OTHER, name="Boulangerie Martin SARL", email="a@example.fr", street=BAKERY["street"])
    at_rest(asked)
    assert not questions(asked)
    edited(asked, OTHER, siret="73282932000074")
    at_rest(asked)
    assert not questions(asked), "said once, for ever"
    assert not asked.reviews(), "nor in any other words"
    assert not merged(asked)
    assert golden_of(asked, ONE) != golden_of(asked, OTHER)


def test_called_the_same_there_is_one_and_nobody_asks_again(asked: Company) -> None:
    kept = golden_of(asked, ONE)
    verdicts.same(asked.engine(), questions(asked)[0].id, merges=True)
    at_rest(asked)
    nothing_doubled(asked, 2, 1, 1)
    assert golden_of(asked, OTHER) == kept
    edited(asked, OTHER, name="Garage du Lac", phone=None, street=None, zip=None, city="Nice")
    at_rest(asked)
    assert not questions(asked)
    assert golden_of(asked, OTHER) == kept


def test_split_they_are_different_for_ever_and_a_second_run_writes_and_asks_nothing(asked: Company) -> None:
    verdicts.same(asked.engine(), questions(asked)[0].id)
    at_rest(asked)
    split(asked)
    at_rest(asked)
    nothing_doubled(asked, 2, 2, 2)
    found = between(asked, *pair(asked, ONE, OTHER))
    assert found is not None
    assert found.verdict == DIFFERENT
    assert asked.sync(compare=True).writes == 0
    assert not questions(asked)
    assert not asked.reviews()


def test_what_a_plan_shows_is_what_a_sync_then_writes(asked: Company) -> None:
    typed(asked, "list", {**BAKERY, "siret": "73282932000074", "city": "GRENOBLE"})
    typed(asked, "list", {"name": "Garage Dupuis", "phone": "04 76 00 11 22", "city": "Voiron"})
    verdicts.different(asked.engine(), questions(asked)[0].id)
    engine = asked.engine()
    plan = rehearsal.plan(engine, asked.mappings, engine.connectors)
    before = {system.name: len(system.written) for system in asked.systems}
    asked.sync()
    written = {
        (system.name, write.id is None, write.id, frozenset(write.values))
        for system in asked.systems
        for write in system.written[before[system.name] :]
    }
    assert written == {
        (one.system, one.external_id is None, one.external_id, frozenset(one.values)) for one in plan.writes
    }
    assert not merged(asked, taken_back=True) or merged(asked)[0].by == "hub"


def test_a_plan_lists_what_a_sync_then_has_the_systems_make_one_and_take_apart(asked: Company) -> None:
    def planned() -> list[tuple[str, str]]:
        engine = asked.engine()
        return [
            (one.system, one.state) for one in rehearsal.plan(engine, asked.mappings, engine.connectors).steps
        ]

    assert planned() == []
    made = verdicts.same(asked.engine(), questions(asked)[0].id, merges=True)
    assert planned() == [("odoo", "due")]
    asked.sync()
    assert planned() == []
    verdicts.split(asked.engine(), made.merger)
    assert planned() == [("odoo", "to take back")]
    asked.sync()
    assert planned() == []


def test_a_plan_asks_nobody_and_links_nothing(company: Company) -> None:
    typed(company, "odoo", {**BAKERY})
    typed(company, "odoo", {**BAKERY, "name": "Boulangerie Martin"})
    engine = company.engine()
    rehearsal.plan(engine, company.mappings, engine.connectors)
    assert not questions(company)
    assert not merged(company, taken_back=True)


class TestWhatIsSaid:
    """Without a look at who may be whom: a person may speak of any two."""

    @pytest.fixture
    def company(self, store: Store, tmp_path: Path) -> Company:
        company = company_of(store, tmp_path, FEWER)
        named(company, "Durand", "Garage du Lac", "Mairie de Voiron")
        at_rest(company)
        return company

    def test_a_cycle_of_same_ends_in_one_record_and_says_so(self, company: Company) -> None:
        ids = [golden_of(company, where) for where in (ONE, OTHER, THIRD)]
        same(company, ONE, OTHER)
        same(company, OTHER, THIRD)
        with pytest.raises(DecisionError, match="always the same as itself"):
            same(company, THIRD, ONE)
        with pytest.raises(DecisionError, match="it became one with"):
            verdicts.together(company.engine(), "customer", ids[2], ids[0])
        assert len({golden_of(company, where) for where in (ONE, OTHER, THIRD)}) == 1
        at_rest(company)
        nothing_doubled(company, 3, 3, 3)

    def test_different_is_inherited_and_contradicted_only_when_the_person_insists(
        self, company: Company
    ) -> None:
        verdicts.apart(company.engine(), "customer", golden_of(company, ONE), golden_of(company, THIRD))
        same(company, ONE, OTHER)
        with pytest.raises(DecisionError, match="different on"):
            same(company, OTHER, THIRD)
        same(company, OTHER, THIRD, insist=True)
        assert golden_of(company, ONE) == golden_of(company, THIRD)
        split(company)
        found = between(company, *pair(company, ONE, THIRD))
        assert found is not None
        assert found.verdict == DIFFERENT

    def test_what_the_lost_one_had_been_said_to_be_different_from_holds_for_the_one_and_after_a_split(
        self, company: Company
    ) -> None:
        verdicts.apart(company.engine(), "customer", golden_of(company, OTHER), golden_of(company, THIRD))
        same(company, ONE, OTHER)
        found = between(company, *pair(company, ONE, THIRD))
        assert found is not None
        assert found.verdict == DIFFERENT, "it was said of one of the two that are one now"
        split(company)
        found = between(company, *pair(company, OTHER, THIRD))
        assert found is not None
        assert found.verdict == DIFFERENT
        assert between(company, *pair(company, ONE, THIRD)) is None, "it was said of the other"

    def test_what_was_said_to_be_different_of_the_one_that_stayed_is_still_so_after_a_split(
        self, company: Company
    ) -> None:
        for where in (ONE, OTHER):
            verdicts.apart(company.engine(), "customer", golden_of(company, where), golden_of(company, THIRD))
        same(company, ONE, OTHER)
        split(company)
        for where in (ONE, OTHER):
            found = between(company, *pair(company, where, THIRD))
            assert found is not None
            assert found.verdict == DIFFERENT

    def test_different_after_same_is_a_split(self, company: Company) -> None:
        one, other = golden_of(company, ONE), golden_of(company, OTHER)
        same(company, ONE, OTHER)
        found = between(company, *sorted((one, other)))
        assert found is not None
        assert found.verdict == SAME
        with pytest.raises(DecisionError, match=f"split {merged(company)[0].id}`"):
            verdicts.different(company.engine(), found.id)
        with pytest.raises(DecisionError, match="they have been one since"):
            verdicts.same(company.engine(), found.id)

    def test_said_twice_it_is_so_once(self, company: Company) -> None:
        for _ in range(2):
            verdicts.apart(company.engine(), "customer", golden_of(company, ONE), golden_of(company, OTHER))
        assert len(questions(company, DIFFERENT)) == 1

    @pytest.mark.parametrize("number", [0, -1, 99])
    def test_a_question_or_a_merger_that_is_none_is_said_to_be_none(
        self, company: Company, number: int
    ) -> None:
        for act in (verdicts.same, verdicts.different, verdicts.split, verdicts.merge_again):
            with pytest.raises(DecisionError, match=f"there is no (question|merger) {number}"):
                act(company.engine(), number)

    def test_a_question_of_a_person_s_own_that_is_refused_is_not_left_open(self, company: Company) -> None:
        edited(company, ONE, city="Sète")
        company.sage.crash_before = 1
        with pytest.raises(Crash):
            company.sync()
        with pytest.raises(DecisionError, match="under way"):
            same(company, ONE, OTHER)
        assert not questions(company), "it would keep both from being created elsewhere"
        at_rest(company)
        same(company, ONE, OTHER)

    def test_values_of_both_are_kept_when_neither_is_in_any_system_of_the_other(
        self, company: Company
    ) -> None:
        before = [values_of(company, golden_of(company, where)) for where in (ONE, OTHER)]
        same(company, ONE, OTHER)
        split(company)
        assert [values_of(company, golden_of(company, where)) for where in (ONE, OTHER)] == before
