"""What is booked, declared: journal entries and their items, reconciliations, payments, and two wizards."""

from __future__ import annotations

from typing import Any

from sandbox.odoo.models import ledger
from sandbox.odoo.models.accounts import INTERNAL, INVOICING, MANAGER, TYPES
from sandbox.odoo.models.moves import Line, Move
from sandbox.odoo.models.paying import Register, open_lines, payment_difference
from sandbox.odoo.models.payments import (
    MethodLine,
    Payment,
    is_reconciled,
    matched_payments,
    payment_type_of_line,
    reconciled_invoices,
)
from sandbox.odoo.models.reversals import Reversal, asked_moves
from sandbox.odoo.schema import (
    Field,
    Model,
    boolean,
    char,
    date,
    decimal,
    html,
    integer,
    many2many,
    many2one,
    monetary,
    one2many,
    selection,
    text,
)

BOOK = {INVOICING: "crwu", MANAGER: "crwu"}
KINDS = [
    ("entry", "Journal Entry"), ("out_invoice", "Customer Invoice"), ("out_refund", "Customer Credit Note"),
    ("in_invoice", "Vendor Bill"), ("in_refund", "Vendor Credit Note"), ("out_receipt", "Sales Receipt"),
    ("in_receipt", "Purchase Receipt"),
]  # fmt: skip
STATES = [("draft", "Draft"), ("posted", "Posted"), ("cancel", "Cancelled")]
PAID = [
    ("not_paid", "Not Paid"), ("in_payment", "In Payment"), ("paid", "Paid"), ("partial", "Partially Paid"),
    ("reversed", "Reversed"), ("blocked", "Blocked"), ("invoicing_legacy", "Invoicing App Legacy"),
]  # fmt: skip
DISPLAY = [
    ("product", "Product"), ("cogs", "Cost of Goods Sold"), ("tax", "Tax"), ("discount", "Discount"),
    ("rounding", "Rounding"), ("payment_term", "Payment Term"), ("line_section", "Section"),
    ("line_subsection", "Subsection"), ("line_note", "Note"), ("epd", "Early Payment Discount"),
]  # fmt: skip
PARTNERS = [("customer", "Customer"), ("supplier", "Vendor")]


def today(env: Any) -> str:
    """The day of the running transaction."""
    return str(env.base.time.date())


def models(version: int) -> list[Model]:
    """The models of this version."""
    return [_move(version), _line(version), _partial(), *_methods(version), _payment(version),
            _register(version), _reversal(version)]  # fmt: skip


def _amount(label: str, compute: object) -> Field:
    return monetary(label, readonly=True, compute=compute)


