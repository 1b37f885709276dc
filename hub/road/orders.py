"""Orders to dial, from a click in the desk to the agent's own telephone.

Promises: an order is carried out at most once, only from the telephone of the user who gave it, only to a
number the rules allow, and only while it is fresh; whoever gave one that is not carried out is told why.
Never: repeats an order whose fate is not known.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Protocol

from hub.desk import Desk, Order
from hub.dialling import refusal
from hub.directory import e164
from hub.exchange import Dialled
from hub.logs import get
from hub.ports import ConnectorError, Misconfigured
from hub.settings import CallSettings

LOOK = 1.0
"""Seconds between two looks for orders."""

FRESH = 30.0
"""Seconds for which an order holds: a telephone that rings later would startle somebody."""

PATIENCE = 15.0
LONGEST = 30.0


class Dial(Protocol):
    """`hub.road.ears.Ears.dial`."""

    def __call__(self, source: str, agent: str, number: str, call_id: str) -> Future[Dialled]: ...


class Orders:
    """A thread that looks for orders and has them dialled. `telephones`: login → telephone.

    `sources`: the exchanges; the first that can dial does.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        sources: Sequence[str],
        dial: Dial,
        telephones: Callable[[], Mapping[str, str]],
        settings: CallSettings,
    ) -> None:
        self._open, self._sources, self._dial = desk, tuple(sources), dial
        self._telephones, self._settings = telephones, settings
        self._desk: Desk | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders to dial", daemon=True)
        self.counts: Counter[str] = Counter()
        self.failing: ConnectorError | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        pause = LOOK
        while not self._stopping.wait(pause):
            try:
                self.look()
                pause = LOOK
            except ConnectorError as problem:
                if str(self.failing) != str(problem):
                    get().error("orders to dial cannot be read", problem=str(problem))
                self.failing = problem
                pause = min(2 * pause, LONGEST)
        if self._desk is not None:
            self._desk.close()

    def look(self) -> None:
        """Carry out what was ordered since the last look. Raises `ConnectorError` where the desk fails."""
        if self._desk is None:
            self._desk = self._open()
        orders = self._desk.orders()
        if self.failing is not None:
            self.failing = None
            get().info("orders to dial are read again")
        for order in orders:
            problem = self._carry_out(order)
            self.counts["refused" if problem else "dialled"] += 1
            if problem:
                get().warning("order to dial not carried out", user=order.user, reason=problem)
                self._desk.answer(order, problem)

    def _carry_out(self, order: Order) -> str | None:
        """Why it was not; ``None`` if it was."""
        age = (datetime.now(UTC) - order.at).total_seconds()
        if age > FRESH:
            return f"the order is {age:.0f} seconds old"
        agent = self._telephones().get(order.user)
        if agent is None:
            return f"no telephone is known as that of {order.user} (calls.extensions in hub.yaml)"
        number = e164(order.number, self._settings.region)
        why = refusal(number, self._settings.dial.allow, self._settings.dial.deny)
        if why:
            return f"{order.number}: {why} (calls.dial in hub.yaml)"
        call_id = f"odoo-{order.id}-{time.time_ns() // 1_000_000}"
        problem = "no exchange"
        for source in self._sources:
            try:
                done = self._dial(source, agent, number, call_id).result(PATIENCE)
            except Misconfigured as cannot:
                problem = str(cannot)
                continue
            except ConnectorError as failed:
                return str(failed)
            except TimeoutError:
                return f"{source} did not answer; whether it dials is not known"
            if not done.sure:
                return f"{source}: the line broke; whether it dials is not known"
            get().info("dialled", user=order.user, telephone=agent)
            return None
        return problem
