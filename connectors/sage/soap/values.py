"""Between X3's texts and native values, by what the mapping takes a field for and what X3 says it is. Pure.

X3 writes a date ``20260131``, a number with a point, a choice of a local menu as its number, and yes and no
as choices 2 and 1 of one. Native values are dates as ISO 8601, numbers, true and false; all else is text as
it stands there.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from connectors.sage.soap.grammar import not_in_xml
from hub.ports import Native

NUMBERS = ("number", "money", "integer")
_NO_DATE = re.compile(r"0+|18000101|17530101|15991231")
_YES, _NO = "2", "1"


class Misread(ValueError):
    """A text of X3 that is not what the field should hold."""


class Misfit(ValueError):
    """A native value that the field of X3 cannot hold."""


def to_native(text: str, type: str, kind: str) -> Native:
    """The native value of X3's `text`; `type` is the mapping's, `kind` X3's."""
    if not text.strip():
        return None
    if type in NUMBERS:
        return _as_number(text)
    if type == "boolean":
        return _as_boolean(text.strip())
    if type == "date" or (kind == "Date" and re.fullmatch(r"\s*\d{8}\s*", text)):
        return _as_day(text.strip())
    return text


def _as_number(text: str) -> Native:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise Misread(f"{text!r} is no number") from error
    if not number.is_finite():
        raise Misread(f"{text!r} is no number")
    if number == number.to_integral_value():
        return int(number)
    near = float(number)
    return near if Decimal(repr(near)) == number else format(number.normalize(), "f")


def _as_boolean(text: str) -> Native:
    if text in (_YES, _NO):
        return text == _YES
    if text == "0":
        return None
    raise Misread(f"{text!r} is neither 2 (yes) nor 1 (no)")


def _as_day(text: str) -> Native:
    digits = text.replace("-", "")[:8] if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text) else text
    if _NO_DATE.fullmatch(digits):
        return None
    try:
        if not re.fullmatch(r"\d{8}", digits):
            raise ValueError
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError as error:
        raise Misread(f"{text!r} is no date") from error


def to_text(value: Native, type: str, kind: str, length: int) -> str:
    """What X3 is given for a native value. `length` is X3's, 0 where it says none. Raises `Misfit`."""
    text = _text_of(value, type, kind)
    bad = not_in_xml(text)
    if bad:
        raise Misfit(f"{text!r} holds {bad!r}, which no web service can carry")
    if kind == "Char" and 0 < length < len(text):
        raise Misfit(f"has {len(text)} characters, and X3 keeps {length}: {text!r}")
    return text


def _text_of(value: Native, type: str, kind: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, list):
        raise Misfit("a list cannot stand in one field of X3; let the mapping join it")
    if isinstance(value, float) or type in NUMBERS or kind in ("Decimal", "Integer"):
        return _number_text(value)
    if kind == "Date" or type == "date":
        return _day_text(str(value))
    return str(value)


def _number_text(value: Native) -> str:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise Misfit(f"{value!r} is no number") from error
    if not number.is_finite():
        raise Misfit(f"{value!r} is no number")
    return format(number if number else abs(number), "f")


def _day_text(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).strftime("%Y%m%d")
    except ValueError as error:
        raise Misfit(f"{text!r} is no date") from error


def same(one: Native, other: Native) -> bool:
    """Whether two native values say the same: ``1`` and ``1.0`` do, nothing and an empty text do."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same_line(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return (one or None if isinstance(one, str | list) else one) == (
        other or None if isinstance(other, str | list) else other
    )


def _same_line(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(name), other.get(name)) for name in {*one, *other})
    return one == other
