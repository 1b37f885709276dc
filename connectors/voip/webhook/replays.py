"""Which messages were here before, and which are too old to be believed. Pure: the time is given.

A message that is known is *repeated*, however old: an exchange delivers again what it was not sure of, and is
answered as if it were new. One that is not known and says that it was sent longer ago than the window (or as
far in the future) is *late*: somebody kept it. Known messages are remembered for longer than any could be
believed twice. Memory is bounded: when it is full, the oldest is let go of, and from then on everything sent
before that is late, known or not, so that letting go lets nothing in twice.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Literal

MOST = 50_000
"""Messages remembered; with their times some 10 MB."""

Verdict = Literal["new", "repeated", "late"]


class Replays:
    """The messages of one exchange. `window` seconds; `remember` how long one is known again."""

    def __init__(self, window: float, remember: timedelta, most: int = MOST) -> None:
        self.window = timedelta(seconds=window)
        self.remember = max(remember, 2 * self.window)
        self.most = most
        self._known: OrderedDict[bytes, tuple[datetime, datetime | None]] = OrderedDict()
        self._floor: datetime | None = None

    def look(self, key: bytes, sent: datetime | None, now: datetime) -> Verdict:
        """What a message is that arrives now; `sent` where it says so. Nothing is remembered yet."""
        self._forget(now)
        if key in self._known:
            return "repeated"
        if sent is None:
            return "new"
        too_old = self._floor is not None and sent <= self._floor
        return "late" if too_old or abs(now - sent) > self.window else "new"

    def take(self, key: bytes, sent: datetime | None, now: datetime) -> None:
        """Remember a message that was handed on."""
        self._known[key] = (now, sent)
        while len(self._known) > self.most:
            _, (_, oldest) = self._known.popitem(last=False)
            if oldest is not None:
                self._floor = max(oldest, self._floor or oldest)

    def __len__(self) -> int:
        return len(self._known)

    def _forget(self, now: datetime) -> None:
        while self._known:
            key, (taken, _) = next(iter(self._known.items()))
            if now - taken <= self.remember:
                return
            del self._known[key]
