"""A system in memory that makes two records one itself, as Odoo's wizard does with contacts.

The double is gone afterwards, what refers to it refers to the one that stays, and fields that were empty
there take its values. Taken apart, the double is made again under a new id, and what had referred to it does
so again; values that the other took from it stay there, as in Odoo. Every call has the instants and the
faults of a write (`tests.memory.MemorySystem`): the hub can die on either side of it, its request or its
reply can be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.ports import Merged, Missing, Native, Refused, Split, Unknown, View
from tests.memory import START, Item, MemoryConnector, MemorySystem, MemoryTable
from tests.memory_table import Replaced

WAS = "was"
"""Under which id a record was known before it was made again; no field that the hub can see."""

HIDDEN = ("truth", WAS)
"""What the test keeps beside the values of a record; nobody sees it in the system."""

REFERRING = (("C", "customer"),)
"""Who may refer to a record of any other table: (table, field)."""


class MergingSystem(MemorySystem):
    """A system with a merge of its own. `merges`: how many it carried out, `splits` how many it took back.

    `filled`: loser → what was put into empty fields of the one that stays. Where the hub never got to hear of
    that merge, it finds these values at its next look and takes them for edits: a known limit (`overrun`).
    """

    merges = 0
    splits = 0

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.filled: dict[str, set[Native]] = {}

    def connect(self) -> MergingConnector:
        return MergingConnector(self)


class MergingConnector(MemoryConnector):
    """`hub.ports.Merges`, as far as an Odoo goes."""

    system: MergingSystem

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        self._call("noted")
        items = self.system[view.object].items
        return {id: self._note(view, items, keep, id) for id in lose if id in items and id != keep}

    def _note(self, view: View, items: Mapping[str, Item], keep: str, id: str) -> dict[str, Any]:
        item, kept = items[id], items.get(keep)
        return {
            "values": dict(item.values),
            "archived": item.archived,
            "ref": item.ref,
            "referring": self._referring(view, id),
            "kept_ref": kept.ref if kept is not None else None,
        }

    def _referring(self, view: View, id: str) -> list[list[str]]:
        return [
            [table, one, field]
            for table, field in REFERRING
            if table != view.object
            for one, item in self.system[table].items.items()
            if item.values.get(field) == id
        ]

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        self._call("merge")
        table = self.system[view.object]
        if keep not in table.items:
            return Missing()
        doubt = self._faulty(lambda: self._join_all(view, table, keep, lose))
        if doubt is not None:
            return doubt
        return Merged(self._record(view, keep, table.items[keep]), dict.fromkeys(lose, "gone"))

    def _faulty(self, work: Callable[[], None]) -> Unknown | None:
        """Do what is asked, unless the request is lost; say so, unless the reply is."""
        self._maybe_crash("crash_before")
        if self.system.lose_requests > 0:
            self.system.lose_requests -= 1
            return Unknown("the connection was cut")
        work()
        self._maybe_crash("crash_after")
        if self.system.lose_replies > 0:
            self.system.lose_replies -= 1
            return Unknown("the reply was lost")
        return None

    def _join_all(self, view: View, table: MemoryTable, keep: str, lose: Sequence[str]) -> None:
        for id in lose:
            if id not in table.items:
                self.system.overrun |= {str(value) for value in self.system.filled.get(id, ())}
            else:
                self._join(view, table, keep, id)

    def _join(self, view: View, table: MemoryTable, keep: str, lose: str) -> None:
        self.system.merges += 1
        for other, one, field in self._referring(view, lose):
            self.system[other].set(one, {field: keep})
        item, kept = table.items.pop(lose), table.items[keep]
        for name, value in item.values.items():
            if value is None or name in HIDDEN:
                continue
            if kept.values.get(name) is None:
                kept.values[name] = value
                self.system.filled.setdefault(lose, set()).add(value)
            elif kept.values[name] != value:
                self.system.replaced.append(Replaced(table.name, lose, name, value))
        kept.ref = kept.ref or item.ref
        table.touch(keep)

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        self._call("split")
        table = self.system[view.object]
        if keep not in table.items:
            return Missing()
        made: dict[str, str] = {}
        doubt = self._faulty(
            lambda: made.update({id: self._remake(table, keep, id, note) for id, note in undo.items()})
        )
        if doubt is not None:
            return doubt
        records = {id: self._record(view, here, table.items[here]) for id, here in made.items()}
        return Split(self._record(view, keep, table.items[keep]), records)

    def _remake(self, table: MemoryTable, keep: str, lose: str, note: Mapping[str, Any]) -> str:
        """The id of the double by now: its own where nothing was done, the new one where it was remade."""
        for id, item in table.items.items():
            if id == lose or item.values.get(WAS) == lose:
                return id
        self.system.splits += 1
        kept = table.items[keep]
        if note["ref"] is not None and kept.ref == note["ref"]:
            kept.ref = note["kept_ref"]
        id = table.next_id()
        values: dict[str, Native] = {**note["values"], WAS: lose}
        table.items[id] = Item({}, 0, START, ref=note["ref"])
        table.set(id, values)
        table.items[id].archived = note["archived"]
        table.touch(keep)
        for other, one, field in note["referring"]:
            if one in self.system[other].items and self.system[other].items[one].values.get(field) == keep:
                self.system[other].set(one, {field: id})
        return id


__all__ = ["HIDDEN", "MergingConnector", "MergingSystem"]
