"""One hub between a list in memory and a sandbox X3 behind the wire, and the people at both ends.

Customers go both ways, invoices from the list to X3, where they are documents that are never changed. What
people do is noted in `truth` and `owed`: what both systems must hold in the end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.sage.soap.client import Client
from connectors.sage.soap.connector import SoapConnector
from connectors.sage.soap.settings import Settings
from connectors.sage.soap.writing import Writer
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Connector, Outcome, Traits, View, Write
from hub.store import Store, history, listing
from hub.store import tables as t
from sandbox.x3 import X3
from tests.memory import Crash, MemorySystem
from tests.wire.company import Told
from tests.wire.proxy import Proxy
from tests.wire.request import Request

LONG, SHORT = 20.0, 0.4
"""The hub's patience with one answer, in seconds: plenty, and so little that a fault outlasts it."""
WRITES = ("save", "modify", "insertLines", "deleteLines")
OPTIONS: dict[str, Any] = {"custom": {"BPC": {"YHUBREF": 60}}, "listed": {"BPC": ["UPDDATTIM"]}}
CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  email: {type: email}
  city: {type: text}
match:
  - exact: [email]
systems:
  x3:
    object: BPC
    key: BPCNUM
    reference: YHUBREF
    on_create: {BCGCOD: FR, CRY: FR, "CODADR.1": "001", "BPACRY.1": FR}
    on_delete: ask
    fields: {name: {field: BPRNAM, item: 1}, email: WEB1.1, city: CTY.1}
  list:
    object: Clients
    key: "N°"
    new_key: "C{:03d}"
    on_delete: ask
    fields: {name: Nom, email: E-mail, city: Ville}
"""
INVOICE = """
entity: invoice
fields:
  number: {type: text, required: true}
  customer: {type: ref, entity: customer, required: true}
  date: {type: date, required: true}
  lines:
    type: lines
    required: true
    columns: {product: {type: text, required: true}, quantity: number, price: number}
match:
  - exact: [number]
systems:
  list:
    object: Factures
    key: "Pièce"
    direction: pull
    on_delete: ask
    fields:
      number: Numéro
      customer: Client
      date: Date
      lines: {field: Lignes, columns: {product: Article, quantity: Quantité, price: Prix}}
  x3:
    object: SIH
    key: NUM
    reference: INVREF
    direction: push
    updates: false
    on_create: {SALFCY: FR011, SIVTYP: FAC}
    fields:
      number: INVREF
      customer: BPCINV
      date: INVDAT
      lines: {field: SIH4_1, columns: {product: ITMREF, quantity: QTY, price: GROPRI}}