def _move(version: int) -> Model:
    old = version < 19
    item = "account.move.line"
    only = ledger.is_item_14 if old else ledger.is_item
    fields: dict[str, Field] = {
        "name": char("Number"),
        "ref": char("Reference"),
        "date": date("Date", required=True),
        "state": selection(STATES, "Status", required=True, readonly=True, default="draft"),
        "move_type": selection(KINDS, "Type", required=True, readonly=True, default="entry"),
        "journal_id": many2one("account.journal", "Journal", required=True, ondelete="restrict"),
        "company_id": many2one("res.company", "Company", default=1),
        "currency_id": many2one("res.currency", "Currency", required=True, default=1),
        "partner_id": many2one("res.partner", "Partner", ondelete="restrict"),
        "commercial_partner_id": many2one("res.partner", "Commercial Entity", readonly=True),
        "invoice_date": date("Invoice/Bill Date"),
        "invoice_date_due": date("Due Date"),
        "invoice_payment_term_id": many2one("account.payment.term", "Payment Terms"),
        "payment_reference": char("Payment Reference"),
        "invoice_origin": char("Origin", readonly=True),
        "narration": (text if old else html)("Terms and Conditions"),
        "invoice_user_id": many2one("res.users", "Salesperson"),
        "posted_before": boolean("Posted Before"),
        "sequence_prefix": char("Sequence Prefix", readonly=True),
        "sequence_number": integer("Sequence Number", readonly=True),
        "line_ids": one2many(item, "move_id", "Journal Items"),
        "invoice_line_ids": one2many(item, "move_id", "Invoice lines", only=only),
        "amount_untaxed": _amount("Untaxed Amount", ledger.untaxed),
        "amount_tax": _amount("Tax", ledger.tax),
        "amount_total": _amount("Total", ledger.amount_total),
        "amount_residual": _amount("Amount Due", ledger.residual),
        "amount_untaxed_signed": _amount("Untaxed Amount Signed", ledger.signed(ledger.untaxed)),
        "amount_tax_signed": _amount("Tax Signed", ledger.signed(ledger.tax)),
        "amount_total_signed": _amount("Total Signed", ledger.signed(ledger.amount_total)),
        "amount_residual_signed": _amount("Amount Due Signed", ledger.signed(ledger.residual)),
        "payment_state": selection(
            [one for one in PAID if not (old and one[0] == "blocked")],
            "Payment Status",
            readonly=True,
            compute=ledger.payment_state,
        ),
        "reversed_entry_id": many2one("account.move", "Reversal of", readonly=True),
    }
    back = one2many("account.move", "reversed_entry_id", "Reversal Move")
    if old:
        fields |= {"reversal_move_id": back, "payment_id": many2one("account.payment", "Payment")}
    else:
        more = [("draft", "Draft"), ("posted", "Posted"), ("sent", "Sent"), ("cancel", "Cancelled")]
        fields |= {
            "reversal_move_ids": back,
            "origin_payment_id": many2one("account.payment", "Payment"),
            "matched_payment_ids": many2many(
                "account.payment", "Matched Payments", compute=matched_payments, searchable=False
            ),
            "status_in_payment": selection(
                [*PAID, *more],
                "Status In Payment",
                readonly=True,
                compute=ledger.status_in_payment,
                recorded=False,
            ),
        }
    return Model(
        "account.move", "Journal Entry", fields,
        order="date desc, name desc, id desc" if old else "date desc, name desc, invoice_date desc, id desc",
        records=Move, access=BOOK, by_company=True, indexes=("sequence_prefix", "partner_id"),
    )  # fmt: skip


def _line(version: int) -> Model:
    old = version < 19
    partial = "account.partial.reconcile"
    fields: dict[str, Field] = {
        "move_id": many2one("account.move", "Journal Entry", required=True, ondelete="cascade"),
        "name": char("Label"),
        "sequence": integer("Sequence"),
        "account_id": many2one("account.account", "Account", ondelete="restrict"),
        "debit": monetary("Debit", default=0.0),
        "credit": monetary("Credit", default=0.0),
        "balance": monetary("Balance", readonly=old, compute=ledger.balance),
        "amount_currency": monetary("Amount in Currency", compute=ledger.balance),
        "partner_id": many2one("res.partner", "Partner", ondelete="restrict"),
        "date_maturity": date("Due Date"),
        "product_id": many2one("product.product", "Product", ondelete="restrict"),
        "quantity": decimal("Quantity"),
        "price_unit": decimal("Unit Price"),
        "discount": decimal("Discount (%)", default=0.0),
        "tax_ids": many2many("account.tax", "Taxes", archived_too=True),
        "tax_line_id": many2one("account.tax", "Originator Tax", readonly=True, ondelete="restrict"),
        "tax_base_amount": monetary("Base Amount", readonly=True),
        "price_subtotal": monetary("Subtotal", readonly=True),
        "price_total": monetary("Total", readonly=True),
        "payment_id": many2one("account.payment", "Originator Payment", readonly=True),
        "matched_debit_ids": one2many(partial, "credit_move_id", "Matched Debits", readonly=True),
        "matched_credit_ids": one2many(partial, "debit_move_id", "Matched Credits", readonly=True),
        "amount_residual": _amount("Residual Amount", ledger.line_residual),
        "reconciled": boolean("Reconciled", readonly=True, compute=ledger.reconciled),
        "move_name": char("Number", readonly=True, compute=ledger.of_move("name")),
        "ref": char("Reference", readonly=not old, compute=ledger.of_move("ref")),
        "date": date("Date", readonly=True, compute=ledger.of_move("date")),
        "parent_state": selection(STATES, "Status", readonly=True, compute=ledger.of_move("state")),
    }
    for name, relation, label, required in (
        ("journal_id", "account.journal", "Journal", False),
        ("company_id", "res.company", "Company", False),
        ("currency_id", "res.currency", "Currency", True),
    ):
        compute = ledger.of_move(name)
        fields[name] = many2one(relation, label, readonly=not required, required=required, compute=compute)
    fields["company_currency_id"] = many2one(
        "res.currency", "Company Currency", readonly=True, compute=ledger.of_move("currency_id")
    )
    if old:
        fields |= {
            "display_type": selection([("line_section", "Section"), ("line_note", "Note")], "Display Type"),
            "exclude_from_invoice_tab": boolean("Exclude From Invoice Tab", default=False),
            "account_internal_type": selection(
                INTERNAL, "Internal Type", readonly=True, compute=ledger.account_of_line, recorded=False
            ),
        }
    else:
        fields |= {
            "display_type": selection(DISPLAY, "Display Type", required=True, default="product"),
            "account_type": selection(
                TYPES, "Internal Type", readonly=True, compute=ledger.account_of_line, recorded=False
            ),
        }
    return Model(
        "account.move.line", "Journal Item", fields, order="date desc, move_name desc, id",
        records=Line, access=BOOK, indexes=("partner_id",),
    )  # fmt: skip


