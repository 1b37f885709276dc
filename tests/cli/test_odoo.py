"""An Odoo in the configuration: what `check`, `plan` and `sync` say when it is well, and when it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sandbox.odoo import Call, Html, Odoo, serve
from tests.cli.conftest import Company


@pytest.fixture(scope="module")
def odoo() -> Iterator[Odoo]:
    with serve(version=19, password="long-secret-7", single=False) as found:
        found.env["res.partner"].create({"name": "Atelier du Bois", "is_company": True})
        yield found


@pytest.fixture
def shop(bare: Company, odoo: Odoo) -> Company:
    """The company with an Odoo and its workbook."""
    said = bare.hub(
        "init", "--odoo-url", odoo.url, "--odoo-database", odoo.database, "--odoo-login", odoo.login,
        "--odoo-password", odoo.password, "--excel-file", "clients.xlsx",
    )  # fmt: skip
    assert said.code == 0, said.err
    return bare


def test_the_hub_links_and_loads_an_odoo_from_a_workbook(shop: Company, odoo: Odoo) -> None:
    check = shop.hub("check", "--json")
    assert check.code == 0
    assert any(f["system"] == "odoo" and f["level"] == "ok" for f in check.json["findings"])
    plan = shop.hub("plan", "--json").json
    new = [w for w in plan["writes"] if w["system"] == "odoo" and w["action"] == "create"]
    assert {w["title"] for w in new} >= {"Électricité Durand", "Mairie de Vif"}
    assert shop.hub("sync", "--json").code in (0, 1)
    assert odoo.env["res.partner"].search_count([["name", "=", "Mairie de Vif"]]) == 1
    again = shop.hub("sync", "--json").json
    assert again["writes"] == 0
    assert shop.hub("mapping", "check").code in (0, 1)


def spoiled(shop: Company, odoo: Odoo, what: str) -> None:
    if what == "password":
        shop.edit(".env", odoo.password, "something else")
    elif what == "database":
        shop.edit("hub.yaml", f"database: {odoo.database}", "database: no_such_base")
    elif what == "address":
        shop.edit("hub.yaml", odoo.url, "http://127.0.0.1:9")
    elif what == "model":
        shop.edit("mappings/customer.yaml", "object: res.partner", "object: res.partenaire")
    elif what == "field":
        shop.edit("mappings/customer.yaml", "      street: street", "      street: rue")


@pytest.mark.parametrize(
    ("what", "code", "words"),
    [
        ("password", 2, "password"),
        ("database", 2, "no_such_base"),
        ("address", 3, "127.0.0.1:9"),
        ("model", 2, "res.partenaire"),
        ("field", 2, "rue"),
    ],
)
def test_what_is_wrong_with_an_odoo_is_said_and_nothing_is_written(
    what: str, code: int, words: str, shop: Company, odoo: Odoo
) -> None:
    spoiled(shop, odoo, what)
    partners = odoo.env["res.partner"].search_count([])
    workbook = shop.workbook.read_bytes()
    for command in ("check", "sync", "plan"):
        said = shop.hub(command, "--json")
        assert said.code == code, (command, said.out)
        found = (
            [f for f in said.json["findings"] if f["level"] == "error"]
            if command == "check"
            else said.json["problems"]
        )
        assert found
        assert all(one["system"] == "odoo" and one["todo"] for one in found), found
        assert any(words in str(one) for one in found), found
        assert odoo.password not in said.out + said.err
    assert odoo.env["res.partner"].search_count([]) == partners
    assert shop.workbook.read_bytes() == workbook


def test_an_odoo_in_maintenance_is_left_out_and_tried_again_later(shop: Company, odoo: Odoo) -> None:
    page = "<html><body><h1>Maintenance en cours</h1></body></html>"

    def in_maintenance(call: Call) -> None:
        raise Html(502, page)

    odoo.before.append(in_maintenance)
    try:
        said = shop.hub("sync", "--json")
    finally:
        odoo.before.remove(in_maintenance)
    assert said.code == 3
    assert {p["kind"] for p in said.json["problems"]} == {"unreachable"}
    shown = shop.hub("status")
    assert shown.code == 3
    assert "failed" in shown.out
    assert re.search(r"odoo, customer: .*502", " ".join(shown.out.split()))
    assert shop.hub("sync").code in (0, 1)
