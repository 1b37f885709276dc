"""Where a list begins and ends, and which rows of it are records: headings, totals, blanks, tables."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.table import Table as ExcelTable

from connectors.excel.header import Heading, find_header, fold
from hub.filing.faults import Fault
from hub.ports import NativeField
from tests.connectors.excel.tools import book, raw_book, row, spec, table, text


def headings(*rows: str) -> list[Heading]:
    return [
        Heading(number, {n: part for n, part in enumerate(line.split("|"), 1) if part})
        for number, line in enumerate(rows, 1)
        if line
    ]


@pytest.mark.parametrize(
    "written",
    [
        "N° client",
        "n° CLIENT",
        "Nº client",
        "No client",
        "N°\nclient",
        "N°\u00a0client ",
        "  N°  client",
        "N° client:",
    ],
)
def test_a_heading_is_known_however_it_is_spelled(written: str) -> None:
    header = find_header("S", [Heading(4, {2: written, 3: "Ville"})], {"N° client": ("N° client",)})
    assert (header.row, header.columns) == (4, {"N° client": 2})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Téléphone", "TELEPHONE"),
        ("Tél.", "tel"),
        ("E-mail", "e mail"),
        ("Œuvre", "oeuvre"),
        ("№ 5", "no 5"),
        ("€", "€"),
    ],
)
def test_accents_case_and_punctuation_are_forgiven(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_headings_stay_different() -> None:
    assert len({fold(text) for text in ("Tél.", "Tél. 2", "Ville", "€", "%", "Adresse 1", "Adresse 2")}) == 7


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_more(written: str) -> None:
    assert fold(fold(written)) == fold(written)


def test_the_row_that_knows_most_names_is_the_heading_row() -> None:
    rows = headings("Base clients — Ville de Lille", "", "Ville|x", "N°|Nom|Ville|Tél.", "1|Un|Ville|2")
    header = find_header("S", rows, {"Nom": ("Nom",), "Ville": ("Ville",)})
    assert (header.row, header.columns) == (4, {"Nom": 2, "Ville": 3})


def test_aliases_are_tried_in_order_and_exact_spelling_wins() -> None:
    rows = headings("NOM|Nom|Portable|Tél.")
    assert find_header("S", rows, {"Nom": ("Nom",)}).columns == {"Nom": 2}
    assert find_header("S", rows, {"Mobile": ("Mobile", "Tél.", "Portable")}).columns == {"Mobile": 4}


def test_the_mapping_can_name_the_heading_row() -> None:
    rows = headings("Nom|Ville", "Un|Lille", "Nom|Ville", "Deux|Brest")
    assert find_header("S", rows, {"Nom": ("Nom",)}, forced=3).row == 3
    with pytest.raises(Fault, match="no heading row"):
        find_header("S", rows, {"Nom": ("Nom",)}, forced=2)


def test_headings_are_found_under_a_letterhead_in_any_column_order(tmp_path: Path) -> None:
    path = book(
        tmp_path / "c.xlsx",
        [
            ["Électricité Générale"],
            [],
            ["édité le", "2026-01-31"],
            [],
            [None, "VILLE", "n° client", "Nom "],
            [None, "Évry", "C1", "Un"],
        ],
    )
    found = table(path, "Nom", "Ville")
    assert found.header.row == 5
    assert [(entry.id, entry.values) for entry in found.entries] == [("C1", ["Un", "Évry"])]


def test_aliases_in_the_mapping_reach_fields_and_keys(tmp_path: Path) -> None:
    path = book(tmp_path / "c.xlsx", [["Code", "Société"], ["C1", "Un"]])
    found = table(
        path,
        NativeField("Nom", options={"aliases": ["Raison sociale", "Société"]}),
        aliases={"N° client": "Code"},
    )
    assert [(entry.id, entry.values) for entry in found.entries] == [("C1", ["Un"])]


def test_blank_rows_and_rows_of_unmapped_columns_are_no_records(tmp_path: Path) -> None:
    path = book(
        tmp_path / "c.xlsx",
        [["N° client", "Nom", "Note"], ["C1", "Un"], [None, None], [" ", "", "une note"], ["C2", "Deux"]],
    )
    found = table(path, "Nom")
    assert [entry.number for entry in found.entries] == [2, 5]
    assert not found.asides
    assert found.last == 5


def test_a_totals_row_is_no_record_and_no_complaint(tmp_path: Path) -> None:
    path = book(
        tmp_path / "c.xlsx",
        [["N° client", "Nom", "CA"], ["C1", "Un", 1], [None, "Total général", "=SUM(C2:C2)"]],
    )
    found = table(path, "Nom", NativeField("CA", "money"))
    assert [entry.id for entry in found.entries] == ["C1"]
    assert not found.asides
    assert (found.last, found.below) == (2, 3)


def test_a_customer_called_total_without_a_key_is_not_taken_for_totals(tmp_path: Path) -> None:
    path = book(tmp_path / "c.xlsx", [["N° client", "Nom"], ["C1", "Un"], [None, "Total Matériel SARL"]])
    found = table(path, "Nom")
    assert [(aside.number, aside.id) for aside in found.asides] == [(3, None)]
    assert found.unkeyed == [3]


def test_headings_repeated_further_down_are_no_record(tmp_path: Path) -> None:
    path = book(
        tmp_path / "c.xlsx", [["N° client", "Nom"], ["C1", "Un"], [], ["N° CLIENT", "nom "], ["C2", "Deux"]]
    )
    found = table(path, "Nom")
    assert [entry.id for entry in found.entries] == ["C1", "C2"]
    assert not found.asides


def test_a_real_table_ends_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    for values in (
        ["N° client", "Nom"],
        ["C1", "Un"],
        ["C2", "Deux"],
        [],
        [None, "légende"],
        ["C9", "trop bas"],
    ):
        sheet.append(values)
    sheet.add_table(ExcelTable(displayName="T", ref="A1:B3"))
    made.save(path)
    found = table(path, "Nom")
    assert [entry.id for entry in found.entries] == ["C1", "C2"]
    assert [(aside.number, aside.id) for aside in found.asides] == [(6, "C9")]
    assert "below the table 'T' (A1:B3)" in found.asides[0].reason
    assert not found.unkeyed


def test_a_merged_key_is_one_rows_key_and_the_others_are_set_aside(tmp_path: Path) -> None:
    data = (
        row(1, text("A1", "N° client"), text("B1", "Nom"))
        + row(2, text("A2", "C1"), text("B2", "Un"))
        + row(3, text("B3", "Un bis"))
    )
    path = raw_book(tmp_path / "c.xlsx", data, tail='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')
    found = table(path, "Nom")
    assert [entry.id for entry in found.entries] == ["C1"]
    assert "merged (A2:A3)" in found.asides[0].reason


def test_an_array_formula_and_what_it_spills_into_are_stale_together(tmp_path: Path) -> None:
    data = (
        row(1, text("A1", "N° client"), text("B1", "Nom"))
        + row(2, text("A2", "C1"), '<c r="B2" t="str"><f t="array" ref="B2:B3">X1:X2</f><v>a</v></c>')
        + row(3, text("A3", "C2"), '<c r="B3" t="str"><v>b</v></c>')
    )
    fresh = table(raw_book(tmp_path / "a.xlsx", data), "Nom")
    assert [entry.values for entry in fresh.entries] == [["a"], ["b"]]
    stale = table(raw_book(tmp_path / "b.xlsx", data, calc='<calcPr fullCalcOnLoad="1"/>'), "Nom")
    assert ["not calculated" in str(entry.values[0]) for entry in stale.entries] == [True, True]


def test_the_version_of_a_row_depends_on_its_mapped_values_alone(tmp_path: Path) -> None:
    first = table(
        book(tmp_path / "a.xlsx", [["N° client", "Nom", "Note"], ["C1", "Un", "x"]]), "Nom"
    ).entries[0]
    moved = table(book(tmp_path / "b.xlsx", [["Nom", "N° client"], [], ["Un ", "C1"]]), "Nom").entries[0]
    other = table(book(tmp_path / "c.xlsx", [["N° client", "Nom"], ["C1", "Deux"]]), "Nom").entries[0]
    assert first.version() == moved.version() != other.version()


@pytest.mark.parametrize(
    "options",
    [{"header_row": 0}, {"header_row": "3"}, {"aliases": ["x"]}, {"hub_id": 5}, {"on_create": ["x"]}],
)
def test_options_that_make_no_sense_are_said_so(options: dict[str, object]) -> None:
    with pytest.raises(Fault) as caught:
        spec("Nom", **options)
    assert caught.value.kind == "misconfigured"
