"""The caller's card, from the telephone that rings to the agent's screen: a real Odoo 19, a real browser.

Two processes and a browser by one clock. In the other process (the peer) stand the exchange and a bare script
that runs the hub's own server action with a message prepared beforehand, by a plain ``requests.Session``. In
this one, the hub. What is measured begins right before the exchange rings, or the script posts; it ends when
the card is attached to the agent's page.

- *Popup*: ring to card against post to card, taking turns.
- *Burst*: fifty calls a second for ten seconds, each ringing for two: cards that never came, and how late.
- *While the hub syncs*: 10,000 records on their way into the same Odoo, by an engine in this process, as in
  the daemon. A bare post in its turn says how much of that is Odoo's own: it is one process here.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page

from benchmarks.base import approve, customer, fresh_store, mappings, workbook
from benchmarks.calls import opened
from benchmarks.odoo import Target
from benchmarks.rows import Row
from connectors.odoo.connector import OdooConnector
from connectors.odoo.desk import OdooDesk, module
from connectors.odoo.settings import Settings
from connectors.registry import connect
from hub.engine import Engine
from tests.live.browser import launched
from tests.live.debian import Unavailable
from tests.live.desks import AGNES, Company
from tests.live.servers import Odoo

CUSTOMERS = 500
NEW = 10_000
TURNS = 50
A_SECOND, SECONDS, RINGING = 50, 10, 2.0
WARM = 8
LATE = 30_000
"""Milliseconds after which a card counts as lost."""

_WATCH = """() => {
    window.benchSeen = {};
    const clock = () => performance.timeOrigin + performance.now();
    new MutationObserver((records) => {
        const now = clock();
        for (const node of records.flatMap((record) => Array.from(record.addedNodes))) {
            if (node.nodeType !== Node.ELEMENT_NODE) continue;
            const inside = node.querySelectorAll(".hub_card[data-popup]");
            for (const card of node.matches(".hub_card[data-popup]") ? [node, ...inside] : inside) {
                window.benchSeen[card.dataset.popup] ??= now;
            }
        }
    }).observe(document, { childList: true, subtree: true });
}"""
_SEEN = """([popup, most]) => new Promise((done) => {
    const end = performance.now() + most;
    (function look() {
        const at = window.benchSeen[popup];
        if (at !== undefined || performance.now() > end) done(at ?? null);
        else setTimeout(look, 2);
    })();
})"""
_GONE = '(popup) => !document.querySelector(`.hub_card[data-popup="${popup}"]`)'
_SKEW = "() => performance.timeOrigin + performance.now() - Date.now()"


def measured(target: Target) -> list[Row]:
    """Every row; none, and the reason printed, where there is no real Odoo 19 or no browser."""
    if target.real is None:
        print("popups need a real Odoo 19 and a browser: not measured", file=sys.stderr)
        return []
    try:
        return _measured(target.real)
    except Unavailable as reason:
        print(f"popups need a browser, and there is none: {reason}", file=sys.stderr)
        return []


def _measured(odoo: Odoo) -> list[Row]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        company = Company.founded(odoo)
        stack.callback(company.odoo.drop, company.database)
        stack.callback(company.desk.close)
        company.set_up()
        office = stack.enter_context(_office(company, folder))
        office.page = stack.enter_context(_screen(company, folder))
        return _rows(office)


def _rows(office: Office) -> list[Row]:
    office.warm()
    bare, hub = office.turns(lambda: len(office.hub) >= TURNS)
    popup = Row(
        "ring to card in the browser, against a bare server action", middle(hub) / middle(bare), 1.3, True,
        detail=f"{told(hub)} against {told(bare)} ms, {len(hub)} turns; {office.share()}; {load()}",
    )  # fmt: skip
    burst = office.burst(bare)
    before = load()
    sync = office.start_sync()
    bare_busy, hub_busy = office.turns(sync.done)
    took = sync.result()
    office.steady()
    busy = Row(
        "ring to card while 10,000 records are synced, against the quiet hub", middle(hub_busy) / middle(hub),
        1.5, True,
        detail=f"{told(hub_busy)} ms in {took:.0f} s of sync, {len(hub_busy)} turns; the bare action "
        f"{told(bare_busy)} ms, × {middle(bare_busy) / middle(bare):.2f}; {office.share()}; {before}",
    )  # fmt: skip
    return [popup, *burst, busy]


def middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def late(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


def told(values: Sequence[float]) -> str:
    return f"median {middle(values):.0f} p95 {late(values):.0f}"


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


class Watched(OdooDesk):
    """The hub's own desk; notes when a card is on its way to Odoo, and what was said."""

    left: dict[str, float]
    said: dict[str, Any]

    def _run(self, action: str, asked: Any) -> Any:
        if action == module.SHOW:
            for message in asked["messages"]:
                if message["kind"] == "show":
                    self.left[message["popup"]] = time.time() * 1000
                    self.said.setdefault(message["number"], {**asked, "messages": [message]})
        return super()._run(action, asked)


