"""Repeated deliveries do nothing, kept ones are refused, and shuffled ones tell the same call."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.voip.webhook import Webhook
from connectors.voip.webhook.handing import Handing
from connectors.voip.webhook.replays import Replays
from connectors.voip.webhook.verify import Delivery
from hub.calls import CallBook
from hub.exchange import Alive, CallEvent, Heard
from tests.connectors.voip.webhook.stories import VENDORS, Vendor, check
from tests.connectors.voip.webhook.tools import NOW, SECRET, Post, hashed, post, running, webhook
from tests.tally import tally

DAY = timedelta(days=1)
BY = {vendor.profile: vendor for vendor in VENDORS}


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.profile for vendor in VENDORS])
def test_a_repeated_delivery_is_answered_as_before_and_does_nothing(vendor: Vendor) -> None:
    async def story() -> None:
        exchange = webhook(vendor.profile, **vendor.settings)
        async with running(exchange) as ear:
            messages = [vendor.send(message) for message in vendor.stories["answered"].messages]
            for request in messages:
                await post(exchange, request)
            heard = list(ear.heard)
            for request in messages * 2:
                assert await post(exchange, request) == 200
            assert ear.heard == heard
            assert exchange.counts["repeated"] == 2 * len(messages)

    asyncio.run(story())


def test_a_second_attempt_of_one_event_is_the_same_event() -> None:
    async def story() -> None:
        vendor = BY["ringover"]
        exchange = webhook("ringover", **vendor.settings)
        first = vendor.stories["answered"].messages[0]
        async with running(exchange):
            for attempt in (1, 2, 3):
                assert await post(exchange, vendor.send({**first, "attempt": attempt})) == 200
            assert exchange.counts["accepted"] == 1
            assert exchange.counts["repeated"] == 2

    asyncio.run(story())


def test_a_message_somebody_kept_is_refused_once_its_time_is_over() -> None:
    clock = Clock()

    async def story() -> None:
        vendor = BY["wildix"]
        exchange = webhook("wildix", clock, **vendor.settings)
        known, kept = (vendor.send(message) for message in vendor.stories["answered"].messages[:2])
        async with running(exchange) as ear:
            assert await post(exchange, known) == 200
            heard = len(ear.of(CallEvent))
            clock.now = NOW + timedelta(seconds=3602)
            assert await post(exchange, kept) == 401
            assert await post(exchange, known) == 200, "known: the exchange is not told that it is wrong"
            clock.now = NOW - timedelta(seconds=3602)
            assert await post(exchange, kept) == 401, "of the future"
            clock.now = NOW + timedelta(days=2)
            assert await post(exchange, known) == 401, "forgotten, and too old"
            assert exchange.counts["replayed"] == 3
            assert len(ear.of(CallEvent)) == heard

    asyncio.run(story())
    tally("bad inputs tried", 3)


def test_what_failed_by_a_fault_of_ours_is_taken_when_it_is_repeated() -> None:
    async def story() -> None:
        vendor = BY["aircall"]
        exchange = webhook("aircall", **vendor.settings)
        first, heard = vendor.send(vendor.stories["answered"].messages[0]), list[Heard]()

        def hear(said: Heard) -> None:
            if isinstance(said, CallEvent) and not heard:
                heard.append(said)
                raise RuntimeError("a fault of ours, with +33199000042 in its text")
            heard.append(said)

        task = asyncio.ensure_future(exchange.listen(hear))
        while exchange.address is None:
            await asyncio.sleep(0.01)
        heard.clear()
        assert [await post(exchange, first) for _ in range(3)] == [500, 200, 200]
        assert [one.kind for one in heard if isinstance(one, CallEvent)] == ["started", "started"]
        assert exchange.counts["failed"] == 1
        assert exchange.counts["repeated"] == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())


def test_the_window_can_be_set() -> None:
    clock = Clock()

    async def story() -> None:
        exchange = webhook("wildix", clock, secret=SECRET, window=30)
        async with running(exchange):
            clock.now = NOW + timedelta(seconds=40)
            message = BY["wildix"].stories["answered"].messages[0]
            assert await post(exchange, hashed(message, "hex")) == 401

    asyncio.run(story())


def test_memory_is_bounded_and_letting_go_lets_nothing_in_twice() -> None:
    replays = Replays(3600, DAY, most=100)
    for second in range(1000):
        sent = NOW + timedelta(seconds=second)
        key = str(second).encode()
        assert replays.look(key, sent, sent) == "new"
        replays.take(key, sent, sent)
    assert len(replays) == 100
    now = NOW + timedelta(seconds=1000)
    verdicts = [replays.look(str(n).encode(), NOW + timedelta(seconds=n), now) for n in range(1000)]
    assert verdicts == ["late"] * 900 + ["repeated"] * 100


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4000), st.integers(0, 300)), max_size=80))
def test_nothing_is_new_twice(messages: list[tuple[int, int, int]]) -> None:
    """Whatever is sent when, and however time passes: a message that says when it was sent is taken once."""
    replays, now, taken = Replays(300, timedelta(seconds=1), most=8), NOW, set()
    for name, sent, passes in messages:
        now += timedelta(seconds=passes)
        stamp = NOW + timedelta(seconds=sent)
        key = f"{name}/{sent}".encode()
        if replays.look(key, stamp, now) == "new":
            assert key not in taken
            taken.add(key)
            replays.take(key, stamp, now)


@cache
def once_made(profile: str) -> Webhook:
    return webhook(profile, **BY[profile].settings)


def told(vendor: Vendor, messages: list[Any]) -> CallBook:
    """What is known after these deliveries, in this order."""
    made, book = once_made(vendor.profile), CallBook()
    exchange = Webhook(made.name, made.settings, made.map, lambda: NOW)

    def hear(heard: Heard) -> None:
        assert isinstance(heard, CallEvent | Alive)
        book.hear(heard)

    handing = Handing(hear)
    for message in messages:
        sent: Post = vendor.send(message)
        taken = exchange.intake.take(
            Delivery(sent.method, sent.query, sent.headers, sent.body), "127.0.0.1", NOW
        )
        assert taken.status == 200
        for said in taken.said:
            handing.say(said)
        exchange.intake.done(taken, NOW)
    return book


STORIES = [
    (vendor, name)
    for vendor in VENDORS
    for name in vendor.stories
    if vendor.profile not in ("yeastar", "3cx")
]
"""Those whose messages say when it happened: without that, the order is all there is."""


@pytest.mark.parametrize(("vendor", "name"), STORIES, ids=[f"{v.profile}-{n}" for v, n in STORIES])
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_shuffled_and_repeated_deliveries_tell_the_same_call(vendor: Vendor, name: str, data: Any) -> None:
    story = vendor.stories[name]
    shuffled = data.draw(st.permutations(story.messages + story.messages[: data.draw(st.integers(0, 4))]))
    (call,) = told(vendor, shuffled).calls()
    check(story, call)
    assert call == told(vendor, story.messages).calls()[0]
    tally("interleavings tried")


def test_times_are_aware_and_utc() -> None:
    (call,) = told(BY["aircall"], BY["aircall"].stories["answered"].messages).calls()
    assert call.started_at.tzinfo is UTC
