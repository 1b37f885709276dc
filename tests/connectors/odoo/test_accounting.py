"""Invoices and payments on conversations recorded from real Odoo 19 and 14, through every door of each."""

from __future__ import annotations

from tests.connectors.odoo.scenarios_invoices import InvoiceScenarios
from tests.connectors.odoo.scenarios_payments import PaymentScenarios


class TestInvoicesOnTape(InvoiceScenarios):
    pass


class TestPaymentsOnTape(PaymentScenarios):
    pass
