"""A server that asks to be left alone is: for as long as it says, within reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest

from connectors.odoo import session
from connectors.odoo.session import SITS_OUT, TRIES
from tests.wire.company import Company
from tests.wire.faults import page
from tests.wire.table import anything, called, comes_to_rest

DOOR = pytest.mark.parametrize("door", [("19", "json2"), ("19", "xmlrpc"), ("14", "jsonrpc")], ids="-".join)


@DOOR
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_as_long_as_the_server_asks(company: Company, status: int) -> None:
    company.type_in_list([1])
    trap = company.proxy.arm(page(status, Retry_After="7"), called("search_read")(), times=2)
    told = company.sync()
    assert len(trap.met) == 2
    assert [wait for wait in told.waits if wait >= 7] == [7, 7]
    assert any(f"HTTP {status}" in line and "wait 7 s" in line for line in told.lines), told.lines
    comes_to_rest(company)


@DOOR
def test_a_wait_told_as_a_date_is_understood(company: Company) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    company.proxy.arm(page(429, Retry_After=until), called("search_read")())
    told = company.sync()
    (wait,) = [wait for wait in told.waits if wait > 5]
    assert wait <= 20


@DOOR
@pytest.mark.parametrize("asked", ["soon", "", "-5", "Mon, 05 Jan 2026 08:00:00 GMT"])
def test_a_wait_nobody_can_make_sense_of_is_none(company: Company, asked: str) -> None:
    company.type_in_list([1])
    trap = company.proxy.arm(page(503, Retry_After=asked), called("search_read")())
    told = company.sync()
    assert trap.met
    assert max(told.waits) < 5
    comes_to_rest(company)


@DOOR
def test_a_server_that_asks_for_an_hour_is_asked_nothing_meanwhile(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.type_in_list([1])
    company.sync()
    company.correct_in_list(1, "Nîmes")
    trap = company.proxy.arm(page(429, Retry_After="3600"), anything(), times=None)
    told = company.sync()
    assert len(trap.met) == told.requests == 1
    assert "wait 3600 s" in str(told.problems[0])
    again = company.sync()
    assert again.requests == 0
    assert "wait 3600 s" in str(again.problems[0])

    company.proxy.disarm()
    later = monotonic() + session.LONGEST_QUIET + 1
    monkeypatch.setattr("connectors.odoo.session.monotonic", lambda: later)
    company.sync()
    comes_to_rest(company)


@DOOR
def test_a_write_that_was_turned_away_is_tried_a_few_times_and_then_left_for_later(company: Company) -> None:
    company.type_in_list([1])
    trap = company.proxy.arm(page(429, Retry_After=str(int(SITS_OUT))), called("load")(), times=None)
    told = company.sync()
    assert len(trap.met) == TRIES
    assert sum(wait >= SITS_OUT for wait in told.waits) == TRIES - 1
    assert "slow down" in str(told.problems[0])
    company.proxy.disarm()
    company.sync()
    comes_to_rest(company)
    assert len(company.proxy.passed(["load"])) == 1
