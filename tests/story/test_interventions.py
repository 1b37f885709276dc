"""The story of the interventions on the sandbox's Odoo, of both versions."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from sandbox.odoo import serve
from sandbox.odoo.models import upkeep
from tests.live.servers import Odoo
from tests.story.interventions import tell
from tests.story.site import NearHub
from tests.story.technicians import HOME_14, HOME_19, Home, Place


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("version", "transport", "home"),
    [(19, "jsonrpc", HOME_19), (14, "xmlrpc", HOME_14)],
    ids=["19-jsonrpc", "14-xmlrpc"],
)
def test_interventions_become_forms_and_forms_interventions(
    version: int, transport: str, home: Home, tmp_path: Path
) -> None:
    with serve(version, models=upkeep.models(version)) as odoo:
        upkeep.furnish(odoo)
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        with closing(Place(tmp_path, server, odoo.database, transport, NearHub, home)) as place:
            tell(place, "torn after Odoo did it")
