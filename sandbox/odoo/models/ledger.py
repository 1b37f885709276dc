"""What is computed of journal entries: money, what is left of a line, how far an invoice is paid.

Pure: functions of the environment's rows that change nothing. Amounts are in the one currency there is, with
two decimals, a half going away from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.odoo.schema import Row

CENT = Decimal("0.01")
INVOICES = ("out_invoice", "in_invoice", "out_receipt", "in_receipt")
REFUNDS = ("out_refund", "in_refund")
SALES = ("out_invoice", "out_refund", "out_receipt")
DOCUMENTS = (*INVOICES, *REFUNDS)
THIRD = ("asset_receivable", "liability_payable", "receivable", "payable")
"""The types of the accounts that hold what a third party owes or is owed, in 19 and in 14."""
ITEMS = ("product", "line_section", "line_subsection", "line_note")


def money(value: float | Decimal) -> float:
    """Rounded to the cent."""
    return float(Decimal(repr(value) if isinstance(value, float) else value).quantize(CENT, ROUND_HALF_UP))


def total(values: Iterable[float]) -> float:
    """A sum of amounts, to the cent."""
    return money(sum((Decimal(repr(float(value))) for value in values), Decimal(0)))


def lines_of(env: Any, move: int) -> list[Row]:
    """A move's journal items, in the order they were made."""
    table = env.table("account.move.line")
    return [table.rows[id] for id in sorted(table.indexes["move_id"].get(move, ()))]


def is_item(row: Row) -> bool:
    """Whether a journal item of 19 is one of the lines a person types."""
    return row.get("display_type") in ITEMS


def is_item_14(row: Row) -> bool:
    """The same in 14, where every item says so itself."""
    return not row.get("exclude_from_invoice_tab")


def kind_of_account(env: Any, account: int | None) -> str | None:
    """The account's type: `account_type` in 19, `internal_type` in 14."""
    row = env.table("account.account").rows.get(account or 0)
    if row is None:
        return None
    return str(row["account_type"]) if "account_type" in row else internal_type(env, row)


def internal_type(env: Any, row: Row) -> str:
    """What 14 derives from an account's type."""
    return str(env.table("account.account.type").rows[row["user_type_id"]]["type"])


def account_of_line(env: Any, row: Row) -> str | None:
    """The type of a journal item's account."""
    return kind_of_account(env, row.get("account_id"))


def of_move(name: str) -> Callable[[Any, Row], Any]:
    """Reads a field of a journal item's move."""

    def read(env: Any, row: Row) -> Any:
        move = env.table("account.move").rows.get(row.get("move_id") or 0)
        return move.get(name) if move else None

    return read


def balance(env: Any, row: Row) -> float:
    """Debit less credit."""
    return total([row.get("debit") or 0.0, -(row.get("credit") or 0.0)])


def matched(env: Any, line: int) -> list[tuple[Row, int]]:
    """The partial reconciliations of a journal item, each with the item on the other side."""
    table = env.table("account.partial.reconcile")
    found = [(table.rows[id], "credit_move_id") for id in table.indexes["debit_move_id"].get(line, ())]
    found += [(table.rows[id], "debit_move_id") for id in table.indexes["credit_move_id"].get(line, ())]
    return [(row, row[other]) for row, other in found]


def line_residual(env: Any, row: Row) -> float:
    """What is left of a journal item on a third party's account, signed; 0 on any other."""
    account = env.table("account.account").rows.get(row.get("account_id") or 0)
    if account is None or not account.get("reconcile"):
        return 0.0
    own = balance(env, row)
    used = total(partial["amount"] for partial, _ in matched(env, row["id"]))
    return total([own, -used if own > 0 else used])


def reconciled(env: Any, row: Row) -> bool:
    """Whether nothing is left of a journal item that something was matched with."""
    return line_residual(env, row) == 0 and bool(matched(env, row["id"]))


def third_lines(env: Any, move: int) -> list[Row]:
    """The journal items of a move on a third party's account."""
    return [row for row in lines_of(env, move) if account_of_line(env, row) in THIRD]


