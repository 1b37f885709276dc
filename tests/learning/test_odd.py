"""What is odd about a sheet is told: keys that stand twice, stacked lists, merges, looks, copies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from typer.testing import CliRunner

from hub.cli.learn import Known, drafts_of, look
from hub.cli.main import app
from hub.learning.look import Learned
from tests.connectors.excel.tools import book

HEAD = ["N° client", "Raison sociale", "Tél.", "CP", "Ville"]


def person(number: int, **other: Any) -> list[Any]:
    row = {"key": f"C{number:03}", "name": f"Client {number}", "phone": f"04 76 00 00 {number:02}",
           "zip": "38000", "city": ("Grenoble", "Vif", "Voiron")[number % 3], **other}  # fmt: skip
    return list(row.values())


def learned(path: Path, rows: Sequence[Sequence[Any]]) -> Learned:
    (found,) = look(book(path / "clients.xlsx", rows))
    return found


def told(found: Learned) -> str:
    return "\n".join(found.odd)


def test_keys_that_stand_twice_and_rows_without_are_named_with_their_rows(tmp_path: Path) -> None:
    rows = [HEAD, *(person(n) for n in range(1, 20)), person(3), person(20, key=None)]
    found = learned(tmp_path, rows)
    assert found.key.columns == ("N° client",)
    assert "'C003' on rows 4 and 21" in told(found)
    assert "empty in row 22" in told(found)


def test_a_list_without_a_key_is_told_apart_by_columns_together_or_numbered_by_the_hub(
    tmp_path: Path,
) -> None:
    rows = [HEAD[1:], *(person(n)[1:] for n in range(1, 20))]
    found = learned(tmp_path, rows)
    assert (found.key.columns, found.key.confidence < 0.6) == (("Raison sociale",), True)
    twice = [HEAD[1:], *(person(n)[1:] for n in range(1, 10)), *(person(n)[1:] for n in range(1, 10))]
    numbered = learned(tmp_path, twice)
    assert numbered.key.columns == ()
    path = tmp_path / "clients.xlsx"
    text = drafts_of([numbered], path, Known())["Clients"]
    assert '    hub_id: "N° hub"' in text


def read(path: Path, found: Learned, name: str = "Clients") -> Pulled:
    """Every record as the draft, uncorrected, reads it."""
    draft = path.with_suffix(".yaml")
    draft.write_text(drafts_of([found], path, Known())[name], encoding="utf-8")
    said = CliRunner().invoke(app, ["documents", "read", str(path), "--profile", str(draft), "--json"])
    assert said.exit_code in (0, 1), said.stderr
    (entity,) = json.loads(said.stdout)["entities"]
    records = {one["id"]: {v["name"]: v["value"] for v in one["values"]} for one in entity["records"]}
    return records, [one["place"] for one in entity["rejected"]]


Pulled = tuple[dict[str, dict[str, Any]], list[str]]


def test_stacked_lists_are_read_as_one_with_their_titles(tmp_path: Path) -> None:
    rows = [["Isère"], HEAD, *(person(n) for n in range(1, 8)), [], ["Savoie"], HEAD]
    found = learned(tmp_path, [*rows, *(person(n) for n in range(8, 15))])
    assert (len(found.block.rows), found.block.titles) == (14, ["Isère", "Savoie"])
    assert "begins again under the same headings in row 12: stacked blocks called Isère, Savoie" in told(
        found
    )
    records, rejected = read(tmp_path / "clients.xlsx", found)
    assert ({id: one["bloc"] for id, one in records.items()}, rejected) == (
        {f"C{n:03}": "Isère" if n < 8 else "Savoie" for n in range(1, 15)}, [],
    )  # fmt: skip


def test_headings_of_two_rows_are_names_together_and_merged_cells_count_for_every_row(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [
        ["N° client", "Raison sociale", "Adresse", None, None, None],
        [None, None, "Rue", "CP", "Ville", None],
        *([f"C{n:02}", f"Client {n}", f"{n} rue X", "38000", None if n == 3 else "Vif", "oui"]
          for n in range(1, 9)),
    ])  # fmt: skip
    made = openpyxl.load_workbook(path)
    page = made.worksheets[0]
    for area in ("A1:A2", "B1:B2", "C1:E1", "E4:E5"):
        page.merge_cells(area)
    made.save(path)
    (found,) = look(path)
    names = {guess.column.heading: guess.name for guess in found.guesses}
    assert names == {"N° client": "key", "Raison sociale": "name", "Adresse / Rue": "street",
                     "Adresse / CP": "zip", "Adresse / Ville": "city", "": "column_f"}  # fmt: skip
    assert "values without a heading in column F" in told(found)
    assert "merged over several rows (E4:E5)" in told(found)
    records, rejected = read(path, found)
    assert (records["C03"]["city"], records["C08"]["street"], rejected) == ("Vif", "8 rue X", [])


def test_a_planning_of_days_side_by_side_is_told_to_be_a_grid(tmp_path: Path) -> None:
    from datetime import date

    rows: list[list[Any]] = [["Technicien", "Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi"]]
    rows += [[name, "Durand", "Vif", None, "Durand", None] for name in ("Marc", "Ana", "Luc")]
    assert "row 1 has days side by side" in told(learned(tmp_path, rows))
    dated = [["Technicien", *(date(2026, 3, n) for n in range(2, 7))], *rows[1:]]
    assert "row 1 has days side by side" in told(learned(tmp_path, dated))


def test_rows_struck_through_or_coloured_are_told(tmp_path: Path) -> None:
    path = book(tmp_path / "barre.xlsx", [HEAD, *(person(n) for n in range(1, 12))])
    made = openpyxl.load_workbook(path)
    page = made.worksheets[0]
    for cell in page[4]:
        cell.font = Font(strike=True)
    for cell in page[6]:
        cell.fill = PatternFill("solid", fgColor="FFFF0000")
    made.save(path)
    (found,) = look(path)
    assert "row 4 struck through" in told(found)
    assert "rows are coloured" in told(found)


def test_values_that_are_of_no_type_copies_formulas_errors_and_empty_columns_are_told(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[*HEAD, "Ville 2", "Vide", "Étiquette", "Solde"]]
    rows += [[*person(n), person(n)[4], None, f"=B{n + 1}", 12.5] for n in range(1, 12)]
    rows[3][2] = "le matin seulement"
    found = learned(tmp_path, rows)
    assert "column 'Tél.' holds values that are no phone (9%): row 4" in told(found)
    assert "column 'Vide' is empty" in told(found)
    assert "formulas in column 'Étiquette'" in told(found)
    many = [[*HEAD, "Nom usuel"], *([*person(n), person(n)[1].upper()] for n in range(1, 12))]
    assert "'Nom usuel' looks like a copy of 'Raison sociale'" in told(learned(tmp_path, many))


def test_a_heading_over_two_columns_is_told_and_used_by_neither(tmp_path: Path) -> None:
    rows = [[*HEAD, "Tél."], *([*person(n), f"06 39 98 00 {n:02}"] for n in range(1, 12))]
    found = learned(tmp_path, rows)
    assert "the heading 'Tél.' stands over columns C and F" in told(found)
    assert not [guess for guess in found.guesses if guess.column.heading == "Tél." and guess.sure]
    assert (
        "Tél." not in drafts_of([found], tmp_path / "clients.xlsx", Known())["Clients"].split("systems:")[1]
    )


def test_dates_that_count_from_1904_are_dates(tmp_path: Path) -> None:
    from datetime import date

    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    page = made.worksheets[0]
    page.append(["N° contrat", "Début"])
    for number in range(1, 10):
        page.append([f"K{number}", date(2026, 1, number)])
    made.save(tmp_path / "mac.xlsx")
    (found,) = look(tmp_path / "mac.xlsx")
    start = found.guesses[1]
    assert (start.type, start.column.examples[0]) == ("date", "2026-01-01")
    assert "1904" in told(found)


@pytest.mark.parametrize("rows", [
    [["un", "deux", "trois"]], [[1, 2, 3], [4, 5, 6]], [["x"]], [["N°"], [None], [1]],
    [["Note libre sur une ligne, rien d'autre"]],
])  # fmt: skip
def test_what_is_no_list_is_told_to_be_none_or_drafts_what_loads(
    rows: list[list[Any]], tmp_path: Path
) -> None:
    found = learned(tmp_path, rows)
    if found.is_list:
        assert drafts_of([found], tmp_path / "clients.xlsx", Known())
    else:
        assert found.odd or not found.block.rows
