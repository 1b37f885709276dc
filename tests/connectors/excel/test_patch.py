"""A write changes the named cells and nothing else: every other byte of the workbook is still there."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table as ExcelTable
from python_calamine import CalamineWorkbook

from connectors.excel.connector import ExcelConnector
from hub.filing.container import rewrite
from hub.filing.faults import Fault
from hub.ports import Done, NativeField, Refused, View
from tests.connectors.excel.tools import (
    MAIN,
    RELS,
    SAMPLES,
    add,
    book,
    connector,
    edit,
    needs_samples,
    number,
    one,
    parts_of,
    raw_book,
    records,
    row,
    sheet_of,
    style_sheet,
    text,
    view,
)

SHEET = "xl/worksheets/sheet1.xml"
FIELDS = (
    "Nom",
    NativeField("Tél.", "phone"),
    "Ville",
    NativeField("CA", "money"),
    NativeField("Depuis", "date"),
)


def rich(path: Path, rows: int = 5) -> Path:
    """A workbook with most of what people put in one: formats, formulas, a chart, a list, a comment."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    sheet.append(["N° client", "Nom", "Tél.", "Ville", "CA", "Depuis", "CA TTC"])
    for n in range(1, rows + 1):
        sheet.append([f"C{n:05}", f"Société {n}", f"01 45 67 89 {n:02}", "Évry", n * 100, date(2020, 1, n)])
        sheet.cell(n + 1, 7).value = f"=E{n + 1}*1.2"
        sheet.cell(n + 1, 5).number_format = '#,##0.00\\ "€"'
        sheet.cell(n + 1, 6).number_format = "dd/mm/yyyy"
        sheet.cell(n + 1, 2).font = Font(bold=True, color="FF00AA00")
    sheet.conditional_formatting.add(
        "E2:E6",
        CellIsRule("greaterThan", ["300"], fill=PatternFill("solid", "FFCC00")),  # type: ignore[no-untyped-call]
    )
    choice = DataValidation("list", formula1='"Évry,Lille,Brest"', allow_blank=True)
    choice.add("D2:D6")
    sheet.add_data_validation(choice)
    sheet["B2"].comment = Comment("bon client", "Compta")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = "A1:G6"
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=5, min_row=1, max_row=6), titles_from_data=True)
    sheet.add_chart(chart, "J2")
    other = made.create_sheet("Calculs")
    other["A1"] = "=SUM(Clients!E2:E6)"
    made.save(path)
    calculated = re.sub(rb' fullCalcOnLoad="1"', b"", parts_of(path)["xl/workbook.xml"])
    copy = io.BytesIO()
    rewrite(path, copy, {"xl/workbook.xml": calculated})
    path.write_bytes(copy.getvalue())
    return path


def cells_of(xml: bytes) -> dict[str, bytes]:
    """Every cell element by its reference, as raw bytes."""
    found = re.findall(rb'<c r="([A-Z]+[0-9]+)"[^>]*?(?:/>|>.*?</c>)', xml, re.DOTALL)
    raw = [m.group() for m in re.finditer(rb'<c r="[A-Z]+[0-9]+"[^>]*?(?:/>|>.*?</c>)', xml, re.DOTALL)]
    return {name.decode(): piece for name, piece in zip(found, raw, strict=True)}


