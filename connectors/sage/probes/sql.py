"""A base of Sage 100 being looked at: tables, columns, types, lengths, counts, newest rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, type_coerce
from sqlalchemy.types import NullType

from connectors.sage.probing import Column, Kind
from connectors.sage.sql.faults import Unreadable
from connectors.sage.sql.relations import CHILDREN, RELATIONS, TECHNICAL_KEY
from connectors.sage.sql.schema import Family, Schema
from connectors.sage.sql.session import Session
from connectors.sage.sql.settings import Settings
from connectors.sage.sql.values import Spoilt, native
from hub.ports import Native, View

KEYS = {"F_COMPTET": "CT_Num", "F_ARTICLE": "AR_Ref"}
"""Tables that others refer to by a code of their own."""

KINDS: Mapping[Family, Kind] = {
    "text": "text", "number": "number", "integer": "number", "date": "date", "boolean": "boolean",
    "binary": "unknown",
}  # fmt: skip


class SqlProbe:
    """One base."""

    def __init__(self, name: str, settings: Settings, views: Sequence[View] = ()) -> None:
        self._session = Session(name, settings)
        self._schema = Schema(self._session)
        self._views = views

    def objects(self) -> Sequence[str]:
        """The tables the hub knows, and those the mappings name, that are there."""
        known = {*RELATIONS, *CHILDREN, "F_ARTICLE", *(view.object for view in self._views)}
        folded = {name.casefold() for name in known}
        return [name for name in self._schema.names() if name.casefold() in folded]

    def fields(self, object: str) -> Sequence[Column]:
        """Its columns, technical ones too."""
        shape = self._schema.shape(object)
        return [
            Column(one.name, KINDS[one.family], one.kind, one.length or 0) for one in shape.fields.values()
        ]

    def count(self, object: str) -> int | None:
        """Asked of the base."""
        table = self._schema.shape(object).table()
        return int(self._session.value(select(func.count()).select_from(table)) or 0)

    def sample(self, object: str, most: int) -> Sequence[Mapping[str, Native]]:
        """The newest rows; a value that cannot be read is left out of its row."""
        shape = self._schema.shape(object)
        table = shape.table()
        statement = select(*(type_coerce(table.c[one.name], NullType()) for one in shape.fields.values()))
        marq = shape.field(TECHNICAL_KEY)
        if marq is not None:
            statement = statement.order_by(table.c[marq.name].desc())
        try:
            rows = self._session.rows(statement.limit(most))
        except Unreadable:
            return []
        found = []
        for row in rows:
            values: dict[str, Native] = {}
            for one, cell in zip(shape.fields.values(), row, strict=True):
                try:
                    values[one.name] = native(cell, one.family)
                except Spoilt:
                    continue
            found.append(values)
        return found

    def notes(self, object: str) -> Sequence[str]:
        """The collation of its texts, where the server tells."""
        if self._session.dialect != "mssql":
            return []
        said = self._session.value(select(func.databasepropertyex(func.db_name(), "Collation")))
        return [f"collation {said}"] if said else []

    def key(self, object: str) -> str | None:
        """The code others refer to it by, else its technical key."""
        shape = self._schema.shape(object)
        found = shape.field(KEYS.get(shape.name, TECHNICAL_KEY))
        return found.name if found else None

    def close(self) -> None:
        """See `Probe.close`."""
        self._session.close()
