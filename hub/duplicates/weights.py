"""What agreement is worth in one base: `m` and `u` of every level, how rare a value is, how many true pairs.

A level is worth log2(m / u) bits; where its value's rarity counts, log2(m / u) + share x (log2 u - log2 of
how often the more frequent of both values is found), which is what Splink adds up too.

Promises: pure; written to and read from JSON; a value the base has never seen counts as if the base had one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import Any

from hub.duplicates.comparisons import BY_NAME, COMPARISONS, LIKENESSES, Comparison
from hub.duplicates.features import Words
from hub.duplicates.rules import PLACE, Row

GUESS = 100.0
"""The shipped guess of a rarity counts as so many records."""

RARE_COLUMNS = tuple(sorted({level.rare for one in COMPARISONS for level in one.levels if level.rare}))


OF_NAMES = {"written": 0.0005, "name": 0.005, "sorted": 0.005, "squashed": 0.005}
"""Names of which there are far more than any base shows: one that nobody else has is rarer still."""


@dataclass(frozen=True, slots=True)
class Levels:
    """`m` and `u` of one comparison's levels, in their order."""

    m: tuple[float, ...]
    u: tuple[float, ...]

    def bits(self, level: int) -> float:
        return log2(self.m[level] / self.u[level])


@dataclass(frozen=True, slots=True)
class Rarity:
    """How often the values of one column are found: counts, how many records have one, the shipped guess."""

    counts: Mapping[str, int]
    records: int
    guess: float
    start: float = 0.5

    def of(self, value: str) -> float:
        """The part of all others that have this value, of a pair that shares it.

        The pair itself makes its value no commoner: two records that nobody else is like are counted as
        `start`, and `GUESS` more records have it as often as guessed.
        """
        others = max(self.counts.get(value, 1) - 2, 0)
        return (others + self.start + GUESS * self.guess) / (max(self.records, 1) + GUESS)


@dataclass(frozen=True, slots=True)
class Weights:
    """The model of one base. `prior`: the part of all its pairs that are true. `odds`: pairs of each of
    `LIKENESSES` for one true pair. `used`: what it compares."""

    levels: Mapping[str, Levels]
    prior: float = 0.0001
    odds: tuple[float, ...] = tuple(one.odds for one in LIKENESSES)
    rarity: Mapping[str, Rarity] = field(default_factory=dict)
    words: Words = field(default_factory=Words)
    used: tuple[str, ...] = tuple(BY_NAME)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        return tuple(BY_NAME[name] for name in self.used)

    @property
    def prior_bits(self) -> float:
        return log2(self.prior / (1.0 - self.prior))

    def with_m(self, m: Mapping[str, Sequence[float]]) -> Weights:
        """The same with other `m` for these comparisons."""
        levels = {
            name: Levels(tuple(m[name]), one.u) if name in m else one for name, one in self.levels.items()
        }
        return replace(self, levels=levels)


def shipped() -> Weights:
    """The weights that work with no training."""
    return Weights(
        {
            one.name: Levels(tuple(level.m for level in one.levels), tuple(level.u for level in one.levels))
            for one in COMPARISONS
        }
    )


def rarities(rows: Sequence[Row]) -> dict[str, Rarity]:
    """How rare the values of these rows are; identical rows are given once: a copy makes nothing common."""
    guesses = {level.rare: level.u for one in COMPARISONS for level in reversed(one.levels) if level.rare}
    found = {}
    for column in RARE_COLUMNS:
        place = PLACE[column]
        counts = Counter(row[place] for row in rows if row[place] is not None)
        # Values of which a base has one are as rare as those it has none of: no need to keep them.
        kept = {value: count for value, count in counts.items() if count > 1}
        found[column] = Rarity(kept, counts.total(), guesses[column], OF_NAMES.get(column, 0.5))
    return found


def of_base(weights: Weights, rows: Sequence[Row], words: Words) -> Weights:
    """The weights over one base: what its rows (identical ones once) hold, and how rare it is there."""
    return replace(weights, used=used_in(rows), words=words, rarity=rarities(rows))


def used_in(rows: Iterable[Row]) -> tuple[str, ...]:
    """The comparisons for which at least one record has a value."""
    filled = [False] * len(PLACE)
    for row in rows:
        for place, value in enumerate(row):
            if value is not None:
                filled[place] = True
    return tuple(one.name for one in COMPARISONS if any(filled[PLACE[column]] for column in one.columns))


def as_json(weights: Weights) -> dict[str, Any]:
    """The levels of a model by name, as a file keeps them: what was learnt, not the base it was learnt on."""
    return {
        "comparisons": {
            name: [
                {"level": level.label, "m": m, "u": u}
                for level, m, u in zip(BY_NAME[name].levels, one.m, one.u, strict=True)
            ]
            for name, one in weights.levels.items()
        }
    }


def from_json(data: Mapping[str, Any]) -> Weights:
    """The weights of a file; what it does not name is as shipped. Raises `ValueError` with what is wrong."""
    made = shipped()
    levels = dict(made.levels)
    comparisons = data.get("comparisons")
    if not isinstance(comparisons, Mapping):
        raise ValueError("there is no `comparisons:` in it")
    for name, found in comparisons.items():
        if name not in BY_NAME:
            raise ValueError(f"no comparison is called {name!r}")
        labels = [level.label for level in BY_NAME[name].levels]
        try:
            given = {str(one["level"]): (float(one["m"]), float(one["u"])) for one in found}
        except (TypeError, KeyError, ValueError):
            raise ValueError(f"{name}: each level needs `level`, `m` and `u`") from None
        if list(given) != labels:
            raise ValueError(f"{name}: its levels are {', '.join(labels)}, in this order")
        if not all(0 < part < 1 for pair in given.values() for part in pair):
            raise ValueError(f"{name}: every m and u lies between 0 and 1")
        levels[name] = Levels(tuple(m for m, _ in given.values()), tuple(u for _, u in given.values()))
    return replace(made, levels=levels)
