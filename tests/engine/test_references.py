"""References between entities: a contact and its customer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.mapping import Mappings, load_mappings
from hub.ports import Traits
from hub.store import Store
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import MemorySystem

CONTACT = """
entity: contact
fields:
  name: {type: text, required: true}
  email: {type: email}
  customer: {type: ref, entity: customer, required: true}
match:
  - exact: [email]
conflicts: {default: latest}
systems:
  odoo:
    object: contact
    fields: {name: name, email: email, customer: parent_id}
  list:
    object: Contacts
    key: "N°"
    new_key: "P{:03d}"
    fields: {name: Nom, email: E-mail, customer: "N° client"}
"""


@pytest.fixture
def company(store: Store, tmp_path: Path, load: Callable[[str], Mappings]) -> Company:
    load(CUSTOMER)
    (tmp_path / "mappings" / "contact.yaml").write_text(CONTACT, encoding="utf-8")
    return Company(
        store,
        load_mappings(tmp_path / "mappings"),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )


def test_a_contact_follows_its_customer_under_each_system_s_own_number(company: Company) -> None:
    client = company.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]}, id="C042")
    company.book["Contacts"].add({"Nom": "Camille Martin", "E-mail": "c@example.fr", "N° client": client})
    company.sync()
    (contact,) = company.odoo["contact"].rows().values()
    (partner,) = company.odoo["partner"].rows()
    assert contact == {"name": "Camille Martin", "email": "c@example.fr", "parent_id": partner}
    assert company.sync().writes == 0


def test_a_contact_of_a_customer_nobody_knows_waits_and_follows_by_itself(company: Company) -> None:
    company.book["Contacts"].add({"Nom": "Camille Martin", "N° client": "C042"})
    company.sync()
    assert not company.odoo["contact"].rows()
    assert company.reviews()[0].kind == "parked"
    company.book["Clients"].add({"Raison sociale": "Garage Dupont"}, id="C042")
    company.sync()
    assert len(company.odoo["contact"].rows()) == 1
    assert not company.reviews()


def test_a_contact_waits_where_its_customer_is_refused(company: Company) -> None:
    company.odoo.refuse = lambda values: "no" if values.get("name") == "Garage Dupont" else None
    company.book["Clients"].add({"Raison sociale": "Garage Dupont"}, id="C042")
    company.book["Contacts"].add({"Nom": "Camille Martin", "N° client": "C042"})
    report = company.sync()
    assert not company.odoo["contact"].rows()
    assert report.of("contact", "odoo").waiting == 1
    company.odoo.refuse = None
    company.book["Clients"].set("C042", {"Ville": "Arles"})
    company.sync()
    assert len(company.odoo["contact"].rows()) == 1


def test_a_contact_that_moves_to_another_customer_moves_everywhere(company: Company) -> None:
    for id, siret in (("C041", SIRETS[0]), ("C042", SIRETS[1])):
        company.book["Clients"].add({"Raison sociale": f"Garage {id}", "SIRET": siret}, id=id)
    contact = company.book["Contacts"].add({"Nom": "Camille Martin", "N° client": "C041"})
    company.sync()
    company.book["Contacts"].set(contact, {"N° client": "C042"})
    company.sync()
    (found,) = company.odoo["contact"].rows().values()
    assert company.odoo["partner"].show(str(found["parent_id"]))["name"] == "Garage C042"
