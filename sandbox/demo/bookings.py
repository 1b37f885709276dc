"""What people do in the demo's books, and how it must end: a customer, invoices, payments, a credit note.

Three times people work and the hub syncs; `holds` and `seen` are asked after the sync that follows an act,
and look into the three programs themselves, never into the hub.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.company import Customer
from sandbox.demo.books import DAY, Books
from sandbox.x3 import Call, Gateway

GOODS = (("Entretien annuel", 2, 350.0), ("Câble R2V 3G2,5", 30, 4.2))
CALL_OUT = (("Astreinte du dimanche", 1, 90.0),)
FIRST_PAYMENT = 400
Seen = tuple[str, str, str]
"""A program, a record of it, and what is to be said of that."""


@dataclass
class Case:
    """The one customer of the story, and what was made for it: ids in Odoo; calls whose answer was lost."""

    customer: Customer
    partner: int = 0
    moves: dict[str, int] = field(default_factory=dict)
    lost: Sequence[Call] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did: where, in words, by `act`. `word` is what the hub made of it, if `holds`."""

    where: str
    text: str
    act: Callable[[Books, Case], None]
    word: str
    holds: Callable[[Books, Case], bool]
    seen: Callable[[Books, Case], list[Seen]]


def acts() -> list[list[Step]]:
    """The steps, by what people do between one sync and the next; the conflict is the last one."""
    return [
        [
            Step("Odoo", "a new customer", _enter, "created", _numbered, _numbers),
            Step("Odoo", "their first invoice is posted", _invoice("first", GOODS), "handed over",
                 _handed_over("first"), _document("first")),
        ],
        [
            Step("Sage X3", "they pay 400.00 € of it", _pay(FIRST_PAYMENT), "partly paid",
                 _is("first", "partial"), _left("first")),
            Step("Odoo", "a second invoice; X3's answer to it is lost on its way", _lose_an_answer,
                 "looked up, not made twice", _once_all_the_same, _document("second")),
        ],
        [
            Step("Sage X3", "they pay the rest of the first one", _pay(None), "paid",
                 _is("first", "paid"), _left("first")),
            Step("Odoo", "a credit note for the second one", _credit, "handed over",
                 _handed_over("credit"), _document("credit")),
            Step("Odoo + Sage X3", "the customer renamed in both, not to the same", _rename,
                 "a conflict: the name waits for a person", _keep_their_names, lambda books, case: []),
        ],
    ]  # fmt: skip


# -- what people do --------------------------------------------------------------------------------------


def _enter(books: Books, case: Case) -> None:
    case.partner = books.enter(case.customer)


def _invoice(name: str, goods: Sequence[tuple[str, float, float]]) -> Callable[[Books, Case], None]:
    def act(books: Books, case: Case) -> None:
        case.moves[name] = books.office.invoice(case.partner, goods, day=DAY)

    return act


def _lose_an_answer(books: Books, case: Case) -> None:
    case.lost = books.x3.fail(Gateway(504), "save", "SIH", applied=True)
    _invoice("second", CALL_OUT)(books, case)


def _pay(amount: int | None) -> Callable[[Books, Case], None]:
    def act(books: Books, case: Case) -> None:
        (number,) = books.documents(_number(books, case, "first"))
        books.x3.person.pay(number, amount, BAN="BNP")

    return act


def _credit(books: Books, case: Case) -> None:
    case.moves["credit"] = books.office.credit(case.moves["second"], "geste commercial", day=DAY)


def _rename(books: Books, case: Case) -> None:
    books.odoo.env["res.partner"].browse([case.partner]).write({"name": _new_name(case)})
    books.x3.person.edit("BPC", _code(books, case), {"BPRNAM": [_other_name(case), ""]})


def _new_name(case: Case) -> str:
    return f"{case.customer.name} & Fils"


def _other_name(case: Case) -> str:
    return f"{case.customer.name} SUCC."


# -- what the three programs show ------------------------------------------------------------------------


def _numbered(books: Books, case: Case) -> bool:
    """Whether X3 has the customer once, and Odoo X3's number of it."""
    keys = books.x3.person.list("BPC")
    there = [books.x3.person.see("BPC", key).text("CRN") for key in keys]
    return there == [case.customer.siret] and books.partner(case.partner)["ref"] == keys[0]


def _numbers(books: Books, case: Case) -> list[Seen]:
    codes = [key for key, row in books.sage.rows.items() if row["CT_Siret"] == case.customer.siret]
    return [
        *(("Sage X3", key, "a new record") for key in books.x3.person.list("BPC")),
        ("Odoo", "", f"{books.partner(case.partner)['ref'] or 'nothing'} as its reference"),
        *(("Sage 100", code, "a new record") for code in codes),
    ]


def _handed_over(name: str) -> Callable[[Books, Case], bool]:
    """Whether X3 has the document once, and Sage 100 its entries, balanced, both to Odoo's cent."""

    def holds(books: Books, case: Case) -> bool:
        total = _total(books, case, name)
        found = books.documents(_number(books, case, name))
        sums = [abs(Decimal(books.x3.person.see("SIH", one).text("INVATI"))) for one in found]
        _, debit, credit = books.booked(_number(books, case, name))
        return sums == [total] and debit == credit == total

    return holds


def _once_all_the_same(books: Books, case: Case) -> bool:
    """Whether an answer was lost, after X3 had done what it was asked, and nothing is there twice."""
    return len(case.lost) == 1 and _handed_over("second")(books, case)


def _document(name: str) -> Callable[[Books, Case], list[Seen]]:
    def seen(books: Books, case: Case) -> list[Seen]:
        found = books.documents(_number(books, case, name))
        count, debit, credit = books.booked(_number(books, case, name))
        sums = f"{debit:,.2f} on either side" if debit == credit else f"{debit:,.2f} and {credit:,.2f}"
        return [
            *(("Sage X3", one, f"{_total(books, case, name):,.2f} €") for one in found),
            ("Sage 100", "VE", f"{count} entries, {sums}"),
        ]

    return seen


def _is(name: str, state: str) -> Callable[[Books, Case], bool]:
    return lambda books, case: books.office.see(case.moves[name])["payment_state"] == state


def _left(name: str) -> Callable[[Books, Case], list[Seen]]:
    def seen(books: Books, case: Case) -> list[Seen]:
        left = books.office.see(case.moves[name])["amount_residual"]
        return [("Odoo", _number(books, case, name), f"{left:,.2f} € left to pay")]

    return seen


def _keep_their_names(books: Books, case: Case) -> bool:
    """Whether each side still has the name that was typed there."""
    there = books.x3.person.see("BPC", _code(books, case)).text("BPRNAM")
    return books.partner(case.partner)["name"] == _new_name(case) and there == _other_name(case)


def _code(books: Books, case: Case) -> str:
    return str(books.partner(case.partner)["ref"])


def _number(books: Books, case: Case, name: str) -> str:
    return str(books.office.see(case.moves[name])["name"])


def _total(books: Books, case: Case, name: str) -> Decimal:
    return Decimal(f"{books.office.see(case.moves[name])['amount_total']:.2f}")
