"""Between text and cells: delimited lines, with quotes, read strictly and written so that they read back.

A line that is quoted wrongly costs only itself, unless it ran on into the lines after it: then what follows
may have been swallowed and taken for deleted, so the whole file is `Damage`. Pure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from connectors.sage.text import Damage

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")

CANDIDATES = ";\t,|"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the number of its first line (from 1), its cells, and what is wrong with its quotes."""

    number: int
    cells: list[str]
    fault: str = ""


class Unwritable(Exception):
    """A value that cannot stand in a line under this rule of quoting."""


def guess_delimiter(text: str, skip: int = 0) -> str:
    """The delimiter of the first line that is not blank: the candidate it holds most of, outside quotes."""
    lines = islice(_Physical(text), skip, None)
    first = next((line for line in lines if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    counts = {candidate: outside.count(candidate) for candidate in CANDIDATES}
    best = max(CANDIDATES, key=lambda candidate: counts[candidate])
    if not counts[best]:
        raise Damage("no delimiter (; tab , |) in its first line", "say which it is: delimiter: …")
    return best


def read_lines(text: str, delimiter: str, quote: str, skip: int = 0) -> Iterator[Line]:
    """Every row but blank ones and the first `skip` lines.

    Raises `Damage` where a quote was not closed on its line and ran on.
    """
    physical = _Physical(text)
    done = sum(1 for _ in islice(physical, skip))
    while True:
        reader = csv.reader(
            physical,
            delimiter=delimiter,
            quoting=csv.QUOTE_NONE if quote == "none" else csv.QUOTE_MINIMAL,
            strict=True,
        )
        start = 0
        try:
            for cells in reader:
                if any(cells):
                    yield Line(done + start + 1, cells)
                start = reader.line_num
        except csv.Error as error:
            first, last = done + start + 1, done + reader.line_num
            if last > first or "end of data" in str(error) or "field limit" in str(error):
                raise Damage(
                    f"a quote opened on line {first} is not closed there; read on, it would take lines "
                    f"{first} to {last} for one",
                    f"close it on line {first}, or set quote: none if quotes mean nothing in this file",
                ) from error
            yield Line(first, _raw_cells(physical.last, delimiter), f"a stray quote: {error}")
            done = last
            continue
        return


def is_ended(text: str) -> bool:
    """Whether the last line has its line end."""
    return not text or text.endswith(("\n", "\r"))


def write_lines(rows: Sequence[Sequence[str]], delimiter: str, quote: str, line_end: str) -> str:
    """The rows as text. Raises `Unwritable` where, unquoted, a value would be read as several."""
    if quote == "none":
        for row in rows:
            for cell in row:
                check_unquoted(cell, delimiter)
        return "".join(delimiter.join(row) + line_end for row in rows)
    out = io.StringIO(newline="")
    if quote == "all":
        csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows(rows)
    else:
        csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def check_unquoted(cell: str, delimiter: str) -> None:
    """Raise `Unwritable` where a cell cannot stand in a line without quotes."""
    if delimiter in cell:
        raise Unwritable(f"it holds the delimiter {delimiter!r}, and values are not quoted (quote: none)")
    if "\n" in cell or "\r" in cell:
        raise Unwritable("it holds a line break, and values are not quoted (quote: none)")


class _Physical:
    """The lines of a text as they stand in the file, remembering the last one handed over."""

    def __init__(self, text: str) -> None:
        self._lines = _LINE.finditer(text)
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.last = next(self._lines)[0]
        return self.last


def _raw_cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line whose quotes make no sense, cut at every delimiter: good enough to find its key."""
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(delimiter)]
