"""A person answers about records that are set aside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub import answers
from hub.decisions import DecisionError
from hub.mapping import Mappings
from tests.engine.conftest import SIRETS, Company


def _same_name_other_siret(company: Company) -> int:
    company.odoo["partner"].add({"name": "Garage Dupont", "email": "g@example.fr", "siret": SIRETS[0]})
    company.sync()
    company.book["Clients"].add(
        {"Raison sociale": "Garage Dupont", "E-mail": "g@example.fr", "SIRET": SIRETS[1]}, id="C100"
    )
    company.sync()
    (review,) = company.reviews()
    assert review.kind == "ambiguous"
    return review.id


def test_different_makes_it_a_customer_of_its_own(company: Company) -> None:
    answers.different(company.engine(), _same_name_other_siret(company))
    company.sync()
    assert not company.reviews()
    assert {row["siret"] for row in company.odoo["partner"].rows().values()} == {SIRETS[0], SIRETS[1]}
    assert company.sync().writes == 0


def test_same_is_refused_where_the_customer_has_a_record_there_already(company: Company) -> None:
    review = _same_name_other_siret(company)
    with pytest.raises(DecisionError, match="already has record C001"):
        answers.same(company.engine(), review)


def test_same_links_it_and_the_fields_are_merged_by_policy(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "email": "g@example.fr", "siret": SIRETS[0]})
    company.book["Clients"].add(
        {"Raison sociale": "Garage Dupont", "E-mail": "g@example.fr", "SIRET": SIRETS[1], "Ville": "Arles"}
    )
    company.sync()
    (review,) = company.reviews()
    answers.same(company.engine(), review.id)
    company.sync()
    assert company.goldens() == 1
    assert company.odoo["partner"].show("1")["city"] == "Arles"
    assert company.sync().writes == 0


@pytest.fixture
def asking(company: Company) -> Company:
    """The list asks about what vanished from it."""
    customer = company.mappings["customer"]
    systems = {**customer.systems, "list": replace(customer.systems["list"], on_delete="ask")}
    company.mappings = Mappings((replace(customer, systems=systems),))
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.book["Clients"].delete("C001")
    company.sync()
    assert company.reviews()[0].kind == "vanished"
    assert not company.odoo["partner"].items["1"].archived
    return company


def test_what_vanished_can_be_brought_back(asking: Company) -> None:
    answers.bring_back(asking.engine(), asking.reviews()[0].id)
    asking.sync()
    assert [row["Raison sociale"] for row in asking.book["Clients"].rows().values()] == ["Garage Dupont"]
    assert not asking.reviews()


def test_what_vanished_can_be_archived_everywhere(asking: Company) -> None:
    answers.archive(asking.engine(), asking.reviews()[0].id)
    asking.sync()
    assert asking.odoo["partner"].items["1"].archived
    assert not asking.reviews()


def test_what_vanished_and_came_back_by_itself_is_no_question_any_more(asking: Company) -> None:
    asking.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]}, id="C001")
    asking.sync()
    assert not asking.reviews()
    assert asking.sync().writes == 0
