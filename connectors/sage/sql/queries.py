"""The SELECTs of a view: pages by key, what changed since, the lines of some heads, ids, doubles, marks.

Pages follow the key (`key > last`), never an offset: a row that comes or goes meanwhile moves no other. What
changed is what was stamped since, in the record's own table or in one whose values it shows. Pure: queries
are made here and run elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from connectors.sage.sql.layout import Layout, LinesOf, Place, Source
from connectors.sage.sql.relations import STAMP, TECHNICAL_KEY

Since = Mapping[str, datetime]
"""By table: the stamps from which on rows may be news."""


def raw(source: Source) -> ColumnElement[Any]:
    """A column as the driver hands it over, so that one odd value spoils no answer."""
    return type_coerce(source.column, NullType())


def page(layout: Layout, after: Sequence[Any] | None, since: Since | None, limit: int) -> Select[Any]:
    """Up to `limit` rows behind a key: the order columns, the key, the stamp, the fields."""
    statement = _rows(layout, limit)
    if after is not None:
        statement = statement.where(behind(layout.order, after))
    if since is not None:
        statement = statement.where(changed(layout, since))
    return statement.where(*layout.where)


def places_of(layout: Layout, after: Sequence[Any] | None, since: Since | None, limit: int) -> Select[Any]:
    """The order columns alone of that page, for rows that cannot be read."""
    statement = select(*(raw(one) for one in layout.order)).select_from(layout.base.joined())
    if after is not None:
        statement = statement.where(behind(layout.order, after))
    if since is not None:
        statement = statement.where(changed(layout, since))
    return statement.where(*layout.where).order_by(*(one.column for one in layout.order)).limit(limit)


def at(layout: Layout, place: Sequence[Any]) -> Select[Any]:
    """The row at one place of the order."""
    same = [one.column == value for one, value in zip(layout.order, place, strict=True)]
    return _rows(layout, 2).where(and_(*same))


def chosen(layout: Layout, condition: ColumnElement[bool], limit: int) -> Select[Any]:
    """The rows of a condition, `where` left aside."""
    return _rows(layout, limit).where(condition)


def _rows(layout: Layout, limit: int) -> Select[Any]:
    stamp = layout.stamp
    stamped = type_coerce(stamp, NullType()) if stamp is not None else null()
    columns = [*map(raw, layout.order), *map(raw, layout.key), stamped, *map(raw, layout.fields)]
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    found = select(*labelled).select_from(layout.base.joined())
    return found.order_by(*(one.column for one in layout.order)).limit(limit)


def behind(order: Sequence[Source], after: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come later in the order."""
    steps = []
    for number, (source, value) in enumerate(zip(order, after, strict=True)):
        same = [one.column == other for one, other in zip(order[:number], after, strict=False)]
        steps.append(and_(*same, source.column > value))
    return or_(*steps)


def changed(layout: Layout, since: Since) -> ColumnElement[bool]:
    """Rows stamped since, or whose lines or related rows were."""
    conditions = [_stamped(place, since) for place in layout.base.places()]
    for lines in layout.lines:
        inner = or_(*(_stamped(place, since) for place in lines.place.places()))
        own = layout.base.table.c
        same = and_(*(own[column.name] == lines.owner.table.c[column.name] for column in _identity(layout)))
        theirs = lines.place.joined().join(lines.owner.table, lines.on)
        conditions.append(exists(select(literal_column("1")).select_from(theirs).where(inner, same)))
    return or_(*conditions)


def _identity(layout: Layout) -> list[Any]:
    return [source.column for source in layout.order]


def _stamped(place: Place, since: Since) -> ColumnElement[bool]:
    stamp = place.column(STAMP)
    assert stamp is not None
    return stamp >= since[place.shape.name]


def ids(layout: Layout, after: Sequence[Any] | None, limit: int) -> Select[Any]:
    """Order columns and key of up to `limit` rows behind a key."""
    columns = [*map(raw, layout.order), *map(raw, layout.key)]
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    statement = select(*labelled).select_from(layout.base.joined()).where(*layout.where)
    if after is not None:
        statement = statement.where(behind(layout.order, after))
    return statement.order_by(*(one.column for one in layout.order)).limit(limit)


def doubles(layout: Layout) -> Select[Any]:
    """Keys that stand in more than one row, and in how many."""
    folded = [
        func.upper(func.rtrim(one.column)) if one.field.family == "text" else one.column for one in layout.key
    ]
    found = select(*folded, func.count()).select_from(layout.base.joined()).where(*layout.where)
    return found.group_by(*folded).having(func.count() > 1)


def count(layout: Layout) -> Select[Any]:
    """How many rows the view has."""
    return select(func.count()).select_from(layout.base.joined()).where(*layout.where)


def mark(place: Place) -> Select[Any]:
    """The latest stamp of a table and the row that has it."""
    stamp, marq = place.column(STAMP), place.column(TECHNICAL_KEY)
    assert stamp is not None
    columns = [type_coerce(stamp, NullType()), *([type_coerce(marq, NullType())] if marq is not None else [])]
    order = [stamp.desc(), *([marq.desc()] if marq is not None else [])]
    return select(*columns).where(stamp.is_not(None)).order_by(*order).limit(1)


def stamp_of(place: Place, marq: int) -> Select[Any]:
    """The stamp of one row now."""
    stamp, key = place.column(STAMP), place.column(TECHNICAL_KEY)
    assert stamp is not None
    assert key is not None
    return select(type_coerce(stamp, NullType())).where(key == marq)


def lines(layout: Layout, wanted: LinesOf, places: Sequence[Sequence[Any]]) -> Select[Any]:
    """The lines of the heads at these places: the heads' order columns first."""
    owner = wanted.owner.table.c
    identity = [owner[source.field.name] for source in layout.order]
    if len(identity) == 1:
        chosen_ones: ColumnElement[bool] = identity[0].in_([place[0] for place in places])
    else:
        chosen_ones = or_(
            *(and_(*(one == part for one, part in zip(identity, place, strict=True))) for place in places)
        )
    columns = [*(type_coerce(one, NullType()) for one in identity), *map(raw, wanted.columns)]
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    found = select(*labelled).select_from(wanted.place.joined().join(wanted.owner.table, wanted.on))
    return found.where(chosen_ones).order_by(*identity, *wanted.order)
