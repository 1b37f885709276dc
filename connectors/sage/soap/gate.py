"""Who may call one X3 now: never more calls at once than the admin allowed, one at a time for one record.

The hub has a connection for each of its workers; they share one gate per pool, since it is the pool's X3
sessions that are few, and that others work with too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock


class Gate:
    """Thread-safe. `most` calls at once."""

    def __init__(self, most: int) -> None:
        self._calls = BoundedSemaphore(most)
        self._keys: dict[tuple[str, str], tuple[Lock, int]] = {}
        self._guard = Lock()

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call."""
        with self._calls:
            yield

    @contextmanager
    def alone(self, publication: str, key: str) -> Iterator[None]:
        """All that is done to one record, from the look at it to the answer."""
        place = (publication, key)
        with self._guard:
            lock, waiting = self._keys.get(place, (Lock(), 0))
            self._keys[place] = (lock, waiting + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, waiting = self._keys[place]
                if waiting > 1:
                    self._keys[place] = (lock, waiting - 1)
                else:
                    del self._keys[place]


_gates: dict[tuple[str, str, int], Gate] = {}
_gates_guard = Lock()


def gate_of(address: str, pool: str, most: int) -> Gate:
    """The gate of a pool, the same for every connection of this process."""
    with _gates_guard:
        return _gates.setdefault((address, pool, most), Gate(most))
