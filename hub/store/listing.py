"""What people ask the store: what is open, what waits, how things stand. Reads only; journal: `history`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from hub.brakes import WHOLE_ENTITY
from hub.model import Candidate
from hub.store import brakes
from hub.store import tables as t
from hub.store.outbox import opened
from hub.store.repository import loads


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One field that waits for a person. `title` is what the record is called."""

    id: int
    entity: str
    golden_id: str
    title: str
    field: str
    candidates: tuple[Candidate, ...]
    opened_at: str
    closed_at: str | None = None


@dataclass(frozen=True, slots=True)
class OpenReview:
    """One record, or field of it, set aside for a person."""

    id: int
    entity: str
    system: str
    external_id: str
    kind: str
    field: str
    reason: str
    todo: str
    place: str
    candidates: tuple[str, ...]
    since: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One write a system refused, waiting for a person or for the record to change.

    `payload` holds the native values that were to be written, `before` what the record was last seen to hold
    in their place; `unfit` agreed values that the system's fields cannot say. `field` is the system's own
    name where the system named it, else the canonical one. `tried`: how often just this was refused, the last
    time at `tried_at`; `since`: when it became due. `passing`: see `hub.ports.Refused`. `discarded`: a person
    said that it shall not be written.
    """

    id: int
    entity: str
    system: str
    golden_id: str
    title: str
    external_id: str | None
    field: str | None
    reason: str
    todo: str
    payload: dict[str, Any]
    since: str
    before: dict[str, Any]
    unfit: dict[str, Any]
    tried: int
    tried_at: str
    passing: bool = False
    discarded: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """How one (entity, system) stands."""

    entity: str
    system: str
    records: int
    pulled_at: str | None
    error: str | None
    brake: str | None
    due: int
    sent: int
    dead: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the hub: a sync, or a person's decision."""

    id: int
    kind: str
    started_at: str
    ended_at: str | None


def runs(connection: Connection, limit: int) -> list[Run]:
    """The last runs, newest first."""
    rows = connection.execute(select(t.run).order_by(t.run.c.id.desc()).limit(limit))
    return [Run(row.id, row.kind, row.started_at, row.ended_at) for row in rows]


def conflicts(connection: Connection, conflict_id: int | None = None) -> list[OpenConflict]:
    """Open conflicts, oldest first; or this one, open or not."""
    query = select(t.conflict, t.golden.c.data).join(t.golden, t.golden.c.id == t.conflict.c.golden_id)
    if conflict_id is None:
        query = query.where(t.conflict.c.closed_at.is_(None))
    else:
        query = query.where(t.conflict.c.id == conflict_id)
    return [
        OpenConflict(
            row.id, row.entity, row.golden_id, _title(row.data, row.golden_id), row.field,
            tuple(Candidate(*candidate) for candidate in loads(row.candidates)), row.opened_at, row.closed_at,
        )
        for row in connection.execute(query.order_by(t.conflict.c.id))
    ]  # fmt: skip


def reviews(connection: Connection, review_id: int | None = None) -> list[OpenReview]:
    """What is set aside, oldest first; or this one."""
    query = select(t.review)
    if review_id is not None:
        query = query.where(t.review.c.id == review_id)
    return [
        OpenReview(
            row.id, row.entity, row.system, row.external_id, row.kind, row.field, row.reason, row.todo,
            row.place, tuple(loads(row.candidates)), row.since,
        )
        for row in connection.execute(query.order_by(t.review.c.id))
    ]  # fmt: skip


def dead_letters(
    connection: Connection,
    ids: Sequence[int] | None = None,
    *,
    states: Sequence[str] = ("dead",),
    entity: str | None = None,
    system: str | None = None,
) -> list[DeadLetter]:
    """Refused writes, oldest first: those that wait, or those in these states, of all or of some places."""
    query = (
        select(t.outbox, t.golden.c.data, t.link.c.external_id, t.link.c.base, t.link.c.notes)
        .join(t.golden, t.golden.c.id == t.outbox.c.golden_id)
        .outerjoin(
            t.link,
            (t.link.c.golden_id == t.outbox.c.golden_id) & (t.link.c.system == t.outbox.c.system),
        )
        .where(t.outbox.c.state.in_(states))
        .order_by(t.outbox.c.id)
    )
    for column, wanted in ((t.outbox.c.entity, entity), (t.outbox.c.system, system)):
        if wanted is not None:
            query = query.where(column == wanted)
    if ids is not None:
        query = query.where(t.outbox.c.id.in_(list(ids)))
    return [_dead_letter(row) for row in connection.execute(query)]


