"""What only Odoo has, on conversations recorded from real Odoo 19 and 14, through every door of each."""

from __future__ import annotations

from tests.connectors.odoo.scenarios import OdooScenarios


class TestOdooOnTape(OdooScenarios):
    pass
