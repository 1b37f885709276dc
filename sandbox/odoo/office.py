"""Somebody at this Odoo's screens who invoices: nothing of it is a call, is counted or is hooked.

office = Office(odoo)
invoice = office.invoice(partner, [("Annual maintenance", 2, 350.0)], day=date(2026, 3, 2))
office.credit(invoice, "wrong price")
office.pay(invoice, 200)
office.see(invoice)["payment_state"]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sandbox.odoo.server import Odoo

Item = tuple[str, float, float]
"""What is invoiced, how much of it, the price of one."""
SHOWN = (
    "name", "state", "move_type", "payment_state", "amount_untaxed", "amount_tax", "amount_total",
    "amount_residual", "invoice_date", "invoice_date_due", "partner_id", "reversed_entry_id",
)  # fmt: skip


class Office:
    """A person with the right to invoice. Every method raises `UserError` where Odoo would not have it."""

    def __init__(self, odoo: Odoo) -> None:
        self._env = odoo.env

    def invoice(
        self, partner: int, items: Sequence[Item], *, day: date | None = None, tax: float = 20.0,
        term: str = "30 Days", reference: str = "",
    ) -> int:  # fmt: skip
        """Make an invoice and post it; its id. `tax` is the rate of the sales tax to put on every line."""
        taxes = self._id(
            "account.tax",
            [("type_tax_use", "=", "sale"), ("amount", "=", tax), ("active", "in", [True, False])],
        )
        lines = [
            (0, 0, {"name": name, "quantity": quantity, "price_unit": price, "tax_ids": [(6, 0, [taxes])]})
            for name, quantity, price in items
        ]
        values = {
            "move_type": "out_invoice", "partner_id": partner, "invoice_date": str(day or self._today()),
            "invoice_payment_term_id": self._id("account.payment.term", [("name", "=", term)]),
            "ref": reference or False, "invoice_line_ids": lines,
        }  # fmt: skip
        moves: Any = self._env["account.move"]
        with self._env.transaction():
            made = int(moves.create(values))
            moves.browse([made]).action_post()
        return made

    def credit(self, invoice: int, reason: str = "", *, day: date | None = None) -> int:
        """Make the credit note of a whole invoice and post it; its id."""
        wizards: Any = self._env.with_context(active_model="account.move", active_ids=[invoice])[
            "account.move.reversal"
        ]
        moves: Any = self._env["account.move"]
        old = self._env.base.version < 19
        values = {
            "reason": reason,
            "date": str(day or self._today()),
            "journal_id": moves.table.rows[invoice]["journal_id"],
        }
        with self._env.transaction():
            wizard = wizards.browse(
                [wizards.create({**values, **({"refund_method": "refund"} if old else {})})]
            )
            shown = wizard.reverse_moves() if old else wizard.refund_moves()
            moves.browse([shown["res_id"]]).action_post()
        return int(shown["res_id"])

    def pay(self, invoice: int, amount: float | None = None, *, day: date | None = None) -> int:
        """Enter a payment of an invoice, all that is left unless said otherwise; the payment's id."""
        context = {"active_model": "account.move", "active_ids": [invoice]}
        wizards: Any = self._env.with_context(**context)["account.payment.register"]
        values = {
            "payment_date": str(day or self._today()),
            **({"amount": amount} if amount is not None else {}),
        }
        with self._env.transaction():
            return int(wizards.browse([wizards.create(values)]).action_create_payments()["res_id"])

    def see(self, move: int) -> dict[str, Any]:
        """An invoice as the screen shows it."""
        return dict(self._env["account.move"].browse([move]).read(SHOWN)[0])

    def entries(self, move: int) -> list[dict[str, Any]]:
        """Its journal items: account code, debit, credit."""
        lines = self._env["account.move.line"]
        accounts = self._env.table("account.account").rows
        found = lines.browse(lines.search([("move_id", "=", move)])).rows()
        return [
            {"account": accounts[row["account_id"]]["code"], "debit": row["debit"], "credit": row["credit"]}
            for row in found
            if row.get("account_id")
        ]

    def _id(self, model: str, domain: list[Any]) -> int:
        found = self._env[model].search(domain, limit=1)
        if not found:
            raise LookupError(f"no {model} of {domain}")
        return int(found[0])

    def _today(self) -> date:
        return self._env.base.time.date()
