"""Amounts, numbers and yes/no, as French and English hands write them.

Promises: ``1 250,00 €`` is 1250.00 whatever blank separates its thousands; what could be two numbers (``12
50,00``, ``120 à 150``, ``2 x 125``, ``1,250``) is refused; the noise of binary fractions (602.9999999) is
removed. Never: rounds a value that has more decimals than the field.
"""

from __future__ import annotations

import re
from decimal import Decimal

from hub.ports import Native
from hub.values.base import BadOption, Canonical, FieldType, Unreadable, as_short_text, folded, shown

_CURRENCY = re.compile(
    r"^(?:€|EUR(?:OS?)?|\$|£|CHF)\s*|\s*(?:€|EUR(?:OS?)?|\$|£|CHF)(?:\s*(?:HT|TTC))?$", re.IGNORECASE
)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([ .,'’])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_THREE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_NOISE = Decimal("0.000001")
_LARGEST = Decimal(10) ** 15
_STYLES = {"comma", "point"}


def _decimal_of_text(text: str, thousandths: bool) -> Decimal:
    """The number a text holds; `thousandths` says that three decimals are usual in this field."""
    body = text.replace("\N{MINUS SIGN}", "-")
    if body.startswith(("+ ", "- ")):
        body = body[0] + body[2:]
    if _THREE.fullmatch(body) and not thousandths:
        raise Unreadable(
            f"{shown(text)} can be read in two ways (thousands or decimals); write it without doubt"
        )
    if _PLAIN.fullmatch(body):
        return Decimal(body.replace(",", "."))
    grouped = _GROUPED.fullmatch(body)
    if grouped:
        return Decimal(body.replace(grouped[1], "").replace(",", "."))
    raise Unreadable(f"{shown(text)} is not one number")


def _decimal(native: Native, places: int, thousandths: bool = False) -> Decimal | None:
    if isinstance(native, bool):
        raise Unreadable(f"a yes/no value ({native}) stands where a number is expected")
    if isinstance(native, int):
        return _bounded(Decimal(native))
    if isinstance(native, float):
        return _decimal_of_float(native, places)
    text = as_short_text(native)
    return _bounded(_decimal_of_text(_CURRENCY.sub("", text), thousandths)) if text else None


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise Unreadable(f"{number} is not a number this field can hold")
    return number


def _decimal_of_float(native: float, places: int) -> Decimal:
    exact = _bounded(Decimal(repr(native)))
    rounded = exact.quantize(Decimal(1).scaleb(-places))
    return rounded if abs(exact - rounded) < _NOISE else exact


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _as_number(value: str) -> int | float | str:
    """A JSON number where that keeps every digit, else the text itself."""
    if "." not in value:
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == Decimal(value) else value


def _mark(style: str, like: Native) -> str | None:
    """The decimal mark to write text with; ``None`` where a number is to be written."""
    if style:
        return "," if style == "comma" else "."
    if isinstance(like, str):
        return "," if "," in like else "."
    return None


class Number(FieldType):
    """A number with decimals, kept as text without needless zeros."""

    name = "number"
    formats = "comma or point (text with that decimal mark)"
    describe = "A number, kept exactly, at most 10 decimals: 12.5."
    places = 10

    def __init__(self, style: str = "") -> None:
        self.style = style

    def formatted(self, pattern: str) -> FieldType:
        return type(self)(style=pattern) if pattern in _STYLES else super().formatted(pattern)

    def parse(self, native: Native) -> Canonical:
        number = _decimal(native, self.places)
        if number is None:
            return None
        text = _plain(number)
        if len(text.partition(".")[2]) > self.places:
            raise Unreadable(f"{shown(native)} has more than {self.places} decimals")
        return text

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        mark = _mark(self.style, like)
        if mark is None:
            return _as_number(str(value))
        text = str(value)
        # Three decimals could be read as thousands: a fourth removes the doubt.
        return (text + "0" if _THREE.fullmatch(text) else text).replace(".", mark)

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else _grouped(str(value), lang)


class Money(FieldType):
    """An amount with a fixed number of decimals, two unless the mapping says otherwise."""

    name = "money"
    options = ("decimals",)
    formats = "comma or point (text with that decimal mark)"
    describe = (
        "An amount, kept exactly with `decimals` (2) decimals: 1250.00. The currency is not part of it."
    )

    def __init__(self, decimals: int = 2, style: str = "") -> None:
        if not 0 <= decimals <= 6:
            raise BadOption(f"an amount has 0 to 6 decimals, not {decimals}")
        self.decimals, self.style = decimals, style

    def formatted(self, pattern: str) -> FieldType:
        return Money(self.decimals, pattern) if pattern in _STYLES else super().formatted(pattern)

    def parse(self, native: Native) -> Canonical:
        number = _decimal(native, self.decimals, thousandths=self.decimals == 3)
        if number is None:
            return None
        rounded = number.quantize(Decimal(1).scaleb(-self.decimals))
        if rounded != number:
            raise Unreadable(
                f"{shown(native)} has more than {self.decimals} decimals; round it, or raise `decimals`"
            )
        return f"{rounded if rounded else abs(rounded):f}"

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        mark = _mark(self.style, like)
        return _as_number(str(value)) if mark is None else str(value).replace(".", mark)

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else _grouped(str(value), lang)

    def key(self, value: Canonical) -> str | None:
        return None if value is None else _plain(Decimal(str(value)))


class Integer(FieldType):
    """A whole number."""

    name = "integer"
    describe = "A whole number."

    def parse(self, native: Native) -> Canonical:
        number = _decimal(native, 0, thousandths=True)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise Unreadable(f"{shown(native)} is not a whole number")
        return int(number)

    def native(self, value: Canonical, like: Native = None) -> Native:
        return str(value) if isinstance(like, str) and value is not None else value

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else _grouped(str(value), lang)


def _grouped(text: str, lang: str) -> str:
    whole, _, decimals = text.partition(".")
    whole = whole if whole == "-0" else f"{int(whole):,}"
    whole = whole.replace(",", "\N{NARROW NO-BREAK SPACE}") if lang == "fr" else whole
    return whole + (("," if lang == "fr" else ".") + decimals if decimals else "")


_PAIRS = (
    ("oui", "non"),
    ("o", "n"),
    ("vrai", "faux"),
    ("yes", "no"),
    ("y", "n"),
    ("true", "false"),
    ("actif", "inactif"),
    ("1", "0"),
)
_YES = {yes for yes, _ in _PAIRS} | {"x", "on"}
_NO = {no for _, no in _PAIRS} | {"off"}


class Boolean(FieldType):
    """Yes or no."""

    name = "boolean"
    formats = "the two words, yes first, e.g. Oui/Non"
    describe = "Yes or no: oui/non, o/n, vrai/faux, x, 1/0, true/false. An empty cell is empty, not no."

    def __init__(self, words: tuple[str, str] | None = None) -> None:
        self.words = words

    def formatted(self, pattern: str) -> FieldType:
        yes, slash, no = pattern.partition("/")
        if not slash or not yes.strip() or not no.strip() or folded(yes) == folded(no):
            super().formatted(pattern)
        return Boolean((yes.strip(), no.strip()))

    def parse(self, native: Native) -> Canonical:
        if isinstance(native, bool):
            return native
        text = as_short_text(native)
        return self.read(text) if text else None

    def read(self, text: str) -> Canonical:
        word = folded(text) or text
        if self.words:
            if word == (folded(self.words[0]) or self.words[0]):
                return True
            if word == (folded(self.words[1]) or self.words[1]):
                return False
        if word in _YES or word in _NO:
            return word in _YES
        raise Unreadable(f"{shown(text)} is neither yes nor no; write oui or non")

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        if self.words:
            return self.words[0] if value else self.words[1]
        if isinstance(like, str):
            return _word_like(bool(value), like.strip())
        return int(bool(value)) if isinstance(like, int | float) and not isinstance(like, bool) else value

    def show(self, value: Canonical, lang: str = "fr") -> str:
        if value is None:
            return ""
        return ("oui" if value else "non") if lang == "fr" else ("yes" if value else "no")


def _word_like(value: bool, like: str) -> Native:
    for pair in _PAIRS:
        if like.casefold() in pair:
            word = pair[0] if value else pair[1]
            return word.upper() if like.isupper() else word.capitalize() if like.istitle() else word
    return "oui" if value else "non"
