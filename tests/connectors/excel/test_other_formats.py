"""`.xls`, `.xlsb`, `.ods` and strict OOXML: read as well as any other, never written."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.excel.intake import Bounds
from connectors.excel.marks import _biff, _workbook_stream, _xlsb
from connectors.excel.sheet import Facts
from connectors.excel.workbook import open_workbook
from hub.ports import NativeField, Refused
from tests.connectors.excel.tools import (
    SAMPLES,
    add,
    connector,
    needs_samples,
    one,
    parts_of,
    pull,
    raw_book,
    records,
    row,
    text,
    view,
)

OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
MIME = "application/vnd.oasis.opendocument.spreadsheet"


def grid(path: Path) -> dict[tuple[str, int, int], Any]:
    """Every value of a workbook by sheet, row and column."""
    found = {}
    with open_workbook(path, path.name, Bounds()) as workbook:
        for name in workbook.sheet_names():
            decoder, rows = workbook._stream(name, Facts())
            for line in rows or ():
                for column, cell in line.cells.items():
                    if (value := decoder.value(cell)) is not None:
                        found[name, line.number, column] = value
    return found


@needs_samples
@pytest.mark.parametrize(
    "stem", ["issues", "any_sheets", "date_1904", "issue_419", "merged_range", "merge_cells"]
)
def test_one_workbook_saved_in_several_formats_says_the_same_in_each(stem: str) -> None:
    saved = sorted((SAMPLES / "workbooks").glob(f"{stem}.*"))
    assert len(saved) > 1
    whole = grid(SAMPLES / "workbooks" / f"{stem}.xlsx")
    assert whole
    for path in saved:
        said = grid(path)
        sheets = {name for name, _, _ in said}
        assert said == {place: value for place, value in whole.items() if place[0] in sheets}, path.name


def ods(path: Path, rows: str, sheet: str = "Clients") -> Path:
    content = (
        f'<office:document-content xmlns:office="{OFFICE}:office:1.0" xmlns:table="{OFFICE}:table:1.0" '
        f'xmlns:text="{OFFICE}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:'
        f'xmlns:calcext:1.0"><office:body><office:spreadsheet><table:table table:name="{sheet}">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", MIME)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def line(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def said(value: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'


def counted(value: str, shown: str) -> str:
    cell = f'<table:table-cell office:value-type="float" office:value="{value}">'
    return f"{cell}<text:p>{shown}</text:p></table:table-cell>"


HEAD = line(said("N° client"), said("Nom"), said("Tél."), said("CA"))
FIELDS = ("Nom", NativeField("Tél.", "phone"), NativeField("CA", "money"))


def test_an_ods_number_shown_with_zeros_keeps_them(tmp_path: Path) -> None:
    rows = HEAD + line(
        said("C1"), said("Un"), counted("612345678", "06 12 34 56 78"), counted("5", "05,00 €")
    )
    found = records(connector(ods(tmp_path / "c.ods", rows)), view(*FIELDS))
    assert found["C1"].values == {"Nom": "Un", "Tél.": "06 12 34 56 78", "CA": 5}


def test_an_ods_error_is_unread_whatever_number_stands_behind_it(tmp_path: Path) -> None:
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    excel_error = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="">'
        "<text:p>#N/A</text:p></table:table-cell>"
    )
    rows = HEAD + line(said("C1"), said("Un"), excel_error, error)
    record = records(connector(ods(tmp_path / "c.ods", rows)), view(*FIELDS))["C1"]
    assert record.values == {"Nom": "Un"}
    assert "#DIV/0!" in record.unreadable["CA"]
    assert "#N/A" in record.unreadable["Tél."]


def test_a_note_in_an_ods_cell_is_not_its_text_and_blanks_in_it_are_kept(tmp_path: Path) -> None:
    cell = (
        '<table:table-cell office:value-type="string">'
        "<office:annotation><text:p>bon client</text:p></office:annotation>"
        "<text:p>Société<text:s/><text:s text:c='2'/><text:span>Un</text:span></text:p><text:p>suite</text:p>"
        "</table:table-cell>"
    )
    rows = HEAD + line(said("C1"), cell)
    found = records(connector(ods(tmp_path / "c.ods", rows)), view("Nom"))
    assert found["C1"].values == {"Nom": "Société   Un\nsuite"}


def test_a_million_empty_rows_in_an_ods_cost_nothing_and_shift_nothing(tmp_path: Path) -> None:
    blank = "<table:table-cell table:number-columns-repeated='16384'/>"
    rows = line(blank, repeated=3) + HEAD + line(blank, repeated=5) + line(said("C1"), said("Un"))
    (page,) = pull(connector(ods(tmp_path / "c.ods", rows + line(blank, repeated=1_048_000))), view("Nom"))
    assert [(record.id, record.where) for record in page.records] == [("C1", "sheet 'Clients', row 10")]


def test_an_ods_date_time_and_boolean_are_read_as_such(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell office:value-type="date" office:date-value="2026-01-31"><text:p>31/01/26</text:p>'
        "</table:table-cell>",
        '<table:table-cell office:value-type="time" office:time-value="PT18H05M00S"><text:p>18:05</text:p>'
        "</table:table-cell>",
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>VRAI</text:p>'
        "</table:table-cell>",
    )
    rows = HEAD + line(said("C1"), *cells)
    found = records(connector(ods(tmp_path / "c.ods", rows)), view("Nom", "Tél.", "CA"))
    assert found["C1"].values == {"Nom": "2026-01-31", "Tél.": "18:05:00", "CA": True}


def record_of(kind: int, body: bytes) -> bytes:
    """One `.xlsb` record; kinds and sizes here are below two bytes of seven bits."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
    return head + size + body


