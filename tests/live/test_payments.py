"""Payments registered on real Odoo 19 and 14: through every door, with the rights of one group, and once.

Every call that makes a payment is made to fail, in every way a network fails, through one door of each.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.ports import Denied, Done
from tests.connectors.odoo.books import BOOKED, ENTRIES, GOODS, LINES, PAYMENT, Books, lines
from tests.connectors.odoo.desk import messages
from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_payment_faults import PaymentFaults
from tests.connectors.odoo.scenarios_payments import PaymentScenarios

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}
ONE_EACH = pytest.mark.parametrize("door", [("19", "json2"), ("14", "jsonrpc")], ids="-".join)


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    """A word that belongs to this test alone."""
    return str(request.node.name)


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


class TestPayments(PaymentScenarios):
    pass


@ONE_EACH
class TestPaymentFaults(PaymentFaults):
    pass


def _colleague(office: Office, login: str, *groups: str) -> Office:
    """The hub's own user, with these groups and no other."""
    known = [office.call("ir.model.data", "check_object_reference", *name.split("."))[1] for name in groups]
    field = "group_ids" if office.version >= 19 else "groups_id"
    if not office.call("res.users", "search", [["login", "=", login]]):
        vals = {"name": login, "login": login, "password": login, field: [(6, 0, known)]}
        office.call("res.users", "create", vals)
    return replace(office, login=login, key=login)


@pytest.mark.parametrize("door", [("19", "xmlrpc"), ("14", "jsonrpc")], ids="-".join)
class TestRights:
    def test_the_group_of_those_who_bill_is_enough(
        self, office: Office, door: tuple[str, str], scope: str
    ) -> None:
        clerk = _colleague(office, "clerk", "base.group_user", "account.group_account_invoice")
        people, books = Books(office, door[1], scope), Books(clerk, door[1], scope)
        made = people.invoice()
        view = people.view(
            "name", lines("invoice_line_ids", LINES, GOODS), lines("line_ids", ENTRIES, BOOKED)
        )
        assert not messages(books.connector.check([PAYMENT, view]))
        (outcome,) = books.connector.write(PAYMENT, [people.payment("REG1", made, 50.0)])
        assert isinstance(outcome, Done), outcome
        assert people.state(made) == ("partial", 70.0)
        ref = people.ref("REG1")
        assert books.connector.find(PAYMENT, [ref])[ref].id == outcome.record.id
        (page,) = books.connector.pull(view, None, lambda ids: {})
        assert not page.records[0].unreadable

    def test_a_missing_right_is_named_with_the_group_that_has_it(
        self, office: Office, door: tuple[str, str], scope: str
    ) -> None:
        visitor = _colleague(office, "visitor", "base.group_user")
        people, books = Books(office, door[1], scope), Books(visitor, door[1], scope)
        made = people.invoice()
        said = messages(books.connector.check([PAYMENT, people.view(lines("line_ids", ENTRIES, BOOKED))]))
        assert "may not register payments (right «create» of account.payment.register)" in said
        assert "may not match payments with invoices (right «write» of account.move)" in said
        assert "give it the group «Invoicing» («Billing» in Odoo 14)" in said
        assert "account.move.line" in said
        with pytest.raises(Denied):
            books.connector.write(PAYMENT, [people.payment("REG1", made, 50.0)])
        assert people.state(made) == ("not_paid", 120.0)
