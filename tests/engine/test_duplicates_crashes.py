"""The hub dies at any instant of a merge or a split, or somebody speaks between two steps: nothing is lost.

An instant is one at which the hub changes something in a system or looks before it does, is about to write a
transaction down, or has just done so. The
hub dies there, is started again, the person whose command it was gives it again, and all comes to rest as if
nothing had happened.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from hub import verdicts
from hub.decisions import DecisionError
from hub.ports import Traits, Unreachable
from hub.store import Store
from tests.engine.conftest import Company
from tests.engine.lookalikes import (
    BAKERY,
    FEWER,
    at_rest,
    company_of,
    doubles,
    edited,
    golden_of,
    merged,
    rows,
    same,
    split,
    steps,
    typed,
    values_of,
)
from tests.memory import Crash
from tests.model.merging_memory import WAS, MergingSystem
from tests.tally import tally

CONTACT = """
entity: contact
fields:
  name: {type: text, required: true}
  customer: {type: ref, entity: customer, required: true}
match: [{exact: [name]}]
systems:
  odoo: {object: C, fields: {name: name, customer: customer}}
"""
FIRST, SECOND = ("odoo", "1"), ("odoo", "2")
TELLING = ("noted", "merge", "split", "read", "find", "write", "crash_before", "crash_after")
OTHER = {"name": "Boulangerie Martin", "phone": "04 76 00 11 22", "email": "b@example.fr"}


@pytest.fixture(params=["its own", "by marks"])
def twice(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Company:
    """One bakery twice in odoo, which merges by itself or not, and so in the others; a contact of each."""
    company = company_of(store, tmp_path, FEWER, CONTACT)
    if request.param == "its own":
        company.odoo = MergingSystem("odoo", Traits(archives=True))
        company.odoo.now = company.now
    typed(company, "odoo", {**BAKERY, "email": "a@example.fr"})
    typed(company, "odoo", OTHER)
    company.odoo["C"].add({"name": "Camille", "customer": "1"})
    company.odoo["C"].add({"name": "Dominique", "customer": "2"})
    at_rest(company)
    return company


@dataclass
class Dying:
    """Counts instants, and has the hub die at the `at`-th."""

    at: int
    count: int = 0
    met: str = ""

    def tick(self, what: str) -> None:
        self.count += 1
        if self.count == self.at:
            self.met = what
            raise Crash(f"at instant {self.at}: {what}")

    def _gate(self, system: str) -> Callable[[str], None]:
        return lambda what: self.tick(f"{system}: {what}") if what in TELLING else None

    @contextmanager
    def over(self, company: Company) -> Iterator[None]:
        """As long as this lasts, the hub may die."""
        transaction = company.store.transaction

        @contextmanager
        def mortal() -> Iterator[Connection]:
            with transaction() as connection:
                yield connection
                self.tick("a transaction is to be written down")
            self.tick("a transaction was written down")

        vars(company.store)["transaction"] = mortal
        for system in company.systems:
            system.gate = self._gate(system.name)
        try:
            yield
        finally:
            del vars(company.store)["transaction"]
            for system in company.systems:
                system.gate = lambda what: None


@contextmanager
def another(company: Company) -> Iterator[Company]:
    """The same company in another world, to be tried in and thrown away."""
    with company.store.rehearsal() as store:
        odoo, sage, book = copy.deepcopy(company.systems, {id(company): company})
        yield replace(company, store=store, odoo=odoo, sage=sage, book=book)


Act = Callable[[Company], object]


def merge(company: Company) -> None:
    """The person's command, given again unless it was carried out."""
    if not merged(company):
        same(company, FIRST, SECOND, merges=True)


def take_back(company: Company) -> None:
    if merged(company):
        split(company)


def outcome(company: Company) -> dict[str, Any]:
    """All that people see, and what the hub believes, whatever ids anything goes by."""
    found: dict[str, Any] = {
        system: sorted(_said(row) for row in rows(company, system).values())
        for system in ("odoo", "sage", "list")
    }
    items = company.odoo["partner"].items
    found["archived"] = sorted(str(item.values["email"]) for item in items.values() if item.archived)
    found["contacts"] = sorted(
        (str(row["name"]), str(items[str(row["customer"])].values["email"]))
        for row in company.odoo["C"].rows().values()
    )
    found["goldens"] = sorted(_said(values_of(company, id)) for id in _ids(company))
    found["doubles"] = len(doubles(company))
    found["conflicts"] = [one.field for one in company.conflicts()]
    found["steps"] = sorted((one.system, one.state, one.fate) for one in steps(company))
    return found


def _ids(company: Company) -> list[str]:
    with company.store.reading() as connection:
        query = "SELECT id FROM golden WHERE entity = 'customer'"
        return list(connection.exec_driver_sql(query).scalars())


def _said(row: dict[str, Any]) -> str:
    told = {name: value for name, value in row.items() if value not in (None, False) and name != WAS}
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def often(company: Company) -> int:
    """Every so many instants: all of them take a minute, and a run of the suite has its share of it."""
    return 11 if company.store.is_sqlite else 31


def tried(company: Company, act: Act, every: int = 1) -> int:
    """Let the hub die at every instant of this act and the syncs that follow; at how many."""
    with another(company) as calm:
        act(calm)
        at_rest(calm)
        wanted = outcome(calm)
    instant, died = 1, 0
    while True:
        with another(company) as world:
            dying = Dying(instant)
            with dying.over(world), suppress(Crash):
                act(world)
                world.sync()
            if not dying.met:
                return died
            act(world)
            at_rest(world)
            found = outcome(world)
            more = sum(max(0, len(found[name]) - len(wanted[name])) for name in ("odoo", "sage", "list"))
            tally("records duplicated", more)
            assert found == wanted, dying.met
        died += 1
        instant += every
        tally("crashes survived")


