"""A SQLite file that is deleted, moved away or replaced under a process that has it open.

An open connection goes on with the old file, wherever it is, and all it writes is lost with it. So a
connection is only taken from the pool if the path still is the file that it has open, and a missing file is
never made anew: an empty database would meet every record for the first time. Once a file is there again, be
it the old one or a restored backup, the next connection opens that. An empty one is not
taken for either, nor one beside the other's journal.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import DisconnectionError


def watch(engine: Engine, path: str) -> None:
    """Hold every connection of this engine to the file at `path`."""

    journal = f"{path}-wal"
    known: set[_Stamp | None] = set()
    journals: set[_Stamp | None] = set()

    @event.listens_for(engine, "do_connect")
    def _connecting(dialect: Any, record: Any, arguments: Any, options: Any) -> None:
        found = _stamp(path)
        if found is None:
            raise sqlite3.OperationalError(f"unable to open database file: there is no {path}")
        if known and found not in known and _stamp(journal) in journals - {None}:
            # SQLite would play the one's journal into the other.
            raise sqlite3.OperationalError(
                f"unable to open database file: another one stands at {path}, beside {journal} of the one "
                f"before; if it is meant to be there, delete that and {path}-shm"
            )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        record.info["file"] = found = _stamp(path)
        if known and found not in known and _is_empty(connection):
            raise sqlite3.OperationalError(f"unable to open database file: an empty one stands at {path}")
        known.add(found)

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("file") != _stamp(path):
            raise DisconnectionError(f"{path} is not the file that was opened")
        journals.add(_stamp(journal))

    @event.listens_for(engine, "handle_error")
    def _failed(context: ExceptionContext) -> None:
        # What a connection believes of the file may be what is wrong: the next one looks for itself.
        name = str(getattr(context.original_exception, "sqlite_errorname", ""))
        if name.startswith(("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")):
            context.is_disconnect = True


_Stamp = tuple[int, int]


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
