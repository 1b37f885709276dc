"""How the records of an entity came to be one: by an exact key, by likeness, or made by the hub. Reads only.

What was merged is taken apart again in thought, newest first, as far as the mergers say; what was linked
before any of them was linked by a key. What the hub made is known as far back as the journal goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from hub.model import HUB
from hub.store import history, likenesses, mergers
from hub.store import tables as t

Place = tuple[str, str]
"""A system, and an id there."""


@dataclass(slots=True)
class Standing:
    """Records by system: all, those linked by a key, by likeness, asked about, and made by the hub.

    `sides`: by merger, the records of the one that stayed and of the other, as they were then.
    """

    records: Counter[str] = field(default_factory=Counter)
    by_key: Counter[str] = field(default_factory=Counter)
    by_likeness: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    sides: dict[int, tuple[set[Place], set[Place]]] = field(default_factory=dict)


def of(connection: Connection, entity: str) -> Standing:
    """How an entity stands now."""
    groups = _groups(connection, entity)
    every = {place for group in groups.values() for place in group}
    created = _created(connection, entity) & every
    found = Standing(records=_count(every), created=_count(created))
    questions = {id for one in likenesses.listed(connection, entity) for id in one.pair}
    found.asked = _count(place for id in questions for place in groups.get(id, ()))
    for group in groups.values():
        group -= created
    merged: set[Place] = set()
    for one in mergers.listed(connection, entity):
        both = groups.get(one.keep, set())
        lost = {(place[0], place[1]) for name in ("moved", "doubled") for place in one.before[name]}
        merged |= both
        groups[one.keep], groups[one.lose] = both - lost, both & lost
        found.sides[one.id] = (groups[one.keep], groups[one.lose])
    by_key = {
        place for group in groups.values() if len({system for system, _ in group}) > 1 for place in group
    }
    found.by_key, found.by_likeness = _count(by_key), _count(merged - by_key)
    return found


def _groups(connection: Connection, entity: str) -> dict[str, set[Place]]:
    """The records that are there, by the golden record they belong to."""
    found: dict[str, set[Place]] = {}
    there = (
        select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id).where(
            t.link.c.entity == entity, t.link.c.gone.is_(False)
        ),
        select(t.doublet.c.golden_id, t.doublet.c.system, t.doublet.c.external_id).where(
            t.doublet.c.entity == entity
        ),
    )
    for query in there:
        for golden_id, system, id in connection.execute(query):
            found.setdefault(golden_id, set()).add((system, id))
    return found


def _created(connection: Connection, entity: str) -> set[Place]:
    """Records the hub made: it wrote where nothing had been, or found again what it had made."""
    lines = t.journal.c
    made = (lines.kind.in_(history.WRITTEN) & (lines.before == "{}")) | (
        (lines.kind == "linked") & (lines.after != "{}")
    )
    query = select(lines.system, lines.external_id).where(lines.entity == entity, lines.cause == HUB, made)
    return {(row[0], row[1]) for row in connection.execute(query)}


def _count(places: Iterable[Place]) -> Counter[str]:
    return Counter(system for system, _ in places)
