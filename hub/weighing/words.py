"""How likely, and why, in words that need no statistics.

A weight is told in bits as the model adds them up: each bit for makes it twice as likely that two records
are one, each bit against half as likely. Pure. Never: rounds up what is not certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log2
from typing import Any

LABELS: Mapping[str, str] = {
    "given": "first name", "given2": "second first name", "family": "last name", "birth": "date of birth",
    "street": "street", "street2": "second address line", "number": "street number", "place": "town",
    "phone": "telephone", "email": "e-mail", "company": "SIRET", "vat": "VAT number", "iban": "IBAN",
    "reference": "reference", "name": "name",
}  # fmt: skip
"""What a comparison is about; see `hub.duplicates.comparisons`."""

NAMED_BY_LEVEL = ("place", "company")
"""Comparisons of several things, whose levels say which."""
PER_SIGN = 2.0
"""Bits that one sign of a bar stands for."""
LONGEST = 9
SPEAKS = 0.5
"""Bits from which a reason is worth a word."""


def percent(probability: float) -> str:
    """``99.97 %``; what is nearly certain is never called certain."""
    if probability >= 0.9999:
        return "> 99.99 %"
    if probability >= 0.99:
        return f"{floor(probability * 10_000) / 100:.2f} %"
    if probability < 0.01:
        return "< 1 %"
    return f"{floor(probability * 100)} %"


def reason(one: Mapping[str, Any]) -> str:
    """``same telephone``, ``street: one letter off``, ``e-mail differs``."""
    label, level = LABELS.get(one["comparison"], one["comparison"]), one["level"]
    if level == "same":
        return f"same {label}"
    if level in ("differs", "as written"):
        return f"{label} {level}"
    # "same company" of an e-mail address is its domain's, and nothing like a SIRET.
    return level if level.startswith("same ") and one["comparison"] in NAMED_BY_LEVEL else f"{label}: {level}"


def speaking(because: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What speaks for one thing and what speaks for two, what weighs most first."""
    told = because.get("reasons", ())
    return (
        [reason(one) for one in told if one["bits"] >= SPEAKS],
        [reason(one) for one in told if one["bits"] <= -SPEAKS],
    )


def line(because: Mapping[str, Any], most: int = 3) -> str:
    """Why, in one line: the key they have in common, what agrees, what does not."""
    keys = because.get("keys", ())
    agreed, against = speaking(because)
    parts = [f"one key ({', '.join(keys)})"] if keys else []
    parts += agreed[:most]
    text = ", ".join(parts) or "little agrees"
    if against:
        text += f"; but {', '.join(against[:most])}"
    return text


def bar(bits: float) -> str:
    """``++++`` or ``--``: a sign for every two bits."""
    signs = min(round(abs(bits) / PER_SIGN), LONGEST)
    return ("+" if bits > 0 else "-") * max(signs, 1 if abs(bits) >= SPEAKS else 0)


def found_in(one: Mapping[str, Any]) -> str:
    """How rare the value is that both have."""
    count = one.get("found_in")
    return "" if count is None else f"{count:,} records" if count != 1 else "1 record"


def odds(probability: float) -> float:
    """A probability as bits: log2 of the odds."""
    kept = min(max(probability, 1e-15), 1.0 - 1e-15)
    return log2(kept / (1.0 - kept))


def strangers(prior: float) -> str:
    """How rarely two records taken at random are one."""
    return f"1 in {round(1.0 / prior):,}" if prior > 0 else "never"


def total(because: Mapping[str, Any]) -> float:
    """The bits of all reasons together."""
    told: Sequence[Mapping[str, Any]] = because.get("reasons", ())
    return float(sum(one["bits"] for one in told))
