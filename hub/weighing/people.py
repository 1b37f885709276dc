"""The base of an entity as the model sees it: every golden record's row, kept up to date as records change.

Promises: a row is made of what the golden record says now; a record that is gone is no candidate. A base
holds its rows in memory, some hundred bytes each, and is read from the store once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from hub.duplicates.candidates import Candidates
from hub.duplicates.features import Record, rows_of
from hub.duplicates.rules import Row
from hub.duplicates.weights import Weights, of_base
from hub.mapping import EntityMapping
from hub.model import ARCHIVED
from hub.store import tables as t
from hub.store.repository import among, loads
from hub.store.worlds import chunks
from hub.values import Canonical, Ref

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Person:
    """A golden record to be compared. `refers`: what it refers to, by field."""

    id: str
    record: Record
    archived: bool
    refers: Mapping[str, str]


def read(connection: Connection, mapping: EntityMapping, ids: Iterable[str] | None = None) -> list[Person]:
    """The golden records of an entity, or these of it."""
    query = select(t.golden.c.id, t.golden.c.data).where(t.golden.c.entity == mapping.entity)
    if ids is not None:
        return [
            _person(mapping, row.id, loads(row.data))
            for part in chunks(ids)
            for row in connection.execute(query.where(among(connection, t.golden.c.id, part)))
        ]
    found: list[Person] = []
    after = ""
    while rows := connection.execute(
        query.where(t.golden.c.id > after).order_by(t.golden.c.id).limit(BATCH)
    ).all():
        after = rows[-1].id
        found += [_person(mapping, row.id, loads(row.data)) for row in rows]
    return found


def count(connection: Connection, entity: str) -> int:
    """How many golden records an entity has."""
    query = select(func.count()).select_from(t.golden).where(t.golden.c.entity == entity)
    return connection.scalar(query) or 0


def _person(mapping: EntityMapping, id: str, values: Mapping[str, Canonical]) -> Person:
    assert mapping.duplicates is not None
    record: dict[str, str] = {}
    for name, role in mapping.duplicates.roles.items():
        parts = _texts(values.get(name))
        if parts:
            record[role] = parts[0]
        if len(parts) > 1 and role == "phone" and "phone2" not in record:
            record["phone2"] = parts[1]
    refers = {
        name: str(values[name])
        for name, definition in mapping.fields.items()
        if isinstance(definition.type, Ref) and values.get(name)
    }
    return Person(id, record, bool(values.get(ARCHIVED)), refers)


def _texts(value: Canonical) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [str(one) for one in several if one not in (None, "")]


class People:
    """The base in memory. `position`: the line of the journal up to which it is up to date."""

    def __init__(self, persons: Iterable[Person], weights: Weights, position: int) -> None:
        self.position = position
        self.ids: list[str] = []
        self.place: dict[str, int] = {}
        self.known: dict[str, Person] = {}
        several = list(persons)
        rows, words = rows_of(person.record for person in several)
        distinct = list(dict.fromkeys(rows))
        self.candidates = Candidates(rows, of_base(weights, distinct, words))
        for place, person in enumerate(several):
            self._take(place, person)

    @property
    def rows(self) -> list[Row]:
        return self.candidates.rows

    def row_of(self, person: Person) -> tuple[Any, ...]:
        return self.candidates.row(person.record)

    def bring_up_to_date(self, changed: Iterable[str], persons: Iterable[Person], position: int) -> None:
        """`changed`: golden records that became others, or are gone; `persons`: those that are there."""
        for id in changed:
            self.place.pop(id, None)
            self.known.pop(id, None)
        for person in persons:
            self._take(self.candidates.add(self.row_of(person)), person)
        self.position = position

    def at(self, place: int) -> str | None:
        """Who stands at a place of the base; nobody where the record has become another."""
        id = self.ids[place]
        return id if self.place.get(id) == place else None

    def _take(self, place: int, person: Person) -> None:
        self.ids.append(person.id)
        self.place[person.id] = place
        self.known[person.id] = person
