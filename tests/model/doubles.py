"""A company in which customers are typed twice, and people who say who is whom, and change their minds.

An `Office` (`tests.model.office`) whose customers are those of `tests.model.neighbours`, whose mapping looks
for duplicates, and whose Odoo may merge records itself. Whoever answers either knows who is who (`truth` as
the word) or says anything at all: then what must hold is what he said, not what is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace
from typing import Any
from unittest import mock

from sqlalchemy import select

from hub import verdicts
from hub.decisions import DecisionError
from hub.engine import Engine
from hub.merging import PENDING
from hub.ports import Native, Traits
from hub.store import history, likenesses, mergers
from hub.store import tables as t
from hub.store.likenesses import Likeness
from hub.store.mergers import Merger
from hub.store.repository import loads
from tests.memory import Crash, MemorySystem
from tests.model import looking
from tests.model.mappings import NEIGHBOURS
from tests.model.merging_memory import HIDDEN, MergingSystem
from tests.model.neighbours import folded, truth_by_name
from tests.model.office import Office

IN_SYSTEMS = {
    "leave": "merge: leave",
    "mark": "merge: mark\n    merge_mark: Doublon",
    "archive": "merge: archive",
    "close": "merge: archive\n    merge_archive: {Statut: fermé}",
}
"""What a mapping may say of doubles."""

_OWN = re.compile(r"\d{1,3}|[CSL]\d{4}|doublon de .*|fermé")

Record = tuple[str, str]
"""A customer of a system: (system, its id)."""


class Doubles(Office):
    """The company. `config`: see `tests.model.choices.doubled`."""

    def __init__(self, config: Mapping[str, Any], url: str | None = None) -> None:
        self._stack = ExitStack()
        if not config["splink"]:
            self._stack.enter_context(mock.patch("hub.weighing.looking.at_all", looking.at_all))
        self._stack.enter_context(mock.patch("hub.clock.time", SimpleNamespace(time_ns=_ticking())))
        secret = SimpleNamespace(token_hex=lambda size: "0" * (2 * size))
        self._stack.enter_context(mock.patch("hub.clock.secrets", secret))
        super().__init__(config, url)
        self.apart: set[tuple[str, str]] = set()
        """Pairs of golden records that a person called different, and nobody the same since."""
        self.said_one: list[set[str]] = []
        """Truths of which a person said that they are one."""

    def customers(self) -> str:
        said = {name: self.config[name] for name in ("default", "city", "note", "on_delete", "precision")}
        said["links"] = "true" if self.config["links"] else "false"
        in_odoo = IN_SYSTEMS["archive" if self.config["odoo"] == "itself" else self.config["odoo"]]
        return NEIGHBOURS.format(**said, in_odoo=in_odoo, in_list=IN_SYSTEMS[self.config["list"]])

    def odoo(self, traits: Traits, page: int) -> MemorySystem:
        kind = MergingSystem if self.config["odoo"] == "itself" else MemorySystem
        return kind("odoo", traits, page_size=page, overlap=2)

    def close(self) -> None:
        self._stack.close()
        super().close()

    # -- values ------------------------------------------------------------------------------------------

    def _type(self, system: str, values: Mapping[str, Native]) -> None:
        super()._type(system, {name: value for name, value in values.items() if name not in HIDDEN})

    def recognised(self, value: object) -> str | None:
        """Every text that a person typed; ids and what the hub says of doubles are no such thing."""
        if not isinstance(value, str) or _OWN.fullmatch(value):
            return None
        return folded(value) or None

    def shown_as(self, system: str, field: str, value: Native) -> Native:
        if not isinstance(value, str) or field == "customer":
            return value
        if system == "sage" and field == "name":
            value = value[:27]
        return folded(value)

    def do_edit(self, system: str, table: str, id: str, set: dict[str, Native]) -> str | None:
        """What waited for a person's word, and was then withdrawn where it was typed, need not be anywhere: a
        known limit."""
        item = self.table(system, table).items.get(id)
        for field in set if item is not None else ():
            known = self.recognised(item.values.get(field)) if item is not None else None
            if known and self._waits(system, id, field):
                self.seen.pop(known, None)
        return super().do_edit(system, table, id, set)

    def _waits(self, system: str, id: str, field: str) -> bool:
        """Whether a field of a record is in an open conflict."""
        with self.store.reading() as connection:
            for table in (t.link, t.doublet):
                mine = select(table.c.notes).where(table.c.system == system, table.c.external_id == id)
                if any(field in loads(notes or "{}").get("seen", {}) for notes in connection.scalars(mine)):
                    return True
        return False

    # -- who is who --------------------------------------------------------------------------------------

    def records(self) -> dict[str, list[Record]]:
        """Golden customer → its records that are there, doubles too."""
        found: dict[str, list[Record]] = {}
        with self.store.reading() as connection:
            for table in (t.link, t.doublet):
                query = select(table.c.golden_id, table.c.system, table.c.external_id)
                for row in connection.execute(query.where(table.c.entity == "customer")):
                    found.setdefault(row[0], []).append((row[1], row[2]))
        return found

    def customer(self, golden_id: str) -> Collection[tuple[str, Native]]:
        return self.records().get(golden_id, [])

    def truth(self, record: Record) -> str | None:
        """Whose record it is: whom its typist had in mind, else whose name it bears."""
        item = self.table(record[0], "T").items.get(record[1])
        if item is None:
            return None
        typed = item.values.get("truth")
        return str(typed) if typed is not None else truth_by_name(item.values.get("name"))

    def truths(self, golden_id: str) -> set[str]:
        """Whom a golden record is about, as far as anybody can tell."""
        records = self.records().get(golden_id, [])
        typed = {
            str(item.values["truth"])
            for system, id in records
            if (item := self.table(system, "T").items.get(id)) is not None and "truth" in item.values
        }
        named = {truth for record in records if (truth := self.truth(record)) is not None}
        return typed or named or self._by_name(golden_id)

    def _by_name(self, golden_id: str) -> set[str]:
        """Of one whose records are all gone."""
        with self.store.reading() as connection:
            truth = truth_by_name(history.title(connection, golden_id))
        return {truth} if truth is not None else set()

    # -- what people say ---------------------------------------------------------------------------------

    def questions(self, verdict: tuple[str, ...] = ("open",)) -> list[Likeness]:
        with self.store.reading() as connection:
            return likenesses.listed(connection, verdicts=verdict)

    def mergers(self) -> list[Merger]:
        with self.store.reading() as connection:
            return mergers.listed(connection)

    def goldens(self) -> list[str]:
        with self.store.reading() as connection:
            query = select(t.golden.c.id).where(t.golden.c.entity == "customer").order_by(t.golden.c.id)
            return list(connection.scalars(query))

    def do_say(
        self, nth: int, word: str, merges: bool = False, keep: int | None = None, anew: bool = False
    ) -> str | None:
        """Answer a question: `same`, `different`, or the `truth`. `anew`: one that was answered before."""
        found = self.questions(("open", "different") if anew else ("open",))
        if not found:
            return None
        asked = found[nth % len(found)]
        if word == "truth":
            word = "same" if self._are_one(*asked.pair) else "different"
        if word == "different":
            return self._say_different(
                asked.pair, lambda engine: verdicts.different(engine, asked.id), self._named(asked.pair)
            )
        stays = asked.pair[keep] if keep is not None else None
        return self._say_same(
            asked.pair,
            lambda engine: verdicts.same(engine, asked.id, keep=stays, merges=merges, insist=anew),
            self._named(asked.pair),
        )

    def do_point_out(self, one: int, other: int, word: str, merges: bool = False) -> str | None:
        """Somebody says of two records that nobody asked about that they are the same, or different."""
        found = self.goldens()
        if len(found) < 2 or one % len(found) == other % len(found):
            return None
        pair = found[one % len(found)], found[other % len(found)]
        if word == "truth":
            word = "same" if self._are_one(*pair) else "different"
        if word == "different":
            return self._say_different(
                pair, lambda engine: verdicts.apart(engine, "customer", *pair), self._named(pair)
            )
        return self._say_same(
            pair,
            lambda engine: verdicts.together(engine, "customer", *pair, merges=merges, insist=True),
            self._named(pair),
        )

    def do_split(self, nth: int) -> str | None:
        found = self.mergers()
        if not found:
            return None
        merger = found[nth % len(found)]
        pair = (merger.keep, merger.lose)
        return self._say_different(pair, lambda engine: verdicts.split(engine, merger.id), "split")

    def do_merge(self, nth: int) -> str | None:
        """Somebody has the systems make their records one, too."""
        found = self.mergers()
        if not found:
            return None
        merger = found[nth % len(found)]
        done = self._asked(lambda engine: verdicts.merge_again(engine, merger.id))
        return None if done is None else f"somebody has merger {merger.id} carried out"

    def do_plan_and_sync(self) -> str | None:
        """Where no system is to make records one: that is no write, and in no plan."""
        with self.store.reading() as connection:
            if mergers.steps(connection, states=PENDING):
                return None
        return super().do_plan_and_sync()

    def _say_same(self, pair: tuple[str, str], act: Callable[[Engine], Any], named: str) -> str | None:
        truths = self.truths(pair[0]) | self.truths(pair[1])
        done = self._asked(act)
        if done is None:
            return None
        if self._now(pair[0]) == self._now(pair[1]):
            if len(truths) > 1:
                self.said_one.append(truths)
            self.apart = {two for two in self.apart if self._now(two[0]) != self._now(two[1])}
        return f"somebody says that {named} are the same"

    def _say_different(self, pair: tuple[str, str], act: Callable[[Engine], Any], named: str) -> str | None:
        done = self._asked(act)
        if done is None:
            return None
        if not isinstance(done, Crash):
            self.apart.add(pair)
        if named == "split":
            return f"somebody takes the merger of {self._named(pair)} back"
        return f"somebody says that {named} are different"

    def _asked(self, act: Callable[[Engine], Any]) -> Any:
        """What came of it; nothing where it was refused with a reason, which changes nothing.

        Somebody who speaks while the hub is in the middle of a transaction would wait for its end: here, for
        good.
        """
        if self.store.inside:
            return None
        try:
            return self.hub(act)
        except DecisionError:
            return None

    def _now(self, golden_id: str) -> str:
        with self.store.reading() as connection:
            return mergers.successors(connection, [golden_id]).get(golden_id, golden_id)

    def _are_one(self, one: str, other: str) -> bool:
        ours, theirs = self.truths(one), self.truths(other)
        return bool(ours) and ours == theirs

    def _named(self, pair: tuple[str, str]) -> str:
        records = self.records()
        return " and ".join(
            "/".join(f"{system} {id}" for system, id in sorted(records.get(one, [])))[:60]
            or "one that is gone"
            for one in pair
        )

    def decide_the_rest(self) -> bool:
        """Whoever is asked at last tells the truth."""
        asked = self.questions()
        for one in asked:
            with self.store.reading() as connection:
                now = likenesses.by_id(connection, one.id)
            if now is not None and now.verdict == "open":
                place = [found.id for found in self.questions()].index(one.id)
                self.do_say(place, "truth", merges=self.config["merges"])
        return bool(asked)


def _ticking() -> Callable[[], int]:
    """Ids that ascend, the same ones in every telling."""
    numbers = count(1_000_000)
    return lambda: next(numbers) * 1000