def _dead_letter(row: Row[Any]) -> DeadLetter:
    payload, beside = opened(row.payload)
    held = {**loads(row.base), **(loads(row.notes) if row.notes else {}).get("seen", {})} if row.base else {}
    return DeadLetter(
        row.id, row.entity, row.system, row.golden_id, _title(row.data, row.golden_id), row.external_id,
        row.field, row.reason or "", row.todo or "", payload or {}, row.since,
        {name: held.get(name) for name in payload or {}} if row.external_id else {},
        beside.get("unfit", {}), beside.get("tried", 0), row.due_at, beside.get("passing", False),
        row.state == "discarded",
    )  # fmt: skip


def routes(connection: Connection) -> list[Route]:
    """Every (entity, system) that was ever read or written, and how it stands."""
    there = select(t.link.c.entity, t.link.c.system, func.count()).where(t.link.c.gone.is_(False))
    linked = _counted(connection, there.group_by(t.link.c.entity, t.link.c.system))
    states: dict[tuple[str, str], dict[str, int]] = {}
    for row in connection.execute(
        select(t.outbox.c.entity, t.outbox.c.system, t.outbox.c.state, func.count()).group_by(
            t.outbox.c.entity, t.outbox.c.system, t.outbox.c.state
        )
    ):
        states.setdefault((row[0], row[1]), {})[row[2]] = row[3]
    cursors = {
        (row.entity, row.system): row
        for row in connection.execute(select(t.cursor).where(t.cursor.c.system != ""))
    }
    held = brakes.held(connection)
    known = {*linked, *states, *cursors, *((one.entity, one.system) for one in held if one.system)}
    found = []
    for entity, system in sorted(known):
        cursor, mail = cursors.get((entity, system)), states.get((entity, system), {})
        found.append(
            Route(
                entity, system, linked.get((entity, system), 0),
                cursor.pulled_at if cursor else None, cursor.error if cursor else None,
                "; ".join(one.reason for one in held if one.entity == entity
                          and one.system in (system, WHOLE_ENTITY)) or None,
                mail.get("due", 0) + mail.get("sending", 0), mail.get("sent", 0), mail.get("dead", 0),
            )
        )  # fmt: skip
    return found


def pending(connection: Connection, entity: str) -> Iterator[tuple[str, str]]:
    """(golden id, system) of everything in the outbox that would be written, in order."""
    query = (
        select(t.outbox.c.golden_id, t.outbox.c.system)
        .where(t.outbox.c.entity == entity, t.outbox.c.state.in_(("due", "sending")))
        .order_by(t.outbox.c.id)
    )
    for row in connection.execute(query):
        yield row[0], row[1]


def find_golden(connection: Connection, text: str) -> Sequence[tuple[str, str, str]]:
    """(id, entity, title) of golden records by id, start of id, external id, or words of their values."""
    query = (
        select(t.golden.c.id, t.golden.c.entity, t.golden.c.data)
        .distinct()
        .outerjoin(t.link, t.link.c.golden_id == t.golden.c.id)
        .where(
            t.golden.c.id.startswith(text, autoescape=True)
            | (t.link.c.external_id == text)
            | t.golden.c.data.icontains(text, autoescape=True)
        )
        .order_by(t.golden.c.id)
        .limit(50)
    )
    return [(row.id, row.entity, _title(row.data, row.id)) for row in connection.execute(query)]


def _counted(connection: Connection, query: Select[Any]) -> dict[tuple[str, str], int]:
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _title(data: str | None, golden_id: str) -> str:
    values = loads(data) if data else {}
    return str(values.get("name") or values.get("number") or golden_id[:8])
