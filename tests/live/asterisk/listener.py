"""The hub's ear on the real Asterisk, as a test holds it: the connector listens, a `CallBook` understands.

The connector lives in an event loop of its own, in a thread, as it does in the hub; a test waits here for
what it expects, and is told what there was instead.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType

from connectors.voip.ami import connect
from connectors.voip.ami.settings import Settings
from hub.calls import Call, CallBook
from hub.exchange import CallEvent, Dialled, Heard, Line
from tests.live.asterisk.phone import PATIENCE
from tests.live.asterisk.server import Manager


def settings(manager: Manager) -> Settings:
    """What hub.yaml would say of it."""
    known = {"host": manager.host, "port": manager.port, "user": manager.user, "secret": manager.secret}
    return Settings.model_validate({"kind": "ami", **known, "context": "agents"})


class Listener:
    """`lines` and `events` are everything that was heard, in order. `known` are calls known from before."""

    def __init__(self, chosen: Settings, known: Iterable[Call] = ()) -> None:
        self.book = CallBook(known)
        self.lines: list[Line] = []
        self.events: list[CallEvent] = []
        self._exchange = connect("pbx", chosen)
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="the hub's ear", daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        self._listening = asyncio.run_coroutine_threadsafe(self._exchange.listen(self._hear), self._loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        asyncio.run_coroutine_threadsafe(self._settle(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def up(self) -> bool:
        return bool(self.lines) and self.lines[-1].up

    def connected(self) -> Listener:
        self.until(lambda: self.up, "be connected")
        return self

    def dial(self, agent: str, number: str, call_id: str) -> Dialled:
        order = self._exchange.dial(agent, number, call_id)
        return asyncio.run_coroutine_threadsafe(order, self._loop).result(PATIENCE)

    def call(self, number: str, so: Callable[[Call], bool], what: str) -> Call:
        """The call of this number, once it is so."""
        self.until(lambda: any(so(call) for call in self._of(number)), f"see a call of {number} that {what}")
        with self._changed:
            return next(call for call in self._of(number) if so(call))

    def until(self, happened: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(happened, PATIENCE):
                raise TimeoutError(f"the hub did not {what} within {PATIENCE} s; it knows {self._told()}")

    def _of(self, number: str) -> Iterator[Call]:
        return (call for call in self.book.calls() if call.number == number)

    def _told(self) -> str:
        calls = [f"{c.number} {c.outcome}: rang {c.rang}, by {c.answered_by!r}" for c in self.book.calls()]
        return "; ".join([f"line up: {self.up}", *calls])

    def _hear(self, heard: Heard) -> None:
        with self._changed:
            if isinstance(heard, Line):
                self.lines.append(heard)
            else:
                if isinstance(heard, CallEvent):
                    self.events.append(heard)
                self.book.hear(heard)
            self._changed.notify_all()

    async def _settle(self) -> None:
        """Let what was cancelled end."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def listening(manager: Manager, known: Iterable[Call] = ()) -> Iterator[Listener]:
    """A hub's ear that is connected."""
    with Listener(settings(manager), known) as ear:
        yield ear.connected()
