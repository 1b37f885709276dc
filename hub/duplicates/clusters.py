"""Pairs put together: who is one with whom, without a chain that joins what contradicts.

Links are made from the surest on. One that would bring two records together that look like strangers, or
that bear two different registrations, is refused and left to a person.

Promises: pure; every record is in exactly one cluster; the order of the pairs given does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hub.duplicates.rules import PLACE, Row
from hub.duplicates.scoring import Scorer

LOOKED_AT = 12
"""Of a large cluster so many rows, the first joined, are looked at before another joins."""

_TELLING = tuple(PLACE[name] for name in ("siret", "siren", "reference"))


@dataclass(frozen=True, slots=True)
class Link:
    """Two rows and how sure it is that they are one."""

    left: int
    right: int
    probability: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """`groups`: the rows of each cluster of two and more; `refused`: the links that would contradict."""

    groups: tuple[tuple[int, ...], ...]
    refused: tuple[Link, ...]
    of: dict[int, int]

    def together(self, a: int, b: int) -> bool:
        return self.of.get(a, -1 - a) == self.of.get(b, -1 - b)


def contradict(a: Row, b: Row) -> bool:
    """Two registrations, or two references of our own, that are not the same."""
    return any(a[place] is not None and b[place] is not None and a[place] != b[place] for place in _TELLING)


Forbids = Callable[[Sequence[int], Sequence[int]], bool]
"""Whether the rows of two clusters may not come together, for a reason that is not in the rows."""


def joined(
    rows: Sequence[Row], links: Iterable[Link], scorer: Scorer, forbids: Forbids = lambda ours, theirs: False
) -> Clusters:
    """The clusters these links make."""
    of: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    refused = []
    for link in sorted(links, key=lambda one: (-one.probability, one.left, one.right)):
        left, right = of.get(link.left, link.left), of.get(link.right, link.right)
        if left == right:
            continue
        ours, theirs = members.get(left, [left]), members.get(right, [right])
        strange = len(ours) + len(theirs) > 2 and _strangers(rows, ours, theirs, scorer)
        if strange or forbids(ours, theirs):
            refused.append(link)
            continue
        keep, go = (left, right) if (len(ours), -left) >= (len(theirs), -right) else (right, left)
        together = members.get(keep, [keep]) + members.pop(go, [go])
        members[keep] = together
        for row in together:
            of[row] = keep
    groups = tuple(sorted(tuple(sorted(one)) for one in members.values()))
    return Clusters(groups, tuple(refused), of)


def _strangers(rows: Sequence[Row], ours: Sequence[int], theirs: Sequence[int], scorer: Scorer) -> bool:
    """Whether a row of one cluster and one of the other speak against each other."""
    for a in ours[:LOOKED_AT]:
        for b in theirs[:LOOKED_AT]:
            if contradict(rows[a], rows[b]) or scorer(rows[a], rows[b]).score < scorer.prior:
                return True
    return False
