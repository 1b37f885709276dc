"""What the store says of how things stand, read now and then for everyone who asks in between.

Health checks and scrapes never touch the database: however often they come, and however busy the database
is, they are answered from the last figures, whose age they show.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from hub.brakes import WHOLE_ENTITY
from hub.daemon.board import Route
from hub.store import Store, brakes, likenesses, mergers
from hub.store import tables as t

RECOUNT = 60.0
"""Seconds between two counts of all links, the one figure that costs a walk through a table."""


ASIDE = ("dead", "discarded")
"""States of writes that are not on their way: a system refused them, and a person said that it may."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How things stood at `at` (monotonic seconds). Counts by entity, route, or route and state."""

    at: float
    pulled: dict[Route, str] = field(default_factory=dict)
    brakes: dict[Route, str] = field(default_factory=dict)
    outbox: dict[tuple[str, str, str], int] = field(default_factory=dict)
    conflicts: dict[str, int] = field(default_factory=dict)
    reviews: dict[tuple[str, str, str], int] = field(default_factory=dict)
    linked: dict[Route, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    mergers: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def mail(self, route: Route, *states: str) -> int:
        """Rows of the outbox of a route in these states."""
        return sum(self.outbox.get((*route, state), 0) for state in states)

    def dead(self) -> int:
        """Writes that gave up, everywhere."""
        return sum(count for (_, _, state), count in self.outbox.items() if state == "dead")

    def depth(self) -> int:
        """Writes that are still to be done or confirmed, everywhere."""
        return sum(count for (_, _, state), count in self.outbox.items() if state not in ASIDE)


class Reader:
    """Reads figures of one store."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self.store, self.clock = store, clock
        self._lock = threading.Lock()
        self._linked: dict[Route, int] = {}
        self._linked_at: float | None = None
        self.last = Figures(clock())

    def refresh(self, *, recount: bool = False) -> Figures:
        """Read them anew. Raises what the database raises; the last figures stay then."""
        with self._lock, self.store.reading() as connection:
            if recount or self._linked_at is None or self.clock() - self._linked_at > RECOUNT:
                self._linked, self._linked_at = _linked(connection), self.clock()
            self.last = _read(connection, self.clock(), self._linked)
        return self.last

    def age(self) -> float:
        """Seconds since the last figures were read."""
        return self.clock() - self.last.at


def _linked(connection: Connection) -> dict[Route, int]:
    links = select(t.link.c.entity, t.link.c.system, func.count()).where(t.link.c.gone.is_(False))
    return {
        (row[0], row[1]): row[2]
        for row in connection.execute(links.group_by(t.link.c.entity, t.link.c.system))
    }


def _held(connection: Connection, routes: Iterable[Route]) -> dict[Route, str]:
    """Why each held route is held."""
    found: dict[Route, list[str]] = {}
    known = list(routes)
    for one in brakes.held(connection):
        whole = [route for route in known if route[0] == one.entity]
        for route in whole if one.system == WHOLE_ENTITY else [(one.entity, one.system)]:
            found.setdefault(route, []).append(one.reason)
    return {route: "; ".join(reasons) for route, reasons in found.items()}


def _read(connection: Connection, at: float, linked: dict[Route, int]) -> Figures:
    cursors = list(connection.execute(select(t.cursor).where(t.cursor.c.system != "")))
    box, kinds = t.outbox.c, t.review.c
    mail = select(box.entity, box.system, box.state, func.count()).group_by(box.entity, box.system, box.state)
    held = select(kinds.entity, kinds.system, kinds.kind, func.count()).group_by(
        kinds.entity, kinds.system, kinds.kind
    )
    conflicts = (
        select(t.conflict.c.entity, func.count())
        .where(t.conflict.c.closed_at.is_(None))
        .group_by(t.conflict.c.entity)
    )
    return Figures(
        at,
        {(row.entity, row.system): row.pulled_at for row in cursors if row.pulled_at},
        _held(connection, [(row.entity, row.system) for row in cursors]),
        {(row[0], row[1], row[2]): row[3] for row in connection.execute(mail)},
        {row[0]: row[1] for row in connection.execute(conflicts)},
        {(row[0], row[1], row[2]): row[3] for row in connection.execute(held)},
        linked,
        likenesses.counted(connection),
        mergers.pending(connection),
    )
