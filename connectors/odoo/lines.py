"""The lines of a document: a one2many field of its record, read in batches and in Odoo's own order.

One look at the line model answers for a whole page of records (and one more where the mapping filters the
lines with `where`), whatever their number. Lines come as Odoo shows them: by `sequence`, then by id. A column
may be a path (`account_id.code`); one that leads to several records (`tax_ids.name`) gives their words in one
text, by the alphabet, with commas between.

All the lines of a record are read, or the field is unreadable, with Odoo's reason: a document that lacks a
line is another document. Lines are never written from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Column, Layout, Lines
from connectors.odoo.relations import Relations, related
from connectors.odoo.session import Session
from connectors.odoo.values import plain_native
from hub.ports import Misconfigured, Native

AT_ONCE = 5000
"""Lines read in one call, if no single record has more."""
Row = Mapping[str, Any]
Found = Mapping[int, "list[dict[str, Native]] | str"]
"""By the record's id: its lines, or why they cannot be read."""


class LineReader:
    """Reads the lines of records over one session."""

    def __init__(self, session: Session, contexts: Contexts, relations: Relations) -> None:
        self._session = session
        self._contexts = contexts
        self._relations = relations

    def of(self, column: Column, rows: Iterable[Row]) -> Found:
        """The lines of these records, whose own rows were just read with `column.base` in them."""
        lines = column.lines
        assert lines is not None
        hidden = [f"{name}: {reason}" for name, reason in lines.layout.unreadable.items()]
        if hidden:
            return {row["id"]: hidden[0] for row in rows}
        found: dict[int, list[dict[str, Native]] | str] = {}
        for part in _parts(column.base, rows):
            found |= self._isolated(column, lines, part)
        return found

    def _isolated(self, column: Column, lines: Lines, rows: Sequence[Row]) -> Found:
        """The lines of these; where some are forbidden, halve until the record stands alone."""
        try:
            return self._read(column, lines, rows)
        except Fault as fault:
            if fault.kind not in ("access", "large"):
                raise
            if len(rows) == 1:
                return {rows[0]["id"]: fault.message}
        half = len(rows) // 2
        return {
            **self._isolated(column, lines, rows[:half]),
            **self._isolated(column, lines, rows[half:]),
        }

    def _read(self, column: Column, lines: Lines, rows: Sequence[Row]) -> Found:
        ids = self._kept(column, lines, [id for row in rows for id in row[column.base] or ()])
        layout = lines.layout
        cells = {setting: self._cells(lines, setting, ids) for setting in layout.settings()}
        for each in layout.columns:
            if each.relation is not None and each.key is not None:
                self._relations.learn(each, related(each, cells[each.setting].values()))
        own = cells[layout.setting]
        found: dict[int, list[dict[str, Native]] | str] = {}
        for row in rows:
            mine = [id for id in row[column.base] or () if id in own]
            if lines.ordered:
                mine.sort(key=lambda id: (own[id]["sequence"] or 0, id))
            found[row["id"]] = [self._line(layout, cells, id) for id in mine]
        return found

    def _kept(self, column: Column, lines: Lines, ids: Sequence[int]) -> Sequence[int]:
        """Those of these lines that the mapping's `where` lets through."""
        if not lines.where or not ids:
            return ids
        model, domain = lines.layout.model, [["id", "in", list(ids)], *lines.where]
        context = self._contexts.reading(lines.layout.setting)
        try:
            kept: list[int] = self._session.ask(model, "search", domain, 0, None, "id", context=context)
        except Fault as fault:
            if fault.kind not in ("name", "other"):
                raise
            what = f"Odoo does not take the filter of {column.name}"
            todo = "correct `where` of these lines in the mapping"
            raise Misconfigured(self._session.system, what, fault.message, todo) from fault
        return kept

    def _cells(self, lines: Lines, setting: Any, ids: Sequence[int]) -> dict[int, Row]:
        """The lines' own rows in one language and company."""
        if not ids:
            return {}
        names = [column.base for column in lines.layout.columns if column.setting == setting]
        if lines.ordered and setting == lines.layout.setting:
            names.append("sequence")
        context = self._contexts.reading(setting)
        wanted = list(dict.fromkeys(names))
        rows = self._session.ask(lines.layout.model, "read", list(ids), wanted, "", context=context)
        return {row["id"]: row for row in rows}

    def _line(self, layout: Layout, cells: Mapping[Any, Mapping[int, Row]], id: int) -> dict[str, Native]:
        return {
            column.name: self._native(column, cells[column.setting].get(id, {}).get(column.base))
            for column in layout.columns
        }

    def _native(self, column: Column, raw: Any) -> Native:
        if column.relation is None:
            return plain_native(column, raw)
        value = self._relations.native(column, raw)
        return (", ".join(map(str, value)) or None) if isinstance(value, list) else value


def _parts(base: str, rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Records whose lines go together in one call."""
    part: list[Row] = []
    count = 0
    for row in rows:
        more = len(row[base] or ())
        if part and count + more > AT_ONCE:
            yield part
            part, count = [], 0
        part.append(row)
        count += more
    if part:
        yield part
