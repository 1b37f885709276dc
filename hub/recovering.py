"""Catching up with systems that know more than the hub's database: it was restored, lost, or is an old copy.

Recovering is a state of the database (`hub.store.flags`). While it lasts,

- every system is read whole, those that keep our references first, and fresh records are met as
  `hub.relinking` says: by reference, key, or agreement in all that both sides say;
- nothing is created in a system before all of them were read, nor while one of its records cannot be read,
  nor, where a system shows late what it was handed (import files), before it has shown something new;
- a record that may have been handed over already is looked for right before it is created.

It ends, entity by entity, when a whole cycle over all systems came to its end without failure. What was set
aside meanwhile and is met later is still met that way.

It promises: no record is made a second time because the hub forgot the first. It never ends with a system
unread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, select

from hub import agreement, logs
from hub.agreement import Names
from hub.lookthrough import Look
from hub.mapping import EntityMapping, SystemMapping
from hub.ports import Record
from hub.store import cursors, flags
from hub.store import tables as t
from hub.store.repository import loads

if TYPE_CHECKING:
    from hub.engine import Engine

UNSETTLED = ("duplicate", "ambiguous", "parked", "incomplete", "rejected")
"""Kinds of review that keep a record from being linked."""

UNREADABLE = ("incomplete", "rejected")
"""Kinds of review of records that nobody can tell apart: any of them may be the one that is missing."""

LOOKS = 5
"""How often records held back are looked at again at most: each link made may clear others."""


class Older(Exception):
    """A record carries our reference to a golden record that the database does not know."""

    def __init__(self, system: str, record: Record) -> None:
        super().__init__(f"record {record.id} of {system} carries the reference {record.ref}, unknown here")


@dataclass(frozen=True, slots=True)
class Lost:
    """What of an entity is to be met anew: all of it (`whole`), or records set aside: (system, id)."""

    since: str
    whole: bool
    ids: frozenset[tuple[str, str]] = frozenset()

    def concerns(self, system: str, records: Iterable[Record]) -> bool:
        return self.whole or any((system, record.id) in self.ids for record in records)


def lost(connection: Connection, entity: str) -> Lost | None:
    """Whether, and of what, this entity's links were lost."""
    found = {
        row.name: loads(row.value)
        for row in connection.execute(
            select(t.state).where(t.state.c.name.in_((flags.RECOVERING, flags.UNSETTLED)))
        )
    }
    state = found.get(flags.RECOVERING)
    aside = found.get(flags.UNSETTLED, {}).get(entity)
    if state is not None and entity in state["left"]:
        return Lost(state["since"], whole=True)
    if aside is not None:
        return Lost(aside["since"], whole=False, ids=frozenset((system, id) for system, id in aside["ids"]))
    return None


def began(found: Lost | None) -> str | None:
    """Since when all of it is to be met anew; ``None`` where it is not."""
    return found.since if found is not None and found.whole else None


def begin(engine: Engine, why: str) -> None:
    """From now on, nothing counts as known that was not read again."""
    routes = {
        mapping.entity: [name for name in mapping.systems if name in engine.connectors]
        for mapping in engine.mappings
    }
    with engine.store.transaction() as connection:
        flags.begin_recovering(connection, why, engine.clock(), routes)


def begin_because(engine: Engine, found: Older) -> None:
    """The database turned out to be older than the systems."""
    begin(engine, "older")
    logs.get().warning(
        "the hub's database is older than the systems: everything is read again before anything is created",
        reason=str(found), todo="if a newer backup is at hand, `hub restore` it; else this is all it needs",
    )  # fmt: skip


def in_order(engine: Engine, systems: Sequence[SystemMapping]) -> list[SystemMapping]:
    """Those that keep our references first: they say best who is who.

    A log of the hub's own was lost with the database. What can be made in it anew from the others comes after
    them; what it makes anew by itself comes before, for theirs to be met with it.
    """

    def rank(one: SystemMapping) -> int:
        traits = engine.connectors[one.system].traits
        if traits.log:
            return 3 if one.creates else 0
        return 1 if traits.assigns_ids else 2

    return sorted(systems, key=rank)


def names(connection: Connection, mapping: EntityMapping) -> Names:
    """All golden records of an entity, by name."""
    found = Names(mapping)
    rows = connection.execute(
        select(t.golden.c.id, t.golden.c.data).where(t.golden.c.entity == mapping.entity)
    )
    found.take((row.id, loads(row.data)) for row in rows)
    return found


