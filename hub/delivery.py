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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub import owing, planner
from hub.clock import new_id
from hub.mapping import EntityMapping, SystemMapping
from hub.model import ARCHIVED, Golden, Link, same
from hub.ports import (
    Busy,
    ConnectorError,
    Done,
    Missing,
    Moved,
    Native,
    Outcome,
    Record,
    Refused,
    Sent,
    Unknown,
    Unreachable,
    Write,
)
from hub.store import cursors, outbox, reviews, saving, worlds
from hub.store.outbox import Mail
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine
    from hub.report import Report

BATCH = 500
PATIENCE = 12
"""Attempts at one record (replies lost, edited under our hands) before it is set aside for a person."""


@dataclass(slots=True)
class Parcel:
    """One row of the outbox with what it comes to right now."""

    mail: Mail
    values: dict[str, Native]
    expected: dict[str, Native]
    external_id: str | None
    waiting: tuple[str, ...]
    impossible: dict[str, str]
    again: bool


class Delivery:
    """One pass over one route's outbox."""

    def __init__(self, engine: Engine, mapping: EntityMapping, system: SystemMapping, report: Report) -> None:
        self.engine, self.mapping, self.system, self.report = engine, mapping, system, report
        self.connector = engine.connectors[system.system]
        self.view = system.view
        self.count = report.of(mapping.entity, system.system)
        self.moved = False
        self.blocked: set[tuple[str, str]] = set()

    def run(self) -> bool:
        """Deliver all that is due; true if something must be settled and delivered again at once."""
        after, done = 0, 0
        while not self.engine.stopping():
            with self.engine.store.reading() as connection:
                rows = outbox.due(
                    connection, self.mapping.entity, self.system.system, self.engine.clock(), after, BATCH
                )
            if not rows:
                break
            after = rows[-1].id
            self._look(rows)
            parcels = self._prepare(rows)
            if parcels:
                self._send(parcels)
            done += len(rows)
            self.engine.progress("write", self.mapping.entity, self.system.system, done, None)
        return self.moved

    def _look(self, rows: Sequence[Mail]) -> None:
        """Rows a stop or a lost reply left in mid-call: see what the system has before anything else."""
        doubtful = [row for row in rows if row.state == "sending"]
        if not doubtful:
            return
        with self.engine.store.transaction() as connection:
            world = self._world(connection, doubtful)
            links = {row.id: self._link(world, row.golden_id) for row in doubtful}
        records = self._find(doubtful, links)
        with self.engine.store.transaction() as connection:
            world = self._world(connection, doubtful)
            self.engine.fill_sources(connection, world, self.system, list(records.values()))
            for row in doubtful:
                record = records.get(row.id)
                if record is not None:
                    self._recognise(world, row, record)
            saving.save(connection, world, self.report.run, self.engine.clock())
            outbox.update_rows(connection, doubtful, self.engine.clock())

    def _find(self, rows: Sequence[Mail], links: dict[int, Link | None]) -> dict[int, Record]:
        """What the system has for these rows: the linked record, the one with our reference, or our id."""
        found: dict[int, Record] = {}
        by_id = {link.external_id: row.id for row in rows if (link := links[row.id]) is not None}
        unlinked = [row for row in rows if links[row.id] is None]
        if self.connector.traits.assigns_ids:
            by_ref = {self._ref(row.golden_id): row.id for row in unlinked}
            if by_ref:
                for ref, record in self.connector.find(self.view, list(by_ref)).items():
                    found[by_ref[ref]] = self.engine.seen(self.system, record)
        else:
            by_id |= {row.new_id: row.id for row in unlinked if row.new_id}
        if by_id:
            for record in self.connector.read(self.view, list(by_id)):
                found[by_id[record.id]] = self.engine.seen(self.system, record)
        return found

    def _recognise(self, world: World, row: Mail, record: Record) -> None:
        golden = world.goldens[row.golden_id]
        link = self._link(world, row.golden_id)
        at = self.engine.clock()
        if link is not None:
            planner.absorb(world, self.system, link, record, at)
        elif (self.system.system, record.id) in world.links or not self._ours(row, record):
            row.new_id = None
            return
        else:
            planner.adopt(world, self.system, golden, record, at)
            self.count.created += 1
        row.state = "due"

    def _ours(self, row: Mail, record: Record) -> bool:
        """Whether a record under the id we chose is the one we wrote, rather than someone else's."""
        if self.connector.traits.assigns_ids:
            return True
        payload = row.payload or {}
        return all(same(record.values.get(name), value) for name, value in payload.items()
                   if name in record.values)  # fmt: skip

    def _prepare(self, rows: Sequence[Mail]) -> list[Parcel]:
        """Compute what is due now, and note it as intent. What is owed no more leaves the outbox."""
        with self.engine.store.transaction() as connection:
            world = self._world(connection, rows)
            readable = cursors.get(connection, self.mapping.entity, self.system.system)
            self.blocked = reviews.blocked(connection, world, list(world.goldens.values()))
            parcels: list[Parcel] = []
            for row in rows:
                parcel = self._parcel(world, row, readable.pulled_at)
                if parcel is not None:
                    parcels.append(parcel)
            self._shelve(connection, world, rows, parcels)
            taken = outbox.reserved_ids(connection, self.mapping.entity, self.system.system)
        ready = [parcel for parcel in parcels if parcel.values]
        self._allocate(ready, taken)
        with self.engine.store.transaction() as connection:
            world = self._world(connection, [parcel.mail for parcel in ready])
            for parcel in ready:
                parcel.mail.state, parcel.mail.payload = "sending", parcel.values
                link = self._link(world, parcel.mail.golden_id)
                if link is not None:
                    for native, value in parcel.values.items():
                        link.echoes.setdefault(native, []).append(value)
                    link.changed = True
            saving.save(connection, world, self.report.run, self.engine.clock())
            outbox.update_rows(connection, [parcel.mail for parcel in ready], self.engine.clock())
        return ready

    def _parcel(self, world: World, row: Mail, pulled_at: str | None) -> Parcel | None:
        golden = world.goldens[row.golden_id]
        link = self._link(world, row.golden_id)
        if link is None and self.system.direction == "both" and (pulled_at or "") < golden.created_at:
            return Parcel(row, {}, {}, None, (f"{self.system.system} has not been read since",), {}, False)
        debt = owing.is_owed(world, self.system, golden, (golden.id, self.system.system) in self.blocked)
        if debt is None:
            return None
        values = debt.values
        if link is None and debt.waiting:
            values = {}
        return Parcel(
            row, values, _readable(link) if link else {}, link.external_id if link else None,
            tuple(debt.waiting), debt.impossible, row.state == "sending",
        )  # fmt: skip

    def _shelve(
        self, connection: Connection, world: World, rows: Sequence[Mail], parcels: Sequence[Parcel]
    ) -> None:
        """Rows with nothing to write now: paid, waiting for a parent, or impossible."""
        kept = {parcel.mail.id for parcel in parcels}
        outbox.remove(connection, [row.id for row in rows if row.id not in kept])
        later: list[Mail] = []
        for parcel in parcels:
            if parcel.values:
                continue
            parcel.mail.state = "due"
            if parcel.impossible:
                field, reason = next(iter(parcel.impossible.items()))
                self._bury(parcel.mail, reason, field, f"change {field}, or its limits in the mapping")
            else:
                parcel.mail.reason = "; ".join(parcel.waiting)
                self.count.waiting += 1
            later.append(parcel.mail)
        outbox.update_rows(connection, later, self.engine.clock())

    def _allocate(self, parcels: Sequence[Parcel], taken: set[str]) -> None:
        """Choose ids for new records where the system does not; ids already promised are kept."""
        if self.connector.traits.assigns_ids:
            return
        creating = [p for p in parcels if p.external_id is None and p.mail.new_id is None]
        wanting: list[Parcel] = []
        for parcel in creating:
            own = parcel.values.get(self.view.key[0]) if len(self.view.key) == 1 else None
            if own is None:
                wanting.append(parcel)
            else:
                parcel.mail.new_id = str(own)
        if wanting:
            fresh = self.connector.allocate(self.view, len(wanting), taken)
            for parcel, new_id in zip(wanting, fresh, strict=True):
                parcel.mail.new_id = new_id

    def _send(self, parcels: Sequence[Parcel]) -> None:
        writes = [self._write(parcel) for parcel in parcels]
        try:
            outcomes = self.connector.write(self.view, writes)
        except ConnectorError as problem:
            self._put_back(parcels, problem)
            raise
        with self.engine.store.transaction() as connection:
            self._record(connection, parcels, outcomes)

    def _write(self, parcel: Parcel) -> Write:
        values = dict(parcel.values)
        archived = values.pop(ARCHIVED, None)
        expected = {name: value for name, value in parcel.expected.items() if name != ARCHIVED}
        creating = parcel.external_id is None
        return Write(
            self._ref(parcel.mail.golden_id),
            parcel.external_id,
            values,
            expected,
            new_id=parcel.mail.new_id if creating else None,
            archived=bool(archived) if archived is not None and not (creating and not archived) else None,
            again=parcel.again,
        )

    def _put_back(self, parcels: Sequence[Parcel], problem: ConnectorError) -> None:
        """Nothing was written for a reason that concerns them all: wait a little longer each time."""
        transient = isinstance(problem, Unreachable | Busy)
        tries = max(parcel.mail.attempts for parcel in parcels) + 1 if transient else 0
        wait = timedelta(seconds=min(2 ** min(tries, 9), 300)) if transient else timedelta()
        later = (datetime.fromisoformat(self.engine.clock()) + wait).isoformat(timespec="milliseconds")
        with self.engine.store.transaction() as connection:
            world = self._world(connection, [parcel.mail for parcel in parcels])
            for parcel in parcels:
                parcel.mail.state, parcel.mail.attempts = "due", tries
                parcel.mail.reason = str(problem)
                self._forget_echo(world, parcel)
            saving.save(connection, world, self.report.run, self.engine.clock())
            outbox.update_rows(connection, [parcel.mail for parcel in parcels], later)

    def _record(self, connection: Connection, parcels: Sequence[Parcel], outcomes: Sequence[Outcome]) -> None:
        at = self.engine.clock()
        world = self._world(connection, [parcel.mail for parcel in parcels])
        records = [outcome.record for outcome in outcomes if isinstance(outcome, Done | Moved)]
        self.engine.fill_sources(connection, world, self.system, records)
        paid: list[int] = []
        kept: list[Mail] = []
        for parcel, outcome in zip(parcels, outcomes, strict=True):
            golden = world.goldens[parcel.mail.golden_id]
            (paid.append(parcel.mail.id) if self._outcome(world, golden, parcel, outcome, at)
             else kept.append(parcel.mail))  # fmt: skip
        saving.save(connection, world, self.report.run, at)
        outbox.remove(connection, paid)
        outbox.update_rows(connection, kept, at)

    def _outcome(self, world: World, golden: Golden, parcel: Parcel, outcome: Outcome, at: str) -> bool:
        """Take one answer in; true if the row has done its work."""
        mail = parcel.mail
        link = self._link(world, golden.id)
        if isinstance(outcome, Done):
            return self._done(world, golden, parcel, self.engine.seen(self.system, outcome.record), at)
        if isinstance(outcome, Sent):
            self._sent(world, golden, parcel, link, outcome)
        elif isinstance(outcome, Moved) and link is not None:
            self._forget_echo(world, parcel)
            planner.absorb(world, self.system, link, self.engine.seen(self.system, outcome.record), at)
            golden.dirty = self.moved = True
            self._once_more(mail, "it is edited again and again while the hub writes to it")
        elif isinstance(outcome, Missing) and link is not None:
            planner.vanished(world, self.system, [link], at)
            golden.dirty = self.moved = True
            return True
        elif isinstance(outcome, Refused):
            self._forget_echo(world, parcel)
            self._bury(mail, outcome.reason, outcome.field, outcome.todo)
        elif isinstance(outcome, Unknown):
            self._once_more(mail, outcome.reason, "sending")
            self.moved = True
        else:
            self._once_more(mail, f"{self.system.system} answered {type(outcome).__name__} to a creation")
        return False

    def _done(self, world: World, golden: Golden, parcel: Parcel, record: Record, at: str) -> bool:
        other = world.links.get((self.system.system, record.id))
        if other is not None and other.golden_id != golden.id:
            self._bury(
                parcel.mail, f"record {record.id} already belongs to another one", None,
                "see `hub conflicts list`",
            )  # fmt: skip
            return False
        planner.written(world, self.system, golden, record, parcel.values, at)
        if parcel.external_id is None:
            self.count.created += 1
        else:
            self.count.written += 1
        if parcel.impossible:
            field, reason = next(iter(parcel.impossible.items()))
            self._bury(parcel.mail, reason, field, f"change {field}, or its limits in the mapping")
            return False
        if parcel.waiting:
            parcel.mail.state, parcel.mail.reason = "due", "; ".join(parcel.waiting)
            return False
        return True

    def _sent(self, world: World, golden: Golden, parcel: Parcel, link: Link | None, outcome: Sent) -> None:
        """Handed over: our values are expected to show up; until then the base stays what it was."""
        if link is None:
            link = Link(
                self.system.system, outcome.id, golden.id, golden.entity, unconfirmed=True, new=True,
                echoes={native: [value] for native, value in parcel.values.items()},
            )  # fmt: skip
            world.add_link(link)
            self.count.created += 1
        else:
            self.count.written += 1
        before = {native: link.current().get(native) for native in parcel.values}
        world.note(golden, "sent", "hub", before, parcel.values, link)
        parcel.mail.state, parcel.mail.receipt = "sent", outcome.receipt

    def _bury(self, mail: Mail, reason: str, field: str | None, todo: str) -> None:
        mail.state, mail.reason, mail.field, mail.todo = "dead", reason, field, todo
        self.count.refused += 1

    def _once_more(self, mail: Mail, reason: str, state: str = "due") -> None:
        mail.attempts += 1
        mail.state, mail.reason = state, reason
        if mail.attempts >= PATIENCE:
            self._bury(mail, reason, None, "look at the record in that system, then `hub sync`")

    def _forget_echo(self, world: World, parcel: Parcel) -> None:
        """Certainly not applied: what we meant to write will not show up by itself."""
        link = self._link(world, parcel.mail.golden_id)
        if link is None:
            return
        for native, value in parcel.values.items():
            echoes = link.echoes.get(native, [])
            if echoes and same(echoes[-1], value):
                echoes.pop()
            if not echoes:
                link.echoes.pop(native, None)
        link.changed = True

    def _world(self, connection: Connection, rows: Iterable[Mail]) -> World:
        world = World(self.mapping, new_id)
        worlds.fill_goldens(connection, world, [row.golden_id for row in rows])
        self.engine.fill_targets(connection, world)
        return world

    def _link(self, world: World, golden_id: str) -> Link | None:
        return world.links_of.get(golden_id, {}).get(self.system.system)

    def _ref(self, golden_id: str) -> str:
        return f"{self.mapping.entity}_{golden_id}"


def _readable(link: Link) -> dict[str, Native]:
    """What the record is believed to hold, fields that could not be read left out."""
    return {native: value for native, value in link.current().items() if native not in link.blocked}
