"""A value of the base as the hub takes it: JSON, nothing where the base writes "nothing" in its own way.

Dates of 1753 and 1900 are the base's empty ones; blanks after a text are the column's, not anyone's; an
amount keeps every digit (a number where that is exact, else its text). What no text can hold (a NUL, bytes of
another code page, a number that is none) is `Spoilt`, and then no value at all. Pure.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from connectors.sage.sql.relations import code
from connectors.sage.sql.schema import Family
from hub.ports import Native

NEVER = (date(1753, 1, 1), date(1900, 1, 1))
"""Days that mean "no date" in a base of Sage."""


class Spoilt(Exception):
    """A value that cannot be read, and why."""


def native(raw: Any, family: Family, type: str = "text", is_code: bool = False) -> Native:
    """One value. `type` is the canonical type the mapping gives it. Raises `Spoilt`."""
    if raw is None:
        return None
    if family == "date":
        return _date(raw, type)
    if family in ("number", "integer", "boolean") and not isinstance(raw, bool):
        return _number(raw)
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, bytes | bytearray | memoryview):
        raise Spoilt("it holds bytes, not a text")
    if isinstance(raw, datetime | date):
        return _date(raw, type)
    if isinstance(raw, Decimal | int | float):
        return _number(raw)
    text = str(raw).lower() if isinstance(raw, UUID) else str(raw)
    return _text(text, is_code)


def _text(raw: str, is_code: bool) -> Native:
    if "\x00" in raw:
        raise Spoilt(f"it holds a NUL character: {raw[:40]!r}")
    if any("\ud800" <= letter <= "\udfff" for letter in raw):
        shown = raw.encode("utf-8", "surrogateescape")[:40]
        raise Spoilt(f"it holds bytes that are no text: {shown!r}")
    text = raw.rstrip(" ")
    return (code(text) if is_code else text) or None


def _number(raw: Any) -> Native:
    if isinstance(raw, int):
        return raw
    try:
        exact = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(str(raw).strip())
    except InvalidOperation:
        raise Spoilt(f"{str(raw)[:40]!r} stands where a number is expected") from None
    if not exact.is_finite():
        raise Spoilt(f"{raw} is no number")
    if exact == exact.to_integral_value() and abs(exact) < 10**15:
        return int(exact)
    number = float(exact)
    if math.isfinite(number) and Decimal(repr(number)) == exact:
        return number
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(raw: Any, type: str) -> Native:
    moment = moment_of(raw)
    if moment is None:
        return None
    if moment.date() in NEVER:
        return None
    if type == "date" or (moment.time() == time() and type != "datetime"):
        return moment.date().isoformat()
    return moment.isoformat()


def moment_of(raw: Any) -> datetime | None:
    """A date of the base, without a zone, as SQLite's text or the driver's own. Raises `Spoilt`."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, datetime):
        return raw.replace(tzinfo=None)
    if isinstance(raw, date):
        return datetime(raw.year, raw.month, raw.day)
    try:
        return datetime.fromisoformat(str(raw).strip()).replace(tzinfo=None)
    except ValueError:
        raise Spoilt(f"{str(raw)[:40]!r} is no date") from None
