"""The store: one database, opened by URL, and its transactions.

Queries live beside this file by subject (`worlds`, `outbox`, `listing`); each takes the connection of the
caller's transaction, so that what belongs together is committed together.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    any_,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from hub.private import ONLY_OWNER_FOLDER, make_private
from hub.store.presence import Presence


class StoreError(Exception):
    """The database cannot be used: where it is, why, and what to do."""


def dumps(value: Any) -> str:
    """A value as JSON text, as the tables hold it."""
    return orjson.dumps(value).decode()


loads = orjson.loads


_PATIENCE = {"connect_timeout": 10, "tcp_user_timeout": 30_000}
"""Of libpq, in seconds and milliseconds: a server that vanished must not hold a thread for ever."""

_READER = "hub_reader"
_ONE_WRITER = "SELECT pg_advisory_xact_lock(7118432)"
"""What BEGIN IMMEDIATE is to SQLite; released with the transaction. The number is the hub's own."""


class Store:
    """A database of the hub's. Thread-safe; every thread takes its own transactions."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            server = parsed.get_backend_name() != "sqlite"
            patience = {name: value for name, value in _PATIENCE.items() if name not in parsed.query}
            self.engine: Engine = create_engine(
                parsed, pool_pre_ping=server, connect_args=patience if server else {}
            )
        except (ArgumentError, NoSuchModuleError) as problem:
            raise StoreError(
                f"database: {problem}; write sqlite:///hub.sqlite or postgresql://…"
            ) from problem
        self._presence: Presence | None = None
        if self.is_sqlite:
            _tune_sqlite(self.engine)
            if parsed.database:
                Path(parsed.database).parent.mkdir(ONLY_OWNER_FOLDER, parents=True, exist_ok=True)
                _require_no_orphan(Path(parsed.database))
                make_private(Path(parsed.database))
                self._presence = Presence(self.engine, parsed.database)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the database to this version's tables (Alembic)."""
        from alembic.util import CommandError

        from hub.store.migrate import upgrade

        try:
            upgrade(self.engine)
        except CommandError as problem:
            raise StoreError(
                f"database {self.shown_url} was brought to its present tables by another version of the hub, "
                f"newer than this one ({problem})"
            ) from problem
        except DatabaseError as problem:
            raise StoreError(f"database {self.shown_url}: {problem.orig}") from problem

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any exception.

        There is one at a time in a database: what it read is still so when it writes. A command that settles
        a conflict waits for the daemon's page to be committed, and the next page sees what was settled.
        """
        with self.engine.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(_ONE_WRITER)
            with self._presence.told(connection) if self._presence is not None else nullcontext():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view, for reading only: it neither waits for a writer nor holds one up."""
        with self.engine.connect() as connection:
            reader = connection.execution_options(**{_READER: True})
            with reader.begin():
                yield reader

    @contextmanager
    def rehearsal(self) -> Iterator[Store]:
        """A store with this one's contents, on which everything may be tried; this one is left as it is.

        SQLite is copied by its backup interface, which does not hold up a daemon at work; PostgreSQL gives a
        transaction that is rolled back.
        """
        if self.is_sqlite:
            with tempfile.TemporaryDirectory(prefix="hub-plan-") as folder:
                copy = Path(folder) / "plan.sqlite"
                make_private(copy)
                source, target = sqlite3.connect(str(self.engine.url.database)), sqlite3.connect(copy)
                try:
                    source.backup(target)
                finally:
                    source.close()
                    target.close()
                store = Store(f"sqlite:///{copy}")
                try:
                    yield store
                finally:
                    store.close()
            return
        with self.engine.connect() as connection:
            outer = connection.begin()
            try:
                yield _Rehearsal(self, connection)
            finally:
                outer.rollback()

    def close(self) -> None:
        self.engine.dispose()


class _Rehearsal(Store):
    """A store inside one transaction of another: its own transactions are savepoints."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self.url, self.engine, self._connection = store.url, store.engine, connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        yield self._connection


def _require_no_orphan(file: Path) -> None:
    """A new file beside the journal of a lost one would be filled from that, in part.

    Raises `StoreError`. It also keeps a command from making an empty database under a daemon at work.
    """
    journal = Path(f"{file}-wal")
    if not file.exists() and journal.exists():
        raise StoreError(
            f"database: {file} is not there any more, though what belongs to it ({journal.name}) is; put it "
            f"back. If it is lost for good, stop the hub, delete {journal.name} and {file.name}-shm, then "
            f"`hub restore` the last backup, or `hub rebuild`"
        )


def among(connection: Connection, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a column is one of these values, handed over as one parameter however many there are.

    A thousand parameters cost SQLAlchemy as much to write out as the database to answer.
    """
    if connection.dialect.name == "sqlite":
        listed = func.json_each(dumps(list(values))).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(literal(list(values), ARRAY(column.type)))


def bulk_insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]], skip: int = 0) -> None:
    """Insert rows whose values stand in the table's column order, the first `skip` columns left out.

    Straight to the driver: on the path of a first load, SQLAlchemy's handling of a row costs as much as the
    database's (measured: 4.5 against 2 µs a row on SQLite).
    """
    if not rows:
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    columns = [column.name for column in table.columns][skip:]
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join([mark] * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))


def upsert(
    connection: Connection,
    table: Table,
    rows: Iterable[dict[str, Any]],
    key: tuple[str, ...],
    update: tuple[str, ...],
) -> None:
    """Insert rows, or update the named columns where the key is there already; both databases alike."""
    found = list(rows)
    if not found:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    if update:
        changes = {name: statement.excluded[name] for name in update}
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    connection.execute(statement, found)


def _tune_sqlite(engine: Engine) -> None:
    """WAL so that readers never wait, full sync so that a power cut loses nothing committed.

    The driver's own transaction handling is switched off (its deferred BEGIN would let two writers meet in
    mid-transaction): every transaction that may write begins IMMEDIATE, as SQLAlchemy's documentation of the
    dialect shows.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON",
                       "cache_size=-32000", "wal_autocheckpoint=8000"):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reader = connection.get_execution_options().get(_READER, False)
        connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")
