"""`hub plan`: the same pulls and the same planner as a sync, on a copy of the store that is thrown away.

Because it is the same code, what it lists is what `hub sync` then does. It reads every system and writes to
none; the hub's own database is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hub import owing
from hub.clock import new_id
from hub.engine import Engine
from hub.mapping import Mappings
from hub.ports import Connector, Native
from hub.report import Report
from hub.store import Store, listing, worlds
from hub.world import World


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write a sync would do, and what it replaces. `external_id` is ``None`` to create."""

    entity: str
    system: str
    golden_id: str
    title: str
    external_id: str | None
    values: dict[str, Native]
    before: dict[str, Native]
    waiting: tuple[str, ...] = ()
    impossible: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """Everything a sync would do, and what would then wait for a person."""

    report: Report
    writes: list[PlannedWrite] = field(default_factory=list)
    conflicts: list[listing.OpenConflict] = field(default_factory=list)
    reviews: list[listing.OpenReview] = field(default_factory=list)
    refused: int = 0
    """Writes that a system or its mapping refuses: dead letters already, or after the sync."""


def plan(
    engine: Engine,
    mappings: Mappings,
    connectors: Mapping[str, Connector],
    entities: Iterable[str] | None = None,
    compare: bool = False,
) -> Plan:
    """Rehearse a sync. Raises what the store raises; a system that fails is in `Plan.report.problems`."""
    with engine.store.rehearsal() as store:
        rehearsed = Engine(
            store,
            mappings,
            connectors,
            clock=engine.clock,
            progress=engine.progress,
            stopping=engine.stopping,
        )
        result = Plan(Report())
        rehearsed.rehearse(result.report, entities, compare)
        for mapping in rehearsed.mappings:
            result.writes += planned_writes(rehearsed, store, mapping.entity)
        with store.reading() as connection:
            result.conflicts = listing.conflicts(connection)
            result.reviews = listing.reviews(connection)
            result.refused = len(listing.dead_letters(connection))
        result.refused += sum(bool(write.impossible) for write in result.writes)
    return result


def planned_writes(engine: Engine, store: Store, entity: str) -> list[PlannedWrite]:
    """What the outbox comes to right now, write by write."""
    mapping = engine.mapping(entity)
    found: list[PlannedWrite] = []
    with store.reading() as connection:
        rows = list(listing.pending(connection, entity))
        for part in worlds.chunks(rows):
            world = World(mapping, new_id)
            worlds.fill_links(connection, world, [golden_id for golden_id, _ in part])
            engine.fill_targets(connection, world)
            for golden_id, system in part:
                golden = world.goldens[golden_id]
                link = world.links_of.get(golden_id, {}).get(system)
                debt = owing.is_owed(world, mapping.systems[system], golden)
                if debt is None:
                    continue
                current = link.current() if link else {}
                found.append(
                    PlannedWrite(
                        entity, system, golden_id, golden.title, link.external_id if link else None,
                        debt.values, {name: current.get(name) for name in debt.values} if link else {},
                        tuple(debt.waiting), debt.impossible,
                    )
                )  # fmt: skip
    return found
