"""The call road without an Odoo: how soon a popup leaves, and what a million numbers cost.

- *Event to request*: an exchange (the sandbox's, in a process of its own) rings a telephone; the time until
  the request that shows the caller arrives at an Odoo that answers at once, in that same process and by its
  clock.
  Between the two lie two loopback connections and the whole call road. The directory holds a million numbers.
- *Memory*: what the process grew by for a directory of a million numbers, opened and asked 20,000 times.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.base import mappings
from benchmarks.memory import resident
from benchmarks.rows import Row
from hub.directory import Directory
from hub.mapping import Mappings
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import bulk_insert, dumps

NUMBERS = 1_000_000
CALLS = 400
PAUSE = 0.02
"""Seconds between two calls: fifty a second."""

RINGING = 25
"""Telephones ringing at a time."""


def number(place: int) -> str:
    """The place-th customer's telephone."""
    return f"+331{place:08}"


def directory(folder: Path, count: int = NUMBERS) -> tuple[Store, Mappings]:
    """A hub's database with so many customers, each with a telephone and a record in Odoo."""
    store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
    store.migrate()
    at = "2026-01-01T00:00:00+00:00"
    origin = dumps({"*": ["odoo", at]})
    for begin in range(0, count, 50_000):
        places = range(begin, min(begin + 50_000, count))
        with store.transaction() as connection:
            bulk_insert(
                connection, t.golden,
                [(f"{place:032x}", "customer",
                  dumps({"name": f"Client {place}", "phone": number(place), "city": "Lyon"}), origin, at, 0)
                 for place in places],
            )  # fmt: skip
            numbers = [(number(place), f"{place:032x}", "customer") for place in places]
            bulk_insert(connection, t.phone_number, numbers)
            bulk_insert(
                connection, t.link,
                [("customer", "odoo", str(place), f"{place:032x}", "{}", None, None, False, False)
                 for place in places],
            )  # fmt: skip
    return store, mappings(folder / "m", "odoo", "clients")


def memory() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        directory(Path(folder))[0].close()
        command = [sys.executable, "-m", "benchmarks.calls", "memory", folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    grown = json.loads(done.stdout)
    return Row(
        "memory for 1,000,000 numbers", grown / NUMBERS, 250, True, "B/number",
        f"{grown / 2**20:.1f} MiB in all: the database's own cache; the numbers stay on disk",
    )  # fmt: skip


def _grown(folder: Path) -> int:
    """Bytes that this process grew by, at the most, from asking."""
    found = mappings(folder / "m", "odoo", "clients")
    Directory(Store("sqlite://"), found)
    before = resident(os.getpid())
    store = Store(f"sqlite:///{folder / 'hub.sqlite'}")
    directory = Directory(store, found)
    chance = random.Random(1)
    for _ in range(20_000):
        assert directory.owners(number(chance.randrange(NUMBERS)), "odoo")
    grown = resident(os.getpid()) - before
    store.close()
    return int(grown * 2**20)


def soon() -> Row:
    with tempfile.TemporaryDirectory() as name, peer() as (ami, web, rest):
        store, mapped = directory(Path(name))
        road = opened(store, mapped, ami, f"http://127.0.0.1:{web}")
        road.start()
        try:
            took = rest()
        finally:
            road.stop()
            store.close()
    late = sorted(took)
    assert len(late) == CALLS, f"{len(late)} of {CALLS} arrived"
    p95 = late[int(0.95 * len(late))] * 1000
    return Row(
        "exchange event to request, 95 of 100, 1,000,000 numbers", p95, 5, True, "ms",
        f"median {late[len(late) // 2] * 1000:.1f}, longest {late[-1] * 1000:.1f} ms; 50 calls a second",
    )  # fmt: skip


def opened(store: Store, mapped: Mappings, port: int, odoo: str, **more: Any) -> Any:
    """The call road between an exchange on this port and an Odoo, not started."""
    from connectors.odoo import connect_desk
    from connectors.odoo.settings import Settings as OdooSettings
    from connectors.voip.ami import connect
    from connectors.voip.ami.settings import Settings as AmiSettings
    from hub.calllog.log import CallLog
    from hub.road.road import Road
    from hub.settings import CallSettings

    given = {"url": odoo, "database": "bench", "login": "hub", "api_key": "x", **more.pop("login", {})}
    login = OdooSettings.model_validate(given)
    desk = more.pop("desk", connect_desk)
    line = AmiSettings.model_validate({"host": "127.0.0.1", "port": port, "user": "hub", "secret": "sandbox"})
    settings = CallSettings(desk="odoo", extensions={"101": "agnes"})
    return Road(
        {"exchange": connect("exchange", line)},
        Directory(store, mapped),
        CallLog(store, mapped, logins=lambda: settings.extensions),
        settings,
        desk=lambda: desk("odoo", login),
        **more,
    )


@contextmanager
def peer() -> Iterator[tuple[int, int, Any]]:
    """The other process: its manager port, its Odoo's port, and what waits for its measurements."""
    command = [sys.executable, "-m", "benchmarks.calls", "peer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        assert ran.stdout is not None
        assert ran.stdin is not None
        ami, web = json.loads(ran.stdout.readline())

        def rest() -> list[float]:
            assert ran.stdout is not None
            found: list[float] = json.loads(ran.stdout.readline())
            return found

        try:
            yield ami, web, rest
        finally:
            ran.stdin.close()
            ran.wait(10)


class _Odoo(BaseHTTPRequestHandler):
    """An Odoo 19 that knows the desk's actions and answers at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    arrived: dict[str, float]

    def do_GET(self) -> None:
        self._answer({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"})

    def do_POST(self) -> None:
        now = time.perf_counter()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "ir.model.data" in self.path:
            names = ("action_show", "action_take", "show", "take", "dial")
            self._answer([{"id": 1, "name": name, "res_id": 1} for name in names])
        elif self.path.endswith("/run"):
            for message in body["context"]["hub_calls"].get("messages", ()):
                if message["kind"] == "show":
                    self.arrived.setdefault(message["shown"], now)
            self._answer({"unshown": [], "orders": []})
        else:
            self._answer(0)

    def _answer(self, answer: Any) -> None:
        said = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        return None


def _peer() -> None:
    from hub.directory import shown
    from sandbox.exchange import Exchange, serve

    arrived: dict[str, float] = {}
    _Odoo.arrived = arrived
    web = ThreadingHTTPServer(("127.0.0.1", 0), _Odoo)
    Thread(target=web.serve_forever, daemon=True).start()
    with serve(Exchange()) as exchange:
        print(json.dumps([exchange.port, web.server_address[1]]), flush=True)
        while not exchange.actions["Status"]:
            time.sleep(0.01)
        time.sleep(1)
        chance = random.Random(2)
        said: dict[str, float] = {}
        ringing: deque[Any] = deque()
        for place in chance.sample(range(NUMBERS), CALLS + 20):
            call = exchange.call(number(place), did="0450999801")
            said[shown(number(place))] = time.perf_counter()
            call.ring("101")
            time.sleep(PAUSE)
            ringing.append(call)
            if len(ringing) > RINGING:
                ringing.popleft().give_up()
        time.sleep(1)
        took = [arrived[who] - at for who, at in list(said.items())[20:] if who in arrived]
        print(json.dumps(took), flush=True)
        sys.stdin.read()
    web.shutdown()


if __name__ == "__main__":
    if sys.argv[1] == "peer":
        _peer()
    else:
        print(_grown(Path(sys.argv[2])))
