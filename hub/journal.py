"""The journal as a tool: taking changes back, and letting go of what is old.

An undo changes agreed records and nothing else: what it puts back is a person's word, and the systems follow
by ordinary writes with the same checks as any other. It is one transaction and one run, so it is undone like
any other run. The systems are read first, since an edit the hub has not taken in yet must not be lost.

Pruning takes old lines a page at a time, each in a short transaction of its own, and leaves what undo needs
(`hub.store.pruning`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from hub import owing
from hub.clock import new_id
from hub.engine import WRITES, Engine
from hub.mapping import EntityMapping
from hub.model import ARCHIVED
from hub.rehearsal import PlannedWrite
from hub.settings.ages import Age
from hub.store import Store, cursors, flags, history, pruning, saving, worlds
from hub.store import tables as t
from hub.store.history import Change
from hub.undoing import Undoer, Undone, steps_of
from hub.unseen import Sight, look
from hub.world import World

PAGE = 1000
PRUNED_AT_ONCE = 500
LAST_PRUNED = "journal_pruned"
"""The name under which the time of the last pruning is remembered."""

Past = Mapping[str, Sequence[Change]]


@dataclass(slots=True)
class Undoing:
    """What came of an undo. `run` is its own run, ``None`` where nothing was put back.

    `writes`, of a rehearsal only: what the systems would then be owed.
    """

    results: list[Undone] = field(default_factory=list)
    run: int | None = None
    writes: list[PlannedWrite] = field(default_factory=list)


@dataclass(slots=True)
class Pruned:
    """How many lines of the journal, and how many runs, were let go."""

    lines: int = 0
    runs: int = 0

    def __bool__(self) -> bool:
        return bool(self.lines or self.runs)


@dataclass(slots=True)
class _Task:
    """The changes of one entity to take back, by record, and what must be known for it."""

    mapping: EntityMapping
    changes: dict[str, list[Change]]
    past: Past
    sight: Sight


def replaced(changes: Sequence[Change]) -> list[Change]:
    """Those of a run's changes that replaced something, or made a record: what its undo is about."""
    return [
        one
        for one in changes
        if (one.agreed and not _is_first_state(one)) or one.lost_there or one.wrote or one.made
    ]


def _is_first_state(change: Change) -> bool:
    """A record the hub made is in use: that it says so for the first time is nobody's change."""
    return not change.before and change.after == {ARCHIVED: False}


def undo(
    engine: Engine,
    changes: Sequence[Change],
    *,
    force: bool = False,
    whole: bool = False,
    rehearse: bool = False,
) -> Undoing:
    """Put back what these changes replaced, newest first, where nothing newer would be lost.

    `force` overrides a newer edit. `whole`: these are all of a run, and writes that only carry its other
    changes out need no answer of their own. `rehearse`: decide, and change nothing.
    """
    found = Undoing()
    tasks = list(_tasks(engine, changes, found, force))
    if rehearse:
        with engine.store.reading() as connection:
            for task in tasks:
                for world, _ in _carry_out(engine, connection, task, found, force, whole):
                    found.writes += _owed(engine, connection, world)
    else:
        with engine.store.transaction() as connection:
            for task in tasks:
                for world, at in _carry_out(engine, connection, task, found, force, whole):
                    if world.journal:
                        found.run = found.run or cursors.begin_run(connection, "undo", at)
                        saving.save(connection, world, found.run, at)
            if found.run is not None:
                done = sum(one.done for one in found.results)
                cursors.end_run(connection, found.run, {"undone": done}, engine.clock())
    found.results.sort(key=lambda one: -one.change.id)
    return found


def prune(
    store: Store, before: str, stopping: Callable[[], bool] = lambda: False, page: int = PRUNED_AT_ONCE
) -> Pruned:
    """Let go of lines older than `before` (ISO, UTC) that no undo needs, and of runs nothing refers to.

    What may go is found while reading, and deleted `page` lines at a time, each in a transaction of its own:
    a line that was superseded stays so.
    """
    pruned = Pruned()
    after: str | None = None
    while not stopping():
        with store.reading() as connection:
            ids, after = pruning.page(connection, before, after, page)
        for part in worlds.chunks(ids, page):
            if stopping():
                break
            with store.transaction() as connection:
                pruned.lines += pruning.forget(connection, part)
        if after is None:
            break
    with store.reading() as connection:
        runs = pruning.idle_runs(connection, before)
    for part in worlds.chunks(runs, page):
        if stopping():
            break
        with store.transaction() as connection:
            pruned.runs += pruning.forget_runs(connection, part)
    return pruned