@dataclass
class Office:
    """The hub, the exchange, the bare script and the agent's page. Times are in milliseconds."""

    company: Company
    engine: Engine
    folder: Path
    peer: Peer
    action: int
    left: dict[str, float]
    said: dict[str, Any]
    page: Any = None
    bare: list[float] = field(default_factory=list)
    hub: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    """What of a ring's time went by before its card left the hub."""
    _count: int = 0

    def warm(self) -> None:
        """The first of each is not measured; one card is really seen."""
        for _ in range(WARM):
            popup, at = self.peer.ring(number(self._next()))
            self._wait(popup, at)
            assert self.page.locator(".hub_card").first.is_visible()
            self.peer.ask("give_up")
            self._wait_gone(popup)
            self.post()
        self.steady()

    def turns(self, enough: Callable[[], bool]) -> tuple[list[float], list[float]]:
        """A bare post, a call, a bare post …; how long each took to be seen."""
        self.bare, self.hub, self.inside = [], [], []
        chance = random.Random(3)
        while not enough():
            time.sleep(chance.uniform(0.05, 0.25))
            self.bare.append(self.post())
            time.sleep(chance.uniform(0.05, 0.25))
            self.hub.append(self.ring())
        return self.bare, self.hub

    def ring(self) -> float:
        popup, at = self.peer.ring(number(self._next()))
        took = self._wait(popup, at)
        self.inside.append(self.left[popup] - at)
        self.peer.ask("give_up")
        self._wait_gone(popup)
        return took

    def post(self) -> float:
        """The same action, with what the hub said of a caller."""
        chosen = list(self.said.values())[self._next() % len(self.said)]
        popup = f"bare:{self._count}"
        shown = {**chosen, "messages": [{**chosen["messages"][0], "popup": popup}]}
        withdrawn = {"messages": [{"kind": "withdraw", "user": AGNES, "popup": popup, "answered": False}]}
        at = self.peer.ask("post", self._body(shown))
        took = self._wait(popup, at)
        self.peer.ask("post", self._body(withdrawn))
        self._wait_gone(popup)
        return took

    def burst(self, bare: Sequence[float]) -> list[Row]:
        self.left.clear()
        numbers = [number(place % CUSTOMERS) for place in range(A_SECOND * SECONDS)]
        with ThreadPoolExecutor(1) as one:
            asked = one.submit(self.peer.ask, "burst", numbers)
            while not asked.done():
                self.page.wait_for_timeout(50)
        said: dict[str, float] = asked.result()
        self.page.wait_for_timeout(5000)
        seen: dict[str, float] = self.page.evaluate("() => window.benchSeen")
        took = [seen[popup] - at for popup, at in said.items() if popup in seen]
        unsent = sum(popup not in self.left for popup in said)
        waited = [self.left[popup] - at for popup, at in said.items() if popup in self.left]
        self.steady()
        return [
            Row("50 calls a second for 10 s, cards that never came", len(said) - len(took), 0, True, "cards",
                f"of {len(said)} calls, {unsent} withdrawn before they were sent"),
            Row("50 calls a second for 10 s, 95 of 100 seen, against the bare median",
                late(took) / middle(bare), 4, True,
                detail=f"{told(took)}, longest {max(took):.0f} ms, of which waiting for the request before "
                f"{told(waited)} ms; {load()}"),
        ]  # fmt: skip

    def start_sync(self) -> Future[float]:
        """The whole `sync` of a workbook of new customers: in a thread of this process, as in the daemon."""
        workbook(self.folder / "later.xlsx", CUSTOMERS + NEW)
        os.replace(self.folder / "later.xlsx", self.folder / "clients.xlsx")
        approve(self.engine, NEW)
        pool = ThreadPoolExecutor(1)
        started = pool.submit(self._sync)
        pool.shutdown(wait=False)
        return started

    def _sync(self) -> float:
        began = time.perf_counter()
        report = self.engine.sync()
        assert report.of("customer", "odoo").created == NEW, report
        return time.perf_counter() - began

    def share(self) -> str:
        return f"in the hub {told(self.inside)} ms"

    def steady(self) -> None:
        """The browser's clock is this machine's, still."""
        skew = self.page.evaluate(_SKEW)
        assert abs(skew) < 3, f"the browser's clock has gone {skew:.1f} ms from the machine's"

    def _body(self, asked: Any) -> Any:
        return json.dumps({"ids": [self.action], "context": {"hub_calls": asked}})

    def _wait(self, popup: str, at: float) -> float:
        seen = self.page.evaluate(_SEEN, [popup, LATE])
        assert seen is not None, f"{popup} was not shown within {LATE / 1000:.0f} s"
        return float(seen) - at

    def _wait_gone(self, popup: str) -> None:
        self.page.wait_for_function(_GONE, arg=popup)

    def _next(self) -> int:
        self._count += 1
        return self._count % CUSTOMERS


