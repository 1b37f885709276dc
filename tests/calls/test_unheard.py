"""What happened to telephones while nobody listened is made out from the list of what goes on afterwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connectors.voip.ami.messages import Message
from connectors.voip.ami.recording import load
from connectors.voip.ami.tracker import Tracker
from hub.calls import Call, CallBook

STREAM = Path(__file__).parent / "streams/36-resync-by-status.txt"
"""101 and 102 ring and the first list is made; 102 answers, the second; 102 asks 103, the third; 103 has the
caller, the fourth."""


def after(unheard_from: int, list_number: int) -> Call:
    """Heard up to list number `unheard_from`, then nothing until list number `list_number`."""
    messages = load(STREAM).messages
    lists = [index for index, (_, message) in enumerate(messages) if message.event == "StatusComplete"]
    book, tracker = CallBook(), Tracker("pbx")
    for at, message in messages[: lists[unheard_from - 1]]:
        for event in tracker.feed(message, at):
            book.hear(event)
    at, items = listed(messages[: lists[list_number - 1]])
    tracker.asking()
    for heard in tracker.resync(items, (), at):
        book.hear(heard)
    return next(call for call in book.calls() if call.direction == "inbound")


def listed(messages: list[tuple[datetime, Message]]) -> tuple[datetime, list[Message]]:
    """The items of the last list."""
    begun = max(index for index, (_, one) in enumerate(messages) if "status will follow" in one["Message"])
    return messages[-1][0], [one for _, one in messages[begun:] if one.event == "Status"]


def test_a_telephone_rings_no_longer_once_another_was_picked_up_unheard() -> None:
    call = after(1, 2)
    assert (call.ringing, call.talking, call.answered_by) == ((), ("102",), "102")


def test_who_handed_the_call_on_unheard_has_left_it() -> None:
    call = after(3, 4)
    assert call.talking == ("103",)
    assert not call.over
