"""One call at a time to a system that is a file.

Every entity has connectors of its own, so two entities may be at work on one workbook at once. A connector is
built for one thread and a file for one writer: this wrapper lets one call through at a time. The lock is
held for a call, or for one page of a pull, never between two: no call waits for a whole pull.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hub.marking import merging_of
from hub.ports import (
    Clocked,
    ClockReading,
    Connector,
    Finding,
    Keyed,
    Known,
    Merged,
    Missing,
    Native,
    Numbers,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Split,
    Unknown,
    View,
    Write,
)


class Exclusive:
    """A connector whose calls exclude those of every other connector under the same lock."""

    def __init__(self, connector: Connector, lock: threading.Lock) -> None:
        self._connector, self._lock = connector, lock
        self.name, self.traits = connector.name, connector.traits

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        with self._lock:
            return self._connector.check(views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        pages = self._connector.pull(view, cursor, known)
        while True:
            with self._lock:
                page = next(pages, None)
            if page is None:
                return
            yield page

    def ids(self, view: View) -> set[str]:
        with self._lock:
            return self._connector.ids(view)

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        with self._lock:
            return self._connector.read(view, ids)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        with self._lock:
            return self._connector.find(view, refs)

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        with self._lock:
            return self._connector.allocate(view, count, taken)

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        with self._lock:
            return self._connector.write(view, writes)

    def receipts(self, view: View) -> Sequence[Receipt]:
        with self._lock:
            return self._connector.receipts(view)

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        with self._lock:
            self._connector.settle(view, receipts)

    def close(self) -> None:
        with self._lock:
            self._connector.close()

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        if not isinstance(self._connector, Keyed):
            return None
        with self._lock:
            return self._connector.key_of(view, values)

    @property
    def inner(self) -> Connector:
        return self._connector

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        with self._lock:
            return merging_of(self._connector).noted(view, keep, lose)

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        with self._lock:
            return merging_of(self._connector).merge(view, keep, lose)

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        with self._lock:
            return merging_of(self._connector).split(view, keep, undo)

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        if not isinstance(self._connector, Clocked):
            return None
        with self._lock:
            return self._connector.clock_offset(may_write)


class ExclusiveNumbers(Exclusive):
    """The same for a connector that can number rows."""

    def __init__(self, connector: Connector, lock: threading.Lock, numbers: Numbers) -> None:
        super().__init__(connector, lock)
        self._numbers = numbers

    def number_rows(self, view: View) -> int:
        with self._lock:
            return self._numbers.number_rows(view)


def exclusive(connector: Connector, lock: threading.Lock) -> Connector:
    """The connector, one call at a time unless its system is a server that gives out ids by itself."""
    if connector.traits.assigns_ids:
        return connector
    if isinstance(connector, Numbers):
        return ExclusiveNumbers(connector, lock, connector)
    return Exclusive(connector, lock)
