"""Holding a route and letting it go: where the brakes (`hub.brakes`) meet the store.

A route that is held is neither written to nor believed: what its system shows now stays out of the golden
records, and nothing is delivered there, since a write would meet the same wrong records. It lets go by itself
when the reason is gone, or once, when a person says so. Releasing is used up by the look it was given for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import brakes
from hub.brakes import WHOLE_ENTITY, Held, Kind
from hub.mapping import EntityMapping, SystemMapping
from hub.report import Report
from hub.store import brakes as held
from hub.store import outbox
from hub.store.brakes import Approval

if TYPE_CHECKING:
    from hub.engine import Engine


def stops(engine: Engine, report: Report, entity: str, system: str, kind: Kind, reason: str) -> bool:
    """Hold the route if there is a reason that nobody has released; let it go if there is none."""
    with engine.store.reading() as connection:
        found = held.find(connection, entity, system, kind)
    if not reason:
        if found is not None:
            with engine.store.transaction() as connection:
                held.lift(connection, entity, system, kind)
        return False
    if found is not None and found.released_at is not None:
        return False
    brake = Held(entity, system, kind, reason, found.since if found is not None else engine.clock())
    with engine.store.transaction() as connection:
        held.hold(connection, brake)
    if brake not in report.braked:
        report.braked.append(brake)
    return True


def used_up(engine: Engine, entity: str, system: str, *kinds: Kind) -> None:
    """What was released has been done: the next look is measured again."""
    with engine.store.reading() as connection:
        spent = [kind for kind in kinds if held.find(connection, entity, system, kind) is not None]
    if spent:
        with engine.store.transaction() as connection:
            for kind in spent:
                held.lift(connection, entity, system, kind)


def holds(engine: Engine, entity: str, system: str) -> bool:
    """Whether anything but the measure of creations, which is taken right before writing, holds a route."""
    with engine.store.reading() as connection:
        return any(one.kind != "creations" for one in held.held(connection, entity, system))


def edited(engine: Engine, mapping: EntityMapping, report: Report) -> bool:
    """Whether the mapping is not the one a person approved. A first mapping counts as approved."""
    with engine.store.reading() as connection:
        given = held.approval(connection, mapping.entity)
        brake = held.find(connection, mapping.entity, WHOLE_ENTITY, "mapping")
    if given is None or (brake is not None and brake.released_at is not None):
        approve(engine, mapping, {})
        return False
    reason = brakes.edited(mapping.entity, given.meaning, mapping.meaning, given.at)
    return stops(engine, report, mapping.entity, WHOLE_ENTITY, "mapping", reason)


def approve(engine: Engine, mapping: EntityMapping, creations: dict[str, int]) -> None:
    """This mapping, and so many creations by system, are what a person wants.

    Writes that were refused under another mapping are tried again under this one.
    """
    with engine.store.transaction() as connection:
        given = held.approval(connection, mapping.entity)
        held.approve(connection, mapping.entity, Approval(mapping.meaning, engine.clock(), creations))
        held.lift(connection, mapping.entity, WHOLE_ENTITY, "mapping")
        for system in creations:
            held.lift(connection, mapping.entity, system, "creations")
        if given is not None and given.meaning != mapping.meaning:
            written = [name for name, one in mapping.systems.items() if one.direction in ("both", "push")]
            outbox.revive_all(connection, mapping.entity, written, engine.clock())


def creates_too_many(engine: Engine, mapping: EntityMapping, system: SystemMapping, report: Report) -> bool:
    """Whether more is due to be created in a system than it has in common with the others.

    What comes from a log of events (`hub.ports.Traits.log`) is not measured: it is new by nature.
    """
    entity, name = mapping.entity, system.system
    if engine.is_log(mapping):
        return stops(engine, report, entity, name, "creations", "")
    with engine.store.reading() as connection:
        new = held.to_create(connection, entity, name)
        if new <= engine.limits.creations:
            reason = ""
        else:
            given = held.approval(connection, entity)
            approved = given.creations.get(name, 0) if given is not None else 0
            linked = held.in_common(connection, entity, name)
            reason = brakes.creations(name, new, linked, approved, engine.limits)
    return stops(engine, report, entity, name, "creations", reason)
