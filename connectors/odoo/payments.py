"""Payments of invoices: what `account.payment.register`, Odoo's "Register payment", is in a mapping.

The wizard is asked what it makes of the payment (partner, account, method, currency, and Odoo's own
refusals); what it says is then made into the payment itself. Not by its button, `action_create_payments`:
that makes a second payment when it is pressed twice, so a request that arrives late, or one whose answer was
lost, could pay twice, and nobody without the administrator's rights could put our reference on what it made.
Instead each step can be done again without doing more:

1. ``load`` makes a draft payment together with the hub's reference, in one transaction; the same reference
   again changes nothing (an external id with `noupdate`, in the mode `update`).
2. ``action_post`` books it. A payment that is booked already stays as it is.
3. ``js_assign_outstanding_line``, what people do by clicking on an outstanding payment, matches it with the
   invoice. A line that is matched already stays as it is.

After every step the payment is looked at, and no answer is believed without. A payment that somebody wrote by
hand, with the same number, on the same invoice, of the same amount and day, is taken for this one.

A part of an invoice may be paid. More than is left is refused with the figures. A payment that is made is
never changed, and none is ever removed: one that could not be booked stays a draft, and is said to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.drafts import CORRECT
from connectors.odoo.faults import DOUBTFUL, Fault, Lost
from connectors.odoo.invoices import FIELD, MOVE, Invoice, Invoices
from connectors.odoo.layout import Schema
from connectors.odoo.payment_view import PAYMENT, WIZARD, Misfit, PaymentView, PaymentViews
from connectors.odoo.reading import Reader
from connectors.odoo.refs import MODULE, Refs
from connectors.odoo.refusals import locked, refused, refused_row
from connectors.odoo.relations import Relations
from connectors.odoo.session import Session
from hub.ports import ConnectorError, Done, Outcome, Record, Refused, Unknown, View, Write

CANCELLED = frozenset({"cancel", "canceled", "rejected"})
_CHANGED = "cancel it in Odoo and make a new one in the system it came from"


class _Settled(Exception):
    """There is an outcome before the end of the road."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Road:
    """One payment on its way: what is asked, and the invoice as it was at the last look."""

    plan: PaymentView
    write: Write
    invoice: Invoice
    amount: Decimal
    vals: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Now:
    """A payment as it is: `line` is the one that is matched with the invoice, if there is one yet."""

    id: int
    row: Mapping[str, Any]
    line: int | None
    matched: bool

    @property
    def state(self) -> str:
        return str(self.row["state"])


