"""What a system says, without the secrets it may have been told.

A server that quotes a password back in a refusal, a proxy that shows the request it did not like, a driver
that names its connection: their words become reasons of dead letters, errors of routes, findings and lines of
the log, and are kept in the hub's database. So they are cleaned here, where they enter the hub.

It promises: every word for people that a connector hands over (errors, refusals, doubts, reasons of
unreadable fields and rejected rows, receipts, findings) has gone through `clean`, and is cut at `LONGEST`.
Never: touches a record's values, ids, versions or references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from hub.marking import merging_of
from hub.ports import (
    Clocked,
    ClockReading,
    Connector,
    ConnectorError,
    Done,
    Finding,
    Keyed,
    Known,
    Merged,
    Missing,
    Moved,
    Native,
    Numbers,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Rehearsing,
    Split,
    Unknown,
    View,
    Write,
)

LONGEST = 4_000
"""Characters of one reason that are kept; the rest is counted."""

Clean = Callable[[str], str]
Joint = TypeVar("Joint", bound="Merged | Split | Refused | Unknown | Missing")


class Discreet:
    """A connector whose words have been cleaned."""

    def __init__(self, connector: Connector, clean: Clean) -> None:
        self._connector, self._clean = connector, clean
        self.name, self.traits = connector.name, connector.traits

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        with self._cleaned():
            return [
                Finding(one.level, self._said(one.what), self._said(one.message), self._said(one.todo))
                for one in self._connector.check(views)
            ]

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        with self._cleaned():
            for page in self._connector.pull(view, cursor, known):
                yield self._page(page)

    def ids(self, view: View) -> set[str]:
        with self._cleaned():
            return self._connector.ids(view)

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        with self._cleaned():
            return [self._record(record) for record in self._connector.read(view, ids)]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        with self._cleaned():
            return {ref: self._record(record) for ref, record in self._connector.find(view, refs).items()}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        with self._cleaned():
            return self._connector.allocate(view, count, taken)

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        with self._cleaned():
            return [self._outcome(outcome) for outcome in self._connector.write(view, writes)]

    def receipts(self, view: View) -> Sequence[Receipt]:
        with self._cleaned():
            return [replace(one, reason=self._said(one.reason)) for one in self._connector.receipts(view)]

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        with self._cleaned():
            self._connector.settle(view, receipts)

    def close(self) -> None:
        with self._cleaned():
            self._connector.close()

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        return self._connector.key_of(view, values) if isinstance(self._connector, Keyed) else None

    @property
    def inner(self) -> Connector:
        return self._connector

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        with self._cleaned():
            return merging_of(self._connector).noted(view, keep, lose)

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        with self._cleaned():
            return self._parted(merging_of(self._connector).merge(view, keep, lose))

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        with self._cleaned():
            return self._parted(merging_of(self._connector).split(view, keep, undo))

    def over(self, store: Any) -> Connector:
        """The connector over a store that is thrown away; itself where it keeps nothing there."""
        if not isinstance(self._connector, Rehearsing):
            return self
        return discreet(self._connector.over(store), self._clean)

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        if not isinstance(self._connector, Clocked):
            return None
        with self._cleaned():
            return self._connector.clock_offset(may_write)

    @contextmanager
    def _cleaned(self) -> Iterator[None]:
        """Errors about the system as a whole keep their kind and lose the secrets in their words."""
        try:
            yield
        except ConnectorError as error:
            error.what, error.why = self._said(error.what), self._said(error.why)
            error.todo = self._said(error.todo)
            error.args = (error.system, error.what, error.why, error.todo)
            raise

    def _said(self, text: str) -> str:
        clean = self._clean(text)
        if len(clean) <= LONGEST:
            return clean
        return f"{clean[:LONGEST]} … ({len(clean) - LONGEST:,} more characters)"

    def _page(self, page: Page) -> Page:
        rejected = [
            replace(one, reason=self._said(one.reason), todo=self._said(one.todo)) for one in page.rejected
        ]
        return replace(page, records=[self._record(one) for one in page.records], rejected=rejected)

    def _record(self, record: Record) -> Record:
        if not record.unreadable:
            return record
        return replace(
            record, unreadable={name: self._said(reason) for name, reason in record.unreadable.items()}
        )

    def _outcome(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Refused):
            return replace(outcome, reason=self._said(outcome.reason), todo=self._said(outcome.todo))
        if isinstance(outcome, Unknown):
            return Unknown(self._said(outcome.reason))
        if isinstance(outcome, Done | Moved):
            return replace(outcome, record=self._record(outcome.record))
        return outcome

    def _parted(self, answer: Joint) -> Joint:
        """The answer to a merge or a split; what `Merged.undo` holds are values, and left alone."""
        if isinstance(answer, Refused):
            return replace(answer, reason=self._said(answer.reason), todo=self._said(answer.todo))
        if isinstance(answer, Unknown):
            return replace(answer, reason=self._said(answer.reason))
        if isinstance(answer, Missing):
            return answer
        unable = tuple(map(self._said, answer.unable))
        if isinstance(answer, Split):
            remade = {id: self._record(record) for id, record in answer.remade.items()}
            return replace(answer, record=self._record(answer.record), remade=remade, unable=unable)
        return replace(answer, record=self._record(answer.record), unable=unable)


class DiscreetNumbers(Discreet):
    """The same for a connector that can number rows."""

    def __init__(self, connector: Connector, clean: Clean, numbers: Numbers) -> None:
        super().__init__(connector, clean)
        self._numbers = numbers

    def number_rows(self, view: View) -> int:
        with self._cleaned():
            return self._numbers.number_rows(view)


def discreet(connector: Connector, clean: Clean) -> Connector:
    """The connector, able to do all it could, with its words cleaned."""
    if isinstance(connector, Numbers):
        return DiscreetNumbers(connector, clean, connector)
    return Discreet(connector, clean)
