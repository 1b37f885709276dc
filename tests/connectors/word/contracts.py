"""A folder of contracts that the hub writes to: its profile, its templates, and a view of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.word import connect
from connectors.word.settings import Settings
from hub.ports import Connector, NativeField, Outcome, Record, View, Write
from tests.connectors.word.tools import control, opened, paragraph, run, save, texts

PROFILE = """
match: {any_text: ["contrat de maintenance"]}
record: contract
key: [number]
fields:
  number: {type: text, required: true, from: [{sdt: numero}]}
  customer: {type: text, from: [{sdt: client}]}
  starts_on: {type: date, from: [{sdt: debut}]}
  ends_on: {type: date, from: [{sdt: fin}]}
  amount: {type: amount, tax: HT, from: [{sdt: montant}]}
  periodicity: {type: periodicity, from: [{sdt: visites}, {label: "Visites"}]}
"""
OPTIONS: Mapping[str, Any] = {"template": "modele.docx", "file": "Contrat {number} - {customer}.docx"}
RENEWS: Mapping[str, Any] = {
    **OPTIONS,
    "renews": {
        "field": "ends_on",
        "template": "avenant.docx",
        "file": "Contrat {number} - avenant {ends_on}.docx",
    },
}
DUPONT = {
    "number": "C-1", "customer": "Dupont & Fils <SARL>", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
    "amount": "1250.00", "periodicity": "2/12",
}  # fmt: skip
NAMES = {"numero": "number", "client": "customer", "debut": "starts_on | date",
         "fin": "ends_on | date('long')", "montant": "amount | montant('HT')",
         "visites": "periodicity | periodicite"}  # fmt: skip


def contract_lines(**instead: str) -> list[str]:
    """A contract with a control for every value; by default those of the template."""
    filled = {tag: instead.get(tag, "{{ " + name + " }}") for tag, name in NAMES.items()}
    lines = [paragraph(f"{tag} : ", control(tag, run(text))) for tag, text in filled.items()]
    return [paragraph("Contrat de maintenance"), *lines]


class Cabinet:
    """A folder on disk, its connector, and what a person sees in it."""

    def __init__(self, folder: Path, options: Mapping[str, Any] = OPTIONS) -> None:
        self.folder, self.profiles = folder / "contrats", folder / "profils"
        self.folder.mkdir()
        self.profiles.mkdir()
        (self.profiles / "maintenance.yaml").write_text(PROFILE, encoding="utf-8")
        save(self.profiles / "modele.docx", *contract_lines())
        save(
            self.profiles / "avenant.docx",
            paragraph("Avenant au contrat de maintenance ", control("numero", run("{{ number }}"))),
            paragraph("Nouvelle fin : ", control("fin", run("{{ ends_on | date }}"))),
        )
        self.options = options
        self.connector = self.connected()

    def connected(self, **more: Any) -> Connector:
        return connect(
            "contrats", Settings(path=self.folder, profiles=self.profiles, stable_seconds=0, **more)
        )

    @property
    def view(self) -> View:
        fields = (
            NativeField("number"), NativeField("customer"), NativeField("starts_on", "date"),
            NativeField("ends_on", "date"), NativeField("amount", "money"),
            NativeField("periodicity", "periodicity"),
        )  # fmt: skip
        return View("contract", "contract", fields, options=self.options)

    def template(self, *lines: str, name: str = "modele.docx") -> None:
        save(self.profiles / name, *lines)

    def make(self, values: Mapping[str, Any] = DUPONT, **more: Any) -> Outcome:
        (outcome,) = self.connector.write(self.view, [Write("contract_1", None, values, **more)])
        return outcome

    def change(self, record: Record, **values: Any) -> Outcome:
        (outcome,) = self.connector.write(
            self.view, [Write("contract_1", record.id, values, expected=record.values)]
        )
        return outcome

    def read(self, id: str = "C-1") -> Record:
        (record,) = self.connector.read(self.view, [id])
        return record

    def names(self) -> list[str]:
        """The files in the folder, the backups left out."""
        return sorted(one.name for one in self.folder.iterdir() if one.is_file())

    def names_seen(self) -> list[str]:
        """Those of them that people see: what a hub that died left hidden is swept later."""
        return [name for name in self.names() if not name.startswith(".")]

    def lines(self, name: str) -> list[str]:
        return texts(opened(self.folder / name))
