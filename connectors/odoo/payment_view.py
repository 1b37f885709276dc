"""A view of `account.payment.register` resolved: the wizard's names beside those of the payment it makes.

A mapping names a payment's fields as the wizard does (`payment_date`, `communication`), whatever Odoo's
version calls them on the payment itself (`date`; `memo`, or `ref` before 18). `invoice_id` is the invoice the
payment is registered on; the wizard takes it from its context. Constants under `on_create` stand for values
that no other system tells, such as the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connectors.odoo.drafts import constants
from connectors.odoo.invoices import FIELD
from connectors.odoo.layout import Column, Layout, Schema, Setting, did_you_mean
from connectors.odoo.reading import Reader
from connectors.odoo.relations import Relations
from connectors.odoo.session import Session
from connectors.odoo.values import Unfit, cell, plain_odoo
from hub.ports import Misconfigured, Native, NativeField, Record, View

WIZARD = "account.payment.register"
PAYMENT = "account.payment"
FIELDS = (
    "amount",
    "payment_date",
    "communication",
    "journal_id",
    "currency_id",
    "partner_bank_id",
    "payment_method_line_id",
    "payment_method_id",
)
"""The wizard's fields that a mapping may name, beside `invoice_id`."""
NEEDED = (FIELD, "amount")
_METHODS = ("payment_method_line_id", "payment_method_id")
_SAID = ("amount", "payment_date", "communication", "journal_id", "currency_id", "partner_id", "partner_type",
         "payment_type", "partner_bank_id", "can_edit_wizard", "line_ids")  # fmt: skip


class Misfit(Unfit):
    """A value that the wizard's `field` cannot hold, and why, for a clerk."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class PaymentView:
    """`layout` is the wizard's without `invoice_id`, `payment` that of the payment. `names`: the wizard's
    field to the payment's, of those that both have. `looked_at`: what tells how a payment stands."""

    layout: Layout
    payment: Layout
    names: Mapping[str, str]
    asked: list[str]
    looked_at: list[str]
    constants: Sequence[tuple[Column, Native]]
    reader: Reader
    relations: Relations
    linked: bool

    @property
    def setting(self) -> Setting:
        return self.layout.setting

    def vals(self, values: Mapping[str, Native], company: int) -> dict[str, Any]:
        """What the wizard is given. Raises `Misfit`."""
        wanted = {column.name: (column, value) for column, value in self.constants}
        for name, value in values.items():
            column = self.layout.column(name)
            if column is not None and value not in (None, ""):
                wanted[name] = (column, value)
        return {column.base: self._odoo(column, value, company) for column, value in wanted.values()}

    def _odoo(self, column: Column, value: Native, company: int) -> Any:
        try:
            if column.relation is None:
                return plain_odoo(column, value)
            self.relations.look_up(column, {str(value)})
            return self.relations.odoo(column, value, {"company_id": company})
        except Unfit as reason:
            raise Misfit(column.name, f"{column.label} ({column.base}) {reason}") from reason

    def columns(self, said: Mapping[str, Any], account: int, invoice: int) -> dict[str, Any]:
        """What ``load`` takes for the payment that the wizard describes."""
        vals = {
            "amount": said["amount"],
            "date": said["payment_date"],
            self.names["communication"]: cell(said["communication"]),
            "journal_id/.id": said["journal_id"],
            "currency_id/.id": said["currency_id"],
            "partner_id/.id": said["partner_id"],
            "partner_type": said["partner_type"],
            "payment_type": said["payment_type"],
            "destination_account_id/.id": account,
        }
        for name in (*_METHODS, "partner_bank_id"):
            if name in self.names and said.get(name):
                vals[f"{name}/.id"] = said[name]
        if self.linked:
            vals["invoice_ids/.id"] = str(invoice)
        return vals

    def corrections(self, row: Mapping[str, Any], vals: Mapping[str, Any], amount: Decimal) -> dict[str, Any]:
        """What a draft that was made earlier has to be changed to, to be what is asked now."""
        wanted = {self.names[name]: value for name, value in vals.items() if name in self.names}
        wanted["amount"] = float(amount)
        return {name: value for name, value in wanted.items() if name in row and row[name] != value}

    def alike(self, vals: Mapping[str, Any], amount: Decimal) -> list[Any] | None:
        """The domain of payments that say the same; ``None`` where there is no number to go by."""
        if not vals.get("communication"):
            return None
        domain: list[Any] = [[self.names["communication"], "=", vals["communication"]]]
        domain += [["amount", ">=", float(amount) - 1e-6], ["amount", "<=", float(amount) + 1e-6]]
        if vals.get("payment_date"):
            domain.append(["date", "=", vals["payment_date"]])
        return domain

    def records(self, ids: Sequence[int], refs: Mapping[int, str] | None = None) -> list[Record]:
        """These payments under the wizard's names; `invoice_id` is the first invoice each is matched with."""
        return [self._named(record) for record in self.reader.records(self.payment, ids, refs)]

    def on_invoice(self, record: Record, invoice: int) -> Record:
        """The payment as it was registered: on this invoice."""
        return replace(record, values={**record.values, FIELD: str(invoice)})

    def _named(self, record: Record) -> Record:
        back = {_path(column.name, self.names): column.name for column in self.layout.columns}
        values: dict[str, Native] = {}
        for name, value in record.values.items():
            if name == "reconciled_invoice_ids":
                values[FIELD] = value[0] if isinstance(value, list) and value else None
            else:
                values[back[name]] = value
        unread = {back.get(name, FIELD): reason for name, reason in record.unreadable.items()}
        return replace(record, values=values, unreadable=unread)


