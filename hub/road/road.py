"""From what is heard to what is shown and noted: the call road's own thread, and what holds its parts.

Promises: events are taken in the order they were heard, and each is worked out at once: calls, whose number
it is, whose screen; sending and writing are other threads'. A call in progress when the hub was stopped is
known when it comes back. Whatever goes wrong with one event is said with the event, and the next is taken.
Never: waits for the desk, for a sync, or for the log.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

from sqlalchemy.exc import DBAPIError

from hub.calllog.log import CallLog
from hub.calls import Call, CallBook, Changed
from hub.desk import Candidate, Desk, Message, Show, Withdraw
from hub.directory import Directory, e164, shown
from hub.exchange import CallEvent, Exchange, Heard, Line
from hub.logs import get
from hub.popups import Popups, Step
from hub.ports import ConnectorError
from hub.road.ears import Ears
from hub.road.notes import Notes, Spread
from hub.road.orders import Orders
from hub.road.screens import Screens
from hub.settings import CallSettings
from hub.store import StoreError

SWITCH = 0.0001
"""Seconds a busy thread may keep the interpreter from one that shows a caller; Python's own 5 ms are many
times what a popup takes, and a sync at work would take them at each of its steps."""

FORGET = timedelta(minutes=30)
"""How long a call that is over is kept in memory, for what is heard of it late."""

GIVEN_UP = timedelta(hours=6)
"""After how long without a word a call is taken for over, where its exchange does not say what goes on."""

TIDY = timedelta(minutes=1)
LOGINS = 300.0
"""Seconds between two looks at whose telephone is whose."""


@dataclass(slots=True)
class Figures:
    """What the road did and how it is, for health and metrics.

    `ended`: calls by exchange, direction, queue, who answered, and outcome. `answered`: how long calls from
    outside rang, by queue and who answered.
    """

    heard: Counter[str] = field(default_factory=Counter)
    ended: Counter[tuple[str, ...]] = field(default_factory=Counter)
    answered: dict[tuple[str, str], Spread] = field(default_factory=dict)
    broken: int = 0
    lines: dict[str, Line] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)


class Road:
    """The call road of one configuration. `wake`: systems should hear of a call that was noted.

    `desk` opens a connection to the screens; each thread that needs one has its own. ``None``: no popups.
    """

    def __init__(
        self,
        exchanges: Mapping[str, Exchange],
        directory: Directory,
        log: CallLog,
        settings: CallSettings,
        *,
        desk: Callable[[], Desk] | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.settings, self.directory, self.log = settings, directory, log
        self.exchanges = exchanges
        self.figures = Figures()
        self.book = CallBook()
        self.popups = Popups()
        self.logins: dict[str, str] = dict(settings.extensions)
        self._tidied: datetime | None = None
        self._began = datetime.now(UTC)
        self._heard: SimpleQueue[Heard | None] = SimpleQueue()
        self._stopping = threading.Event()
        self.ears = Ears(exchanges, self._heard.put)
        self.notes = Notes(log, wake)
        self.screens = Screens(desk) if desk is not None else None
        self.orders = self._orders(exchanges, desk) if desk is not None and exchanges else None
        self._desk = desk
        self._threads = [threading.Thread(target=self._run, name="call road", daemon=True)]
        if desk is not None and settings.extension_field:
            self._threads.append(threading.Thread(target=self._look_up, name="telephones", daemon=True))

    def _orders(self, exchanges: Mapping[str, Exchange], desk: Callable[[], Desk]) -> Orders:
        return Orders(desk, list(exchanges), self.ears.dial, self.telephones, self.settings)

    def telephones(self) -> dict[str, str]:
        """Login → telephone; of several of one user, the first."""
        return {login: agent for agent, login in reversed(list(self.logins.items()))}

    def start(self) -> None:
        """Take up the calls in progress and listen. Raises `StoreError`."""
        sys.setswitchinterval(SWITCH)
        self.book.load(self.log.open_calls())
        self.notes.start()
        for thread in self._threads:
            thread.start()
        for part in (self.screens, self.orders):
            if part is not None:
                part.start()
        self.ears.start()

    def stop(self) -> bool:
        """Hang up, work off what was heard, note it; false where the log did not answer in time."""
        self.ears.stop()
        self._stopping.set()
        self._heard.put(None)
        self._threads[0].join(timeout=5)
        if self.orders is not None:
            self.orders.stop()
        if self.screens is not None:
            self.screens.stop()
        return self.notes.stop()

    # -- one thing heard ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while (heard := self._heard.get()) is not None:
            try:
                self.take(heard)
            except Exception:  # noqa: BLE001 - said with the event; the next call must not suffer
                self.figures.broken += 1
                get().exception("a call's event could not be worked on", heard=repr(heard))

    def take(self, heard: Heard) -> None:
        """Work on one thing heard."""
        if isinstance(heard, Line):
            self._line(heard)
            return
        self.figures.heard[heard.kind if isinstance(heard, CallEvent) else "alive"] += 1
        if isinstance(heard, CallEvent):
            self._recall(heard)
        self._follow(self.book.hear(heard))
        self._tidy(heard.at)

    def _follow(self, changes: Sequence[Changed]) -> None:
        """Show and note what became of calls."""
        if not changes:
            return
        calls = {change.after.id: change.after for change in changes if not _vanished(change)}
        gone = [change.before.id for change in changes if change.before is not None and _vanished(change)]
        for change in changes:
            self._count(change)
        messages = [message for change in changes for message in self._messages(change)]
        if self.screens is not None:
            self.screens.put(messages)
        self.notes.put(list(calls.values()), gone)

    def _tidy(self, at: datetime) -> None:
        """Now and then: let go of what is over, and of what an exchange never said the end of."""
        if self._tidied is not None and at - self._tidied < TIDY:
            return
        self._tidied = at
        self.book.forget(at - FORGET)
        self._follow(self.book.expire(at - GIVEN_UP))

    def _count(self, change: Changed) -> None:
        call, before = change.after, change.before
        if _vanished(change) or not call.over or (before is not None and before.over):
            return
        queue, agent = call.queue, call.answered_by
        self.figures.ended[call.source, call.direction or "", queue, agent, call.outcome] += 1
        if call.direction == "inbound" and call.answered_at is not None and call.ring_seconds is not None:
            self.figures.answered.setdefault((queue, agent), Spread()).add(call.ring_seconds)

    def _recall(self, event: CallEvent) -> None:
        """A call that is not in memory may be in the log: heard of before a restart, or long over."""
        call_id = f"{event.source}:{event.call_id}"
        if self.book.get(call_id) is not None or (event.kind == "started" and event.at > self._began):
            return
        try:
            known = self.log.call(call_id)
        except (DBAPIError, StoreError, OSError) as problem:
            get().warning("the call log does not answer", reason=str(problem).splitlines()[0])
            return
        if known is not None:
            self.book.load([known])

    def _line(self, line: Line) -> None:
        self.figures.lines[line.source] = line
        if line.up and line.problem is not None:
            get().warning("exchange heard in part", exchange=line.source, problem=str(line.problem))
        elif line.up:
            get().info("exchange heard", exchange=line.source)
        else:
            get().error("exchange not heard", exchange=line.source, problem=str(line.problem or "hung up"))

    # -- what goes on the screens ------------------------------------------------------------------------

    def _messages(self, change: Changed) -> list[Message]:
        if self.screens is None:
            return []
        if _vanished(change):
            steps = self.popups.gone(change.before) if change.before is not None else []
        else:
            self._note_strangers(change.after)
            steps = self.popups.steps(change.after, self.logins)
        return self._composed(steps)

    def _composed(self, steps: Sequence[Step]) -> list[Message]:
        found: list[Message] = []
        card: Show | None = None
        for step in steps:
            if step.do == "withdraw":
                found.append(Withdraw(step.user, step.call.id, step.answered))
                continue
            card = card or self.card(step.call)
            found.append(replace(card, user=step.user))
        return found

    def card(self, call: Call) -> Show:
        """What is known of a caller, for nobody in particular."""
        line = call.queue or shown(call.did, self.settings.region)
        if call.hidden:
            return Show("", call.id, "", "", "", True, line)
        number = e164(call.number, self.settings.region) or call.number
        try:
            owners = self.directory.owners(number, self.settings.desk)
            spoken, waiting = self.log.standing(number) if owners else (None, 0)
        except (DBAPIError, StoreError, OSError) as problem:
            # A popup without a name is worth more than none.
            get().error("the directory does not answer", reason=str(problem).splitlines()[0])
            owners, spoken, waiting = [], None, 0
        candidates = tuple(
            Candidate(
                owner.entity, owner.golden_id, owner.object, owner.id, owner.name, owner.town, spoken, waiting
            )
            for owner in owners
        )
        return Show(
            "", call.id, number, shown(number, self.settings.region), call.name, False, line, candidates
        )

    def _note_strangers(self, call: Call) -> None:
        """Say once of each telephone that is nobody's."""
        for agent in call.ringing:
            if agent not in self.logins and agent not in self.figures.strangers:
                self.figures.strangers.add(agent)
                get().warning("this telephone is nobody's", telephone=agent, exchange=call.source)

    # -- whose telephone is whose ------------------------------------------------------------------------

    def _look_up(self) -> None:
        """Ask the desk for its users' telephones, now and then; what hub.yaml says goes first."""
        said = ""
        while True:
            try:
                said = self._refresh_logins(said)
            except ConnectorError as problem:
                if str(problem) != said:
                    said = str(problem)
                    get().error("telephones cannot be read", problem=said)
            if self._stopping.wait(LOGINS):
                return

    def _refresh_logins(self, said: str) -> str:
        assert self._desk is not None
        desk = self._desk()
        try:
            found = desk.agents(self.settings.extension_field or "")
        finally:
            desk.close()
        self.logins = {**found.logins, **self.settings.extensions}
        self.figures.strangers -= set(self.logins)
        problems = "; ".join(found.problems)
        if problems and problems != said:
            get().warning("telephones of more than one user", problems=problems)
        return problems


def _vanished(change: Changed) -> bool:
    """The call became part of another one."""
    return change.before is not None and change.after.id != change.before.id
