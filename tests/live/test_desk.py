"""The caller's card on real Odoos, in a real browser: seen, read, clicked, taken away; a click that dials."""

from __future__ import annotations

import re
import xmlrpc.client
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
from playwright.sync_api import Browser, Page, expect

from connectors.odoo.desk import module, removal
from connectors.odoo.desk import setup as work
from hub.desk import Show, Withdraw
from hub.ports import Misconfigured, NativeField, View
from tests.live.browser import Desktop
from tests.live.desks import AGNES, BOB, MARKUP, NUMBER, SHOWN, Company, candidate
from tests.tally import tally

_popups = count(1)
CARD = ".hub_card"
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    """An Odoo with the desk, set up twice."""
    founded = Company.founded(request.getfixturevalue(request.param))
    founded.set_up()
    founded.set_up()
    yield founded
    founded.desk.close()
    founded.odoo.drop(founded.database)


@pytest.fixture(scope="module")
def agnes(company: Company, browser: Browser) -> Iterator[Desktop]:
    desktop = company.desktop(browser, AGNES)
    yield desktop
    desktop.close()


@pytest.fixture
def page(agnes: Desktop) -> Iterator[Page]:
    agnes.problems.clear()
    tab = agnes.tab()
    yield tab
    tab.close()
    assert not agnes.problems


@pytest.fixture
def popup(company: Company) -> Iterator[str]:
    name = f"call-{next(_popups)}"
    yield name
    company.desk.send([Withdraw(AGNES, name), Withdraw(BOB, name)])


def fact(page: Page, label: str) -> str:
    return (
        page.locator(".hub_facts dt", has_text=label).locator("xpath=following-sibling::dd[1]").inner_text()
    )


def partner(company: Company, login: str) -> int:
    (row,) = company.call("res.users", "read", [company.users[login]], ["partner_id"])
    return int(row["partner_id"][0])


def click_number(page: Page) -> None:
    """Odoo 19 shows the way to dial once the field is pointed at."""
    page.locator(".o_form_view [name=phone]:visible").first.hover()
    page.locator(".o_form_view a[href^='tel:']").first.click()


def test_setting_up_twice_changes_nothing_the_second_time(company: Company) -> None:
    first, second = company.steps[:2]
    assert (first.well, second.well) == (True, True)
    assert [step.state for step in first.done] == ["made", "made", "there"]
    assert [step.state for step in second.done] == ["there", "there", "there"]


def test_the_card_says_in_french_what_this_agent_may_know(company: Company, page: Page, popup: str) -> None:
    id = company.customer("Boulangerie Vasseur", city="Amiens", phone=NUMBER)
    company.invoice(id, 1240.5)
    project = company.call("project.project", "create", {"name": "Atelier"})
    company.call("project.task", "create", {"name": "Four en panne", "partner_id": id, "project_id": project})
    last = datetime(2026, 11, 3, 13, 2, tzinfo=UTC)
    company.show(popup, candidate(id, last_call=last, callbacks=2), line="Service client")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("Boulangerie Vasseur")
    expect(page.locator(f"{CARD} .hub_town")).to_have_text("Amiens")
    expect(page.locator(f"{CARD} .hub_number")).to_have_text(SHOWN)
    expect(page.locator(f"{CARD} .hub_state")).to_have_text("Appel entrant")
    expect(page.locator(f"{CARD} .hub_line")).to_have_text("Service client")
    assert fact(page, "Tâches ouvertes") == "1"
    assert fact(page, "Impayé").replace("\u202f", " ").replace("\u00a0", " ") == "1 240,50 €"
    assert re.match(r"3 nov\. 2026.*14:02", fact(page, "Dernier appel"))
    assert fact(page, "À rappeler") == "2"


