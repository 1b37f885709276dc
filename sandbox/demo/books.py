"""The demo's last part: customers and invoices of Odoo in a Sage X3 and in an accountant's Sage 100.

A second company of the group, with a hub of its own in the folder's `books`: an empty Odoo, a Sage X3 that
speaks its SOAP on loopback, a Sage 100 that imports files. The mappings are those that ship, the two of each
entity laid together, with the tables at their top filled in as an admin would.

As in the rest of the demo, `holds` looks into the three programs themselves, never into the hub.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from hub.private import write_private
from hub.yamlfile import read_yaml
from sandbox.company import Customer
from sandbox.odoo import Odoo, serve
from sandbox.odoo.office import Office
from sandbox.sage import Sage
from sandbox.x3 import X3
from sandbox.x3 import serve as serve_x3

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
PARTS = {
    "customer": ("sage-x3/customer.yaml", "customer.yaml"),
    "invoice": ("sage-x3/invoice.yaml", "sage-100/invoice.yaml"),
    "payment": ("sage-x3/payment.yaml",),
}
"""Mapping of the demo: the shipped ones it is laid together of."""
TABLES = {
    "taxes": {"20% G": "NOR"},
    "terms": {"30 Days": "CH30J"},
    "journals": {"INV": "VE"},
    "banks": {"BNP": "BNK1"},
    "accounts": {"411100": "4110000", "707000": "7070000", "445710": "4457100"},
}
"""What an admin types into the tables: their own taxes, terms, journals and accounts."""
WRITES = ("load", "write", "create", "action_post", "js_assign_outstanding_line")
PASSWORD = "demo"
DAY = date(2026, 3, 2)


class Books:
    """The folder, the three programs, and the people who work in them."""

    def __init__(self, folder: Path, odoo: Odoo, x3: X3) -> None:
        self.folder, self.odoo, self.x3 = folder, odoo, x3
        self.office = Office(odoo)
        self.sage = Sage(folder / "sage")
        self.config = folder / "hub.yaml"
        x3.person.add("ITM", {"ITMREF": "DIVERS", "TCLCOD": "SERV", "DES1AXX": "Divers"})
        self.write_config("error", default="1h", deliver="1h")
        self.sage.export()

    def write_config(self, level: str, *, default: str, deliver: str) -> None:
        """hub.yaml, the mappings, and the secrets beside them."""
        mappings = self.folder / "mappings"
        mappings.mkdir(parents=True, exist_ok=True)
        for name, parts in PARTS.items():
            (mappings / f"{name}.yaml").write_text(laid_together(parts), "utf-8")
        keys = f"ODOO_API_KEY={self.odoo.api_key}\nX3_PASSWORD={self.x3.password}\n"
        write_private(self.folder / ".env", keys.encode())
        self.config.write_text(
            f"""\
# Written by `hub demo`. A real one looks the same: docs/sage.md takes you there step by step.
database: sqlite:///hub.sqlite
mappings: mappings

systems:
  odoo:
    kind: odoo
    url: {self.odoo.url}
    database: {self.odoo.database}
    login: {self.odoo.login}
    api_key: ${{ODOO_API_KEY}}
  x3:
    kind: sage
    transport: soap
    url: {self.x3.host}
    user: {self.x3.login}
    password: ${{X3_PASSWORD}}
    pool: {self.x3.pool.alias}
    read_all_minutes: 0
    doubt_seconds: 0
  sage:
    kind: sage
    exports: sage/exports
    imports: sage/imports
    acks: sage/acks
    stable_seconds: 0

schedule: {{default: {default}, deliver: {deliver}}}
http: {{enabled: false}}
logging: {{level: {level}}}
""",
            "utf-8",
        )

    # -- people at their desks ---------------------------------------------------------------------------

    def enter(self, customer: Customer) -> int:
        """Somebody makes a customer in Odoo; its id."""
        values = {
            "name": customer.name, "is_company": True, "company_registry": customer.siret,
            "street": customer.street, "zip": customer.zip, "city": customer.city, "phone": customer.phone,
            "customer_rank": 1, "country_id": self._france(),
        }  # fmt: skip
        return int(self.odoo.env["res.partner"].create(values))

    def _france(self) -> int:
        return int(self.odoo.env["res.country"].search([("code", "=", "FR")])[0])

    # -- what the three show -----------------------------------------------------------------------------

    def partner(self, id: int) -> dict[str, Any]:
        """A customer's name and reference in Odoo."""
        return dict(self.odoo.env["res.partner"].browse([id]).read(["name", "ref"])[0])

    def written(self) -> int:
        """How many writes there were in all three: while it grows, there is something to do."""
        odoo = sum(count for (_, method), count in self.odoo.calls.items() if method in WRITES)
        return odoo + sum(self.x3.writes.values()) + len(self.sage.imported)

    def documents(self, reference: str) -> list[str]:
        """The numbers of X3's invoices that bear a number of Odoo's."""
        sih = self.x3.person
        return [number for number in sih.list("SIH") if sih.see("SIH", number).text("INVREF") == reference]

    def booked(self, reference: str) -> tuple[int, Decimal, Decimal]:
        """How many entries the accountant's Sage has of an invoice, their debit and their credit."""
        found = self.sage.accounts.entries(reference)
        debit = sum((entry.debit for entry in found), Decimal(0))
        return len(found), debit, sum((entry.credit for entry in found), Decimal(0))


def laid_together(parts: tuple[str, ...]) -> str:
    """Shipped mappings of one entity as one, with the tables filled in."""
    whole: dict[str, Any] = {}
    for part in parts:
        _lay(whole, read_yaml(MAPPINGS / part).data)
    for name in whole.get("tables", {}):
        whole["tables"][name] = TABLES[name]
    kept = {"odoo", "x3", "sage"}
    whole["systems"] = {name: system for name, system in whole["systems"].items() if name in kept}
    head = f"# Written by `hub demo` of mappings/{' and mappings/'.join(parts)}.\n"
    return head + yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)


def _lay(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """What `part` says and `whole` does not, at any depth of tables."""
    for key, value in part.items():
        if isinstance(value, Mapping) and isinstance(whole.get(key), dict):
            _lay(whole[key], value)
        else:
            whole.setdefault(key, value)


def _french_time() -> datetime:
    """What the clock on the wall says where X3 runs: its stamps are in that time."""
    return datetime.now(ZoneInfo("Europe/Paris")).replace(tzinfo=None)


@contextmanager
def opened(folder: Path) -> Iterator[Books]:
    """The three programs for as long as the block lasts; the folder's files stay."""
    key = secrets.token_hex(20)
    with (
        serve(19, database="books", password=PASSWORD, api_key=key) as odoo,
        serve_x3(password=secrets.token_hex(12), custom={"BPC": {"YHUBREF": 60}}, clock=_french_time) as x3,
    ):
        yield Books(folder, odoo, x3)
