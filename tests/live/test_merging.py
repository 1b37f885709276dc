"""Contacts of real Odoo 19 and 14 made one and taken apart again, through every door each of them has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.connectors.odoo.office import DOORS, Office
from tests.connectors.odoo.scenarios_merging import MergeFaults, MergeScenarios

pytestmark = pytest.mark.live
_offices: dict[str, Office] = {}


@pytest.fixture(params=DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
def door(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A real server's version and the door to go through."""
    version, name = request.param
    return version, name


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    """A word that belongs to this test alone."""
    return str(request.node.name)


@pytest.fixture
def office(request: pytest.FixtureRequest, door: tuple[str, str]) -> Office:
    """A fresh database of that server, shared by the tests of this module."""
    version = door[0]
    if version not in _offices:
        _offices[version] = Office.opened(request.getfixturevalue(f"odoo{version}"))
    return replace(_offices[version], person=0)


class TestMerging(MergeScenarios):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestFaults(MergeFaults):
    pass
