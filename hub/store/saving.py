"""Writing back what the planner decided about a world. The caller's transaction makes it one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from hub.mapping import EntityMapping
from hub.matching import keys_of
from hub.model import Golden, Review
from hub.store import claims, numbers, outbox
from hub.store import tables as t
from hub.store.repository import among, bulk_insert, dumps, upsert
from hub.store.worlds import DIRTY, NEW, chunks
from hub.world import World


def save(connection: Connection, world: World, run: int, at: str) -> None:
    """Write everything the planner changed. The caller's transaction makes it one."""
    said = _save_goldens(connection, world, at)
    numbers.save(connection, world)
    _save_links(connection, world)
    _save_conflicts(connection, world, at)
    _save_reviews(connection, world, at)
    bulk_insert(
        connection,
        t.journal,
        [
            (at, run, entry.entity, entry.golden_id, entry.system, entry.external_id, entry.kind, entry.cause,
             dumps(entry.before), said.get(id(entry.after)) or dumps(entry.after))
            for entry in world.journal
        ],
        skip=1,
    )  # fmt: skip


def _save_goldens(connection: Connection, world: World, at: str) -> dict[int, str]:
    """Returns the values of new records as JSON, by the identity of the values: the journal says them too.

    What was refused of a record that changed is tried again: it may have been wrong together with the rest.
    """
    said_anew: list[str] = []
    said: dict[int, str] = {}
    fresh: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    keys: list[tuple[Any, ...]] = []
    unkeyed: list[str] = []
    for golden in world.changed_goldens():
        data, origins = dumps(golden.values), dumps(golden.origins)
        if golden.new:
            said[id(golden.values)] = data
            fresh.append((golden.id, golden.entity, data, origins, golden.created_at, _dirt(world, golden)))
        else:
            if golden.changed:
                said_anew.append(golden.id)
            changed.append({"data": data, "origins": origins, "dirty": _dirt(world, golden), "of": golden.id})
        if golden.new or (golden.changed and golden.id in world.rekeyed):
            if not golden.new:
                unkeyed.append(golden.id)
            keys += [(golden.entity, rule, key, golden.id) for rule, key in world.rekeyed[golden.id]]
    bulk_insert(connection, t.golden, fresh)
    outbox.revive_goldens(connection, said_anew, at)
    if changed:
        connection.execute(update(t.golden).where(t.golden.c.id == bindparam("of")), changed)
    for part in chunks(unkeyed):
        connection.execute(delete(t.match_key).where(among(connection, t.match_key.c.golden_id, part)))
    bulk_insert(connection, t.match_key, keys)
    return said


def save_keys(connection: Connection, goldens: Iterable[Golden], mapping: EntityMapping) -> None:
    """The match keys of these golden records, which have none."""
    keys = [
        (golden.entity, rule, key, golden.id)
        for golden in goldens
        for rule, key in keys_of(mapping, golden.values)
    ]
    bulk_insert(connection, t.match_key, keys)


def _save_links(connection: Connection, world: World) -> None:
    fresh: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    doubles: list[dict[str, Any]] = []
    for entity, system, external_id in world.dropped:
        for table in (t.link, t.doublet):
            connection.execute(delete(table).filter_by(entity=entity, system=system, external_id=external_id))
    for link in world.changed_links():
        if link.removed:
            if not link.new:
                key = {"entity": link.entity, "system": link.system, "external_id": link.external_id}
                connection.execute(delete(t.doublet if link.double else t.link).filter_by(**key))
            continue
        notes = link.notes()
        said = dumps(notes) if notes else None
        if link.double:
            doubles.append(
                {
                    "entity": link.entity, "system": link.system, "external_id": link.external_id,
                    "golden_id": link.golden_id, "base": dumps(link.base), "version": link.version,
                    "notes": said,
                }
            )  # fmt: skip
        elif link.new:
            fresh.append((link.entity, link.system, link.external_id, link.golden_id, dumps(link.base),
                          link.version, said, link.gone, link.unconfirmed))  # fmt: skip
        else:
            changed.append(
                {
                    "golden_id": link.golden_id, "base": dumps(link.base), "version": link.version,
                    "notes": said, "gone": link.gone, "unconfirmed": link.unconfirmed,
                    "of_entity": link.entity, "of_system": link.system, "of_external_id": link.external_id,
                }
            )  # fmt: skip
    found_by = ("entity", "system", "external_id")
    upsert(connection, t.doublet, doubles, found_by, ("golden_id", "base", "version", "notes"))
    # A record that moves to another golden record makes room for one that is linked to it now.
    if changed:
        connection.execute(
            update(t.link).where(
                t.link.c.entity == bindparam("of_entity"),
                t.link.c.system == bindparam("of_system"),
                t.link.c.external_id == bindparam("of_external_id"),
            ),
            changed,
        )
    bulk_insert(connection, t.link, fresh)


def _save_conflicts(connection: Connection, world: World, at: str) -> None:
    for conflict in world.opened.values():
        candidates = dumps([[c.system, c.value, c.at] for c in conflict.candidates])
        if conflict.id is not None:
            connection.execute(
                update(t.conflict).where(t.conflict.c.id == conflict.id).values(candidates=candidates)
            )
        else:
            connection.execute(
                insert(t.conflict).values(
                    entity=conflict.entity, golden_id=conflict.golden_id, field=conflict.field,
                    candidates=candidates, opened_at=at,
                )
            )  # fmt: skip
    for conflict in world.closed.values():
        if conflict.id is not None:
            value = world.goldens[conflict.golden_id].values.get(conflict.field)
            connection.execute(
                update(t.conflict)
                .where(t.conflict.c.id == conflict.id)
                .values(closed_at=at, resolution=dumps(value))
            )


def _save_reviews(connection: Connection, world: World, at: str) -> None:
    for entity, system, external_id, what in world.settled_reviews:
        where = [t.review.c.entity == entity, t.review.c.system == system,
                 t.review.c.external_id == external_id]  # fmt: skip
        if what == "field":
            where.append(t.review.c.field != "")
        else:
            claims.let_go(connection, entity, system, [external_id])
            connection.execute(
                delete(t.held_key).filter_by(entity=entity, system=system, external_id=external_id)
            )
        connection.execute(delete(t.review).where(*where))
    reviews = {(r.external_id, r.kind, r.field): r for r in world.reviews}
    put_reviews(connection, reviews.values(), at)
    upsert(
        connection,
        t.held_key,
        (
            {"entity": r.entity, "system": r.system, "external_id": r.external_id, "rule": rule, "key": key}
            for r in reviews.values()
            for rule, key in r.keys
        ),
        ("entity", "rule", "key", "system", "external_id"),
        (),
    )


def put_reviews(connection: Connection, reviews: Iterable[Review], at: str) -> None:
    """Set aside for a person; what is already there keeps its date."""
    rows = [
        {
            "entity": r.entity, "system": r.system, "external_id": r.external_id, "kind": r.kind,
            "field": r.field, "reason": r.reason, "todo": r.todo, "place": r.place,
            "candidates": dumps(r.candidates), "since": at,
        }
        for r in reviews
    ]  # fmt: skip
    upsert(
        connection, t.review, rows, ("entity", "system", "external_id", "kind", "field"),
        ("reason", "todo", "place", "candidates"),
    )  # fmt: skip


def _dirt(world: World, golden: Golden) -> int:
    if golden.dirty:
        return DIRTY
    return NEW if golden.new and not world.alone else 0
