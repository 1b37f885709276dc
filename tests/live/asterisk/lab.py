"""A company's exchange on loopback: a real Asterisk 22, three agents' telephones, and a carrier's trunk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.asterisk.phone import PATIENCE, Telephone
from tests.live.asterisk.recorder import Recorder
from tests.live.asterisk.server import Asterisk, Manager
from tests.live.debian import Root

HOSTS = {"101": "127.0.0.11", "102": "127.0.0.12", "103": "127.0.0.13"}
TRUNK = "127.0.0.2"

QUEUE = "0450999888"
DIRECT = {"101": "0450999801", "102": "0450999802", "103": "0450999803"}
GROUP = "0450999810"
GROUP_OF_THREE = "0450999811"
WELCOME = "0450999820"
QUEUE_LOCAL_N = "0450999830"
QUEUE_LOCAL = "0450999831"
QUEUE_SHORT_ROUNDS = "0450999835"
RECORDED = "0450999840"
QUEUE_SIX_SECONDS = "0450999850"


class Lab:
    """`trunk` calls and is called as the outside world is; `phones` are the agents', by extension."""

    def __init__(self, root: Root) -> None:
        self.phones = {number: Telephone(number, host) for number, host in HOSTS.items()}
        self.trunk = Telephone("trunk", TRUNK)
        self._all = [*self.phones.values(), self.trunk]
        self.asterisk = Asterisk(root, {phone.number: phone.address for phone in self._all})

    @property
    def ami(self) -> Manager:
        """The way in for the hub: host, port, user and secret of a user with the least rights."""
        return self.asterisk.manager()

    def start(self) -> None:
        for phone in self._all:
            phone.plug_in(self.asterisk.sip)
        self.asterisk.start()

    def stop(self) -> None:
        self.asterisk.stop()
        for phone in self._all:
            phone.unplug()

    def settle(self) -> None:
        """Hang up everywhere, and wait until no call is left: how every test begins."""
        for phone in self._all:
            phone.hang_up()
        self.until(lambda: not self.channels(), "have no call left")

    def channels(self) -> list[str]:
        """The channels there are, as Asterisk's own console names them."""
        return [
            line.split("!")[0] for line in self.asterisk.console("core show channels concise").splitlines()
        ]

    def restart(self, warned: bool = True) -> None:
        """End it, in order or without warning, and start it again; every call is gone."""
        self.asterisk.halt() if warned else self.asterisk.kill()
        for phone in self._all:
            phone.forget()
        self.asterisk.boot()

    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Wait for what cannot be waited for otherwise."""
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.05)):
            if happened():
                return
            pause.wait(0.05)
        raise TimeoutError(f"Asterisk did not {what} within {PATIENCE} s: {self.channels()}")

    @contextmanager
    def recording(self, path: Path, description: str, everything: bool = False) -> Iterator[Recorder]:
        """Write down what the manager interface says, to `path`: of calls and agents, or everything."""
        with Recorder(self.asterisk.manager("recorder" if everything else "scribe")) as recorder:
            yield recorder
        path.write_text(recorder.text(description), encoding="utf-8")
