"""Pairs of golden records that may be one thing, and what was said of them (table ``likeness``).

``open``: the hub is not sure, a person is asked. ``same``: they were made one. ``different``: a person said
they are two; that is kept for as long as both are there, whatever becomes of their values. A pair is one row,
the smaller id first.

Promises: an answer is never taken back by a look; an open pair is closed only by an answer, or where the
records changed so that nobody would ask any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from hub.model import HUB
from hub.store import tables as t
from hub.store.repository import among, dumps, loads, upsert
from hub.store.worlds import chunks, soil

Verdict = Literal["open", "same", "different"]
OPEN: Final = "open"
SAME: Final = "same"
DIFFERENT: Final = "different"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two golden records that may be one. `because`: see `hub.weighing.because`; the ids are sorted."""

    entity: str
    one: str
    other: str
    probability: float
    because: Mapping[str, Any] = field(default_factory=dict)
    verdict: str = OPEN
    since: str = ""
    answered_at: str | None = None
    answered_by: str | None = None
    id: int = 0

    @property
    def pair(self) -> Pair:
        return self.one, self.other


def pair_of(a: str, b: str) -> Pair:
    """The two ids as a row holds them."""
    return (a, b) if a < b else (b, a)


def by_id(connection: Connection, number: int) -> Likeness | None:
    """One row, answered or not."""
    row = connection.execute(select(t.likeness).where(t.likeness.c.id == number)).first()
    return _likeness(row) if row is not None else None


def listed(
    connection: Connection, entity: str | None = None, verdicts: Sequence[str] = (OPEN,)
) -> list[Likeness]:
    """The pairs with one of these verdicts, the most probable first."""
    query = select(t.likeness).where(t.likeness.c.verdict.in_(verdicts))
    if entity is not None:
        query = query.where(t.likeness.c.entity == entity)
    rows = connection.execute(query.order_by(t.likeness.c.probability.desc(), t.likeness.c.id))
    return [_likeness(row) for row in rows]


