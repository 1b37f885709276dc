"""Payments: a draft, its entry of two items once posted, and what becomes of it when it is taken back.

The money waits on an account of outstanding receipts (or payments), since no bank statement comes in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.errors import IntegrityError, UserError
from sandbox.odoo.models import ledger
from sandbox.odoo.models.chart import account, bank, method
from sandbox.odoo.models.matching import unmatch
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

WORDS_14 = {
    ("inbound", "customer"): "Customer Payment",
    ("outbound", "customer"): "Customer Reimbursement",
    ("outbound", "supplier"): "Vendor Payment",
    ("inbound", "supplier"): "Vendor Reimbursement",
}


def own_line(env: Any, row: Row) -> Row | None:
    """The item of a payment's entry on the third party's account."""
    found = ledger.third_lines(env, row["move_id"]) if row.get("move_id") else []
    return found[0] if found else None


def is_reconciled(env: Any, row: Row) -> bool:
    """Whether the whole payment is set off against something."""
    line = own_line(env, row)
    return line is not None and ledger.reconciled(env, line)


def reconciled_invoices(env: Any, row: Row) -> tuple[int, ...]:
    """The documents it was set off against, and in 19 those it was made for."""
    line = own_line(env, row)
    items = env.table("account.move.line").rows
    found = {items[other]["move_id"] for _, other in ledger.matched(env, line["id"])} if line else set()
    return tuple(sorted({*found, *(row.get("invoice_ids") or ())}))


def matched_payments(env: Any, row: Row) -> tuple[int, ...]:
    """The payments made for a document, the latest first."""
    payments = env.table("account.payment").rows
    return tuple(id for id in reversed(payments) if row["id"] in (payments[id].get("invoice_ids") or ()))


def payment_type_of_line(env: Any, row: Row) -> str:
    """Which way the method goes."""
    return str(env.table("account.payment.method").rows[row["payment_method_id"]]["payment_type"])


class MethodLine(Records):
    """Ways to pay, shown with their journal."""

    def name_of(self, row: Row) -> str:
        """``Manual Payment (Bank)``."""
        book = self.env.table("account.journal").rows.get(row.get("journal_id") or 0)
        name = super().name_of(row)
        return f"{name} ({self.env.sudo()['account.journal'].name_of(book)})" if book else name


class Payment(Records):
    """A set of payments."""

    def name_of(self, row: Row) -> str:
        """The number."""
        return str(row.get("name") or "Draft Payment")

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """The journal, accounts and method of a new payment."""
        if not creating:
            return values
        customer = values.get("partner_type", "customer") == "customer"
        values.setdefault("journal_id", bank(self.env))
        values.setdefault("destination_account_id", account(self.env, "411100" if customer else "401100"))
        way = str(values.get("payment_type") or "inbound")
        book = self.env.table("account.journal").rows[values["journal_id"]]
        if book["type"] in ("bank", "cash"):
            name = "payment_method_id" if self.old else "payment_method_line_id"
            values.setdefault(name, method(self.env, way, values["journal_id"]))
        if not self.old:
            values.setdefault("outstanding_account_id", account(self.env, _outstanding(way)))
        return values

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """In 14 a draft payment has its entry from the start."""
        for id in ids:
            if self.old and creating:
                self._book(id, {})
            elif self.old and self.table.rows[id]["state"] == "draft":
                self._rebook(id)

    def check_row(self, row: Row, names: Iterable[str]) -> None:
        """An amount, and a way to pay it."""
        if (row.get("amount") or 0.0) < 0:
            said = "The payment amount cannot be negative."
            raise IntegrityError("check", said, None, "account_payment_check_amount_not_negative")
        if not row.get("payment_method_id" if self.old else "payment_method_line_id"):
            raise UserError(f"Please define a payment method {'' if self.old else 'line '}on your payment.")

    @remote()
    def action_post(self) -> None:
        """Post these drafts: the entry is booked."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            if row["state"] == "draft":
                self.post(row["id"], {})

    @remote()
    def action_draft(self) -> None:
        """Back to draft; in 14 no longer set off against anything."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            if row.get("move_id") and self.old:
                unmatch(self.env, row["move_id"])
                self._moves().put(row["move_id"], state="draft")
            self.put(row["id"], state="draft")

    @remote()
    def action_cancel(self) -> None:
        """Cancelled: set off against nothing, and in 19 without an entry."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            move = row.get("move_id")
            if move:
                unmatch(self.env, move)
                self._moves().put(move, state="cancel" if self.old else "draft")
            if move and not self.old:
                self.put(row["id"], move_id=None)
                self.env.sudo()["account.move"].browse([move]).unlink()
            self.put(row["id"], state="cancel" if self.old else "canceled")

    def before_unlink(self) -> None:
        """A payment goes with its entry."""
        moves = [row["move_id"] for row in self.rows() if row.get("move_id")]
        for move in moves:
            unmatch(self.env, move)
            self._moves().put(move, state="draft", posted_before=False)
        self.env.sudo()["account.move"].browse(moves).unlink()

    def post(self, id: int, write_off: Mapping[int, tuple[float, str]]) -> None:
        """Post one payment. `write_off`: account → (amount, text) of what is not paid and not owed either."""
        row = self.table.rows[id]
        if not row.get("move_id"):
            self._book(id, write_off)
        elif write_off:
            self._rebook(id, write_off)
        row = self.table.rows[id]
        self._moves().browse([row["move_id"]]).action_post()
        name = self.env.table("account.move").rows[row["move_id"]]["name"]
        self.put(id, name=name, state="posted" if self.old else "in_process")

    def put(self, id: int, **values: Any) -> None:
        """Store values in a row, with nothing following from it."""
        stamp = {"write_date": self.env.base.time, "write_uid": self.env.uid}
        self.table.put(id, {**self.table.rows[id], **values, **stamp})

    def _book(self, id: int, write_off: Mapping[int, tuple[float, str]]) -> None:
        row = self.table.rows[id]
        values = {"move_type": "entry", "journal_id": row["journal_id"], "date": row["date"],
                  "ref": row.get("ref" if self.old else "memo"), "partner_id": row.get("partner_id"),
                  "payment_id" if self.old else "origin_payment_id": id,
                  "line_ids": [(0, 0, line) for line in self._items(row, write_off)]}  # fmt: skip
        move = int(self.env["account.move"].create(values))
        self.put(id, move_id=move)
        if self.old:
            self.put(id, name=self.env.table("account.move").rows[move]["name"])

    def _rebook(self, id: int, write_off: Mapping[int, tuple[float, str]] | None = None) -> None:
        """The entry of a draft, made again from what the payment now says."""
        row = self.table.rows[id]
        items = [(0, 0, line) for line in self._items(row, write_off or {})]
        there = [(2, line["id"], 0) for line in ledger.lines_of(self.env, row["move_id"])]
        values = {"date": row["date"], "ref": row.get("ref"), "partner_id": row.get("partner_id")}
        move = self.env["account.move"].browse([row["move_id"]])
        self._moves().put(row["move_id"], state="draft")
        move.write({**{name: value or False for name, value in values.items()}, "line_ids": [*there, *items]})

    def _items(self, row: Row, write_off: Mapping[int, tuple[float, str]]) -> list[dict[str, Any]]:
        """Money on the way, the third party's account, and what is written off."""
        way = 1 if row["payment_type"] == "inbound" else -1
        amount = row.get("amount") or 0.0
        rest = ledger.total(part for part, _ in write_off.values())
        on_the_way = account(self.env, _outstanding(row["payment_type"]))
        name = self._text(row)
        items = [
            (on_the_way, way * amount, name),
            (row["destination_account_id"], -way * ledger.total([amount, rest]), name),
            *((where, way * part, text) for where, (part, text) in write_off.items()),
        ]
        common = {"partner_id": row.get("partner_id"), "payment_id": row["id"], "date_maturity": row["date"]}
        return [
            {
                **common,
                **({} if self.old else dict.fromkeys(("price_subtotal", "price_total"), ledger.money(over))),
                "account_id": where,
                "name": text,
                "debit": max(ledger.money(over), 0.0),
                "credit": max(-ledger.money(over), 0.0) + 0.0,
            }
            for where, over, text in items
        ]

    def _text(self, row: Row) -> str:
        if not self.old:
            return f"Manual Payment: {row['memo']}" if row.get("memo") else "Manual Payment"
        partner = self.env.table("res.partner").rows.get(row.get("partner_id") or 0)
        words = [f"{WORDS_14[row['payment_type'], row['partner_type']]} {row.get('amount') or 0.0:,.2f} €"]
        words += [self.env.sudo()["res.partner"].name_of(partner)] if partner else []
        return " - ".join([*words, f"{row['date']:%m/%d/%Y}"])

    def _moves(self) -> Any:
        return self.env["account.move"]


def _outstanding(way: str) -> str:
    return "OUTSTANDING_IN" if way == "inbound" else "OUTSTANDING_OUT"
