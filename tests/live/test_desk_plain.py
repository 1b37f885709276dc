"""Where an Odoo imports no modules: the stock notification, which `hub odoo setup` says, and its removal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from connectors.odoo.desk import module
from hub.desk import Withdraw
from tests.live.desks import AGNES, MARKUP, Company, candidate, secret

expect.set_options(timeout=30_000)


@pytest.fixture(params=["odoo19", "odoo14"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    founded = Company.founded(request.getfixturevalue(request.param))
    where = [["name", "=", "base_import_module"]]
    founded.call(
        "ir.module.module", "button_immediate_uninstall", founded.call("ir.module.module", "search", where)
    )
    yield founded
    founded.desk.close()
    founded.odoo.drop(founded.database)


def hub(company: Company, folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    """The command as an administrator gives it."""
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings/customer.yaml").write_text(_MAPPING)
    systems = {"odoo": {"kind": "odoo", "url": company.odoo.url, "database": company.database, "login": "hub",
                        "password": "${ODOO_PASSWORD}"},
               "clients": {"kind": "excel", "path": "clients.xlsx"}}  # fmt: skip
    (folder / "hub.yaml").write_text(json.dumps({"systems": systems}))
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli.main", "odoo", *words, "--json"],
        cwd=folder,
        env={**os.environ, "ODOO_PASSWORD": secret("hub"), "ODOO_ADMIN_PASSWORD": company.odoo.password},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    said = done.stdout + done.stderr
    assert secret("hub").encode() not in said
    return done.returncode, json.loads(done.stdout)


def test_without_the_module_the_stock_notification_tells_name_and_town(
    company: Company, browser: Browser, tmp_path: Path
) -> None:
    code, said = hub(company, tmp_path, "setup", "--plan")
    assert code == 0
    assert not company.call("ir.actions.server", "search", [["name", "=", "Calls: show"]])
    code, said = hub(company, tmp_path, "setup")
    states = [(step["what"], step["state"]) for step in said["steps"]]  # type: ignore[attr-defined]
    assert code == 0, said
    assert states == [
        ("module hub_calls", "warning"), ("plain notification", "made"), ("user hub", "made"),
        ("rights of the hub's user", "there"),
    ]  # fmt: skip
    assert "no buttons" in said["steps"][0]["detail"]  # type: ignore[index]
    _, again = hub(company, tmp_path, "setup")
    assert {step["state"] for step in again["steps"]} == {"warning", "there"}  # type: ignore[attr-defined]

    desktop = company.desktop(browser, AGNES)
    try:
        tab = desktop.tab()
        company.show(
            "c1", candidate(company.customer(f"Boulangerie {MARKUP}", city="Amiens")), line="Service"
        )
        shown = tab.locator(".o_notification")
        expect(shown).to_contain_text("Appel entrant 03 22 47 59 10 Service")
        expect(shown).to_contain_text(f"Boulangerie {MARKUP} (Amiens)")
        assert tab.locator(".o_notification img[src=x]").count() == 0
        assert not company.desk.send([Withdraw(AGNES, "c1")])
        assert company.desk.orders() == ()
    finally:
        desktop.close()

    code, said = hub(company, tmp_path, "remove", "--user")
    assert code == 0
    assert not company.call("ir.model.data", "search", [["module", "=", module.NAME]])
    assert not company.call("ir.actions.server", "search", [["name", "=", "Calls: show"]])
    assert not company.call("res.groups", "search", [["name", "like", "Calls:"]])
    assert not company.call("res.users", "search", [["login", "=", "hub"]])


_MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
systems:
  odoo: {object: res.partner, fields: {name: name}}
  clients: {object: Clients, key: N, new_key: "C{n:04}", fields: {name: Nom}}
"""
