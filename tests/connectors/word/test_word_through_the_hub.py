"""Contracts in Word through the whole hub: customers and contracts in another system, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Connector, Native, Traits
from hub.store import Store, listing
from tests.connectors.word.folders import Office, age
from tests.connectors.word.test_word_conformance import FolderHarness
from tests.memory import MemorySystem
from tests.tally import tally

CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
match:
  - exact: [siret]
  - exact: [name]
systems:
  odoo:
    object: partner
    fields: {name: name, siret: siret, phone: phone}
  contracts:
    object: contract
    known_by: [siret, customer]
    direction: pull
    on_delete: ignore
    fields: {name: customer, siret: siret, phone: phone}
"""
CONTRACT = """
entity: contract
fields:
  number: {type: text, required: true}
  customer: {type: ref, entity: customer}
  town: {type: text}
  starts_on: {type: date, required: true}
  amount: {type: money}
match:
  - exact: [number]
systems:
  odoo:
    object: contract
    fields: {number: name, customer: partner_id, town: town, starts_on: date_start, amount: amount}
  contracts:
    object: contract
    direction: pull
    fields:
      number: number
      customer: {field: customer, known_by: [siret, customer]}
      town: address.town
      starts_on: starts_on
      amount: amount
"""


class Company:
    """The folder, Odoo in memory, and a hub between them."""

    def __init__(self, root: Path) -> None:
        self.office = Office(root)
        mappings = root / "mappings"
        mappings.mkdir()
        (mappings / "customer.yaml").write_text(CUSTOMER, encoding="utf-8")
        (mappings / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
        self.store = Store(f"sqlite:///{root / 'hub.sqlite'}")
        self.store.migrate()
        self.odoo = MemorySystem("odoo", Traits(archives=True))
        connectors: dict[str, Connector] = {"odoo": self.odoo.connect(), "contracts": self.office.connector}
        self.engine = Engine(self.store, load_mappings(mappings), connectors)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.reading() as connection:
            return list(listing.reviews(connection))

    @property
    def contracts(self) -> dict[str, dict[str, Native]]:
        return {str(row["name"]): dict(row) for row in self.odoo["contract"].rows().values()}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    yield company
    company.office.connector.close()
    company.store.close()


def test_a_folder_of_contracts_becomes_customers_and_contracts_and_then_nothing_is_written(
    company: Company,
) -> None:
    office = company.office
    office.save("a.docx", siret="732 829 320 00074", amount="1 250,00 € HT", address="38000 Grenoble")
    office.save("b.docx", number="2026-2", siret="732 829 320 00074", customer="DUPONT SARL")
    office.save("c.docx", number="2026-3", customer="Garage Durand")
    company.engine.sync()
    partners = {row["name"]: id for id, row in company.odoo["partner"].rows().items()}
    assert set(partners) == {"DUPONT SARL", "Garage Durand"}
    assert company.contracts["2026-1"] == {
        "name": "2026-1", "partner_id": partners["DUPONT SARL"], "town": "Grenoble",
        "date_start": "2026-02-01", "amount": 1250,
    }  # fmt: skip
    assert company.contracts["2026-2"]["partner_id"] == partners["DUPONT SARL"]
    assert company.contracts["2026-3"]["partner_id"] == partners["Garage Durand"]
    assert not company.reviews()
    assert company.engine.sync().writes == 0
    office.save("c.docx", number="2026-3", customer="Garage Durand", amount="300 € HT")
    assert company.engine.sync().writes == 1
    assert company.contracts["2026-3"]["amount"] == 300
    assert company.engine.sync().writes == 0
    tally("records duplicated", len(company.odoo["contract"].rows()) - 3)


def test_what_cannot_be_understood_waits_in_review_with_its_sentence_and_leaves_when_it_is_mended(
    company: Company,
) -> None:
    office = company.office
    office.save("a.docx", amount="450 € HT")
    company.engine.sync()
    office.save("a.docx", amount="3 € HT")
    office.save("b.docx", number="2026-2", starts_on="à convenir avec le client")
    company.engine.sync()
    told = {(one.external_id, one.field): one for one in company.reviews()}
    amount = told["2026-1", "amount"]
    assert amount.reason == "amount: 3.00 is outside 20 to 100000 (paragraph 5): « Montant : 3 € HT »"
    assert amount.place == "a.docx"
    starts = told["2026-2", ""]
    assert starts.kind == "incomplete"
    assert "« À compter du : à convenir avec le client »" in starts.reason
    assert company.contracts["2026-1"]["amount"] == 450, "what is in doubt changes nothing"
    assert "2026-2" not in company.contracts
    assert company.engine.sync().writes == 0
    office.save("a.docx", amount="500 € HT")
    office.save("b.docx", number="2026-2", starts_on="1er mars 2026")
    company.engine.sync()
    assert not company.reviews()
    assert company.contracts["2026-1"]["amount"] == 500
    assert company.contracts["2026-2"]["date_start"] == "2026-03-01"


def test_a_damaged_or_strange_document_stops_nothing_and_deletes_nothing(company: Company) -> None:
    office = company.office
    for number in range(1, 5):
        office.save(f"{number}.docx", number=f"2026-{number}", customer=f"Client {number}")
    office.whole("lettre.docx", "<w:p><w:r><w:t>Madame</w:t></w:r></w:p>")
    company.engine.sync()
    assert [one.kind for one in company.reviews() if one.entity == "contract"] == ["rejected"]
    office.spoil("1.docx")
    office.save("2.docx", number="2026-2", customer="Client 2", amount="200 € HT")
    company.engine.sync(compare=True)
    reasons = {one.place: one.reason for one in company.reviews() if one.entity == "contract"}
    assert set(reasons) == {"1.docx", "lettre.docx"}
    assert "cut short or damaged" in reasons["1.docx"]
    assert company.contracts["2026-2"]["amount"] == 200
    assert len(company.odoo["contract"].rows()) == 4
    assert not [row for row in company.odoo["contract"].items.values() if row.archived]
    office.save("1.docx", number="2026-1", customer="Client 1")
    (office.folder / "lettre.docx").unlink()
    company.engine.sync()
    assert not company.reviews()
    assert company.engine.sync(compare=True).writes == 0
    tally("faults injected", 1)


def test_a_contract_whose_document_is_gone_is_archived_and_its_customer_stays(company: Company) -> None:
    office = company.office
    paths = [office.save(f"{n}.docx", number=f"2026-{n}", customer=f"Client {n}") for n in range(1, 12)]
    company.engine.sync()
    paths[0].unlink()
    company.engine.sync()
    archived = [row for row in company.odoo["contract"].items.values() if row.archived]
    assert [row.values["name"] for row in archived] == ["2026-1"]
    assert not [row for row in company.odoo["partner"].items.values() if row.archived]
    assert company.engine.sync().writes == 0


def test_a_change_in_the_other_system_is_written_into_the_document(tmp_path: Path) -> None:
    person = FolderHarness(tmp_path)
    person.add([{"name": "Durand SA", "phone": "+33145678901", "city": "Évry"}])
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    (mappings / "contract.yaml").write_text(
        """
entity: contract
fields:
  customer: {type: text, required: true}
  phone: {type: phone, region: FR}
  town: {type: text}
systems:
  odoo: {object: contract, fields: {customer: name, phone: phone, town: town}}
  contracts: {object: contract, new_key: "C{n:05}", fields: {customer: customer, phone: phone, town: town}}
""",
        encoding="utf-8",
    )
    store = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    store.migrate()
    odoo, folder = MemorySystem("odoo"), person.connect()
    engine = Engine(store, load_mappings(mappings), {"odoo": odoo.connect(), "contracts": folder})
    age(next(person.folder.glob("*.docx")))
    engine.sync()
    odoo["contract"].edit("1", town="Lyon")
    engine.sync()
    assert person.seen()["K1"] == {"name": "Durand SA", "phone": "+33145678901", "city": "Lyon"}
    assert engine.sync().writes == 0
    assert odoo["contract"].rows()["1"]["town"] == "Lyon"
    folder.close()
    store.close()
