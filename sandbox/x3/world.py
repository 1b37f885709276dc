"""One X3 folder: its records, its codes, its numbers, its locks; every change of it goes through here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox.x3.objects.catalogue import SHAPES, tables
from sandbox.x3.rules import RULES, checked
from sandbox.x3.schema import Shape, char
from sandbox.x3.store import Line, Record, Table, Value
from sandbox.x3.words import Message, Refusal, Words

PAYABLE = {"SIH": "INVATI", "BIC": "AMTATI"}
"""Documents a payment may be for, and the field with what they come to."""
PARTIES = ("BPC", "BPS")
_USERS = {"BPC": (("SIH", "BPCINV"), ("BIC", "BPR"), ("PAY", "BPAINV"))}
"""Where a record of this object may be used: object and indexed field."""


@dataclass
class World:
    """`codes` are the tables of codes, open to change; `user` is the folder user the pool runs as.

    `groups` gives blocks other ids than the standard's; `custom` adds fields to objects, name and length;
    `listed` adds columns to their lists; `numbering` replaces how they are numbered.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    listed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbering: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = datetime.now
    user: str = "WSUSR"

    def __post_init__(self) -> None:
        self.turn = threading.RLock()
        self.wipe()

    def wipe(self) -> None:
        """Nothing entered, nothing numbered, the tables of codes as they come."""
        with self.turn:
            self.codes: dict[str, dict[str, str]] = tables()
            self.tables = {code: Table(self._as_here(shape)) for code, shape in SHAPES.items()}
            self.locked: set[tuple[str, str]] = set()
            self.counts: Counter[str] = Counter()

    def _as_here(self, shape: Shape) -> Shape:
        fields = (
            char(name, length, name, table="") for name, length in self.custom.get(shape.code, {}).items()
        )
        grown = shape.grown(fields).renamed(self.groups)
        columns = dict.fromkeys((*grown.listed, *self.listed.get(shape.code, ())))
        number = self.numbering.get(shape.code, shape.number)
        return Shape(shape.code, shape.title, shape.key, grown.blocks, tuple(columns), grown.indexed, number)

    def knows(self, table: str, code: str) -> bool:
        """Whether a code exists, among the codes or among the records of an object."""
        if table in self.tables:
            return code in self.tables[table].records
        if table == "third parties":
            return any(code in self.tables[party].records for party in PARTIES)
        known = self.codes[table]
        return not known or code in known

    def record(self, code: str, key: str, words: Words) -> Record:
        """One record. Raises `Refusal` where there is none."""
        table = self.tables[code]
        if key not in table.records:
            raise Refusal(words("no record", title=table.shape.title, key=key))
        return table.records[key]

    def create(
        self, code: str, values: Mapping[str, Value], grids: Mapping[str, Sequence[Line]], words: Words,
        user: str = "", replacing: bool = False,
    ) -> tuple[Record, list[Message]]:  # fmt: skip
        """A new record, numbered where it has no key; with what X3 warns of."""
        shape = self.tables[code].shape
        key = str(values.get(shape.key, "")).strip().upper()
        if key in self.tables[code].records:
            if not replacing:
                raise Refusal(words("exists", title=shape.title, key=key))
            self.need_free(code, key, words)
        elif not key and not shape.number:
            raise Refusal(words("required", field=shape.fields[shape.key][1].words))
        kept, lines = checked(self, shape, values, grids, words)
        kept[shape.key] = key or self._next_number(shape, kept)
        return self._keep(code, kept, lines, words, user)

    def change(
        self, code: str, key: str, values: Mapping[str, Value], grids: Mapping[str, Sequence[Line]],
        words: Words, user: str = "",
    ) -> tuple[Record, list[Message]]:  # fmt: skip
        """A record with these values and these whole grids in place of those it has."""
        shape = self.tables[code].shape
        before = self.record(code, key, words)
        if code in PAYABLE and before.text("INVSTA") == "3":
            raise Refusal(words("posted", title=shape.title, key=key))
        merged = {**before.values, **values, shape.key: key}
        kept, lines = checked(self, shape, merged, {**before.grids, **grids}, words)
        return self._keep(code, kept, lines, words, user)

    def _keep(
        self, code: str, values: dict[str, Value], grids: dict[str, list[dict[str, str]]], words: Words,
        user: str,
    ) -> tuple[Record, list[Message]]:  # fmt: skip
        shape = self.tables[code].shape
        warned = RULES[code](self, shape, values, grids, words) if code in RULES else []
        record = Record(values, grids, self.clock().replace(microsecond=0), user or self.user)
        self.tables[code].put(str(values[shape.key]), record)
        return record, warned

    def remove(self, code: str, key: str, words: Words) -> Record:
        """Without this record. Raises `Refusal` where others name it."""
        record = self.record(code, key, words)
        title = self.tables[code].shape.title
        if code in PAYABLE and record.text("INVSTA") == "3":
            raise Refusal(words("posted", title=title, key=key))
        for other, name in _USERS.get(code, ()):
            users = self.tables[other].with_value(name, key)
            if users:
                by = f"{self.tables[other].shape.title} {users[0]}"
                raise Refusal(words("used", title=title, key=key, by=by))
        self.tables[code].drop(key)
        return record

    def need_free(self, code: str, key: str, words: Words) -> None:
        """Raises `Refusal` where a person has this record open."""
        if (code, key) in self.locked:
            raise Refusal(words("locked", title=self.tables[code].shape.title, key=key))

    def due(self, number: str, but: str = "") -> Decimal | None:
        """What is left to pay on an invoice, the payment `but` not counted; ``None`` where there is none."""
        found = next((c for c in PAYABLE if number in self.tables[c].records), None)
        if found is None:
            return None
        total = Decimal(self.tables[found].records[number].text(PAYABLE[found]))
        payer = self.tables[found].records[number].text("BPCINV" if found == "SIH" else "BPR")
        payments = self.tables["PAY"]
        grid = payments.shape.grid_with("VCRNUM").id
        paid = (
            Decimal(line["AMTLIN"])
            for key in payments.with_value("BPAINV", payer)
            if key != but
            for line in payments.records[key].grids[grid]
            if line["VCRNUM"] == number
        )
        return total - sum(paid, Decimal(0))

    def _next_number(self, shape: Shape, values: Mapping[str, Value]) -> str:
        day = next((str(values[name]) for name in ("INVDAT", "ACCDAT") if values.get(name)), "")
        month = day[2:6] or f"{self.clock():%y%m}"
        series = shape.number.format(**values, month=month, count=0)
        while True:
            self.counts[series] += 1
            number = shape.number.format(**values, month=month, count=self.counts[series])
            if number not in self.tables[shape.code].records:
                return number
