"""LibreOffice opens the workbooks the hub wrote in each shape, and shows the same values."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from hub.ports import Done, NativeField, View, Write
from tests.connectors.excel.test_blocks import BODY, FILLED, STACK, STACKED, change, stacked
from tests.connectors.excel.test_grid import HOTEL, PLANNING, planning
from tests.connectors.excel.tools import add, book, connector, edit, one, records, view

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(
    SOFFICE is None, reason="LibreOffice (soffice) is not installed: nothing else opens what the hub wrote"
)


def shown(path: Path) -> list[list[str]]:
    """The first sheet's cells as LibreOffice shows them."""
    out = path.parent / "shown"
    profile = (path.parent / "profile").as_uri()
    assert SOFFICE is not None
    done = subprocess.run(
        [SOFFICE, f"-env:UserInstallation={profile}", "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(out), str(path)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    made = out / f"{path.stem}.csv"
    assert made.is_file(), done.stdout + done.stderr
    return list(csv.reader(made.read_text("utf-8").splitlines()))


def written(path: Path, of: View, *writes: Write) -> None:
    outcomes = connector(path).write(of, list(writes))
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes


def same_values(path: Path) -> None:
    """Every cell openpyxl sees is the one that LibreOffice shows."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    found = shown(path)
    for number, row in enumerate(sheet.values):
        for column, value in enumerate(row):
            seen = found[number][column] if number < len(found) else ""
            assert seen == ("" if value is None else str(value)), (number + 1, column + 1)


def test_a_stack_of_blocks_with_a_new_row_is_shown_as_written(tmp_path: Path) -> None:
    path = book(tmp_path / "p.xlsx", [*STACK[:6], [], *STACK[7:]])
    of = stacked()
    new = {"Technicien": "Marc Petit", "Client": "Gîte « du Col » & fils", "Date": "2026-01-16"}
    written(path, of, add("4", new), edit(records(connector(path), of)["3"], {"Date": "2026-01-15"}))
    assert shown(path)[6] == ["4", "Gîte « du Col » & fils", "2026-01-16"]
    assert shown(path)[11] == ["2026-01-15", "3", "Mairie de Vif"]
    same_values(path)
    assert STACKED


def test_merged_cells_beside_what_was_written_are_kept(tmp_path: Path) -> None:
    path = book(tmp_path / "m.xlsx", BODY)
    change(path, lambda sheet: sheet.merge_cells("A2:A4"))
    of = view("Note", **FILLED)
    written(path, of, edit(records(connector(path), of)["Hôtel | Sud"], {"Note": "clé chez le voisin"}))
    assert shown(path)[2] == ["", "Sud", "mai", "clé chez le voisin"]
    same_values(path)


def test_a_moved_cell_of_a_grid_is_shown_in_its_new_place(tmp_path: Path) -> None:
    path = book(tmp_path / "g.xlsx", PLANNING)
    of = planning()
    written(path, of, edit(records(connector(path), of)[HOTEL], {"Jour": "2026-01-13"}))
    assert shown(path)[2][2:5] == ["", "Hôtel du Lac", "Mairie de Vif"]
    same_values(path)


def test_a_new_row_beside_a_struck_out_one_is_shown_plain(tmp_path: Path) -> None:
    path = book(tmp_path / "r.xlsx", [["N° client", "Client"], ["C1", "Dupont"], ["C2", "Martin"]])
    change(path, lambda sheet: setattr(sheet["A3"], "font", Font(strike=True)))
    rules: dict[str, Any] = {"Statut": [{"strike": True, "value": "cancelled"}, {"value": "planned"}]}
    of = view("Client", "Statut", rules=rules)
    written(path, of, add("C3", {"Client": "Leroy"}))
    assert shown(path)[3] == ["C3", "Leroy"]
    same_values(path)


@pytest.mark.parametrize(
    "text", ["=1+1", "+33 4 76 00 00 01", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1"]
)
def test_a_text_that_begins_like_a_formula_is_shown_as_text_and_never_calculated(
    tmp_path: Path, text: str
) -> None:
    path = book(tmp_path / "f.xlsx", [["N° client", "Client"], ["C1", "Dupont"]])
    of = view(NativeField("Client"))
    outcome = one(connector(path).write(of, [edit(records(connector(path), of)["C1"], {"Client": text})]))
    assert isinstance(outcome, Done)
    assert shown(path)[1] == ["C1", text]
    assert openpyxl.load_workbook(path)["Clients"]["B2"].data_type == "s"
