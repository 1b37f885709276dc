"""How the telephone was answered, counted from the log; and the commands that show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.calllog.figures import figures
from hub.calllog.log import CallLog
from hub.calls import CallBook
from hub.mapping import Mappings
from hub.store import Store
from tests.calls.office import MemoryExchange
from tests.cli.conftest import Company

NUMBER, OTHER = "+33199001234", "+33199005678"


def call(**more: Any) -> dict[str, Any]:
    return {
        "direction": "inbound", "started_at": "2026-03-02T09:00:00+00:00", "outcome": "answered",
        "answered_by": "101", "queue": "support", "ring_seconds": 4.0, **more,
    }  # fmt: skip


def test_each_call_counts_once_for_its_day_its_agent_and_its_queue() -> None:
    calls = [
        call(),
        call(answered_by="102", ring_seconds=8.0),
        call(outcome="abandoned", answered_by="", started_at="2026-03-03T09:00:00+00:00"),
        call(outcome="missed", answered_by="", queue=""),
        call(direction="outbound", answered_by="", agents=["102"], queue=""),
        call(direction="internal", agents=["101"], queue=""),
    ]
    table = figures(calls, (), UTC).as_json()
    total = table["total"]
    assert [total[name] for name in ("calls", "inbound", "outbound", "internal")] == [6, 4, 1, 1]
    assert [total[name] for name in ("answered", "abandoned", "missed", "busy")] == [2, 1, 1, 0]
    assert total["seconds_to_answer"] == {"median": 6.0, "longest": 8.0}
    assert {day: one["calls"] for day, one in table["days"].items()} == {"2026-03-02": 5, "2026-03-03": 1}
    assert {who: (one["answered"], one["outbound"]) for who, one in table["agents"].items()} == {
        "101": (1, 0), "102": (1, 1),
    }  # fmt: skip
    assert {queue: one["calls"] for queue, one in table["queues"].items()} == {"support": 3}


def test_a_callback_counts_from_the_first_missed_call_to_the_talk() -> None:
    opened, closed = "2026-03-02T09:00:00+00:00", "2026-03-02T09:10:00+00:00"
    reached = {"reason": "reached", "closed_by": "102"}
    by_hand = {"reason": "closed in odoo", "closed_by": ""}
    table = figures(
        (), [(opened, closed, reached), (opened, "", {}), (opened, closed, by_hand)], UTC
    ).as_json()
    assert table["total"]["seconds_to_call_back"] == {"median": 600.0, "longest": 600.0}
    assert table["agents"]["102"]["seconds_to_call_back"] == {"median": 600.0, "longest": 600.0}


@pytest.fixture
def logged(tmp_path: Path) -> Company:
    """A hub with three calls of this morning in its log, one of them waiting to be called back."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "customer.yaml").write_text(
        "entity: customer\nfields: {name: {type: text, required: true}}\nmatch: [{exact: [name]}]\n"
        "systems: {clients: {object: Clients, key: N, fields: {name: Nom}}}\n"
    )
    (tmp_path / "hub.yaml").write_text("systems:\n  clients: {kind: excel, path: clients.xlsx}\n")
    company = Company(tmp_path)
    store = Store(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    store.migrate()
    book, exchange = CallBook(), MemoryExchange()
    today = datetime.now(UTC) - timedelta(hours=2)
    for number, (caller, answered) in enumerate(((NUMBER, True), (OTHER, False), (NUMBER, True))):
        for kind, more in (
            ("started", {"direction": "inbound", "number": caller, "did": "0199009900"}),
            ("ringing", {"leg_id": f"{number}", "agent": "101"}),
            (
                "answered" if answered else "gave up",
                {"leg_id": f"{number}", "agent": "101"} if answered else {},
            ),
            ("ended", {}),
        ):
            said = exchange.event(kind, str(number), **more)
            book.hear(type(said)(**{**fields(said), "at": today + timedelta(seconds=exchange.seconds)}))
    CallLog(store, Mappings(())).save(book.calls())
    store.close()
    return company


def fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__slots__}


def test_the_command_shows_the_week_and_who_waits(logged: Company) -> None:
    said = logged.hub("calls", "--json")
    assert said.code == 0, said.err
    assert (said.json["total"]["answered"], said.json["total"]["abandoned"]) == (2, 1)
    assert [one["number"] for one in said.json["to_call_back"]] == [OTHER]
    shown = logged.hub("calls").out
    assert "By day" in shown
    assert OTHER in shown


def test_calls_are_listed_and_narrowed_by_a_number_as_people_write_it(logged: Company) -> None:
    said = logged.hub("calls", "list", "--number", "01 99 00 12 34", "--json")
    assert [one["outcome"] for one in said.json["calls"]] == ["answered", "answered"]
    assert "01 99 00 56 78" in logged.hub("calls", "list").out
    assert logged.hub("calls", "list", "--since", "2 years from now").code == 2


def test_a_time_without_calls_says_so(logged: Company) -> None:
    assert "No calls since" in logged.hub("calls", "figures", "--since", "1 min").out
