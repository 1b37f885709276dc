"""One Asterisk, listened to for as long as the hub runs: connected, taken up, followed, and connected again.

Promises:

- After each login the calls in progress are looked up (Status, QueueStatus), and set against the events
  where they were taken among them; then `Alive` says which calls there are.
- The exchange may be gone for any time: it is tried again after a second, then further and further apart, up
  to a minute; never in step with other programs. A refused login is tried again after five minutes, later
  half an hour: fewer tries than a guard (fail2ban) shuts us out for.
- Each problem is said once until the line is up again.
- An order to dial is given to the exchange once, over a line that stands, or it is certainly not given.

Never: waits for a database, keeps a call to itself, gives an order twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors.voip.ami.client import MOST_WAITING, Line, connected
from connectors.voip.ami.dialling import order, refused
from connectors.voip.ami.faults import Faults, WrongSecret
from connectors.voip.ami.messages import Broken, Message
from connectors.voip.ami.rights import findings
from connectors.voip.ami.settings import Settings
from connectors.voip.ami.tracker import Tracker
from hub import exchange as port
from hub.exchange import Dialled, Hear
from hub.ports import ConnectorError, Denied, Finding, Unreachable

FIRST, LONGEST = 1.0, 60.0
"""Seconds until a lost exchange is tried again: the first time, and at most."""
REFUSED_FIRST, REFUSED_LONGEST = 300.0, 1800.0
"""The same after a refused login."""
STEADY = 60.0
"""Seconds a line must have stood for the next break to count as the first."""
APART = 10.0
"""Seconds between two looks at the calls in progress on one line."""
AT_ONCE = 200
"""Events looked at before others have their turn."""


class Pauses:
    """How long to wait before the next try: longer each time, and never quite the same."""

    def __init__(self) -> None:
        self._tries = self._refusals = 0

    def steady(self) -> None:
        """The line stood."""
        self._tries = self._refusals = 0

    def after(self, problem: ConnectorError) -> float:
        """Seconds to wait after this failure."""
        if isinstance(problem, WrongSecret):
            wait = min(REFUSED_LONGEST, REFUSED_FIRST * 2.0 ** min(self._refusals, 16))
            self._refusals += 1
            return wait * random.uniform(1, 1.2)
        wait = min(LONGEST, FIRST * 2.0 ** min(self._tries, 16))
        self._tries += 1
        return wait * random.uniform(0.5, 1)


class AmiExchange:
    """The `hub.exchange.Exchange` of one Asterisk."""

    def __init__(self, name: str, settings: Settings, most_waiting: int = MOST_WAITING) -> None:
        self.name = name
        self._settings, self._most = settings, most_waiting
        self._faults = Faults(name, settings)
        self._tracker = Tracker(name, agents=settings.agents, trunks=settings.trunks)
        self._line: Line | None = None
        self._up: bool | None = None
        self._said: set[tuple[type[ConnectorError], str]] = set()
        self._lacking = self._ending = self._stale = False
        self._taken = 0

    @property
    def unplaced(self) -> Mapping[str, int]:
        """Events that speak of calls and could not be placed, counted by what was missing."""
        return self._tracker.unplaced

    def check(self) -> Sequence[Finding]:
        return asyncio.run(findings(self.name, self._settings))

    async def listen(self, hear: Hear) -> None:
        pauses = Pauses()
        self._up, self._lacking = None, False
        self._said.clear()
        loop = asyncio.get_running_loop()
        while True:
            began: float | None = None
            try:
                async with connected(self.name, self._settings, self._most) as line:
                    self._line, began = line, loop.time()
                    await self._follow(line, hear)
            except ConnectorError as problem:
                told = self._faults.shut_down() if self._ending else problem
            finally:
                self._line, self._ending, self._stale = None, False, False
            self._say_down(told, hear)
            if began is not None and loop.time() - began >= STEADY:
                pauses.steady()
            await asyncio.sleep(pauses.after(told))

    async def dial(self, agent: str, number: str, call_id: str) -> Dialled:
        fields = order(self.name, self._settings, agent, number, call_id)
        try:
            if self._line is None or not self._line.up:
                raise self._faults.closed()
            answer = self._line.put("Originate", *fields)
        except ConnectorError:
            what = "the exchange is not connected; nothing was dialled"
            raise Unreachable(self.name, what, "", "dial again once it is back") from None
        try:
            said = await answer
        except ConnectorError:
            # It was sent: the telephone may ring.
            return Dialled(call_id, sure=False)
        if said.response == "Success":
            return Dialled(call_id)
        raise refused(self.name, self._settings, said, self._faults.quoted(said["Message"]))

    async def _follow(self, line: Line, hear: Hear) -> None:
        """From the login to the break, which it raises."""
        await self._take_up(line, hear)
        loop = asyncio.get_running_loop()
        booted, due = line.booted, loop.time() + APART
        while True:
            try:
                async with asyncio.timeout_at(due if self._stale else None):
                    self._take(await line.heard(), hear)
            except TimeoutError:
                # Calls are looked up below; what comes meanwhile waits in the line.
                pass
            if line.booted and not booted:
                # The login came before the exchange was fully up: not all there was could be listed.
                booted = self._stale = True
            if self._stale and loop.time() >= due:
                await self._take_up(line, hear)
                due = loop.time() + APART
            await self._turn()

    async def _take_up(self, line: Line, hear: Hear) -> None:
        """Look up what goes on, and say it in its place among the events."""
        self._stale = False
        self._tracker.asking()
        try:
            channels = await line.listing("Status")
        except ConnectorError as problem:
            if not line.up:
                raise
            # Events are heard all the same; only what a break hid is not made up for.
            self._tracker.unanswered()
            self._stale = not isinstance(problem, Denied)
            self._say_up(problem, hear)
            return
        queues, lacking = await self._queues(line)
        self._say_up(lacking, hear)
        while line.heard_so_far < channels.place:
            self._take(await line.heard(), hear)
            await self._turn()
        # The list was made after all that was said before it: what it lacks is over.
        self._tracker.asking()
        for heard in self._tracker.resync(channels.items, queues, datetime.now(UTC)):
            hear(heard)

    async def _queues(self, line: Line) -> tuple[tuple[Message, ...], ConnectorError | None]:
        """Who waits in which queue, and what is wrong where that is not told."""
        try:
            return (await line.listing("QueueStatus")).items, None
        except ConnectorError as problem:
            if not line.up:
                raise
            # An exchange without queues does not know the question.
            return (), None if "unknown command" in problem.why.lower() else problem

    async def _turn(self) -> None:
        """Let others have theirs now and then: what waits is handed over without waiting."""
        self._taken += 1
        if self._taken % AT_ONCE == 0:
            await asyncio.sleep(0)

    def _take(self, framed: Message | Broken, hear: Hear) -> None:
        if isinstance(framed, Broken):
            # It may have said that a call is over: what goes on is looked up.
            self._stale = True
            self._say_up(self._faults.unreadable(framed.why, framed.size, framed.start), hear)
            return
        if framed.event == "Shutdown":
            self._ending = True
        for heard in self._tracker.feed(framed, datetime.now(UTC)):
            hear(heard)

    def _say_up(self, problem: ConnectorError | None, hear: Hear) -> None:
        if self._up is not True:
            self._said.clear()
        news = self._is_news(problem)
        mended = problem is None and self._lacking
        if self._up is not True or news or mended:
            hear(port.Line(self.name, True, datetime.now(UTC), problem))
            self._lacking = problem is not None
        self._up = True

    def _say_down(self, problem: ConnectorError, hear: Hear) -> None:
        news = self._is_news(problem)
        if self._up is not False or news:
            hear(port.Line(self.name, False, datetime.now(UTC), problem))
        self._up = False

    def _is_news(self, problem: ConnectorError | None) -> bool:
        """Whether this was not said yet; from now on, it was."""
        if problem is None:
            return False
        known = (type(problem), problem.what)
        news = known not in self._said
        self._said.add(known)
        return news
