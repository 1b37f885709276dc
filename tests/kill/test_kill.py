"""The daemon of `hub run` is killed at random instants, again and again, while people go on typing.

Two hundred kills in all, on both databases. Afterwards every promise holds: nothing twice, nothing lost, a
quiet world, nothing stuck, nothing left lying (`tests.kill.verdict`).
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill.deaths import Edit, Life
from tests.kill.people import People
from tests.kill.place import Place, environment
from tests.kill.systems import SandboxOdoo
from tests.kill.verdict import judge, rest
from tests.tally import tally

KILLS = 34


@pytest.fixture
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the daemons' compiled modules are kept for the whole run."""
    return tmp_path_factory.getbasetemp().parent / "bytecode"


@pytest.fixture
def odoo(tmp_path: Path, bytecode: Path) -> Iterator[SandboxOdoo]:
    started = SandboxOdoo(tmp_path, environment(tmp_path / "odoo-temporary", bytecode))
    yield started
    started.kill()


def survive(place: Place, kills: int) -> None:
    """So many lives and deaths, then rest, then the verdict. What happened is told where it does not hold."""
    seed = secrets.randbits(32)
    dice = random.Random(seed)
    people = People(place.systems, dice)
    people.begin(8)
    story = [f"seed {seed}"]
    try:
        for _ in range(kills):
            story.append(one_life(place, people, dice))
            tally("crashes survived")
        rest(place)
        judge(place, people.typed, people.sirets)
    except BaseException as problem:
        problem.add_note("\n".join(["", *story, "", place.log()]))
        raise


def one_life(place: Place, people: People, dice: random.Random) -> str:
    """People type while the hub is down, and while it is up; then it is killed."""
    if place.accounting is not None:
        place.accounting.work()
    for name, system in place.systems.items():
        people.seen(name, set(system.rows()))
    told = [people.type() for _ in range(dice.choice((0, 1, 1, 2)))]
    edits = [
        Edit(dice.uniform(0, 0.8), lambda: people.type(("odoo", "clients")))
        for _ in range(dice.choice((0, 1, 1)))
    ]
    return "; ".join([*told, str(Life(place, dice).run(edits))])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("company", ["office", "office with Sage", "another office"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_the_instant_it_is_killed_at_nothing_is_lost_and_nothing_is_twice(
    database: str, company: str, odoo: SandboxOdoo, tmp_path: Path, bytecode: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    url = "sqlite:///hub.sqlite" if database == "sqlite" else request.getfixturevalue("postgres_url")
    place = Place(tmp_path, bytecode, odoo.office, url, sage="Sage" in company)
    try:
        survive(place, KILLS)
    finally:
        place.close()
