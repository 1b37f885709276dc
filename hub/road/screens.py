"""Sending popups to the desk: whatever has come together since the last request goes in one.

Where many popups come together, what Odoo has to look up for them is asked for once nobody waits any more.

Promises: messages of one popup go in their order; a popup that was withdrawn before it was sent is not sent;
one that waited too long is not either, for the call has been lost or taken by then. A desk that fails is said
once, and once more when it works again. Never: holds the road up.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from hub.desk import Desk, Message, Show, Withdraw
from hub.logs import get
from hub.ports import ConnectorError

STALE = 20.0
"""Seconds after which a popup is not shown any more; a telephone rings for about as long."""

MOST = 200
"""Messages in one request."""

MANY = 4
"""Popups in one request from which on they go in two parts."""

ON_SCREEN = 4
"""Popups of one user that are worth a second part: more do not fit on a screen."""

FIRST, LONGEST = 0.5, 30.0
"""Seconds until a desk that failed is tried again, at first and at most."""


class Screens:
    """A thread that sends what `put` hands it. `counts`: shown, withdrawn, stale, unshown, failed."""

    def __init__(self, desk: Callable[[], Desk], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._open, self._clock = desk, clock
        self._desk: Desk | None = None
        self._waiting: deque[tuple[float, Message]] = deque()
        self._owed: dict[tuple[str, str], Show] = {}
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="popups", daemon=True)
        self.counts: Counter[str] = Counter()
        self.failing: ConnectorError | None = None

    def start(self) -> None:
        self._thread.start()

    def put(self, messages: Sequence[Message]) -> None:
        """Have these sent, in this order."""
        if not messages:
            return
        now = self._clock()
        with self._news:
            self._waiting.extend((now, message) for message in messages)
            self._news.notify()

    def stop(self) -> None:
        """End; popups that are on their way arrive, others are not sent."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        pause = FIRST
        while True:
            with self._news:
                while not self._waiting and not self._owed and not self._stopping:
                    self._news.wait()
                if self._stopping:
                    break
                taken = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            taken = self._worth_sending(taken)
            messages = self._parted([message for _, message in taken]) if taken else self._rest()
            if not messages:
                continue
            try:
                self._send(messages)
                pause = FIRST
            except ConnectorError as problem:
                self._failed(problem)
                with self._news:
                    self._waiting.extendleft(reversed(taken))
                    self._news.wait_for(lambda: self._stopping, timeout=pause)
                pause = min(2 * pause, LONGEST)
        self._close()

    def _worth_sending(self, taken: Sequence[tuple[float, Message]]) -> list[tuple[float, Message]]:
        """Without what is too old, and without a popup that is withdrawn in the same breath."""
        now = self._clock()
        fresh = [one for one in taken if isinstance(one[1], Withdraw) or now - one[0] < STALE]
        self.counts["stale"] += len(taken) - len(fresh)
        over = {
            (message.user, message.popup)
            for _, message in fresh
            if isinstance(message, Withdraw) and not message.answered
        }
        return [
            (at, message)
            for at, message in fresh
            if not (isinstance(message, Show) and (message.user, message.popup) in over)
        ]

    def _parted(self, messages: Sequence[Message]) -> list[Message]:
        """The same messages; of many popups the first part only, the rest of them owed."""
        for message in messages:
            if isinstance(message, Withdraw) and not message.answered:
                self._owed.pop((message.user, message.popup), None)
        shows = [message for message in messages if isinstance(message, Show)]
        if len(shows) < MANY:
            return list(messages)
        self._owed.update(((show.user, show.popup), show) for show in shows if show.candidates)
        return [replace(one, part="first") if isinstance(one, Show) else one for one in messages]

    def _rest(self) -> list[Message]:
        """The second parts that are owed, newest popups of each user; owed no more from now on."""
        found: list[Message] = []
        users: Counter[str] = Counter()
        for show in reversed(self._owed.values()):
            users[show.user] += 1
            if users[show.user] <= ON_SCREEN:
                found.insert(0, replace(show, part="rest"))
        self._owed.clear()
        return found

    def _send(self, messages: Sequence[Message]) -> None:
        if self._desk is None:
            self._desk = self._open()
        unshown = self._desk.send(messages)
        for one in unshown:
            get().warning("popup not shown", user=one.message.user, reason=one.reason, todo=one.todo or None)
        lost = [one.message for one in unshown]
        self.counts["unshown"] += len(lost)
        for message in messages:
            if message not in lost and not (isinstance(message, Show) and message.part == "rest"):
                self.counts["shown" if isinstance(message, Show) else "withdrawn"] += 1
        if self.failing is not None:
            self.failing = None
            get().info("popups are shown again")

    def _failed(self, problem: ConnectorError) -> None:
        self.counts["failed"] += 1
        if str(self.failing) != str(problem):
            get().error("popups cannot be shown", problem=str(problem))
        self.failing = problem
        self._close()

    def _close(self) -> None:
        if self._desk is not None:
            with suppress(ConnectorError):
                self._desk.close()
            self._desk = None
