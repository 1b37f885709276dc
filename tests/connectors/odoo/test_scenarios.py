"""What only Odoo has, on conversations recorded from real Odoo 19 and 14, through every door of each."""

from __future__ import annotations

from tests.connectors.odoo.scenarios import OdooScenarios
from tests.connectors.odoo.scenarios_whole import WholeOdooScenarios


class TestOdooOnTape(OdooScenarios):
    pass


class TestWholeOdooOnTape(WholeOdooScenarios):
    pass
