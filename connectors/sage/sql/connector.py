"""The port for a Sage 100 whose base is read by SQL. It is never written to.

A view of `LETTRAGE` is answered by `Lettered`, every other by the table it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.sage.sql.checking import check_views
from connectors.sage.sql.clock import ClockOfBase
from connectors.sage.sql.lettered import LETTRAGE, Lettered
from connectors.sage.sql.pulling import Puller
from connectors.sage.sql.reading import Reader
from connectors.sage.sql.schema import Schema
from connectors.sage.sql.session import Session
from connectors.sage.sql.settings import Settings
from hub.ports import (
    ClockReading,
    Finding,
    Known,
    Misconfigured,
    Outcome,
    Page,
    Receipt,
    Record,
    Traits,
    View,
    Write,
)


class SqlConnector:
    """One base of Sage 100."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.traits = Traits(
            assigns_ids=False, archives=False, confirms=False, incremental=True, writable=False, batch=10_000
        )
        self.session = Session(name, settings)
        self.schema = Schema(self.session)
        self.reader = Reader(self.session, self.schema)
        self._puller = Puller(self.reader)
        self.lettered = Lettered(self.reader, self._puller)
        self._clock = ClockOfBase(self.session)

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        """See `Connector.check`."""
        self.schema.forget()
        return check_views(self, views)

    def look_at_clock(self) -> None:
        """Ask the base what time it is. Raises `ConnectorError`."""
        self._clock.look()

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `Connector.pull`."""
        self.schema.forget()
        self._clock.look()
        if is_lettrage(view):
            yield from self.lettered.pull(view, cursor, known)
        else:
            yield from self._puller.pull(view, cursor, known)

    def ids(self, view: View) -> set[str]:
        """See `Connector.ids`. Rows set aside for a doubled key count as present."""
        if is_lettrage(view):
            return self.lettered.ids(view)
        return set(self.reader.ids(self.reader.layout(view)))

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        """See `Connector.read`."""
        if not ids:
            return []
        return self.lettered.read(view, ids) if is_lettrage(view) else self.reader.chosen(view, ids)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """See `Connector.find`. A base of Sage keeps no reference of ours."""
        return {}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """See `Connector.allocate`."""
        raise self._unwritable()

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """See `Connector.write`."""
        if not writes:
            return []
        raise self._unwritable()

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """See `Connector.settle`."""

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        """See `Clocked`."""
        return self._clock.reading

    def close(self) -> None:
        """See `Connector.close`."""
        self.session.close()

    def _unwritable(self) -> Misconfigured:
        return Misconfigured(
            self.name,
            "cannot be written",
            "Sage forbids writing to its base",
            "set imports, or direction: pull",
        )


def is_lettrage(view: View) -> bool:
    """Whether a view asks for payments found by lettering."""
    return view.object.upper() == LETTRAGE
