"""A system that is written by import files: it answers late, and shows old values until it has imported."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.mapping import Mappings
from hub.ports import Traits
from hub.store import Store
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import Crash, MemorySystem


@pytest.fixture
def company(store: Store, load: Callable[[str], Mappings]) -> Company:
    return Company(
        store,
        load(CUSTOMER),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )


def test_a_creation_is_handed_over_once_and_confirmed_by_the_next_export(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.sync()
    assert len(company.sage.files) == 1
    company.sage.deliver()
    company.sync()
    assert company.sage["BPC"].show("K001")["BPRNAM"] == "GARAGE DUPONT"
    assert company.sync().writes == 0
    assert company.odoo["partner"].show("1")["name"] == "Garage Dupont"


def test_an_export_older_than_our_import_is_not_taken_for_an_edit(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.sage.deliver()
    company.sync()
    company.odoo["partner"].edit("1", city="Nîmes")
    company.sync()
    company.sage["BPC"].published["K001"].modified = company.now()
    company.sage.tick()
    company.sync()
    assert company.odoo["partner"].show("1")["city"] == "Nîmes"
    company.sage.deliver()
    company.sync()
    assert company.sage["BPC"].show("K001")["CTY"] == "Nîmes"
    assert company.sync().writes == 0


def test_two_changes_in_a_row_before_the_first_was_imported_both_arrive(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.sage.deliver()
    company.sync()
    company.odoo["partner"].edit("1", city="Nîmes")
    company.sync()
    company.odoo["partner"].edit("1", city="Sète")
    company.sync()
    company.sage.deliver()
    company.sync()
    company.sage.deliver()
    company.sync()
    assert company.sage["BPC"].show("K001")["CTY"] == "Sète"
    assert company.odoo["partner"].show("1")["city"] == "Sète"
    assert company.sync().writes == 0


def test_a_refused_line_becomes_a_dead_letter_in_the_system_s_own_words(company: Company) -> None:
    company.sage.refuse_later = lambda values: "compte collectif inconnu"
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.sage.deliver()
    company.sync()
    (letter,) = company.dead_letters()
    assert letter.reason == "compte collectif inconnu"
    company.sage.refuse_later = None
    company.odoo["partner"].edit("1", city="Arles")
    company.sync()
    company.sage.deliver()
    company.sync()
    assert not company.dead_letters()
    assert [row["BPRNAM"] for row in company.sage["BPC"].rows().values()] == ["GARAGE DUPONT"]
    assert company.sync().writes == 0


@pytest.mark.parametrize("knob", ["crash_before", "crash_after"])
def test_a_crash_while_handing_over_makes_no_second_file_of_the_same(company: Company, knob: str) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    setattr(company.sage, knob, 1)
    with pytest.raises(Crash):
        company.sync()
    company.sync()
    company.sage.deliver()
    company.sync()
    assert len(company.sage["BPC"].rows()) == 1
    assert company.sync().writes == 0
