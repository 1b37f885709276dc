"""What `source` asks of each object it offers: `visit`, `alert`, `question`.

A shelf is one table of the hub's database whose rows are numbered by their changes. It holds no connection
and takes the time from whoever asks, so that a rehearsal and a test see what they should.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Connection, Row, Table, func, select

from hub.ports import Native, Refused


@dataclass(frozen=True, slots=True)
class Told:
    """One row as it is told: every native value a mapping may name, by its name.

    `archived`: cancelled, closed.
    """

    id: str
    values: Mapping[str, Native]
    change: int
    archived: bool
    modified: datetime | None = None


class Shelf(Protocol):
    """One object. All methods work in the connection they are given."""

    name: str
    table: Table
    fields: frozenset[str]
    """Every native name a mapping may use."""
    writable: frozenset[str]
    """Those that other systems may write."""
    takes: bool
    """Whether records made elsewhere become rows here."""

    def refresh(self, connection: Connection, now: datetime) -> None:
        """Bring the rows up to date with the golden records. Changes nothing where nothing is new."""

    def told(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Told]:
        """These rows, in their order."""

    def find(self, connection: Connection, refs: Sequence[str]) -> Mapping[str, str]:
        """The ids of rows that were made elsewhere, by the references they were made with."""

    def make(
        self, connection: Connection, ref: str, values: Mapping[str, Native], now: datetime
    ) -> str | Refused:
        """A row for a record that was made elsewhere: its id. Only asked where it `takes` them.

        The same reference again is the same row.
        """

    def change(
        self,
        connection: Connection,
        told: Told,
        values: Mapping[str, Native],
        archived: bool | None,
        now: datetime,
    ) -> Refused | None:
        """Apply what another system says of a row; `source` has compared it with what is there."""


@runtime_checkable
class Remembers(Protocol):
    """A shelf whose rows are made anew, after the database was lost, from what other systems have."""

    def remember(self, connection: Connection, entity: str, system: str, now: datetime) -> None:
        """Rows for the golden records of `entity` that no write to `system` would make: archived ones."""


def next_change(connection: Connection, table: Table) -> int:
    """The number the next change of a row of this table gets."""
    return (connection.scalar(select(func.max(table.c.change))) or 0) + 1
