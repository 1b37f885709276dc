"""Those who may answer at an exchange's address: whoever behaves as the test says, byte by byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.voip.ami.settings import Settings

SECRET = "c0ffee5ec4e7-am1"
Behaviour = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """The other end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    told: bytearray

    async def action(self) -> dict[str, str]:
        """The next action, as its headers by small names."""
        raw = await self.reader.readuntil(b"\r\n\r\n")
        self.told += raw
        pairs = (line.partition(": ") for line in raw.decode().split("\r\n") if line)
        return {name.lower(): value for name, _, value in pairs}

    def say(self, *headers: tuple[str, str]) -> None:
        self.raw("".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n")

    def event(self, name: str, *headers: tuple[str, str]) -> None:
        self.say(("Event", name), ("Privilege", "call,all"), *headers)

    def raw(self, data: bytes) -> None:
        self.writer.write(data)

    async def welcome(self) -> None:
        """Greeting, challenge, login: all is well."""
        self.raw(b"Asterisk Call Manager/11.0.0\r\n")
        asked = await self.action()
        assert asked["action"] == "Challenge"
        self.say(("Response", "Success"), ("ActionID", asked["actionid"]), ("Challenge", "123456789"))
        await self.succeed("Login")
        self.event("FullyBooted")

    async def succeed(self, name: str, *more: tuple[str, str]) -> dict[str, str]:
        """Wait for this action and say yes."""
        asked = await self.action()
        assert asked["action"] == name, asked
        self.say(("Response", "Success"), ("ActionID", asked["actionid"]), *more)
        return asked

    async def listed(self, name: str, *items: tuple[tuple[str, str], ...]) -> None:
        """Wait for this action and answer with this list."""
        asked = await self.succeed(name, ("EventList", "start"))
        for item in items:
            self.say(("Event", name), *item, ("ActionID", asked["actionid"]))
        end = (("EventList", "Complete"), ("ListItems", str(len(items))))
        self.say(("Event", f"{name}Complete"), ("ActionID", asked["actionid"]), *end)

    async def silence(self) -> None:
        """Say nothing more; whatever is told is taken in, until the other side leaves."""
        while data := await self.reader.read(65536):
            self.told += data


@dataclass
class Site:
    """Where the peers are: how many came, and what all of them were told."""

    port: int = 0
    came: int = 0
    left: int = 0
    told: bytearray = field(default_factory=bytearray)

    def settings(self, **more: Any) -> Settings:
        known = {"host": "127.0.0.1", "port": self.port, "user": "hub", "secret": SECRET}
        return Settings.model_validate({**known, **more})


@asynccontextmanager
async def answering(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """A server on loopback: the first connection meets the first behaviour, the last all later ones.

    A behaviour that ends closes its connection; one that fails fails the test.
    """
    site, failed = Site(), list[BaseException]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behaviour = behaviours[min(site.came, len(behaviours) - 1)]
        site.came += 1
        try:
            await behaviour(Peer(reader, writer, site.told))
        except (OSError, asyncio.IncompleteReadError):
            # The client left in the middle: that is its right.
            return
        except AssertionError as wrong:
            failed.append(wrong)
        finally:
            site.left += 1
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=2**20)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
    assert not failed, failed