def test_the_card_says_in_english_and_leaves_out_what_another_agent_may_not_know(
    company: Company, browser: Browser, popup: str
) -> None:
    id = company.customer("Garage Delmas", city="Albi")
    company.invoice(id, 99)
    desktop = company.desktop(browser, BOB)
    try:
        tab = desktop.tab()
        company.show(popup, candidate(id), user=BOB)
        expect(tab.locator(f"{CARD} .hub_state")).to_have_text("Incoming call")
        expect(tab.locator(f"{CARD} .hub_open")).to_have_text("Open")
        expect(tab.locator(f"{CARD} .hub_facts dt", has_text="Unpaid")).to_have_count(0)
    finally:
        desktop.close()


def test_a_customer_the_agent_may_not_see_is_not_named(company: Company, page: Page, popup: str) -> None:
    other = company.odoo.new_company(company.database, f"Filiale {popup}")
    id = company.customer("Secret Records SARL", city="Monaco", company_id=other)
    company.show(popup, candidate(id, name="Secret Records SARL", town="Monaco"))
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("Un contact que vous ne pouvez pas voir")
    assert "Secret" not in page.locator(CARD).inner_text()
    assert "Monaco" not in page.locator(CARD).inner_text()
    expect(page.locator(f"{CARD} .hub_open")).to_have_count(0)


def test_markup_in_names_is_shown_as_it_is_written(company: Company, page: Page, popup: str) -> None:
    id = company.customer(MARKUP, city=MARKUP)
    company.show(popup, candidate(id), line=MARKUP)
    expect(page.locator(f"{CARD} .hub_name")).to_have_text(MARKUP)
    expect(page.locator(f"{CARD} .hub_town")).to_have_text(MARKUP)
    company.show(f"{popup}-stranger", name=MARKUP, shown=MARKUP)
    expect(page.locator(f"{CARD}[data-popup='{popup}-stranger'] .hub_name")).to_have_text(MARKUP)
    company.show(f"{popup}-several", candidate(id), candidate(id), name=MARKUP)
    expect(page.locator(f"{CARD}[data-popup='{popup}-several'] .hub_name")).to_have_text([MARKUP, MARKUP])
    assert page.locator(f"{CARD} img, {CARD} b").count() == 0
    assert page.title() != "struck"
    company.desk.send([Withdraw(AGNES, f"{popup}-stranger"), Withdraw(AGNES, f"{popup}-several")])
    expect(page.locator(CARD)).to_have_count(1)
    tally("bad inputs tried", 3)


def test_a_click_opens_the_right_customer(company: Company, page: Page, popup: str) -> None:
    company.customer("Not this one")
    id = company.customer("Menuiserie Carpentier", city="Arras")
    company.customer("Nor this one")
    company.show(popup, candidate(id))
    page.click(f"{CARD} .hub_open")
    expect(page.locator(".o_form_view")).to_be_visible()
    page.wait_for_function("name => document.title.includes(name)", arg="Menuiserie Carpentier")
    assert re.search(rf"(res\.partner/|[#&]id=){id}\b", page.url)


def test_a_new_ticket_is_for_that_customer(company: Company, page: Page, popup: str) -> None:
    id = company.customer("Pressing Moreau")
    company.show(popup, candidate(id))
    expect(page.locator(f"{CARD} .hub_ticket")).to_have_text("Nouvelle opportunité")
    page.click(f"{CARD} .hub_ticket")
    partner = "[name=partner_id]"
    expect(page.locator(".o_form_view")).to_be_visible()
    page.wait_for_function(
        """([place, name]) => Array.from(document.querySelectorAll(`.o_form_view ${place}`)).some(
            (one) => one.textContent.includes(name) || (one.querySelector("input") || {}).value === name)""",
        arg=[partner, "Pressing Moreau"],
    )


