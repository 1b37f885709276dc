"""What any exchange connector must do, as tests: one suite, run against every kind of exchange.

To use it, subclass `ExchangeConformance` in a test module and override the fixture `place` with something
that fits `Place`: the exchange's side, which makes a call begin, ring and end, and which breaks the line.
Nothing is collected when this module is imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import pytest

from hub.exchange import Alive, CallEvent, Dialled, Exchange, Heard, Line
from hub.ports import ConnectorError, Finding, Misconfigured

_Kind = TypeVar("_Kind", CallEvent, Alive, Line)
SECONDS = 10.0


class Place(Protocol):
    """Where the exchange is. Everything in it happens in the running event loop."""

    resumes: bool
    """Whether it can say, after a break, which calls exist (`Alive`)."""
    dials: bool
    """Whether it can dial at all."""

    def open(self) -> AbstractAsyncContextManager[Exchange]:
        """The exchange's side is up while the block lasts; gives the connector, not listening yet."""

    async def call(self, number: str, agent: str) -> None:
        """Somebody calls, and `agent`'s telephone rings."""

    async def end(self) -> None:
        """The caller gives up."""

    async def lose(self) -> None:
        """The line breaks; the exchange and its calls go on."""


@dataclass
class Ear:
    """What was heard, and a way to wait for more of it."""

    heard: list[Heard] = field(default_factory=list)

    def __call__(self, said: Heard) -> None:
        self.heard.append(said)

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        return [one for one in self.heard if isinstance(one, kind)]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds; fails with what was heard instead."""
        try:
            async with asyncio.timeout(SECONDS):
                while not holds():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"it did not come; heard: {self.heard}")

    def kinds(self) -> list[str]:
        return [event.kind for event in self.of(CallEvent)]


@asynccontextmanager
async def listening(exchange: Exchange) -> AsyncIterator[Ear]:
    """Somebody listens while the block lasts; an error of the connector's fails the test."""
    ear = Ear()
    task = asyncio.ensure_future(exchange.listen(ear))
    try:
        yield ear
        assert not task.done(), task
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in results), results


async def stopped(task: asyncio.Future[None]) -> None:
    """Cancelled, it ends within a second."""
    task.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


class ExchangeConformance:
    """The suite. Override `place`; everything else follows."""

    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError("override the fixture `place` to run the suite against an exchange")

    def test_it_is_an_exchange_and_making_it_asks_nothing_of_anybody(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange:
                assert isinstance(exchange, Exchange)
                assert exchange.name

        asyncio.run(story())

    def test_check_says_what_it_looked_at(self, place: Place) -> None:
        async def story() -> list[Finding]:
            async with place.open() as exchange:
                return list(await asyncio.to_thread(exchange.check))

        findings = asyncio.run(story())
        assert findings
        assert not [one for one in findings if one.level == "error"], findings

    def test_the_first_that_is_said_is_the_line(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange, listening(exchange) as ear:
                await ear.until(lambda: ear.heard)
                first = ear.heard[0]
                assert isinstance(first, Line)
                assert (first.source, first.up, first.problem) == (exchange.name, True, None)
                await place.call("+33450123456", "101")
                await ear.until(lambda: "ringing" in ear.kinds())
                assert ear.of(Line) == [first], "what did not change is not said again"

        asyncio.run(story())

    def test_a_call_rings_and_is_over(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange, listening(exchange) as ear:
                await ear.until(lambda: ear.heard)
                await place.call("+33450123456", "101")
                await ear.until(lambda: "ringing" in ear.kinds())
                await place.end()
                await ear.until(lambda: "ended" in ear.kinds())
                events = ear.of(CallEvent)
                (call,) = {event.call_id for event in events}
                assert call
                assert {event.source for event in events} == {exchange.name}
                assert all(abs((event.at - datetime.now(UTC)).total_seconds()) < 3600 for event in events)
                assert "101" in [event.agent for event in events if event.kind == "ringing"]
                assert any(event.number.endswith("450123456") for event in events)

        asyncio.run(story())

    def test_it_stops_listening_at_once(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange:
                await stopped(asyncio.ensure_future(exchange.listen(Ear())))
                ear = Ear()
                task = asyncio.ensure_future(exchange.listen(ear))
                await ear.until(lambda: ear.heard)
                await place.call("+33450123456", "101")
                await ear.until(lambda: "ringing" in ear.kinds())
                await stopped(task)

        asyncio.run(story())

    def test_after_a_break_it_says_which_calls_there_are(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange, listening(exchange) as ear:
                await ear.until(lambda: ear.heard)
                if not place.resumes:
                    await place.lose()
                    assert not [line for line in ear.of(Line) if not line.up and line.problem is None]
                    return
                await place.call("+33450123456", "101")
                await ear.until(lambda: "ringing" in ear.kinds())
                call, before = ear.of(CallEvent)[0].call_id, len(ear.of(Alive))
                await place.lose()
                await ear.until(lambda: len(ear.of(Alive)) > before)
                assert ear.of(Alive)[-1].calls == {call}
                assert [line.up for line in ear.of(Line)] == [True, False, True]
                assert isinstance(ear.of(Line)[1].problem, ConnectorError)

        asyncio.run(story())

    def test_it_dials_or_says_that_it_cannot(self, place: Place) -> None:
        async def story() -> None:
            async with place.open() as exchange, listening(exchange) as ear:
                await ear.until(lambda: [line for line in ear.of(Line) if line.up])
                if place.dials:
                    dialled = await exchange.dial("101", "+33450777666", "odoo-1")
                    assert isinstance(dialled, Dialled)
                    assert dialled.sure
                    assert dialled.call_id
                else:
                    with pytest.raises(Misconfigured):
                        await exchange.dial("101", "+33450777666", "odoo-1")

        asyncio.run(story())
