"""Dates and amounts as accounting files write them: read strictly, and refused in words.

Promises: one spelling is one value. ``1 250,00``, ``1.250,00``, ``(125)``, ``1e3`` and ``31/02`` are refused
with what should stand there, never understood by guesswork. Pure.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from connectors.sage.formats.entries import ZERO


class Unreadable(Exception):
    """A value that cannot be read: why, and what to do."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why, todo)
        self.why, self.todo = why, todo


_AMOUNT = {",": re.compile(r"-?[0-9]+(?:,[0-9]+)?"), ".": re.compile(r"-?[0-9]+(?:\.[0-9]+)?")}
_SPACES = " \u00a0\u202f\u2009'’"
_LARGEST = 10**15
_CENT = Decimal("0.01")
_BLANK = str.maketrans("", "", _SPACES)


def amount(text: str, mark: str = ",") -> Decimal:
    """An amount with this decimal mark and nothing else; empty is zero. Raises `Unreadable`."""
    if _AMOUNT[mark].fullmatch(text):
        number = Decimal(text.replace(",", "."))
        if abs(number) < _LARGEST:
            return number
        raise Unreadable(f"{text} is too large for an amount", "see whether the columns are shifted")
    if not text:
        return ZERO
    raise Unreadable(f"{text!r} is not an amount: {_why_not(text, mark)}", _instead(text, mark))


def _why_not(text: str, mark: str) -> str:
    if text.strip() != text:
        return "there are blanks around it"
    if text.startswith("(") and text.endswith(")"):
        return "brackets are no sign"
    if re.fullmatch(r"[-+]?[0-9]+([.,][0-9]+)?[eE][-+]?[0-9]+", text):
        return "powers of ten are not understood"
    if any(blank in text for blank in _SPACES):
        return "thousands are not separated"
    if "," in text and "." in text:
        return "there are two marks in it, and thousands are not separated"
    if re.fullmatch(r"-?[0-9]+[.,][0-9]+", text):
        return f"its decimal mark is not {mark!r}"
    if text.startswith("+"):
        return "a plus sign is not written"
    return "it is no number"


def _instead(text: str, mark: str) -> str:
    """What to write, where there is only one thing that can have been meant."""
    plain = text.strip().translate(_BLANK).lstrip("+")
    other = "." if mark == "," else ","
    if other in plain and mark in plain:
        head, _, tail = plain.rpartition(mark)
        if re.fullmatch(rf"-?[0-9]{{1,3}}(?:{re.escape(other)}[0-9]{{3}})+", head) and tail.isdecimal():
            return f"write {head.replace(other, '')}{mark}{tail}"
    elif plain.count(other) == 1:
        # Three decimals may have been thousands.
        if len(plain.rpartition(other)[2]) != 3 and _AMOUNT[mark].fullmatch(plain.replace(other, mark)):
            return f"write {plain.replace(other, mark)}"
    elif _AMOUNT[mark].fullmatch(plain):
        return f"write {plain}"
    return f"write digits, with {mark!r} before the decimals, and nothing else"


def as_amount(number: Decimal, mark: str = ",") -> str:
    """An amount with at least two decimals, and all that it has."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > -2:
        number = number.quantize(_CENT)
    text = f"{number:f}"
    if text.startswith("-") and not number:
        text = text[1:]
    return text.replace(".", mark)


def day(text: str) -> date:
    """A day written AAAAMMJJ. Raises `Unreadable`."""
    if len(text) == 8 and text.isdecimal() and text.isascii():
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise Unreadable(f"{text} is no day of the calendar", "correct the date") from None
    raise Unreadable(f"{text!r} is no date written AAAAMMJJ", "write 31 January 2026 as 20260131")


def short_day(text: str) -> date:
    """A day written JJMMAA; 70 to 99 are years of the last century. Raises `Unreadable`."""
    if len(text) == 6 and text.isdecimal() and text.isascii():
        year = int(text[4:])
        try:
            return date(year + (1900 if year >= 70 else 2000), int(text[2:4]), int(text[:2]))
        except ValueError:
            raise Unreadable(f"{text} is no day of the calendar", "correct the date") from None
    raise Unreadable(f"{text!r} is no date written JJMMAA", "write 31 January 2026 as 310126")


def as_short_day(found: date) -> str:
    """A day as JJMMAA. Raises `Unreadable` for a year that two digits do not tell."""
    if not 1970 <= found.year <= 2069:
        raise Unreadable(f"{found} cannot be written in two digits of a year", "correct the date")
    return found.strftime("%d%m%y")


def as_day(found: date) -> str:
    """A day as AAAAMMJJ."""
    return f"{found.year:04d}{found.month:02d}{found.day:02d}"


class Amounts(dict[str, Decimal]):
    """Amounts read already, some thousands of them."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark

    def __missing__(self, text: str) -> Decimal:
        if len(self) > 20_000:
            self.clear()
        found = self[text] = amount(text, self.mark)
        return found
