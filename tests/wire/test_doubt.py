"""What an outage must not make the hub forget: that a write is in doubt, and how often it may try yet."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.clock import now
from hub.outcomes import PATIENCE
from hub.report import Report
from hub.store import outbox
from tests.tally import tally
from tests.wire.company import Company
from tests.wire.faults import FAULTS, page
from tests.wire.proxy import Exchange
from tests.wire.request import Request
from tests.wire.table import called, comes_to_rest

DOOR = pytest.mark.parametrize("door", [("19", "json2"), ("14", "xmlrpc")], ids="-".join)


class CutTwice:
    """The creation is held back on its way; then one question after it, and the look right before a new try
    finds nobody there."""

    def __init__(self) -> None:
        self.looks = 0

    def wanted(self, request: Request) -> bool:
        creating = request.model == "res.partner" and request.method == "load"
        looking = request.model == "ir.model.data"
        self.looks += looking
        return creating or (looking and self.looks > 2)

    def happens(self, exchange: Exchange) -> None:
        if exchange.request.method == "load":
            FAULTS["arrives late, after the hub gave up"].happens(exchange)
        else:
            FAULTS["torn before Odoo got it"].happens(exchange)


@DOOR
def test_a_creation_in_doubt_stays_in_doubt_when_the_next_try_finds_nobody_there(company: Company) -> None:
    company.sync()
    company.type_in_list([1])
    engine = company.engine()
    engine.pull_entity(engine.mappings[0], Report(), {"list"})
    twice = CutTwice()
    trap = company.proxy.arm(twice.happens, twice.wanted, times=None)
    company.sync()
    assert {request.method for request in trap.met} > {"load"}
    company.proxy.disarm()
    company.proxy.release()
    company.correct_in_odoo(1, "Lille")

    # The daemon delivers more often than it reads.
    with company.store.transaction() as connection:
        outbox.hurry(connection, engine.clock())
    engine.push_entity(engine.mappings[0], Report())
    lost = dict(company.in_odoo())[company.email(1)].city != "Lille"
    tally("values lost", int(lost))
    tally("faults injected", len(trap.met))
    assert not lost, "the hub wrote over what a person typed"
    company.sync()
    comes_to_rest(company)


@DOOR
def test_a_long_outage_uses_up_no_records_tries(company: Company) -> None:
    company.sync()
    company.type_in_list([1])
    for _ in range(PATIENCE + 3):
        trap = company.proxy.arm(page(429), called("load")(), times=None)
        company.sync()
        assert trap.met
    company.proxy.arm(FAULTS["torn before Odoo got it"].happens, called("load")())
    company.sync()
    tally("faults injected", PATIENCE + 4)
    company.proxy.disarm()
    company.sync()
    comes_to_rest(company)


@DOOR
def test_an_odoo_that_answers_questions_and_no_writes_is_given_time(company: Company) -> None:
    company.sync()
    company.type_in_list([1])
    began = datetime.fromisoformat(now())
    passed = 0.0
    engine = company.engine(lambda: (began + timedelta(seconds=passed)).isoformat(timespec="milliseconds"))
    trap = company.proxy.arm(page(504), called("load")(), times=None)
    engine.sync()
    for _ in range(20):
        passed += 15
        engine.push_entity(engine.mappings[0], Report())
    tally("faults injected", len(trap.met))
    assert 2 <= len(trap.met) < PATIENCE
    assert [row.state for row in company.outbox()] == ["sending"]

    company.proxy.disarm()
    passed += 300
    engine.push_entity(engine.mappings[0], Report())
    comes_to_rest(company)
