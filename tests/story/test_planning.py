"""The story of the planning on the sandbox's Odoo, of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.odoo import serve
from sandbox.odoo.models import upkeep
from tests.live.servers import Odoo
from tests.story.planning import Desk, tell
from tests.story.site import NearHub


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("version", "transport"), [(19, "jsonrpc"), (14, "xmlrpc")])
def test_a_planning_and_a_calendar_agree(version: int, transport: str, tmp_path: Path) -> None:
    with serve(version, models=upkeep.models(version)) as odoo:
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        tell(Desk(tmp_path, server, odoo.database, transport, NearHub))
