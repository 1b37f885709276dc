"""Invoices, credit notes and payments: what is booked, what is answered, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.sandbox.doors import Side
from tests.sandbox.scenario.steps import Step, make, read

MOVE = "account.move"
LINE = "account.move.line"
PAYMENT = "account.payment"
WIZARD = "account.payment.register"
SHOWN = (
    "state", "move_type", "date", "invoice_date", "invoice_date_due", "amount_untaxed", "amount_tax",
    "amount_total", "amount_residual", "amount_total_signed", "amount_residual_signed", "payment_state",
    "ref", "journal_id", "invoice_payment_term_id",
)  # fmt: skip
ITEMS = (
    "name", "account_id", "debit", "credit", "balance", "amount_currency", "date_maturity", "tax_line_id",
    "tax_base_amount", "quantity", "price_unit", "discount", "price_subtotal", "price_total",
    "amount_residual", "reconciled", "sequence", "parent_state", "display_type",
)  # fmt: skip
PAID = (
    "state", "amount", "date", "payment_type", "partner_type", "journal_id", "is_reconciled",
    "destination_account_id",
)  # fmt: skip
DAY = "2026-03-10"


def accounting(s: Side) -> Iterator[Step]:
    tax = _tax(s)
    partner = make(s, "invoiced", is_company=True)
    goods = [("Maintenance", 2, 100.05, 0), ("Câble", 3, 19.99, 10), ("Vis", 7, 1.01, 0)]
    first = _invoice(s, partner, goods, tax, invoice_payment_term_id=_term(s, "30 Days"), ref="BC-1")
    yield "a draft", _shown(s, first)
    yield "its items", _items(s, first)
    yield "posted", _posted(s, first)
    yield "and so", _shown(s, first)
    yield "its items once posted", _items(s, first)
    yield "what it is called", _pattern(s, first)
    yield from _fixed(s, first)
    yield from _never_posted(s, partner)
    two = _invoice(
        s, partner, [("Lift", 1, 1000, 0)], tax, invoice_payment_term_id=_term(s, "30% Now, Balance 60 Days")
    )
    _posted(s, two)
    yield "in two instalments", [_shown(s, two), len(_items(s, two))]
    yield "due", [(one["debit"], one["date_maturity"]) for one in _items(s, two) if one["date_maturity"]]
    yield from _by_wizard(s, partner, tax)
    yield from _by_load(s, partner, tax)
    yield from _credited(s, partner, tax)


def _fixed(s: Side, posted: int) -> Iterator[Step]:
    """What a posted invoice does not let happen."""
    lines = read(s, [posted], "invoice_line_ids", model=MOVE)[0]["invoice_line_ids"]
    change = [[1, lines[0], {"price_unit": 5}]]
    yield "posted line", s.call(MOVE, "write", [posted], vals={"invoice_line_ids": change})
    yield "posted reference", s.call(MOVE, "write", [posted], vals={"ref": "BC-2"})
    if s.version >= 19:
        for name, value in (("invoice_date", "2026-03-11"), ("partner_id", 1)):
            yield f"posted {name}", s.call(MOVE, "write", [posted], vals={name: value})
        yield "posted twice", str(s.call(MOVE, "action_post", [posted]))[:80].split("INV")[0]
    yield "posted deleted", s.call(MOVE, "unlink", [posted])


def _never_posted(s: Side, partner: int) -> Iterator[Step]:
    """What is refused at posting."""
    empty = _made(s.call(MOVE, "create", vals_list={"move_type": "out_invoice", "partner_id": partner}))
    yield "nothing to post", s.call(MOVE, "action_post", [empty])
    line = [[0, 0, {"name": "x", "quantity": 1, "price_unit": 1}]]
    values = {"move_type": "out_invoice", "invoice_line_ids": line}
    nobody = _made(s.call(MOVE, "create", vals_list=values))
    yield "nobody to pay", s.call(MOVE, "action_post", [nobody])
    negative = _invoice(s, partner, [("Rebate", 1, -5, 0)], None)
    yield "negative", s.call(MOVE, "action_post", [negative])
    accounts = [_account(s, "411100"), _account(s, "512100")]
    sides = [{"debit": 10}, {"credit": 9}]
    lines = [[0, 0, {"name": "x", "account_id": a, **v}] for a, v in zip(accounts, sides, strict=True)]
    refused = s.call(MOVE, "create", vals_list={"move_type": "entry", "line_ids": lines})
    yield "unbalanced", s.plain(refused)["message"].split("Ids:")[0]


def _by_wizard(s: Side, partner: int, tax: int) -> Iterator[Step]:
    """Payments as a person enters them."""
    memo = "memo" if s.version >= 19 else "ref"
    invoice = _invoice(s, partner, [("Lift", 1, 1000, 0)], tax)
    _posted(s, invoice)
    wizard = _wizard(s, invoice, amount=500, payment_date="2026-03-15", communication="REG-1")
    shown = ("amount", "payment_date", "communication", "journal_id", "payment_difference",
             "payment_difference_handling", "group_payment", "partner_type", "payment_type", "source_amount",
             "can_edit_wizard")  # fmt: skip
    yield "the wizard", read(s, [wizard], *shown, model=WIZARD)
    yield "a part", _kind(s.call(WIZARD, "action_create_payments", [wizard]))
    yield "partly paid", _shown(s, invoice)
    yield "its items partly paid", _items(s, invoice)
    yield "the payment", read(s, _payments(s, invoice), memo, *PAID, model=PAYMENT)
    rest = _wizard(s, invoice)
    yield "the rest", read(s, [rest], "amount", "payment_difference", model=WIZARD)
    s.call(WIZARD, "action_create_payments", [rest])
    yield "paid", _shown(s, invoice)
    yield "its items paid", _items(s, invoice)
    yield "nothing left", s.call(WIZARD, "create", vals_list={}, context=_of(invoice))
    yield "called without a document", s.call(WIZARD, "create", vals_list={})
    other = _invoice(s, partner, [("Lift", 1, 100, 0)], tax)
    _posted(s, other)
    more = _wizard(s, other, amount=200)
    yield "too much", read(s, [more], "amount", "payment_difference", model=WIZARD)
    s.call(WIZARD, "action_create_payments", [more])
    yield "paid too much", [_shown(s, other), read(s, _payments(s, other), *PAID, model=PAYMENT)]
    less = _invoice(s, partner, [("Lift", 1, 100, 0)], tax)
    _posted(s, less)
    wizard = _wizard(s, less, amount=-5)
    yield "less than nothing", s.call(WIZARD, "action_create_payments", [wizard])
    values = {"payment_difference_handling": "reconcile", "writeoff_account_id": _account(s, "658000")}
    s.call(WIZARD, "action_create_payments", [_wizard(s, less, amount=119.5, **values)])
    yield "the difference written off", _shown(s, less)


def _by_load(s: Side, partner: int, tax: int) -> Iterator[Step]:
    """Payments made under an external id, booked and set off step by step."""
    new = s.version >= 19
    memo = "memo" if new else "ref"
    invoice = _invoice(s, partner, [("Lift", 1, 1000, 0)], tax)
    _posted(s, invoice)
    wizard = _wizard(s, invoice, amount=400)
    method = "payment_method_line_id" if new else "payment_method_id"
    kept = ("journal_id", "partner_id", "currency_id", method)
    proposed = read(s, [wizard], *kept, model=WIZARD)[0]
    receivable = _account(s, "411100")
    named = {
        "id": f"__hub__.paid_{s.door}", "amount": "400.0", "date": DAY, "payment_type": "Receive",
        "partner_type": "Customer", memo: "REG-9", "destination_account_id/.id": str(receivable),
        **{f"{name}/.id": str(proposed[name][0]) for name in kept},
        **({"invoice_ids/.id": str(invoice)} if new else {"payment_type": "Receive Money"}),
    }  # fmt: skip
    settled: dict[str, Any] = {"context": {"mode": "update", "noupdate": True}}
    made = s.call(PAYMENT, "load", fields=list(named), data=[list(named.values())], **settled)
    yield "loaded", made["messages"]
    payment = made["ids"][0]
    yield "a draft payment", read(s, [payment], memo, *PAID, model=PAYMENT)
    again = s.call(PAYMENT, "load", fields=list(named), data=[list(named.values())], **settled)
    yield "loaded again", again["ids"] == made["ids"]
    s.call(PAYMENT, "action_post", [payment])
    yield "booked", read(s, [payment], memo, *PAID, model=PAYMENT)
    yield "not yet of the invoice", _shown(s, invoice)
    move = read(s, [payment], "move_id", model=PAYMENT)[0]["move_id"][0]
    yield "its entry", _items(s, move)
    domain = [["move_id", "=", move], ["account_id", "=", receivable]]
    line = s.call(LINE, "search", domain=domain)[0]
    s.call(MOVE, "js_assign_outstanding_line", [invoice], line_id=line)
    yield "set off", [_shown(s, invoice), read(s, [payment], *PAID, model=PAYMENT)]
    yield (
        "which invoices",
        read(s, [payment], "reconciled_invoice_ids", model=PAYMENT)[0]["reconciled_invoice_ids"] == [invoice],
    )
    if not new:
        s.call(PAYMENT, "action_draft", [payment])
        yield "taken back", [_shown(s, invoice), read(s, [payment], "state", model=PAYMENT)]


def _credited(s: Side, partner: int, tax: int) -> Iterator[Step]:
    """A credit note of a whole invoice."""
    invoice = _invoice(s, partner, [("Lift", 1, 100, 0)], tax)
    _posted(s, invoice)
    journal = read(s, [invoice], "journal_id", model=MOVE)[0]["journal_id"][0]
    values = {"reason": "Erreur", "date": "2026-03-20", "journal_id": journal}
    values |= {} if s.version >= 19 else {"refund_method": "cancel"}
    wizard = _made(s.call("account.move.reversal", "create", vals_list=values, context=_of(invoice)))
    name = "refund_moves" if s.version >= 19 else "reverse_moves"
    yield "reversed", _kind(s.call("account.move.reversal", name, [wizard]))
    refund = s.call(MOVE, "search", domain=[["reversed_entry_id", "=", invoice]])
    yield "the credit note", _without_number(_shown(s, refund[0]))
    if s.version >= 19:
        _posted(s, refund[0])
    yield "both", [_without_number(_shown(s, one)) for one in (invoice, refund[0])]
    yield "its items", _items(s, refund[0])
    yield "what it is called", _pattern(s, refund[0])


def _tax(s: Side) -> int:
    domain = [["amount", "=", 20], ["type_tax_use", "=", "sale"], ["price_include", "=", False]]
    return int(s.call("account.tax", "search", domain=domain, order="id")[0])


def _term(s: Side, name: str) -> int:
    return int(s.call("account.payment.term", "search", domain=[["name", "=", name]])[0])


def _account(s: Side, code: str) -> int:
    return int(s.call("account.account", "search", domain=[["code", "=", code]])[0])


def _made(answer: Any) -> int:
    return int(answer[0] if isinstance(answer, list) else answer)


def _invoice(
    s: Side, partner: int, goods: Sequence[tuple[str, float, float, float]], tax: int | None, **more: Any
) -> int:
    lines = [
        [0, 0, {"name": name, "quantity": quantity, "price_unit": price, "discount": discount,
                "tax_ids": [[6, 0, [tax] if tax else []]]}]
        for name, quantity, price, discount in goods
    ]  # fmt: skip
    values = {
        "move_type": "out_invoice",
        "partner_id": partner,
        "invoice_date": DAY,
        "invoice_line_ids": lines,
    }
    return _made(s.call(MOVE, "create", vals_list={**values, **more}))


def _posted(s: Side, move: int) -> Any:
    """What posting answers: over 14's XML-RPC a fault, though it is done."""
    answer = s.call(MOVE, "action_post", [move])
    return type(answer).__name__ if isinstance(answer, str) else answer


