"""The conformance suite on conversations recorded from real Odoo 19 and 14, through every door of each."""

from __future__ import annotations

import pytest

from tests.connectors.conformance import ConnectorConformance
from tests.connectors.odoo.office import Office, OfficeHarness


class TestOdooOnTape(ConnectorConformance):
    @pytest.fixture
    def harness(self, office: Office, door: tuple[str, str], scope: str) -> OfficeHarness:
        return OfficeHarness(office, door[1], scope)