def test_only_the_changed_cell_changes(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    before = parts_of(path)
    hub = connector(path)
    of = view(*FIELDS)
    outcome = one(hub.write(of, [edit(records(hub, of)["C00002"], {"Ville": "Lille"})]))
    assert isinstance(outcome, Done)
    after = parts_of(path)
    assert list(after) == list(before)
    assert {name for name in after if after[name] != before[name]} == {SHEET, "xl/workbook.xml"}
    old, new = cells_of(before[SHEET]), cells_of(after[SHEET])
    assert {ref for ref in new if new[ref] != old[ref]} == {"D3"}
    assert b'<c r="D3" t="inlineStr"><is><t xml:space="preserve">Lille</t></is></c>' in after[SHEET]
    assert after[SHEET].replace(new["D3"], old["D3"]) == before[SHEET]


def test_the_workbook_is_told_to_calculate_and_nothing_else_of_it_changes(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    before = parts_of(path)["xl/workbook.xml"]
    hub = connector(path)
    of = view("Ville")
    hub.write(of, [edit(records(hub, of)["C00002"], {"Ville": "Lille"})])
    after = parts_of(path)["xl/workbook.xml"]
    assert b'fullCalcOnLoad="1"' in after
    pattern = rb"<calcPr[^>]*/>"
    assert re.sub(pattern, b"", after) == re.sub(pattern, b"", before)


def test_a_workbook_without_a_formula_is_not_told_to_calculate(tmp_path: Path) -> None:
    sheet = row(1, text("A1", "N° client"), text("B1", "Ville")) + row(
        2, text("A2", "C1"), text("B2", "Brest")
    )
    path = raw_book(tmp_path / "clients.xlsx", sheet)
    before = parts_of(path)
    hub = connector(path)
    of = view("Ville")
    hub.write(of, [edit(records(hub, of)["C1"], {"Ville": "Lille"})])
    after = parts_of(path)
    assert {name for name in after if after[name] != before[name]} == {SHEET}


def test_the_call_to_calculate_stands_where_the_format_wants_it(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Ville")) + row(
        2, text("A2", "C1"), text("B2", "Brest"), '<c r="C2"><f>1+1</f><v>2</v></c>'
    )
    calc = '<definedNames><definedName name="x">1</definedName></definedNames><extLst/>'
    path = raw_book(tmp_path / "clients.xlsx", data, calc=calc)
    hub = connector(path)
    of = view("Ville")
    assert isinstance(one(hub.write(of, [edit(records(hub, of)["C1"], {"Ville": "Lille"})])), Done)
    assert b'</definedNames><calcPr fullCalcOnLoad="1"/><extLst/>' in parts_of(path)["xl/workbook.xml"]


def test_people_and_other_programs_read_what_was_written(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    hub = connector(path)
    of = view(*FIELDS)
    values = {"Nom": "L'Œuvre & <Fils>", "Tél.": "+33 1 98 76 54 32", "CA": "1234.5", "Depuis": "2026-01-31"}
    (done,) = hub.write(of, [edit(records(hub, of)["C00003"], values)])
    assert isinstance(done, Done)
    assert dict(done.record.values) == {**values, "CA": 1234.5, "Ville": "Évry"}
    sheet = sheet_of(path)
    assert [cell.value for cell in sheet[4]][1:5] == ["L'Œuvre & <Fils>", "+33 1 98 76 54 32", "Évry", 1234.5]
    assert sheet["F4"].value.date() == date(2026, 1, 31)
    assert sheet["E4"].number_format == '#,##0.00\\ "€"'
    assert sheet["B4"].font.bold
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Clients").to_python(skip_empty_area=False)
    assert rows[3][:6] == [
        "C00003",
        "L'Œuvre & <Fils>",
        "+33 1 98 76 54 32",
        "Évry",
        1234.5,
        date(2026, 1, 31),
    ]


@pytest.mark.parametrize(
    "value",
    [
        "=cmd|'/c calc'!A0",
        "+33145678901",
        "-1+1",
        "@SUM(1)",
        "_x0041_",
        "a\nb",
        "'quoted",
        "<c r='A1'/>",
        "&amp;",
        "😀 é",
    ],
)
def test_a_text_stays_that_text_and_is_never_a_formula(tmp_path: Path, value: str) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], ["C1", "x"]])
    hub = connector(path)
    of = view("Nom")
    outcome = one(hub.write(of, [edit(records(hub, of)["C1"], {"Nom": value})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values["Nom"] == value
    xml = parts_of(path)[SHEET]
    assert b"<f" not in xml.replace(b"<formula", b"")
    calamine = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Clients").to_python()
    assert calamine[1][1] == value


def test_a_formula_cell_is_refused_with_its_place_and_costs_only_its_record(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    hub = connector(path)
    of = view("Ville", NativeField("CA TTC", "money"))
    known = records(hub, of)
    refused, done = hub.write(
        of,
        [edit(known["C00001"], {"Ville": "Lille", "CA TTC": 5}), edit(known["C00002"], {"Ville": "Lille"})],
    )
    assert isinstance(refused, Refused)
    assert "G2" in refused.reason
    assert "formula" in refused.reason
    assert refused.field == "CA TTC"
    assert isinstance(done, Done)
    sheet = sheet_of(path)
    assert sheet["D2"].value == "Évry"
    assert sheet["G2"].value == "=E2*1.2"
    assert sheet["D3"].value == "Lille"


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("x" * 32_768, "32,767"),
        ("😀" * 16_384, "32,767"),
        ("a\x07b", "U+0007"),
        ("\ud800", "U+D800"),
        (["a"], "list"),
    ],
    ids=["too long", "too long in UTF-16", "control", "half a pair", "list"],
)
def test_what_no_cell_can_hold_is_refused_never_cut(tmp_path: Path, value: object, word: str) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], ["C1", "x"]])
    before = path.read_bytes()
    hub = connector(path)
    of = view("Nom")
    if value == "\ud800":
        from connectors.excel.cells import Decoder
        from connectors.excel.encode import CannotHold, Spot, encode
        from connectors.excel.styles import Styles

        answer = encode(value, "text", Spot(), Decoder([], Styles(())))
        assert isinstance(answer, CannotHold)
        assert word in answer.reason
        return
    outcome = one(hub.write(of, [edit(records(hub, of)["C1"], {"Nom": value})]))
    assert isinstance(outcome, Refused)
    assert word in outcome.reason
    assert path.read_bytes() == before


