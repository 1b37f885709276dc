"""What is set aside for a person, and the keys that records held there lay claim to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from hub.mapping import EntityMapping, SystemMapping
from hub.matching import CANDIDATE, Key, are_sites, key_in_words, keys_of, sirets_of
from hub.model import HUB, REASON, Golden, Link, Review
from hub.ports import Receipt, Rejected
from hub.store import claims, likenesses, mergers, outbox, saving, worlds
from hub.store import tables as t
from hub.store.repository import among, loads
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
        connection.execute(delete(t.review).where(among(connection, t.review.c.id, part)))
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
        claims.let_go(connection, entity, system, part)
        for table in (t.review, t.held_key):
            connection.execute(
                delete(table).where(
                    table.c.entity == entity,
                    table.c.system == system,
                    among(connection, table.c.external_id, part),
                )
            )


def blocked(connection: Connection, world: World, goldens: Sequence[Golden]) -> set[tuple[str, str]]:
    """(golden id, system) where a golden record must not be created, for that might double it.

    A record is held there that claims its key; a person is asked whether it is another; the system is about
    to make its record again.
    """
    entity = world.mapping.entity
    asked = likenesses.asked(connection, entity, [golden.id for golden in goldens])
    found = {(golden_id, system) for golden_id in asked for system in world.mapping.systems}
    return found | mergers.coming_back(connection, entity) | _claimed(connection, world, goldens)


def _claimed(connection: Connection, world: World, goldens: Sequence[Golden]) -> set[tuple[str, str]]:
    """Where a held record claims the golden record's key."""
    entity = world.mapping.entity
    if (
        connection.execute(select(t.held_key.c.key).where(t.held_key.c.entity == entity).limit(1)).first()
        is None
    ):
        return set()
    owners: dict[Key, list[Golden]] = {}
    for golden in goldens:
        for key in (*keys_of(world.mapping, golden.values), (CANDIDATE, golden.id)):
            owners.setdefault(key, []).append(golden)
    claims: list[tuple[Golden, int, str, str]] = []
    for part in worlds.chunks({key for _, key in owners}):
        rows = connection.execute(
            select(t.held_key.c.rule, t.held_key.c.key, t.held_key.c.system, t.held_key.c.external_id).where(
                t.held_key.c.entity == entity, among(connection, t.held_key.c.key, part)
            )
        )
        for rule, key, system, id in rows:
            claims += [(golden, rule, system, id) for golden in owners.get((rule, key), ())]
    held = _claimed_by(connection, entity, {id for _, _, _, id in claims})
    return {
        (golden.id, system)
        for golden, rule, system, id in claims
        if rule == CANDIDATE
        or not are_sites(world.mapping, (golden.values, sirets_of(world.mapping, held[system, id])), rule)
    }


