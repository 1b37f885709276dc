"""The daemon is killed at random instants while it works with a real Odoo 19; and so is that Odoo."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.kill.deaths import WRITES
from tests.kill.place import Place
from tests.kill.survival import Company, a_company
from tests.kill.systems import Office
from tests.live import plugin
from tests.live.servers import Odoo, Server, start
from tests.tally import tally
from tests.wire.proxy import Exchange

KILLS = 52
ODOO_KILLS = 4


@pytest.fixture
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the daemons' compiled modules are kept for the whole run."""
    return tmp_path_factory.getbasetemp().parent / "bytecode"


@contextmanager
def an_office(odoo: Odoo) -> Iterator[Office]:
    """A fresh database of this Odoo."""
    database = odoo.fresh_database()
    try:
        office = Office(odoo.url, database, odoo.login, odoo.api_key or odoo.password)
        if "siret" in office.call("res.partner", "fields_get", [], ["type"]):
            office.siret = "siret"
        yield office
    finally:
        odoo.drop(database)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_daemon_is_killed_at_any_instant_and_nothing_is_lost_and_nothing_is_twice(
    database: str, odoo19: Odoo, tmp_path: Path, bytecode: Path, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:///hub.sqlite" if database == "sqlite" else request.getfixturevalue("postgres_url")
    with an_office(odoo19) as office, a_company(Place(tmp_path, bytecode, office, url)) as company:
        company.survive(KILLS)


@pytest.fixture
def server(pytestconfig: pytest.Config, odoo19: Odoo) -> Iterator[Server]:
    """An Odoo 19 of this test's own, that it may kill."""
    built = pytestconfig.stash[plugin._SERVERS].built.get(19)
    if built is None:
        pytest.skip("the Odoo 19 that the environment names is not the test's to kill")
    started = start(built)
    try:
        yield started
    finally:
        started.stop()


@pytest.mark.timeout(900)
def test_odoo_is_killed_in_the_middle_of_work_and_comes_back(
    server: Server, tmp_path: Path, bytecode: Path
) -> None:
    with an_office(server.odoo) as office, a_company(Place(tmp_path, bytecode, office)) as company:
        company.rest(lambda: kills(server, company))


def kills(server: Server, company: Company) -> None:
    """At a write it has not got, is at, or has done; and started again, which takes it some seconds."""

    def before(exchange: Exchange) -> None:
        server.kill_odoo()
        exchange.reset()

    def after(exchange: Exchange) -> None:
        exchange.pass_on()
        server.kill_odoo()
        exchange.reset()

    def meanwhile(exchange: Exchange) -> None:
        killer = threading.Timer(company.dice.uniform(0, 0.05), server.kill_odoo)
        killer.start()
        # The answer may be cut short anywhere.
        with suppress(OSError, HTTPException):
            exchange.pass_on()
        killer.join()
        exchange.close()

    ways: list[Callable[[Exchange], None]] = [before, after, meanwhile]
    for nth in range(ODOO_KILLS):
        company.people.type()
        trap = company.place.wire.arm(ways[nth % len(ways)], lambda request: request.method in WRITES)
        end = time.monotonic() + 10
        while not trap.met and time.monotonic() < end:
            company.people.type(("clients",))
            time.sleep(company.dice.uniform(0.3, 0.8))
        server.kill_odoo()
        company.place.wire.disarm()
        server.start_odoo()
        tally("crashes survived")