def counted(connection: Connection) -> dict[str, int]:
    """How many pairs are open, by entity."""
    query = (
        select(t.likeness.c.entity, func.count())
        .where(t.likeness.c.verdict == OPEN)
        .group_by(t.likeness.c.entity)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def between(connection: Connection, a: str, b: str) -> Likeness | None:
    """What is known of two golden records."""
    one, other = pair_of(a, b)
    found = select(t.likeness).where(t.likeness.c.one == one, t.likeness.c.other == other)
    row = connection.execute(found).first()
    return _likeness(row) if row is not None else None


def is_different(connection: Connection, pair: Pair) -> bool:
    """Whether a person said that they are two."""
    known = between(connection, *pair)
    return known is not None and known.verdict == DIFFERENT


def of_goldens(connection: Connection, ids: Iterable[str], verdict: str | None = None) -> list[Likeness]:
    """The pairs that one of these golden records is in."""
    found: dict[int, Likeness] = {}
    for part in chunks(ids):
        mine = or_(among(connection, t.likeness.c.one, part), among(connection, t.likeness.c.other, part))
        query = select(t.likeness).where(mine)
        if verdict is not None:
            query = query.where(t.likeness.c.verdict == verdict)
        found.update((row.id, _likeness(row)) for row in connection.execute(query))
    return list(found.values())


def asked(connection: Connection, entity: str, ids: Iterable[str]) -> set[str]:
    """Those of these golden records of which a person is asked whether they are another."""
    if not any_open(connection, entity):
        return set()
    wanted = set(ids)
    open_ones = of_goldens(connection, wanted, OPEN)
    return {id for one in open_ones for id in one.pair} & wanted


def any_open(connection: Connection, entity: str) -> bool:
    """Whether anything is asked of an entity."""
    query = select(t.likeness.c.id).where(t.likeness.c.entity == entity, t.likeness.c.verdict == OPEN)
    return connection.execute(query.limit(1)).first() is not None


def put(connection: Connection, likenesses: Iterable[Likeness], at: str) -> None:
    """Ask about pairs, or bring what is asked up to date; a pair that was answered is left as it is."""
    rows = [
        {
            "entity": one.entity, "one": one.one, "other": one.other, "verdict": OPEN,
            "probability": one.probability, "because": dumps(one.because), "since": at,
        }
        for one in likenesses
    ]  # fmt: skip
    answered = {
        found.pair
        for found in of_goldens(connection, {str(row["one"]) for row in rows})
        if found.verdict != OPEN
    }
    rows = [row for row in rows if (row["one"], row["other"]) not in answered]
    upsert(connection, t.likeness, rows, ("one", "other"), ("probability", "because"))


def answer(connection: Connection, likeness: Likeness, verdict: Verdict, by: str, at: str) -> None:
    """Note an answer; the records may then be owed what was not given them while it was open."""
    values = {"verdict": verdict, "answered_at": at, "answered_by": by}
    if likeness.id:
        connection.execute(update(t.likeness).where(t.likeness.c.id == likeness.id).values(**values))
    else:
        row = {
            "entity": likeness.entity, "one": likeness.one, "other": likeness.other, "since": at,
            "probability": likeness.probability, "because": dumps(likeness.because), **values,
        }  # fmt: skip
        upsert(connection, t.likeness, [row], ("one", "other"), tuple(values))
    soil(connection, likeness.pair)


def close(connection: Connection, ids: Iterable[int]) -> None:
    """Open pairs about which nobody would be asked any more."""
    for part in chunks(ids):
        mine = (among(connection, t.likeness.c.id, part), t.likeness.c.verdict == OPEN)
        rows = connection.execute(select(t.likeness.c.one, t.likeness.c.other).where(*mine)).all()
        connection.execute(delete(t.likeness).where(*mine))
        soil(connection, [id for row in rows for id in row])


def follow(connection: Connection, lose: str, keep: str, at: str) -> tuple[list[Likeness], list[Pair]]:
    """`lose` became one with `keep`: what was asked or said of it is asked or said of `keep`.

    Returns what was there of `lose`, and the pairs that `keep` inherited: what taking it back needs.
    """
    before = of_goldens(connection, [lose])
    known = {one.pair: one for one in of_goldens(connection, [keep])}
    inherited: list[Pair] = []
    # What nobody is asked about any more may be owed to systems that it was kept back from.
    soil(connection, sorted({id for one in before for id in one.pair} - {lose}))
    for one in before:
        other = one.other if one.one == lose else one.one
        if other == keep:
            answer(connection, one, "same", one.answered_by or HUB, at)
            continue
        if one.verdict == SAME:
            continue
        connection.execute(delete(t.likeness).where(t.likeness.c.id == one.id))
        pair = pair_of(keep, other)
        there = known.get(pair)
        if there is None or (there.verdict == OPEN and one.verdict == DIFFERENT):
            said = ("verdict", "probability", "because", "answered_at", "answered_by")
            upsert(connection, t.likeness, [_row(one, pair)], ("one", "other"), said)
            inherited.append(pair)
    return before, inherited


def bring_back(connection: Connection, before: Iterable[Likeness], inherited: Iterable[Pair]) -> None:
    """Undo `follow`: what had been answered of the one that comes back is known again."""
    soil(connection, sorted({id for pair in inherited for id in pair}))
    for pair in inherited:
        mine = (t.likeness.c.one == pair[0], t.likeness.c.other == pair[1])
        connection.execute(delete(t.likeness).where(*mine))
    rows = [_row(one, one.pair) for one in before if one.verdict == DIFFERENT]
    upsert(connection, t.likeness, rows, ("one", "other"), ("verdict", "answered_at", "answered_by"))


def _row(one: Likeness, pair: Pair) -> dict[str, Any]:
    """What is known of a pair, as the table holds it, said of `pair`."""
    return {
        "entity": one.entity, "one": pair[0], "other": pair[1], "verdict": one.verdict,
        "probability": one.probability, "because": dumps(one.because), "since": one.since,
        "answered_at": one.answered_at, "answered_by": one.answered_by,
    }  # fmt: skip


def _likeness(row: Row[Any]) -> Likeness:
    return Likeness(
        row.entity, row.one, row.other, row.probability, loads(row.because), row.verdict, row.since,
        row.answered_at, row.answered_by, row.id,
    )  # fmt: skip
