"""Which payment settled which invoice: what is told always adds up, and what does not follow is set aside."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sage.sql.lettering import DEBIT, Entry, SetAside, Settled, tell_apart
from tests.tally import tally

CREDIT = 1
BANKS = ("BQ", "CA")


def invoice(number: int, piece: str, amount: str, journal: str = "VE", day: str = "2026-01-31") -> Entry:
    return Entry(number, journal, DEBIT, Decimal(amount), piece, day)


def paid(number: int, amount: str, piece: str = "", journal: str = "BQ", day: str = "2026-02-15") -> Entry:
    return Entry(number, journal, CREDIT, Decimal(amount), piece, day)


def told(*entries: Entry) -> tuple[list[tuple[int, int, str]], list[str]]:
    settled, aside = tell_apart(entries, BANKS)
    return [(one.payment, one.invoice, str(one.amount)) for one in settled], [one.reason for one in aside]


def test_one_payment_of_one_invoice() -> None:
    assert told(invoice(1, "F1", "1200.00"), paid(2, "1200.00")) == ([(2, 1, "1200.00")], [])


def test_an_invoice_paid_in_parts_and_not_whole_yet() -> None:
    assert told(invoice(1, "F1", "1200.00"), paid(2, "500.00"), paid(3, "100.00")) == (
        [(2, 1, "500.00"), (3, 1, "100.00")],
        [],
    )


def test_one_payment_of_several_invoices() -> None:
    found = told(invoice(1, "F1", "100.00"), invoice(2, "F2", "250.00"), paid(3, "350.00"))
    assert found == ([(3, 1, "100.00"), (3, 2, "250.00")], [])


def test_an_invoice_of_several_due_dates_is_one() -> None:
    found = told(invoice(4, "F1", "60.00"), invoice(2, "F1", "40.00"), paid(5, "100.00"))
    assert found == ([(5, 2, "100.00")], [])


def test_payments_that_name_their_invoice() -> None:
    found = told(
        invoice(1, "F1", "100.00"),
        invoice(2, "F2", "100.00"),
        paid(3, "60.00", "F2"),
        paid(4, "100.00", "F1"),
    )
    assert found == ([(3, 2, "60.00"), (4, 1, "100.00")], [])


def test_payments_told_by_their_amounts() -> None:
    found = told(invoice(1, "F1", "100.00"), invoice(2, "F2", "250.00"), paid(3, "250.00"), paid(4, "100.00"))
    assert found == ([(3, 2, "250.00"), (4, 1, "100.00")], [])


def test_a_credit_note_lessens_its_invoice_and_is_no_payment() -> None:
    note = Entry(2, "VE", CREDIT, Decimal("200.00"), "A1", "2026-02-01")
    assert told(invoice(1, "F1", "1200.00"), note, paid(3, "1000.00")) == ([(3, 1, "1000.00")], [])
    assert told(invoice(1, "F1", "200.00"), note) == ([], [])


def test_a_credit_note_that_cancels_an_invoice_leaves_the_other_to_the_payment() -> None:
    note = Entry(3, "VE", CREDIT, Decimal("200.00"), "A1", "2026-02-01")
    found = told(invoice(1, "F1", "1200.00"), invoice(2, "F2", "200.00"), note, paid(4, "1200.00"))
    assert found == ([(4, 1, "1200.00")], [])


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([invoice(1, "F1", "100"), paid(2, "130")], "it pays 130, and 100 is left of invoice F1"),
        ([invoice(1, "F1", "60"), invoice(2, "F2", "60"), paid(3, "100")], "how much is for which"),
        ([invoice(1, "F1", "60"), invoice(2, "F2", "60"), paid(3, "140")], "how much is for which"),
        (
            [invoice(1, "F1", "60"), invoice(2, "F2", "90"), paid(3, "100"), paid(4, "50")],
            "which pays which cannot be told",
        ),
        (
            [invoice(1, "F1", "60"), invoice(2, "F2", "60"), paid(3, "60"), paid(4, "60")],
            "which pays which cannot be told",
        ),
        ([invoice(1, "", "100"), paid(2, "100")], "names no invoice"),
        ([paid(1, "100"), Entry(2, "BQ", DEBIT, Decimal(100), "", "2026-03-01")], "takes money out"),
        ([invoice(1, "F1", "-100"), paid(2, "100")], "has the amount -100"),
        ([invoice(1, "F1", "100"), paid(2, "0")], "has the amount 0"),
        ([paid(2, "100"), Entry(3, "VE", CREDIT, Decimal(5), "A1", "2026-01-01")], "has no invoice"),
        (
            [
                invoice(1, "F1", "100"), invoice(2, "F2", "300"), paid(3, "350"),
                Entry(4, "VE", CREDIT, Decimal(50), "A1", "2026-01-01"),
            ],
            "which invoice credit note A1",
        ),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_set_aside_with_the_reason(entries: list[Entry], why: str) -> None:
    settled, aside = told(*entries)
    assert not settled
    assert aside
    assert all(why in reason for reason in aside), aside
    tally("bad inputs tried")


def test_a_second_payment_that_is_too_much_does_not_take_the_first_with_it() -> None:
    settled, aside = told(invoice(1, "F1", "100"), paid(2, "60"), paid(3, "60", day="2026-03-01"))
    assert settled == [(2, 1, "60")]
    assert aside == ["it pays 60, and 40 is left of invoice F1"]


amounts = st.integers(1, 400).map(lambda cents: Decimal(cents) / 4)
pieces = st.sampled_from(["F1", "F2", "F3", ""])
entries = st.lists(
    st.tuples(st.sampled_from(["VE", "BQ", "CA"]), st.sampled_from([DEBIT, CREDIT]), amounts, pieces),
    min_size=1,
    max_size=8,
).map(
    lambda rows: [
        Entry(at, journal, side, amount, piece, "2026-01-01")
        for at, (journal, side, amount, piece) in enumerate(rows, 1)
    ]
)


def sums(found: list[Settled]) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    by_payment: dict[int, Decimal] = defaultdict(Decimal)
    by_invoice: dict[int, Decimal] = defaultdict(Decimal)
    for one in found:
        by_payment[one.payment] += one.amount
        by_invoice[one.invoice] += one.amount
    return by_payment, by_invoice


@given(entries)
def test_every_payment_is_told_whole_or_set_aside_whole(members: list[Entry]) -> None:
    settled, aside = tell_apart(members, BANKS)
    payments = {one.number: one.amount for one in members if one.side == CREDIT and one.journal in BANKS}
    by_payment, _ = sums(settled)
    set_aside = {one.payment: one.amount for one in aside}
    assert len(set_aside) == len(aside)
    assert not by_payment.keys() & set_aside.keys()
    assert {**by_payment, **set_aside} == payments
    tally("values lost", len(payments.keys() - by_payment.keys() - set_aside.keys()))


@given(entries)
def test_no_invoice_gets_more_than_it_asks_for(members: list[Entry]) -> None:
    settled, _ = tell_apart(members, BANKS)
    _, by_invoice = sums(settled)
    asked: dict[str, Decimal] = defaultdict(Decimal)
    piece_of = {one.number: one.piece for one in members}
    for one in members:
        if one.side == DEBIT:
            asked[one.piece] += one.amount
    for number, amount in by_invoice.items():
        assert amount <= asked[piece_of[number]]
    assert all(one.amount > 0 for one in settled)
    assert len({(one.payment, one.invoice) for one in settled}) == len(settled)


@given(entries, st.randoms(use_true_random=False))
def test_the_order_entries_are_read_in_says_nothing(members: list[Entry], random: object) -> None:
    def key(found: tuple[list[Settled], list[SetAside]]) -> object:
        settled, aside = found
        return sorted((o.payment, o.invoice, o.amount) for o in settled), sorted(
            (o.payment, o.reason) for o in aside
        )

    shuffled = list(members)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert key(tell_apart(shuffled, BANKS)) == key(tell_apart(members, BANKS))


@given(st.lists(amounts, min_size=1, max_size=5))
def test_one_payment_of_the_sum_pays_every_invoice(asked: list[Decimal]) -> None:
    invoices = [invoice(at, f"F{at}", str(amount)) for at, amount in enumerate(asked, 1)]
    settled, aside = tell_apart([*invoices, paid(99, str(sum(asked)))], BANKS)
    assert not aside
    assert {one.invoice: one.amount for one in settled} == {one.number: one.amount for one in invoices}
