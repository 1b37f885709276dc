"""What a stranger's workbook holds, cell by cell: for those who draft a mapping, not for a sync.

`samples` is asked in the hub, `sample` answers in the child process. A cell crosses as [column, value, marks,
fill]: `f` in the marks says it is a formula, `e` that the value is the reason why it cannot be read, `s` that
it is struck through. Formats are counted by column, since `0.00 €` says more than a number does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connectors.excel.cells import Decoder, Unread
from connectors.excel.sheet import Cell, Facts, Row
from connectors.excel.spec import spec_of
from connectors.excel.workbook import Workbook
from hub.filing import files
from hub.filing.faults import Fault
from hub.ports import View

if TYPE_CHECKING:
    from connectors.excel.connector import ExcelConnector

MOST_ROWS = 20_000
"""Filled rows of a sheet that are handed over; the rest is counted."""

MOST_CELLS, LONGEST = 500_000, 200
"""Cells of the whole workbook that are handed over, and letters of one: that tells what a column holds."""

MOST_MERGES, MOST_FORMATS = 500, 5


def samples(connector: ExcelConnector, rows: int = MOST_ROWS) -> list[dict[str, Any]]:
    """Each sheet with cells, as `sample` tells it. Raises `ConnectorError`."""
    try:
        connector._require_readable()
        with files.snapshot(connector.path, connector.settings.stable_seconds) as taken:
            answer = connector._frames("sample", taken, None, rows=rows)
            return [content for kind, content in answer if kind == "sheet"]
    except Fault as fault:
        connector._raise(fault)


def layout(connector: ExcelConnector, view: View) -> Mapping[str, Any]:
    """Where the mapped columns of a view stand: `header_row`, `columns` (heading to letters)."""
    try:
        with files.snapshot(connector.path, connector.settings.stable_seconds) as taken:
            return connector._end("check", taken, spec_of(view))
    except Fault as fault:
        connector._raise(fault)


def sample(workbook: Workbook, most: int) -> Iterator[dict[str, Any]]:
    """In the child process: every sheet's first `most` filled rows, how many there are, and what is odd."""
    left = MOST_CELLS
    for name in workbook.sheet_names():
        facts = Facts()
        decoder, stream = workbook._stream(name, facts)
        if stream is not None:
            found = _sheet(workbook, name, decoder, stream, facts, most, left)
            left -= sum(len(cells) for _, cells in found["rows"])
            yield found


def _sheet(
    workbook: Workbook, name: str, decoder: Decoder, stream: Iterator[Row], facts: Facts, most: int, left: int
) -> dict[str, Any]:
    rows: list[list[Any]] = []
    formats: defaultdict[int, Counter[str]] = defaultdict(Counter)
    filled = 0
    for row in stream:
        cells = [_cell(column, cell, decoder) for column, cell in row.cells.items()]
        cells = [cell for cell in cells if cell[1] is not None or cell[2]]
        if not any(cell[1] is not None for cell in cells):
            continue
        filled += 1
        left -= len(cells)
        if filled > most or left < 0:
            continue
        rows.append([row.number, cells])
        for column, cell in row.cells.items():
            if cell.kind == "n":
                formats[column][decoder.styles.get(cell.style).code] += 1
    package = workbook.package
    sheet = next((s for s in package.sheets if s.name == name), None) if package is not None else None
    return {
        "name": name,
        "filled": filled,
        "rows": rows,
        "formats": {str(column): dict(found.most_common(MOST_FORMATS)) for column, found in formats.items()},
        "merges": [list(area) for area in facts.merges[:MOST_MERGES]],
        "tables": [
            [table.name, list(table.area)] for table in (package.tables(sheet) if package and sheet else ())
        ],
        "stale": decoder.stale,
        "protected": facts.protected,
        "dates_from_1904": decoder.date1904,
        "read_only": workbook.why_read_only() or "",
    }


def _cell(column: int, cell: Cell, decoder: Decoder) -> list[Any]:
    value = decoder.value(cell)
    marks = "f" if cell.formula else ""
    if isinstance(value, Unread):
        value, marks = value.reason, marks + "e"
    if isinstance(value, str):
        value = value[:LONGEST]
    fill = None
    if cell.kind != "py":
        style = decoder.styles.get(cell.style)
        marks += "s" if style.strike else ""
        fill = style.fill
    return [column, value, marks, fill]
