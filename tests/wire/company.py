"""One hub between a list in memory and an Odoo behind the wire, and the people at both ends.

Every company is a corner of its own (`scope`) in a database many share. What people do is noted in `truth`:
what every system must hold in the end. What they see of Odoo, they see without the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.odoo.client import Client
from connectors.odoo.connector import OdooConnector
from connectors.odoo.doors import open_client
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.clock import now
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Connector, ConnectorError, Outcome, Traits, View, Write
from hub.report import Report
from hub.store import Store, history, listing
from hub.store import tables as t
from tests.connectors.odoo.office import Office
from tests.memory import Crash, MemorySystem
from tests.wire.proxy import Proxy
from tests.wire.request import Request

MAPPING = """
entity: customer
fields:
  name: {{type: text, required: true}}
  email: {{type: email}}
  city: {{type: text}}
match:
  - exact: [email]
systems:
  odoo:
    object: res.partner
    where: [["ref", "=", "{scope}"]]
    on_create: {{ref: "{scope}"}}
    fields: {{name: name, email: email, city: city}}
  list:
    object: Clients
    key: "N°"
    new_key: "C{{:03d}}"
    fields: {{name: Nom, email: E-mail, city: Ville}}
"""
WRITES = ("load", "write", "create", "web_save_multi")
LONG, SHORT = 20.0, 0.5
"""The hub's patience with one answer, in seconds: plenty, and so little that a fault outlasts it."""


@dataclass(frozen=True)
class Customer:
    """What all systems must hold of one customer."""

    name: str
    city: str | None
    archived: bool = False


@dataclass
class Told:
    """One sync, and everything it told anybody."""

    report: Report
    lines: list[str]
    requests: int
    waits: list[float]

    @property
    def problems(self) -> list[ConnectorError]:
        return [problem for _, _, problem in self.report.problems]


class Announcing:
    """A door that says what it is about to ask, so that nobody may be there when it does."""

    def __init__(self, client: Client, coming: Callable[[str | None, str], None]) -> None:
        self._client, self._coming = client, coming

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        self._coming(model, method)
        return self._client.call(model, method, *args, context=context)

    def server_version(self) -> Any:
        self._coming(None, "version")
        return self._client.server_version()

    def authenticate(self) -> int | None:
        self._coming(None, "login")
        return self._client.authenticate()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Mortal(OdooConnector):
    """A connector in a hub that may die right after a write, before anything of it is noted."""

    dies = False

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        try:
            return super().write(view, writes)
        finally:
            if self.dies:
                raise Crash("killed right after a write")


