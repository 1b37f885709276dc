"""The tables of a system held in memory, as people use them: see `tests.memory`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.ports import Native, Write

if TYPE_CHECKING:
    from tests.memory import MemorySystem

Normalise = Callable[[Native], Native]
Refuse = Callable[[Mapping[str, Native]], "str | None"]

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Crash(BaseException):
    """The hub dies here. Not an `Exception`, so that nothing but the test catches it."""


@dataclass
class Item:
    """One record of the server."""

    values: dict[str, Native]
    sequence: int
    modified: datetime
    archived: bool = False
    ref: str | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    made_by: str | None = None
    """The reference of the hub's write that made it, kept by the test whether the system keeps it or not."""


@dataclass
class File:
    """A batch handed over to an asynchronous system and not imported yet."""

    name: str
    lines: list[tuple[str, Write, dict[str, Native]]] = field(default_factory=list)
    """(table, write, what the system showed of that record when it was handed over)."""


@dataclass(frozen=True)
class Replaced:
    """A value that a write of the hub's took the place of, where the system had shown it to the hub."""

    table: str
    id: str
    field: str
    value: Native


class MemoryTable:
    """One object of the system (a model, a sheet), as people use it. Every method is a person's act."""

    def __init__(self, system: MemorySystem, name: str) -> None:
        self.system = system
        self.name = name
        self.items: dict[str, Item] = {}
        self.published: dict[str, Item] = {}
        self.deleted: dict[str, Item] = {}
        self._last_id = 0

    def add(self, values: Mapping[str, Native], id: str | None = None) -> str:
        """Type a new record; its id, chosen by the system unless given."""
        id = id or self.next_id()
        if id in self.items:
            raise KeyError(f"{self.name} {id} exists already")
        self.items[id] = Item({}, 0, START)
        self.set(id, values)
        return id

    def edit(self, id: str, **values: Native) -> None:
        """Change these fields."""
        self.set(id, values)

    def set(self, id: str, values: Mapping[str, Native]) -> None:
        """Change these fields, where their names are no Python names."""
        item = self.items[id]
        for name, value in values.items():
            item.values[name] = self.system.kept(name, value)
            item.unreadable.pop(name, None)
        self.touch(id)

    def delete(self, id: str) -> None:
        """Delete for good."""
        self.deleted[id] = self.items.pop(id)
        self.system.tick()

    def bring_back(self, id: str) -> str:
        """Type a deleted record anew, as it was: its id, a new one where the system gives them."""
        item = self.deleted.pop(id)
        return self.add(item.values, None if self.system.traits.assigns_ids else id)

    def archive(self, id: str, archived: bool = True) -> None:
        self.items[id].archived = archived
        self.touch(id)

    def spoil(self, id: str, name: str, reason: str = "#DIV/0!") -> None:
        """Make a field unreadable, until it is set again."""
        self.items[id].unreadable[name] = reason
        self.touch(id)

    def show(self, id: str) -> dict[str, Native]:
        """The record's values as a person sees them."""
        return dict(self.items[id].values)

    def take(self, write: Write, id: str, known: Mapping[str, Native] | None = None) -> None:
        """Apply a write of the hub's. `known`: what the hub could know of the record, if not all of it."""
        item = self.items[id]
        for name, value in write.values.items():
            old = item.values.get(name)
            if known is not None and known.get(name) != old:
                self.system.overrun.add(value if isinstance(value, str) else None)
            lost = old is not None and old != self.system.kept(name, value)
            if lost and (known is None or known.get(name) == old):
                self.system.replaced.append(Replaced(self.name, id, name, old))
        self.set(id, write.values)

    def rows(self) -> dict[str, dict[str, Native]]:
        """Every record as a person sees it."""
        return {id: dict(item.values) for id, item in self.items.items()}

    def touch(self, id: str) -> None:
        item = self.items[id]
        item.sequence = self.system.tick()
        item.modified = self.system.now()

    def next_id(self) -> str:
        while True:
            self._last_id += 1
            id = self.system.id_format.format(self._last_id)
            if id not in self.items:
                return id

    def visible(self) -> dict[str, Item]:
        """What the hub can see of it."""
        return self.items if self.system.traits.confirms else self.published
