"""Telephone numbers, as the network knows them: E.164, with an extension where there is one.

Promises: letters are never dialled; two numbers in one cell are refused, not joined; a number cell that lost
its leading zero has it back; overseas France (0590, 0596, 0262 …) gets its own country code, as the network
routes it. Plain French numbers, nearly all of what a French company holds, take a short way of about a
microsecond; everything else is read by `phonenumbers`. Never: says whether a number is in service.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from hub.ports import Native
from hub.values.base import BadOption, Canonical, FieldType, Unreadable, as_short_text, shown, whole_number

_PLAIN_FRENCH = re.compile(
    r"(?:\+33 ?(?:\(0\) ?)?|0033 ?|0)([1-9])[ .\-/]?(\d\d)[ .\-/]?(\d\d)[ .\-/]?(\d\d)[ .\-/]?(\d\d)"
)
_STYLED_FRENCH = re.compile(r"0[1-9]([ .\-/]?)\d\d\1\d\d\1\d\d\1\d\d")
_FRENCH = re.compile(r"\+33([1-9])(\d\d)(\d\d)(\d\d)(\d\d)")
_EXTENSION = re.compile(r"[\s,;(]*\b(?:poste|ext|extension|int)\b[\s.:=]*(\d{1,6})\s*\)?$", re.IGNORECASE)
_CALLABLE = re.compile(r"\+[1-9]\d{4,14}(?:;ext=\d{1,7})?")
_OVERSEAS = {
    "590": ("590", "690", "691"),  # Guadeloupe, Saint-Martin, Saint-Barthélemy
    "594": ("594", "694"),  # Guyane
    "596": ("596", "696", "697"),  # Martinique
    "262": ("262", "263", "269", "639", "692", "693"),  # La Réunion, Mayotte
}
_OVERSEAS_CODE = {prefix: code for code, prefixes in _OVERSEAS.items() for prefix in prefixes}
_FORMATS = {"national", "international", "e164"}


class Phone(FieldType):
    """One telephone number; `region` is the country whose numbers are written without a country code."""

    name = "phone"
    options = ("region",)
    formats = "national, international or e164"
    describe = (
        "One telephone number, kept as +33145678901. `region` (FR) reads numbers without a country code."
    )

    def __init__(self, region: str = "FR", style: str = "") -> None:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise BadOption(
                f"{region!r} is not a country code that telephone numbers are known for, such as FR"
            )
        self.region, self.style = region, style

    def formatted(self, pattern: str) -> Phone:
        return Phone(self.region, pattern) if pattern in _FORMATS else super().formatted(pattern)  # type: ignore[return-value]

    def parse(self, native: Native) -> Canonical:
        if isinstance(native, str):
            if self.region == "FR":
                plain = _PLAIN_FRENCH.fullmatch(native)
                if plain:
                    return _french("".join(plain.groups()))
        elif not isinstance(native, list):
            digits = whole_number(native)
            if digits is not None:
                return self._from_number(digits)
        text = as_short_text(native)
        return _read(text, self.region) if text else None

    def read(self, text: str) -> Canonical:
        return _read(text, self.region)

    def _from_number(self, digits: str) -> str:
        """The number of a cell that holds a number, its first zero or its plus sign restored."""
        if digits.startswith("-"):
            raise Unreadable(f"'{digits}' is not a telephone number: it is below zero")
        if self.region == "FR" and len(digits) == 9:
            return _french(digits)
        code = str(phonenumbers.country_code_for_region(self.region))
        whole = digits.startswith(code) and len(digits) > 10
        return _read("+" + digits if whole else digits, self.region)

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        number = str(value)
        style = self.style or self._style_of(like)
        if style == "e164":
            return number.replace(";ext=", " poste ")
        written = _write(number, self.region, style)
        styled = _STYLED_FRENCH.fullmatch(like) if isinstance(like, str) and not self.style else None
        if styled and _STYLED_FRENCH.fullmatch(written):
            written = written.replace(" ", styled[1])
        return written

    def _style_of(self, like: Native) -> str:
        if isinstance(like, str) and like.startswith("+"):
            return "international" if " " in like else "e164"
        return "national"

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else _write(str(value), self.region, "national")


def numbers_in(text: str, region: str = "FR") -> tuple[str, ...]:
    """Every telephone number in a text, in E.164 without extensions: both of a cell that holds two."""
    found = PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE)
    numbers = []
    for match in found:
        try:
            numbers.append(_canonical(match.number, None).partition(";ext=")[0])
        except Unreadable:
            continue
    return tuple(dict.fromkeys(numbers))


def _french(significant: str) -> str:
    """E.164 of a French number given without its first zero."""
    return f"+{_OVERSEAS_CODE.get(significant[:3], '33')}{significant}"


@lru_cache(maxsize=4096)
def _read(text: str, region: str) -> str:
    if _CALLABLE.fullmatch(text):
        return text if _dialable(text) else _refuse(text)
    extension = _EXTENSION.search(text)
    body = text[: extension.start()] if extension else text
    found = list(PhoneNumberMatcher(body, region, leniency=phonenumbers.Leniency.POSSIBLE))
    if len(found) > 1:
        raise Unreadable(f"{shown(text)} holds {len(found)} telephone numbers; keep one in this field")
    if not found:
        _refuse(text)
    outside = body[: found[0].start] + body[found[0].end :]
    if any(c.isdigit() for c in outside):
        raise Unreadable(
            f"{shown(text)} holds more digits than one telephone number; keep one number in this field"
        )
    return _canonical(found[0].number, extension[1] if extension else None)


def _canonical(number: PhoneNumber, extension: str | None) -> str:
    significant = phonenumbers.national_significant_number(number)
    if significant.startswith("0") and number.country_code == 33:
        raise Unreadable(f"'{significant}' is not a French telephone number: no number begins with two zeros")
    if number.country_code == 33 and len(significant) == 9:
        e164 = _french(significant)
    else:
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    extension = extension or number.extension
    return f"{e164};ext={extension}" if extension else e164


def _dialable(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def _refuse(text: str) -> str:
    digits = sum(c.isdigit() for c in text)
    if not digits:
        raise Unreadable(f"{shown(text)} holds no telephone number")
    if digits < 7:
        raise Unreadable(f"{shown(text)} is too short for a telephone number ({digits} digits)")
    raise Unreadable(f"{shown(text)} is not a telephone number that can be dialled ({digits} digits)")


def _write(value: str, region: str, style: str) -> str:
    """The number as people write it: ``national`` if that reads back as it was, else international."""
    french = _FRENCH.fullmatch(value)
    if french and style == "national" and region == "FR":
        return "0" + " ".join(french.groups())
    if french:
        return "+33 " + " ".join(french.groups())
    return _write_any(value, region, style)


@lru_cache(maxsize=4096)
def _write_any(value: str, region: str, style: str) -> str:
    number, _, extension = value.partition(";ext=")
    parsed = phonenumbers.parse(number)
    suffix = f" poste {extension}" if extension else ""
    if style == "national":
        national = _national(parsed, region)
        # Only a national form that reads back as the same number may stand for it.
        if national and _read_back(national, region) == number:
            return national + suffix
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL) + suffix


def _national(number: PhoneNumber, region: str) -> str | None:
    significant = phonenumbers.national_significant_number(number)
    if (
        region == "FR"
        and len(significant) == 9
        and _french(significant) == f"+{number.country_code}{significant}"
    ):
        return f"0{significant[0]} " + " ".join(significant[i : i + 2] for i in range(1, 9, 2))
    if number.country_code == phonenumbers.country_code_for_region(region):
        return str(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return None


def _read_back(national: str, region: str) -> str | None:
    try:
        return _read(national, region)
    except Unreadable:
        return None
