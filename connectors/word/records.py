"""From contracts as they were read to records of a view: what identifies one, what its fields hold.

A view's `object` is a profile's `record`. A record is known by its key's values; without a key by its file's
path in the folder, with the number of the contract where it holds many. With `known_by`, in the entity's
block, a record is somebody whom contracts name (a customer): the first of these fields that is filled says
who, and all contracts that name the same make one record. In a field of type ref, `known_by` gives that id.

A field of type `postcode_town` has two more natives: `<field>.postcode` and `<field>.town`.

Promises: two contracts with one key are both set aside, naming both files; where two documents say different
things of one customer, the field has no value and the reason names both; nothing doubtful becomes a value.
Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.word.library import Cell, Leaf, Part, Trouble
from hub.filing.faults import misconfigured
from hub.ports import NativeField, Record, Rejected, View
from hub.values import folded

JOINT = " | "
PARTS = ("postcode", "town")
NAMED = 3
"""How many files a message names."""


@dataclass(frozen=True, slots=True)
class Column:
    """One native: the profile's field, the part of a post code with its town, or whom a ref is known by."""

    name: str
    field: str
    part: str = ""
    known_by: tuple[str, ...] = ()
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Spec:
    """What a mapping asks of the documents."""

    entity: str
    object: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()

    def fields(self) -> tuple[str, ...]:
        """Every profile field that is used."""
        used = [field for one in self.columns for field in (one.known_by or (one.field,))]
        return tuple(dict.fromkeys((*used, *self.key, *self.known_by)))


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract in one document. `id` is empty where it cannot be told; `trouble` then says why."""

    name: str
    number: int
    count: int
    part: Part
    id: str = ""
    trouble: Trouble | None = None

    @property
    def where(self) -> str:
        return f"{self.name}, {self.part.place}" if self.part.place else self.name


def spec_of(view: View) -> Spec:
    """The view's wishes, checked. Raises `Fault` where no document can answer them."""
    if view.where:
        raise misconfigured(
            f"the mapping of {view.entity} has a filter, and documents know none",
            f"where is {view.where!r}",
            "leave documents out with leave_out in hub.yaml, or with `match` in a profile",
        )
    known_by = _names(view.options.get("known_by"), f"known_by of {view.entity}")
    return Spec(
        view.entity, view.object, tuple(_column(item) for item in view.fields), tuple(view.key), known_by
    )


def _column(item: NativeField) -> Column:
    known_by = _names(item.options.get("known_by"), f"known_by of {item.name}")
    if known_by and item.type != "ref":
        raise misconfigured(f"known_by belongs to a field of type ref, and {item.name} is a {item.type}")
    field, _, part = item.name.rpartition(".")
    if field and part in PARTS:
        return Column(item.name, field, part, known_by, item.writable)
    return Column(item.name, item.name, "", known_by, item.writable)


