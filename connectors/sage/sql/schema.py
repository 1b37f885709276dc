"""The tables and columns a base has: asked of the base itself, by SELECTs its login may always run.

Names are found whatever their case, as SQL Server takes them; a name that is not there is answered with what
was probably meant. Nothing is kept beyond `forget`: a column may go while the hub runs.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Unicode,
    bindparam,
    column,
    func,
    select,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from connectors.sage.sql.session import Session
from hub.ports import Misconfigured

Family: TypeAlias = Literal["text", "number", "integer", "date", "boolean", "binary"]

_FAMILIES: tuple[tuple[str, Family], ...] = (
    ("bool", "boolean"),
    ("bit", "boolean"),
    ("int", "integer"),
    ("serial", "integer"),
    ("numeric", "number"),
    ("decimal", "number"),
    ("money", "number"),
    ("real", "number"),
    ("float", "number"),
    ("double", "number"),
    ("date", "date"),
    ("timestamp with", "date"),
    ("binary", "binary"),
    ("image", "binary"),
    ("bytea", "binary"),
    ("blob", "binary"),
    ("timestamp", "binary"),
    ("rowversion", "binary"),
)
"""The beginning or part of a type's name → what it holds; everything else is text."""

_TYPES: Mapping[Family, TypeEngine[Any]] = {
    "text": Unicode(),
    "number": Numeric(24, 6),
    "integer": Integer(),
    "date": DateTime(),
    "boolean": NullType(),
    "binary": NullType(),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table. `length` is the most characters it holds, where it holds a text."""

    name: str
    kind: str
    family: Family
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """One table: its true name, where it stands, and its columns by their folded names."""

    name: str
    schema: str | None
    fields: Mapping[str, Field]

    def field(self, name: str) -> Field | None:
        """A column, whatever the case of its name."""
        return self.fields.get(name.casefold())

    def near(self, name: str) -> str:
        """In words: what a name that is not there was probably meant to be."""
        found = difflib.get_close_matches(name.casefold(), self.fields, n=3, cutoff=0.6)
        if found:
            return f"there is {' or '.join(self.fields[one].name for one in found)}"
        return f"there are {', '.join(field.name for field in self.fields.values())}"[:200]

    def table(self) -> Table:
        """The table as queries are made of it."""
        columns = [Column(one.name, _TYPES[one.family]) for one in self.fields.values()]
        return Table(self.name, MetaData(), *columns, schema=self.schema)


class Schema:
    """What the base holds, as far as it was asked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names: dict[str, str] = {}
        self._shapes: dict[str, Shape] = {}

    def names(self) -> list[str]:
        """Every table's name."""
        if not self._names:
            rows = self._session.rows(_tables(self._session.dialect, self.schema))
            self._names = {str(row[0]).casefold(): str(row[0]) for row in rows}
        return sorted(self._names.values())

    @property
    def schema(self) -> str | None:
        given = self._session.settings.db_schema
        return given or ("dbo" if self._session.dialect == "mssql" else None)

    def shape(self, name: str) -> Shape:
        """A table. Raises `Misconfigured` with near misses where there is none of that name."""
        key = name.casefold()
        if key not in self._shapes:
            self.names()
            if key not in self._names:
                near = difflib.get_close_matches(key, self._names, n=3, cutoff=0.6)
                known = (
                    f"there is {' or '.join(self._names[one] for one in near)}"
                    if near
                    else f"it has {len(self._names)} tables, none of a like name"
                )
                self.forget()
                raise Misconfigured(
                    self._session.name,
                    f"the base has no table {name}",
                    known,
                    "correct `object` in the mapping, the base in `url`, or the login's rights",
                )
            self._shapes[key] = self._read(self._names[key])
        return self._shapes[key]

    def forget(self) -> None:
        """Ask again next time: the base may have changed."""
        self._names, self._shapes = {}, {}

    def _read(self, name: str) -> Shape:
        rows = self._session.rows(_columns(self._session.dialect, self.schema, name))
        fields = {}
        for title, kind, length in rows:
            kind, said = _kind(str(kind), length)
            fields[str(title).casefold()] = Field(str(title), kind, family(kind), said)
        return Shape(name, self._session.settings.db_schema, fields)


def family(kind: str) -> Family:
    """What a column of this type holds."""
    lowered = kind.lower()
    return next((found for word, found in _FAMILIES if word in lowered), "text")


def _kind(kind: str, length: Any) -> tuple[str, int | None]:
    """A type's name and length: SQLite keeps both in one text."""
    bare, _, rest = kind.partition("(")
    if length is None and rest and family(bare) == "text":
        number = rest.rstrip(") ").strip()
        length = int(number) if number.isdecimal() else None
    return bare.strip(), int(length) if length and int(length) > 0 else None


def _tables(dialect: str, schema: str | None) -> Any:
    if dialect == "sqlite":
        master = table("sqlite_master", column("name"), column("type"))
        return select(master.c.name).where(master.c.type.in_(["table", "view"]))
    found = table("TABLES", column("TABLE_NAME"), column("TABLE_SCHEMA"), schema="INFORMATION_SCHEMA")
    if dialect == "postgresql":
        found = table("tables", column("table_name"), column("table_schema"), schema="information_schema")
    name, place = found.c
    return select(name).where(place == (schema or func.current_schema()))


def _columns(dialect: str, schema: str | None, name: str) -> Any:
    if dialect == "sqlite":
        info = func.pragma_table_info(bindparam("name", name)).table_valued("name", "type", "cid")
        nothing: Any = bindparam("length", None, type_=Integer())
        return select(info.c.name, info.c.type, nothing).order_by(info.c.cid)
    titles = ("column_name", "data_type", "character_maximum_length", "table_name", "table_schema")
    place = "information_schema"
    if dialect == "mssql":
        titles, place = tuple(title.upper() for title in titles), place.upper()  # type: ignore[assignment]
    order: Any = column("ordinal_position" if dialect != "mssql" else "ORDINAL_POSITION")
    found = table(
        "columns" if dialect != "mssql" else "COLUMNS",
        *(column(title) for title in titles),
        order,
        schema=place,
    )
    title, kind, length, owner, at, position = found.c
    same = (owner == name) & (at == (schema or func.current_schema()))
    return select(title, kind, length).where(same).order_by(position)
