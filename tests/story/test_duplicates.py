"""The story of the duplicates on the sandbox's Odoo, of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.odoo import serve
from sandbox.odoo.models import merging
from tests.live.servers import Odoo
from tests.story.duplicates import Place, tell
from tests.story.site import NearHub, Site


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("version", "secret", "transport"),
    [(19, "api_key", ""), (14, "password", "xmlrpc")],
    ids=["19-json2", "14-xmlrpc"],
)
def test_three_bases_become_one(version: int, secret: str, transport: str, tmp_path: Path) -> None:
    with serve(version, models=merging.models(version)) as odoo:
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        key = {"ODOO_API_KEY": odoo.api_key} if secret == "api_key" else {"ODOO_PASSWORD": odoo.password}
        tell(Place.of(Site(tmp_path, server, odoo.database, NearHub), transport), key)
