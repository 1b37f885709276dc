"""The daemon of `hub run` is killed at random instants, again and again, while people go on typing.

Two hundred kills in all, on both databases. Afterwards every promise holds: nothing twice, nothing lost, a
quiet world, nothing stuck, nothing left lying (`tests.kill.verdict`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill.place import Place
from tests.kill.survival import a_company
from tests.kill.systems import SandboxOdoo

KILLS = 34


@pytest.mark.timeout(900)
@pytest.mark.parametrize("company", ["office", "office with Sage", "another office"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_the_instant_it_is_killed_at_nothing_is_lost_and_nothing_is_twice(
    database: str, company: str, odoo: SandboxOdoo, tmp_path: Path, bytecode: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    url = "sqlite:///hub.sqlite" if database == "sqlite" else request.getfixturevalue("postgres_url")
    with a_company(Place(tmp_path, bytecode, odoo.office, url, sage="Sage" in company)) as survivors:
        survivors.survive(KILLS)
