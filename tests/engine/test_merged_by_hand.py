"""Two records that people made one in their system by themselves: the hub follows, and archives nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.mapping import Mappings
from hub.ports import Traits
from hub.store import Store, likenesses, mergers
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import MemorySystem


@pytest.fixture
def company(store: Store, load: Callable[[str], Mappings]) -> Company:
    return Company(
        store,
        load(CUSTOMER.replace("conflicts:", "duplicates: {links: false}\nconflicts:", 1)),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )


def test_a_merge_made_in_a_system_by_hand_is_followed_by_our_reference(company: Company) -> None:
    row = company.book["Clients"].add({"Raison sociale": "Menuiserie Bois Clair", "SIRET": SIRETS[0]})
    company.sync()
    (made,) = company.odoo["partner"].items
    kept = company.odoo["partner"].add({"name": "Atelier Valbrune", "city": "Voiron"})
    company.sync()
    items = company.odoo["partner"].items
    items[kept].ref = items[made].ref
    company.odoo["partner"].delete(made)
    report = company.sync(compare=True)
    assert not report.problems
    with company.store.reading() as connection:
        (merger,) = mergers.listed(connection)
        assert merger.by == "hub"
        steps = {step.system: step.state for step in mergers.steps(connection)}
    assert steps == {"sage": "waiting", "list": "waiting"}, "in Odoo they are one already"
    assert not items[kept].archived
    assert items[kept].values["siret"] == SIRETS[0], "what the other one said is kept"
    assert row in company.book["Clients"].items
    assert company.sync(compare=True).writes == 0


def test_a_record_that_is_only_deleted_is_no_merged_one(company: Company) -> None:
    company.book["Clients"].add({"Raison sociale": "Menuiserie Bois Clair", "SIRET": SIRETS[0]})
    company.odoo["partner"].add({"name": "Atelier Valbrune", "city": "Voiron"})
    company.sync()
    made = next(id for id, item in company.odoo["partner"].items.items() if item.values.get("siret"))
    company.odoo["partner"].delete(made)
    company.sync(compare=True)
    with company.store.reading() as connection:
        assert mergers.listed(connection) == []


def test_one_of_two_that_may_be_the_same_is_deleted_and_nothing_is_archived(company: Company) -> None:
    told = {
        "name": "Garage Quermonne",
        "city": "Voiron",
        "phone": "0476001122",
        "email": "g@quermonne.example",
    }
    first = company.odoo["partner"].add(told)
    second = company.odoo["partner"].add(told)
    company.sync()
    with company.store.reading() as connection:
        (question,) = likenesses.listed(connection)
    company.odoo["partner"].delete(second)
    company.sync(compare=True)
    with company.store.reading() as connection:
        assert [one.pair for one in likenesses.listed(connection)] == [question.pair]
    assert not company.odoo["partner"].items[first].archived
    assert company.book["Clients"].items == {}, "while it is asked, neither is created anywhere"
