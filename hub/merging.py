"""Mergers carried out in the systems themselves, and taken back there, as far as each can.

A step is two records of one system. What taking it back needs is noted before anything is done; then the
system is asked, by its own means (`hub.ports.Merges`) or by ours (`hub.marking`). What it cannot answer now
stays due, what it refuses is told and left, and is asked again when a person says so.

Promises: may be stopped at any instruction and asked again; what was noted first is what taking back goes by.
Never: decides that two records are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from hub import planner
from hub.absorbing import is_heard, put_down
from hub.mapping import EntityMapping, SystemMapping
from hub.marking import merging_of
from hub.marks import is_empty
from hub.model import HUB, RECORD, Entry, Link, same
from hub.ports import ConnectorError, Merged, Missing, Record, Refused, Split, Unknown
from hub.store import cursors, mergers, saving, worlds
from hub.store.mergers import Merger, Step
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine
    from hub.report import Report

PENDING = ("due", "to take back")
SENT = "sent"
"""What was handed over and is not shown yet is done only once it is."""


def carry_out(
    engine: Engine,
    mapping: EntityMapping,
    report: Report,
    only: set[str] | None = None,
    merger: int | None = None,
) -> list[Step]:
    """Ask the systems for what is due of an entity, or of one merger; the steps as they are now."""
    with engine.store.reading() as connection:
        steps = mergers.steps(connection, entity=mapping.entity, merger=merger, states=PENDING)
    failed: set[str] = set()
    for step in steps:
        system = mapping.systems.get(step.system)
        if system is None or step.system not in engine.connectors or step.system in failed:
            continue
        if (only is not None and step.system not in only) or engine.stopping():
            continue
        try:
            if step.state == "due":
                _merge(engine, mapping, system, step)
            if step.state == "to take back":
                _split(engine, mapping, system, step)
        except ConnectorError as problem:
            failed.add(step.system)
            engine.fail(mapping, system, problem, report)
    return steps


def _merge(engine: Engine, mapping: EntityMapping, system: SystemMapping, step: Step) -> None:
    connector = merging_of(engine.connectors[system.system])
    if step.fate == SENT and connector.noted(system.view, step.keep, [step.lose]):
        return  # handed over, and not shown yet
    noted = connector.noted(system.view, step.keep, [step.lose]) if step.undo is None else {}
    if not _look_first(engine, mapping, system, step, noted):
        return
    answer = connector.merge(system.view, step.keep, [step.lose])
    at = engine.clock()
    if isinstance(answer, Unknown):
        step.reason = answer.reason
    elif isinstance(answer, Refused):
        step.state, step.reason = "refused", _in_words(answer)
    elif isinstance(answer, Missing):
        step.state, step.reason = "refused", f"record {step.keep} is no longer in {system.system}"
    else:
        step.fate = answer.lost.get(step.lose, "gone")
        step.state = "due" if step.fate == SENT else "done"
        step.reason = "; ".join(answer.unable) or None
        if answer.undo:
            step.undo = {**(step.undo or {}), **answer.undo}
    double = _reread(engine, system, step) if isinstance(answer, Merged) else None
    with engine.store.transaction() as connection:
        if mergers.state_of(connection, step) != "due":
            # Somebody took it back meanwhile: what was done now is taken back, too.
            step.state = "to take back"
            mergers.save_step(connection, step)
            return
        mergers.save_step(connection, step)
        if isinstance(answer, Merged):
            run = cursors.begin_run(connection, "merge", at)
            _take_in(engine, connection, mapping, system, step, answer.record, double, run, at)
            cursors.end_run(connection, run, {}, at)


def _look_first(
    engine: Engine, mapping: EntityMapping, system: SystemMapping, step: Step, noted: Mapping[str, Any]
) -> bool:
    """Note what taking it back needs, and take in what was typed in both since they were read.

    False where somebody took the merger back meanwhile.
    """
    found = engine.connectors[system.system].read(system.view, [step.keep, step.lose])
    records = [engine.seen(system, one) for one in found]
    at = engine.clock()
    with engine.store.transaction() as connection:
        if mergers.state_of(connection, step) != "due":
            return False
        if step.undo is None:
            step.undo = mergers.note_undo(connection, step, noted)
        world = engine.known_world(connection, mapping, system, records)
        for record in records:
            link = world.links.get((system.system, record.id))
            if link is not None and link.version != record.version:
                planner.absorb(world, system, link, record, at)
        if world.journal or any(world.changed_links()):
            run = cursors.begin_run(connection, "merge", at)
            saving.save(connection, world, run, at)
            cursors.end_run(connection, run, {}, at)
    return True


def _reread(engine: Engine, system: SystemMapping, step: Step) -> Record | None:
    if step.fate == "gone":
        return None
    found = engine.connectors[system.system].read(system.view, [step.lose])
    return engine.seen(system, found[0]) if found else None


def _take_in(
    engine: Engine,
    connection: Connection,
    mapping: EntityMapping,
    system: SystemMapping,
    step: Step,
    kept: Record,
    double: Record | None,
    run: int,
    at: str,
) -> None:
    """What the system shows of both by now."""
    record = engine.seen(system, kept)
    world = engine.known_world(connection, mapping, system, [record])
    worlds.fill_records(connection, world, system.system, [step.lose])
    other = world.links.get((system.system, step.lose))
    link = world.links.get((system.system, record.id))
    if link is not None:
        if other is not None and other.double:
            _agree_on_filled(world, link, other, record)
        planner.absorb(world, system, link, record, at)
    if other is not None and other.double:
        if double is None:
            put_down(world, world.goldens[other.golden_id], other, HUB)
            world.forget_double(other)
        else:
            _hear_double(world, system, other, double, at)
    golden_id = link.golden_id if link is not None else ""
    lost, fate = {RECORD: step.lose}, {"fate": step.fate}
    world.journal.append(
        Entry(mapping.entity, golden_id, system.system, "joined", HUB, lost, fate, step.keep)
    )
    saving.save(connection, world, run, at)


def _agree_on_filled(world: World, link: Link, double: Link, record: Record) -> None:
    """What a system put into empty fields was known of the double: nobody typed it just now."""
    for native, now in record.values.items():
        was_empty = native in link.base and is_empty(link.base[native]) and native not in link.seen
        if was_empty and not is_empty(now) and same(now, double.base.get(native)):
            link.agree((native,), record.values)
            world.goldens[link.golden_id].dirty = True


def _hear_double(world: World, system: SystemMapping, double: Link, record: Record, at: str) -> None:
    """What stands in a double now; that it is put away, or marked, is ours and nobody's edit."""
    planner.absorb(world, system, double, record, at)
    for lens in system.lenses:
        if not is_heard(lens, double, system):
            double.base.update({name: record.values[name] for name in lens.natives if name in record.values})
    double.changed = True


