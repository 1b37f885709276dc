"""What type a column's values are of, by trying to read them: how many can be, and how telling that is.

A check digit is proof; five digits may be a post code, an amount or a number of anything. So every type has
a `telling` between 0 and 1 beside the share of values it reads. Blank cells say nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.ports import Native
from hub.values import FieldType, Unreadable, folded, make_type

TRIED = 400
"""Distinct values of a column that are tried, spread over it."""

CHOICES = 12
REGIONS = ("FR", "BE", "CH", "LU", "DE", "ES", "IT", "GB")
_FRENCH_CODE = re.compile(r"(?:0[1-9]|[1-8]\d|9[0-8]|2[AB])\d{3}")
_PLACE = re.compile(r"\d{5}[ ,-]+[^\W\d_]{2,}.*")
_CLOCK = re.compile(r"\d{1,2}[:hH]\d{0,2}(?::\d\d)?")
_MONEY_FORMAT = re.compile(r"[€$£]|EUR|0[.,]00(?!0)")
_YES_NO = {"oui", "non", "o", "n", "vrai", "faux", "yes", "no", "y", "true", "false", "x", "actif", "inactif"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One type and what speaks for it: the share of values that read as it, and how telling that is."""

    type: str
    rate: float
    telling: float
    options: Mapping[str, Any] = field(default_factory=dict)
    wrong: tuple[tuple[int, str, str], ...] = ()
    """Values that do not read: row, as written, why. At most three."""

    @property
    def strength(self) -> float:
        return self.rate * self.telling if self.rate >= 0.75 else 0.0


@dataclass(frozen=True)
class Values:
    """A column's values: the filled ones as (row, value), of `of` rows."""

    filled: Sequence[tuple[int, Native]]
    of: int
    formats: Mapping[str, int] = field(default_factory=dict)

    @property
    def distinct(self) -> int:
        return len({_key(value) for _, value in self.filled})

    @property
    def counts(self) -> Counter[str]:
        """Texts by how often they stand there, spelled as most often."""
        return Counter(str(value).strip() for _, value in self.filled)


def evidence(values: Values, per: int | None = None) -> dict[str, Evidence]:
    """Every type that reads most of the values. `per`: months that a bare number of visits counts in."""
    tried = _spread(values)
    if not tried:
        return {}
    found = [
        _number_of("siret", tried, 0.99),
        _number_of("siren", tried, 0.9),
        _number_of("vat", tried, 0.98),
        _number_of("iban", tried, 0.99),
        _number_of("email", tried, 0.99),
        _phone(tried),
        _dates("date", tried),
        _dates("datetime", tried),
        _try("country", tried, 0.85 if all(len(str(v)) > 3 for _, v in tried) else 0.55, _is_word),
        _postcode(tried),
        _periodicity(tried, per),
        _try("duration", tried, 0.9, _is_text),
        _boolean(tried),
        _money(tried, values.formats),
        _try("integer", tried, 0.6, _is_number),
        _try("number", tried, 0.55, _is_number),
        _choice(values),
        _place(tried),
        _time(tried),
        Evidence("text", 1.0, 0.3, _lines(tried)),
    ]
    return {one.type: one for one in found if one is not None and one.rate >= 0.3}


def strongest(found: Mapping[str, Evidence]) -> Evidence | None:
    """The type most plainly told by the values, text and choices apart."""
    ranked = [one for one in found.values() if one.type not in ("text", "choice") and one.strength > 0]
    return max(ranked, key=lambda one: one.strength, default=None)


