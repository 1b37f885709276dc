"""What every exchange connector must do, asked of `ami` with the exchange of the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from connectors.voip.ami import connect
from connectors.voip.ami.settings import Settings
from hub.exchange import Exchange as Port
from sandbox.exchange import Call, Exchange
from tests.connectors.voip.exchange_conformance import ExchangeConformance, Place


class Sandbox:
    """An exchange in the sandbox."""

    resumes = True
    dials = True

    def __init__(self) -> None:
        self._pbx = Exchange()
        self._call: Call | None = None

    def open(self) -> AbstractAsyncContextManager[Port]:
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Port]:
        await self._pbx.start()
        known = {"host": "127.0.0.1", "port": self._pbx.port, "user": "hub", "secret": "sandbox"}
        try:
            yield connect("pbx", Settings.model_validate(known))
        finally:
            await self._pbx.stop()

    async def call(self, number: str, agent: str) -> None:
        self._call = self._pbx.call(number, did="0450999801")
        self._call.ring(agent)

    async def end(self) -> None:
        assert self._call is not None
        self._call.give_up()

    async def lose(self) -> None:
        self._pbx.cut()


class TestAmi(ExchangeConformance):
    @pytest.fixture
    def place(self) -> Place:
        return Sandbox()
