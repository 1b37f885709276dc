"""Visits, alerts and questions as a system that mappings can name (`kind: maintenance`).

Its objects are `visit`, `alert` and `question`. A pull first brings them up to date with the golden records
there are, so that a contract that came in the same cycle has its visits in it; references are golden ids,
since this system is the hub itself. The mapping's option ``where`` narrows what is shown (field → value, list
of values, or true/false for filled or not); a record that another system has already is shown whatever it
says.

Promises: a pull where nothing is new changes nothing and shows nothing. Never: talks to another system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.clock import now
from hub.maintenance.shelf import Remembers, Shelf, Told
from hub.ports import (
    Done,
    Finding,
    Known,
    Misconfigured,
    Missing,
    Moved,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Traits,
    View,
    Write,
)
from hub.store import Store, flags, worlds
from hub.store.repository import among
from hub.yamlfile import meant

_PAGE = 1000


class MaintenanceSource:
    """A `hub.ports.Connector` over the hub's own tables `visit`, `alert` and `question`."""

    traits = Traits(assigns_ids=True, archives=True, confirms=True, incremental=True, log=True)

    def __init__(
        self, name: str, store: Store, shelves: Sequence[Shelf], clock: Callable[[], str] = now
    ) -> None:
        self.name, self._store, self._clock = name, store, clock
        self._shelves = {shelf.name: shelf for shelf in shelves}

    def over(self, store: Store) -> MaintenanceSource:
        """The same over another store: a rehearsal must not touch the real one."""
        return MaintenanceSource(self.name, store, tuple(self._shelves.values()), self._clock)

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        found: list[Finding] = []
        for view in views:
            problems = list(self._problems(view))
            found += problems
            if not any(one.level == "error" for one in problems):
                found.append(Finding("ok", f"{view.entity}: the hub's own {view.object}s"))
        return found

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        shelf = self._shelf(view)
        with self._store.transaction() as connection:
            recovering = flags.is_recovering(connection, view.entity)
            if recovering and isinstance(shelf, Remembers) and _takes(shelf, view):
                shelf.remember(connection, view.entity, self.name, self._now())
            else:
                shelf.refresh(connection, self._now())
            latest = connection.scalar(select(func.max(shelf.table.c.change))) or 0
        after = int(cursor or 0)
        if after > latest:
            # This database is older than the cursor: look at all there is.
            after = 0
        while True:
            with self._store.reading() as connection:
                rows = connection.execute(
                    select(shelf.table)
                    .where(shelf.table.c.change > after)
                    .order_by(shelf.table.c.change)
                    .limit(_PAGE)
                ).all()
                records = self._wanted(connection, view, shelf.told(connection, rows))
            after = rows[-1].change if rows else after
            yield Page(records, str(after) if after else cursor)
            if len(rows) < _PAGE:
                return

    def ids(self, view: View) -> set[str]:
        shelf = self._shelf(view)
        with self._store.reading() as connection:
            return {str(id) for id in connection.scalars(select(shelf.table.c.id))}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        shelf = self._shelf(view)
        with self._store.reading() as connection:
            return [_record(view, told) for told in _some(connection, shelf, ids)]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        shelf = self._shelf(view)
        with self._store.reading() as connection:
            found = shelf.find(connection, refs)
            told = {one.id: one for one in _some(connection, shelf, list(found.values()))}
        return {ref: _record(view, told[id]) for ref, id in found.items() if id in told}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        raise Misconfigured(
            self.name, f"{view.object}s number themselves", todo="take `new_key` out of the mapping"
        )

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        shelf = self._shelf(view)
        with self._store.transaction() as connection:
            return [self._write(connection, shelf, view, write) for write in writes]

    def receipts(self, view: View) -> Sequence[Receipt]:
        return ()

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        return None

    # -- reading and writing -------------------------------------------------------------------------

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._clock())

    def _wanted(self, connection: Connection, view: View, told: Sequence[Told]) -> list[Record]:
        """Those the filter lets through, and those told of before, which must be heard of to the end."""
        where = view.where or {}
        out = {one.id for one in told if not _passes(one, where)}
        out -= worlds.linked_ids(connection, view.entity, self.name, sorted(out))
        return [_record(view, one) for one in told if one.id not in out]

    def _write(self, connection: Connection, shelf: Shelf, view: View, write: Write) -> Outcome:
        for name in write.values:
            if write.id is not None and name not in shelf.writable:
                todo = "write `direction: pull` for this field in the mapping"
                return Refused(f"{name} of a {shelf.name} is the hub's own, and is not written", name, todo)
        if write.id is None:
            return self._create(connection, shelf, view, write)
        told = next(iter(_some(connection, shelf, [write.id])), None)
        if told is None:
            return Missing()
        record = _record(view, told)
        if any(record.values.get(name) != value for name, value in write.expected.items()):
            return Moved(record)
        if write.values or write.archived is not None:
            refused = shelf.change(connection, told, write.values, write.archived, self._now())
            if refused is not None:
                return refused
        return Done(_record(view, _some(connection, shelf, [write.id])[0]))

    def _create(self, connection: Connection, shelf: Shelf, view: View, write: Write) -> Outcome:
        if not shelf.takes:
            todo = "write `creates: false` for this system in the mapping"
            return Refused(f"the hub's own {shelf.name}s are not made elsewhere", None, todo)
        made = shelf.make(connection, write.ref, write.values, self._now())
        if isinstance(made, Refused):
            return made
        return Done(_record(view, _some(connection, shelf, [made])[0]))

    # -- what a mapping may say ----------------------------------------------------------------------

    def _shelf(self, view: View) -> Shelf:
        problem = next((one for one in self._problems(view) if one.level == "error"), None)
        if problem is not None:
            raise Misconfigured(self.name, problem.what, problem.message, problem.todo)
        return self._shelves[view.object]

    def _problems(self, view: View) -> Iterator[Finding]:
        entity, shelf = view.entity, self._shelves.get(view.object)
        if shelf is None:
            yield Finding(
                "error", f"{entity}: {self.name} has no object «{view.object}»", "",
                f"write `object: {' or '.join(self._shelves)}`",
            )  # fmt: skip
            return
        where = view.where or {}
        if not isinstance(where, Mapping):
            yield Finding(
                "error", f"{entity}: `where` of {self.name} is no filter", "",
                "write field: value, a list of values, or true for filled",
            )  # fmt: skip
            return
        for name in dict.fromkeys([*view.names, *map(str, where)]):
            if name not in shelf.fields:
                hint = meant(name, sorted(shelf.fields))
                yield Finding("error", f"{entity}: a {view.object} has no field «{name}»", "", hint)
        for native in view.fields:
            known = native.name in shelf.fields and native.name not in shelf.writable
            if native.writable and known and not shelf.takes:
                yield Finding(
                    "warning", f"{entity}: {native.name} of a {view.object} is not written from elsewhere",
                    "", "write `direction: pull` for it",
                )  # fmt: skip


def _takes(shelf: Shelf, view: View) -> bool:
    """Whether records of other systems become rows: where the mapping writes here whose they are."""
    return shelf.takes and any(one.type == "ref" and one.writable for one in view.fields)


def _some(connection: Connection, shelf: Shelf, ids: Sequence[str]) -> list[Told]:
    keys = [int(id) for id in ids if id.isdecimal()]
    if not keys:
        return []
    rows = connection.execute(select(shelf.table).where(among(connection, shelf.table.c.id, keys))).all()
    return shelf.told(connection, rows)


def _record(view: View, told: Told) -> Record:
    values: dict[str, Any] = {name: told.values.get(name) for name in view.names}
    return Record(
        id=told.id,
        values=values,
        version=str(told.change),
        modified=told.modified,
        archived=told.archived,
        where=f"{view.object} {told.id}",
    )


def _passes(told: Told, where: Mapping[str, Any]) -> bool:
    for name, wanted in where.items():
        found = told.values.get(name)
        if isinstance(wanted, bool):
            if bool(found) is not wanted:
                return False
        elif found not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True
