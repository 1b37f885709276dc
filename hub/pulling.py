"""One pull of one route: pages are planned and committed one by one, so that a stop costs at most a page.

After the pages come the records that were held or parked (their twin may be corrected, their parent linked),
then deletions: by what a whole listing did not show, or, when asked, by comparing ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub import brakes, planner
from hub.clock import new_id
from hub.garbage import uncollected
from hub.mapping import EntityMapping, SystemMapping
from hub.model import Link
from hub.ports import Busy, Numbers, Page, Record, View
from hub.report import Report
from hub.store import cursors, reviews, saving, worlds
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine

_PAGE = 1000
_LOOK = 5000
_UNKNOWN = object()


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
        self._number()
        with self.engine.store.reading() as connection:
            self.start = cursors.get(connection, self.mapping.entity, self.system.system)
            self.unknown = not worlds.any_record(connection, self.mapping.entity, self.system.system)
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
            reviews.clear_shared(connection, self.mapping.entity)
            cursors.succeeded(connection, self.mapping.entity, self.system.system, self.engine.clock())

    def _number(self) -> None:
        """Rows a person typed without an id get one before they are read.

        Not while someone has the workbook open: the pull then sets them aside, with that reason.
        """
        writable = self.system.direction == "both" and not self.engine.rehearsing
        if writable and isinstance(self.connector, Numbers):
            with suppress(Busy):
                self.connector.number_rows(self.view)

    def _known(self, ids: Sequence[str]) -> dict[str, str | None]:
        if self.anew or self.unknown:
            return {}
        with self.engine.store.reading() as connection:
            return worlds.versions(connection, self.mapping.entity, self.system.system, ids)

    def _page(self, page: Page) -> None:
        at = self.engine.clock()
        unlinked = self.unknown and self.present.isdisjoint(record.id for record in page.records)
        self.present.update(record.id for record in page.records)
        self.present.update(rejected.id for rejected in page.rejected if rejected.id is not None)
        known = self._known([record.id for record in page.records])
        news = [
            self.engine.seen(self.system, record)
            for record in page.records
            if record.version is None or known.get(record.id, _UNKNOWN) != record.version
        ]
        with uncollected(), self.engine.store.transaction() as connection:
            if news:
                self._observe(connection, news, at, unlinked)
            if page.rejected:
                self.rejected |= reviews.reject(
                    connection, self.mapping.entity, self.system.system, page.rejected, at
                )
            cursors.advance(
                connection, self.mapping.entity, self.system.system, page.cursor, self.mapping.fingerprint
            )
        self.count.read += len(page.records)

    def _observe(
        self, connection: Connection, records: Sequence[Record], at: str, unlinked: bool = False
    ) -> None:
        world = self.engine.known_world(connection, self.mapping, self.system, records, unlinked)
        planner.observe(world, self.system, records, at)
        self.count.linked += sum(link.new for link in world.changed_links())
        saving.save(connection, world, self.report.run, at)
        reviews.note_shared(connection, world, self.system.system, at)

    def _look_again(self) -> None:
        """Records held or parked may have become clear: their twin corrected, their parent linked."""
        with self.engine.store.reading() as connection:
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
            reviews.clear_rejected(connection, entity, system, self.rejected, self.engine.clock())
            known = worlds.present_ids(connection, entity, system)
        self._bury(known - present, known)

    def _compare(self) -> None:
        """Ids in the system against ids known: deletions, and records a cursor missed."""
        present = self.connector.ids(self.view)
        with self.engine.store.transaction() as connection:
            known = worlds.present_ids(connection, self.mapping.entity, self.system.system)
            held = set(reviews.held(connection, self.mapping.entity, self.system.system, 1_000_000))
        strays = sorted(present.difference(known, held))
        for part in worlds.chunks(strays, _PAGE):
            records = [self.engine.seen(self.system, one) for one in self.connector.read(self.view, part)]
            with self.engine.store.transaction() as connection:
                self._observe(connection, records, self.engine.clock())
        self._bury(known - present, known)

    def _bury(self, absent: set[str], known: set[str]) -> None:
        """Treat absent records as deleted, unless they only left the filter or the brake holds them."""
        released = self.start.brake == cursors.RELEASED
        brake = "" if released else brakes.emptied(self.system.system, len(absent), len(known))
        gone = [] if brake else self._truly_gone(sorted(absent))
        brake = brake or ("" if released else brakes.deletions(self.system.system, len(gone), len(known)))
        if brake or self.start.brake:
            with self.engine.store.transaction() as connection:
                cursors.braked(connection, self.mapping.entity, self.system.system, brake or None)
        if brake:
            self.report.braked.append((self.mapping.entity, self.system.system, brake))
            return
        for part in worlds.chunks(gone, _PAGE):
            at = self.engine.clock()
            with self.engine.store.transaction() as connection:
                world = World(self.mapping, new_id)
                worlds.fill_records(connection, world, self.system.system, part)
                self.engine.fill_targets(connection, world)
                links: list[Link] = [world.links[(self.system.system, one)] for one in part]
                planner.vanished(world, self.system, links, at)
                saving.save(connection, world, self.report.run, at)
            self.count.gone += len(part)

    def _truly_gone(self, absent: Sequence[str]) -> list[str]:
        """Those that are not there at all: a record outside the mapping's filter is not a deleted one."""
        gone: list[str] = []
        for part in worlds.chunks(absent, _LOOK):
            there = {record.id for record in self.connector.read(self.view, part)}
            gone += [one for one in part if one not in there]
        return gone

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
