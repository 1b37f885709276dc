"""The story of `tests/story` on the real Odoo 19 and 14, through every door a company would use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.servers import Odoo
from tests.story.pages import tell
from tests.story.site import Site

DOORS = [
    pytest.param("odoo19", "api_key", "json2", "", id="odoo19-json2"),
    pytest.param("odoo19", "password", "xmlrpc", "xmlrpc", id="odoo19-xmlrpc"),
    pytest.param("odoo14", "password", "xmlrpc", "xmlrpc", id="odoo14-xmlrpc"),
    pytest.param("odoo14", "password", "jsonrpc", "jsonrpc", id="odoo14-odoorpc"),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("fixture", "secret", "door", "transport"), DOORS)
def test_three_systems_come_into_agreement(
    fixture: str, secret: str, door: str, transport: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    try:
        key = {"ODOO_API_KEY": str(odoo.api_key)} if secret == "api_key" else {"ODOO_PASSWORD": odoo.password}
        tell(Site(tmp_path, odoo, database), key, door, transport)
    finally:
        odoo.drop(database)
