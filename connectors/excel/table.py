"""Rows of a sheet as records: which row is whose, which cannot be a record and why, and where the list ends.

Pure: raw rows and facts in, a `Table` out. A row without a readable key is set aside with its reason, every
row of a key that stands twice too; blank rows, repeated headings and totals are no records. A cell that
cannot be trusted (an error, a stale formula, the covered part of a merge) leaves its field unread, never
empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.excel.cells import NOT_CALCULATED, NUMERIC, Decoder, Unread, Value
from connectors.excel.entries import Aside, Entry, Table, join_key, text_of
from connectors.excel.header import Header, fold
from connectors.excel.layout import Block, sections
from connectors.excel.merges import Filler, Merges
from connectors.excel.package import ExcelTable, Range, column_letters, show_range
from connectors.excel.rules import UNTOLD, Looks, told
from connectors.excel.shape import MADE_UP
from connectors.excel.sheet import Cell, Facts, Row
from connectors.excel.spec import Spec
from hub.filing.faults import Fault


@dataclass
class _Draft:
    row: Row
    values: list[Value | Unread]
    key: list[Value | Unread]
    kept: bool
    header: Header
    gone: bool


def read_table(
    rows: Iterable[Row],
    facts: Facts,
    decoder: Decoder,
    spec: Spec,
    tables: Sequence[ExcelTable],
    *,
    spans: bool = False,
    merges: Sequence[Range] = (),
) -> Table:
    """Read a whole sheet. `facts` must be what `rows` fills on its way; `spans` keeps each row's place.

    `merges` are the merged cells, where the sheet's shape needs them beforehand.
    """
    areas = Merges(merges)
    table = Table([])
    stream = _noted(rows, table, spans)
    kept: list[_Draft] = []
    for section in sections(stream, decoder, spec, areas):
        block = section.block
        block.table = _table_of(block.header, tables)
        table.blocks.append(block)
        drafts = _drafts(iter(section.rows), block, decoder, spec, table, areas)
        mine = [_slim(draft) for draft in drafts if _is_record(draft, block, decoder, spec, table)]
        block.model = _unmarked(mine, spec) if spec.looks_matter else block.last
        if not spec.shape.merged_fill:
            _hide_merged(mine, block.header, spec, facts.merges)
        kept += mine
    if decoder.stale:
        _hide_arrays(kept, spec, facts.arrays)
    _key(kept, spec, table)
    return table


def _unmarked(drafts: Sequence[_Draft], spec: Spec) -> int:
    """The last row that no look marks as something: a new row is made like it. 0 where all are marked."""
    usual = {
        name: next((r.value for r in rules if not (r.strike or r.fill or r.font)), None)
        for name, rules in spec.shape.rules.items()
    }
    for draft in reversed(drafts):
        if all(
            value == usual[column.heading] if column.heading in usual else column.facet is None or not value
            for column, value in zip(spec.columns, draft.values, strict=True)
        ):
            return draft.row.number
    return 0


def _noted(rows: Iterable[Row], table: Table, spans: bool) -> Iterator[Row]:
    for row in rows:
        if spans:
            table.spans[row.number] = (row.start, row.end)
        yield row


def _slim(draft: _Draft) -> _Draft:
    """Without the raw cells: they are decoded, and weigh more than all else of a long list."""
    draft.row = draft.row._replace(cells={})
    return draft


def _table_of(header: Header, tables: Sequence[ExcelTable]) -> ExcelTable | None:
    """The real Excel table whose heading row this is, if the key and field columns lie in it."""
    for table in tables:
        top, left, _, right = table.area
        inside = all(left <= column <= right for column in header.columns.values() if column < MADE_UP)
        if table.header_rows and top == header.row and inside:
            return table
    return None


def _drafts(
    rows: Iterator[Row], block: Block, decoder: Decoder, spec: Spec, table: Table, areas: Merges
) -> Iterator[_Draft]:
    """Rows with content in the columns that matter, decoded; the list's end is noted on the way."""
    header, shape = block.header, spec.shape
    wanted = [(header.columns[c.heading], c.facet, c.type in NUMERIC) for c in spec.columns]
    keys = [header.columns[name] for name in spec.key]
    filters = [(header.columns[name], {fold(text) for text in texts}) for name, texts in spec.where.items()]
    skips = [(header.columns[name], texts) for name, texts in shape.skip.items()]
    columns = {column for column, _, _ in wanted} | set(keys) | {column for column, _ in skips}
    filler = Filler(areas, columns) if shape.merged_fill else None
    looks = Looks(header, spec)
    bottom = block.table.area[2] - block.table.totals_rows if block.table else None
    columns_of_key, nothing = set(keys), (None,) * len(wanted)
    of_key = [(at, numeric) for at, (column, _, numeric) in enumerate(wanted) if column in columns_of_key]
    is_plain = spec.is_plain
    values: list[Value | Unread]
    for row in rows:
        cells = filler.fill(row) if filler else row.cells
        if not row.cells:
            continue
        if bottom is not None and row.number > bottom:
            _under_table(row, keys, decoder, block, table)
            continue
        if columns.isdisjoint(row.cells):
            block.below = block.below or row.number
            continue
        if skips and any(is_skipped(decoder.value(cells.get(c)), texts) for c, texts in skips):
            block.below = block.below or row.number
            continue
        if shape.rules or shape.blocks:
            cells = {**cells, **told(row, decoder, block.title, looks, spec)}
        if is_plain and columns_of_key >= cells.keys():
            values = list(nothing)
            for position, numeric in of_key:
                values[position] = decoder.value(cells.get(wanted[position][0]), numeric)
        else:
            values = [
                _read(cells.get(column), row.blanks.get(column), facet, numeric, decoder)
                for column, facet, numeric in wanted
            ]
        key = [decoder.value(cells.get(column)) for column in keys]
        if _blank(key, [(c, None, False) for c in keys]) and _blank(values, wanted):
            block.below = block.below or row.number
            continue
        kept = all(fold(text_of(decoder.value(cells.get(column)))) in texts for column, texts in filters)
        gone = any(
            is_skipped(decoder.value(cells.get(header.columns[name])), texts)
            for name, texts in shape.gone.items()
        )
        yield _Draft(row, values, key, kept, header, gone)


