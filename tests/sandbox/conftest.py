"""A sandbox Odoo of each version, and a caller at each of its doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.odoo import Odoo, serve
from tests.sandbox.doors import Side

DOORS = [(19, "xmlrpc"), (19, "jsonrpc"), (19, "json2"), (14, "xmlrpc"), (14, "jsonrpc")]


@pytest.fixture(params=[19, 14], ids=lambda version: f"odoo{version}")
def odoo(request: pytest.FixtureRequest) -> Iterator[Odoo]:
    with serve(request.param) as running:
        yield running


@pytest.fixture(params=DOORS, ids=lambda pair: f"{pair[1]}-{pair[0]}")
def doored(request: pytest.FixtureRequest) -> Iterator[tuple[Odoo, Side]]:
    version, door = request.param
    with serve(version) as running:
        yield running, at(running, door)


def at(odoo: Odoo, door: str = "xmlrpc") -> Side:
    """A caller at this door."""
    return Side(odoo.url, odoo.database, odoo.login, odoo.password, odoo.api_key, odoo.version, door)
