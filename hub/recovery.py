"""Rows that a stop or a lost reply left in mid-call: what the system has is looked at before anything else.

A record is ours if it carries our reference, or, where a system keeps none, if it stands under the id we
chose and says what we wrote. Someone else's record under that id is left alone, and another id is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub import planner
from hub.model import HUB, Link, same
from hub.ports import Record
from hub.route import Route
from hub.store import outbox, saving
from hub.store.outbox import Mail
from hub.world import World


class Recovery:
    """Looks up what became of rows in doubt."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def look(self, rows: Sequence[Mail]) -> None:
        """Rows a stop or a lost reply left in mid-call: see what the system has before anything else."""
        doubtful = [row for row in rows if row.state == "sending"]
        if not doubtful:
            return
        with self.route.engine.store.transaction() as connection:
            world = self.route.world(connection, doubtful)
            links = {row.id: self.route.link(world, row.golden_id) for row in doubtful}
        records = self._find(doubtful, links)
        with self.route.engine.store.transaction() as connection:
            world = self.route.world(connection, doubtful)
            self.route.engine.fill_sources(connection, world, self.route.system, list(records.values()))
            for row in doubtful:
                record = records.get(row.id)
                if record is not None:
                    self._recognise(world, row, record)
            saving.save(connection, world, self.route.report.run, self.route.engine.clock())
            outbox.update_rows(connection, doubtful, self.route.engine.clock())

    def _find(self, rows: Sequence[Mail], links: dict[int, Link | None]) -> dict[int, Record]:
        """What the system has for these rows: the linked record, the one with our reference, or our id."""
        found: dict[int, Record] = {}
        by_id = {link.external_id: row.id for row in rows if (link := links[row.id]) is not None}
        unlinked = [row for row in rows if links[row.id] is None]
        if self.route.connector.traits.assigns_ids:
            by_ref = {self.route.ref(row.golden_id): row.id for row in unlinked}
            if by_ref:
                for ref, record in self.route.connector.find(self.route.view, list(by_ref)).items():
                    found[by_ref[ref]] = self.route.seen(record)
        else:
            by_id |= {row.new_id: row.id for row in unlinked if row.new_id}
        if by_id:
            for record in self.route.connector.read(self.route.view, list(by_id)):
                found[by_id[record.id]] = self.route.seen(record)
        return found

    def _recognise(self, world: World, row: Mail, record: Record) -> None:
        golden = world.goldens[row.golden_id]
        link = self.route.link(world, row.golden_id)
        at = self.route.engine.clock()
        if link is not None:
            planner.absorb(world, self.route.system, link, record, at)
        elif (self.route.system.system, record.id) in world.links or not self._ours(row, record):
            row.new_id = None
            return
        else:
            planner.adopt(world, self.route.system, golden, record, at, HUB)
            self.route.count.created += 1
        row.state = "due"

    def _ours(self, row: Mail, record: Record) -> bool:
        """Whether a record under the id we chose is the one we wrote, rather than someone else's.

        At least half of what tells records apart (required fields, match keys) must stand there as we wrote
        it: somebody may have edited it since, or the system may write some of it in its own way, and taking
        it for a stranger's would make the record twice. That a stranger lives in the same town is no sign.
        """
        if self.route.connector.traits.assigns_ids:
            return True
        payload = row.payload or {}
        told = [name for name in self._telling() if name in payload and name in record.values]
        told = told or [name for name in payload if name in record.values]
        return 2 * sum(same(record.values[name], payload[name]) for name in told) >= len(told)

    def _telling(self) -> set[str]:
        """The native fields by which this system's records are told apart."""
        mapping = self.route.mapping
        fields = {name for rule in mapping.match for name in rule}
        fields |= {name for name, found in mapping.fields.items() if found.required}
        return {native for lens in self.route.system.lenses if lens.name in fields for native in lens.natives}
