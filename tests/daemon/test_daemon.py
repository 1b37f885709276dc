"""The daemon as a process of its own, on a real workbook and an Odoo that speaks the real protocols."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

import openpyxl
import pytest

from hub.logs import spellings
from hub.store import Store
from hub.store.holders import Holder
from sandbox.odoo import Call, Html
from tests.daemon.site import HEADINGS, PASSWORD, PROJECT, Site

DURAND = ("C0001", "Durand SA", "73282932000074", "01 42 00 00 01", "Lyon")


def edit(site: Site, name: str, heading: str, value: str) -> None:
    """Someone changes a cell and saves."""
    book = openpyxl.load_workbook(site.workbook)
    sheet = book["Clients"]
    column = HEADINGS.index(heading) + 1
    rows = range(2, sheet.max_row + 1)
    row = next(row for row in rows if sheet.cell(row, 2).value == name)
    sheet.cell(row, column).value = value
    draft = site.workbook.with_suffix(".draft")
    book.save(draft)
    draft.replace(site.workbook)


def test_edits_travel_both_ways_while_it_runs(site: Site) -> None:
    site.write_workbook([DURAND])
    partners = site.odoo.env["res.partner"]
    vif = partners.create({"name": "Mairie de Vif", "is_company": True, "city": "Vif"})
    site.start()
    site.until(lambda: "Durand SA" in site.partners() and "Mairie de Vif" in site.rows())
    partners.browse([vif]).write({"phone": "+33 4 76 00 00 00"})
    site.until(lambda: site.rows()["Mairie de Vif"]["Téléphone"])
    edit(site, "Durand SA", "Ville", "Villeurbanne")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Villeurbanne")


class Hang:
    """Odoo takes a creation and then says nothing for as long as the test likes."""

    def __init__(self, site: Site, after: int) -> None:
        self.left, self.reached, self.go_on = after, threading.Event(), threading.Event()
        self.hooks = site.odoo.before
        self.hooks.append(self)

    def __call__(self, call: Call) -> None:
        if call.method not in ("load", "create"):
            return
        self.left -= 1
        if self.left < 0:
            self.reached.set()
            self.go_on.wait()

    def end(self) -> None:
        self.hooks.remove(self)
        self.go_on.set()


def test_a_stop_in_the_middle_of_a_hanging_call_ends_it_and_the_next_start_goes_on(site: Site) -> None:
    names = [f"Client {number:04}" for number in range(1200)]
    site.write_workbook([(f"C{n:04}", name, "", "", "Lyon") for n, name in enumerate(names)])
    site.approve()
    hang = Hang(site, after=1)
    first = site.start()
    assert hang.reached.wait(60), site.log()
    assert 0 < len(set(site.partners()) & set(names)) < len(names)
    # The call is still hanging when the process has ended.
    assert site.stop(first) == 0
    (stopped,) = site.said("stopped")
    assert stopped["left_unanswered"] == ["customer"]
    hang.end()
    site.start()
    site.until(lambda: set(names) <= set(site.partners()))
    site.until(lambda: site.health()["waiting"]["outbox"] == 0)
    found = site.odoo.env["res.partner"].search_read([("name", "like", "Client ")], ["name"])
    assert sorted(row["name"] for row in found) == names


def test_a_quiet_stop_is_clean_and_frees_the_database(site: Site) -> None:
    first = site.start()
    site.until(lambda: site.said("synced") or site.health()["routes"][0]["state"] == "ok")
    assert site.stop(first) == 0
    assert site.said("stopped")[0]["left_unanswered"] is None
    store = Store(f"sqlite:///{site.folder / 'hub.sqlite'}")
    with Holder(store, ("daemon", "worker")):
        pass
    store.close()


def test_a_second_daemon_is_refused_with_the_name_of_the_first(site: Site) -> None:
    first = site.start()
    second = site.start(wait=False)
    assert second.wait(30) == 2
    shown = " ".join(site.log().split())
    assert f"process {first.pid} on" in shown
    assert "the daemon of this database is already" in shown
    assert first.poll() is None


def test_a_daemon_that_was_killed_is_replaced_at_once(site: Site) -> None:
    site.write_workbook([DURAND])
    first = site.start()
    first.kill()
    first.wait()
    site.start()
    site.until(lambda: "Durand SA" in site.partners())


def test_a_broken_mapping_is_told_with_its_place_and_the_last_good_one_stays_in_force(site: Site) -> None:
    site.write_workbook([DURAND])
    site.start()
    site.until(lambda: "Durand SA" in site.partners())
    good = site.mapping.read_text("utf-8")
    site.mapping.write_text(good.replace("city: city", "town: city"), "utf-8")
    site.until(lambda: site.health()["configuration"]["problems"])
    problem = site.health()["configuration"]["problems"][0]
    line = good[: good.index("city: city")].count("\n") + 1
    assert problem["file"].endswith("customer.yaml")
    assert (problem["line"], problem["column"] > 1) == (line, True)
    status, _ = site.page("/healthz") or (0, "")
    assert status == 503
    assert any(f"customer.yaml:{line}:" in event["problem"] for event in site.events() if "problem" in event)
    edit(site, "Durand SA", "Ville", "Bron")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    site.mapping.write_text(good, "utf-8")
    site.until(lambda: site.health()["status"] == "ok")


def test_a_changed_mapping_is_taken_over_without_a_restart_once_it_is_approved(site: Site) -> None:
    site.write_workbook([DURAND])
    whole = site.mapping.read_text("utf-8")
    site.mapping.write_text(whole.replace(', phone: "Téléphone"', ""), "utf-8")
    site.start()
    site.until(lambda: "Durand SA" in site.partners())
    assert not site.partners()["Durand SA"]["phone"]
    site.mapping.write_text(whole, "utf-8")
    site.until(lambda: {route["state"] for route in site.health()["routes"]} == {"braked"})
    assert "systems.clients.fields.phone" in site.health()["routes"][0]["brake"]
    assert not site.partners()["Durand SA"]["phone"]
    site.approve()
    site.until(lambda: site.partners()["Durand SA"]["phone"])
    assert site.said("configuration taken over")


def test_health_and_metrics_answer(site: Site) -> None:
    site.write_workbook([DURAND])
    site.start()
    site.until(lambda: [route["state"] for route in site.health()["routes"]] == ["ok", "ok"])
    site.until(
        lambda: 'hub_writes_total{entity="customer",result="created",system="odoo"} 1.0' in metrics(site)
    )
    health = site.health()
    assert health["status"] == "ok"
    assert health["waiting"] == {
        "conflicts": 0, "reviews": 0, "dead_letters": 0, "duplicates": 0, "outbox": 0,
    }  # fmt: skip
    text = metrics(site)
    assert 'hub_route_failing{entity="customer",system="clients"} 0.0' in text
    assert 'hub_linked_records{entity="customer",system="clients"}' in text
    assert (site.page("/elsewhere") or (0, ""))[0] == 404


def metrics(site: Site) -> str:
    found = site.page("/metrics")
    assert found is not None
    assert found[0] == 200
    return found[1]


def test_a_conflict_settled_by_a_person_is_delivered_by_the_running_daemon(site: Site) -> None:
    site.write_workbook([DURAND])
    site.start()
    site.until(lambda: "Durand SA" in site.partners())
    first = site.processes[0]
    site.until(lambda: site.health()["waiting"]["outbox"] == 0)
    assert site.stop(first) == 0
    partner = site.odoo.env["res.partner"].search([("name", "=", "Durand SA")])
    site.odoo.env["res.partner"].browse(partner).write({"phone": "+33 4 00 00 00 01"})
    edit(site, "Durand SA", "Téléphone", "04 00 00 00 02")
    site.start()
    site.until(lambda: site.health()["waiting"]["conflicts"] == 1)
    hub(site, "conflicts", "resolve", "1", "--take", "odoo")
    site.until(lambda: "04 00 00 00 01" in spaced(site.rows()["Durand SA"]["Téléphone"]))
    site.until(lambda: site.health()["waiting"]["conflicts"] == 0)


def spaced(phone: Any) -> str:
    return str(phone).replace("+33 ", "0")


def hub(site: Site, *words: str) -> str:
    """One command of the hub's on this site."""
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli.main", *words, "--config", str(site.config)],
        cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
        env={**os.environ, "ODOO_PASSWORD": PASSWORD, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_a_system_that_is_down_is_said_once_and_the_daemon_goes_on_when_it_is_back(site: Site) -> None:
    site.write_workbook([DURAND])
    site.odoo.before.append(_maintenance)
    site.start()
    site.until(lambda: site.health()["routes"][0]["errors"])
    status, text = site.page("/healthz") or (0, "")
    assert (status, json.loads(text)["routes"][0]["state"]) == (503, "failing")
    site.until(lambda: site.health()["routes"][1]["state"] == "ok")
    site.odoo.before.remove(_maintenance)
    site.until(lambda: "Durand SA" in site.partners())
    site.until(lambda: site.health()["status"] == "ok")
    assert len(site.said("failed")) == len(site.said("works again")) <= 2


def _maintenance(call: Call) -> None:
    raise Html(502)


def test_a_workbook_that_is_open_is_waited_for_and_is_no_fault(site: Site) -> None:
    site.start()
    site.until(lambda: [route["state"] for route in site.health()["routes"]] == ["ok", "ok"])
    lock = site.folder / "~$clients.xlsx"
    lock.write_bytes(b"\x06Lucie " + b"\0" * 158)
    site.odoo.env["res.partner"].create({"name": "Mairie de Vif", "is_company": True, "city": "Vif"})
    site.until(lambda: site.health()["routes"][1]["state"] == "waiting")
    assert site.health()["status"] == "ok"
    assert site.health()["waiting"]["outbox"] == 1
    lock.unlink()
    site.until(lambda: "Mairie de Vif" in site.rows())
    site.until(lambda: site.health()["routes"][1]["state"] == "ok")
    assert len(site.said("waits")) == 1


def test_all_this_works_on_postgresql_too(site: Site, postgres_url: str) -> None:
    site.write_config(database=postgres_url)
    site.write_workbook([DURAND])
    first = site.start()
    site.until(lambda: "Durand SA" in site.partners())
    second = site.start(wait=False)
    assert second.wait(30) == 2
    edit(site, "Durand SA", "Ville", "Bron")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Bron")
    assert site.stop(first) == 0
    third = site.start()
    edit(site, "Durand SA", "Ville", "Vif")
    site.until(lambda: site.partners()["Durand SA"]["city"] == "Vif")
    assert third.poll() is None


@pytest.mark.parametrize("wrong", [False, True], ids=["right password", "wrong password"])
def test_no_secret_is_ever_shown(site: Site, wrong: bool) -> None:
    if wrong:
        site.odoo.base.accounts[site.odoo.login].password = "another"
    site.write_config(level="debug")
    site.write_workbook([DURAND])
    site.odoo.before.append(_answer_with_the_password)
    site.start()
    site.until(lambda: site.said("failed"))
    shown = site.log() + json.dumps(site.health()) + metrics(site)
    assert ("•••" in shown) is not wrong
    for spelling in spellings(PASSWORD):
        assert spelling not in shown


def _answer_with_the_password(call: Call) -> None:
    """A server's own message may hold what it was sent."""
    if call.model == "res.partner":
        raise ValueError(f"could not read {PASSWORD!r} at {{'password': {json.dumps(PASSWORD)}}}")