def _partial() -> Model:
    item = "account.move.line"
    fields = {
        "debit_move_id": many2one(item, "Debit Move", required=True, ondelete="cascade"),
        "credit_move_id": many2one(item, "Credit Move", required=True, ondelete="cascade"),
        "amount": monetary("Amount"),
    }
    return Model(
        "account.partial.reconcile", "Partial Reconcile", fields,
        indexes=("debit_move_id", "credit_move_id"), access=BOOK,
    )  # fmt: skip


def _methods(version: int) -> list[Model]:
    kinds = [("inbound", "Inbound"), ("outbound", "Outbound")]
    rights = {INVOICING: "r", MANAGER: "crwu"}
    method = {
        "name": char("Name", required=True, translate=True),
        "code": char("Code", required=True),
        "payment_type": selection(kinds, "Payment Type", required=True),
    }
    line = {
        "name": char("Name"),
        "journal_id": many2one("account.journal", "Journal"),
        "payment_method_id": many2one("account.payment.method", "Payment Method", required=True),
        "payment_account_id": many2one("account.account", "Outstanding account"),
        "payment_type": selection(kinds, "Payment Type", compute=payment_type_of_line),
    }
    methods = Model("account.payment.method", "Payment Methods", method, access=rights)
    lines = Model("account.payment.method.line", "Payment Methods", line, access=rights, records=MethodLine)
    return [methods] if version < 19 else [methods, lines]


def _payment(version: int) -> Model:
    old = version < 19
    states = STATES if old else [("draft", "Draft"), ("in_process", "In Process"), ("paid", "Paid"),
                                 ("canceled", "Canceled"), ("rejected", "Rejected")]  # fmt: skip
    kinds = [
        ("outbound", "Send Money" if old else "Send"),
        ("inbound", "Receive Money" if old else "Receive"),
    ]
    fields: dict[str, Field] = {
        "name": char("Number"),
        "amount": monetary("Amount"),
        "date": date("Date", required=True, default=today),
        "state": selection(states, "Status" if old else "State", required=True, default="draft"),
        "payment_type": selection(kinds, "Payment Type", required=True, default="inbound"),
        "partner_type": selection(PARTNERS, "Partner Type", required=True, default="customer"),
        "partner_id": many2one("res.partner", "Customer/Vendor", ondelete="restrict"),
        "journal_id": many2one("account.journal", "Journal", required=True, ondelete="restrict"),
        "move_id": many2one("account.move", "Journal Entry"),
        "currency_id": many2one("res.currency", "Currency", default=1),
        "company_id": many2one("res.company", "Company", default=1),
        "payment_reference": char("Payment Reference"),
        "ref" if old else "memo": char("Reference" if old else "Memo"),
        "destination_account_id": many2one("account.account", "Destination Account"),
        "is_reconciled": boolean("Is Reconciled", readonly=True, compute=is_reconciled),
        "is_matched": boolean("Is Matched With a Bank Statement", readonly=True),
        "reconciled_invoice_ids": many2many(
            "account.move", "Reconciled Invoices", readonly=True, compute=reconciled_invoices, recorded=False
        ),
    }
    if old:
        fields["payment_method_id"] = many2one("account.payment.method", "Payment Method")
    else:
        fields |= {
            "invoice_ids": many2many("account.move", "Invoices"),
            "payment_method_line_id": many2one("account.payment.method.line", "Payment Method"),
            "outstanding_account_id": many2one("account.account", "Outstanding Account", readonly=True),
        }
    return Model(
        "account.payment", "Payments", fields, order="date desc, name desc, id desc", records=Payment,
        access=BOOK, by_company=True,
    )  # fmt: skip


