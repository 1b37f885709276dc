"""What is set aside for a person, and the keys that records held there lay claim to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from hub.mapping import EntityMapping
from hub.model import Golden, Review
from hub.ports import Receipt, Rejected
from hub.store import outbox, saving, worlds
from hub.store import tables as t
from hub.world import World

HELD = ("duplicate", "ambiguous", "parked")
"""Kinds that may become clear without an edit of the record itself."""


def reject(connection: Connection, entity: str, system: str, rows: Sequence[Rejected], at: str) -> set[str]:
    """Rows that are no records. Returns what they are kept under."""
    found = [
        Review(entity, system, row.id or row.where, "rejected", row.reason, row.todo, place=row.where)
        for row in rows
    ]
    saving.put_reviews(connection, found, at)
    return {review.external_id for review in found}


def clear_rejected(connection: Connection, entity: str, system: str, still: set[str], at: str) -> None:
    """After a whole listing: rows that are no longer rejected are no longer anyone's concern.

    What was refused there meanwhile, for nobody could say which row it was meant for, is tried again.
    """
    rows = connection.execute(
        select(t.review.c.id, t.review.c.external_id).where(
            t.review.c.entity == entity, t.review.c.system == system, t.review.c.kind == "rejected"
        )
    )
    gone = {row.id: row.external_id for row in rows if row.external_id not in still}
    for part in worlds.chunks(gone):
        connection.execute(delete(t.review).where(t.review.c.id.in_(part)))
        outbox.revive(connection, entity, system, [gone[id] for id in part], at)


def held(connection: Connection, entity: str, system: str, limit: int) -> list[str]:
    """Records that wait for something outside themselves."""
    return list(
        connection.scalars(
            select(t.review.c.external_id)
            .distinct()
            .where(t.review.c.entity == entity, t.review.c.system == system, t.review.c.kind.in_(HELD))
            .limit(limit)
        )
    )


def forget(connection: Connection, entity: str, system: str, ids: Iterable[str]) -> None:
    """These records are gone, and what was set aside of them with them."""
    for part in worlds.chunks(ids):
        for table in (t.review, t.held_key):
            connection.execute(
                delete(table).where(
                    table.c.entity == entity, table.c.system == system, table.c.external_id.in_(part)
                )
            )


def blocked(connection: Connection, world: World, goldens: Sequence[Golden]) -> set[tuple[str, str]]:
    """(golden id, system) where a held record claims the golden record's key: creating would double it."""
    entity = world.mapping.entity
    if (
        connection.execute(select(t.held_key.c.key).where(t.held_key.c.entity == entity).limit(1)).first()
        is None
    ):
        return set()
    owners: dict[tuple[int, str], list[str]] = {}
    for golden in goldens:
        for key in world.rekeyed.get(golden.id, ()):
            owners.setdefault(key, []).append(golden.id)
    found: set[tuple[str, str]] = set()
    for part in worlds.chunks({key for _, key in owners}):
        rows = connection.execute(
            select(t.held_key.c.rule, t.held_key.c.key, t.held_key.c.system).where(
                t.held_key.c.entity == entity, t.held_key.c.key.in_(part)
            )
        )
        for row in rows:
            found.update((golden_id, row.system) for golden_id in owners.get((row.rule, row.key), ()))
    return found


def note_shared(connection: Connection, world: World, system: str, at: str) -> None:
    """Golden records that came to share a key through an edit: said, never merged by the machine."""
    found = []
    for (rule, _), owners in worlds.shared_keys(connection, world):
        fields = " and ".join(world.mapping.match[rule])
        for golden_id in owners:
            link = world.links_of.get(golden_id, {}).get(system)
            if link is not None:
                found.append(
                    Review(
                        world.mapping.entity, system, link.external_id, "shared",
                        f"{len(owners)} different records now have the same {fields}",
                        "correct it where it is wrong", candidates=tuple(owners),
                    )
                )  # fmt: skip
    saving.put_reviews(connection, found, at)


def take_receipts(
    connection: Connection, mapping: EntityMapping, system: str, receipts: Sequence[Receipt], at: str
) -> None:
    """Answers to what was sent: a refusal becomes a dead letter, an acceptance waits to be seen in a pull."""
    for receipt in receipts:
        if receipt.accepted:
            continue
        rows = outbox.sent(connection, mapping.entity, system, [receipt.receipt])
        world = World(mapping, str)
        worlds.fill_goldens(connection, world, [row.golden_id for row in rows])
        refused = []
        for row in rows:
            link = world.links_of.get(row.golden_id, {}).get(system)
            if receipt.ids and (link is None or link.external_id not in receipt.ids):
                continue
            row.state, row.reason = "dead", receipt.reason
            row.todo = f"correct it in {system} or in the record; it is sent again when either changes"
            refused.append(row)
            if link is not None:
                link.echoes.clear()
                link.changed = True
        outbox.update_rows(connection, refused, at)
        saving.save(connection, world, 0, at)
