"""The books of one Odoo: what accountants do there by hand, and the hub's views of invoices and payments.

What people do goes over `Office.call`, no code of the connector's. Where XML-RPC cannot marshal an answer,
the work was done: `Books.do` lets that pass.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2s
from typing import Any

import pytest

from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import Native, NativeField, View, Write
from tests.connectors.odoo.office import Office

DAY = "2026-03-15"
PAYMENT = View(
    "payment",
    "account.payment.register",
    (
        NativeField("communication"),
        NativeField("invoice_id", "ref"),
        NativeField("payment_date", "date"),
        NativeField("amount", "money"),
        NativeField("journal_id.code"),
    ),
)
LINES = (
    NativeField("product_id.default_code"),
    NativeField("name"),
    NativeField("quantity", "number"),
    NativeField("price_unit", "number"),
    NativeField("discount", "number"),
    NativeField("tax_ids.name"),
    NativeField("account_id.code"),
    NativeField("price_subtotal", "money"),
)
ENTRIES = (
    NativeField("account_id.code"),
    NativeField("name"),
    NativeField("debit", "money"),
    NativeField("credit", "money"),
    NativeField("date_maturity", "date"),
    NativeField("tax_line_id.name"),
)
GOODS = [["display_type", "in", ["product", False]]]
BOOKED = [["display_type", "not in", ["line_section", "line_note"]]]


def lines(name: str, columns: tuple[NativeField, ...], where: Any = None) -> NativeField:
    return NativeField(name, "lines", False, {"where": where} if where else {}, columns)


class Books:
    """One test's own customer, and what is billed to them."""

    def __init__(self, office: Office, door: str, scope: str) -> None:
        self.office, self.door, self.scope = office, door, scope
        self.connector = self.connect()
        self._customer = 0

    def connect(self, opener: Callable[[str, Settings], Client] = open_client, **more: Any) -> OdooConnector:
        settings = self.office.settings(self.door, **more)
        return OdooConnector("odoo", settings, Session("odoo", settings, opener, lambda seconds: None))

    # -- what people do ------------------------------------------------------------------------------

    def do(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        try:
            return self.office.call(model, method, *args, **named)
        except xmlrpc.client.Fault as fault:
            if "cannot marshal" not in fault.faultString:
                raise
            return None

    @property
    def customer(self) -> int:
        if not self._customer:
            vals = {"name": f"Client {self.scope}", "is_company": True}
            self._customer = self.do("res.partner", "create", vals)
        return self._customer

    def tax(self, rate: float) -> tuple[int, str]:
        """A tax on sales of this rate that counts from the invoice on: its id and its name."""
        domain = [
            ["type_tax_use", "=", "sale"],
            ["amount", "=", rate],
            ["name", "not ilike", "encaissement"],
            ["price_include", "=", False],
        ]
        context = {"active_test": False}
        names = ["name", "active"]
        (found, *_) = self.do("account.tax", "search_read", domain, names, order="id", context=context)
        if not found["active"]:
            self.do("account.tax", "write", [found["id"]], {"active": True})
        return found["id"], found["name"]

    def invoice(self, *lines: Mapping[str, Any], post: bool = True, **vals: Any) -> int:
        """An invoice of these lines, else of one of 100 and 20 % of tax: 120."""
        usual = [{"name": "Prestation", "price_unit": 100.0, "tax_ids": [(6, 0, [self.tax(20)[0]])]}]
        made = {
            "move_type": "out_invoice",
            "partner_id": self.customer,
            "invoice_date": "2026-03-01",
            "invoice_line_ids": [(0, 0, dict(line)) for line in lines or usual],
            **vals,
        }
        id = int(self.do("account.move", "create", made))
        if post:
            self.do("account.move", "action_post", [id])
        return id

    def pay(self, invoice: int, amount: float, communication: str = "par la caisse") -> None:
        """A person registers a payment with Odoo's own button."""
        context = {"active_model": "account.move", "active_ids": [invoice]}
        vals = {"amount": amount, "communication": communication, "payment_date": DAY}
        wizard = self.do("account.payment.register", "create", vals, context=context)
        self.do("account.payment.register", "action_create_payments", [wizard], context=context)

    # -- what people see -----------------------------------------------------------------------------

    def state(self, invoice: int) -> tuple[str, float]:
        """How far it is paid, and what is left."""
        (row,) = self.do("account.move", "read", [invoice], ["payment_state", "amount_residual"])
        return row["payment_state"], row["amount_residual"]

    def name(self, invoice: int) -> str:
        (row,) = self.do("account.move", "read", [invoice], ["name"])
        return str(row["name"])

    @property
    def text(self) -> str:
        """Where a payment keeps its number."""
        return "memo" if self.office.version >= 18 else "ref"

    def payments(self) -> list[dict[str, Any]]:
        """All the payments of this customer, oldest first."""
        names = ["amount", "date", "state", "payment_type", "is_reconciled", "journal_id", self.text]
        domain = [["partner_id", "=", self.customer]]
        found: list[dict[str, Any]] = self.do("account.payment", "search_read", domain, names, order="id")
        return [{**row, "text": row[self.text]} for row in found]

    # -- the hub's side ------------------------------------------------------------------------------

    def ref(self, number: str) -> str:
        return "payment_" + blake2s(f"{self.scope} {number}".encode(), digest_size=16).hexdigest()

    def payment(
        self, number: str, invoice: int, amount: Native, again: bool = False, **more: Native
    ) -> Write:
        """The hub's write of a payment that Sage calls so."""
        values: dict[str, Native] = {
            "communication": f"{number} {self.scope}",
            "invoice_id": str(invoice),
            "payment_date": DAY,
            "amount": amount,
            "journal_id.code": "BNK1",
            **more,
        }
        return Write(self.ref(number), None, values, again=again)

    def view(self, *fields: NativeField | str) -> View:
        """The hub's view of this customer's posted invoices."""
        natives = tuple(f if isinstance(f, NativeField) else NativeField(f) for f in fields)
        where = [
            ["partner_id", "=", self.customer],
            ["state", "=", "posted"],
            ["move_type", "in", ["out_invoice", "out_refund"]],
        ]
        return View("invoice", "account.move", natives, where=where)


def only(line: Mapping[str, Native], *names: str) -> tuple[Native, ...]:
    return tuple(line[name] for name in names)


def each(value: Native) -> list[dict[str, Any]]:
    """The lines that a field of type `lines` holds."""
    assert isinstance(value, list)
    return value


def table(value: Native, *names: str) -> Sequence[tuple[Native, ...]]:
    """These columns of lines."""
    return [only(line, *names) for line in each(value)]


class BooksFixture:
    """The fixture all of these scenarios work with."""

    @pytest.fixture
    def books(self, office: Office, door: tuple[str, str], scope: str) -> Iterator[Books]:
        books = Books(office, door[1], scope)
        yield books
        books.connector.close()
