"""The same is known in the end, however often, how late and in what order things are said.

First of the facts themselves, for any events at all; then of every recorded stream, event by event; then of
the exchange's own messages, as far as they are ever out of order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.calls import Call, CallBook, Facts
from hub.calls.facts import join, said
from hub.exchange import CallEvent, Direction, Kind, Reason
from tests.calls.recordings import USED, everywhere, heard, of_events, of_messages, only, said_of
from tests.tally import tally

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = 8
"""How many messages another may overtake. Asterisk's channels overtake each other by two or three."""

T = TypeVar("T")

times = st.integers(0, 40).map(lambda seconds: BEGIN + timedelta(seconds=seconds))
words = st.sampled_from(["", "101", "102", "103", "+33450123456", "anonymous"])
happenings = st.builds(
    CallEvent,
    source=st.just("exchange"), kind=st.sampled_from(get_args(Kind)), call_id=st.sampled_from("abcd"),
    at=times, leg_id=st.sampled_from(["", "x", "y", "z"]),
    direction=st.sampled_from([None, *get_args(Direction)]), number=words, name=words, did=words,
    agent=words, queue=st.sampled_from(["", "support", "sales"]), hidden=st.sampled_from([None, True, False]),
    reason=st.sampled_from(get_args(Reason)), target=st.sampled_from(["", "a", "b", "c", "e"]),
    transfer=st.sampled_from(["", "blind", "attended"]), recording=st.sampled_from(["", "a.wav"]),
)  # fmt: skip


def whole(event: CallEvent) -> Facts:
    return said(replace(event, call_id="a"))


def by_id(calls: Sequence[Call]) -> dict[str, Call]:
    return {call.id: call for call in calls}


def shuffled(things: Sequence[T], random: Random, late: float, twice: float = 0.3) -> list[T]:
    """Each thing once or twice, none further than `late` places from where it was."""
    said_again = [one for one in things for _ in range(1 + (random.random() < twice))]
    places = sorted(range(len(said_again)), key=lambda place: place + random.random() * late)
    return [said_again[place] for place in places]


@given(happenings, happenings, happenings)
def test_knowing_two_things_is_the_same_in_any_order_and_however_often(
    first: CallEvent, second: CallEvent, third: CallEvent
) -> None:
    one, two, three = whole(first), whole(second), whole(third)
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) == one
    assert join(join(one, two), two) == join(one, two)


@settings(max_examples=300)
@given(st.lists(happenings, max_size=25), st.randoms(use_true_random=False))
def test_any_events_in_any_order_said_any_number_of_times_make_the_same_calls(
    events: list[CallEvent], random: Random
) -> None:
    expected = by_id(of_events(events))
    other = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(other)
    assert by_id(of_events(other)) == expected


@settings(max_examples=300)
@given(st.lists(happenings, max_size=25))
def test_what_is_said_to_have_changed_is_what_changed(events: list[CallEvent]) -> None:
    book, known = CallBook(), dict[str, Call]()
    for event in events:
        for change in book.hear(event):
            if change.before is not None:
                assert known.get(change.before.id) == change.before
                if change.before.id != change.after.id:
                    del known[change.before.id]
            else:
                assert change.after.id not in known
            known[change.after.id] = change.after
        assert known == by_id(book.calls())
        assert all(book.get(part) is call for call in book.calls() for part in (call.id, *call.parts))


@settings(max_examples=200)
@given(st.lists(happenings, max_size=25))
def test_no_conclusion_fails_and_each_survives_being_kept(events: list[CallEvent]) -> None:
    for call in of_events(events):
        again = Call.from_json(through_json(call.to_json()))
        assert again == call
        assert said_of(again) == said_of(call)
        assert call.wait_seconds is None or call.wait_seconds >= 0
        assert call.ring_seconds is None or call.ring_seconds >= 0
        assert call.talk_seconds is None or call.talk_seconds >= 0
        assert set(call.talking) <= set(call.agents)
        assert set(call.ringing) <= set(call.rang)
        assert not (call.over and (call.ringing or call.talking or call.held))


def through_json(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(data))
    return found


@pytest.mark.parametrize("path", everywhere(), ids=lambda path: path.name.partition("-")[0])
def test_a_recorded_call_is_the_same_however_its_events_are_mixed(path: Path) -> None:
    events = [one for one in heard(path) if isinstance(one, CallEvent)]
    expected = [said_of(call) for call in of_events(events)]
    random = Random(path.name)
    for _ in range(10):
        mixed = shuffled(events, random, late=len(events) + 1)
        assert [said_of(call) for call in of_events(mixed)] == expected
    tally("interleavings tried", 10)


@pytest.mark.parametrize("path", everywhere(), ids=lambda path: path.name.partition("-")[0])
def test_a_recorded_call_is_the_same_when_the_exchange_s_messages_come_late_and_twice(path: Path) -> None:
    messages = only(path, USED)
    expected = [said_of(call) for call in of_messages(messages)]
    random = Random(path.name)
    for _ in range(20):
        mixed = shuffled(messages, random, LATE)
        assert [said_of(call) for call in of_messages(mixed)] == expected
    tally("interleavings tried", 20)


def test_a_call_that_is_over_is_not_taken_up_again_by_a_late_word() -> None:
    over = [
        event("started", 0, direction="inbound", number="+33450123456"), event("ringing", 1, agent="101"),
        event("gave up", 5), event("ended", 5),
    ]  # fmt: skip
    (call,) = of_events([*over, event("ringing", 3, agent="102"), event("queued", 6, queue="support")])
    assert call.over
    assert call.ringing == ()
    assert call.rang == ("101", "102")
    assert call.outcome == "abandoned"


def event(kind: Kind, seconds: float, **more: Any) -> CallEvent:
    at = BEGIN + timedelta(seconds=seconds)
    return CallEvent(source="exchange", kind=kind, call_id="a", at=at, leg_id=more.get("agent", ""), **more)
