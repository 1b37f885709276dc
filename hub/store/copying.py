"""Every row of the hub's tables from one database into another, of any kind, with a proof for each table.

A proof is the number of rows and a sum over their hashes, which does not depend on their order: the same for
SQLite and PostgreSQL, at the source and in the copy. Who is at work (table ``holder``) belongs to a database,
not to what it knows, and is never copied.

Rows go from driver to driver in parts; neither side is held in memory whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Integer, Table, delete, func, select

from hub.store import tables as t
from hub.store.repository import Store

_PART = 2000
_BITS = 128

TABLES: tuple[Table, ...] = tuple(table for table in t.metadata.sorted_tables if table is not t.holder)
"""All that a copy holds."""

KNOWLEDGE = (t.golden, t.link, t.outbox, t.journal)
"""Where any row means that the hub has been at work."""


@dataclass(slots=True)
class Proof:
    """How many rows a table has, and the sum of their hashes."""

    rows: int = 0
    total: int = field(default=0, repr=False)

    def add(self, values: Sequence[Any]) -> None:
        """Count one row in; `values` as SQLite holds them, in the alphabetical order of their columns."""
        found = hashlib.sha256(orjson.dumps(values)).digest()[: _BITS // 8]
        self.total = (self.total + int.from_bytes(found, "big")) % (1 << _BITS)
        self.rows += 1

    @property
    def checksum(self) -> str:
        return f"{self.total:0{_BITS // 4}x}"


@contextmanager
def picture(store: Store) -> Iterator[Connection]:
    """One consistent view of a database at work, which holds nobody up."""
    if store.is_sqlite:
        with store.reading() as connection:
            yield connection
        return
    with store.engine.connect() as connection:
        whole = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with whole.begin():
            yield whole


def copy(
    source: Connection, target: Connection, told: Callable[[str, int], None] = lambda table, rows: None
) -> dict[str, Proof]:
    """Copy all rows into empty tables; the proof of each table, by name. `told` hears how far it is."""
    proofs: dict[str, Proof] = {}
    for table in TABLES:
        proof = proofs[str(table.name)] = Proof()
        insert = _insert(table, target)
        for rows in _rows(source, table):
            for row in rows:
                proof.add(_as_sqlite(row))
            target.exec_driver_sql(insert, rows)
            told(table.name, proof.rows)
    if target.dialect.name != "sqlite":
        _go_on_counting(target)
    return proofs


def prove(connection: Connection) -> dict[str, Proof]:
    """The proof of every table of a SQLite copy, whatever version's tables they are."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    proofs: dict[str, Proof] = {}
    for name in names:
        proof = proofs[str(name)] = Proof()
        columns = sorted(row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{name}")'))
        listed = ", ".join(f'"{column}"' for column in columns)
        for row in connection.exec_driver_sql(f'SELECT {listed} FROM "{name}"'):
            proof.add(tuple(row))
    return proofs


def is_empty(connection: Connection) -> bool:
    """Whether this database knows nothing yet."""
    return all(connection.execute(select(table).limit(1)).first() is None for table in KNOWLEDGE)


def count(connection: Connection, table: Table) -> int:
    """The rows of a table."""
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def clear(connection: Connection) -> None:
    """Forget everything but who is at work."""
    for table in reversed(TABLES):
        connection.execute(delete(table))


def _rows(source: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    columns = [table.c[name] for name in sorted(table.c.keys())]
    found = source.execution_options(yield_per=_PART).execute(select(*columns))
    for part in found.partitions():
        yield [tuple(row) for row in part]


def _insert(table: Table, target: Connection) -> str:
    names = sorted(table.c.keys())
    mark = "?" if target.dialect.name == "sqlite" else "%s"
    listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join([mark] * len(names))
    return f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})'


def _as_sqlite(row: Sequence[Any]) -> list[Any]:
    return [int(value) if isinstance(value, bool) else value for value in row]


def _go_on_counting(target: Connection) -> None:
    """PostgreSQL numbers by a sequence that knows nothing of rows put in with a number of their own."""
    for table in TABLES:
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, Integer):
            continue
        target.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', '{column.name}'), "
            f'COALESCE(MAX("{column.name}"), 1), MAX("{column.name}") IS NOT NULL) FROM "{table.name}"'
        )


def differences(said: Mapping[str, Proof], found: Mapping[str, Proof]) -> list[str]:
    """In words, where a copy is not what it says it is."""
    wrong = []
    for name, proof in said.items():
        there = found.get(name)
        if there is None:
            wrong.append(f"the table {name} is missing")
        elif there.rows != proof.rows:
            wrong.append(f"{name} has {there.rows} rows and should have {proof.rows}")
        elif there.total != proof.total:
            wrong.append(f"{name} does not say what was put into it")
    return wrong
