"""The port for a Sage 100 whose base is read by SQL. It is never written to: changes go out as import files.

A view of `LETTRAGE` is answered by `Lettered`, every other by the table it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from connectors.sage.sql.checking import check_views
from connectors.sage.sql.clock import ClockOfBase
from connectors.sage.sql.lettered import LETTRAGE, Lettered
from connectors.sage.sql.pulling import Puller
from connectors.sage.sql.reading import Reader
from connectors.sage.sql.schema import Schema
from connectors.sage.sql.session import Session
from connectors.sage.sql.settings import Settings
from connectors.sage.sql.writing import Writer, handed_as_document
from hub.ports import (
    ClockReading,
    Finding,
    Known,
    Misconfigured,
    Native,
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
        files = settings.files()
        self.traits = Traits(
            assigns_ids=False,
            archives=False,
            confirms=False,
            incremental=True,
            writable=files is not None,
            batch=10_000,
        )
        self.session = Session(name, settings)
        self.schema = Schema(self.session)
        self.reader = Reader(self.session, self.schema)
        self._puller = Puller(self.reader)
        self.lettered = Lettered(self.reader, self._puller)
        self._clock = ClockOfBase(self.session)
        self.writer = Writer(name, files, self.reader) if files is not None else None

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        """See `Connector.check`."""
        self.schema.forget()
        return check_views(self, views)

    def look_at_clock(self) -> None:
        """Ask the base what time it is. Raises `ConnectorError`."""
        self._clock.look()

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `Connector.pull`."""
        if handed_as_document(view):
            # Documents are handed over, never read as such: what they became is in F_ECRITUREC and LETTRAGE.
            yield Page([], cursor)
            return
        self.schema.forget()
        self._clock.look()
        if is_lettrage(view):
            yield from self.lettered.pull(view, cursor, known)
            return
        meant = partial(self.writer.meant, view) if self.writer else None
        yield from self._puller.pull(view, cursor, known, meant)

    def ids(self, view: View) -> set[str]:
        """See `Connector.ids`. Rows set aside for a doubled key count as present."""
        if handed_as_document(view):
            raise Misconfigured(
                self.name,
                f"cannot list every {view.entity}",
                "documents are only handed over",
                "set on_delete: ignore",
            )
        if is_lettrage(view):
            return self.lettered.ids(view)
        return set(self.reader.ids(self.reader.layout(view)))

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        """See `Connector.read`."""
        if not ids:
            return []
        if is_lettrage(view):
            return self.lettered.read(view, ids)
        return self.writer.read(view, ids) if self.writer else self.reader.chosen(view, ids)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """See `Connector.find`. Sage keeps no reference of ours; what was handed over is remembered here."""
        if not refs or self.writer is None or is_lettrage(view):
            return {}
        return self.writer.find(view, refs)

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """See `Connector.allocate`."""
        return self._writing(view).allocate(view, count, taken)

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """See `Connector.write`: one import file for all of them."""
        return self._writing(view).write(view, writes) if writes else []

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        return self.writer.receipts(view) if self.writer and not is_lettrage(view) else []

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `Keyed`."""
        return self.writer.key_of(view, values) if self.writer else None

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """See `Connector.settle`."""
        if self.writer and receipts:
            self.writer.handing.settle(view, receipts)

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        """See `Clocked`."""
        return self._clock.reading

    def close(self) -> None:
        """See `Connector.close`."""
        self.session.close()

    def _writing(self, view: View) -> Writer:
        if is_lettrage(view):
            raise Misconfigured(
                self.name,
                f"{view.object} cannot be written",
                "it is read from entries",
                "set direction: pull",
            )
        if self.writer is None:
            raise Misconfigured(
                self.name,
                "cannot be written",
                "Sage forbids writing to its base, and there is no folder for import files",
                "set imports, or direction: pull",
            )
        return self.writer


def is_lettrage(view: View) -> bool:
    """Whether a view asks for payments found by lettering."""
    return view.object.upper() == LETTRAGE
