"""The lens of a document's lines: a lens for each column, used on every line.

A system shows lines as a list of dicts of its own columns. They are read whole or not at all: a line with a
value that has no reading makes all of them unreadable, and the reason names the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.lenses.base import Lens, Refs
from hub.ports import Native, NativeField
from hub.values import Canonical, Unreadable, Unwritable
from hub.values.base import shown
from hub.values.lines import Lines


@dataclass(frozen=True, eq=False)
class InLines(Lens):
    """One canonical field of type `lines`; `columns` are the lenses of its columns that the system has."""

    columns: tuple[Lens, ...] = ()

    def native_fields(self) -> tuple[NativeField, ...]:
        cells = tuple(cell for lens in self.columns for cell in lens.native_fields())
        return tuple(
            NativeField(name, self.native_type, self.writes, self.options, cells) for name in self.natives
        )

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        found = native[self.natives[0]]
        if found is None:
            return None
        if not isinstance(found, list):
            raise Unreadable(f"{shown(found)} stands where lines are expected")
        kind = self.type
        assert isinstance(kind, Lines)
        return kind.checked([self._line(kind, place, line, refs) for place, line in enumerate(found, 1)])

    def _line(self, kind: Lines, number: int, line: Any, refs: Refs) -> dict[str, Canonical]:
        if not isinstance(line, Mapping):
            raise Unreadable(f"line {number}: {shown(line)} is no line")
        values: dict[str, Canonical] = dict.fromkeys(kind.columns)
        for lens in self.columns:
            if not lens.reads:
                continue
            try:
                values[lens.name] = lens.get(line, refs)
            except Unreadable as reason:
                raise Unreadable(f"line {number}: {lens.name}: {reason}") from reason
        return values

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        if not isinstance(value, list):
            return {self.natives[0]: None}
        return {self.natives[0]: [self._written(place, line, refs) for place, line in enumerate(value, 1)]}

    def _written(self, number: int, line: Mapping[str, Canonical], refs: Refs) -> dict[str, Native]:
        cells: dict[str, Native] = {}
        for lens in self.columns:
            if not lens.writes:
                continue
            try:
                cells |= lens.put(line.get(lens.name), {}, refs)
            except Unwritable as reason:
                raise Unwritable(f"line {number}: {reason}") from reason
        return cells
