"""Merging and splitting on the sandbox's Odoo 19 and 14; on real ones in tests/live/test_merging.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.odoo import Odoo, serve
from sandbox.odoo.models import attachments, merging, upkeep
from sandbox.odoo.schema import Model
from tests.connectors.odoo.office import DOORS, PASSWORD, PERSON, Office
from tests.connectors.odoo.scenarios_merging import MergeFaults, MergeScenarios


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, Odoo]]:
    def models(version: int) -> list[Model]:
        return [*upkeep.models(version), *merging.models(version), attachments.model()]

    with serve(version=19, models=models(19)) as new, serve(version=14, models=models(14)) as old:
        for odoo in (new, old):
            groups = "group_ids" if odoo is new else "groups_id"
            admin = odoo.env["res.users"].search([["login", "=", odoo.login]])
            mine = odoo.env["res.users"].browse(admin).read([groups])[0][groups]
            odoo.env["res.users"].create(
                [{"name": "Secrétariat", "login": PERSON, "password": PASSWORD, groups: [(6, 0, mine)]}]
            )
        yield {"19": new, "14": old}


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def office(door: tuple[str, str], sandboxes: dict[str, Odoo]) -> Office:
    odoo = sandboxes[door[0]]
    return Office(int(door[0]), odoo.url, odoo.database, odoo.login, odoo.api_key)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[0]}-{door[1]}")
class TestMerging(MergeScenarios):
    pass


@pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)
class TestFaults(MergeFaults):
    pass
