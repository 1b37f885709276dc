"""The story of the accounts with a Sage 100: its base is read by SQL, and it imports what the hub hands it.

The pages are told on the sandbox's Odoo and on the real ones; the base is the sandbox's, in SQLite.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from sandbox.sage100 import Base
from tests.live.servers import Odoo
from tests.story.importing import Importer
from tests.story.office import SIRET, VISIT, Office
from tests.story.site import Hub

SAGE_YAML = """\
  sage:
    kind: sage
    transport: sql
    url: {url}
    imports: sage/imports
    acks: sage/acks
    stable_seconds: 0
"""


class Ledger(Office):
    """A hub between an Odoo that keeps invoices and a Sage 100 whose accountant imports files."""

    flavour = "sage-100"

    def __init__(
        self, folder: Path, odoo: Odoo, database: str, base: Base, transport: str, hub: type[Hub] = Hub
    ) -> None:
        super().__init__(folder, odoo, database, transport, hub)
        self.base, self.importer = base, Importer(base, folder / "sage")
        self.configure(SAGE_YAML.format(url=base.url))
        self.type_in("invoice.yaml", "{INV: VE, FAC: VE}", f"{{{self.sales['code']}: VE}}")
        self.type_in("payment.yaml", "{BQ: BNK1}", f"{{BQ: {self.bank['code']}}}")

    def fill_accounts(self, move: int) -> None:
        """The admin fills the table of accounts with those of an invoice."""
        lines = self.call(
            "account.move.line",
            "search_read",
            [["move_id", "=", move]],
            ["account_id", "debit", "tax_line_id"],
        )
        table = {}
        for line in lines:
            if not line["account_id"]:
                continue
            (account,) = self.call("account.account", "read", [line["account_id"][0]], ["code"])
            table[account["code"]] = (
                "4110000" if line["debit"] else "4457100" if line["tax_line_id"] else "7060000"
            )
        path = self.folder / "mappings" / "invoice.yaml"
        rows = "".join(f'    "{code}": "{sage}"\n' for code, sage in table.items())
        text = re.sub(r"  accounts:\n(    .*\n)+", f"  accounts:\n{rows}", path.read_text("utf-8"))
        path.write_text(text, "utf-8")


def tell(ledger: Ledger) -> None:
    """The whole story."""
    ledger.hub("check", code=0)
    customer = a_customer_gets_a_code_and_it_comes_back(ledger)
    its_contact_and_its_site_follow(ledger, customer)
    move = an_account_with_no_mapping_stops_the_invoice(ledger, customer)
    the_invoice_arrives_as_balanced_entries(ledger, move)
    payments_lettered_in_sage_mark_it_paid(ledger, move)
    a_credit_note_follows(ledger, customer, move)
    nothing_is_left_to_do(ledger)


def a_customer_gets_a_code_and_it_comes_back(ledger: Ledger) -> int:
    customer = ledger.enter()
    ledger.sync()
    assert ledger.importer.take() == 1
    ledger.sync()
    ledger.sync()
    (row,) = ledger.base.rows("F_COMPTET")
    assert (row["CT_Siret"], row["CT_Intitule"]) == (SIRET, "Mairie de Vif")
    assert ledger.partner(customer)["ref"] == row["CT_Num"]
    return customer


def its_contact_and_its_site_follow(ledger: Ledger, customer: int) -> None:
    """Entered in Odoo, they are in Sage after its next import; changed in Sage, they are so in Odoo."""
    of_it = {"parent_id": customer, "is_company": False}
    contact = ledger.make(
        "res.partner", {"name": "Alix Martin", "type": "contact", "email": "alix@example.fr", **of_it}
    )
    ledger.make("res.partner", {"name": "École du Bourg", "type": "delivery", "city": "Vif", **of_it})
    ledger.sync()
    assert ledger.importer.take() == 2
    ledger.sync()
    (person,), (site,) = ledger.base.rows("F_CONTACTT"), ledger.base.rows("F_LIVRAISON")
    (row,) = ledger.base.rows("F_COMPTET")
    assert (person["CT_Num"], person["CT_Prenom"], person["CT_Nom"]) == (row["CT_Num"], "Alix", "Martin")
    assert (site["LI_Intitule"], site["LI_Ville"]) == ("École du Bourg", "VIF")
    ledger.base.change("F_CONTACTT", person["cbMarq"], CT_Fonction="Directrice")
    ledger.sync()
    assert ledger.one("res.partner", [["id", "=", contact]], "function")["function"] == "Directrice"


def an_account_with_no_mapping_stops_the_invoice(ledger: Ledger, customer: int) -> int:
    path = ledger.folder / "mappings" / "invoice.yaml"
    text = re.sub(
        r"  accounts:\n(    .*\n)+", '  accounts:\n    "999999": "4110000"\n', path.read_text("utf-8")
    )
    path.write_text(text, "utf-8")
    ledger.hub("plan", "--approve", "--json")
    move = ledger.post(customer, VISIT)
    ledger.sync(code=1)
    assert not ledger.importer.take()
    said = ledger.hub("conflicts", "--json").out
    assert "is not in the table accounts of the mapping" in said
    assert "line 1: account: " in said
    ledger.fill_accounts(move)
    ledger.hub("plan", "--approve", "--json")
    return move


def the_invoice_arrives_as_balanced_entries(ledger: Ledger, move: int) -> None:
    ledger.sync()
    assert ledger.importer.take() == 1
    ledger.sync()
    amounts = ledger.importer.pieces()[str(ledger.invoice(move)["name"])]
    assert sum(amounts) == 0
    assert sorted(amounts) == [Decimal(-300), Decimal(-60), Decimal(360)]


def payments_lettered_in_sage_mark_it_paid(ledger: Ledger, move: int) -> None:
    name = str(ledger.invoice(move)["name"])
    (row,) = ledger.base.rows("F_COMPTET")
    owed, code = ledger.importer.owed(name), row["CT_Num"]
    paid = [ledger.base.receipt("BQ", f"VIR {n}", date(2026, 3, 9), code, amount) for n, amount in
            ((1, "100.00"), (2, "260.00"))]  # fmt: skip
    ledger.base.letter("A", [owed, *paid])
    ledger.sync()
    assert ledger.invoice(move)["amount_residual"] == 0
    assert ledger.invoice(move)["payment_state"] in ("paid", "in_payment")


def a_credit_note_follows(ledger: Ledger, customer: int, move: int) -> None:
    credit = ledger.post(customer, {**VISIT, "quantity": 1}, move_type="out_refund", reversed_entry_id=move)
    ledger.sync()
    assert ledger.importer.take() == 1
    ledger.sync()
    amounts = ledger.importer.pieces()[str(ledger.invoice(credit)["name"])]
    assert sorted(amounts) == [Decimal(-180), Decimal(30), Decimal(150)]


def nothing_is_left_to_do(ledger: Ledger) -> None:
    ledger.sync()
    assert not ledger.importer.take()
    assert ledger.hub("plan", "--json", code=0).json["writes"] == []
    taken = ledger.importer.taken
    assert len(taken) == len(set(taken)) == 5
