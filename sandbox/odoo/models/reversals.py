"""The wizard a person makes credit notes with."""

from __future__ import annotations

from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.errors import UserError
from sandbox.odoo.models import ledger
from sandbox.odoo.models.matching import match
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

BACK = {"out_invoice": "out_refund", "in_invoice": "in_refund"}
COPIED = (
    "name",
    "sequence",
    "display_type",
    "account_id",
    "product_id",
    "quantity",
    "price_unit",
    "discount",
)


def asked_moves(env: Any) -> Any:
    """The documents the context names."""
    if env.context.get("active_model") != "account.move":
        return None
    return [(6, 0, list(env.context.get("active_ids") or ()))]


class Reversal(Records):
    """A set of wizards."""

    @remote(since=19)
    def refund_moves(self) -> Any:
        """A draft credit note of each document."""
        return self._reverse(post=False)

    @remote(until=18)
    def reverse_moves(self) -> Any:
        """A draft credit note of each document, or one posted and set off against it."""
        (row,) = self.rows()
        return self._reverse(post=row["refund_method"] == "cancel")

    def _reverse(self, *, post: bool) -> Any:
        (wizard,) = self.rows()
        moves: Any = self.env["account.move"]
        made = [
            int(moves.create(self._credit_note(wizard, moves.table.rows[id]))) for id in wizard["move_ids"]
        ]
        if post:
            moves.browse(made).action_post()
            for id, refund in zip(wizard["move_ids"], made, strict=True):
                lines = ledger.third_lines(self.env, id) + ledger.third_lines(self.env, refund)
                match(self.env, [line["id"] for line in lines])
        self.browse([wizard["id"]]).write({"new_move_ids": [(6, 0, made)]})
        action = {"name": "Reverse Moves", "type": "ir.actions.act_window", "res_model": "account.move"}
        shown = {**action, "view_mode": "form", "res_id": made[0]} if len(made) == 1 else (
            {**action, "view_mode": "tree,form" if self.old else "list,form", "domain": [["id", "in", made]]}
        )  # fmt: skip
        if self.old:
            return shown
        return {**shown, "context": {"default_move_type": moves.table.rows[made[0]]["move_type"]}}

    def _credit_note(self, wizard: Row, move: Row) -> dict[str, Any]:
        if move["move_type"] not in BACK:
            raise UserError(f"the sandbox reverses invoices and bills, not {move.get('name')}")
        lines: Any = self.env["account.move.line"]
        typed = [line for line in ledger.lines_of(self.env, move["id"]) if lines.is_typed(line)]
        day = wizard["date"]
        reason = f", {wizard['reason']}" if wizard.get("reason") else ""
        return {
            "move_type": BACK[move["move_type"]],
            "reversed_entry_id": move["id"],
            "ref": f"Reversal of: {move['name']}{reason}",
            "partner_id": move["partner_id"],
            "journal_id": wizard.get("journal_id") or move["journal_id"],
            "currency_id": move["currency_id"],
            "invoice_date": day,
            "invoice_date_due": day,
            "invoice_line_ids": [(0, 0, _copied(line)) for line in typed],
        }


def _copied(line: Row) -> dict[str, Any]:
    values = {name: line.get(name) or False for name in COPIED if name in line}
    return {**values, "tax_ids": [(6, 0, list(line["tax_ids"]))]}
