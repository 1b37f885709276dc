"""The story of the interventions (`tests/story/interventions.py`) on the real Odoo 19 and 14."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.live.servers import Odoo
from tests.live.test_maintenance_mappings import colleague
from tests.story.interventions import tell
from tests.story.site import NearHub
from tests.story.technicians import HOME_14, HOME_19, Home, Place

RIGHTS = ("base.group_partner_manager", "project.group_project_user")
"""What the mappings say the hub's user needs, where it only reads contracts."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fixture", "transport", "home", "own_user"),
    [
        ("odoo19", "json2", HOME_19, False),
        ("odoo19", "jsonrpc", HOME_19, True),
        ("odoo14", "xmlrpc", HOME_14, True),
    ],
    ids=["19-json2", "19-jsonrpc-own-user", "14-xmlrpc-own-user"],
)
def test_interventions_become_forms_and_forms_interventions(
    fixture: str, transport: str, home: Home, own_user: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    user = None
    try:
        if own_user:
            colleague(odoo, database, RIGHTS)
            user = ("hub", "hub-1")
        with closing(Place(tmp_path, odoo, database, transport, NearHub, home, user)) as place:
            tell(place)
    finally:
        odoo.drop(database)
