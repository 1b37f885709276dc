"""A maintenance company: contracts on paper, a hub that plans their visits, and an Odoo, sandbox or real.

The hub is whole: the engine, the visits and alerts it keeps (`hub.maintenance`), the Odoo connector, and the
mappings that ship (`mappings/maintenance`). The papers (Word, a workbook) are a system in memory. What people
do and see in Odoo goes over plain XML-RPC, which no code of the connector has a part in.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connectors.odoo import connect
from connectors.odoo.settings import Settings
from hub.engine import Engine
from hub.maintenance.settings import Settings as MaintenanceSettings
from hub.maintenance.shelves import shelves
from hub.maintenance.source import MaintenanceSource
from hub.mapping import load_mappings
from hub.ports import Connector, NativeField, View
from hub.report import Report
from hub.store import Store, listing
from hub.store.listing import DeadLetter
from tests.memory import MemorySystem

SHIPPED = Path(__file__).parents[3] / "mappings/maintenance"
TODAY = "2021-02-01T08:00:00+00:00"
CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
match:
  - exact: [name]
systems:
  odoo:
    object: res.partner
    where: [["is_company", "=", true], ["ref_company_ids", "=", false]]
    on_create: {is_company: true}
    fields: {name: name}
  papers:
    object: customers
    fields: {name: name}
"""
ON_PAPER = """
  papers:
    object: contracts
    fields:
      {number: number, title: title, customer: customer, town: town, starts_on: starts_on, ends_on: ends_on,
       periodicity: periodicity, hours: hours, amount: amount}
"""


@dataclass(frozen=True)
class Access:
    """Where an Odoo is and who enters. `key`: its API key, for the JSON-2 door."""

    url: str
    database: str
    login: str
    password: str
    key: str = ""
    transport: str = "xmlrpc"


class Upkeep:
    """One company. `files` are shipped mappings by name."""

    def __init__(self, folder: Path, access: Access, *files: str) -> None:
        self.access = access
        mappings = folder / "mappings"
        mappings.mkdir()
        (mappings / "customer.yaml").write_text(CUSTOMER, encoding="utf-8")
        for file in files:
            text = (SHIPPED / file).read_text(encoding="utf-8")
            on_paper = ON_PAPER if file.startswith("contract") else ""
            (mappings / file).write_text(text + on_paper, encoding="utf-8")
        self.papers = MemorySystem("papers")
        self.store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
        self.store.migrate()
        self.mappings = load_mappings(mappings, ("odoo", "papers", "maintenance", "contracts"))
        self.today = TODAY
        self.odoo = self._connector()
        self._server = xmlrpc.client.ServerProxy(f"{access.url}/xmlrpc/2/object", allow_none=True)
        self._uid = 0

    def close(self) -> None:
        self.odoo.close()
        self.store.close()

    def reconnect(self, url: str) -> None:
        """A hub that was restarted, and reaches Odoo at another address."""
        self.odoo.close()
        self.odoo = self._connector(url)

    # -- the hub -------------------------------------------------------------------------------------

    def sync(self, compare: bool = False) -> Report:
        """One cycle of a hub that has just been started."""
        systems: dict[str, Connector] = {
            "odoo": self.odoo,
            "papers": self.papers.connect(),
            "maintenance": self.planning(),
        }
        return Engine(self.store, self.mappings, systems).sync(compare=compare)

    def quiet(self, cycles: int = 3) -> Report:
        """Cycles until nothing is written any more; the last one's report. Nothing is held or refused."""
        for _ in range(cycles):
            report = self.sync()
            assert not report.braked, report.braked
            assert not report.problems, report.problems
            assert not self.dead_letters(), self.dead_letters()
            if report.writes == 0:
                return report
        raise AssertionError(f"the hub does not come to rest: {report.counts}")

    def check(self) -> list[str]:
        """What `hub check` finds wrong with the mappings."""
        views = [mapping.systems["odoo"].view for mapping in self.mappings if "odoo" in mapping.systems]
        return [f"{one.what}: {one.message}" for one in self.odoo.check(views) if one.level == "error"]

    def planning(self) -> MaintenanceSource:
        return MaintenanceSource(
            "maintenance", self.store, shelves(MaintenanceSettings()), lambda: self.today
        )

    def states(self) -> dict[str, str]:
        """Every visit the hub knows: its day, and how it stands."""
        source = self.planning()
        view = View("visit", "visit", (NativeField("date"), NativeField("state")))
        found = source.read(view, sorted(source.ids(view)))
        return {str(one.values["date"]): str(one.values["state"]) for one in found}

    def dead_letters(self) -> list[DeadLetter]:
        with self.store.reading() as connection:
            return listing.dead_letters(connection)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.reading() as connection:
            return listing.reviews(connection)

    # -- the papers ----------------------------------------------------------------------------------

    def customer(self, name: str = "Durand SARL") -> str:
        return str(self.papers["customers"].add({"name": name}))

    def contract(self, number: str, customer: str, **terms: Any) -> str:
        """A contract of one year from the first of March, two visits of three hours."""
        usual = {
            "number": number, "title": f"Entretien {number}", "customer": customer, "town": "Annecy",
            "starts_on": "2021-03-01", "ends_on": "2022-02-28", "periodicity": "2/12", "hours": "3",
            "amount": "1250.50",
        }  # fmt: skip
        return str(self.papers["contracts"].add({**usual, **terms}))

    def on_paper(self, contract: str) -> dict[str, Any]:
        return dict(self.papers["contracts"].show(contract))

    # -- people in Odoo ------------------------------------------------------------------------------

    def seen(
        self, model: str, names: Sequence[str], *domain: Any, archived: bool = True
    ) -> list[dict[str, Any]]:
        """Records as people see them, oldest first; relations as their names."""
        context = {"active_test": not archived}
        rows = self.do(model, "search_read", list(domain), list(names), 0, None, "id", context=context)
        return [{name: _shown(value) for name, value in row.items()} for row in rows]

    def do(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """One call as a person."""
        it = self.access
        if not self._uid:
            common = xmlrpc.client.ServerProxy(f"{it.url}/xmlrpc/2/common", allow_none=True)
            answer: Any = common.authenticate(it.database, it.login, it.password, {})
            self._uid = int(answer)
        return self._server.execute_kw(it.database, self._uid, it.password, model, method, list(args), named)

    def _connector(self, url: str = "") -> Any:
        it = replace(self.access, url=url or self.access.url)
        known = {"url": it.url, "database": it.database, "login": it.login, "password": it.password}
        if it.key:
            known["api_key"] = it.key
        return connect("odoo", Settings.model_validate({**known, "transport": it.transport}))


def _shown(value: Any) -> Any:
    return value[1] if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) else value
