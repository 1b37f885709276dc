"""The sandbox Odoo's books, beyond what the scenario compares with real servers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox.odoo import AccessError, Odoo, UserError, serve
from sandbox.odoo.env import Env
from sandbox.odoo.office import Office
from tests.sandbox.conftest import at
from tests.sandbox.doors import Failure

MARCH = date(2026, 3, 2)


def customer(odoo: Odoo) -> int:
    return int(odoo.env["res.partner"].create({"name": "Mairie de Vif", "is_company": True}))


def test_an_invoice_is_balanced_entries_on_the_accounts_of_the_chart(odoo: Odoo) -> None:
    office = Office(odoo)
    made = office.invoice(customer(odoo), [("Annual maintenance", 2, 100.05), ("Cable", 3, 19.99)], day=MARCH)
    shown = office.see(made)
    sales = "707100" if odoo.version < 19 else "707000"
    assert shown["name"] == ("INV/2026/03/0001" if odoo.version < 19 else "INV/2026/00001")
    assert (shown["state"], shown["payment_state"]) == ("posted", "not_paid")
    assert [shown[name] for name in ("amount_untaxed", "amount_tax", "amount_total")] == [
        260.07,
        52.01,
        312.08,
    ]
    assert str(shown["invoice_date_due"]) == "2026-04-01"
    assert {(one["account"], one["debit"], one["credit"]) for one in office.entries(made)} == {
        (sales, 0.0, 200.1), (sales, 0.0, 59.97), ("445710", 0.0, 52.01), ("411100", 312.08, 0.0),
    }  # fmt: skip


def test_a_part_is_paid_and_then_the_rest_and_then_nothing_more(odoo: Odoo) -> None:
    office = Office(odoo)
    made = office.invoice(customer(odoo), [("Lift", 1, 1000)])
    office.pay(made, 500)
    assert (office.see(made)["payment_state"], office.see(made)["amount_residual"]) == ("partial", 700.0)
    office.pay(made)
    assert (office.see(made)["payment_state"], office.see(made)["amount_residual"]) == ("paid", 0.0)
    with pytest.raises(UserError, match="nothing left to pay"):
        office.pay(made)


def test_a_credit_note_refers_to_its_invoice_and_is_numbered_apart(odoo: Odoo) -> None:
    office = Office(odoo)
    made = office.invoice(customer(odoo), [("Lift", 1, 1000)], day=MARCH)
    back = office.see(office.credit(made, "wrong price", day=MARCH))
    assert (back["move_type"], back["amount_total"], back["reversed_entry_id"][0]) == (
        "out_refund",
        1200.0,
        made,
    )
    assert back["name"] == ("RINV/2026/03/0001" if odoo.version < 19 else "RINV/2026/00001")
    assert office.see(made)["payment_state"] == ("not_paid" if odoo.version < 19 else "reversed")
    sales = "707100" if odoo.version < 19 else "707000"
    assert {(one["account"], one["debit"], one["credit"]) for one in office.entries(back["id"])} == {
        (sales, 1000.0, 0.0), ("445710", 200.0, 0.0), ("411100", 0.0, 1200.0),
    }  # fmt: skip


def test_a_posted_invoice_keeps_its_lines(odoo: Odoo) -> None:
    office = Office(odoo)
    made = office.invoice(customer(odoo), [("Lift", 1, 1000)])
    moves: Any = odoo.env["account.move"].browse([made])
    line = moves.read(["invoice_line_ids"])[0]["invoice_line_ids"][0]
    with pytest.raises(UserError, match="posted"):
        moves.write({"invoice_line_ids": [(1, line, {"price_unit": 1})]})
    with pytest.raises(UserError, match="posted"):
        moves.unlink()
    assert office.see(made)["amount_total"] == 1200.0
    moves.button_draft()
    moves.write({"invoice_line_ids": [(1, line, {"price_unit": 10})]})
    moves.action_post()
    assert office.see(made)["amount_total"] == 12.0


def test_a_draft_follows_every_change_of_its_lines() -> None:
    with serve(19) as odoo:
        moves: Any = odoo.env["account.move"]
        tax = odoo.env["account.tax"].search([("amount", "=", 20), ("type_tax_use", "=", "sale")])[0]
        lines = [(0, 0, {"name": "x", "price_unit": price, "tax_ids": [(6, 0, [tax])]}) for price in (10, 20)]
        made = moves.create(
            {"move_type": "out_invoice", "partner_id": customer(odoo), "invoice_line_ids": lines}
        )
        first, second = moves.browse([made]).read(["invoice_line_ids"])[0]["invoice_line_ids"]
        odoo.env["account.move.line"].browse([first]).write({"price_unit": 100})
        assert moves.browse([made]).read(["amount_total"])[0]["amount_total"] == 144.0
        odoo.env["account.move.line"].browse([second]).unlink()
        moves.browse([made]).write({"invoice_line_ids": [(2, first, 0)]})
        assert moves.browse([made]).read(["line_ids", "amount_total"])[0] | {"id": 0} == {
            "id": 0, "line_ids": [], "amount_total": 0.0,
        }  # fmt: skip


def test_who_only_uses_odoo_does_not_see_its_books(odoo: Odoo) -> None:
    Office(odoo).invoice(customer(odoo), [("Lift", 1, 1000)])
    plain = Env(odoo.base, odoo.add_user("plain", "plain-password-1"))
    clerk = Env(
        odoo.base, odoo.add_user("clerk", "clerk-password-1", groups=["account.group_account_invoice"])
    )
    with pytest.raises(AccessError, match="not allowed to access 'Journal Entry'"):
        plain["account.move"].search_read([], ["name"])
    assert len(clerk["account.move"].search([])) == 1
    assert not clerk.may("account.journal", "write")


def test_the_books_are_kept_from_one_start_to_the_next(tmp_path: Path) -> None:
    with serve(19, keep=tmp_path / "odoo.db") as odoo:
        office = Office(odoo)
        made = office.invoice(customer(odoo), [("Lift", 1, 1000)])
        office.pay(made, 500)
    with serve(19, keep=tmp_path / "odoo.db") as odoo:
        office = Office(odoo)
        assert office.see(made)["amount_residual"] == 700.0
        office.pay(made)
        assert office.see(made)["payment_state"] == "paid"


def test_posting_over_xml_rpc_in_14_answers_a_fault_and_is_done() -> None:
    with serve(14) as odoo:
        side = at(odoo)
        line = [[0, 0, {"name": "x", "price_unit": 10, "quantity": 1}]]
        values = {"move_type": "out_invoice", "partner_id": customer(odoo), "invoice_line_ids": line}
        made = side.call("account.move", "create", vals_list=values)
        answer = side.call("account.move", "action_post", [made])
        assert isinstance(answer, Failure)
        assert "cannot marshal <class 'odoo.api.account.move'> objects" in answer.message
        assert Office(odoo).see(made)["state"] == "posted"