def number(place: int) -> str:
    """The place-th customer's telephone, as the exchange says it."""
    return "+33" + str(customer(place)["phone"]).replace(" ", "")[1:]


@contextmanager
def _office(company: Company, folder: Path) -> Iterator[Office]:
    """The hub with customers that it synced itself, its call road, and the peer; the page is missing."""
    key = _key(company, "hub")
    odoo = OdooConnector("odoo", Settings.model_validate(
        {"url": company.odoo.url, "database": company.database, "login": "admin",
         "password": company.odoo.password, "api_key": company.odoo.api_key}
    ))  # fmt: skip
    workbook(folder / "clients.xlsx", CUSTOMERS)
    clients = connect("clients", "excel", {"path": folder / "clients.xlsx", "stable_seconds": 0})
    store, mapped = fresh_store(folder), mappings(folder / "m", "odoo", "clients")
    engine = Engine(store, mapped, {"clients": clients, "odoo": odoo})
    approve(engine, CUSTOMERS)
    assert engine.sync().of("customer", "odoo").created == CUSTOMERS
    left: dict[str, float] = {}
    said: dict[str, Any] = {}

    def desk(name: str, settings: Settings) -> OdooDesk:
        made = Watched(name, settings)
        made.left, made.said = left, said
        return made

    login = {"database": company.database, "login": "hub", "api_key": key}
    with _peer(company, key) as peer:
        road = opened(store, mapped, peer.port, company.odoo.url, login=login, desk=desk)
        road.start()
        try:
            peer.ask("heard")
            yield Office(company, engine, folder, peer, company.ref(f"hub_calls.{module.SHOW}"), left, said)
        finally:
            road.stop()
            odoo.close()
            store.close()


def _key(company: Company, login: str) -> str:
    """An API key of this user's, for both the hub and the bare script."""
    code = (
        f"user = env['res.users'].search([('login', '=', '{login}')])\n"
        "day = datetime.datetime.now() + datetime.timedelta(days=1)\n"
        "key = env['res.users.apikeys'].with_user(user).sudo()._generate('rpc', 'bench', day)\n"
        "action = {'key': key}"
    )
    return str(company.run(code)["key"])


