"""What came of a batch of writes: the new bases, the links of what was created, and what must wait.

An answer about one record concerns only that record. `Done` becomes the new base and pays the row;
`Sent` waits to be seen; `Moved` is merged and comes again; `Refused` is set aside with the system's own
words; `Unknown` is looked at before anything else is tried. Nothing is tried for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub import brakes, braking, planner
from hub.garbage import uncollected
from hub.model import HUB, Golden, Link
from hub.ports import (
    Busy,
    ConnectorError,
    Done,
    Missing,
    Moved,
    Outcome,
    Record,
    Refused,
    Sent,
    Unknown,
    Unreachable,
)
from hub.route import Parcel, Route
from hub.store import outbox, saving, worlds
from hub.store.outbox import Mail
from hub.world import World

PATIENCE = 12
"""Attempts at one record (replies lost, edited under our hands) before it is set aside for a person."""

SPENT_BY_OUTAGE = PATIENCE - 4
"""As many of them an outage may use up, however long it is: the rest are the record's own."""


class Outcomes:
    """Takes in what a system answered. `moved`: something must be settled and delivered again at once.

    `held`: too many records were gone or different to be believed, so the delivery has to stop.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.moved = self.held = False

    def put_back(self, parcels: Sequence[Parcel], problem: ConnectorError) -> None:
        """Nothing was written for a reason that concerns them all: wait a little longer each time.

        What an earlier attempt left in doubt stays so: it is looked up before it is tried again.
        """
        transient = isinstance(problem, Unreachable | Busy)
        tries = max(parcel.mail.attempts for parcel in parcels) + 1 if transient else 0
        later = _after(self.route.engine.clock(), tries)
        with self.route.engine.store.transaction() as connection:
            world = self.route.world(connection, [parcel.mail for parcel in parcels])
            for parcel in parcels:
                parcel.mail.state = "sending" if parcel.again else "due"
                parcel.mail.attempts = max(parcel.mail.attempts, min(tries, SPENT_BY_OUTAGE)) if tries else 0
                parcel.mail.reason = str(problem)
                self._forget_id(parcel)
                self._forget_echo(world, parcel)
            saving.save(connection, world, self.route.report.run, self.route.engine.clock())
            outbox.update_rows(connection, [parcel.mail for parcel in parcels], later)

    def record(self, parcels: Sequence[Parcel], outcomes: Sequence[Outcome]) -> None:
        """What the system answered, in one transaction."""
        doubted = self._doubted(outcomes)
        with uncollected(), self.route.engine.store.transaction() as connection:
            self._take_in(connection, parcels, outcomes, doubted)

    def _doubted(self, outcomes: Sequence[Outcome]) -> tuple[type[Missing | Moved], ...]:
        """The kinds of answer that are not believed: a write meets a broken source as a pull does."""
        engine, entity, name = self.route.engine, self.route.mapping.entity, self.route.system.system
        measured = self.route.system.on_delete != "done"
        gone = sum(isinstance(outcome, Missing) for outcome in outcomes) if measured else 0
        moved = sum(isinstance(outcome, Moved) for outcome in outcomes)
        enough = max(engine.limits.deletions.enough(gone), engine.limits.changes.enough(moved))
        if not enough:
            return ()
        with engine.store.reading() as connection:
            known = worlds.present_count(connection, entity, name, enough)
        doubted: list[type[Missing | Moved]] = []
        reason = brakes.deletions(name, gone, known, engine.limits)
        if reason and braking.stops(engine, self.route.report, entity, name, "deletions", reason):
            doubted.append(Missing)
        reason = brakes.changes(name, moved, known, engine.limits)
        if reason and braking.stops(engine, self.route.report, entity, name, "changes", reason):
            doubted.append(Moved)
        self.held = self.held or bool(doubted)
        return tuple(doubted)

    def _take_in(
        self,
        connection: Connection,
        parcels: Sequence[Parcel],
        outcomes: Sequence[Outcome],
        doubted: tuple[type[Missing | Moved], ...],
    ) -> None:
        at = self.route.engine.clock()
        world = self.route.world(connection, [parcel.mail for parcel in parcels])
        records = [outcome.record for outcome in outcomes if isinstance(outcome, Done | Moved)]
        self.route.engine.fill_sources(connection, world, self.route.system, records)
        self._whose(connection, world, parcels, outcomes)
        paid: list[int] = []
        kept: list[Mail] = []
        for parcel, outcome in zip(parcels, outcomes, strict=True):
            golden = world.goldens[parcel.mail.golden_id]
            if isinstance(outcome, doubted):
                self._forget_echo(world, parcel)
                parcel.mail.state = "due"
                kept.append(parcel.mail)
                continue
            (paid.append(parcel.mail.id) if self._outcome(world, golden, parcel, outcome, at)
             else kept.append(parcel.mail))  # fmt: skip
        saving.save(connection, world, self.route.report.run, at)
        outbox.remove(connection, paid)
        in_doubt = [mail for mail in kept if mail.state == "sending"]
        outbox.update_rows(connection, [mail for mail in kept if mail.state != "sending"], at)
        for tries in {mail.attempts for mail in in_doubt}:
            again = [mail for mail in in_doubt if mail.attempts == tries]
            # The first look comes at once; a system that loses reply after reply is given time.
            outbox.update_rows(connection, again, _after(at, tries) if tries > 1 else at)

    def _whose(
        self, connection: Connection, world: World, parcels: Sequence[Parcel], outcomes: Sequence[Outcome]
    ) -> None:
        """Where ids are made of what a record says, one may be another's, or that of a record long gone."""
        if self.route.connector.traits.assigns_ids:
            return
        new = [
            outcome.record.id
            for parcel, outcome in zip(parcels, outcomes, strict=True)
            if isinstance(outcome, Done) and outcome.record.id != parcel.external_id
        ]
        if new:
            worlds.fill_records(connection, world, self.route.system.system, new)

    def _outcome(self, world: World, golden: Golden, parcel: Parcel, outcome: Outcome, at: str) -> bool:
        """Take one answer in; true if the row has done its work."""
        mail = parcel.mail
        link = self.route.link(world, golden.id)
        if isinstance(outcome, Done):
            return self._done(
                world, golden, parcel, self.route.engine.seen(self.route.system, outcome.record), at
            )
        if isinstance(outcome, Sent):
            self._sent(world, golden, parcel, link, outcome)
        elif isinstance(outcome, Moved) and link is not None:
            self._forget_echo(world, parcel)
            planner.absorb(
                world, self.route.system, link, self.route.engine.seen(self.route.system, outcome.record), at
            )
            golden.dirty = self.moved = True
            self._once_more(mail, "it is edited again and again while the hub writes to it")
        elif isinstance(outcome, Missing) and link is not None:
            planner.vanished(world, self.route.system, [link], at)
            golden.dirty = self.moved = True
            return True
        elif isinstance(outcome, Refused):
            self._forget_id(parcel)
            self._forget_echo(world, parcel)
            mail.unfit = {name: golden.values.get(name) for name in parcel.impossible}
            self.bury(mail, outcome.reason, outcome.field, outcome.todo, outcome.passing)
        elif isinstance(outcome, Unknown):
            self._once_more(mail, outcome.reason, "sending")
            self.moved = True
        else:
            self._forget_id(parcel)
            self.moved = True
            self._once_more(
                mail, f"{self.route.system.system} answered {type(outcome).__name__} to a creation"
            )
        return False

    def _done(self, world: World, golden: Golden, parcel: Parcel, record: Record, at: str) -> bool:
        other = world.links.get((self.route.system.system, record.id))
        if other is not None and other.golden_id != golden.id and not other.gone:
            self.bury(
                parcel.mail, f"record {record.id} already belongs to another one", None,
                "see `hub conflicts list`",
            )  # fmt: skip
            return False
        planner.written(world, self.route.system, golden, record, parcel.values, at)
        if parcel.external_id is None:
            self.route.count.created += 1
        else:
            self.route.count.written += 1
        if parcel.impossible:
            self.bury_impossible(golden, parcel)
            return False
        if parcel.waiting:
            parcel.mail.state, parcel.mail.reason = "due", "; ".join(parcel.waiting)
            return False
        return True

    def _sent(self, world: World, golden: Golden, parcel: Parcel, link: Link | None, outcome: Sent) -> None:
        """Handed over: our values are expected to show up; until then the base stays what it was."""
        created = link is None
        if link is None:
            whose = golden.entity, golden.id
            link = Link.handed_over(self.route.system.system, outcome.id, whose, parcel.values)
            world.add_link(link)
            self.route.count.created += 1
        else:
            self.route.count.written += 1
        before = {} if created else {native: link.current().get(native) for native in parcel.values}
        world.note(golden, "sent", HUB, before, parcel.values, link)
        parcel.mail.state, parcel.mail.receipt = "sent", outcome.receipt

    def bury_impossible(self, golden: Golden, parcel: Parcel) -> None:
        """What the system's fields cannot take is set aside; the rest of the record was written."""
        unfit = {name: golden.values.get(name) for name in parcel.impossible}
        if not parcel.mail.was_refused({}, unfit):
            parcel.mail.tried = 0
        parcel.mail.payload, parcel.mail.unfit = {}, unfit
        reason = "; ".join(f"{name}: {why}" for name, why in list(parcel.impossible.items())[1:])
        field, first = next(iter(parcel.impossible.items()))
        said = f"{first}; {reason}" if reason else first
        fields = " and ".join(parcel.impossible)
        self.bury(parcel.mail, said, field, f"change {fields}, or the limits in the mapping")

    def bury(self, mail: Mail, reason: str, field: str | None, todo: str, passing: bool = False) -> None:
        mail.refuse(reason, field, todo, passing)
        self.route.count.refused += 1

    def _once_more(self, mail: Mail, reason: str, state: str = "due") -> None:
        mail.attempts += 1
        mail.state, mail.reason = state, reason
        if mail.attempts >= PATIENCE:
            todo = "look at the record there, then `hub deadletters retry`"
            self.bury(mail, reason, None, todo, passing=state == "sending")
            mail.doubtful = state == "sending"

    @staticmethod
    def _forget_id(parcel: Parcel) -> None:
        """Certainly not created under the id we chose: until the next try, somebody else may take it."""
        if parcel.external_id is None and not parcel.again:
            parcel.mail.new_id = None

    def _forget_echo(self, world: World, parcel: Parcel) -> None:
        link = self.route.link(world, parcel.mail.golden_id)
        if link is not None:
            link.forget_echoes(parcel.values)


def _after(at: str, tries: int) -> str:
    """When to try again after so many tries in vain: a little later each time, within five minutes."""
    wait = timedelta(seconds=min(2 ** min(tries, 9), 300)) if tries else timedelta()
    return (datetime.fromisoformat(at) + wait).isoformat(timespec="milliseconds")
