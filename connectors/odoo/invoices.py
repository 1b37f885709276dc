"""An invoice as a payment meets it: what is left to pay of it, and why a payment has no place on it.

Figures are in the invoice's own currency, rounded as that currency is. What is left is what Odoo says is
left, less what payments without a journal entry have paid already (Odoo 18 and later make those where a
payment method has no outstanding account): Odoo counts them only once the bank statement is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.layout import Schema, Setting
from connectors.odoo.session import Session
from hub.ports import Refused

MOVE = "account.move"
FIELD = "invoice_id"
PAYABLE = frozenset({"out_invoice", "out_refund", "out_receipt", "in_invoice", "in_refund", "in_receipt"})
_FIELDS = ("name", "state", "move_type", "payment_state", "amount_residual", "currency_id", "company_id")
_STATES = {"draft": "is a draft, not yet posted", "cancel": "is cancelled"}
_TODO = {"draft": "post it in Odoo; then replay this payment", "cancel": "give the payment another invoice"}
_SURPLUS = (
    "correct the payment in the system it came from, or register what is too much in Odoo by hand; "
    "then retry or discard it (`hub deadletters`)"
)


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: its id, its code, and how many decimals its amounts have."""

    id: int
    name: str
    decimals: int

    def round(self, amount: Any) -> Decimal:
        """The amount as this currency has it."""
        return Decimal(str(amount)).quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice or credit note now. `left` is what is left to pay of it."""

    id: int
    name: str
    kind: str
    state: str
    payment_state: str
    left: Decimal
    currency: Currency
    company: int

    def refusal(self, amount: Decimal) -> Refused | None:
        """Why a payment of this amount has no place here; ``None`` where it has."""
        if self.kind not in PAYABLE:
            todo = "give the payment the invoice it pays"
            return Refused(f"{self.name} is a journal entry and no invoice", FIELD, todo)
        if self.state != "posted":
            reason = f"{self.name} {_STATES.get(self.state, f'is in the state {self.state}')}"
            return Refused(reason, FIELD, _TODO.get(self.state, "look at it in Odoo"))
        if amount <= 0:
            todo = "a repayment is a payment of the credit note; correct it in the system it came from"
            return Refused(f"a payment of {amount} {self.currency.name} pays nothing", "amount", todo)
        if amount > self.left:
            return Refused(self.surplus(amount), "amount", _SURPLUS)
        return None

    def surplus(self, amount: Decimal) -> str:
        known = {"paid": " (paid)", "in_payment": " (in payment)", "reversed": " (reversed)"}
        state = known.get(self.payment_state, "")
        money = self.currency.name
        return f"{self.name} has {self.left} {money} left to pay{state}, and this payment is {amount}"


class Invoices:
    """Reads invoices over one session. Currencies are asked for once."""

    def __init__(self, session: Session, contexts: Contexts, schema: Schema) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._currencies: dict[int, Currency] = {}

    def read(self, id: int, setting: Setting) -> Invoice | None:
        """The invoice now; ``None`` where there is none of that id."""
        matched = bool(self._schema.fields(MOVE, ["matched_payment_ids"]))
        names = [*_FIELDS, *(["matched_payment_ids"] if matched else [])]
        context = self._contexts.reading(setting)
        rows = self._session.ask(MOVE, "read", [id], names, "", context=context)
        if not rows:
            return None
        (row,) = rows
        currency = self._currency(row["currency_id"])
        paid = self._without_entry(row, currency, context) if row.get("matched_payment_ids") else Decimal(0)
        return Invoice(
            id=id,
            name=str(row["name"] or "") if row["name"] not in (False, "/") else f"invoice {id}",
            kind=row["move_type"],
            state=row["state"],
            payment_state=str(row["payment_state"] or ""),
            left=max(currency.round(row["amount_residual"]) - paid, currency.round(0)),
            currency=currency,
            company=row["company_id"],
        )

    def _without_entry(self, row: Mapping[str, Any], currency: Currency, context: dict[str, Any]) -> Decimal:
        names = ["amount", "state", "move_id", "currency_id"]
        rows = self._session.ask(
            "account.payment", "read", row["matched_payment_ids"], names, "", context=context
        )
        pending = [
            currency.round(payment["amount"])
            for payment in rows
            if payment["state"] in ("in_process", "paid")
            and not payment["move_id"]
            and payment["currency_id"] == currency.id
        ]
        return sum(pending, currency.round(0))

    def _currency(self, id: int) -> Currency:
        if id not in self._currencies:
            (row,) = self._session.ask("res.currency", "read", [id], ["name", "decimal_places"], "")
            self._currencies[id] = Currency(id, row["name"], row["decimal_places"])
        return self._currencies[id]
