"""How far each route has been read, what stopped it, and the log of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hub.store import tables as t
from hub.store.repository import dumps, loads, upsert


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next pull of a route starts. `fingerprint` is that of the mapping it was read with."""

    position: str | None = None
    fingerprint: str | None = None
    pulled_at: str | None = None
    error: str | None = None


def get(connection: Connection, entity: str, system: str) -> Cursor:
    row = connection.execute(
        select(t.cursor).where(t.cursor.c.entity == entity, t.cursor.c.system == system)
    ).first()
    if row is None:
        return Cursor()
    held: dict[str, Any] = loads(row.position) if row.position else {}
    return Cursor(held.get("at"), held.get("mapping"), row.pulled_at, row.error)


def advance(connection: Connection, entity: str, system: str, position: str | None, fingerprint: str) -> None:
    """Where to go on from, in the same transaction as the page that led there."""
    held = dumps({"at": position, "mapping": fingerprint})
    _put(connection, entity, system, position=held)


def succeeded(connection: Connection, entity: str, system: str, at: str) -> None:
    _put(connection, entity, system, pulled_at=at, error=None)


def failed(connection: Connection, entity: str, system: str, error: str) -> None:
    _put(connection, entity, system, error=error)


def forget(connection: Connection, entity: str, system: str) -> None:
    """The next pull starts from the beginning."""
    _put(connection, entity, system, position=None, pulled_at=None)


def begin_run(connection: Connection, kind: str, at: str) -> int:
    result = connection.execute(insert(t.run).values(kind=kind, started_at=at))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def end_run(connection: Connection, run: int, summary: Mapping[str, Any], at: str) -> None:
    connection.execute(update(t.run).where(t.run.c.id == run).values(ended_at=at, summary=dumps(summary)))


def _put(connection: Connection, entity: str, system: str, **values: str | None) -> None:
    upsert(
        connection, t.cursor, [{"entity": entity, "system": system, **values}], ("entity", "system"),
        tuple(values),
    )  # fmt: skip


def rules(connection: Connection, entity: str) -> str | None:
    """The match rules the entity's keys were made by; kept as a route without a system."""
    return connection.scalar(
        select(t.cursor.c.position).where(t.cursor.c.entity == entity, t.cursor.c.system == "")
    )


def set_rules(connection: Connection, entity: str, found: str) -> None:
    _put(connection, entity, "", position=found)
