"""Which payment settled which invoice, told from entries of one customer that bear the same letter.

Sage letters entries together; it does not say which credit went to which debit. Where that follows, it is
told: one invoice, however many payments (part by part); one payment, several invoices, all of them paid
whole; payments that name their invoice; payments and invoices of the same amounts. Where it does not, the
payments are set aside with the reason: a person sees them, nobody guesses.

Promises: a payment is told wholly or set aside wholly; no invoice gets more than it asks for. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

DEBIT = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One lettered entry. `number` is its EC_No, `piece` the invoice it names (EC_RefPiece), `day` ISO."""

    number: int
    journal: str
    side: int
    amount: Decimal
    piece: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """So much of a payment went to an invoice. Both are EC_No; of one in several entries, the first."""

    payment: int
    invoice: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SetAside:
    """A payment that cannot be told, and why."""

    payment: int
    amount: Decimal
    reason: str


@dataclass
class _Invoice:
    piece: str
    entry: int
    left: Decimal


@dataclass
class _Group:
    """One letter of one customer's account, being told apart."""

    invoices: dict[str, _Invoice] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)

    @property
    def open(self) -> list[_Invoice]:
        return [one for one in self.invoices.values() if one.left > 0]

    def settle(self, payment: Entry, invoice: _Invoice, amount: Decimal) -> None:
        invoice.left -= amount
        self.settled.append(Settled(payment.number, invoice.entry, amount))

    def fill(self, payment: Entry, invoice: _Invoice) -> None:
        """All of a payment to one invoice, unless that is more than it asks for."""
        if payment.amount <= invoice.left:
            self.settle(payment, invoice, payment.amount)
        else:
            reason = f"it pays {payment.amount}, and {invoice.left} is left of invoice {invoice.piece}"
            self.put_aside([payment], reason)

    def put_aside(self, payments: Iterable[Entry], reason: str) -> None:
        self.aside += [SetAside(one.number, one.amount, reason) for one in payments]


def tell_apart(entries: Sequence[Entry], journals: Collection[str]) -> tuple[list[Settled], list[SetAside]]:
    """The settlements of one letter; `journals` are those payments are entered in.

    Credits of other journals are credit notes: they lessen an invoice and are told nowhere.
    """
    ordered = sorted(entries, key=lambda one: (one.day, one.number))
    payments = [one for one in ordered if one.side != DEBIT and one.journal in journals]
    group = _Group()
    if not payments:
        return [], []
    obstacle = (
        _obstacle(ordered, journals) or _invoices(group, ordered) or _credit_notes(group, ordered, journals)
    )
    if obstacle:
        group.put_aside(payments, obstacle)
    else:
        _named(group, payments)
    return group.settled, group.aside


def _obstacle(entries: Sequence[Entry], journals: Collection[str]) -> str:
    """Why nothing can be told of a letter at all; empty where something can."""
    for one in entries:
        if one.amount <= 0:
            return f"entry {one.number} of its letter has the amount {one.amount}"
        if one.side == DEBIT and one.journal in journals:
            out = f"takes money out (journal {one.journal}): unpaid, or given back"
            return f"entry {one.number} of its letter {out}"
    return ""


def _invoices(group: _Group, entries: Sequence[Entry]) -> str:
    """The invoices of a letter, those in several entries (due dates) together."""
    for one in entries:
        if one.side != DEBIT:
            continue
        if not one.piece:
            return f"entry {one.number} of its letter names no invoice (EC_RefPiece is empty)"
        known = group.invoices.setdefault(one.piece, _Invoice(one.piece, one.number, Decimal(0)))
        known.left += one.amount
        known.entry = min(known.entry, one.number)
    return "" if group.invoices else "its letter has no invoice, only what was credited"


def _credit_notes(group: _Group, entries: Sequence[Entry], journals: Collection[str]) -> str:
    """Lessen the invoices by the credit notes lettered with them."""
    for note in entries:
        if note.side == DEBIT or note.journal in journals:
            continue
        same = [one for one in group.invoices.values() if one.left == note.amount]
        named = group.invoices.get(note.piece)
        target = named or (group.open[0] if len(group.open) == 1 else same[0] if len(same) == 1 else None)
        if target is None or target.left < note.amount:
            name = note.piece or note.number
            return f"which invoice credit note {name} ({note.amount}) lessens cannot be told"
        target.left -= note.amount
    return ""


def _named(group: _Group, payments: Sequence[Entry]) -> None:
    """First the payments that name their invoice, then the others."""
    others = []
    for payment in payments:
        invoice = group.invoices.get(payment.piece) if payment.piece else None
        if invoice is not None:
            group.fill(payment, invoice)
        else:
            others.append(payment)
    if others:
        _unnamed(group, others)


def _unnamed(group: _Group, payments: Sequence[Entry]) -> None:
    invoices = group.open
    if not invoices:
        group.put_aside(payments, "nothing is left to pay of the invoices of its letter")
    elif len(invoices) == 1:
        for payment in payments:
            group.fill(payment, invoices[0])
    elif sum(one.amount for one in payments) != sum(one.left for one in invoices):
        paid, asked = sum(one.amount for one in payments), sum(one.left for one in invoices)
        names = ", ".join(one.piece for one in invoices)
        group.put_aside(
            payments,
            f"{paid} was paid on {asked} of {names}: how much is for which cannot be told",
        )
    elif len(payments) == 1:
        for invoice in invoices:
            group.settle(payments[0], invoice, invoice.left)
    else:
        _by_amount(group, payments, invoices)


def _by_amount(group: _Group, payments: Sequence[Entry], invoices: Sequence[_Invoice]) -> None:
    """Several payments, several invoices, nothing left over: told where the amounts pair off."""
    by_amount = {one.left: one for one in invoices}
    amounts = {one.amount for one in payments}
    if len(by_amount) == len(invoices) == len(amounts) == len(payments) and amounts == by_amount.keys():
        for payment in payments:
            group.settle(payment, by_amount[payment.amount], payment.amount)
        return
    names = ", ".join(one.piece for one in invoices)
    numbers = ", ".join(str(one.number) for one in payments)
    group.put_aside(payments, f"entries {numbers} pay {names} together: which pays which cannot be told")
