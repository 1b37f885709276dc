"""A folder with a hub in it, and the people who keep invoices in its Odoo."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

from tests.live.servers import Odoo
from tests.story.site import PROJECT, Hub, Said

ODOO_YAML = """\
systems:
  odoo:
    kind: odoo
    url: {url}
    database: {database}
    login: {login}
    password: ${{ODOO_PASSWORD}}
    transport: {transport}
"""
SIRET = "73282932000074"
VISIT = {"name": "Visite annuelle", "quantity": 2, "price_unit": 150.0}


class Office:
    """One company's Odoo and hub; `flavour` names the folder of mappings that ship for its Sage."""

    flavour = ""

    def __init__(self, folder: Path, odoo: Odoo, database: str, transport: str, hub: type[Hub] = Hub) -> None:
        self.folder, self.odoo, self.database, self.transport = folder, odoo, database, transport
        self.hub = hub(folder)
        fields = self.call("res.partner", "fields_get", [], ["type"])
        self.siret = "siret" if "siret" in fields else "company_registry"
        self.tax = self.one("account.tax", [["type_tax_use", "=", "sale"], ["amount", "=", 20]], "id", "name")
        self.sales = self.one("account.journal", [["type", "=", "sale"]], "id", "code")
        self.bank = self.one("account.journal", [["type", "=", "bank"]], "id", "code")
        shutil.copytree(PROJECT / "mappings" / self.flavour, folder / "mappings")
        (folder / "mappings" / "supplier.yaml").unlink()
        self.type_in("customer.yaml", "siret: company_registry ", f"siret: {self.siret} ")

    def configure(self, systems: str, **secrets: str) -> None:
        """Write hub.yaml, with these systems beside Odoo, and the secrets."""
        text = ODOO_YAML.format(
            url=self.odoo.url, database=self.database, login=self.odoo.login, transport=self.transport
        )
        (self.folder / "hub.yaml").write_text(text + systems, "utf-8")
        secrets = {"ODOO_PASSWORD": self.odoo.password, **secrets}
        lines = [f"{name}={value}\n" for name, value in secrets.items()]
        (self.folder / ".env").write_text("".join(lines), "utf-8")

    def type_in(self, mapping: str, old: str, new: str) -> None:
        """Edit a mapping."""
        path = self.folder / "mappings" / mapping
        text = path.read_text("utf-8")
        assert text.count(old) == 1, (mapping, old, text.count(old))
        path.write_text(text.replace(old, new), "utf-8")

    def sync(self, code: int = 0) -> Said:
        """Run `hub sync`; what waits is in the failure where it ends otherwise than it must."""
        said = self.hub("sync", "--json")
        if said.code != code:
            waiting = self.hub("deadletters", "--json").out + self.hub("conflicts", "--json").out
            raise AssertionError(f"hub sync ended with {said.code}, not {code}\n{waiting}\n{said.err}")
        return said

    # -- people in Odoo ----------------------------------------------------------------------------------

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.odoo.call(self.database, model, method, *arguments, **named)

    def one(self, model: str, domain: list[Any], *fields: str) -> dict[str, Any]:
        found = self.call(model, "search_read", domain, list(fields), limit=1)
        assert found, (model, domain)
        return dict(found[0])

    def make(self, model: str, values: dict[str, Any]) -> int:
        found = self.call(model, "create", [values])
        return int(found[0] if isinstance(found, list) else found)

    def partner(self, id: int) -> dict[str, Any]:
        return self.one("res.partner", [["id", "=", id]], "name", "ref", "city")

    def post(self, customer: int, *lines: dict[str, Any], **more: Any) -> int:
        """Somebody makes an invoice and posts it; its id."""
        taxed = [{"tax_ids": [(6, 0, [self.tax["id"]])], **line} for line in lines]
        values = {
            "move_type": "out_invoice", "partner_id": customer, "invoice_date": "2026-03-02",
            "journal_id": self.sales["id"], "invoice_line_ids": [(0, 0, line) for line in taxed], **more,
        }  # fmt: skip
        move = self.make("account.move", values)
        try:
            self.call("account.move", "action_post", [move])
        except Fault as fault:
            # Odoo 14 posts it, and then cannot put its answer into XML.
            if "cannot marshal" not in fault.faultString:
                raise
        assert self.invoice(move)["state"] == "posted"
        return move

    def invoice(self, id: int) -> dict[str, Any]:
        fields = ("name", "amount_total", "amount_residual", "payment_state", "state")
        return self.one("account.move", [["id", "=", id]], *fields)

    def enter(self) -> int:
        """Somebody enters the customer of the story; its id."""
        address = {"street": "1 place de la Mairie", "zip": "38450", "city": "Vif"}
        values = {"name": "Mairie de Vif", "is_company": True, self.siret: SIRET, **address}
        return self.make("res.partner", values)
