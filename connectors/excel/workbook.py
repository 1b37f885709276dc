"""One workbook file, opened once: its sheets as tables, a copy of it with edits. Runs in the child process.

`Workbook` hides which format it is; only transitional OOXML can be written. `edited` proves its own result:
the copy is read again, and any row that is not as intended ends the whole batch before anything is
replaced.
"""

from __future__ import annotations

import zipfile
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.excel import legacy, ods
from connectors.excel.cells import Decoder, Unread
from connectors.excel.change import NOT_LOOKED_AT, Plan, Planner
from connectors.excel.encode import same
from connectors.excel.entries import Table, join_key
from connectors.excel.grid import GridPlanner, read_grid
from connectors.excel.header import near
from connectors.excel.intake import Bounds, Form, examine
from connectors.excel.package import Package, Range, Sheet
from connectors.excel.patch import (
    RowXml,
    Splice,
    calculate_on_load,
    grown,
    grown_table,
    new_row,
    patched_row,
    require_utf8,
    row_end,
    spliced,
    take_apart,
)
from connectors.excel.sheet import Cell, Facts, Row, read_rows
from connectors.excel.skim import Skimmed
from connectors.excel.spec import Spec
from connectors.excel.styles import Styles
from connectors.excel.table import check_stale, read_table
from hub.filing.container import rewrite
from hub.filing.faults import damaged, misconfigured, read_only


@dataclass
class Reading:
    """A sheet as it was read: its records, what else was met, and how its cells are decoded."""

    table: Table
    facts: Facts
    decoder: Decoder


