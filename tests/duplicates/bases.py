"""Bases for the tests of duplicates: invented French customers, read as the command reads a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.duplicates import whole
from hub.duplicates.clusters import Link
from hub.duplicates.evaluate import Outcome, Score, decide, scores
from hub.duplicates.fields import columns_of
from hub.duplicates.scoring import Scorer
from hub.duplicates.weights import shipped
from sandbox.duplicates import records


@dataclass(frozen=True, slots=True)
class Run:
    """A base that was weighed and put together."""

    base: whole.Base
    pairs: list[whole.Pair]
    scorer: Scorer
    outcome: Outcome


def by_role(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Rows with columns by name, as records with values by role."""
    every = list(rows)
    roles = columns_of(name for name in every[0] if name not in ("truth", "system")).roles
    return [{role: row[column] for role, column in roles.items() if row[column]} for row in every]


def french(count: int, seed: int = 7) -> tuple[list[dict[str, str]], list[str]]:
    """Records of so many entities, and who each is."""
    rows = list(records(count, seed=seed))
    return by_role(rows), [row["truth"] for row in rows]


def run(found: Sequence[Mapping[str, str]], *, learn_m: bool = True, precision: float = 0.9995) -> Run:
    base = whole.read(found, shipped())
    pairs = whole.compared(base, learn_m=learn_m)
    scorer = Scorer(base.weights)
    links = [Link(one.left, one.right, one.probability) for one in pairs]
    return Run(base, pairs, scorer, decide(base.rows, base.members, links, scorer, precision))


def counted(one: Run, labels: Sequence[str]) -> Mapping[str, Score]:
    return scores(one.outcome, one.base.members, labels)
