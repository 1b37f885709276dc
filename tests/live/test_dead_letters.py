"""What the real Odoo 19 refuses, in its own words: set aside, corrected by a command, written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.servers import Odoo
from tests.story import company
from tests.story.site import NearHub, Site

ONE, TWO = company.customer(1), company.customer(2)
NO_VAT = "FR00000000000"
"""Its check digits are wrong: Odoo's module `base_vat` says so; a text field of the hub's does not."""

OTHER_VAT = company.customer(4).vat


@pytest.fixture
def site(odoo19: Odoo, tmp_path: Path) -> Iterator[Site]:
    """Two customers that a workbook, Sage and Odoo agree on; the mapping leaves VAT numbers to Odoo."""
    database = odoo19.fresh_database()
    try:
        found = Site(tmp_path, odoo19, database, NearHub)
        company.write_workbook(found.workbook.path, [ONE, TWO])
        company.fill_sage(found.sage, [ONE, TWO])
        found.sage.export()
        found.create(*(company.partner(one, found.siret, found.france) for one in (ONE, TWO)))
        found.init({"ODOO_API_KEY": str(odoo19.api_key)})
        found.type_in("mappings/customer.yaml", "vat:     {type: vat,", "vat:     {type: text,")
        work(found, code=0)
        yield found
    finally:
        odoo19.drop(database)


def work(site: Site, code: int) -> None:
    """A sync, and what Sage does with its file."""
    site.hub("sync", code=code)
    if site.sage.step():
        site.hub("sync", code=code)


def letters(site: Site) -> list[dict[str, Any]]:
    return list(site.hub("deadletters", "list", "--json", code=0).json["dead_letters"])


@pytest.mark.timeout(600)
def test_a_vat_number_odoo_refuses_is_told_in_its_words_corrected_and_written(site: Site) -> None:
    site.workbook.edit({ONE.code: {"TVA": NO_VAT, "Ville": "Vizille"}, TWO.code: {"Ville": "Uriage"}})
    work(site, code=1)
    (letter,) = letters(site)
    assert (letter["system"], letter["title"], letter["field"]) == ("odoo", ONE.name, "vat")
    assert NO_VAT.removeprefix("FR") in letter["reason"]
    assert "does not seem to be valid" in letter["reason"]
    assert "Traceback" not in letter["reason"]
    assert letter["values"] == {"vat": NO_VAT, "city": "Vizille"}
    assert letter["before"] == {"vat": ONE.vat or None, "city": ONE.city}
    assert site.partners()[TWO.name]["city"] == "Uriage", "nobody else waits for it"
    assert site.partners()[ONE.name]["vat"] == (ONE.vat or None)

    shown = site.hub("deadletters", "show", str(letter["id"]), "--json", code=0).json
    assert shown["field"] == "vat"
    assert shown["now"]["problem"] == ""
    assert shown["now"]["values"]["city"] == ONE.city
    assert shown["agreed"]["vat"] == NO_VAT

    site.hub("deadletters", "edit", str(letter["id"]), f"vat={OTHER_VAT}", code=0)
    work(site, code=0)
    assert letters(site) == []
    partner = site.partners()[ONE.name]
    assert (partner["vat"], partner["city"]) == (OTHER_VAT, "Vizille")
    assert site.workbook.rows()[ONE.code]["TVA"] == OTHER_VAT
    assert site.third_parties()[ONE.email]["CT_Identifiant"] == OTHER_VAT
    assert site.hub("sync", "--json", code=0).json["writes"] == 0


@pytest.mark.timeout(600)
def test_a_record_odoo_keeps_from_the_hub_s_user_is_written_once_it_does_not(site: Site) -> None:
    (partner,) = site.call("res.partner", "search", [["name", "=", ONE.name], ["is_company", "=", True]])
    (model,) = site.call("ir.model", "search", [["model", "=", "res.partner"]])
    rule = site.call(
        "ir.rule", "create",
        {"name": "a protected customer", "model_id": model, "perm_read": False, "perm_create": False,
         "perm_unlink": False, "perm_write": True, "domain_force": f"[('id', '!=', {partner})]"},
    )  # fmt: skip
    site.workbook.edit({ONE.code: {"Ville": "Vizille"}, TWO.code: {"Ville": "Uriage"}})
    work(site, code=1)
    (letter,) = letters(site)
    assert letter["passing"], letter
    assert "give the hub's user this right" in letter["todo"]
    assert site.partners()[TWO.name]["city"] == "Uriage"
    site.call("ir.rule", "unlink", [rule])
    site.hub("deadletters", "retry", "--all", "--system", "odoo", code=0)
    work(site, code=0)
    assert site.partners()[ONE.name]["city"] == "Vizille"
    assert letters(site) == []


@pytest.mark.timeout(600)
def test_what_a_person_discards_is_left_alone_until_it_is_another_value(site: Site) -> None:
    site.workbook.edit({ONE.code: {"TVA": NO_VAT}})
    work(site, code=1)
    (letter,) = letters(site)
    site.hub("deadletters", "discard", str(letter["id"]), "--reason", "client étranger", code=0)
    work(site, code=0)
    assert letters(site) == []
    assert site.hub("sync", "--json", code=0).json["writes"] == 0
    site.workbook.edit({ONE.code: {"TVA": OTHER_VAT}})
    work(site, code=0)
    assert site.partners()[ONE.name]["vat"] == OTHER_VAT