def is_skipped(value: Value | Unread, patterns: Sequence[str]) -> bool:
    """Whether a row that says this is left out by the mapping's `skip`; what cannot be read never is."""
    if isinstance(value, Unread):
        return False
    said = fold(text_of(value))
    return any(
        said.startswith(fold(pattern[:-1])) if pattern.endswith("*") else said == fold(pattern)
        for pattern in patterns
    )


def _read(
    cell: Cell | None, blank: int | None, facet: str | None, numeric: bool, decoder: Decoder
) -> Value | Unread:
    """`blank` is the style of a cell that is empty."""
    return decoder.value(cell, numeric) if facet is None else look_of(cell, blank, facet, decoder)


def look_of(cell: Cell | None, blank: int | None, facet: str, decoder: Decoder) -> Value | Unread:
    """Whether a cell is struck through, or its fill; `blank` is the style of one that is empty."""
    if not decoder.tells_looks:
        return Unread(UNTOLD)
    number = cell.style if cell is not None else blank
    style = decoder.styles.get(number) if number is not None else None
    if facet == "strike":
        return style is not None and style.strike
    return style.fill if style is not None else None


def _blank(values: Sequence[Value | Unread], wanted: Sequence[tuple[int, str | None, bool]]) -> bool:
    """Whether no column of the sheet says anything; made-up fields always do."""
    return all(
        value is None
        for value, (column, facet, _) in zip(values, wanted, strict=True)
        if facet is None and column < MADE_UP
    )


def _under_table(row: Row, keys: Sequence[int], decoder: Decoder, block: Block, table: Table) -> None:
    """Below a real table there are totals and notes; a row with a key there was probably typed too low."""
    assert block.table is not None
    block.below = block.below or row.number
    if row.number <= block.table.area[2]:
        return
    key = [decoder.value(row.cells.get(column)) for column in keys]
    if all(value is not None and not isinstance(value, Unread) for value in key):
        table.asides.append(
            Aside(
                row.number,
                f"it lies below the table '{block.table.name}' ({show_range(block.table.area)})",
                "drag the table's corner down over this row, or clear the row if it is no record",
                join_key(key),
            )
        )


def _is_record(draft: _Draft, block: Block, decoder: Decoder, spec: Spec, table: Table) -> bool:
    """Whether the row is one of the list; headings repeated further down and totals are not."""
    header = block.header
    keyless = all(
        value is None
        for name, value in zip(spec.key, draft.key, strict=True)
        if header.columns[name] < MADE_UP
    )
    if not keyless and _repeats_header(draft, header, decoder):
        return False
    if keyless and _is_total(draft, decoder):
        block.below = block.below or draft.row.number
        return False
    block.last, block.below = draft.row.number, None
    table.struck += _is_struck(draft, header, decoder, spec)
    return True


def _repeats_header(draft: _Draft, header: Header, decoder: Decoder) -> bool:
    cells = draft.row.cells
    for column in header.columns.values():
        if column > MADE_UP:
            continue
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


def _hide_arrays(drafts: Sequence[_Draft], spec: Spec, arrays: Sequence[Range]) -> None:
    """Cells an array formula spills into carry no formula of their own, yet are as stale as it is."""
    for top, left, bottom, right in arrays:
        for draft in drafts:
            if top <= draft.row.number <= bottom:
                for n, column in enumerate(spec.columns):
                    if left <= draft.header.columns[column.heading] <= right:
                        draft.values[n] = NOT_CALCULATED


def _key(drafts: Sequence[_Draft], spec: Spec, table: Table) -> None:
    """Give each row its id; set aside those without a readable one, and all rows of one that stands twice."""
    rows: dict[str, list[int]] = {}
    keyed: list[tuple[str, _Draft]] = []
    for draft in drafts:
        problem = _key_problem(draft, draft.header, spec)
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
            entry = Entry(row.number, id, draft.values, draft.kept, row.start, row.end, gone=draft.gone)
            table.entries.append(entry)


def _key_problem(draft: _Draft, header: Header, spec: Spec) -> Aside | None:
    for name, value in zip(spec.key, draft.key, strict=True):
        if isinstance(value, Unread):
            return Aside(
                draft.row.number,
                f"its key in column '{name}' cannot be read: {value.reason}",
                f"correct {header.cell(name, draft.row.number)}; until then no row is reported as deleted",
            )
    own = [value for name, value in zip(spec.key, draft.key, strict=True) if header.columns[name] < MADE_UP]
    if any(value is not None for value in own or draft.key):
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