def test_a_stranger_becomes_a_contact_with_the_number_filled_in(
    company: Company, page: Page, popup: str
) -> None:
    company.show(popup, name="M. Lefort", number="+33344556677", shown="03 44 55 66 77")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("M. Lefort")
    page.click(f"{CARD} .hub_create")
    expect(page.locator(".o_form_view")).to_be_visible()
    expect(
        page.locator(".o_form_view input:visible[type=tel], .o_form_view input:visible[name=phone]").first
    ).to_have_value(re.compile(r"\+33 ?3 ?44 ?55 ?66 ?77"))
    page.click(".o_form_button_save")
    page.wait_for_function("() => !document.title.includes('Nouveau')")
    where = [["phone", "like", "77"], ["name", "=", "M. Lefort"]]
    for _ in range(50):
        rows = company.call("res.partner", "search_read", where, fields=["phone", "create_uid"])
        if rows:
            break
        page.wait_for_timeout(100)
    (row,) = rows
    assert row["phone"].replace(" ", "") == "+33344556677"
    assert row["create_uid"][0] == company.users[AGNES]


def test_a_stranger_s_number_is_put_on_a_contact_that_is_there(
    company: Company, page: Page, popup: str
) -> None:
    id = company.customer("Fromagerie Testard", city="Lens")
    company.show(popup, number="+33321000111", shown="03 21 00 01 11")
    page.click(f"{CARD} .hub_attach")
    page.fill(f"{CARD} .hub_input", "fromagerie test")
    page.click(f"{CARD} .hub_choice:has-text('Fromagerie Testard')")
    page.wait_for_function("name => document.title.includes(name)", arg="Fromagerie Testard")
    (row,) = company.call("res.partner", "read", [id], ["phone", "write_uid"])
    assert row["phone"].replace(" ", "") == "+33321000111"
    assert row["write_uid"][0] == company.users[AGNES]


def test_a_number_that_is_filled_in_is_never_overwritten(company: Company, page: Page, popup: str) -> None:
    numbers = {"phone": "+33111111111", **({"mobile": "+33611111111"} if company.version < 19 else {})}
    id = company.customer("Papeterie Complète", **numbers)
    company.show(popup, number="+33321000222")
    page.click(f"{CARD} .hub_attach")
    page.fill(f"{CARD} .hub_input", "papeterie compl")
    page.click(f"{CARD} .hub_choice")
    expect(page.locator(".o_notification")).to_contain_text("déjà remplis")
    (row,) = company.call("res.partner", "read", [id], list(numbers))
    assert {name: row[name] for name in numbers} == numbers


def test_several_candidates_are_listed_each_with_its_own_button(
    company: Company, page: Page, popup: str
) -> None:
    first = company.customer("Duval Père", city="Lille")
    second = company.customer("Duval Fils", city="Douai")
    company.show(popup, candidate(first), candidate(second), candidate(0, name="Duval (Sage)", town="Lens"))
    names = page.locator(f"{CARD} .hub_candidate .hub_name")
    expect(names).to_have_text(["Duval Père", "Duval Fils", "Duval (Sage)"])
    expect(page.locator(f"{CARD} .hub_open")).to_have_count(2)
    page.locator(f"{CARD} .hub_open").nth(1).click()
    page.wait_for_function("name => document.title.includes(name)", arg="Duval Fils")
    assert re.search(rf"(res\.partner/|[#&]id=){second}\b", page.url)


def test_three_tabs_show_one_card_each_and_lose_it_together(
    company: Company, agnes: Desktop, popup: str
) -> None:
    tabs = [agnes.tab() for _ in range(3)]
    id = company.customer("Trois Onglets")
    company.show(popup, candidate(id))
    for tab in tabs:
        expect(tab.locator(f"{CARD} .hub_name")).to_have_text("Trois Onglets")
    assert [tab.locator(CARD).count() for tab in tabs] == [1, 1, 1]
    company.desk.send([Withdraw(AGNES, popup)])
    for tab in tabs:
        expect(tab.locator(CARD)).to_have_count(0)
    company.show(f"{popup}-again", candidate(id))
    for tab in tabs:
        expect(tab.locator(CARD)).to_have_count(1)
    tabs[1].click(f"{CARD} .hub_close")
    for tab in tabs:
        expect(tab.locator(CARD)).to_have_count(0)
        tab.close()


