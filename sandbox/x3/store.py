"""Records in memory, in the order of their keys, found by key, by how a key begins, or by an indexed column.

Promises: a record is never changed in place, so that whoever holds one keeps what it got; a query looks at no
more records than its narrowest condition leaves; nothing here knows XML.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from sandbox.x3.schema import Shape

Value = str | tuple[str, ...]
Line = Mapping[str, str]
_STAMPS = {"UPDDAT": "%Y%m%d", "UPDDATTIM": "%Y%m%d%H%M%S", "WW_MODSTAMP": "%Y%m%d%H%M%S"}
"""Columns of the list that come of when the record was last saved."""


@dataclass(frozen=True)
class Record:
    """`values` by field, arrays as tuples; `grids` by block id. `drawn` keeps what it looks like."""

    values: Mapping[str, Value]
    grids: Mapping[str, Sequence[Line]]
    saved: datetime
    user: str
    drawn: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def text(self, name: str) -> str:
        """A field's value, the first of an array's."""
        if name in _STAMPS:
            return self.saved.strftime(_STAMPS[name])
        value = self.values.get(name, "")
        return value if isinstance(value, str) else value[0]

    @property
    def stamp(self) -> str:
        """``YYYYMMDDhhmmss``, to the second as X3 has it."""
        return self.text("WW_MODSTAMP")


@dataclass(frozen=True, slots=True)
class Condition:
    """One column of the list against a value: as it is, with ``*`` for any text, or after ``>=`` or such."""

    column: str
    value: str
    ranges: bool = True

    @property
    def operator(self) -> str:
        found = next((sign for sign in (">=", "<=", "<>", ">", "<") if self.value.startswith(sign)), "")
        return found if self.ranges else ""

    @property
    def operand(self) -> str:
        return self.value.removeprefix(self.operator).strip() if self.operator else self.value

    @property
    def start(self) -> str:
        """What every match begins with."""
        return "" if self.operator else self.value.partition("*")[0]

    @property
    def exact(self) -> bool:
        return not self.operator and "*" not in self.value

    def test(self) -> Callable[[str], bool]:
        """Whether a value matches."""
        operator, operand = self.operator, self.operand
        if operator:
            return {
                ">=": lambda text: text >= operand,
                "<=": lambda text: text <= operand,
                "<>": lambda text: text != operand,
                ">": lambda text: text > operand,
                "<": lambda text: text < operand,
            }[operator]
        parts = operand.split("*")
        return lambda text: _like(text, parts)


def _like(text: str, parts: Sequence[str]) -> bool:
    first, *others = parts
    if not others:
        return text == first
    *middle, last = others
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(text) - len(last) >= at and text.endswith(last)


class Table:
    """The records of one object."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.records: dict[str, Record] = {}
        self._keys: list[str] = []
        self._indexes: dict[str, dict[str, dict[str, None]]] = {name: {} for name in shape.indexed}

    def put(self, key: str, record: Record) -> None:
        """Keep this record under its key, in place of any other."""
        before = self.records.get(key)
        if before is None:
            insort(self._keys, key)
        for name, index in self._indexes.items():
            value = record.text(name)
            if before is not None and before.text(name) != value:
                del index[before.text(name)][key]
            index.setdefault(value, {})[key] = None
        self.records[key] = record

    def drop(self, key: str) -> None:
        record = self.records.pop(key)
        del self._keys[bisect_left(self._keys, key)]
        for name, index in self._indexes.items():
            del index[record.text(name)][key]

    def with_value(self, name: str, value: str) -> list[str]:
        """The keys of the records with this value in an indexed column, in order."""
        return sorted(self._indexes[name].get(value, ()))

    def query(self, conditions: Sequence[Condition], most: int) -> list[Record]:
        """The first `most` records in the order of their keys that meet every condition."""
        tests = [(condition.column, condition.test()) for condition in conditions]
        found = (
            record
            for record in map(self.records.__getitem__, self._candidates(conditions))
            if all(test(record.text(column)) for column, test in tests)
        )
        return list(islice(found, max(most, 0)))

    def _candidates(self, conditions: Sequence[Condition]) -> Iterable[str]:
        low, high = 0, len(self._keys)
        for one in conditions:
            if one.column == self.shape.key:
                low, high = max(low, self._from(one)), min(high, self._until(one))
            elif one.exact and one.column in self._indexes:
                return self.with_value(one.column, one.value)
        return self._between(low, high)

    def _between(self, low: int, high: int) -> Iterator[str]:
        return (self._keys[at] for at in range(low, high))

    def _from(self, condition: Condition) -> int:
        if condition.operator in (">=", ">"):
            return bisect_left(self._keys, condition.operand)
        return bisect_left(self._keys, condition.start)

    def _until(self, condition: Condition) -> int:
        if condition.operator in ("<=", "<"):
            return bisect_left(self._keys, condition.operand + "\0")
        return bisect_left(self._keys, condition.start + "\U0010ffff") if condition.start else len(self._keys)
