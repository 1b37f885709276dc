"""Golden records that became one with another, what taking it back needs, and what systems do about it.

A merger is one golden record (`lose`) that became one with another (`keep`). A step of it is one system in
which both had a record; see `State`.

Promises: whoever referred to the lost one refers to the one that stayed, in the transaction of the merger; a
step is noted before anything is done of it. Never: forgets a merger, taken back or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hub.model import Entry
from hub.store import history, worlds
from hub.store import tables as t
from hub.store.repository import among, dumps, loads

State = Literal["waiting", "due", "done", "refused", "to take back", "taken back"]
"""``waiting``: for a person to say `merge`. ``due``: at the next opportunity. ``done``, ``refused``: what the
system said; a refused one is asked again when a person says so. The last two: of a merger that was split."""

NOT_DONE = ("waiting", "due", "refused", "to take back")

UNDERWAY = ("sending", "sent")
"""States of a write that may be applied or not: until that is known its record becomes one with no other."""


@dataclass(frozen=True, slots=True)
class Merger:
    """One golden record that became one with another. `before`: see `hub.uniting.Before`."""

    id: int
    entity: str
    keep: str
    lose: str
    at: str
    by: str
    split_at: str | None
    before: Mapping[str, Any]


@dataclass(slots=True)
class Step:
    """Two records of one system that say the same thing. `undo` is what the system wants to take it back."""

    id: int
    merger: int
    entity: str
    system: str
    keep: str
    lose: str
    state: str
    since: str
    undo: Mapping[str, Any] | None = None
    fate: str | None = None
    reason: str | None = None


def record(
    connection: Connection, entity: str, keep: str, lose: str, at: str, by: str, before: Mapping[str, Any]
) -> int:
    """Note a merger; its number."""
    row = {"entity": entity, "keep": keep, "lose": lose, "at": at, "by": by, "before": dumps(before)}
    return int(connection.execute(insert(t.merger).values(**row).returning(t.merger.c.id)).scalar_one())


def by_id(connection: Connection, number: int) -> Merger | None:
    row = connection.execute(select(t.merger).where(t.merger.c.id == number)).first()
    return _merger(row) if row is not None else None


def listed(connection: Connection, entity: str | None = None, taken_back: bool = False) -> list[Merger]:
    """The mergers that stand, or all, newest first."""
    query = select(t.merger).order_by(t.merger.c.id.desc())
    if entity is not None:
        query = query.where(t.merger.c.entity == entity)
    if not taken_back:
        query = query.where(t.merger.c.split_at.is_(None))
    return [_merger(row) for row in connection.execute(query)]


def into(connection: Connection, keep: str) -> list[Merger]:
    """The mergers that stand in which this golden record stayed, newest first."""
    mine = (t.merger.c.keep == keep, t.merger.c.split_at.is_(None))
    rows = connection.execute(select(t.merger).where(*mine).order_by(t.merger.c.id.desc()))
    return [_merger(row) for row in rows]


def split(connection: Connection, number: int, at: str) -> None:
    """Note that a merger was taken back."""
    connection.execute(update(t.merger).where(t.merger.c.id == number).values(split_at=at))


def successors(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Those of these golden records that became one with another → the one they are now."""
    if connection.execute(select(t.merger.c.id).limit(1)).first() is None:
        return {}
    found = {id: id for id in ids}
    while step := _next(connection, set(found.values())):
        found = {id: step.get(now, now) for id, now in found.items()}
    return {id: now for id, now in found.items() if id != now}


