"""A Sage and another system kept in agreement by the engine, through real files: linked, then quiet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sage import connect
from connectors.sage.settings import Settings
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Traits
from hub.report import Report
from hub.store import Store, listing
from sandbox.sage import Sage
from tests.memory import MemorySystem, MemoryTable

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  city: {type: text}
match:
  - exact: [siret]
conflicts:
  default: latest
systems:
  odoo:
    object: partner
    fields: {name: name, siret: siret, phone: phone, city: city}
  sage:
    object: tiers
    key: CT_Num
    new_key: "H{n:04}"
    fields:
      name: {field: CT_Intitule, max: 35, upper: true}
      siret: CT_Siret
      phone: {field: CT_Telephone, max: 21, format: national}
      city: {field: CT_Ville, max: 35}
"""

SIRETS = ("73282932000074", "40483304800022", "55203253400646", "38012986646850")


class Company:
    """A Sage in its folders, another system in memory, and a hub."""

    def __init__(self, folder: Path) -> None:
        self.sage = Sage(folder / "sage")
        self.sage.columns = tuple(
            column if column.title != "CT_Ville" else type(column)("CT_Ville", 35)
            for column in self.sage.columns
        )
        self.odoo = MemorySystem("odoo", Traits(archives=True))
        (folder / "mappings").mkdir()
        (folder / "mappings" / "customer.yaml").write_text(MAPPING, encoding="utf-8")
        self.mappings = load_mappings(folder / "mappings")
        self.store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
        self.store.migrate()
        self.settings = Settings(
            exports=self.sage.exports, imports=self.sage.imports, acks=self.sage.acks, stable_seconds=0
        )

    @property
    def partners(self) -> MemoryTable:
        return self.odoo["partner"]

    def sync(self) -> Report:
        """One run of a hub that has just been started."""
        connectors = {"odoo": self.odoo.connect(), "sage": connect("sage", self.settings)}
        return Engine(self.store, self.mappings, connectors).sync()

    def settle(self) -> None:
        """Runs and imports until nothing is written any more."""
        for _ in range(6):
            self.sage.step()
            if not self.sync().writes and not list(self.sage.imports.glob("*.csv")):
                return
        raise AssertionError("it does not come to rest")

    def dead_letters(self) -> list[listing.DeadLetter]:
        with self.store.transaction() as connection:
            return listing.dead_letters(connection)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    company = Company(tmp_path)
    company.sage.add(
        CT_Num="C0001", CT_Intitule="Durand SA", CT_Siret=SIRETS[0], CT_Ville="Évry", CT_Pays="France"
    )
    company.sage.add(CT_Num="C0002", CT_Intitule="Martin", CT_Siret=SIRETS[1], CT_Telephone="01 45 67 89 01")
    company.partners.add({"name": "Durand S.A.", "siret": SIRETS[0], "phone": "+33 2 98 76 54 32"})
    company.settle()
    yield company
    company.store.close()


def test_two_systems_are_linked_and_come_to_rest(company: Company) -> None:
    assert set(company.sage.rows) == {"C0001", "C0002"}
    assert company.sage.rows["C0001"]["CT_Telephone"] == "02 98 76 54 32"
    assert company.partners.show("1")["city"] == "Évry"
    assert company.partners.show("2")["name"] == "MARTIN"
    imported = list(company.sage.imported)
    company.sage.export()
    assert company.sync().writes == 0
    assert company.sage.imported == imported


def test_a_new_customer_gets_a_code_and_stays_one(company: Company) -> None:
    company.partners.add({"name": "Le Goff", "siret": SIRETS[2], "city": "Łódź"})
    company.settle()
    assert company.sage.rows["H0001"]["CT_Intitule"] == "LE GOFF"
    assert company.sage.rows["H0001"]["CT_Ville"] == "Lódz"
    assert [row.get("city") for row in company.partners.rows().values()] == ["Évry", None, "Łódź"]
    assert len(company.partners.rows()) == len(company.sage.rows) == 3


def test_edits_on_both_sides_meet_while_a_file_is_on_its_way(company: Company) -> None:
    company.partners.edit("1", city="Metz")
    company.sync()
    company.sage.edit("C0001", {"CT_Telephone": "03 87 00 00 00"})
    company.partners.edit("1", name="Durand et Cie")
    company.sync()
    company.settle()
    row, partner = company.sage.rows["C0001"], company.partners.show("1")
    assert (row["CT_Ville"], row["CT_Intitule"]) == ("Metz", "DURAND ET CIE")
    assert (partner["city"], partner["name"]) == ("Metz", "Durand et Cie")
    assert row["CT_Pays"] == "France"


def test_what_sage_refuses_is_a_dead_letter_with_its_reason(company: Company) -> None:
    company.sage.forbidden["CT_Ville"] = "Nulle part"
    company.partners.edit("1", city="Nulle part")
    company.partners.edit("2", city="Brest")
    company.sync()
    company.sage.step()
    company.sync()
    assert [letter.reason for letter in company.dead_letters()] == [
        "valeur refusée dans CT_Ville : Nulle part"
    ]
    assert company.sage.rows["C0002"]["CT_Ville"] == "Brest"
    assert company.partners.show("1")["city"] == "Nulle part"
