"""Merged cells: which area a cell lies in, and the value of an area for all its cells where that is wanted.

Pure. An area costs what it covers of the rows there are, so that one over the whole sheet costs no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.excel.package import Range
from connectors.excel.sheet import Cell, Row

_TALL = 2000


class Merges:
    """The merged areas of a sheet, asked by row."""

    def __init__(self, areas: Sequence[Range]) -> None:
        self._tall = [area for area in areas if area[2] - area[0] > _TALL]
        self._by_row: dict[int, list[Range]] = {}
        for area in areas:
            if area[2] - area[0] <= _TALL:
                for number in range(area[0], area[2] + 1):
                    self._by_row.setdefault(number, []).append(area)

    def of_row(self, row: int) -> Iterator[Range]:
        """The areas that cover any part of a row."""
        yield from self._by_row.get(row, ())
        yield from (area for area in self._tall if area[0] <= row <= area[2])

    def at(self, row: int, column: int) -> Range | None:
        """The area that a cell lies in."""
        return next((area for area in self.of_row(row) if area[1] <= column <= area[3]), None)


class Filler:
    """Gives the covered cells of each row what their area's first cell holds. Rows must come in order."""

    def __init__(self, merges: Merges, columns: set[int]) -> None:
        self.merges, self.columns = merges, sorted(columns)
        self._held: dict[Range, Cell | None] = {}

    def fill(self, row: Row) -> dict[int, Cell]:
        """The row's cells with those of the wanted columns that a merge covers."""
        cells = row.cells
        for area in self.merges.of_row(row.number):
            top, left, _, right = area
            if row.number == top:
                self._held[area] = row.cells.get(left)
            held = self._held.get(area)
            covered = [c for c in self.columns if left <= c <= right and (row.number, c) != (top, left)]
            if held is not None and covered:
                cells = {**cells, **dict.fromkeys(covered, held)}
        return cells
