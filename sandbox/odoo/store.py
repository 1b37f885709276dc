"""Rows in memory: tables, indexes, and an undo log that gives calls and savepoints their all-or-nothing.

Promises: a row is never changed in place, so that a reader keeps what it got; undoing restores rows and
indexes exactly; the rows written since a moment are found without looking at the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.odoo.schema import Model, Row

EARLIEST = datetime.min
EMPTY = {"many2many": (), "boolean": False, "integer": 0, "float": 0.0, "monetary": 0.0}
"""What a row holds for a field nobody set, by type; ``None`` for the others."""


class Table:
    """The rows of one model, by id, with its equality indexes and its order of writing."""

    def __init__(self, model: Model, undo: list[tuple[Table, int, Row | None]]) -> None:
        self.model = model
        self.rows: dict[int, Row] = {}
        self.last_id = 0
        self.indexes: dict[str, dict[Any, dict[int, None]]] = {name: {} for name in model.indexes}
        self._undo = undo
        self._written: dict[int, None] = {}
        self._written_sorted = True
        self._latest = EARLIEST
        self._ids_sorted = True
        self._highest = 0
        stored = {name: field for name, field in model.fields.items() if field.stored and name != "id"}
        self.blank = {name: EMPTY.get(field.type) for name, field in stored.items()}
        self.defaulted = [name for name, field in stored.items() if field.default is not None]
        self.checked = {n: f for n, f in stored.items() if f.required or f.type == "many2one"}

    def new_id(self) -> int:
        """An id never given before; like a database sequence it is not given back by an undo."""
        self.last_id += 1
        return self.last_id

    def put(self, id: int, row: Row) -> None:
        """Store this row, new or not."""
        old = self.rows.get(id)
        self._undo.append((self, id, old))
        self._place(id, row, old)

    def drop(self, id: int) -> None:
        """Forget this row."""
        old = self.rows[id]
        self._undo.append((self, id, old))
        self._remove(id, old)

    def restore(self, id: int, row: Row | None) -> None:
        """Set a row back to what it was (``None``: it was not there), outside the undo log."""
        current = self.rows.get(id)
        if row is not None:
            self._place(id, row, current)
        elif current is not None:
            self._remove(id, current)

    def ids(self) -> list[int]:
        """Every id, ascending."""
        if not self._ids_sorted:
            self.rows = dict(sorted(self.rows.items()))
            self._ids_sorted = True
        return list(self.rows)

    def ids_above(self, floor: int) -> list[int]:
        """Every id greater than `floor`, ascending."""
        ids = self.ids()
        return ids[bisect_left(ids, floor + 1) :]

    def written_since(self, moment: datetime) -> list[int]:
        """The ids of the rows whose `write_date` is at or after `moment`."""
        if not self._written_sorted:
            stamps = {id: self.rows[id].get("write_date") or EARLIEST for id in self._written}
            self._written = dict.fromkeys(sorted(stamps, key=stamps.__getitem__))
            self._written_sorted = True
        found = []
        for id in reversed(self._written):
            if (self.rows[id].get("write_date") or EARLIEST) < moment:
                break
            found.append(id)
        return found

    def matching(self, name: str, values: Iterable[Any]) -> set[int]:
        """The ids of the rows whose indexed field `name` is one of `values`."""
        index = self.indexes[name]
        found: set[int] = set()
        for value in values:
            found.update(index.get(value, ()))
        return found

    def referring(self, name: str, ids: set[int]) -> set[int]:
        """The ids of the rows whose many2one `name` is one of `ids`."""
        if name in self.indexes:
            return self.matching(name, ids)
        return {row["id"] for row in self.rows.values() if row.get(name) in ids}

    def _place(self, id: int, row: Row, old: Row | None) -> None:
        if old is None and id < self._highest:
            self._ids_sorted = False
        self._highest = max(self._highest, id)
        self.rows[id] = row
        for name, index in self.indexes.items():
            value = row.get(name)
            if old is not None:
                if old.get(name) == value:
                    continue
                self._unindex(index, old.get(name), id)
            index.setdefault(value, {})[id] = None
        stamp = row.get("write_date") or EARLIEST
        self._written.pop(id, None)
        self._written[id] = None
        if stamp < self._latest:
            self._written_sorted = False
        else:
            self._latest = stamp

    def _remove(self, id: int, old: Row) -> None:
        del self.rows[id]
        self._written.pop(id, None)
        for name, index in self.indexes.items():
            self._unindex(index, old.get(name), id)

    @staticmethod
    def _unindex(index: dict[Any, dict[int, None]], value: Any, id: int) -> None:
        ids = index.get(value)
        if ids is not None:
            ids.pop(id, None)
            if not ids:
                del index[value]


class Store:
    """All tables of one database, and the undo log they share. Not locked: its owner is.

    `committing` is told which rows an outermost savepoint wrote, before it ends; a refusal undoes them.
    """

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._undo: list[tuple[Table, int, Row | None]] = []
        self.tables = {name: Table(model, self._undo) for name, model in models.items()}
        self.committing: list[Callable[[Iterable[tuple[Table, int]]], None]] = []
        self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is written inside stays if the block ends well, and is undone if it raises."""
        mark = len(self._undo)
        self._depth += 1
        try:
            yield
            if self._depth == 1 and self._undo:
                for keep in self.committing:
                    keep((table, id) for table, id, _ in self._undo)
        except BaseException:
            self._roll_back_to(mark)
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._undo.clear()

    def _roll_back_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            table, id, row = self._undo.pop()
            table.restore(id, row)
