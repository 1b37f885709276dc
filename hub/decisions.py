"""What a person may decide: settle a conflict, take a change back, try a refused write again.

A decision changes the golden record and nothing else; the systems follow by ordinary writes, with the same
checks as any other. Every decision is in the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub import absorbing
from hub.brakes import WHOLE_ENTITY
from hub.clock import new_id
from hub.engine import Engine
from hub.model import ARCHIVED, MISSING, PERSON, Candidate
from hub.store import brakes, cursors, listing, outbox, saving, worlds
from hub.store import tables as t
from hub.store.brakes import Held
from hub.store.listing import Change, OpenConflict
from hub.values import Canonical
from hub.world import World


class DecisionError(Exception):
    """A decision that cannot be taken: why, and what is possible instead."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did with one change: put back, or left, and why."""

    change: Change
    done: bool
    reason: str = ""


GOLDEN_KINDS = ("changed", "overruled", "united", "resolved", "undone", "archived", "restored")


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


def undo(engine: Engine, changes: Sequence[Change], *, force: bool = False) -> list[Undone]:
    """Put back what these changes replaced, newest first, where nothing newer would be lost.

    A write to a system is undone through the golden record it came from. `force` overrides a newer edit.
    """
    results: list[Undone] = []
    with engine.store.transaction() as connection:
        at = engine.clock()
        run = cursors.begin_run(connection, "undo", at)
        for change in sorted(changes, key=lambda change: -change.id):
            if change.kind in GOLDEN_KINDS:
                results.append(_undo_one(engine, connection, change, force, run, at))
            else:
                reason = (
                    "follows from a change of the record: undo that one" if change.system else change.kind
                )
                results.append(Undone(change, False, reason))
        cursors.end_run(connection, run, {}, at)
    return results


def release(engine: Engine, entity: str, system: str | None = None) -> list[Held]:
    """Let the brakes of a route go, once, or all of an entity's: what they held is done at the next look.

    The brake on an edited mapping is the entity's. Raises `DecisionError` where none holds.
    """
    with engine.store.transaction() as connection:
        holding = [one for one in brakes.held(connection, entity) if system is None or one.system == system]
        if not holding:
            raise DecisionError(_nothing_held(brakes.held(connection, entity), entity, system))
        for one in holding:
            brakes.release(connection, one, engine.clock())
    return holding


def _nothing_held(others: Sequence[Held], entity: str, system: str | None) -> str:
    where = entity if system is None else f"{entity} in {system}"
    if any(one.system == WHOLE_ENTITY for one in others):
        ways = f"`hub plan --approve`, or `hub release {entity}`"
        return f"{where} is held as a whole: {others[0].reason}; {ways}"
    return f"no brake holds {where}; `hub status` shows those that do"


def retry(engine: Engine, letter_ids: Sequence[int]) -> int:
    """Refused writes to be tried again at the next delivery; returns how many."""
    with engine.store.transaction() as connection:
        rows = connection.execute(
            select(t.outbox.c.golden_id).where(t.outbox.c.id.in_(letter_ids), t.outbox.c.state == "dead")
        ).scalars().all()  # fmt: skip
        mails = [m for m in outbox.of_goldens(connection, rows).values() if m.id in set(letter_ids)]
        for mail in mails:
            mail.state, mail.attempts, mail.reason = "due", 0, None
        outbox.update_rows(connection, mails, engine.clock())
    return len(mails)


def _undo_one(
    engine: Engine, connection: Connection, change: Change, force: bool, run: int, at: str
) -> Undone:
    world = _world(engine, connection, change.entity, [change.golden_id])
    golden = world.goldens.get(change.golden_id)
    if golden is None:
        return Undone(change, False, "the record is not known any more")
    put_back = False
    for name in change.after:
        if name not in world.mapping.fields and name != ARCHIVED:
            return Undone(change, False, f"{name} is no longer in the mapping")
        lost_in_system = change.kind == "overruled" and bool(change.system)
        before = (
            next(iter(change.before.values()), None) if lost_in_system else change.before.get(name, MISSING)
        )
        if golden.values.get(name) != change.after[name] and not force:
            shown = golden.values.get(name)
            return Undone(
                change, False, f"{name} was changed again since, to {shown!r}; --force overrides it"
            )
        value = None if before is MISSING else before
        absorbing.settle(world, golden, name, value, (PERSON, at), "undone")
        put_back = True
    saving.save(connection, world, run, at)
    return Undone(change, put_back)


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
    for candidate in conflict.candidates:
        if candidate.system == take:
            return candidate
    sides = ", ".join(candidate.system for candidate in conflict.candidates)
    raise DecisionError(f"conflict {conflict.id} is not with {take}; its sides are {sides}")


def _world(engine: Engine, connection: Connection, entity: str, ids: Sequence[str]) -> World:
    world = World(engine.mapping(entity), new_id)
    worlds.fill_goldens(connection, world, ids)
    engine.fill_targets(connection, world)
    return world
