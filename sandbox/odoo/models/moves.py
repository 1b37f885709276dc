"""Journal entries: an invoice's items made of the lines a person types, posting, and what then stays.

A document's tax lines and due lines follow from its typed lines for as long as it is a draft. Its number is
given when it is posted (14: to the first draft of a period, too), from its journal's sequence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.odoo.base import remote
from sandbox.odoo.commands import apply_one2many
from sandbox.odoo.errors import UserError
from sandbox.odoo.models import amounts, ledger
from sandbox.odoo.models.chart import account, journal
from sandbox.odoo.models.matching import answered, match, unmatch
from sandbox.odoo.records import Records
from sandbox.odoo.schema import Row

LINES = ("line_ids", "invoice_line_ids")
FIXED = (*LINES, "invoice_date", "date", "partner_id", "invoice_payment_term_id", "currency_id")
"""What 19 refuses to change once posted; 14 refuses the lines alone."""
SEQUENCES = {"product": 100, "line_section": 100, "line_subsection": 100, "line_note": 100, "tax": 10000,
             "payment_term": 12000}  # fmt: skip
POSTED_ITEM = (
    "You can't delete a posted journal item. Don’t play games with your accounting records; "
    "reset the journal entry to draft before deleting it."
)


class Move(Records):
    """A set of journal entries."""

    def name_of(self, row: Row) -> str:
        """Number and reference, or what kind of draft."""
        return ledger.move_name(row)

    # -- a person's buttons ------------------------------------------------------------------------------

    @remote()
    def action_post(self) -> Any:
        """Post these drafts. 14 answers the records, which XML-RPC cannot carry."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            if row["state"] == "posted" and self.old:
                continue
            self._refuse_to_post(row)
            self._post(row["id"])
        return answered(self.spec.name, self.ids) if self.old else False

    @remote()
    def button_draft(self) -> None:
        """Back to draft; the number stays."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            if self.old:
                unmatch(self.env, row["id"])
            self.put(row["id"], state="draft")

    @remote()
    def button_cancel(self) -> None:
        """Cancelled, with nothing set off against it."""
        self.env.need(self.spec.name, "write")
        for row in self.rows():
            unmatch(self.env, row["id"])
            self.put(row["id"], state="cancel")

    @remote()
    def js_assign_outstanding_line(self, line_id: int) -> Any:
        """Set a payment's open item off against this document."""
        self.env.need(self.spec.name, "write")
        (row,) = self.rows()
        line = self.env.table("account.move.line").rows[line_id]
        own = [
            one["id"]
            for one in ledger.third_lines(self.env, row["id"])
            if one["account_id"] == line["account_id"]
        ]
        if not match(self.env, [line_id, *own]) and self.old:
            raise UserError("You are trying to reconcile some entries that are already reconciled.")
        return {"partials": answered("account.partial.reconcile", [line_id])} if self.old else None

    # -- what follows from what is written ---------------------------------------------------------------

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """The journal and the date of a new entry."""
        if creating:
            values.setdefault("journal_id", journal(self.env, str(values.get("move_type") or "entry")))
            values.setdefault("date", values.get("invoice_date") or self.env.base.time.date())
            if self.old and values.get("move_type") in ledger.DOCUMENTS:
                values.setdefault("payment_reference", "")
        elif values.get("invoice_date") and "date" not in values:
            values["date"] = values["invoice_date"]
        return values

    def write(self, vals: Mapping[str, Any]) -> bool:
        """Set values, unless the entry is posted and they are fixed."""
        for row in self.rows():
            self._refuse_changes(row, vals)
        return super().write(vals)

    write._remote = Records.write._remote  # type: ignore[attr-defined]

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """The commercial partner, 14's early number, and all that follows from the lines of a draft."""
        for id in ids:
            row = self.table.rows[id]
            partner = self.env.table("res.partner").rows.get(row.get("partner_id") or 0)
            if partner is not None:
                of = self.env.sudo()["res.partner"].getter("commercial_partner_id")
                self.put(id, commercial_partner_id=of(partner))
            if creating and self.old and row.get("name") is None:
                number = self._next(row)
                self.put(id, **(number if number["sequence_number"] == 1 else {"name": "/"}))
            self.complete(id)

    def check_row(self, row: Row, names: Iterable[str]) -> None:
        """As much debit as credit."""
        over = ledger.total(ledger.balance(self.env, line) for line in ledger.lines_of(self.env, row["id"]))
        if over and self.old:
            said = f"Cannot create unbalanced journal entry. Ids: [{row['id']}]"
            raise UserError(f"{said}\nDifferences debit - credit: [{over}]")
        if over:
            raise UserError("The entry is not balanced.")

    def before_unlink(self) -> None:
        """What was posted stays."""
        for row in self.rows():
            if self.old and row.get("posted_before"):
                raise UserError("You cannot delete an entry which has been posted once.")
            if row["state"] == "posted":
                raise UserError(POSTED_ITEM)

    def put(self, id: int, **values: Any) -> None:
        """Store values in a row, with nothing following from it."""
        stamp = {"write_date": self.env.base.time, "write_uid": self.env.uid}
        self.table.put(id, {**self.table.rows[id], **values, **stamp})

    def complete(self, id: int) -> None:
        """The amounts, tax lines and due lines of a draft document, from its typed lines."""
        row = self.table.rows[id]
        if row["move_type"] not in ledger.DOCUMENTS or row["state"] != "draft":
            return
        taxes = self.env.table("account.tax").rows
        lines: Any = self.env.with_context(by_move=True)["account.move.line"]
        typed = [line for line in ledger.lines_of(self.env, id) if lines.is_typed(line)]
        for line in typed:
            lines.price(row, line, taxes)
        counted = [line for line in typed if not str(line.get("display_type")).startswith("line_")]
        self._tax_lines(row, lines, amounts.taxed(counted, taxes, by_line=self.old))
        self._due_lines(row, lines)

    def _write_lines(self, id: int, later: Mapping[str, Any]) -> None:
        quiet = self.env.with_context(by_move=True)
        for name, value in later.items():
            apply_one2many(quiet, self.spec.fields[name], id, value)

    def _tax_lines(self, row: Row, lines: Any, taxed: Mapping[int, tuple[float, float]]) -> None:
        there = {
            line["tax_line_id"]: line
            for line in ledger.lines_of(self.env, row["id"])
            if line.get("tax_line_id")
        }
        lines.browse([line["id"] for tax, line in there.items() if tax not in taxed]).unlink()
        taxes = self.env.table("account.tax").rows
        for tax, (under, added) in taxed.items():
            side = ledger.sign(row)
            name = self.env["account.tax"].name_of(taxes[tax])
            where = "445660" if taxes[tax]["type_tax_use"] == "purchase" else "445710"
            values = {"name": name, "account_id": account(self.env, where), "tax_line_id": tax,
                      "tax_base_amount": under if self.old else ledger.money(side * under)}  # fmt: skip
            lines.book(row, there.get(tax), "tax", side * added, values)

    def _due_lines(self, row: Row, lines: Any) -> None:
        there = [line for line in ledger.third_lines(self.env, row["id"]) if not lines.is_typed(line)]
        owed = ledger.total(
            -ledger.balance(self.env, line)
            for line in ledger.lines_of(self.env, row["id"])
            if line["id"] not in {one["id"] for one in there}
        )
        typed = any(lines.is_typed(line) for line in ledger.lines_of(self.env, row["id"]))
        due = self._instalments(row, owed) if typed else []
        where = account(self.env, "411100" if row["move_type"] in ledger.SALES else "401100")
        for place, (day, amount) in enumerate(due):
            values = {"name": self._due_name(row, place, len(due)), "account_id": where, "date_maturity": day}
            lines.book(row, there[place] if place < len(there) else None, "payment_term", amount, values)
        lines.browse([line["id"] for line in there[len(due) :]]).unlink()
        if due and self.table.rows[row["id"]].get("invoice_date_due") != due[-1][0]:
            self.put(row["id"], invoice_date_due=due[-1][0])

    def _instalments(self, row: Row, owed: float) -> list[tuple[dt.date, float]]:
        today = self.env.base.time.date()
        start = row.get("invoice_date") or today
        term = row.get("invoice_payment_term_id")
        if term:
            table = self.env.table("account.payment.term.line")
            terms = [table.rows[id] for id in sorted(table.indexes["payment_id"].get(term, ()))]
            return amounts.instalments(owed, terms, start)
        return [(row.get("invoice_date_due") or (start if self.old else today), owed)]

    def _due_name(self, row: Row, place: int, of: int) -> str | None:
        reference = row.get("payment_reference")
        if self.old or not reference:
            return reference or ("" if self.old else None)
        if of > 1:
            reference = f"{reference} installment #{place + 1}"
        return f"{row['ref']} - {reference}" if row.get("ref") else str(reference)

    # -- posting -----------------------------------------------------------------------------------------

    def _refuse_to_post(self, row: Row) -> None:
        if row["state"] != "draft":
            raise UserError(f"The entry {row.get('name')} (id {row['id']}) must be in draft.")
        if not ledger.lines_of(self.env, row["id"]):
            said = (
                "You need to add a line before posting." if self.old else "Even magicians can't post nothing!"
            )
            raise UserError(said)
        if row["move_type"] not in ledger.DOCUMENTS:
            return
        sale = row["move_type"] in ledger.SALES
        if not row.get("partner_id"):
            raise UserError(_nobody(sale, old=self.old))
        if ledger.amount_total(self.env, row) < 0:
            raise UserError(
                "You cannot validate an invoice with a negative total amount. You should create a credit "
                "note instead. Use the action menu to transform it into a credit note or refund."
            )
        if not row.get("invoice_date") and not sale:
            raise UserError("The Bill/Refund date is required to validate this document.")

    def _post(self, id: int) -> None:
        row = self.table.rows[id]
        document = row["move_type"] in ledger.DOCUMENTS
        if document and not row.get("invoice_date"):
            today = self.env.base.time.date()
            self.put(id, invoice_date=today, date=today)
        row = self.table.rows[id]
        if row.get("name") in (None, "/"):
            self.put(id, **self._next(row))
        row = self.table.rows[id]
        if row["move_type"] == "out_invoice" and not row.get("payment_reference"):
            self.put(id, payment_reference=row["name"])
        self.complete(id)
        self.put(id, state="posted", posted_before=True)
        original = row.get("reversed_entry_id")
        if original and not self.old:
            own = ledger.third_lines(self.env, id) + ledger.third_lines(self.env, original)
            match(self.env, [line["id"] for line in own])

    def _next(self, row: Row) -> dict[str, Any]:
        """The next number of the entry's journal and period."""
        book = self.env.table("account.journal").rows[row["journal_id"]]
        paying = book["type"] in ("bank", "cash") and not self.old
        start = "R" if row["move_type"] in ledger.REFUNDS and book.get("refund_sequence") else "P" * paying
        day = row.get("date") or self.env.base.time.date()
        yearly = paying or (not self.old and book["type"] in ("sale", "purchase"))
        prefix = f"{start}{book['code']}/{day.year}/" + ("" if yearly else f"{day.month:02}/")
        taken = [
            self.table.rows[id]["sequence_number"] or 0
            for id in self.table.matching("sequence_prefix", [prefix])
        ]
        number = max(taken, default=0) + 1
        name = f"{prefix}{number:05}" if yearly else f"{prefix}{number:04}"
        return {"name": name, "sequence_prefix": prefix, "sequence_number": number}

    def _refuse_changes(self, row: Row, vals: Mapping[str, Any]) -> None:
        if row.get("posted_before") and "journal_id" in vals and vals["journal_id"] != row["journal_id"]:
            more = ', unless the name is removed or set to "/". This might create a gap in the sequence.'
            said = "You cannot edit the journal of an account move if it has been posted once"
            raise UserError(f"{said}{'.' if self.old else more}")
        if row["state"] != "posted":
            return
        fixed = [name for name in vals if name in FIXED]
        if fixed and not self.old:
            raise UserError(
                f"You cannot modify the following readonly fields on a posted move: {', '.join(fixed)}"
            )
        if set(fixed) & set(LINES):
            raise UserError(
                "You cannot modify the taxes related to a posted journal item, "
                "you should reset the journal entry to draft to do so."
            )


