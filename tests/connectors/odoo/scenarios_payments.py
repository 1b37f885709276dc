"""Payments as the hub makes them: on real servers, on the tapes and on the sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.ports import Done, Misconfigured, Native, NativeField, Outcome, Refused, View
from tests.connectors.odoo.books import DAY, PAYMENT, Books, BooksFixture
from tests.connectors.odoo.desk import done, messages
from tests.tally import tally

BOOKED = ("posted", "in_process", "paid")


class PaymentScenarios(BooksFixture):
    def _refused(self, outcome: Outcome, *words: str) -> Refused:
        assert isinstance(outcome, Refused), outcome
        tally("bad inputs tried")
        for word in words:
            assert word in outcome.reason, outcome.reason
        assert outcome.todo
        return outcome

    def test_a_part_then_the_rest_and_the_invoice_is_paid(self, books: Books) -> None:
        made = books.invoice()
        (first,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0)])
        record = done(first)
        assert books.state(made) == ("partial", 70.0)
        assert record.ref == books.ref("REG1")
        assert record.values == {
            "communication": f"REG1 {books.scope}",
            "invoice_id": str(made),
            "payment_date": DAY,
            "amount": 50.0,
            "journal_id.code": "BNK1",
        }
        (second,) = books.connector.write(PAYMENT, [books.payment("REG2", made, 70.0)])
        assert done(second).id != record.id
        assert books.state(made) == ("paid", 0.0)
        rows = books.payments()
        assert [(row["amount"], row["payment_type"]) for row in rows] == [
            (50.0, "inbound"),
            (70.0, "inbound"),
        ]
        assert all(row["state"] in BOOKED and row["is_reconciled"] and row["date"] == DAY for row in rows)
        assert [row["text"] for row in rows] == [f"REG1 {books.scope}", f"REG2 {books.scope}"]

    def test_a_payment_is_found_by_our_reference_and_read_again(self, books: Books) -> None:
        made = books.invoice()
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 120.0)])
        record = done(outcome)
        found = books.connector.find(PAYMENT, [books.ref("REG1"), books.ref("never")])
        assert found == {books.ref("REG1"): record}
        (again,) = books.connector.read(PAYMENT, [record.id])
        assert (again.id, again.values, again.version) == (record.id, record.values, record.version)

    def test_more_than_is_left_is_refused_with_the_figures(self, books: Books) -> None:
        made = books.invoice()
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 120.01)])
        said = f"{books.name(made)} has 120.00 EUR left to pay, and this payment is 120.01"
        assert self._refused(outcome).reason == said
        assert books.payments() == []
        assert books.state(made) == ("not_paid", 120.0)

    def test_what_somebody_paid_meanwhile_is_not_paid_again(self, books: Books) -> None:
        made = books.invoice()
        books.pay(made, 120.0)
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 120.0)])
        self._refused(outcome, "has 0.00 EUR left to pay (paid), and this payment is 120.00")
        assert len(books.payments()) == 1

    def test_a_payment_written_by_hand_under_its_number_is_taken_for_it(self, books: Books) -> None:
        made = books.invoice()
        books.pay(made, 50.0, f"REG1 {books.scope}")
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0)])
        (row,) = books.payments()
        assert done(outcome).id == str(row["id"])
        assert books.state(made) == ("partial", 70.0)

    def test_two_payments_of_one_day_and_amount_stay_two(self, books: Books) -> None:
        made = books.invoice()
        writes = [books.payment(number, made, 60.0) for number in ("REG1", "REG2")]
        one, other = books.connector.write(PAYMENT, writes)
        assert done(one).id != done(other).id
        assert len(books.payments()) == 2
        assert books.state(made) == ("paid", 0.0)

    def test_a_number_that_another_payment_of_ours_has_is_refused(self, books: Books) -> None:
        made = books.invoice()
        done(books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0)])[0])
        second = replace(books.payment("REG1", made, 50.0), ref=books.ref("another"))
        (outcome,) = books.connector.write(PAYMENT, [second])
        self._refused(outcome, "with this number and day already")
        assert len(books.payments()) == 1

    def test_a_batch_costs_each_only_its_own(self, books: Books) -> None:
        made = books.invoice()
        writes = [
            books.payment("REG1", made, 100.0),
            books.payment("REG2", made, 30.0),
            books.payment("REG3", made, 20.0),
        ]
        outcomes = books.connector.write(PAYMENT, writes)
        assert [type(outcome) for outcome in outcomes] == [Done, Refused, Done]
        self._refused(outcomes[1], "has 20.00 EUR left to pay, and this payment is 30.00")
        assert books.state(made) == ("paid", 0.0)

    def test_a_credit_note_is_paid_out(self, books: Books) -> None:
        note = books.invoice(move_type="out_refund")
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", note, 120.0)])
        assert done(outcome).values["amount"] == 120.0
        assert books.state(note) == ("paid", 0.0)
        (row,) = books.payments()
        assert row["payment_type"] == "outbound"

    def test_an_invoice_in_instalments_is_paid_in_other_parts(self, books: Books) -> None:
        halves = [["name", "ilike", "30% Now"]]
        terms = books.do("account.payment.term", "search", halves)
        made = books.invoice(invoice_payment_term_id=terms[0])
        writes = [books.payment("REG1", made, 70.0), books.payment("REG2", made, 50.0)]
        for outcome in books.connector.write(PAYMENT, writes):
            done(outcome)
        assert books.state(made) == ("paid", 0.0)
        assert [row["amount"] for row in books.payments()] == [70.0, 50.0]

    def test_a_draft_a_cancelled_and_a_missing_invoice_are_told_apart(self, books: Books) -> None:
        draft = books.invoice(post=False)
        cancelled = books.invoice(post=False)
        books.do("account.move", "button_cancel", [cancelled])
        gone = books.invoice(post=False)
        books.do("account.move", "unlink", [gone])
        ids = (draft, cancelled, gone)
        writes = [books.payment(f"REG{number}", id, 10.0) for number, id in enumerate(ids)]
        outcomes = books.connector.write(PAYMENT, writes)
        for outcome, words in zip(outcomes, ("is a draft", "is cancelled", "no invoice"), strict=True):
            assert self._refused(outcome, words).field == "invoice_id"
        assert books.payments() == []

    @pytest.mark.parametrize(
        ("values", "field", "words"),
        [
            ({"amount": 0}, "amount", "pays nothing"),
            ({"amount": -5.0}, "amount", "pays nothing"),
            ({"amount": "douze"}, "amount", "holds a number, not «douze»"),
            ({"invoice_id": None}, "invoice_id", "needs the invoice it pays"),
            ({"journal_id.code": "NOPE"}, "journal_id.code", "«NOPE» is no code"),
            ({"payment_date": "31/02/2026"}, "payment_date", "holds a date"),
        ],
        ids=["zero", "negative", "words", "no invoice", "no journal", "no date"],
    )
    def test_a_payment_that_says_nonsense_is_refused(
        self, books: Books, values: dict[str, Native], field: str, words: str
    ) -> None:
        made = books.invoice()
        write = books.payment("REG1", made, 10.0)
        write = replace(write, values={**write.values, **values})
        (outcome,) = books.connector.write(PAYMENT, [write])
        assert self._refused(outcome, words).field == field
        assert books.state(made) == ("not_paid", 120.0)

    def test_an_amount_is_rounded_as_the_currency_is(self, books: Books) -> None:
        made = books.invoice()
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 40.004999)])
        assert done(outcome).values["amount"] == 40.0
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG2", made, 80.00000000001)])
        done(outcome)
        assert books.state(made) == ("paid", 0.0)

    def test_a_payment_is_never_changed(self, books: Books) -> None:
        made = books.invoice()
        record = done(books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0)])[0])
        changing = replace(books.payment("REG1", made, 60.0), id=record.id, expected=record.values)
        (outcome,) = books.connector.write(PAYMENT, [changing])
        self._refused(outcome, "not changed once it is made")
        assert books.state(made) == ("partial", 70.0)

    def test_the_same_write_again_makes_no_second_payment(self, books: Books) -> None:
        made = books.invoice()
        outcomes = [
            books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0, again)])[0]
            for again in (False, True, False)
        ]
        assert len({done(outcome).id for outcome in outcomes}) == 1
        assert len(books.payments()) == 1
        assert books.state(made) == ("partial", 70.0)

    def test_a_payment_that_was_cancelled_in_odoo_is_left_to_people(self, books: Books) -> None:
        made = books.invoice()
        record = done(books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0)])[0])
        books.do("account.payment", "action_draft", [int(record.id)])
        books.do("account.payment", "action_cancel", [int(record.id)])
        (outcome,) = books.connector.write(PAYMENT, [books.payment("REG1", made, 50.0, again=True)])
        self._refused(outcome, "cancelled in Odoo")
        assert books.state(made) == ("not_paid", 120.0)

    def test_the_journal_can_be_a_constant(self, books: Books) -> None:
        made = books.invoice()
        view = View(
            "payment",
            PAYMENT.object,
            tuple(field for field in PAYMENT.fields if field.name != "journal_id.code"),
            options={"on_create": {"journal_id.code": "BNK1"}},
        )
        write = books.payment("REG1", made, 50.0)
        values = {name: value for name, value in write.values.items() if name != "journal_id.code"}
        (outcome,) = books.connector.write(view, [replace(write, values=values)])
        assert done(outcome).values == values
        (row,) = books.payments()
        assert row["journal_id"][1] == "Bank"

    def test_payments_are_made_and_not_listed(self, books: Books) -> None:
        with pytest.raises(Misconfigured, match="direction: push"):
            list(books.connector.pull(PAYMENT, None, lambda ids: {}))
        with pytest.raises(Misconfigured, match="direction: push"):
            books.connector.ids(PAYMENT)

    def test_check_names_what_a_payment_cannot_have(self, books: Books) -> None:
        assert not messages(books.connector.check([PAYMENT]))
        for fields, words in (
            (("amount", "invoice_id", "payment_dat"), "did you mean `payment_date`"),
            (("amount", "payment_date"), "needs invoice_id"),
            (("amount", "invoice_id", "writeoff_account_id"), "no field «writeoff_account_id»"),
        ):
            view = View("payment", PAYMENT.object, tuple(map(NativeField, fields)))
            assert words in messages(books.connector.check([view])), words
        bare = View("payment", PAYMENT.object, (NativeField("amount"), NativeField("invoice_id")))
        warned = messages(books.connector.check([bare]), "warning")
        assert "`communication`" in warned
        assert "`journal_id.code`" in warned
