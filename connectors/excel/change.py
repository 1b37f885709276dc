"""Decides what a batch of writes does to a sheet: which cells get what, which writes are answered otherwise.

Works on a table that was just read and on the XML of the rows concerned; changes nothing on disk. Writes
are taken in order, each seeing those before it. A write is done whole or not at all: one cell that cannot
take its value refuses the record. The table's entries are kept as they will be, so that the result can be
checked against them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.excel.cells import NUMERIC, Decoder, Unread
from connectors.excel.encode import CannotHold, Spot, decode, encode, encode_key, same
from connectors.excel.entries import Entry, Table, join_key
from connectors.excel.header import fold
from connectors.excel.keys import row_numbers
from connectors.excel.layout import Block
from connectors.excel.package import Range, column_letters, show_range
from connectors.excel.patch import NewCell, Placed, RowXml
from connectors.excel.shape import MADE_UP
from connectors.excel.sheet import Facts
from connectors.excel.spec import Column, Spec

NOT_LOOKED_AT = Unread("it is told by how the row looks, which is seen after the write")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a write comes to: `done` and `moved` name the record by id, `refused` says why and which field.

    `passing`: what stands in the way may be gone without anyone touching the record.
    """

    kind: Literal["done", "moved", "missing", "refused"]
    id: str | None = None
    reason: str = ""
    todo: str = ""
    field: str | None = None
    passing: bool = False


@dataclass
class Plan:
    """Cells to set, by row; `fresh` are the rows to be added, `bottoms` each list's last row afterwards."""

    verdicts: list[Verdict] = field(default_factory=list)
    edits: dict[int, dict[int, NewCell]] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)
    bottoms: list[int] = field(default_factory=list)


class Refusal(Exception):
    """Ends one write; carries its verdict."""

    def __init__(self, reason: str, todo: str = "", field: str | None = None, passing: bool = False) -> None:
        super().__init__(reason)
        self.verdict = Verdict("refused", None, reason, todo, field, passing)


