"""The story of the interventions (`tests/story/interventions.py`) on the real Odoo 19 and 14."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.live.servers import Odoo
from tests.story.interventions import HOME_14, HOME_19, Home, Place, tell
from tests.story.site import NearHub


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fixture", "transport", "home"),
    [("odoo19", "json2", HOME_19), ("odoo14", "xmlrpc", HOME_14)],
    ids=["19-json2", "14-xmlrpc"],
)
def test_interventions_become_forms_and_forms_interventions(
    fixture: str, transport: str, home: Home, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    try:
        with closing(Place(tmp_path, odoo, database, transport, NearHub, home)) as place:
            tell(place)
    finally:
        odoo.drop(database)
