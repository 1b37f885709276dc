"""Recorded streams of a real Asterisk, and what they come to.

`SAMPLES` are ours but live beside the project; where they are absent, tests of them are skipped and say so.
`STREAMS` are in the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pytest

from connectors.voip.ami.messages import Message
from connectors.voip.ami.recording import Recording, events, load
from connectors.voip.ami.tracker import Tracker
from hub.calls import Call, CallBook
from hub.exchange import Alive, CallEvent

SAMPLES = Path(__file__).parents[3] / "shared" / "samples" / "ami"
STREAMS = Path(__file__).parent / "streams"
SOURCE = "exchange"

NEEDED = frozenset({
    "Newchannel", "DialBegin", "DialState", "DialEnd", "HangupRequest", "Hangup", "BlindTransfer",
    "AttendedTransfer", "QueueCallerJoin",
})  # fmt: skip
"""The events without which a call is not understood."""

USED = NEEDED | {"Newstate", "BridgeEnter", "BridgeLeave", "Hold", "Unhold"}

Timed = tuple[datetime, Message]


def recorded(name: str) -> Path:
    """A stream by the start of its name; the test is skipped where it is not there."""
    for folder in (STREAMS, SAMPLES):
        found = sorted(folder.glob(f"{name}-*.txt"))
        if found:
            return found[0]
    pytest.skip(f"no recording {name} in {STREAMS}, nor in {SAMPLES}, which is no part of the project")


@lru_cache
def loaded(path: Path) -> Recording:
    return load(path)


def heard(path: Path) -> list[CallEvent | Alive]:
    """What the connector says by a recording."""
    return list(events(loaded(path), Tracker(SOURCE)))


def of_events(said: Iterable[CallEvent | Alive]) -> list[Call]:
    """The calls in the end, in the order of their start."""
    book = CallBook()
    for event in said:
        book.hear(event)
    return in_order(book)


def of_messages(messages: Iterable[Timed]) -> list[Call]:
    tracker = Tracker(SOURCE)
    return of_events(event for at, message in messages for event in tracker.feed(message, at))


def only(path: Path, names: frozenset[str]) -> Sequence[Timed]:
    return [(at, message) for at, message in loaded(path).messages if message.event in names]


def in_order(book: CallBook) -> list[Call]:
    return sorted(book.calls(), key=lambda call: (call.started_at, call.id))


def everywhere() -> list[Path]:
    """Every recording there is."""
    return sorted([*STREAMS.glob("*.txt"), *SAMPLES.glob("*.txt")], key=lambda path: path.name)


def said_of(call: Call) -> dict[str, object]:
    """All that is concluded of a call, to hold two of them against each other."""
    return {
        "id": call.id, "direction": call.direction, "number": call.number, "name": call.name,
        "did": call.did, "caller": call.caller, "queues": call.queues, "hidden": call.hidden,
        "rang": frozenset(call.rang), "answered_by": call.answered_by, "agents": frozenset(call.agents),
        "outcome": call.outcome, "result": call.result, "transfers": call.transfers, "parts": call.parts,
        "ring": tenths(call.ring_seconds), "talk": tenths(call.talk_seconds), "over": call.over,
        "ringing": call.ringing, "talking": call.talking,
    }  # fmt: skip


def tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
