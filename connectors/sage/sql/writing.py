"""Changes for a Sage that is read by SQL: they go out as import files, against the rows as they stand now.

The base itself is never written to. What the files hold, how they are handed over, remembered and answered is
`connectors.sage.handing`'s; here the rows a write concerns are made the picture it works against, as a file
would show them. Unlike an export's, this picture is of this moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connectors.sage.codes import NoPattern, new_codes
from connectors.sage.documents import is_document
from connectors.sage.exports import Export, Row, Source
from connectors.sage.handing import Handing
from connectors.sage.imports import Imports
from connectors.sage.journals import Journals
from connectors.sage.layout import (
    Misfit,
    composed,
    extra_columns,
    key_columns,
    layout_by_heading,
    longest_key,
)
from connectors.sage.records import Spellings, cell_text, version_of
from connectors.sage.settings import Settings as FileSettings
from connectors.sage.sql.entered import EnteredJournals
from connectors.sage.sql.reading import Reader
from connectors.sage.sql.relations import code
from hub.ports import Misconfigured, Moved, Native, NativeField, Outcome, Receipt, Record, View, Write


class Writer:
    """The import files of one Sage whose base `reader` reads."""

    def __init__(self, system: str, files: FileSettings, reader: Reader) -> None:
        assert files.imports is not None
        self.system, self.files, self.reader = system, files, reader
        self.imports = Imports(files.imports, files)
        self.handing = Handing(system, files, self.imports)
        self.journals: Journals = EnteredJournals(system, files, self.handing, reader)

    # -- what is read --------------------------------------------------------------------------------

    def meant(self, view: View, records: Sequence[Record]) -> list[Record]:
        """The records, with what was meant where a character set forced another spelling on us."""
        spellings = self.handing.spellings(view)
        return [_as_meant(record, spellings) for record in records] if spellings else list(records)

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """See `Connector.find`: what was handed over is remembered here."""
        created = self.handing.created(view)
        wanted = {ref: created[ref] for ref in refs if ref in created}
        found = {record.id: record for record in self.read(view, [*wanted.values()])}
        return {ref: found[id] for ref, id in wanted.items() if id in found}

    def read(self, view: View, ids: Sequence[str]) -> list[Record]:
        """These records as they are now; documents as the entries they became."""
        if handed_as_document(view):
            return self.journals.read(view, ids)
        return self.meant(view, self.reader.chosen(view, ids))

    # -- writing -------------------------------------------------------------------------------------

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """See `Connector.allocate`: codes free in the whole table, whatever the view's `where`."""
        if handed_as_document(view):
            raise Misconfigured(
                self.system,
                f"no number for a new {view.entity}",
                "the number of a document is its own, and it has none",
                f"let the mapping fill {' and '.join(view.key)}",
            )
        everything = self.reader.layout(replace(view, where=None))
        used = {*self.reader.ids(everything), *self.handing.ids(view), *taken}
        try:
            return new_codes(view.options.get("new_key"), count, used, longest_key(view))
        except NoPattern as reason:
            raise Misconfigured(
                self.system,
                f"no code for a new {view.entity}",
                str(reason),
                "say in the mapping: new_key: C{:05d}",
            ) from reason

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """See `Connector.write`: one import file for all of them."""
        if handed_as_document(view):
            return self.journals.write(view, writes)
        if not view.key:
            raise Misconfigured(
                self.system,
                f"{view.entity} cannot be written",
                "an import file needs the code Sage knows a record by",
                "say in the mapping: key: CT_Num",
            )
        plain = replace(view, fields=tuple(one for one in view.fields if _stands_in_table(one)))
        ids = list(dict.fromkeys(write.id or write.new_id or "" for write in writes))
        records = {one.id: one for one in self.reader.chosen(_with_extras(plain), [id for id in ids if id])}
        outcomes = self.handing.write(plain, writes, self._picture(plain, records))
        moved = {one.record.id for one in outcomes if isinstance(one, Moved)}
        if not moved:
            return outcomes
        now = {record.id: record for record in self.read(view, sorted(moved))}
        return [
            Moved(now[one.record.id]) if isinstance(one, Moved) and one.record.id in now else one
            for one in outcomes
        ]

    def _picture(self, view: View, records: Mapping[str, Record]) -> Export:
        """The rows as an export of this moment would show them."""
        titles = tuple(dict.fromkeys([*key_columns(view), *view.names, *extra_columns(view)]))
        try:
            layout = layout_by_heading(view, titles)
        except Misfit as misfit:
            raise Misconfigured(
                self.system, f"{view.entity} cannot be written", str(misfit), "correct the mapping"
            ) from misfit
        now = datetime.now(UTC)
        source = Source(int(now.timestamp() * 1e9), view.object, 0, hashlib.sha256().hexdigest())
        export = Export(source, layout, ";" if self.files.delimiter == "auto" else self.files.delimiter)
        fields = {one.name: one for one in view.fields}
        for number, (id, record) in enumerate(records.items(), 1):
            if record.unreadable:
                name, why = next(iter(record.unreadable.items()))
                export.held[id] = f"{name}: {why}"
                continue
            cells = [
                cell_text(record.values.get(name), fields.get(name, NativeField(name)), self.files)
                for name in titles
            ]
            export.rows[id] = Row(source, number, "\0".join(cells), layout)
        return export

    # -- answers -------------------------------------------------------------------------------------

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        return (self.journals if handed_as_document(view) else self.handing).receipts(view)

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `Keyed`: what has a key of several columns is known by what it says, a row by its codes."""
        if len(view.key) < 2:
            return None
        spelled = str if handed_as_document(view) else _code
        return composed(view, values, spelled)


def _code(part: Native) -> str:
    return code(str(part))


def handed_as_document(view: View) -> bool:
    """Whether the records of a view become pieces of an accounting file, rather than rows of a table."""
    return "format" in view.options and is_document(view)


def _stands_in_table(field: NativeField) -> bool:
    return "." not in field.name and field.type != "lines"


def _with_extras(view: View) -> View:
    """The view with every column that the lines of an import file have."""
    extra = [name for name in (*key_columns(view), *extra_columns(view)) if name not in view.names]
    return replace(view, fields=(*view.fields, *(NativeField(name) for name in dict.fromkeys(extra))))


def _as_meant(record: Record, spellings: Spellings) -> Record:
    meant = spellings.get(record.id, {})
    values = {
        name: meant[name][0] if name in meant and meant[name][1] == value else value
        for name, value in record.values.items()
    }
    if values == record.values:
        return record
    unread = {f"\x00{name}": why for name, why in record.unreadable.items()}
    return replace(record, values=values, version=version_of({**values, **unread}))
