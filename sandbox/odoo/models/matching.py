"""Reconciling: journal items of one account set off against each other, as far as they go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.odoo.models import ledger


def answered(model: str, ids: Iterable[int]) -> Any:
    """A record set as an answer: 14's XML-RPC cannot carry it and says so by this name; JSON has its text."""
    shown = f"{model}({', '.join(map(str, ids))},)"
    kind = type(model, (), {"__slots__": (), "__str__": lambda self: shown})
    kind.__module__, kind.__qualname__ = "odoo.api", model
    return kind()


def match(env: Any, lines: Iterable[int]) -> int:
    """Set these items off against each other, debit by credit, the earliest due first; how many pairs."""
    table = env.table("account.move.line")
    rows = sorted(
        (table.rows[id] for id in lines), key=lambda row: (str(row.get("date_maturity")), row["id"])
    )
    left = {row["id"]: ledger.line_residual(env, row) for row in rows}
    debits = [row["id"] for row in rows if left[row["id"]] > 0]
    credits = [row["id"] for row in rows if left[row["id"]] < 0]
    pairs = 0
    for debit in debits:
        for credit in credits:
            amount = min(left[debit], -left[credit])
            if amount > 0:
                env.sudo()["account.partial.reconcile"].create(
                    {"debit_move_id": debit, "credit_move_id": credit, "amount": amount}
                )
                left[debit] = ledger.total([left[debit], -amount])
                left[credit] = ledger.total([left[credit], amount])
                pairs += 1
    if pairs:
        touch(env, {row["move_id"] for row in rows})
    return pairs


def unmatch(env: Any, move: int) -> None:
    """Take back every set-off of a move's items."""
    pairs = [pair for line in ledger.lines_of(env, move) for pair in ledger.matched(env, line["id"])]
    items = env.table("account.move.line").rows
    others = {items[other]["move_id"] for _, other in pairs}
    env.sudo()["account.partial.reconcile"].browse(sorted({partial["id"] for partial, _ in pairs})).unlink()
    if pairs:
        touch(env, {move, *others})


def touch(env: Any, moves: Iterable[int]) -> None:
    """Their payment state was computed anew, which a real server stores: documents are written, 19's payments
    are through once every invoice of theirs is paid."""
    table = env.table("account.move")
    stamp = {"write_date": env.base.time, "write_uid": env.uid}
    for move in moves:
        row = table.rows[move]
        if row["move_type"] in ledger.DOCUMENTS:
            table.put(move, {**row, **stamp})
    if env.base.version < 19:
        return
    payments = env.table("account.payment")
    for payment in list(payments.rows.values()):
        invoices = [table.rows[id] for id in payment.get("invoice_ids") or () if id in table.rows]
        paid = invoices and all(ledger.payment_state(env, one) == "paid" for one in invoices)
        if payment["state"] == "in_process" and paid:
            payments.put(payment["id"], {**payment, **stamp, "state": "paid"})
