"""From a view of the mapping to the columns, joins and conditions of the base: what to ask, decided once.

A native name is a column (`CT_Intitule`) or a path through known relations (`DO_Tiers.CT_Intitule`,
`RG_No.RG_Date`). A field of type `lines` is named after the table its lines are in (`F_DOCLIGNE`). `key`
decides what a record's id is: the columns it names, or `cbMarq`, which a document keeps when it becomes
another; whoever refers to a record by its code (`DO_Tiers`) needs it keyed on that code. `where` is a mapping
of columns to a value, a list, or `{from: …, before: …}`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, func, or_
from sqlalchemy import Table as SqlTable

from connectors.sage.layout import MERGING
from connectors.sage.sql.relations import (
    CHILDREN,
    CODES,
    RELATIONS,
    STAMP,
    TECHNICAL_KEY,
    Children,
    Relation,
    code,
)
from connectors.sage.sql.schema import Field, Schema, Shape
from connectors.sage.sql.values import Spoilt, moment_of
from hub.ports import Native, NativeField, View

VIEW_OPTIONS = ("new_key", "journals", "key_length", "import_columns", "on_create", *MERGING)
FIELD_OPTIONS = ("max", "length", "create")
BOUNDS = ("from", "before")


class Misfit(Exception):
    """The view asks for what the base does not have: one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one native value comes from. `type` is the canonical type the mapping gives it."""

    name: str
    column: ColumnElement[Any]
    field: Field
    type: str = "text"

    @property
    def is_code(self) -> bool:
        return self.field.family == "text" and self.field.name in CODES


@dataclass
class Place:
    """One table in a query, and those joined to it, by the path that leads there."""

    shape: Shape
    table: SqlTable
    joins: dict[str, tuple[Place, ColumnElement[bool]]] = field(default_factory=dict)

    @classmethod
    def of(cls, shape: Shape, name: str | None = None) -> Place:
        table = shape.table()
        return cls(shape, table.alias(name) if name else table)  # type: ignore[arg-type]

    def column(self, name: str) -> ColumnElement[Any] | None:
        found = self.shape.field(name)
        return self.table.c[found.name] if found else None

    def joined(self) -> FromClause:
        """The table and all that is joined to it."""
        clause: FromClause = self.table
        for place, condition in self._all_joins():
            clause = clause.outerjoin(place.table, condition)
        return clause

    def places(self) -> list[Place]:
        """This table and all that are joined to it."""
        return [self, *(place for place, _ in self._all_joins())]

    def _all_joins(self) -> Iterator[tuple[Place, ColumnElement[bool]]]:
        for place, condition in self.joins.values():
            yield place, condition
            yield from place._all_joins()


@dataclass
class LinesOf:
    """The lines of a document: `owner` is the head's table once more, `columns` those of the lines."""

    name: str
    place: Place
    owner: Place
    on: ColumnElement[bool]
    order: tuple[ColumnElement[Any], ...]
    columns: tuple[Source, ...]


@dataclass
class Layout:
    """All that is asked of the base for one view.

    `marq` is the column pages follow; where a table has none, those of the key are (`order`). `stamps` are
    the tables whose changes are changes of a record, with the column that says when; empty where one of them
    has none, so that everything must be listed.
    """

    view: View
    base: Place
    fields: tuple[Source, ...]
    lines: tuple[LinesOf, ...]
    key: tuple[Source, ...]
    order: tuple[Source, ...]
    where: tuple[ColumnElement[bool], ...]

    @property
    def by_marq(self) -> bool:
        """Whether a record's id is its `cbMarq`."""
        return [source.field.name for source in self.key] == [TECHNICAL_KEY]

    @property
    def stamp(self) -> ColumnElement[Any] | None:
        return self.base.column(STAMP)

    @property
    def stamped(self) -> bool:
        """Whether every table of the view says when its rows were changed."""
        places = [*self.base.places(), *(one for lines in self.lines for one in lines.place.places())]
        return all(place.column(STAMP) is not None for place in places)