def _spread(values: Values) -> list[tuple[int, Native]]:
    """Up to `TRIED` distinct values, from the whole length of the column."""
    distinct: dict[Any, tuple[int, Native]] = {}
    for row, value in values.filled:
        distinct.setdefault(_key(value), (row, value))
    found = list(distinct.values())
    step = max(1, len(found) // TRIED)
    return found[::step][:TRIED]


def _key(value: Native) -> Any:
    return tuple(map(str, value)) if isinstance(value, list) else (type(value).__name__, value)


def _try(
    name: str, tried: Sequence[tuple[int, Native]], telling: float, when: Any = None, **options: Any
) -> Evidence | None:
    return _read(name, make_type(name, **options), tried, telling, when, options)


def _read(
    name: str, kind: FieldType, tried: Sequence[tuple[int, Native]], telling: float, when: Any,
    options: Mapping[str, Any],
) -> Evidence | None:  # fmt: skip
    """How many of the values a type reads; `when` says which of them may be of it at all."""
    good, wrong = 0, []
    for row, value in tried:
        if when is not None and not when(value):
            wrong.append((row, str(value), f"no {name}"))
            continue
        try:
            good += kind.parse(value) is not None
        except Unreadable as reason:
            wrong.append((row, str(value), str(reason)))
    if not good:
        return None
    return Evidence(name, good / len(tried), telling, dict(options), tuple(wrong[:3]))


def _number_of(name: str, tried: Sequence[tuple[int, Native]], telling: float) -> Evidence | None:
    """Types with check digits, or a form that nothing else has. One value in ten is right by chance."""
    found = _try(name, tried, telling)
    if found is not None and name == "siren" and len(tried) < 4:
        return Evidence(name, found.rate, 0.6, {}, found.wrong)
    return found


def _phone(tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    """Telephone numbers of the region that reads most of them, France where it reads as many."""
    best: Evidence | None = None
    numeric = sum(not isinstance(value, str) for _, value in tried) / len(tried)
    for region in REGIONS:
        found = _try("phone", tried, 0.93 - 0.3 * numeric, _may_be_dialled, region=region)
        if found is not None and (best is None or found.rate > best.rate + 0.05):
            best = found
        if best is not None and best.rate > 0.8:
            break
    return best


def _dates(name: str, tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    return _try(name, tried, 0.96, _is_text)


def _postcode(tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    def french(value: Native) -> bool:
        if isinstance(value, int) and not isinstance(value, bool):
            return 1000 <= value <= 98999
        return isinstance(value, str) and _FRENCH_CODE.fullmatch(value.replace(" ", "")) is not None

    texts = sum(isinstance(value, str) for _, value in tried) / len(tried)
    return _try("postcode", tried, 0.45 + 0.35 * texts, french)


def _periodicity(tried: Sequence[tuple[int, Native]], per: int | None) -> Evidence | None:
    if per is None:
        return _try("periodicity", tried, 0.95, _is_text)

    def countable(value: Native) -> bool:
        return not isinstance(value, float) or value.is_integer()

    worded = all(isinstance(value, str) and not value.strip().isdecimal() for _, value in tried)
    return _try("periodicity", tried, 0.9, countable, **({} if worded else {"per": per}))


def _boolean(tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    words = {folded(str(value)) for _, value in tried}
    if all(isinstance(value, bool) for _, value in tried) or (len(words) <= 2 and words <= _YES_NO):
        return Evidence("boolean", 1.0, 0.9)
    return None


def _money(tried: Sequence[tuple[int, Native]], formats: Mapping[str, int]) -> Evidence | None:
    total = sum(formats.values())
    formatted = sum(n for code, n in formats.items() if _MONEY_FORMAT.search(code)) / total if total else 0.0
    written = sum(isinstance(v, str) and re.search(r"[€$£]|EUR|[.,]\d\d$", v) is not None for _, v in tried)
    cents = sum(isinstance(value, float) for _, value in tried) / len(tried)
    telling = max(0.5, 0.9 * formatted, 0.9 * written / len(tried), 0.7 * min(1.0, 2 * cents))
    return _try("money", tried, telling, _is_number)


def _choice(values: Values) -> Evidence | None:
    """Few distinct words, each of them often."""
    words = {folded(str(value)) or str(value) for _, value in values.filled}
    short = all(isinstance(value, str) and len(value) <= 40 for _, value in values.filled)
    if not short or not 2 <= len(words) <= CHOICES or len(values.filled) < 3 * len(words):
        return None
    if any(word.replace(" ", "").isdecimal() for word in words):
        return None
    return Evidence("choice", 1.0, min(0.9, 0.55 + 0.02 * len(values.filled) / len(words)))


def _place(tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    good = sum(isinstance(value, str) and _PLACE.fullmatch(value.strip()) is not None for _, value in tried)
    return Evidence("postcode and town", good / len(tried), 0.95) if good else None


def _time(tried: Sequence[tuple[int, Native]]) -> Evidence | None:
    good = sum(isinstance(value, str) and _CLOCK.fullmatch(value.strip()) is not None for _, value in tried)
    return Evidence("time of day", good / len(tried), 0.95) if good else None


def _lines(tried: Sequence[tuple[int, Native]]) -> dict[str, Any]:
    return {"multiline": True} if any(isinstance(v, str) and "\n" in v for _, v in tried) else {}


def _is_text(value: Native) -> bool:
    return isinstance(value, str)


def _is_word(value: Native) -> bool:
    return isinstance(value, str) and any(c.isalpha() for c in value)


def _is_number(value: Native) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and not (value.strip().startswith("0") and value.strip().isdecimal())
    )


def _may_be_dialled(value: Native) -> bool:
    """Not a count, a year or a code: a short one begins as numbers do that are dialled."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    digits = sum(c.isdigit() for c in str(value))
    return digits >= 9 or (
        digits >= 6 and isinstance(value, str) and value.strip().startswith(("0", "+", "("))
    )