def test_the_longest_text_a_cell_holds_is_written_whole(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], ["C1", "x"]])
    hub = connector(path)
    of = view("Nom")
    value = "é" * 32_767
    outcome = one(hub.write(of, [edit(records(hub, of)["C1"], {"Nom": value})]))
    assert isinstance(outcome, Done)
    assert outcome.record.values["Nom"] == value


def test_digits_go_back_as_the_number_their_format_shows(tmp_path: Path) -> None:
    styles = style_sheet("00000000000000", '0#" "##" "##" "##" "##')
    data = row(1, text("A1", "N° client"), text("B1", "SIRET"), text("C1", "Tél.")) + row(
        2, text("A2", "C1"), number("B2", "1234567000012", 1), number("C2", "145678901", 2)
    )
    path = raw_book(tmp_path / "clients.xlsx", data, styles=styles)
    hub = connector(path)
    of = view(NativeField("SIRET", "siret"), NativeField("Tél.", "phone"))
    record = records(hub, of)["C1"]
    assert record.values == {"SIRET": "01234567000012", "Tél.": "01 45 67 89 01"}
    change = {"SIRET": "00999999900018", "Tél.": "+33298765432"}
    (done,) = hub.write(of, [edit(record, change)])
    assert isinstance(done, Done)
    assert done.record.values == change
    cells = cells_of(parts_of(path)[SHEET])
    assert cells["B2"] == b'<c r="B2" s="1"><v>999999900018</v></c>'
    assert b'<c r="C2" s="2" t="inlineStr">' in cells["C2"]


