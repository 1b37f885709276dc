"""Delivering the outbox of one route: intent first, then the call, then what came of it.

Each batch goes through three steps. *Prepare*: what is owed is computed afresh and noted as intent, in one
transaction. *Write*: one call of the connector, outside any transaction. *Record*: what the system answered
becomes the new base, in one transaction. A row that was in mid-call when the hub stopped is looked up in the
system first: by our reference where the system keeps it, by the id we chose where it does not.

It promises: exactly one record is created per golden record; an error answer never counts as "not applied";
one refused record costs only itself and is never retried for ever; a record that someone edited since is not
overwritten but merged again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub import owing, recovering
from hub.garbage import uncollected
from hub.mapping import EntityMapping, SystemMapping
from hub.model import ARCHIVED, Link
from hub.outcomes import Outcomes
from hub.ports import ConnectorError, Keyed, Native, Outcome, Write
from hub.recovery import Recovery
from hub.report import Report
from hub.route import Parcel, Route
from hub.store import cursors, outbox, reviews, saving, worlds
from hub.store.outbox import Mail
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine


@dataclass(frozen=True, slots=True)
class _Call:
    """A batch the system is working on."""

    parcels: list[Parcel]
    future: Future[Sequence[Outcome]]


class Delivery:
    """One pass over one route's outbox."""

    def __init__(
        self,
        engine: Engine,
        mapping: EntityMapping,
        system: SystemMapping,
        report: Report,
        readers: Sequence[SystemMapping] | None = None,
    ) -> None:
        """`readers`, while the hub recovers: the systems to be read before anything is created."""
        self.route = Route(engine, mapping, system, report)
        self.recovering = readers is not None
        self.waits = ""
        if readers is not None:
            with engine.store.reading() as connection:
                confirms = self.route.connector.traits.confirms
                self.waits = recovering.creations_wait(connection, mapping, system, readers, confirms)
        self.outcomes = Outcomes(self.route)
        self.blocked: set[tuple[str, str]] = set()

    def run(self) -> bool:
        """Deliver all that is due; true if something must be settled and delivered again at once.

        While the system works on one batch, the next is prepared and the last recorded: most of a delivery
        is waiting for the system.
        """
        with ThreadPoolExecutor(1, f"write-{self.route.system.system}") as caller:
            underway: _Call | None = None
            try:
                for rows in self._batches():
                    if underway is not None and self._needs_system(rows):
                        finished, underway = underway, None
                        self._finish(finished)
                    parcels = self._prepare(rows)
                    if underway is not None:
                        finished, underway = underway, None
                        outcomes = self._answers(finished, parcels)
                        underway = self._call(caller, parcels)
                        self.outcomes.record(finished.parcels, outcomes)
                    else:
                        underway = self._call(caller, parcels)
                    if self.outcomes.held:
                        break
            finally:
                if underway is not None:
                    self._finish(underway)
        return self.outcomes.moved

    def _batches(self) -> Iterator[list[Mail]]:
        after, done = 0, 0
        while not self.route.engine.stopping():
            with self.route.engine.store.reading() as connection:
                rows = outbox.due(
                    connection,
                    self.route.mapping.entity,
                    self.route.system.system,
                    self.route.engine.clock(),
                    after,
                    self.route.connector.traits.batch,
                )
            if not rows:
                return
            after = rows[-1].id
            yield rows
            done += len(rows)
            self.route.engine.progress(
                "write", self.route.mapping.entity, self.route.system.system, done, None
            )

    def _needs_system(self, rows: Sequence[Mail]) -> bool:
        """Whether preparing these asks the system something, which one call at a time may do."""
        return not self.route.connector.traits.assigns_ids or any(row.state == "sending" for row in rows)

    def _call(self, caller: ThreadPoolExecutor, parcels: list[Parcel]) -> _Call | None:
        if not parcels:
            return None
        writes = [self._write(parcel) for parcel in parcels]
        return _Call(parcels, caller.submit(self.route.connector.write, self.route.view, writes))

    def _finish(self, call: _Call) -> None:
        self.outcomes.record(call.parcels, self._answers(call, ()))

    def _answers(self, call: _Call, prepared: Sequence[Parcel]) -> Sequence[Outcome]:
        """Wait for a call. If it failed as a whole, what it and the next batch meant to write is put back."""
        try:
            return call.future.result()
        except ConnectorError as problem:
            self.outcomes.put_back([*call.parcels, *prepared], problem)
            raise

    def _prepare(self, rows: Sequence[Mail]) -> list[Parcel]:
        """Compute what is due now, and note it as intent. What is owed no more leaves the outbox."""
        Recovery(self.route).look(rows)
        with uncollected(), self.route.engine.store.transaction() as connection:
            world = self.route.world(connection, rows, owing=True)
            readable = cursors.get(connection, self.route.mapping.entity, self.route.system.system)
            self.blocked = reviews.blocked(connection, world, list(world.goldens.values()))
            parcels: list[Parcel] = []
            for row in rows:
                parcel = self._parcel(world, row, readable.pulled_at)
                if parcel is not None:
                    parcels.append(parcel)
            self._shelve(connection, world, rows, parcels)
            ready = [parcel for parcel in parcels if parcel.values]
            if self.route.connector.traits.assigns_ids:
                self._note_intent(connection, world, ready)
                return ready
            place = (self.route.mapping.entity, self.route.system.system)
            taken = outbox.reserved_ids(connection, *place) | worlds.gone_ids(connection, *place)
        self._allocate(ready, taken)
        with uncollected(), self.route.engine.store.transaction() as connection:
            changes = [parcel.mail for parcel in ready if parcel.external_id is not None]
            self._note_intent(connection, self.route.world(connection, changes, owing=True), ready)
        return ready

    def _note_intent(self, connection: Connection, world: World, parcels: Sequence[Parcel]) -> None:
        """What is about to be written: to be looked for after a stop, and known again when it shows up."""
        for parcel in parcels:
            parcel.mail.intend(parcel.values)
            link = self.route.link(world, parcel.mail.golden_id)
            if link is not None:
                for native, value in parcel.values.items():
                    link.echoes.setdefault(native, []).append(value)
                link.changed = True
        saving.save(connection, world, self.route.report.run, self.route.engine.clock())
        mails = [parcel.mail for parcel in parcels]
        outbox.update_rows(connection, mails, self.route.engine.clock())

    def _parcel(self, world: World, row: Mail, pulled_at: str | None) -> Parcel | None:
        golden = world.goldens[row.golden_id]
        link = self.route.link(world, row.golden_id)
        # A record of a time still to come was met before the clock was set back: it waits for nothing.
        unlooked = pulled_at is None or pulled_at < golden.created_at <= self.route.engine.clock()
        looked_at = self.route.system.direction == "both" and self.route.system.adopts
        if link is None and looked_at and unlooked:
            return Parcel(
                row, {}, {}, None, (f"{self.route.system.system} has not been read since",), {}, False
            )
        if link is None and self.waits:
            return Parcel(row, {}, {}, None, (self.waits,), {}, False)
        debt = owing.is_owed(
            world, self.route.system, golden, (golden.id, self.route.system.system) in self.blocked
        )
        if debt is None:
            if link is None and row.state == "sending" and not self.route.connector.traits.confirms:
                self._presume(world, row)
            return None
        values = debt.values
        if link is None and debt.waiting:
            values = {}
        return Parcel(
            row, values, _readable(link) if link else {}, link.external_id if link else None,
            tuple(debt.waiting), debt.impossible,
            row.state == "sending" or (self.recovering and link is None),
        )  # fmt: skip

    def _presume(self, world: World, row: Mail) -> None:
        """Perhaps handed over, owed no more: linked as what is handed over is, to be known if it shows."""
        if row.new_id and (self.route.system.system, row.new_id) not in world.links:
            whose = row.entity, row.golden_id
            world.add_link(Link.handed_over(self.route.system.system, row.new_id, whose, row.payload or {}))

    def _shelve(
        self, connection: Connection, world: World, rows: Sequence[Mail], parcels: Sequence[Parcel]
    ) -> None:
        """Rows with nothing to write now: paid, waiting for a parent, or impossible."""
        if any(link.new for link in world.links.values()):
            saving.save(connection, world, self.route.report.run, self.route.engine.clock())
        kept = {parcel.mail.id for parcel in parcels}
        outbox.remove(connection, [row.id for row in rows if row.id not in kept])
        later: list[Mail] = []
        for parcel in parcels:
            if parcel.values:
                continue
            parcel.mail.state = "due"
            if parcel.impossible:
                self.outcomes.bury_impossible(world.goldens[parcel.mail.golden_id], parcel)
            else:
                parcel.mail.reason = "; ".join(parcel.waiting)
                self.route.count.waiting += 1
            later.append(parcel.mail)
        outbox.update_rows(connection, later, self.route.engine.clock())

    def _allocate(self, parcels: Sequence[Parcel], taken: set[str]) -> None:
        """Choose ids for new records where the system does not; ids already promised are kept."""
        if self.route.connector.traits.assigns_ids:
            return
        creating = [p for p in parcels if p.external_id is None and p.mail.new_id is None]
        wanting: list[Parcel] = []
        for parcel in creating:
            own = self._own_id(parcel)
            if own is None:
                wanting.append(parcel)
            else:
                parcel.mail.new_id = own or None
        if wanting:
            fresh = self.route.connector.allocate(self.route.view, len(wanting), taken)
            for parcel, new_id in zip(wanting, fresh, strict=True):
                parcel.mail.new_id = new_id

    def _own_id(self, parcel: Parcel) -> str | None:
        """The id a new record brings with it in its values, if its key is among them."""
        view, connector = self.route.view, self.route.connector
        if len(view.key) > 1:
            return connector.key_of(view, parcel.values) if isinstance(connector, Keyed) else None
        own = parcel.values.get(view.key[0]) if view.key else None
        return None if own is None else str(own)

    def _write(self, parcel: Parcel) -> Write:
        values = dict(parcel.values)
        archived = values.pop(ARCHIVED, None)
        expected = {name: value for name, value in parcel.expected.items() if name != ARCHIVED}
        creating = parcel.external_id is None
        return Write(
            self.route.ref(parcel.mail.golden_id),
            parcel.external_id,
            values,
            expected,
            new_id=parcel.mail.new_id if creating else None,
            archived=bool(archived) if archived is not None and not (creating and not archived) else None,
            again=parcel.again,
        )


def _readable(link: Link) -> dict[str, Native]:
    """What the record is believed to hold, fields that could not be read left out."""
    return {native: value for native, value in link.current().items() if native not in link.blocked}