def test_the_agent_who_answers_keeps_the_card_until_it_is_closed(
    company: Company, page: Page, popup: str
) -> None:
    company.show(popup, candidate(company.customer("Décroché")))
    expect(page.locator(CARD)).to_have_count(1)
    company.desk.send([Withdraw(AGNES, popup, answered=True)])
    expect(page.locator(f"{CARD} .hub_state")).to_have_text("En communication")
    page.click(f"{CARD} .hub_close")
    expect(page.locator(CARD)).to_have_count(0)


def test_a_card_shown_again_is_changed_and_not_doubled(company: Company, page: Page, popup: str) -> None:
    company.show(popup, name="First")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("First")
    company.show(popup, candidate(company.customer("Then known")))
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("Then known")
    assert page.locator(CARD).count() == 1


def test_the_rest_of_a_card_completes_it_and_brings_back_none_that_is_closed(
    company: Company, page: Page, popup: str
) -> None:
    id = company.customer("En deux temps")
    project = company.call("project.project", "create", {"name": "Atelier 2"})
    company.call("project.task", "create", {"name": "Porte", "partner_id": id, "project_id": project})
    company.show(popup, candidate(id), part="first")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("En deux temps")
    assert page.locator(f"{CARD} .hub_facts dt", has_text="Tâches").count() == 0
    company.desk.send([Withdraw(AGNES, popup, answered=True)])
    expect(page.locator(f"{CARD} .hub_state")).to_have_text("En communication")
    company.show(popup, candidate(id), part="rest")
    expect(page.locator(f"{CARD} .hub_facts dt", has_text="Tâches")).to_be_visible()
    expect(page.locator(f"{CARD} .hub_state")).to_have_text("En communication")
    page.click(f"{CARD} .hub_close")
    company.show(popup, candidate(id), part="rest")
    company.show(f"{popup}-after", name="After")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("After")
    assert page.locator(CARD).count() == 1
    company.desk.send([Withdraw(AGNES, f"{popup}-after")])


def test_a_reload_brings_back_nothing_that_is_over(company: Company, page: Page, popup: str) -> None:
    company.show(popup, name="Was here")
    expect(page.locator(CARD)).to_have_count(1)
    company.desk.send([Withdraw(AGNES, popup)])
    page.reload()
    page.wait_for_function("() => window.HubCalls.listening === true")
    # Whatever the bus repeats comes before this.
    company.show(f"{popup}-after", name="After")
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("After")
    assert page.locator(CARD).count() == 1
    company.desk.send([Withdraw(AGNES, f"{popup}-after")])
    expect(page.locator(CARD)).to_have_count(0)
    now = datetime.now(UTC).timestamp()
    old = {"kind": "show", "popup": "old", "name": "Old", "at": now - 60}
    page.evaluate("message => HubCalls.receive(message)", {**old, "number": NUMBER, "lang": "fr_FR"})
    page.evaluate("message => HubCalls.receive(message)", {**old, "popup": "new", "name": "New", "at": now})
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("New")
    assert page.locator(CARD).count() == 1


def test_one_message_that_cannot_be_shown_costs_only_itself(company: Company, page: Page, popup: str) -> None:
    messages = [Show("nobody", popup, NUMBER, SHOWN), Show(AGNES, popup, NUMBER, SHOWN, name="Seen")]
    (unshown,) = company.desk.send(messages)
    assert unshown.message is messages[0]
    assert "nobody" in unshown.reason
    assert "calls.extensions" in unshown.todo
    expect(page.locator(f"{CARD} .hub_name")).to_have_text("Seen")


def test_many_messages_are_one_request(company: Company) -> None:
    company.desk.send([Withdraw(AGNES, "warm")])
    before = company.desk.session.requests_sent()
    company.desk.send([Withdraw(AGNES, f"none-{number}") for number in range(50)])
    assert company.desk.session.requests_sent() == before + 1


