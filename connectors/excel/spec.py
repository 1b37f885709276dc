"""What the mapping asks of one sheet, as plain data that crosses to the child process.

Options understood in the entity's block: `header_row` (a row number), `aliases` (heading to other
spellings, for key columns too), `new_key` (`"C{n:05}"` or `auto`), `hub_id` (the heading of a column the
hub may number rows in), `on_create` (heading to the value a new row gets), and those of `shape` for sheets
that are no plain list. In a field's: `aliases`. A field named `Heading@strike` or `Heading@fill` is whether
the cell is struck through, or its fill colour: people mark "closed" that way. Both are read only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.excel.shape import Shape, shape_from_json, shape_of, shape_to_json
from hub.filing.faults import misconfigured
from hub.ports import NativeField, View

FACETS = ("strike", "fill")


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the view: its name in the mapping, its heading, and what of the cell it is."""

    name: str
    heading: str
    facet: str | None
    type: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Spec:
    """One sheet as the mapping uses it. `spellings` lists each heading's accepted texts, itself first."""

    sheet: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    spellings: Mapping[str, tuple[str, ...]]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    header_row: int | None = None
    new_key: str | None = None
    hub_id: bool = False
    on_create: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def is_plain(self) -> bool:
        """Whether the sheet is one list, of which the columns that are mapped say all there is to know."""
        return self.shape == Shape() and not self.looks_matter and not self.where and not self.hub_id

    @property
    def looks_matter(self) -> bool:
        """Whether any field is told by how a cell looks."""
        return bool(self.shape.rules) or any(column.facet for column in self.columns)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def spec_of(view: View) -> Spec:
    """The view's wishes, checked; raises `Fault` where the mapping says what no sheet can do."""
    options = view.options
    shape = shape_of(options, view.entity)
    columns = tuple(_column(item, shape) for item in view.fields)
    hub_id = options.get("hub_id")
    if hub_id is not None and not isinstance(hub_id, str):
        raise misconfigured("hub_id names a column", f"it is {hub_id!r} in the mapping of {view.entity}")
    key = (hub_id,) if isinstance(hub_id, str) else tuple(view.key)
    if shape.grid is not None and key != (*shape.grid.down, *shape.grid.across):
        wanted = ", ".join((*shape.grid.down, *shape.grid.across))
        raise misconfigured(
            f"the key of a grid is what stands at its side and over it, and that of {view.entity} is "
            f"{', '.join(key) or 'missing'}",
            todo=f"write key: [{wanted}]",
        )
    if not key:
        raise misconfigured(
            f"the mapping of {view.entity} names no key column for sheet '{view.object}'",
            "rows could not be told apart",
            "add `key: <heading>`, several headings, or let the hub number rows: `key: {hub_id: <heading>}`",
        )
    where = _where(view)
    on_create = options.get("on_create") or {}
    if not isinstance(on_create, Mapping):
        raise misconfigured("on_create maps headings to values", f"it is {on_create!r}")
    spellings: dict[str, list[str]] = {}
    looked_at = [rule.of for rules in shape.rules.values() for rule in rules if rule.of not in (None, "any")]
    down = shape.grid.down if shape.grid else ()
    for name in (
        *(c.heading for c in columns),
        *key,
        *where,
        *on_create,
        *shape.skip,
        *shape.gone,
        *looked_at,
        *down,
    ):
        if name is not None and name not in shape.made_up:
            spellings.setdefault(name, [name])
    for item, column in zip(view.fields, columns, strict=True):
        if column.heading in spellings:
            spellings[column.heading] += _texts(item.options.get("aliases"), f"aliases of {item.name}")
    general = options.get("aliases") or {}
    if not isinstance(general, Mapping):
        raise misconfigured("aliases maps headings to lists of spellings", f"it is {general!r}")
    for heading, texts in general.items():
        if heading in spellings:
            spellings[heading] += _texts(texts, f"aliases of {heading}")
    header_row = options.get("header_row")
    if header_row is not None and (not isinstance(header_row, int) or header_row < 1):
        raise misconfigured("header_row is a row number from 1", f"it is {header_row!r}")
    new_key = options.get("new_key")
    return Spec(
        view.object,
        columns,
        key,
        {heading: tuple(texts) for heading, texts in spellings.items()},
        where,
        header_row,
        None if new_key is None else str(new_key),
        hub_id is not None,
        dict(on_create),
        shape,
    )


def spec_to_json(spec: Spec) -> dict[str, Any]:
    return {
        "sheet": spec.sheet,
        "columns": [[c.name, c.heading, c.facet, c.type, c.writable] for c in spec.columns],
        "key": list(spec.key),
        "spellings": {heading: list(texts) for heading, texts in spec.spellings.items()},
        "where": {heading: list(texts) for heading, texts in spec.where.items()},
        "header_row": spec.header_row,
        "new_key": spec.new_key,
        "hub_id": spec.hub_id,
        "on_create": dict(spec.on_create),
        "shape": shape_to_json(spec.shape),
    }


def spec_from_json(data: Mapping[str, Any]) -> Spec:
    return Spec(
        data["sheet"],
        tuple(Column(*column) for column in data["columns"]),
        tuple(data["key"]),
        {heading: tuple(texts) for heading, texts in data["spellings"].items()},
        {heading: tuple(texts) for heading, texts in data["where"].items()},
        data["header_row"],
        data["new_key"],
        data["hub_id"],
        data["on_create"],
        shape_from_json(data["shape"]),
    )


def _column(item: NativeField, shape: Shape) -> Column:
    if item.name in shape.made_up:
        return Column(item.name, item.name, None, item.type, item.writable)
    heading, _, facet = item.name.rpartition("@")
    if heading and facet in FACETS:
        return Column(item.name, heading, facet, item.type, False)
    return Column(item.name, item.name, None, item.type, item.writable)


def _where(view: View) -> dict[str, tuple[str, ...]]:
    """A filter `{heading: value}` or `{heading: [values]}`; compared as headings are, forgivingly."""
    if not view.where:
        return {}
    if not isinstance(view.where, Mapping):
        raise misconfigured(
            f"the filter of {view.entity} in sheet '{view.object}' cannot be read",
            f"where is {view.where!r}",
            "write it as {heading: value} or {heading: [value, value]}",
        )
    return {
        str(heading): tuple(map(_plain, values if isinstance(values, list | tuple) else [values]))
        for heading, values in view.where.items()
    }


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _texts(value: object, what: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, Sequence) and all(isinstance(text, str) for text in value):
        return list(value)
    raise misconfigured(f"{what} must be texts", f"they are {value!r}")
