"""An Odoo that was upgraded, or took a right away: said by name, and gone on with when it is mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from connectors.odoo import session
from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import Settings
from hub.ports import Denied, NativeField, View
from sandbox.odoo import serve
from sandbox.odoo.schema import Field
from tests.operations.site import DURAND, IMPATIENT, BadDay
from tests.tally import tally

PARTNER = "res.partner"


def renamed(fields: Mapping[str, Field], old: str, new: str) -> dict[str, Field]:
    return {new if name == old else name: field for name, field in fields.items()}


def upgraded(site: BadDay, old: str, new: str) -> None:
    """An upgrade of Odoo gives a field another name."""
    base = site.odoo.base
    with base.lock:
        base.models[PARTNER] = replace(
            base.models[PARTNER], fields=renamed(base.models[PARTNER].fields, old, new)
        )


def allowed(site: BadDay, letters: str) -> None:
    """The hub's user may create (c), read (r), write (w), delete (u) contacts, or not."""
    base = site.odoo.base
    with base.lock:
        base.models[PARTNER] = replace(base.models[PARTNER], access={"base.group_user": letters})


def bad_day(
    site: BadDay, spoil: Callable[[], None], mend: Callable[[], None], *said: str, reads: bool = False
) -> None:
    """Odoo is spoiled under a running hub; it says what, people go on, and nothing of it is lost."""
    tally("faults injected")
    site.begun(DURAND)
    spoil()
    site.in_workbook("Durand SA", "Ville", "Bron")
    site.until(lambda: site.health()["routes"][0]["state"] == "failing")
    site.until(lambda: all(word in site.reasons() for word in said))
    assert site.health()["routes"][1]["state"] == "ok"
    _, status = site.hub("status")
    route = next(one for one in status["routes"] if one["system"] == "odoo")
    assert all(word in route["error"] for word in said)
    code, found = site.doctor()
    assert code in (1, 2, 3)
    told = "\n".join(f"{one['system']} {one['message']}" for one in found)
    assert all(word in told for word in said)
    mend()
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.until(site.at_rest)
    assert site.names() == ["Durand SA"]
    assert site.rows()["Durand SA"]["Téléphone"] == DURAND[3]
    assert site.partners()["Durand SA"]["phone"]
    assert site.alive()


def test_a_field_renamed_by_an_upgrade_is_named_and_empties_nothing(site: BadDay) -> None:
    bad_day(
        site,
        lambda: upgraded(site, "phone", "phone_main"),
        lambda: upgraded(site, "phone_main", "phone"),
        "phone",
    )


def test_a_model_that_is_gone_is_named(site: BadDay) -> None:
    base = site.odoo.base
    kept = base.models[PARTNER]

    def uninstall() -> None:
        with base.lock:
            del base.models[PARTNER]

    def install() -> None:
        with base.lock:
            base.models[PARTNER] = kept

    bad_day(site, uninstall, install, PARTNER)


def test_a_right_to_read_that_is_taken_away_is_said_in_odoo_s_words(site: BadDay) -> None:
    bad_day(site, lambda: allowed(site, "cwu"), lambda: allowed(site, "crwu"), "not allowed to access")


def test_a_right_to_write_that_is_taken_away_is_said_and_the_write_follows_when_it_is_given_back(
    site: BadDay,
) -> None:
    tally("faults injected")
    site.extra = IMPATIENT
    site.begun(DURAND)
    allowed(site, "ru")
    site.in_workbook("Durand SA", "Ville", "Bron")
    site.until(lambda: site.health()["waiting"]["dead_letters"] or site.health()["status"] == "degraded")
    code, found = site.doctor()
    assert code in (1, 2)
    assert any("not allowed to modify" in one["message"] or "write" in one["message"] for one in found), found
    # Odoo is still read.
    site.in_odoo("Mairie de Vif", city="Vif")
    site.until(lambda: "Mairie de Vif" in site.rows())
    assert site.partners()["Durand SA"]["city"] == "Lyon"
    allowed(site, "crwu")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.until(site.at_rest)
    assert site.health()["waiting"]["dead_letters"] == 0
    assert site.names() == ["Durand SA", "Mairie de Vif"]
    assert site.alive()


