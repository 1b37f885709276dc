"""Rows of a sheet as records: which row is whose, which cannot be a record and why, and where the list ends.

Pure: raw rows and facts in, a `Table` out. A row without a readable key is set aside with its reason, every
row of a key that stands twice too; blank rows, repeated headings and totals are no records. A cell that
cannot be trusted (an error, a stale formula, the covered part of a merge) leaves its field unread, never
empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from connectors.excel.cells import NUMERIC, Decoder, Unread, Value
from connectors.excel.header import SEARCHED_ROWS, Header, Heading, find_header, fold
from connectors.excel.package import ExcelTable, Range, column_letters, show_range
from connectors.excel.sheet import Cell, Facts, Row
from connectors.excel.spec import Spec
from hub.filing.faults import Fault

JOINT = " | "
"""Between the parts of a composite key; a bar inside a part is written `\\|`."""


@dataclass(slots=True)
class Entry:
    """One row that is a record: its key, its values in the view's order, and where its XML lies."""

    number: int
    id: str
    values: list[Value | Unread]
    kept: bool
    start: int = 0
    end: int = 0

    def version(self) -> str:
        """The same for the same values, whatever program saved the file."""
        shown = [[v.reason] if isinstance(v, Unread) else v for v in self.values]
        return hashlib.blake2b(orjson.dumps(shown), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that is no record: its number, why, what to do, and its key where it has one."""

    number: int
    reason: str
    todo: str
    id: str | None = None


@dataclass
class Table:
    """A sheet read through a `Spec`.

    `entries` holds every record in sheet order, doubles excluded; `doubles` the row numbers of each key
    that stands on several rows. `unkeyed` counts rows with content whose key could not be read: while there
    is one, no record can be said to be gone; `unnumbered` are those the hub may number itself. `last` is
    the list's last row; `below` the first filled row under it.
    """

    header: Header
    entries: list[Entry] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    doubles: dict[str, list[int]] = field(default_factory=dict)
    unkeyed: list[int] = field(default_factory=list)
    last: int = 0
    below: int | None = None
    table: ExcelTable | None = None
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    struck: int = 0
    unnumbered: list[Entry] = field(default_factory=list)

    def by_id(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.entries}


@dataclass
class _Draft:
    row: Row
    values: list[Value | Unread]
    key: list[Value | Unread]
    kept: bool


def read_table(
    rows: Iterable[Row],
    facts: Facts,
    decoder: Decoder,
    spec: Spec,
    tables: Sequence[ExcelTable],
    *,
    spans: bool = False,
) -> Table:
    """Read a whole sheet. `facts` must be what `rows` fills on its way; `spans` keeps each row's place."""
    stream = iter(rows)
    head = _head(stream, decoder)
    headings = [
        Heading(row.number, {c: t for c, cell in row.cells.items() if (t := decoder.text(cell))})
        for row in head
    ]
    header = find_header(spec.sheet, headings, spec.spellings, spec.header_row)
    table = Table(header, last=header.row, table=_table_of(header, tables))
    drafts = _drafts(_after(header.row, head, stream, table, spans), header, decoder, spec, table)
    kept = [_slim(draft) for draft in drafts if _is_record(draft, header, decoder, spec, table)]
    _hide_merged(kept, header, spec, facts.merges)
    if decoder.stale:
        _hide_arrays(kept, header, spec, facts.arrays)
    _key(kept, header, spec, table)
    return table


def _slim(draft: _Draft) -> _Draft:
    """Without the raw cells: they are decoded, and weigh more than all else of a long list."""
    draft.row = draft.row._replace(cells={})
    return draft


def _head(stream: Iterator[Row], decoder: Decoder) -> list[Row]:
    """Enough rows to find the headings in: the first filled ones."""
    head: list[Row] = []
    filled = 0
    for row in stream:
        head.append(row)
        filled += bool(row.cells)
        if filled >= SEARCHED_ROWS:
            break
    return head


def _after(
    header_row: int, head: list[Row], stream: Iterator[Row], table: Table, spans: bool
) -> Iterator[Row]:
    for source in (head, stream):
        for row in source:
            if spans:
                table.spans[row.number] = (row.start, row.end)
            if row.number > header_row:
                yield row


def _table_of(header: Header, tables: Sequence[ExcelTable]) -> ExcelTable | None:
    """The real Excel table whose heading row this is, if the key and field columns lie in it."""
    for table in tables:
        top, left, _, right = table.area
        inside = all(left <= column <= right for column in header.columns.values())
        if table.header_rows and top == header.row and inside:
            return table
    return None


def _drafts(
    rows: Iterator[Row], header: Header, decoder: Decoder, spec: Spec, table: Table
) -> Iterator[_Draft]:
    """Rows with content in the columns that matter, decoded; the list's end is noted on the way."""
    wanted = [(header.columns[c.heading], c.facet, c.type in NUMERIC) for c in spec.columns]
    keys = [header.columns[name] for name in spec.key]
    filters = [(header.columns[name], {fold(text) for text in texts}) for name, texts in spec.where.items()]
    columns = {column for column, _, _ in wanted} | set(keys)
    bottom = table.table.area[2] - table.table.totals_rows if table.table else None
    for row in rows:
        cells = row.cells
        if not cells:
            continue
        if bottom is not None and row.number > bottom:
            _under_table(row, keys, decoder, table)
            continue
        if columns.isdisjoint(cells):
            table.below = table.below or row.number
            continue
        values = [_read(cells.get(column), facet, numeric, decoder) for column, facet, numeric in wanted]
        key = [decoder.value(cells.get(column)) for column in keys]
        if all(value is None for value in key) and _blank(values, wanted):
            table.below = table.below or row.number
            continue
        kept = all(fold(_text(decoder.value(cells.get(column)))) in texts for column, texts in filters)
        yield _Draft(row, values, key, kept)


def _read(cell: Cell | None, facet: str | None, numeric: bool, decoder: Decoder) -> Value | Unread:
    if facet is None:
        return decoder.value(cell, numeric)
    if cell is not None and cell.kind == "py":
        return Unread("this file format does not tell how a cell looks")
    style = decoder.styles.get(cell.style) if cell is not None else None
    if facet == "strike":
        return style is not None and style.strike
    return style.fill if style is not None else None


def _blank(values: Sequence[Value | Unread], wanted: Sequence[tuple[int, str | None, bool]]) -> bool:
    return all(value is None for value, (_, facet, _) in zip(values, wanted, strict=True) if facet is None)


def _text(value: Value | Unread) -> str:
    return "" if value is None or isinstance(value, Unread) else str(value)


def _under_table(row: Row, keys: Sequence[int], decoder: Decoder, table: Table) -> None:
    """Below a real table there are totals and notes; a row with a key there was probably typed too low."""
    assert table.table is not None
    table.below = table.below or row.number
    if row.number <= table.table.area[2]:
        return
    key = [decoder.value(row.cells.get(column)) for column in keys]
    if all(value is not None and not isinstance(value, Unread) for value in key):
        table.asides.append(
            Aside(
                row.number,
                f"it lies below the table '{table.table.name}' ({show_range(table.table.area)})",
                "drag the table's corner down over this row, or clear the row if it is no record",
                join_key(key),
            )
        )


def _is_record(draft: _Draft, header: Header, decoder: Decoder, spec: Spec, table: Table) -> bool:
    """Whether the row is one of the list; headings repeated further down and totals are not."""
    keyless = all(value is None for value in draft.key)
    if not keyless and _repeats_header(draft, header, decoder):
        return False
    if keyless and _is_total(draft, decoder):
        table.below = table.below or draft.row.number
        return False
    table.last, table.below = draft.row.number, None
    table.struck += _is_struck(draft, header, decoder, spec)
    return True


def _repeats_header(draft: _Draft, header: Header, decoder: Decoder) -> bool:
    cells = draft.row.cells
    for column in set(header.columns.values()):
        text, heading = decoder.text(cells.get(column)), header.texts.get(column, "")
        if fold(text[:1]) != fold(heading[:1]) or fold(text) != fold(heading):
            return False
    return True


def _is_total(draft: _Draft, decoder: Decoder) -> bool:
    """No key, at least one formula, and nothing typed but a word like 'Total'."""
    cells = draft.row.cells.values()
    typed = [fold(decoder.text(cell)) for cell in cells if not cell.formula]
    return any(cell.formula for cell in cells) and all(
        text.startswith(("total", "sous total", "somme", "moyenne", "sum", "average", "nombre"))
        for text in typed
        if text
    )


def _is_struck(draft: _Draft, header: Header, decoder: Decoder, spec: Spec) -> bool:
    cells = (draft.row.cells.get(header.columns[name]) for name in spec.key)
    return any(cell is not None and decoder.styles.get(cell.style).strike for cell in cells)


def _hide_merged(drafts: Sequence[_Draft], header: Header, spec: Spec, merges: Sequence[Range]) -> None:
    """The covered cells of a merge are stored empty, which is not what people see: they are not read."""
    by_row = {draft.row.number: draft for draft in drafts} if merges else {}
    places = [header.columns[column.heading] for column in spec.columns]
    keys = [header.columns[name] for name in spec.key]
    for area in merges:
        top, left, bottom, right = area
        for number in range(max(top, header.row + 1), min(bottom, max(by_row, default=0)) + 1):
            if (draft := by_row.get(number)) is None:
                continue
            hidden = Unread(
                f"the cell is merged ({show_range(area)}): unmerge it, so that each row has its own value"
            )
            for values, columns in ((draft.values, places), (draft.key, keys)):
                for n, column in enumerate(columns):
                    if left <= column <= right and (number, column) != (top, left):
                        values[n] = hidden


def _hide_arrays(drafts: Sequence[_Draft], header: Header, spec: Spec, arrays: Sequence[Range]) -> None:
    """Cells an array formula spills into carry no formula of their own, yet are as stale as it is."""
    from connectors.excel.cells import NOT_CALCULATED

    places = [header.columns[column.heading] for column in spec.columns]
    for top, left, bottom, right in arrays:
        for draft in drafts:
            if top <= draft.row.number <= bottom:
                for n, column in enumerate(places):
                    if left <= column <= right:
                        draft.values[n] = NOT_CALCULATED


def _key(drafts: Sequence[_Draft], header: Header, spec: Spec, table: Table) -> None:
    """Give each row its id; set aside those without a readable one, and all rows of one that stands twice."""
    rows: dict[str, list[int]] = {}
    keyed: list[tuple[str, _Draft]] = []
    for draft in drafts:
        problem = _key_problem(draft, header, spec)
        if problem is not None:
            table.unkeyed.append(draft.row.number)
            table.asides.append(problem)
            if spec.hub_id and draft.key == [None]:
                table.unnumbered.append(Entry(draft.row.number, "", draft.values, draft.kept))
            continue
        id = join_key(draft.key)
        rows.setdefault(id, []).append(draft.row.number)
        keyed.append((id, draft))
    table.doubles = {id: numbers for id, numbers in rows.items() if len(numbers) > 1}
    for id, draft in keyed:
        if id in table.doubles:
            table.asides.append(_double(id, draft.row.number, table.doubles[id], spec))
        else:
            row = draft.row
            table.entries.append(Entry(row.number, id, draft.values, draft.kept, row.start, row.end))


def _key_problem(draft: _Draft, header: Header, spec: Spec) -> Aside | None:
    for name, value in zip(spec.key, draft.key, strict=True):
        if isinstance(value, Unread):
            return Aside(
                draft.row.number,
                f"its key in column '{name}' cannot be read: {value.reason}",
                f"correct {header.cell(name, draft.row.number)}; until then no row is reported as deleted",
            )
    if any(value is not None for value in draft.key):
        return None
    cells = " and ".join(header.cell(name, draft.row.number) for name in spec.key)
    if spec.hub_id:
        return Aside(
            draft.row.number,
            f"it has no number in the hub's column '{spec.key[0]}' yet",
            "let the hub number the rows",
        )
    return Aside(
        draft.row.number,
        "it has no key" if len(spec.key) == 1 else "all parts of its key are empty",
        f"fill in {cells}, or clear the row; until then no row is reported as deleted",
    )


def _double(id: str, number: int, numbers: Sequence[int], spec: Spec) -> Aside:
    others = ", ".join(str(other) for other in numbers if other != number)
    return Aside(
        number,
        f"its key '{id}' stands on other rows too: {others}",
        "give each row its own key"
        if len(spec.key) == 1
        else "add a column to the key that tells them apart",
        id,
    )


def join_key(parts: Sequence[Value | Unread]) -> str:
    """The id of a row: its key's text, or the texts of a composite key joined so that no two can collide."""
    texts = [_text(part) for part in parts]
    if len(texts) == 1:
        return texts[0]
    return JOINT.join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


def check_stale(table: Table, decoder: Decoder, spec: Spec) -> None:
    """Raises where keys are formulas that nobody has calculated since: no row could be recognised."""
    stale = [aside for aside in table.asides if "was not calculated" in aside.reason and aside.id is None]
    if stale:
        column = column_letters(table.header.columns[spec.key[0]])
        raise Fault(
            "busy",
            f"the keys of sheet '{spec.sheet}' are formulas that were not calculated since the last change",
            f"column {column}, row {stale[0].number} and {len(stale) - 1} more",
            "open the workbook in Excel and save it",
        )
