"""The outbox's rows: which systems are owed something, and how far each delivery is.

A row is a mark, not a message: what to write is computed from the golden record and the link when it is
delivered, so a mark can never be stale. `payload` is the intent noted right before a call, for looking first
after a crash, and for showing a dead letter.

A refused row is `dead` until it is tried again, and `discarded` once a person said that it shall not be; both
remember what was refused, so that a write which differs from it is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, select, update

from hub.store import tables as t
from hub.store.repository import among, dumps, loads, upsert
from hub.store.worlds import chunks

_LETTER: Final = "__letter__"
"""What the payload holds beside native values: see `Mail.tried` to `Mail.unfit`."""


@dataclass(slots=True)
class Mail:
    """One row of the outbox.

    `tried`: how often just this was refused. `passing`: for a reason outside the record, which may pass.
    `doubtful`: it gave up without knowing whether the write was applied. `unfit`: agreed values that no
    native value of that system can say, by canonical field. `due_at` of a refused row: its last try.
    """

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
    due_at: str = ""
    tried: int = 0
    passing: bool = False
    doubtful: bool = False
    unfit: dict[str, Any] = dataclass_field(default_factory=dict)

    def intend(self, values: dict[str, Any]) -> None:
        """Note that these are about to be written; another write has not been refused yet."""
        if self.payload != values:
            self.tried = 0
        self.state, self.payload = "sending", values

    def refuse(self, reason: str, field: str | None, todo: str, passing: bool = False) -> None:
        """Set it aside: what is owed was refused."""
        self.state, self.reason, self.field, self.todo = "dead", reason, field, todo
        self.tried, self.passing, self.doubtful = self.tried + 1, passing, False

    def revive(self) -> None:
        """Have it tried again; what may have been applied is looked up before."""
        self.state = "sending" if self.doubtful else "due"
        self.attempts, self.reason, self.field, self.todo = 0, None, None, None

    def was_refused(self, values: Mapping[str, Any], unfit: Mapping[str, Any]) -> bool:
        """Whether just this was refused: the same native values, and the same values that do not fit."""
        return self.payload == values and self.unfit == unfit

    def stored(self) -> str | None:
        """The payload, and what is to be remembered beside it, as the table keeps it."""
        letter = {
            "tried": self.tried,
            "passing": self.passing,
            "doubtful": self.doubtful,
            "unfit": self.unfit,
        }
        beside = {name: value for name, value in letter.items() if value}
        if not beside:
            return dumps(self.payload) if self.payload is not None else None
        return dumps({**(self.payload or {}), _LETTER: beside})


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
    """Rows to deliver now, oldest first, above `after`; those a stop left in mid-call among them."""
    rows = connection.execute(
        select(t.outbox)
        .where(
            t.outbox.c.entity == entity,
            t.outbox.c.system == system,
            t.outbox.c.id > after,
            t.outbox.c.state.in_(("due", "sending")),
            t.outbox.c.due_at <= at,
        )
        .order_by(t.outbox.c.id)
        .limit(limit)
    )
    return [_mail(row) for row in rows]


def in_doubt(connection: Connection, entity: str, system: str) -> list[Mail]:
    """Rows that a stop or a lost reply left in mid-call."""
    query = select(t.outbox).where(
        t.outbox.c.entity == entity, t.outbox.c.system == system, t.outbox.c.state == "sending"
    )
    return [_mail(row) for row in connection.execute(query.order_by(t.outbox.c.id))]


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
         "payload": mail.stored(), "receipt": mail.receipt, "reason": mail.reason,
         "field": mail.field, "todo": mail.todo, "due_at": due_at}
        for mail in rows
    ]  # fmt: skip
    if found:
        connection.execute(update(t.outbox).where(t.outbox.c.id == bindparam("of")), found)


def hurry(connection: Connection, at: str) -> None:
    """Make every write that waits for its next try due now."""
    waiting = t.outbox.c.state.in_(("due", "sending")) & (t.outbox.c.due_at > at)
    connection.execute(update(t.outbox).where(waiting).values(due_at=at))


def revive(
    connection: Connection, entity: str, system: str, ids: Sequence[str], at: str, patience: int | None = None
) -> None:
    """Have refused writes to these records of a system tried again; not those refused `patience` times."""
    of_these = select(t.link.c.golden_id).where(
        t.link.c.entity == entity, t.link.c.system == system, among(connection, t.link.c.external_id, ids)
    )
    where = (t.outbox.c.entity == entity) & (t.outbox.c.system == system) & t.outbox.c.golden_id.in_(of_these)
    _revive(connection, where, at, wanted=lambda mail: patience is None or mail.tried < patience)


def revive_goldens(connection: Connection, ids: Iterable[str], at: str) -> None:
    """Have refused writes of these agreed records tried again, in every system."""
    for part in chunks(ids):
        _revive(connection, among(connection, t.outbox.c.golden_id, part), at)


def revive_passing(
    connection: Connection, entity: str, systems: Sequence[str], tried_before: str, patience: int, at: str
) -> None:
    """Have writes tried again that were refused for what may pass, and were last tried before a time."""
    where = (
        (t.outbox.c.entity == entity) & t.outbox.c.system.in_(systems) & (t.outbox.c.due_at < tried_before)
    )
    _revive(connection, where, at, wanted=lambda mail: mail.passing and mail.tried < patience)


def any_refused(connection: Connection, entity: str, tried_before: str) -> bool:
    """Whether there is a refused write that was last tried before a time."""
    where = (t.outbox.c.entity == entity) & (t.outbox.c.state == "dead") & (t.outbox.c.due_at < tried_before)
    return connection.execute(select(t.outbox.c.id).where(where).limit(1)).first() is not None


def revive_all(connection: Connection, entity: str, written: Sequence[str], at: str) -> None:
    """The mapping of an entity changed: have every refused or discarded write to these systems tried again.

    To the others nothing is written any more: what waits for them waits for nobody, and is not forgotten.
    """
    _revive(
        connection, (t.outbox.c.entity == entity) & t.outbox.c.system.in_(written), at, ("dead", "discarded")
    )
    connection.execute(
        update(t.outbox)
        .where(
            t.outbox.c.entity == entity,
            t.outbox.c.system.not_in(written),
            t.outbox.c.state.in_(("due", "dead")),
        )
        .values(state="discarded", todo="the mapping no longer writes to this system")
    )


def _revive(
    connection: Connection,
    where: ColumnElement[bool],
    at: str,
    states: Sequence[str] = ("dead",),
    wanted: Callable[[Mail], bool] = lambda mail: True,
) -> None:
    rows = connection.execute(select(t.outbox).where(where, t.outbox.c.state.in_(states))).all()
    mails = [mail for mail in map(_mail, rows) if wanted(mail)]
    for mail in mails:
        mail.revive()
    update_rows(connection, mails, at)


def refused(connection: Connection, entity: str, system: str, ids: Sequence[str]) -> set[str]:
    """The agreed records of these records of a system that it refuses to change, or shall not be asked to."""
    found: set[str] = set()
    for part in chunks(ids):
        found |= set(
            connection.scalars(
                select(t.outbox.c.golden_id)
                .join(
                    t.link,
                    (t.link.c.golden_id == t.outbox.c.golden_id) & (t.link.c.system == t.outbox.c.system),
                )
                .where(
                    t.outbox.c.entity == entity,
                    t.outbox.c.system == system,
                    t.outbox.c.state.in_(("dead", "discarded")),
                    among(connection, t.link.c.external_id, part),
                )
            )
        )
    return found


def by_id(connection: Connection, ids: Iterable[int]) -> list[Mail]:
    """These rows, oldest first."""
    rows = connection.execute(select(t.outbox).where(t.outbox.c.id.in_(list(ids))).order_by(t.outbox.c.id))
    return [_mail(row) for row in rows]


def remove(connection: Connection, ids: Iterable[int]) -> None:
    for part in chunks(ids):
        connection.execute(delete(t.outbox).where(among(connection, t.outbox.c.id, part)))


def counts(connection: Connection) -> dict[str, int]:
    """Rows by state."""
    rows = connection.execute(select(t.outbox.c.state, func.count()).group_by(t.outbox.c.state))
    return {row[0]: row[1] for row in rows}


def creations_unlooked(connection: Connection, entity: str, system: str, now: str) -> bool:
    """Whether something is to be created in a system that was last read before it came to be known.

    What came to be known after `now` did so before this machine's clock was set back, and does not count.
    """
    linked = exists().where(t.link.c.golden_id == t.outbox.c.golden_id, t.link.c.system == system)
    query = (
        select(t.outbox.c.id)
        .join(t.golden, t.golden.c.id == t.outbox.c.golden_id)
        .outerjoin(
            t.cursor, (t.cursor.c.entity == t.outbox.c.entity) & (t.cursor.c.system == t.outbox.c.system)
        )
        .where(
            t.outbox.c.entity == entity,
            t.outbox.c.system == system,
            t.outbox.c.state == "due",
            t.golden.c.created_at > func.coalesce(t.cursor.c.pulled_at, ""),
            t.golden.c.created_at <= now,
            ~linked,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def reserved_ids(connection: Connection, entity: str, system: str) -> set[str]:
    """Ids promised to records that are being created."""
    rows = connection.scalars(
        select(t.outbox.c.new_id).where(
            t.outbox.c.entity == entity, t.outbox.c.system == system, t.outbox.c.new_id.is_not(None)
        )
    )
    return {row for row in rows if row is not None}


def opened(payload: str | None) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """A stored payload: the native values, and what is remembered beside them."""
    values = loads(payload) if payload else None
    beside: dict[str, Any] = values.pop(_LETTER, {}) if values else {}
    return values, beside


def _mail(row: Any) -> Mail:
    values, beside = opened(row.payload)
    return Mail(
        row.id, row.entity, row.system, row.golden_id, row.state, row.attempts, values, row.new_id,
        row.receipt, row.reason, row.field, row.todo, row.due_at, **beside,
    )  # fmt: skip


__all__ = [
    "Mail", "any_refused", "by_id", "counts", "creations_unlooked", "due", "hurry", "mark_due",
    "of_goldens", "opened", "refused", "remove", "reserved_ids", "revive", "revive_all",
    "revive_goldens", "revive_passing", "sent", "update_rows",
]  # fmt: skip
