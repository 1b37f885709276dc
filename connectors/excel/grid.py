"""A sheet of two directions: technicians down, days across, and each filled cell, a customer, is a record.

Its id is the key: what stands at the left of its row and over its column, `Marc | 2026-01-12`. Cells merged
over several days are one record, from the first to the last (`until`); merged over several rows they are one
a row with `merged: fill`, and set aside without. A heading that names no day is no part of the grid.
Repeated headings (a week each) go on with their own days.

Writing: a cell's content, or a move, which clears one cell and fills another and takes its look along. Never:
merges cells, adds a row or a column, or writes over a filled cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.excel.cells import NUMERIC, Decoder, Unread, Value
from connectors.excel.change import NOT_LOOKED_AT, Plan, Planner, Refusal, Verdict
from connectors.excel.days import Days, year_in
from connectors.excel.encode import same
from connectors.excel.entries import Aside, Entry, Table, join_key
from connectors.excel.header import Header, fold
from connectors.excel.layout import Block, heading_rows, made_up
from connectors.excel.merges import Filler, Merges
from connectors.excel.package import Range, column_letters, parse_range, show_range
from connectors.excel.patch import NewCell
from connectors.excel.rules import look_says
from connectors.excel.shape import MADE_UP, Grid
from connectors.excel.sheet import Cell, Row
from connectors.excel.spec import Spec
from connectors.excel.table import is_skipped, look_of
from hub.filing.faults import misconfigured

DATES = ("date", "datetime")


def read_grid(
    rows: list[Row], decoder: Decoder, spec: Spec, merges: Sequence[Range], *, spans: bool = False
) -> Table:
    """All rows of a sheet as a table whose entries are cells; `slots` says which cell each id stands in."""
    return _Reader(rows, decoder, spec, Merges(merges), spans).table


class _Reader:
    def __init__(self, rows: list[Row], decoder: Decoder, spec: Spec, merges: Merges, spans: bool) -> None:
        grid = spec.shape.grid
        assert grid is not None
        self.grid: Grid = grid
        self.decoder, self.spec, self.merges = decoder, spec, merges
        self.table = Table([])
        self.by_number = {row.number: row for row in rows}
        if spans:
            self.table.spans.update({row.number: (row.start, row.end) for row in rows})
        self.days = Days(self._year(), spec.sheet)
        self.found: dict[str, list[Entry]] = {}
        headers = heading_rows(rows, decoder, spec, merges)
        for header, after in zip(headers, [*headers[1:], None], strict=True):
            end = after.row - spec.shape.heading_rows if after else 1_048_576
            block = Block(made_up(header, spec), last=header.row, end=end)
            self.table.blocks.append(block)
            self._section(block, [row for row in rows if header.row < row.number <= end])
        self._sort_out()

    def _year(self) -> int | None:
        if not isinstance(self.grid.year, str):
            return self.grid.year
        area = parse_range(self.grid.year)
        assert area is not None
        row = self.by_number.get(area[0])
        value = self.decoder.value(row.cells.get(area[1])) if row else None
        shown = None if isinstance(value, Unread) else value
        return year_in(shown, self.grid.year, self.spec.sheet)

    def _section(self, block: Block, rows: list[Row]) -> None:
        header = block.header
        down = [header.columns[name] for name in self.grid.down]
        across = self._across(header, set(down))
        skips = [(header.columns[name], texts) for name, texts in self.spec.shape.skip.items()]
        filler = Filler(self.merges, set(down))
        for row in rows:
            cells = filler.fill(row)
            labels = [self.decoder.value(cells.get(column)) for column in down]
            if any(is_skipped(self.decoder.value(cells.get(c)), texts) for c, texts in skips):
                continue
            filled = [column for column in across if row.cells.get(column) is not None]
            if problem := next((value for value in labels if isinstance(value, Unread)), None):
                self._set_aside(row, f"what its row is called cannot be read: {problem.reason}")
            elif all(value is None for value in labels):
                if filled:
                    self._set_aside(row, f"it has no {' and no '.join(self.grid.down)}")
            else:
                block.last = row.number
                self._row(row, cells, header, across, labels)

    def _set_aside(self, row: Row, reason: str) -> None:
        self.table.unkeyed.append(row.number)
        todo = f"fill in {self.grid.down[0]}, or clear the row; until then no record is reported as deleted"
        self.table.asides.append(Aside(row.number, reason, todo))

    def _across(self, header: Header, down: set[int]) -> dict[int, tuple[Value, ...]]:
        """What stands over each column of the grid, a part for each heading row."""
        height = self.spec.shape.heading_rows
        types = {one.name: one.type for one in self.spec.columns}
        dated = [types.get(name) in DATES for name in self.grid.across]
        named = {column for column in header.columns.values() if column < MADE_UP}
        found: dict[int, tuple[Value, ...]] = {}
        days: dict[tuple[int, int], str | None] = {}
        for column in sorted(header.texts):
            if column in down or column in named:
                continue
            parts: list[Value] = []
            for level, is_day in enumerate(dated):
                number = header.row - height + 1 + level
                area = self.merges.at(number, column)
                place = area[:2] if area else (number, column)
                row = self.by_number.get(place[0])
                value = self.decoder.value(row.cells.get(place[1])) if row else None
                shown = None if isinstance(value, Unread) else value
                if is_day:
                    if place not in days:
                        cell = f"{column_letters(place[1])}{place[0]}"
                        days[place] = self.days.read(shown, cell)
                    shown = days[place]
                parts.append(shown)
            if all(part is not None for part in parts):
                found[column] = tuple(parts)
        if not found:
            what = "names a day" if any(dated) else "is filled"
            raise misconfigured(
                f"row {header.row} of sheet '{self.spec.sheet}' has no column of the grid",
                f"no heading beside {', '.join(self.grid.down)} {what}",
                "correct unpivot in the mapping, or the headings (12/01, lun. 12/01, 12 janvier, a date)",
            )
        return found

    def _row(
        self,
        row: Row,
        cells: dict[int, Cell],
        header: Header,
        across: Mapping[int, tuple[Value, ...]],
        labels: Sequence[Any],
    ) -> None:
        for column, parts in across.items():
            area = self.merges.at(row.number, column)
            first = area is None or column == area[1]
            key = (*labels, *parts)
            id = join_key(key)
            self.table.slots.setdefault(id, (row.number, column))
            if not first:
                continue
            cell, blank = row.cells.get(column), row.blanks.get(column, 0)
            if area is not None and row.number != area[0]:
                anchor = self.by_number.get(area[0])
                cell = anchor.cells.get(column) if anchor else None
                blank = anchor.blanks.get(column, 0) if anchor else 0
                if cell is not None and not self.spec.shape.merged_fill:
                    shown = show_range(area)
                    self.table.asides.append(
                        Aside(row.number, f"its cell is merged with the row above ({shown})",
                              "unmerge the rows, or say `merged: fill` in the mapping", id)
                    )  # fmt: skip
                    continue
            if cell is None:
                continue
            last = parts
            if area is not None:
                last = across[max(c for c in across if area[1] <= c <= area[3])]
            entry = self._entry(row, cells, header, key, last, cell, blank, column)
            entry.area = area
            entry.gone = any(
                is_skipped(value, self.spec.shape.gone.get(wanted.heading, ()))
                for wanted, value in zip(self.spec.columns, entry.values, strict=True)
            )
            self.found.setdefault(id, []).append(entry)

    def _entry(
        self,
        row: Row,
        cells: dict[int, Cell],
        header: Header,
        key: tuple[Any, ...],
        last: tuple[Value, ...],
        cell: Cell,
        blank: int,
        column: int,
    ) -> Entry:
        own = dict(zip((*self.grid.down, *self.grid.across), key, strict=True))
        values: list[Value | Unread] = []
        kept = True
        for wanted in self.spec.columns:
            name = wanted.heading
            if wanted.facet is not None:
                shown = cell if name == self.grid.value else cells.get(header.columns[name])
                values.append(look_of(shown, blank, wanted.facet, self.decoder))
            elif name == self.grid.value:
                values.append(self.decoder.value(cell, wanted.type in NUMERIC))
            elif name == self.grid.until:
                values.append(last[0])
            elif name in own:
                values.append(own[name])
            elif name in self.spec.shape.rules:
                said = look_says(cell, blank, self.spec.shape.rules[name], self.decoder)
                values.append(self.decoder.value(said))
            else:
                values.append(self.decoder.value(cells.get(header.columns[name]), wanted.type in NUMERIC))
        for name, texts in self.spec.where.items():
            held = own[name] if name in own else self.decoder.value(cells.get(header.columns[name]))
            kept = kept and fold("" if held is None or isinstance(held, Unread) else str(held)) in {
                fold(text) for text in texts
            }
        self.table.struck += self.decoder.styles.get(cell.style).strike
        return Entry(row.number, join_key(key), values, kept, row.start, row.end, column, key)

    def _sort_out(self) -> None:
        for id, entries in self.found.items():
            if len(entries) == 1:
                self.table.entries += entries
                continue
            self.table.doubles[id] = [entry.number for entry in entries]
            for entry in entries:
                others = ", ".join(
                    f"{column_letters(one.column)}{one.number}" for one in entries if one is not entry
                )
                reason = f"'{id}' stands in another cell too: {others}"
                self.table.asides.append(
                    Aside(entry.number, reason, "two rows or two columns are called the same: rename one", id)
                )


class GridPlanner(Planner):
    """Writes to cells of a grid. See the module."""

    @property
    def grid(self) -> Grid:
        grid = self.spec.shape.grid
        assert grid is not None
        return grid

    def decide(self, writes: list[Mapping[str, Any]]) -> Plan:
        """In whatever order they come: a cell that one write frees may be taken by an earlier one."""
        plan = super().decide(writes)
        waiting = [n for n, verdict in enumerate(plan.verdicts) if verdict.passing]
        while waiting:
            found = {n: self._verdict(writes[n]) for n in waiting}
            for n, verdict in found.items():
                plan.verdicts[n] = verdict
            still = [n for n in waiting if plan.verdicts[n].passing]
            if len(still) == len(waiting):
                break
            waiting = still
        return plan

    def _change(self, write: Mapping[str, Any]) -> Verdict:
        entry = self.entries.get(write["id"])
        if entry is None:
            return self._absent(write["id"])
        if entry.gone:
            return Verdict("missing", entry.id)
        if write["archived"]:
            raise Refusal("a workbook cannot archive a cell", "set on_delete: ignore for this system, or ask")
        if not self._is_as_expected(entry, write["expected"]):
            return Verdict("moved", entry.id)
        news = {
            name: value
            for name, value in write["values"].items()
            if isinstance(now := entry.values[self._column(name)[0]], Unread) or not same(now, value)
        }
        if not news:
            return Verdict("done", entry.id)
        key = tuple(news.get(name, part) for name, part in zip(self.spec.key, entry.key, strict=True))
        moves = join_key(key) != entry.id
        self._check_until(entry, news, key, moves)
        position = next((n for n, c in enumerate(self.spec.columns) if self._is_content(c)), None)
        content = news.get(self.grid.value, entry.values[position] if position is not None else None)
        for name in news:
            self._check_name(name)
        if self.grid.value in news and news[self.grid.value] in (None, ""):
            raise Refusal(
                "an empty cell is no record any more", "archive the record, and clear its cell in Excel",
                self.grid.value,
            )  # fmt: skip
        if moves:
            self._move(entry, key, content)
        else:
            column = self._content()
            cell, read = self._set(entry.number, entry.column, column, content)
            self.plan.edits.setdefault(entry.number, {})[entry.column] = cell
            if position is not None:
                entry.values[position] = read
        return Verdict("done", entry.id)

    def _check_name(self, name: str) -> None:
        known = {*self.grid.down, *self.grid.across, self.grid.value, self.grid.until}
        if why := self.spec.shape.why_read_only(name):
            raise Refusal(*why, name)
        if name not in known:
            raise Refusal(
                f"'{name}' stands beside the whole row, not in a cell of its own",
                "map this field with direction: pull",
                name,
            )

    def _check_until(self, entry: Entry | None, news: Mapping[str, Any], key: tuple[Any, ...],
                     moves: bool) -> None:  # fmt: skip
        name, start = self.grid.until, key[len(self.grid.down)]
        if entry is not None and entry.area is not None and moves:
            raise Refusal(
                f"it is merged over several cells ({show_range(entry.area)}), which the hub does not move",
                "move it in the workbook",
            )
        wanted = news.get(name) if name else None
        if wanted not in (None, "") and str(wanted)[:10] != str(start)[:10]:
            raise Refusal(
                f"it lasts from {start} to {wanted}, and the hub merges no cells",
                "merge the cells of these days in the workbook",
                name,
            )

    def _is_content(self, column: Any) -> bool:
        return column.heading == self.grid.value and column.facet is None

    def _content(self) -> Any:
        for column in self.spec.columns:
            if self._is_content(column):
                return column
        raise Refusal(f"'{self.grid.value}' is no field of this sheet in the mapping")

    def _slot(self, key: tuple[Any, ...]) -> tuple[str, int, int]:
        """The cell of a key: its id as the sheet spells it, its row and column."""
        id = join_key(key)
        found = [id] if id in self.table.slots else [
            other for other in self.table.slots if fold(other) == fold(id)
        ]  # fmt: skip
        if len(found) != 1:
            named = " and ".join(f"{name} '{part}'" for name, part in zip(self.spec.key, key, strict=True))
            raise Refusal(f"the sheet has no cell for {named}", "add the row or the column in the workbook")
        row, column = self.table.slots[found[0]]
        return found[0], row, column

    def _require_empty(self, id: str, row: int, column: int) -> None:
        cell = f"{column_letters(column)}{row}"
        todo = "free it in the workbook, or choose another day"
        taken = self.entries.get(id)
        if taken is not None or id in self.table.doubles or any(a.id == id for a in self.table.asides):
            raise Refusal(f"cell {cell} is taken by another record", todo, passing=True)
        for other in self.table.entries:
            area = other.area
            if area and area[0] <= row <= area[2] and area[1] <= column <= area[3]:
                reason = f"cell {cell} is taken: {show_range(area)} is merged for '{other.id}'"
                raise Refusal(reason, todo, passing=True)

    def _move(self, entry: Entry, key: tuple[Any, ...], content: object) -> None:
        id, row, column = self._slot(key)
        self._require_empty(id, row, column)
        filled, read = self._set(row, column, self._content(), content)
        emptied, _ = self._set(entry.number, entry.column, self._content(), None)
        if self.spec.shape.rules or any(c.facet for c in self.spec.columns):
            filled = NewCell(filled.kind, filled.text, self._style(entry.number, entry.column))
            emptied = NewCell(emptied.kind, emptied.text, self._style(row, column))
        self.plan.edits.setdefault(entry.number, {})[entry.column] = emptied
        self.plan.edits.setdefault(row, {})[column] = filled
        del self.entries[entry.id]
        entry.id, entry.number, entry.column, entry.key = id, row, column, key
        self.entries[id] = entry
        self._say(entry, key, read)

    def _style(self, row: int, column: int) -> int:
        xml = self.row_xml(row)
        placed = xml.cell(column) if xml is not None else None
        return placed.style if placed is not None else 0

    def _say(self, entry: Entry, key: tuple[Any, ...], read: Any) -> None:
        """What the entry's fields read as in its cell."""
        own = dict(zip(self.spec.key, key, strict=True))
        for position, column in enumerate(self.spec.columns):
            if column.facet is not None or column.heading in self.spec.shape.rules:
                entry.values[position] = NOT_LOOKED_AT
            elif column.heading == self.grid.value:
                entry.values[position] = read
            elif column.heading == self.grid.until:
                entry.values[position] = key[len(self.grid.down)]
            elif column.heading in own:
                entry.values[position] = own[column.heading]
            else:
                entry.values[position] = NOT_LOOKED_AT

    def _create(self, write: Mapping[str, Any]) -> Verdict:
        values = write["values"]
        key = tuple(values.get(name) for name in self.spec.key)
        if any(part in (None, "") for part in key):
            names = ", ".join(f"'{name}'" for name in self.spec.key)
            raise Refusal(f"a new cell needs {names}: they say which one it is", "map them as fields")
        id, row, column = self._slot(key)
        taken = self.entries.get(id)
        if taken is not None:
            return self._already_there(taken, write, chosen=False)
        self._require_empty(id, row, column)
        for name, value in values.items():
            self._column(name)
            if value is not None:
                self._check_name(name)
        self._check_until(None, values, key, moves=False)
        if values.get(self.grid.value) in (None, ""):
            raise Refusal(f"a cell without '{self.grid.value}' is no record", "fill that field in",
                          self.grid.value)  # fmt: skip
        cell, read = self._set(row, column, self._content(), values[self.grid.value])
        self.plan.edits.setdefault(row, {})[column] = cell
        entry = Entry(row, id, [None] * len(self.spec.columns), True, 0, 0, column, key)
        self._say(entry, key, read)
        self.entries[id] = entry
        self.table.entries.append(entry)
        return Verdict("done", id)
