"""What a look at a base found, as a report shows it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Literal

BARS = 20
"""Bars of the histogram, each a twentieth of the probability."""

Fate = Literal["linked", "asked"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One record of a pair: what it is called, its agreed values as text, and its ids by system."""

    golden_id: str
    title: str
    values: Mapping[str, str]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be one. `because`: `reasons` (see `hub.duplicates.scoring.Reason`) and `keys`,
    the fields of an exact key that both have. `why`: why it is asked although it is sure; else empty."""

    probability: float
    one: Shown
    other: Shown
    fate: Fate
    because: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""

    @property
    def ids(self) -> tuple[str, str]:
        """The golden records, the smaller id first."""
        one, other = self.one.golden_id, self.other.golden_id
        return (one, other) if one < other else (other, one)


@dataclass(slots=True)
class Findings:
    """One entity: how many records were compared, the bounds, and every pair worth a word.

    `histogram`: pairs by twentieths of the probability, of all that were compared and are not wholly unlike.
    `linked` and `asked`: what a sync does by itself, and what it asks. `whole`: all of the base was compared.
    """

    entity: str
    records: int = 0
    whole: bool = True
    precision: float = 0.0
    automatic: float = 1.0
    lower: float = 1.0
    histogram: list[int] = field(default_factory=lambda: [0] * BARS)
    pairs: list[Pair] = field(default_factory=list)
    unasked: int = 0

    @property
    def linked(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.fate == "linked"]

    @property
    def asked(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.fate == "asked"]

    def count(self, probability: float, several: int = 1) -> None:
        """Add pairs to the histogram."""
        self.histogram[min(int(probability * BARS), BARS - 1)] += several

    def then(self, later: Findings) -> None:
        """Take in what a later look linked and asked: of a pair that both speak of, the later word counts.

        Bounds and histogram stay those of the first look, which saw the base before anything was linked.
        """
        known = {pair.ids: pair for pair in self.pairs}
        known.update((pair.ids, pair) for pair in later.pairs)
        self.pairs = list(known.values())
        self.unasked = later.unasked if later.whole else self.unasked + later.unasked

    @property
    def involved(self) -> set[str]:
        """The golden records of all pairs."""
        return {id for pair in self.pairs for id in pair.ids}

    def ask_only(self, asked: Set[tuple[str, str]], now: Mapping[str, str]) -> None:
        """Keep of the pairs that are asked those that still are, each once. `now`: what records became."""
        kept: dict[tuple[str, str], Pair] = {}
        for pair in self.asked:
            one, other = (now.get(id, id) for id in pair.ids)
            key = (one, other) if one < other else (other, one)
            if key in asked and (key not in kept or kept[key].probability < pair.probability):
                kept[key] = pair
        self.pairs = [*self.linked, *kept.values()]

    def least_certain(self, each: int = 10) -> tuple[Sequence[Pair], Sequence[Pair]]:
        """The pairs nearest to the automatic bound: above it, and below it."""
        ordered = sorted(self.pairs, key=lambda pair: -pair.probability)
        above = [pair for pair in ordered if pair.probability >= self.automatic]
        below = [pair for pair in ordered if pair.probability < self.automatic]
        return above[-each:], below[:each]