def test_clearing_a_field_keeps_the_cells_format(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    style = re.search(rb'<c r="E2" s="(\d+)"', parts_of(path)[SHEET])
    assert style is not None
    hub = connector(path)
    of = view(*FIELDS)
    (done,) = hub.write(of, [edit(records(hub, of)["C00001"], {"CA": None, "Ville": None})])
    assert isinstance(done, Done)
    assert done.record.values["CA"] is None
    assert b'<c r="E2" s="' + style[1] + b'"/>' in parts_of(path)[SHEET]


# -- new rows ----------------------------------------------------------------------------------------


def test_a_new_row_goes_under_the_list_and_looks_like_the_one_above(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    hub = connector(path)
    of = view(*FIELDS, new_key="auto")
    (key,) = hub.allocate(of, 1, ["C00006"])
    values = {"Nom": "Neuf", "Tél.": None, "Ville": "Brest", "CA": 12.5, "Depuis": "2026-02-01"}
    (done,) = hub.write(of, [add(key, values)])
    assert isinstance(done, Done)
    assert done.record.id == key == "C00007"
    assert done.record.where == "sheet 'Clients', row 7"
    sheet = sheet_of(path)
    assert [cell.value for cell in sheet[7]][:5] == ["C00007", "Neuf", None, "Brest", 12.5]
    assert sheet["E7"].number_format == '#,##0.00\\ "€"'
    assert sheet["F7"].value.date() == date(2026, 2, 1)
    assert sheet["B7"].font.bold
    assert sheet.dimensions == "A1:G7"
    assert [str(choice.sqref) for choice in sheet.data_validations.dataValidation] == ["D2:D7"]
    assert [str(area.sqref) for area in sheet.conditional_formatting] == ["E2:E7"]


def test_new_rows_and_changes_in_one_batch_are_one_replacement(tmp_path: Path) -> None:
    path = rich(tmp_path / "clients.xlsx")
    hub = connector(path)
    of = view("Nom", "Ville")
    known = records(hub, of)
    writes = [
        add("C00010", {"Nom": "Dix"}),
        edit(known["C00005"], {"Ville": "Metz"}),
        add("C00011", {"Nom": "Onze"}),
    ]
    assert all(isinstance(outcome, Done) for outcome in hub.write(of, writes))
    assert [row[:4] for row in sheet_of(path).iter_rows(min_row=6, values_only=True)] == [
        ("C00005", "Société 5", "01 45 67 89 05", "Metz"),
        ("C00010", "Dix", None, None),
        ("C00011", "Onze", None, None),
    ]
    assert len(list((tmp_path / "hub-backups").iterdir())) == 1


def test_a_real_table_grows_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "clients.xlsx"
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Clients"
    for values in (["N° client", "Nom"], ["C1", "Un"], ["C2", "Deux"]):
        sheet.append(values)
    sheet.add_table(ExcelTable(displayName="Clients", ref="A1:B3"))
    made.save(path)
    before = parts_of(path)
    hub = connector(path)
    outcome = one(hub.write(view("Nom"), [add("C3", {"Nom": "Trois"})]))
    assert isinstance(outcome, Done)
    table = sheet_of(path).tables["Clients"]
    assert table.ref == "A1:B4"
    assert table.autoFilter.ref == "A1:B4"
    after = parts_of(path)
    assert {name for name in after if after[name] != before[name]} == {SHEET, "xl/tables/table1.xml"}
    assert set(records(hub, view("Nom"))) == {"C1", "C2", "C3"}


def totals_book(path: Path) -> Path:
    data = (
        row(1, text("A1", "N° client"), text("B1", "CA"))
        + row(2, text("A2", "C1"), number("B2", "5"))
        + row(3, text("A3", "Total"), '<c r="B3"><f>SUM(B2:B2)</f><v>5</v></c>')
    )
    table = (
        f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="A1:B3" totalsRowCount="1">'
        '<autoFilter ref="A1:B2"/><tableColumns count="2"><tableColumn id="1" name="N° client"/>'
        '<tableColumn id="2" name="CA" totalsRowFunction="sum"/></tableColumns></table>'
    )
    rel = f'<Relationship Id="rId1" Type="{RELS}/table" Target="../tables/table1.xml"/>'
    return raw_book(
        path,
        data,
        tail='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>',
        others={"xl/tables/table1.xml": table},
        sheet_rels=rel,
    )


def test_a_new_row_never_pushes_itself_onto_a_totals_row(tmp_path: Path) -> None:
    path = totals_book(tmp_path / "clients.xlsx")
    before = path.read_bytes()
    hub = connector(path)
    of = view(NativeField("CA", "money"))
    assert set(records(hub, of)) == {"C1"}
    outcome = one(hub.write(of, [add("C2", {"CA": 7})]))
    assert isinstance(outcome, Refused)
    assert "totals" in outcome.reason
    assert outcome.todo
    assert path.read_bytes() == before


def test_a_new_row_is_refused_where_something_stands_right_below(tmp_path: Path) -> None:
    path = book(
        tmp_path / "clients.xlsx",
        [["N° client", "Nom", "x"], ["C1", "Un"], [None, None, "Mis à jour par la compta"]],
    )
    hub = connector(path)
    outcome = one(hub.write(view("Nom"), [add("C2", {"Nom": "Deux"})]))
    assert isinstance(outcome, Refused)
    assert "row 3" in outcome.reason


def test_new_rows_fill_the_formatted_rows_people_prepared(tmp_path: Path) -> None:
    styles = style_sheet("dd/mm/yyyy")
    data = (
        row(1, text("A1", "N° client"), text("B1", "Depuis"))
        + row(2, text("A2", "C1"), number("B2", "45000", 1))
        + row(3, '<c r="A3"/>', '<c r="B3" s="1"/>')
        + row(4, '<c r="B4" s="1"/>')
    )
    path = raw_book(tmp_path / "clients.xlsx", data, styles=styles)
    hub = connector(path)
    of = view(NativeField("Depuis", "date"))
    writes = [add(f"C{n}", {"Depuis": f"2026-01-0{n}"}) for n in (2, 3, 4)]
    assert all(isinstance(outcome, Done) for outcome in hub.write(of, writes))
    assert [record.values["Depuis"] for record in records(hub, of).values()][1:] == [
        "2026-01-02",
        "2026-01-03",
        "2026-01-04",
    ]
    assert parts_of(path)[SHEET].count(b"<row ") == 5


def test_keys_stay_numbers_where_they_are_numbers(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], [1001, "Un"], [1002, "Deux"]])
    hub = connector(path)
    of = view("Nom", new_key="auto")
    ids = hub.allocate(of, 2, [])
    assert list(ids) == ["1003", "1004"]
    assert all(isinstance(o, Done) for o in hub.write(of, [add(id, {"Nom": "Neuf"}) for id in ids]))
    assert [cell.value for cell in sheet_of(path)["A"]][1:] == [1001, 1002, 1003, 1004]


