"""A small company: an ERP, an accounting system and a list, all in memory, and a hub between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import rehearsal
from hub.engine import Engine
from hub.mapping import Mappings, load_mappings
from hub.ports import Traits
from hub.report import Report
from hub.store import Store, history, listing
from tests.memory import START, MemorySystem

CUSTOMER = """
entity: customer
fields:
  name: {type: text, required: true}
  siret: {type: siret}
  phone: {type: phone, region: FR}
  email: {type: email}
  city: {type: text}
  tags: {type: list, of: text}
match:
  - exact: [siret]
  - exact: [email, name]
conflicts:
  default: latest
  name: [sage, odoo, list]
  phone: ask
  tags: union
systems:
  odoo:
    object: partner
    fields: {name: name, siret: siret, phone: phone, email: email, city: city, tags: tags}
  sage:
    object: BPC
    key: code
    new_key: "K{:03d}"
    fields: {name: {field: BPRNAM, max: 20, upper: true}, siret: CRN, phone: TEL, email: WEB, city: CTY}
  list:
    object: Clients
    key: "N°"
    new_key: "C{:03d}"
    fields: {name: "Raison sociale", siret: SIRET, phone: "Tél.", email: "E-mail", city: Ville}
"""

SIRETS = ("73282932000074", "40483304800022", "55203253400646", "38012986646850", "41816609600069")


@dataclass
class Company:
    """Three systems, a hub, and a clock that people and the hub share."""

    store: Store
    mappings: Mappings
    odoo: MemorySystem
    sage: MemorySystem
    book: MemorySystem
    seconds: int = 0
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        for system in self.systems:
            system.now = self.now

    @property
    def systems(self) -> tuple[MemorySystem, ...]:
        return (self.odoo, self.sage, self.book)

    def now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def engine(self) -> Engine:
        """A hub that has just been started."""
        return Engine(
            self.store,
            self.mappings,
            {system.name: system.connect() for system in self.systems},
            clock=lambda: self.now().isoformat(timespec="milliseconds"),
        )

    def sync(self, compare: bool = False) -> Report:
        report = self.engine().sync(compare=compare)
        self.reports.append(report)
        return report

    def approve(self) -> list[str]:
        """What `hub plan --approve` does."""
        engine = self.engine()
        return rehearsal.approve(engine, rehearsal.plan(engine, self.mappings, engine.connectors))

    def conflicts(self) -> list[listing.OpenConflict]:
        with self.store.transaction() as connection:
            return listing.conflicts(connection)

    def reviews(self) -> list[listing.OpenReview]:
        with self.store.transaction() as connection:
            return listing.reviews(connection)

    def dead_letters(self) -> list[listing.DeadLetter]:
        with self.store.transaction() as connection:
            return listing.dead_letters(connection)

    def journal(self, **wanted: Any) -> list[history.Change]:
        with self.store.transaction() as connection:
            return history.changes(connection, history.Filter(**wanted))

    def goldens(self) -> int:
        with self.store.transaction() as connection:
            return len(listing.find_golden(connection, ""))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        found = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    else:
        found = Store(request.getfixturevalue("postgres_url"))
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Mappings]:
    def write(text: str) -> Mappings:
        folder = tmp_path / "mappings"
        folder.mkdir(exist_ok=True)
        (folder / "customer.yaml").write_text(text, encoding="utf-8")
        return load_mappings(folder)

    return write


@pytest.fixture
def company(store: Store, load: Callable[[str], Mappings]) -> Company:
    return Company(
        store,
        load(CUSTOMER),
        MemorySystem("odoo", Traits(archives=True)),
        MemorySystem("sage", Traits(assigns_ids=False, incremental=False)),
        MemorySystem("list", Traits(assigns_ids=False, incremental=False)),
    )
