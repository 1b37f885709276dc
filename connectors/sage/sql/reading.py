"""Rows of the base made records: ids, values, lines, times; what cannot be read is named, never guessed.

A row that cannot even be fetched (bytes its driver cannot decode, a date of the year 12000) is found by
halving the page it is on; it costs itself, and its field or its row is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from connectors.sage.layout import join_key, split_key
from connectors.sage.records import version_of
from connectors.sage.sql import queries
from connectors.sage.sql.faults import Unreadable, WrongName
from connectors.sage.sql.layout import Layout, LinesOf, Misfit, key_text, layout_of, matching
from connectors.sage.sql.queries import Since
from connectors.sage.sql.schema import Schema
from connectors.sage.sql.session import Session
from connectors.sage.sql.values import Spoilt, moment_of, native
from hub.ports import Misconfigured, Native, Record, Rejected, View

PAGE = 500
AT_ONCE = 20_000
"""Ids are listed so many at a time."""

Place = tuple[Any, ...]
"""Where a row stands in the order its table is read in."""


@dataclass
class Batch:
    """Some rows of a view: `last` is where the next batch begins, ``None`` behind the last row.

    `unattributed`: rows whose id cannot be told; whoever compares ids must not take them for deleted.
    """

    records: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    last: Place | None = None
    unattributed: int = 0


class Reader:
    """Reads any view of one base."""

    def __init__(self, session: Session, schema: Schema) -> None:
        self.session = session
        self.schema = schema

    def layout(self, view: View) -> Layout:
        """What the view asks of the base. Raises `Misconfigured`, every problem in it."""
        try:
            return layout_of(view, self.schema)
        except Misfit as misfit:
            self.schema.forget()
            raise Misconfigured(
                self.session.name,
                f"{view.object} does not fit the mapping of {view.entity}",
                str(misfit),
                "correct the mapping, or the base",
            ) from misfit

    def rows(self, layout: Layout, statement: Any) -> Sequence[Any]:
        """Rows of a query made of this layout; a column that went meanwhile is said by its name."""
        try:
            return self.session.rows(statement)
        except WrongName:
            self.schema.forget()
            self.layout(layout.view)
            raise

    def batch(
        self,
        layout: Layout,
        after: Place | None,
        since: Since | None,
        doubles: frozenset[str] = frozenset(),
        size: int = 0,
    ) -> Batch:
        """Up to `size` (`PAGE`) rows behind a place; those in `doubles` are set aside."""
        size = size or PAGE
        width = len(layout.order)
        try:
            rows = self.rows(layout, queries.page(layout, after, since, size))
        except Unreadable:
            return self._one_by_one(layout, after, since, doubles, size)
        found = Batch(last=tuple(rows[-1][:width]) if len(rows) == size else None)
        self._take(layout, rows, found, doubles)
        return found

    def _one_by_one(
        self, layout: Layout, after: Place | None, since: Since | None, doubles: frozenset[str], size: int
    ) -> Batch:
        places = [tuple(row) for row in self.rows(layout, queries.places_of(layout, after, since, size))]
        found = Batch(last=places[-1] if len(places) == size else None)
        for place in dict.fromkeys(places):
            try:
                self._take(layout, self.rows(layout, queries.at(layout, place)), found, doubles)
            except Unreadable as problem:
                self._set_aside(layout, place, str(problem), found)
        return found

    def _set_aside(self, layout: Layout, place: Place, why: str, found: Batch) -> None:
        id = str(place[0]) if layout.by_marq else None
        found.unattributed += id is None
        found.rejected.append(
            Rejected(_where(layout, place), f"the row cannot be read: {why}", "correct it in Sage", id)
        )

    def _take(self, layout: Layout, rows: Sequence[Any], found: Batch, doubles: frozenset[str]) -> None:
        width, keys = len(layout.order), len(layout.key)
        unique = {tuple(row[:width]): row for row in rows}
        lines = {one.name: self._lines(layout, one, list(unique)) for one in layout.lines} if unique else {}
        for place, row in unique.items():
            where = _where(layout, place)
            try:
                id = _id(layout, row[width : width + keys])
            except Spoilt as problem:
                found.unattributed += 1
                found.rejected.append(Rejected(where, f"its key: {problem}", "correct it in Sage"))
                continue
            if not id:
                names = " and ".join(one.name for one in layout.key)
                found.rejected.append(Rejected(where, f"it has no {names}", "fill it in in Sage"))
            elif id in doubles:
                reason = f"the key {id} stands in several rows of {layout.base.shape.name}"
                found.rejected.append(Rejected(where, reason, "choose another `key` in the mapping", id))
            else:
                own = {name: by_place.get(place, []) for name, by_place in lines.items()}
                found.records.append(self._record(layout, id, where, row[width + keys :], own))

    def _record(
        self, layout: Layout, id: str, where: str, cells: Sequence[Any], lines: dict[str, Any]
    ) -> Record:
        values: dict[str, Native] = {}
        unreadable: dict[str, str] = {}
        for source, cell in zip(layout.fields, cells[1:], strict=True):
            try:
                values[source.name] = native(cell, source.field.family, source.type, source.is_code)
            except Spoilt as problem:
                unreadable[source.name] = str(problem)
        for name, found in lines.items():
            if isinstance(found, str):
                unreadable[name] = found
            else:
                values[name] = found
        version = version_of({**values, **{f"\x00{name}": why for name, why in unreadable.items()}})
        return Record(id, values, version, self._time(cells[0]), unreadable=unreadable, where=where)

    def _time(self, stamp: Any) -> Any:
        try:
            moment = moment_of(stamp)
        except Spoilt:
            return None
        if moment is None or moment.year < 1901:
            return None
        return moment.replace(tzinfo=self.session.settings.zone).astimezone(UTC)

    # -- lines ---------------------------------------------------------------------------------------

    def _lines(self, layout: Layout, wanted: LinesOf, places: list[Place]) -> dict[Place, Any]:
        """By the place of its head: a list of lines, or why they cannot be read."""
        try:
            rows = self.rows(layout, queries.lines(layout, wanted, places))
        except Unreadable as problem:
            if len(places) == 1:
                return {places[0]: f"its lines cannot be read: {problem}"}
            half = len(places) // 2
            return {
                **self._lines(layout, wanted, places[:half]),
                **self._lines(layout, wanted, places[half:]),
            }
        width = len(layout.order)
        found: dict[Place, Any] = {}
        for row in rows:
            place = tuple(row[:width])
            there = found.setdefault(place, [])
            if isinstance(there, list):
                try:
                    there.append(_line(wanted, row[width:]))
                except Spoilt as problem:
                    found[place] = f"line {len(there) + 1}: {problem}"
        return found

    # -- some records, and all ids -------------------------------------------------------------------

    def chosen(self, view: View, ids: Sequence[str]) -> list[Record]:
        """These records as they are now, `where` left aside."""
        layout = self.layout(view)
        records: dict[str, Record] = {}
        for start in range(0, len(ids), PAGE):
            for condition in _conditions(layout, ids[start : start + PAGE], self.session.dialect):
                records |= {record.id: record for record in self._of(layout, condition)}
        return [records[id] for id in ids if id in records]

    def _of(self, layout: Layout, condition: Any) -> list[Record]:
        alone = replace(layout, where=(condition,))
        found, after, ids = Batch(), None, []
        while True:
            batch = self.batch(alone, after, None)
            ids += [record.id for record in batch.records]
            found.records += batch.records
            after = batch.last
            if after is None:
                break
        times = Counter(ids)
        return [record for record in found.records if times[record.id] == 1]

    def ids(self, layout: Layout) -> Iterator[str]:
        """The ids of every row of the view. Raises `Misconfigured` where one cannot be told."""
        width = len(layout.order)
        after: Place | None = None
        while True:
            rows = self.rows(layout, queries.ids(layout, after, AT_ONCE))
            for row in rows:
                id = _id(layout, row[width:])
                if id:
                    yield id
            if len(rows) < AT_ONCE:
                return
            after = tuple(rows[-1][:width])

    def doubles(self, layout: Layout) -> frozenset[str]:
        """Ids that stand in several rows; they are nobody's."""
        if layout.by_marq:
            return frozenset()
        rows = self.rows(layout, queries.doubles(layout))
        return frozenset(_id(layout, row[:-1]) for row in rows)


