"""Files attached to records of real Odoo 19 and 14, through every door; faults through one door of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_attachments import AttachmentScenarios

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


class TestAttachments(AttachmentScenarios):
    pass