class Payments:
    """Makes, finds and reads payments over one session."""

    def __init__(
        self,
        session: Session,
        contexts: Contexts,
        schema: Schema,
        relations: Relations,
        reader: Reader,
        refs: Refs,
    ) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._refs = refs
        self.views = PaymentViews(session, schema, relations, reader)
        self._invoices = Invoices(session, contexts, schema)

    def read(self, view: View, ids: Sequence[int], refs: Mapping[int, str] | None = None) -> list[Record]:
        """These payments, under the wizard's names."""
        return self.views.plan(view).records(ids, refs)

    def write(self, view: View, writes: Sequence[Write]) -> list[Outcome]:
        """See `hub.ports.Connector.write`. One after the other: each may change what is left for the next."""
        plan = self.views.plan(view)
        known = self._refs.ids(PAYMENT, [write.ref for write in writes if write.id is None])
        told = self._session.told
        outcomes: list[Outcome] = []
        for write in writes:
            try:
                outcomes.append(self._one(plan, write, known.get(write.ref)))
            except (ConnectorError, Fault) as error:
                if self._session.told == told:
                    raise
                rest = len(writes) - len(outcomes)
                return outcomes + [Unknown(str(error))] * rest
        return outcomes

    def _one(self, plan: PaymentView, write: Write, known: int | None) -> Outcome:
        if write.id is not None:
            return Refused("a payment is not changed once it is made in Odoo", todo=_CHANGED)
        try:
            road = self._begun(plan, write)
            now = self._now(road, known) if known is not None else None
            if now is None:
                twin = self._twin(road)
                if twin is not None:
                    return self._done(road, twin)
                now = self._made(road)
            return self._finished(road, now)
        except _Settled as settled:
            return settled.outcome

    def _begun(self, plan: PaymentView, write: Write) -> _Road:
        """What is asked, in Odoo's values."""
        id = str(write.values.get(FIELD) or "")
        if not id.isdecimal():
            todo = "give the field invoice_id of the mapping a reference to an invoice"
            raise _Settled(Refused(f"a payment needs the invoice it pays, not «{id}»", FIELD, todo))
        invoice = self._invoices.read(int(id), plan.setting)
        if invoice is None:
            todo = "give the payment the invoice it pays; it was deleted in Odoo"
            raise _Settled(Refused(f"there is no invoice {id} any more", FIELD, todo))
        try:
            vals = plan.vals(write.values, invoice.company)
        except Misfit as reason:
            raise _Settled(Refused(str(reason), reason.field, CORRECT)) from reason
        amount = invoice.currency.round(vals.get("amount") or 0)
        return _Road(plan, write, invoice, amount, vals)

    # -- making --------------------------------------------------------------------------------------

    def _made(self, road: _Road) -> _Now:
        """A draft payment with our reference, made now or by a request that was thought lost."""
        refusal = road.invoice.refusal(road.amount)
        if refusal is not None:
            raise _Settled(refusal)
        vals = self._as_wizard_says(road)
        ref, setting = road.write.ref, self._setting(road)
        header = ["id", *vals]
        context = {**self._contexts.loading(setting), "mode": "update", "noupdate": True}
        trouble: Fault | Lost | None = None
        try:
            row = [f"{MODULE}.{ref}", *vals.values()]
            answer = self._session.tell(PAYMENT, "load", header, [row], context=context)
            if answer["ids"] is False:
                errors = [m for m in answer["messages"] if m.get("type") == "error"]
                allowed = self._schema.may(PAYMENT, "create")
                raise _Settled(refused_row(road.plan.layout, errors[0] if errors else {}, vals, allowed))
        except (Fault, Lost) as error:
            trouble = error
        id = self._refs.ids(PAYMENT, [ref]).get(ref)
        now = self._now(road, id) if id is not None else None
        if now is None:
            raise _Settled(self._judged(road, trouble))
        return now

    def _as_wizard_says(self, road: _Road) -> dict[str, Any]:
        """The payment's columns, as ``load`` takes them. A wizard is forgotten: making one is no write."""
        invoice = road.invoice
        context = {
            **self._contexts.writing(self._setting(road)),
            "active_model": MOVE,
            "active_ids": [invoice.id],
        }
        vals = {
            **road.vals,
            "amount": float(road.amount),
            "group_payment": True,
            "payment_difference_handling": "open",
        }
        try:
            (wizard,) = self._session.ask(WIZARD, "create", [vals], context=context)
            (said,) = self._session.ask(WIZARD, "read", [wizard], road.plan.asked, "", context=context)
        except Fault as fault:
            raise _Settled(self._judged(road, fault)) from fault
        refusal = _unlike(road, said)
        if refusal is not None:
            raise _Settled(refusal)
        names = ["account_id"]
        lines = self._session.ask(
            "account.move.line", "read", said["line_ids"][:1], names, "", context=context
        )
        return road.plan.columns(said, lines[0]["account_id"], invoice.id)

    # -- finishing -----------------------------------------------------------------------------------

    def _finished(self, road: _Road, now: _Now) -> Outcome:
        """The payment booked and matched, from wherever it stands."""
        if now.state in CANCELLED:
            todo = "set it back to draft in Odoo and replay this, or dismiss this"
            return Refused(f"{_called(now)} was made for it, and cancelled in Odoo", None, todo)
        if now.matched:
            return self._done(road, now)
        if road.invoice.refusal(road.amount) is not None:
            return self._crowded_out(road, now, None)
        if now.state == "draft":
            now = self._posted(road, now)
        if now.line is None or now.matched:
            return self._done(road, now)
        trouble = self._told(MOVE, "js_assign_outstanding_line", road, [road.invoice.id], now.line)
        after = self._again(road, now)
        if after.matched:
            return self._done(road, after)
        if isinstance(trouble, Lost) or (trouble is not None and trouble.kind == "busy"):
            return self._judged(road, trouble)
        return self._crowded_out(road, after, trouble)

    def _posted(self, road: _Road, now: _Now) -> _Now:
        changed = road.plan.corrections(now.row, road.vals, road.amount)
        if changed:
            trouble = self._told(PAYMENT, "write", road, [now.id], changed)
            now = self._again(road, now)
            if trouble is not None and road.plan.corrections(now.row, road.vals, road.amount):
                raise _Settled(self._kept(now, self._judged(road, trouble)))
        trouble = self._told(PAYMENT, "action_post", road, [now.id])
        after = self._again(road, now)
        if after.state == "draft":
            raise _Settled(self._kept(after, self._judged(road, trouble)))
        return after

    def _crowded_out(self, road: _Road, now: _Now, trouble: Fault | Lost | None) -> Outcome:
        """What was left of the invoice is no longer there: the payment is not booked any more."""
        if now.state != "draft":
            self._take_off(road, now)
            kept = self._told(PAYMENT, "action_draft", road, [now.id])
            now = self._again(road, now)
            if now.state != "draft":
                why = f"{_called(now)} has no place on {road.invoice.name}, and is booked all the same"
                return Unknown(f"{why}: {kept}" if kept is not None else why)
        # Looked at only now: before, it may have had a part of the payment itself.
        invoice = self._invoices.read(road.invoice.id, road.plan.setting)
        refusal = invoice.refusal(road.amount) if invoice is not None else None
        if refusal is None:
            reason = str(trouble) if trouble is not None else f"{_called(now)} was not matched"
            refusal = Refused(reason, FIELD, "book the payment in Odoo and match it with the invoice there")
        return self._kept(now, refusal)

    def _take_off(self, road: _Road, now: _Now) -> None:
        """In Odoo 19 a draft keeps the matches it had: what it paid would still count as paid."""
        if now.line is None:
            return
        trouble = self._told("account.move.line", "remove_move_reconcile", road, [now.line])
        names = ["matched_debit_ids", "matched_credit_ids"]
        context = self._contexts.reading(self._setting(road))
        rows = self._session.ask("account.move.line", "read", [now.line], names, "", context=context)
        if any(row[name] for row in rows for name in names):
            why = f"{_called(now)} has no place on {road.invoice.name}, and could not be taken off it"
            raise _Settled(Unknown(f"{why}: {trouble}" if trouble is not None else why))

    def _kept(self, now: _Now, outcome: Outcome) -> Outcome:
        """The same, told of the draft that stays in Odoo."""
        if not isinstance(outcome, Refused):
            return outcome
        reason = f"{outcome.reason} ({_called(now)} stays a draft in Odoo)"
        return Refused(reason, outcome.field, outcome.todo, outcome.passing)

    def _done(self, road: _Road, now: _Now) -> Outcome:
        records = road.plan.records([now.id], {now.id: road.write.ref})
        if not records:
            return Unknown(f"{_called(now)} is made, but could not be read back")
        return Done(road.plan.on_invoice(records[0], road.invoice.id))

    # -- looking -------------------------------------------------------------------------------------

    def _now(self, road: _Road, id: int) -> _Now | None:
        """The payment as it is; ``None`` where it is gone."""
        context = self._contexts.reading(self._setting(road))
        rows = self._session.ask(PAYMENT, "read", [id], road.plan.looked_at, "", context=context)
        if not rows:
            return None
        (row,) = rows
        if row["state"] in ("draft", *CANCELLED):
            return _Now(id, row, None, False)
        if not row["move_id"]:
            # Odoo 18 and later, where the payment method has no outstanding account: nothing to match.
            return _Now(id, row, None, road.invoice.id in row.get("invoice_ids", ()))
        domain = [["move_id", "=", row["move_id"]], ["account_id", "=", row["destination_account_id"]]]
        names = ["reconciled"]
        lines = self._session.ask(
            "account.move.line", "search_read", domain, names, 0, None, "id", context=context
        )
        if not lines:
            return _Now(id, row, None, False)
        return _Now(id, row, lines[0]["id"], bool(lines[0]["reconciled"]))

    def _again(self, road: _Road, now: _Now) -> _Now:
        found = self._now(road, now.id)
        if found is None:
            raise _Settled(Unknown(f"{_called(now)} was removed in Odoo meanwhile"))
        return found

    def _twin(self, road: _Road) -> _Now | None:
        """A payment of the same number, day and amount on this invoice that is nobody else's."""
        context = self._contexts.reading(self._setting(road))
        domain = road.plan.alike(road.vals, road.amount)
        if domain is None:
            return None
        ids = self._session.ask(PAYMENT, "search", domain, 0, None, "id", context=context)
        if not ids:
            return None
        names = [*road.plan.looked_at, "reconciled_invoice_ids"]
        rows = self._session.ask(PAYMENT, "read", ids, names, "", context=context)
        unbooked = ("draft", *CANCELLED)
        here = [row for row in rows if road.invoice.id in _invoices(row) and row["state"] not in unbooked]
        taken = self._refs.of(PAYMENT, [row["id"] for row in here]) if here else {}
        for row in here:
            if taken.get(row["id"]) in (None, road.write.ref):
                return _Now(row["id"], row, None, True)
        if here:
            already = f"{road.invoice.name} has {_named(here[0])} of {road.amount} with this number and day"
            todo = "if these are two payments, give each a number of its own; else dismiss this"
            raise _Settled(Refused(f"{already} already, which the hub made for another record", None, todo))
        return None

    # -- telling -------------------------------------------------------------------------------------

    def _told(self, model: str, method: str, road: _Road, *args: Any) -> Fault | Lost | None:
        """Call a method that may be called again; its trouble, which says nothing of what was done."""
        try:
            context = self._contexts.writing(self._setting(road))
            self._session.tell(model, method, *args, context=context)
        except (Fault, Lost) as trouble:
            return trouble
        return None

    def _judged(self, road: _Road, trouble: Fault | Lost | None) -> Outcome:
        """What to say of something that was looked for and is not there."""
        if trouble is None:
            return Unknown("Odoo answered, but what it was told to do is not there")
        if isinstance(trouble, Lost):
            return Unknown(str(trouble))
        if trouble.kind == "busy":
            return locked(trouble)
        if trouble.kind in DOUBTFUL:
            return Unknown(trouble.message)
        return refused(road.plan.layout, trouble, ())

    def _setting(self, road: _Road) -> tuple[str | None, int]:
        return road.plan.setting[0], road.invoice.company


