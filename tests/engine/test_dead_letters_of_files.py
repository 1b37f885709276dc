"""Refused lines of import files: letters like any other, and records that were never made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import deadletters
from hub.mapping import Mappings
from hub.mapping.entity import OnDelete
from hub.ports import Traits
from hub.store import Store
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.engine.letters import discarded, the_letter
from tests.memory import MemorySystem


@pytest.fixture
def handed_over(store: Store, load: Callable[[str], Mappings]) -> Company:
    company = Company(
        store,
        load(CUSTOMER),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False, confirms=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.sage.deliver()
    company.sync()
    return company


def test_a_refused_line_of_a_file_is_a_letter_like_any_other(handed_over: Company) -> None:
    company = handed_over
    company.sage.refuse_later = lambda values: "valeur refusée dans CTY : Mars" if "CTY" in values else None
    company.odoo["partner"].edit("1", city="Mars")
    company.sync()
    company.sage.deliver()
    company.sync()
    letter = the_letter(company)
    assert (letter.system, letter.external_id, letter.field) == ("sage", "K001", "CTY")
    assert letter.reason == "valeur refusée dans CTY : Mars"
    assert (letter.payload, letter.before, letter.tried) == ({"CTY": "Mars"}, {"CTY": "Arles"}, 1)
    assert deadletters.field_of(company.engine().mappings[0], letter) == "city"
    company.sync()
    assert not company.sage.files, "it is not handed over again by itself"

    deadletters.discard(company.engine(), [letter.id])
    company.sync()
    assert not company.sage.files
    company.sage.refuse_later = None
    deadletters.edit(company.engine(), letter.id, {"city": "Sète"})
    company.sync()
    company.sage.deliver()
    company.sync()
    assert company.sage["BPC"].show("K001")["CTY"] == "Sète"
    assert not company.dead_letters()
    assert not discarded(company)
    assert company.sync().writes == 0


def test_a_refused_line_closes_when_sage_is_corrected_by_hand(handed_over: Company) -> None:
    company = handed_over
    company.sage.refuse_later = lambda values: "ville inconnue"
    company.odoo["partner"].edit("1", city="Sète")
    company.sync()
    company.sage.deliver()
    company.sync()
    assert company.dead_letters()
    company.sage.refuse_later = None
    company.sage["BPC"].set("K001", {"CTY": "Sète"})
    company.sage.deliver()
    company.sync()
    assert not company.dead_letters()
    assert not company.sage.files


def with_deletions(company: Company, on_delete: OnDelete) -> Company:
    """What it means that a record is gone from Sage."""
    mapping = company.mappings["customer"]
    sage = replace(mapping.systems["sage"], on_delete=on_delete)
    company.mappings = Mappings((replace(mapping, systems={**mapping.systems, "sage": sage}),))
    return company


@pytest.mark.parametrize("on_delete", ["archive", "ask", "ignore"])
def test_a_refused_creation_is_made_once_corrected_whatever_a_deletion_means(
    handed_over: Company, on_delete: OnDelete
) -> None:
    company = with_deletions(handed_over, on_delete)
    company.sage.refuse_later = lambda values: "ville inconnue" if values.get("CTY") == "Mars" else None
    for number, siret in enumerate(SIRETS[1:]):
        company.odoo["partner"].add({"name": f"Garage {number}", "siret": siret, "city": "Mars"})
    company.sync()
    company.sage.deliver()
    company.sync()
    found = company.dead_letters()
    assert [(letter.external_id, letter.tried) for letter in found] == [(None, 1)] * 4
    assert list(company.sage["BPC"].rows()) == ["K001"]
    for letter in found:
        deadletters.edit(company.engine(), letter.id, {"city": "Sète"})
    company.sync()
    company.sage.deliver()
    company.sync()
    assert not company.dead_letters()
    assert not company.reviews()
    assert [row["CTY"] for row in company.sage["BPC"].rows().values()] == ["Arles", *["Sète"] * 4]
    assert company.sync().writes == 0


def test_a_refused_second_file_does_not_make_the_first_one_s_record_again(handed_over: Company) -> None:
    company = handed_over
    company.odoo["partner"].add({"name": "Garage Durand", "siret": SIRETS[1], "city": "Vif"})
    company.sync()
    company.odoo["partner"].edit("2", city="Mars")
    company.sync()
    assert len(company.sage.files) == 2
    company.sage.refuse_later = lambda values: "ville inconnue" if values.get("CTY") == "Mars" else None
    company.sage.take_in()
    company.sync()
    assert the_letter(company).external_id == "K002"
    company.sage.publish()
    company.sync()
    assert company.odoo["partner"].show("2")["city"] == "Mars", "the first file is no edit of Sage's"
    company.sage.deliver()
    company.sync()
    assert the_letter(company).payload == {"CTY": "Mars"}, "the rest was in the first file"
    company.sage.refuse_later = None
    deadletters.retry(company.engine(), [the_letter(company).id])
    company.sync()
    company.sage.deliver()
    company.sync()
    assert [row["CTY"] for row in company.sage["BPC"].rows().values()] == ["Arles", "Mars"]
    assert not company.dead_letters()


@pytest.mark.parametrize("on_delete", ["archive", "ask", "ignore"])
def test_a_record_refused_twice_over_is_made_once_corrected(
    handed_over: Company, on_delete: OnDelete
) -> None:
    company = with_deletions(handed_over, on_delete)
    company.sage.refuse_later = lambda values: "ville inconnue" if "CTY" in values else None
    company.odoo["partner"].add({"name": "Garage Durand", "siret": SIRETS[1], "city": "Mars"})
    company.sync()
    company.odoo["partner"].edit("2", city="Pluton")
    company.sync()
    assert len(company.sage.files) == 2, "the second was handed over before the first was answered"
    company.sage.deliver()
    company.sync()
    company.sage.refuse_later = None
    deadletters.edit(company.engine(), the_letter(company).id, {"city": "Sète"})
    company.sync()
    company.sage.deliver()
    company.sync()
    assert [row["CTY"] for row in company.sage["BPC"].rows().values()] == ["Arles", "Sète"]
    assert not company.dead_letters()
    assert not company.reviews()
    assert company.sync().writes == 0
