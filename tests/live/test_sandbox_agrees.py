"""The sandbox Odoo answers what a real Odoo answers, on every door of both versions, good calls and bad."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.odoo import serve
from tests.live.servers import Odoo
from tests.sandbox.doors import Side
from tests.sandbox.scenario import everything

pytestmark = pytest.mark.live


@pytest.mark.timeout(600)
@pytest.mark.parametrize("door", ["xmlrpc", "jsonrpc", "json2"])
def test_the_sandbox_answers_as_a_real_odoo_19(odoo19: Odoo, door: str) -> None:
    assert disagreements(odoo19, door) == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("door", ["xmlrpc", "jsonrpc"])
def test_the_sandbox_answers_as_a_real_odoo_14(odoo14: Odoo, door: str) -> None:
    assert disagreements(odoo14, door) == []


def disagreements(odoo: Odoo, door: str) -> list[tuple[str, Any, Any]]:
    """Every step that the two answer differently: what, the real answer, the sandbox's."""
    database = odoo.fresh_database()
    real = Side(odoo.url, database, odoo.login, odoo.password, str(odoo.api_key), odoo.version, door)
    try:
        with serve(odoo.version, single=False) as box:
            sandbox = Side(box.url, box.database, box.login, box.password, box.api_key, odoo.version, door)
            return compare(real, sandbox)
    finally:
        odoo.drop(database)


def compare(real: Side, sandbox: Side) -> list[tuple[str, Any, Any]]:
    different = []
    for (what, truth), (_, claim) in zip(everything(real), everything(sandbox), strict=True):
        expected, got = real.plain(truth), sandbox.plain(claim)
        if expected != got:
            different.append((what, expected, got))
    return different
