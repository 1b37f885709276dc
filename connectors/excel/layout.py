"""Where the lists of a sheet lie: one heading row, headings of several rows, or several lists in a stack.

Pure: rows in, sections out, each with its own headings, title and rows. Repeated headings (for printing) go
on with the list above them. Whether a row above headings is their title or the last record of the list
before is never guessed: a title is told by the mapping's pattern, by its own name in it, by being merged, or
by the blank row above it; what is none of these and could be either ends as a `Fault` that says what to do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from connectors.excel.cells import Decoder, Unread, Value
from connectors.excel.header import SEARCHED_ROWS, Header, Heading, find_header, fold, knows
from connectors.excel.merges import Merges
from connectors.excel.package import ExcelTable
from connectors.excel.sheet import Row
from connectors.excel.spec import Spec
from hub.filing.faults import Fault, misconfigured

TITLE_ROWS = 6
"""How many filled rows above headings are searched for a title with a pattern."""


@dataclass(slots=True)
class Block:
    """One list: its headings, its title, its last row, the first filled row under it.

    `end` is the last row that may be its own: the one before the next block's title. `model` is the row that
    new ones are made like.
    """

    header: Header
    title: Value = None
    last: int = 0
    below: int | None = None
    end: int = 1_048_576
    table: ExcelTable | None = None
    model: int = 0


@dataclass
class Section:
    """A block and its rows, to be read."""

    block: Block
    rows: Iterable[Row] = field(default_factory=list)


def sections(stream: Iterator[Row], decoder: Decoder, spec: Spec, merges: Merges) -> Iterator[Section]:
    """All lists of a sheet, from top to bottom."""
    shape = spec.shape
    if shape.blocks is None:
        head = _head(stream)
        header = find_header(
            spec.sheet, _headings(head, decoder, spec, merges), spec.spellings, spec.header_row
        )
        after = (row for row in chain(head, stream) if row.number > header.row)
        yield Section(Block(made_up(header, spec), last=header.row), after)
        return
    yield from _stacked(list(stream), decoder, spec, merges)


def made_up(header: Header, spec: Spec) -> Header:
    """The headings with the fields that no column holds beside them."""
    extra = {name: spec.shape.column_of(name) for name in spec.shape.made_up}
    return Header(header.row, {**header.columns, **extra}, header.texts)


def heading_rows(rows: Sequence[Row], decoder: Decoder, spec: Spec, merges: Merges) -> list[Header]:
    """Every row that is all the headings; raises `Fault` where there is none, or one that lacks a few."""
    found = []
    for heading in _headings(rows, decoder, spec, merges):
        share = knows(heading, spec.spellings)
        if share == len(spec.spellings) or (share >= 2 and share * 2 > len(spec.spellings)):
            found.append(find_header(spec.sheet, [heading], spec.spellings))
    if not found:
        found.append(find_header(spec.sheet, _headings(rows[:SEARCHED_ROWS], decoder, spec, merges),
                                 spec.spellings))  # fmt: skip
    return found


def _head(stream: Iterator[Row]) -> list[Row]:
    """Enough rows to find the headings in: the first filled ones."""
    head: list[Row] = []
    filled = 0
    for row in stream:
        head.append(row)
        filled += bool(row.cells)
        if filled >= SEARCHED_ROWS:
            break
    return head


def _headings(rows: Sequence[Row], decoder: Decoder, spec: Spec, merges: Merges) -> list[Heading]:
    """What each row says as headings, with the rows above it where the headings are of several rows."""
    if spec.shape.heading_rows == 1:
        return [
            Heading(row.number, {c: t for c, cell in row.cells.items() if (t := decoder.text(cell))})
            for row in rows
        ]
    by_number = {row.number: row for row in rows}
    return [_tall(row.number, by_number, decoder, spec.shape.heading_rows, merges) for row in rows]


def _tall(bottom: int, rows: dict[int, Row], decoder: Decoder, height: int, merges: Merges) -> Heading:
    numbers = range(bottom - height + 1, bottom + 1)
    areas = [area for number in numbers for area in merges.of_row(number)]
    columns = {c for number in numbers if number in rows for c in rows[number].cells}
    widest = max(columns, default=0) + 200
    columns |= {c for _, left, _, right in areas for c in range(left, min(right, widest) + 1)}
    texts = {}
    for column in columns:
        parts: dict[tuple[int, int], str] = {}
        for number in numbers:
            area = merges.at(number, column)
            place = area[:2] if area else (number, column)
            row = rows.get(place[0])
            text = decoder.text(row.cells.get(place[1])) if row else ""
            if text:
                parts.setdefault(place, " ".join(text.split()))
        if parts:
            texts[column] = " / ".join(parts.values())
    return Heading(bottom, texts)


# -- stacked blocks ------------------------------------------------------------------------------------


def _stacked(rows: list[Row], decoder: Decoder, spec: Spec, merges: Merges) -> Iterator[Section]:
    headers = heading_rows(rows, decoder, spec, merges)
    filled = [row for row in rows if row.cells]
    numbers = [row.number for row in filled]
    starts: list[tuple[int, Header, Value]] = []
    before = 0
    for header in headers:
        top = header.row - spec.shape.heading_rows + 1
        above = filled[bisect_right(numbers, before) : bisect_right(numbers, top - 1)]
        title = _title(above, before, decoder, spec, merges)
        if title is None:
            if not starts:
                raise _untitled(spec, header)
            starts.append((top, header, starts[-1][2]))
        else:
            starts.append((title[0], header, title[1]))
        before = header.row
    for at, (_, header, value) in enumerate(starts):
        end = starts[at + 1][0] - 1 if at + 1 < len(starts) else 1_048_576
        block = Block(made_up(header, spec), value, last=header.row, end=end)
        yield Section(block, [row for row in rows if header.row < row.number <= end])


def _title(
    above: Sequence[Row], before: int, decoder: Decoder, spec: Spec, merges: Merges
) -> tuple[int, Value] | None:
    """The row and value of the title over some headings; ``None`` where the list above goes on.

    `above` are the filled rows since `before`, the row of the headings before these (0: there are none).
    """
    blocks = spec.shape.blocks
    assert blocks is not None
    if blocks.pattern is not None:
        for row in reversed(above[-TITLE_ROWS:]):
            for _, cell in sorted(row.cells.items()):
                if found := re.search(blocks.pattern, decoder.text(cell)):
                    return row.number, (found[1] or "").strip() or None
        return None
    if not above:
        return None
    row = above[-1]
    filled = [(column, cell) for column, cell in sorted(row.cells.items()) if decoder.text(cell)]
    if not 1 <= len(filled) <= 2:
        return None
    texts = [decoder.text(cell) for _, cell in filled]
    label, colon, rest = texts[0].partition(":")
    named = fold(label) == fold(blocks.title)
    value = decoder.value(filled[0][1])
    if named and colon and rest.strip():
        return row.number, rest.strip()
    if named and len(filled) == 2:
        value = decoder.value(filled[1][1])
    merged = merges.at(row.number, filled[0][0]) is not None
    prior = above[-2].number if len(above) > 1 else before
    apart = before == 0 or row.number > prior + 1
    if isinstance(value, Unread) or not (named or merged or apart):
        raise misconfigured(
            f"row {row.number} of sheet '{spec.sheet}' could be the title of the block under it or a row of "
            "the one above",
            "nothing stands between the two",
            "leave a blank row above each title, or say how titles begin: blocks: "
            f"{{title: {blocks.title}, pattern: '{blocks.title} ?: ?(.+)'}}",
        )
    return row.number, value


def _untitled(spec: Spec, header: Header) -> Fault:
    assert spec.shape.blocks is not None
    return misconfigured(
        f"the headings in row {header.row} of sheet '{spec.sheet}' have no title above them",
        f"'{spec.shape.blocks.title}' was looked for in the filled rows over them",
        "put a title there, correct blocks.pattern, or take `blocks` out of the mapping",
    )
