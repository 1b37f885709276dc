"""From probabilities to verdicts: what is linked by itself, what a person is asked, what is apart.

The automatic bound is where the pairs above it are expected, all together, to be as precise as wished, by a
margin; the lower bound is where so many of the true pairs as wished are found. Both are probabilities.

Promises: pure; no pair is linked by itself that speaks against itself (two registrations), that is less sure
than `FLOOR` allows, or that agrees on one thing alone where the base holds more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.duplicates.clusters import contradict
from hub.duplicates.comparisons import BY_NAME, LIKENESSES
from hub.duplicates.rules import PLACE, Row
from hub.duplicates.scoring import UNKNOWN, Scorer
from hub.duplicates.text import company

PRECISION = 0.9995
"""Wished of the pairs linked by themselves."""

FOUND = 0.99
"""Wished share of the true pairs, linked or in review."""

DECISION = 0.5
"""The probability from which a pair is rather one than two."""

MARGIN = 0.25
"""Of the errors that the wished precision allows, the model may expect so many."""

FLOOR = 20.0
"""A single pair may be so many times less sure than all together."""

LOWEST = 0.02
"""Below this probability nobody is asked."""

HALF = {
    "name": {
        "one letter off", "nearly all words", "all words of the shorter", "initials of the other", "alike",
        "half of the words", "differs",
    },
    "given": {"differs"},
    "family": {"differs"},
}  # fmt: skip
"""Levels of the names' comparisons on which part of the name is another's."""

_IN_PART = {
    one: {place for place, level in enumerate(BY_NAME[one].levels) if level.label in labels}
    for one, labels in HALF.items()
}

_NEARLY = {
    place
    for place, level in enumerate(BY_NAME["name"].levels)
    if level.label in ("one letter off", "nearly all words")
}

REGISTERED = ("company", "vat", "iban", "reference")
"""What people of one home do not have in common."""

OWN = ("birth", "email")
"""What they hardly have in common both: twins have one birthday, a couple has one e-mail address."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """From `automatic` on linked, from `lower` on in review, below apart."""

    automatic: float
    lower: float
    precision: float = PRECISION


def bounds(
    probabilities: Iterable[tuple[float, int]], precision: float = PRECISION, found: float = FOUND
) -> Bounds:
    """The bounds for pairs given as (probability, how many such pairs).

    A pair that is as precise as wished by itself is above the automatic bound whatever the others are: in a
    base where all that is sure was linked before, what comes next is held to no more than that.
    """
    ordered = sorted(probabilities, reverse=True)
    allowed = (1.0 - precision) * MARGIN
    automatic, wrong, count = 1.0 - allowed, 0.0, 0
    for probability, several in ordered:
        wrong += (1.0 - probability) * several
        count += several
        if wrong > allowed * count or 1.0 - probability > (1.0 - precision) * FLOOR:
            break
        automatic = min(automatic, probability)
    total = sum(probability * several for probability, several in ordered)
    lower, seen = automatic, 0.0
    for probability, several in ordered:
        if seen >= found * total and probability < DECISION:
            break
        if probability < LOWEST:
            break
        seen += probability * several
        lower = min(lower, probability)
    return Bounds(automatic, lower, precision)


def may_link_itself(a: Row, b: Row, scorer: Scorer) -> bool:
    """Whether a pair that is sure enough may be linked without a person."""
    return not against(a, b, scorer)


def against(a: Row, b: Row, scorer: Scorer) -> str:
    """Why a pair that is sure enough is not linked without a person, in words; empty where nothing is.

    Where a base holds nothing but one comparison (names alone), only what was written alike is linked.
    """
    if contradict(a, b):
        return "their registrations differ"
    scored = scorer(a, b)
    names = scorer.weights.used
    levels = dict(zip(names, scored.levels, strict=True))
    if names == ("name",):
        return "" if scored.levels[0] == 0 else "names are all there is, and they are not written alike"
    if _half_named(levels, is_firm(a) or is_firm(b)):
        return "their names agree in part only"
    speaking = [name for name, bits in zip(names, scored.bits, strict=True) if bits > 0]
    strangers = _untold(names, speaking)
    if strangers:
        return f"a {strangers} would look the same: the base holds nothing that tells them apart"
    if len(speaking) > 1 and any(_exact(levels, name) for name in names):
        return ""
    return "too little of them agrees"


def _untold(used: Sequence[str], speaking: Sequence[str]) -> str:
    """Strangers that whatever speaks for a pair speaks for, too, and that nothing in the base would tell."""
    for one in LIKENESSES:
        if one.told_by.isdisjoint(used) and one.shared.issuperset(speaking):
            return one.name
    return ""


def is_firm(row: Row) -> bool:
    """Whether a record is a company's for certain: it is registered, or bears a legal form in its name."""
    written = row[PLACE["written"]]
    return row[PLACE["siren"]] is not None or (written is not None and bool(company(written)[1]))


def _half_named(levels: Mapping[str, int], firm: bool) -> bool:
    """Whether the names agree in part only, and what else agrees may be of one home.

    "Jean Martin" and "Christophe Martin" of one address share a name, a street, a telephone: a home. So do
    two whose names an import swapped, and Stéphane and Stéphanie, whose names are a letter apart; twins have
    their birthday in common, too. But one first name with one birthday is one person, married since.
    A company lives in no home: with a name a letter off, an e-mail address or a telephone says enough.
    """
    if not any(levels.get(one, UNKNOWN) in places for one, places in _IN_PART.items()):
        return False
    if any(_exact(levels, one) for one in REGISTERED):
        return False
    if firm:
        nearly = levels.get("name", UNKNOWN) in _NEARLY
        return not any(_exact(levels, one) for one in (("email", "phone") if nearly else ("email",)))
    married = levels.get("name", UNKNOWN) == UNKNOWN and levels.get("given", UNKNOWN) not in _IN_PART["given"]
    return not (any if married else all)(_exact(levels, one) for one in OWN)


def _exact(levels: Mapping[str, int], name: str) -> bool:
    level = levels.get(name, UNKNOWN)
    return level != UNKNOWN and BY_NAME[name].levels[level].exact
