"""The story of the contracts on the sandbox's Odoo, of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.odoo import serve
from sandbox.odoo.models import upkeep
from tests.live.servers import Odoo
from tests.story.contracts import PROJECT_14, PROJECT_19, Home, Place, tell
from tests.story.site import NearHub


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("version", "transport", "home"),
    [(19, "jsonrpc", PROJECT_19), (14, "xmlrpc", PROJECT_14)],
    ids=["19-jsonrpc", "14-xmlrpc"],
)
def test_contracts_in_word_become_visits(version: int, transport: str, home: Home, tmp_path: Path) -> None:
    with serve(version, models=upkeep.models(version)) as odoo:
        upkeep.furnish(odoo)
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        tell(Place(tmp_path, server, odoo.database, transport, NearHub, home))
