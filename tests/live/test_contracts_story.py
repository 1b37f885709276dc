"""The story of the contracts (`tests/story/contracts.py`) on the real Odoo 19, with OCA's modules, and 14."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.odoo.scenarios_upkeep import ORDER, TASK_14
from tests.live.addons import MAINTENANCE, furnished
from tests.live.debian import Unavailable
from tests.live.servers import Odoo
from tests.live.test_maintenance_mappings import furnish
from tests.story.contracts import OCA, PROJECT_14, Home, Place, tell
from tests.story.site import NearHub


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fixture", "transport", "home"),
    [("odoo19", "jsonrpc", OCA), ("odoo14", "xmlrpc", PROJECT_14)],
    ids=["19-oca", "14-project"],
)
def test_contracts_in_word_become_visits(
    fixture: str, transport: str, home: Home, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    try:
        database = furnished(odoo, *MAINTENANCE) if home is OCA else odoo.fresh_database()
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        furnish(odoo, database, ORDER if home is OCA else TASK_14)
        tell(Place(tmp_path, odoo, database, transport, NearHub, home))
    finally:
        odoo.drop(database)
