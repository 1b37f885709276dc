"""The whole engine under a random world: people act at any time, systems misbehave, the hub dies anywhere.

Stories that failed once are told first (`tests/model/regressions`); then the machine tells new ones. What a
step does is in `tests.model.office`, what must be true in the end in `tests.model.promises`. A story that
fails is printed, kept as a file, and told again by:

    python -m tests.model.replay tests/model/regressions/found_….yaml
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hub.ports import Native
from hub.store import Store
from tests.model import choices, story
from tests.model.budget import run_machine
from tests.model.office import Office
from tests.model.words import Broken, Step
from tests.tally import tally

STORIES = sorted(story.REGRESSIONS.glob("*.yaml"))


class Machine(RuleBasedStateMachine):
    """Chooses steps that are possible now, and has the office do them."""

    url: ClassVar[Callable[[], str | None]] = staticmethod(lambda: None)
    failed: ClassVar[story.Story | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.office: Office | None = None
        self.broken = False
        self.count = 0

    @initialize(config=choices.configs)
    def a_company(self, config: dict[str, Any]) -> None:
        self.office = Office(config, type(self).url())
        tally("interleavings tried")

    def act(self, do: str, **values: Any) -> None:
        self._guarded(lambda office: office.perform({"do": do, **values}))

    def _guarded(self, work: Callable[[Office], Any]) -> None:
        """Whatever goes wrong is told as a story; the last one told is the shortest."""
        assert self.office is not None
        try:
            work(self.office)
        except Exception as problem:
            self.broken = True
            type(self).failed = story.of(self.office, problem)
            raise Broken(str(type(self).failed)) from problem

    def teardown(self) -> None:
        if self.office is None:
            return
        try:
            if not self.broken:
                self._guarded(story.finish)
        finally:
            self.office.close()

    # -- people ------------------------------------------------------------------------------------------

    def _fresh(self, long: bool) -> str:
        self.count += 1
        return f"v{self.count} and much more of it" if long else f"v{self.count}"

    def _record(self, system: str, table: str, number: int, deleted: bool = False) -> str | None:
        assert self.office is not None
        place = self.office.table(system, table)
        ids = sorted(place.deleted if deleted else place.items)
        return ids[number % len(ids)] if ids else None

    def _edit(self, system: str, table: str, number: int, field: str, value: str) -> Step | None:
        id = self._record(system, table, number)
        if id is None:
            return None
        if table == "C":
            field = "customer" if field == "city" else "name"
        wanted: Native = None
        if field == "customer":
            wanted = self._record(system, "T", number) if value != "clear" else None
        elif value == "copy":
            wanted = self._copied(system, table, id, field)
        elif value != "clear":
            wanted = self._fresh(value == "long")
        return {"do": "edit", "system": system, "table": table, "id": id, "set": {field: wanted}}

    def _copied(self, system: str, table: str, id: str, field: str) -> Native:
        """What another system shows of the same record, as people type it who make two systems agree."""
        assert self.office is not None
        code = self.office.table(system, table).items[id].values.get("code")
        for name, other in self.office.systems.items():
            for item in other[table].items.values():
                if name != system and code is not None and item.values.get("code") == code:
                    return item.values.get(field)
        return self._fresh(False)

    @rule(system=choices.systems, table=choices.tables, code=choices.codes, long=st.booleans())
    def somebody_adds(self, system: str, table: str, code: str | None, long: bool) -> None:
        self._add(system, table, code, long)

    def _add(self, system: str, table: str, code: str | None, long: bool) -> None:
        """A code may be one that is in use in other systems too, or none; never one twice in one system."""
        assert self.office is not None
        if table == "C" and (system == "sage" or not self.office.config["contacts"]):
            return
        used = {item.values.get("code") for item in self.office.table(system, table).items.values()}
        name = self._fresh(long)
        wanted = f"own{self.count}" if code == "own" or (code and code in used) else code
        values: dict[str, Native] = {"name": name, "code": wanted}
        if table == "C":
            values["customer"] = self._record(system, "T", self.count)
        self.act("add", system=system, table=table, set=values)

    @rule(
        system=choices.systems,
        table=choices.tables,
        number=choices.which,
        field=st.sampled_from(choices.FIELDS),
        value=st.sampled_from(["short", "short", "long", "copy", "clear"]),
        then=choices.afterwards,
    )
    def somebody_edits(
        self, system: str, table: str, number: int, field: str, value: str, then: tuple[str, ...]
    ) -> None:
        step = self._edit(system, table, number, field, value)
        if step:
            self.act(**step)
            for do in then:
                self.act(do)

    @rule(system=choices.systems, number=choices.which)
    def somebody_gives_another_code(self, system: str, number: int) -> None:
        id = self._record(system, "T", number)
        if id:
            self.count += 1
            self.act("edit", system=system, table="T", id=id, set={"code": f"own{self.count}"})

    @rule(number=choices.which, archived=st.booleans())
    def somebody_archives_or_restores(self, number: int, archived: bool) -> None:
        id = self._record("odoo", "T", number)
        if id:
            self.act("archive", system="odoo", table="T", id=id, archived=archived)

    @rule(system=choices.systems, table=choices.tables, number=choices.which)
    def somebody_deletes(self, system: str, table: str, number: int) -> None:
        id = self._record(system, table, number)
        if id:
            self.act("delete", system=system, table=table, id=id)

    @rule(system=choices.systems, table=choices.tables, number=choices.which)
    def somebody_types_it_anew(self, system: str, table: str, number: int) -> None:
        id = self._record(system, table, number, deleted=True)
        if id:
            self.act("bring_back", system=system, table=table, id=id)

    @rule(system=choices.systems, number=choices.which, field=st.sampled_from(["city", "note", "name"]))
    def a_cell_becomes_unreadable(self, system: str, number: int, field: str) -> None:
        id = self._record(system, "T", number)
        if id:
            self.act("spoil", system=system, table="T", id=id, field=field)

    # -- systems -----------------------------------------------------------------------------------------

    @rule(take_in=st.booleans(), publish=st.booleans())
    def sage_has_its_hour(self, take_in: bool, publish: bool) -> None:
        if take_in:
            self.act("take_in")
        if publish or not take_in:
            self.act("publish")

    @rule(system=choices.systems, field=st.sampled_from(["name", "city", "code"]), relent=st.booleans())
    def a_system_refuses_or_relents(self, system: str, field: str, relent: bool) -> None:
        if relent:
            self.act("relent", system=system)
        else:
            self.act("refuse", system=system, field=field)

    @rule(system=choices.systems, whim=choices.whims)
    def a_system_has_a_whim(self, system: str, whim: str) -> None:
        self.act("whim", system=system, whim=whim)

    @rule(system=choices.systems, what=choices.lost, count=choices.counts)
    def messages_are_lost(self, system: str, what: str, count: int) -> None:
        if system != "sage":
            self.act("lose", system=system, what=what, count=count)

    # -- the hub -----------------------------------------------------------------------------------------

    @rule(
        place=choices.instants(),
        kind=choices.kinds,
        system=choices.systems,
        code=st.none() | choices.codes,
        number=choices.which,
        adds=st.booleans(),
    )
    def a_fault_strikes(
        self,
        place: tuple[str, str, int],
        kind: str,
        system: str,
        code: str | None,
        number: int,
        adds: bool,
    ) -> None:
        """Something is typed, and the hub or a system fails while it travels."""
        self.act(**choices.fault_at(place, kind))
        step = None if adds else self._edit(system, "T", number, "city", "short")
        if step:
            self.act(**step)
        else:
            self._add(system, "T", code, False)
        self.act("sync")

    @rule(
        place=choices.instants(),
        system=choices.systems,
        number=choices.which,
        value=st.sampled_from(["short", "clear", "delete"]),
        field=st.sampled_from(choices.FIELDS),
    )
    def somebody_acts_in_the_middle(
        self, place: tuple[str, str, int], system: str, number: int, value: str, field: str
    ) -> None:
        id = self._record(system, "T", number)
        if id is None:
            return
        step = self._edit(system, "T", number, field, value)
        if value == "delete":
            step = {"do": "delete", "system": system, "table": "T", "id": id}
        at, instant, nth = place
        self.act("meanwhile", system=at, instant=instant, nth=nth, then=step)
        self.act("sync")

    @rule(compare=st.booleans())
    def the_hub_syncs(self, compare: bool) -> None:
        self.act("sync", compare=compare)

    @rule(compare=st.booleans())
    def the_hub_syncs_too(self, compare: bool) -> None:
        self.act("sync", compare=compare)

    @rule()
    def the_plan_is_what_is_done(self) -> None:
        self.act("plan_and_sync")

    # -- decisions ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.office and self.office.conflicts())
    @rule(nth=choices.which, side=st.integers(0, 3))
    def somebody_settles_a_conflict(self, nth: int, side: int) -> None:
        self.act("settle", nth=nth, side=side)

    @precondition(lambda self: self.office and self.office.reviews())
    @rule(nth=choices.which, answer=st.sampled_from(["same", "different", "archive", "bring_back"]))
    def somebody_answers(self, nth: int, answer: str) -> None:
        self.act("answer", nth=nth, answer=answer)

    @rule(what=st.sampled_from(["retry", "release"]))
    def somebody_tidies_up(self, what: str) -> None:
        self.act(what)

    @rule(nth=choices.which)
    def somebody_undoes_something(self, nth: int) -> None:
        self.act("undo", nth=nth)


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_a_story_that_failed_once_ends_well(path: Path) -> None:
    told = story.replay(path)
    assert not told.wrong, str(told)


@pytest.mark.timeout(600)
def test_the_promises_hold_in_any_order_of_events() -> None:
    run_machine(Machine, examples=60, steps=20, share=0.6)


@pytest.mark.timeout(600)
def test_the_promises_hold_on_postgresql(postgres_url: str) -> None:
    class OnPostgres(Machine):
        url = staticmethod(lambda: emptied(postgres_url))

    run_machine(OnPostgres, examples=5, steps=15, share=0.15)


def emptied(url: str) -> str:
    """The same database for every example, migrated once and emptied each time."""
    store = Store(url)
    store.migrate()
    with store.transaction() as connection:
        names = connection.exec_driver_sql(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).scalar()
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    store.close()
    return url
