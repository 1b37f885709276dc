"""The rows of one OOXML sheet part, read as a stream, with each one's byte span so that a patch can find it.

Cells come out raw (type, style, text, formula): what they mean is `cells`' business. A row costs only the
cells it holds, so two cells in far corners cost two cells. Nothing is kept but the facts in `Facts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from connectors.excel.package import Range, column_number, feed, new_parser, parse_range, unescape
from hub.filing.faults import damaged

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


class Cell(NamedTuple):
    """One non-empty cell as the file holds it.

    `kind` is the file's own letter: `n` number, `s` shared string (`raw` is its number), `t` any other
    text, `b` boolean, `e` error, `d` ISO date, `py` a value already decoded by a library (`raw` is that
    value), `untold` one that this format does not tell (`raw` says why). `raw` is ``None`` where a formula
    has no stored result.
    """

    kind: str
    raw: Any
    style: int
    formula: bool


_NO_BLANKS: dict[int, int] = {}


class Row(NamedTuple):
    """One row: its number from 1, its non-empty cells by column number, where its XML lies in the part.

    `blanks`, where they were asked for: the styles of its empty cells that have one, by column number.
    """

    number: int
    cells: dict[int, Cell]
    start: int
    end: int
    blanks: dict[int, int] = _NO_BLANKS


@dataclass
class Facts:
    """What was met besides rows; complete only when all rows were read."""

    merges: list[Range] = field(default_factory=list)
    arrays: list[Range] = field(default_factory=list)
    filter: Range | None = None
    formulas: bool = False
    ordered: bool = True
    protected: bool = False
    conditional: bool = False


def read_rows(
    chunks: Iterator[bytes], facts: Facts, shown: str, part: str, limit: int, blanks: bool = False
) -> Iterator[Row]:
    """Every row that has an element, in file order, empty ones too; `facts` is filled on the way.

    `blanks`: empty cells are told too, where they have a style.
    """
    reader = _Reader(facts, shown, part, limit, blanks)
    for _ in feed(reader.parser, chunks, shown, part):
        ready, reader.ready = reader.ready, []
        yield from ready
    if not reader.seen_root:
        raise damaged(f"{shown}: part {part} is no sheet")


class _Reader:
    """The parser's callbacks. Names are interned by the parser, so that comparing them is cheap."""

    def __init__(self, facts: Facts, shown: str, part: str, limit: int, blanks: bool) -> None:
        self.facts, self.shown, self.part, self.limit, self.blanks = facts, shown, part, limit, blanks
        self.ready: list[Row] = []
        self.seen_root = False
        self.parser = new_parser(shown, part)
        self.parser.StartElementHandler = self._root

    def _root(self, name: str, _: dict[str, str]) -> None:
        space, tag = name.rsplit(" ", 1) if " " in name else ("", name)
        if tag != "worksheet":
            raise damaged(f"{self.shown}: part {self.part} is no sheet", f"it holds <{tag}>")
        self.seen_root = True
        _install(self, space + " " if space else "")


def _install(reader: _Reader, space: str) -> None:
    """The callbacks as closures over plain locals: this is the hot path of every read."""
    parser, facts, limit, with_blanks = reader.parser, reader.facts, reader.limit, reader.blanks
    c_tag, v_tag, row_tag, f_tag, t_tag, ph_tag, is_tag = (
        space + tag for tag in ("c", "v", "row", "f", "t", "rPh", "is")
    )
    columns: dict[str, int] = {}
    text: list[str] = []
    inline: list[str] = []
    number = column = start_at = 0
    cells: dict[int, Cell] = {}
    blanks: dict[int, int] = _NO_BLANKS
    attributes: dict[str, str] = {}
    value: str | None = None
    has_formula = phonetic = in_inline = in_row = False
    count = 0

    def place(reference: str) -> int:
        letters = reference.rstrip("0123456789")
        found = columns.get(letters)
        if found is None:
            area = parse_range(reference)
            if area is None or not 1 <= area[1] <= LAST_COLUMN:
                raise damaged(f"{reader.shown}: a cell outside any sheet", f"{reference} in {reader.part}")
            found = columns[letters] = column_number(letters.replace("$", ""))
        return found

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal number, column, start_at, cells, blanks, attributes, value, has_formula
        nonlocal phonetic, in_inline, in_row
        if name == v_tag:
            text.clear()
        elif name == c_tag:
            attributes, value, has_formula = given, None, False
            reference = given.get("r")
            column = place(reference) if reference else column + 1
        elif name == row_tag:
            previous, stated = number, given.get("r")
            number = int(stated) if stated else number + 1
            if not 1 <= number <= LAST_ROW:
                raise damaged(f"{reader.shown}: a row outside any sheet", f"row {stated} in {reader.part}")
            facts.ordered = facts.ordered and number > previous
            start_at, cells, column, in_row = parser.CurrentByteIndex, {}, 0, True
            blanks = {} if with_blanks else _NO_BLANKS
        elif name == f_tag:
            has_formula = facts.formulas = True
            if given.get("t") in ("array", "dataTable") and (area := parse_range(given.get("ref") or "")):
                facts.arrays.append(area)
        elif name == t_tag:
            text.clear()
        elif name == is_tag:
            in_inline = True
            inline.clear()
        elif name == ph_tag:
            phonetic = True
        elif not in_row:
            outside(name, given)

    def outside(name: str, given: dict[str, str]) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if tag == "mergeCell" and (area := parse_range(given.get("ref") or "")):
            facts.merges.append(area)
        elif tag == "autoFilter":
            facts.filter = parse_range(given.get("ref") or "")
        elif tag == "sheetProtection":
            facts.protected = given.get("sheet") in ("1", "true")
        elif tag == "conditionalFormatting":
            facts.conditional = True

    def end(name: str) -> None:
        nonlocal value, phonetic, in_inline, in_row, count
        if name == v_tag:
            value = "".join(text)
        elif name == c_tag:
            if value is not None or has_formula:
                count += 1
                if count > limit:
                    why = f"more than {limit:,} filled cells"
                    raise damaged(
                        f"{reader.shown} is too big to be a list of records", why, "raise limits.cells"
                    )
                cells[column] = _cell(attributes, value, has_formula)
            elif with_blanks and (style := attributes.get("s")):
                blanks[column] = int(style)
        elif name == row_tag:
            reader.ready.append(Row(number, cells, start_at, parser.CurrentByteIndex, blanks))
            in_row = False
        elif name == t_tag:
            if in_inline and not phonetic:
                inline.append("".join(text))
        elif name == is_tag:
            in_inline = False
            value = "".join(inline)
        elif name == ph_tag:
            phonetic = False

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append


def _cell(attributes: dict[str, str], value: str | None, formula: bool) -> Cell:
    kind, style = attributes.get("t", "n"), int(attributes.get("s") or 0)
    if kind in ("inlineStr", "str"):
        kind, value = "t", unescape(value) if value is not None else ""
    return _new(Cell, (kind, value, style, formula))


_new = tuple.__new__
"""Makes a `Cell` without its own constructor's detour: there may be millions."""
