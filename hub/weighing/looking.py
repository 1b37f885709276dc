"""Pairs that may be one thing: in the whole base, or for the few records that changed.

The whole base is compared by Splink, and teaches the model; a few records are compared in memory by what it
learnt, with the same score. Identical records are compared once and tied to the first of them, so that ten
thousand of them make ten thousand pairs and not fifty million.

Promises: reads only. Never: a labelled answer is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import Bounds, bounds
from hub.duplicates.weights import Weights, as_json, from_json, shipped
from hub.mapping import Duplicates
from hub.weighing.people import People, Person

Said = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Model:
    """What a whole look taught: the weights without the base, the bounds, and of how many records."""

    weights: Weights
    bounds: Bounds
    records: int

    def stored(self) -> dict[str, Any]:
        weights, bound = self.weights, self.bounds
        return {
            **as_json(weights), "prior": weights.prior, "odds": list(weights.odds), "records": self.records,
            "automatic": bound.automatic, "lower": bound.lower, "precision": bound.precision,
        }  # fmt: skip

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Model:
        weights = replace(from_json(data), prior=data["prior"], odds=tuple(data["odds"]))
        return cls(weights, Bounds(data["automatic"], data["lower"], data["precision"]), data["records"])


@dataclass(frozen=True, slots=True)
class Found:
    """Two golden records that may be one."""

    one: str
    other: str
    probability: float


@dataclass(slots=True)
class Look:
    """What a look found: `pairs` from the lower bound on, best first. `counts`: (probability, how many pairs
    of records) of all that was compared and is not wholly unlike."""

    model: Model
    scorer: Scorer
    rows: Mapping[str, tuple[Any, ...]]
    pairs: list[Found]
    counts: list[tuple[float, int]]


def weights_of(duplicates: Duplicates) -> Weights:
    """The weights a mapping names, or those that ship. Raises `ValueError`, `OSError`."""
    if duplicates.weights is None:
        return shipped()
    return from_json(json.loads(Path(duplicates.weights).read_text(encoding="utf-8")))


def at_all(persons: Sequence[Person], duplicates: Duplicates, said: Said) -> Look:
    """Compare the whole base."""
    from hub.duplicates import whole  # brings Splink and DuckDB
    from hub.duplicates.backends import LOCAL, Engine

    base = whole.read([person.record for person in persons], weights_of(duplicates))
    compared = whole.compared(
        base,
        learn_m=True,
        said=said,
        backend=Engine(duplicates.engine),
        master=duplicates.master or LOCAL,
    )
    scorer = Scorer(base.weights)
    counts = [
        (one.probability, len(base.members[one.left]) * len(base.members[one.right])) for one in compared
    ]
    found: list[Found] = []
    for place, members in enumerate(base.members):
        if len(members) < 2:
            continue
        own = scorer(base.rows[place], base.rows[place]).probability
        counts.append((own, len(members) * (len(members) - 1) // 2))
        first = persons[members[0]].id
        found += [Found(first, persons[other].id, own) for other in members[1:]]
    bound = bounds(counts, duplicates.precision)
    found += [
        Found(persons[base.members[one.left][0]].id, persons[base.members[one.right][0]].id, one.probability)
        for one in compared
    ]
    pairs = [one for one in found if one.probability >= bound.lower]
    pairs.sort(key=lambda one: (-one.probability, one.one, one.other))
    rows = {persons[i].id: base.rows[place] for place, members in enumerate(base.members) for i in members}
    return Look(Model(base.weights, bound, len(persons)), scorer, rows, pairs, counts)


def at_some(people: People, model: Model, changed: Iterable[str]) -> Look:
    """Compare these records of the base with all others."""
    scorer = people.candidates.scorer
    pairs: dict[tuple[str, str], Found] = {}
    counts: list[tuple[float, int]] = []
    rows: dict[str, tuple[Any, ...]] = {}
    for id in changed:
        place = people.place.get(id)
        if place is None:
            continue
        for found in people.candidates.find(people.rows[place]):
            other = people.at(found.place)
            if other is None or other == id:
                continue
            probability = found.scored.probability
            pair = (id, other) if id < other else (other, id)
            if pair in pairs:
                continue
            counts.append((probability, 1))
            if probability >= model.bounds.lower:
                pairs[pair] = Found(*pair, probability)
                rows[id], rows[other] = tuple(people.rows[place]), tuple(people.rows[found.place])
    ordered = sorted(pairs.values(), key=lambda one: (-one.probability, one.one, one.other))
    return Look(model, scorer, rows, ordered, counts)
