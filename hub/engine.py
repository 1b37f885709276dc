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
from dataclasses import dataclass, field, replace
from typing import Protocol

from sqlalchemy import Connection, select

from hub import brakes, planner
from hub.archive import archive_lens
from hub.clock import new_id, now
from hub.delivery import Delivery
from hub.mapping import EntityMapping, Mappings, SystemMapping
from hub.model import ARCHIVED, Link
from hub.ports import Connector, ConnectorError, Page, Record, View
from hub.store import Store, cursors, outbox, reviews, worlds
from hub.values import Ref
from hub.world import World

READS = ("both", "pull", "observe")
WRITES = ("both", "push")


class Progress(Protocol):
    """Told how far a long step is. `total` is unknown where ``None``."""

    def __call__(self, step: str, entity: str, system: str, done: int, total: int | None) -> None: ...


def silent(step: str, entity: str, system: str, done: int, total: int | None) -> None:
    """A progress nobody looks at."""


@dataclass(slots=True)
class Count:
    """What one route did in a run."""

    read: int = 0
    linked: int = 0
    created: int = 0
    written: int = 0
    refused: int = 0
    waiting: int = 0
    gone: int = 0


@dataclass(slots=True)
class Report:
    """What a run did, by (entity, system), and what stopped it where."""

    run: int = 0
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    problems: list[tuple[str, str, ConnectorError]] = field(default_factory=list)
    braked: list[tuple[str, str, str]] = field(default_factory=list)

    def of(self, entity: str, system: str) -> Count:
        return self.counts.setdefault((entity, system), Count())

    @property
    def writes(self) -> int:
        return sum(count.created + count.written for count in self.counts.values())


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
    ) -> None:
        self.store, self.connectors = store, connectors
        self.clock, self.progress, self.stopping = clock, progress, stopping
        self.mappings = [self._with_archives(mapping) for mapping in mappings]

    def sync(
        self,
        entities: Iterable[str] | None = None,
        systems: Iterable[str] | None = None,
        compare: bool = False,
    ) -> Report:
        """One whole cycle. `compare` also looks for deletions, by ids, where a pull does not show them."""
        report = self._begin("sync")
        only = set(systems) if systems is not None else None
        for mapping in self._chosen(entities):
            self.pull_entity(mapping, report, only, compare)
            for _ in range(_ROUNDS):
                if self.stopping() or not self.push_entity(mapping, report, only):
                    break
        self._end(report)
        return report

    def rehearse(self, report: Report, entities: Iterable[str] | None = None, compare: bool = False) -> None:
        """Pull and settle everything without delivering; meant for a store that is thrown away."""
        for mapping in self._chosen(entities):
            self.pull_entity(mapping, report, None, compare)
            self.settle(mapping)

    def pull_entity(
        self, mapping: EntityMapping, report: Report, only: set[str] | None = None, compare: bool = False
    ) -> None:
        """Read every system of one entity; a failing one is noted and left out."""
        for system in self._routes(mapping, READS, only):
            if self.stopping():
                return
            try:
                Puller(self, mapping, system, report).run(compare)
            except ConnectorError as problem:
                self.fail(mapping, system, problem, report)

    def push_entity(self, mapping: EntityMapping, report: Report, only: set[str] | None = None) -> bool:
        """Settle and deliver one entity; true if that left something to do at once (an unseen edit)."""
        self.settle(mapping)
        again = False
        for system in self._routes(mapping, WRITES, only):
            if self.stopping():
                return False
            try:
                again |= Delivery(self, mapping, system, report).run()
            except ConnectorError as problem:
                self.fail(mapping, system, problem, report)
        return again

    def fail(
        self, mapping: EntityMapping, system: SystemMapping, problem: ConnectorError, report: Report
    ) -> None:
        """Note that a route failed; the others go on."""
        if not any(found is problem for _, _, found in report.problems):
            report.problems.append((mapping.entity, system.system, problem))
        with self.store.transaction() as connection:
            cursors.failed(connection, mapping.entity, system.system, str(problem))

    def settle(self, mapping: EntityMapping) -> None:
        """Compare every dirty golden record with what each system holds, and note what is owed."""
        after = ""
        routes = self._routes(mapping, WRITES, None)
        with self.store.transaction() as connection:
            creating = [system.system for system in routes if system.creates]
            worlds.settle_new(connection, mapping.entity, creating, self.clock())
        while not self.stopping():
            with self.store.transaction() as connection:
                ids = worlds.dirty(connection, mapping.entity, after, _PAGE)
                if not ids:
                    return
                after = ids[-1]
                world = World(mapping, new_id)
                worlds.fill_goldens(connection, world, ids)
                self.fill_targets(connection, world)
                _settle_page(connection, world, routes, ids, self.clock())

    def fill_targets(self, connection: Connection, world: World) -> None:
        """Both ends of every reference of this world's golden records: as they are, and as each system shows it."""
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
        worlds.fill_references(connection, world, to_golden, to_external)

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
        worlds.fill_references(connection, world, wanted, ())

    def known_world(
        self,
        connection: Connection,
        mapping: EntityMapping,
        system: SystemMapping,
        records: Sequence[Record],
    ) -> World:
        """Everything the planner needs to know to observe these records."""
        world = World(mapping, new_id)
        worlds.fill_records(connection, world, system.system, [record.id for record in records])
        self.fill_sources(connection, world, system, records)
        planner.read_fresh(world, system, records)
        keys = [key for reading in world.readings.values() for key in reading.keys]
        if keys:
            worlds.fill_owners(connection, world, keys)
        refs = [record.ref.rpartition("_")[2] for record in records if record.ref]
        if refs:
            worlds.fill_goldens(connection, world, refs)
        self.fill_targets(connection, world)
        return world

    def seen(self, system: SystemMapping, record: Record) -> Record:
        """A record with its archived state as a native value, where the system archives."""
        if not self.connectors[system.system].traits.archives:
            return record
        return replace(record, values={**record.values, ARCHIVED: record.archived})

    def mapping(self, entity: str) -> EntityMapping:
        """The mapping of one entity, as the engine uses it."""
        return next(mapping for mapping in self.mappings if mapping.entity == entity)

    def _begin(self, kind: str) -> Report:
        with self.store.transaction() as connection:
            return Report(run=cursors.begin_run(connection, kind, self.clock()))

    def _end(self, report: Report) -> None:
        summary = {f"{entity}/{system}": {name: getattr(count, name) for name in count.__slots__}
                   for (entity, system), count in report.counts.items()}  # fmt: skip
        with self.store.transaction() as connection:
            cursors.end_run(connection, report.run, summary, self.clock())

    def _chosen(self, entities: Iterable[str] | None) -> list[EntityMapping]:
        wanted = None if entities is None else set(entities)
        return [mapping for mapping in self.mappings if wanted is None or mapping.entity in wanted]

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


