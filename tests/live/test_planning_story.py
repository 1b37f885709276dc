"""The story of the planning (`tests/story/planning.py`) on the real Odoo 19 and 14."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.servers import Odoo
from tests.story.planning import Desk, tell
from tests.story.site import NearHub


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("fixture", "transport"), [("odoo19", "jsonrpc"), ("odoo14", "xmlrpc")], ids=["19-jsonrpc", "14-xmlrpc"]
)
def test_a_planning_and_a_calendar_agree(
    fixture: str, transport: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    try:
        tell(Desk(tmp_path, odoo, database, transport, NearHub))
    finally:
        odoo.drop(database)