class PaymentViews:
    """Resolves views of the wizard. Raises `Misconfigured` for a field it does not take."""

    def __init__(self, session: Session, schema: Schema, relations: Relations, reader: Reader) -> None:
        self._session = session
        self._schema = schema
        self._relations = relations
        self._reader = reader

    def plan(self, view: View) -> PaymentView:
        """The view, resolved against this Odoo."""
        here = self._schema.fields(WIZARD, [*FIELDS, *_SAID])
        if "communication" not in here:
            raise Misconfigured(
                self._session.system, f"{WIZARD} is not shown to the hub's user",
                todo="give the hub's user the group Invoicing (Billing up to Odoo 18)",
            )  # fmt: skip
        there = self._schema.fields(PAYMENT, ["memo", "ref", "invoice_ids", *FIELDS])
        names = {name: name for name in FIELDS if name in here and name in there}
        names |= {"payment_date": "date", "communication": "memo" if "memo" in there else "ref"}
        wizard = self._wizard(view)
        layout = self._schema.layout(wizard)
        mirrored = tuple(
            NativeField(_path(field.name, names), field.type, False, field.options) for field in wizard.fields
        )
        invoices = NativeField("reconciled_invoice_ids", "list", False)
        usual = {name: view.options[name] for name in ("lang", "company") if name in view.options}
        payment = self._schema.layout(View(view.entity, PAYMENT, (*mirrored, invoices), options=usual))
        linked = "invoice_ids" in there
        looked_at = ["name", "state", "move_id", "destination_account_id", *names.values()]
        return PaymentView(
            layout,
            payment,
            names,
            [name for name in (*_SAID, *_METHODS) if name in here],
            list(dict.fromkeys([*looked_at, *(["invoice_ids"] if linked else [])])),
            constants(wizard, layout),
            self._reader,
            self._relations,
            linked,
        )

    def _wizard(self, view: View) -> View:
        """The view without the invoice; a journal is one of the invoice's own company."""
        lacking = [name for name in NEEDED if name not in view.names]
        if lacking:
            what = f"a payment needs {' and '.join(lacking)}"
            todo = "map invoice_id to the invoice (type ref) and amount to the amount"
            raise Misconfigured(self._session.system, what, todo=todo)
        given = [str(name) for name in view.options.get("on_create") or {}]
        for name in (*view.names, *given):
            if name != FIELD and name.partition(".")[0] not in FIELDS:
                near = did_you_mean(name, FIELDS) or f"known here: {', '.join((FIELD, *FIELDS))}"
                raise Misconfigured(self._session.system, f"a payment has no field «{name}»", todo=near)
        fields = tuple(_within_company(field) for field in view.fields if field.name != FIELD)
        return replace(view, fields=fields)


def _within_company(field: NativeField) -> NativeField:
    if field.name.partition(".")[0] != "journal_id" or "within" in field.options:
        return field
    return replace(field, options={**field.options, "within": "company_id"})


def _path(name: str, names: Mapping[str, str]) -> str:
    """A native name of the wizard's, as the payment has it."""
    base, dot, key = name.partition(".")
    return f"{names.get(base, base)}{dot}{key}"
