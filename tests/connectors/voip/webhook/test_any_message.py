"""Whatever an exchange says, it is answered; what it says of a caller is kept as text and storable."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, timedelta
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.voip.webhook import fieldmap, profiles
from connectors.voip.webhook.parsing import Malformed, check, read_form, read_json, unfold
from connectors.voip.webhook.paths import LONGEST, steps
from hub.exchange import CallEvent, Direction, Kind, Reason
from tests.connectors.voip.webhook.stories import AIRCALL, VENDORS, aircall
from tests.connectors.voip.webhook.tools import NOW, TOKEN, Office, post, running, webhook
from tests.tally import tally

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
MAPS = [profiles.shipped("x", name) for name in profiles.names()]
MESSAGES = [
    (profiles.shipped("x", v.profile), m) for v in VENDORS for s in v.stories.values() for m in s.messages
]


def sound(event: CallEvent) -> None:
    """An event any room can store and show."""
    assert event.kind in get_args(Kind)
    assert event.direction in (None, *get_args(Direction))
    assert event.reason in get_args(Reason)
    assert event.at.tzinfo is UTC
    assert event.at <= NOW + timedelta(minutes=10)
    assert event.call_id
    for name in ("call_id", "leg_id", "number", "name", "did", "agent", "queue", "target", "recording"):
        text = getattr(event, name)
        assert isinstance(text, str)
        text.encode("utf-8")
        assert "\x00" not in text
        assert len(text) <= (2000 if name == "recording" else 2 * LONGEST + 1)


@given(ANY)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_at_all_is_answered_and_brings_no_call(message: Any) -> None:
    for map in MAPS:
        try:
            check(message)
            unfolded = unfold(json.loads(json.dumps(message)), [steps(path) for path in map.json_in])
        except Malformed:
            continue
        reading = fieldmap.read(map, unfolded, "x", NOW, UTC)
        assert not reading.said
        fieldmap.sent_at(map, unfolded, UTC)
    tally("bad inputs tried", len(MAPS))


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_true_message_with_anything_in_one_of_its_fields_is_still_sound(data: Any) -> None:
    map, message = data.draw(st.sampled_from(MESSAGES))
    spoiled = unfold(json.loads(json.dumps(message)), [steps(path) for path in map.json_in])
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(spoiled, data)
    try:
        check(spoiled)
    except Malformed:
        return
    for said in fieldmap.read(map, spoiled, "x", NOW, UTC).said:
        for event in said.events:
            sound(event)
    tally("bad inputs tried")


def spoil(message: Any, data: Any) -> None:
    """Put anything into one place of it."""
    holder = message
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans()):
            holder = holder[key]
            continue
        holder[key] = data.draw(ANY)
        return


@pytest.mark.parametrize("map", MAPS, ids=[map.title for map in MAPS])
def test_a_message_of_nulls_brings_no_call(map: Any) -> None:
    def emptied(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: emptied(one) for key, one in value.items()}
        return [emptied(one) for one in value] if isinstance(value, list) else None

    for known, message in MESSAGES:
        if known.title == map.title:
            nulls = emptied(unfold(json.loads(json.dumps(message)), [steps(path) for path in map.json_in]))
            assert not fieldmap.read(map, nulls, "x", NOW, UTC).said
            tally("bad inputs tried")


@given(st.binary(max_size=400))
def test_any_bytes_are_json_or_malformed(data: bytes) -> None:
    try:
        check(read_json(data))
    except Malformed:
        tally("bad inputs tried")
    try:
        read_form(data.decode("utf-8", "replace"))
    except Malformed:
        return


NUMBERS = {
    "anonymous": ("anonymous", True),
    "Private": ("Private", True),
    "unknown": ("unknown", True),
    "": ("", False),
    "+": ("+", False),
    "0": ("0", False),
    "ALLO TAXI": ("ALLO TAXI", False),
    "+33 1 99-00-00-42": ("+33199000042", False),
    "0033199000042": ("+33199000042", False),
    "01.99.00.00.42": ("0199000042", False),
    "+33 (0)1 99 00 00 42": ("+33199000042", False),
    "9" * 40: ("9" * 40, False),
    "+" + "9" * 40: ("+" + "9" * 40, False),
    "*21#": ("*21#", False),
    "sip:+33199000042@pbx.example;user=phone": ("+33199000042", False),
    "sip:alice@pbx.example": ("alice", False),
    "<script>alert(1)</script>": ("<script>alert(1)</script>", False),
    "٠١٩٩": ("٠١٩٩", False),
    "3" * 5000: ("3" * 199 + "…", False),
    "+33199000042\r\nX: y": ("+33199000042  X: y", False),
}


def test_every_caller_id_there_is_comes_out_as_it_should() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            for place, raw in enumerate(NUMBERS):
                sent = aircall("call.created", 0, raw_digits=raw, call_uuid=f"call-{place}")
                assert await post(exchange, AIRCALL.send(sent)) == 200
            calls = {call.call_id: call for call in Office.of(ear).book.calls()}
            for place, (number, hidden) in enumerate(NUMBERS.values()):
                found = calls[f"call-{place}"]
                assert (found.number, found.hidden) == (number, hidden)

    asyncio.run(story())
    tally("bad inputs tried", len(NUMBERS))


def test_markup_and_half_characters_in_a_name_are_text_that_can_be_stored() -> None:
    names = {
        "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
        "a\x00b\x07c": "a b c",
        "\ud83d": "\ufffd",
        "Zoë \U0001f4de": "Zoë \U0001f4de",
        "x" * 60_000: "x" * 199 + "…",
        "{{ 7*7 }}": "{{ 7*7 }}",
        "${jndi:ldap://x}": "${jndi:ldap://x}",
        "  Atelier  ": "Atelier",
    }

    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            for raw in names:
                sent = aircall("call.created", 0, contact={"company_name": raw})
                assert await post(exchange, AIRCALL.send(sent)) == 200
            events = ear.of(CallEvent)
            assert [event.name for event in events] == list(names.values())
            for event in events:
                sound(event)

    asyncio.run(story())
    tally("bad inputs tried", len(names))


def test_an_id_is_whole_or_no_call() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            wrong: list[Any] = ["x" * 201, "", None, [], {"a": 1}]
            for identity in wrong:
                sent = aircall("call.created", 0, call_uuid=identity, id=None)
                assert await post(exchange, AIRCALL.send(sent)) == 200
            assert not ear.of(CallEvent)
            assert exchange.counts["unmapped"] == 5
            assert set(exchange.unplaced) == {
                "call.created (with an id of more than 200 characters)",
                "call.created (without the id of its call)",
            }

    asyncio.run(story())
    tally("bad inputs tried", 5)


def test_times_that_are_none_are_the_time_of_arrival() -> None:
    wrong: list[Any] = [
        "soon",
        None,
        -1,
        0,
        1e300,
        10**40,
        True,
        [],
        99999999999999,
        "2026-13-45",
        4102444800,
    ]
    for at in wrong:
        map = profiles.shipped("x", "aircall")
        message = {**aircall("call.created", 0), "timestamp": at}
        (said,) = fieldmap.read(map, message, "x", NOW, UTC).said
        assert said.events[0].at == NOW, at
        tally("bad inputs tried")


def test_what_a_map_does_not_know_is_answered_counted_and_named() -> None:
    async def story() -> None:
        exchange = webhook("aircall", token=TOKEN)
        async with running(exchange) as ear:
            for number in range(300):
                sent = {**aircall("call.created", 0), "event": f"call.invented_{number}"}
                assert await post(exchange, AIRCALL.send(sent)) == 200
            assert await post(exchange, AIRCALL.send({"token": TOKEN})) == 200
            assert exchange.counts["unmapped"] == 301
            assert exchange.unplaced["call.invented_7"] == 1
            assert exchange.unplaced["(others)"] == 101
            assert len(exchange.unplaced) == 201
            assert not ear.of(CallEvent)

    asyncio.run(story())
