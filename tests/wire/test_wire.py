"""The table of faults on the sandbox's Odoo 19 and 14."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.odoo import Odoo, serve
from tests.connectors.odoo.office import PASSWORD, PERSON, Office
from tests.wire import table
from tests.wire.company import Company


@pytest.fixture(scope="module")
def offices() -> Iterator[dict[str, Office]]:
    with serve(version=19) as new, serve(version=14) as old:
        yield {"19": staffed(new), "14": staffed(old)}


def staffed(odoo: Odoo) -> Office:
    """A sandbox with somebody at work in it."""
    groups = ["base.group_partner_manager"]
    odoo.add_user(PERSON, PASSWORD, groups)
    return Office(odoo.version, odoo.url, odoo.database, odoo.login, odoo.api_key)


@pytest.fixture
def office(door: tuple[str, str], offices: dict[str, Office]) -> Office:
    return offices[door[0]]


@table.parameters(everything=False)
def test_whatever_happens_on_the_wire_nothing_is_lost_and_nothing_made_twice(
    company: Company, fault: str, work: str
) -> None:
    table.survives(company, fault, work)
