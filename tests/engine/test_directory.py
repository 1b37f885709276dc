"""Whose number is this? Kept up to date by the sync itself, and every owner told, best first."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.directory import Directory, e164, shown
from hub.engine import Engine
from hub.mapping import Mappings, load_mappings
from hub.ports import Traits
from hub.store import Store, numbers
from hub.store import tables as t
from tests.engine.conftest import Company
from tests.memory import MemorySystem

NUMBER = "+33199001234"


def names(company: Company, number: str) -> list[str]:
    return [owner.name for owner in Directory(company.store, company.mappings).owners(number, "odoo")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("+33199001234", NUMBER),
        ("0199001234", NUMBER),
        ("0033199001234", NUMBER),
        ("01 99 00 12 34", NUMBER),
        ("0590123456", "+590590123456"),
        ("0692123456", "+262692123456"),
        ("+1 800-555-0199", "+18005550199"),
        ("101", ""),
        ("anonymous", ""),
        ("<unknown>", ""),
        ("+", ""),
        ("", ""),
        ("Accueil", ""),
        ("1" * 40, ""),
        ("1" * 100_000, ""),
        ("<img src=x>", ""),
        ("0199001234;ext=12", NUMBER),
    ],
)
def test_what_an_exchange_says_is_read_as_the_network_knows_it(said: str, meant: str) -> None:
    assert e164(said) == meant


def test_a_number_is_shown_as_people_write_it_and_what_is_none_as_it_is() -> None:
    assert shown(NUMBER) == "01 99 00 12 34"
    assert shown("101") == "101"
    assert shown("Accueil") == "Accueil"


def test_a_customer_is_found_by_the_number_typed_a_moment_ago(company: Company) -> None:
    company.odoo["partner"].add({"name": "Atelier Roux", "phone": "01 99 00 12 34", "city": "Lyon"})
    company.sync()
    owner = Directory(company.store, company.mappings).owners("0199001234", "odoo")[0]
    assert (owner.name, owner.town, owner.object) == ("Atelier Roux", "Lyon", "partner")
    assert owner.id in company.odoo["partner"].rows()


def test_a_number_that_was_changed_is_no_longer_theirs(company: Company) -> None:
    made = company.odoo["partner"].add({"name": "Atelier Roux", "phone": "01 99 00 12 34"})
    company.sync()
    company.odoo["partner"].edit(made, phone="01 99 00 99 99")
    company.sync()
    assert names(company, NUMBER) == []
    assert names(company, "0199009999") == ["Atelier Roux"]


def test_a_cell_with_two_numbers_is_found_by_both(company: Company) -> None:
    company.book["Clients"].add({"Raison sociale": "Roux", "Tél.": "01 99 00 12 34 / 06 39 98 12 34"})
    company.sync()
    assert names(company, NUMBER) == ["Roux"]
    assert names(company, "0639981234") == ["Roux"]


def test_a_cell_that_gets_a_second_number_later_is_found_by_both_too(company: Company) -> None:
    made = company.book["Clients"].add({"Raison sociale": "Roux", "Tél.": "01 99 00 12 34"})
    company.sync()
    company.book["Clients"].edit(made, **{"Tél.": "01 99 00 12 34 / 06 39 98 12 34"})
    company.sync()
    assert names(company, "0639981234") == ["Roux"]
    company.book["Clients"].edit(made, **{"Tél.": "01 99 00 12 34"})
    company.sync()
    assert names(company, "0639981234") == []
    assert names(company, NUMBER) == ["Roux"]


def test_an_extension_does_not_hide_the_number(company: Company) -> None:
    company.odoo["partner"].add({"name": "Atelier Roux", "phone": "01 99 00 12 34 poste 12"})
    company.sync()
    assert names(company, NUMBER) == ["Atelier Roux"]


def test_every_owner_of_a_number_is_told_the_archived_one_last(company: Company) -> None:
    company.odoo["partner"].add({"name": "Zoé", "phone": "01 99 00 12 34", "email": "z@example.com"})
    gone = company.odoo["partner"].add(
        {"name": "Albert", "phone": "01 99 00 12 34", "email": "a@example.com"}
    )
    company.odoo["partner"].add({"name": "Béatrice", "phone": "01 99 00 12 34", "email": "b@example.com"})
    company.sync()
    company.odoo["partner"].archive(gone)
    company.sync()
    found = names(company, NUMBER)
    assert sorted(found) == ["Albert", "Béatrice", "Zoé"]
    assert found[-1] == "Albert"
    assert names(company, NUMBER) == found


def test_a_directory_lost_or_made_by_another_mapping_is_made_anew(company: Company) -> None:
    company.odoo["partner"].add({"name": "Atelier Roux", "phone": "01 99 00 12 34"})
    company.book["Clients"].add({"Raison sociale": "Roux", "Tél.": "01 99 00 12 35 / 06 39 98 12 34"})
    company.sync()
    rebuild_afresh(company.store, company.mappings)
    assert names(company, NUMBER) == ["Atelier Roux"]
    assert names(company, "0639981234") == ["Roux"]
    with company.store.transaction() as connection:
        assert not numbers.rebuild(connection, company.mappings)


def rebuild_afresh(store: Store, mappings: Mappings) -> None:
    with store.transaction() as connection:
        connection.execute(t.phone_number.delete())
        assert numbers.rebuild(connection, mappings)


OWNER = """
entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  email: {type: email}
match: [{exact: [email, name]}]
systems:
  odoo: {object: partner, fields: {name: name, phone: phone, email: email}}
"""
TICKET = """
entity: ticket
fields:
  name: {type: text, required: true}
  customer: {type: ref, entity: customer}
  closed: {type: boolean}
match: [{exact: [name]}]
systems:
  odoo: {object: ticket, fields: {name: name, customer: partner, closed: closed}}
"""


def test_who_has_an_open_ticket_goes_first_and_no_longer_once_it_is_closed(
    store: Store, tmp_path: Path
) -> None:
    erp = MemorySystem("odoo", Traits(archives=True))
    (tmp_path / "customer.yaml").write_text(OWNER)
    (tmp_path / "ticket.yaml").write_text(TICKET)
    mappings = load_mappings(tmp_path)
    first = erp["partner"].add({"name": "Albert", "phone": "01 99 00 12 34", "email": "a@example.com"})
    second = erp["partner"].add({"name": "Zoé", "phone": "01 99 00 12 34", "email": "z@example.com"})
    ticket = erp["ticket"].add({"name": "Panne", "partner": second, "closed": False})
    engine = Engine(store, mappings, {"odoo": erp.connect()})
    engine.sync()
    directory = Directory(store, mappings)
    assert [(one.id, one.tickets) for one in directory.owners(NUMBER, "odoo")] == [(second, 1), (first, 0)]
    erp["ticket"].edit(ticket, closed=True)
    engine.sync()
    assert not any(one.tickets for one in directory.owners(NUMBER, "odoo"))
    erp["ticket"].edit(ticket, closed=False, partner=first)
    engine.sync()
    assert [one.id for one in directory.owners(NUMBER, "odoo")] == [first, second]
