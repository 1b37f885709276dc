"""What goes over the wire, and what comes of Odoo's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.odoo.client import Version
from connectors.odoo.desk import OdooDesk, card, module
from connectors.odoo.faults import Fault, Lost
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.desk import Candidate, Desk, Message, Order, Show, Withdraw
from hub.ports import ClockReading, Denied, Misconfigured, Unreachable

SETTINGS = Settings(url="http://127.0.0.1:1", database="d", login="hub", password="secret")
ACTIONS = [{"name": module.SHOW, "res_id": 7}, {"name": module.TAKE, "res_id": 8}]


class Door:
    """Odoo's answers by model and method, and all that was asked. An exception is raised."""

    door = "jsonrpc"

    def __init__(self, answers: Mapping[tuple[str, str], Any]) -> None:
        self.answers = {("ir.model.data", "search_read"): ACTIONS, **answers}
        self.asked: list[tuple[str, str, tuple[Any, ...], dict[str, Any] | None]] = []

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        self.asked.append((model, method, args, context))
        answer = self.answers[model, method]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def server_version(self) -> Version:
        return (19, 0)

    def authenticate(self) -> int | None:
        return 5

    def now(self) -> datetime:
        return datetime.now(UTC)

    def clock_reading(self) -> ClockReading | None:
        return None

    def requests_sent(self) -> int:
        return len(self.asked)

    def close(self) -> None:
        return None


def desk(**answers: Any) -> tuple[OdooDesk, Door]:
    door = Door({tuple(name.replace("__", ".").rsplit("-", 1)): answer for name, answer in answers.items()})  # type: ignore[misc]
    session = Session("odoo", SETTINGS, opener=lambda system, settings: door, wait=lambda seconds: None)
    return OdooDesk("odoo", SETTINGS, session=session), door


RUN = "ir__actions__server-run"


def test_it_is_a_desk() -> None:
    assert isinstance(desk()[0], Desk)


def test_all_messages_go_in_one_request_once_the_actions_are_known() -> None:
    made, door = desk(**{RUN: {"unshown": []}})
    messages: list[Message] = [
        Show("a", "c", "+331", "01"),
        Withdraw("b", "c"),
        Withdraw("a", "c", answered=True),
    ]
    assert made.send(messages) == []
    assert made.send(messages) == []
    assert [(model, method) for model, method, _, _ in door.asked] == [
        ("ir.model.data", "search_read"), ("ir.actions.server", "run"), ("ir.actions.server", "run"),
    ]  # fmt: skip
    asked = door.asked[-1][3]
    assert asked is not None
    sent = asked["hub_calls"]["messages"]
    assert [(one["kind"], one["user"]) for one in sent] == [
        ("show", "a"),
        ("withdraw", "b"),
        ("withdraw", "a"),
    ]
    assert sent[2]["answered"] is True


def test_no_message_is_no_request() -> None:
    made, door = desk()
    assert not made.send([])
    assert door.asked == []


def test_a_card_goes_over_the_wire_without_none_which_xml_does_not_carry() -> None:
    made, door = desk(**{RUN: {"unshown": []}})
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    known = Candidate("customer", "g", "res.partner", "7", "Un", "Lille", at, 2)
    elsewhere = Candidate("customer", "h", "", "", "Deux")
    made.send([Show("a", "c", "", "", hidden=True, candidates=(known, elsewhere))])
    sent = door.asked[-1][3]
    assert "None" not in repr(sent)
    assert sent is not None
    first, second = sent["hub_calls"]["messages"][0]["candidates"]
    assert first["last_call"] == "2026-03-01T10:00:00+00:00"
    assert second["last_call"] is False


def test_what_reached_nobody_comes_back_with_odoo_s_reason() -> None:
    made, _ = desk(**{RUN: {"unshown": [{"place": 1, "reason": "there is no active internal user «b»"}]}})
    messages = [Withdraw("a", "c"), Withdraw("b", "c")]
    (unshown,) = made.send(messages)
    assert unshown.message is messages[1]
    assert unshown.todo


def test_a_lost_reply_is_not_sent_again() -> None:
    made, door = desk(**{RUN: Lost("odoo", "cut")})
    with pytest.raises(Unreachable):
        made.send([Withdraw("a", "c")])
    assert sum(method == "run" for _, method, _, _ in door.asked) == 1


@pytest.mark.parametrize(
    ("kind", "error"), [("access", Denied), ("name", Misconfigured), ("refused", Misconfigured)]
)
def test_what_odoo_refuses_is_told_and_looked_up_anew(kind: Any, error: type[Exception]) -> None:
    made, door = desk(**{RUN: Fault(kind, "no")})
    for _ in range(2):
        with pytest.raises(error, match=r"hub_calls|no"):
            made.send([Withdraw("a", "c")])
    assert sum(method == "search_read" for _, method, _, _ in door.asked) == 2


def test_an_odoo_without_the_module_is_told_what_to_do() -> None:
    made, _ = desk(**{"ir__model__data-search_read": []})
    with pytest.raises(Misconfigured) as told:
        made.send([Withdraw("a", "c")])
    assert "hub odoo setup" in told.value.todo


def test_orders_are_taken_only_where_some_wait() -> None:
    made, door = desk(**{"x_hub_call_order-search_count": 0})
    assert made.orders() == ()
    of_a = {"id": 3, "user": "a", "number": "+331", "model": "res.partner", "record": 9}
    of_b = {"id": 4, "user": "b", "number": "12", "model": "", "record": 0}
    rows = [{**of_a, "at": "2026-03-01T10:00:00.5"}, {**of_b, "at": "2026-03-01T10:00:01"}]
    door.answers["x_hub_call_order", "search_count"] = 2
    door.answers["ir.actions.server", "run"] = {"orders": rows}
    first, second = made.orders()
    assert first == Order("3", "a", "+331", datetime(2026, 3, 1, 10, 0, 0, 500000, UTC), ("res.partner", "9"))
    assert second.record is None


def test_with_the_plain_notification_alone_there_are_no_orders() -> None:
    made, door = desk(**{"ir__model__data-search_read": ACTIONS[:1]})
    assert made.orders() == ()
    assert len(door.asked) == 1


def test_a_telephone_of_two_people_is_nobody_s() -> None:
    rows = [
        {"login": "a", "x": "101"},
        {"login": "b", "x": " 101 "},
        {"login": "c", "x": "102"},
        {"login": "d", "x": " "},
    ]
    made, _ = desk(**{"res__users-search_read": rows})
    found = made.agents("x")
    assert found.logins == {"102": "c"}
    assert found.problems == ("101: a, b",)


def test_the_card_that_ships_is_well_formed_and_an_admin_s_mistake_is_told_at_its_place() -> None:
    assert {one.key for one in card.usual().facts} == {"contract", "tickets", "unpaid", "call"}
    for given, place in (
        ({"facts": [{"key": "k", "label": {"en": "L"}, "model": "m", "show": "sum"}]}, "calls.card.facts.0"),
        (
            {"facts": [{"key": "k", "label": {"en": "L"}, "model": "M; x", "show": "count"}]},
            "calls.card.facts.0.model",
        ),
        ({"fact": []}, "calls.card.fact"),
        ("text", "calls.card"),
    ):
        with pytest.raises(Misconfigured, match=place.replace(".", r"\.")):
            card.read("odoo", given)
