"""OVHcloud is asked: against a server of our own on loopback, which answers, breaks, refuses and babbles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from connectors.voip.webhook import polling
from connectors.voip.webhook.fieldmap import Said
from connectors.voip.webhook.handing import Handing
from connectors.voip.webhook.polling import Poller
from hub.exchange import CallEvent, Line
from hub.ports import Denied, SourceDamaged, Unreachable
from tests.connectors.voip.exchange_conformance import Ear
from tests.connectors.voip.webhook.stories import EPOCH
from tests.connectors.voip.webhook.tools import NOW, TOKEN, Office, webhook

LINE_, CALLER_ = "0033199000001", "0033199000042"
Answers = Callable[[web.Request], Any]


def event(name: str, at: float, **data: str) -> dict[str, Any]:
    call = {
        "CallId": "c-77",
        "Calling": CALLER_,
        "Called": LINE_,
        "Dialed": LINE_,
        "Ts": str(int(EPOCH + at)),
    }
    return {"Service": LINE_, "Event": name, "Timestamp": int(EPOCH + at), "Data": {**call, **data}}


class Cloud:
    """What it answers, one after the other; then nothing happens any more."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers, self.asked = answers, list[dict[str, str]]()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.query))
        if not self.answers:
            await asyncio.sleep(3600)
        answer = self.answers.pop(0)
        if isinstance(answer, web.Response):
            return answer
        if isinstance(answer, bytes):
            return web.Response(body=answer)
        return web.json_response({"Session": "s-1", "Events": answer})