@needs_samples
def test_an_xlsb_error_is_unread(tmp_path: Path) -> None:
    """A number of a real file is made an error, as Excel stores one."""
    source = SAMPLES / "workbooks" / "any_sheets.xlsb"
    parts = parts_of(source)
    sheet = "xl/worksheets/sheet1.bin"
    changed, done = b"", False
    for kind, body in _xlsb(parts[sheet]):
        if kind == 2 and not done:
            kind, body, done = 3, body[:8] + b"\x2a", True
        changed += record_of(kind, body)
    assert done
    path = tmp_path / "c.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {sheet: changed}).items():
            archive.writestr(name, content)
    before, after = grid(source), grid(path)
    (place,) = (place for place in before if before[place] != after[place])
    assert "#N/A" in after[place].reason


@needs_samples
def test_an_xls_formula_that_ends_in_an_error_is_unread(tmp_path: Path) -> None:
    """The stored result of a formula in a real file is made `#DIV/0!`, as Excel stores one."""
    source = SAMPLES / "workbooks" / "xls_formula.xls"
    data = source.read_bytes()
    stream = _workbook_stream(data)
    formula = next(
        body
        for kind, part in _biff(stream, 0)
        if kind == 0x0085
        for kind, body in _biff(stream, struct.unpack_from("<L", part)[0])
        if kind == 0x0006
    )
    error = formula[:6] + b"\x02\x00\x07\x00\x00\x00\xff\xff" + formula[14:]
    assert data.count(formula) == 1
    path = tmp_path / "c.xls"
    path.write_bytes(data.replace(formula, error))
    place = struct.unpack_from("<2H", formula)
    (found,) = (
        value
        for (_, r, c), value in grid(path).items()
        if (r - 1, c - 1) == place and hasattr(value, "reason")
    )
    assert "#DIV/0!" in found.reason


@needs_samples
@pytest.mark.parametrize("name", ["any_sheets.xls", "any_sheets.xlsb", "any_sheets.ods"])
def test_the_other_formats_are_pulled_but_never_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((SAMPLES / "workbooks" / name).read_bytes())
    hub = connector(path)
    of = view("2", key=("1",), sheet="Visible")
    assert [(record.id, record.values) for record in records(hub, of).values()][:2] == [
        ("3", {"2": 4}),
        ("5", {"2": 6}),
    ]
    outcome = one(hub.write(of, [add("9", {"2": 9})]))
    assert isinstance(outcome, Refused)
    assert path.read_bytes() == (SAMPLES / "workbooks" / name).read_bytes()
    findings = hub.check([of])
    assert not [finding for finding in findings if finding.level == "error"]


def test_a_strict_workbook_is_read_and_its_writes_are_refused(tmp_path: Path) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    data = row(1, text("A1", "N° client"), text("B1", "Nom"), text("C1", "Depuis")) + row(
        2, text("A2", "C1"), text("B2", "Un"), '<c r="C2" t="d"><v>2026-01-31T00:00:00Z</v></c>'
    )
    path = raw_book(tmp_path / "c.xlsx", data, main=strict)
    hub = connector(path)
    of = view("Nom", NativeField("Depuis", "date"))
    assert records(hub, of)["C1"].values == {"Nom": "Un", "Depuis": "2026-01-31"}
    outcome = one(hub.write(of, [add("C2", {"Nom": "Deux"})]))
    assert isinstance(outcome, Refused)
    assert "strict" in outcome.reason
    assert any(finding.level == "warning" and "strict" in finding.message for finding in hub.check([of]))
