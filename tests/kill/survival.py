"""A company whose hub is killed: its place, its people, what happened to them, and the verdict."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.kill import verdict
from tests.kill.deaths import Edit, Life
from tests.kill.people import People
from tests.kill.place import Place
from tests.tally import tally

EVERYWHERE, SOMEWHERE = 16, 6
"""Customers there are at first, so that no brake holds a run that makes more records than it has links."""


@dataclass
class Company:
    """A place and its people. `story` is what happened, for whoever must understand a failure."""

    place: Place
    people: People
    dice: random.Random
    story: list[str] = field(default_factory=list)

    def survive(self, kills: int) -> None:
        """So many lives and deaths of the daemon, then rest."""
        for _ in range(kills):
            self.story.append(self._one_life())
            tally("crashes survived")
        self.rest()

    def rest(self, before: Callable[[], None] = lambda: None) -> None:
        """The daemon works until nothing is left to do; `before` happens while it does."""
        verdict.rest(self.place, before)

    def _one_life(self) -> str:
        """People type while the hub is down, and while it is up; then it is killed."""
        if self.place.accounting is not None:
            self.place.accounting.work()
        for name, system in self.place.systems.items():
            self.people.seen(name, set(system.rows()))
        told = [self.people.type(together=True) for _ in range(self.dice.choice((0, 1, 1, 2)))]
        # Nobody types in Sage while the hub may hand a file over: a known limit of an exchange by files.
        edits = [
            Edit(self.dice.uniform(0, 0.8), lambda: self.people.type(("odoo", "clients")))
            for _ in range(self.dice.choice((0, 1, 1)))
        ]
        return "; ".join([*told, str(Life(self.place, self.dice).run(edits))])


@contextmanager
def a_company(place: Place) -> Iterator[Company]:
    """Judged at the end; where something does not hold, it is told with all that happened before."""
    seed = secrets.randbits(32)
    dice = random.Random(seed)
    company = Company(place, People(place.systems, dice), dice, [f"seed {seed}"])
    company.people.begin(EVERYWHERE, SOMEWHERE)
    try:
        yield company
        verdict.judge(place, company.people.typed, company.people.sirets)
    except BaseException as problem:
        problem.add_note("\n".join(["", *company.story, "", place.log()]))
        raise
    finally:
        place.close()
