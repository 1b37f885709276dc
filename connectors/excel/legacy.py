"""Rows of `.xls` and `.xlsb` files, by the calamine library: read only. Runs in the child process.

calamine's panics are no `Exception`, and two far-apart cells make it abort the process: both stay inside the
child. What it does not tell (error cells, zeros that only the number format knows) comes from `marks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from connectors.excel.cells import EXACT, Shown
from connectors.excel.intake import RESAVE, Form
from connectors.excel.marks import Marks, marks_of
from connectors.excel.sheet import Cell, Facts, Row
from connectors.excel.styles import padded
from hub.filing.faults import Fault, damaged


def sheet_names(path: Path, shown: str) -> list[str]:
    """The names of all sheets, charts included, in the workbook's order."""
    with _open(path, shown) as book:
        return list(book.sheet_names)


def is_grid(path: Path, sheet: str, shown: str) -> bool:
    """Whether a sheet has cells: charts and macro sheets have none."""
    with _open(path, shown) as book:
        kinds = {data.name: data.typ for data in book.sheets_metadata}
    return kinds.get(sheet) == SheetTypeEnum.WorkSheet


def read_rows(path: Path, form: Form, sheet: str, facts: Facts, shown: str, limit: int) -> Iterator[Row]:
    """The rows of one sheet from row 1 on, empty ones without cells; merges are noted in `facts`."""
    with _open(path, shown) as book:
        try:
            grid = book.get_sheet_by_name(sheet)
            end = grid.end
            if end is not None and (end[0] + 1) * (end[1] + 1) > limit * 4:
                why = f"its cells reach to row {end[0] + 1:,} and column {end[1] + 1:,}"
                raise damaged(f"{shown} is too big to be a list of records", why, RESAVE)
            rows = grid.to_python(skip_empty_area=False)
            merges = grid.merged_cell_ranges or []
        except CalamineError as error:
            raise _broken(shown, error) from error
    marks = marks_of(path, form, sheet, shown)
    facts.formulas = bool(marks.formulas)
    facts.merges.extend((t + 1, left + 1, b + 1, right + 1) for (t, left), (b, right) in merges)
    for number, row in enumerate(rows, 1):
        yield Row(number, dict(_cells(number, row, marks)), 0, 0)


def _cells(number: int, row: Sequence[object], marks: Marks) -> Iterator[tuple[int, Cell]]:
    for column, value in enumerate(row, 1):
        place = number, column
        formula = place in marks.formulas
        if place in marks.errors:
            yield column, Cell("e", marks.errors[place], 0, formula)
        elif value != "":
            code = marks.padded.get(place)
            if code is not None and isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
                value = Shown(value, padded(int(value), code))
            yield column, Cell("py", value, 0, formula)


def _open(path: Path, shown: str) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise damaged(
            f"{shown} is protected by a password, so that it cannot be read", todo="save it without one"
        ) from error
    except CalamineError as error:
        raise _broken(shown, error) from error


def _broken(shown: str, error: Exception) -> Fault:
    return damaged(f"{shown} cannot be read", str(error), RESAVE)
