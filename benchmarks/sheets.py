"""Workbooks: one cell of 10,000 rows changed, and 100,000 rows of 20 columns read.

A change is what the connector does for one `write`: the copy, the child process, the edited file proved by
reading it again, the backup, the replacement. Against it: openpyxl's load and save, which is what a script
would do, in a process that has it imported already.

A read is one pull of every row, child process included. The bar is the fastest reader at hand that keeps the
types right: that tells an error from an empty cell, a postcode's zeros, and whether a cell is struck through.
Of the libraries here only openpyxl (read only) tells all three. calamine, which is faster and tells none of
them, is shown beside it. Both run in processes of their own, and are timed without their start.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.rows import Row, timed
from connectors.excel import connect
from connectors.excel.package import column_letters
from connectors.excel.settings import Settings
from hub.ports import Done, NativeField, View, Write

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
COLUMNS = 20
HEADINGS = ("N°", *(f"Colonne {n}" for n in range(2, COLUMNS + 1)))
CHANGED, READ = 10_000, 100_000
TIMES = 3

_OPENPYXL = """
import sys, openpyxl
from time import perf_counter
begin = perf_counter()
for row in openpyxl.load_workbook(sys.argv[1], read_only=True)["Clients"].iter_rows():
    for cell in row:
        if cell.value is not None:
            cell.value, cell.number_format, cell.font.strike
print(perf_counter() - begin)
"""
_CALAMINE = """
import sys
from time import perf_counter
from python_calamine import CalamineWorkbook
begin = perf_counter()
CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_name("Clients").to_python(skip_empty_area=False)
print(perf_counter() - begin)
"""
_RESAVED = """
import sys, openpyxl
from time import perf_counter
begin = perf_counter()
book = openpyxl.load_workbook(sys.argv[1])
book["Clients"]["B5000"] = "Autre"
book.save(sys.argv[2])
print(perf_counter() - begin)
"""


def measured() -> list[Row]:
    """Changing and reading."""
    with tempfile.TemporaryDirectory() as folder:
        return [_changed(Path(folder)), _read(Path(folder))]


def _changed(folder: Path) -> Row:
    path = build(folder / "clients.xlsx", CHANGED)
    theirs = min(_alone(_RESAVED, path, folder / "resaved.xlsx") for _ in range(TIMES))
    hub, view = _connected(path)
    (record,) = hub.read(view, ["C05000"])
    found = []
    for number in range(TIMES):
        value = f"Autre {number}"
        with timed() as clock:
            (outcome,) = hub.write(view, [Write("customer_0", "C05000", {"Colonne 2": value})])
        assert isinstance(outcome, Done), outcome
        assert outcome.record.values["Colonne 2"] == value != record.values["Colonne 2"]
        found.append(clock.seconds)
    ours = min(found)
    detail = f"openpyxl load and save {theirs:.2f} s, the hub {ours:.2f} s; the best of {TIMES}"
    return Row("one cell of 10,000 rows changed", ours / theirs, 0.1, True, detail=detail)


def _read(folder: Path) -> Row:
    path = build(folder / "large.xlsx", READ)
    hub, view = _connected(path)
    with timed() as clock:
        pulled = sum(len(page.records) for page in hub.pull(view, None, lambda _: {}))
    assert pulled == READ
    ours = clock.seconds
    right, fast = _alone(_OPENPYXL, path), _alone(_CALAMINE, path)
    detail = (
        f"the hub {ours:.1f} s; openpyxl, which keeps types and looks, {right:.1f} s; calamine, which loses "
        f"errors, zeros and looks, {fast:.1f} s (the hub takes {ours / fast:.1f} times that)"
    )
    return Row("100,000 rows of 20 columns read", ours / right, 1.3, True, detail=detail)


def _connected(path: Path):  # type: ignore[no-untyped-def]
    view = View("customer", "Clients", tuple(NativeField(name) for name in HEADINGS[1:]), key=("N°",))
    return connect("clients", Settings(path=path, stable_seconds=0)), view


def _alone(program: str, *paths: Path) -> float:
    """What a program says it took, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, paths)], capture_output=True, check=True, text=True
    )
    return float(done.stdout)


def build(path: Path, rows: int) -> Path:
    """A workbook as Excel saves it: shared texts, dates, amounts, postcodes by format, a row struck out."""
    texts = [*HEADINGS, *(f"Société Électrique {n}" for n in range(1000)), "Arles", "Nîmes"]
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    letters = [column_letters(n) for n in range(1, COLUMNS + 1)]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(
            f'<Override PartName="/xl/{part}" '
            f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for part, kind in (
                ("workbook.xml", "sheet.main"),
                ("worksheets/sheet1.xml", "worksheet"),
                ("styles.xml", "styles"),
                ("sharedStrings.xml", "sharedStrings"),
            )
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>'
        '<sheet name="Clients" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{RELS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="1">'
        '<numFmt numFmtId="200" formatCode="00000"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/></font><font><strike/><sz val="11"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="4"><xf/><xf numFmtId="200"/><xf numFmtId="14"/><xf fontId="1"/></cellXfs>'
        "</styleSheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            heads = "".join(f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate(letters))
            sheet.write(f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{heads}</row>'.encode())
            for number in range(2, rows + 2):
                sheet.write(_row(number, letters).encode())
            sheet.write(b"</sheetData></worksheet>")
    return path


def _row(number: int, letters: list[str]) -> str:
    cells = [f'<c r="A{number}" t="inlineStr"><is><t>C{number - 1:05d}</t></is></c>']
    for at, letter in enumerate(letters[1:], 1):
        place = f"{letter}{number}"
        kind = at % 5
        if kind == 1:
            style = ' s="3"' if number % 50 == 0 else ""
            cells.append(f'<c r="{place}"{style} t="s"><v>{COLUMNS + (number + at) % 1000}</v></c>')
        elif kind == 2:
            cells.append(f'<c r="{place}" s="1"><v>{1000 + number % 9000}</v></c>')
        elif kind == 3:
            cells.append(f'<c r="{place}" s="2"><v>{45000 + number % 1000}</v></c>')
        elif kind == 4:
            cells.append(f'<c r="{place}"><v>{number * 1.25}</v></c>')
        else:
            cells.append(f'<c r="{place}" t="s"><v>{len(letters) + 1000 + number % 2}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'


if __name__ == "__main__":
    from benchmarks.rows import show

    show(measured(), "openpyxl and calamine")
