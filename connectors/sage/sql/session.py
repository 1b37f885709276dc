"""A connection to the base that cannot write, and what goes wrong with it in the port's words.

Four doors are closed one behind the other: the connection itself is opened for reading (SQLite `mode=ro` and
`query_only`, PostgreSQL `default_transaction_read_only`, SQL Server `ApplicationIntent=ReadOnly`); a
statement that is not one SELECT is refused before it leaves; every transaction is rolled back and a commit is
refused; and `hub check` says when the login could write elsewhere.

Each question is a transaction of its own, over when its rows are here: nothing is held open while the hub
works. A table somebody holds locked is waited for `lock_timeout`, then the base is `Busy`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Executable, Row, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, Pool, QueuePool

from connectors.sage.sql.faults import SPOILT, Unreadable, fault_of
from connectors.sage.sql.settings import Settings

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]")
_WRITES = re.compile(
    r";|--|/\*|\b(?:into|insert|update|delete|merge|exec|execute|drop|create|alter|truncate)\b", re.I
)
_SNAPSHOT = 5
"""SQL Server's number for snapshot isolation, as its driver wants it."""


class NotReading(Exception):
    """A statement that is no plain SELECT, or a commit: refused here, a fault of the hub's own."""


class Session:
    """One base, read. Opens nothing before the first question."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.engine = _engine(settings)
        self.dialect = self.engine.dialect.name

    def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """The rows of one SELECT, all of them. Raises `ConnectorError`, or `Unreadable` for a bad row."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(statement).fetchall()
        except SPOILT as problem:
            raise Unreadable(str(problem)) from problem
        except DBAPIError as problem:
            raise fault_of(self.name, self.settings, problem) from problem
        except SQLAlchemyError as problem:
            raise fault_of(self.name, self.settings, problem) from problem

    def value(self, statement: Executable) -> Any:
        """The first column of the first row; ``None`` where there is no row."""
        found = self.rows(statement)
        return found[0][0] if found else None

    def close(self) -> None:
        """Let go of the connection."""
        self.engine.dispose()


def reads_only(statement: str) -> bool:
    """Whether a statement is one SELECT and nothing else, its names and texts left aside."""
    bare = _QUOTED.sub("", statement).strip()
    return bare[:6].upper() == "SELECT" and not _WRITES.search(bare)


def _engine(settings: Settings) -> Engine:
    address = settings.address
    if address.drivername == "sqlite":
        engine = create_engine("sqlite://", creator=lambda: _sqlite(settings), poolclass=NullPool)
    else:
        if settings.password is not None:
            address = address.set(password=settings.password.get_secret_value())
        arguments = _postgresql(settings) if address.drivername.startswith("postgresql") else _mssql(settings)
        pool: type[Pool] = QueuePool
        engine = create_engine(
            address, connect_args=arguments, poolclass=pool, pool_size=1, max_overflow=0, pool_pre_ping=True
        )
    event.listen(engine, "before_cursor_execute", _only_reading)
    event.listen(engine, "commit", _no_commit)
    if address.drivername.startswith("mssql"):
        event.listen(engine, "connect", lambda connection, _record: _prepare_mssql(connection, settings))
    return engine


def _only_reading(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    if not reads_only(statement):
        raise NotReading(f"a base of Sage is only read, and this is no SELECT: {statement[:200]}")


def _no_commit(connection: Any) -> None:
    raise NotReading("a base of Sage is only read: nothing is ever committed to it")


def _sqlite(settings: Settings) -> sqlite3.Connection:
    path = Path(settings.address.database or "").absolute()
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=ro", uri=True, timeout=settings.lock_timeout, check_same_thread=False
    )
    # A text that is no UTF-8 shows by its stray bytes; the driver's own way would fail the whole answer.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _postgresql(settings: Settings) -> dict[str, Any]:
    options = {
        "default_transaction_read_only": "on",
        "lock_timeout": f"{settings.lock_timeout * 1000:.0f}",
        "statement_timeout": f"{settings.timeout * 1000:.0f}",
    }
    found: dict[str, Any] = {
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        "connect_timeout": max(2, round(settings.connect_timeout)),
        "application_name": "hub",
    }
    if settings.ca is not None:
        found |= {"sslmode": "verify-full", "sslrootcert": str(settings.ca)}
    return found


def _mssql(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {
        "readonly": True,
        "autocommit": False,
        "login_timeout": settings.connect_timeout,
        "timeout": settings.timeout,
        "appname": "hub",
    }
    if settings.ca is not None:
        found["cafile"] = str(settings.ca)
    return found


def _prepare_mssql(connection: Any, settings: Settings) -> None:
    """Wait shortly for locks; read a snapshot where the base allows it, so that nobody waits for us."""
    cursor = connection.cursor()
    try:
        cursor.execute(f"SET LOCK_TIMEOUT {settings.lock_timeout * 1000:.0f}")
        cursor.execute("SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()")
        row = cursor.fetchone()
    finally:
        cursor.close()
    connection.rollback()
    if row and row[0] == 1:
        connection.isolation_level = _SNAPSHOT
