"""Days over the columns of planning sheets: a date cell, `lun. 12/01`, `12 janvier`, the year said elsewhere.

Pure. Never guesses: a weekday that does not fit, or a heading without a year where none is told, ends as a
`Fault`. Days go on from left to right, so that a planning that begins in December and goes on in January
takes the next year there by itself.
"""

from __future__ import annotations

import re
from datetime import date

from connectors.excel.cells import Value
from connectors.excel.header import fold
from hub.filing.faults import Fault, misconfigured

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T.*)?")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?(?!\d)")
_WORDED = re.compile(r"(?<!\d)(\d{1,2})(?:er)? ([a-z]{3,9})(?: (\d{4}))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20|21)\d\d)(?!\d)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("janvier janv jan", "fevrier fevr fev", "mars mar", "avril avr", "mai", "juin", "juillet juil",
         "aout", "septembre sept sep", "octobre oct", "novembre nov", "decembre dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_HALF_YEAR = 6


class Days:
    """Reads headings one after the other, from left to right and from top to bottom."""

    def __init__(self, year: int | None, sheet: str) -> None:
        self.year, self.sheet = year, sheet
        self._last: date | None = None

    def read(self, heading: Value, cell: str) -> str | None:
        """The day of a heading, ISO; ``None`` for one that names none. `cell` is where it stands."""
        text = str(heading or "").strip()
        if iso := _ISO.fullmatch(text):
            return self._keep(_day(int(iso[1]), int(iso[2]), int(iso[3]), text, cell)).isoformat()
        found = _parts(text)
        if found is None:
            return None
        day, month, year = found
        at = _day(year, month, day, text, cell) if year else self._without_year(month, day, text, cell)
        if (named := _weekday(text)) is not None and named != at.weekday():
            raise misconfigured(
                f"the heading '{text}' in {cell} of sheet '{self.sheet}' does not fit the calendar",
                f"{at:%d/%m/%Y} is a {_WEEKDAYS[at.weekday()]}",
                "correct the heading, or the year (unpivot.year)",
            )
        return self._keep(at).isoformat()

    def _without_year(self, month: int, day: int, text: str, cell: str) -> date:
        if self.year is None:
            raise misconfigured(
                f"the heading '{text}' in {cell} of sheet '{self.sheet}' has no year",
                "and the mapping does not tell it",
                "say it: unpivot: {…, year: 2026}, or the cell that holds it: year: {cell: B1}",
            )
        if self._last is not None and self._last.month - month >= _HALF_YEAR and self._last.year == self.year:
            self.year += 1
        return _day(self.year, month, day, text, cell)

    def _keep(self, at: date) -> date:
        self._last = at
        return at


def year_in(value: Value, cell: str, sheet: str) -> int:
    """The year that a cell says: 2026, a date, `Planning 2026`."""
    found = _YEAR.search(str(value or ""))
    if found is None:
        shown = "it is empty" if value is None else f"it holds '{value}'"
        raise misconfigured(f"cell {cell} of sheet '{sheet}' says no year", shown, "correct unpivot.year")
    return int(found[1])


def _parts(text: str) -> tuple[int, int, int | None] | None:
    if found := _NUMERIC.search(text):
        year = int(found[3]) if found[3] else None
        return int(found[1]), int(found[2]), year + 2000 if year is not None and year < 100 else year
    if (found := _WORDED.search(fold(text))) and found[2] in _MONTHS:
        return int(found[1]), _MONTHS[found[2]], int(found[3]) if found[3] else None
    return None


def _weekday(text: str) -> int | None:
    """The weekday a heading begins with; `mar` before a number is mardi."""
    first = fold(text).split(" ")[0]
    if len(first) < 3:
        return None
    return next((n for n, name in enumerate(_WEEKDAYS) if name.startswith(first)), None)


def _day(year: int, month: int, day: int, text: str, cell: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _no_day(text, cell) from None


def _no_day(text: str, cell: str) -> Fault:
    return misconfigured(f"the heading '{text}' in {cell} is no day of the calendar", todo="correct it")
