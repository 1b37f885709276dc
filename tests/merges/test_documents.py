"""Doubles in a folder of contracts in Word: two documents that are one contract."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from connectors.word import connect
from connectors.word.settings import Settings
from hub.marking import Marking
from hub.ports import Connector, Fate, Merges, NativeField, View
from tests.connectors.word.test_word_conformance import controls, said, typed
from tests.connectors.word.tools import control, paragraph, run, save
from tests.merges.place import Deaf, Place, between
from tests.merges.suite import MergesConformance

PROFILE = """
match: {any_text: ["contrat de maintenance"]}
record: contract
key: [number]
fields:
  number: {type: text, required: true, from: [{sdt: number}]}
  customer: {type: text, from: [{sdt: customer}]}
  town: {type: text, from: [{sdt: town}]}
  double: {type: text, from: [{sdt: double}]}
  state: {type: text, from: [{sdt: state}]}
"""
FIELDS = ("number", "customer", "town", "double", "state")


class Contracts:
    """A folder of contracts with content controls, and somebody who has Word."""

    town = "town"

    def __init__(self, folder: Path, fate: Fate, field: str | None, **options: Any) -> None:
        self.folder = folder / "contrats"
        self.folder.mkdir()
        self.profile = folder / "maintenance.yaml"
        self.profile.write_text(PROFILE, encoding="utf-8")
        fields = (NativeField("customer"), NativeField("town"))
        self.view = View("contract", "contract", fields, options={"new_key": "C{n:05}", **options})
        self.fate, self.field = fate, field
        self.count = 0

    def connect(self) -> Connector:
        return connect("contracts", Settings(path=self.folder, profiles=self.profile, stable_seconds=0))

    def add(self, *names: str) -> list[str]:
        ids = []
        for name in names:
            self.count += 1
            ids.append(f"K{self.count}")
            prompt = "<w:showingPlcHdr/>"
            lines = [paragraph(run(f"{tag} : "), control(tag, run("Cliquez ici"), prompt)) for tag in FIELDS]
            save(self.path_of(ids[-1]), paragraph("Contrat de maintenance"), *lines)
            facts = {"number": ids[-1], "customer": name, "town": "Vif", "state": "actif"}
            for tag, text in facts.items():
                self.type(ids[-1], tag, text)
        return ids

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        found = {}
        for path in self.folder.glob("*.docx"):
            if not path.name.startswith("~$"):
                texts = {tag: said(one) for tag, one in controls(Document(str(path))).items()}
                found[str(texts["number"])] = texts
        return found

    def type(self, id: str, field: str, text: str | None) -> None:
        document = Document(str(self.path_of(id)))
        typed(controls(document)[field], text)
        document.save(str(self.path_of(id)))

    def remove(self, id: str) -> None:
        self.path_of(id).unlink()

    def deliver(self) -> None:
        return None

    def held(self, id: str) -> AbstractContextManager[None] | None:
        lock = self.folder / f"~${self.path_of(id).name}"
        return between(lambda: lock.write_bytes(b"\x04Marc" + b" " * 160), lock.unlink)

    def deafened(self, before: bool) -> Merges:
        return Marking(Deaf(self.connect(), before))

    def path_of(self, id: str) -> Path:
        return self.folder / f"Contrat {id}.docx"


class TestMarked(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Contracts(tmp_path, "marked", "double", merge="mark", merge_mark="double")


class TestPutAway(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Contracts(tmp_path, "archived", "state", merge="archive", merge_archive={"state": "clos"})


class TestLeft(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Contracts(tmp_path, "left", None)
