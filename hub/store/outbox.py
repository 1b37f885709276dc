"""The outbox's rows: which systems are owed something, and how far each delivery is.

A row is a mark, not a message: what to write is computed from the golden record and the link when it is
delivered, so a mark can never be stale. `payload` is the intent noted right before a call, for looking first
after a crash, and for showing a dead letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from hub.store import tables as t
from hub.store.repository import among, dumps, loads, upsert
from hub.store.worlds import chunks


@dataclass(slots=True)
class Mail:
    """One row of the outbox."""

    id: int
    entity: str
    system: str
    golden_id: str
    state: str
    attempts: int
    payload: dict[str, Any] | None = None
    new_id: str | None = None
    receipt: str | None = None
    reason: str | None = None
    field: str | None = None
    todo: str | None = None


def mark_due(connection: Connection, entity: str, owed: Iterable[tuple[str, str]], at: str) -> None:
    """Note that (golden id, system) are owed something; those already noted keep their state."""
    rows = [
        {"entity": entity, "system": system, "golden_id": golden_id, "state": "due", "due_at": at,
         "attempts": 0, "since": at}
        for golden_id, system in owed
    ]  # fmt: skip
    upsert(connection, t.outbox, rows, ("golden_id", "system"), ())


def of_goldens(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, str], Mail]:
    """The rows of these golden records, by (golden id, system)."""
    found: dict[tuple[str, str], Mail] = {}
    for part in chunks(ids):
        for row in connection.execute(select(t.outbox).where(among(connection, t.outbox.c.golden_id, part))):
            found[(row.golden_id, row.system)] = _mail(row)
    return found


def due(connection: Connection, entity: str, system: str, at: str, after: int, limit: int) -> list[Mail]:
    """Rows to deliver now, oldest first, above `after`; those a crash left in mid-call come again."""
    rows = connection.execute(
        select(t.outbox)
        .where(
            t.outbox.c.entity == entity,
            t.outbox.c.system == system,
            t.outbox.c.id > after,
            or_(t.outbox.c.state == "sending", (t.outbox.c.state == "due") & (t.outbox.c.due_at <= at)),
        )
        .order_by(t.outbox.c.id)
        .limit(limit)
    )
    return [_mail(row) for row in rows]


def sent(
    connection: Connection, entity: str, system: str, receipts: Sequence[str] | None = None
) -> list[Mail]:
    """Rows handed over and not confirmed; of these receipts only, if given."""
    where = [t.outbox.c.entity == entity, t.outbox.c.system == system, t.outbox.c.state == "sent"]
    if receipts is not None:
        where.append(among(connection, t.outbox.c.receipt, receipts))
    return [_mail(row) for row in connection.execute(select(t.outbox).where(*where))]


def update_rows(connection: Connection, rows: Iterable[Mail], due_at: str) -> None:
    """Write back the state of these rows."""
    found = [
        {"of": mail.id, "state": mail.state, "attempts": mail.attempts, "new_id": mail.new_id,
         "payload": dumps(mail.payload) if mail.payload is not None else None, "receipt": mail.receipt,
         "reason": mail.reason, "field": mail.field, "todo": mail.todo, "due_at": due_at}
        for mail in rows
    ]  # fmt: skip
    if found:
        connection.execute(update(t.outbox).where(t.outbox.c.id == bindparam("of")), found)


def hurry(connection: Connection, at: str) -> None:
    """Make every write that waits for its next try due now."""
    waiting = (t.outbox.c.state == "due") & (t.outbox.c.due_at > at)
    connection.execute(update(t.outbox).where(waiting).values(due_at=at))


def revive(connection: Connection, entity: str, system: str, ids: Sequence[str], at: str) -> None:
    """Have refused writes to these records of a system tried again."""
    of_these = select(t.link.c.golden_id).where(
        t.link.c.entity == entity, t.link.c.system == system, among(connection, t.link.c.external_id, ids)
    )
    connection.execute(
        update(t.outbox)
        .where(
            t.outbox.c.system == system,
            t.outbox.c.state == "dead",
            t.outbox.c.golden_id.in_(of_these),
        )
        .values(state="due", attempts=0, reason=None, field=None, todo=None, due_at=at)
    )


def revive_all(connection: Connection, entity: str, at: str) -> None:
    """Have every refused write of an entity tried again."""
    refused = (t.outbox.c.entity == entity) & t.outbox.c.state.in_(("dead", "discarded"))
    connection.execute(
        update(t.outbox)
        .where(refused)
        .values(state="due", attempts=0, reason=None, field=None, todo=None, due_at=at)
    )


def remove(connection: Connection, ids: Iterable[int]) -> None:
    for part in chunks(ids):
        connection.execute(delete(t.outbox).where(among(connection, t.outbox.c.id, part)))


def counts(connection: Connection) -> dict[str, int]:
    """Rows by state."""
    rows = connection.execute(select(t.outbox.c.state, func.count()).group_by(t.outbox.c.state))
    return {row[0]: row[1] for row in rows}


def reserved_ids(connection: Connection, entity: str, system: str) -> set[str]:
    """Ids promised to records that are being created."""
    rows = connection.scalars(
        select(t.outbox.c.new_id).where(
            t.outbox.c.entity == entity, t.outbox.c.system == system, t.outbox.c.new_id.is_not(None)
        )
    )
    return {row for row in rows if row is not None}


def _mail(row: Any) -> Mail:
    values: Mapping[str, Any] = row._mapping
    payload = values["payload"]
    return Mail(
        row.id, row.entity, row.system, row.golden_id, row.state, row.attempts,
        loads(payload) if payload else None, row.new_id, row.receipt, row.reason, row.field, row.todo,
    )  # fmt: skip


__all__ = [
    "Mail", "counts", "due", "hurry", "mark_due", "of_goldens", "remove", "reserved_ids", "revive",
    "revive_all", "sent", "update_rows",
]  # fmt: skip