def creations_wait(
    connection: Connection,
    mapping: EntityMapping,
    system: SystemMapping,
    readers: Sequence[SystemMapping],
    confirms: bool,
) -> str:
    """Why nothing is to be created in a system yet, in words; empty where it may be."""
    state = flags.recovering(connection)
    if state is None or mapping.entity not in state.left:
        return ""
    unread = _unread(connection, mapping, readers, state.since)
    if unread:
        return f"the hub is recovering, and {', '.join(unread)} has not been read since"
    position = cursors.get(connection, mapping.entity, system.system).position
    if (
        not confirms
        and system in readers
        and state.first.get(mapping.entity, {}).get(system.system) == position
    ):
        return f"the hub is recovering, and {system.system} may have been handed it and not have shown it yet"
    kinds = t.review.c.kind.in_(UNREADABLE) & (t.review.c.external_id != t.review.c.place)
    rows = connection.execute(
        select(t.review.c.external_id).where(
            t.review.c.entity == mapping.entity, t.review.c.system == system.system, kinds,
            t.review.c.since >= state.since,
        )
    ).all()  # fmt: skip
    if rows:
        shown = ", ".join(row.external_id for row in rows[:3])
        return (
            f"the hub is recovering, and it may be a record of {system.system} that cannot be read ({shown})"
        )
    return ""


def done(
    connection: Connection, mapping: EntityMapping, systems: Iterable[str], readers: Sequence[SystemMapping]
) -> None:
    """A cycle over these systems came to its end; with the last of them, the entity has recovered."""
    state = flags.recovering(connection)
    if state is None or mapping.entity not in state.left:
        return
    if _unread(connection, mapping, readers, state.since):
        return
    over = set(systems)
    state.left[mapping.entity] = [one for one in state.left[mapping.entity] if one not in over]
    if not state.left[mapping.entity]:
        del state.left[mapping.entity]
        _remember_unsettled(connection, mapping.entity, state.since)
    flags.keep_recovering(connection, state)


def looked(connection: Connection, entity: str, system: str) -> None:
    """A whole look at a system that shows late what it was handed: how far the first went is remembered."""
    state = flags.recovering(connection)
    if state is None or entity not in state.left or system in state.first.get(entity, {}):
        return
    state.first.setdefault(entity, {})[system] = cursors.get(connection, entity, system).position
    flags.keep_recovering(connection, state)


def settled(connection: Connection, entity: str, system: str) -> None:
    """After a look at what was set aside in a system: what is no longer set aside needs no more care."""
    aside = flags.get(connection, flags.UNSETTLED)
    if aside is None or entity not in aside:
        return
    still = {(row.system, row.external_id) for row in connection.execute(_unsettled(entity))}
    ids = [pair for pair in aside[entity]["ids"] if pair[0] != system or tuple(pair) in still]
    if len(ids) == len(aside[entity]["ids"]):
        return
    aside[entity]["ids"] = ids
    _put_unsettled(connection, {name: one for name, one in aside.items() if one["ids"]})


def end(connection: Connection) -> None:
    """A person says that it is over."""
    flags.drop(connection, flags.RECOVERING)
    flags.drop(connection, flags.UNSETTLED)


@dataclass(slots=True)
class Gathering:
    """One pull, put so that records of one name are looked at together: each may be taken for the other."""

    mapping: EntityMapping
    system: SystemMapping
    _called: dict[str, str] = field(default_factory=dict)
    _count: Counter[str] = field(default_factory=Counter)

    def counted(self, looks: Iterable[Look]) -> Iterator[Look]:
        """The looks as they come, their names counted."""
        for look in looks:
            for record in look.news:
                name = agreement.name_of(self.mapping, self.system, record)
                if name and record.id not in self._called:
                    self._called[record.id] = name
                    self._count[name] += 1
            yield look

    def together(self, looks: Iterable[Look]) -> Iterator[Look]:
        """The same looks, namesakes all in the last one. Only that one moves the cursor."""
        namesakes: list[Record] = []
        waiting: Look | None = None
        for look in looks:
            if waiting is not None:
                yield replace(waiting, cursor=None)
            namesakes += [record for record in look.news if self._is_doubled(record)]
            waiting = replace(look, news=[one for one in look.news if not self._is_doubled(one)])
        if waiting is not None:
            yield replace(waiting, news=[*waiting.news, *namesakes])

    def _is_doubled(self, record: Record) -> bool:
        return self._count[self._called.get(record.id, "")] > 1


def _unread(
    connection: Connection, mapping: EntityMapping, readers: Sequence[SystemMapping], since: str
) -> list[str]:
    return [
        one.system
        for one in readers
        if (cursors.get(connection, mapping.entity, one.system).pulled_at or "") < since
    ]


def _remember_unsettled(connection: Connection, entity: str, since: str) -> None:
    ids = [[row.system, row.external_id] for row in connection.execute(_unsettled(entity))]
    aside = flags.get(connection, flags.UNSETTLED) or {}
    aside.pop(entity, None)
    _put_unsettled(connection, aside | ({entity: {"since": since, "ids": ids}} if ids else {}))


def _unsettled(entity: str) -> Select[tuple[str, str]]:
    return select(t.review.c.system, t.review.c.external_id).where(
        t.review.c.entity == entity, t.review.c.kind.in_(UNSETTLED)
    )


def _put_unsettled(connection: Connection, aside: object) -> None:
    if aside:
        flags.put(connection, flags.UNSETTLED, aside)
    else:
        flags.drop(connection, flags.UNSETTLED)
