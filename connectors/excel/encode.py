"""Which cell content says a value: a text, a number, a date's day number; or why no cell of this kind can.

Each answer is checked by reading it back through `cells`: what would come back different is refused, not
written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from connectors.excel.cells import EXACT, NUMERIC, Decoder, Unread, Value, serial_of
from connectors.excel.patch import NewCell
from connectors.excel.sheet import Cell

LONGEST = 32_767
"""Characters (UTF-16 units) in one cell; Excel cuts what is longer, without a word."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?)?")
_DATES = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class CannotHold:
    """Why a cell cannot hold a value, in words."""

    reason: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """The cell to be filled: its style, what it holds now, the column's date format if any."""

    style: int = 0
    holds: str | None = None
    date_style: int | None = None


def encode(value: object, kind: str, spot: Spot, decoder: Decoder) -> NewCell | CannotHold:
    """The content that reads back as `value` (native) in this spot; `kind` is the field's canonical type."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return NewCell("blank")
    if isinstance(value, bool):
        return NewCell("bool", "1" if value else "0")
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        answer = _text(text, kind, spot, decoder)
    elif isinstance(value, int | float):
        answer = _number(value)
    else:
        return CannotHold(
            f"a cell cannot hold a {type(value).__name__}", "join it to one text in the mapping"
        )
    if isinstance(answer, NewCell):
        back = decode(answer, kind in NUMERIC, spot, decoder)
        if isinstance(back, Unread) or not same(back, value):
            shown = back.reason if isinstance(back, Unread) else repr(back)
            return CannotHold(
                f"the cell's format would turn {value!r} into {shown}",
                "change the cell's number format in Excel",
            )
    return answer


def decode(cell: NewCell, numeric: bool, spot: Spot, decoder: Decoder) -> Value | Unread:
    """What a new content will read as."""
    if cell.kind == "blank":
        return None
    kind = {"text": "t", "number": "n", "bool": "b"}[cell.kind]
    style = spot.style if cell.style is None else cell.style
    return decoder.value(Cell(kind, cell.text, style, False), numeric)


def same(one: object, other: object) -> bool:
    """Whether two native values are one: numbers by amount, moments by time, texts without outer blanks."""
    if isinstance(one, str):
        one = one.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    if isinstance(other, str):
        other = other.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or f"{one:.15g}" == f"{other:.15g}"
    if isinstance(one, int | float) and isinstance(other, str):
        return _amount(other) == Decimal(repr(one))
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return (moment := _moment(one)) is not None and moment == _moment(other)
    if isinstance(other, int | float) and isinstance(one, str):
        return _amount(one) == Decimal(repr(other))
    return one == other


def _moment(text: str) -> tuple[str, str, str] | None:
    """A day and its time, which `2026-02-01 09:00:00` and `2026-02-01T09:00` say alike; midnight is none."""
    found = _MOMENT.fullmatch(text)
    return (found[1], found[2] or "00:00", found[3] or ":00") if found else None


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if _PLAIN_NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _number(value: int | float) -> NewCell | CannotHold:
    if isinstance(value, int):
        return NewCell("number" if abs(value) < 10**15 else "text", str(value))
    if value != value or value in (float("inf"), float("-inf")):
        return CannotHold("a cell cannot hold a number that is none")
    return NewCell("number", repr(value))


def _text(text: str, kind: str, spot: Spot, decoder: Decoder) -> NewCell | CannotHold:
    if found := _FORBIDDEN.search(text):
        return CannotHold(
            f"the text holds the control character U+{ord(found[0]):04X}, which no workbook can hold",
            "remove it where the text comes from",
        )
    if (length := len(text.encode("utf-16-le")) // 2) > LONGEST:
        return CannotHold(f"the text has {length:,} characters, and a cell holds {LONGEST:,}", "shorten it")
    if kind in _DATES and (dated := _date(text, spot, decoder)):
        return dated
    if spot.holds != "text":
        if kind in NUMERIC and _PLAIN_NUMBER.fullmatch(text) and len(text) <= 16:
            return NewCell("number", text)
        if padded := _padded(text, spot, decoder):
            return padded
    return NewCell("text", text)


def _date(text: str, spot: Spot, decoder: Decoder) -> NewCell | None:
    """A day number where the cell, or else the column, is formatted as a date; a text cell stays one."""
    if spot.holds == "text" and spot.style not in decoder.styles.dated:
        return None
    style = spot.style if spot.style in decoder.styles.dated else spot.date_style
    serial = serial_of(text, decoder.date1904) if style is not None else None
    if serial is None:
        return None
    number = str(int(serial)) if serial.is_integer() else repr(serial)
    return NewCell("number", number, None if style == spot.style else style)


def _padded(text: str, spot: Spot, decoder: Decoder) -> NewCell | None:
    """Digits whose zeros the cell's format restores stay a number, as they are in the cells around."""
    if decoder.styles.get(spot.style).meaning != "padded":
        return None
    digits = "".join(c for c in text if c.isascii() and c.isdigit())
    if not digits or int(digits) >= min(EXACT, 10**15):
        return None
    cell = NewCell("number", str(int(digits)))
    return cell if decode(cell, False, spot, decoder) == text else None


def encode_key(id: str, spot: Spot, decoder: Decoder) -> NewCell | CannotHold:
    """A new row's key: a number where the keys above are numbers and it reads back the same, else a text."""
    if spot.holds == "number":
        for text in (id, str(int(id)) if id.isascii() and id.isdigit() else id):
            if _PLAIN_NUMBER.fullmatch(text) and len(text) <= 15:
                cell = NewCell("number", text)
                if str(decode(cell, False, spot, decoder)) == id:
                    return cell
    return _text(id, "text", Spot(spot.style, "text"), decoder)
