"""How people type: the same customer never looks twice the same.

Promises: what a habit changes is what real files differ in (case, accents, abbreviations, telephone formats,
fields left empty), and it is the same every time for one customer in one system.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence

from sandbox.company.customers import Customer

SHORTER = (
    ("avenue", "av."), ("boulevard", "bd"), ("place", "pl."), ("route", "rte"), ("chemin", "ch."),
    ("impasse", "imp."), ("allée", "all."), ("Saint-", "St "), ("Copropriété", "Copro"),
    ("zone artisanale", "ZA"), ("Bâtiment", "Bât."),
)  # fmt: skip


def dice_for(system: str, customer: Customer) -> random.Random:
    """The chance of one customer in one system."""
    return random.Random(f"{system}:{customer.number}")


def national(phone: str) -> str:
    """``+33476…`` as ``0476…``."""
    return f"0{phone.removeprefix('+33')}"


def spaced(digits: str, groups: Sequence[int]) -> str:
    """Digits in groups of these lengths."""
    parts, start = [], 0
    for length in groups:
        parts.append(digits[start : start + length])
        start += length
    return " ".join(part for part in [*parts, digits[start:]] if part)


def dotted(phone: str) -> str:
    """``04.65.71.12.34``."""
    return spaced(national(phone), (2,) * 5).replace(" ", ".")


def any_phone(phone: str, dice: random.Random) -> str:
    """One of the ways people write a telephone number."""
    pairs = spaced(national(phone), (2,) * 5)
    ways = (
        pairs,
        pairs,
        dotted(phone),
        national(phone),
        f"+33 {pairs[1:]}",
        f"0033{phone[3:]}",
        pairs.replace(" ", "-"),
    )
    return dice.choice(ways)


def any_siret(siret: str, dice: random.Random) -> str | int:
    """Spaced, whole, or turned into a number by the spreadsheet."""
    chance = dice.random()
    if chance < 0.6:
        return spaced(siret, (3, 3, 3, 5))
    return siret if chance < 0.9 else int(siret)


def shortened(text: str) -> str:
    """With the usual abbreviations."""
    for long, short in SHORTER:
        text = text.replace(long, short)
    return text


def bare(text: str) -> str:
    """Without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def loosely(text: str, dice: random.Random) -> str:
    """As an office types: now and then in capitals, without accents, shortened, or with a space too many."""
    chance = dice.random()
    if chance < 0.12:
        return text.upper()
    if chance < 0.2:
        return bare(text)
    if chance < 0.3:
        return shortened(text)
    if chance < 0.34:
        return re.sub(" ", "  ", text, count=1)
    return text
