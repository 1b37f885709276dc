"""What people do at X3's own screens: nothing of it is a call of the web service, is counted or is hooked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from sandbox.x3.rules import plain
from sandbox.x3.schema import Shape
from sandbox.x3.store import Line, Record, Value
from sandbox.x3.words import Words
from sandbox.x3.world import PAYABLE, World

WORDS = Words("FRA")
Given = Mapping[str, "str | int | float | Decimal | Sequence[str]"]
Rows = Sequence[Mapping[str, "str | int | float | Decimal"]]


class Person:
    """Somebody at work. Every method raises `Refusal` where X3 would not have it."""

    def __init__(self, world: World, user: str = "ADMIN") -> None:
        self._world, self.user = world, user

    def add(self, code: str, values: Given, *grids: Rows) -> str:
        """Enter a new record, its number or code back. Each of `grids` goes where its columns are."""
        with self._world.turn:
            shape = self._world.tables[code].shape
            record, _ = self._world.create(code, _values(values), _grids(shape, grids), WORDS, self.user)
            return record.text(shape.key)

    def edit(self, code: str, key: str, values: Given, *grids: Rows) -> None:
        """Change fields of a record; a grid that is given replaces the one there is."""
        with self._world.turn:
            shape = self._world.tables[code].shape
            self._world.need_free(code, key, WORDS)
            self._world.change(code, key, _values(values), _grids(shape, grids), WORDS, self.user)

    def delete(self, code: str, key: str) -> None:
        with self._world.turn:
            self._world.need_free(code, key, WORDS)
            self._world.remove(code, key, WORDS)

    @contextmanager
    def lock(self, code: str, key: str) -> Iterator[None]:
        """Have a record open for change for as long as the block lasts."""
        with self._world.turn:
            self._world.record(code, key, WORDS)
            self._world.locked.add((code, key))
        try:
            yield
        finally:
            with self._world.turn:
                self._world.locked.discard((code, key))

    def post(self, number: str) -> None:
        """Validate a sales invoice: nothing changes it from then on."""
        with self._world.turn:
            self._world.change("SIH", number, {"INVSTA": "3"}, {}, WORDS, self.user)

    def pay(
        self, number: str, amount: str | float | Decimal | None = None, day: date | None = None,
        reference: str = "", **more: str,
    ) -> str:  # fmt: skip
        """Enter a payment on an invoice, all that is due unless said otherwise; the payment's number.

        `REF` is the invoice's number unless `reference` says otherwise; the one line names the invoice.
        """
        with self._world.turn:
            due = self._world.due(number)
            if due is None:
                raise KeyError(number)
            code = next(code for code in PAYABLE if number in self._world.tables[code].records)
            invoice = self._world.tables[code].records[number]
            paid = due if amount is None else Decimal(str(amount))
            values = {
                "FCY": invoice.text("SALFCY" if code == "SIH" else "FCY"),
                "BPAINV": invoice.text("BPCINV" if code == "SIH" else "BPR"),
                "ACCDAT": f"{day or self._world.clock().date():%Y%m%d}",
                "REF": reference or number,
                "CUR": invoice.text("CUR"),
                "AMTCUR": plain(paid),
                **more,
            }
            line = {"DENCOD": "FAC", "VCRNUM": number, "AMTLIN": plain(paid)}
            return self.add("PAY", values, [line])

    def see(self, code: str, key: str) -> Record:
        """A record as the screen shows it."""
        with self._world.turn:
            return self._world.record(code, key, WORDS)

    def list(self, code: str) -> list[str]:
        """The keys of all records of an object, in order."""
        with self._world.turn:
            return sorted(self._world.tables[code].records)


def _values(given: Given) -> dict[str, Value]:
    return {
        name: tuple(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in given.items()
    }


def _grids(shape: Shape, given: Sequence[Rows]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for rows in given:
        names = {name for row in rows for name in row}
        grid = next((block for block in shape.grids if names <= {field.name for field in block.fields}), None)
        if grid is None:
            raise KeyError(f"{shape.code} has no grid with {', '.join(sorted(names))}")
        found[grid.id] = [{name: str(value) for name, value in row.items()} for row in rows]
    return found
