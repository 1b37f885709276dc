"""What the conformance suite needs of a system (`Harness`), and the bench it works at.

A harness is the *person* in front of a system: it types, corrects and deletes records without the connector's
help, and tells what it sees. `Bench` turns the suite's words into the view's and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from uuid import uuid4

from hub.ports import Connector, Done, Native, Outcome, Page, Receipt, Record, Sent, View, Write

Row: TypeAlias = "Mapping[str, str | None]"
"""A record in the suite's words: any of `name`, `phone`, `city`; ``None`` is an empty field."""


class Harness(Protocol):
    """One system in the hands of a person, for the suite. Every test gets an empty view of its own."""

    view: View
    columns: Mapping[str, str]

    def connect(self) -> Connector:
        """A new connection to the same system, as after a restart of the hub."""

    def add(self, rows: Sequence[Row]) -> list[str]:
        """A person types these records in the system itself; their ids, in order."""

    def edit(self, id: str, changes: Row) -> None:
        """A person changes these fields of a record."""

    def remove(self, id: str) -> None:
        """A person deletes a record for good."""

    def archive(self, id: str) -> None:
        """A person archives a record. Only called where `Traits.archives`."""

    def seen(self) -> Mapping[str, Row]:
        """Every record of the view as a person sees it, archived ones too: id to name, phone, city."""

    def deliver(self) -> None:
        """Let the other side of an asynchronous system work: import what was sent, answer, export anew."""

    def shown(self, column: str, text: str) -> str | None:
        """What this system makes of a text (upper case, 35 characters); mostly the text itself."""

    def refused(self) -> Row | None:
        """Values for which a write is answered `Refused`, or ``None`` where this system takes anything."""

    def refused_later(self) -> Row | None:
        """Values that are `Sent` and then refused by the other side; ``None`` where that cannot be."""

    def spoil(self, id: str) -> str | None:
        """Make one field of a record unreadable (an error cell); which, or ``None`` where none can be."""


class BaseHarness:
    """The answers of a plain system: it keeps what it is given, refuses nothing, and answers at once."""

    def archive(self, id: str) -> None:
        raise NotImplementedError

    def deliver(self) -> None:
        return None

    def shown(self, column: str, text: str) -> str | None:
        return text

    def refused(self) -> Row | None:
        return None

    def refused_later(self) -> Row | None:
        return None

    def spoil(self, id: str) -> str | None:
        return None


@dataclass
class Pulled:
    """All the pages of one pull, together."""

    pages: list[Page] = field(default_factory=list)

    @property
    def records(self) -> dict[str, Record]:
        return {record.id: record for page in self.pages for record in page.records}

    @property
    def versions(self) -> dict[str, str | None]:
        return {id: record.version for id, record in self.records.items()}

    @property
    def cursor(self) -> str | None:
        return self.pages[-1].cursor

    @property
    def listing(self) -> bool:
        return self.pages[-1].listing


def new_ref() -> str:
    return f"customer_{uuid4().hex}"


class Bench:
    """One system and one connection to it, with the suite's words turned into the view's and back."""

    def __init__(self, harness: Harness) -> None:
        self.person = harness
        self.view = harness.view
        harness.deliver()
        self.connector = harness.connect()
        self.traits = self.connector.traits
        self.receipts: list[Receipt] = []

    def reconnect(self) -> None:
        self.connector.close()
        self.connector = self.person.connect()

    def native(self, row: Row) -> dict[str, Native]:
        return {self.person.columns[column]: value for column, value in row.items()}

    def row(self, record: Record) -> dict[str, Native]:
        """The record in the suite's words; a field that was not read is absent."""
        columns = self.person.columns.items()
        return {column: record.values[name] for column, name in columns if name in record.values}

    def people_add(self, *rows: Row) -> list[str]:
        ids = self.person.add(rows)
        self.person.deliver()
        return ids

    def people_edit(self, id: str, **changes: str | None) -> None:
        self.person.edit(id, changes)
        self.person.deliver()

    def people_remove(self, id: str) -> None:
        self.person.remove(id)
        self.person.deliver()

    def pull(self, since: Pulled | None = None) -> Pulled:
        known: Mapping[str, str | None] = since.versions if since else {}

        def versions(ids: Sequence[str]) -> dict[str, str | None]:
            return {id: known[id] for id in ids if id in known}

        pages = list(self.connector.pull(self.view, since.cursor if since else None, versions))
        assert pages, "a pull yields at least one page"
        assert all(len(page.records) <= 1000 for page in pages), "a page holds at most 1,000 records"
        assert not any(page.listing for page in pages[:-1]), "only the last page of a pull may say `listing`"
        return Pulled(pages)

    def read(self, *ids: str) -> list[Record]:
        by_id = {record.id: record for record in self.connector.read(self.view, ids)}
        return [by_id[id] for id in ids if id in by_id]

    def creation(self, row: Row, new_id: str | None = None) -> Write:
        full: Row = {column: row.get(column) for column in self.person.columns}
        return Write(ref=new_ref(), id=None, values=self.native(full), new_id=new_id)

    def creations(self, *rows: Row) -> list[Write]:
        new_ids: Sequence[str | None] = [None] * len(rows)
        if not self.traits.assigns_ids:
            new_ids = self.connector.allocate(self.view, len(rows), ())
        return [self.creation(row, id) for row, id in zip(rows, new_ids, strict=True)]

    def change(self, record: Record, **changes: str | None) -> Write:
        return Write(new_ref(), record.id, self.native(changes), expected=dict(record.values))

    def write(self, *writes: Write) -> list[Outcome]:
        """Write, let the other side answer, and take its receipts in, as the hub does."""
        outcomes = list(self.connector.write(self.view, writes))
        assert len(outcomes) == len(writes), "one outcome per write"
        self.person.deliver()
        self.receipts = self.take_receipts()
        return outcomes

    def take_receipts(self) -> list[Receipt]:
        receipts = list(self.connector.receipts(self.view))
        self.connector.settle(self.view, receipts)
        return receipts

    def applied(self, outcome: Outcome) -> str:
        """The id of a record that was written, whichever way this system says so."""
        if self.traits.confirms:
            assert isinstance(outcome, Done), outcome
            return outcome.record.id
        assert isinstance(outcome, Sent), outcome
        return outcome.id

    def shown(self, row: Row) -> dict[str, str | None]:
        """What a person sees of a whole record that was given these values."""
        full = {column: row.get(column) for column in self.person.columns}
        return {c: self.person.shown(c, v) if v is not None else None for c, v in full.items()}

    def seen(self, id: str) -> dict[str, str | None]:
        return dict(self.person.seen()[id])
