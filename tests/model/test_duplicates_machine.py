"""The whole engine where customers are typed twice, and people answer, merge and split in any order.

The random world of `tests.model.test_engine_machine` with other customers: those of `tests.model.neighbours`,
some of them near each other. Who is whom is looked for by the real rooms; only the look at a whole base is
made without Splink (`tests.model.looking`), except in the few worlds of the last test. What a step does is in
`tests.model.doubles`, what must be true in the end in `tests.model.doubles_promises`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import initialize, precondition, rule

from hub.ports import Native
from tests.model import choices, doubles_promises, neighbours
from tests.model.budget import run_machine
from tests.model.doubles import Doubles
from tests.model.office import Office
from tests.model.test_engine_machine import Machine, emptied
from tests.model.words import Step
from tests.tally import tally

truths = st.sampled_from(neighbours.TRUTHS)
styles = st.integers(0, 3)
holds = st.sampled_from(tuple(neighbours.HOLDS))
twins = st.tuples(
    st.lists(choices.systems, min_size=2, max_size=3),
    truths,
    st.tuples(styles, styles, styles),
    st.tuples(holds, holds, holds),
    st.booleans(),
)


class Typists(Machine):
    """Chooses steps that are possible now, and has people who type things twice do them."""

    @initialize(config=choices.doubled, customers=st.lists(twins, min_size=1, max_size=3))
    def a_company(self, config: dict[str, Any], customers: Sequence[Any] = ()) -> None:
        """Some customers have been typed several times before anybody asked a hub."""
        self.office = Doubles(self.natured(config), type(self).url())
        tally("interleavings tried")
        for place, (systems, truth, styles, holds, noted) in enumerate(customers):
            for system, style, held in zip(systems, styles, holds, strict=False):
                self._customer(system, truth, style, held, noted)
                if config["contacts"] and system != "sage" and place == 0:
                    self._contact(system, "own", style)
        self.act("publish")
        self.act("sync")

    def natured(self, config: dict[str, Any]) -> dict[str, Any]:
        return config

    @property
    def world(self) -> Doubles:
        assert isinstance(self.office, Doubles)
        return self.office

    def act(self, do: str, **values: Any) -> None:
        def perform(office: Office) -> None:
            office.perform({"do": do, **values})
            if do in ("sync", "plan_and_sync"):
                doubles_promises.always(self.world)

        self._guarded(perform)

    # -- people ------------------------------------------------------------------------------------------

    @rule(system=choices.systems, truth=truths, style=styles, holds=holds, noted=st.booleans())
    def somebody_adds(self, system: str, truth: str, style: int, holds: str, noted: bool) -> None:
        self._customer(system, truth, style, holds, noted)

    @rule(
        systems=st.lists(choices.systems, min_size=2, max_size=3),
        truth=truths,
        styles=st.tuples(styles, styles, styles),
        holds=holds,
        noted=st.booleans(),
    )
    def several_add_the_same(
        self, systems: list[str], truth: str, styles: tuple[int, ...], holds: str, noted: bool
    ) -> None:
        for system, style in zip(systems, styles, strict=False):
            self._customer(system, truth, style, holds, noted)

    def _customer(self, system: str, truth: str, style: int, holds: str, noted: bool) -> None:
        values = neighbours.typed(truth, style, holds, self.world.config["noise"])
        if noted:
            values["note"] = self._fresh(False)
        step: Step = {"system": system, "table": "T", "set": {**values, "truth": truth}}
        if system == "sage":
            values = {name: value for name, value in values.items() if name not in ("email", "street")}
            step["set"] = {**values, "truth": truth}
        if system != "odoo":
            # Two customers of one number, the one gone or on its way there, are one record: a known limit.
            self.count += 1
            step["id"] = f"{system[0].upper()}{self.count:04d}"
        self.act("add", **step)

    def _add(self, system: str, table: str, code: str | None, long: bool) -> None:
        """A contact; or, where something else is to be typed while a fault strikes, a customer."""
        if table == "T":
            self.count += 1
            truth = neighbours.TRUTHS[self.count % len(neighbours.TRUTHS)]
            self._customer(system, truth, self.count, "no registration", long)
        else:
            super()._add(system, table, code, long)

    @precondition(lambda self: self.office and self.office.config["contacts"])
    @rule(system=st.sampled_from(["odoo", "list"]), code=st.none() | choices.codes, number=choices.which)
    def somebody_adds_a_contact(self, system: str, code: str | None, number: int) -> None:
        self._contact(system, code, number)

    def _contact(self, system: str, code: str | None, number: int) -> None:
        used = {item.values.get("code") for item in self.world.table(system, "C").items.values()}
        name = self._fresh(False)
        wanted = f"own{self.count}" if code == "own" or (code and code in used) else code
        customer = self._record(system, "T", number)
        self.act("add", system=system, table="C", set={"name": name, "code": wanted, "customer": customer})

    def _edit(self, system: str, table: str, number: int, field: str, value: str) -> Step | None:
        """Notes are new; what else is typed of a customer is what somebody might type of this very one."""
        if table == "C":
            return super()._edit(system, table, number, field, value)
        id = self._record(system, table, number)
        truth = self.world.truth((system, id)) if id is not None else None
        if id is None or truth is None:
            return None
        wanted: Native
        if field == "note":
            wanted = None if value == "clear" else self._fresh(value == "long")
        else:
            field = {"name": "name", "city": "phone" if value == "long" else "street"}[field]
            wanted = neighbours.another(truth, field, number) if value != "clear" or field == "name" else None
        return {"do": "edit", "system": system, "table": table, "id": id, "set": {field: wanted}}

    def somebody_gives_another_code(self) -> None:
        """Customers have no codes here."""

    # -- what they say -----------------------------------------------------------------------------------

    def _word(self, word: str) -> str:
        return "truth" if self.world.config["wise"] else word

    @precondition(lambda self: self.office and self.office.questions())
    @rule(
        nth=choices.which,
        word=st.sampled_from(["same", "different"]),
        merges=st.booleans(),
        keep=st.none() | st.integers(0, 1),
        then=choices.afterwards,
    )
    def somebody_says_who_is_who(
        self, nth: int, word: str, merges: bool, keep: int | None, then: tuple[str, ...]
    ) -> None:
        self.act("say", nth=nth, word=self._word(word), merges=merges, keep=keep)
        for do in then:
            self.act(do)

    @precondition(lambda self: self.office and self.office.questions())
    @rule(nth=choices.which, word=st.sampled_from(["same", "same", "different"]), keep=st.integers(0, 1))
    def somebody_has_them_made_one(self, nth: int, word: str, keep: int) -> None:
        self.act("say", nth=nth, word=self._word(word), merges=True, keep=keep)
        self.act("sync")

    @precondition(lambda self: self.office and self.office.questions(("different",)))
    @rule(nth=choices.which, word=st.sampled_from(["same", "different"]), merges=st.booleans())
    def somebody_thinks_again(self, nth: int, word: str, merges: bool) -> None:
        self.act("say", nth=nth, word=self._word(word), merges=merges, anew=True)

    @rule(
        one=choices.which,
        other=choices.which,
        word=st.sampled_from(["same", "different"]),
        merges=st.booleans(),
    )
    def somebody_points_out(self, one: int, other: int, word: str, merges: bool) -> None:
        self.act("point_out", one=one, other=other, word=self._word(word), merges=merges)

    @rule(one=choices.which, word=st.sampled_from(["same", "same", "different"]), then=choices.afterwards)
    def somebody_points_out_two(self, one: int, word: str, then: tuple[str, ...]) -> None:
        self.act("point_out", one=one, other=one + 1, word=self._word(word), merges=True)
        for do in then:
            self.act(do)

    @precondition(lambda self: self.office and self.office.mergers())
    @rule(nth=choices.which, then=choices.afterwards)
    def somebody_takes_a_merger_back(self, nth: int, then: tuple[str, ...]) -> None:
        self.act("split", nth=nth)
        for do in then:
            self.act(do)

    @precondition(lambda self: self.office and self.office.mergers())
    @rule(nth=choices.which)
    def somebody_has_a_merger_carried_out(self, nth: int) -> None:
        self.act("merge", nth=nth)

    # -- the hub -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.office and (self.office.questions() or self.office.mergers()))
    @rule(
        place=choices.instants_of_merging(),
        kind=choices.kinds,
        says=st.sampled_from(["say", "split", "merge", "point_out"]),
        number=choices.which,
        word=st.sampled_from(["same", "different"]),
        before=st.booleans(),
    )
    def a_fault_strikes_while_they_are_made_one(
        self, place: tuple[str, str, int], kind: str, says: str, number: int, word: str, before: bool
    ) -> None:
        """Somebody says something, and the hub or a system fails while it hears it, or carries it out."""
        if before:
            self.act(**choices.fault_at(place, kind))
        self.act(**self._saying(says, number, word))
        if not before:
            self.act(**choices.fault_at(place, kind))
        self.act("sync")

    def _saying(self, says: str, number: int, word: str) -> Step:
        if says == "say":
            return {"do": says, "nth": number, "word": self._word(word), "merges": True}
        if says == "point_out":
            return {"do": says, "one": number, "other": number + 1, "word": self._word(word), "merges": True}
        return {"do": says, "nth": number}

    @rule(
        place=choices.instants_of_merging(),
        says=st.sampled_from(["say", "split", "merge", "point_out"]),
        number=choices.which,
        word=st.sampled_from(["same", "different"]),
    )
    def somebody_says_so_in_the_middle(
        self, place: tuple[str, str, int], says: str, number: int, word: str
    ) -> None:
        at, instant, nth = place
        self.act("meanwhile", system=at, instant=instant, nth=nth, then=self._saying(says, number, word))
        self.act("sync")


@pytest.mark.timeout(600)
def test_customers_typed_twice_end_well_whatever_people_say_of_them() -> None:
    run_machine(Typists, examples=28, steps=20, share=0.6)


@pytest.mark.timeout(600)
def test_customers_typed_twice_end_well_on_postgresql(postgres_url: str) -> None:
    class OnPostgres(Typists):
        url = staticmethod(lambda: emptied(postgres_url))

    run_machine(OnPostgres, examples=4, steps=15, share=0.1)


@pytest.mark.timeout(600)
def test_customers_typed_twice_end_well_where_splink_compares_them() -> None:
    class ByConfiguration(Typists):
        def natured(self, config: dict[str, Any]) -> dict[str, Any]:
            return {**config, "splink": True}

    run_machine(ByConfiguration, examples=2, steps=10, share=0.1)
