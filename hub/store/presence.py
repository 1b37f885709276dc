"""A SQLite file that is deleted, moved away or replaced under a process that has it open.

An open connection goes on with the old file, wherever it is, and all it writes is lost with it. So a
connection is only taken from the pool if the path still is the file that it has open, and a missing file is
never made anew: an empty database would meet every record for the first time. Once a file is there again, be
it the old one or a restored backup, the next connection opens that.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError


def watch(engine: Engine, path: str) -> None:
    """Hold every connection of this engine to the file at `path`."""

    @event.listens_for(engine, "do_connect")
    def _connecting(dialect: Any, record: Any, arguments: Any, options: Any) -> None:
        if _stamp(path) is None:
            raise sqlite3.OperationalError(f"unable to open database file: there is no {path}")

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        record.info["file"] = _stamp(path)

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get("file") != _stamp(path):
            raise DisconnectionError(f"{path} is not the file that was opened")


def _stamp(path: str) -> tuple[int, int] | None:
    """Which file stands at this path; ``None``: none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
