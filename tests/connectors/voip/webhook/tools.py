"""A receiver that runs, what is posted to it, and what the call road makes of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt

from connectors.voip.webhook import Webhook, connect
from connectors.voip.webhook.settings import Settings
from hub.calls import Call, CallBook
from hub.exchange import Alive, CallEvent, Heard, Line
from tests.connectors.voip.exchange_conformance import Ear, listening

SECRET = "canary-secret-9f2c41d7a6"
TOKEN = "canary-token-51be08c3f9aa"
PASSWORD = "canary-password-77d0e2"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CALLER, LINE = "+33199000042", "+33199000001"


@dataclass(frozen=True)
class Post:
    """One request. `headers` are pairs, so that one may be there twice."""

    method: str = "POST"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def but(self, **changes: Any) -> Post:
        return replace(self, **changes)


def settings(profile: str = "", **values: Any) -> Settings:
    """Any free port on loopback."""
    known: dict[str, Any] = {"kind": "webhook", "port": 0, "timezone": "UTC", **values}
    return Settings.model_validate({"profile": profile, **known} if profile else known)


def webhook(profile: str = "", clock: Callable[[], datetime] = lambda: NOW, **values: Any) -> Webhook:
    made = connect("standard", settings(profile, **values))
    return Webhook(made.name, made.settings, made.map, clock)


@asynccontextmanager
async def running(exchange: Webhook) -> AsyncIterator[Ear]:
    async with listening(exchange) as ear:
        await ear.until(lambda: exchange.address)
        yield ear


def url(exchange: Webhook) -> str:
    assert exchange.address is not None
    return f"http://127.0.0.1:{exchange.address[1]}{exchange.settings.path}"


async def post(exchange: Webhook, request: Post) -> int:
    """The status it was answered with; the answer itself is empty or what the map says."""
    where = url(exchange) + (f"?{request.query}" if request.query else "")
    async with (
        aiohttp.ClientSession() as client,
        client.request(
            request.method,
            where,
            data=request.body or None,
            headers=list(request.headers),
            skip_auto_headers=("Content-Type",),
        ) as response,
    ):
        shown = await response.text()
        assert shown == (exchange.map.answer.body if response.status < 300 else "")
        assert not [value for value in response.headers.values() if "canary" in value]
        return response.status


@dataclass
class Office:
    """What the call road knows in the end."""

    book: CallBook = field(default_factory=CallBook)

    def hear(self, heard: Heard) -> None:
        if isinstance(heard, CallEvent | Alive):
            self.book.hear(heard)

    @classmethod
    def of(cls, ear: Ear) -> Office:
        office = cls()
        for heard in ear.heard:
            office.hear(heard)
        return office

    @property
    def call(self) -> Call:
        (call,) = self.book.calls()
        return call


def lines(ear: Ear) -> list[Line]:
    return ear.of(Line)


# How each vendor proves where a message comes from.


def as_json(message: Any) -> bytes:
    return json.dumps(message).encode()


def plain(message: Any) -> Post:
    return Post(body=as_json(message), headers=(("Content-Type", "application/json"),))


def in_query(message: Any) -> Post:
    return plain(message).but(query=urlencode({"key": TOKEN}))


def got(message: dict[str, str]) -> Post:
    basic = base64.b64encode(f"hub:{PASSWORD}".encode()).decode()
    return Post("GET", urlencode(message), (("Authorization", f"Basic {basic}"),))


def hashed(message: Any, encoding: str, secret: str = SECRET, algorithm: str = "sha256") -> Post:
    body = as_json(message)
    digest = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).digest()
    shown = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    return Post(body=body, headers=(("X-Signature", shown),))


def hashed_hex(message: Any) -> Post:
    return hashed(message, "hex")


def hashed_base64(message: Any) -> Post:
    return hashed(message, "base64")


def token_body(message: Any) -> Post:
    return Post(body=jwt.encode(message, SECRET.ljust(64, "-"), "HS256").encode())


def token_header(message: Any) -> Post:
    signed = jwt.encode(
        {"url": "https://calls.example/x", "payload": message}, SECRET.ljust(64, "-"), "HS512"
    )
    return Post(body=as_json(message), headers=(("X-Ringover-Webhook-Signature", signed),))


async def settled() -> None:
    await asyncio.sleep(0)
