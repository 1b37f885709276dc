"""How a model is declared: fields, order, rules. Data only, so that one more model is a few lines.

Model("project.task", "Task", order="id", fields={
    "name": char("Title", required=True),
    "partner_id": many2one("res.partner", "Customer"),
})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
"""One stored record: field name to value. ``None`` is empty; a translated text is ``{lang: text}``;
a many2many is a tuple of ids; a datetime is naive UTC with microseconds."""

Compute = Callable[[Any, Row], Any]
"""(env, row) → value, for a field that is not stored."""

X2MANY = ("one2many", "many2many")
TEXTS = ("char", "text", "html")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    `default` is a value or a function of the env; `inverse` names the many2one behind a one2many.
    `recorded` is whether the real server keeps it in a column, which a field computed here may be there.
    `only_live` is an x2many that never shows archived records, whatever the context asks; `archived_too` one
    that always does; `only` says which rows of the other model a one2many shows.
    """

    type: str
    string: str
    required: bool = False
    readonly: bool = False
    translate: bool = False
    size: int | None = None
    selection: Sequence[tuple[str, str]] | Callable[[Any], Sequence[tuple[str, str]]] = ()
    relation: str | None = None
    inverse: str | None = None
    ondelete: str = "set null"
    default: Any = None
    compute: Compute | None = None
    searchable: bool = True
    recorded: bool = True
    only_live: bool = False
    archived_too: bool = False
    only: Callable[[Row], bool] | None = None

    @property
    def stored(self) -> bool:
        """Whether a row carries it."""
        return self.compute is None and self.type != "one2many"


@dataclass(frozen=True, slots=True)
class Model:
    """One model.

    `indexes` are the fields looked up by equality without a scan. `records` is the class its record sets are
    of, when the model has behaviour of its own. `unique` lists field tuples no two records may share, each
    with the message the real one gives and the constraint's name; `access` gives groups the letters of
    create, read, write, unlink.
    """

    name: str
    description: str
    fields: Mapping[str, Field]
    order: str = "id"
    rec_name: str = "name"
    indexes: tuple[str, ...] = ()
    unique: tuple[tuple[tuple[str, ...], str, str], ...] = ()
    records: type | None = None
    access: Mapping[str, str] = field(default_factory=lambda: {"base.group_user": "crwu"})
    by_company: bool = False
    log_access: bool = True


def char(string: str, **options: Any) -> Field:
    """One line of text."""
    return Field("char", string, **options)


def text(string: str, **options: Any) -> Field:
    """Several lines of text."""
    return Field("text", string, **options)


def html(string: str, **options: Any) -> Field:
    """Formatted text; plain text is wrapped in a paragraph when stored."""
    return Field("html", string, **options)


def integer(string: str, **options: Any) -> Field:
    """A whole number; empty reads 0."""
    return Field("integer", string, **options)


def decimal(string: str, **options: Any) -> Field:
    """A float; empty reads 0.0."""
    return Field("float", string, **options)


def monetary(string: str, **options: Any) -> Field:
    """An amount in the record's currency; empty reads 0.0."""
    return Field("monetary", string, **options)


def boolean(string: str, **options: Any) -> Field:
    """True or false; never empty."""
    return Field("boolean", string, **options)


def date(string: str, **options: Any) -> Field:
    """A day, ``YYYY-MM-DD`` on the wire."""
    return Field("date", string, **options)


def datetime(string: str, **options: Any) -> Field:
    """A moment in UTC, ``YYYY-MM-DD HH:MM:SS`` on the wire."""
    return Field("datetime", string, **options)


def selection(values: Any, string: str, **options: Any) -> Field:
    """One of a list of (value, label), or of what a function of the env answers."""
    return Field("selection", string, selection=values, **options)


def binary(string: str, **options: Any) -> Field:
    """Bytes, in base64 on the wire."""
    return Field("binary", string, **options)


def many2one(relation: str, string: str, **options: Any) -> Field:
    """A reference to one record."""
    return Field("many2one", string, relation=relation, **options)


def one2many(relation: str, inverse: str, string: str, **options: Any) -> Field:
    """The records whose `inverse` refers to this one."""
    return Field("one2many", string, relation=relation, inverse=inverse, **options)


def many2many(relation: str, string: str, **options: Any) -> Field:
    """References to any number of records."""
    return Field("many2many", string, relation=relation, **options)
