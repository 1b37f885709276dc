"""The suite of all exchanges, run against a receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.voip.webhook import Webhook, connect
from hub.exchange import Exchange
from tests.connectors.voip.exchange_conformance import ExchangeConformance, Place
from tests.connectors.voip.webhook.tools import TOKEN, post, settings
from tests.connectors.voip.webhook.tools import plain as as_post


class Aircall:
    """The exchange's side: it posts."""

    resumes = False
    dials = False

    def __init__(self) -> None:
        self.exchange: Webhook | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Exchange]:
        self.exchange = connect("standard", settings("aircall", token=TOKEN))
        yield self.exchange

    async def call(self, number: str, agent: str) -> None:
        await self._post("call.ringing_on_agent", raw_digits=number, user={"id": 1, "email": agent})

    async def end(self) -> None:
        await self._post("call.hungup", missed_call_reason="short_abandoned")

    async def lose(self) -> None:
        """It posts when it has something to say: there is no line to break."""

    async def _post(self, event: str, **data: Any) -> None:
        assert self.exchange is not None
        now = datetime.now(UTC)
        message = {"resource": "call", "event": event, "timestamp": now.timestamp(), "token": TOKEN,
                   "data": {"id": 7, "call_uuid": "u-7", "direction": "inbound", **data}}  # fmt: skip
        assert await post(self.exchange, as_post(message)) == 200


class TestReceiver(ExchangeConformance):
    @pytest.fixture
    def place(self) -> Place:
        return Aircall()
