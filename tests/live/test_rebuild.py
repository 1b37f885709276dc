"""The hub's database is lost beside a real Odoo 19 and a workbook: fifty customers, half without a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live.servers import Odoo
from tests.story.company import Customer, customer, partner, write_workbook
from tests.story.site import Site
from tests.tally import tally

IN_WORKBOOK, IN_ODOO = range(1, 41), range(41, 51)


def known(number: int) -> Customer:
    """Every other customer has neither SIRET, VAT number nor e-mail."""
    found = customer(number)
    return found if number % 2 else replace(found, siret="", vat="", email="")


@pytest.fixture
def site(odoo19: Odoo, tmp_path: Path) -> Iterator[Site]:
    database = odoo19.fresh_database()
    try:
        yield Site(tmp_path, odoo19, database)
    finally:
        odoo19.drop(database)


def hub(site: Site, *words: str, code: int = 0) -> Any:
    return site.hub(*words, "--json", code=code, ODOO_API_KEY=str(site.odoo.api_key)).json


def stands(site: Site) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Every customer as people see it: in Odoo by name, in the workbook by number."""
    return site.partners(), site.workbook.rows()


def doubled(site: Site) -> int:
    """Records that are there twice; `Site.partners` itself refuses two of one name."""
    names = [str(row["Raison sociale"]) for row in site.workbook.rows().values()]
    return len(names) - len(set(names)) + len(site.partners()) - len(set(names))


@pytest.fixture
def agreed(site: Site) -> Site:
    """Forty customers typed in the workbook and ten in Odoo stand in both."""
    write_workbook(site.workbook.path, [known(number) for number in IN_WORKBOOK])
    site.create(*(partner(known(number), site.siret, site.france) for number in IN_ODOO))
    said = site.hub(
        "init", "--no-input", "--json", "--odoo-url", site.odoo.url, "--odoo-database", site.database,
        "--odoo-login", site.odoo.login, "--excel-file", str(site.workbook.path),
        code=0, ODOO_API_KEY=str(site.odoo.api_key),
    )  # fmt: skip
    assert said.json
    hub(site, "plan", "--approve")
    for _ in range(3):
        hub(site, "sync")
    assert hub(site, "sync", "--compare")["writes"] == 0
    partners, rows = stands(site)
    assert len(partners) == len(rows) == 50
    return site


@pytest.mark.timeout(900)
def test_a_lost_database_is_rebuilt_without_a_record_twice(agreed: Site) -> None:
    before = stands(agreed)
    for file in agreed.folder.glob("hub.sqlite*"):
        file.unlink()
    found = {one["system"]: one for one in hub(agreed, "rebuild")["relinked"]}
    assert found["odoo"]["reference"] == 40
    assert found["clients"]["key"] + found["clients"]["agreement"] == 50
    assert found["clients"]["agreement"] >= 20
    assert hub(agreed, "sync", "--compare")["writes"] == 0
    assert hub(agreed, "sync", "--compare")["writes"] == 0
    assert stands(agreed) == before
    tally("records duplicated", doubled(agreed))
    assert doubled(agreed) == 0


@pytest.mark.timeout(900)
def test_a_backup_older_than_odoo_and_the_workbook_catches_up(agreed: Site) -> None:
    hub(agreed, "backup", "before.backup")
    agreed.workbook.add(("C0900", "Menuiserie des Cèdres (900)", None, None, "04 76 90 09 00"))
    agreed.create({"name": "Clinique du Vercors (901)", "is_company": True, "phone": "+33476900901"})
    agreed.write(known(41).name, {"city": "Meylan"})
    for _ in range(2):
        hub(agreed, "sync")
    agreed.workbook.edit({"C0002": {"Ville": "Uriage"}})
    partners, rows = stands(agreed)
    assert len(partners) == len(rows) == 52
    hub(agreed, "restore", "before.backup", "--replace")
    for _ in range(3):
        hub(agreed, "sync", "--compare")
    assert hub(agreed, "sync", "--compare")["writes"] == 0
    partners, rows = stands(agreed)
    tally("records duplicated", doubled(agreed))
    assert doubled(agreed) == 0
    assert len(partners) == len(rows) == 52
    assert partners[known(41).name]["city"] == "Meylan"
    assert partners[known(2).name]["city"] == rows["C0002"]["Ville"] == "Uriage"
