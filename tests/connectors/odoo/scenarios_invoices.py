"""Invoices as the hub reads them, lines and entries: on real servers, on the tapes and on the sandbox."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from hub.ports import Misconfigured, NativeField, Refused, Write
from tests.connectors.odoo.books import BOOKED, ENTRIES, GOODS, LINES, Books, BooksFixture, each, lines, table
from tests.connectors.odoo.desk import later, messages


class InvoiceScenarios(BooksFixture):
    def _long_invoice(self, books: Books) -> tuple[int, str, str]:
        """Two rates, a discount, a section, a note, a product: and entered in another order."""
        (twenty, name20), (ten, name10) = books.tax(20), books.tax(10)
        product = {"name": f"Pompe {books.scope}", "default_code": "P-100", "lst_price": 50.0}
        pump = books.do("product.product", "create", product)
        made = books.invoice(
            {"name": "Main d'œuvre", "price_unit": 80.0, "tax_ids": [(6, 0, [ten])], "sequence": 40},
            {"display_type": "line_section", "name": "Matériel", "sequence": 10},
            {"product_id": pump, "name": "Pompe", "quantity": 3, "price_unit": 50.0, "discount": 10.0,
             "tax_ids": [(6, 0, [twenty])], "sequence": 20},
            {"display_type": "line_note", "name": "Livré le matin", "sequence": 30},
        )  # fmt: skip
        return made, name20, name10

    def test_the_lines_of_an_invoice_come_in_the_order_people_see(self, books: Books) -> None:
        made, name20, name10 = self._long_invoice(books)
        (record,) = books.connector.read(books.view(lines("invoice_line_ids", LINES, GOODS)), [str(made)])
        assert not record.unreadable
        names = ("product_id.default_code", "name", "quantity", "price_unit", "discount", "tax_ids.name")
        found = record.values["invoice_line_ids"]
        assert table(found, *names) == [
            ("P-100", "Pompe", 3.0, 50.0, 10.0, name20),
            (None, "Main d'œuvre", 1.0, 80.0, 0.0, name10),
        ]
        assert table(found, "price_subtotal") == [(135.0,), (80.0,)]
        assert all(str(code).startswith("70") for (code,) in table(found, "account_id.code"))

    def test_sections_and_notes_are_left_out_only_where_the_mapping_says_so(self, books: Books) -> None:
        made, _, _ = self._long_invoice(books)
        kind = NativeField("display_type")
        view = books.view(
            lines("invoice_line_ids", (NativeField("name"), kind, NativeField("account_id.code")))
        )
        (record,) = books.connector.read(view, [str(made)])
        found = table(record.values["invoice_line_ids"], "name", "display_type")
        assert [name for name, _ in found] == ["Matériel", "Pompe", "Livré le matin", "Main d'œuvre"]
        assert [kind for _, kind in found][::2] == ["line_section", "line_note"]

    def test_the_entries_of_an_invoice_balance(self, books: Books) -> None:
        made, name20, name10 = self._long_invoice(books)
        view = books.view("amount_total", lines("line_ids", ENTRIES, BOOKED))
        (record,) = books.connector.read(view, [str(made)])
        found = record.values["line_ids"]
        sums = [sum(Decimal(str(x)) for (x,) in table(found, side)) for side in ("debit", "credit")]
        assert sums == [Decimal("250.00"), Decimal("250.00")]
        assert record.values["amount_total"] == 250.0
        taxes = {name: credit for name, credit in table(found, "tax_line_id.name", "credit") if name}
        assert taxes == {name20: 27.0, name10: 8.0}
        (customers,) = [line for line in each(found) if str(line["account_id.code"]).startswith("411")]
        assert customers["debit"] == 250.0
        assert customers["date_maturity"]

    def test_a_credit_note_names_the_invoice_it_is_for(self, books: Books) -> None:
        made = books.invoice()
        note = books.invoice(move_type="out_refund", reversed_entry_id=made)
        view = books.view(
            "name", "move_type", NativeField("reversed_entry_id", "ref"), lines("line_ids", ENTRIES)
        )
        pages = list(books.connector.pull(view, None, lambda ids: {}))
        found = {record.id: record.values for page in pages for record in page.records}
        assert found.keys() == {str(made), str(note)}
        assert found[str(note)]["move_type"] == "out_refund"
        assert found[str(note)]["reversed_entry_id"] == str(made)
        (customers,) = [
            e for e in each(found[str(note)]["line_ids"]) if str(e["account_id.code"]).startswith("411")
        ]
        assert (customers["debit"], customers["credit"]) == (0.0, 120.0)

    def test_however_many_invoices_the_lines_cost_the_same_few_calls(self, books: Books) -> None:
        view = books.view("name", lines("invoice_line_ids", LINES, GOODS))
        costs = []
        for _ in range(2):
            for _ in range(4):
                books.invoice()
            list(books.connector.pull(view, None, lambda ids: {}))
            before = books.connector.session.requests_sent()
            (page,) = books.connector.pull(view, None, lambda ids: {})
            costs.append((len(page.records), books.connector.session.requests_sent() - before))
        (few, cheap), (many, dear) = costs
        assert (few, many) == (4, 8)
        assert cheap == dear

    def test_a_line_that_is_changed_by_itself_is_seen_by_the_next_pull(self, books: Books) -> None:
        made = books.invoice()
        view = books.view("name", lines("invoice_line_ids", LINES, GOODS))
        (page,) = books.connector.pull(view, None, lambda ids: {})
        (record,) = page.records
        (row,) = books.do("account.move", "read", [made], ["invoice_line_ids"])
        books.do("account.move.line", "write", row["invoice_line_ids"], {"name": "Prestation revue"})
        known = {record.id: record.version}
        (page,) = books.connector.pull(view, page.cursor, lambda ids: known)
        (changed,) = page.records
        assert table(changed.values["invoice_line_ids"], "name") == [("Prestation revue",)]
        assert changed.version != record.version

    def test_an_invoice_is_seen_once_it_is_posted(self, books: Books) -> None:
        made = books.invoice(post=False)
        view = books.view("name", lines("invoice_line_ids", LINES, GOODS))
        (page,) = books.connector.pull(view, None, lambda ids: {})
        assert not page.records
        books.do("account.move", "action_post", [made])
        (page,) = books.connector.pull(view, later(page.cursor, 0), lambda ids: {})
        assert [record.id for record in page.records] == [str(made)]

    def test_an_invoice_without_lines_has_an_empty_list(self, books: Books) -> None:
        made = books.invoice()
        nothing = [["name", "=", "no such line"]]
        (record,) = books.connector.read(books.view(lines("invoice_line_ids", LINES, nothing)), [str(made)])
        assert record.values["invoice_line_ids"] == []
        assert not record.unreadable

    def test_a_column_that_is_not_there_is_named(self, books: Books) -> None:
        view = books.view(lines("invoice_line_ids", (NativeField("pricee_unit"),)))
        findings = messages(books.connector.check([view]))
        assert "account.move.line has no field «pricee_unit»" in findings
        assert "price_unit" in findings

    def test_lines_of_a_field_that_has_none_and_a_bad_filter_are_told(self, books: Books) -> None:
        for field, words in (
            (lines("name", LINES), "account.move.name has no lines"),
            (lines("invoice_line_ids", LINES, [["no_such", "=", 1]]), "no_such"),
            (lines("invoice_line_ids", LINES, "display_type"), "is no list"),
        ):
            view = books.view(field)
            assert words in messages(books.connector.check([view]))
        books.invoice()
        view = books.view(lines("invoice_line_ids", LINES, [["no_such", "=", 1]]))
        with pytest.raises(Misconfigured, match="filter of invoice_line_ids"):
            list(books.connector.pull(view, None, lambda ids: {}))

    def test_lines_are_not_written(self, books: Books) -> None:
        made = books.invoice()
        field = NativeField("invoice_line_ids", "lines", True, {}, (NativeField("name"),))
        view = books.view(field)
        (record,) = books.connector.read(view, [str(made)])
        wanted = json.loads(json.dumps(record.values["invoice_line_ids"]))
        wanted[0]["name"] = "Autre"
        write = Write("invoice_" + "0" * 32, record.id, {"invoice_line_ids": wanted}, expected=record.values)
        (outcome,) = books.connector.write(view, [write])
        assert isinstance(outcome, Refused), outcome
        assert outcome.field == "invoice_line_ids"
        assert "is not written from here" in outcome.reason

    def test_check_finds_nothing_to_say_against_reading_invoices(self, books: Books) -> None:
        books.invoice()
        fields = ("name", lines("invoice_line_ids", LINES, GOODS), lines("line_ids", ENTRIES, BOOKED))
        findings = books.connector.check([books.view(*fields)])
        assert not messages(findings)
        (said,) = [f for f in findings if f.what == "invoice: account.move" and f.level == "ok"]
        assert said.message == "1 records, 3 fields"
