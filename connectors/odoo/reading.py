"""Odoo rows into the hub's records.

Rows are read as bare values (``load=''``: no display names), once per language and company the view uses, and
relations are then named in one question per related model. A record the hub's user may not see is handed over
with every field unreadable and the reason, never left out: left out means gone.

A record's version is its `write_date` and a digest of its values: the date alone, cut to the second, does not
tell two edits of one second apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2s
from typing import Any

import orjson

from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Column, Layout, Setting
from connectors.odoo.lines import Found, LineReader
from connectors.odoo.one_line import amount
from connectors.odoo.relations import Relations, related
from connectors.odoo.session import Session
from connectors.odoo.values import plain_native, utc
from hub.ports import Native, Record

PAGE = 1000
Row = dict[str, Any]


class Reader:
    """Reads records of any layout over one session."""

    def __init__(self, session: Session, contexts: Contexts, relations: Relations) -> None:
        self._session = session
        self._contexts = contexts
        self._relations = relations
        self._lines = LineReader(session, contexts, relations)

    def records(
        self, layout: Layout, ids: Sequence[int], refs: Mapping[int, str] | None = None
    ) -> list[Record]:
        """These records as they are now; those that are gone are left out. `refs` are handed through."""
        found: list[Record] = []
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            found += self._isolated(
                some, lambda part: self.shape(layout, self.rows(layout, part), refs), layout
            )
        return found

    def rows(self, layout: Layout, ids: Sequence[int]) -> list[Row]:
        """The raw rows of at most `PAGE` records in the view's own language and company."""
        names = base_fields(layout, layout.setting)
        context = self._contexts.reading(layout.setting)
        rows: list[Row] = self._session.ask(layout.model, "read", list(ids), names, "", context=context)
        return rows

    def shape(
        self, layout: Layout, rows: Sequence[Row], refs: Mapping[int, str] | None = None
    ) -> list[Record]:
        """Records from rows that were just read or written; asks for what the rows do not hold."""
        by_setting = {layout.setting: {row["id"]: row for row in rows}}
        ids = [row["id"] for row in rows]
        for setting in layout.settings()[1:]:
            by_setting[setting] = self._elsewhere(layout, setting, ids)
        for column in layout.columns:
            if column.relation is not None and column.key is not None:
                self._relations.learn(column, related(column, by_setting[column.setting].values()))
        lines = {
            column.name: self._lines.of(column, by_setting[column.setting].values())
            for column in layout.columns
            if column.lines is not None
        }
        return [self._record(layout, row, by_setting, lines, (refs or {}).get(row["id"])) for row in rows]

    def lines(self, layout: Layout, ids: Sequence[int]) -> dict[str, Found]:
        """By the name of each column that is a value of one line: the lines of these records, read anew."""
        columns = [column for column in layout.columns if column.line is not None]
        if not columns or not ids:
            return {}
        names = list(dict.fromkeys(column.base for column in columns))
        context = self._contexts.reading(layout.setting)
        rows = self._session.ask(layout.model, "read", list(ids), names, "", context=context)
        return {column.name: self._lines.of(column, rows) for column in columns}

    def moments(
        self, layout: Layout, columns: Sequence[Column], ids: Sequence[int]
    ) -> dict[int, Mapping[str, Any]]:
        """What these records hold in the fields of these columns, as Odoo says it; by record."""
        if not columns or not ids:
            return {}
        names = list(dict.fromkeys(column.base for column in columns))
        context = self._contexts.reading(layout.setting)
        rows = self._session.ask(layout.model, "read", list(ids), names, "", context=context)
        return {row["id"]: row for row in rows}

    def _elsewhere(self, layout: Layout, setting: Setting, ids: Sequence[int]) -> dict[int, Row]:
        """The same records in another language or company."""
        names = [c.source for c in layout.columns if c.setting == setting]
        context = self._contexts.reading(setting)
        rows = self._session.ask(layout.model, "read", list(ids), names, "", context=context) if ids else []
        return {row["id"]: row for row in rows}

    def _record(
        self,
        layout: Layout,
        row: Row,
        by_setting: Mapping[Setting, Mapping[int, Row]],
        lines: Mapping[str, Found],
        ref: str | None,
    ) -> Record:
        values: dict[str, Native] = {}
        unreadable = dict(layout.unreadable)
        for column in layout.columns:
            cells = by_setting[column.setting].get(row["id"])
            if cells is None:
                unreadable[column.name] = (
                    f"gone while it was read in {column.setting[0] or 'another company'}"
                )
            elif column.lines is None:
                values[column.name] = self._native(column, cells[column.source])
            else:
                found = lines[column.name][row["id"]]
                if isinstance(found, str):
                    unreadable[column.name] = found
                else:
                    values[column.name] = found if column.line is None else amount(column.line, found)
        archived = layout.archives and not row.get("active", True)
        if layout.archived_as is not None:
            name, value = layout.archived_as
            archived = archived or values.get(name) == value
        written = row.get("write_date")
        return Record(
            id=str(row["id"]),
            values=values,
            version=version(written, values, archived) if written else None,
            modified=utc(written) if written else None,
            archived=archived,
            ref=ref,
            unreadable=unreadable,
            where=f"{layout.model} {row['id']}",
        )

    def _native(self, column: Column, raw: Any) -> Native:
        if column.relation is not None:
            return self._relations.native(column, raw)
        return plain_native(column, raw)

    def _isolated(
        self, ids: Sequence[int], read: Callable[[Sequence[int]], list[Record]], layout: Layout
    ) -> list[Record]:
        """Read these; where one of them is forbidden, halve until it stands alone."""
        try:
            return read(ids)
        except Fault as fault:
            if fault.kind == "large" and len(ids) > 1:
                pass
            elif fault.kind != "access":
                raise
            elif len(ids) == 1:
                return [_forbidden(layout, ids[0], fault.message)]
        half = len(ids) // 2
        return self._isolated(ids[:half], read, layout) + self._isolated(ids[half:], read, layout)


def base_fields(layout: Layout, setting: Setting) -> list[str]:
    """The Odoo fields to read for the columns of this language and company, each once."""
    names = [c.source for c in layout.columns if c.setting == setting]
    names.append("write_date")
    if layout.archives:
        names.append("active")
    return list(dict.fromkeys(names))


def version(write_date: str, values: Mapping[str, Native], archived: bool) -> str:
    """``2026-01-31 09:00:00/1f0c…``: the part before the slash is what a listing shows."""
    text = orjson.dumps([dict(values), archived], option=orjson.OPT_SORT_KEYS)
    return f"{write_date}/{blake2s(text, digest_size=6).hexdigest()}"


def write_date_of(version: str | None) -> str | None:
    return version.partition("/")[0] if version else None


def _forbidden(layout: Layout, id: int, reason: str) -> Record:
    names = [*(c.name for c in layout.columns), *layout.unreadable]
    return Record(
        id=str(id), values={}, unreadable=dict.fromkeys(names, reason), where=f"{layout.model} {id}"
    )