class Planner:
    """One batch on one sheet. `row_xml` takes the XML of a row of the sheet apart, or says there is none."""

    def __init__(
        self,
        spec: Spec,
        table: Table,
        facts: Facts,
        decoder: Decoder,
        row_xml: Callable[[int], RowXml | None],
    ) -> None:
        self.spec, self.table, self.facts, self.decoder = spec, table, facts, decoder
        self.row_xml = row_xml
        self.entries = table.by_id()
        self.plan = Plan(bottoms=[block.last for block in table.blocks])

    def _model(self, row: int) -> RowXml | None:
        """The row that new ones of the list are made like: its last one, as a rule."""
        block = self.table.block_at(row)
        return self.row_xml(block.model) if block.model > block.header.row else None

    def _place(self, heading: str, row: int) -> int:
        return self.table.block_at(row).header.columns[heading]

    def decide(self, writes: list[Mapping[str, Any]]) -> Plan:
        """Writes as `Write`'s fields in a mapping; one verdict each, in order."""
        for write in writes:
            self.plan.verdicts.append(self._verdict(write))
        return self.plan

    def _verdict(self, write: Mapping[str, Any]) -> Verdict:
        try:
            return self._create(write) if write["id"] is None else self._change(write)
        except Refusal as refusal:
            return refusal.verdict

    def number(self) -> Plan:
        """Give every row that has none yet a number in the hub's own column."""
        for entry, id in zip(
            self.table.unnumbered, row_numbers(len(self.table.unnumbered), self.entries), strict=True
        ):
            cells: dict[int, NewCell] = {}
            self._put_key(id, entry.number, cells, entry.values)
            entry.id = id
            self.plan.edits[entry.number] = cells
            self.table.entries.append(entry)
        return self.plan

    # -- changing a row ------------------------------------------------------------------------------

    def _change(self, write: Mapping[str, Any]) -> Verdict:
        entry = self.entries.get(write["id"])
        if entry is None:
            return self._absent(write["id"])
        if entry.gone:
            return Verdict("missing", entry.id)
        if write["archived"]:
            raise Refusal("a workbook cannot archive a row", "set on_delete: ignore for this system, or ask")
        if not self._is_as_expected(entry, write["expected"]):
            return Verdict("moved", entry.id)
        edits: dict[int, NewCell] = {}
        values = dict(enumerate(entry.values))
        for name, value in write["values"].items():
            position, column = self._column(name)
            current = entry.values[position]
            if not isinstance(current, Unread) and same(current, value):
                continue
            if column.heading in self.spec.key:
                where = self.table.block_at(entry.number).header.cell(column.heading, entry.number)
                raise Refusal(
                    f"'{column.heading}' is the key by which the row is known ({where})",
                    "change it in the workbook",
                    name,
                )
            number = self._place(column.heading, entry.number)
            self._refuse_made_up(column)
            edits[number], values[position] = self._set(entry.number, number, column, value)
        if edits:
            self.plan.edits.setdefault(entry.number, {}).update(edits)
            entry.values = [values[n] for n in range(len(values))]
        return Verdict("done", entry.id)

    def _absent(self, id: str) -> Verdict:
        """Not among the records: gone, or there in a way that cannot be told for sure."""
        if numbers := self.table.doubles.get(id):
            rows = ", ".join(map(str, numbers))
            raise Refusal(f"the key '{id}' stands on several rows: {rows}", "give each row its own key")
        if any(aside.id == id for aside in self.table.asides):
            raise Refusal(f"the row of '{id}' is set aside", "see why among the rejected rows")
        if self.table.unkeyed:
            rows = ", ".join(map(str, self.table.unkeyed[:10]))
            raise Refusal(
                f"no row has the key '{id}', but there are rows whose key cannot be read: {rows}",
                "fill in or correct their keys",
            )
        return Verdict("missing", id)

    def _is_as_expected(self, entry: Entry, expected: Mapping[str, Any]) -> bool:
        for column, value in zip(self.spec.columns, entry.values, strict=True):
            if (
                column.name in expected
                and not isinstance(value, Unread)
                and not same(value, expected[column.name])
            ):
                return False
        return True

    def _refuse_made_up(self, column: Column) -> None:
        if why := self.spec.shape.why_read_only(column.heading):
            raise Refusal(*why, column.name)

    def _column(self, name: str) -> tuple[int, Column]:
        for position, column in enumerate(self.spec.columns):
            if column.name == name:
                if column.facet is not None:
                    raise Refusal(f"'{name}' is how a cell looks, which the hub only reads", "", name)
                if not column.writable:
                    raise Refusal(f"the mapping says that '{name}' is not written", "", name)
                return position, column
        raise Refusal(f"'{name}' is no field of this sheet in the mapping", "", name)

    def _set(self, row: int, number: int, column: Column, value: object) -> tuple[NewCell, Any]:
        """The new content of a cell and what it will read as; refused where the cell cannot take it."""
        xml = self.row_xml(row)
        placed = xml.cell(number) if xml is not None else None
        self._check_free(row, number, placed, column.name)
        spot = self._spot(row, number, placed)
        cell = encode(value, column.type, spot, self.decoder)
        if isinstance(cell, CannotHold):
            raise Refusal(f"{cell.reason} (cell {column_letters(number)}{row})", cell.todo, column.name)
        if placed is None and cell.kind != "blank" and cell.style is None and spot.style:
            cell = NewCell(cell.kind, cell.text, spot.style)
        return cell, decode(cell, column.type in NUMERIC, spot, self.decoder)

    def _check_free(self, row: int, number: int, placed: Placed | None, name: str) -> None:
        """Formulas, covered parts of merges, spilled results and pictures in cells are never written over."""
        cell = f"{column_letters(number)}{row}"
        if placed is not None and placed.formula:
            raise Refusal(
                f"cell {cell} holds a formula, which the hub never writes over",
                "map this column read only (direction: pull), or replace the formula by its value in Excel",
                name,
            )
        if placed is not None and "vm" in placed.attributes:
            raise Refusal(f"cell {cell} holds a picture or linked data", "clear it in Excel", name)
        for area in self.facts.arrays:
            if area[0] <= row <= area[2] and area[1] <= number <= area[3]:
                raise Refusal(f"cell {cell} is filled by the array formula in {show_range(area)}", "", name)
        for area in self.facts.merges:
            inside = area[0] <= row <= area[2] and area[1] <= number <= area[3]
            if inside and (row, number) != area[:2]:
                raise Refusal(
                    f"cell {cell} is covered by the merged cells {show_range(area)}", "unmerge them", name
                )
            if inside and self.spec.shape.merged_fill and (others := self._sharing(area, row, number)):
                raise Refusal(
                    f"cell {cell} is merged ({show_range(area)}), and what it says counts for {others} too",
                    "change it in the workbook, or unmerge the cells",
                    name,
                )

    def _sharing(self, area: Range, row: int, number: int) -> str:
        """What else takes its value from a merge: other records, or other columns of this one."""
        rows = [e.number for e in self.table.entries if area[0] <= e.number <= area[2] and e.number != row]
        if rows:
            return "row " + ", ".join(map(str, rows[:5]))
        columns = self.table.block_at(row).header.columns
        return ", ".join(f"'{n}'" for n, c in columns.items() if c != number and area[1] <= c <= area[3])

    def _spot(self, row: int, number: int, placed: Placed | None) -> Spot:
        """The cell's own style; where there is none, that of the list's last row, as people copy it."""
        model = self._model(row)
        like = model.cell(number) if model is not None else None
        styles = self.decoder.styles
        dated = like.style if like is not None and like.style in styles.dated else None
        if placed is None:
            return Spot(like.style if like is not None else 0, None, dated)
        return Spot(placed.style, _holds(placed), dated if placed.style == 0 else None)

    # -- adding a row --------------------------------------------------------------------------------

    def _create(self, write: Mapping[str, Any]) -> Verdict:
        id = self._new_id(write)
        taken = self.entries.get(id)
        if taken is not None:
            chosen = write["new_id"] and not any(
                c.heading == self.spec.key[0] and write["values"].get(c.name) for c in self.spec.columns
            )
            return self._already_there(taken, write, bool(chosen))
        if id in self.table.doubles or any(aside.id == id for aside in self.table.asides):
            raise Refusal(
                f"the key '{id}' is in the sheet already, on a row that is set aside", "correct that row"
            )
        block = self._block_for(write["values"])
        row = self._room(block)
        cells: dict[int, NewCell] = {}
        values: list[Any] = [False if c.facet == "strike" else None for c in self.spec.columns]
        for name, value in write["values"].items():
            position, column = self._column(name)
            number = block.header.columns[column.heading]
            if value is None or (len(self.spec.key) == 1 and column.heading in self.spec.key):
                continue
            if number > MADE_UP and self._is_title(column):
                values[position] = block.title
                continue
            self._refuse_made_up(column)
            cells[number], values[position] = self._set(row, number, column, value)
        self._put_key(id, row, cells, values)
        self._put_defaults(row, block, cells)
        self._expect_made_up(block, values)
        self.plan.edits[row] = cells
        self.plan.fresh.append(row)
        self.plan.bottoms[self.table.blocks.index(block)] = row
        self.entries[id] = Entry(row, id, values, True)
        self.table.entries.append(self.entries[id])
        return Verdict("done", id)

    def _new_id(self, write: Mapping[str, Any]) -> str:
        if len(self.spec.key) > 1:
            by_heading = {
                c.heading: write["values"].get(c.name) for c in self.spec.columns if c.facet is None
            }
            parts = [by_heading.get(heading) for heading in self.spec.key]
            if all(part in (None, "") for part in parts):
                raise Refusal(
                    "a new row needs at least one part of its key", "map the key's columns as fields"
                )
            return join_key(parts)
        own = [
            write["values"].get(c.name)
            for c in self.spec.columns
            if c.heading == self.spec.key[0] and not c.facet
        ]
        id = write["new_id"] or next((str(value).strip() for value in own if value not in (None, "")), None)
        if not id:
            raise Refusal(
                "a new row needs a key, and none was given", "say how to make one: new_key in the mapping"
            )
        return str(id)

    def _already_there(self, entry: Entry, write: Mapping[str, Any], chosen: bool) -> Verdict:
        """An earlier attempt that did arrive is done; any other row of that key is somebody's and stays.

        `chosen`: the key is one the hub made up, so that another will do as well.
        """
        for name, value in write["values"].items():
            position, column = self._column(name)
            current = entry.values[position]
            if column.heading in self.spec.key or isinstance(current, Unread):
                continue
            if not same(current, value):
                if chosen:
                    return Verdict("moved", entry.id)
                raise Refusal(
                    f"the key '{entry.id}' is taken by row {entry.number}, with another {column.heading}",
                    "link the two records, or give the row in the workbook another key",
                    name,
                )
        if not write["again"]:
            if chosen:
                return Verdict("moved", entry.id)
            raise Refusal(f"the key '{entry.id}' is taken: row {entry.number} has it", "link the two records")
        return Verdict("done", entry.id)

    def _is_title(self, column: Column) -> bool:
        blocks = self.spec.shape.blocks
        return blocks is not None and column.heading == blocks.title

    def _block_for(self, values: Mapping[str, Any]) -> Block:
        """The list a new row goes to: the one under the title that the record says, the last of several."""
        blocks = self.spec.shape.blocks
        if blocks is None or (len(self.table.blocks) == 1 and values.get(blocks.title) is None):
            return self.table.blocks[-1]
        wanted = values.get(blocks.title)
        titles = ", ".join(dict.fromkeys(f"'{block.title}'" for block in self.table.blocks))
        if wanted in (None, ""):
            raise Refusal(
                f"a new row needs '{blocks.title}': it says which of the blocks it belongs to ({titles})",
                f"map '{blocks.title}', or set creates: false for this system",
            )
        found = [block for block in self.table.blocks if fold(str(block.title)) == fold(str(wanted))]
        if not found:
            raise Refusal(
                f"the sheet has no block '{wanted}'; its blocks are {titles}",
                "add the block in the workbook, with its title and headings",
                blocks.title,
            )
        return found[-1]

    def _expect_made_up(self, block: Block, values: list[Any]) -> None:
        """What a new row will read as where no cell of it says it."""
        for position, column in enumerate(self.spec.columns):
            if self._is_title(column):
                values[position] = block.title
            elif column.heading in self.spec.shape.rules or column.facet == "fill":
                values[position] = NOT_LOOKED_AT

    def _room(self, block: Block) -> int:
        """The row under a list; refused where something stands there already."""
        if block.last > block.header.row and not block.model:
            raise Refusal(
                "every row of the list is marked by its look, and a new one made like them would be too",
                "leave one row unmarked in Excel",
            )
        row = self.plan.bottoms[self.table.blocks.index(block)] + 1
        excel_table = block.table
        if (
            excel_table is not None
            and row > excel_table.area[2] - excel_table.totals_rows
            and excel_table.totals_rows
        ):
            raise Refusal(
                f"the table '{excel_table.name}' has its totals right under the list",
                "insert some empty rows above the totals in Excel",
            )
        taken = row if row > block.end else block.below
        if taken is not None and row >= taken:
            raise Refusal(
                f"there is no free row under the list: row {taken} is filled",
                f"insert some empty rows above row {taken} in Excel",
            )
        for area in self.facts.merges:
            if area[0] <= row <= area[2]:
                raise Refusal(f"the row under the list is merged ({show_range(area)})", "unmerge it in Excel")
        return row

    def _put_defaults(self, row: int, block: Block, cells: dict[int, NewCell]) -> None:
        """What the mapping wants in every new row, where the record itself says nothing."""
        for heading, value in self.spec.on_create.items():
            number = block.header.columns[heading]
            if number not in cells and number < MADE_UP:
                column = Column(heading, heading, None, "text", True)
                cells[number], _ = self._set(row, number, column, value)

    def _put_key(self, id: str, row: int, cells: dict[int, NewCell], values: list[Any]) -> None:
        if len(self.spec.key) > 1:
            return
        heading = self.spec.key[0]
        number = self._place(heading, row)
        xml = self.row_xml(row)
        placed = xml.cell(number) if xml is not None else None
        self._check_free(row, number, placed, heading)
        model = self._model(row)
        like = model.cell(number) if model is not None else None
        spot = self._spot(row, number, placed)
        spot = Spot(spot.style, _holds(like) if like is not None else None)
        cell = encode_key(id, spot, self.decoder)
        if isinstance(cell, CannotHold):
            raise Refusal(f"{cell.reason} (the key '{id}')", cell.todo)
        if placed is None and spot.style:
            cell = NewCell(cell.kind, cell.text, spot.style)
        cells[number] = cell
        for position, column in enumerate(self.spec.columns):
            if column.heading == heading and column.facet is None:
                values[position] = decode(cell, column.type in NUMERIC, spot, self.decoder)


def _holds(placed: Placed) -> str | None:
    """Whether a cell element holds a text or a number; ``None`` for an empty one."""
    if not placed.filled:
        return None
    return "number" if placed.attributes.get("t", "n") == "n" else "text"
