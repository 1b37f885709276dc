"""What a sandbox Odoo holds, kept in a file: killed at any instant and started again, it is where it was.

The file is a SQLite database of rows as JSON, the seed's from the first start on. Promises: a call's rows
are in the file before it is answered, all or none; a call that is not in the file was not answered. Never: a
record that changes because it was kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sandbox.odoo.store import Store, Table

_TABLES = """
CREATE TABLE IF NOT EXISTS kept (model TEXT, id INTEGER, row TEXT, PRIMARY KEY (model, id));
CREATE TABLE IF NOT EXISTS last (model TEXT PRIMARY KEY, id INTEGER);
"""


class Keeping:
    """Puts back what the file holds, and from then on keeps in it what is committed."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        # Calls come on many threads, one at a time: the database's own lock makes them take turns.
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Enough for a killed process; only a power cut may take the last calls back.
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.executescript(_TABLES)
        if self._file.execute("SELECT 1 FROM kept LIMIT 1").fetchone() is None:
            self._keep((table, id) for table in store.tables.values() for id in table.rows)
        else:
            self._put_back()
        store.committing.append(self._keep)

    def close(self) -> None:
        self._file.close()

    def _put_back(self) -> None:
        with self._store.savepoint():
            for model, id, row in self._file.execute("SELECT model, id, row FROM kept ORDER BY model, id"):
                table = self._store.tables[model]
                if row is not None:
                    table.put(id, _unpacked(json.loads(row)))
                elif id in table.rows:
                    table.drop(id)
        for model, id in self._file.execute("SELECT model, id FROM last"):
            self._store.tables[model].last_id = max(id, self._store.tables[model].last_id)

    def _keep(self, changed: Iterable[tuple[Table, int]]) -> None:
        rows = [(table, id, table.rows.get(id)) for table, id in dict.fromkeys(changed)]
        texts = [(t.model.name, id, None if row is None else json.dumps(_packed(row))) for t, id, row in rows]
        numbers = [
            (table.model.name, table.last_id) for table in dict.fromkeys(table for table, _, _ in rows)
        ]
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", texts)
            self._file.executemany("INSERT OR REPLACE INTO last VALUES (?, ?)", numbers)
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")


def _packed(value: Any) -> Any:
    """A value as JSON has it; what JSON has no word for is a list of its kind and its content."""
    if isinstance(value, dict):
        return {key: _packed(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return ["tuple", [_packed(one) for one in value]]
    if isinstance(value, datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, date):
        return ["date", value.isoformat()]
    if isinstance(value, list):
        raise TypeError(f"a row holds a list, which is none of its kinds of value: {value}")
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unpacked(one) for key, one in value.items()}
    if isinstance(value, list):
        kind, content = value
        return tuple(_unpacked(one) for one in content) if kind == "tuple" else _MOMENTS[kind](content)
    return value


_MOMENTS: dict[str, Any] = {"datetime": datetime.fromisoformat, "date": date.fromisoformat}
