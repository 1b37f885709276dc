"""The heading row: found by its names, wherever it stands, however it is spelled.

Forgiven: accents, case, spaces of any kind, line breaks, punctuation, `N°` for `No`, blank or other rows
above. Not forgiven: a column that is not there (a vanished column must stop the route, not empty a field
everywhere) and a name that stands on two columns; both are answered with what was found and what was
probably meant.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from connectors.excel.package import column_letters
from connectors.excel.sheet import LAST_COLUMN
from hub.filing.faults import Fault, misconfigured

SEARCHED_ROWS = 60
"""How many filled rows are looked at: letterheads and notes above a list are short."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row that may be the headings: its number and its texts by column number."""

    row: int
    texts: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Header:
    """The row that is the headings, and the column number of every name the mapping uses."""

    row: int
    columns: Mapping[str, int]
    texts: Mapping[int, str]

    def cell(self, name: str, row: int) -> str:
        """A cell as people call it: `F17`; its row, for a field that no column holds."""
        number = self.columns[name]
        return f"{column_letters(number)}{row}" if number <= LAST_COLUMN else f"row {row}"


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A heading reduced to what makes it itself: `N°  de Client` and `no de client` are one."""
    text = text.replace("°", "o").replace("№", "no").replace("œ", "oe").replace("Œ", "OE")
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in plain.casefold()).split()
    return " ".join(words) or "".join(text.split())


def find_header(
    sheet: str, rows: Sequence[Heading], wanted: Mapping[str, Sequence[str]], forced: int | None = None
) -> Header:
    """The heading row among `rows`, by `wanted`: name in the mapping to its accepted spellings, itself first.

    The row that knows the most names is it, the topmost of equals. Raises `Fault` where a name is missing
    on it or stands on two columns. `forced` is the row number where the mapping names one.
    """
    if forced is not None:
        rows = [row for row in rows if row.row == forced]
    best = max(rows, key=lambda row: len(_matches(row, wanted)), default=None)
    if best is None or not _matches(best, wanted):
        raise _no_header(sheet, rows, wanted, forced)
    matches = _matches(best, wanted)
    if missing := [name for name in wanted if name not in matches]:
        raise _missing(sheet, best, missing, matches)
    for name, columns in matches.items():
        if len(columns) > 1:
            raise _twice(sheet, best, name, columns)
    return Header(best.row, {name: columns[0] for name, columns in matches.items()}, dict(best.texts))


def knows(row: Heading, wanted: Mapping[str, Sequence[str]]) -> int:
    """How many of the wanted names stand on a row."""
    return len(_matches(row, wanted))


def _matches(row: Heading, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Name to the columns it may be: the first spelling that is there decides, exact before folded."""
    exact: dict[str, list[int]] = {}
    folded: dict[str, list[int]] = {}
    for column, text in sorted(row.texts.items()):
        exact.setdefault(" ".join(text.split()), []).append(column)
        folded.setdefault(fold(text), []).append(column)
    found = {}
    for name, spellings in wanted.items():
        for spelling in spellings:
            columns = exact.get(" ".join(spelling.split())) or folded.get(fold(spelling))
            if columns:
                found[name] = columns
                break
    return found


def _shown(row: Heading) -> str:
    texts = [f"'{' '.join(text.split())}'" for _, text in sorted(row.texts.items())]
    return ", ".join(texts[:30]) + (", …" if len(texts) > 30 else "")


def near(name: str, texts: Sequence[str]) -> str:
    """'did you mean …' for a name that is not among `texts`, or nothing where none is near."""
    by_fold = {fold(text): " ".join(text.split()) for text in texts}
    key = fold(name)
    found = difflib.get_close_matches(key, list(by_fold), n=2, cutoff=0.6)
    found += [f for f in by_fold if f not in found and f and key and (f in key or key in f)][:1]
    return "did you mean " + " or ".join(f"'{by_fold[f]}'" for f in found) + "?" if found else ""


def _missing(sheet: str, row: Heading, missing: list[str], matches: Mapping[str, list[int]]) -> Fault:
    used = {column for columns in matches.values() for column in columns}
    free = [text for column, text in row.texts.items() if column not in used]
    hints = " ".join(
        f"'{name}': {hint}" for name in missing if (hint := near(name, free or list(row.texts.values())))
    )
    names = ", ".join(f"'{name}'" for name in missing)
    plural = "columns" if len(missing) > 1 else "column"
    return misconfigured(
        f"sheet '{sheet}' has no {plural} {names}",
        f"its headings, in row {row.row}, are {_shown(row)}",
        (hints + " " if hints else "")
        + "Put the heading back, or correct the mapping (aliases: [...] adds spellings)",
    )


def _no_header(
    sheet: str, rows: Sequence[Heading], wanted: Mapping[str, Sequence[str]], forced: int | None
) -> Fault:
    names = ", ".join(f"'{name}'" for name in wanted)
    where = f"row {forced}" if forced is not None else f"its first {SEARCHED_ROWS} filled rows"
    first = next(iter(rows), None)
    why = f"none of {names} stands in {where}"
    if first is None:
        why = f"sheet '{sheet}' is empty" if forced is None else f"row {forced} is empty"
    else:
        why += f"; the first has {_shown(first)}"
    return misconfigured(
        f"no heading row found in sheet '{sheet}'", why, "name the columns in the mapping as in the workbook"
    )


def _twice(sheet: str, row: Heading, name: str, columns: list[int]) -> Fault:
    places = " and ".join(f"{column_letters(column)}{row.row}" for column in columns)
    return misconfigured(
        f"sheet '{sheet}' has the column '{name}' twice",
        f"in {places}",
        "rename one of the two headings in the workbook: the hub cannot tell which one is meant",
    )
