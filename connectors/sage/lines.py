"""What line of an import file each write becomes, or why none: the decisions, without the files.

Sage replaces a record by the line it imports, so a line holds every column: what the export shows, what is on
its way there, and what this write changes, in that order. Pure.

The limit of this transport: what someone types in Sage after its last export, in a record the hub changes
meanwhile, is replaced with the rest of the line. Exports shortly before imports keep that gap small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.sage.exports import Export, Row
from connectors.sage.imports import HandedLine
from connectors.sage.layout import Layout, key_columns, longest, longest_key, split_key
from connectors.sage.records import Spellings, cell_text, record_of
from connectors.sage.settings import Settings
from connectors.sage.table import Unwritable, check_unquoted
from connectors.sage.text import Fitted, Unfit, fit
from hub.ports import Missing, Moved, Native, NativeField, Outcome, Record, Refused, View, Write
from hub.values.formulas import runs_as_formula


class NotThis(Exception):
    """This write becomes no line; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def refused(reason: str, field: str | None = None, todo: str = "") -> NotThis:
    return NotThis(Refused(reason, field, todo))


def import_columns(view: View, layout: Layout, settings: Settings) -> list[int]:
    """The columns of an import file, by those of the export: key and mapped ones, all, or those named."""
    wanted = view.options.get("import_columns", "mapped" if settings.header else "all")
    if wanted == "all":
        return list(range(layout.width))
    named = wanted if isinstance(wanted, list) else [*layout.fields, *layout.extra]
    places = dict(zip(key_columns(view), layout.key, strict=True))
    columns = [places[name] if name in places else layout.column(str(name)) for name in named]
    return list(dict.fromkeys([*(at for at in layout.key if at not in columns), *columns]))


