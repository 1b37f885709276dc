"""One value of a record that Odoo keeps in its lines: the amount of a contract is the price of its line.

The mapping names the price and, in the option `line`, what a new line is made with:

    amount:
      field: contract_line_ids.price_unit
      total: price_subtotal
      where: [["display_type", "=", false]]
      line: {name: Maintenance, quantity: 1, date_start: {from: date_start}}

Read, it is the sum of `total` (without it: of the field itself) over the lines that meet `where`, and empty
where there is none. Written, it is the price of the only line; without a line, one is made; where several
lines make it up, or a quantity or discount, it is refused in words: how a sum is shared out a person decides.
A line's value with `from` is that field of the record itself, and follows it whenever the hub writes it.

A new line carries a reference of the hub's (an external id), so that the same write again finds it: neither a
lost answer nor a second try makes a second line. Pure; `layout` resolves, `writing` and `loading` send.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.ports import Misconfigured, NativeField

MODULE = "__hub__"
OPTIONS = frozenset({"line", "total", "where"})
Line = Mapping[str, Any]
UNASKED = object()


class Shared(ValueError):
    """The value cannot be written into the lines there are, and why, for a clerk."""


@dataclass(frozen=True, slots=True)
class OneLine:
    """`made`: what a new line is made with; `follows`: field of the line → field of the record."""

    price: str
    total: str
    made: Mapping[str, Any]
    follows: Mapping[str, str]

    @property
    def columns(self) -> tuple[NativeField, ...]:
        """The line's fields that are read."""
        return tuple(NativeField(name) for name in dict.fromkeys(("id", self.price, self.total)))


@dataclass(frozen=True, slots=True)
class LineWrite:
    """What is written into one line: the line `id`, or a new one that gets the reference `ref`."""

    id: int | None
    ref: str
    vals: dict[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> list[list[Any]]:
        """As ``write`` takes it; only for a line that is there."""
        return [[1, self.id, self.vals]]

    def cells(self) -> dict[str, Any]:
        """As ``load`` takes it, by the name under the field's own."""
        return (
            {"id": f"{MODULE}.{self.ref}", **self.vals} if self.id is None else {".id": self.id, **self.vals}
        )


def parsed(system: str, native: NativeField, price: str) -> OneLine:
    """What the mapping says of the line. Raises `Misconfigured`."""
    given = native.options.get("line")
    if not price or not isinstance(given, Mapping):
        what = f"`line` of {native.name} is not what a line is made with"
        todo = "write `field: lines.price` and `line: {name: …, quantity: 1}`"
        raise Misconfigured(system, what, todo=todo)
    follows = {
        str(name): str(value.get("from")) for name, value in given.items() if isinstance(value, Mapping)
    }
    made = {str(name): value for name, value in given.items() if not isinstance(value, Mapping)}
    return OneLine(price, str(native.options.get("total") or price), made, follows)


def amount(line: OneLine, lines: Sequence[Line]) -> float | None:
    """What the lines come to; ``None`` without a line."""
    if not lines:
        return None
    return round(math.fsum(float(one.get(line.total) or 0) for one in lines), 6)


def change(
    line: OneLine,
    ref: str,
    lines: Sequence[Line],
    asked: Any,
    fresh: Mapping[str, Any],
    known: Mapping[str, Any],
) -> LineWrite | None:
    """What to write into the lines, or ``None``.

    `asked`: the price, False for empty, `UNASKED` where only the record is written. `fresh`: what is written
    to the record itself, by its fields; `known`: what it holds besides. Raises `Shared`.
    """
    following = {name: fresh[base] for name, base in line.follows.items() if base in fresh}
    if asked is UNASKED:
        return LineWrite(lines[0]["id"], ref, following) if len(lines) == 1 and following else None
    if len(lines) > 1:
        raise Shared(f"is the sum of {len(lines)} lines: write the new prices in Odoo")
    if not lines:
        if asked is False:
            return None
        rest = {name: known[base] for name, base in line.follows.items() if base in known}
        return LineWrite(None, ref, {**line.made, **rest, **following, line.price: asked})
    if asked is False:
        raise Shared("is the price of a line, which is not emptied from here: take the line out in Odoo")
    (only,) = lines
    price, total = float(only.get(line.price) or 0), float(only.get(line.total) or 0)
    if not math.isclose(price, total, abs_tol=0.005):
        raise Shared(
            f"is {total:g} because of a quantity or a discount on a price of {price:g}: write it in Odoo"
        )
    return LineWrite(only["id"], ref, {**following, line.price: asked})


def commands(vals: Mapping[str, Any]) -> dict[str, Any]:
    """The values as ``write`` takes them."""
    return {name: value.command if isinstance(value, LineWrite) else value for name, value in vals.items()}


def makes_line(vals: Mapping[str, Any]) -> bool:
    """Whether a line is made: only ``load`` gives it its reference."""
    return any(isinstance(value, LineWrite) and value.id is None for value in vals.values())


def headings(rows: Sequence[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    """The names under the field's own that these rows fill of it; none for a field that is no line."""
    found = {sub for row in rows if isinstance(row.get(name), LineWrite) for sub in row[name].cells()}
    return tuple(sorted(found))
