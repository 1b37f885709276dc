"""Field types: what a value means, whatever system it comes from.

| type | canonical form | | type | canonical form |
|---|---|---|---|---|
| text, email, postcode | str | | money, number | str, decimal (``"1234.50"``, ``"12.5"``) |
| phone | E.164 str, ``;ext=12`` appended | | integer | int |
| siret, siren, vat, iban | str without blanks | | boolean | bool |
| date | ``"2026-01-31"`` | | choice | its code |
| datetime | ``"2026-01-31T10:20:30Z"`` | | ref | golden id |
| country | ISO 3166-1 alpha-2 | | list | sorted list of str, no value twice |
| duration | ``"P12M"``, ``"P90D"``, ``"open"`` | | periodicity | ``"2/12"``: twice in 12 months |
| | | | lines | list of dicts, column → canonical value |

Promises: pure; an empty native value is ``None``; equal meanings are equal values; what has no certain
reading raises `Unreadable` with a reason in words. Never: guesses, writes, or asks the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.values.base import BadOption, Canonical, FieldType, Unreadable, Unwritable, clean, folded, unaccented
from hub.values.countries import Country
from hub.values.dates import Date, Moment
from hub.values.identifiers import Iban, Siren, Siret, Vat
from hub.values.lines import Lines
from hub.values.numbers import Boolean, Integer, Money, Number
from hub.values.periods import Duration, Periodicity
from hub.values.phone import Phone, numbers_in
from hub.values.structured import Choice, ListOf, Ref
from hub.values.text import Email, Postcode, Text

__all__ = [
    "TYPES",
    "BadOption",
    "Canonical",
    "Choice",
    "FieldType",
    "Lines",
    "ListOf",
    "Phone",
    "Ref",
    "Unreadable",
    "Unwritable",
    "clean",
    "folded",
    "make_type",
    "numbers_in",
    "unaccented",
]

TYPES: Mapping[str, type[FieldType]] = {
    kind.name: kind
    for kind in (
        Text,
        Phone,
        Email,
        Postcode,
        Country,
        Siret,
        Siren,
        Vat,
        Iban,
        Money,
        Number,
        Integer,
        Boolean,
        Date,
        Moment,
        Choice,
        Ref,
        Duration,
        Periodicity,
        ListOf,
        Lines,
    )
}
"""Every type by the name a mapping gives it."""


def make_type(name: str, **options: Any) -> FieldType:
    """The type `name` with its options (`FieldType.options`). Raises `BadOption`; `KeyError` if unknown."""
    kind = TYPES[name]
    for option in options:
        if option not in kind.options:
            takes = ", ".join(kind.options) or "no option"
            raise BadOption(f"type {name} does not take `{option}`; it takes {takes}")
    if kind is ListOf:
        of = options.get("of") or "text"
        return ListOf(of if isinstance(of, FieldType) else make_type(of))
    if kind is Ref and not options.get("entity"):
        raise BadOption("type ref needs `entity`: the kind of record it points to")
    if kind is Choice:
        options.setdefault("values", {})
    return kind(**options)
