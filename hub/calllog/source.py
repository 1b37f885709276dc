"""The hub's own log of calls as a system that mappings can name (`kind: calls`): objects `call`, `callback`.

A call is shown once it is over; a callback while somebody is to call back, and as closed after. Who it was
with is told by golden ids (``who.customer``), since this system is the hub itself. A callback may be closed,
and opened again, from another system: its field ``closed`` is the only one that is written here. In a mapping
that does not name ``closed``, a closed callback counts as archived, so that systems in which closing is
archiving (a lead, an activity) follow. However it is mapped, archiving a callback closes it.

The mapping's options: ``where`` (field → value, list of values, or true/false for filled or not) and ``lang``
(``fr`` or ``en``) of the texts. A record that another system has already is shown whatever ``where`` says.

Never: shows a call that is going on, or takes the tidying of old calls for deletions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from hub.calllog import fields
from hub.calllog.fields import Party, Told
from hub.calllog.texts import LANGUAGES
from hub.clock import now
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
from hub.store import Store, worlds
from hub.store import tables as t
from hub.store.repository import among, dumps, loads
from hub.yamlfile import meant

_PAGE = 1000
OPTIONS = frozenset({"lang"})


class CallSource:
    """A `hub.ports.Connector` over the tables `call` and `callback` of the hub's database."""

    traits = Traits(assigns_ids=True, archives=True, confirms=True, incremental=True, log=True)

    def __init__(self, name: str, store: Store) -> None:
        self.name, self._store = name, store

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        found: list[Finding] = []
        for view in views:
            problems = list(self._problems(view))
            found += problems
            if not any(one.level == "error" for one in problems):
                found.append(Finding("ok", f"{view.entity}: the hub's own {view.object}s"))
        return found

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        self._sound(view)
        table = _table(view)
        after = int(cursor or 0)
        with self._store.reading() as connection:
            latest = connection.scalar(select(func.max(table.c.change))) or 0
        if after > latest:
            # The newest rows were tidied away, and their numbers are given again: look at all there are.
            after = 0
        while True:
            with self._store.reading() as connection:
                rows = connection.execute(
                    _over(select(table), view)
                    .where(table.c.change > after)
                    .order_by(table.c.change)
                    .limit(_PAGE)
                ).all()
                records = self._wanted(connection, view, self._told(connection, view, rows))
            after = rows[-1].change if rows else after
            yield Page(records, str(after) if after else cursor)
            if len(rows) < _PAGE:
                return

    def ids(self, view: View) -> set[str]:
        self._sound(view)
        with self._store.reading() as connection:
            rows = connection.scalars(_over(select(_table(view).c.id), view)).all()
        return {str(id) for id in rows}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        self._sound(view)
        with self._store.reading() as connection:
            return [_record(view, told) for told in self._some(connection, view, ids)]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        return {}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        raise Misconfigured(self.name, "calls number themselves", todo="take `new_key` out of the mapping")

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        self._sound(view)
        with self._store.transaction() as connection:
            return [self._write(connection, view, write) for write in writes]

    def receipts(self, view: View) -> Sequence[Receipt]:
        return ()

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        return None

    # -- reading -------------------------------------------------------------------------------------

    def _some(self, connection: Connection, view: View, ids: Sequence[str]) -> list[Told]:
        table = _table(view)
        keys: list[Any] = list(ids) if view.object == "call" else [int(id) for id in ids if id.isdecimal()]
        if not keys:
            return []
        rows = connection.execute(_over(select(table), view).where(among(connection, table.c.id, keys))).all()
        return self._told(connection, view, rows)

    def _told(self, connection: Connection, view: View, rows: Sequence[Row[Any]]) -> list[Told]:
        data = [loads(row.data) for row in rows]
        about = [
            loads(row.goldens) if view.object == "call" else given.get("goldens") or []
            for row, given in zip(rows, data, strict=True)
        ]
        parties, targets = _parties(connection, {str(id) for pairs in about for _, id in pairs})
        lang = view.options.get("lang", LANGUAGES[0])
        return [
            Told(
                str(row.id),
                row.number,
                row.change,
                given,
                _in_order([id for _, id in pairs], parties, targets),
                lang,
                row.source if view.object == "call" else "",
                "" if view.object == "call" else row.opened_at,
                None if view.object == "call" else row.closed_at,
            )
            for row, given, pairs in zip(rows, data, about, strict=True)
        ]

    def _wanted(self, connection: Connection, view: View, told: Sequence[Told]) -> list[Record]:
        """Those the filter lets through, and those told of before, which must be heard of to the end."""
        out = {one.id for one in told if not fields.passes(one, view.object, view.where or {})}
        out -= worlds.linked_ids(connection, view.entity, self.name, sorted(out))
        return [_record(view, one) for one in told if one.id not in out]

    # -- writing -------------------------------------------------------------------------------------

    def _write(self, connection: Connection, view: View, write: Write) -> Outcome:
        if write.id is None:
            todo = "write `creates: false` for this system in the mapping"
            return Refused(f"the log of calls takes no {view.object} from elsewhere", None, todo)
        told = next(iter(self._some(connection, view, [write.id])), None)
        if told is None:
            return Missing()
        record = _record(view, told)
        if any(record.values.get(name) != value for name, value in write.expected.items()):
            return Moved(record)
        for name in write.values:
            if view.object != "callback" or name not in fields.WRITABLE:
                todo = "write `direction: pull` for this field in the mapping"
                return Refused(f"{name} of a {view.object} is what happened, and is not written", name, todo)
        if write.values or write.archived is not None:
            self._set(connection, told, _closing(view, write), write.archived)
        return Done(_record(view, self._some(connection, view, [write.id])[0]))

    def _set(self, connection: Connection, told: Told, closed: bool | None, archived: bool | None) -> None:
        data, at = dict(told.data), told.closed_at
        if archived is not None:
            data["archived"] = archived
        if closed and at is None:
            at = now()
            data |= {"closed_by": "", "reason": "elsewhere"}
        elif closed is False:
            at = None
            data |= {"closed_by": "", "reason": ""}
        connection.execute(
            update(t.callback)
            .where(t.callback.c.id == int(told.id))
            .values(data=dumps(data), closed_at=at, change=_next_change(connection))
        )

    # -- what a mapping may say ----------------------------------------------------------------------

    def _sound(self, view: View) -> None:
        problem = next((one for one in self._problems(view) if one.level == "error"), None)
        if problem is not None:
            raise Misconfigured(self.name, problem.what, problem.message, problem.todo)

    def _problems(self, view: View) -> Iterator[Finding]:
        entity = view.entity
        if view.object not in fields.OBJECTS:
            yield Finding(
                "error", f"{entity}: the log of calls has no object «{view.object}»", "",
                f"write `object: {' or '.join(fields.OBJECTS)}`",
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
            if not fields.is_field(view.object, name):
                hint = meant(name, [*fields.FIELDS[view.object], "who.<entity>"])
                yield Finding("error", f"{entity}: a {view.object} has no field «{name}»", "", hint)
        if view.options.get("lang", LANGUAGES[0]) not in LANGUAGES:
            yield Finding(
                "error", f"{entity}: no texts in «{view.options['lang']}»", "",
                f"write `lang: {' or '.join(LANGUAGES)}`",
            )  # fmt: skip
        for native in view.fields:
            if native.writable and (view.object == "call" or native.name not in fields.WRITABLE):
                yield Finding(
                    "warning", f"{entity}: {native.name} of a {view.object} is not written from elsewhere",
                    "", "write `direction: pull` for it",
                )  # fmt: skip


def _table(view: View) -> Any:
    return t.call if view.object == "call" else t.callback


def _over(query: Select[Any], view: View) -> Select[Any]:
    return query.where(t.call.c.open.is_(False)) if view.object == "call" else query


def _parties(connection: Connection, ids: set[str]) -> tuple[dict[str, Party], dict[str, list[str]]]:
    """The golden records of these ids that are still here, and those they refer to (a contact's customer)."""
    if not ids:
        return {}, {}
    targets: dict[str, list[str]] = {}
    for row in connection.execute(
        select(t.reference.c.golden_id, t.reference.c.target)
        .where(among(connection, t.reference.c.golden_id, sorted(ids)))
        .order_by(t.reference.c.field)
    ):
        targets.setdefault(row.golden_id, []).append(row.target)
    wanted = sorted(ids.union(*targets.values()))
    rows = connection.execute(
        select(t.golden.c.id, t.golden.c.entity, t.golden.c.data).where(
            among(connection, t.golden.c.id, wanted)
        )
    )
    found = {row.id: Party(row.entity, row.id, str(loads(row.data).get("name") or "")) for row in rows}
    return found, targets


def _in_order(
    ids: Sequence[str], parties: Mapping[str, Party], targets: Mapping[str, Sequence[str]]
) -> list[Party]:
    """Whom a row is about, best first: those it names, then those they belong to."""
    wanted = dict.fromkeys([*ids, *(target for id in ids for target in targets.get(id, ()))])
    return [parties[id] for id in wanted if id in parties]


def _record(view: View, told: Told) -> Record:
    closed = told.closed_at is not None
    return Record(
        id=told.id,
        values={name: fields.value(told, view.object, name) for name in view.names},
        version=str(told.change),
        modified=told.modified,
        archived=bool(told.data.get("archived")) if "closed" in view.names else closed,
        where=f"{view.object} {told.id}",
    )


def _closing(view: View, write: Write) -> bool | None:
    """Whether a write closes the callback, opens it again, or does neither."""
    if write.archived:
        return True
    if "closed" in write.values:
        return bool(write.values["closed"])
    return False if write.archived is False and "closed" not in view.names else None


def _next_change(connection: Connection) -> int:
    """What `hub.calllog.log` counts on from: one counter for both tables."""
    counts = [connection.scalar(select(func.max(table.c.change))) or 0 for table in (t.call, t.callback)]
    return max(counts) + 1
