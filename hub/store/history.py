"""The journal, as people and undo ask for it: by record, place, time, run and field. Reads, and one `note`.

Lines are only ever added (`saving.save`, `note`) and, once they are old, pruned (`hub.store.pruning`); none
is changed. What a line's values mean is said at `hub.model.Entry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from hub.model import Entry
from hub.store import tables as t
from hub.store.repository import among, bulk_insert, dumps, loads
from hub.store.worlds import chunks

AGREED: Final = (
    "changed", "overruled", "united", "resolved", "undone", "archived", "restored", "merged", "followed",
    "split",
)  # fmt: skip
"""Kinds of lines that say what an agreed record's field was, and became."""

WRITTEN: Final = ("wrote", "sent")
"""Kinds of lines that say what a system's record held, and what the hub put in its place.

`confirmed` says it too, of a write whose reply was lost or that was handed over, once it is seen there.
"""

_ELSEWHERE: Final = ("archived", "restored")
"""Kinds that change the agreed record although their line names the system that gave the reason."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the journal. `title` is what the record is called now; empty where it is about none."""

    id: int
    at: str
    run: int
    entity: str
    golden_id: str
    title: str
    system: str
    external_id: str
    kind: str
    cause: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def agreed(self) -> bool:
        """Whether a field of the agreed record became another."""
        return self.kind in AGREED and (not self.system or self.kind in _ELSEWHERE)

    @property
    def lost_there(self) -> bool:
        """Whether a system's own value was given up for the agreed one."""
        return self.kind == "overruled" and bool(self.system)

    @property
    def wrote(self) -> bool:
        """Whether the hub put values into a system's record that was there."""
        return self.kind in WRITTEN and bool(self.before)

    @property
    def made(self) -> bool:
        """Whether the hub made a record in a system."""
        return bool(self.system) and not self.before and (
            self.kind in WRITTEN or (self.kind == "linked" and self.cause == "hub")
        )  # fmt: skip

    @property
    def canonical(self) -> bool:
        """Whether the values are those of the agreed record, and not a system's own."""
        return not self.system or self.kind in AGREED


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines are wanted; what is ``None`` or empty does not narrow.

    `fields`: (system, name) pairs, the empty system standing for the agreed record.
    """

    records: Sequence[str] | None = None
    system: str | None = None
    entity: str | None = None
    run: int | None = None
    since: str | None = None
    ids: Sequence[int] | None = None
    fields: Sequence[tuple[str, str]] = field(default=())


def changes(connection: Connection, wanted: Filter | None = None, limit: int | None = None) -> list[Change]:
    """The lines of the journal that fit, newest first."""
    query = _narrowed(connection, wanted or Filter()).order_by(t.journal.c.id.desc())
    if limit is not None:
        query = query.limit(limit)
    return [_change(row) for row in connection.execute(query)]


def of_records(connection: Connection, golden_ids: Iterable[str]) -> dict[str, list[Change]]:
    """All there is about these agreed records, newest first, by record."""
    found: dict[str, list[Change]] = {}
    for part in chunks(golden_ids):
        for change in changes(connection, Filter(records=part)):
            found.setdefault(change.golden_id, []).append(change)
    return found


def records(connection: Connection, text: str) -> list[str]:
    """The agreed records meant: by id or its beginning, else by a system's id, else by words of their values.

    A record that is linked no more is found by the id the journal knew it under.
    """
    whole = connection.execute(select(t.golden.c.id).where(t.golden.c.id == text)).first() is not None
    if whole or knows(connection, golden_id=text):
        return [text]
    routes = connection.execute(select(t.link.c.entity, t.link.c.system).distinct()).all()
    found = {
        golden_id
        for entity, system in routes
        for golden_id in connection.scalars(
            select(t.link.c.golden_id).where(
                t.link.c.entity == entity, t.link.c.system == system, t.link.c.external_id == text
            )
        )
    }
    if len(text) >= _SHORT_ID:
        found |= set(connection.scalars(
            select(t.golden.c.id).where(t.golden.c.id.startswith(text, autoescape=True))
        ))  # fmt: skip
    if found:
        return sorted(found)
    words = select(t.golden.c.id).where(t.golden.c.data.icontains(text, autoescape=True))
    found = set(connection.scalars(words))
    return sorted(found or connection.scalars(
        select(t.journal.c.golden_id).distinct().where(t.journal.c.external_id == text)
    ))  # fmt: skip


def knows(connection: Connection, **columns: str) -> bool:
    """Whether any line has these values in these columns."""
    query = select(t.journal.c.id).filter_by(**columns).limit(1)
    return connection.execute(query).first() is not None


def names(connection: Connection, name: str) -> bool:
    """Whether any line is about a field of this name, anywhere."""
    query = select(t.journal.c.id).where(_says(name)).limit(1)
    return connection.execute(query).first() is not None


def newest(connection: Connection) -> int:
    """The number of the last line ever written; 0 where there is none."""
    return connection.scalar(select(func.max(t.journal.c.id))) or 0


def has_run(connection: Connection, run: int) -> bool:
    return connection.execute(select(t.run.c.id).where(t.run.c.id == run)).first() is not None


def title(connection: Connection, golden_id: str) -> str:
    """What an agreed record is called; its id where it is not known."""
    data = connection.scalar(select(t.golden.c.data).where(t.golden.c.id == golden_id))
    return _title(data, golden_id) if data else golden_id


def note(connection: Connection, entries: Iterable[Entry], run: int, at: str) -> None:
    """Write lines that belong to no page of records: a person's word on a brake, say."""
    rows = [
        (at, run, entry.entity, entry.golden_id, entry.system, entry.external_id, entry.kind, entry.cause,
         dumps(entry.before), dumps(entry.after))
        for entry in entries
    ]  # fmt: skip
    bulk_insert(connection, t.journal, rows, skip=1)