class Line(Records):
    """A set of journal items."""

    def is_typed(self, row: Row) -> bool:
        """Whether a person typed it, rather than it following from what they typed."""
        return ledger.is_item_14(row) if self.old else ledger.is_item(row)

    def name_of(self, row: Row) -> str:
        """The entry's number with the item's text (14), or the text alone."""
        move = self.env.table("account.move").rows[row["move_id"]]
        name = row.get("name") or ""
        return f"{move.get('name')} {name}".strip() if self.old else str(name or ledger.move_name(move))

    def prepare(self, values: dict[str, Any], *, creating: bool) -> dict[str, Any]:
        """What an item has from its product; 14 leaves price and taxes to the screen."""
        if "balance" in values and not self.old:
            over = float(values["balance"] or 0.0)
            values |= {"debit": max(over, 0.0), "credit": max(-over, 0.0)}
        if not creating:
            return values
        plain = not str(values.get("display_type")).startswith("line_")
        values.setdefault("quantity", 1.0 if plain or self.old else 0.0)
        values.setdefault("sequence", 10 if self.old else SEQUENCES.get(str(values.get("display_type")), 100))
        product = self.env.table("product.product").rows.get(values.get("product_id") or 0)
        if product is not None:
            values.setdefault("name", self.env.sudo()["product.product"].name_of(product))
            if not self.old:
                values.setdefault("price_unit", product["list_price"])
                values.setdefault("tax_ids", [(6, 0, list(product["taxes_id"]))])
        return values

    def settle(self, ids: Sequence[int], names: Iterable[str], *, creating: bool) -> None:
        """What follows in the entry, for an item written by itself."""
        if self.env.context.get("by_move"):
            return
        moves: Any = self.env["account.move"]
        for move in dict.fromkeys(self.table.rows[id]["move_id"] for id in ids):
            row = moves.table.rows[move]
            if row["state"] == "posted" and set(names) == {"name"}:
                # A text alone follows through to nothing; 19 notes it on the entry, 14 does not.
                if not self.old:
                    moves.table.put(
                        move, {**row, "write_date": self.env.base.time, "write_uid": self.env.uid}
                    )
                continue
            if row["state"] == "posted":
                raise ValueError(
                    f"the sandbox does not know what follows from writing items of {row['name']}"
                )
            moves.complete(move)
            moves.check_row(row, ())

    @remote()
    def remove_move_reconcile(self) -> None:
        """Take these items off what they were set off against."""
        self.env.need(self.spec.name, "write")
        for move in dict.fromkeys(row["move_id"] for row in self.rows()):
            unmatch(self.env, move)

    def before_unlink(self) -> None:
        """A posted entry keeps its items."""
        moves: Any = self.env.table("account.move").rows
        if any(moves[row["move_id"]]["state"] == "posted" for row in self.rows()):
            raise UserError(POSTED_ITEM)

    def price(self, move: Row, line: Row, taxes: Mapping[int, Row]) -> None:
        """The amounts of a typed line."""
        plain = not str(line.get("display_type")).startswith("line_")
        without, with_ = amounts.priced(line, taxes) if plain else (0.0, 0.0)
        values: dict[str, Any] = {"price_subtotal": without, "price_total": with_}
        if plain and not line.get("account_id"):
            book = self.env.table("account.journal").rows[move["journal_id"]]
            values["account_id"] = book.get("default_account_id")
        self.book(move, line, None, ledger.sign(move) * without, values)

    def book(
        self, move: Row, line: Row | None, kind: str | None, over: float, values: Mapping[str, Any]
    ) -> None:
        """Store an item of this balance: in `line` where it is there, else in a new one of this `kind`."""
        moves = self.env.table("account.move").rows
        amount = ledger.money(over)
        stored = {
            "debit": max(amount, 0.0),
            "credit": max(-amount, 0.0) + 0.0,
            "partner_id": moves[move["id"]].get("commercial_partner_id"),
            **values,
        }
        if kind is not None and self.old:
            price = ledger.sign(move) * amount
            stored |= {"exclude_from_invoice_tab": True, "quantity": 1.0, "price_unit": price,
                       "price_subtotal": price, "price_total": price}  # fmt: skip
        if line is None:
            made = {} if self.old else {"display_type": kind, "quantity": 0.0}
            self.create({"move_id": move["id"], **made, **stored})
            return
        row = self.table.rows[line["id"]]
        if any(row.get(name) != value for name, value in stored.items()):
            stamp = {"write_date": self.env.base.time, "write_uid": self.env.uid}
            self.table.put(row["id"], {**row, **stored, **stamp})


def _nobody(sale: bool, *, old: bool) -> str:
    if not sale:
        return "The field 'Vendor' is required, please complete it to validate the Vendor Bill."
    if old:
        return "The field 'Customer' is required, please complete it to validate the Customer Invoice."
    return (
        "The 'Customer' field is required to validate the invoice.\n"
        "You probably don't want to explain to your auditor that you invoiced an invisible man :)"
    )