def _conditions(layout: Layout, ids: Sequence[str], dialect: str) -> Iterator[Any]:
    """Conditions that together find these ids: one for all, or one each where the key has parts."""
    if len(layout.key) == 1:
        found = matching(layout.key[0], list(ids), dialect)
        if found is not None:
            yield found
        return
    for id in ids:
        try:
            parts = split_key(id, len(layout.key))
        except ValueError:
            continue
        all_parts = [matching(one, [part], dialect) for one, part in zip(layout.key, parts, strict=True)]
        known = [one for one in all_parts if one is not None]
        if len(known) == len(all_parts):
            condition = known[0]
            for one in known[1:]:
                condition = condition & one
            yield condition


def _id(layout: Layout, cells: Sequence[Any]) -> str:
    """The id of a row; empty where a part of its key is. Raises `Spoilt`."""
    parts = [
        key_text(source, native(cell, source.field.family))
        for source, cell in zip(layout.key, cells, strict=True)
    ]
    return join_key(parts) if all(parts) else ""


def _line(wanted: LinesOf, cells: Sequence[Any]) -> dict[str, Native]:
    found: dict[str, Native] = {}
    for source, cell in zip(wanted.columns, cells, strict=True):
        try:
            found[source.name] = native(cell, source.field.family, source.type, source.is_code)
        except Spoilt as problem:
            raise Spoilt(f"{source.name}: {problem}") from problem
    return found


def _where(layout: Layout, place: Place) -> str:
    shown = ", ".join(
        f"{source.field.name} {str(part).strip()}" for source, part in zip(layout.order, place, strict=True)
    )
    return f"{layout.base.shape.name}, {shown}"
