"""A folder of forms, run through the suite that every connector passes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from connectors.forms import connect
from connectors.forms.settings import Settings
from hub.ports import Connector, NativeField, View
from tests.connectors.conformance import BaseHarness, ConnectorConformance, Row
from tests.connectors.forms.blanks import CARD, card

COLUMNS = {"name": "name", "phone": "phone", "city": "city"}
PLACES = {"name": "Nom", "phone": "Telephone", "city": "Ville"}


class Person(BaseHarness):
    """Somebody with a PDF reader and a folder of forms."""

    view = View(
        "customer",
        "card",
        tuple(NativeField(name) for name in COLUMNS),
        key=("number",),
        options={"new_key": "C{n:04}"},
    )
    columns: Mapping[str, str] = COLUMNS

    def __init__(self, folder: Path) -> None:
        self.folder, self.forms = folder, folder / "out"
        self.forms.mkdir()
        card(folder / "card.pdf")
        (folder / "card.yaml").write_text(CARD, encoding="utf-8")
        self.count = 0

    def connect(self) -> Connector:
        return connect("forms", Settings(descriptions=self.folder, out=self.forms, stable_seconds=0))

    def add(self, rows: Sequence[Row]) -> list[str]:
        return [self._type(row) for row in rows]

    def _type(self, row: Row) -> str:
        self.count += 1
        id = f"P{self.count:03}"
        self._save(
            self.folder / "card.pdf",
            self.forms / f"typed {self.count}.pdf",
            {"Numero": id, **self._filled(row)},
        )
        return id

    def edit(self, id: str, changes: Row) -> None:
        path = self._path(id)
        self._save(path, path, self._filled(changes))

    def remove(self, id: str) -> None:
        self._path(id).unlink()

    def seen(self) -> Mapping[str, Row]:
        found = {}
        for path in self.forms.glob("*.pdf"):
            fields = PdfReader(path).get_fields() or {}
            held = {name: str(one.get("/V") or "") or None for name, one in fields.items()}
            found[str(held["Numero"])] = {column: held[place] for column, place in PLACES.items()}
        return found

    def refused(self) -> Row:
        return {"city": "a town whose name is far too long for twenty"}

    def _filled(self, row: Row) -> dict[str, str]:
        return {PLACES[column]: value or "" for column, value in row.items()}

    def _path(self, id: str) -> Path:
        return next(
            path
            for path in self.forms.glob("*.pdf")
            if (PdfReader(path).get_fields() or {})["Numero"].get("/V") == id
        )

    def _save(self, source: Path, target: Path, values: Mapping[str, str]) -> None:
        writer = PdfWriter(clone_from=PdfReader(source))
        writer.update_page_form_field_values(None, dict(values))
        staged = self.folder / "staged"
        with staged.open("wb") as file:
            writer.write(file)
        os.replace(staged, target)


class TestForms(ConnectorConformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Person:
        return Person(tmp_path)