def _claimed_by(
    connection: Connection, entity: str, ids: Collection[str]
) -> dict[tuple[str, str], dict[int, str]]:
    """What held records claim: (system, id) → rule → key."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    for part in worlds.chunks(ids):
        rows = connection.execute(
            select(t.held_key.c.system, t.held_key.c.external_id, t.held_key.c.rule, t.held_key.c.key).where(
                t.held_key.c.entity == entity, among(connection, t.held_key.c.external_id, part)
            )
        )
        for system, id, rule, key in rows:
            found.setdefault((system, id), {})[rule] = key
    return found


def note_shared(connection: Connection, world: World, system: str, at: str) -> None:
    """Golden records that came to share a key through an edit: said once, never merged by the machine.

    Not where duplicates are looked for: there the pair is asked about, and its answer ends it for ever.
    """
    if world.mapping.duplicates is not None:
        return
    found = []
    said = {tuple(row.owners) for row in _shared(connection, world.mapping.entity)}
    for (rule, _), owners in worlds.shared_keys(connection, world):
        if tuple(owners) in said:
            continue
        edited = [owner for owner in owners if system in world.links_of.get(owner, {})]
        worlds.fill_goldens(connection, world, owners)
        if are_sites(world.mapping, [world.goldens[owner].values for owner in owners], rule):
            continue
        key = key_in_words(world.mapping, rule, world.goldens[owners[0]].values)
        reason = f"{_titles(world, owners)} now have the same {key}"
        for golden_id in edited:
            id = world.links_of[golden_id][system].external_id
            found.append(
                Review(
                    world.mapping.entity, system, id, "shared", reason,
                    f"correct it where it is wrong: record {id} was edited in {system}",
                    candidates=tuple(owners),
                )
            )  # fmt: skip
    saving.put_reviews(connection, found, at)


def clear_shared(connection: Connection, mapping: EntityMapping) -> None:
    """What is said of golden records is settled that share no key any more, or turned out to be sites, or are
    asked about as duplicates by now."""
    over = [
        row.id
        for row in _shared(connection, mapping.entity)
        if mapping.duplicates is not None or not _still_share(connection, mapping, row)
    ]
    for part in worlds.chunks(over):
        connection.execute(delete(t.review).where(among(connection, t.review.c.id, part)))


def _still_share(connection: Connection, mapping: EntityMapping, row: _SharedKey) -> bool:
    rows = connection.execute(
        select(t.match_key.c.rule, t.match_key.c.key, t.match_key.c.golden_id).where(
            t.match_key.c.entity == mapping.entity, t.match_key.c.golden_id.in_(row.owners)
        )
    ).all()
    own: dict[str, dict[int, str]] = {}
    sharing: dict[tuple[int, str], list[str]] = {}
    for rule, key, golden_id in rows:
        own.setdefault(golden_id, {})[rule] = key
        sharing.setdefault((rule, key), []).append(golden_id)
    return any(
        len(owners) > 1 and not are_sites(mapping, [sirets_of(mapping, own[owner]) for owner in owners], rule)
        for (rule, _), owners in sharing.items()
    )


@dataclass(frozen=True, slots=True)
class _SharedKey:
    """A review about golden records that share a key."""

    id: int
    owners: list[str]


def _shared(connection: Connection, entity: str) -> list[_SharedKey]:
    rows = connection.execute(
        select(t.review.c.id, t.review.c.candidates).where(
            t.review.c.entity == entity, t.review.c.kind == "shared"
        )
    )
    return [_SharedKey(row.id, loads(row.candidates)) for row in rows]


def _titles(world: World, owners: Sequence[str]) -> str:
    titles = [world.goldens[owner].title for owner in owners[:_NAMED]]
    more = len(owners) - len(titles)
    return " and ".join(titles) + (f" and {more} more" if more else "")


_NAMED = 5


def _refuse(row: outbox.Mail, receipt: Receipt, link: Link | None, system: str) -> None:
    """A refused line of an import file: the file's own words, the column they name, and where it stood."""
    place = receipt.places.get(link.external_id) if link is not None else None
    where = f"it was {place}; " if place else ""
    words = set(re.findall(r"\w+", receipt.reason))
    named = (name for name in row.payload or () if name in words)
    todo = f"{where}correct it in {system} or in the record; it is sent again when either changes"
    row.refuse(receipt.reason, next(named, None), todo)


def _forget_handed_over(row: outbox.Mail, link: Link) -> None:
    """What was refused will not show up. A record to be made by it, and by no other file, is none."""
    link.forget_echoes(row.payload or {})
    if link.unconfirmed and not link.echoes:
        link.removed, row.new_id = True, None


def take_receipts(
    connection: Connection,
    mapping: EntityMapping,
    system: SystemMapping,
    receipts: Sequence[Receipt],
    at: str,
) -> None:
    """Answers to what was sent: a refusal becomes a dead letter, an acceptance waits to be seen in a pull.

    Where a system is never read, its acceptance is all there will be: what was handed over is its base. What
    it says beside accepting (a character was spelled otherwise) is in the journal.
    """
    unread = system.direction == "push"
    for receipt in receipts:
        if receipt.accepted and not unread and not receipt.reason:
            continue
        rows = outbox.sent(connection, mapping.entity, system.system, [receipt.receipt])
        if not receipt.accepted and not rows:
            mergers.refused_later(connection, mapping.entity, system.system, receipt.ids, receipt.reason)
        world = World(mapping, str)
        worlds.fill_goldens(connection, world, [row.golden_id for row in rows])
        refused, paid = [], []
        for row in rows:
            link = world.links_of.get(row.golden_id, {}).get(system.system)
            if receipt.ids and (link is None or link.external_id not in receipt.ids):
                continue
            if receipt.accepted:
                if receipt.reason:
                    note = {REASON: receipt.reason}
                    world.note(world.goldens[row.golden_id], "confirmed", HUB, {}, note, link)
                if unread:
                    _confirm(row, link)
                    paid.append(row.id)
            else:
                _refuse(row, receipt, link, system.system)
                refused.append(row)
                if link is not None:
                    _forget_handed_over(row, link)
            if (receipt.accepted and unread) or not system.updates:
                # What was edited while it was on its way was not looked at.
                world.goldens[row.golden_id].dirty = True
        outbox.remove(connection, paid)
        outbox.update_rows(connection, refused, at)
        saving.save(connection, world, 0, at)


def _confirm(row: outbox.Mail, link: Link | None) -> None:
    """What a system that is never read has accepted is what it holds."""
    if link is None:
        return
    payload = row.payload or {}
    link.agree(tuple(payload), payload)
    link.unconfirmed = False
