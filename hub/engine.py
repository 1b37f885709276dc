"""The cycle: pull, plan, commit; then settle what is owed, and deliver it.

The engine is where the pure planner meets the store and the connectors. It holds no rule of its own about
whose value is right. Per entity, parents first:

1. *Pull* every system: each page is planned and committed, with the cursor, in one transaction.
2. *Settle*: every golden record that changed is compared with what each system holds; what is owed is noted
   in the outbox.
3. *Deliver* the outbox (`hub.delivery`), and settle again what the deliveries brought to light.

It promises: a system that fails stops only its own routes; a stop at any instruction loses nothing and
repeats nothing; no record is created in a system that has not been read since the record arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from hub import braking, doubles, merging, owing, planner, recovering, reviving
from hub.agreement import Names
from hub.archive import archive_lens
from hub.brakes import Limits
from hub.clock import new_id, now
from hub.clocks import Clocks
from hub.delivery import Delivery
from hub.garbage import uncollected
from hub.mapping import EntityMapping, Mappings, SystemMapping
from hub.model import ARCHIVED, Golden, Link
from hub.ports import Connector, ConnectorError, Record
from hub.pulling import Puller
from hub.report import Progress, Report, silent
from hub.store import Store, cursors, mergers, outbox, reviews, saving, worlds
from hub.values import Ref
from hub.weighing import Findings, Weigher
from hub.world import World

READS = ("both", "pull", "observe")
WRITES = ("both", "push")


class Engine:
    """A cycle over some mappings, connectors and one store. One thread at a time per entity."""

    def __init__(
        self,
        store: Store,
        mappings: Mappings,
        connectors: Mapping[str, Connector],
        *,
        clock: Callable[[], str] = now,
        progress: Progress = silent,
        stopping: Callable[[], bool] = lambda: False,
        limits: Limits | None = None,
    ) -> None:
        self.store, self.connectors, self.limits = store, connectors, limits or Limits()
        self.clock, self.progress, self.stopping = clock, progress, stopping
        self.clocks = Clocks(store)
        self.rehearsing = False
        self.weigher = Weigher(self)
        self.findings: dict[str, Findings] = {}
        self.mappings = [self._with_archives(mapping) for mapping in mappings]

    def sync(
        self,
        entities: Iterable[str] | None = None,
        systems: Iterable[str] | None = None,
        compare: bool = False,
    ) -> Report:
        """One whole cycle. `compare` also looks for deletions, by ids, where a pull does not show them.

        Somebody asks for it now: writes that wait for their next try (a workbook was open) are due at once.
        """
        report = self._begin("sync")
        only = set(systems) if systems is not None else None
        with self.store.transaction() as connection:
            outbox.hurry(connection, self.clock())
        for mapping in self.chosen(entities):
            self.pull_entity(mapping, report, only, compare)
            for _ in range(_ROUNDS):
                if self.stopping() or not self.push_entity(mapping, report, only):
                    break
        self._end(report)
        return report

    def rehearse(self, report: Report, entities: Iterable[str] | None = None, compare: bool = False) -> None:
        """Pull and settle everything without delivering; meant for a store that is thrown away."""
        self.rehearsing = True
        for mapping in self.chosen(entities):
            self.pull_entity(mapping, report, None, compare)
            self.settle(mapping)

    def pull_entity(
        self, mapping: EntityMapping, report: Report, only: set[str] | None = None, compare: bool = False
    ) -> None:
        """Read every system of one entity; a failing one is noted and left out, a braked one not believed."""
        if not self.rehearsing and braking.edited(self, mapping, report):
            return
        reviving.by_itself(self, mapping, compare)
        self._reindex(mapping)
        try:
            self._pull(mapping, report, only, compare)
        except recovering.Older as found:
            recovering.begin_because(self, found)
            self._pull(mapping, report, only, compare)

    def _pull(self, mapping: EntityMapping, report: Report, only: set[str] | None, compare: bool) -> None:
        lost = self._lost(mapping)
        systems = self._routes(mapping, READS, only)
        if lost is not None and lost.whole:
            systems = recovering.in_order(self, systems)
        unread = [one for one in self._routes(mapping, WRITES, only) if one.direction not in READS]
        for puller in [Puller(self, mapping, system, report, lost) for system in unread]:
            self._guarded(puller, Puller.hear, report)
        pullers = [Puller(self, mapping, system, report, lost) for system in systems]
        for puller in pullers:
            self._guarded(puller, lambda puller: puller.run(compare), report)
        for _ in range(recovering.LOOKS if lost is not None and lost.whole else 0):
            if sum(self._guarded(puller, Puller.look_again, report) for puller in pullers) == 0:
                return

    def _guarded(self, puller: Puller, act: Callable[[Puller], int | None], report: Report) -> int:
        """Do one thing with one route, unless the hub is to stop; 0 where it failed, which is its own."""
        if self.stopping():
            return 0
        try:
            return act(puller) or 0
        except ConnectorError as problem:
            self.fail(puller.mapping, puller.system, problem, report)
            return 0

    def _lost(self, mapping: EntityMapping) -> recovering.Lost | None:
        with self.store.reading() as connection:
            return recovering.lost(connection, mapping.entity)

    def push_entity(self, mapping: EntityMapping, report: Report, only: set[str] | None = None) -> bool:
        """Settle and deliver one entity; true if that left something to do at once (an unseen edit)."""
        if braking.edited(self, mapping, Report()):
            return False
        merging.carry_out(self, mapping, report, only)
        self.settle(mapping)
        if self._look_before_creating(mapping, report, only):
            self.settle(mapping)
        lost = self._lost(mapping)
        readers = self._routes(mapping, READS, None)
        done = {name for name, one in mapping.systems.items() if one.direction not in WRITES}
        again = False
        for system in self._routes(mapping, WRITES, only):
            if self.stopping():
                return False
            if braking.holds(self, mapping.entity, system.system):
                continue
            if braking.creates_too_many(self, mapping, system, report):
                continue
            try:
                catching_up = lost is not None and lost.whole
                delivery = Delivery(self, mapping, system, report, readers if catching_up else None)
                again |= delivery.run()
                if not delivery.waits:
                    done.add(system.system)
            except ConnectorError as problem:
                self.fail(mapping, system, problem, report)
        if lost is not None and lost.whole and not again:
            with self.store.transaction() as connection:
                recovering.done(connection, mapping, done, readers)
        return again

    def _look_before_creating(self, mapping: EntityMapping, report: Report, only: set[str] | None) -> bool:
        """Read once more where something would be created that is younger than the last look there.

        Two people may have entered one customer in two systems, the first of which had been read already.
        """
        failed = {name for entity, name, _ in report.problems if entity == mapping.entity}
        both = [
            system
            for system in self._routes(mapping, WRITES, only)
            if system.direction in READS and system.adopts and system.system not in failed
        ]
        with self.store.reading() as connection:
            unlooked = {
                system.system
                for system in both
                if outbox.creations_unlooked(connection, mapping.entity, system.system, self.clock())
            }
        if unlooked:
            look = Report(report.run)
            self.pull_entity(mapping, look, unlooked)
            report.include(look)
        return bool(unlooked)

    def fail(
        self, mapping: EntityMapping, system: SystemMapping, problem: ConnectorError, report: Report
    ) -> None:
        """Note that a route failed, once if reading and writing fail alike; the others go on."""
        said = (mapping.entity, system.system, str(problem))
        if not any((entity, name, str(found)) == said for entity, name, found in report.problems):
            report.problems.append((mapping.entity, system.system, problem))
        with self.store.transaction() as connection:
            cursors.failed(connection, mapping.entity, system.system, str(problem))

    def settle(self, mapping: EntityMapping) -> None:
        """Compare every dirty golden record with what each system holds, and note what is owed."""
        self.weigh(mapping)
        after = ""
        routes = self._routes(mapping, WRITES, None)
        with self.store.transaction() as connection:
            creating = [system.system for system in routes if system.creates]
            worlds.settle_new(connection, mapping.entity, creating, self.clock())
        while not self.stopping():
            with uncollected(), self.store.transaction() as connection:
                ids = worlds.dirty(connection, mapping.entity, after, _PAGE)
                if not ids:
                    return
                after = ids[-1]
                world = World(mapping, new_id)
                worlds.fill_links(connection, world, ids)
                self.fill_targets(connection, world)
                _settle_page(connection, world, routes, ids, self.clock())

    def weigh(self, mapping: EntityMapping) -> None:
        """Look who may be whom among records that share no exact key; see `hub.weighing`."""
        if mapping.duplicates is None or self.stopping():
            return
        if (found := self.weigher.look_on(mapping)) is not None:
            self.findings[mapping.entity] = found

    def fill_targets(self, connection: Connection, world: World) -> None:
        """Both ends of every reference of this world's records: as agreed, and as each system shows it."""
        fields = [(name, entity) for name in world.mapping.fields if (entity := _target(world.mapping, name))]
        if not fields:
            return
        to_external = [
            (entity, system, str(golden.values[name]))
            for name, entity in fields
            for golden in world.goldens.values()
            if golden.values.get(name)
            for system in world.mapping.systems
        ]
        to_golden = [
            (entity, link.system, str(native))
            for name, entity in fields
            for link in world.links.values()
            if (lens := world.lens(link.system, name)) is not None
            if (native := link.current().get(lens.natives[0]))
        ]
        self._fill_references(connection, world, to_golden, to_external)

    def fill_sources(
        self, connection: Connection, world: World, system: SystemMapping, records: Sequence[Record]
    ) -> None:
        """The golden records that references in these records point to."""
        wanted = [
            (entity, system.system, str(native))
            for lens in system.lenses
            if (entity := _target(world.mapping, lens.name))
            for record in records
            if (native := record.values.get(lens.natives[0]))
        ]
        self._fill_references(connection, world, wanted, ())

    def _fill_references(
        self,
        connection: Connection,
        world: World,
        to_golden: Sequence[tuple[str, str, str]],
        to_external: Sequence[tuple[str, str, str]],
    ) -> None:
        """By the links of each system; a log of the hub's own refers to golden records by their own ids."""
        logs = {name for name, one in self.connectors.items() if one.traits.log}
        of_logs = [one for one in (*to_golden, *to_external) if one[1] in logs]
        now = mergers.successors(connection, {one[2] for one in of_logs}) if of_logs else {}
        for table, wanted in ((world.refs.to_golden, to_golden), (world.refs.to_external, to_external)):
            table.update({one: now.get(one[2], one[2]) for one in wanted if one[1] in logs})
        worlds.fill_references(
            connection,
            world,
            [one for one in to_golden if one[1] not in logs],
            [one for one in to_external if one[1] not in logs],
        )

    def known_world(
        self,
        connection: Connection,
        mapping: EntityMapping,
        system: SystemMapping,
        records: Sequence[Record],
        unlinked: bool = False,
        names: Names | None = None,
    ) -> World:
        """All the planner needs to know to observe these records; `unlinked`: none can be known yet.

        `names`, while the hub recovers: golden records of nearly the same names are known too.
        """
        doubt = self.clocks.doubt(mapping.systems)
        world = World(mapping, new_id, alone=len(mapping.systems) == 1, doubt=doubt)
        if not unlinked:
            worlds.fill_records(connection, world, system.system, [record.id for record in records])
            doubles.forget_typed_anew(world, system, records)
        self.fill_sources(connection, world, system, records)
        planner.read_fresh(world, system, records)
        keys = [key for reading in world.readings.values() for key in reading.keys]
        if keys:
            worlds.fill_owners(connection, world, keys)
        refs = [record.ref.rpartition("_")[2] for record in records if record.ref]
        if refs:
            world.successors = mergers.successors(connection, refs)
            worlds.fill_goldens(connection, world, [world.successors.get(ref, ref) for ref in refs])
        if names is not None:
            for id, reading in world.readings.items():
                world.near[id] = list(dict.fromkeys(names.near(reading.values)))
            worlds.fill_goldens(connection, world, [one for near in world.near.values() for one in near])
        self.fill_targets(connection, world)
        return world

    def seen(self, system: SystemMapping, record: Record) -> Record:
        """A record with its time on our clock, and its archived state as a native where there is one."""
        if record.modified is not None:
            record = replace(record, modified=self.clocks.ours(system.system, record.modified))
        if not self.connectors[system.system].traits.archives:
            return record
        return replace(record, values={**record.values, ARCHIVED: record.archived})

    def look_at_clock(self, system: str) -> None:
        """Measure how far a system's clock is from ours, if it is time to; a rehearsal writes no file."""
        connector, may_write = self.connectors[system], not self.rehearsing
        self.clocks.look(system, connector, self.clock(), may_write=may_write)

    def is_log(self, mapping: EntityMapping) -> bool:
        """Whether an entity's records are events that the hub itself keeps (`hub.ports.Traits.log`)."""
        return any(self.connectors[name].traits.log for name in mapping.systems if name in self.connectors)

    def mapping(self, entity: str) -> EntityMapping:
        """The mapping of one entity, as the engine uses it."""
        return next(mapping for mapping in self.mappings if mapping.entity == entity)

    def chosen(self, entities: Iterable[str] | None) -> list[EntityMapping]:
        """The mappings of these entities, parents first; of all, if none is named."""
        wanted = None if entities is None else set(entities)
        return [mapping for mapping in self.mappings if wanted is None or mapping.entity in wanted]

    def _reindex(self, mapping: EntityMapping) -> None:
        """Bring every golden record's match keys in line with the mapping's rules, if those were edited."""
        rules = "; ".join(", ".join(f"{name}:{mapping.fields[name].type.name}" for name in rule)
                          for rule in mapping.match)  # fmt: skip
        with self.store.transaction() as connection:
            if cursors.rules(connection, mapping.entity) == rules:
                return
            worlds.forget_keys(connection, mapping.entity)
            after = ""
            while ids := worlds.ids_after(connection, mapping.entity, after, _PAGE):
                after = ids[-1]
                world = World(mapping, new_id)
                worlds.fill_links(connection, world, ids)
                saving.save_keys(connection, world.goldens.values(), mapping)
            cursors.set_rules(connection, mapping.entity, rules)

    def _begin(self, kind: str) -> Report:
        at = self.clock()
        with self.store.transaction() as connection:
            return Report(cursors.begin_run(connection, kind, at))

    def _end(self, report: Report) -> None:
        summary = {f"{entity}/{system}": {name: getattr(count, name) for name in count.__slots__}
                   for (entity, system), count in report.counts.items()}  # fmt: skip
        with self.store.transaction() as connection:
            cursors.end_run(connection, report.run, summary, self.clock())

    def _routes(
        self, mapping: EntityMapping, directions: tuple[str, ...], only: set[str] | None
    ) -> list[SystemMapping]:
        return [
            system
            for name, system in mapping.systems.items()
            if system.direction in directions and name in self.connectors and (only is None or name in only)
        ]

    def _with_archives(self, mapping: EntityMapping) -> EntityMapping:
        systems = {
            name: replace(system, lenses=(*system.lenses, archive_lens(name, system.direction)))
            if name in self.connectors and self.connectors[name].traits.archives
            else system
            for name, system in mapping.systems.items()
        }
        return replace(mapping, systems=systems)