def _names(value: object, what: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and value and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise misconfigured(f"{what} lists fields", f"it is {value!r}")


# -- who is who --------------------------------------------------------------------------------------


def entries_of(spec: Spec, name: str, leaf: Leaf) -> list[Entry]:
    """The contracts of one document that belong to the view."""
    parts = [part for part in leaf.parts if part.record == spec.object]
    return [_identified(spec, Entry(name, n, len(parts), part)) for n, part in enumerate(parts)]


def _identified(spec: Spec, entry: Entry) -> Entry:
    if spec.known_by:
        found = who(entry.part, spec.known_by)
        if found.reason is not None or found.value is None:
            nobody = f"it says nobody: nothing stands for {' or '.join(spec.known_by)}"
            return _without(entry, found.reason or nobody)
        return Entry(entry.name, entry.number, entry.count, entry.part, found.value)
    key = spec.key or entry.part.key
    if not key:
        id = f"{entry.name}#{entry.number + 1}" if entry.count > 1 else entry.name
        return Entry(entry.name, entry.number, entry.count, entry.part, id)
    cells = [entry.part.cells.get(field, Cell(None)) for field in key]
    for field, cell in zip(key, cells, strict=True):
        if cell.reason is not None:
            return _without(entry, f"{field}, by which it is known: {cell.reason}")
        if cell.value in (None, "") and len(key) == 1:
            return _without(entry, f"it has no {field}, by which it is known")
    if all(cell.value in (None, "") for cell in cells):
        return _without(entry, f"it has none of {', '.join(key)}, by which it is known")
    return Entry(entry.name, entry.number, entry.count, entry.part, join_key([cell.value for cell in cells]))


def _without(entry: Entry, reason: str) -> Entry:
    trouble = Trouble(
        f"{entry.where}: {reason}", f'correct it in Word; see it with: hub documents read "{entry.name}"'
    )
    return Entry(entry.name, entry.number, entry.count, entry.part, "", trouble)


def join_key(values: Sequence[Any]) -> str:
    """The id of a record: its key's value, or those of several joined so that no two can collide."""
    texts = ["" if value is None else str(value) for value in values]
    if len(texts) == 1:
        return texts[0]
    return JOINT.join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


def who(part: Part, known_by: Sequence[str]) -> Cell:
    """Whom a contract names, as an id (`siret:73282932000074`, `customer:dupont sarl`); empty for nobody."""
    for field in known_by:
        cell = part.cells.get(field, Cell(None))
        if cell.reason is not None and not cell.missing:
            return Cell(None, f"{field}: {cell.reason}")
        if cell.value not in (None, ""):
            return Cell(f"{field}:{folded(str(cell.value)) or cell.value}")
    return Cell(None)


# -- what they hold ----------------------------------------------------------------------------------


def cell_of(column: Column, part: Part) -> Cell:
    """One native of one contract."""
    if column.known_by:
        return who(part, column.known_by)
    cell = part.cells.get(column.field, Cell(None))
    if not column.part or cell.reason is not None or cell.value is None:
        return cell
    postcode, _, town = str(cell.value).partition(" ")
    return Cell(postcode if column.part == "postcode" else town)


def alone(spec: Spec, entry: Entry, leaf: Leaf, profiles: str) -> Record:
    """The record that one contract is."""
    cells = {column.name: cell_of(column, entry.part) for column in spec.columns}
    return _record(entry.id, cells, version_of([(leaf, entry)], profiles), modified(leaf), entry.where)


def together(
    spec: Spec, id: str, members: Sequence[tuple[Leaf, Entry]], profiles: str, unread: Iterable[str] = ()
) -> Record:
    """The record that all contracts naming somebody make. `unread` documents name them too, as last seen."""
    newest = sorted(members, key=lambda one: (-one[0].glance[1], one[1].name, one[1].number))
    cells = {column.name: _agreed(column, newest) for column in spec.columns}
    for name in unread:
        for native, cell in cells.items():
            if cell == Cell(None):
                cells[native] = Cell(
                    None, f"nothing stands for it but perhaps in {name}, which cannot be read"
                )
    leaf, entry = newest[0]
    others = {one.name for _, one in newest} - {entry.name}
    where = entry.where + (f" and {len(others)} more" if others else "")
    return _record(id, cells, version_of(newest, profiles, unread), modified(leaf), where)


def _agreed(column: Column, newest: Sequence[tuple[Leaf, Entry]]) -> Cell:
    filled: Cell | None = None
    says = ""
    for _, entry in newest:
        cell = cell_of(column, entry.part)
        if cell.reason is not None:
            return Cell(None, f"{entry.name}: {cell.reason}")
        if cell.value is None:
            continue
        if filled is None:
            filled, says = cell, entry.name
        elif _plain(cell.value) != _plain(filled.value):
            return Cell(None, f"{says} says '{filled.value}', {entry.name} says '{cell.value}'")
    return filled or Cell(None)


def _plain(value: Any) -> Any:
    return folded(value) or value if isinstance(value, str) else value


def _record(id: str, cells: Mapping[str, Cell], version: str, at: datetime, where: str) -> Record:
    values = {name: cell.value for name, cell in cells.items() if cell.reason is None}
    unreadable = {name: cell.reason for name, cell in cells.items() if cell.reason is not None}
    return Record(id, values, version, at, unreadable=unreadable, where=where)


def modified(leaf: Leaf) -> datetime:
    return datetime.fromtimestamp(leaf.glance[1] / 1e9, UTC)


def version_of(members: Iterable[tuple[Leaf, Entry]], profiles: str, unread: Iterable[str] = ()) -> str:
    """The same while the documents' bytes and the profiles are the same."""
    said = [f"{leaf.sha256}/{entry.number}" for leaf, entry in members]
    return hashlib.blake2b(
        "\n".join([profiles, *sorted(said), *sorted(unread)]).encode(), digest_size=12
    ).hexdigest()


def doubles(spec: Spec, id: str, entries: Sequence[Entry]) -> Rejected:
    """Two contracts with one key: nobody can tell which is meant."""
    places = sorted({entry.where for entry in entries})
    key = " and ".join(spec.key or entries[0].part.key)
    return Rejected(
        named(places),
        f"the {key} '{id}' stands in {len(entries)} contracts: {named(places)}",
        "give each contract its own, or take the copy out of the folder",
        id,
    )


def named(names: Sequence[str]) -> str:
    """A few names in a sentence."""
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join(names)
