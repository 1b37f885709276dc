"""The story on the sandbox's Odoo, of both versions and through each of its doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.odoo import serve
from tests.live.servers import Odoo
from tests.story.pages import tell
from tests.story.site import Hub, NearHub, Site


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("version", "secret", "door", "transport", "hub"),
    [(19, "api_key", "json2", "", Hub), (14, "password", "jsonrpc", "jsonrpc", NearHub)],
    ids=["19-json2", "14-odoorpc"],
)
def test_three_systems_come_into_agreement(
    version: int, secret: str, door: str, transport: str, hub: type[Hub], tmp_path: Path
) -> None:
    with serve(version=version) as odoo:
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        key = {"ODOO_API_KEY": odoo.api_key} if secret == "api_key" else {"ODOO_PASSWORD": odoo.password}
        tell(Site(tmp_path, server, odoo.database, hub), key, door, transport)
