"""Times that different systems give, on one clock: ours.

"The latest edit wins" compares times of different systems, and their clocks may be minutes apart. How far
each is from this machine's is measured now and then, during pulls, by what the connector can tell
(`Clocked`), and every `Record.modified` is corrected by it once, on its way in (`Engine.seen`). An offset
smaller than the measure's own precision is not corrected: it may be none. What remains uncertain is the
*doubt* of a system's times; two edits no further apart than the doubts of both are a tie for the policy
`latest`, which the order of the systems in the mapping decides.

If this machine's own clock was set meanwhile (it moved against the monotonic one), what was measured before
is worth nothing, and is measured again at once.

It promises: an offset is never applied twice, nor guessed. Never: calls a server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.ports import Clocked, ClockReading, Connector
from hub.store import Store
from hub.store import clocks as kept

EVERY = 900.0
"""Seconds after which an offset is measured again."""

MOVED = 1.0
"""Seconds by which our own clock must have moved against the monotonic one to have been set."""

USUAL_DOUBT = 1.0
"""Seconds of doubt about a system whose offset was measured by an earlier process."""

NOTABLE = 60.0
"""Seconds from which an offset is worth a person's attention: the machine's time is not kept."""


@dataclass(frozen=True, slots=True)
class _Measured:
    offset: float
    doubt: float
    at: float
    drift: float
    """What our clock and the monotonic one differed by."""


class Clocks:
    """What is known of the clocks of an engine's systems. One engine, one thread.

    `wall` and `steady` are the two clocks of this machine, in seconds.
    """

    def __init__(
        self,
        store: Store,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._wall, self._steady = store, wall, steady
        self._measured: dict[str, _Measured] = {}
        self._remembered: dict[str, float] | None = None

    def look(self, system: str, connector: Connector, at: str, *, may_write: bool) -> None:
        """Measure a system's offset, if it is time to. `at` is the present moment as the store keeps it."""
        if not isinstance(connector, Clocked) or not self._due(system):
            return
        reading = connector.clock_offset(may_write)
        if reading is None:
            return
        found = _Measured(_offset(reading), reading.precision, self._steady(), self._drift())
        before = self._measured.get(system)
        self._measured[system] = found
        if before is None or abs(before.offset - found.offset) > reading.precision:
            with self._store.transaction() as connection:
                kept.keep(connection, kept.Offset(system, found.offset, at))

    def ours(self, system: str, moment: datetime) -> datetime:
        """A time that a system gave, on this machine's clock."""
        offset = self._offset(system)
        return moment - timedelta(seconds=offset) if offset else moment

    def doubt(self, systems: Iterable[str]) -> dict[str, float]:
        """By how many seconds the times of these systems may be off, of those that anything is known of."""
        found = {}
        for system in systems:
            if system in self._measured:
                found[system] = self._measured[system].doubt
            elif system in self._known():
                found[system] = USUAL_DOUBT
        return found

    def _due(self, system: str) -> bool:
        known = self._measured.get(system)
        if known is None or self._steady() - known.at > EVERY:
            return True
        return abs(self._drift() - known.drift) > MOVED

    def _drift(self) -> float:
        return self._wall() - self._steady()

    def _offset(self, system: str) -> float:
        found = self._measured.get(system)
        return found.offset if found is not None else self._known().get(system, 0.0)

    def _known(self) -> dict[str, float]:
        """What an earlier process measured: it holds until this one has."""
        if self._remembered is None:
            with self._store.reading() as connection:
                self._remembered = {one.system: one.seconds for one in kept.offsets(connection)}
        return self._remembered


def _offset(reading: ClockReading) -> float:
    return reading.ahead if abs(reading.ahead) > reading.precision else 0.0


def notable(offset: kept.Offset) -> str:
    """What to say of an offset that a person should know of; empty for any other."""
    if abs(offset.seconds) < NOTABLE:
        return ""
    way = "ahead of" if offset.seconds > 0 else "behind"
    return f"its clock is {span(abs(offset.seconds))} {way} this machine's"


def span(seconds: float) -> str:
    """A length of time for people: ``7 min 5 s``."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    parts = ((hours, "h"), (rest // 60, "min"), (rest % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


TODO = "let both machines keep their time by a time server (NTP); meanwhile the hub allows for it"
