"""The story of the accounts on the sandbox's Odoo, of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import x3
from sandbox.odoo import serve
from sandbox.sage100 import Base
from tests.live.servers import Odoo
from tests.story import accounts100
from tests.story.accounts import Books, tell
from tests.story.site import Hub, NearHub


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("version", "transport", "hub"),
    [(19, "jsonrpc", NearHub), (14, "xmlrpc", NearHub)],
    ids=["19-jsonrpc", "14-xmlrpc"],
)
def test_customers_invoices_and_payments_between_odoo_and_x3(
    version: int, transport: str, hub: type[Hub], tmp_path: Path
) -> None:
    with serve(version=version) as odoo, x3.serve(custom={"BPC": {"YHUBREF": 41}}) as sage:
        server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
        tell(Books(tmp_path, server, odoo.database, sage, transport, hub))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("version", "transport"), [(19, "xmlrpc"), (14, "jsonrpc")], ids=["19-xmlrpc", "14-jsonrpc"]
)
def test_customers_invoices_and_payments_between_odoo_and_sage_100(
    version: int, transport: str, tmp_path: Path
) -> None:
    base = Base(f"sqlite:///{tmp_path / 'sage100.db'}")
    try:
        with serve(version=version) as odoo:
            server = Odoo(version, odoo.url, odoo.login, odoo.password, odoo.api_key, odoo.database, "")
            accounts100.tell(accounts100.Ledger(tmp_path, server, odoo.database, base, transport, NearHub))
    finally:
        base.close()
