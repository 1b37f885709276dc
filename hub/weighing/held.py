"""Pairs that are surely one and cannot be joined just now: a write of one of them may be applied or not.

A system that is handed files answers after hours. Until then such a pair is asked about like any other, so
that neither is created where the other is, and it is looked at again as soon as the write is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.store import flags, mergers
from hub.store.likenesses import Likeness, Pair, pair_of
from hub.store.worlds import chunks

_HELD = "linked later"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pair that waits. `because`: see `hub.joining.Word`."""

    pair: Pair
    why: str
    because: Mapping[str, Any]


def free(connection: Connection, entity: str) -> set[str]:
    """Golden records of pairs that need wait no longer."""
    pairs = _pairs(connection, entity)
    ids = {id for pair in pairs for id in pair}
    busy = {id for part in chunks(ids) for id, _ in mergers.underway(connection, part)}
    busy |= {id for id, _ in mergers.coming_back(connection, entity)}
    return {id for pair in pairs if busy.isdisjoint(pair) for id in pair}


def hold(
    connection: Connection,
    entity: str,
    waiting: Sequence[Waiting],
    moved: Mapping[str, str],
    looked_at: Sequence[str] | None,
) -> dict[Pair, Likeness]:
    """Note the pairs that wait, in place of those that were looked at; the questions about them.

    `moved`: golden records that became one with another → that one. `looked_at`: ``None``, all were.
    """
    again = set(looked_at or ())
    kept = [pair for pair in _pairs(connection, entity) if looked_at is not None and again.isdisjoint(pair)]
    asked: dict[Pair, Likeness] = {}
    for one in waiting:
        pair = pair_of(*(moved.get(id, id) for id in one.pair))
        because = {"reasons": one.because.get("reasons", []), "keys": one.because.get("keys", [])}
        probability = float(one.because.get("probability", 1.0))
        asked[pair] = Likeness(entity, *pair, probability, {**because, "why": one.why})
    flags.put(connection, f"{_HELD} {entity}", sorted({*kept, *asked}))
    return asked


def _pairs(connection: Connection, entity: str) -> list[Pair]:
    return [(one[0], one[1]) for one in flags.get(connection, f"{_HELD} {entity}") or ()]
