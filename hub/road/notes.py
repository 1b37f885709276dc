"""Writing calls into the log, and waking the sync when the other systems should hear of one.

Promises: calls are written in the order of their changes, several in one transaction where they come
together; a database that does not answer is tried again until it does, and meanwhile every call is kept.
Never: holds the road up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from hub.calllog.log import CallLog
from hub.calls import Call
from hub.logs import get
from hub.store import StoreError

GATHER = 0.25
"""Seconds in which changes come together before they are written."""

FIRST, LONGEST = 0.25, 15.0
"""Seconds until a failed write is tried again, at first and at most."""


@dataclass(slots=True)
class Spread:
    """How many, and how many seconds they took together."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds


class Notes:
    """A thread that writes what `put` hands it. `wake` is called when systems should hear of a change.

    `reached`: by agent, how many callbacks they closed, and how long those had waited.
    """

    def __init__(self, log: CallLog, wake: Callable[[], None]) -> None:
        self._log, self._wake = log, wake
        self._changed: dict[str, Call] = {}
        self._gone: dict[str, None] = {}
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="call log", daemon=True)
        self.failing: str | None = None
        self.reached: dict[str, Spread] = {}

    def start(self) -> None:
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Calls whose last change is not written yet."""
        return len(self._changed)

    def put(self, calls: Sequence[Call], gone: Sequence[str] = ()) -> None:
        """Have these written, as they are now."""
        with self._news:
            for call_id in gone:
                self._changed.pop(call_id, None)
                self._gone[call_id] = None
            for call in calls:
                self._changed[call.id] = call
            self._news.notify()

    def stop(self, patience: float = 5.0) -> bool:
        """Write what there is and end; false where the database did not answer in time."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout=patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = FIRST
        while True:
            with self._news:
                while not (self._changed or self._gone or self._stopping):
                    self._news.wait()
                if not self._changed and not self._gone:
                    return
                # What follows within a moment is written with it: popups need the processor more.
                self._news.wait_for(lambda: self._stopping, timeout=GATHER)
                calls, gone = list(self._changed.values()), list(self._gone)
            try:
                noted = self._log.save(calls, gone)
            except (DBAPIError, StoreError, OSError) as problem:
                self._failed(problem)
                with self._news:
                    self._news.wait(timeout=pause)
                pause = min(2 * pause, LONGEST)
                continue
            self._written(calls, gone)
            pause = FIRST
            for agent, seconds in noted.reached:
                self.reached.setdefault(agent, Spread()).add(seconds)
            if noted.news:
                self._wake()

    def _written(self, calls: Sequence[Call], gone: Sequence[str]) -> None:
        if self.failing is not None:
            self.failing = None
            get().info("calls are written again")
        with self._news:
            for call in calls:
                if self._changed.get(call.id) is call:
                    del self._changed[call.id]
            for call_id in gone:
                self._gone.pop(call_id, None)

    def _failed(self, problem: Exception) -> None:
        said = str(problem).splitlines()[0]
        if self.failing != said:
            self.failing = said
            get().error("calls wait to be written", reason=said, calls=self.waiting)
