"""In any history with a disaster in it: each customer stands in each system once, and nothing typed is lost.

People type, edit and sync in any order; a backup is made somewhere; more happens; then the database is put
back from that backup, or lost altogether and rebuilt. Every value typed is unique, so that it can be asked
for. Names are not: some customers bear the same one, and few have a key filled.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from hub import backup as backups
from hub import rebuild as rebuilding
from hub.mapping import Mappings, load_mappings
from hub.ports import Traits
from hub.store import Store, copying, history, listing
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.memory import MemorySystem
from tests.tally import tally

FIELDS = {
    "odoo": ("partner", {"name": "name", "siret": "siret", "city": "city", "email": "email"}),
    "sage": ("BPC", {"name": "BPRNAM", "siret": "CRN", "city": "CTY", "email": "WEB"}),
    "list": ("Clients", {"name": "Raison sociale", "siret": "SIRET", "city": "Ville", "email": "E-mail"}),
}
NAMES = ("Garage du Lac", "Hôtel de la Poste", "Boulangerie Centrale de la Vallée", "Mairie")

SYSTEM = st.sampled_from(sorted(FIELDS))
STEP = st.one_of(
    st.tuples(st.just("add"), SYSTEM, st.integers(0, 3), st.booleans(), st.booleans()),
    st.tuples(st.just("edit"), SYSTEM, st.integers(0, 20), st.sampled_from(["city", "email"])),
    st.tuples(st.just("sync")),
)
HISTORY = st.lists(STEP, min_size=1, max_size=12)


@dataclass
class World:
    """A company, and what its people typed: how often each name, and every value."""

    company: Company
    typed: Counter[str] = field(default_factory=Counter)
    count: int = 0

    def play(self, steps: list[tuple[object, ...]]) -> None:
        for what, *rest in steps:
            getattr(self, str(what))(*rest)

    def add(self, system: str, name: int, keyed: bool, numbered: bool) -> None:
        """A new customer; `numbered`: under a name of its own."""
        self.count += 1
        called = f"{NAMES[name]} {self.count}" if numbered else NAMES[name]
        if numbered and name == 2:
            called = f"{self.count} {NAMES[name]}"
        self.typed[called] += 1
        table, names = FIELDS[system]
        values: dict[str, str | None] = {names["name"]: called, names["city"]: f"Ville {self.count}"}
        if keyed and self.count <= len(SIRETS):
            values[names["siret"]] = SIRETS[self.count - 1]
        self.system(system)[table].add(values)

    def edit(self, system: str, which: int, name: str) -> None:
        table, names = FIELDS[system]
        ids = sorted(self.system(system)[table].rows())
        if not ids:
            return
        self.count += 1
        value = f"Ville {self.count}" if name == "city" else f"m{self.count}@example.fr"
        self.system(system)[table].set(ids[which % len(ids)], {names[name]: value})

    def sync(self) -> None:
        self.company.sync()

    def system(self, name: str) -> MemorySystem:
        return next(one for one in self.company.systems if one.name == name)

    def values(self) -> set[str]:
        """Every value that stands in any system."""
        return {
            str(value).casefold()
            for name, (table, _) in FIELDS.items()
            for row in self.system(name)[table].rows().values()
            for value in row.values()
            if value is not None
        }

    def rest(self) -> None:
        for _ in range(8):
            if self.company.sync(compare=True).writes == 0:
                assert self.company.sync(compare=True).writes == 0
                return
        pytest.fail("it does not come to rest")

    def each_once(self, reviews: bool) -> None:
        """No name stands in a system more often than it was typed; all everywhere, where nobody is asked."""
        for system, (table, names) in FIELDS.items():
            rows = self.system(system)[table].rows().values()
            there = Counter(short(str(row[names["name"]])) for row in rows)
            meant: Counter[str] = Counter()
            for called, number in self.typed.items():
                meant[short(called)] += number
            more = there - meant
            tally("records duplicated", more.total())
            assert not more, f"{system} has {more} more often than anybody typed it"
            assert reviews or there == meant, f"{system} lacks {meant - there}"

    def nothing_lost(self, before: set[str]) -> None:
        with self.company.store.transaction() as connection:
            kept = repr([*history.changes(connection), *listing.conflicts(connection)]).casefold()
        lost = {value for value in before - self.values() if f"'{value}'" not in kept}
        tally("values lost", len(lost))
        assert not lost


def short(name: str) -> str:
    """A name as the system that holds least of it shows it."""
    return name.upper()[:20].rstrip()


@pytest.fixture(scope="module")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    folder = tmp_path_factory.mktemp("mappings")
    (folder / "customer.yaml").write_text(CUSTOMER, encoding="utf-8")
    return load_mappings(folder)


@pytest.fixture
def fresh(store: Store, mappings: Mappings) -> Callable[[], World]:
    """A world with an empty database, as often as one is wanted."""

    def make() -> World:
        with store.transaction() as connection:
            copying.clear(connection)
        no_ids = Traits(assigns_ids=False, incremental=False)
        odoo = MemorySystem("odoo", Traits(archives=True))
        return World(
            Company(store, mappings, odoo, MemorySystem("sage", no_ids), MemorySystem("list", no_ids))
        )

    return make


BOUNDED = settings(
    max_examples=int(os.environ.get("HUB_MODEL_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=True,
)


@BOUNDED
@given(HISTORY, HISTORY)
def test_a_restore_after_any_history_doubles_and_loses_nothing(
    fresh: Callable[[], World],
    tmp_path: Path,
    before: list[tuple[object, ...]],
    since: list[tuple[object, ...]],
) -> None:
    world = fresh()
    world.play(before)
    file = backups.backup(world.company.store, tmp_path / "hub.backup", at="2026-01-01T00:00:00+00:00").file
    world.play(since)
    stood = world.values()
    routes = {"customer": list(FIELDS)}
    aside = backups.restore(
        world.company.store, file, routes, replace=True, at=world.company.now().isoformat()
    )
    if aside[1] is not None:
        aside[1].unlink()
    world.rest()
    world.nothing_lost(stood)
    world.each_once(reviews=bool(world.company.reviews()))
    tally("interleavings tried")


@BOUNDED
@given(HISTORY)
def test_a_rebuild_after_any_history_doubles_and_loses_nothing(
    fresh: Callable[[], World], steps: list[tuple[object, ...]]
) -> None:
    world = fresh()
    world.play(steps)
    stood = world.values()
    with world.company.store.transaction() as connection:
        copying.clear(connection)
    rebuilding.rebuild(world.company.engine())
    world.rest()
    world.nothing_lost(stood)
    world.each_once(reviews=bool(world.company.reviews()))
    tally("interleavings tried")
