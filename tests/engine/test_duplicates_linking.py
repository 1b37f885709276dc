"""Records that share no exact key, linked by themselves where it is sure: once, and nothing is made twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub import rehearsal, verdicts
from hub.ports import Traits, Unreachable
from hub.store import Store
from hub.weighing.weigher import Weigher
from tests.engine.conftest import Company
from tests.engine.lookalikes import (
    BAKERY,
    CUSTOMER,
    GARAGE,
    at_rest,
    between,
    company_of,
    edited,
    golden_of,
    merged,
    nothing_doubled,
    questions,
    rows,
    split,
    typed,
)
from tests.memory import Crash, MemorySystem
from tests.tally import tally

SIRET = "73282932000074"
PEOPLE = (
    BAKERY,
    GARAGE,
    {"name": "Pharmacie Lafayette", "phone": "04 76 54 32 10", "street": "3 place Grenette", "zip": "38000",
     "city": "Grenoble"},
    {"name": "Plomberie Roux et Fils", "phone": "04 76 11 22 33", "street": "8 chemin des Lilas",
     "zip": "38100", "city": "Grenoble"},
)  # fmt: skip


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Company:
    return company_of(store, tmp_path, CUSTOMER)


@pytest.fixture
def alike(company: Company) -> Company:
    """Four customers, typed in three systems without a key in common; as the model sees it, sure."""
    for said in PEOPLE:
        typed(company, "odoo", said)
        typed(company, "sage", {**said, "name": str(said["name"]).upper()})
        typed(company, "list", {**said, "city": str(said["city"]).upper()})
    return company


def test_what_is_sure_is_linked_and_nothing_is_created(alike: Company) -> None:
    at_rest(alike)
    nothing_doubled(alike, 4, 4, 4)
    assert len(merged(alike)) == 8
    assert {one.by for one in merged(alike)} == {"hub"}
    assert not questions(alike)
    assert not alike.reviews()


def test_a_plan_shows_no_creation_of_what_a_sync_then_links(alike: Company) -> None:
    engine = alike.engine()
    plan = rehearsal.plan(engine, alike.mappings, engine.connectors)
    assert not [write for write in plan.writes if write.external_id is None]
    before = {system.name: len(system.written) for system in alike.systems}
    alike.sync()
    written = [
        (system.name, write.id, frozenset(write.values))
        for system in alike.systems
        for write in system.written[before[system.name] :]
    ]
    assert sorted(map(str, written)) == sorted(
        str((one.system, one.external_id, frozenset(one.values))) for one in plan.writes
    )


def test_a_new_record_is_compared_with_those_that_are_known_and_linked_before_it_is_created(
    alike: Company,
) -> None:
    at_rest(alike)
    new = {"name": "Menuiserie Dubois", "phone": "04 76 22 33 44", "street": "5 rue Haute", "zip": "38120",
           "city": "Saint-Égrève"}  # fmt: skip
    typed(alike, "odoo", new)
    typed(alike, "list", {**new, "name": "MENUISERIE DUBOIS"})
    at_rest(alike)
    if questions(alike):
        verdicts.same(alike.engine(), questions(alike)[0].id)
        at_rest(alike)
    nothing_doubled(alike, 5, 5, 5)


def test_a_link_the_hub_made_is_taken_back_and_not_made_again(alike: Company) -> None:
    at_rest(alike)
    split(alike)
    at_rest(alike)
    assert len(merged(alike)) == 7
    edited(alike, ("odoo", "1"), email="a@example.fr")
    at_rest(alike)
    assert len(merged(alike)) == 7
    assert not questions(alike)


@pytest.mark.parametrize("nth", [1, 2, 4, 7, 11])
def test_a_hub_that_dies_while_it_links_links_the_rest_when_it_is_back(
    alike: Company, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub import joining

    make_one, left = joining.make_one, [nth]

    def mortal(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Crash("while linking")
        return make_one(*given, **named)

    monkeypatch.setattr(joining, "make_one", mortal)
    if nth <= 8:
        with pytest.raises(Crash):
            alike.sync()
        tally("crashes survived")
    at_rest(alike)
    nothing_doubled(alike, 4, 4, 4)
    assert len(merged(alike)) == 8


def test_what_a_person_calls_different_while_the_hub_is_about_to_link_it_is_not_linked(
    alike: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = Weigher._link
    spoken: list[tuple[str, str]] = []

    def somebody_speaks(self: Weigher, *given: Any) -> Any:
        if not spoken:
            one, other = golden_of(alike, ("odoo", "1")), golden_of(alike, ("sage", "C0001"))
            spoken.append((min(one, other), max(one, other)))
            verdicts.apart(alike.engine(), "customer", one, other)
        return link(self, *given)

    monkeypatch.setattr(Weigher, "_link", somebody_speaks)
    at_rest(alike)
    found = between(alike, *spoken[0])
    assert found is not None
    assert found.verdict == "different"
    assert golden_of(alike, ("odoo", "1")) != golden_of(alike, ("sage", "C0001"))


def test_what_cannot_be_linked_while_a_write_of_it_is_under_way_is_linked_later_and_not_created_meanwhile(
    store: Store, tmp_path: Path
) -> None:
    company = company_of(store, tmp_path, CUSTOMER)
    company.sage = MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False))
    company.sage.now = company.now
    for number, said in enumerate(PEOPLE):
        typed(company, "odoo", said)
        typed(company, "list", {**said, "name": str(said["name"]).upper()}, f"X{number}")
    company.book.down = Unreachable("list", "cannot be reached")
    company.sync()
    assert not company.sage["BPC"].items, "handed over, and not answered"
    company.book.down = None
    company.sync()
    assert not merged(company)
    assert len(rows(company, "odoo")) == 4
    for _ in range(4):
        company.sage.deliver()
        company.sync()
    assert len(merged(company)) == 4
    assert not questions(company)
    nothing_doubled(company, 4, 4, 4)
