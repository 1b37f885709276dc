"""A folder of contracts in the hands of a person, for the tests of the connector."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.word.connector import WordConnector
from connectors.word.settings import Settings
from hub.ports import NativeField, Page, Record, Rejected, View
from tests.connectors.word.tools import paragraph, save

PROFILE = """
match: {any_text: ["contrat de maintenance"]}
record: contract
key: [number]
split: {starts: "contrat de maintenance"}
fields:
  number: {type: text, required: true, from: [{label: ["N°"]}]}
  customer: {type: text, from: [{label: [Client]}]}
  siret: {type: siret, from: [{label: [SIRET]}]}
  phone: {type: phone, from: [{label: [Tél]}]}
  address: {type: postcode_town, from: [{label: [Adresse]}]}
  starts_on: {type: date, required: true, from: [{label: ["À compter du"]}, {regex: "effet le ([^.]+)"}]}
  amount: {type: amount, tax: HT, range: [20, 100000], from: [{label: [Montant]}]}
"""
LABELS = {"number": "N°", "customer": "Client", "siret": "SIRET", "phone": "Tél", "address": "Adresse",
          "starts_on": "À compter du", "amount": "Montant"}  # fmt: skip
FIELDS = (
    NativeField("number"), NativeField("customer"), NativeField("siret", "siret"),
    NativeField("phone", "phone"), NativeField("address.town"),
    NativeField("starts_on", "date"), NativeField("amount", "money"),
)  # fmt: skip
CONTRACTS = View("contract", "contract", FIELDS)
CUSTOMERS = View(
    "customer",
    "contract",
    (NativeField("customer"), NativeField("siret", "siret"), NativeField("phone", "phone")),
    options={"known_by": ["siret", "customer"]},
)
LONG_AGO = 1_750_000_000


def said(**values: str) -> list[str]:
    """The paragraphs of one contract."""
    given = {"number": "2026-1", "customer": "Dupont SARL", "starts_on": "01/02/2026", **values}
    lines = [paragraph(f"{LABELS[name]} : {text}") for name, text in given.items() if text]
    return [paragraph("Contrat de maintenance"), *lines]


def age(path: Path, seconds: float = LONG_AGO) -> Path:
    """As if it was last saved then."""
    os.utime(path, (seconds, seconds))
    return path


class Office:
    """The folder, what is done in it, and a connector to it."""

    def __init__(self, root: Path, **more: Any) -> None:
        self.folder, self.profiles = root / "contrats", root / "profil.yaml"
        self.folder.mkdir()
        self.profiles.write_text(PROFILE, encoding="utf-8")
        self.settings = Settings.model_validate(
            {"path": self.folder, "profiles": self.profiles, "stable_seconds": 0, **more}
        )
        self.connector = WordConnector("contracts", self.settings)
        self.saves = 0
        self.cursors: dict[str, str | None] = {}

    def save(self, name: str, **values: str) -> Path:
        """Somebody saves a contract."""
        return self.whole(name, *said(**values))

    def whole(self, name: str, *body: str) -> Path:
        """Somebody saves a document; each some time after the one before."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        self.saves += 1
        return age(save(path, *body), LONG_AGO + self.saves)

    def spoil(self, name: str, young: bool = False) -> Path:
        """Half of a document, as a copy that was cut off leaves it."""
        path = self.folder / name
        self.saves += 1
        path.write_bytes(path.read_bytes()[:600] if path.exists() else b"PK\x03\x04 half a document")
        return age(path, time.time() if young else LONG_AGO + self.saves)

    def pull(self, view: View = CONTRACTS) -> Taken:
        pages = list(self.connector.pull(view, self.cursors.get(view.entity), lambda ids: {}))
        taken = Taken(pages, self.cursors.get(view.entity))
        self.cursors[view.entity] = pages[-1].cursor
        return taken

    def anew(self) -> None:
        """The hub is started again: what it knows is the cursor."""
        self.connector.close()
        self.connector = WordConnector("contracts", self.settings)


class Taken:
    """What a pull handed over."""

    def __init__(self, pages: Sequence[Page], before: str | None) -> None:
        self.records: dict[str, Record] = {one.id: one for page in pages for one in page.records}
        self.rejected: list[Rejected] = [one for page in pages for one in page.rejected]
        self.listing = pages[-1].listing
        self.nothing = len(pages) == 1 and not self.records and not self.rejected and not self.listing
        self.same_cursor = pages[-1].cursor == before

    @property
    def reasons(self) -> dict[str | None, str]:
        return {one.id: one.reason for one in self.rejected}