@contextmanager
def _screen(company: Company, folder: Path) -> Iterator[Page]:
    with launched(folder / "apt.log") as browser:
        desktop = company.desktop(browser, AGNES)
        page = desktop.tab()
        page.evaluate(_WATCH)
        yield page
        assert not desktop.problems, desktop.problems
        desktop.close()


class Peer:
    """The other process, asked by lines of JSON. `port` is its exchange's."""

    def __init__(self, ran: subprocess.Popen[str], url: str, key: str, database: str) -> None:
        self._ran = ran
        self.port = int(self.ask(url, key, database))

    def ask(self, *question: Any) -> Any:
        assert self._ran.stdin is not None
        assert self._ran.stdout is not None
        self._ran.stdin.write(json.dumps(question) + "\n")
        self._ran.stdin.flush()
        return json.loads(self._ran.stdout.readline())

    def ring(self, caller: str) -> tuple[str, float]:
        popup, at = self.ask("ring", caller)
        return str(popup), float(at)


@contextmanager
def _peer(company: Company, key: str) -> Iterator[Peer]:
    command = [sys.executable, "-m", "benchmarks.popups"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        try:
            yield Peer(ran, company.odoo.url, key, company.database)
        finally:
            assert ran.stdin is not None
            ran.stdin.close()
            ran.wait(20)


class _Outside:
    """What the peer does when asked: people who call, and the bare script."""

    def __init__(self, exchange: Any, url: str, key: str, database: str) -> None:
        self._exchange, self._ringing = exchange, list[Any]()
        self._address = f"{url}/json/2/ir.actions.server/run"
        self._http = requests.Session()
        self._http.headers.update({
            "Authorization": f"bearer {key}", "X-Odoo-Database": database, "Content-Type": "application/json",
        })  # fmt: skip

    def heard(self) -> bool:
        """The hub listens, and has asked what goes on."""
        while not self._exchange.actions["Status"]:
            time.sleep(0.01)
        time.sleep(1)
        return True

    def ring(self, caller: str) -> tuple[str, float]:
        call = self._exchange.call(caller, did="0450999801")
        self._ringing.append(call)
        at = time.time() * 1000
        call.ring("101")
        return f"exchange:{call.id}", at

    def give_up(self) -> bool:
        while self._ringing:
            self._ringing.pop().give_up()
        return True

    def post(self, body: str) -> float:
        data = body.encode()
        at = time.time() * 1000
        answer = self._http.post(self._address, data=data, timeout=60)
        assert answer.ok, answer.text[:500]
        assert not answer.json()["unshown"], answer.text[:500]
        return at

    def burst(self, callers: Sequence[str]) -> dict[str, float]:
        said: dict[str, float] = {}
        ends: list[float] = []
        began = time.monotonic()
        for place, caller in enumerate(callers):
            due = began + place / A_SECOND
            while ends and ends[0] <= due:
                time.sleep(max(0.0, ends.pop(0) - time.monotonic()))
                self._ringing.pop(0).give_up()
            time.sleep(max(0.0, due - time.monotonic()))
            popup, at = self.ring(caller)
            said[popup] = at
            ends.append(time.monotonic() + RINGING)
        for end in ends:
            time.sleep(max(0.0, end - time.monotonic()))
            self._ringing.pop(0).give_up()
        return said


def _outside() -> None:
    from sandbox.exchange import Exchange, serve

    with serve(Exchange()) as exchange:
        outside = _Outside(exchange, *json.loads(sys.stdin.readline()))
        print(json.dumps(exchange.port), flush=True)
        for line in sys.stdin:
            what, *given = json.loads(line)
            print(json.dumps(getattr(outside, what)(*given)), flush=True)


if __name__ == "__main__":
    _outside()
