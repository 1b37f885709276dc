"""Which routes fail, since when and why, and when each is tried again.

A failure is said once, and once more when it is over or becomes another; the tries in between are silent and
further and further apart. How far depends on what failed: a workbook somebody has open will be closed in a
minute, a wrong password will not mend itself and must not lock the account. Reading and writing fail apart: a
workbook that is open can be read and not written.

It promises: thread-safe; holds no record and no secret. Never: tries anything itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import DBAPIError

from hub.clock import now
from hub.logs import get, redactor
from hub.ports import Busy, ConnectorError, Denied, Misconfigured, SourceDamaged, Unreachable
from hub.store import trouble

Route = tuple[str, str]
"""Entity and system."""

Doing = Literal["read", "write"]

LONGEST: dict[type[Exception], float] = {
    Busy: 60.0, Unreachable: 300.0, SourceDamaged: 900.0, Misconfigured: 900.0, Denied: 300.0,
    DBAPIError: 60.0,
}  # fmt: skip
"""The longest wait between two tries, in seconds."""

LOCKING = 3600.0
"""The wait before a refused login is tried again: servers lock accounts that insist."""

FIRST = 5.0
PATIENCE = 3600.0
"""Seconds for which a busy system (a workbook open on somebody's desk) is everyday life and not a fault."""


@dataclass(slots=True)
class Trouble:
    """One failing route. `since` and `at` are ISO times; `began` and `next_try` on the monotonic clock."""

    entity: str
    system: str
    doing: Doing
    kind: str
    text: str
    since: str
    began: float
    at: str
    tries: int
    next_try: float


class Board:
    """The failing routes of one daemon."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._troubles: dict[tuple[Route, Doing], Trouble] = {}

    def failed(self, route: Route, doing: Doing, problem: Exception) -> None:
        """Note a failure; it is logged if it is news."""
        said = str(trouble.of(problem)) if isinstance(problem, DBAPIError) else str(problem)
        text, kind = redactor.clean(said or type(problem).__name__), type(problem).__name__
        with self._lock:
            known, moment = self._troubles.get((route, doing)), self._clock()
            same = known is not None and known.kind == kind
            tries = known.tries + 1 if known is not None and same else 1
            self._troubles[(route, doing)] = Trouble(
                *route, doing, kind, text, known.since if known else now(), known.began if known else moment,
                now(), tries, moment + _pause(problem, tries),
            )  # fmt: skip
        if not same:
            _say(route, doing, problem, text)

    def worked(self, route: Route, doing: Doing) -> None:
        """Note a success; it is logged if that was failing."""
        with self._lock:
            known = self._troubles.pop((route, doing), None)
        if known is not None:
            minutes = round((self._clock() - known.began) / 60, 1)
            get().info("works again", entity=route[0], system=route[1], to=doing, after_minutes=minutes)

    def ready(self, route: Route, doing: Doing) -> bool:
        """Whether this may be tried now."""
        with self._lock:
            known = self._troubles.get((route, doing))
            return known is None or self._clock() >= known.next_try

    def is_failing(self, route: Route, doing: Doing) -> bool:
        with self._lock:
            return (route, doing) in self._troubles

    def keep_only(self, routes: set[Route]) -> None:
        """A changed configuration: its routes may be tried at once, the others are history."""
        with self._lock:
            self._troubles = {key: one for key, one in self._troubles.items() if key[0] in routes}
            for trouble in self._troubles.values():
                trouble.tries, trouble.next_try = 0, self._clock()

    def troubles(self) -> list[Trouble]:
        """What fails, oldest first."""
        with self._lock:
            return sorted(self._troubles.values(), key=lambda one: one.began)

    def is_serious(self, trouble: Trouble) -> bool:
        """Whether an operator should look: anything but a system that is busy for the time of some work."""
        return trouble.kind != Busy.__name__ or self._clock() - trouble.began > PATIENCE

    def seconds_to_next_try(self, trouble: Trouble) -> float:
        return max(0.0, trouble.next_try - self._clock())


def _say(route: Route, doing: Doing, problem: Exception, text: str) -> None:
    where = {"entity": route[0], "system": route[1], "to": doing}
    if isinstance(problem, Busy):
        get().info("waits", reason=text, **where)
    elif isinstance(problem, ConnectorError | DBAPIError):
        get().warning("failed", reason=text, **where)
    else:
        get().error("failed by an error nobody expected", exc_info=problem, **where)


def _pause(problem: Exception, tries: int) -> float:
    longest = next((wait for kind, wait in LONGEST.items() if isinstance(problem, kind)), 900.0)
    if isinstance(problem, Denied) and problem.locks:
        return LOCKING
    return float(min(FIRST * 2 ** min(tries - 1, 12), longest))
