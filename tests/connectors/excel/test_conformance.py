"""A workbook behaves as any system of the hub's must; a person keeps it with another program (openpyxl)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from connectors.excel import connect
from connectors.excel.settings import Settings
from hub.ports import Connector, NativeField, View
from tests.connectors.conformance import BaseHarness, ConnectorConformance, Harness, Row

COLUMNS = {"name": "Raison sociale", "phone": "Tél.", "city": "Ville"}
HEADINGS = ["N° client", *COLUMNS.values()]


class WorkbookHarness(BaseHarness):
    """A sheet 'Clients' with a letterhead above its headings; the person gives the numbers K1, K2, …"""

    columns: Mapping[str, str] = COLUMNS
    view = View(
        "customer",
        "Clients",
        tuple(NativeField(heading) for heading in COLUMNS.values()),
        key=("N° client",),
        options={"new_key": "C{n:05}"},
    )

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clients.xlsx"
        self.given = 0
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "Clients"
        sheet.append(["Fichier clients"])
        sheet.append([])
        sheet.append(HEADINGS)
        book.save(self.path)

    def connect(self) -> Connector:
        return connect("clients", Settings(path=self.path, stable_seconds=0))

    @contextmanager
    def open(self) -> Iterator[Worksheet]:
        book = openpyxl.load_workbook(self.path)
        yield book["Clients"]
        book.save(self.path)

    def add(self, rows: Sequence[Row]) -> list[str]:
        ids = []
        with self.open() as sheet:
            for row in rows:
                self.given += 1
                ids.append(f"K{self.given}")
                sheet.append([ids[-1], *(row.get(column) for column in COLUMNS)])
        return ids

    def edit(self, id: str, changes: Row) -> None:
        with self.open() as sheet:
            for column, value in changes.items():
                self.cell(sheet, id, column).value = value

    def remove(self, id: str) -> None:
        with self.open() as sheet:
            sheet.delete_rows(self.cell(sheet, id, "name").row)

    def seen(self) -> Mapping[str, Row]:
        sheet = openpyxl.load_workbook(self.path)["Clients"]
        rows = sheet.iter_rows(min_row=4, max_col=len(HEADINGS), values_only=True)
        return {str(row[0]): dict(zip(COLUMNS, row[1:], strict=True)) for row in rows if row[0]}  # type: ignore[arg-type]

    def refused(self) -> Row | None:
        return {"phone": "+33\x07145678901"}

    def spoil(self, id: str) -> str | None:
        with self.open() as sheet:
            self.cell(sheet, id, "phone").value = "#DIV/0!"
        return "phone"

    def cell(self, sheet: Worksheet, id: str, column: str):  # type: ignore[no-untyped-def]
        row = next(row for row in range(4, sheet.max_row + 1) if sheet.cell(row, 1).value == id)
        return sheet.cell(row, HEADINGS.index(COLUMNS[column]) + 1)


class TestWorkbook(ConnectorConformance):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> Harness:
        return WorkbookHarness(tmp_path)
