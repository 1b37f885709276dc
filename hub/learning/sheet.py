"""One sheet as it was looked at: its cells by row and column, plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.ports import Native


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its value, or why it has none that can be read (`unread`); how it came about and looks."""

    value: Native
    unread: str = ""
    formula: bool = False
    struck: bool = False
    fill: str | None = None

    @property
    def text(self) -> str:
        """As people see it, on one line; nothing where it cannot be read."""
        if self.value is None or self.unread:
            return ""
        return " ".join(str(self.value).split())


@dataclass(frozen=True)
class Sheet:
    """`rows` are the filled ones by number, from the top; `filled` counts those there are, seen or not.

    `formats` counts number formats by column; `merges` are (top, left, bottom, right), from 1.
    """

    name: str
    rows: Mapping[int, Mapping[int, Cell]]
    filled: int
    formats: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    merges: Sequence[tuple[int, int, int, int]] = ()
    stale: bool = False
    dates_from_1904: bool = False
    read_only: str = ""

    @property
    def whole(self) -> bool:
        """Whether every filled row was looked at."""
        return len(self.rows) >= self.filled


def sheet_of(data: Mapping[str, Any]) -> Sheet:
    """The sheet out of its plain data, as `connectors.excel.sampling` hands it over."""
    return Sheet(
        data["name"],
        {number: {cell[0]: _cell(*cell[1:]) for cell in cells} for number, cells in data["rows"]},
        data["filled"],
        {int(column): found for column, found in data["formats"].items()},
        [(area[0], area[1], area[2], area[3]) for area in data["merges"]],
        data["stale"],
        data["dates_from_1904"],
        data["read_only"],
    )


def _cell(value: Native, marks: str, fill: str | None) -> Cell:
    unread = str(value) if "e" in marks else ""
    return Cell(None if unread else value, unread, "f" in marks, "s" in marks, fill)


def letters(column: int) -> str:
    """A column as people call it: 1 is A, 27 is AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found