@dataclass
class Company:
    """`store` is the hub's database, empty at first. `short`: the patience that a fault is to outlast."""

    office: Office
    door: str
    scope: str
    folder: Path
    store: Store
    proxy: Proxy
    ca: Path | None = None
    truth: dict[str, Customer] = field(default_factory=dict)
    coming: list[Request] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    refusing: bool = False
    short: float = SHORT

    def __post_init__(self) -> None:
        (self.folder / "mappings").mkdir(parents=True)
        text = MAPPING.format(scope=self.scope)
        (self.folder / "mappings" / "customer.yaml").write_text(text, encoding="utf-8")
        self.mappings = load_mappings(self.folder / "mappings")
        self.list = MemorySystem("list", Traits(assigns_ids=False, archives=True, incremental=False))
        self.list.now = lambda: datetime.now(UTC)
        self.odoo = self.connect()

    # -- the hub ---------------------------------------------------------------------------------------------

    def connect(self, patience: float = LONG) -> Mortal:
        """A connection through the wire."""
        more = {"url": self.proxy.url, "timeout": patience, "connect_timeout": 5, "ca": self.ca}
        settings = self.office.settings(self.door, **more)
        return Mortal("odoo", settings, Session("odoo", settings, self._open, self.waits.append))

    def restart(self, patience: float = LONG) -> None:
        """The hub ends and is started again."""
        self.odoo.close()
        self.odoo = self.connect(patience)

    def engine(self, clock: Callable[[], str] = now) -> Engine:
        connectors: dict[str, Connector] = {"odoo": self.odoo, "list": self.list.connect()}
        return Engine(self.store, self.mappings, connectors, clock=clock)

    def sync(self) -> Told:
        """One cycle, and what it told: the report, what waits in the outbox, the log."""
        before, waited = len(self.proxy.seen) + len(self.coming), len(self.waits)
        with capture_logs() as logged:
            report = self.engine().sync()
        lines = [str(problem) for _, _, problem in report.problems]
        lines += [f"{row.system}: {row.reason}" for row in self.outbox() if row.reason]
        lines += [f"{entry.get('system')}: {entry['event']}: {entry.get('reason')}" for entry in logged]
        requests = len(self.proxy.seen) + len(self.coming) - before
        return Told(report, lines, requests, self.waits[waited:])

    def outbox(self) -> Sequence[Any]:
        """What the hub has still to deliver."""
        with self.store.reading() as connection:
            return connection.execute(select(t.outbox)).all()

    def waiting(self) -> list[str]:
        """Everything that waits for a person."""
        with self.store.reading() as connection:
            found = [
                *listing.conflicts(connection),
                *listing.reviews(connection),
                *listing.dead_letters(connection),
            ]
        return [str(one) for one in found]

    def journal(self, kind: str) -> list[history.Change]:
        with self.store.reading() as connection:
            return [change for change in history.changes(connection) if change.kind == kind]

    def close(self) -> None:
        self.odoo.close()

    def _open(self, system: str, settings: Settings) -> Client:
        return Announcing(open_client(system, settings), self._hear)

    def _hear(self, model: str | None, method: str) -> None:
        """Where nobody is to be there for this request, there is nobody from now on."""
        if not self.refusing:
            return
        request = Request("", "/", {}, b"", 0, model, method)
        trap = self.proxy.trap
        assert trap is not None
        if trap.met or trap.takes(request):
            self.coming.append(request)
        if len(self.coming) == 1:
            self.proxy.refuse()

    # -- the people ------------------------------------------------------------------------------------------

    def email(self, number: int) -> str:
        return f"client{number}@example.com"

    def type_in_list(self, numbers: Sequence[int]) -> None:
        """New customers in the list."""
        for number in numbers:
            row = {"Nom": f"Client {number}", "E-mail": self.email(number), "Ville": "Arles"}
            self.list["Clients"].add(row)
            self.truth[self.email(number)] = Customer(f"Client {number}", "Arles")

    def correct_in_list(self, number: int, city: str) -> None:
        self.list["Clients"].set(self._row(number), {"Ville": city})
        self._now(number, city=city)

    def archive_in_list(self, number: int) -> None:
        self.list["Clients"].archive(self._row(number))
        self._now(number, archived=True)

    def type_in_odoo(self, number: int) -> None:
        row = {"name": f"Client {number}", "email": self.email(number), "city": "Gap", "ref": self.scope}
        self.office.call("res.partner", "create", [row])
        self.truth[self.email(number)] = Customer(f"Client {number}", "Gap")

    def correct_in_odoo(self, number: int, city: str | bool) -> None:
        """`city` may be False: emptied."""
        (id,) = self.office.call("res.partner", "search", self._of(number))
        self.office.call("res.partner", "write", [id], {"city": city})
        self._now(number, city=city or None)

    def in_odoo(self) -> list[tuple[str, Customer]]:
        """Every customer of this corner as a person sees it, archived ones too."""
        rows = self.office.call(
            "res.partner",
            "search_read",
            [["ref", "=", self.scope]],
            ["name", "email", "city", "active"],
            context={"active_test": False},
        )
        return [(row["email"], Customer(row["name"], row["city"] or None, not row["active"])) for row in rows]

    def in_list(self) -> list[tuple[str, Customer]]:
        found = []
        for item in self.list["Clients"].items.values():
            city = item.values["Ville"]
            customer = Customer(str(item.values["Nom"]), None if city is None else str(city), item.archived)
            found.append((str(item.values["E-mail"]), customer))
        return found

    def _row(self, number: int) -> str:
        rows = self.list["Clients"].rows()
        return next(id for id, row in rows.items() if row["E-mail"] == self.email(number))

    def _of(self, number: int) -> list[Any]:
        return [["ref", "=", self.scope], ["email", "=", self.email(number)]]

    def _now(self, number: int, **changed: Any) -> None:
        self.truth[self.email(number)] = replace(self.truth[self.email(number)], **changed)
