"""One entity's work: pulls, settling, deliveries; never two at once, never a request forgotten.

A job says what it wants (`ask`) and then offers its thread (`work`). If another thread is at work on this
entity already, that one takes the new request on too, so that several systems' changes are settled together
and no thread of the pool stands waiting. An entity's first work begins when its parents' first work is over:
contacts come after customers.

It promises: an exception in one route is that route's trouble alone; a quiet round leaves no trace but the
time it was done. Never: works after `stopping` says so, but for the call it is in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.daemon.board import Board, Doing, Route
from hub.engine import READS, WRITES, Engine
from hub.report import Count, Report
from hub.store import cursors, worlds
from hub.store import tables as t

ROUNDS = 4
DATABASE = "hub's database"
"""The name under which a failing store is on the board."""

IDLE_FIRST, IDLE_LONGEST = 15.0, 60.0
"""Seconds between two tries of writes that wait for something else (a parent, a pull), at most."""


@dataclass(slots=True)
class Wanted:
    """What is to be done next."""

    pull: set[str] = field(default_factory=set)
    compare: set[str] = field(default_factory=set)
    deliver: bool = False

    def __bool__(self) -> bool:
        return bool(self.pull or self.compare or self.deliver)


@dataclass(slots=True)
class Work:
    """What was done in one go, for metrics and the log. `seconds` of wall time."""

    entity: str
    run: int = 0
    started_at: str = ""
    seconds: float = 0.0
    counts: dict[str, Count] = field(default_factory=dict)
    pulled: set[str] = field(default_factory=set)
    compared: set[str] = field(default_factory=set)
    failed: set[tuple[str, Doing]] = field(default_factory=set)
    braked: dict[str, str] = field(default_factory=dict)
    stopped: bool = False

    @property
    def is_news(self) -> bool:
        """Whether anything changed anywhere."""
        return any(
            count.linked or count.created or count.written or count.refused or count.gone
            for count in self.counts.values()
        )

    @property
    def new_records(self) -> bool:
        """Whether something that waits for a record of this entity may go on."""
        return any(count.linked or count.created for count in self.counts.values())


class Worker:
    """The work on one entity, with an engine (and so connectors) of its own.

    `lock` is the entity's: the same for every worker it ever has. `done` is told of each piece of work.
    """

    def __init__(
        self,
        entity: str,
        engine: Engine,
        board: Board,
        lock: threading.Lock,
        parents: Sequence[Worker] = (),
        done: Callable[[Worker, Work], None] = lambda worker, work: None,
    ) -> None:
        self.entity, self.engine, self.board, self.parents = entity, engine, board, tuple(parents)
        self.mapping = engine.mapping(entity)
        self.reads = [name for name, one in self.mapping.systems.items() if one.direction in READS]
        self.writes = [name for name, one in self.mapping.systems.items() if one.direction in WRITES]
        self.begun = False
        self._lock, self._done = lock, done
        self._mutex = threading.Lock()
        self._wanted = Wanted()
        self._idle_until, self._idle = 0.0, 0.0
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a thread is at work here."""
        return self._busy

    def ask(self, pull: Sequence[str] = (), compare: Sequence[str] = (), deliver: bool = False) -> None:
        """Want this done; `work` does it."""
        with self._mutex:
            self._wanted.pull.update(pull)
            self._wanted.compare.update(compare)
            self._wanted.deliver |= deliver

    def look_around(self) -> None:
        """Ask for what is due by itself: decided writes, failures whose time has come, requests left over."""
        failing = [name for name in self.reads if self.board.is_failing((self.entity, name), "read")]
        retry = [name for name in failing if self.board.ready((self.entity, name), "read")]
        if self.board.is_failing((self.entity, DATABASE), "read"):
            retry = self.reads
        self.ask(pull=retry, deliver=self._is_dirty() or self._has_mail())

    def work(self) -> None:
        """Do all that is wanted, unless another thread is doing it."""
        while not self.engine.stopping() and all(parent.begun for parent in self.parents):
            if not self._lock.acquire(blocking=False):
                return
            try:
                self._busy = True
                while self._wanted and not self.engine.stopping():
                    self._do(self._take())
            finally:
                self._busy = False
                self._lock.release()
            # A request may have come in between the last look and the release: nobody else would see it.
            if not self._wanted:
                return

    def close(self) -> None:
        """Let go of the connectors."""
        for connector in self.engine.connectors.values():
            connector.close()

    def _take(self) -> Wanted:
        with self._mutex:
            taken, self._wanted = self._wanted, Wanted()
        return taken

    def _do(self, wanted: Wanted) -> None:
        began = time.monotonic()
        work = Work(self.entity, started_at=self.engine.clock())
        if self.board.is_failing((self.entity, DATABASE), "read"):
            # What failed may be any of it: only all of it shows that the database is well again.
            wanted.pull.update(self.reads)
        try:
            self._carry_out(wanted, work)
        except DBAPIError as problem:
            self.board.failed((self.entity, DATABASE), "read", problem)
            work.failed.add((DATABASE, "read"))
        else:
            self.board.worked((self.entity, DATABASE), "read")
        work.stopped = self.engine.stopping()
        work.seconds = time.monotonic() - began
        self.begun = self.begun or not work.stopped
        self._done(self, work)

    def _carry_out(self, wanted: Wanted, work: Work) -> None:
        with self.engine.store.transaction() as connection:
            work.run = cursors.begin_run(connection, "daemon", work.started_at)
            journalled = connection.scalar(select(func.max(t.journal.c.id))) or 0
        looked_everywhere = False
        while wanted.pull or wanted.compare:
            for system in self.reads:
                if system in wanted.pull or system in wanted.compare:
                    self._pull(system, system in wanted.compare, work)
            # What was asked meanwhile is read before anything is written: it may be about the same records.
            wanted = self._take()
            if work.new_records and not looked_everywhere:
                # A new record is created nowhere before it was looked for there: now, not at the next turn.
                wanted.pull.update(set(self.reads) - work.pulled)
                looked_everywhere = True
        self._deliver(work)
        self._end(journalled, work)

    def _pull(self, system: str, compare: bool, work: Work) -> None:
        route: Route = (self.entity, system)
        if self.engine.stopping() or not self.board.ready(route, "read"):
            return

        def pull(report: Report) -> None:
            self.engine.pull_entity(self.mapping, report, {system}, compare)

        if self._guarded(system, "read", work, pull):
            work.pulled.add(system)
            if compare:
                work.compared.add(system)
            self.board.worked(route, "read")

    def _deliver(self, work: Work) -> None:
        """Every system that may be written to; again at once where that showed an unseen edit."""
        systems = [name for name in self.writes if self.board.ready((self.entity, name), "write")]
        before = sum(map(_tries, work.counts.values()))
        for _ in range(ROUNDS):
            systems = [name for name in systems if not self.engine.stopping() and self._push(name, work)]
            if not systems:
                break
        idle = before == sum(map(_tries, work.counts.values()))
        self._idle = min(max(2 * self._idle, IDLE_FIRST), IDLE_LONGEST) if idle else 0.0
        self._idle_until = time.monotonic() + self._idle

    def _push(self, system: str, work: Work) -> bool:
        """Deliver to one system; true if there is more to do at once."""
        again = False
        tried = _tries(work.counts.get(system))

        def push(report: Report) -> None:
            nonlocal again
            again = self.engine.push_entity(self.mapping, report, {system})

        if not self._guarded(system, "write", work, push):
            return False
        # Nothing tried is no success: what failed may only be waiting for its next try.
        if _tries(work.counts.get(system)) != tried or not self._owes(system):
            self.board.worked((self.entity, system), "write")
        return again

    def _guarded(self, system: str, doing: Doing, work: Work, act: Callable[[Report], None]) -> bool:
        """Do one thing in one route; true if it came to its end."""
        report = Report(work.run)
        route: Route = (self.entity, system)
        problems: list[Exception] = []
        try:
            act(report)
        except DBAPIError:
            raise
        except Exception as fault:  # noqa: BLE001 - the board logs it with its traceback; the others go on
            problems.append(fault)
        problems += [problem for _, _, problem in report.problems]
        for (_, name), count in report.counts.items():
            _add(work.counts.setdefault(name, Count()), count)
        work.braked.update({one.system: one.reason for one in report.braked})
        for problem in problems:
            self.board.failed(route, doing, problem)
            work.failed.add((system, doing))
        return not problems and not self.engine.stopping()

    def _end(self, journalled: int, work: Work) -> None:
        """Close the run in the log of runs; one in which nothing happened is not worth a line there."""
        summary = {f"{self.entity}/{system}": _as_dict(count) for system, count in work.counts.items()}
        entry = (
            select(t.journal.c.id).where(t.journal.c.id > journalled, t.journal.c.run == work.run).limit(1)
        )
        with self.engine.store.transaction() as connection:
            if work.is_news or connection.execute(entry).first() is not None:
                cursors.end_run(connection, work.run, summary, now())
            else:
                connection.execute(delete(t.run).where(t.run.c.id == work.run))

    def _is_dirty(self) -> bool:
        """Whether a person decided something (a conflict, an undo) that the systems have not been told."""
        with self.engine.store.reading() as connection:
            return bool(worlds.dirty(connection, self.entity, "", 1))

    def _has_mail(self) -> bool:
        """Whether something is to be written; what waits for something else is not looked at every time."""
        if time.monotonic() < self._idle_until:
            return False
        box = t.outbox.c
        due = select(box.id).where(
            box.entity == self.entity,
            box.state.in_(("due", "sending")),
            box.due_at <= now(),
        )
        with self.engine.store.reading() as connection:
            return connection.execute(due.limit(1)).first() is not None

    def _owes(self, system: str) -> bool:
        box = t.outbox.c
        rows = select(box.id).where(
            box.entity == self.entity, box.system == system, box.state.in_(("due", "sending"))
        )
        with self.engine.store.reading() as connection:
            return connection.execute(rows.limit(1)).first() is not None


def _tries(count: Count | None) -> int:
    return 0 if count is None else count.created + count.written + count.refused


def _as_dict(count: Count) -> dict[str, int]:
    return {one.name: getattr(count, one.name) for one in fields(count)}


def _add(total: Count, count: Count) -> None:
    for name, number in _as_dict(count).items():
        setattr(total, name, getattr(total, name) + number)
