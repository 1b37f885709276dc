"""Noticing that this machine's clock was set back.

The scheduler fires by the wall clock, and writes wait until a time on it: a clock set back by an hour would
leave everything standing for an hour. What moves against the monotonic clock was set. A clock set forward, or
a machine that slept, needs nothing: what is due by then is done at once.

It promises: told within seconds, once for each time. Never: touches the clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LOOK = 1.0
"""Seconds between two looks."""

BACK = 2.0
"""Seconds it must have been set back by: less than that is a clock being kept."""


class WallClock:
    """A thread that calls `set_back` with the seconds the clock was set back by, until `stop`."""

    def __init__(
        self,
        set_back: Callable[[float], None],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._set_back, self._wall, self._steady = set_back, wall, steady
        self._over = threading.Event()
        self._drift = self._now()
        self._thread = threading.Thread(target=self._watch, name="hub-wallclock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()

    def look(self) -> None:
        """Compare the clocks now."""
        before, self._drift = self._drift, self._now()
        if before - self._drift > BACK:
            self._set_back(before - self._drift)

    def _now(self) -> float:
        return self._wall() - self._steady()

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            self.look()
