"""The rows of an OpenDocument sheet, read as a stream from `content.xml`. Read only.

calamine takes an error cell for an empty text (or for 0) and does not tell what a number looks like; both
would be lost data. Here an error is one, and a number that is shown with leading zeros keeps them. Rows and
cells that the file says are repeated a million times cost nothing where they are empty. Source:
OpenDocument 1.3, part 3, 9.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.excel.cells import Shown
from connectors.excel.package import CHUNK, feed, new_parser
from connectors.excel.sheet import LAST_COLUMN, LAST_ROW, Cell, Facts, Row
from hub.filing.faults import damaged

_TABLE, _TEXT, _OFFICE, _CALC = (
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0 ",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0 ",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0 ",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 ",
)
_PART = "content.xml"
_TIME = re.compile(r"^-?PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$")
_ERROR = re.compile(r"^(#[A-Z/0?!]+[!?]?|Err:\d+)$")
_ROW, _CELL, _COVERED = _TABLE + "table-row", _TABLE + "table-cell", _TABLE + "covered-table-cell"


def sheet_names(path: Path, shown: str) -> list[str]:
    """The names of all sheets, in order."""
    names: list[str] = []
    depth = 0
    parser = new_parser(shown, _PART)

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if name == _TABLE + "table" and depth == 4:
            names.append(given.get(_TABLE + "name", ""))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    for _ in feed(parser, _chunks(path, shown), shown, _PART):
        pass
    if not names:
        raise damaged(f"{shown} has no sheet that can be read")
    return names


def read_rows(path: Path, sheet: str, facts: Facts, shown: str, limit: int) -> Iterator[Row]:
    """The filled rows of one sheet, repeated ones written out; merges are noted in `facts`."""
    reader = _Reader(sheet, facts, shown, limit)
    for _ in feed(reader.parser, _chunks(path, shown), shown, _PART):
        ready, reader.ready = reader.ready, []
        yield from ready


def _chunks(path: Path, shown: str) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_PART) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged(f"{shown}: part {_PART} is damaged", str(error)) from error


class _Reader:
    """The parser's callbacks for one sheet. Paragraphs right in a cell are its text, a note's are not."""

    def __init__(self, sheet: str, facts: Facts, shown: str, limit: int) -> None:
        self.sheet, self.facts, self.shown, self.limit = sheet, facts, shown, limit
        self.ready: list[Row] = []
        self.parser = new_parser(shown, _PART)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.inside = False
        self.depth = self.sheet_depth = self.cell_depth = 0
        self.row = self.column = self.count = 0
        self.row_repeat = 1
        self.cells: dict[int, Cell] = {}
        self.attributes: dict[str, str] = {}
        self.paragraphs: list[str] = []
        self.in_text = 0

    def _start(self, name: str, given: dict[str, str]) -> None:
        self.depth += 1
        if not self.inside:
            if name == _TABLE + "table" and self.depth == 4 and given.get(_TABLE + "name", "") == self.sheet:
                self.inside, self.sheet_depth = True, self.depth
            return
        if self.cell_depth:
            self._start_in_cell(name, given)
        elif name == _ROW:
            self.row_repeat = _repeat(given.get(_TABLE + "number-rows-repeated"))
            self.cells, self.column = {}, 0
        elif name in (_CELL, _COVERED):
            self.cell_depth, self.attributes, self.paragraphs = self.depth, given, []

    def _start_in_cell(self, name: str, given: dict[str, str]) -> None:
        if self.in_text:
            if name == _TEXT + "s":
                self.paragraphs[-1] += " " * min(_repeat(given.get(_TEXT + "c")), 1000)
            elif name == _TEXT + "tab":
                self.paragraphs[-1] += "\t"
            elif name == _TEXT + "line-break":
                self.paragraphs[-1] += "\n"
        elif name == _TEXT + "p" and self.depth == self.cell_depth + 1:
            self.in_text = self.depth
            self.paragraphs.append("")

    def _data(self, text: str) -> None:
        if self.in_text:
            self.paragraphs[-1] += text

    def _end(self, name: str) -> None:
        if self.inside:
            if self.depth == self.in_text:
                self.in_text = 0
            elif self.depth == self.cell_depth:
                self._end_cell()
                self.cell_depth = 0
            elif name == _ROW:
                self._end_row()
            elif self.depth == self.sheet_depth:
                self.inside = False
        self.depth -= 1

    def _end_cell(self) -> None:
        repeat = _repeat(self.attributes.get(_TABLE + "number-columns-repeated"))
        first = self.column + 1
        self.column += repeat
        cell = self._cell()
        wide = _repeat(self.attributes.get(_TABLE + "number-columns-spanned"))
        high = _repeat(self.attributes.get(_TABLE + "number-rows-spanned"))
        if (wide > 1 or high > 1) and first <= LAST_COLUMN:
            top = self.row + 1
            self.facts.merges.append((top, first, top + high - 1, first + wide - 1))
        if cell is None:
            return
        self._count(repeat * self.row_repeat)
        if self.column > LAST_COLUMN:
            raise damaged(
                f"{self.shown}: a cell outside any sheet", f"column {self.column} of '{self.sheet}'"
            )
        for column in range(first, self.column + 1):
            self.cells[column] = cell

    def _count(self, more: int) -> None:
        self.count += more
        if self.count > self.limit:
            why = f"more than {self.limit:,} filled cells"
            raise damaged(f"{self.shown} is too big to be a list of records", why, "raise limits.cells")

    def _end_row(self) -> None:
        if self.cells:
            if self.row + self.row_repeat > LAST_ROW:
                raise damaged(f"{self.shown}: a row outside any sheet", f"row {self.row + self.row_repeat}")
            for number in range(self.row + 1, self.row + self.row_repeat + 1):
                self.ready.append(Row(number, self.cells, 0, 0))
        self.row += self.row_repeat

    def _cell(self) -> Cell | None:
        given = self.attributes
        kind = given.get(_OFFICE + "value-type", "")
        text = "\n".join(self.paragraphs)
        formula = _TABLE + "formula" in given
        if given.get(_CALC + "value-type") == "error" or (formula and _ERROR.match(text)):
            return Cell("e", text or "#ERR", 0, formula)
        found = _value(kind, given, text)
        return Cell(*found, 0, formula) if found is not None else None


def _value(kind: str, given: dict[str, str], text: str) -> tuple[str, Any] | None:
    """Kind and raw content of a cell, as `Cell` has them; ``None`` for an empty one."""
    if kind in ("float", "percentage", "currency"):
        try:
            return "py", Shown(float(given.get(_OFFICE + "value", "")), text.strip())
        except ValueError:
            return "e", text or "#VALUE!"
    if kind == "date":
        return "d", given.get(_OFFICE + "date-value", "")
    if kind == "time":
        found = _TIME.match(given.get(_OFFICE + "time-value", ""))
        return "t", ":".join(part.zfill(2) for part in found.groups()) if found else text
    if kind == "boolean":
        return "b", given.get(_OFFICE + "boolean-value", "")
    text = given.get(_OFFICE + "string-value", text)
    return ("t", text) if text.strip() else None


def _repeat(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() else 1
