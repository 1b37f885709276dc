"""A look at a whole base without Splink: every pair weighed in memory, by the shipped weights.

Takes the place of `hub.weighing.looking.at_all` in worlds by the thousand; the model that it hands on, the
rows, the scores and the bounds are made by the same rooms, and the looks at a few records that follow are the
real ones. What is not learnt here is how often strangers of this very base agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hub.duplicates.estimate import usual_prior
from hub.duplicates.verdicts import bounds
from hub.mapping import Duplicates
from hub.weighing.looking import Found, Look, Model, Said, weights_of
from hub.weighing.people import People, Person

KEPT = 0.001


def at_all(persons: Sequence[Person], duplicates: Duplicates, said: Said) -> Look:
    """Compare every record with every other."""
    said("compare", 0, None)
    weights = replace(weights_of(duplicates), prior=usual_prior(len(persons)))
    base = People(persons, weights, 0)
    scorer, rows = base.candidates.scorer, base.rows
    found = [
        Found(persons[a].id, persons[b].id, probability)
        for a, b in combinations(range(len(rows)), 2)
        if (probability := scorer(rows[a], rows[b]).probability) >= KEPT
    ]
    counts = [(one.probability, 1) for one in found]
    bound = bounds(counts, duplicates.precision)
    pairs = [one for one in found if one.probability >= bound.lower]
    pairs.sort(key=lambda one: (-one.probability, one.one, one.other))
    model = Model(scorer.weights, bound, len(persons))
    return Look(model, scorer, {one.id: tuple(rows[base.place[one.id]]) for one in persons}, pairs, counts)
