"""The story of the accounts: customers, invoices and payments between an Odoo and a Sage X3, page by page.

Each page is what people do in the two programs, then `hub sync`, then what both must show. The mappings are
those that ship, the tables at their top filled in as an admin would. The same pages are told on the sandbox's
Odoo and on the real ones; X3 is always the sandbox's.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from sandbox.x3 import X3, Gateway
from tests.live.servers import Odoo
from tests.story.office import SIRET, VISIT, Office
from tests.story.site import Hub

X3_YAML = """\
  x3:
    kind: sage
    transport: soap
    url: {url}
    user: {user}
    password: ${{X3_PASSWORD}}
    pool: {pool}
    doubt_seconds: 0
"""


class Books(Office):
    """A hub between an Odoo that keeps invoices and a Sage X3."""

    flavour = "sage-x3"

    def __init__(
        self, folder: Path, odoo: Odoo, database: str, x3: X3, transport: str, hub: type[Hub] = Hub
    ) -> None:
        super().__init__(folder, odoo, database, transport, hub)
        self.x3 = x3
        systems = X3_YAML.format(url=x3.url, user=x3.login, pool=x3.pool.alias)
        self.configure(systems, X3_PASSWORD=x3.password)
        path = folder / "mappings" / "invoice.yaml"
        taxes = re.sub(r"taxes: {.*}", f'taxes: {{"{self.tax["name"]}": NOR}}', path.read_text("utf-8"))
        path.write_text(taxes, "utf-8")
        self.type_in("invoice.yaml", "{INV: FAC, FAC: FAC}", f"{{{self.sales['code']}: FAC}}")
        self.type_in("payment.yaml", "{BNP: BNK1}", f"{{BNP: {self.bank['code']}}}")

    # -- people in Sage ----------------------------------------------------------------------------------

    def documents(self) -> dict[str, str]:
        """The invoices of X3: external reference → number, each of which must be there once."""
        found = [(self.x3.person.see("SIH", key).text("INVREF"), key) for key in self.x3.person.list("SIH")]
        assert len(found) == len(dict(found)), f"an invoice was made twice: {found}"
        return dict(found)


def tell(books: Books) -> None:
    """The whole story."""
    books.x3.person.add("ITM", {"TCLCOD": "SERV", "ITMREF": "DIVERS", "DES1AXX": "Divers"})
    books.hub("check", code=0)
    customer = a_customer_of_odoo_gets_its_number_from_sage(books)
    move = a_posted_invoice_arrives_as_a_document(books, customer)
    sage_s_payments_mark_it_paid(books, move)
    more_than_is_due_is_set_aside(books, customer)
    a_lost_answer_makes_no_second_invoice(books, customer)
    a_tax_without_a_mapping_stops_that_invoice_alone(books, customer)
    a_credit_note_follows_its_invoice(books, customer, move)
    a_name_changed_on_both_sides_is_a_conflict(books, customer)
    nothing_is_left_to_do(books)


def a_customer_of_odoo_gets_its_number_from_sage(books: Books) -> int:
    customer = books.enter()
    books.sync()
    books.sync()
    (number,) = books.x3.person.list("BPC")
    sage = books.x3.person.see("BPC", number)
    assert sage.text("CRN") == SIRET
    assert books.partner(customer)["ref"] == number
    return customer


def a_posted_invoice_arrives_as_a_document(books: Books, customer: int) -> int:
    move = books.post(customer, VISIT, {"name": "Une note", "display_type": "line_note", "tax_ids": []})
    books.sync()
    odoo = books.invoice(move)
    document = books.x3.person.see("SIH", books.documents()[odoo["name"]])
    assert document.text("BPCINV") == books.partner(customer)["ref"]
    assert document.text("INVDAT") == "20260302"
    assert Decimal(document.text("INVATI")) == Decimal(str(odoo["amount_total"])) == Decimal("360")
    return move


def sage_s_payments_mark_it_paid(books: Books, move: int) -> None:
    number = books.documents()[books.invoice(move)["name"]]
    books.x3.person.pay(number, 100, BAN="BNP")
    books.sync()
    assert (books.invoice(move)["payment_state"], books.invoice(move)["amount_residual"]) == (
        "partial",
        260.0,
    )
    books.x3.person.pay(number, 260, BAN="BNP")
    books.sync()
    assert books.invoice(move)["amount_residual"] == 0
    assert books.invoice(move)["payment_state"] in ("paid", "in_payment")


def more_than_is_due_is_set_aside(books: Books, customer: int) -> None:
    move = books.post(customer, VISIT)
    books.sync()
    number = books.documents()[books.invoice(move)["name"]]
    books.x3.person.pay(number, 400, BAN="BNP")
    books.sync(code=1)
    assert books.invoice(move)["amount_residual"] == 360
    (letter,) = books.hub("deadletters", "--json").json["dead_letters"]
    assert letter["entity"] == "payment"
    assert "360.00" in letter["reason"]
    assert "400.00" in letter["reason"]
    books.hub("deadletters", "discard", str(letter["id"]), code=0)


def a_lost_answer_makes_no_second_invoice(books: Books, customer: int) -> None:
    move = books.post(customer, VISIT)
    books.x3.fail(Gateway(504), "save", "SIH", applied=True)
    books.hub("sync", "--json")
    books.sync()
    assert books.invoice(move)["name"] in books.documents()
    assert books.x3.writes["SIH", "save"] == len(books.documents())


def a_tax_without_a_mapping_stops_that_invoice_alone(books: Books, customer: int) -> None:
    tax = books.make("account.tax", {"name": "TVA inconnue", "amount": 8.5, "type_tax_use": "sale"})
    stopped = books.post(customer, VISIT, {**VISIT, "tax_ids": [(6, 0, [tax])]})
    passing = books.post(customer, VISIT)
    books.sync(code=1)
    assert books.invoice(passing)["name"] in books.documents()
    assert books.invoice(stopped)["name"] not in books.documents()
    said = books.hub("conflicts", "--json").out
    assert "line 2: tax: 'TVA inconnue' is not in the table taxes" in said
    books.type_in("invoice.yaml", "  taxes: {", '  taxes: {"TVA inconnue": EXO, ')
    books.hub("plan", "--approve", "--json")
    books.sync()
    assert books.invoice(stopped)["name"] in books.documents()


def a_credit_note_follows_its_invoice(books: Books, customer: int, move: int) -> None:
    credit = books.post(customer, {**VISIT, "quantity": 1}, move_type="out_refund", reversed_entry_id=move)
    books.sync()
    document = books.x3.person.see("SIH", books.documents()[books.invoice(credit)["name"]])
    assert document.text("SIVTYP") == "AVO"


def a_name_changed_on_both_sides_is_a_conflict(books: Books, customer: int) -> None:
    number = books.partner(customer)["ref"]
    books.call("res.partner", "write", [customer], {"name": "Mairie de Vif (38)"})
    books.x3.person.edit("BPC", number, {"BPRNAM": ["VILLE DE VIF", ""]})
    books.sync(code=1)
    (conflict,) = books.hub("conflicts", "--json").json["conflicts"]
    assert conflict["field"] == "name"
    assert {one["value"] for one in conflict["sides"]} == {"Mairie de Vif (38)", "VILLE DE VIF"}
    books.hub("conflicts", "resolve", str(conflict["id"]), "--take", "odoo", code=0)
    books.sync()
    assert books.x3.person.see("BPC", number).text("BPRNAM").startswith("Mairie de Vif (38)")


def nothing_is_left_to_do(books: Books) -> None:
    before = dict(books.x3.writes)
    books.sync()
    assert dict(books.x3.writes) == before
    assert books.hub("plan", "--json", code=0).json["writes"] == []