def _register(version: int) -> Model:
    old = version < 19
    handling = [("open", "Keep open"), ("reconcile", "Mark as fully paid")]
    kinds = [("outbound", "Send Money"), ("inbound", "Receive Money")]
    fields: dict[str, Field] = {
        "line_ids": many2many("account.move.line", "Journal items", readonly=True, default=open_lines),
        "amount": monetary("Amount"),
        "source_amount": monetary("Amount to Pay (company currency)", readonly=True),
        "payment_date": date("Payment Date", required=True, default=today),
        "communication": char("Memo"),
        "journal_id": many2one("account.journal", "Journal"),
        "currency_id": many2one("res.currency", "Currency", default=1),
        "company_id": many2one("res.company", "Company", readonly=True, default=1),
        "partner_id": many2one("res.partner", "Customer/Vendor", readonly=True),
        "partner_type": selection(PARTNERS, "Partner Type", readonly=True),
        "payment_type": selection(kinds, "Payment Type", readonly=True),
        "group_payment": boolean("Group Payments"),
        "payment_difference": monetary(
            "Payment Difference", readonly=True, compute=payment_difference, recorded=False
        ),
        "payment_difference_handling": selection(handling, "Payment Difference Handling", default="open"),
        "writeoff_account_id": many2one("account.account", "Difference Account"),
        "writeoff_label": char("Journal Item Label", default="Write-Off"),
        "can_edit_wizard": boolean("Can Edit Wizard", readonly=True),
    }
    if old:
        fields["payment_method_id"] = many2one("account.payment.method", "Payment Method")
    else:
        line = many2one("account.payment.method.line", "Payment Method")
        modes = [("next", "Next Installment"), ("overdue", "Overdue Amount"),
                 ("before_date", "Before Next Payment Date"), ("full", "Full Amount")]  # fmt: skip
        fields |= {"payment_method_line_id": line, "installments_mode": selection(modes, "Installments Mode")}
    return Model(
        "account.payment.register", "Register Payment" if old else "Pay", fields,
        rec_name="communication", records=Register, access={INVOICING: "crw", MANAGER: "crw"},
    )  # fmt: skip


def _reversal(version: int) -> Model:
    old = version < 19
    fields: dict[str, Field] = {
        "move_ids": many2many("account.move", "Move", default=asked_moves),
        "reason": char("Reason" if old else "Reason displayed on Credit Note"),
        "date": date("Reversal date", default=today),
        "journal_id": many2one("account.journal", "Journal", required=not old),
        "new_move_ids": many2many("account.move", "New Move"),
    }
    if old:
        methods = [("refund", "Partial Refund"), ("cancel", "Full Refund"),
                   ("modify", "Full refund and new draft invoice")]  # fmt: skip
        fields["refund_method"] = selection(methods, "Credit Method", required=True)
    return Model(
        "account.move.reversal", "Account Move Reversal", fields, rec_name="reason", records=Reversal,
        access={INVOICING: "crw", MANAGER: "crw"},
    )  # fmt: skip