def tidy(
    store: Store, keep: Age | None, now: datetime, stopping: Callable[[], bool] = lambda: False
) -> Pruned:
    """Prune what is older than `keep`, at most once a day, whoever asks; ``None`` keeps everything."""
    with store.reading() as connection:
        last = flags.get(connection, LAST_PRUNED)
    if keep is None or (last is not None and now - datetime.fromisoformat(last) < timedelta(days=1)):
        return Pruned()
    pruned = prune(store, keep.before(now).isoformat(timespec="milliseconds"), stopping)
    if not stopping():
        with store.transaction() as connection:
            flags.put(connection, LAST_PRUNED, now.isoformat(timespec="milliseconds"))
    return pruned


def _tasks(engine: Engine, changes: Sequence[Change], found: Undoing, force: bool) -> Iterator[_Task]:
    """The work by entity, parents first. What cannot even be looked at is answered in `found`."""
    by_entity: dict[str, dict[str, list[Change]]] = {}
    for change in changes:
        by_entity.setdefault(change.entity, {}).setdefault(change.golden_id, []).append(change)
    for mapping in engine.mappings:
        records = by_entity.pop(mapping.entity, None)
        if records is not None:
            with engine.store.reading() as connection:
                past = history.of_records(connection, _with_a_past(records))
            sight = Sight() if force else look(engine, mapping, _fields(mapping, records, past))
            yield _Task(mapping, records, past, sight)
    for entity, records in by_entity.items():
        reason = f"{entity} is no longer mapped"
        found.results += [Undone(change, False, reason) for lines in records.values() for change in lines]


def _with_a_past(records: Mapping[str, Sequence[Change]]) -> list[str]:
    """The records of which older lines must be known: a write is taken back through what it carried out."""
    return [one for one, lines in records.items() if any(line.wrote or line.made for line in lines)]


def _fields(
    mapping: EntityMapping, records: Mapping[str, Sequence[Change]], past: Past
) -> dict[str, set[str]]:
    """The fields an undo is about, by record."""
    wanted: dict[str, set[str]] = {}
    for golden_id, lines in records.items():
        for line in lines:
            steps = steps_of(line, mapping, past.get(golden_id, ()))
            if not isinstance(steps, str):
                wanted.setdefault(golden_id, set()).update(step.field for step in steps)
    return wanted


def _carry_out(
    engine: Engine, connection: Connection, task: _Task, found: Undoing, force: bool, whole: bool
) -> Iterator[tuple[World, str]]:
    """Decide, a page of records at a time; each world holds what is then to be saved, and as of when."""

    def exists(golden_id: str) -> bool:
        known = select(t.golden.c.id).where(t.golden.c.id == golden_id)
        return connection.execute(known).first() is not None

    for ids in worlds.chunks(task.changes, PAGE):
        world = World(task.mapping, new_id)
        worlds.fill_goldens(connection, world, ids)
        engine.fill_targets(connection, world)
        at = engine.clock()
        undoer = Undoer(world, task.sight, task.past, at, exists, force)
        for golden_id in ids:
            found.results += undoer.undo(task.changes[golden_id], whole)
        yield world, at


def _owed(engine: Engine, connection: Connection, world: World) -> Iterator[PlannedWrite]:
    """What each system would be owed of the records that would be put back."""
    touched = {entry.golden_id for entry in world.journal}
    # What was put back may refer to other records than what stood.
    engine.fill_targets(connection, world)
    for golden_id in sorted(touched):
        golden = world.goldens[golden_id]
        for system in world.mapping.systems.values():
            debt = owing.is_owed(world, system, golden) if system.direction in WRITES else None
            if debt is not None:
                link = world.links_of.get(golden_id, {}).get(system.system)
                current = link.current() if link else {}
                yield PlannedWrite(
                    golden.entity, system.system, golden_id, golden.title, link.external_id if link else None,
                    debt.values, {name: current.get(name) for name in debt.values} if link else {},
                    tuple(debt.waiting), debt.impossible,
                )  # fmt: skip