def test_of_many_cards_in_one_breath_only_those_a_screen_holds_are_looked_up_further(
    company: Company, page: Page
) -> None:
    customers = [company.customer(f"Garage {place}") for place in range(6)]
    names = [f"breath-{place}" for place in range(6)]
    company.desk.send([
        Show(AGNES, name, NUMBER, SHOWN, candidates=(candidate(id),))
        for name, id in zip(names, customers, strict=True)
    ])  # fmt: skip
    expect(page.locator(f"{CARD} .hub_facts")).to_have_count(4)
    search = "env['bus.bus'].sudo().search([('message', 'like', 'breath-')])"
    said = company.run(f"action = {{'messages': {search}.mapped('message')}}")["messages"]
    halves = [message for message in said if re.search(r'"kind": ?"facts"', message)]
    assert sorted(name for name in names if any(name in half for half in halves)) == names[2:]
    company.desk.send([Withdraw(AGNES, name) for name in names])


def test_a_click_on_a_number_orders_a_call_of_that_user_alone(
    company: Company, page: Page, agnes: Desktop
) -> None:
    id = company.customer("Plomberie Lacaze", phone="+33 5 61 00 00 01")
    assert company.desk.orders() == ()
    company.contact(page, id)
    click_number(page)
    expect(page.locator(".o_notification")).to_contain_text(re.compile(r"\+33 ?5 ?61 ?00 ?00 ?01"))
    (order,) = company.desk.orders()
    assert order.user == AGNES
    assert order.number.replace(" ", "") == "+33561000001"
    assert order.record == ("res.partner", str(id))
    assert abs((datetime.now(UTC) - order.at).total_seconds()) < 60
    assert company.desk.orders() == ()
    company.desk.answer(order, f"Ce numéro est interdit {MARKUP}")
    expect(page.locator(".o_notification", has_text="interdit")).to_contain_text(MARKUP)
    assert page.locator(".o_notification img[src=x]").count() == 0


def test_an_order_that_nobody_takes_is_told_and_never_dialled_later(company: Company, page: Page) -> None:
    id = company.customer("Personne", phone="+33561000002")
    company.contact(page, id)
    click_number(page)
    expect(page.locator(".o_notification", has_text="le hub ne répond pas")).to_be_visible(timeout=30_000)
    assert company.desk.orders() == ()


def test_an_order_that_waited_too_long_is_closed_and_told(company: Company, page: Page) -> None:
    dial = company.ref(f"{module.NAME}.{module.DIAL}")
    company.as_user(
        AGNES, "ir.actions.server", "run", [dial], context={"hub_calls": {"number": "+33561000003"}}
    )
    company.run("env.cr.execute(\"UPDATE x_hub_call_order SET create_date = create_date - interval '31 s'\")")
    assert company.desk.orders() == []
    expect(page.locator(".o_notification", has_text="attendu trop longtemps")).to_be_visible()


def test_an_ordinary_user_can_neither_show_cards_nor_touch_orders(company: Company) -> None:
    names = (module.SHOW, module.FACTS, module.TAKE, module.DIAL)
    show, facts, take, dial = (company.ref(f"{module.NAME}.{name}") for name in names)
    asked = {"messages": [{"kind": "show", "user": AGNES, "popup": "x", "number": "1"}]}
    for action in (show, facts, take):
        with pytest.raises(xmlrpc.client.Fault, match=r"(?i)access"):
            company.as_user(BOB, "ir.actions.server", "run", [action], context={"hub_calls": asked})
    for method, args in (
        ("search_read", ([],)),
        ("create", ({"x_number": "+33899", "x_user_id": company.users[AGNES], "x_state": "new"},)),
        ("write", ([1], {"x_state": "new"})),
    ):
        with pytest.raises(xmlrpc.client.Fault, match=r"(?i)access|allowed"):
            company.as_user(BOB, module.ORDERS, method, *args)
    forged = {"number": "+33561000004", "user": AGNES, "x_user_id": company.users[AGNES], "uid": 1}
    company.as_user(BOB, "ir.actions.server", "run", [dial], context={"hub_calls": forged, "uid": 1})
    assert [order.user for order in company.desk.orders()] == [BOB]
    tally("bad inputs tried", 6)


