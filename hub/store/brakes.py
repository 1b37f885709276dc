"""What holds a route, since when, and whether a person let it go; and what a person approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from hub.brakes import WHOLE_ENTITY, Held, Kind
from hub.store import tables as t
from hub.store.repository import dumps, loads, upsert


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person approved of an entity: its mapping's meaning, and the creations of the plan shown."""

    meaning: Mapping[str, Any]
    at: str
    creations: Mapping[str, int] = field(default_factory=dict)


def find(connection: Connection, entity: str, system: str, kind: Kind) -> Held | None:
    """The brake of this kind on this route, released or not."""
    row = connection.execute(select(t.brake).where(*_is(entity, system, kind))).first()
    return Held(*row) if row is not None else None


def held(connection: Connection, entity: str | None = None, system: str | None = None) -> list[Held]:
    """The brakes that hold now, oldest first; of one entity, or of one route with its entity's."""
    query = select(t.brake).where(t.brake.c.released_at.is_(None))
    if entity is not None:
        query = query.where(t.brake.c.entity == entity)
    if system is not None:
        query = query.where(t.brake.c.system.in_((system, WHOLE_ENTITY)))
    return [Held(*row) for row in connection.execute(query.order_by(t.brake.c.since, *t.brake.primary_key))]


def hold(connection: Connection, brake: Held) -> None:
    """Hold a route; a brake that holds already keeps the time since when."""
    row = {"entity": brake.entity, "system": brake.system, "kind": brake.kind, "reason": brake.reason,
           "since": brake.since, "released_at": None}  # fmt: skip
    upsert(connection, t.brake, [row], ("entity", "system", "kind"), ("reason", "released_at"))


def lift(connection: Connection, entity: str, system: str, kind: Kind) -> None:
    """The brake has no reason any more, or its release is used up."""
    connection.execute(delete(t.brake).where(*_is(entity, system, kind)))


def release(connection: Connection, brake: Held, at: str) -> None:
    """A person lets it go, once."""
    connection.execute(
        update(t.brake).where(*_is(brake.entity, brake.system, brake.kind)).values(released_at=at)
    )


def approval(connection: Connection, entity: str) -> Approval | None:
    """What was approved of an entity; ``None`` before its first run."""
    row = connection.execute(select(t.approval).where(t.approval.c.entity == entity)).first()
    return Approval(loads(row.meaning), row.at, loads(row.creations)) if row is not None else None


def approve(connection: Connection, entity: str, given: Approval) -> None:
    """From now on this is what was approved."""
    row = {"entity": entity, "meaning": dumps(given.meaning), "creations": dumps(given.creations),
           "at": given.at}  # fmt: skip
    upsert(connection, t.approval, [row], ("entity",), ("meaning", "creations", "at"))


def to_create(connection: Connection, entity: str, system: str) -> int:
    """Records that are due to be created in a system."""
    link = t.link
    linked = select(link.c.golden_id).where(
        link.c.golden_id == t.outbox.c.golden_id, link.c.system == t.outbox.c.system
    )
    query = select(func.count()).where(
        t.outbox.c.entity == entity,
        t.outbox.c.system == system,
        t.outbox.c.state.in_(("due", "sending")),
        ~linked.exists(),
    )
    return int(connection.scalar(query) or 0)


def in_common(connection: Connection, entity: str, system: str) -> int:
    """Records of a system that are linked to a record of another one."""
    here, there = t.link, t.link.alias()
    elsewhere = select(there.c.golden_id).where(
        there.c.golden_id == here.c.golden_id, there.c.system != here.c.system
    )
    query = select(func.count()).where(
        here.c.entity == entity, here.c.system == system, here.c.gone.is_(False), elsewhere.exists()
    )
    return int(connection.scalar(query) or 0)


def _is(entity: str, system: str, kind: Kind) -> tuple[Any, ...]:
    return t.brake.c.entity == entity, t.brake.c.system == system, t.brake.c.kind == kind
