"""From what the hub wants written to what Odoo is sent, record by record.

A `Draft` is one `Write` on its way: its values as Odoo takes them, those that belong to another language or
company apart (they follow in a write of their own), and the outcome once there is one. A value that a field
cannot hold settles the draft here, as `Refused`, before anything is sent.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.odoo import one_line
from connectors.odoo.attachments import Files
from connectors.odoo.faults import Fault
from connectors.odoo.layout import DAY, Column, Layout, Setting
from connectors.odoo.relations import Relations
from connectors.odoo.values import Unfit, moment_on, plain_odoo, same
from hub.ports import Native, Outcome, Record, Refused, View, Write

CORRECT = "correct the value in the system it came from, or the mapping"


@dataclass(slots=True, eq=False)
class Draft:
    """`vals` are for the view's own language and company, `elsewhere` for the others. `now` is the record as
    read right before writing, ``None`` for a creation. `done`: to be archived by the view's method, after.
    `lines`: the lines of `now`, by the column that is a value of one line. `moments`: what `now` holds in the
    fields whose day is to change."""

    write: Write
    now: Record | None = None
    vals: dict[str, Any] = field(default_factory=dict)
    elsewhere: dict[Setting, dict[str, Any]] = field(default_factory=dict)
    outcome: Outcome | None = None
    done: bool = False
    lines: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    moments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The record's id in Odoo; -1 for one that Odoo cannot have given."""
        given = self.write.id or ""
        return int(given) if given.isdecimal() else -1

    @property
    def empty(self) -> bool:
        return not self.vals and not self.elsewhere


