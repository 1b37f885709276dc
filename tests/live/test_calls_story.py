"""The whole of it on real servers: a telephone rings at an Asterisk, and the caller is seen in Odoo.

The hub is the program `hub run`, as a company starts it, with a user of few rights in Odoo and another in the
exchange. Agnès sits at 101 in front of a browser, Bob at 102.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.live.addons import install
from tests.live.asterisk.lab import DIRECT, QUEUE, Lab
from tests.live.browser import Desktop
from tests.live.debian import Unavailable
from tests.live.desks import AGNES, BOB, Company, secret
from tests.live.runs import free_port

ROOT = Path(__file__).parents[2]
KNOWN, STRANGER, LOST = "+33199001234", "+33199005678", "+33199009012"
CARD = ".hub_card"
CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
  city: {type: text}
match:
  - exact: [name]
systems:
  odoo:
    object: res.partner
    where: [["ref_company_ids", "=", false], ["user_ids", "=", false]]
    fields: {name: name, phone: phone, city: city}
"""


@dataclass
class Office:
    """One Odoo with the card in it, one hub at work, and the exchange they share."""

    company: Company
    folder: Path
    port: int
    ticket: str
    hub: subprocess.Popen[bytes] | None = None

    def configure(self, asterisk: Lab) -> None:
        """hub.yaml and the mappings, as docs/calls.md has them."""
        ami, odoo = asterisk.ami, self.company.odoo
        mappings = self.folder / "mappings"
        mappings.mkdir(parents=True)
        (mappings / "customer.yaml").write_text(CUSTOMER)
        shutil.copy(ROOT / "mappings" / "calls" / self.ticket, mappings)
        (self.folder / ".env").write_text(f"AMI_SECRET={ami.secret}\nODOO_PASSWORD={secret('hub')}\n")
        (self.folder / ".env").chmod(0o600)
        (self.folder / "hub.yaml").write_text(
            f"""
systems:
  odoo:
    kind: odoo
    url: {odoo.url}
    database: {self.company.database}
    login: hub
    password: ${{ODOO_PASSWORD}}
  exchange:
    kind: ami
    host: {ami.host}
    port: {ami.port}
    user: {ami.user}
    secret: ${{AMI_SECRET}}
    context: agents
  calls: {{kind: calls}}
calls:
  desk: odoo
  extensions: {{"101": {AGNES}, "102": {BOB}}}
schedule: {{default: 1s, deliver: 1s, nightly: null}}
http: {{port: {self.port}}}
"""
        )

    def start(self) -> None:
        command = [sys.executable, "-m", "hub.cli.main", "run", "--config", str(self.folder / "hub.yaml")]
        with open(self.folder / "hub.log", "ab") as log:
            self.hub = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.until(lambda: self._listens(), "listen to the exchange")

    def stop(self) -> None:
        if self.hub is not None:
            self.hub.terminate()
            self.hub.wait(30)
            self.hub = None

    def _listens(self) -> bool:
        try:
            health = requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).json()
        except (requests.RequestException, ValueError):
            return False
        lines = (health.get("calls") or {}).get("exchanges") or {}
        read = all(route["last_success"] for route in health["routes"] if route["system"] == "odoo")
        return bool(read and lines and all(line["up"] for line in lines.values()))

    def until(self, true: Callable[[], Any], what: str) -> None:
        limit = time.monotonic() + 60
        while not true():
            assert time.monotonic() < limit, f"the hub did not {what}:\n{self.said()}"
            time.sleep(0.1)

    def said(self) -> str:
        return (self.folder / "hub.log").read_text("utf-8", "replace")[-4000:]

    def command(self, *words: str) -> str:
        """What a command of the hub answers."""
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli.main", *words, "--config", str(self.folder / "hub.yaml")],
            cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def tickets(self, *where: Any) -> list[dict[str, Any]]:
        model = {"helpdesk.yaml": "helpdesk.ticket", "lead.yaml": "crm.lead"}[self.ticket]
        return list(self.company.call(model, "search_read", list(where), fields=["name", "priority"]))


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def office(
    request: pytest.FixtureRequest, running_asterisk: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    company = Company.founded(request.getfixturevalue(request.param))
    found = Office(company, tmp_path_factory.mktemp("office"), free_port(), _tickets(company))
    try:
        _let_in(company, found.ticket)
        company.customer("Menuiserie Carpentier", city="Arras", phone="01 99 00 12 34")
        found.configure(running_asterisk)
        found.start()
        yield found
    finally:
        found.stop()
        company.desk.close()
        company.odoo.drop(company.database)


def _tickets(company: Company) -> str:
    """The mapping of what is made of a missed call; OCA's tickets on 19, a lead on 14."""
    if company.version < 19:
        company.call("crm.team", "create", {"name": "Support"})
        return "lead.yaml"
    try:
        install(company.odoo, company.database, "helpdesk_mgmt")
    except Unavailable as reason:
        pytest.skip(str(reason))
    company.call("helpdesk.ticket.team", "create", {"name": "Support"})
    return "helpdesk.yaml"


def _let_in(company: Company, ticket: str) -> None:
    """The card, and a user of the hub's own with just the rights that this takes."""
    company.set_up()
    groups = (
        ["helpdesk_mgmt.group_helpdesk_manager"]
        if ticket == "helpdesk.yaml"
        else ["sales_team.group_sale_manager"]
    )
    place = "group_ids" if company.version >= 19 else "groups_id"
    (user,) = company.call("res.users", "search", [["login", "=", "hub"]])
    for group in ["base.group_partner_manager", *groups]:
        company.call("res.users", "write", [user], {place: [(4, company.ref(group))]})


@pytest.fixture(scope="module")
def agnes(office: Office, browser: Browser) -> Iterator[Desktop]:
    desktop = office.company.desktop(browser, AGNES)
    yield desktop
    desktop.close()


@pytest.fixture
def page(agnes: Desktop, asterisk: Lab) -> Iterator[Page]:
    tab = agnes.tab()
    yield tab
    tab.close()


def card(page: Page, name: str) -> Any:
    return page.locator(CARD, has=page.locator(".hub_name", has_text=name))


def test_check_finds_the_exchange_well(office: Office, asterisk: Lab) -> None:
    said = office.command("check", "--json")
    assert '"exchange"' in said
    assert '"error"' not in said


def test_who_calls_is_seen_while_it_rings_and_a_click_opens_the_right_customer(
    office: Office, page: Page, asterisk: Lab
) -> None:
    call = asterisk.trunk.call(DIRECT["101"], KNOWN, "PORTABLE").ringing()
    expect(card(page, "Menuiserie Carpentier")).to_be_visible()
    expect(page.locator(f"{CARD} .hub_town")).to_have_text("Arras")
    page.click(f"{CARD} .hub_open")
    page.wait_for_function("name => document.title.includes(name)", arg="Menuiserie Carpentier")
    call.cancel()
    expect(page.locator(CARD)).to_have_count(0)


def test_the_card_goes_when_another_answers(office: Office, page: Page, asterisk: Lab) -> None:
    asterisk.trunk.call(QUEUE, KNOWN).ringing()
    expect(card(page, "Menuiserie Carpentier")).to_be_visible()
    asterisk.phones["102"].incoming().answer()
    expect(page.locator(CARD)).to_have_count(0)


def test_a_stranger_becomes_a_contact_and_is_known_at_the_next_call(
    office: Office, page: Page, asterisk: Lab
) -> None:
    call = asterisk.trunk.call(DIRECT["101"], STRANGER, "Mme Lefort").ringing()
    expect(card(page, "Mme Lefort")).to_be_visible()
    page.click(f"{CARD} .hub_create")
    expect(page.locator(".o_form_view")).to_be_visible()
    page.wait_for_timeout(500)
    page.click(".o_form_button_save")
    call.cancel()
    where = [["name", "=", "Mme Lefort"]]
    office.until(lambda: office.company.call("res.partner", "search", where), "have the contact made")
    office.until(lambda: "Mme Lefort" in office.command("journal", "--record", "Mme Lefort"), "take it in")
    again = asterisk.trunk.call(DIRECT["101"], STRANGER).ringing()
    expect(page.locator(f"{CARD} .hub_open")).to_be_visible()
    expect(card(page, "Mme Lefort")).to_be_visible()
    again.cancel()


def test_a_caller_who_gave_up_is_a_ticket_until_somebody_reaches_them(office: Office, asterisk: Lab) -> None:
    for _ in range(2):
        asterisk.trunk.call(QUEUE, LOST, "Perdu").ringing().cancel()
        asterisk.settle()
        office.until(lambda: len(office.tickets(["name", "ilike", "99 00 90 12"])) == 1, "make one ticket")
    office.until(
        lambda: office.tickets(["name", "ilike", "99 00 90 12"])[0]["priority"] in ("2", "3"),
        "raise the ticket",
    )
    asterisk.trunk.call(QUEUE, LOST, "Perdu").ringing()
    asterisk.phones["102"].incoming().answer()
    model, closed = (
        ("helpdesk.ticket", [["stage_id.closed", "=", True]])
        if office.ticket == "helpdesk.yaml"
        else ("crm.lead", [["active", "=", False]])
    )
    office.until(
        lambda: office.company.call(model, "search_count", [["name", "ilike", "99 00 90 12"], *closed]) == 1,
        "close the ticket",
    )
    assert len(office.tickets(["name", "ilike", "99 00 90 12"])) <= 1


def test_a_click_on_a_number_rings_the_agents_own_telephone_first(
    office: Office, page: Page, asterisk: Lab
) -> None:
    (id,) = office.company.call("res.partner", "search", [["name", "=", "Menuiserie Carpentier"]])
    office.company.contact(page, id)
    page.locator(".o_form_view [name=phone]:visible").first.hover()
    page.locator(".o_form_view a[href^='tel:']").first.click()
    own = asterisk.phones["101"].incoming().ringing()
    own.answer()
    there = asterisk.trunk.incoming()
    assert re.sub(r"\D", "", there.dialled).endswith("199001234")
    there.answer()


def test_the_calls_are_counted(office: Office, asterisk: Lab) -> None:
    def counted() -> dict[str, int]:
        found: dict[str, int] = json.loads(office.command("calls", "--json"))["total"]
        return found

    before = counted()
    answered = asterisk.trunk.call(DIRECT["102"], KNOWN).ringing()
    asterisk.phones["102"].incoming().answer()
    answered.answered().hang_up()
    asterisk.settle()
    asterisk.trunk.call(DIRECT["102"], KNOWN).ringing().cancel()
    office.until(lambda: counted()["abandoned"] > before["abandoned"], "count the abandoned call")
    after = counted()
    assert (after["answered"], after["abandoned"]) == (before["answered"] + 1, before["abandoned"] + 1)