def _settle_page(
    connection: Connection, world: World, routes: Sequence[SystemMapping], ids: Sequence[str], at: str
) -> None:
    """Note what each system is owed of these golden records; rows that no longer owe anything go."""
    goldens = [world.goldens[golden_id] for golden_id in ids]
    rows = outbox.of_goldens(connection, ids)
    blocked = reviews.blocked(connection, world, goldens)
    due: list[tuple[str, str]] = []
    paid: list[int] = []
    revived: list[outbox.Mail] = []
    for golden in goldens:
        for system in routes:
            row = rows.get((golden.id, system.system))
            debt = owing.is_owed(world, system, golden, (golden.id, system.system) in blocked)
            if debt is None:
                if row is not None and row.state in ("due", "dead", "sent", "discarded"):
                    paid.append(row.id)
            elif row is None:
                due.append((golden.id, system.system))
            elif row.state == "sent" and owing.on_its_way(world, system, golden):
                continue
            elif _is_news(row, debt, golden, world.links_of.get(golden.id, {}).get(system.system)):
                row.revive()
                revived.append(row)
    outbox.mark_due(connection, world.mapping.entity, due, at)
    outbox.update_rows(connection, revived, at)
    outbox.remove(connection, paid)
    worlds.clean(connection, ids)


def _is_news(row: outbox.Mail, debt: owing.Owed, golden: Golden, link: Link | None) -> bool:
    """Whether what is owed now is not what was refused, or handed over and may still arrive, before."""
    if row.state == "sent":
        awaited = link is not None and any(native in link.echoes for native in debt.values)
        return row.payload != debt.values or not awaited
    unfit = {name: golden.values.get(name) for name in debt.impossible}
    return row.state in ("dead", "discarded") and not row.was_refused(debt.values, unfit)


def _target(mapping: EntityMapping, name: str) -> str | None:
    """The entity a canonical field refers to, if it is a reference."""
    found = mapping.fields.get(name)
    return found.type.entity if found is not None and isinstance(found.type, Ref) else None


_PAGE = 1000
_ROUNDS = 4
