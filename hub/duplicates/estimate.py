"""Weights learnt from a base without labels: how often strangers agree, how many true pairs there are, how
often they agree.

`u` comes from pairs drawn at random, smoothed by the shipped guess; the prior and, where wished, `m` by
expectation maximisation over the compared pairs, with the shipped `m` as so many pairs already seen.

Promises: pure; every probability stays between 0 and 1, in a base of one record too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from hub.duplicates.comparisons import BY_NAME, LIKENESSES, never_places, shared_places
from hub.duplicates.scoring import shared_bits
from hub.duplicates.weights import Levels, Weights

SEEN = 50.0
"""So many pairs the shipped `m` counts as, against what a base shows."""

STRANGERS = 200.0
"""So many random pairs the shipped `u` counts as."""

SURE = 20.0
"""So many true pairs the shipped odds of a likeness count as."""

FEWEST = 3
"""Comparisons a base needs before agreement can teach what it is worth: with fewer nothing checks it."""

LEAST = 1e-7


@dataclass(frozen=True, slots=True)
class Pattern:
    """Compared pairs that stand on the same levels: how many, with how many bits of rarity (`rare`) each,
    by comparison, on average."""

    levels: tuple[int, ...]
    rare: tuple[float, ...]
    pairs: int


def u_of(weights: Weights, counts: Mapping[str, Sequence[int]]) -> Weights:
    """The weights with `u` from random pairs: `counts` by comparison and level."""
    levels = dict(weights.levels)
    for name, seen in counts.items():
        declared = BY_NAME[name].levels
        guess = levels[name].u
        total = sum(seen) + STRANGERS
        scale = sum(g for g, level in zip(guess, declared, strict=True) if not level.fixed)
        made = [
            g if level.fixed else max(LEAST, (count + STRANGERS * g / scale) / total)
            for place, (count, g, level) in enumerate(zip(seen, guess, declared, strict=True))
        ]
        levels[name] = Levels(levels[name].m, tuple(made))
    return replace(weights, levels=levels)


def learn(
    weights: Weights,
    patterns: Sequence[Pattern],
    pairs: float,
    records: int,
    identical: int,
    *,
    m: bool,
    rounds: int = 25,
) -> Weights:
    """The weights with the prior, and with `m` too, that explain the compared pairs of a base best.

    `pairs`: all pairs of the base, compared or not; `identical`: those whose rows are, which are not among
    the patterns; `records`: how many it has. One true pair for ten
    records is what a base is taken to have before it shows otherwise, as surely as two pairs say so.
    """
    names = weights.used
    if len(names) < FEWEST:
        # Of a list of names, those written alike are the only thing that shows how often names recur.
        written = identical / weights.levels["name"].m[0] / max(pairs, 1.0) if names == ("name",) else 0.0
        alike = _between(written)
        return replace(weights, prior=max(usual_prior(records), alike))
    expected = 2.0 * usual_prior(records)
    now = replace(weights, prior=usual_prior(records))
    for _ in range(rounds):
        total = 0.0
        likes = [0.0] * len(LIKENESSES)
        sums = {name: [0.0] * len(BY_NAME[name].levels) for name in names}
        model = _Model(now)
        for pattern in patterns:
            part, parts = model.explained(pattern)
            true = part * pattern.pairs
            total += true
            for place, one in enumerate(parts):
                likes[place] += one * pattern.pairs
            if m:
                for name, level in zip(names, pattern.levels, strict=True):
                    if level >= 0:
                        sums[name][level] += true
        prior = _between((total + expected) / (pairs + 2.0))
        settled = abs(log2(prior / now.prior)) < 0.005
        odds = tuple(
            max(one.least, (like + SURE * one.odds) / (total + SURE))
            for like, one in zip(likes, LIKENESSES, strict=True)
        )
        now = replace(now, prior=prior, odds=odds)
        if m:
            now = now.with_m({name: _smoothed(name, weights.levels[name].m, sums[name]) for name in names})
        if settled:
            break
    return now


def usual_prior(records: int) -> float:
    """The part of all pairs that are true where one record in ten has a twin."""
    return _between(0.1 * records / max(records * (records - 1) / 2, 1.0))


def _smoothed(name: str, shipped: Sequence[float], seen: Sequence[float]) -> tuple[float, ...]:
    # How often one thing differs altogether is not learnt: relatives would teach that names do not matter.
    kept = [level.fixed or level.neutral or level.rule is None for level in BY_NAME[name].levels]
    free = 1.0 - sum(m for m, keep in zip(shipped, kept, strict=True) if keep)
    total = sum(s for s, keep in zip(seen, kept, strict=True) if not keep) + SEEN * free
    return tuple(
        m if keep else max(LEAST, free * (s + SEEN * m) / total)
        for m, s, keep in zip(shipped, seen, kept, strict=True)
    )


def _between(prior: float) -> float:
    return min(max(prior, 1e-12), 0.5)


class _Model:
    """The probability of a pattern, as `scoring` has it of a pair."""

    def __init__(self, weights: Weights) -> None:
        self.prior = weights.prior_bits
        self.bits = [
            [
                0.0 if level.neutral else weights.levels[one.name].bits(place)
                for place, level in enumerate(one.levels)
            ]
            for one in weights.comparisons
        ]
        self.likenesses = [
            (shared_places(one, weights.used), never_places(one, weights.used), log2(odds))
            for one, odds in zip(LIKENESSES, weights.odds, strict=True)
        ]

    def explained(self, pattern: Pattern) -> tuple[float, list[float]]:
        """The probability that a pair is true, and that it is one of each likeness."""
        bits = [
            (known[level] + rare) if level >= 0 else 0.0
            for known, level, rare in zip(self.bits, pattern.levels, pattern.rare, strict=True)
        ]
        true = 2.0 ** min(self.prior + sum(bits), 900.0)
        alike = [
            2.0 ** min(self.prior + odds + shared_bits(places, pattern.levels, bits), 900.0)
            if places and not any(pattern.levels[place] == level for place, level in never)
            else 0.0
            for places, never, odds in self.likenesses
        ]
        total = 1.0 + true + sum(alike)
        return true / total, [one / total for one in alike]
