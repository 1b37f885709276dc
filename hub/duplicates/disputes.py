"""A record that may be one of two who are not each other: which of them it is, nothing tells.

Father and son of one name live in one home and have different birthdays; a third record of that name and home
has none. It agrees with either as well as two records of one person do, so no pair alone can show the doubt.
A pair is disputed where a third record is rather one with either of the two, and not surely with the other;
identical records are, where two others that each of them may be are not surely one.

Promises: pure; a pair that is as sure on its own as is wished of all together is disputed by nobody; of any
record so many others are asked and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from hub.duplicates.clusters import Link
from hub.duplicates.rules import Row
from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import DECISION, MARGIN, Bounds

THIRDS = 24
"""Of those that a record may be, so many are asked: the least sure, for they are those who dispute."""


def disputed(
    pairs: Iterable[Link], rows: Sequence[Row], scorer: Scorer, bound: Bounds
) -> frozenset[tuple[int, int]]:
    """The pairs from the automatic bound on, as (left, right), that a third record makes doubtful.

    `pairs` are all that were weighed, places in `rows`; a row that stands for several identical records may
    be paired with itself.
    """
    every = sorted(pairs, key=lambda one: (one.probability, one.left, one.right))
    known = {_key(one.left, one.right): one.probability for one in every}
    near = _near(every)

    def sure(row: int, third: int) -> bool:
        key = _key(row, third)
        if row != third and key not in known:
            known[key] = scorer(rows[row], rows[third]).probability
        return row == third or known[key] >= bound.automatic

    alone = 1.0 - (1.0 - bound.precision) * MARGIN
    return frozenset(
        (one.left, one.right)
        for one in every
        if bound.automatic <= one.probability < alone and not all(sure(a, b) for a, b in _asked(one, near))
    )


def _asked(pair: Link, near: Mapping[int, Sequence[int]]) -> Iterable[tuple[int, int]]:
    """The pairs that must be sure too, that this one is."""
    if pair.left == pair.right:
        return combinations(near.get(pair.left, ()), 2)
    thirds = sorted({*near.get(pair.left, ()), *near.get(pair.right, ())})
    return ((row, third) for third in thirds for row in (pair.left, pair.right))


def _near(ordered: Iterable[Link]) -> Mapping[int, Sequence[int]]:
    """Of each row those it rather is, at most `THIRDS`; `ordered`: the least sure pairs first."""
    near: defaultdict[int, list[int]] = defaultdict(list)
    for one in ordered:
        if one.probability < DECISION or one.left == one.right:
            continue
        for row, third in ((one.left, one.right), (one.right, one.left)):
            if len(near[row]) < THIRDS:
                near[row].append(third)
    return near


def _key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
