"""The lines of a document: an ordered table in one field, such as an invoice's lines or its entries.

A value is a list of lines, each a dict of column → canonical value with every column in it, empty ones as
``None``; the order of the lines is part of it. Two columns may have to balance: their sums are then equal, to
the cent, or the value has no reading. Never: a line dropped, a line without a column it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.ports import Native
from hub.values.base import BadOption, Canonical, FieldType, Unreadable, as_short_text, shown

PLAIN_ONLY = ("ref", "list", "lines")
"""Types that no column can have."""


class Lines(FieldType):
    """Lines of `columns`; `required` are those no line may lack, `balance` two whose sums must be equal."""

    name = "lines"
    options = ("columns", "balance")
    describe = (
        "The lines of a document, in their order: `columns` are fields of their own. `balance: [debit, "
        "credit]` refuses lines whose two sums differ."
    )

    def __init__(
        self, columns: Mapping[str, FieldType], required: Sequence[str] = (), balance: Sequence[str] = ()
    ) -> None:
        if not columns:
            raise BadOption("type lines needs `columns`: the fields of one line")
        for name, kind in columns.items():
            if kind.name in PLAIN_ONLY:
                raise BadOption(f"column {name} cannot be of type {kind.name}")
        for name in balance:
            if name not in columns or columns[name].name not in ("money", "number"):
                raise BadOption(f"`balance` names {name!r}, which is no column of type money or number")
        if balance and len(set(balance)) != 2:
            raise BadOption("`balance` names two columns, e.g. [debit, credit]")
        self.columns, self.required, self.balance = dict(columns), tuple(required), tuple(balance)

    def parse(self, native: Native) -> Canonical:
        """From lines by the columns' own names. Raises `Unreadable`, naming the line."""
        if not isinstance(native, list):
            text = as_short_text(native)
            if not text:
                return None
            raise Unreadable(f"{shown(text)} stands where lines are expected")
        return self.checked([self._line(number, line) for number, line in enumerate(native, 1)])

    def _line(self, number: int, native: Any) -> dict[str, Canonical]:
        if not isinstance(native, Mapping):
            raise Unreadable(f"line {number}: {shown(native)} is no line")
        found: dict[str, Canonical] = {}
        for name, kind in self.columns.items():
            try:
                found[name] = kind.parse(native.get(name))
            except Unreadable as reason:
                raise Unreadable(f"line {number}: {name}: {reason}") from reason
        return found

    def checked(self, lines: list[dict[str, Canonical]]) -> Canonical:
        """These lines, complete and balanced, or ``None`` for none. Raises `Unreadable`."""
        for number, line in enumerate(lines, 1):
            lacking = [name for name in self.required if line.get(name) is None]
            if lacking:
                raise Unreadable(f"line {number}: {', '.join(lacking)} is empty")
        if lines and self.balance:
            self._weigh(lines)
        return lines or None

    def _weigh(self, lines: Sequence[Mapping[str, Canonical]]) -> None:
        one, other = self.balance
        left, right = (_sum(lines, name) for name in self.balance)
        if left != right:
            raise Unreadable(
                f"the lines do not balance: {one} {left}, {other} {right}, difference {abs(left - right)}"
            )

    def native(self, value: Canonical, like: Native = None) -> Native:
        if not isinstance(value, list):
            return None
        return [{name: kind.native(line.get(name)) for name, kind in self.columns.items()} for line in value]

    def show(self, value: Canonical, lang: str = "fr") -> str:
        if not isinstance(value, list):
            return ""
        return " | ".join(
            " ".join(filter(None, (kind.show(line.get(name), lang) for name, kind in self.columns.items())))
            for line in value
        )

    def key(self, value: Canonical) -> str | None:
        return None


def _sum(lines: Sequence[Mapping[str, Canonical]], name: str) -> Decimal:
    return sum((Decimal(str(line.get(name) or 0)) for line in lines), Decimal(0))