class Drafting:
    """Fills drafts for one view. Relations are looked up for the whole batch at once."""

    def __init__(self, view: View, layout: Layout, relations: Relations, files: Files) -> None:
        self.layout = layout
        self._relations = relations
        self._files = files
        self._constants = constants(view, layout)

    def prepare(self, drafts: Sequence[Draft]) -> None:
        """Give every draft that has no outcome yet its values."""
        wanted = [(draft, self._wanted(draft)) for draft in drafts if draft.outcome is None]
        self._look_up([cells for _, cells in wanted])
        for draft, cells in wanted:
            if draft.outcome is None:
                self._fill(draft, cells)

    def _wanted(self, draft: Draft) -> list[tuple[Column, Native]]:
        """The columns to set: the constants of a new record, then what the hub asks, where it differs."""
        cells = (
            {column.name: (column, value) for column, value in self._constants} if draft.now is None else {}
        )
        for name, value in draft.write.values.items():
            column = self.layout.column(name)
            if column is None:
                draft.outcome = self._unwritable(name)
                return []
            if draft.now is not None and name in draft.now.values and same(draft.now.values[name], value):
                continue
            if draft.now is None and name in cells and value is None:
                continue
            cells[name] = (column, value)
        return list((cells | self._closing(draft)).values())

    def _closing(self, draft: Draft) -> dict[str, tuple[Column, Native]]:
        """The cell that archives, where a field of the record says so."""
        wanted = draft.write.archived
        if self.layout.archived_as is None or wanted is None:
            return {}
        name, value = self.layout.archived_as
        column = self.layout.column(name)
        if wanted:
            if column is None:
                draft.outcome = self._unwritable(name)
                return {}
            held = draft.now is not None and same(draft.now.values.get(name), value)
            return {} if held else {name: (column, value)}
        if draft.now is not None and draft.now.archived and same(draft.write.values.get(name, value), value):
            todo = "bring the record back in Odoo"
            draft.outcome = Refused(f"nothing says what {name} is to be instead of «{value}»", name, todo)
        return {}

    def _look_up(self, batches: Sequence[Sequence[tuple[Column, Native]]]) -> None:
        words: dict[str, tuple[Column, set[str]]] = {}
        for cells in batches:
            for column, value in cells:
                if (
                    column.relation is not None
                    and column.kind != "one2many"
                    and value not in (None, "", False)
                ):
                    found = words.setdefault(column.name, (column, set()))[1]
                    found.update(str(v) for v in (value if isinstance(value, list) else [value]))
        for column, some in words.values():
            try:
                self._relations.look_up(column, some)
            except Fault as fault:
                if fault.kind == "busy":
                    raise
                # Each draft that needs the word then says that there is none, and why Odoo would not look.
                self._relations.explain(column, fault.message)

    def _fill(self, draft: Draft, cells: Sequence[tuple[Column, Native]]) -> None:
        known: dict[str, Any] = {}
        asked: dict[str, Any] = {}
        for column, value in sorted(cells, key=lambda cell: "within" in cell[0].native.options):
            try:
                written = self._odoo(draft, column, value, known)
            except Unfit as reason:
                said = f"{column.label} ({column.base}) {reason}"
                draft.outcome = Refused(said, column.name, reason.todo or CORRECT, reason.passing)
                return
            if column.line is not None:
                asked[column.name] = written
                continue
            known[column.base] = written
            if column.setting == self.layout.setting:
                if column.base in draft.vals and draft.vals[column.base] != written:
                    draft.outcome = self._torn(column)
                    return
                draft.vals[column.base] = written
            else:
                draft.elsewhere.setdefault(column.setting, {})[column.base] = written
                if draft.now is None and column.setting[1] == self.layout.setting[1]:
                    # A new record needs its text in the view's own language too: it may be a required one.
                    draft.vals.setdefault(column.base, written)
        self._fill_lines(draft, asked)
        self._archive(draft)

    def _fill_lines(self, draft: Draft, asked: Mapping[str, Any]) -> None:
        """The values that are kept in lines, after those of the record itself, which they may follow."""
        for column in self.layout.columns:
            if column.line is None or draft.outcome is not None:
                continue
            price = asked.get(column.name, one_line.UNASKED)
            ref, lines = f"{draft.write.ref}_{column.base}", draft.lines.get(column.name, ())
            known = {**self._held(draft, column.line.follows.values()), **draft.vals}
            try:
                change = one_line.change(column.line, ref, lines, price, draft.vals, known)
            except one_line.Shared as reason:
                draft.outcome = Refused(f"{column.label} ({column.name}) {reason}", column.name, CORRECT)
                return
            if change is not None:
                draft.vals[column.base] = change

    def _held(self, draft: Draft, bases: Iterable[str]) -> dict[str, Any]:
        """What the record holds in these fields now, as Odoo takes it."""
        if draft.now is None:
            return {}
        wanted = set(bases)
        return {
            column.base: plain_odoo(column, draft.now.values.get(column.name))
            for column in self.layout.columns
            if column.base in wanted and column.relation is None and column.line is None
        }

    def _odoo(self, draft: Draft, column: Column, value: Native, known: Mapping[str, Any]) -> Any:
        if column.holds_file:
            return b64encode(self._files.bytes_of(column, value)).decode() if value else False
        if column.kind == DAY:
            return moment_on(column, value, draft.moments.get(column.base))
        if column.relation is None:
            return plain_odoo(column, value)
        within = column.native.options.get("within")
        if within and within not in known and draft.now is not None:
            known = {**known, within: self._beside(draft.now, str(within))}
        return self._relations.odoo(column, value, known)

    def _beside(self, record: Record, base: str) -> Any:
        """Another relation of the same record, as it is now."""
        for column in self.layout.columns:
            word = record.values.get(column.name)
            if column.base == base and word is not None:
                if column.key is not None:
                    self._relations.look_up(column, {str(word)})
                return self._relations.odoo(column, word, {})
        return False

    def _archive(self, draft: Draft) -> None:
        wanted = draft.write.archived
        if self.layout.archived_as is not None:
            return
        if wanted is None or (draft.now is not None and draft.now.archived == wanted):
            return
        if draft.now is None and not wanted:
            return
        if wanted and draft.now is not None and self.layout.archive_by:
            draft.done = True
            return
        if not self.layout.archives:
            todo = "write `on_delete: ignore` for this system in the mapping"
            draft.outcome = Refused(f"{self.layout.model} records cannot be archived", "active", todo)
            return
        draft.vals["active"] = not wanted

    def _unwritable(self, name: str) -> Refused:
        reason = self.layout.unreadable.get(name, f"{name} is not in the mapping of {self.layout.model}")
        todo = "give the hub's user the right, or take the field out of the mapping"
        return Refused(reason, name, todo, passing=True)

    def _torn(self, column: Column) -> Refused:
        names = " and ".join(c.name for c in self.layout.columns if c.base == column.base)
        return Refused(
            f"{names} say different things of {column.base}",
            column.name,
            "write only one of them in the mapping",
        )


def constants(view: View, layout: Layout) -> list[tuple[Column, Native]]:
    """The ``on_create`` values: what every new record gets. Their fields may be outside the view."""
    given = view.options.get("on_create") or {}
    found: list[tuple[Column, Native]] = []
    for name, value in given.items():
        column = layout.column(name) or layout.extra.get(name)
        if column is not None:
            found.append((column, value))
    return found
