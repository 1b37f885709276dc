"""The calls of now: kept, merged, found gone, given up and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.calls import Call, CallBook, Changed
from hub.exchange import Alive, CallEvent, Kind

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def event(kind: Kind, seconds: float, call: str = "a", source: str = "paris", **more: Any) -> CallEvent:
    more.setdefault("leg_id", more.get("agent", ""))
    return CallEvent(source=source, kind=kind, call_id=call, at=at(seconds), **more)


def book_of(*events: CallEvent) -> CallBook:
    book = CallBook()
    for one in events:
        book.hear(one)
    return book


def call_of(*events: CallEvent) -> Call:
    (call,) = book_of(*events).calls()
    return call


COMES = event("started", 0, direction="inbound", number="+33450123456", did="0450999801")
RINGS = event("ringing", 1, agent="101")


def test_a_call_says_who_rings_who_talks_and_who_answered() -> None:
    book = book_of(COMES, event("queued", 0, queue="support"), RINGS, event("ringing", 1, agent="102"))
    (call,) = book.calls()
    assert (call.ringing, call.talking, call.outcome) == (("101", "102"), (), "ringing")
    assert call.ring_seconds is None
    assert call.talk_seconds is None
    book.hear(event("answered", 4, agent="102"))
    book.hear(event("stopped", 4, agent="101", reason="elsewhere"))
    (call,) = book.calls()
    assert (call.ringing, call.talking, call.outcome) == ((), ("102",), "talking")
    book.hear(event("held", 5, agent="102"))
    assert book.calls()[0].held
    book.hear(event("resumed", 6, agent="102"))
    assert not book.calls()[0].held
    book.hear(event("ended", 14))
    (call,) = book.calls()
    assert (call.answered_by, call.outcome, call.queue) == ("102", "answered", "support")
    assert (call.ring_seconds, call.wait_seconds, call.talk_seconds) == (3.0, 4.0, 10.0)
    assert [(ring.agent, ring.reason) for ring in call.rings] == [("101", "elsewhere"), ("102", "")]


OUTCOMES: dict[str, tuple[list[CallEvent], str]] = {
    "in a greeting": ([event("gave up", 3)], "abandoned"),
    "while it rings": ([RINGS, event("gave up", 3), event("stopped", 3, agent="101", reason="cancelled")],
                       "abandoned"),
    "after nobody answered": ([RINGS, event("stopped", 3, agent="101", reason="no answer"),
                               event("gave up", 4)], "missed"),
    "between two rounds": ([event("queued", 0, queue="q"), RINGS,
                            event("stopped", 3, agent="101", reason="no answer"), event("gave up", 4)],
                           "abandoned"),
    "out of time": ([RINGS, event("stopped", 3, agent="101", reason="no answer")], "missed"),
    "unreachable": ([event("stopped", 3, agent="101", reason="unreachable")], "missed"),
    "one busy": ([event("stopped", 3, agent="101", reason="busy")], "busy"),
    "one busy, one refused": ([event("stopped", 3, agent="101", reason="busy"), RINGS,
                               event("stopped", 3, agent="102", reason="refused")], "busy"),
    "one busy, one silent": ([event("stopped", 3, agent="101", reason="busy"),
                              event("stopped", 3, agent="102", reason="no answer")], "missed"),
    "all of a queue busy": ([event("queued", 0, queue="q"), event("stopped", 3, agent="101", reason="busy")],
                            "missed"),
    "nothing happened": ([], "missed"),
}  # fmt: skip


@pytest.mark.parametrize("how", OUTCOMES)
def test_what_became_of_a_call_nobody_answered(how: str) -> None:
    events, outcome = OUTCOMES[how]
    assert call_of(COMES, *events, event("ended", 5)).outcome == outcome


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("busy", "busy"), ("refused", "busy"), ("cancelled", "unanswered"), ("no answer", "unanswered"),
     ("unreachable", "unreachable"), ("", "unanswered")],
)  # fmt: skip
def test_what_became_of_a_call_to_the_outside(reason: Any, outcome: str) -> None:
    call = call_of(
        event("started", 0, direction="outbound", agent="101", number="0450123456"),
        event("dialling", 1, leg_id="line"), event("stopped", 4, leg_id="line", reason=reason),
        event("gave up", 4), event("ended", 5),
    )  # fmt: skip
    assert (call.outcome, call.answered_by, call.agents, call.caller) == (outcome, "", (), "101")


def test_a_call_to_the_outside_is_answered_by_the_other_party_whoever_says_so() -> None:
    """Asterisk names nobody, a hosted exchange the user who called, some not even who called."""
    started = event("started", 0, direction="outbound", agent="anna", number="0450123456")
    for first, agent in (
        (started, ""),
        (started, "anna"),
        (event("started", 0, direction="outbound"), "anna"),
    ):
        call = call_of(first, event("answered", 3, agent=agent, leg_id="x"), event("ended", 9))
        assert (call.outcome, call.agents, call.talk_seconds) == ("answered", ("anna",), 6.0)


def test_an_internal_call_is_internal_and_tells_how_it_ended() -> None:
    started = event("started", 0, direction="internal", agent="101", did="102")
    call = call_of(
        started, event("ringing", 1, agent="102"), event("answered", 2, agent="102"), event("ended", 4)
    )
    assert (call.outcome, call.result, call.number, call.caller) == ("internal", "answered", "102", "101")
    assert call.agents == ("101", "102")


def test_a_call_named_by_nothing_but_a_late_word_is_a_call() -> None:
    call = call_of(event("answered", 3, agent="101"))
    assert (call.direction, call.outcome, call.talking, call.number) == (None, "talking", ("101",), "")


def test_of_merged_calls_the_customer_s_is_the_call_whichever_is_named_first() -> None:
    consult = [event("started", 2, "b", direction="internal", agent="101", did="102"),
               event("answered", 3, "b", agent="102")]  # fmt: skip
    for merged in (event("merged", 5, "b", target="a"), event("merged", 5, "a", target="b")):
        book = book_of(*consult, COMES, event("answered", 1, agent="101"))
        changes = book.hear(merged)
        (call,) = book.calls()
        assert (call.id, call.parts, call.direction) == ("paris:a", ("paris:b",), "inbound")
        assert [(one.before.id, one.after.id) for one in changes if one.before] == [
            ("paris:a", "paris:a"),
            ("paris:b", "paris:a"),
        ]
        assert book.get("paris:b") is call


def test_a_merged_call_is_over_when_the_call_it_went_into_is() -> None:
    book = book_of(COMES, event("started", 2, "b", direction="internal", agent="101"),
                   event("merged", 5, "b", target="a"), event("ended", 9))  # fmt: skip
    assert book.calls()[0].over


def test_two_exchanges_with_the_same_ids_have_nothing_to_do_with_each_other() -> None:
    book = book_of(COMES, event("started", 3, source="lyon"), event("merged", 4, target="b", source="lyon"))
    assert {call.id for call in book.calls()} == {"paris:a", "lyon:a"}
    book.hear(Alive("lyon", frozenset(), at(9)))
    assert {call.id: call.over for call in book.calls()} == {"paris:a": False, "lyon:a": True}


def test_calls_that_are_gone_after_a_break_are_over_and_nobody_knows_how() -> None:
    book = book_of(COMES, RINGS, event("started", 0, "b"), event("answered", 2, "b", agent="102"),
                   event("started", 0, "c"))  # fmt: skip
    changes = book.hear(Alive("paris", frozenset({"c"}), at(60)))
    outcomes = {change.after.id: change.after.outcome for change in changes}
    assert outcomes == {"paris:a": "unknown", "paris:b": "answered"}
    assert all(change.after.lost and change.after.ended_at == at(60) for change in changes)
    assert book.hear(Alive("paris", frozenset({"c"}), at(61))) == []
    book.hear(event("ended", 30, "b"))
    ended = book.get("paris:b")
    assert ended is not None
    assert (ended.ended_at, ended.lost) == (at(30), False)


def test_a_telephone_that_stopped_ringing_in_a_break_rings_no_longer() -> None:
    book = book_of(COMES, RINGS, event("ringing", 1, agent="102"), event("answered", 2, agent="102"))
    (change,) = book.hear(Alive("paris", frozenset({"a"}), at(60), frozenset({"102"})))
    assert (change.after.ringing, change.after.talking) == ((), ("102",))
    (change,) = book.hear(Alive("paris", frozenset({"a"}), at(70), frozenset()))
    assert change.after.talking == ()
    assert not change.after.over


def test_a_call_nobody_speaks_of_any_more_may_be_given_up() -> None:
    book = book_of(COMES, RINGS, event("started", 5000, "b"))
    changes = book.expire(at(4000))
    assert [change.after.id for change in changes] == ["paris:a"]
    assert book.calls()[0].outcome == "unknown" or book.calls()[1].outcome == "unknown"


def test_what_is_forgotten_stays_forgotten() -> None:
    book = book_of(COMES, event("ended", 9), event("started", 20, "b"))
    assert [call.id for call in book.forget(at(10))] == ["paris:a"]
    assert [call.id for call in book.calls()] == ["paris:b"]
    assert book.hear(event("ringing", 5, agent="101")) == []
    assert book.late == {"paris": 1}
    assert book.hear(event("started", 21, "c")) != []
    assert book.hear(event("ringing", 5, source="lyon")) != []


def test_forgetting_leaves_nothing_behind() -> None:
    book = CallBook()
    for number in range(500):
        call, part = f"c{number}", f"p{number}"
        book.hear(event("started", number, call, direction="inbound"))
        book.hear(event("merged", number, part, target=call))
        book.hear(event("merged", number, part, target=f"never{number}"))
        book.hear(event("ended", number, call))
    book.forget(at(1000))
    assert not book.calls()
    assert not book._facts
    assert not book._part_of
    assert not book._parties


def test_a_call_the_book_was_closed_on_goes_on_when_it_is_opened_again() -> None:
    book = book_of(COMES, RINGS)
    again = CallBook(Call.from_json(call.to_json()) for call in book.calls())
    (change,) = again.hear(event("answered", 3, agent="101"))
    assert change.before == book.calls()[0]
    assert change.after.talking == ("101",)


@pytest.mark.parametrize(
    "data",
    [{}, {"facts": [{}]}, {"facts": [{"source": "a", "call_id": "b", "first": "soon", "last": "soon"}]},
     {"facts": [{"source": "a", "call_id": "b", "first": "2026-01-01T00:00:00+00:00",
                 "last": "2026-01-01T00:00:00+00:00", "legs": {"x": {"reason": "bored"}}}]},
     {"facts": [{"source": "a", "call_id": "b", "first": "2026-01-01T00:00:00+00:00",
                 "last": "2026-01-01T00:00:00+00:00", "transfers": {"x": {"way": ["2026-01-01", "warm"]}}}]}],
)  # fmt: skip
def test_what_was_never_kept_is_not_taken_for_a_call(data: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Call.from_json(data)


def test_what_is_said_twice_changes_nothing() -> None:
    book = book_of(COMES, RINGS)
    changes: list[Changed] = [*book.hear(COMES), *book.hear(RINGS)]
    assert changes == []