class Workbook:
    """An open workbook. Use `open_workbook`."""

    def __init__(self, path: Path, shown: str, bounds: Bounds, form: Form, package: Package | None) -> None:
        self.path, self.shown, self.bounds, self.form, self.package = path, shown, bounds, form, package

    def sheet_names(self) -> list[str]:
        if self.package is not None:
            return [sheet.name for sheet in self.package.sheets]
        if self.form == "ods":
            return ods.sheet_names(self.path, self.shown)
        return legacy.sheet_names(self.path, self.shown)

    def peek(self, rows: int) -> Iterator[tuple[str, list[tuple[int, dict[int, str]]], int]]:
        """Each sheet with cells: its name, its first filled rows as texts by column, how many are filled."""
        for name in self.sheet_names():
            head: list[tuple[int, dict[int, str]]] = []
            filled = 0
            decoder, stream = self._stream(name, Facts())
            if stream is None:
                continue
            for row in stream:
                filled += bool(row.cells)
                if row.cells and len(head) < rows:
                    texts = {column: decoder.text(cell) for column, cell in row.cells.items()}
                    head.append((row.number, {column: text for column, text in texts.items() if text}))
            yield name, head, filled

    def _stream(self, name: str, facts: Facts, blanks: bool = False) -> tuple[Decoder, Iterator[Row] | None]:
        """The rows of a sheet and what decodes them, none where it is a chart. `blanks`: see `read_rows`."""
        if self.package is None:
            decoder = Decoder([], Styles(()), tells_looks=False)
            if self.form == "ods":
                return decoder, ods.read_rows(self.path, name, facts, self.shown, self.bounds.cells)
            if not legacy.is_grid(self.path, name, self.shown):
                return decoder, None
            return decoder, legacy.read_rows(self.path, self.form, name, facts, self.shown, self.bounds.cells)
        package = self.package
        sheet = next(sheet for sheet in package.sheets if sheet.name == name)
        stale = package.awaits_calculation
        decoder = Decoder(package.shared_strings, package.styles, package.date1904, stale)
        if not sheet.is_grid:
            return decoder, None
        return decoder, read_rows(
            package.chunks(sheet.part), facts, self.shown, sheet.part, self.bounds.cells, blanks
        )

    def why_read_only(self) -> str | None:
        """Why this file is never written, whatever the mapping says; ``None`` where it can be."""
        if self.package is None:
            return f"a .{self.form} file is read only here: save it as .xlsx in Excel to have it written too"
        if self.package.strict:
            return "a strict OOXML file is read only here: save it as an ordinary Excel workbook (.xlsx)"
        if self.package.signed:
            return "the workbook carries a digital signature, which a write would break"
        return None

    def read(self, spec: Spec, *, spans: bool = False, only: frozenset[str] | None = None) -> Reading:
        """The sheet of `spec` as records; raises `Fault` for a sheet or a column that is not there.

        `only`: of records with other ids the key is enough; their fields may be told or not.
        """
        if only is not None and (skimmed := self._skimmed(spec, spans, only)) is not None:
            return skimmed
        facts = Facts()
        name = resolve(spec.sheet, self.sheet_names(), self.shown)
        decoder, rows = self._stream(name, facts, blanks=spec.looks_matter)
        if rows is None:
            raise misconfigured(f"'{name}' in {self.shown} is no sheet with cells", "it is a chart")
        tables = self.package.tables(self._sheet(spec)) if self.package is not None else []
        merges = self._merges(name) if spec.shape.needs_merges else []
        if spec.shape.grid is not None:
            table = read_grid(list(rows), decoder, spec, merges, spans=spans)
        else:
            table = read_table(rows, facts, decoder, spec, tables, spans=spans, merges=merges)
        check_stale(table, decoder, spec)
        return Reading(table, facts, decoder)

    def _skimmed(self, spec: Spec, spans: bool, only: frozenset[str]) -> Reading | None:
        """The sheet read by its keys, where it is a plain list, written in the usual way."""
        if self.package is None or not spec.is_plain:
            return None
        package, sheet = self.package, self._sheet(spec)
        if not sheet.is_grid:
            return None
        skimmed = Skimmed(package.read(sheet.part), self.shown, sheet.part, self.bounds.cells)
        if not skimmed.is_usual:
            return None
        stale = package.awaits_calculation
        decoder = Decoder(package.shared_strings, package.styles, package.date1904, stale)
        head, facts, tables = skimmed.head(), skimmed.facts(), package.tables(sheet)
        header = read_table(iter(head), facts, decoder, spec, tables).header
        keys = {header.columns[name]: header.texts[header.columns[name]] for name in spec.key}

        def wanted(cells: Mapping[int, Cell]) -> bool:
            return join_key([decoder.value(cells[column]) for column in keys]) in only

        rows = skimmed.rows(head, keys, decoder.text, wanted)
        table = read_table(rows, facts, decoder, spec, tables, spans=spans)
        check_stale(table, decoder, spec)
        return Reading(table, facts, decoder)

    def _merges(self, name: str) -> list[Range]:
        """The merged cells, which the file tells after the rows they concern."""
        facts = Facts()
        _, rows = self._stream(name, facts)
        for _ in rows or ():
            pass
        return facts.merges

    def _sheet(self, spec: Spec) -> Sheet:
        assert self.package is not None
        name = resolve(spec.sheet, [sheet.name for sheet in self.package.sheets], self.shown)
        return next(sheet for sheet in self.package.sheets if sheet.name == name)

    def edited(
        self,
        spec: Spec,
        decide: Callable[[Planner], Plan],
        target: Path,
        only: frozenset[str] | None = None,
    ) -> tuple[Plan, Table | None]:
        """Let `decide` plan edits, put the edited workbook into the file `target`; the table is how it reads.

        `only`: the ids that it is about, see `read`.

        ``None`` in place of the table where no cell changes: nothing was put at `target`.
        """
        if why := self.why_read_only():
            raise read_only(f"{self.shown} is not written", why)
        assert self.package is not None
        sheet = self._sheet(spec)
        xml = self.package.read(sheet.part)
        require_utf8(xml)
        before = self.read(spec, spans=True, only=only)
        if not before.facts.ordered:
            raise read_only(
                f"the rows of sheet '{sheet.name}' are out of order: it cannot be written in place",
                todo="open it in Excel and save it once",
            )
        rows = _RowXmls(xml, before.table.spans)
        kind = Planner if spec.shape.grid is None else GridPlanner
        plan = decide(kind(spec, before.table, before.facts, before.decoder, rows.get))
        if not any(plan.edits.values()):
            return plan, None
        parts = self._parts(sheet, xml, before, plan, rows)
        # Never made anew here: a process that outlives its hub must not bring back what was cleared away.
        with target.open("rb+") as file:
            rewrite(self.path, file, parts)
        with open_workbook(target, self.shown, self.bounds) as copy:
            after = copy.read(spec, only=only)
        _prove(before, after)
        return plan, after.table

    def _parts(
        self, sheet: Sheet, xml: bytes, before: Reading, plan: Plan, rows: _RowXmls
    ) -> dict[str, bytes]:
        """Raw member name to new content: the sheet, its table if it grew, the call to calculate."""
        assert self.package is not None
        package, table = self.package, before.table
        parts = {package.member(sheet.part).filename: _new_sheet(xml, table, plan, rows)}
        for block, bottom in zip(table.blocks, plan.bottoms, strict=True):
            if block.table is not None and bottom > block.table.area[2]:
                content = grown_table(package.read(block.table.part), block.table.area, bottom)
                parts[package.member(block.table.part).filename] = content
        if not package.awaits_calculation and (before.facts.formulas or self._formulas_elsewhere(sheet)):
            parts[package.member(package.main).filename] = calculate_on_load(package.read(package.main))
        return parts

    def _formulas_elsewhere(self, written: Sheet) -> bool:
        """Whether any other sheet calculates: its results may depend on the cells that change."""
        assert self.package is not None
        others = (sheet for sheet in self.package.sheets if sheet.is_grid and sheet.part != written.part)
        return any(_has_formula(self.package.chunks(sheet.part)) for sheet in others)


