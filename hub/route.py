"""One route of a run: an entity in a system, and the few questions every step of a delivery asks about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from hub.clock import new_id
from hub.mapping import EntityMapping, SystemMapping
from hub.model import Link
from hub.ports import Connector, Native, Record, View
from hub.report import Count, Report
from hub.store import worlds
from hub.store.outbox import Mail
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine


@dataclass(slots=True)
class Parcel:
    """One row of the outbox with what it comes to right now."""

    mail: Mail
    values: dict[str, Native]
    expected: dict[str, Native]
    external_id: str | None
    waiting: tuple[str, ...]
    impossible: dict[str, str]
    again: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Where a delivery goes, and the run it belongs to."""

    engine: Engine
    mapping: EntityMapping
    system: SystemMapping
    report: Report

    @property
    def connector(self) -> Connector:
        return self.engine.connectors[self.system.system]

    @property
    def view(self) -> View:
        return self.system.view

    @property
    def count(self) -> Count:
        return self.report.of(self.mapping.entity, self.system.system)

    def world(self, connection: Connection, rows: Iterable[Mail], owing: bool = False) -> World:
        """What is known about the golden records of these rows; `owing`: only what says what they owe."""
        world = World(self.mapping, new_id, doubt=self.engine.clocks.doubt(self.mapping.systems))
        fill = worlds.fill_links if owing else worlds.fill_goldens
        fill(connection, world, [row.golden_id for row in rows])
        self.engine.fill_targets(connection, world)
        return world

    def link(self, world: World, golden_id: str) -> Link | None:
        return world.links_of.get(golden_id, {}).get(self.system.system)

    def seen(self, record: Record) -> Record:
        """A record as the planner takes it (`Engine.seen`)."""
        return self.engine.seen(self.system, record)

    def progress(self, done: int) -> None:
        self.engine.progress("write", self.mapping.entity, self.system.system, done, None)

    def ref(self, golden_id: str) -> str:
        """The reference we put on a record: see `hub.ports.Write`."""
        return f"{self.mapping.entity}_{golden_id}"
