"""Invoices and payments on the sandbox's Odoo 19 and 14: it must be as the real ones are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.odoo import Odoo, serve
from tests.connectors.odoo.office import DOORS, PASSWORD, PERSON, Office
from tests.connectors.odoo.scenarios_invoices import InvoiceScenarios
from tests.connectors.odoo.scenarios_payment_faults import PaymentFaults
from tests.connectors.odoo.scenarios_payments import PaymentScenarios

_CHOICES = pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[0]}-{door[1]}")


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, Odoo]]:
    with serve(version=19) as new, serve(version=14) as old:
        for odoo in (new, old):
            groups = "group_ids" if odoo is new else "groups_id"
            admin = odoo.env["res.users"].search([["login", "=", odoo.login]])
            mine = odoo.env["res.users"].browse(admin).read([groups])[0][groups]
            odoo.env["res.users"].create(
                [{"name": "Secrétariat", "login": PERSON, "password": PASSWORD, groups: [(6, 0, mine)]}]
            )
        yield {"19": new, "14": old}


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def office(door: tuple[str, str], sandboxes: dict[str, Odoo]) -> Office:
    odoo = sandboxes[door[0]]
    return Office(int(door[0]), odoo.url, odoo.database, odoo.login, odoo.api_key)


@_CHOICES
class TestInvoices(InvoiceScenarios):
    pass


@_CHOICES
class TestPayments(PaymentScenarios):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestPaymentFaults(PaymentFaults):
    pass
