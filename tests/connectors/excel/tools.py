"""Workbooks for the tests: made by openpyxl as a stranger would, or from bare XML where the bytes matter."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from connectors.excel.connector import ExcelConnector
from connectors.excel.entries import Table
from connectors.excel.intake import Bounds
from connectors.excel.settings import Settings
from connectors.excel.spec import Spec, spec_of
from connectors.excel.workbook import Reading, open_workbook
from hub.ports import NativeField, Outcome, Page, Record, View, Write

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason=f"the sample files are not there: {SAMPLES} (they are no part of the project)",
)


def view(
    *fields: str | NativeField,
    key: Sequence[str] = ("N° client",),
    sheet: str = "Clients",
    where: Any = None,
    **options: Any,
) -> View:
    named = tuple(NativeField(f) if isinstance(f, str) else f for f in fields)
    return View("customer", sheet, named, tuple(key), where, options)


def spec(*fields: str | NativeField, **rest: Any) -> Spec:
    return spec_of(view(*fields, **rest))


def connector(path: Path, **settings: Any) -> ExcelConnector:
    return ExcelConnector("clients", Settings(path=path, stable_seconds=0, **settings))


def book(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "Clients") -> Path:
    """A workbook of one sheet with these rows, as openpyxl saves it."""
    made = openpyxl.Workbook()
    page: Worksheet = made.worksheets[0]
    page.title = sheet
    for row in rows:
        page.append(list(row))
    made.save(path)
    return path


def sheet_of(path: Path, sheet: str = "Clients") -> Worksheet:
    found: Worksheet = openpyxl.load_workbook(path)[sheet]
    return found


def raw_book(
    path: Path,
    sheet_data: str,
    *,
    tail: str = "",
    head: str = "",
    styles: str = "",
    calc: str = "",
    name: str = "Clients",
    others: Mapping[str, str] | None = None,
    sheet_rels: str = "",
    main: str = MAIN,
) -> Path:
    """A workbook whose sheet holds exactly this `sheetData` content; `others` are more parts by name."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{RELS}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets>{calc}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<worksheet xmlns="{main}" xmlns:r="{RELS}">{head}'
        f"<sheetData>{sheet_data}</sheetData>{tail}</worksheet>",
        "xl/styles.xml": styles or style_sheet(),
        **(others or {}),
    }
    if sheet_rels:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
            f'<Relationships xmlns="{PACKAGE}/relationships">{sheet_rels}</Relationships>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def style_sheet(*codes: str, strike: bool = False) -> str:
    """Styles 1, 2, … with these number formats; style 0 is General."""
    formats = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for n, code in enumerate(codes, 1)
    )
    xfs = "".join(
        f'<xf numFmtId="{200 + n}" fontId="0" fillId="0" xfId="0"/>' for n in range(1, len(codes) + 1)
    )
    struck = '<xf numFmtId="0" fontId="1" fillId="0" xfId="0"/>' if strike else ""
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="{len(codes)}">{formats}</numFmts>'
        '<fonts count="2"><font><sz val="11"/></font><font><strike/><sz val="11"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(codes) + 1 + strike}"><xf numFmtId="0" fontId="0" fillId="0" xfId="0"/>'
        f"{xfs}{struck}</cellXfs></styleSheet>"
    )


def text(ref: str, value: str, style: int = 0) -> str:
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t>{value}</t></is></c>'


def number(ref: str, value: str, style: int = 0) -> str:
    return f'<c r="{ref}" s="{style}"><v>{value}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def read(path: Path, wanted: Spec) -> Reading:
    """Read in this process, without the child: for the rules, not for strangers' files."""
    with open_workbook(path, path.name, Bounds()) as workbook:
        return workbook.read(wanted)


def table(path: Path, *fields: str | NativeField, **rest: Any) -> Table:
    return read(path, spec(*fields, **rest)).table


def pull(hub: ExcelConnector, of: View, cursor: str | None = None) -> list[Page]:
    return list(hub.pull(of, cursor, lambda ids: {}))


def records(hub: ExcelConnector, of: View) -> dict[str, Record]:
    return {record.id: record for page in pull(hub, of) for record in page.records}


def edit(record: Record, values: Mapping[str, Any]) -> Write:
    return Write("customer_0", record.id, dict(values), expected=dict(record.values))


def add(new_id: str | None, values: Mapping[str, Any], again: bool = False) -> Write:
    return Write("customer_0", None, dict(values), new_id=new_id, again=again)


def one(outcomes: Sequence[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
