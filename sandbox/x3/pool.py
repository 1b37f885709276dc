"""A Classic SOAP pool: so many X3 sessions, and calls that wait for one."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_ENTRY = 58_720_257


class Pool:
    """`size` sessions. `most` is how many calls were at work at once, at most; `waiting` how many wait now.

    `overlaps` are the records (object, key) that two calls wrote to at once.
    """

    def __init__(self, alias: str, size: int) -> None:
        self.alias, self.size = alias, size
        self.most = self.waiting = 0
        self.overlaps: list[tuple[str, str]] = []
        self._free = list(range(FIRST_ENTRY, FIRST_ENTRY + size))
        self._changed = threading.Condition()
        self._written: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def session(self, written: tuple[str, str] | None = None) -> Iterator[tuple[int, float]]:
        """A session for one call, its index and how long it was waited for, in milliseconds."""
        began = time.monotonic()
        with self._changed:
            self.waiting += 1
            self._changed.wait_for(lambda: self._free)
            self.waiting -= 1
            entry = self._free.pop(0)
            self.most = max(self.most, self.size - len(self._free))
            if written is not None:
                self._written[written] += 1
                if self._written[written] > 1:
                    self.overlaps.append(written)
        try:
            yield entry, (time.monotonic() - began) * 1000
        finally:
            with self._changed:
                if written is not None:
                    self._written[written] -= 1
                self._free.append(entry)
                self._changed.notify()
