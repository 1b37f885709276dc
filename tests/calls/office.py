"""An exchange and a desk held in memory, and what people do at them: for tests of the call road."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.desk import Agents, Message, Order, Show, Unshown, Withdraw
from hub.exchange import Alive, CallEvent, Dialled, Hear, Heard, Line
from hub.ports import ConnectorError, Finding

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class MemoryExchange:
    """An exchange one plays: `say` is heard by whoever listens."""

    def __init__(self, name: str = "exchange") -> None:
        self.name = name
        self.dialled: list[tuple[str, str, str]] = []
        self.answer: Dialled | ConnectorError | None = None
        self._hear: Hear | None = None
        self._listened = threading.Event()
        self.seconds = 0.0

    def check(self) -> Sequence[Finding]:
        return ()

    async def listen(self, hear: Hear) -> None:
        self._hear = hear
        hear(Line(self.name, True, START))
        self._listened.set()
        await asyncio.Event().wait()

    async def dial(self, agent: str, number: str, call_id: str) -> Dialled:
        self.dialled.append((agent, number, call_id))
        if isinstance(self.answer, ConnectorError):
            raise self.answer
        return self.answer or Dialled(call_id)

    def hear(self, heard: Heard) -> None:
        assert self._listened.wait(10)
        assert self._hear is not None
        self._hear(heard)

    def event(self, kind: Any, call_id: str, **more: Any) -> CallEvent:
        """The next thing that happens, a second after the last."""
        self.seconds += 1
        return CallEvent(
            source=self.name, kind=kind, call_id=call_id, at=START + timedelta(seconds=self.seconds), **more
        )

    def say(self, kind: Any, call_id: str, **more: Any) -> None:
        self.hear(self.event(kind, call_id, **more))

    def only(self, *call_ids: str) -> None:
        """These calls exist, and no others."""
        self.seconds += 1
        self.hear(Alive(self.name, frozenset(call_ids), START + timedelta(seconds=self.seconds)))

    def comes_in(self, call_id: str, number: str, *agents: str, queue: str = "", **more: Any) -> None:
        """Somebody calls, and these telephones ring."""
        self.say("started", call_id, direction="inbound", number=number, did="0199009900", **more)
        if queue:
            self.say("queued", call_id, queue=queue)
        for agent in agents:
            self.rings(call_id, agent)

    def rings(self, call_id: str, agent: str) -> None:
        self.say("dialling", call_id, leg_id=f"{call_id}-{agent}", agent=agent)
        self.say("ringing", call_id, leg_id=f"{call_id}-{agent}", agent=agent)

    def picks_up(self, call_id: str, agent: str, *others: str) -> None:
        self.say("answered", call_id, leg_id=f"{call_id}-{agent}", agent=agent)
        for other in others:
            self.say("stopped", call_id, leg_id=f"{call_id}-{other}", agent=other, reason="elsewhere")

    def gives_up(self, call_id: str, *agents: str) -> None:
        self.say("gave up", call_id)
        for agent in agents:
            self.say("stopped", call_id, leg_id=f"{call_id}-{agent}", agent=agent, reason="cancelled")
        self.say("ended", call_id)


@dataclass
class Screen:
    """One desk for all threads: what is on whose screen, and what arrived in which request."""

    name: str = "odoo"
    shown: dict[tuple[str, str], Show] = field(default_factory=dict)
    requests: list[list[Message]] = field(default_factory=list)
    down: ConnectorError | None = None
    unshown: dict[str, str] = field(default_factory=dict)
    ordered: list[Order] = field(default_factory=list)
    answers: list[tuple[Order, str]] = field(default_factory=list)
    telephones: dict[str, str] = field(default_factory=dict)
    gate: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> MemoryDesk:
        return MemoryDesk(self)


class MemoryDesk:
    """One thread's connection to a `Screen`."""

    def __init__(self, screen: Screen) -> None:
        self.screen, self.name = screen, screen.name

    def agents(self, extension_field: str) -> Agents:
        self._reach()
        return Agents(dict(self.screen.telephones))

    def send(self, messages: Sequence[Message]) -> Sequence[Unshown]:
        self.screen.gate()
        self._reach()
        refused = []
        with self.screen.lock:
            self.screen.requests.append(list(messages))
            for message in messages:
                key = (message.user, message.popup)
                if message.user in self.screen.unshown:
                    refused.append(Unshown(message, self.screen.unshown[message.user]))
                elif isinstance(message, Show):
                    self.screen.shown[key] = message
                elif isinstance(message, Withdraw) and not message.answered:
                    self.screen.shown.pop(key, None)
        return refused

    def orders(self) -> Sequence[Order]:
        self._reach()
        taken, self.screen.ordered = self.screen.ordered, []
        return taken

    def answer(self, order: Order, problem: str) -> None:
        self.screen.answers.append((order, problem))

    def close(self) -> None:
        return None

    def _reach(self) -> None:
        if self.screen.down is not None:
            raise self.screen.down