def sign(row: Row) -> int:
    """1 where the document's items are on the debit side, -1 on the credit side."""
    return -1 if row["move_type"] in ("out_invoice", "in_refund", "out_receipt") else 1


def untaxed(env: Any, row: Row) -> float:
    """The total of the lines a person typed, of a document."""
    if row["move_type"] not in DOCUMENTS:
        return 0.0
    return total(line.get("price_subtotal") or 0.0 for line in lines_of(env, row["id"]) if _typed(line))


def tax(env: Any, row: Row) -> float:
    """The total of a document's taxes."""
    if row["move_type"] not in DOCUMENTS:
        return 0.0
    found = [balance(env, line) for line in lines_of(env, row["id"]) if line.get("tax_line_id")]
    return money(sign(row) * total(found)) + 0.0


def amount_total(env: Any, row: Row) -> float:
    """With taxes; of a bare entry, its debit side."""
    if row["move_type"] not in DOCUMENTS:
        return total(line.get("debit") or 0.0 for line in lines_of(env, row["id"]))
    return total([untaxed(env, row), tax(env, row)])


def residual(env: Any, row: Row) -> float:
    """What is left to pay of a document."""
    if row["move_type"] not in DOCUMENTS:
        return 0.0
    left = total(line_residual(env, line) for line in third_lines(env, row["id"]))
    return money(-sign(row) * left) + 0.0


def signed(compute: Callable[[Any, Row], float]) -> Callable[[Any, Row], float]:
    """The same amount, negative for a customer's credit note and a vendor's bill."""

    def read(env: Any, row: Row) -> float:
        return (
            money((-1 if row["move_type"] in ("out_refund", "in_invoice") else 1) * compute(env, row)) + 0.0
        )

    return read


def payment_state(env: Any, row: Row) -> str | None:
    """How far a document is paid; nothing in 14, and ``not_paid`` in 19, for a bare entry."""
    old = env.base.version < 19
    if row["move_type"] not in DOCUMENTS:
        return None if old else "not_paid"
    if old and row["state"] != "posted":
        return "not_paid"
    others = [
        env.table("account.move").rows[env.table("account.move.line").rows[other]["move_id"]]
        for line in third_lines(env, row["id"])
        for _, other in matched(env, line["id"])
    ]
    if residual(env, row) != 0:
        return "partial" if others else "not_paid"
    if not others:
        return "paid" if row["state"] == "posted" else "not_paid"
    back = {"out_invoice": "out_refund", "in_invoice": "in_refund"}.get(row["move_type"])
    return "reversed" if {other["move_type"] for other in others} == {back} else "paid"


def status_in_payment(env: Any, row: Row) -> str:
    """The state of the document, and once posted of its payment, in one word."""
    paid = payment_state(env, row)
    return str(row["state"]) if paid is None or paid == "not_paid" else paid


def move_name(row: Row) -> str:
    """A move as it is shown: its number, or what it is, and its reference."""
    name = row.get("name") if row.get("name") != "/" else None
    words = name or ""
    if row["state"] == "draft":
        kind = {"entry": "Draft Entry", "out_invoice": "Draft Invoice", "out_refund": "Draft Credit Note",
                "in_invoice": "Draft Bill", "in_refund": "Draft Vendor Credit Note",
                "out_receipt": "Draft Sales Receipt", "in_receipt": "Draft Purchase Receipt"}  # fmt: skip
        shown = kind[row["move_type"]]
        words = (
            f"{shown} {name}"
            if name
            else (f"{shown} (* {row['id']})" if "/" in (row.get("name") or "") else shown)
        )
    return f"{words} ({row['ref']})" if row.get("ref") else words


def public_price(env: Any, row: Row) -> float:
    """A product's price, which has no variant of its own here."""
    return float(row.get("list_price") or 0.0)


def sale_tax(env: Any) -> Any:
    """The taxes a new product starts with: the first one for sales."""
    taxes = env.sudo()["account.tax"]
    return [(6, 0, taxes.search([("type_tax_use", "=", "sale")], limit=1))]


def _typed(row: Row) -> bool:
    return is_item(row) if "exclude_from_invoice_tab" not in row else is_item_14(row)