def _next(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    step: dict[str, str] = {}
    for part in worlds.chunks(ids):
        rows = connection.execute(
            select(t.merger.c.lose, t.merger.c.keep).where(
                among(connection, t.merger.c.lose, part), t.merger.c.split_at.is_(None)
            )
        )
        step.update((row.lose, row.keep) for row in rows)
    return step


def underway(connection: Connection, ids: Sequence[str]) -> list[tuple[str, str]]:
    """(golden id, system) of these where a write may be applied or not, just now."""
    rows = connection.execute(
        select(t.outbox.c.golden_id, t.outbox.c.system).where(
            among(connection, t.outbox.c.golden_id, ids), t.outbox.c.state.in_(UNDERWAY)
        )
    )
    return [(row[0], row[1]) for row in rows]


def add_steps(connection: Connection, steps: Iterable[Step]) -> None:
    for step in steps:
        values = {name: value for name, value in asdict(step).items() if name != "id"}
        values["undo"] = dumps(step.undo) if step.undo is not None else None
        connection.execute(insert(t.merger_step).values(**values))


def steps(
    connection: Connection,
    *,
    merger: int | None = None,
    entity: str | None = None,
    states: Sequence[str] | None = None,
) -> list[Step]:
    """The steps of a merger, or of an entity, in the order they were made."""
    query = select(t.merger_step).order_by(t.merger_step.c.id)
    for column, wanted in ((t.merger_step.c.merger, merger), (t.merger_step.c.entity, entity)):
        if wanted is not None:
            query = query.where(column == wanted)
    if states is not None:
        query = query.where(t.merger_step.c.state.in_(states))
    return [_step(row) for row in connection.execute(query)]


def pending(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many steps are not done, by entity, system and state."""
    columns = t.merger_step.c.entity, t.merger_step.c.system, t.merger_step.c.state
    query = select(*columns, func.count()).where(t.merger_step.c.state.in_(NOT_DONE)).group_by(*columns)
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}


def note_undo(connection: Connection, step: Step, noted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep what a system said that taking a step back needs, unless it was said before; what is kept."""
    mine = t.merger_step.c.id == step.id
    connection.execute(
        update(t.merger_step).where(mine, t.merger_step.c.undo.is_(None)).values(undo=dumps(noted))
    )
    kept = connection.scalar(select(t.merger_step.c.undo).where(mine))
    return dict(loads(kept)) if kept is not None else noted


def coming_back(connection: Connection, entity: str) -> set[tuple[str, str]]:
    """(golden id, system) of records that their system is about to make again: nothing is created there."""
    rows = connection.execute(
        select(t.merger.c.lose, t.merger_step.c.system)
        .join(t.merger_step, t.merger_step.c.merger == t.merger.c.id)
        .where(t.merger_step.c.entity == entity, t.merger_step.c.state == "to take back")
    )
    return {(row[0], row[1]) for row in rows}


def state_of(connection: Connection, step: Step) -> str:
    """The state of a step by now: somebody may have spoken since it was read."""
    return str(connection.scalar(select(t.merger_step.c.state).where(t.merger_step.c.id == step.id)))


def in_doubt(connection: Connection, entity: str, system: str) -> set[str]:
    """Ids of records of which it is not known whether their system has removed them on our word."""
    rows = connection.scalars(
        select(t.merger_step.c.lose).where(
            t.merger_step.c.entity == entity, t.merger_step.c.system == system,
            t.merger_step.c.state.in_(("due", "to take back")),
        )
    )  # fmt: skip
    return set(rows)


def save_step(connection: Connection, step: Step) -> None:
    """What became of a step."""
    values = {
        "state": step.state, "fate": step.fate, "reason": step.reason, "keep": step.keep,
        "undo": dumps(step.undo) if step.undo is not None else None,
    }  # fmt: skip
    connection.execute(update(t.merger_step).where(t.merger_step.c.id == step.id).values(**values))


def refused_later(connection: Connection, entity: str, system: str, ids: Sequence[str], reason: str) -> None:
    """What was handed over for these records was refused there: a person is to say what now."""
    mine = (
        t.merger_step.c.entity == entity, t.merger_step.c.system == system, t.merger_step.c.fate == "sent",
        t.merger_step.c.state == "due", among(connection, t.merger_step.c.lose, ids),
    )  # fmt: skip
    connection.execute(update(t.merger_step).where(*mine).values(state="refused", reason=reason))


def succeed(connection: Connection, lose: str, keep: str, run: int, at: str) -> list[tuple[str, str, str]]:
    """Whoever referred to `lose` refers to `keep`, and nothing is owed to `lose` any more.

    Returns (entity, golden id, field) of the agreed records that referred to it.
    """
    referring = connection.execute(select(t.reference).where(t.reference.c.target == lose)).all()
    found = [(row.entity, row.golden_id, row.field) for row in referring]
    refer(connection, found, lose, keep, run, at)
    for table in (t.match_key, t.phone_number, t.reference, t.outbox):
        connection.execute(delete(table).where(table.c.golden_id == lose))
    connection.execute(delete(t.golden).where(t.golden.c.id == lose))
    for row in connection.execute(
        select(t.review.c.id, t.review.c.candidates).where(t.review.c.candidates.contains(lose))
    ):
        changed = dumps(list(dict.fromkeys(keep if one == lose else one for one in loads(row.candidates))))
        connection.execute(update(t.review).where(t.review.c.id == row.id).values(candidates=changed))
    connection.execute(
        update(t.conflict)
        .where(t.conflict.c.golden_id == lose, t.conflict.c.closed_at.is_(None))
        .values(golden_id=keep)
    )
    return found


def referring_to(connection: Connection, target: str) -> list[tuple[str, str, str]]:
    """(entity, golden id, field) of the agreed records that refer to this one."""
    rows = connection.execute(select(t.reference).where(t.reference.c.target == target))
    return [(row.entity, row.golden_id, row.field) for row in rows]


def refer(
    connection: Connection,
    referring: Iterable[tuple[str, str, str]],
    before: str,
    after: str,
    run: int,
    at: str,
) -> None:
    """Have these references (entity, golden id, field) point to `after` where they point to `before`."""
    noted: list[Entry] = []
    for entity, golden_id, field in referring:
        mine = t.golden.c.id == golden_id
        row = connection.execute(select(t.golden.c.data).where(mine)).first()
        values = loads(row.data) if row is not None else {}
        if values.get(field) != before:
            continue
        values[field] = after
        connection.execute(update(t.golden).where(mine).values(data=dumps(values), dirty=worlds.DIRTY))
        connection.execute(
            update(t.reference)
            .where(t.reference.c.golden_id == golden_id, t.reference.c.field == field)
            .values(target=after)
        )
        noted.append(Entry(entity, golden_id, "", "followed", "hub", {field: before}, {field: after}))
    history.note(connection, noted, run, at)


def _merger(row: Row[Any]) -> Merger:
    return Merger(row.id, row.entity, row.keep, row.lose, row.at, row.by, row.split_at, loads(row.before))


def _step(row: Row[Any]) -> Step:
    undo = loads(row.undo) if row.undo is not None else None
    return Step(
        row.id, row.merger, row.entity, row.system, row.keep, row.lose, row.state, row.since, undo, row.fate,
        row.reason,
    )  # fmt: skip