def layout_of(view: View, schema: Schema) -> Layout:
    """The view's columns in the base. Raises `Misfit`, or `Misconfigured` for a table that is not there."""
    return _Finder(schema, view).layout()


def conditions_on(schema: Schema, view: View, place: Place) -> list[ColumnElement[bool]]:
    """The view's `where`, of one table. Raises `Misfit`."""
    finder = _Finder(schema, view)
    found = list(finder._conditions(place))
    if finder.problems:
        raise Misfit(finder.problems)
    return found


class _Finder:
    def __init__(self, schema: Schema, view: View) -> None:
        self.schema, self.view = schema, view
        self.problems: list[str] = []
        self.aliases = 0

    def layout(self) -> Layout:
        base = Place.of(self.schema.shape(self.view.object))
        plain = [one for one in self.view.fields if one.type != "lines"]
        fields = tuple(self._sources(base, plain))
        lines = tuple(self._lines(base, one) for one in self.view.fields if one.type == "lines")
        names = self.view.key or ((TECHNICAL_KEY,) if base.column(TECHNICAL_KEY) is not None else ())
        if not names:
            self.problems.append(
                f"{base.shape.name} has no {TECHNICAL_KEY}: say in the mapping what its `key` is"
            )
        key = tuple(self._sources(base, [NativeField(name) for name in names]))
        marq = base.shape.field(TECHNICAL_KEY)
        order = (Source(marq.name, base.table.c[marq.name], marq),) if marq else key
        where = list(self._conditions(base))
        if not marq:
            # Pages follow the key then, and no page follows an empty one.
            where += [source.column.is_not(None) for source in key]
        if self.problems:
            raise Misfit(list(dict.fromkeys(self.problems)))
        found = tuple(one for one in lines if one is not None)
        return Layout(self.view, base, fields, found, key, order, tuple(where))

    # -- columns -------------------------------------------------------------------------------------

    def _sources(self, base: Place, fields: list[NativeField]) -> Iterator[Source]:
        for one in fields:
            source = self._source(base, one.name, one.type)
            if source is not None:
                yield source

    def _source(self, base: Place, path: str, type: str = "text") -> Source | None:
        place, parts = base, path.split(".")
        for part in parts[:-1]:
            through = self._through(place, part)
            if through is None:
                return None
            place = through
        found = place.shape.field(parts[-1])
        if found is None:
            self.problems.append(
                f"{place.shape.name} has no column {parts[-1]}; {place.shape.near(parts[-1])}"
            )
            return None
        return Source(path, place.table.c[found.name], found, type)

    def _through(self, place: Place, name: str) -> Place | None:
        """The table a path leads to, joined once."""
        relations = {key.casefold(): (key, one) for key, one in RELATIONS.get(place.shape.name, {}).items()}
        if name.casefold() not in relations:
            known = ", ".join(key for key, _ in relations.values()) or "none"
            near = difflib.get_close_matches(name.casefold(), relations, n=1)
            meant = f"{relations[near[0]][0]} was probably meant; " if near else ""
            self.problems.append(
                f"{place.shape.name} leads nowhere through {name}; {meant}it does through: {known}"
            )
            return None
        key, relation = relations[name.casefold()]
        if key not in place.joins:
            joined = self._joined(place, relation)
            if joined is None:
                return None
            place.joins[key] = joined
        return place.joins[key][0]

    def _joined(self, place: Place, relation: Relation) -> tuple[Place, ColumnElement[bool]] | None:
        self.aliases += 1
        other = Place.of(self.schema.shape(relation.table), f"joined_{self.aliases}")
        condition = self._equal(place, other, relation.on)
        return None if condition is None else (other, condition)

    def _equal(self, one: Place, other: Place, on: tuple[tuple[str, str], ...]) -> ColumnElement[bool] | None:
        conditions = []
        for ours, theirs in on:
            left, right = one.column(ours), other.column(theirs)
            if left is None or right is None:
                lacking = one.shape.name if left is None else other.shape.name
                self.problems.append(f"{lacking} has no column {ours if left is None else theirs}")
                return None
            conditions.append(left == right)
        return and_(*conditions)

    def _lines(self, base: Place, wanted: NativeField) -> LinesOf | None:
        children = {name.casefold(): one for name, one in CHILDREN.get(base.shape.name, {}).items()}
        relation: Children | None = children.get(wanted.name.casefold())
        if relation is None:
            known = ", ".join(one.table for one in children.values()) or "none"
            self.problems.append(f"{base.shape.name} has no lines called {wanted.name}; it has: {known}")
            return None
        owner = Place.of(base.shape, "owner")
        place = Place.of(self.schema.shape(relation.table))
        on = self._equal(owner, place, relation.on)
        columns = tuple(self._sources(place, list(wanted.columns)))
        order = [place.column(name) for name in (*relation.order, TECHNICAL_KEY)]
        if on is None:
            return None
        found = tuple(one for one in order if one is not None)
        return LinesOf(wanted.name, place, owner, on, found, columns)

    # -- conditions ----------------------------------------------------------------------------------

    def _conditions(self, base: Place) -> Iterator[ColumnElement[bool]]:
        where = self.view.where
        if where is None:
            return
        if not isinstance(where, Mapping):
            self.problems.append(f"where: {where!r} is not understood here; write where: {{CT_Type: 0}}")
            return
        for name, wanted in where.items():
            source = self._source(base, str(name))
            if source is None:
                continue
            try:
                yield condition(source, wanted)
            except ValueError as problem:
                self.problems.append(f"where: {name}: {problem}")


