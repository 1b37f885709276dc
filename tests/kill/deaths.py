"""One life of the daemon, from its start to a kill at an instant that no one chose.

Half of the instants are on the clock; the other half are moments at which a stop is most likely to hurt: a
request that Odoo has not got, has got, or has answered; a new workbook staged or just moved into place; a
file just handed to Sage; a transaction just committed. One that does not come is replaced by the clock.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kill.place import Place
from tests.wire.proxy import Exchange, Fault
from tests.wire.request import Request

WRITES = ("load", "web_save_multi", "write", "create")
START = 20.0
"""Seconds in which a daemon must have begun to work; it takes one or two."""

LONGEST = 1.2
"""Seconds from its first request to the kill, at most."""

Due = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Edit:
    """Something a person does `after` so many seconds of the daemon's work."""

    after: float
    act: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Death:
    """How a daemon ended, and what people did meanwhile."""

    cause: str
    edits: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join([*self.edits, f"killed {self.cause}"])


class Life:
    """One daemon, until it is killed."""

    def __init__(self, place: Place, dice: random.Random) -> None:
        self.place, self._dice = place, dice
        self._at_work = self._killed = False
        self._told: list[str] = []

    def run(self, edits: Sequence[Edit]) -> Death:
        """Start it, let people act, kill it. Raises `AssertionError` if it ends before that."""
        cause, due = self._instant()
        self._process = self.place.daemon()
        try:
            if cause == "while it starts":
                time.sleep(self._dice.uniform(0.05, 0.7))
            else:
                self._until_at_work()
                self._wait(due, sorted(edits, key=lambda edit: edit.after))
            assert self._killed or self._process.poll() is None, self._ended()
        finally:
            self._process.kill()
            self._process.wait()
            self.place.wire.disarm()
        return Death(cause, tuple(self._told))

    def _until_at_work(self) -> None:
        end = time.monotonic() + START
        while not self._at_work:
            assert self._killed or self._process.poll() is None, self._ended()
            assert time.monotonic() < end, f"the daemon did not begin to work:\n{self.place.log()}"
            time.sleep(0.002)

    def _kill(self) -> None:
        self._killed = True
        self._process.kill()

    def _ended(self) -> str:
        return f"the daemon ended by itself:\n{self.place.log()}"

    def _wait(self, due: Due, edits: list[Edit]) -> None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < LONGEST and self._process.poll() is None and not due():
            if edits and edits[0].after <= passed:
                self._told.append(edits.pop(0).act())
            time.sleep(0.001)

    # -- when --------------------------------------------------------------------------------------------

    def _instant(self) -> tuple[str, Due]:
        """What to wait for, in words and as a test; the wire is armed for it."""
        makers = [self._by_the_clock] * 5 + [self._at_a_write] * 4 + [self._at_a_request, self._starting]
        makers += [self._staged, self._replaced]
        if self.place.store.is_sqlite:
            makers.append(self._committed)
        if self.place.accounting is not None:
            makers.append(self._handed_over)
        return self._dice.choice(makers)()

    def _starting(self) -> tuple[str, Due]:
        self._arm(lambda exchange: None, lambda request: False)
        return "while it starts", lambda: True

    def _by_the_clock(self) -> tuple[str, Due]:
        self._arm(lambda exchange: None, lambda request: False)
        seconds = self._dice.uniform(0, LONGEST)
        return f"{seconds:.3f} s after its first request", self._elapsed(seconds)

    def _at_a_write(self) -> tuple[str, Due]:
        return self._on_the_wire("write", self._dice.randint(1, 2), lambda request: request.method in WRITES)

    def _at_a_request(self) -> tuple[str, Due]:
        return self._on_the_wire("request", self._dice.randint(2, 12), lambda request: True)

    def _on_the_wire(self, what: str, nth: int, wanted: Callable[[Request], bool]) -> tuple[str, Due]:
        """Killed by the thread that holds the request, so that nothing of the daemon's runs in between."""

        def before(exchange: Exchange) -> None:
            self._kill()
            exchange.reset()

        def under_way(exchange: Exchange) -> None:
            self._kill()
            exchange.pass_on()

        def unanswered(exchange: Exchange) -> None:
            exchange.pass_on()
            self._kill()

        def answered(exchange: Exchange) -> None:
            exchange.send(exchange.pass_on().packed())
            time.sleep(self._dice.uniform(0, 0.02))
            self._kill()

        words = {before: "before", under_way: "during", unanswered: "unanswered after", answered: "after"}
        fault = self._dice.choice(list(words))
        self._arm(fault, wanted, nth)
        return f"{words[fault]} {what} {nth}", lambda: False

    def _staged(self) -> tuple[str, Due]:
        pause = self._dice.choice((0.0, self._dice.uniform(0, 0.15)))
        self._arm(lambda exchange: None, lambda request: False)
        seen = self._first(lambda: any(self.place.folder.glob(".hub-*")))
        return f"{pause:.3f} s after a new workbook was staged", lambda: seen(pause)

    def _replaced(self) -> tuple[str, Due]:
        self._arm(lambda exchange: None, lambda request: False)
        staged: set[int] = set()

        def moved() -> bool:
            for path in self.place.folder.glob(".hub-*"):
                staged.add(_inode(path))
            return _inode(self.place.workbook.path) in staged

        return "when a new workbook was in place", moved

    def _handed_over(self) -> tuple[str, Due]:
        assert self.place.accounting is not None
        self._arm(lambda exchange: None, lambda request: False)
        player = self.place.accounting.player
        place = self._dice.choice((player.imports / ".hub" / "staged", player.imports))
        before = set(place.glob("*.*"))
        return f"when a file was in {place.name}", lambda: set(place.glob("*.*")) > before

    def _committed(self) -> tuple[str, Due]:
        self._arm(lambda exchange: None, lambda request: False)
        log = self.place.folder / "hub.sqlite-wal"
        nth = self._dice.randint(1, 30)
        seen: set[int] = set()

        def committed() -> bool:
            if log.exists():
                seen.add(log.stat().st_mtime_ns)
            return len(seen) > nth

        return f"after commit {nth} or so", committed

    def _arm(self, fault: Fault, wanted: Callable[[Request], bool], nth: int = 1) -> None:
        def met(request: Request) -> bool:
            self._at_work = True
            return wanted(request)

        self.place.wire.arm(fault, met, nth)

    def _elapsed(self, seconds: float) -> Due:
        seen = self._first(lambda: True)
        return lambda: seen(seconds)

    @staticmethod
    def _first(happens: Callable[[], bool]) -> Callable[[float], bool]:
        """Whether so many seconds have passed since something was first seen to happen."""
        at: list[float] = []

        def passed(seconds: float) -> bool:
            if not at and happens():
                at.append(time.monotonic())
            return bool(at) and time.monotonic() - at[0] >= seconds

        return passed


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