def _unlike(road: _Road, said: Mapping[str, Any]) -> Refused | None:
    """What the wizard makes of it that is not what was asked."""
    invoice = road.invoice
    if not said["can_edit_wizard"]:
        reason = f"Odoo would make several payments of {invoice.name}: its lines are on several accounts"
        return Refused(reason, FIELD, "register this payment in Odoo by hand")
    if said["currency_id"] != invoice.currency.id:
        reason = (
            f"{invoice.name} is in {invoice.currency.name}, and this payment would be in another currency"
        )
        todo = "give a journal in the invoice's currency, or register this payment in Odoo by hand"
        return Refused(reason, "journal_id", todo)
    if invoice.currency.round(said["amount"]) != road.amount:
        reason = f"Odoo makes {said['amount']} of a payment of {road.amount} for {invoice.name}"
        return Refused(reason, "amount", "register this payment in Odoo by hand")
    if not said["journal_id"]:
        todo = "name one in the mapping: `journal_id.code` under `fields` or `on_create`"
        return Refused("Odoo has no bank or cash journal for this payment", "journal_id", todo)
    return None


def _called(now: _Now) -> str:
    return _named({**now.row, "id": now.id})


def _named(row: Mapping[str, Any]) -> str:
    return f"payment {row.get('name') or row['id']}"


def _invoices(row: Mapping[str, Any]) -> list[int]:
    return [*row["reconciled_invoice_ids"], *row.get("invoice_ids", ())]