def _narrowed(connection: Connection, wanted: Filter) -> Select[Any]:
    query: Select[Any] = select(t.journal, t.golden.c.data).outerjoin(
        t.golden, t.golden.c.id == t.journal.c.golden_id
    )
    columns = t.journal.c
    for column, value in (
        (columns.system, wanted.system), (columns.entity, wanted.entity), (columns.run, wanted.run),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if wanted.records is not None:
        query = query.where(among(connection, columns.golden_id, wanted.records))
    if wanted.ids is not None:
        query = query.where(among(connection, columns.id, wanted.ids))
    if wanted.since is not None:
        query = query.where(columns.at >= wanted.since)
    if wanted.fields:
        query = query.where(or_(*(_about(system, name) for system, name in wanted.fields)))
    return query


def _about(system: str, name: str) -> ColumnElement[bool]:
    """Whether a line is about this field of this system, or of the agreed record."""
    place = t.journal.c.system == system
    if not system:
        place = place | t.journal.c.kind.in_(AGREED)
    return and_(place, _says(name))


def _says(name: str) -> ColumnElement[bool]:
    """Whether a line's values name this field. A quote inside a value is escaped, so it is no key."""
    key = f"{dumps(name)}:"
    return or_(
        t.journal.c.before.contains(key, autoescape=True), t.journal.c.after.contains(key, autoescape=True)
    )


def _change(row: Row[Any]) -> Change:
    return Change(
        row.id, row.at, row.run, row.entity, row.golden_id, _title(row.data, row.golden_id), row.system,
        row.external_id, row.kind, row.cause, loads(row.before), loads(row.after),
    )  # fmt: skip


def _title(data: str | None, golden_id: str) -> str:
    values = loads(data) if data else {}
    return str(values.get("name") or values.get("number") or golden_id[:8])


_SHORT_ID = 6
"""Characters from which the beginning of an id is taken for one, and not for a number in a value."""