"""
_CALL = re.compile(rb"<(?:[\w-]+:)?Body>\s*<(?:[\w-]+:)?(\w+).*?<publicName[^>]*>(\w+)<", re.S)


def called(request: Request) -> tuple[str, str]:
    """Operation and publication of a request."""
    found = _CALL.search(request.body)
    return (found[1].decode(), found[2].decode()) if found else ("", "")


@dataclass(frozen=True)
class Customer:
    """What both systems must hold of one customer."""

    name: str
    city: str | None


class Mortal(SoapConnector):
    """A connector in a hub that may die right after a write, before anything of it is noted."""

    dies = False

    def __init__(self, name: str, settings: Settings, client: Client, clock: Callable[[], float]) -> None:
        super().__init__(name, settings, client)
        self._writer = Writer(client, self._reader, clock)

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        try:
            return super().write(view, writes)
        finally:
            if self.dies:
                raise Crash("killed right after a write")


@dataclass
class Firm:
    """`store` is the hub's database, empty at first. `truth` by e-mail, `owed` by invoice number. `seconds`
    is the time by which the hub waits for what it is in doubt of: it passes when a test says so."""

    x3: X3
    folder: Path
    store: Store
    proxy: Proxy
    seconds: float = 0
    truth: dict[str, Customer] = field(default_factory=dict)
    owed: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "mappings").mkdir(parents=True)
        for name, text in (("customer", CUSTOMER), ("invoice", INVOICE)):
            (self.folder / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.mappings = load_mappings(self.folder / "mappings")
        self.list = MemorySystem("list", Traits(assigns_ids=False, archives=True, incremental=False))
        self.list.now = lambda: datetime.now(UTC)
        self.x3.person.add("ITM", {"ITMREF": "AUDIT", "TCLCOD": "SERV", "DES1AXX": "Audit"})
        self.connector = self.connect()

    # -- the hub -----------------------------------------------------------------------------------------

    def connect(self, patience: float = LONG) -> Mortal:
        """A connection through the wire."""
        settings = Settings.model_validate(
            {
                "url": self.proxy.url, "pool": self.x3.pool.alias, "user": self.x3.login,
                "password": self.x3.password, "timezone": "UTC", "timeout": patience, "connect_timeout": 5,
                "read_all_minutes": 0,
            }
        )  # fmt: skip
        return Mortal("x3", settings, Client("x3", settings, wait=lambda seconds: None), lambda: self.seconds)

    def restart(self, patience: float = LONG) -> None:
        """The hub ends and is started again."""
        self.connector.close()
        self.connector = self.connect(patience)

    def sync(self) -> Told:
        """One cycle, and what it told."""
        before = len(self.proxy.seen)
        connectors: dict[str, Connector] = {"x3": self.connector, "list": self.list.connect()}
        with capture_logs() as logged:
            report = Engine(self.store, self.mappings, connectors).sync()
        lines = [str(problem) for _, _, problem in report.problems]
        lines += [f"{row.system}: {row.reason}" for row in self.outbox() if row.reason]
        lines += [f"{entry.get('system')}: {entry['event']}: {entry.get('reason')}" for entry in logged]
        return Told(report, lines, len(self.proxy.seen) - before, [])

    def outbox(self) -> Sequence[Any]:
        with self.store.reading() as connection:
            return connection.execute(select(t.outbox)).all()

    def waiting(self) -> list[str]:
        """Everything that waits for a person."""
        with self.store.reading() as connection:
            kinds: Sequence[Callable[..., Any]] = (
                listing.conflicts, listing.reviews, listing.dead_letters,
            )  # fmt: skip
            return [str(one) for kind in kinds for one in kind(connection)]

    def causes(self) -> list[str]:
        """Why values were changed, one a change."""
        with self.store.reading() as connection:
            return [one.cause for one in history.changes(connection) if one.kind == "changed"]

    def close(self) -> None:
        self.connector.close()

    # -- the people --------------------------------------------------------------------------------------

    def email(self, number: int) -> str:
        return f"client{number}@example.com"

    def type_in_list(self, *numbers: int) -> None:
        """New customers in the list."""
        for number in numbers:
            row = {"Nom": f"Client {number}", "E-mail": self.email(number), "Ville": "Arles"}
            self.list["Clients"].add(row)
            self.truth[self.email(number)] = Customer(f"Client {number}", "Arles")

    def correct_in_list(self, number: int, city: str) -> None:
        self.list["Clients"].set(self._row(number), {"Ville": city})
        self._now(number, city)

    def invoice(self, *numbers: int) -> None:
        """New invoices in the list, one for each of these customers."""
        for number in numbers:
            name = f"INV/2026/{number:04}"
            lines: list[Any] = [{"Article": "AUDIT", "Quantité": 2, "Prix": 50 + number}]
            row: dict[str, Any] = {
                "Numéro": name,
                "Client": self._row(number),
                "Date": "2026-01-15",
                "Lignes": lines,
            }
            self.list["Factures"].add(row)
            self.owed[name] = Decimal(2 * (50 + number))

    def type_in_x3(self, number: int) -> None:
        address = {"CODADR": "001", "BPACRY": "FR", "WEB1": self.email(number), "CTY": "Gap"}
        self.x3.person.add("BPC", {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": f"Client {number}"}, [address])
        self.truth[self.email(number)] = Customer(f"Client {number}", "Gap")

    def correct_in_x3(self, number: int, city: str) -> None:
        key = self.number_in_x3(number)
        (lines,) = [rows for rows in self.x3.person.see("BPC", key).grids.values() if rows]
        self.x3.person.edit("BPC", key, {}, [{**lines[0], "CTY": city}, *lines[1:]])
        self._now(number, city or None)

    def number_in_x3(self, number: int) -> str:
        return next(key for key, email, _ in self._customers() if email == self.email(number))

    def in_x3(self) -> list[tuple[str, Customer]]:
        return [(email, customer) for _, email, customer in self._customers()]

    def _customers(self) -> list[tuple[str, str, Customer]]:
        found = []
        for key in self.x3.person.list("BPC"):
            record = self.x3.person.see("BPC", key)
            lines = record.grids["BPAC_1"]
            line = lines[0] if lines else {}
            customer = Customer(record.text("BPRNAM"), line.get("CTY") or None)
            found.append((key, line.get("WEB1", ""), customer))
        return found

    def in_list(self) -> list[tuple[str, Customer]]:
        rows = self.list["Clients"].rows().values()
        return [(str(row["E-mail"]), Customer(str(row["Nom"]), _text(row.get("Ville")))) for row in rows]

    def documents(self) -> list[tuple[str, str, Decimal]]:
        """Every invoice X3 has: our number, whose it is, what it comes to before tax."""
        records = [self.x3.person.see("SIH", key) for key in self.x3.person.list("SIH")]
        return [(one.text("INVREF"), one.text("BPCINV"), Decimal(one.text("INVNOT"))) for one in records]

    def written(self) -> Counter[str]:
        """How many writes X3 has done so far, by object."""
        counted: Counter[str] = Counter()
        for (code, operation), count in self.x3.writes.items():
            if operation in WRITES:
                counted[str(code)] += count
        return counted

    def _row(self, number: int) -> str:
        rows = self.list["Clients"].rows()
        return next(id for id, row in rows.items() if row["E-mail"] == self.email(number))

    def _now(self, number: int, city: str | None) -> None:
        self.truth[self.email(number)] = replace(self.truth[self.email(number)], city=city)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
