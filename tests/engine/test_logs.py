"""Systems whose records are events (`Traits.log`), and where finished work goes away: no brake asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.mapping import Mappings
from tests.engine.conftest import CUSTOMER, SIRETS, Company

Load = Callable[[str], Mappings]


@pytest.fixture
def logged(company: Company) -> Company:
    """The list of customers is a log of the hub's own."""
    company.book.traits = replace(company.book.traits, log=True)
    return company


def _write(company: Company, count: int, start: int = 0) -> None:
    for n in range(start, start + count):
        company.book["Clients"].add({"Raison sociale": f"Appel {n}", "E-mail": f"a{n}@example.fr"})


def test_any_number_of_events_is_created_elsewhere_without_approval(logged: Company) -> None:
    _write(logged, 40)
    report = logged.sync()
    assert not report.braked
    assert len(logged.odoo["partner"].rows()) == 40


def test_the_same_from_a_list_of_records_waits_for_approval(company: Company) -> None:
    _write(company, 40)
    assert {one.kind for one in company.sync().braked} == {"creations"}
    assert not company.odoo["partner"].rows()


def test_events_may_all_change_at_once(logged: Company) -> None:
    _write(logged, 30)
    logged.sync()
    for key in logged.book["Clients"].rows():
        logged.book["Clients"].set(key, {"Ville": "Arles"})
    report = logged.sync()
    assert not report.braked
    assert {row["city"] for row in logged.odoo["partner"].rows().values()} == {"Arles"}


def test_what_is_tidied_from_a_log_is_gone_nowhere(logged: Company) -> None:
    logged.book.traits = replace(logged.book.traits, incremental=True)
    _write(logged, 12)
    logged.sync()
    for key in list(logged.book["Clients"].rows()):
        logged.book["Clients"].delete(key)
    report = logged.sync(compare=True)
    assert not report.braked
    assert not report.writes
    assert not any(item.archived for item in logged.odoo["partner"].items.values())


def _odoo(company: Company, load: Load, more: str) -> None:
    company.mappings = load(CUSTOMER.replace("    object: partner\n", f"    object: partner\n    {more}\n"))


@pytest.mark.parametrize(
    ("word", "braked"), [("on_delete: done", set()), ("on_delete: archive", {"deletions"})]
)
def test_where_finished_work_goes_away_any_number_may_be_gone(
    company: Company, load: Load, word: str, braked: set[str]
) -> None:
    _odoo(company, load, word)
    for n in range(12):
        company.odoo["partner"].add({"name": f"Client {n}", "email": f"c{n}@example.fr"})
    company.sync()
    for id in list(company.odoo["partner"].rows())[:8]:
        company.odoo["partner"].delete(id)
    report = company.sync(compare=True)
    assert {one.kind for one in report.braked} == braked


@pytest.mark.parametrize(
    ("word", "braked"), [("on_delete: done", set()), ("on_delete: archive", {"archived"})]
)
def test_where_finished_work_is_archived_any_number_may_be(
    company: Company, load: Load, word: str, braked: set[str]
) -> None:
    _odoo(company, load, word)
    for n in range(12):
        company.odoo["partner"].add({"name": f"Client {n}", "email": f"c{n}@example.fr"})
    company.sync()
    for id in list(company.odoo["partner"].rows())[:8]:
        company.odoo["partner"].archive(id)
    report = company.sync()
    assert {one.kind for one in report.braked} == braked


def test_a_system_that_adopts_nothing_keeps_its_own_records_to_itself(company: Company, load: Load) -> None:
    _odoo(company, load, "adopts: false")
    theirs = company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.book["Clients"].add({"Raison sociale": "Mairie d'Arles", "E-mail": "m@example.fr"})
    company.sync(compare=True)
    assert company.goldens() == 1
    assert company.reviews() == []
    assert len(company.odoo["partner"].rows()) == 2
    (made,) = [id for id in company.odoo["partner"].rows() if id != theirs]
    company.odoo["partner"].edit(made, city="Arles")
    company.odoo["partner"].edit(theirs, city="Nîmes")
    company.sync(compare=True)
    assert {row["Ville"] for row in company.book["Clients"].rows().values()} == {"Arles"}
    assert company.sync().writes == 0


def test_a_field_that_is_filled_leaves_what_stands_there(company: Company, load: Load) -> None:
    company.mappings = load(CUSTOMER.replace("city: city", "city: {field: city, direction: fill}"))
    company.book["Clients"].add({"Raison sociale": "Mairie d'Arles", "E-mail": "m@example.fr"})
    company.sync()
    ((id, _),) = company.odoo["partner"].rows().items()
    (key,) = company.book["Clients"].rows()
    company.book["Clients"].set(key, {"Ville": "Arles"})
    company.sync()
    assert company.odoo["partner"].show(id)["city"] == "Arles", "it was empty"
    company.book["Clients"].set(key, {"Ville": "Nîmes"})
    company.sync()
    assert company.odoo["partner"].show(id)["city"] == "Arles"
    assert company.sync().writes == 0
