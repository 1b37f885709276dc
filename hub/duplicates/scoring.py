"""One pair weighed: the bits for and against, the probability, and field by field why.

The score is the sum of the bits of every comparison and of the prior, as Splink has it. The probability goes
one step further: of pairs that agree because they live in one home or belong to one company (`LIKENESSES`)
it is asked how well *that* would explain what agrees.

Promises: pure, symmetric; for the same rows the same numbers as the whole base.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from hub.duplicates.comparisons import LIKENESSES, Comparison, never_places, shared_places
from hub.duplicates.rules import PLACE, Row
from hub.duplicates.weights import Rarity, Weights

UNKNOWN = -1
"""The level of a comparison of which one record has no value."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one comparison speaks for or against a pair. `found_in`: records with the more frequent value."""

    comparison: str
    level: str
    left: str
    right: str
    bits: float
    found_in: int | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair: `score` in bits (prior and all agreements), `probability` that both are the same thing."""

    score: float
    probability: float
    levels: tuple[int, ...]
    bits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    unknown: Callable[[Row, Row], bool]
    tests: tuple[Callable[[Row, Row], bool], ...]
    bits: tuple[float, ...]
    rare: tuple[tuple[int, Rarity, float, float] | None, ...]
    comparison: Comparison


class Scorer:
    """Weighs pairs by one model."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.parts = [self._part(one) for one in weights.comparisons]
        self.prior = weights.prior_bits
        self.likenesses = [
            (shared_places(one, weights.used), never_places(one, weights.used), log2(odds))
            for one, odds in zip(LIKENESSES, weights.odds, strict=True)
        ]

    def __call__(self, a: Row, b: Row) -> Scored:
        levels, bits = [], []
        for part in self.parts:
            level, worth = self._weigh(part, a, b)
            levels.append(level)
            bits.append(worth)
        score = self.prior + sum(bits)
        return Scored(score, self.probability(score, levels, bits), tuple(levels), tuple(bits))

    def probability(self, score: float, levels: Sequence[int], bits: Sequence[float]) -> float:
        """Of the score, less what a likeness of strangers explains."""
        alike = 1.0
        for places, never, odds in self.likenesses:
            if places and not any(levels[place] == level for place, level in never):
                alike += 2.0 ** min(self.prior + odds + shared_bits(places, levels, bits), 900.0)
        final = score - log2(alike)
        return float(1.0 / (1.0 + 2.0 ** min(-final, 900.0)))

    def explain(self, a: Row, b: Row) -> list[Reason]:
        """Field by field, what weighs most first; fields that neither record has are left out."""
        found = []
        for part in self.parts:
            columns = [PLACE[column] for column in part.comparison.columns]
            left, right = (" ".join(_shown(row[place]) for place in columns).strip() for row in (a, b))
            level, worth = self._weigh(part, a, b)
            if not left and not right:
                continue
            label = part.comparison.levels[level].label if level != UNKNOWN else "one has none"
            found.append(
                Reason(part.comparison.name, label, left, right, worth, _found_in(part, level, a, b))
            )
        return sorted(found, key=lambda reason: -abs(reason.bits))

    def _weigh(self, part: _Part, a: Row, b: Row) -> tuple[int, float]:
        if part.unknown(a, b):
            return UNKNOWN, 0.0
        level = len(part.tests)
        for place, test in enumerate(part.tests):
            if test(a, b):
                level = place
                break
        worth = part.bits[level]
        rare = part.rare[level]
        if rare is not None:
            column, rarity, share, base = rare
            values = [value for value in (a[column], b[column]) if value is not None]
            if values:
                worth += share * (base - log2(max(rarity.of(value) for value in values)))
        return level, worth

    def _part(self, comparison: Comparison) -> _Part:
        levels = self.weights.levels[comparison.name]
        rare = tuple(
            (PLACE[level.rare], self.weights.rarity[level.rare], level.share, log2(u))
            if level.rare in self.weights.rarity
            else None
            for level, u in zip(comparison.levels, levels.u, strict=True)
        )
        bits = tuple(
            0.0 if level.neutral else levels.bits(place) for place, level in enumerate(comparison.levels)
        )
        tests = tuple(level.rule.test for level in comparison.levels if level.rule is not None)
        return _Part(comparison.unknown.test, tests, bits, rare, comparison)


def shared_bits(
    places: Sequence[tuple[int, int | None]], levels: Sequence[int], bits: Sequence[float]
) -> float:
    """The bits that speak for a likeness too."""
    return sum(bits[place] for place, only in places if only is None or levels[place] == only)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _found_in(part: _Part, level: int, a: Row, b: Row) -> int | None:
    rare = part.rare[level] if level != UNKNOWN else None
    if rare is None:
        return None
    column, rarity, _, _ = rare
    return max(rarity.counts.get(value, 1) for value in (a[column], b[column]) if value is not None)
