"""Three calls of the demo: an exchange of the sandbox rings, and who calls is shown before anybody answers.

The sandbox's Odoo has no screen, so the agents' screens are the terminal's; everything between the exchange's
manager interface and those screens is the hub's own call road.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connectors.voip import ami
from connectors.voip.ami.settings import Settings as AmiSettings
from hub.calllog.log import CallLog
from hub.desk import Agents, Message, Order, Show, Unshown, Withdraw
from hub.directory import Directory
from hub.mapping import Mappings
from hub.road.road import Road
from hub.settings import CallSettings
from hub.store import Store, numbers
from sandbox.company import Customer
from sandbox.exchange import Call, Exchange, serve

AGENTS = {"101": "Alice", "102": "Bruno"}
STRANGER = "+33199004711"
LINE = "0476000000"
PATIENCE = 20.0


@dataclass
class Screens:
    """What happens on the agents' screens, in order; a `hub.desk.Desk` for the demo."""

    name: str = "odoo"
    told: list[tuple[str, Message]] = field(default_factory=list)
    open: dict[str, Show] = field(default_factory=dict)

    def agents(self, extension_field: str) -> Agents:
        return Agents()

    def send(self, messages: Sequence[Message]) -> Sequence[Unshown]:
        for message in messages:
            self.told.append((message.user, message))
            if isinstance(message, Show):
                self.open[message.user] = message
            elif isinstance(message, Withdraw) and not message.answered:
                self.open.pop(message.user, None)
        return ()

    def orders(self) -> Sequence[Order]:
        return ()

    def answer(self, order: Order, problem: str) -> None:
        raise AssertionError("the demo's screens give no orders")

    def close(self) -> None:
        return None


@dataclass
class Rung:
    """One call as it was played: what was seen on whose screen while it rang, and after."""

    text: str
    seen: dict[str, Show]
    after: dict[str, Show]


def play(store: Store, mappings: Mappings, customer: Customer) -> list[Rung]:
    """A customer who is answered, a stranger who gives up, and the call back."""
    with store.transaction() as connection:
        numbers.rebuild(connection, mappings)
    screens = Screens()
    settings = CallSettings(desk="odoo", extensions=AGENTS)
    with serve(Exchange()) as exchange:
        line = AmiSettings(host="127.0.0.1", port=exchange.port, user="hub", secret="sandbox")
        road = Road(
            {"exchange": ami.connect("exchange", line)},
            Directory(store, mappings),
            CallLog(store, mappings, logins=lambda: AGENTS),
            settings,
            desk=lambda: screens,
        )
        road.start()
        try:
            _until(lambda: any(one.up for one in road.figures.lines.values()))
            return _three(exchange, screens, road, customer)
        finally:
            road.stop()


def _three(exchange: Exchange, screens: Screens, road: Road, customer: Customer) -> list[Rung]:
    def rung(text: str, ring: Callable[[], Call], end: Callable[[Call], None], left: set[str]) -> Rung:
        call = ring()
        _until(lambda: set(screens.open) == set(AGENTS.values()))
        seen = dict(screens.open)
        end(call)
        _until(lambda: set(screens.open) == left)
        after = dict(screens.open)
        if call.talking is not None:
            call.hang_up()
        _until(lambda: all(one.over for one in road.book.calls()) and not road.notes.waiting)
        screens.open.clear()
        return Rung(text, seen, after)

    def comes_in(number: str, name: str = "") -> Callable[[], Call]:
        def ring() -> Call:
            call = exchange.call(number, did=LINE, name=name)
            call.enter("support")
            call.ring()
            return call

        return ring

    found = [
        rung(
            "a customer calls; Bruno answers",
            comes_in(customer.phone),
            lambda call: call.answer("102"),
            {"Bruno"},
        ),
        rung("a stranger calls, and gives up", comes_in(STRANGER), lambda call: call.give_up(), set()),
    ]
    back = exchange.outbound("101", STRANGER)
    back.answer(STRANGER)
    back.hang_up()
    _until(lambda: not road.log.standing(STRANGER)[1])
    _until(lambda: all(one.over for one in road.book.calls()) and not road.notes.waiting)
    return found


def _until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > limit:
            raise TimeoutError("the demo's telephone call did not go on")
        time.sleep(0.01)