@dataclass
class Plan:
    """The lines of one import file in the making. `pending` is what is on its way to Sage, by id."""

    view: View
    settings: Settings
    export: Export
    spellings: Spellings
    pending: dict[str, list[HandedLine]]
    rows: list[list[str]] = field(default_factory=list)
    handed: list[HandedLine] = field(default_factory=list)
    spelled: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = import_columns(self.view, self.export.layout, self.settings)
        self.fields = {native.name: native for native in self.view.fields}
        titles = self.export.layout.titles
        if self.settings.header:
            self.rows.append([titles[at] for at in self.columns])

    def add(self, write: Write) -> str:
        """Add the line of one write; the id it is for. Raises `NotThis`."""
        if write.archived is not None:
            raise refused("a Sage file cannot archive a record", todo="set on_delete: ignore for this system")
        id = write.id or write.new_id
        if not id and len(self.view.key) > 1:
            keys = ", ".join(self.view.key)
            raise refused(
                f"a part of its key ({keys}) is empty", todo="fill it in; Sage knows no record without"
            )
        if not id:
            raise refused("no code was chosen for the new record", todo="set new_key in the mapping")
        if id in self.export.held:
            reason = f"{id} cannot be used in the export: {self.export.held[id]}"
            raise refused(reason, todo="correct it in Sage and export again")
        row = self.export.rows.get(id)
        if write.id is None:
            self._check_free(id, row, write)
        elif row is not None:
            self._check_unmoved(self._record(id, row), self._coming(id, row), write.expected)
        elif id not in self.pending:
            raise NotThis(Missing())
        self._append(id, row, write)
        return id

    def _record(self, id: str, row: Row) -> Record:
        return record_of(self.view, id, row, self.spellings)

    def _check_free(self, id: str, row: Row | None, write: Write) -> None:
        if row is not None:
            if self.view.key[0] not in write.values:
                raise NotThis(Moved(self._record(id, row)))
            place = f"{row.source.name} line {row.number}"
            raise refused(f"the code {id} is taken ({place})", todo="choose another code")
        if id in self.pending:
            raise refused(f"the code {id} is on its way to Sage already", todo="choose another code")
        limit = longest_key(self.view)
        if len(self.view.key) == 1 and len(id) > limit:
            reason = f"the code {id} has {len(id)} characters, and Sage keeps {limit}"
            raise refused(reason, todo="shorten new_key")

    def _check_unmoved(
        self, record: Record, coming: Mapping[str, Native], expected: Mapping[str, Native]
    ) -> None:
        """The export must show what the hub last saw, or what is on its way there."""
        for name, wanted in expected.items():
            if name in record.values and not (
                self._same(name, wanted, record.values[name])
                or (name in coming and self._same(name, wanted, coming[name]))
            ):
                raise NotThis(Moved(record))

    def _same(self, name: str, one: Native, other: Native) -> bool:
        return self._text(name, one).strip() == self._text(name, other).strip()

    def _coming(self, id: str, row: Row | None) -> dict[str, Native]:
        """What was handed over and is not in the export yet, as far as the export has not moved since."""
        shown = self._record(id, row).values if row else None
        return {
            name: value
            for line in self.pending.get(id, ())
            for name, value in line.values.items()
            if shown is None or shown.get(name) == line.was.get(name)
        }

    def _append(self, id: str, row: Row | None, write: Write) -> None:
        spelled: dict[str, tuple[str, str]] = {}
        cells = self._cells(id, row, {**self._coming(id, row), **write.values}, spelled)
        self._check_cells(cells)
        shown = self._record(id, row).values if row else {}
        line = HandedLine(
            ref=write.ref,
            id=id,
            new=write.id is None,
            number=len(self.rows) + 1,
            values=dict(write.values),
            was={name: shown.get(name) for name in write.values},
            spelled=[f"{name} {meant!r} is written {text!r}" for name, (meant, text) in spelled.items()],
        )
        self.rows.append(cells)
        self.handed.append(line)
        self.pending.setdefault(id, []).append(line)
        if spelled:
            self.spelled.setdefault(id, {}).update(spelled)

    def _cells(
        self, id: str, row: Row | None, changes: Mapping[str, Native], spelled: dict[str, tuple[str, str]]
    ) -> list[str]:
        """The cells of a line: the export's or the new record's, then the key, then the changes."""
        layout = self.export.layout
        if row is None:
            cells = [""] * layout.width
            for name, value in self._constants().items():
                cells[layout.column(name)] = self._text(name, value)
        else:
            cells = [row.cells[self._place_in(row.layout, at)] for at in range(layout.width)]
        for name, value in changes.items():
            cells[layout.fields[name]] = self._changed(self.fields[name], value, spelled)
        keys = key_columns(self.view)
        for at, part in zip(layout.key, split_key(id, len(keys)), strict=True):
            given = cells[at].strip()
            if given.upper() == part.upper():
                continue
            if given and any(layout.fields[name] == at for name in changes):
                raise refused(
                    f"the code of {id} cannot be changed to {cells[at]!r}", todo="change it in Sage"
                )
            cells[at] = part
        return [cells[at] for at in self.columns]

    def _place_in(self, layout: Layout, at: int) -> int:
        """Where a column of the newest export stands in an older one, whose order may be another."""
        if layout.titles == self.export.layout.titles:
            return at
        return layout.titles.index(self.export.layout.titles[at])

    def _constants(self) -> dict[str, Native]:
        """What the mapping gives every new record: `on_create`, and the one value that `where` asks for."""
        where = self.view.where if isinstance(self.view.where, Mapping) else {}
        single = {str(name): value for name, value in where.items() if not isinstance(value, list)}
        return {**single, **(self.view.options.get("on_create") or {})}

    def _text(self, name: str, value: Native) -> str:
        try:
            return cell_text(value, self.fields.get(name, NativeField(name)), self.settings)
        except ValueError as error:
            raise refused(f"{name}: {error}", name, "correct the mapping") from error

    def _changed(self, native: NativeField, value: Native, spelled: dict[str, tuple[str, str]]) -> str:
        meant = self._text(native.name, value)
        text = self._fit(native.name, meant).text
        if text != meant:
            spelled[native.name] = (meant, text)
        limit = longest(native)
        if limit is not None and len(text) > limit:
            reason = f"{native.name} has {len(text)} characters, and Sage keeps {limit}: {text!r}"
            raise refused(
                reason, native.name, f"shorten it, or let the mapping cut it knowingly (max: {limit})"
            )
        return text

    def _fit(self, name: str, text: str) -> Fitted:
        encoding = self.settings.import_encoding
        try:
            fitted = fit(text, encoding)
        except Unfit as unfit:
            reason = f"{name} {text!r} holds {unfit}, which {encoding} does not know"
            raise refused(reason, name, "write it otherwise, or set import_encoding: utf-8") from unfit
        if fitted.changes and self.settings.unfit == "refuse":
            lost = ", ".join(repr(old) for old, _ in fitted.changes)
            reason = f"{name} {text!r} holds {lost}, which {encoding} does not know"
            raise refused(reason, name, "write it otherwise, or set unfit: transliterate")
        return fitted

    def _check_cells(self, cells: Sequence[str]) -> None:
        """Whether the whole line can be written: what Sage holds already must come back to it unharmed."""
        for at, cell in zip(self.columns, cells, strict=True):
            name = self.export.layout.titles[at] if self.settings.header else f"column {at + 1}"
            try:
                cell.encode(self.settings.import_encoding)
                if runs_as_formula(cell):
                    raise Unwritable("a spreadsheet that opens the import file would run it as a formula")
                if self.settings.quote == "none":
                    check_unquoted(cell, self.export.delimiter)
            except UnicodeEncodeError as error:
                reason = f"{name} {cell!r} cannot be written in {self.settings.import_encoding}"
                raise refused(reason, name, "set import_encoding: utf-8") from error
            except Unwritable as unwritable:
                raise refused(f"{name} {cell!r}: {unwritable}", name, "write it otherwise") from unwritable
