"""What every record set is made of: its model, its ids, its rows, its hierarchy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sandbox.odoo.convert import translated
from sandbox.odoo.errors import AccessError, MissingError
from sandbox.odoo.schema import Field, Model, Row

if TYPE_CHECKING:
    from sandbox.odoo.env import Env
    from sandbox.odoo.store import Table

Method = TypeVar("Method", bound=Callable[..., Any])
NEWEST = 1000


def remote(*, on: str = "records", since: int = 0, until: int = NEWEST) -> Callable[[Method], Method]:
    """Mark a method as callable over RPC: on ``records`` (ids first) or on the ``model``."""

    def mark(method: Method) -> Method:
        method._remote = (on, since, until)  # type: ignore[attr-defined]
        return method

    return mark


def shown(field: Field, others: Table, id: int) -> list[int]:
    """The ids of the rows of the other model that a one2many of the record `id` is about."""
    assert field.inverse
    found = others.indexes[field.inverse].get(id, {})
    return [other for other in found if field.only is None or field.only(others.rows[other])]


class Base:
    """A set of records of one model, in one environment."""

    def __init__(self, env: Env, spec: Model, ids: Sequence[int] = ()) -> None:
        self.env = env
        self.spec = spec
        self.ids = list(ids)
        self.table = env.table(spec.name)

    @property
    def old(self) -> bool:
        """Whether this is version 14 rather than 19."""
        return self.env.base.version < 19

    def browse(self, ids: Iterable[int] = ()) -> Self:
        """These records of the same model."""
        return type(self)(self.env, self.spec, list(ids))

    def rows(self, *, strict: bool = True) -> list[Row]:
        """The stored rows of these records. Raises `MissingError` unless not `strict`, and `AccessError`."""
        rows = self.table.rows
        missing = [id for id in self.ids if id not in rows]
        if missing and strict:
            raise MissingError(self._missing(missing))
        found = [rows[id] for id in self.ids if id in rows]
        hidden = [row["id"] for row in found if not self.visible(row)]
        if hidden:
            raise AccessError(self._hidden(hidden))
        return found

    def visible(self, row: Row) -> bool:
        """Whether the user's companies let them see this row."""
        if not self.spec.by_company or self.env.su:
            return True
        company = row.get("company_id")
        return company is None or company in self.env.companies

    def field(self, name: str) -> Field:
        """The field of that name. Raises what a real read raises for a field that is not there."""
        field = self.spec.fields.get(name)
        if field is None:
            raise ValueError(f"Invalid field {name!r} on {'model ' if self.old else ''}{self.spec.name!r}")
        return field

    def getter(self, name: str) -> Callable[[Row], Any]:
        """How to get a field out of a row: texts in the user's language, references as ids."""
        if name == "id":
            return lambda row: row["id"]
        if name == "display_name":
            return self.name_of
        field = self.field(name)
        if field.compute:
            compute, env = field.compute, self.env
            return lambda row: compute(env, row)
        if field.type == "one2many":
            return lambda row: self.children(name, row["id"])
        if field.type == "many2many":
            return lambda row: self._live(field, row.get(name) or ())
        if field.translate:
            lang = self.env.lang
            return lambda row: translated(row.get(name), lang)
        return lambda row: row.get(name)

    def children(self, name: str, id: int) -> list[int]:
        """The ids of a one2many of the record `id`, in the other model's order."""
        field = self.field(name)
        assert field.relation
        assert field.inverse
        others = self.env[field.relation]
        found = shown(field, others.table, id)
        return others.sort(self._live(field, found))

    def below(self, roots: Iterable[int], parent: str = "parent_id") -> set[int]:
        """These records and everything that has one of them above it."""
        found: set[int] = set()
        todo = [id for id in roots if id in self.table.rows]
        while todo:
            id = todo.pop()
            if id not in found:
                found.add(id)
                todo += self.table.indexes[parent].get(id, ())
        return found

    def above(self, leaves: Iterable[int]) -> set[int]:
        """These records and everything above one of them."""
        found: set[int] = set()
        todo = list(leaves)
        while todo:
            id = todo.pop()
            row = self.table.rows.get(id)
            if row is not None and id not in found:
                found.add(id)
                if row.get("parent_id"):
                    todo.append(row["parent_id"])
        return found

    def sort(self, ids: Iterable[int]) -> list[int]:
        """These ids in the model's own order."""
        raise NotImplementedError

    def name_of(self, row: Row) -> str:
        """The record's display name."""
        if self.spec.rec_name not in self.spec.fields:
            return f"{self.spec.name},{row['id']}"
        value = self.getter(self.spec.rec_name)(row)
        return "" if value in (None, False) else str(value)

    def _live(self, field: Field, ids: Sequence[int]) -> Sequence[int]:
        """Without the archived ones, unless the context asks for them."""
        assert field.relation
        others = self.env.table(field.relation)
        asked = self.env.context.get("active_test") is False and not field.only_live
        everything = asked or field.archived_too
        if everything or "active" not in others.model.fields:
            return ids
        return [id for id in ids if id in others.rows and others.rows[id].get("active")]

    def _missing(self, ids: Sequence[int]) -> str:
        shown = ", ".join(map(str, ids))
        return (
            "Record does not exist or has been deleted.\n"
            f"(Record: {self.spec.name}({shown}{',' if len(ids) == 1 else ''}), User: {self.env.uid})"
        )

    def _hidden(self, ids: Sequence[int]) -> str:
        shown = ", ".join(map(str, ids))
        return (
            f"Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, {self.env.user['login']} (id={self.env.uid}) doesn't have 'read' access to:\n"
            f"- {self.spec.description} ({self.spec.name}: {shown})\n\n"
            "If you really, really need access, perhaps you can win over your friendly administrator "
            "with a batch of freshly baked cookies."
        )
