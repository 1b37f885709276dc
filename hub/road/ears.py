"""Listening to the exchanges: one event loop in a thread, which only queues what it hears.

Promises: an exchange that fails in a way nobody foresaw is said so and listened to again, the others are not
touched; `stop` ends within a second. Never: looks at what it hears.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime

from hub.exchange import Dialled, Exchange, Hear, Line
from hub.logs import get
from hub.ports import ConnectorError

AGAIN = 10.0
"""Seconds until an exchange is listened to again whose connector broke."""


class Ears:
    """The exchanges of one hub, listened to until `stop`. `hear` is called in the loop's thread."""

    def __init__(self, exchanges: Mapping[str, Exchange], hear: Hear) -> None:
        self._exchanges, self._hear = exchanges, hear
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="exchanges", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Hang up. Nothing is heard from here on."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join(timeout=5)

    def dial(self, source: str, agent: str, number: str, call_id: str) -> Future[Dialled]:
        """Have an exchange dial; what came of it, or the `ConnectorError` it raised, is in the future."""
        order = self._exchanges[source].dial(agent, number, call_id)
        return asyncio.run_coroutine_threadsafe(order, self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._tasks = [
            self._loop.create_task(self._listen(name, one)) for name, one in self._exchanges.items()
        ]
        try:
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _listen(self, name: str, exchange: Exchange) -> None:
        while True:
            with suppress(ConnectorError):
                try:
                    await exchange.listen(self._hear)
                except ConnectorError as problem:
                    self._hear(Line(name, False, datetime.now(UTC), problem))
                    raise
                except Exception as problem:  # noqa: BLE001 - said, and the exchange is listened to again
                    get().exception("exchange broke", exchange=name)
                    said = ConnectorError(name, "the connector to this exchange broke", str(problem))
                    self._hear(Line(name, False, datetime.now(UTC), said))
            await asyncio.sleep(AGAIN)