def _of(invoice: int) -> dict[str, Any]:
    return {"active_model": MOVE, "active_ids": [invoice]}


def _wizard(s: Side, invoice: int, **values: Any) -> int:
    return _made(s.call(WIZARD, "create", vals_list=values, context=_of(invoice)))


def _payments(s: Side, invoice: int) -> list[int]:
    if s.version >= 19:
        found = s.call(PAYMENT, "search", domain=[["invoice_ids", "in", [invoice]]], order="id")
        return list(found)
    third = [["move_id", "=", invoice], ["account_internal_type", "=", "receivable"]]
    line = s.call(LINE, "search", domain=third)[0]
    partial = s.call(
        "account.partial.reconcile",
        "search_read",
        domain=[["debit_move_id", "=", line]],
        fields=["credit_move_id"],
    )
    items = [one["credit_move_id"][0] for one in partial]
    return [one["payment_id"][0] for one in read(s, sorted(items), "payment_id", model=LINE)]


def _shown(s: Side, move: int) -> Any:
    return read(s, [move], *SHOWN, model=MOVE)


def _items(s: Side, move: int) -> list[dict[str, Any]]:
    ids = s.call(LINE, "search", domain=[["move_id", "=", move]], order="id")
    found: list[dict[str, Any]] = read(s, ids, *ITEMS, model=LINE)
    for one in found:
        one["name"] = _letters(one["name"])
    return sorted(found, key=lambda one: (str(one["account_id"])[-9:], one["credit"], one["debit"]))


def _letters(name: Any) -> Any:
    """A text without its numbers: how many there are before differs from door to door."""
    return "".join("9" if letter.isdigit() else letter for letter in name) if isinstance(name, str) else name


def _pattern(s: Side, move: int) -> list[Any]:
    found = read(s, [move], "name", "payment_reference", "display_name", model=MOVE)[0]
    return [_letters(found[name]) for name in ("name", "payment_reference", "display_name")]


def _without_number(rows: Any) -> Any:
    return [{**row, "ref": _letters(row["ref"])} for row in rows]


def _kind(action: Any) -> Any:
    """What an action shows, its record left out."""
    return (
        {name: value for name, value in action.items() if name != "res_id"}
        if isinstance(action, dict)
        else action
    )
