"""Numbers that carry their own check digits: SIRET, SIREN, VAT, IBAN.

Promises: only a number whose check digits agree is accepted (La Poste's own rule for its SIRETs included); a
SIRET that a number cell robbed of its zeros has them back. Never: looks a number up anywhere.
Source: python-stdnum for SIREN, SIRET and VAT; schwifty for IBANs, as it knows the keys of French accounts.
The tests hold python-stdnum beside it; the hub does not, for that refuses Belgian banks its list lacks.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.eu import vat as eu_vat
from stdnum.fr import siret
from stdnum.util import get_cc_module

from hub.ports import Native
from hub.values.base import Canonical, FieldType, Unreadable, as_short_text, shown, whole_number

_SEPARATORS = re.compile(r"[\s.\-_/]+")
_LA_POSTE = "356000000"
_SINGLE = {str(digit): digit for digit in range(10)}
_DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}


def _luhn(number: str) -> bool:
    """Luhn's rule, as `stdnum.luhn` has it; this one takes a tenth of its time, on every record."""
    total = sum(map(_SINGLE.__getitem__, number[-1::-2])) + sum(map(_DOUBLED.__getitem__, number[-2::-2]))
    return total % 10 == 0


class _French(FieldType):
    """A French register number of `length` digits that satisfies Luhn's rule."""

    length: int
    called: str

    def parse(self, native: Native) -> Canonical:
        digits = whole_number(native)
        if digits is None:
            text = as_short_text(native)
            return self.read(text) if text else None
        # Few real numbers begin with more than three zeros; a far shorter one was mistyped, not robbed.
        return self.read(digits.zfill(self.length) if len(digits) >= self.length - 3 else digits)

    def read(self, text: str) -> Canonical:
        number = _SEPARATORS.sub("", text)
        if not (number.isascii() and number.isdecimal()):
            raise Unreadable(f"{shown(text)} is not a {self.called}: it must be {self.length} digits")
        if len(number) != self.length:
            raise Unreadable(self._wrong_length(text, number))
        if not self._checks(number):
            raise Unreadable(
                f"{shown(text)} is not a {self.called}: its check digit is wrong, a digit was mistyped"
            )
        return number

    def _wrong_length(self, text: str, number: str) -> str:
        return (
            f"{shown(text)} is not a {self.called}: it has {len(number)} digits, {self.length} are expected"
        )

    def _checks(self, number: str) -> bool:
        return number != "0" * self.length and _luhn(number)

    def show(self, value: Canonical, lang: str = "fr") -> str:
        text = str(value or "")
        return " ".join(part for part in (text[:3], text[3:6], text[6:9], text[9:]) if part)


class Siren(_French):
    """A French company: nine digits."""

    name = "siren"
    length = 9
    called = "SIREN"
    describe = "A French company number: 9 digits with a right check digit."


class Siret(_French):
    """A French establishment: fourteen digits."""

    name = "siret"
    length = 14
    called = "SIRET"
    describe = (
        "A French establishment number: 14 digits with a right check digit. Lost leading zeros are restored."
    )

    def _checks(self, number: str) -> bool:
        if number == "0" * 14:
            return False
        if number.startswith(_LA_POSTE):
            return bool(siret.is_valid(number))
        return _luhn(number) and _luhn(number[:9])

    def _wrong_length(self, text: str, number: str) -> str:
        if len(number) == 9 and _luhn(number):
            return f"{shown(text)} is a SIREN (the company, 9 digits); the SIRET of the establishment has 14"
        return super()._wrong_length(text, number)


def siren_of(siret: Canonical) -> str:
    """The company a canonical SIRET is an establishment of."""
    return str(siret)[: Siren.length]


@lru_cache(maxsize=4096)
def _vat(number: str) -> str | None:
    country = "EL" if number[:2] == "GR" else number[:2]
    if eu_vat.is_valid(number):
        return country + eu_vat.compact(number)[2:]
    # EL and XI are prefixes that are no country's code; outside the Union each country has its own module.
    module = get_cc_module(country.lower(), "vat") if country not in ("EL", "XI") else None
    if module is None or eu_vat.guess_country(number):
        return None
    for candidate in (number, number[2:]):
        if module.is_valid(candidate):
            compact: str = module.compact(candidate)
            return compact if compact.startswith(country) else country + compact
    return None


class Vat(FieldType):
    """An intra-community VAT number with its country prefix."""

    name = "vat"
    describe = "A VAT number with its country prefix, e.g. FR40303265045, its check digits right."

    def read(self, text: str) -> Canonical:
        number = _SEPARATORS.sub("", text).upper()
        if not number[:2].isalpha():
            raise Unreadable(f"{shown(text)} is not a VAT number: it must begin with its country, e.g. FR")
        found = _vat(number)
        if found is None:
            raise Unreadable(
                f"{shown(text)} is not a valid VAT number: its length, check digits or country are wrong"
            )
        return found


@lru_cache(maxsize=4096)
def _iban_fault(number: str) -> str:
    """What is wrong with an IBAN, in words; empty where nothing is.

    The account's own key (a French RIB's) is checked where the country has one rule for all its banks, not in
    Germany, where it depends on a list of banks that is never quite today's.
    """
    # Loaded on first use: most commands, and most companies, read no IBAN.
    from schwifty import IBAN, checksum, exceptions

    country = number[:2]
    if not (number.isascii() and number.isalnum()):
        return "it holds a character that no IBAN has"
    if not country.isalpha():
        return "it must begin with its country, e.g. FR76"
    try:
        IBAN(number, validate_bban=f"{country}:default" in checksum.algorithms)
    except exceptions.InvalidCountryCode:
        return f"{shown(country)} is no country that has IBANs"
    except exceptions.InvalidLength:
        expected = IBAN(number, allow_invalid=True).spec.iban_length
        return f"it has {len(number)} characters, in {country} it must have {expected}"
    except exceptions.InvalidChecksumDigits:
        return "its check digits are wrong, a character was mistyped"
    except exceptions.InvalidBBANChecksum:
        return "its check digits are right, but the account's own key (in France, of the RIB) is not"
    except exceptions.SchwiftyException:
        return f"a letter stands where an IBAN of {country} has a digit, or a digit for a letter"
    return ""


class Iban(FieldType):
    """A bank account number."""

    name = "iban"
    describe = (
        "A bank account (IBAN): its country's length and form, its check digits, and the account's own key "
        "(the RIB key in France) right."
    )

    def read(self, text: str) -> Canonical:
        number = _SEPARATORS.sub("", text).upper().removeprefix("IBAN").lstrip(":")
        fault = _iban_fault(number)
        if fault:
            raise Unreadable(f"{shown(text)} is not a valid IBAN: {fault}")
        return number

    def show(self, value: Canonical, lang: str = "fr") -> str:
        text = str(value or "")
        return " ".join(text[i : i + 4] for i in range(0, len(text), 4))
