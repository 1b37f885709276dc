"""VAT numbers as the real servers treat them, by the same library of national rules."""

from __future__ import annotations

from typing import Any

from stdnum.util import get_cc_module

PREFIXED = {
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "EL",
    "ES",
    "FI",
    "FR",
    "GB",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
    "XI",
}
EXAMPLE = {"FR": "FR23334175221"}


def written_14(number: str, country: str | None) -> str:
    """What 14 stores: a number with its own country's prefix loses its spaces."""
    prefix = number[:2]
    if (country and country.upper() != prefix.upper()) or not prefix.isalpha():
        return number
    return prefix.upper() + compact(prefix, number[2:].replace(" ", ""))


def plausible_14(number: str, country: str | None) -> bool:
    """Whether 14 takes it: right for its prefix or for the country; with no country, anything."""
    if _valid(number[:2], number[2:].replace(" ", "")):
        return True
    return country is None or _valid(country, number)


def parts_19(number: str, country: str) -> tuple[str, str]:
    """The European prefix, where the number has one that counts, and the rest."""
    prefix = number[:2].upper()
    return (prefix, number[2:]) if prefix in PREFIXED and country in PREFIXED else ("", number)


def plausible_19(country: str, local: str) -> bool:
    """Whether 19 takes it for this country; a country without rules takes anything."""
    return _rules(country) is None or _valid(country, local)


def compact(country: str, local: str) -> str:
    """Without spaces and signs, by the country's own rules."""
    rules = _rules(country)
    return str(rules.compact(local)) if rules is not None else local


def complaint(number: str, name: Any, country: str | None, *, old: bool) -> str:
    """The refusal."""
    example = EXAMPLE.get(country or "", "'CC##' (CC=Country Code, ##=VAT Number)")
    return (
        f"\nThe VAT number [{number}] for partner [{name}] does not seem to be valid. {'' if old else ' '}\n"
        f"Note: the expected format is {example}"
    )


def _valid(country: str, local: str) -> bool:
    rules = _rules(country)
    return rules is not None and bool(rules.is_valid(local))


def _rules(country: str) -> Any:
    return get_cc_module(country.lower(), "vat") if country.isalpha() else None