def test_what_every_new_row_gets_is_set_once(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom", "Statut"], ["C1", "Un", "Ancien"]])
    hub = connector(path)
    of = view("Nom", on_create={"Statut": "Actif"})
    assert isinstance(one(hub.write(of, [add("C2", {"Nom": "Deux"})])), Done)
    assert [cell.value for cell in sheet_of(path)["C"]] == ["Statut", "Ancien", "Actif"]


# -- unusual XML -------------------------------------------------------------------------------------


def test_a_sheet_with_a_namespace_prefix_is_written_in_that_prefix(tmp_path: Path) -> None:
    sheet = (
        f'<?xml version="1.0"?><x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>N° client</x:t></x:is></x:c>'
        '<x:c r="B1" t="inlineStr"><x:is><x:t>Ville</x:t></x:is></x:c></x:row>'
        '<x:row r="2"><x:c r="A2" t="inlineStr"><x:is><x:t>C1</x:t></x:is></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    path = raw_book(tmp_path / "clients.xlsx", "", others={SHEET: sheet})
    hub = connector(path)
    of = view("Ville")
    writes = [edit(records(hub, of)["C1"], {"Ville": "Lille"}), add("C2", {"Ville": "Brest"})]
    assert all(isinstance(outcome, Done) for outcome in hub.write(of, writes))
    assert [record.values["Ville"] for record in records(hub, of).values()] == ["Lille", "Brest"]
    assert b"<x:is><x:t" in parts_of(path)[SHEET].split(b'r="3"')[1]


def test_cells_without_references_and_a_byte_order_mark_are_placed_right(tmp_path: Path) -> None:
    sheet = (
        f'﻿<?xml version="1.0" encoding="utf-8"?><worksheet xmlns="{MAIN}"><sheetData>'
        "<row><c t='inlineStr'><is><t>N° client</t></is></c><c t='inlineStr'><is><t>Nom</t></is></c>"
        "<c t='inlineStr'><is><t>Ville</t></is></c></row><!-- é -->"
        "<row><c t='inlineStr'><is><t>C1</t></is></c><c t='inlineStr'><is><t>Œuvre</t></is></c>"
        "<c t='inlineStr'><is><t>Évry</t></is></c></row></sheetData></worksheet>"
    )
    path = raw_book(tmp_path / "clients.xlsx", "", others={SHEET: sheet})
    hub = connector(path)
    of = view("Nom", "Ville")
    (done,) = hub.write(of, [edit(records(hub, of)["C1"], {"Nom": "Deux"})])
    assert isinstance(done, Done)
    assert done.record.values == {"Nom": "Deux", "Ville": "Évry"}


def test_a_sheet_that_is_not_in_utf_8_is_read_and_refused_for_writing(tmp_path: Path) -> None:
    sheet = (
        f'<?xml version="1.0" encoding="iso-8859-1"?><worksheet xmlns="{MAIN}"><sheetData>'
        + row(1, text("A1", "N° client"), text("B1", "Ville"))
        + row(2, text("A2", "C1"), text("B2", "Évry"))
        + "</sheetData></worksheet>"
    )
    path = raw_book(tmp_path / "clients.xlsx", "")
    archive = parts_of(path) | {SHEET: sheet.encode("iso-8859-1")}
    with zipfile.ZipFile(path, "w") as file:
        for name, content in archive.items():
            file.writestr(name, content)
    hub = connector(path)
    of = view("Ville")
    record = records(hub, of)["C1"]
    assert record.values["Ville"] == "Évry"
    outcome = one(hub.write(of, [edit(record, {"Ville": "Lille"})]))
    assert isinstance(outcome, Refused)
    assert "UTF-8" in outcome.reason


def test_the_covered_part_of_a_merge_is_neither_read_nor_written(tmp_path: Path) -> None:
    data = (
        row(1, text("A1", "N° client"), text("B1", "Nom"), text("C1", "Ville"))
        + row(2, text("A2", "C1"), text("B2", "Un"), text("C2", "Évry"))
        + row(3, text("A3", "C2"), text("B3", "Deux"), '<c r="C3"/>')
    )
    tail = '<mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells>'
    path = raw_book(tmp_path / "clients.xlsx", data, tail=tail)
    hub = connector(path)
    of = view("Nom", "Ville")
    known = records(hub, of)
    assert known["C1"].values["Ville"] == "Évry"
    assert "merged (C2:C3)" in known["C2"].unreadable["Ville"]
    outcome = one(hub.write(of, [edit(known["C2"], {"Ville": "Lille"})]))
    assert isinstance(outcome, Refused)
    assert "C2:C3" in outcome.reason


def test_a_signed_workbook_is_not_written(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Nom")) + row(2, text("A2", "C1"), text("B2", "Un"))
    path = raw_book(tmp_path / "clients.xlsx", data, others={"_xmlsignatures/sig1.xml": "<Signature/>"})
    hub = connector(path)
    outcome = one(hub.write(view("Nom"), [edit(records(hub, view("Nom"))["C1"], {"Nom": "Deux"})]))
    assert isinstance(outcome, Refused)
    assert "signature" in outcome.reason


# -- the archive -------------------------------------------------------------------------------------


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.xls[xm]")), ids=lambda path: path.name)
def test_an_archive_with_nothing_replaced_is_the_same_file(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        pytest.skip("encrypted: no archive")
    copy = io.BytesIO()
    rewrite(path, copy, {})
    assert copy.getvalue() == path.read_bytes()


def test_replacing_a_part_keeps_every_other_member_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"a comment"
        for name in ("un.xml", "é.xml", "folder/", "stored.bin"):
            info = zipfile.ZipInfo(name, (2020, 2, 3, 4, 5, 6))
            info.compress_type = zipfile.ZIP_STORED if name == "stored.bin" else zipfile.ZIP_DEFLATED
            info.comment, info.external_attr = b"note", 0o644 << 16
            archive.writestr(info, b"" if name.endswith("/") else name.encode() * 100)
    copy = io.BytesIO()
    rewrite(path, copy, {"é.xml": b"new"})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy) as new:
        assert new.testzip() is None
        assert new.comment == b"a comment"
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert before.filename == after.filename
            assert before.date_time == after.date_time
            assert before.external_attr == after.external_attr
            assert new.read(after) == (b"new" if before.filename == "é.xml" else old.read(before))


def test_bytes_before_the_archive_are_no_reason_to_guess(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["a"]])
    path.write_bytes(b"MZ" + path.read_bytes())
    with pytest.raises(Fault, match="cannot be written in place"):
        rewrite(path, io.BytesIO(), {})


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30) | st.none()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.integers(1, 5),
        st.dictionaries(st.sampled_from(["Nom", "Ville", "Tél."]), TEXTS, min_size=1),
        min_size=1,
    ),
    fresh=st.lists(TEXTS, max_size=2),
)
def test_whatever_is_written_reads_back_and_leaves_the_rest_untouched(
    tmp_path: Path, changes: dict[int, dict[str, str | None]], fresh: list[str | None]
) -> None:
    path = rich(tmp_path / "clients.xlsx")
    before = parts_of(path)
    hub = connector(path)
    of = view("Nom", "Ville", "Tél.")
    known = records(hub, of)
    writes = [edit(known[f"C{n:05}"], values) for n, values in changes.items()]
    writes += [add(f"N{n}", {"Nom": value}) for n, value in enumerate(fresh)]
    outcomes = hub.write(of, writes)
    if not all(isinstance(outcome, Done) for outcome in outcomes):
        reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Refused)]
        assert all("control character" in reason for reason in reasons)
    after = parts_of(path)
    assert {name for name in after if after[name] != before[name]} <= {SHEET, "xl/workbook.xml"}
    columns = {"Nom": "B", "Tél.": "C", "Ville": "D"}
    allowed = {f"{columns[name]}{n + 1}" for n, values in changes.items() for name in values}
    old, new = cells_of(before[SHEET]), cells_of(after[SHEET])
    assert {ref for ref in old if new.get(ref) != old[ref]} <= allowed
    now = records(hub, of)
    for write, outcome in zip(writes, outcomes, strict=True):
        if isinstance(outcome, Done):
            assert now[outcome.record.id].values == outcome.record.values
            for name, value in write.values.items():
                assert outcome.record.values[name] == (str(value or "").strip() or None)
    for n in set(range(1, 6)) - set(changes):
        assert now[f"C{n:05}"].values == known[f"C{n:05}"].values
    openpyxl.load_workbook(path)


