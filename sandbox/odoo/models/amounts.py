"""What a document's typed lines amount to: subtotals, taxes, instalments. Pure: rows in, numbers out.

14 rounds the taxes of each line, 19 (with the French chart) those of the whole document.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from sandbox.odoo.models.ledger import money, total
from sandbox.odoo.schema import Row

HUNDRED = Decimal(100)


def exact(value: object) -> Decimal:
    """A stored number as it was written."""
    return Decimal(repr(float(value or 0.0)))  # type: ignore[arg-type]


def base(line: Row, taxes: Mapping[int, Row]) -> Decimal:
    """A line without taxes, not rounded."""
    price = exact(line.get("price_unit")) * (1 - exact(line.get("discount")) / HUNDRED)
    inside = [
        exact(taxes[id]["amount"]) for id in line.get("tax_ids") or () if taxes[id].get("price_include")
    ]
    return exact(line.get("quantity")) * price / (1 + sum(inside, Decimal(0)) / HUNDRED)


def tax_of(amount: Decimal, tax: Row) -> Decimal:
    """The tax on an amount without taxes, not rounded."""
    if tax["amount_type"] != "percent":
        raise ValueError(
            f"the sandbox computes percentages, not the tax {tax['name']} ({tax['amount_type']})"
        )
    return amount * exact(tax["amount"]) / HUNDRED


def priced(line: Row, taxes: Mapping[int, Row]) -> tuple[float, float]:
    """A line without and with its taxes."""
    amount = base(line, taxes)
    added = [money(tax_of(amount, taxes[id])) for id in line.get("tax_ids") or ()]
    return money(amount), total([money(amount), *added])


def taxed(lines: Iterable[Row], taxes: Mapping[int, Row], *, by_line: bool) -> dict[int, tuple[float, float]]:
    """Per tax, in the order met: its base and its amount."""
    found: dict[int, list[Decimal]] = {}
    for line in lines:
        amount = base(line, taxes)
        for id in line.get("tax_ids") or ():
            added = tax_of(amount, taxes[id])
            kept = found.setdefault(id, [Decimal(0), Decimal(0)])
            kept[0] += exact(money(amount))
            kept[1] += exact(money(added)) if by_line else added
    return {id: (money(under), money(added)) for id, (under, added) in found.items()}


def instalments(amount: float, terms: Sequence[Row], start: dt.date) -> list[tuple[dt.date, float]]:
    """When how much is due; what rounding leaves is in the last one."""
    found: list[tuple[dt.date, float]] = []
    for term in terms:
        part = (
            amount
            if term["value"] == "balance"
            else money(exact(amount) * exact(term["value_amount"]) / HUNDRED)
        )
        if term is terms[-1]:
            part = total([amount, *(-already for _, already in found)])
        days = term.get("nb_days") if "nb_days" in term else term.get("days")
        found.append((start + dt.timedelta(days=days or 0), part))
    return found
