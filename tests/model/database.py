"""A migrated SQLite database as bytes: made once, since migrating costs more than an example."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from hub.store import Store


@cache
def empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        store = Store(f"sqlite:///{path}")
        store.migrate()
        store.close()
        return path.read_bytes()
