"""Doubles in a workbook, by every policy."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub.marking import Marking
from hub.ports import Connector, Fate, Merges
from tests.connectors.excel.tools import book, connector, sheet_of, view
from tests.merges.place import Deaf, Place, between
from tests.merges.suite import MergesConformance

HEADINGS = ["N° client", "Nom", "Ville", "Doublon", "Statut"]


class Workbook:
    """`clients.xlsx`, and somebody who has Excel."""

    town = "Ville"

    def __init__(
        self, folder: Path, fate: Fate, field: str | None, mapped: bool = False, **options: Any
    ) -> None:
        self.path = book(folder / "clients.xlsx", [HEADINGS])
        self.fate, self.field = fate, field
        more = [field] if mapped and field else []
        self.view = view("Nom", "Ville", *more, **options)
        self.count = 0

    def connect(self) -> Connector:
        return connector(self.path)

    def add(self, *names: str) -> list[str]:
        rows = [list(row) for row in sheet_of(self.path).iter_rows(values_only=True)]
        ids = []
        for name in names:
            self.count += 1
            ids.append(f"C{self.count}")
            rows.append([ids[-1], name, "Vif", None, "actif"])
        book(self.path, rows)
        return ids

    def seen(self) -> Mapping[str, Mapping[str, Any]]:
        rows = list(sheet_of(self.path).iter_rows(min_row=2, values_only=True))
        return {str(row[0]): dict(zip(HEADINGS, row, strict=True)) for row in rows}

    def type(self, id: str, field: str, text: str | None) -> None:
        opened = openpyxl.load_workbook(self.path)
        sheet = opened["Clients"]
        sheet.cell(self._row(id), HEADINGS.index(field) + 1).value = text
        opened.save(self.path)

    def remove(self, id: str) -> None:
        opened = openpyxl.load_workbook(self.path)
        opened["Clients"].delete_rows(self._row(id))
        opened.save(self.path)

    def deliver(self) -> None:
        return None

    def held(self, id: str) -> AbstractContextManager[None] | None:
        lock = self.path.with_name(f"~${self.path.name}")
        return between(lambda: lock.write_bytes(b"\x04Marc" + b" " * 160), lock.unlink)

    def deafened(self, before: bool) -> Merges:
        return Marking(Deaf(self.connect(), before))

    def _row(self, id: str) -> int:
        return list(self.seen()).index(id) + 2


class TestMarked(MergesConformance):
    @pytest.fixture(params=[False, True], ids=["a column of its own", "a mapped column"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
        return Workbook(tmp_path, "marked", "Doublon", request.param, merge="mark", merge_mark="Doublon")


class TestPutAway(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Workbook(tmp_path, "archived", "Statut", merge="archive", merge_archive={"Statut": "fermé"})


class TestLeft(MergesConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Workbook(tmp_path, "left", None, merge="leave")