class _RowXmls:
    """Rows of a sheet's XML, taken apart on demand."""

    def __init__(self, xml: bytes, spans: Mapping[int, tuple[int, int]]) -> None:
        self.xml, self.spans = xml, spans
        self._known: dict[int, RowXml] = {}

    def span(self, number: int) -> tuple[int, int]:
        start, end = self.spans[number]
        return start, row_end(self.xml, start, end)

    def get(self, number: int) -> RowXml | None:
        if number not in self.spans:
            return None
        if number not in self._known:
            start, end = self.span(number)
            self._known[number] = take_apart(self.xml[start:end])
        return self._known[number]


def _new_sheet(xml: bytes, table: Table, plan: Plan, rows: _RowXmls) -> bytes:
    numbers = sorted(table.spans)
    splices: list[Splice] = []
    for number, cells in sorted(plan.edits.items()):
        row = rows.get(number)
        if row is not None:
            start, end = rows.span(number)
            splices.append(Splice(start, end, patched_row(row, number, cells)))
        else:
            anchor = rows.span(numbers[bisect_left(numbers, number) - 1])[1]
            splices.append(Splice(anchor, anchor, new_row(_model(table, number, rows), number, cells)))
    patched = spliced(xml, splices)
    if not plan.fresh:
        return patched
    first, last = rows.span(numbers[0])[0], rows.span(numbers[-1])[1]
    growth = len(patched) - len(xml)
    widest = max(max(cells, default=1) for cells in plan.edits.values())
    lists = [
        (block.header.row + 1, block.last, bottom)
        for block, bottom in zip(table.blocks, plan.bottoms, strict=True)
        if bottom > block.last
    ]
    return grown(patched, first, last + growth, lists, widest)


def _model(table: Table, number: int, rows: _RowXmls) -> RowXml:
    """The row a new one is made like: the last of its list, or nothing but the headings' way of spelling."""
    block = table.block_at(number)
    header, model = rows.get(block.header.row), rows.get(block.model)
    assert header is not None
    return model if model is not None and block.model > block.header.row else RowXml(b"", header.prefix, {})


def _has_formula(chunks: Iterator[bytes]) -> bool:
    tail = b""
    for chunk in chunks:
        text = tail + chunk
        if b"<f>" in text or b"<f " in text or b":f>" in text or b":f " in text:
            return True
        tail = text[-4:]
    return False


def _prove(intended: Reading, after: Reading) -> None:
    """The copy must read as intended, row by row; formulas may have become uncalculated, nothing else."""
    wanted = sorted(intended.table.entries, key=lambda entry: (entry.number, entry.id))
    found = sorted(after.table.entries, key=lambda entry: (entry.number, entry.id))
    ok = [(e.number, e.id) for e in wanted] == [(e.number, e.id) for e in found] and all(
        now is then
        or isinstance(now, Unread)
        or then is NOT_LOOKED_AT
        or (not isinstance(then, Unread) and same(then, now))
        for before, entry in zip(wanted, found, strict=True)
        for then, now in zip(before.values, entry.values, strict=True)
    )
    if not ok:
        raise damaged(
            "the edited copy does not read back as intended, so that nothing was written",
            todo="report this with the workbook, if it may be shown; meanwhile make this change by hand",
        )


def resolve(wanted: str, names: list[str], shown: str) -> str:
    """The sheet the mapping means: its exact name, or one that differs in case and spaces only."""
    if wanted in names:
        return wanted
    folded = " ".join(wanted.split()).casefold()
    found = [name for name in names if " ".join(name.split()).casefold() == folded]
    if len(found) == 1:
        return found[0]
    raise misconfigured(
        f"{shown} has no sheet '{wanted}'",
        "its sheets are " + ", ".join(f"'{name}'" for name in names),
        near(wanted, names) or "correct the mapping's object",
    )


@contextmanager
def open_workbook(path: Path, shown: str, bounds: Bounds) -> Iterator[Workbook]:
    """Examine and open the file at `path`, called `shown` in messages; raises `Fault` if it must not be."""
    form = examine(path, shown, bounds)
    if form != "ooxml":
        yield Workbook(path, shown, bounds, form, None)
        return
    with zipfile.ZipFile(path) as archive:
        yield Workbook(path, shown, bounds, form, Package(archive, shown))