def test_a_hub_that_dies_while_two_are_made_one_ends_as_if_it_had_not(twice: Company) -> None:
    assert tried(twice, merge, often(twice)) > 0


def test_a_hub_that_dies_while_two_are_taken_apart_ends_as_if_it_had_not(twice: Company) -> None:
    merge(twice)
    at_rest(twice)
    assert tried(twice, take_back, often(twice)) > 0


def interrupted(company: Company, before: Act, word: Act) -> int:
    """Have a person speak at every instant of a sync at which no transaction is open; at how many."""
    with another(company) as calm:
        before(calm)
        word(calm)
        at_rest(calm)
        wanted = outcome(calm)
    instant, spoke = 1 - often(company), 0
    while True:
        instant += often(company)
        with another(company) as world:
            before(world)
            left = [instant]

            def speaks(what: str, world: Company = world, left: list[int] = left) -> None:
                if what in TELLING:
                    left[0] -= 1
                    if left[0] == 0:
                        # While a write of theirs is under way the person is told so, and says it again.
                        with suppress(DecisionError):
                            word(world)

            for system in world.systems:
                system.gate = speaks
            world.sync()
            for system in world.systems:
                system.gate = lambda what: None
            if left[0] > 0:
                return spoke
            word(world)
            at_rest(world)
            found = outcome(world)
            # What was done and taken back again is told as such; it comes to the same.
            for one in (found, wanted):
                one["steps"] = sorted((system, state) for system, state, *_ in one["steps"])
            assert found == wanted, f"at instant {instant}"
        spoke += 1
        tally("interleavings tried")


def test_a_split_at_any_instant_of_the_merge_undoes_all_of_it(twice: Company) -> None:
    assert interrupted(twice, merge, take_back) > 0


def test_a_merge_said_while_a_system_takes_the_last_one_back_waits_for_that(twice: Company) -> None:
    merge(twice)
    at_rest(twice)
    take_back(twice)
    if isinstance(twice.odoo, MergingSystem):
        with pytest.raises(DecisionError, match="take apart"):
            with_golden(twice, "b@example.fr")
    at_rest(twice)
    with_golden(twice, "b@example.fr")
    at_rest(twice)
    assert len(_ids(twice)) == 1
    assert len([item for item in twice.odoo["partner"].items.values() if not item.archived]) == 1


def with_golden(company: Company, email: str) -> None:
    """Make the first one with whoever has this address, whatever id the record goes by."""
    other = next(id for id in _ids(company) if values_of(company, id)["email"] == email)
    verdicts.together(
        company.engine(), "customer", golden_of(company, FIRST), other, merges=True, insist=True
    )


def test_an_edit_typed_in_a_double_right_before_it_is_put_away_is_heard(twice: Company) -> None:
    merge(twice)
    met: list[str] = []

    def somebody_types(what: str) -> None:
        if what == "noted" or (what == "read" and not met):
            met.append(what)
            edited(twice, SECOND, city="Sète")
            twice.odoo.gate = lambda what: None

    twice.odoo.gate = somebody_types
    twice.sync()
    at_rest(twice)
    assert met
    lost = values_of(twice, golden_of(twice, FIRST)).get("street") is None
    assert not lost
    assert "Sète" in {
        value for change in twice.journal() for value in change.after.values() if isinstance(value, str)
    }


def test_a_lost_reply_of_a_merge_is_asked_again_and_nothing_is_done_twice(twice: Company) -> None:
    merge(twice)
    twice.odoo.lose_replies = twice.book.lose_replies = 1
    twice.sync()
    at_rest(twice)
    assert {one.state for one in steps(twice)} == {"done"}
    assert len(_ids(twice)) == 1
    take_back(twice)
    twice.odoo.lose_replies = twice.book.lose_replies = 1
    twice.sync()
    at_rest(twice)
    assert {one.state for one in steps(twice)} == {"taken back"}
    assert len(_ids(twice)) == 2


def test_a_system_that_is_down_is_asked_when_it_is_back(twice: Company) -> None:
    merge(twice)
    twice.odoo.down = Unreachable("odoo", "cannot be reached", "connection refused")
    twice.sync()
    assert {one.system: one.state for one in steps(twice)} == {"odoo": "due", "sage": "done", "list": "done"}
    take_back(twice)
    twice.odoo.down = None
    at_rest(twice)
    assert {one.state for one in steps(twice)} == {"taken back"}
    assert len(twice.odoo["partner"].items) == 2
    assert not any(item.archived for item in twice.odoo["partner"].items.values())


def test_nothing_is_made_one_while_a_write_of_it_may_be_applied_or_not(twice: Company) -> None:
    edited(twice, FIRST, city="Sète")
    twice.sage.crash_before = 1
    with pytest.raises(Crash):
        twice.sync()
    with pytest.raises(DecisionError, match="a write to sage is under way"):
        merge(twice)
    at_rest(twice)
    merge(twice)
    at_rest(twice)
    edited(twice, FIRST, city="Arles")
    twice.sage.crash_before = 1
    with pytest.raises(Crash):
        twice.sync()
    with pytest.raises(DecisionError, match="under way"):
        take_back(twice)
    at_rest(twice)
    take_back(twice)
    at_rest(twice)
    assert len(_ids(twice)) == 2