def condition(source: Source, wanted: Any) -> ColumnElement[bool]:
    """That a column holds a value, one of a list, or lies within bounds. Raises `ValueError`."""
    if isinstance(wanted, Mapping):
        strange = [str(name) for name in wanted if name not in BOUNDS]
        if strange or not wanted:
            raise ValueError(f"{', '.join(strange) or 'nothing'} is no bound; write {{from: …, before: …}}")
        bounds = {name: _bound(source, value) for name, value in wanted.items()}
        found = [source.column >= bounds["from"]] if "from" in bounds else []
        found += [source.column < bounds["before"]] if "before" in bounds else []
        return and_(*found)
    values = wanted if isinstance(wanted, list) else [wanted]
    filled = [_bound(source, value) for value in values if value is not None]
    conditions: list[ColumnElement[bool]] = [source.column.in_(filled)] if filled else []
    if len(filled) < len(values):
        conditions.append(source.column.is_(None))
        if source.field.family == "text":
            conditions.append(source.column == "")
    return or_(*conditions)


def _bound(source: Source, value: Any) -> Any:
    """A value of the mapping as the column holds it. Raises `ValueError`."""
    kind = source.field.family
    try:
        if kind == "date":
            return moment_of(str(value))
        if kind == "integer":
            return int(str(value))
        if kind == "boolean":
            return bool(value)
        if kind == "number":
            return Decimal(str(value))
    except (Spoilt, ValueError, InvalidOperation):
        raise ValueError(f"{value!r} is not what {source.field.name} holds ({source.field.kind})") from None
    if isinstance(value, datetime):
        raise ValueError(f"{value!r} is a date, and {source.field.name} holds a text")
    return str(value)


def matching(source: Source, parts: list[str], dialect: str) -> ColumnElement[bool] | None:
    """That a key column holds one of these, whatever case and blanks; ``None`` where no row can."""
    if source.field.family == "integer":
        numbers = [int(part) for part in parts if part.lstrip("-").isdecimal() and len(part) < 19]
        return source.column.in_(numbers) if numbers else None
    texts = [code(part) for part in parts]
    if dialect == "mssql":
        return source.column.in_(texts)
    return func.upper(func.rtrim(source.column)).in_(texts)


def key_text(source: Source, raw: Native) -> str:
    """One part of a record's id; empty where nothing stands in it."""
    if raw is None:
        return ""
    return code(raw) if isinstance(raw, str) else str(raw)
