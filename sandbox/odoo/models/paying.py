"""The wizard a person pays documents with: what it proposes, what it refuses, what it books."""

from __future__ import annotations

from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.errors import UserError
from sandbox.odoo.models import ledger
from sandbox.odoo.models.chart import bank, method
from sandbox.odoo.models.matching import match
from sandbox.odoo.models.payments import own_line
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

NOTHING_LEFT = (
    "There's nothing left to pay for the selected journal items, so no payment registration is necessary. "
    "You've got your finances under control like a boss!"
)
NOTHING_LEFT_14 = (
    "You can't register a payment because there is nothing left to pay on the selected journal items."
)


def open_lines(env: Any) -> Any:
    """The items left to pay of the documents the context names. Raises what the real one refuses."""
    old = env.base.version < 19
    model, ids = env.context.get("active_model"), list(env.context.get("active_ids") or ())
    if model not in ("account.move", "account.move.line"):
        raise UserError(
            "The register payment wizard should only be called on account.move or account.move.line records."
        )
    rows = env[model].browse(ids).rows()
    if model == "account.move":
        rows = [line for row in rows for line in ledger.lines_of(env, row["id"])]
    moves = env.table("account.move").rows
    if old and any(moves[row["move_id"]]["state"] != "posted" for row in rows):
        raise UserError("You can only register payment for posted journal entries.")
    third = [row for row in rows if ledger.account_of_line(env, row) in ledger.THIRD]
    found = [row["id"] for row in third if ledger.line_residual(env, row)]
    if not found:
        raise UserError(NOTHING_LEFT_14 if old else NOTHING_LEFT)
    return [(6, 0, found)]


def payment_difference(env: Any, row: Row) -> float:
    """What would be left."""
    return ledger.total([row.get("source_amount") or 0.0, -(row.get("amount") or 0.0)])


class Register(Records):
    """A set of wizards."""

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """What the wizard proposes for the documents."""
        if not creating:
            return values
        lines = self._lines([id for _, _, ids in values["line_ids"] for id in ids])
        batches = self._batches(lines)
        left = ledger.total(ledger.line_residual(self.env, row) for row in lines)
        way = "inbound" if left > 0 else "outbound"
        kind = ledger.account_of_line(self.env, lines[0])
        one = len(batches) == 1
        proposed = {
            "source_amount": abs(left),
            "amount": abs(left),
            "payment_type": way,
            "partner_type": "customer" if kind in ("asset_receivable", "receivable") else "supplier",
            "partner_id": lines[0].get("partner_id") if one else False,
            "journal_id": bank(self.env),
            "communication": self._text(lines),
            "group_payment": one and len({row["move_id"] for row in lines}) == 1,
            "can_edit_wizard": one,
        }
        values = {**proposed, **values}
        book = self.env.table("account.journal").rows[values["journal_id"]]
        if book["type"] in ("bank", "cash"):
            name = "payment_method_id" if self.old else "payment_method_line_id"
            values.setdefault(name, method(self.env, way, values["journal_id"]))
        return values if self.old else {"installments_mode": "full", **values}

    @remote()
    def action_create_payments(self) -> Any:
        """Book the payments, set them off against the documents, and show them."""
        (row,) = self.rows()
        payments: list[int] = []
        for batch in self._wanted(row):
            payments += self._pay(row, batch)
        if self.env.context.get("dont_redirect_to_payments"):
            return True
        action = {"name": "Payments", "type": "ir.actions.act_window", "res_model": "account.payment",
                  "context": {"create": False}}  # fmt: skip
        if len(payments) == 1:
            return {**action, "view_mode": "form", "res_id": payments[0]}
        modes = "tree,form" if self.old else "list,form"
        return {**action, "view_mode": modes, "domain": [["id", "in", payments]]}

    def _wanted(self, row: Row) -> list[list[Row]]:
        """The items each payment is for."""
        lines = self._lines(row["line_ids"])
        batches = self._batches(lines)
        if row["group_payment"]:
            return batches
        moves: dict[int, list[Row]] = {}
        for line in lines:
            moves.setdefault(line["move_id"], []).append(line)
        return list(moves.values())

    def _pay(self, row: Row, lines: list[Row]) -> list[int]:
        left = ledger.total(ledger.line_residual(self.env, line) for line in lines)
        whole = len(lines) == len(row["line_ids"])
        amount = row["amount"] if whole else abs(left)
        write_off: dict[int, tuple[float, str]] = {}
        short = ledger.total([abs(left), -amount])
        if (
            whole
            and short
            and row["payment_difference_handling"] == "reconcile"
            and row["writeoff_account_id"]
        ):
            write_off[row["writeoff_account_id"]] = (short, str(row["writeoff_label"] or ""))
        invoices = sorted({line["move_id"] for line in lines})
        method_field = "payment_method_id" if self.old else "payment_method_line_id"
        values = {
            "amount": amount, "date": row["payment_date"], "journal_id": row["journal_id"],
            "payment_type": row["payment_type"], "partner_type": row["partner_type"],
            "partner_id": lines[0].get("partner_id"), "destination_account_id": lines[0]["account_id"],
            "ref" if self.old else "memo": row["communication"] if whole else self._text(lines),
            **({method_field: row[method_field]} if row.get(method_field) else {}),
        }  # fmt: skip
        if not self.old:
            values["invoice_ids"] = [(6, 0, invoices)]
        payments: Any = self.env["account.payment"]
        payment = int(payments.create(values))
        payments.post(payment, write_off)
        own = own_line(self.env, payments.table.rows[payment])
        match(self.env, [*(line["id"] for line in lines), *([own["id"]] if own else [])])
        return [payment]

    def _lines(self, ids: Any) -> list[Row]:
        rows = self.env.table("account.move.line").rows
        return [rows[id] for id in ids]

    def _batches(self, lines: list[Row]) -> list[list[Row]]:
        found: dict[Any, list[Row]] = {}
        for line in lines:
            found.setdefault((line.get("partner_id"), line["account_id"]), []).append(line)
        return list(found.values())

    def _text(self, lines: list[Row]) -> str:
        moves = self.env.table("account.move").rows
        numbers = list(dict.fromkeys(line["move_id"] for line in lines))
        if self.old:
            return " ".join(dict.fromkeys(line["name"] for line in lines if line.get("name")))
        if len(numbers) == 1:
            move = moves[numbers[0]]
            return str(move.get("payment_reference") or move.get("name") or "")
        groups = [row for row in self.table.rows.values() if str(row["communication"]).startswith("GROUP/")]
        return f"GROUP/{self.env.base.time.year}/{len(groups) + 1:05}"
