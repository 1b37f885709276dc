"""A SQLite file that is deleted, moved away or replaced under a process that has it open.

An open connection goes on with the old file, wherever it is, and all it writes is lost with it. So a
connection is only taken from the pool if the path still is the file that it has open, and a missing file is
never made anew: an empty database would meet every record for the first time. Once a file is there again, be
it the old one or a restored backup, the next connection opens that. An empty one is not taken for either, nor
one beside the other's journal. Another file knows another past: the hub then catches up with the systems.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event, select
from sqlalchemy.exc import DisconnectionError

from hub.clock import now
from hub.store import tables as t

_Stamp = tuple[int, int]


class Presence:
    """Which file stands at a path, for all connections of one engine."""

    def __init__(self, engine: Engine, path: str) -> None:
        self._path, self._journal = path, f"{path}-wal"
        self._known: set[_Stamp | None] = set()
        self._journals: set[_Stamp | None] = set()
        self._last: _Stamp | None = None
        self._another, self._lock = False, threading.Lock()
        event.listen(engine, "do_connect", self._connecting)
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "checkout", self._taken)
        event.listen(engine, "handle_error", self._failed)

    @contextmanager
    def told(self, connection: Connection) -> Iterator[None]:
        """Around a transaction: the first in a file that took another's place says so there.

        What was read before, of the other's past, must not be gone by: everything is read again before
        anything is created (`hub.recovering`).
        """
        with self._lock:
            another, self._another = self._another, False
        try:
            if another:
                _catch_up(connection)
            yield
        except BaseException:
            self._another = self._another or another
            raise

    def _connecting(self, dialect: Any, record: Any, arguments: Any, options: Any) -> None:
        found = _stamp(self._path)
        if found is None:
            raise sqlite3.OperationalError(f"unable to open database file: there is no {self._path}")
        if self._known and found not in self._known and _stamp(self._journal) in self._journals - {None}:
            # SQLite would play the one's journal into the other.
            raise sqlite3.OperationalError(
                f"unable to open database file: another one stands at {self._path}, beside {self._journal} "
                f"of the one before; if it is meant to be there, delete that and {self._path}-shm"
            )

    def _connected(self, connection: Any, record: Any) -> None:
        record.info["file"] = found = _stamp(self._path)
        if self._known and found not in self._known and _is_empty(connection):
            raise sqlite3.OperationalError(
                f"unable to open database file: an empty one stands at {self._path}"
            )
        with self._lock:
            self._another = self._another or self._last not in (None, found)
            self._last = found
        self._known.add(found)

    def _taken(self, connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("file") != _stamp(self._path):
            raise DisconnectionError(f"{self._path} is not the file that was opened")
        self._journals.add(_stamp(self._journal))

    @staticmethod
    def _failed(context: ExceptionContext) -> None:
        # What a connection believes of the file may be what is wrong: the next one looks for itself.
        name = str(getattr(context.original_exception, "sqlite_errorname", ""))
        if name.startswith(("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")):
            context.is_disconnect = True


def _catch_up(connection: Connection) -> None:
    from hub.store import flags

    if flags.recovering(connection) is None:
        flags.begin_recovering(connection, "older", now(), _routes(connection))


def _routes(connection: Connection) -> dict[str, list[str]]:
    """Every route that was ever read: entity to systems."""
    found: dict[str, list[str]] = {}
    query = select(t.cursor.c.entity, t.cursor.c.system).where(t.cursor.c.system != "")
    for entity, system in connection.execute(query.order_by(t.cursor.c.entity, t.cursor.c.system)):
        found.setdefault(entity, []).append(system)
    return found


def _stamp(path: str) -> _Stamp | None:
    """Which file stands at this path; ``None``: none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_empty(connection: Any) -> bool:
    """Whether a database holds no agreed record: made anew, or none of the hub's."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'golden'").fetchone()
    return there is None or connection.execute("SELECT 1 FROM golden LIMIT 1").fetchone() is None
