"""The HTTP server of the receiver, with its bounds: what a stranger on the network can make it do.

Promises: at most so many connections at once, each for so many seconds in all, however slowly it sends, and
for one request; small headers; no body is unpacked. What cannot be read as HTTP is answered 400 and counted.
Never: a word of a request in an answer or in the log, where a token might stand in it.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

_log = structlog.get_logger(__name__)

LONGEST_LINE = 8_190
LONGEST_HEADER = 8_190
MOST_HEADERS = 64

_silent = logging.getLogger(f"{__name__}.http")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Doors(web.Server):
    """The connections of one receiver."""

    def __init__(
        self, answer: Answering, counts: Counter[str], system: str, most: int, timeout: float
    ) -> None:
        super().__init__(answer)
        self.counts, self.system, self.most, self.timeout = counts, system, most, timeout
        self.open = 0

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self, loop=asyncio.get_running_loop(), logger=_silent, access_log=None,
            max_line_size=LONGEST_LINE, max_field_size=LONGEST_HEADER, max_headers=MOST_HEADERS,
            keepalive_timeout=self.timeout, lingering_time=1.0, auto_decompress=False,
        )  # fmt: skip


class _Connection(web.RequestHandler):
    """One connection: one request, and then it is closed, at the latest when its time is up."""

    __slots__ = ("_counted", "_deadline", "_doors")

    def __init__(self, doors: Doors, **options: Any) -> None:
        super().__init__(doors, **options)
        self._doors = doors
        self._counted = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._doors.open >= self._doors.most:
            self._doors.counts["turned away"] += 1
            transport.abort()
            return
        self._doors.open += 1
        self._counted = True
        self._deadline = asyncio.get_running_loop().call_later(self._doors.timeout, self._too_slow, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._counted:
            self._counted = False
            self._doors.open -= 1
            super().connection_lost(exc)

    def _too_slow(self, transport: asyncio.Transport) -> None:
        self._doors.counts["too slow"] += 1
        transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP, or an error of ours: never with the words of the library, which quote."""
        if status == 500:
            self._doors.counts["failed"] += 1
            _log.error(
                "a message could not be taken in", system=self._doors.system,
                error=type(exc).__name__, where=_where(exc),
            )  # fmt: skip
        else:
            self._doors.counts["malformed"] += 1
        answer = web.Response(status=status, headers={"Server": "hub"})
        answer.force_close()
        return answer


def _where(problem: BaseException | None) -> str:
    """The line of our own code at which it went wrong. The error's text may quote the message."""
    frames = traceback.extract_tb(problem.__traceback__) if problem else []
    return f"{frames[-1].name}, line {frames[-1].lineno}" if frames else ""
