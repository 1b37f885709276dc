"""An office after its calls: a telephone, a hub and an Odoo, a sandbox or a real one, and what people see.

The hub is whole: the log, the engine, the connector and one of the mappings that ship (`mappings/calls`).
What people do and see in Odoo goes over plain XML-RPC, which no code of the connector has a part in.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.odoo import connect
from connectors.odoo.settings import Settings
from hub.calllog.source import CallSource
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.report import Report
from hub.store import Store, listing
from hub.store.listing import DeadLetter
from tests.calls.telephone import Telephone

SHIPPED = Path(__file__).parents[2] / "mappings/calls"
NUMBER, STRANGER = "+33450123456", "+33450765432"
CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  phone: {type: phone, region: FR}
systems:
  odoo:
    object: res.partner
    where: [["is_company", "=", true]]
    fields: {name: name, phone: phone}
"""


@dataclass(frozen=True)
class Form:
    """How one kind of record says that somebody is to be called back.

    `change`: what of the shipped mapping is written otherwise here. `open` and `closed` are domains.
    """

    file: str
    model: str
    name: str = "name"
    partner: str = "partner_id"
    open: Sequence[Any] = ()
    raised: Mapping[str, Any] | None = None
    strangers: bool = True
    change: Mapping[str, str] | None = None


@dataclass
class Access:
    """Where an Odoo is and who enters."""

    url: str
    database: str
    login: str
    password: str
    transport: str = "xmlrpc"


class AfterCalls:
    """One office. `forms` are the mappings in use."""

    def __init__(self, folder: Path, access: Access, *forms: Form) -> None:
        self.access, self.forms = access, forms
        mappings = folder / "mappings"
        mappings.mkdir()
        (mappings / "customer.yaml").write_text(CUSTOMER, encoding="utf-8")
        for form in forms:
            text = (SHIPPED / form.file).read_text(encoding="utf-8")
            for old, new in (form.change or {}).items():
                assert old in text, f"{form.file} has no {old!r}"
                text = text.replace(old, new)
            (mappings / form.file).write_text(text, encoding="utf-8")
        self.store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
        self.store.migrate()
        self.mappings = load_mappings(mappings, ("odoo", "calls"))
        self.telephone = Telephone(self.store, self.mappings)
        self._odoo = self._connector()
        self._server = xmlrpc.client.ServerProxy(f"{access.url}/xmlrpc/2/object", allow_none=True)
        self._uid = 0

    def close(self) -> None:
        self._odoo.close()
        self.store.close()

    def reconnect(self) -> None:
        """A hub that was restarted: its connector knows nothing of what failed before."""
        self._odoo.close()
        self._odoo = self._connector()

    def sync(self, compare: bool = False) -> Report:
        """One cycle of a hub that has just been started."""
        systems = {"odoo": self._odoo, "calls": CallSource("calls", self.store)}
        return Engine(self.store, self.mappings, systems).sync(compare=compare)

    def settled(self) -> Report:
        """A cycle that has nothing more to do: nothing is written, held or refused."""
        report = self.sync()
        assert report.writes == 0, report.counts
        assert not report.braked, report.braked
        assert not report.problems, report.problems
        assert not self.dead_letters()
        return report

    def check(self) -> list[str]:
        """What `hub check` finds wrong with the mappings."""
        views = [mapping.systems["odoo"].view for mapping in self.mappings]
        return [f"{one.what}: {one.message}" for one in self._odoo.check(views) if one.level == "error"]

    def dead_letters(self) -> list[DeadLetter]:
        with self.store.reading() as connection:
            return listing.dead_letters(connection)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.reading() as connection:
            return listing.reviews(connection)

    def waiting(self) -> int:
        """Missed calls of the customer's number that wait to be called back, as the hub knows it."""
        return self.telephone.log.standing(NUMBER)[1]

    def customer(self, name: str = "Durand SARL", phone: str = NUMBER) -> int:
        """A customer somebody typed in Odoo, and the hub knows."""
        id = self.do("res.partner", "create", {"name": name, "phone": phone, "is_company": True})
        self.sync()
        return int(id)

    def seen(self, form: Form, *domain: Any, archived: bool = True) -> list[dict[str, Any]]:
        """The records of a form, oldest first, as people see them (archived ones too)."""
        context = {"active_test": not archived}
        names = [form.name, form.partner, *(form.raised or {})]
        return list(self.do(form.model, "search_read", list(domain), names, 0, None, "id", context=context))

    def still_open(self, form: Form) -> list[int]:
        return [row["id"] for row in self.seen(form, *form.open, archived=False)]

    def do(self, model: str, method: str, *args: Any, **named: Any) -> Any:
        """One call as a person."""
        it = self.access
        if not self._uid:
            common = xmlrpc.client.ServerProxy(f"{it.url}/xmlrpc/2/common", allow_none=True)
            answer: Any = common.authenticate(it.database, it.login, it.password, {})
            self._uid = int(answer)
        return self._server.execute_kw(it.database, self._uid, it.password, model, method, list(args), named)

    def _connector(self) -> Any:
        it = self.access
        known = {"url": it.url, "database": it.database, "login": it.login, "password": it.password}
        return connect("odoo", Settings.model_validate({**known, "transport": it.transport}))


def tell(office: AfterCalls, form: Form) -> None:
    """The life of a callback: opened, raised, closed by reaching them; closed by a person; opened anew."""
    durand = office.customer()
    before = {row["id"] for row in office.seen(form)}

    def ours() -> list[dict[str, Any]]:
        return [row for row in office.seen(form) if row["id"] not in before]

    office.telephone.missed(NUMBER)
    office.sync()
    (first,) = ours()
    assert "Durand SARL" in first[form.name], first
    assert (
        first[form.partner][0] if isinstance(first[form.partner], list) else first[form.partner]
    ) == durand
    assert first["id"] in office.still_open(form)
    office.settled()

    office.telephone.missed(NUMBER)
    office.sync()
    (raised,) = ours()
    assert raised["id"] == first["id"]
    assert "2" in raised[form.name].replace("Durand SARL (04 50 12 34 56)", ""), raised
    for name, value in (form.raised or {}).items():
        assert (first[name], raised[name]) == (first[name], value)
        assert first[name] != value
    office.settled()

    office.telephone.reached(NUMBER)
    office.sync()
    assert first["id"] not in office.still_open(form), "somebody spoke with them"
    office.settled()

    office.telephone.missed(NUMBER)
    office.sync()
    (again,) = [id for id in office.still_open(form) if id not in before]
    assert again != first["id"]
    assert office.waiting() == 1


def strangers(office: AfterCalls, form: Form) -> None:
    """Somebody nobody knows is to be called back all the same, or is not for this form."""
    before = len(office.seen(form))
    office.telephone.missed(STRANGER, "<b>Zoé</b> & fils")
    office.sync()
    assert len(office.seen(form)) == before + form.strangers
    office.settled()
