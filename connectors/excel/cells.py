"""What one cell says, as a native value: JSON, zeros kept, dates as ISO text; or why it cannot be read.

Numbers come out as Excel shows them, with 15 significant digits: a file saved by another program holds
602.9999999999999 where Excel had 603, and that is no edit. Source of the date rules: ECMA-376 part 1,
18.17.4.1 (both epochs, and the 29 February 1900 that never was).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from connectors.excel.sheet import Cell
from connectors.excel.styles import Meaning, Styles, padded

Value: TypeAlias = "bool | int | float | str | None"

NUMERIC = frozenset({"money", "number", "integer", "boolean"})
"""Canonical types whose numbers stay numbers, whatever zeros their format shows."""

EXACT = 2**53
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a cell has no value that can be trusted, in words for the person who keeps the workbook."""

    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A number and how the file says it is shown, for formats whose readers do not tell the number format."""

    value: float
    text: str


NOT_CALCULATED = Unread(
    "a formula that was not calculated since the file last changed: open the workbook in Excel and save it"
)


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads the cells of one workbook. `stale`: stored formula results may be out of date.

    `tells_looks`: whether this format's reader tells how a cell looks.
    """

    strings: list[str]
    styles: Styles
    date1904: bool = False
    stale: bool = False
    tells_looks: bool = True

    def value(self, cell: Cell | None, numeric: bool = False) -> Value | Unread:
        """A cell's value; `numeric` keeps a number one even where its format shows leading zeros."""
        if cell is None:
            return None
        kind, raw, style, formula = cell
        if formula and (self.stale or raw is None):
            return NOT_CALCULATED
        if kind == "s":
            return self._shared(raw)
        if kind == "t":
            return raw.strip() or None
        if kind == "n":
            return self._number(raw, style, numeric)
        if kind == "b":
            return (raw or "").strip() in ("1", "true")
        if kind == "e":
            return Unread(f"the cell shows the error {raw}: correct it in the workbook")
        if kind == "d":
            return _iso(raw or "")
        if kind == "py":
            return decoded(raw, numeric)
        if kind == "untold":
            return Unread(raw)
        return Unread(f"the cell is of a kind no reader knows ({kind})")

    def text(self, cell: Cell | None) -> str:
        """A cell as a heading: its text, or nothing where it has none."""
        value = self.value(cell)
        return (
            value
            if isinstance(value, str)
            else ""
            if value is None or isinstance(value, Unread)
            else str(value)
        )

    def _shared(self, raw: str | None) -> Value | Unread:
        try:
            index = int(raw or "")
            if index < 0:
                raise IndexError(raw)
            return self.strings[index].strip() or None
        except (ValueError, IndexError):
            return Unread(f"the cell points to text number {raw}, which the file does not have")

    def _number(self, raw: str | None, style: int, numeric: bool) -> Value | Unread:
        if raw is None or not raw.strip():
            return None
        try:
            number = float(raw)
        except ValueError:
            return Unread(f"the cell holds {raw!r} as a number")
        if not math.isfinite(number):
            return Unread(f"the cell holds {raw!r} as a number")
        format_ = self.styles.get(style)
        if format_.meaning in ("date", "datetime", "time", "duration"):
            return moment(number, format_.meaning, self.date1904)
        if format_.meaning == "padded" and not numeric and number.is_integer() and abs(number) < EXACT:
            return padded(int(number), format_.code)
        return plain(number)


def plain(number: float) -> int | float:
    """A whole number as such, any other to the 15 digits that Excel itself keeps."""
    if number.is_integer():
        return int(number) if abs(number) < EXACT else number
    rounded = float(f"{number:.15g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < EXACT else rounded


def moment(serial: float, meaning: Meaning, date1904: bool) -> str | Unread:
    """A day number as ISO text: a date, with its time where there is one, a time of day, or a duration."""
    seconds = round(serial * 86400)
    if meaning == "duration" or (meaning == "time" and 0 <= seconds < 86400):
        return _clock(seconds)
    if not 0 <= serial < _LAST_SERIAL:
        return Unread(f"the cell shows a date, but {serial:g} is none that Excel knows")
    if date1904:
        return _show(_EPOCH_1904 + timedelta(seconds=seconds))
    if 60 <= serial < 61:
        return Unread("the cell shows 29 February 1900, a day that never was")
    if serial < 1:
        return _clock(seconds)
    return _show(_EPOCH + timedelta(seconds=seconds + (86400 if serial < 60 else 0)))


def serial_of(text: str, date1904: bool) -> float | None:
    """The day number of an ISO date (and time); ``None`` for what is none, or before Excel's calendar."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is not None:
        return None
    if date1904:
        serial = (when - _EPOCH_1904) / timedelta(days=1)
        return serial if serial >= 0 else None
    serial = (when - _EPOCH) / timedelta(days=1)
    if serial < 61:
        serial -= 1
    return serial if serial >= 1 else None


def decoded(value: object, numeric: bool = False) -> Value | Unread:
    """A value that a library already decoded (`.xls`, `.xlsb`, `.ods`)."""
    if isinstance(value, Shown):
        return value.text if not numeric and _keeps_zeros(value) else decoded(value.value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float):
        return (
            plain(float(value)) if math.isfinite(value) else Unread(f"the cell holds {value!r} as a number")
        )
    if isinstance(value, datetime):
        return _show(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _clock(round(value.total_seconds()))
    return Unread(f"the cell holds a {type(value).__name__}")


def _keeps_zeros(number: Shown) -> bool:
    """Whether the text shown is the number's digits with zeros before them, in groups perhaps."""
    digits = "".join(c for c in number.text if c not in " \u00a0\u202f.-/")
    return (
        len(digits) > 1
        and digits.startswith("0")
        and digits.isascii()
        and digits.isdigit()
        and float(digits) == number.value
    )


def _iso(raw: str) -> str | Unread:
    text = raw.strip().rstrip("Z")
    try:
        return _show(datetime.fromisoformat(text))
    except ValueError:
        return Unread(f"the cell holds {raw!r} as a date")


def _show(when: datetime) -> str:
    if when.time() == time():
        return when.date().isoformat()
    return when.replace(microsecond=0).isoformat()


def _clock(seconds: int) -> str:
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"
