"""The story of the accounts (`tests/story/accounts.py`) on the real Odoo 19 and 14."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import x3
from sandbox.sage100 import Base
from tests.live.servers import Odoo
from tests.story import accounts100
from tests.story.accounts import Books, tell
from tests.story.site import NearHub


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fixture", "transport"), [("odoo19", "jsonrpc"), ("odoo14", "xmlrpc")], ids=["19-jsonrpc", "14-xmlrpc"]
)
def test_customers_invoices_and_payments_between_odoo_and_x3(
    fixture: str, transport: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database = odoo.fresh_database()
    try:
        with x3.serve(custom={"BPC": {"YHUBREF": 41}}) as sage:
            tell(Books(tmp_path, odoo, database, sage, transport, NearHub))
    finally:
        odoo.drop(database)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("fixture", "transport"), [("odoo19", "xmlrpc"), ("odoo14", "jsonrpc")], ids=["19-xmlrpc", "14-jsonrpc"]
)
def test_customers_invoices_and_payments_between_odoo_and_sage_100(
    fixture: str, transport: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    odoo: Odoo = request.getfixturevalue(fixture)
    database, base = odoo.fresh_database(), Base(f"sqlite:///{tmp_path / 'sage100.db'}")
    try:
        accounts100.tell(accounts100.Ledger(tmp_path, odoo, database, base, transport, NearHub))
    finally:
        base.close()
        odoo.drop(database)