@needs_samples
@pytest.mark.parametrize(
    ("name", "sheet"),
    [("pivots.xlsx", "DataSheet"), ("table-multiple.xlsx", "Sheet1"), ("issue438.xlsx", "Sheet1")],
)
def test_a_strangers_workbook_keeps_its_pivots_tables_and_charts(
    tmp_path: Path, name: str, sheet: str
) -> None:
    path = tmp_path / name
    path.write_bytes((SAMPLES / "workbooks" / name).read_bytes())
    hub = connector(path)
    shown = next(found for found in hub.sheets() if found["name"] == sheet)
    headings = shown["rows"][0][1]
    outcome = write_one(hub, view(headings[1], key=(headings[0],), sheet=sheet), headings[1])
    assert outcome.record.values[headings[1]] == "Écrit"


@needs_samples
@pytest.mark.parametrize("name", ["vba.xlsm", "picture.xlsx"])
def test_a_strangers_workbook_keeps_its_macros_and_pictures(tmp_path: Path, name: str) -> None:
    """The samples' first sheets are empty: a list is put in, all else stays theirs."""
    source, path = SAMPLES / "workbooks" / name, tmp_path / name
    rows = row(1, text("A1", "N°"), text("B1", "Nom")) + row(2, text("A2", "1"), text("B2", "Un"))
    empty = parts_of(source)[SHEET]
    filled = re.sub(rb"<sheetData ?/>", b"<sheetData>" + rows.encode() + b"</sheetData>", empty)
    assert filled != empty
    with path.open("wb") as file:
        rewrite(source, file, {SHEET: filled})
    outcome = write_one(connector(path), view("Nom", key=("N°",), sheet="Sheet1"), "Nom")
    assert outcome.record.values["Nom"] == "Écrit"


def write_one(hub: ExcelConnector, of: View, field: str) -> Done:
    """Add a row; nothing but the sheet, its table and the call to calculate may change."""
    before = parts_of(hub.path)
    outcome = one(hub.write(of, [add("ZZ-1", {field: "Écrit"})]))
    assert isinstance(outcome, Done), outcome
    after = parts_of(hub.path)
    changed = {part for part in after if after[part] != before[part]}
    assert changed
    mine = r"worksheets/sheet\d+\.xml|tables/table\d+\.xml|workbook\.xml$"
    assert all(re.search(mine, part) for part in changed), changed
    openpyxl.load_workbook(hub.path, read_only=True)
    return outcome
