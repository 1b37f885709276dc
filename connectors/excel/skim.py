"""The rows of a sheet for a write to a few of them: those are read whole, of all others the key alone.

A write must know every key (one may stand twice) and where each row lies, but the cells of a few rows only:
reading 10,000 rows whole, and once more to prove the result, takes several times as long. What is told is
what `sheet.read_rows` tells, of fewer cells; the sheet is still parsed whole for being well-formed.

Only for sheets that are written the way Excel, LibreOffice and openpyxl write them: anything else (comments,
prefixes, rows without numbers or out of order, array formulas) is answered with ``None``, and read whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from connectors.excel.header import SEARCHED_ROWS, fold
from connectors.excel.package import column_letters, feed, new_parser
from connectors.excel.sheet import Cell, Facts, Row, read_rows

_ROW = re.compile(rb'<row r="([0-9]{1,7})"[^>]*?(?:/>|>.*?</row>)', re.DOTALL)
_SIMPLE = re.compile(rb'(?:<v>([^<&]*)</v>|<is><t(?: xml:space="preserve")?>([^<&]*)</t></is>)')
_ATTRIBUTE = re.compile(rb'\b(s|t)="([A-Za-z0-9]*)"')
_ROOT = re.compile(rb"<worksheet\b[^>]*>")
_ODD = (b"<!--", b"<![CDATA[", b't="array"', b't="dataTable"')
PIECE = 1 << 16

Wanted: TypeAlias = Callable[[Mapping[int, Cell]], bool]
"""Whether a row with these key cells is to be read whole."""


class Skimmed:
    """A sheet's bytes cut into the rows that are always read whole, and the others."""

    def __init__(self, xml: bytes, shown: str, part: str, limit: int) -> None:
        self.xml, self.shown, self.part, self.limit = xml, shown, part, limit
        root = _ROOT.search(xml)
        self.root = root[0] if root else b""
        self.start = xml.find(b"<sheetData>") + len(b"<sheetData>")
        self.end = xml.rfind(b"</sheetData>")

    @property
    def is_usual(self) -> bool:
        """Whether the sheet is written in the usual way, so that its rows can be cut out by their bytes."""
        if not self.root or self.start < len(b"<sheetData>") or self.end < self.start:
            return False
        if self.xml.count(b"<c ") > self.limit or any(odd in self.xml for odd in _ODD):
            return False
        if self.xml.find(b"<?", self.start) >= 0:
            return False
        position, last = self.start, 0
        for found in _ROW.finditer(self.xml, self.start, self.end):
            number = int(found[1])
            if self.xml[position : found.start()].strip() or number <= last:
                return False
            position, last = found.end(), number
        return last > 0 and not self.xml[position : self.end].strip()

    def head(self) -> list[Row]:
        """The first rows, whole: the headings are among them."""
        rows: list[Row] = []
        filled = 0
        pieces = (self.xml[at : at + PIECE] for at in range(0, len(self.xml), PIECE))
        for row in read_rows(pieces, Facts(), self.shown, self.part, self.limit):
            rows.append(row)
            filled += bool(row.cells)
            if filled >= SEARCHED_ROWS:
                break
        return rows

    def facts(self) -> Facts:
        """What stands around the rows; the whole sheet is parsed for being well-formed."""
        for _ in feed(new_parser(self.shown, self.part), iter([self.xml]), self.shown, self.part):
            pass
        facts = Facts()
        around = self.xml[: self.start] + self.xml[self.end :]
        for _ in read_rows(iter([around]), facts, self.shown, self.part, self.limit):
            pass
        facts.formulas = b"<f>" in self.xml or b"<f " in self.xml or b"<f/>" in self.xml
        return facts

    def rows(self, head: list[Row], keys: Mapping[int, str], text: Callable[[Cell], str],
             wanted: Wanted) -> Iterator[Row]:  # fmt: skip
        """The head, then every other row: whole where it is wanted or its keys are not plain to see.

        `keys` are the column numbers of the key and their headings: a row that repeats those is read whole.
        """
        cells = {
            column: re.compile(rb'<c r="%s[0-9]+"([^>]*?)(?:/>|>(.*?)</c>)' % column_letters(column).encode())
            for column in keys
        }
        seen = head[-1].number if head else 0
        folded = {column: fold(heading) for column, heading in keys.items()}

        def others() -> Iterator[Row]:
            for found in _ROW.finditer(self.xml, self.start, self.end):
                number = int(found[1])
                if number > seen:
                    yield self._row(found, number, cells, folded, text, wanted)

        return chain(head, others())

    def _row(
        self,
        found: re.Match[bytes],
        number: int,
        patterns: Mapping[int, re.Pattern[bytes]],
        headings: Mapping[int, str],
        text: Callable[[Cell], str],
        wanted: Wanted,
    ) -> Row:
        start, end = found.span()
        # Where the parser sees a row close: at its end tag, or, for one without any, behind it.
        close = end if self.xml.endswith(b"/>", start, end) else end - len(b"</row>")
        keys: dict[int, Cell] = {}
        for column, pattern in patterns.items():
            cell = _cell(pattern.search(self.xml, start, end))
            if cell is None or fold(text(cell)) == headings[column]:
                return self._whole(number, start, end, close)
            keys[column] = cell
        if wanted(keys):
            return self._whole(number, start, end, close)
        return Row(number, keys, start, close)

    def _whole(self, number: int, start: int, end: int, close: int) -> Row:
        piece = self.root + b"<sheetData>" + self.xml[start:end] + b"</sheetData></worksheet>"
        (row,) = read_rows(iter([piece]), Facts(), self.shown, self.part, self.limit)
        return Row(number, row.cells, start, close)


def _cell(found: re.Match[bytes] | None) -> Cell | None:
    """A cell that is plain to see: a value or one text, without formula, format runs or references."""
    if found is None or found[2] is None:
        return None
    inner = _SIMPLE.fullmatch(found[2])
    if inner is None:
        return None
    attributes = dict(_ATTRIBUTE.findall(found[1]))
    kind = attributes.get(b"t", b"n").decode()
    raw = (inner[1] if inner[1] is not None else inner[2]).decode("utf-8")
    if "_x" in raw or "\r" in raw or kind not in ("n", "s", "inlineStr"):
        return None
    return Cell("t" if kind == "inlineStr" else kind, raw, int(attributes.get(b"s") or 0), False)
