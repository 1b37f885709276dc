"""One real Odoo with the desk in it, agents with ordinary rights, and customers."""

from __future__ import annotations

import xmlrpc.client
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from connectors.odoo.desk import OdooDesk, connect_desk
from connectors.odoo.desk import setup as work
from connectors.odoo.desk.steps import Steps
from connectors.odoo.settings import Settings
from hub.desk import Candidate, Show
from hub.ports import View
from tests.live.browser import Desktop
from tests.live.servers import Odoo

NUMBER, SHOWN = "+33322475910", "03 22 47 59 10"
AGNES, BOB = "agnes", "bob"
MARKUP = "<img src=x onerror=\"document.title='struck'\"><b>Bold</b>"


@dataclass
class Company:
    """`odoo` is only the witness: the desk is a user of its own, people use a browser or plain RPC."""

    odoo: Odoo
    database: str
    desk: OdooDesk
    steps: list[Steps] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)

    @classmethod
    def founded(cls, odoo: Odoo) -> Company:
        database = odoo.fresh_database()
        company = cls(odoo, database, connect_desk("odoo", _settings(odoo, database)))
        company.users[AGNES] = company.hired(
            AGNES, "fr_FR", "base.group_partner_manager", "project.group_project_user",
            "account.group_account_invoice",
            "sales_team.group_sale_salesman",
        )  # fmt: skip
        company.users[BOB] = company.hired(BOB, "en_US")
        return company

    @property
    def version(self) -> int:
        return self.odoo.version

    @property
    def settings(self) -> Settings:
        return _settings(self.odoo, self.database)

    def set_up(self, *views: View, extension_field: str | None = None, plan: bool = False) -> Steps:
        admin = work.administrator("odoo", self.settings, "admin", self.odoo.password)
        try:
            steps = work.setup(admin, self.settings, views, extension_field, plan=plan)
        finally:
            admin.close()
        self.steps.append(steps)
        return steps

    def call(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *args, **named)

    def as_user(self, login: str, model: str, method: str, *args: Any, **named: Any) -> Any:
        """What this person may do over RPC; raises what Odoo answers."""
        service = xmlrpc.client.ServerProxy(f"{self.odoo.url}/xmlrpc/2/object", allow_none=True)
        user = self.users[login]
        return service.execute_kw(self.database, user, secret(login), model, method, list(args), named)

    def ref(self, name: str) -> int:
        module, _, part = name.partition(".")
        where = [["module", "=", module], ["name", "=", part]]
        (row,) = self.call("ir.model.data", "search_read", where, fields=["res_id"])
        return int(row["res_id"])

    def hired(self, login: str, lang: str, *groups: str) -> int:
        """An agent: an internal user with no more than these groups."""
        place = "group_ids" if self.version >= 19 else "groups_id"
        ids = [self.ref(name) for name in ("base.group_user", *groups)]
        values = {
            "name": login.title(),
            "login": login,
            "password": secret(login),
            "lang": lang,
            place: [(6, 0, ids)],
        }
        return int(self.call("res.users", "create", values))

    def customer(self, name: str, **more: Any) -> int:
        values = {"name": name, "is_company": True, "lang": "fr_FR", **more}
        return int(self.call("res.partner", "create", values))

    def invoice(self, partner: int, amount: float) -> None:
        """One that waits to be paid."""
        line = (
            0,
            0,
            {"name": "Contrat d'entretien", "quantity": 1, "price_unit": amount, "tax_ids": [(6, 0, [])]},
        )
        values = {"move_type": "out_invoice", "partner_id": partner, "invoice_line_ids": [line]}
        made = self.call("account.move", "create", values)
        # Odoo 14 answers with a record, which XML does not carry.
        self.run(f"env['account.move'].browse({made}).action_post()")

    def desktop(self, browser: Browser, login: str) -> Desktop:
        (row,) = self.call("res.users", "read", [self.users[login]], ["lang"])
        return Desktop.opened(
            browser, self.odoo.url, self.database, login, secret(login),
            version=self.version, lang=row["lang"].replace("_", "-"),
        )  # fmt: skip

    def show(self, popup: str, *candidates: Candidate, user: str = AGNES, **more: Any) -> None:
        shown = Show(user, popup, **{"number": NUMBER, "shown": SHOWN, **more}, candidates=candidates)
        assert not self.desk.send([shown])

    def run(self, code: str) -> Any:
        """Run code in Odoo, as its administrator may."""
        values = {"name": "test", "model_id": self.ref("base.model_res_users"), "state": "code", "code": code}
        action = self.call("ir.actions.server", "create", values)
        try:
            return self.call("ir.actions.server", "run", [action])
        finally:
            self.call("ir.actions.server", "unlink", [action])

    def contact(self, page: Page, id: int) -> None:
        """Open a contact's form, as from a bookmark."""
        path = (
            f"/odoo/res.partner/{id}"
            if self.version >= 18
            else f"/web#id={id}&model=res.partner&view_type=form"
        )
        # From elsewhere: a page that is still opening its first action would put that in the address again.
        page.goto("about:blank")
        page.goto(self.odoo.url + path)
        page.wait_for_selector(".o_form_view")
        page.wait_for_function("() => window.HubCalls === undefined || window.HubCalls.listening === true")


def candidate(id: int, name: str = "", **more: Any) -> Candidate:
    return Candidate("customer", f"golden-{id}", "res.partner", str(id), name or f"customer {id}", **more)


def secret(login: str) -> str:
    return f"{login}-lives-here-1"


def _settings(odoo: Odoo, database: str) -> Settings:
    return Settings(url=odoo.url, database=database, login="hub", password=secret("hub"))
