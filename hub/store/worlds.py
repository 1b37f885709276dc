"""Filling the planner's world from the tables: what is known about some records or golden records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from hub.matching import Key
from hub.model import Candidate, Conflict, Golden, Link
from hub.store import tables as t
from hub.store.repository import among, loads
from hub.world import World

_CHUNK = 900
DIRTY, NEW = 1, 2
_SOME_DIRT = text("golden.dirty > 0")  # as the partial index says it, or SQLite does not use the index


def chunks(items: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """Lists of at most `size`, for statements with many parameters."""
    found = list(items)
    for start in range(0, len(found), size):
        yield found[start : start + size]


def versions(connection: Connection, entity: str, system: str, ids: Sequence[str]) -> dict[str, str | None]:
    """Versions of the linked, present records among these ids."""
    found: dict[str, str | None] = {}
    for part in chunks(ids):
        rows = connection.execute(
            select(t.link.c.external_id, t.link.c.version).where(
                t.link.c.entity == entity,
                t.link.c.system == system,
                among(connection, t.link.c.external_id, part),
                t.link.c.gone.is_(False),
            )
        )
        found.update((row[0], row[1]) for row in rows)
    doubles = doublets(connection, entity, system, ids)
    found |= {one.external_id: one.version for one in doubles if not one.gone}
    return found


def doublets(
    connection: Connection, entity: str, system: str, ids: Sequence[str] | None = None
) -> list[Link]:
    """Those of these records that say the same as another that is linked there; of all, where ``None``."""
    mine = (t.doublet.c.entity == entity, t.doublet.c.system == system)
    if connection.execute(select(t.doublet.c.external_id).where(*mine).limit(1)).first() is None:
        return []
    if ids is None:
        return [_doublet(row) for row in connection.execute(select(t.doublet).where(*mine))]
    return [
        _doublet(row)
        for part in chunks(ids)
        for row in connection.execute(
            select(t.doublet).where(*mine, among(connection, t.doublet.c.external_id, part))
        )
    ]


def linked_ids(connection: Connection, entity: str, system: str, ids: Sequence[str]) -> set[str]:
    """Those of these records that are linked, gone ones too."""
    found: set[str] = set()
    for part in chunks(ids):
        found.update(
            connection.scalars(
                select(t.link.c.external_id).where(
                    t.link.c.entity == entity,
                    t.link.c.system == system,
                    among(connection, t.link.c.external_id, part),
                )
            )
        )
    found.update(one.external_id for one in doublets(connection, entity, system, ids))
    return found


def existing(connection: Connection, entity: str, ids: Sequence[str]) -> set[str]:
    """Those of these ids that a golden record of the entity has."""
    found: set[str] = set()
    for part in chunks(ids):
        found.update(
            connection.scalars(
                select(t.golden.c.id).where(
                    t.golden.c.entity == entity, among(connection, t.golden.c.id, part)
                )
            )
        )
    return found


def links(connection: Connection, entity: str, system: str, ids: Sequence[str]) -> dict[str, Link]:
    """The links of these records that are believed to be there, by record id."""
    found: dict[str, Link] = {}
    for part in chunks(ids):
        rows = connection.execute(
            select(t.link).where(
                t.link.c.entity == entity,
                t.link.c.system == system,
                among(connection, t.link.c.external_id, part),
                t.link.c.gone.is_(False),
            )
        )
        found.update((row.external_id, _link(row)) for row in rows)
    return found


def mark_gone(connection: Connection, entity: str, system: str, external_id: str) -> None:
    """A linked record is no longer in its system."""
    mine = (t.link.c.entity == entity, t.link.c.system == system, t.link.c.external_id == external_id)
    connection.execute(update(t.link).where(*mine).values(gone=True))


def any_record(connection: Connection, entity: str, system: str) -> bool:
    """Whether the hub knows any record of this entity in this system, linked or set aside."""
    return any(
        connection.execute(
            select(table.c.external_id).where(table.c.entity == entity, table.c.system == system).limit(1)
        ).first()
        for table in (t.link, t.review)
    )


def fill_records(connection: Connection, world: World, system: str, ids: Sequence[str]) -> None:
    """Links of these records, their golden records, all other links of those, and what is open about them."""
    entity = world.mapping.entity
    golden_ids = [one.golden_id for one in doublets(connection, entity, system, ids)]
    for part in chunks(ids):
        golden_ids += connection.scalars(
            select(t.link.c.golden_id).where(
                t.link.c.entity == entity,
                t.link.c.system == system,
                among(connection, t.link.c.external_id, part),
            )
        )
        world.reviewed.update(
            (system, external_id)
            for external_id in connection.scalars(
                select(t.review.c.external_id).where(
                    t.review.c.entity == entity,
                    t.review.c.system == system,
                    among(connection, t.review.c.external_id, part),
                )
            )
        )
    fill_goldens(connection, world, golden_ids)


def fill_links(connection: Connection, world: World, ids: Iterable[str]) -> list[str]:
    """These golden records with all their links: enough to say what is owed, not to take anything in.

    Returns those that the world did not have already.
    """
    wanted = [golden_id for golden_id in dict.fromkeys(ids) if golden_id not in world.goldens]
    for part in chunks(wanted):
        for row in connection.execute(
            select(t.golden).where(
                among(connection, t.golden.c.id, part), t.golden.c.entity == world.mapping.entity
            )
        ):
            world.add_golden(_golden(row))
        for row in connection.execute(select(t.link).where(among(connection, t.link.c.golden_id, part))):
            world.add_link(_link(row))
        for row in connection.execute(
            select(t.doublet).where(among(connection, t.doublet.c.golden_id, part))
        ):
            world.add_link(_doublet(row))
    return wanted


def fill_goldens(connection: Connection, world: World, ids: Iterable[str]) -> None:
    """These golden records with all that the planner may need of them: links, match keys, open conflicts."""
    for part in chunks(fill_links(connection, world, ids)):
        for row in connection.execute(
            select(t.match_key.c.golden_id, t.match_key.c.rule, t.match_key.c.key).where(
                among(connection, t.match_key.c.golden_id, part)
            )
        ):
            world.rekeyed[row[0]] = (*world.rekeyed.get(row[0], ()), (row[1], row[2]))
            owners = world.owners.setdefault((row[1], row[2]), [])
            if row[0] not in owners:
                owners.append(row[0])
        for row in connection.execute(
            select(t.conflict).where(
                among(connection, t.conflict.c.golden_id, part), t.conflict.c.closed_at.is_(None)
            )
        ):
            candidates = [Candidate(*candidate) for candidate in loads(row.candidates)]
            world.conflicts[(row.golden_id, row.field)] = Conflict(
                row.golden_id, row.entity, row.field, candidates, row.id
            )


def fill_owners(connection: Connection, world: World, keys: Iterable[Key]) -> None:
    """The golden records that own these match keys."""
    by_rule: dict[int, list[str]] = {}
    for rule, key in keys:
        by_rule.setdefault(rule, []).append(key)
    owners: list[tuple[Key, str]] = []
    for rule, wanted in by_rule.items():
        for part in chunks(dict.fromkeys(wanted)):
            rows = connection.execute(
                select(t.match_key.c.key, t.match_key.c.golden_id).where(
                    t.match_key.c.entity == world.mapping.entity,
                    t.match_key.c.rule == rule,
                    among(connection, t.match_key.c.key, part),
                )
            )
            owners += [((rule, row[0]), row[1]) for row in rows]
    fill_goldens(connection, world, [golden_id for _, golden_id in owners])


def fill_references(
    connection: Connection,
    world: World,
    to_golden: Iterable[tuple[str, str, str]],
    to_external: Iterable[tuple[str, str, str]],
) -> None:
    """Links of other entities: (entity, system, external id) and (entity, system, golden id).

    A record that was handed over and not shown or answered yet can be referred to by nothing: the system may
    take the files in any order, and refuses what points to nobody.
    """
    for (entity, system), wanted in _grouped(to_golden).items():
        for part in chunks(wanted):
            rows = connection.execute(
                select(t.link.c.external_id, t.link.c.golden_id).where(
                    t.link.c.entity == entity,
                    t.link.c.system == system,
                    among(connection, t.link.c.external_id, part),
                )
            )
            for row in rows:
                world.refs.to_golden[(entity, system, row[0])] = row[1]
            for one in doublets(connection, entity, system, part):
                world.refs.to_golden[(entity, system, one.external_id)] = one.golden_id
    for (entity, system), wanted in _grouped(to_external).items():
        for part in chunks(wanted):
            rows = connection.execute(
                select(t.link.c.golden_id, t.link.c.external_id).where(
                    among(connection, t.link.c.golden_id, part),
                    t.link.c.system == system,
                    t.link.c.gone.is_(False),
                    t.link.c.unconfirmed.is_(False),
                )
            )
            for row in rows:
                world.refs.to_external[(entity, system, row[0])] = row[1]


def shared_keys(connection: Connection, world: World) -> list[tuple[Key, list[str]]]:
    """Keys touched by this world that more than one golden record owns now."""
    touched = {key for golden_id, keys in world.rekeyed.items() for key in keys
               if world.goldens[golden_id].changed}  # fmt: skip
    shared: list[tuple[Key, list[str]]] = []
    for rule in {rule for rule, _ in touched}:
        for part in chunks(key for found, key in touched if found == rule):
            where = (t.match_key.c.entity == world.mapping.entity, t.match_key.c.rule == rule,
                     among(connection, t.match_key.c.key, part))  # fmt: skip
            doubled = connection.scalars(
                select(t.match_key.c.key).where(*where).group_by(t.match_key.c.key).having(func.count() > 1)
            ).all()
            for key in doubled:
                owners = connection.scalars(
                    select(t.match_key.c.golden_id)
                    .where(t.match_key.c.entity == world.mapping.entity, t.match_key.c.rule == rule,
                           t.match_key.c.key == key)
                    .order_by(t.match_key.c.golden_id)
                )  # fmt: skip
                shared.append(((rule, key), list(owners)))
    return shared


def _golden(row: Row[Any]) -> Golden:
    origins = {name: (origin[0], origin[1]) for name, origin in loads(row.origins).items()}
    return Golden(row.id, row.entity, loads(row.data), origins, row.created_at, dirty=row.dirty == DIRTY)


def _link(row: Row[Any]) -> Link:
    notes = loads(row.notes) if row.notes else {}
    return Link(
        row.system, row.external_id, row.golden_id, row.entity, loads(row.base), row.version, row.gone,
        unconfirmed=row.unconfirmed, **notes,
    )  # fmt: skip


def _doublet(row: Row[Any]) -> Link:
    notes = loads(row.notes) if row.notes else {}
    base = loads(row.base)
    return Link(
        row.system, row.external_id, row.golden_id, row.entity, base, row.version, double=True, **notes
    )


def _grouped(wanted: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for entity, system, ident in wanted:
        groups.setdefault((entity, system), []).append(ident)
    return groups


def dirty(connection: Connection, entity: str, after: str, limit: int) -> list[str]:
    """Golden records some system may be owed, by id, above `after`."""
    return list(
        connection.scalars(
            select(t.golden.c.id)
            .where(t.golden.c.entity == entity, t.golden.c.dirty == DIRTY, _SOME_DIRT, t.golden.c.id > after)
            .order_by(t.golden.c.id)
            .limit(limit)
        )
    )


def settle_new(connection: Connection, entity: str, systems: Sequence[str], at: str) -> None:
    """Note new golden records as due in every system that has no record of them, all at once.

    Not where a record is held that claims a key, or one is perhaps another: then each is looked at by itself.
    """
    new = (t.golden.c.entity == entity) & (t.golden.c.dirty == NEW) & _SOME_DIRT
    one_by_one = (
        select(t.held_key.c.entity).where(t.held_key.c.entity == entity),
        select(t.likeness.c.entity).where(t.likeness.c.entity == entity, t.likeness.c.verdict == "open"),
        select(t.merger_step.c.entity).where(
            t.merger_step.c.entity == entity, t.merger_step.c.state == "to take back"
        ),
    )
    if any(connection.execute(query.limit(1)).first() is not None for query in one_by_one):
        connection.execute(update(t.golden).where(new).values(dirty=DIRTY))
        return
    columns = ("entity", "system", "golden_id", "state", "due_at", "attempts", "since")
    for system in systems:
        linked = exists().where(t.link.c.golden_id == t.golden.c.id, t.link.c.system == system)
        owed = (
            select(t.golden.c.entity, literal(system), t.golden.c.id, literal("due"), literal(at), literal(0),
                   literal(at))
            .where(new, ~linked)
            .order_by(t.golden.c.id)
        )  # fmt: skip
        connection.execute(insert(t.outbox).from_select(columns, owed))
    connection.execute(update(t.golden).where(new).values(dirty=0))


def clean(connection: Connection, ids: Sequence[str]) -> None:
    """What these golden records owe is noted in the outbox."""
    for part in chunks(ids):
        connection.execute(update(t.golden).where(among(connection, t.golden.c.id, part)).values(dirty=0))


def soil(connection: Connection, ids: Sequence[str]) -> None:
    """Some system may be owed these golden records."""
    for part in chunks(ids):
        connection.execute(update(t.golden).where(among(connection, t.golden.c.id, part)).values(dirty=DIRTY))


def _present(entity: str, system: str) -> tuple[ColumnElement[bool], ...]:
    """What is true of the links of records the hub believes to be in a system."""
    return (
        t.link.c.entity == entity,
        t.link.c.system == system,
        t.link.c.gone.is_(False),
        t.link.c.unconfirmed.is_(False),
    )


def present_ids(connection: Connection, entity: str, system: str) -> set[str]:
    """Linked records the hub believes to be in a system."""
    return set(connection.scalars(select(t.link.c.external_id).where(*_present(entity, system))))


def present_doubles(connection: Connection, entity: str, system: str) -> set[str]:
    """Doubles the hub believes to be in a system."""
    return {one.external_id for one in doublets(connection, entity, system) if not one.gone}


def present_count(connection: Connection, entity: str, system: str, enough: int) -> int:
    """How many they are; counted up to `enough`, since to count all of a large base takes its time."""
    if not enough:
        return 0
    some = select(t.link.c.external_id).where(*_present(entity, system)).limit(enough).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def gone_ids(connection: Connection, entity: str, system: str) -> set[str]:
    """Ids of linked records that a system no longer shows, or not yet: nobody else is given one of them."""
    return set(
        connection.scalars(
            select(t.link.c.external_id).where(
                t.link.c.entity == entity,
                t.link.c.system == system,
                t.link.c.gone.is_(True) | t.link.c.unconfirmed.is_(True),
            )
        )
    )


def ids_after(connection: Connection, entity: str, after: str, limit: int) -> list[str]:
    """Golden records of an entity, by id, above `after`."""
    query = select(t.golden.c.id).where(t.golden.c.entity == entity, t.golden.c.id > after)
    return list(connection.scalars(query.order_by(t.golden.c.id).limit(limit)))


def forget_keys(connection: Connection, entity: str) -> None:
    """All match keys of an entity, to be made anew."""
    connection.execute(delete(t.match_key).where(t.match_key.c.entity == entity))
