"""Faults that strike at a chosen instant: a call of a connector, a write, a commit.

An `Arm` waits for its instant and then strikes once. The hub dies as a process does: from that instant on,
nothing it tries reaches the database or a system (`FragileStore`, `Office.gate`). Calls that a delivery makes
in a second thread are made in the first one here, as early or as late as the example says, so that a story
told twice goes the same way twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.ports import ConnectorError
from hub.store import Store
from tests.memory import Crash

CALLS = ("pull", "page", "ids", "read", "find", "allocate", "write", "receipts", "settle")
"""The calls of a connector at which something may happen, before the call has any effect."""

MERGES = ("noted", "merge", "split")
"""The same of a system that makes records one itself."""

WRITES = ("crash_before", "crash_after")
"""The instants around each single write of a call."""

COMMITS = ("before a commit", "after a commit")


@dataclass
class Arm:
    """Something that will happen at the `nth` such instant from now, once. `system` is "hub" for commits."""

    system: str
    instant: str
    nth: int
    strike: Callable[[], None]


class FragileStore(Store):
    """A store whose process can die right before or right after any commit.

    `inside`: how many transactions are open.
    """

    inside = 0

    def __init__(self, url: str, gate: Callable[[str, str], None]) -> None:
        super().__init__(url)
        self.gate = gate

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.gate("hub", "begin")
        with self._counted(), super().transaction() as connection:
            yield connection
            self.gate("hub", COMMITS[0])
        self.gate("hub", COMMITS[1])

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self.gate("hub", "begin")
        with self._counted(), super().reading() as connection:
            yield connection

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


class _Late(Future[Any]):
    """A call that is made when its result is asked for."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call: Callable[[], Any] | None = call

    def result(self, timeout: float | None = None) -> Any:
        if self._call is not None:
            call, self._call = self._call, None
            _run(self, call)
        return super().result(timeout)


class Caller:
    """Stands in for a delivery's one extra thread: its calls are made at once, or as late as possible."""

    def __init__(self, early: bool) -> None:
        self.early = early

    def __call__(self, workers: int, name: str) -> Caller:
        return self

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def submit(self, call: Callable[..., Any], *values: Any) -> Future[Any]:
        if not self.early:
            return _Late(lambda: call(*values))
        future: Future[Any] = Future()
        _run(future, lambda: call(*values))
        return future


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    """As an executor's thread does: what a call raises is raised to who asks for its result."""
    try:
        future.set_result(call())
    except (ConnectorError, Crash) as problem:
        future.set_exception(problem)


__all__ = ["CALLS", "COMMITS", "MERGES", "WRITES", "Arm", "Caller", "FragileStore"]