def test_agents_are_read_from_a_field_of_the_users(company: Company) -> None:
    """Any field will do for an extension; what two people share is told, and is nobody's."""
    found = company.desk.agents("login")
    assert found.logins[AGNES] == AGNES
    assert not found.problems
    company.call(
        "res.partner", "write", [partner(company, AGNES), partner(company, BOB)], {"function": "101"}
    )
    shared = company.desk.agents("function")
    assert "101" not in shared.logins
    assert shared.problems == ("101: agnes, bob",)
    with pytest.raises(Misconfigured, match="x_extension"):
        company.desk.agents("x_extension")


def test_each_right_the_hub_s_user_lacks_is_named(company: Company) -> None:
    group = "group_ids" if company.version >= 19 else "groups_id"
    hub = company.call("res.users", "search", [["login", "=", "hub"]])
    maker = company.ref("base.group_partner_manager")
    view = View("customer", "res.partner", (NativeField("name"),))
    tickets = View("ticket", "helpdesk.nowhere", (NativeField("name"),))
    assert not [step for step in company.set_up(view).done if step.state == "missing"]
    company.call("res.users", "write", hub, {group: [(3, maker)]})
    try:
        steps = company.set_up(view, tickets, extension_field="x_nothing")
    finally:
        company.call("res.users", "write", hub, {group: [(4, maker)]})
    missing = {step.what: step for step in steps.done if step.state == "missing"}
    assert not steps.well
    said = [step.detail for step in steps.done if step.state == "missing"]
    assert any("may not change res.partner" in one and "customer" in one for one in said)
    assert any("may not create res.partner" in one for one in said)
    assert "group" in missing["res.partner"].todo
    assert "helpdesk.nowhere" in missing
    assert "x_nothing" in missing["res.users.x_nothing"].detail


def test_removed_it_leaves_nothing_and_the_pages_still_load(company: Company, browser: Browser) -> None:
    admin = work.administrator("odoo", company.settings, "admin", company.odoo.password)
    try:
        assert all(
            step.state != "absent"
            for step in removal.remove(admin, company.settings, user=False, plan=False).done
        )
        again = removal.remove(admin, company.settings, user=True, plan=False)
    finally:
        admin.close()
    assert {step.what: step.state for step in again.done} == {
        "module hub_calls": "absent",
        "user hub": "removed",
    }
    gone = {
        "ir.module.module": [["name", "=", module.NAME]],
        "ir.model.data": [["module", "=", module.NAME]],
        "ir.actions.server": [["name", "like", "Calls:"]],
        "ir.model": [["model", "=", module.ORDERS]],
        "ir.model.fields": [["model", "=", module.ORDERS]],
        "res.groups": [["name", "like", "Calls:"]],
        "ir.model.access": [["name", "like", "hub"]],
        "ir.attachment": [["url", "=like", f"/{module.NAME}/%"]],
        "ir.ui.view": [["name", "like", module.NAME]],
        **({"ir.asset": [["path", "like", module.NAME]]} if company.version >= 15 else {}),
    }
    left = {model: company.call(model, "search", where) for model, where in gone.items()}
    assert not {model: ids for model, ids in left.items() if ids}
    code = "env.cr.execute(\"SELECT to_regclass('x_hub_call_order')\")\n"
    assert company.run(f"{code}action = {{'table': env.cr.fetchone()[0] or ''}}") == {"table": ""}
    desktop = company.desktop(browser, AGNES)
    try:
        tab = desktop.tab()
        company.contact(tab, company.customer("Sans module", phone="+33561000009"))
        assert tab.evaluate("() => window.HubCalls === undefined")
        # The page goes nowhere on its own: what remains is the browser's own way with a number.
        look = "(event) => setTimeout(() => (window.left = !event.defaultPrevented))"
        tab.evaluate(f"() => document.addEventListener('click', {look}, true)")
        click_number(tab)
        tab.wait_for_function("() => window.left !== undefined")
        assert tab.evaluate("() => window.left") is True
        assert not desktop.problems
    finally:
        desktop.close()
