"""Where the headings of a sheet stand, and how many lists are on it.

The heading row is the one whose words are usual headings and below which the cells are of another nature
(numbers, dates, addresses under words). A list may begin again further down under the same headings, or
others: such stacked blocks are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hub.learning.headings import meanings, normal
from hub.learning.sheet import Cell, Sheet

SEARCHED = 60
LONGEST_HEADING = 80
LEAST_SCORE = 1.6
_TOTAL = re.compile(r"(?:sous )?total|somme|moyenne|sum|average|nombre")
_VALUE = re.compile(r"\d{4,}|@|\d[./-]\d|\d \d{2} \d{2}")


@dataclass(frozen=True)
class Block:
    """One list: its heading row (0: none was found), its headings by column, its rows, the titles above it.

    `height`: how many rows the headings fill; a column is then called by all of them, as `Adresse / Ville`.
    """

    header: int
    headings: Mapping[int, str]
    rows: Sequence[int]
    titles: Sequence[str] = ()
    again: Sequence[int] = ()
    """Rows further down that repeat the headings."""

    height: int = 1


def blocks_of(sheet: Sheet) -> list[Block]:
    """The lists of a sheet, from the top; one without headings where there are none."""
    numbers = list(sheet.rows)
    header = _header(sheet, numbers[:SEARCHED])
    if header is None:
        width = max((len(sheet.rows[n]) for n in numbers), default=0)
        return [Block(0, {}, [n for n in numbers if len(sheet.rows[n]) > 1 or width == 1])] if numbers else []
    header, height = _tall(sheet, header)
    starts = [header, *_later(sheet, numbers, header)]
    found: list[Block] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        inside = [n for n in numbers if n > start and (end is None or n < end)]
        headings = headings_at(sheet, start, height)
        titles = [title] if (title := _title(sheet, numbers, start - height + 1)) else []
        same = next((one for one in found if _folded(one.headings) == _folded(headings)), None)
        rows = [n for n in inside if _is_row(sheet.rows[n], headings)]
        if same is not None:
            merged = replace(
                same, rows=[*same.rows, *rows], titles=[*same.titles, *titles], again=[*same.again, start]
            )
            found[found.index(same)] = merged
        else:
            found.append(Block(start, headings, rows, titles, height=height))
    return found


def headings_at(sheet: Sheet, row: int, height: int = 1) -> dict[int, str]:
    """The texts of a row by column; of several rows, each column's from the top down."""
    if height == 1:
        return {column: cell.text for column, cell in sheet.rows.get(row, {}).items() if cell.text}
    found: dict[int, dict[tuple[int, int], str]] = {}
    for number in range(row - height + 1, row + 1):
        for column, cell in sheet.rows.get(number, {}).items():
            if not cell.text:
                continue
            area = next((a for a in sheet.merges if a[:2] == (number, column)), None)
            for covered in range(column, (area[3] if area else column) + 1):
                found.setdefault(covered, {})[number, column] = cell.text
    return {column: " / ".join(texts.values()) for column, texts in sorted(found.items())}


def _tall(sheet: Sheet, header: int) -> tuple[int, int]:
    """The last row of the headings and how many rows they fill, told by what is merged in and above them."""
    if any(top == header and bottom == header + 1 for top, _, bottom, _ in sheet.merges):
        header += 1
    wide = len(sheet.rows.get(header, {})) or 1
    over = [
        (top, left, bottom, right)
        for top, left, bottom, right in sheet.merges
        if top == header - 1 and (bottom == header or (bottom == top and 1 < right - left + 1 <= 0.7 * wide))
    ]
    return header, 2 if over else 1


def _folded(headings: Mapping[int, str]) -> dict[int, str]:
    return {column: normal(text) for column, text in headings.items()}


def _header(sheet: Sheet, numbers: Sequence[int]) -> int | None:
    scores = {number: _score(sheet, number, numbers) for number in numbers}
    best = max(numbers, key=lambda number: (scores[number], -number), default=None)
    return best if best is not None and scores[best] >= LEAST_SCORE else None


def _score(sheet: Sheet, number: int, numbers: Sequence[int]) -> float:
    """How much a row looks like headings."""
    cells = sheet.rows[number]
    texts = {c: cell.text for c, cell in cells.items() if _may_head(cell)}
    if not texts or len(set(map(normal, texts.values()))) * 2 < len(texts):
        return 0.0
    known = sum(found[0].weight for text in texts.values() if (found := meanings(text)))
    below = [n for n in numbers if n > number][:12]
    under = contrast = 0
    for column in texts:
        values = [sheet.rows[n][column] for n in below if column in sheet.rows[n]]
        under += bool(values)
        told = sum(not _may_head(cell) for cell in values)
        contrast += told * 2 > len(values) > 0
    if not below or not under:
        return 0.0
    others = sum(cell.value is not None and not _may_head(cell) for cell in cells.values())
    wide = under / len(texts)
    return (2.0 * known + 1.0 * contrast + 0.2 * len(texts)) * wide - 1.5 * others - (len(texts) < 2)


def _may_head(cell: Cell) -> bool:
    """Whether a cell's content can be a heading: a short text that is no value."""
    text = cell.text
    if not isinstance(cell.value, str) or not text or len(text) > LONGEST_HEADING:
        return False
    return any(c.isalpha() for c in text) and not _VALUE.search(text)


def _later(sheet: Sheet, numbers: Sequence[int], header: int) -> list[int]:
    """Heading rows below the first: the same again, or a row of usual headings and nothing else."""
    first = _folded(headings_at(sheet, header))
    found = []
    for number in numbers:
        if number <= header:
            continue
        cells = sheet.rows[number]
        here = {c: normal(cell.text) for c, cell in cells.items() if cell.text}
        same = sum(first.get(c) == text for c, text in here.items())
        if here and same >= 2 and same >= 0.8 * len(here):
            found.append(number)
        elif len(here) >= 3 and all(_may_head(cell) for cell in cells.values() if cell.text):
            sure = [f[0].weight for c in cells.values() if (f := meanings(c.text)) and f[0].weight > 0.9]
            if len(sure) >= 3 and len(sure) >= 0.7 * len(here):
                found.append(number)
    return found


def _is_row(cells: Mapping[int, Cell], headings: Mapping[int, str]) -> bool:
    """Whether a row under the headings is one of the list: no title, note or total."""
    filled = [column for column, cell in cells.items() if cell.text or cell.unread]
    inside = [column for column in filled if column in headings]
    if not inside or (len(inside) == 1 and len(headings) > 2):
        return False
    first = cells[min(filled)].text
    return not (_TOTAL.match(normal(first)) and len(inside) < max(3, len(headings) / 2))


def _title(sheet: Sheet, numbers: Sequence[int], start: int) -> str:
    """A line with one text alone, right above the headings."""
    above = [number for number in numbers if number < start][-2:]
    for number in reversed(above):
        texts = [cell.text for cell in sheet.rows[number].values() if cell.text]
        if len(texts) == 1:
            return texts[0]
    return ""
