"""The hub, or the exchange, dies in mid-call, at every event of every recorded stream.

What the exchange then answers to ``Status`` is made of what it had said until then: its channels, each with
what the real one says of them in the recordings of ``Status``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.voip.ami.channels import peer_of
from connectors.voip.ami.messages import Message
from connectors.voip.ami.tracker import Tracker
from hub.calls import Call, CallBook
from hub.exchange import Alive
from tests.calls.recordings import (
    SOURCE,
    USED,
    Timed,
    everywhere,
    in_order,
    loaded,
    of_messages,
    recorded,
    said_of,
)
from tests.tally import tally

KEPT = ("id", "direction", "number", "did", "queues", "hidden", "rang", "answered_by", "outcome", "result",
        "transfers", "parts", "over")  # fmt: skip
"""What a hub that was away for no message knows all the same. Seconds are as exact as ``Status`` is."""


class Channels:
    """The exchange's channels as its messages tell of them."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, str]] = {}
        self._waiting: dict[str, tuple[str, datetime]] = {}

    def hear(self, message: Message, at: datetime) -> None:
        for prefix in ("", "Dest", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer"):
            channel = self._channels.get(message[f"{prefix}Uniqueid"])
            if channel is not None:
                channel["Linkedid"] = message[f"{prefix}Linkedid"] or channel["Linkedid"]
                channel["ChannelStateDesc"] = (
                    message[f"{prefix}ChannelStateDesc"] or channel["ChannelStateDesc"]
                )
        uid = message["Uniqueid"]
        match message.event:
            case "Newchannel":
                names = ("Channel", "Uniqueid", "Linkedid", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
                         "Context", "Exten")  # fmt: skip
                found = {name: message[name] for name in names}
                dialled = message["ChannelStateDesc"] == "Ring" and uid == message["Linkedid"]
                self._channels[uid] = {
                    **found,
                    "DNID": message["Exten"] if dialled else "",
                    "at": at.isoformat(),
                }
            case "Hangup":
                self._channels.pop(uid, None)
            case "QueueCallerJoin":
                self._waiting[uid] = (message["Queue"], at)
            case "QueueCallerLeave":
                self._waiting.pop(uid, None)

    def status(self, at: datetime) -> list[Message]:
        return [
            Message([("Event", "Status"), *((name, text) for name, text in one.items() if name != "at"),
                     ("Seconds", str(int((at - datetime.fromisoformat(one["at"])).total_seconds())))])
            for one in self._channels.values()
        ]  # fmt: skip

    def agents(self, state: str) -> set[str]:
        """Whose telephones are in this state."""
        found = [one for one in self._channels.values() if one["ChannelStateDesc"] == state]
        return {peer_of(one["Channel"]) for one in found}

    def queues(self, at: datetime) -> list[Message]:
        return [
            Message([("Event", "QueueEntry"), ("Queue", queue), ("Uniqueid", uid),
                     ("Wait", str(int((at - since).total_seconds())))])
            for uid, (queue, since) in self._waiting.items() if uid in self._channels
        ]  # fmt: skip


def clocked(path: Path) -> list[Timed]:
    """The messages, each with the exchange's own time of it."""
    found: list[Timed] = []
    for at, message in loaded(path).messages:
        stamp = message["Timestamp"]
        if stamp:
            at = datetime.fromtimestamp(float(stamp), at.tzinfo)
        elif found:
            at = found[-1][0]
        found.append((at, message))
    return found


def away(messages: list[Timed], leaves: int, returns: int) -> tuple[list[Call], int]:
    """The calls in the end, if the hub dies at `leaves` and is back at `returns`; calls alive then."""
    exchange, tracker, book = Channels(), Tracker(SOURCE), CallBook()
    for at, message in messages[:leaves]:
        exchange.hear(message, at)
        for event in tracker.feed(message, at):
            book.hear(event)
    for at, message in messages[leaves:returns]:
        exchange.hear(message, at)
    kept = json.dumps([call.to_json() for call in book.calls()])
    tracker, book = Tracker(SOURCE), CallBook(Call.from_json(one) for one in json.loads(kept))
    at = messages[returns - 1][0] if returns else messages[0][0]
    tracker.asking()
    alive = 0
    for heard in tracker.resync(exchange.status(at), exchange.queues(at), at):
        book.hear(heard)
        alive = len(heard.calls) if isinstance(heard, Alive) else alive
    # DialState may say that a telephone rings a moment before its channel does; a caller's own channel is
    # Up a moment after the one that answered.
    called = exchange.agents("Ringing") | exchange.agents("Down")
    assert ours(agent for call in book.calls() for agent in call.ringing) <= called
    present = exchange.agents("Up") | exchange.agents("Ring")
    assert ours(agent for call in book.calls() for agent in call.talking) <= present
    for at, message in messages[returns:]:
        for event in tracker.feed(message, at):
            book.hear(event)
    return in_order(book), alive


def ours(agents: Iterable[str]) -> set[str]:
    """Those of them that are extensions."""
    return {agent for agent in agents if len(agent) == 3}


def kept(calls: Iterable[Call]) -> list[dict[str, Any]]:
    return [{name: value for name, value in said_of(call).items() if name in KEPT} for call in calls]


@pytest.mark.parametrize("path", everywhere(), ids=lambda path: path.name.partition("-")[0])
def test_a_hub_that_dies_and_is_back_at_once_comes_to_the_same_calls(path: Path) -> None:
    messages = clocked(path)
    expected = kept(of_messages(messages))
    places = [place for place, (_, message) in enumerate(messages) if message.event in USED]
    for place in places:
        calls, _ = away(messages, place, place)
        assert kept(calls) == expected, f"at message {place}, {messages[place][1].event}"
    tally("crashes survived", len(places))


@pytest.mark.parametrize(
    "path",
    [path for path in everywhere() if loaded(path).messages],
    ids=lambda path: path.name.partition("-")[0],
)
def test_a_hub_that_was_away_forgets_no_call_and_leaves_none_open(path: Path) -> None:
    messages = clocked(path)
    whole = of_messages(messages)
    known = {id for call in whole for id in (call.id, *call.parts)}
    random = Random(path.name)
    for _ in range(30):
        leaves, returns = sorted((random.randrange(len(messages) + 1), random.randrange(len(messages) + 1)))
        calls, alive = away(messages, leaves, returns)
        assert all(call.over and not call.ringing and not call.talking for call in calls)
        assert {call.id for call in calls} <= known
        before = of_messages(messages[:leaves])
        found = {id for call in calls for id in (call.id, *call.parts)}
        assert {call.id for call in before} <= found
        assert sum(call.direction == "inbound" for call in calls) <= sum(
            call.direction == "inbound" for call in whole
        )
        assert len(calls) >= min(alive, 1)
    tally("crashes survived", 30)


@pytest.mark.parametrize("path", everywhere(), ids=lambda path: path.name.partition("-")[0])
def test_an_exchange_that_dies_in_mid_call_ends_its_calls(path: Path) -> None:
    messages = clocked(path)
    places = [place for place, (_, message) in enumerate(messages) if message.event in USED]
    for place in places:
        tracker, book = Tracker(SOURCE), CallBook()
        for at, message in messages[: place + 1]:
            for event in tracker.feed(message, at):
                book.hear(event)
        before = {call.id: call for call in book.calls()}
        back = messages[place][0] + timedelta(seconds=20)
        tracker.asking()
        for heard in tracker.resync([], [], back):
            book.hear(heard)
        for call in book.calls():
            was = before[call.id]
            assert call.over
            assert not call.ringing
            assert not call.talking
            assert call.result == {"talking": "answered", "ringing": "unknown"}.get(was.result, was.result)
    tally("faults injected", len(places))


@pytest.mark.parametrize("name", ["36"])
def test_a_recording_that_begins_in_mid_call_is_understood_from_the_list_in_it(name: str) -> None:
    """The real list of a real exchange: while it rings, and while they talk."""
    from connectors.voip.ami.recording import Recording, events

    found = loaded(recorded(name))
    starts = [
        place for place, (_, message) in enumerate(found.messages)
        if "channel status will follow" in message["Message"].lower()
    ]  # fmt: skip
    assert len(starts) >= 3
    for begin in starts:
        book = CallBook()
        for heard in events(Recording(messages=found.messages[begin:]), Tracker(SOURCE)):
            book.hear(heard)
        (call,) = [call for call in book.calls() if call.direction == "inbound"]
        assert (call.number, call.did) == ("+33199001234", "0450999888")
        assert call.outcome == "answered"
        assert all(call.over for call in book.calls())
