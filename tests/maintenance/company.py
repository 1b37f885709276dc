"""A company whose contracts are in one system and whose visits go to another, and a hub between them.

`word` holds the contracts and `odoo` customers, contracts and visits, all in memory; the visits come out of
the hub's own `kind: maintenance`. One clock for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from hub.engine import Engine
from hub.maintenance.settings import Settings
from hub.maintenance.shelves import shelves
from hub.maintenance.source import MaintenanceSource
from hub.mapping import Mappings
from hub.ports import Connector, Native, Traits
from hub.report import Report
from hub.store import Store, listing
from hub.store import tables as t
from hub.store.repository import loads
from tests.memory import MemorySystem

CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  city: {type: text}
match: [{exact: [name]}]
systems:
  odoo: {object: partner, fields: {name: name, city: city}}
"""
CONTRACT = """
entity: contract
fields:
  number: {type: text, required: true}
  customer: {type: ref, entity: customer}
  town: {type: text}
  starts_on: {type: date, required: true}
  ends_on: {type: date}
  duration: {type: duration}
  renewal: {type: choice, values: {tacit: tacite, express: expresse, none: aucune}}
  periodicity: {type: periodicity}
  months_off: {type: list, of: text}
  hours: {type: number}
  state: {type: choice, values: {running: en cours, ended: terminé}}
match: [{exact: [number]}]
conflicts: {default: latest}
systems:
  word:
    object: contracts
    key: "N°"
    fields:
      number: "N°"
      town: Ville
      starts_on: Début
      ends_on: Fin
      periodicity: Périodicité
      months_off: Sans visite
      hours: Durée
      state: État
  odoo:
    object: contract
    fields: {number: number, customer: partner, starts_on: start, ends_on: end, periodicity: often}
"""
VISIT = """
entity: visit
fields:
  title: {type: text, required: true}
  contract: {type: ref, entity: contract, required: true}
  customer: {type: ref, entity: customer}
  date: {type: date, required: true}
  start: {type: datetime}
  end: {type: datetime}
  hours: {type: number}
  town: {type: text}
  state: {type: choice, values: {planned: prévue, confirmed: confirmée, done: faite, cancelled: annulée}}
  notes: {type: text}
match: [{exact: [contract, date]}]
conflicts: {default: latest}
systems:
  maintenance:
    object: visit
    on_delete: ignore
    fields:
      title: title
      contract: contract
      customer: {field: customer, direction: pull}
      date: date
      start: start
      end: end
      hours: hours
      town: {field: town, direction: pull}
      state: state
      notes: notes
  odoo:
    object: task
    fields:
      title: name
      contract: contract
      customer: partner
      date: day
      start: start
      end: end
      town: town
      state: {field: state, map: {todo: planned, ok: confirmed, done: done, no: cancelled}}
      notes: notes
"""
EVENT = VISIT.replace(
    "contract: contract\n      customer: {",
    "contract: {field: contract, direction: pull}\n      customer: {",
    1,
)
EVENT = EVENT.replace("object: visit\n", "object: visit\n    creates: false\n", 1)
EVENT = EVENT.replace("      contract: contract\n      customer: partner", "      customer: partner", 1)
"""The same where the other system does not say whose contract a visit is of."""

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass
class Company:
    store: Store
    mappings: Mappings
    settings: Settings = field(default_factory=Settings)
    word: MemorySystem = field(
        default_factory=lambda: MemorySystem("word", Traits(assigns_ids=False, incremental=False))
    )
    odoo: MemorySystem = field(default_factory=lambda: MemorySystem("odoo", Traits(archives=True)))
    at: datetime = START

    def __post_init__(self) -> None:
        self.word.now = self.odoo.now = self.now

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def _clock(self) -> str:
        return self.now().isoformat(timespec="milliseconds")

    def engine(self, store: Store | None = None) -> Engine:
        """A hub that has just been started."""
        source = MaintenanceSource("maintenance", store or self.store, shelves(self.settings), self._clock)
        connectors: dict[str, Connector] = {"maintenance": source}
        connectors |= {"word": self.word.connect(), "odoo": self.odoo.connect()}
        return Engine(store or self.store, self.mappings, connectors, clock=self._clock)

    def sync(self) -> Report:
        return self.engine().sync()

    def at_rest(self) -> None:
        """Sync until nothing is written any more."""
        for _ in range(6):
            report = self.sync()
            assert not report.problems, report.problems
            if report.writes == 0:
                return
        raise AssertionError("it does not come to rest")

    def days(self, days: int) -> None:
        self.at += timedelta(days=days)

    def sign(self, number: str = "CT-014", **more: Native) -> str:
        """A contract of two visits a year from 2 February 2026 on, typed in `word`."""
        values: dict[str, Native] = {
            "N°": number, "Ville": "Annecy", "Début": "02/02/2026", "Périodicité": "semestrielle",
        }  # fmt: skip
        return self.word["contracts"].add({**values, **more}, number)

    def tasks(self) -> dict[str, dict[str, Native]]:
        """The visits in odoo as people see them, archived ones left out, by day."""
        items = self.odoo["task"].items.items()
        found = [(str(item.values.get("day")), id, item) for id, item in items if not item.archived]
        return {id: {**item.values, "id": id} for _, id, item in sorted(found, key=lambda one: one[:2])}

    def days_shown(self) -> list[str]:
        return [str(one["day"]) for one in self.tasks().values()]

    def rows(self) -> list[dict[str, Any]]:
        """The hub's own rows."""
        with self.store.reading() as connection:
            rows = connection.execute(select(t.visit).order_by(t.visit.c.id)).all()
        return [{"id": row.id, "change": row.change, **loads(row.data)} for row in rows]

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.reading() as connection:
            return listing.reviews(connection)

    def dead_letters(self) -> list[listing.DeadLetter]:
        with self.store.reading() as connection:
            return listing.dead_letters(connection)


Load = Callable[..., Mappings]
