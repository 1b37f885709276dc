"""The whole engine under a random world: people edit at any time, replies are lost, the hub dies anywhere.

Three systems in memory: one that assigns ids and archives, one that upper-cases and cuts, one that is written
by import files. Every value a person types is unique, so that "nothing is lost" can be asked by name. When
the faults stop, the promises of the design are checked: convergence, exactly once, nothing lost, quiet.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub import decisions
from hub.engine import Engine
from hub.mapping import load_mappings
from hub.ports import Traits
from hub.store import Store, listing
from tests.memory import START, Crash, MemorySystem

MAPPING = """
entity: customer
fields:
  name: {type: text, required: true}
  code: {type: text}
  city: {type: text}
  note: {type: text}
match:
  - exact: [code]
conflicts:
  default: latest
  city: [list, odoo, sage]
  note: ask
systems:
  odoo:
    object: T
    fields: {name: name, code: code, city: city, note: note}
  sage:
    object: T
    key: id
    fields:
      name: {field: name, max: 12, upper: true}
      code: code
      city: {field: city, upper: true}
      note: note
  list:
    object: T
    key: id
    fields: {name: name, code: code, city: city, note: note}
"""
FIELDS = ("name", "city", "note")
EXAMPLES = int(os.environ.get("HUB_MODEL_EXAMPLES", "40"))
STEPS = int(os.environ.get("HUB_MODEL_STEPS", "25"))


class Machine(RuleBasedStateMachine):
    """People, faults and syncs in any order."""

    def __init__(self) -> None:
        super().__init__()
        base = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="hub-model-", dir=base))
        (self.folder / "customer.yaml").write_text(MAPPING, encoding="utf-8")
        self.mappings = load_mappings(self.folder)
        self.store = Store(f"sqlite:///{self.folder / 'hub.sqlite'}")
        self.store.migrate()
        self.seconds = 0
        self.typed: dict[str, str] = {}
        self.shown: set[str] = set()
        self.count = 0

    @initialize(page=st.sampled_from([1, 2, 1000]), deliver=st.booleans())
    def build(self, page: int, deliver: bool) -> None:
        self.systems = {
            "odoo": MemorySystem("odoo", Traits(archives=True), page_size=page, overlap=2),
            "sage": MemorySystem(
                "sage", Traits(assigns_ids=False, incremental=False, confirms=False), page_size=page
            ),
            "list": MemorySystem("list", Traits(assigns_ids=False, incremental=False), page_size=page),
        }
        for system in self.systems.values():
            system.now = self._now

    def _now(self) -> datetime:
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def _engine(self) -> Engine:
        return Engine(
            self.store,
            self.mappings,
            {name: system.connect() for name, system in self.systems.items()},
            clock=lambda: self._now().isoformat(timespec="milliseconds"),
        )

    def _fresh(self, where: str) -> str:
        self.count += 1
        value = f"v{self.count}"
        self.typed[value] = where
        return value

    @rule(system=st.sampled_from(["odoo", "sage", "list"]), code=st.integers(0, 3) | st.none())
    def someone_adds_a_record(self, system: str, code: int | None) -> None:
        """A code may be one that others use in other systems too; never twice in one system."""
        table = self.systems[system]["T"]
        wanted = None if code is None else f"code{code}"
        if wanted is not None and any(row.get("code") == wanted for row in table.rows().values()):
            return
        wanted = wanted or f"own{self.count}"
        table.add({"name": self._fresh(f"{system} name"), "code": wanted})

    @rule(
        system=st.sampled_from(["odoo", "sage", "list"]),
        field=st.sampled_from(FIELDS),
        which=st.integers(0, 9),
    )
    def someone_edits(self, system: str, field: str, which: int) -> None:
        table = self.systems[system]["T"]
        if table.items:
            id = sorted(table.items)[which % len(table.items)]
            table.set(id, {field: self._fresh(f"{system} {id} {field}")})

    @rule(system=st.sampled_from(["odoo", "list"]), which=st.integers(0, 9))
    def someone_empties_a_field(self, system: str, which: int) -> None:
        table = self.systems[system]["T"]
        if table.items:
            table.set(sorted(table.items)[which % len(table.items)], {"city": None})

    @rule(which=st.integers(0, 9), archived=st.booleans())
    def someone_archives(self, which: int, archived: bool) -> None:
        table = self.systems["odoo"]["T"]
        if table.items:
            table.archive(sorted(table.items)[which % len(table.items)], archived)

    @rule(system=st.sampled_from(["odoo", "sage", "list"]), which=st.integers(0, 9))
    def a_cell_becomes_unreadable(self, system: str, which: int) -> None:
        table = self.systems[system]["T"]
        if table.items:
            table.spoil(sorted(table.items)[which % len(table.items)], "city")

    @rule()
    def sage_imports_and_exports(self) -> None:
        self.systems["sage"].deliver()

    @rule(
        system=st.sampled_from(["odoo", "sage", "list"]),
        fault=st.sampled_from(["crash_before", "crash_after", "lose_replies"]),
        count=st.integers(1, 3),
    )
    def a_fault_is_coming(self, system: str, fault: str, count: int) -> None:
        setattr(self.systems[system], fault, count)

    @rule(compare=st.booleans())
    def the_hub_syncs(self, compare: bool) -> None:
        self._sync(compare)

    @precondition(lambda self: self._conflicts())
    @rule(side=st.integers(0, 3))
    def someone_settles_a_conflict(self, side: int) -> None:
        conflict = self._conflicts()[0]
        take = conflict.candidates[side % len(conflict.candidates)].system
        decisions.resolve(self._engine(), conflict.id, take=take)

    def _sync(self, compare: bool = False) -> int:
        try:
            writes = self._engine().sync(compare=compare).writes
        except Crash:
            return 1
        self._note_shown()
        return writes

    def _conflicts(self) -> list[listing.OpenConflict]:
        with self.store.transaction() as connection:
            return listing.conflicts(connection)

    def teardown(self) -> None:
        try:
            if hasattr(self, "systems"):
                self._check()
        finally:
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _check(self) -> None:
        for system in self.systems.values():
            system.crash_before = system.crash_after = system.lose_replies = 0
        rounds = 0
        while self._settle_down():
            rounds += 1
            assert rounds < 15, "it does not come to rest"
        assert self._sync(compare=True) == 0, "a quiet world is written to"
        self._nothing_was_lost()
        self._each_once()
        self._all_show_the_same()

    def _settle_down(self) -> bool:
        """One more round of syncing and importing, conflicts settled on the way; true while things move."""
        self.seconds += 600
        moved = self._sync() > 0
        for conflict in self._conflicts():
            decisions.resolve(self._engine(), conflict.id, take=conflict.candidates[0].system)
            moved = True
        if self.systems["sage"].files:
            moved = True
        self.systems["sage"].deliver()
        moved |= self._sync() > 0
        self.systems["sage"].deliver()
        return moved

    def _nothing_was_lost(self) -> None:
        """Whatever the hub was shown is in a system, in the journal, or waits for a person."""
        with self.store.transaction() as connection:
            kept = repr([*listing.changes(connection), *listing.conflicts(connection)])
        kept += repr([system["T"].rows() for system in self.systems.values()])
        lost = {value: self.typed[value] for value in self.shown if f"'{value}'" not in kept}
        assert not lost

    def _note_shown(self) -> None:
        """After a whole sync, the hub has seen every value a system shows of records nobody holds."""
        with self.store.transaction() as connection:
            held = {(review.system, review.external_id) for review in listing.reviews(connection)}
        for name, system in self.systems.items():
            for id, item in system["T"].visible().items():
                if (name, id) not in held:
                    self.shown.update(str(value) for value in item.values.values() if value in self.typed)

    def _each_once(self) -> None:
        """Two people may type one customer twice before the hub can know; then it says so."""
        with self.store.transaction() as connection:
            held = {(r.system, r.external_id) for r in listing.reviews(connection) if r.kind == "duplicate"}
        for name, system in self.systems.items():
            rows = system["T"].rows().items()
            codes = [row.get("code") for id, row in rows if (name, id) not in held]
            twice = {code for code in codes if codes.count(code) > 1}
            assert not twice, f"{name} has a record twice: {system['T'].rows()}"

    def _all_show_the_same(self) -> None:
        shown = {
            name: {
                row["code"]: {field: str(row.get(field) or "").upper()[:12] for field in FIELDS}
                for id, row in system["T"].rows().items()
                if not system["T"].items[id].unreadable
            }
            for name, system in self.systems.items()
        }
        spoiled = {
            row["code"]
            for system in self.systems.values()
            for id, row in system["T"].rows().items()
            if system["T"].items[id].unreadable or system["T"].items[id].archived
        } | self._held_codes()
        for code in {code for rows in shown.values() for code in rows} - spoiled:
            views = [rows[code] for rows in shown.values() if code in rows]
            seen = {name: rows.get(code) for name, rows in shown.items()}
            assert all(view == views[0] for view in views), seen
            assert len(views) == len(self.systems), f"{code} is not everywhere"

    def _held_codes(self) -> set[Any]:
        with self.store.transaction() as connection:
            held = [(r.system, r.external_id) for r in listing.reviews(connection)]
        return {self.systems[system]["T"].rows().get(id, {}).get("code") for system, id in held}


def test_the_promises_hold_in_any_order_of_events() -> None:
    run: Callable[..., None] = run_state_machine_as_test
    run(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
