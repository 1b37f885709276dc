"""What refers to records of a model in Odoo: through which fields it can, and which records do.

Two ways there are. A relation (many2one, many2many) to the model, as ``ir.model.fields`` lists them; what is
computed from others, wizards and reports are left out. And a pair of a model's name and a number, as
attachments, messages and activities have it, which Odoo lists nowhere: `PAIRS` are those its own modules use.

Odoo 19 shows ``ir.model.fields`` to those who may manage access rights; for any other user `USUAL` stands in.
A model that is not installed, or that the hub's user may not read, costs only itself; the latter is said.

It never changes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.odoo.faults import Fault
from connectors.odoo.session import Session

MOST = 10_000
"""Records that are looked up per field; more is said to be more."""
EVERYTHING = {"active_test": False}
FOLLOWS = frozenset({"commercial_partner_id", "order_partner_id"})
"""Fields that Odoo fills from another one that is listed itself."""
SEEN_FROM_BOTH_SIDES = frozenset({"res.partner.category"})
"""Models whose many2many is a field of the record itself, too."""


@dataclass(frozen=True, slots=True)
class Way:
    """One field that can refer to a record; `by` is the field that holds the model's name, of a pair."""

    model: str
    field: str
    kind: Literal["one", "many", "pair"]
    label: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Records that refer to one: `ids` by this way; `beside` those that refer to another one as well."""

    way: Way
    ids: tuple[int, ...]
    beside: tuple[int, ...] = ()


PAIRS = (
    Way("ir.attachment", "res_id", "pair", "attachments", "res_model"),
    Way("mail.message", "res_id", "pair", "messages", "model"),
    Way("mail.activity", "res_id", "pair", "activities", "res_model"),
    Way("mail.followers", "res_id", "pair", "followers", "res_model"),
    Way("mail.scheduled.message", "res_id", "pair", "scheduled messages", "model"),
    Way("calendar.event", "res_id", "pair", "meetings about it", "res_model"),
    Way("rating.rating", "res_id", "pair", "ratings", "res_model"),
    Way("ir.model.data", "res_id", "pair", "external ids", "model"),
)
USUAL = {
    "res.partner": (
        Way("account.move", "partner_id", "one", "invoices"),
        Way("account.move.line", "partner_id", "one", "booked lines"),
        Way("account.payment", "partner_id", "one", "payments"),
        Way("calendar.event", "partner_ids", "many", "meetings"),
        Way("contract.contract", "partner_id", "one", "contracts"),
        Way("crm.lead", "partner_id", "one", "leads"),
        Way("fsm.location", "owner_id", "one", "places"),
        Way("helpdesk.ticket", "partner_id", "one", "tickets"),
        Way("mail.message", "author_id", "one", "messages they wrote"),
        Way("project.project", "partner_id", "one", "projects"),
        Way("project.task", "partner_id", "one", "tasks"),
        Way("res.partner", "parent_id", "one", "contacts"),
        Way("res.partner.bank", "partner_id", "one", "bank accounts"),
        Way("res.users", "partner_id", "one", "users"),
        Way("sale.order", "partner_id", "one", "sales orders"),
        Way("sale.order", "partner_invoice_id", "one", "sales orders billed to it"),
        Way("sale.order", "partner_shipping_id", "one", "sales orders delivered to it"),
    )
}


class Referring:
    """Looks up what refers to records. Which fields can is asked once per model."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ways: dict[str, tuple[Way, ...]] = {}
        self._absent: set[str] = set()

    def ways(self, model: str) -> tuple[Way, ...]:
        """Every way a record of this model can be referred to, relations first."""
        if model not in self._ways:
            self._ways[model] = self._listed(model) or USUAL.get(model, ())
        return (*self._ways[model], *PAIRS)

    def to(
        self, model: str, id: int, ways: Sequence[Way] = (), beside: int = 0
    ) -> tuple[list[Found], list[str]]:
        """What refers to this record, and in words what could not be looked at."""
        found: list[Found] = []
        gaps: list[str] = []
        for way in ways or self.ways(model):
            if way.model in self._absent:
                continue
            try:
                rows = self.rows(way, model, id)
            except Fault as fault:
                if fault.kind == "name":
                    self._absent.add(way.model)
                    continue
                if fault.kind not in ("access", "refused"):
                    raise
                gaps.append(f"{called(way)} could not be looked at: {fault.message}")
                continue
            if len(rows) > MOST:
                gaps.append(f"there are more than {MOST:,} {called(way)}; the first {MOST:,} are noted")
            if rows:
                some = rows[:MOST]
                both = tuple(row["id"] for row in some if way.kind == "many" and beside in row[way.field])
                found.append(Found(way, tuple(row["id"] for row in some), both))
        return found, gaps

    def rows(self, way: Way, model: str, id: int, among: Sequence[int] = ()) -> list[dict[str, Any]]:
        """Ids and the field of the records that refer to this one by this way, of these alone if given."""
        domain = self.domain(way, model, id)
        if among:
            domain.append(["id", "in", list(among)])
        rows: list[dict[str, Any]] = self._session.ask(
            way.model, "search_read", domain, [way.field], 0, MOST + 1, "id", context=EVERYTHING
        )
        return rows

    @staticmethod
    def domain(way: Way, model: str, id: int) -> list[Any]:
        domain: list[Any] = [[way.field, "in", [id]]]
        if way.by:
            domain.append([way.by, "=", model])
        return domain

    def _listed(self, model: str) -> tuple[Way, ...]:
        """From Odoo's own list; empty where the hub's user may not see it."""
        names = ["model", "name", "ttype", "field_description"]
        domain: list[Any] = [
            ["relation", "=", model],
            ["ttype", "in", ["many2one", "many2many"]],
            ["store", "=", True],
        ]
        try:
            rows = self._session.ask("ir.model.fields", "search_read", domain, names, 0, None, "model, name")
            kept = self._kept_in_tables()
        except Fault as fault:
            if fault.kind != "access":
                raise
            return ()
        return tuple(self._relations(rows, kept))

    def _relations(self, rows: Sequence[dict[str, Any]], kept: set[str]) -> Iterator[Way]:
        for row in rows:
            left_out = row["name"] in FOLLOWS or row["model"] in SEEN_FROM_BOTH_SIDES
            if not left_out and row["model"] in kept:
                kind: Literal["one", "many"] = "one" if row["ttype"] == "many2one" else "many"
                yield Way(row["model"], row["name"], kind, str(row["field_description"]))

    def _kept_in_tables(self) -> set[str]:
        """The models whose records are kept: no wizards, no reports (nobody is said to have made those)."""
        made = [["name", "=", "create_uid"], ["store", "=", True]]
        rows = self._session.ask("ir.model.fields", "search_read", made, ["model"], 0, None, "model")
        passing = self._session.ask(
            "ir.model", "search_read", [["transient", "=", True]], ["model"], 0, None, "model"
        )
        return {row["model"] for row in rows} - {row["model"] for row in passing}


def called(way: Way) -> str:
    """A way as people are told of it: ``Customer (project.task.partner_id)``."""
    name = f"{way.model}.{way.field}"
    return f"{way.label} ({name})" if way.label else name
