"""`hub rebuild`: the database is lost, the systems are not. Every record is read again and met again.

It only reads: each system whole, those with our references first (`hub.recovering`). Records that the hub
once linked are linked again by reference, by the mapping's keys, or by agreement in all that both say; what
may be two things is set aside. What a first meeting cannot agree on is a conflict, as ever. The systems are
written to by the next sync, which has nothing to write in a world where nothing changed.

Promises: nothing is written to any system; a rehearsal leaves the database as it was. The caller sees to it
that the database is empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub import recovering, rehearsal
from hub.backup import set_aside
from hub.engine import Engine
from hub.mapping import Mappings
from hub.ports import Connector
from hub.rehearsal import PlannedWrite
from hub.report import Report
from hub.store import Store, copying, cursors, listing


@dataclass(slots=True)
class Rebuilt:
    """What was found again. `writes`: what the next sync would write."""

    report: Report
    writes: list[PlannedWrite] = field(default_factory=list)
    conflicts: list[listing.OpenConflict] = field(default_factory=list)
    reviews: list[listing.OpenReview] = field(default_factory=list)

    @property
    def routes(self) -> dict[tuple[str, str], Counter[str]]:
        """How the records of each (entity, system) were met again: see `hub.relinking.HOW`."""
        aside = Counter((one.entity, one.system) for one in self.reviews if one.kind in recovering.UNSETTLED)
        found: dict[tuple[str, str], Counter[str]] = {}
        for route, how in self.report.relinked.items():
            found[route] = Counter({name: number for name, number in how.items() if name != "set aside"})
            found[route]["set aside"] = aside[route]
        return found


def empty(store: Store, replace: bool, at: str) -> Path | None:
    """Make the database empty, or find it so; what it held is in the backup named. Raises `BackupError`."""
    folder = Path(str(store.engine.url.database)).absolute().parent if store.is_sqlite else Path.cwd()
    aside = set_aside(store, folder, replace, at)
    with store.transaction() as connection:
        copying.clear(connection)
    return aside


def rebuild(engine: Engine) -> Rebuilt:
    """Meet everything again, in an empty database; nothing is written to any system."""
    recovering.begin(engine, "rebuild")
    with engine.store.transaction() as connection:
        at = engine.clock()
        report = Report(cursors.begin_run(connection, "rebuild", at))
    engine.rehearse(report)
    result = Rebuilt(report)
    for mapping in engine.mappings:
        result.writes += rehearsal.planned_writes(engine, engine.store, mapping.entity)
    with engine.store.transaction() as connection:
        result.conflicts = listing.conflicts(connection)
        result.reviews = listing.reviews(connection)
        cursors.end_run(connection, report.run, {}, engine.clock())
    return result


def rehearse(engine: Engine, mappings: Mappings, connectors: Mapping[str, Connector]) -> Rebuilt:
    """The same on a copy of the database that is thrown away."""
    with engine.store.rehearsal() as store:
        rehearsed = Engine(
            store, mappings, connectors, clock=engine.clock, progress=engine.progress,
            stopping=engine.stopping, limits=engine.limits,
        )  # fmt: skip
        with store.transaction() as connection:
            copying.clear(connection)
        return rebuild(rehearsed)
