"""`hub check` of a view of `account.payment.register`: the rights, the fields and the journal payments need.

The group that has all these rights, and few others, is `account.group_account_invoice`: «Invoicing» in Odoo
19, «Billing» in Odoo 14. Nothing is written: no wizard is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.odoo.faults import Fault
from connectors.odoo.invoices import MOVE
from connectors.odoo.layout import VIEW_OPTIONS, Layout, Schema, did_you_mean
from connectors.odoo.payment_view import PAYMENT, WIZARD, PaymentViews
from connectors.odoo.session import Session
from hub.ports import Finding, Misconfigured, View

GROUP = "give it the group «Invoicing» («Billing» in Odoo 14) in Odoo: Settings → Users"
RIGHTS = (
    (MOVE, "read", "read invoices"),
    (MOVE, "write", "match payments with invoices"),
    ("account.move.line", "write", "match payments with invoices"),
    ("account.journal", "read", "read journals"),
    (WIZARD, "create", "register payments"),
    (PAYMENT, "read", "read payments"),
    (PAYMENT, "create", "make payments"),
    (PAYMENT, "write", "book payments"),
)
"""Model, right, and what it is needed for."""


class PaymentChecker:
    """Looks at one Odoo for views of payments."""

    def __init__(self, session: Session, schema: Schema, views: PaymentViews) -> None:
        self._session = session
        self._schema = schema
        self._views = views

    def findings(self, view: View) -> Iterator[Finding]:
        """What is wrong; where nothing is, what there is to pay."""
        what = f"{view.entity}: {view.object}"
        lacking = [
            (model, right, purpose) for model, right, purpose in RIGHTS if not self._schema.may(model, right)
        ]
        for model, right, purpose in lacking:
            yield Finding(
                "error", what, f"the hub's user may not {purpose} (right «{right}» of {model})", GROUP
            )
        if lacking:
            return
        try:
            plan = self._views.plan(view)
        except Misconfigured as error:
            yield Finding("error", what, f"{error.what} {error.why}".strip(), error.todo)
            return
        yield from self._options(view)
        for name, reason in {**plan.layout.unreadable, **plan.payment.unreadable}.items():
            yield Finding("error", f"{view.entity}: {name}", reason, GROUP)
        yield from self._unsaid(view, plan.layout)
        yield self._summary(what)

    def _options(self, view: View) -> Iterator[Finding]:
        for name in view.options:
            if name not in VIEW_OPTIONS - {"archive_by", "context"}:
                todo = did_you_mean(name, VIEW_OPTIONS) or "take it out of the mapping"
                yield Finding("error", f"{view.entity}: {view.object}", f"unknown option «{name}»", todo)

    def _unsaid(self, view: View, layout: Layout) -> Iterator[Finding]:
        what = f"{view.entity}: {view.object}"
        if layout.column("communication") is None:
            message = "without a number, a payment that somebody registered by hand is not known again"
            yield Finding("warning", what, message, "map the payment's number to `communication`")
        said = [*view.names, *map(str, view.options.get("on_create") or {})]
        if not any(name.partition(".")[0] == "journal_id" for name in said):
            message = "no journal is given: Odoo takes its first bank or cash journal"
            yield Finding("warning", what, message, "map `journal_id.code`, or set it under `on_create`")

    def _summary(self, what: str) -> Finding:
        domain = [["move_type", "in", ["out_invoice", "out_refund"]], ["state", "=", "posted"],
                  ["amount_residual", ">", 0]]  # fmt: skip
        try:
            count = self._session.ask(MOVE, "search_count", domain)
        except Fault as fault:
            return Finding("error", what, fault.message, GROUP)
        return Finding("ok", what, f"{count} invoices and credit notes have something left to pay")
