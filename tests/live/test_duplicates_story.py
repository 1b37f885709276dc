"""The story of the duplicates (`tests/story/duplicates.py`) on the real Odoo 19 and 14."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.servers import Odoo
from tests.story.duplicates import Place, tell
from tests.story.site import NearHub, Site

DOORS = [
    pytest.param("odoo19", "api_key", "", id="19-json2"),
    pytest.param("odoo14", "password", "jsonrpc", id="14-odoorpc"),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("fixture", "secret", "transport"), DOORS)
def test_three_bases_become_one(
    fixture: str, secret: str, transport: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    try:
        key = {"ODOO_API_KEY": str(odoo.api_key)} if secret == "api_key" else {"ODOO_PASSWORD": odoo.password}
        tell(Place.of(Site(tmp_path, odoo, database, NearHub), transport), key)
    finally:
        odoo.drop(database)