class Puller:
    """One pull of one route: pages are planned and committed one by one, so a stop costs at most a page."""

    def __init__(self, engine: Engine, mapping: EntityMapping, system: SystemMapping, report: Report) -> None:
        self.engine, self.mapping, self.system, self.report = engine, mapping, system, report
        self.connector = engine.connectors[system.system]
        self.view: View = system.view
        self.count = report.of(mapping.entity, system.system)
        self.present: set[str] = set()
        self.unknown = False
        self.rejected: set[str] = set()

    def run(self, compare: bool) -> None:
        self._receipts()
        with self.engine.store.transaction() as connection:
            self.start = cursors.get(connection, self.mapping.entity, self.system.system)
            self.unknown = not worlds.any_link(connection, self.mapping.entity, self.system.system)
        self.anew = self.start.fingerprint != self.mapping.fingerprint
        position = None if self.anew else self.start.position
        listed = False
        for page in self.connector.pull(self.view, position, self._known):
            self._page(page)
            listed = page.listing
            self.engine.progress("read", self.mapping.entity, self.system.system, self.count.read, page.total)
            if self.engine.stopping():
                return
        self._look_again()
        if listed:
            self._missing(self.present)
        elif compare:
            self._compare()
        with self.engine.store.transaction() as connection:
            cursors.succeeded(connection, self.mapping.entity, self.system.system, self.engine.clock())

    def _known(self, ids: Sequence[str]) -> dict[str, str | None]:
        if self.anew or self.unknown:
            return {}
        with self.engine.store.transaction() as connection:
            return worlds.versions(connection, self.mapping.entity, self.system.system, ids)

    def _page(self, page: Page) -> None:
        at = self.engine.clock()
        self.present.update(record.id for record in page.records)
        self.present.update(rejected.id for rejected in page.rejected if rejected.id is not None)
        known = self._known([record.id for record in page.records])
        news = [
            self.engine.seen(self.system, record)
            for record in page.records
            if record.version is None or known.get(record.id, _UNKNOWN) != record.version
        ]
        with self.engine.store.transaction() as connection:
            if news:
                self._observe(connection, news, at)
            if page.rejected:
                self.rejected |= reviews.reject(
                    connection, self.mapping.entity, self.system.system, page.rejected, at
                )
            cursors.advance(
                connection, self.mapping.entity, self.system.system, page.cursor, self.mapping.fingerprint
            )
        self.count.read += len(page.records)

    def _observe(self, connection: Connection, records: Sequence[Record], at: str) -> None:
        world = self.engine.known_world(connection, self.mapping, self.system, records)
        planner.observe(world, self.system, records, at)
        self.count.linked += sum(link.new for link in world.changed_links())
        worlds.save(connection, world, self.report.run, at)
        reviews.note_shared(connection, world, self.system.system, at)

    def _look_again(self) -> None:
        """Records that were held or parked may have become clear: their twin corrected, their parent linked."""
        with self.engine.store.transaction() as connection:
            held = reviews.held(connection, self.mapping.entity, self.system.system, _PAGE)
        if not held:
            return
        found = [self.engine.seen(self.system, record) for record in self.connector.read(self.view, held)]
        at = self.engine.clock()
        with self.engine.store.transaction() as connection:
            gone = set(held) - {record.id for record in found}
            reviews.forget(connection, self.mapping.entity, self.system.system, gone)
            if found:
                self._observe(connection, found, at)

    def _missing(self, present: set[str]) -> None:
        """A pull that listed everything: what the hub knows and did not see is gone."""
        entity, system = self.mapping.entity, self.system.system
        with self.engine.store.transaction() as connection:
            reviews.clear_rejected(connection, entity, system, self.rejected)
            known = worlds.present_ids(connection, entity, system)
        gone = [external_id for external_id in known if external_id not in present]
        if gone:
            self._bury(gone, len(known))

    def _compare(self) -> None:
        """Ids in the system against ids known: deletions, and records a cursor missed."""
        present = self.connector.ids(self.view)
        with self.engine.store.transaction() as connection:
            known = worlds.present_ids(connection, self.mapping.entity, self.system.system)
            held = set(reviews.held(connection, self.mapping.entity, self.system.system, 1_000_000))
        absent = [external_id for external_id in known if external_id not in present]
        strays = sorted(present.difference(known, held))
        for part in worlds.chunks(strays, _PAGE):
            records = [self.engine.seen(self.system, one) for one in self.connector.read(self.view, part)]
            with self.engine.store.transaction() as connection:
                self._observe(connection, records, self.engine.clock())
        for part in worlds.chunks(absent, _PAGE):
            left_the_view = {record.id for record in self.connector.read(self.view, part)}
            absent = [one for one in absent if one not in left_the_view]
        if absent:
            self._bury(absent, len(known))

    def _bury(self, gone: list[str], known: int) -> None:
        brake = brakes.deletions(self.system.system, len(gone), known)
        if brake:
            self.report.braked.append((self.mapping.entity, self.system.system, brake))
            with self.engine.store.transaction() as connection:
                cursors.braked(connection, self.mapping.entity, self.system.system, brake)
            return
        for part in worlds.chunks(gone, _PAGE):
            at = self.engine.clock()
            with self.engine.store.transaction() as connection:
                world = World(self.mapping, new_id)
                worlds.fill_records(connection, world, self.system.system, part)
                self.engine.fill_targets(connection, world)
                links: list[Link] = [world.links[(self.system.system, one)] for one in part]
                planner.vanished(world, self.system, links, at)
                worlds.save(connection, world, self.report.run, at)
            self.count.gone += len(part)

    def _receipts(self) -> None:
        """Answers of an asynchronous system to what was handed over earlier."""
        if self.connector.traits.confirms:
            return
        receipts = self.connector.receipts(self.view)
        if not receipts:
            return
        with self.engine.store.transaction() as connection:
            reviews.take_receipts(connection, self.mapping, self.system.system, receipts, self.engine.clock())
        self.connector.settle(self.view, receipts)


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
            owing = planner.is_owed(world, system, golden, (golden.id, system.system) in blocked)
            if owing is None:
                if row is not None and row.state in ("due", "dead", "sent"):
                    paid.append(row.id)
            elif row is None:
                due.append((golden.id, system.system))
            elif row.state in ("dead", "sent") and row.payload != owing.values:
                row.state, row.attempts, row.reason = "due", 0, None
                revived.append(row)
    outbox.mark_due(connection, world.mapping.entity, due, at)
    outbox.update_rows(connection, revived, at)
    outbox.remove(connection, paid)
    worlds.clean(connection, ids)


def _target(mapping: EntityMapping, name: str) -> str | None:
    """The entity a canonical field refers to, if it is a reference."""
    found = mapping.fields.get(name)
    return found.type.entity if found is not None and isinstance(found.type, Ref) else None


_PAGE = 1000
_ROUNDS = 4
_UNKNOWN = object()
