"""One pull of one route: pages are planned and committed one by one, so that a stop costs at most a page.

Where records are known already, all pages are looked through first (`hub.lookthrough`): a look in which too
much changed at once is not believed, and none of it is taken in. After the pages come the records that were
held or parked (their twin may be corrected, their parent linked), then deletions: by what a whole listing did
not show, or, when asked, by comparing ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub import brakes, braking, doubles, heirs, planner, recovering, relinking, reviving
from hub.agreement import Names
from hub.brakes import Kind
from hub.clock import new_id
from hub.garbage import uncollected
from hub.lookthrough import Look, LookThrough
from hub.mapping import EntityMapping, SystemMapping
from hub.model import Link
from hub.ports import Busy, Numbers, Page, Record, View
from hub.recovering import Gathering, Lost, Older
from hub.recovery import Recovery
from hub.report import Report
from hub.route import Route
from hub.store import cursors, likenesses, mergers, outbox, reviews, saving, worlds
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine

_PAGE = 1000
_LOOK = 5000
_UNKNOWN = object()


class Puller:
    """One pull of one route: pages are planned and committed one by one, so a stop costs at most a page."""

    def __init__(
        self,
        engine: Engine,
        mapping: EntityMapping,
        system: SystemMapping,
        report: Report,
        lost: Lost | None = None,
    ) -> None:
        self.engine, self.mapping, self.system, self.report = engine, mapping, system, report
        self.lost = lost
        self.names: Names | None = None
        self.connector = engine.connectors[system.system]
        self.view: View = system.view
        self.count = report.of(mapping.entity, system.system)
        self.present: set[str] = set()
        self.unknown = False
        self.held = False
        self.rejected: set[str] = set()

    def run(self, compare: bool) -> None:
        self.hear()
        self._look_up()
        self._number()
        with self.engine.store.reading() as connection:
            self.start = cursors.get(connection, self.mapping.entity, self.system.system)
            self.unknown = not worlds.any_record(connection, self.mapping.entity, self.system.system)
        self.anew = self.start.fingerprint != self.mapping.fingerprint
        position = None if self.anew else self.start.position
        listed = False
        for look in self._looks(self.connector.pull(self.view, position, self._known)):
            self._take_in(look)
            listed = look.listing
            if self.engine.stopping():
                return
        if self.held:
            return
        if not (self.anew or self.unknown):
            self._release_used("changes", "archived")
        self.look_again()
        if listed:
            self._missing(self.present)
        elif compare and not self.connector.traits.log:
            self._compare()
        with self.engine.store.transaction() as connection:
            reviews.clear_shared(connection, self.mapping)
            now = recovering.lost(connection, self.mapping.entity)
            if recovering.began(now) != recovering.began(self.lost):
                # Somebody found meanwhile that the database is an old one: this was no look at everything.
                cursors.forget(connection, self.mapping.entity, self.system.system)
                return
            if self.lost is not None:
                recovering.settled(connection, self.mapping.entity, self.system.system)
                if not self.connector.traits.confirms:
                    recovering.looked(connection, self.mapping.entity, self.system.system)
            cursors.succeeded(connection, self.mapping.entity, self.system.system, self.engine.clock())

    def _look_up(self) -> None:
        """Records made in a call that never answered are known again first, or they would pass for news."""
        with self.engine.store.reading() as connection:
            rows = outbox.in_doubt(connection, self.mapping.entity, self.system.system)
        Recovery(Route(self.engine, self.mapping, self.system, self.report)).look(rows)

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

    def _looks(self, pages: Iterator[Page]) -> Iterator[Look]:
        """The pages, reduced to what is news in them; none where there is too much of it."""
        looks = map(self._look, pages)
        if self.lost is not None and self.lost.whole:
            gathering = Gathering(self.mapping, self.system)
            through = LookThrough(self.engine, self.mapping, self.system, self.report)
            self.held = not through.all_well(gathering.counted(looks))
            return gathering.together(through.looks())
        if self.anew or self.unknown or self.connector.traits.log:
            return looks
        through = LookThrough(self.engine, self.mapping, self.system, self.report)
        self.held = not through.all_well(looks)
        return through.looks()

    def _look(self, page: Page) -> Look:
        shown = {record.id: record for record in page.records}  # one may be handed over twice, as it changes
        ids = list(shown)
        known = self._known(ids)
        if ids:
            self.engine.look_at_clock(self.system.system)
        news = [
            self.engine.seen(self.system, record)
            for record in shown.values()
            if record.version is None or known.get(record.id, _UNKNOWN) != record.version
        ]
        self.count.read += len(ids)
        self.engine.progress("read", self.mapping.entity, self.system.system, self.count.read, page.total)
        ids += [rejected.id for rejected in page.rejected if rejected.id is not None]
        return Look(news, ids, page.cursor, page.rejected, page.listing)

    def _take_in(self, look: Look) -> None:
        at = self.engine.clock()
        unlinked = self.unknown and self.present.isdisjoint(look.ids)
        self.present.update(look.ids)
        with uncollected(), self.engine.store.transaction() as connection:
            if look.news:
                self._observe(connection, look.news, at, unlinked)
                if not unlinked:
                    reviving.edited_there(connection, self.mapping.entity, self.system.system, look.news, at)
            if look.rejected:
                self.rejected |= reviews.reject(
                    connection, self.mapping.entity, self.system.system, look.rejected, at
                )
            cursors.advance(
                connection, self.mapping.entity, self.system.system, look.cursor, self.mapping.fingerprint
            )

    def _observe(
        self, connection: Connection, records: Sequence[Record], at: str, unlinked: bool = False
    ) -> None:
        if not self.system.adopts:
            records = self._ours(connection, records)
        lost = self.lost if self.lost and self.lost.concerns(self.system.system, records) else None
        if lost is not None and self.names is None:
            self.names = recovering.names(connection, self.mapping)
        world = self.engine.known_world(
            connection, self.mapping, self.system, records, unlinked, self.names if lost else None
        )
        if lost is not None:
            relinking.observe(world, self.system, records, at, lost.since)
            self.report.met(self.mapping.entity, self.system.system, world.relinked)
        else:
            stranger = relinking.unknown_reference(world, self.system, records)
            if stranger is not None:
                raise Older(self.system.system, stranger)
            planner.observe(world, self.system, records, at)
        self.count.linked += sum(link.new for link in world.changed_links())
        saving.save(connection, world, self.report.run, at)
        reviews.note_shared(connection, world, self.system.system, at)
        if self.names is not None:
            self.names.take((golden.id, golden.values) for golden in world.changed_goldens())

    def _ours(self, connection: Connection, records: Sequence[Record]) -> list[Record]:
        """Those that are linked, or carry our reference to a golden record that is here.

        While all is met again, a reference to one that is not is ours as well.
        """
        linked = worlds.linked_ids(
            connection, self.mapping.entity, self.system.system, [record.id for record in records]
        )
        meant = {record.id: record.ref.rpartition("_")[2] for record in records if record.ref}
        if self.lost is not None and self.lost.whole:
            return [record for record in records if record.id in linked or record.id in meant]
        here = worlds.existing(connection, self.mapping.entity, list(meant.values()))
        return [record for record in records if record.id in linked or meant.get(record.id) in here]

    def look_again(self) -> int:
        """Records held or parked may be clear: their twin corrected, their parent linked. How many are."""
        with self.engine.store.reading() as connection:
            held = reviews.held(connection, self.mapping.entity, self.system.system, _PAGE)
        if not held:
            return 0
        before = self.count.linked
        found = [self.engine.seen(self.system, record) for record in self.connector.read(self.view, held)]
        at = self.engine.clock()
        with self.engine.store.transaction() as connection:
            gone = set(held) - {record.id for record in found}
            reviews.forget(connection, self.mapping.entity, self.system.system, gone)
            if found:
                self._observe(connection, found, at)
        return self.count.linked - before

    def _missing(self, present: set[str]) -> None:
        """A pull that listed everything: what the hub knows and did not see is gone."""
        entity, system = self.mapping.entity, self.system.system
        with self.engine.store.transaction() as connection:
            reviews.clear_rejected(connection, entity, system, self.rejected, self.engine.clock())
            known = worlds.present_ids(connection, entity, system)
            twice = worlds.present_doubles(connection, entity, system)
        self._bury(known - present, known, twice - present)

    def _compare(self) -> None:
        """Ids in the system against ids known: deletions, and records a cursor missed."""
        present = self.connector.ids(self.view)
        with self.engine.store.transaction() as connection:
            known = worlds.present_ids(connection, self.mapping.entity, self.system.system)
            twice = worlds.present_doubles(connection, self.mapping.entity, self.system.system)
            held = set(reviews.held(connection, self.mapping.entity, self.system.system, 1_000_000))
        strays = sorted(present.difference(known, held, twice)) if self.system.adopts else []
        for part in worlds.chunks(strays, _PAGE):
            records = [self.engine.seen(self.system, one) for one in self.connector.read(self.view, part)]
            with self.engine.store.transaction() as connection:
                self._observe(connection, records, self.engine.clock())
        self._bury(known - present, known, twice - present)

    def _bury(self, absent: set[str], known: set[str], doubles_absent: set[str]) -> None:
        """Treat absent records as deleted, unless they only left the filter or a brake holds them."""
        name, limits = self.system.system, self.engine.limits
        with self.engine.store.reading() as connection:
            absent = absent - mergers.in_doubt(connection, self.mapping.entity, name)
        measured = self.system.on_delete != "done"
        if measured and self._stops("emptied", brakes.emptied(name, len(absent), len(known), limits)):
            return
        gone = self._truly_gone(sorted(absent))
        if measured and self._stops("deletions", brakes.deletions(name, len(gone), len(known), limits)):
            return
        self._bury_doubles(doubles_absent)
        for part in worlds.chunks(gone, _PAGE):
            at = self.engine.clock()
            left = heirs.follow(self.engine, self.mapping, self.system, part)
            with self.engine.store.transaction() as connection:
                world = World(self.mapping, new_id)
                worlds.fill_records(connection, world, name, left)
                self.engine.fill_targets(connection, world)
                links: list[Link] = [world.links[(name, one)] for one in left]
                refused = outbox.refused(connection, self.mapping.entity, name, left)
                asked = likenesses.asked(connection, self.mapping.entity, [one.golden_id for one in links])
                planner.vanished(world, self.system, links, at, refused, asked)
                saving.save(connection, world, self.report.run, at)
            self.count.gone += len(part)
        self._release_used("emptied", "deletions")

    def _bury_doubles(self, absent: set[str]) -> None:
        gone = self._truly_gone(sorted(absent))
        for part in worlds.chunks(gone, _PAGE):
            with self.engine.store.transaction() as connection:
                world = World(self.mapping, new_id)
                worlds.fill_records(connection, world, self.system.system, part)
                found = [world.links.get((self.system.system, id)) for id in part]
                doubles.gone(world, (link for link in found if link is not None and link.double))
                saving.save(connection, world, self.report.run, self.engine.clock())

    def _stops(self, kind: Kind, reason: str) -> bool:
        return braking.stops(self.engine, self.report, self.mapping.entity, self.system.system, kind, reason)

    def _release_used(self, *kinds: Kind) -> None:
        braking.used_up(self.engine, self.mapping.entity, self.system.system, *kinds)

    def _truly_gone(self, absent: Sequence[str]) -> list[str]:
        """Those that are not there at all: a record outside the mapping's filter is not a deleted one."""
        gone: list[str] = []
        for part in worlds.chunks(absent, _LOOK):
            there = {record.id for record in self.connector.read(self.view, part)}
            gone += [one for one in part if one not in there]
        return gone

    def hear(self) -> None:
        """Answers of an asynchronous system to what was handed over earlier.

        A rehearsal looks at them and leaves them where they are: nothing of it is stored.
        """
        if self.connector.traits.confirms:
            return
        receipts = self.connector.receipts(self.view)
        if not receipts:
            return
        with self.engine.store.transaction() as connection:
            reviews.take_receipts(connection, self.mapping, self.system, receipts, self.engine.clock())
        if not self.engine.rehearsing:
            self.connector.settle(self.view, receipts)
