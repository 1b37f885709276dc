"""What a person may decide: settle a conflict, let a brake go.

A decision changes the golden record and nothing else; the systems follow by ordinary writes, with the same
checks as any other. Every decision is in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub import absorbing
from hub.brakes import WHOLE_ENTITY, Held
from hub.clock import new_id
from hub.engine import Engine
from hub.model import BRAKE, PERSON, Candidate, Entry
from hub.store import brakes, cursors, history, listing, saving, worlds
from hub.store.listing import OpenConflict
from hub.values import Canonical
from hub.world import World


class DecisionError(Exception):
    """A decision that cannot be taken: why, and what is possible instead."""


def resolve(
    engine: Engine, conflict_id: int, *, take: str | None = None, value: str | None = None
) -> OpenConflict:
    """Settle a conflict: with the value of the side named `take`, or with `value` as typed.

    Raises `DecisionError` where there is no such conflict, side or reading of the value.
    """
    with engine.store.transaction() as connection:
        found = listing.conflicts(connection, conflict_id)
        if not found:
            raise DecisionError(
                f"there is no conflict {conflict_id}; `hub conflicts list` shows the open ones"
            )
        conflict = found[0]
        if conflict.closed_at is not None:
            raise DecisionError(f"conflict {conflict_id} was settled on {conflict.closed_at}")
        chosen = _chosen(engine, conflict, take, value)
        world = _world(engine, connection, conflict.entity, [conflict.golden_id])
        golden = world.goldens[conflict.golden_id]
        at = engine.clock()
        absorbing.settle(world, golden, conflict.field, chosen, (PERSON, at), "resolved")
        run = cursors.begin_run(connection, "resolve", at)
        saving.save(connection, world, run, at)
        cursors.end_run(connection, run, {}, at)
    return conflict


def release(engine: Engine, entity: str, system: str | None = None) -> list[Held]:
    """Let the brakes of a route go, once, or all of an entity's: what they held is done at the next look.

    The brake on an edited mapping is the entity's. Raises `DecisionError` where none holds.
    """
    with engine.store.transaction() as connection:
        holding = [one for one in brakes.held(connection, entity) if system is None or one.system == system]
        if not holding:
            raise DecisionError(_nothing_held(brakes.held(connection, entity), entity, system))
        at = engine.clock()
        run = cursors.begin_run(connection, "release", at)
        for one in holding:
            brakes.release(connection, one, at)
        history.note(connection, [_released(one) for one in holding], run, at)
        cursors.end_run(connection, run, {}, at)
    return holding


def _released(held: Held) -> Entry:
    return Entry(held.entity, "", held.system, "released", PERSON, {BRAKE: f"{held.kind}: {held.reason}"}, {})


def _nothing_held(others: Sequence[Held], entity: str, system: str | None) -> str:
    where = entity if system is None else f"{entity} in {system}"
    if any(one.system == WHOLE_ENTITY for one in others):
        ways = f"`hub plan --approve`, or `hub release {entity}`"
        return f"{where} is held as a whole: {others[0].reason}; {ways}"
    return f"no brake holds {where}; `hub status` shows those that do"


def _chosen(engine: Engine, conflict: OpenConflict, take: str | None, value: str | None) -> Canonical:
    if (take is None) == (value is None):
        raise DecisionError("say either whose value to take (--take SYSTEM) or which value (--value TEXT)")
    if take is not None:
        return _side(conflict, take).value
    found = engine.mapping(conflict.entity).fields.get(conflict.field)
    if found is None:
        raise DecisionError(f"{conflict.field} is no field of {conflict.entity} any more")
    try:
        return found.type.parse(value)
    except ValueError as problem:
        raise DecisionError(f"{conflict.field}: {problem}") from problem


def _side(conflict: OpenConflict, take: str) -> Candidate:
    found = [candidate for candidate in conflict.candidates if candidate.system == take]
    if len({str(candidate.value) for candidate in found}) > 1:
        values = " and ".join(f"{candidate.value!r}" for candidate in found)
        raise DecisionError(f"two records of {take} are one here, and say {values}: --value says which")
    if found:
        return found[0]
    sides = ", ".join(candidate.system for candidate in conflict.candidates)
    raise DecisionError(f"conflict {conflict.id} is not with {take}; its sides are {sides}")


def _world(engine: Engine, connection: Connection, entity: str, ids: Sequence[str]) -> World:
    world = World(engine.mapping(entity), new_id)
    worlds.fill_goldens(connection, world, ids)
    engine.fill_targets(connection, world)
    return world
