"""How far a server's clock is from ours, by the `Date` header of answers we get anyway.

A `Date` is cut to the second and was written somewhere between our question and its answer: each answer
gives bounds for the offset, and several answers narrow each other down. Bounds that exclude each other mean
that one of the two clocks was set: the older ones are forgotten. Pure: the caller brings the times.

The header is the web server's, which in most houses is the machine that also gives `write_date`; a proxy in
front of Odoo gives its own.
"""

from __future__ import annotations

from hub.ports import ClockReading

RESOLUTION = 1.0
"""Seconds: `write_date` as the hub reads it is cut to the second."""

LONGEST = 600.0
"""Seconds for which bounds count; clocks drift."""


class ServerClock:
    """What is known of one server's clock. Times are seconds since the epoch, by our clock where not said."""

    def __init__(self) -> None:
        self._bounds: tuple[float, float] | None = None
        self._since = 0.0

    def heard(self, date: float, asked: float, answered: float) -> None:
        """An answer asked for and received at these times of ours said `date`, a whole second of its."""
        low, high = date - answered, date + RESOLUTION - asked
        if self._bounds is not None and 0 <= answered - self._since <= LONGEST:
            known = max(low, self._bounds[0]), min(high, self._bounds[1])
            if known[0] <= known[1]:
                self._bounds = known
                return
        self._bounds, self._since = (low, high), answered

    def reading(self) -> ClockReading | None:
        """The offset in the middle of what is possible; ``None`` before any answer."""
        if self._bounds is None:
            return None
        low, high = self._bounds
        return ClockReading((low + high) / 2, (high - low) / 2 + RESOLUTION)
