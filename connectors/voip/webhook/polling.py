"""An exchange that posts nothing and is asked: a GET that waits there until something happened (OVHcloud).

Promises: one question at a time; after a break it is asked again, further and further apart, and a token that
is refused rarely; an answer is bounded. An answer that was heard once is not heard again. What happened
during a break is told by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
from yarl import URL

from connectors.voip.webhook import parsing
from connectors.voip.webhook.handing import Handing
from connectors.voip.webhook.intake import Intake
from connectors.voip.webhook.mapfile import Poll
from connectors.voip.webhook.parsing import Malformed
from connectors.voip.webhook.paths import find, steps, text
from connectors.voip.webhook.settings import Settings
from hub.exchange import Hear, Line
from hub.ports import ConnectorError, Denied, SourceDamaged, Unreachable

LARGEST_ANSWER = 4 * 1024 * 1024
FIRST_WAIT, LONGEST_WAIT, DENIED_WAIT = 1.0, 60.0, 300.0
SPACING = 0.2
"""Seconds between two questions, where the answers come at once."""


class Poller:
    """Asks one exchange."""

    def __init__(
        self, system: str, settings: Settings, poll: Poll, intake: Intake, clock: Callable[[], datetime],
        first_wait: float = FIRST_WAIT,
    ) -> None:  # fmt: skip
        self.system, self.settings, self.poll, self.intake = system, settings, poll, intake
        self._clock, self._first_wait = clock, first_wait
        self._url = URL(settings.poll_url or poll.url)
        self._session_at = steps(poll.session)
        self._wait, self._up = first_wait, False

    async def listen(self, hear: Hear) -> None:
        """Until cancelled."""
        handing, last = Handing(hear), ""
        self._wait = self._first_wait
        timeout = aiohttp.ClientTimeout(total=self.poll.wait + 30, connect=20)
        try:
            async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as client:
                while True:
                    try:
                        await self._ask_on(client, hear, handing)
                    except ConnectorError as problem:
                        if self._up or str(problem) != last:
                            hear(Line(self.system, False, self._clock(), problem))
                        self._up, last = False, str(problem)
                        await asyncio.sleep(DENIED_WAIT if isinstance(problem, Denied) else self._wait)
                        self._wait = min(2 * self._wait, LONGEST_WAIT)
        finally:
            handing.flush()

    async def _ask_on(self, client: aiohttp.ClientSession, hear: Hear, handing: Handing) -> None:
        """One session: asks until something is wrong, which is raised."""
        session = ""
        while True:
            answer = await self._ask(client, session)
            if not self._up:
                hear(Line(self.system, True, self._clock()))
                self._up, self._wait = True, self._first_wait
            session = text(find(answer, self._session_at), 500) or session
            self._heard(answer, handing)
            await asyncio.sleep(SPACING)

    def _heard(self, answer: Any, handing: Handing) -> None:
        self.intake.counts["received"] += 1
        taken = self.intake.asked(answer, self._clock())
        for said in taken.said:
            handing.say(said)
        self.intake.done(taken, self._clock())

    async def _ask(self, client: aiohttp.ClientSession, session: str) -> Any:
        token = self.settings.token.get_secret_value() if self.settings.token else ""
        query = {self.poll.token: token, **({self.poll.session.lower(): session} if session else {})}
        try:
            async with client.get(self._url.update_query(query), allow_redirects=False) as response:
                if response.status in (401, 403):
                    raise Denied(
                        self.system, "the token was refused", f"HTTP {response.status}",
                        todo="make a new token in the exchange's administration; tried again every 5 minutes",
                    )  # fmt: skip
                if response.status == 204:
                    return {}
                if response.status != 200:
                    raise Unreachable(self.system, "no answer", f"HTTP {response.status}")
                return await self._read(response)
        except TimeoutError:
            # Nothing happened for long: the same question again.
            return {}
        except aiohttp.ClientError as problem:
            # Its own words may hold the address, and so the token.
            raise Unreachable(self.system, "no answer", type(problem).__name__) from None

    async def _read(self, response: aiohttp.ClientResponse) -> Any:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise SourceDamaged(self.system, "its answer is longer than an answer may be")
        if not body.strip():
            return {}
        try:
            return parsing.read_json(bytes(body))
        except Malformed as reason:
            self.intake.counts["malformed"] += 1
            raise SourceDamaged(self.system, "its answer cannot be read", str(reason)) from None
