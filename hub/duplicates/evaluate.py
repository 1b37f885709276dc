"""A base weighed and put together, and counted against known answers: precision, recall and F1 at each bound.

Promises: pure; labels are looked at after every verdict is made. Pairs are counted as a merge would make
them: all pairs of a cluster, not only those that were compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.duplicates.clusters import Clusters, Link, joined
from hub.duplicates.disputes import disputed
from hub.duplicates.rules import Row
from hub.duplicates.scoring import Scorer
from hub.duplicates.verdicts import DECISION, Bounds, bounds, may_link_itself


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdicts on a base. `linked` and `decided`: the clusters at the automatic and at the decision bound;
    `review`: row pairs for a person, best first, a row with itself where identical records are not sure."""

    bounds: Bounds
    linked: Clusters
    decided: Clusters
    review: tuple[Link, ...]
    alone: frozenset[int]
    """Rows whose several identical records are not linked by themselves."""
    apart: frozenset[int]
    """Rows whose identical records are not even decided to be one."""


@dataclass(frozen=True, slots=True)
class Score:
    """True pairs among the linked, and all there are."""

    right: int
    linked: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        total = self.linked + self.true
        return 2 * self.right / total if total else 1.0


def decide(
    rows: Sequence[Row],
    members: Sequence[Sequence[int]],
    pairs: Iterable[Link],
    scorer: Scorer,
    precision: float,
) -> Outcome:
    """The verdicts on all pairs of a base; `members`: the records of each row."""
    found = list(pairs)
    own = {
        index: scorer(rows[index], rows[index]).probability
        for index, several in enumerate(members)
        if len(several) > 1
    }
    counted = [(one.probability, len(members[one.left]) * len(members[one.right])) for one in found]
    counted += [(p, len(members[index]) * (len(members[index]) - 1) // 2) for index, p in own.items()]
    bound = bounds(counted, precision)
    doubtful = disputed([*found, *(Link(index, index, p) for index, p in own.items())], rows, scorer, bound)
    sure = [one for one in found if one.probability >= bound.automatic]
    free = [
        one
        for one in sure
        if (one.left, one.right) not in doubtful and may_link_itself(rows[one.left], rows[one.right], scorer)
    ]
    alone = frozenset(
        index
        for index, p in own.items()
        if p < bound.automatic
        or (index, index) in doubtful
        or not may_link_itself(rows[index], rows[index], scorer)
    )
    linked = joined(rows, (one for one in free if one.left not in alone and one.right not in alone), scorer)
    decided = joined(rows, (one for one in found if one.probability >= DECISION), scorer)
    review = [
        one for one in found if one.probability >= bound.lower and not linked.together(one.left, one.right)
    ]
    review += [Link(index, index, own[index]) for index in alone if own[index] >= bound.lower]
    review.sort(key=lambda one: (-one.probability, one.left, one.right))
    apart = frozenset(index for index, p in own.items() if p < DECISION)
    return Outcome(bound, linked, decided, tuple(review), alone, apart)


def scores(outcome: Outcome, members: Sequence[Sequence[int]], labels: Sequence[str]) -> Mapping[str, Score]:
    """`automatic`, `decision`, and `reviewed`: and the automatic links with what review rightly adds."""
    true = sum(_two(count) for count in Counter(labels).values())
    automatic = _count(outcome.linked, outcome.alone, members, labels, true)
    decision = _count(outcome.decided, outcome.apart, members, labels, true)
    right = automatic.right + _right_in_review(outcome, members, labels)
    wrong = automatic.linked - automatic.right
    return {"automatic": automatic, "decision": decision, "reviewed": Score(right, right + wrong, true)}


def _count(
    clusters: Clusters,
    split: frozenset[int],
    members: Sequence[Sequence[int]],
    labels: Sequence[str],
    true: int,
) -> Score:
    """Pairs of records within clusters; the records of a `split` row are each on their own."""
    groups = [[record for row in group for record in members[row]] for group in clusters.groups]
    groups += [
        list(several)
        for row, several in enumerate(members)
        if len(several) > 1 and row not in clusters.of and row not in split
    ]
    linked = sum(_two(len(group)) for group in groups)
    right = sum(_two(count) for group in groups for count in Counter(labels[i] for i in group).values())
    return Score(right, linked, true)


def _right_in_review(outcome: Outcome, members: Sequence[Sequence[int]], labels: Sequence[str]) -> int:
    """True pairs of records that a person links who answers each question rightly."""
    groups = {min(group): list(group) for group in outcome.linked.groups}
    of = {row: min(group) for group in outcome.linked.groups for row in group}
    counts: dict[int, Counter[str]] = {}

    def counted(row: int) -> tuple[int, Counter[str]]:
        top = of.get(row, row)
        if top not in counts:
            counts[top] = Counter(labels[i] for one in groups.get(top, [row]) for i in members[one])
        return top, counts[top]

    parent: dict[tuple[int, str], tuple[int, str]] = {}

    def find(node: tuple[int, str]) -> tuple[int, str]:
        while parent.get(node, node) != node:
            node = parent[node]
        return node

    size: dict[tuple[int, str], int] = {}
    right = 0
    for link in outcome.review:
        if link.left == link.right:
            right += sum(_two(n) for n in Counter(labels[i] for i in members[link.left]).values())
            continue
        (a, left), (b, other) = counted(link.left), counted(link.right)
        for label in left.keys() & other.keys():
            x, y = find((a, label)), find((b, label))
            if x == y:
                continue
            nx, ny = size.get(x, counts[x[0]][label]), size.get(y, counts[y[0]][label])
            right += nx * ny
            parent[y] = x
            size[x] = nx + ny
    return right


def _two(count: int) -> int:
    return count * (count - 1) // 2
