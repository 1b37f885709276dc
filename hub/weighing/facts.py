"""What the store knows of golden records that are compared: where they are, their keys, how they are shown.

Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from hub.mapping import EntityMapping
from hub.matching import are_sites
from hub.store import history, likenesses, worlds
from hub.store import tables as t
from hub.store.likenesses import DIFFERENT, pair_of
from hub.store.repository import among, loads
from hub.weighing.findings import Shown

MOST_SHARING = 100_000
"""Records with a key in common that are looked at."""

FEW = 12
"""So many records with one key are looked at two by two."""


def changed(connection: Connection, entity: str, position: int, gone: bool = False) -> list[str]:
    """The golden records that the journal speaks of since this line; `gone`: those too that are none now."""
    lines = t.journal.c
    kinds = (*history.AGREED, "created", *(("dissolved",) if gone else ()))
    query = (
        select(lines.golden_id)
        .distinct()
        .where(lines.id > position, lines.entity == entity, lines.kind.in_(kinds))
    )
    return sorted(connection.scalars(query))


def sharing(
    connection: Connection, mapping: EntityMapping, ids: Sequence[str] | None
) -> dict[tuple[str, str], list[str]]:
    """Pairs that have an exact key in common, and are not sites of one company: the fields of the key.

    Where many share one, each is paired with the first of them only: a value that stands everywhere tells
    nobody apart, and need not be asked about a million times.
    """
    found: dict[tuple[str, str], list[str]] = {}
    wanted = set(ids) if ids is not None else None
    for rule, owners in _owners(connection, mapping.entity, ids):
        for pair in _paired(owners, wanted):
            fields = found.setdefault(pair, [])
            fields += [name for name in mapping.match[rule] if name not in fields]
    said = values(connection, {id for pair in found for id in pair})
    return {
        pair: fields
        for pair, fields in found.items()
        if not are_sites(mapping, (said[pair[0]], said[pair[1]]))
    }


def _owners(
    connection: Connection, entity: str, ids: Sequence[str] | None
) -> Iterator[tuple[int, list[str]]]:
    """The golden records of every key that several have; `ids`: of those keys that one of these has."""
    key = t.match_key.c
    shared = (
        select(key.rule, key.key)
        .where(key.entity == entity)
        .group_by(key.rule, key.key)
        .having(func.count() > 1)
        .subquery()
    )
    query = (
        select(key.rule, key.key, key.golden_id)
        .join(shared, (key.rule == shared.c.rule) & (key.key == shared.c.key))
        .where(key.entity == entity)
    )
    if ids is not None:
        query = select(key.rule, key.key, key.golden_id).where(
            key.entity == entity,
            tuple_(key.rule, key.key).in_(
                select(key.rule, key.key).where(key.entity == entity, among(connection, key.golden_id, ids))
            ),
        )
    rows = connection.execute(query.order_by(key.rule, key.key, key.golden_id).limit(MOST_SHARING))
    for (rule, _), owners in groupby(rows, key=lambda row: (row.rule, row.key)):
        yield rule, [row.golden_id for row in owners]


def _paired(owners: Sequence[str], wanted: Set[str] | None) -> Iterator[tuple[str, str]]:
    """The pairs of these to be looked at; `wanted`: with one of them."""
    for place, one in enumerate(owners):
        for other in owners[place + 1 :]:
            if wanted is None or one in wanted or other in wanted:
                yield pair_of(one, other)
        if len(owners) > FEW:
            return


def systems(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """The systems in which each has a record that is there."""
    found: dict[str, set[str]] = {}
    for part in worlds.chunks(ids):
        rows = connection.execute(
            select(t.link.c.golden_id, t.link.c.system).where(
                among(connection, t.link.c.golden_id, part), t.link.c.gone.is_(False)
            )
        )
        for golden_id, system in rows:
            found.setdefault(golden_id, set()).add(system)
    return found


def different(connection: Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    """The pairs with one of these of which a person said that they are two."""
    return {one.pair for one in likenesses.of_goldens(connection, ids, DIFFERENT)}


def values(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The agreed values of these."""
    found: dict[str, dict[str, Any]] = {}
    for part in worlds.chunks(ids):
        rows = connection.execute(
            select(t.golden.c.id, t.golden.c.data).where(among(connection, t.golden.c.id, part))
        )
        found.update((row.id, loads(row.data)) for row in rows)
    return found


def shown(connection: Connection, mapping: EntityMapping, ids: Iterable[str]) -> dict[str, Shown]:
    """Golden records as a report shows them."""
    wanted = sorted(set(ids))
    places: dict[str, dict[str, str]] = {}
    for part in worlds.chunks(wanted):
        rows = connection.execute(
            select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id).where(
                among(connection, t.link.c.golden_id, part), t.link.c.gone.is_(False)
            )
        )
        for golden_id, system, external_id in rows:
            places.setdefault(golden_id, {})[system] = external_id
    found: dict[str, Shown] = {}
    for id, said in values(connection, wanted).items():
        texts = {
            name: definition.type.show(said[name])
            for name, definition in mapping.fields.items()
            if said.get(name) not in (None, "", [])
        }
        title = next((texts[name] for name in ("name", "number", "title") if name in texts), id[:8])
        found[id] = Shown(id, title, texts, places.get(id, {}))
    return found