def test_one_record_hidden_by_a_rule_costs_only_itself_and_is_not_taken_for_deleted(site: BadDay) -> None:
    tally("faults injected")
    site.extra = IMPATIENT
    other = ("C0002", "Petit SARL", "40483304800022", "", "Lyon")
    site.begun(DURAND, other)
    env = site.odoo.env.sudo()
    company = env["res.company"].create({"name": "Ailleurs"})
    env["res.users"].browse([site.odoo.env.uid]).write({"company_ids": [(3, company)]})
    (petit,) = env[PARTNER].search([("name", "=", "Petit SARL")])
    env[PARTNER].browse([petit]).write({"company_id": company})
    site.in_workbook("Petit SARL", "Ville", "Vif")
    site.in_workbook("Durand SA", "Ville", "Bron")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.until(lambda: site.health()["waiting"]["dead_letters"] or site.health()["waiting"]["reviews"])
    code, found = site.doctor()
    assert code == 1
    assert found
    env[PARTNER].browse([petit]).write({"company_id": False})
    site.until(lambda: site.partners()["Petit SARL"]["city"] == "Vif")
    site.until(site.at_rest)
    # Odoo makes a contact of each of its companies.
    assert site.names() == ["Ailleurs", "Durand SA", "Petit SARL"]
    site.until(lambda: sorted(site.rows()) == ["Ailleurs", "Durand SA", "My Company", "Petit SARL"])


def test_a_password_changed_in_odoo_is_said_and_the_corrected_one_is_taken_over_at_once(site: BadDay) -> None:
    tally("faults injected")
    secret = site.folder / "odoo.secret"
    secret.write_text(site.odoo.password, "utf-8")
    text = site.config.read_text("utf-8").replace(
        "password: ${ODOO_PASSWORD}", "password: {file: odoo.secret}"
    )
    site.config.write_text(text, "utf-8")
    site.extra = "board.LOCKING = 3600.0"
    site.begun(DURAND)
    site.odoo.base.accounts[site.odoo.login].password = "another-Ü/pass-4711"
    site.in_workbook("Durand SA", "Ville", "Bron")
    site.until(lambda: "does not accept the login or password" in site.reasons())
    code, found = site.doctor()
    assert code in (1, 2)
    assert any("does not accept the login or password" in one["message"] for one in found)
    secret.write_text("another-Ü/pass-4711", "utf-8")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.until(site.at_rest)
    shown = site.log() + str(site.health()) + str(found)
    assert site.odoo.password not in shown
    assert "another-Ü/pass-4711" not in shown


def test_a_password_put_back_in_odoo_is_noticed_by_itself(site: BadDay) -> None:
    tally("faults injected")
    site.extra = "import connectors.odoo.session as session; board.LOCKING, session.INSISTS = 1.0, 0.5"
    site.begun(DURAND)
    account = site.odoo.base.accounts[site.odoo.login]
    kept, account.password = account.password, "another"
    site.in_workbook("Durand SA", "Ville", "Bron")
    site.until(lambda: "does not accept the login or password" in site.reasons())
    account.password = kept
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.until(site.at_rest)
    assert site.alive()


def test_a_refused_password_is_asked_about_once_an_hour_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(session, "monotonic", lambda: now)
    with serve(password="right") as odoo:
        settings = {"kind": "odoo", "url": odoo.url, "database": odoo.database, "login": odoo.login,
                    "password": "wrong", "transport": "xmlrpc"}  # fmt: skip
        connector = OdooConnector("odoo", Settings.model_validate(settings))
        view = View("customer", PARTNER, (NativeField("name"),))
        asked = []
        for _ in range(8):
            with pytest.raises(Denied) as refused:
                connector.read(view, ["1"])
            assert refused.value.locks
            asked.append(odoo.calls[None, "common.authenticate"] + odoo.calls[None, "common.login"])
            now += 900
        connector.close()
    assert asked == [1, 1, 1, 1, 2, 2, 2, 2]
