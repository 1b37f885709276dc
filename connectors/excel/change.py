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
from connectors.excel.keys import row_numbers
from connectors.excel.package import column_letters, show_range
from connectors.excel.patch import NewCell, Placed, RowXml
from connectors.excel.sheet import Facts
from connectors.excel.spec import Column, Spec
from connectors.excel.table import Entry, Table, join_key


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a write comes to: `done` and `moved` name the record by id, `refused` says why and which field."""

    kind: Literal["done", "moved", "missing", "refused"]
    id: str | None = None
    reason: str = ""
    todo: str = ""
    field: str | None = None


@dataclass
class Plan:
    """Cells to set, by row; `fresh` are the rows to be added, `bottom` the list's last row afterwards."""

    verdicts: list[Verdict] = field(default_factory=list)
    edits: dict[int, dict[int, NewCell]] = field(default_factory=dict)
    fresh: list[int] = field(default_factory=list)
    bottom: int = 0


class Refusal(Exception):
    """Ends one write; carries its verdict."""

    def __init__(self, reason: str, todo: str = "", field: str | None = None) -> None:
        super().__init__(reason)
        self.verdict = Verdict("refused", None, reason, todo, field)


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
        self.plan = Plan(bottom=table.last)
        self.model = row_xml(table.last) if table.last > table.header.row else None

    def decide(self, writes: list[Mapping[str, Any]]) -> Plan:
        """Writes as `Write`'s fields in a mapping; one verdict each, in order."""
        for write in writes:
            try:
                verdict = self._create(write) if write["id"] is None else self._change(write)
            except Refusal as refusal:
                verdict = refusal.verdict
            self.plan.verdicts.append(verdict)
        return self.plan

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
                where = self.table.header.cell(column.heading, entry.number)
                raise Refusal(
                    f"'{column.heading}' is the key by which the row is known ({where})",
                    "change it in the workbook",
                    name,
                )
            number = self.table.header.columns[column.heading]
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
        spot = self._spot(number, placed)
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

    def _spot(self, number: int, placed: Placed | None) -> Spot:
        """The cell's own style; where there is none, that of the list's last row, as people copy it."""
        like = self.model.cell(number) if self.model is not None else None
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
        row = self._room()
        cells: dict[int, NewCell] = {}
        values: list[Any] = [False if c.facet == "strike" else None for c in self.spec.columns]
        for name, value in write["values"].items():
            position, column = self._column(name)
            number = self.table.header.columns[column.heading]
            if value is None or (len(self.spec.key) == 1 and column.heading in self.spec.key):
                continue
            cells[number], values[position] = self._set(row, number, column, value)
        self._put_key(id, row, cells, values)
        self._put_defaults(row, cells)
        self.plan.edits[row] = cells
        self.plan.fresh.append(row)
        self.plan.bottom = row
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

    def _room(self) -> int:
        """The row under the list; refused where something stands there already."""
        row = self.plan.bottom + 1
        excel_table = self.table.table
        if (
            excel_table is not None
            and row > excel_table.area[2] - excel_table.totals_rows
            and excel_table.totals_rows
        ):
            raise Refusal(
                f"the table '{excel_table.name}' has its totals right under the list",
                "insert some empty rows above the totals in Excel",
            )
        if self.table.below is not None and row >= self.table.below:
            raise Refusal(
                f"there is no free row under the list: row {self.table.below} is filled",
                f"insert some empty rows above row {self.table.below} in Excel",
            )
        for area in self.facts.merges:
            if area[0] <= row <= area[2]:
                raise Refusal(f"the row under the list is merged ({show_range(area)})", "unmerge it in Excel")
        return row

    def _put_defaults(self, row: int, cells: dict[int, NewCell]) -> None:
        """What the mapping wants in every new row, where the record itself says nothing."""
        for heading, value in self.spec.on_create.items():
            number = self.table.header.columns[heading]
            if number not in cells:
                column = Column(heading, heading, None, "text", True)
                cells[number], _ = self._set(row, number, column, value)

    def _put_key(self, id: str, row: int, cells: dict[int, NewCell], values: list[Any]) -> None:
        if len(self.spec.key) > 1:
            return
        heading = self.spec.key[0]
        number = self.table.header.columns[heading]
        xml = self.row_xml(row)
        placed = xml.cell(number) if xml is not None else None
        self._check_free(row, number, placed, heading)
        like = self.model.cell(number) if self.model is not None else None
        spot = self._spot(number, placed)
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