def _split(engine: Engine, mapping: EntityMapping, system: SystemMapping, step: Step) -> None:
    connector = merging_of(engine.connectors[system.system])
    answer = connector.split(system.view, step.keep, step.undo or {})
    at = engine.clock()
    if isinstance(answer, Unknown):
        step.reason = answer.reason
        with engine.store.transaction() as connection:
            mergers.save_step(connection, step)
        return
    step.state = "taken back"
    if isinstance(answer, Split):
        step.reason = "; ".join(answer.unable) or None
    elif isinstance(answer, Refused):
        step.reason = f"not taken back in {system.system}: {_in_words(answer)}"
    else:
        step.reason = f"not taken back in {system.system}: record {step.keep} is not there any more"
    with engine.store.transaction() as connection:
        mergers.save_step(connection, step)
        merger = mergers.by_id(connection, step.merger)
        assert merger is not None
        run = cursors.begin_run(connection, "split", at)
        if isinstance(answer, Split):
            _hear_back(engine, connection, mapping, system, (step, merger), answer, run, at)
        worlds.soil(connection, [merger.keep, merger.lose])
        cursors.end_run(connection, run, {}, at)


def _hear_back(
    engine: Engine,
    connection: Connection,
    mapping: EntityMapping,
    system: SystemMapping,
    taken: tuple[Step, Merger],
    answer: Split,
    run: int,
    at: str,
) -> None:
    """A record that was remade is the other golden record's; what is there already is heard as it is now."""
    step, merger = taken
    remade = answer.remade.get(step.lose)
    records = [engine.seen(system, one) for one in (answer.record, *answer.remade.values())]
    world = engine.known_world(connection, mapping, system, records)
    worlds.fill_goldens(connection, world, [merger.lose])
    for record in records:
        link = world.links.get((system.system, record.id))
        if link is not None:
            planner.absorb(world, system, link, record, at)
        elif remade is not None and record.id == remade.id and merger.lose in world.goldens:
            planner.relink(world, system, world.goldens[merger.lose], record)
    saving.save(connection, world, run, at)


def _in_words(answer: Refused) -> str:
    where = f"{answer.field}: " if answer.field else ""
    return f"{where}{answer.reason}" + (f" ({answer.todo})" if answer.todo else "")