@asynccontextmanager
async def asked(answers: list[Any]) -> AsyncIterator[tuple[Cloud, Ear, Any]]:
    cloud = Cloud(answers)
    app = web.Application()
    app.router.add_get("/", cloud.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    exchange = webhook("ovhcloud", token=TOKEN, poll_url=f"http://127.0.0.1:{port}/")
    assert exchange.map.poll is not None
    poller = Poller(
        "standard", exchange.settings, exchange.map.poll, exchange.intake, lambda: NOW, first_wait=0.05
    )
    ear = Ear()
    task = asyncio.ensure_future(poller.listen(ear))
    try:
        yield cloud, ear, exchange
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        await runner.cleanup()


def test_an_answered_call_is_answered_whichever_is_told_first() -> None:
    for order in ([1, 2], [2, 1]):
        middle = {1: event("end_ringing", 5), 2: event("start_calling", 5)}

        async def story(told: list[dict[str, Any]]) -> None:
            batches = [[event("start_ringing", 0)], told, [event("end_calling", 65)]]
            async with asked(batches) as (cloud, ear, exchange):
                await ear.until(lambda: "ended" in ear.kinds())
                call = Office.of(ear).call
                assert (call.outcome, call.answered_by, call.number) == (
                    "answered",
                    "+33199000001",
                    "+33199000042",
                )
                assert (call.direction, call.talk_seconds, call.rang) == ("inbound", 60, ("+33199000001",))
                assert cloud.asked[0] == {"token": TOKEN}
                assert cloud.asked[1] == {"token": TOKEN, "session": "s-1"}
                assert not exchange.unplaced

        asyncio.run(story([middle[one] for one in order]))


def test_a_missed_call_is_over_when_nobody_answered_meanwhile() -> None:
    async def story() -> None:
        async with asked([[event("start_ringing", 0)], [event("end_ringing", 20)]]) as (_, ear, _e):
            await ear.until(lambda: "ringing" in ear.kinds())
            assert "ended" not in ear.kinds()
            await ear.until(lambda: "ended" in ear.kinds())
            assert Office.of(ear).call.outcome == "missed"

    asyncio.run(story())


def test_the_end_of_an_answered_call_s_ringing_is_never_its_end() -> None:
    def one(kind: Any, call_id: str = "c") -> CallEvent:
        return CallEvent(source="x", kind=kind, call_id=call_id, at=NOW, leg_id="l")

    async def story() -> list[Any]:
        said: list[Any] = []
        handing = Handing(said.append)
        handing.say(Said((one("answered"),)))
        handing.say(Said((one("stopped"), one("ended")), 60))
        handing.say(Said((one("ended", "other"),), 60))
        handing.flush()
        return [(event.kind, event.call_id) for event in said]

    assert asyncio.run(story()) == [("answered", "c"), ("ended", "other")]


def test_what_is_held_back_is_said_when_listening_ends() -> None:
    async def story() -> Ear:
        async with asked([[event("start_ringing", 0), event("end_ringing", 20)]]) as (_, ear, _e):
            await ear.until(lambda: "ringing" in ear.kinds())
            await asyncio.sleep(0.05)
        return ear

    assert asyncio.run(story()).kinds() == ["started", "ringing", "stopped", "ended"]


def test_an_outbound_call_is_outbound() -> None:
    ways = {"Calling": LINE_, "Called": CALLER_, "Dialed": CALLER_}

    async def story() -> None:
        async with asked([[event("start_calling", 0, **ways)], [event("end_calling", 30, **ways)]]) as (
            _,
            ear,
            _e,
        ):
            await ear.until(lambda: "ended" in ear.kinds())
            call = Office.of(ear).call
            assert (call.direction, call.number, call.outcome) == ("outbound", "+33199000042", "answered")

    asyncio.run(story())


def test_it_comes_back_after_every_break_and_says_each_once() -> None:
    broken = [
        web.Response(status=502),
        web.Response(status=502),
        b"<html>",
        b"[" * 50_000,
        b'{"a": 1, "a": 2}',
    ]

    async def story() -> None:
        async with asked([*broken, [event("start_ringing", 0)]]) as (cloud, ear, _):
            await ear.until(lambda: "ringing" in ear.kinds())
            problems = [line.problem for line in ear.of(Line)[:-1]]
            kinds = [Unreachable, SourceDamaged, SourceDamaged, SourceDamaged]
            assert [type(one) for one in problems] == kinds
            assert ear.of(Line)[-1].up
            assert all("session" not in one for one in cloud.asked[:6]), (
                "a broken session is not gone on with"
            )

    asyncio.run(story())


def test_a_refused_token_is_said_once_and_not_tried_in_a_storm() -> None:
    async def story() -> None:
        async with asked([web.Response(status=401)] * 3) as (cloud, ear, _):
            await ear.until(lambda: ear.of(Line))
            await asyncio.sleep(0.3)
            (line,) = ear.of(Line)
            assert isinstance(line.problem, Denied)
            assert not line.up
            assert len(cloud.asked) == 1
            assert TOKEN not in str(line.problem)

    asyncio.run(story())


def test_a_server_that_is_not_there_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = webhook("ovhcloud", token=TOKEN, poll_url="http://127.0.0.1:9/")
    monkeypatch.setattr(polling, "FIRST_WAIT", 0.01)

    async def story() -> Ear:
        ear = Ear()
        task = asyncio.ensure_future(exchange.listen(ear))
        await ear.until(lambda: ear.of(Line))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return ear

    (line,) = asyncio.run(story()).of(Line)
    assert isinstance(line.problem, Unreachable)
    assert TOKEN not in str(line.problem)


def test_an_answer_without_end_is_cut_off_and_one_heard_twice_is_heard_once() -> None:
    ringing = [event("start_ringing", 0)]

    async def story() -> None:
        async with asked([b" " * (polling.LARGEST_ANSWER + 1), ringing, ringing, []]) as (
            cloud,
            ear,
            exchange,
        ):
            await ear.until(lambda: len(cloud.asked) == 5)
            assert isinstance(ear.of(Line)[0].problem, SourceDamaged)
            assert len(ear.of(CallEvent)) == 2
            assert exchange.counts["repeated"] == 1

    asyncio.run(story())


def test_events_the_map_does_not_know_are_counted_by_name() -> None:
    async def story() -> None:
        async with asked([[event("member-queue-start", 0), event("start_ringing", 1)]]) as (_, ear, exchange):
            await ear.until(lambda: "ringing" in ear.kinds())
            assert exchange.unplaced == {"member-queue-start": 1}

    asyncio.run(story())
