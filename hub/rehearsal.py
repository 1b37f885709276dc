"""`hub plan`: the same pulls and the same planner as a sync, on a copy of the store that is thrown away.

Because it is the same code, what it lists is what `hub sync` then does; what a brake would hold back is
listed too, and said to be held. It reads every system and writes to none; the hub's own database is left as
it was. A person who likes what it lists may `approve` it: the mapping it was made with, and its creations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub import braking, merging, owing
from hub.clock import new_id
from hub.engine import Engine
from hub.mapping import EntityMapping, Mappings
from hub.ports import Connector, Native, Rehearsing
from hub.report import Report
from hub.store import Store, likenesses, listing, mergers, standing, worlds
from hub.store.likenesses import Likeness
from hub.store.mergers import Step
from hub.store.standing import Standing
from hub.weighing import Findings
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
    held: bool = False
    """Whether a brake holds it back until a person approves or releases it."""


@dataclass(slots=True)
class Plan:
    """Everything a sync would do, and what would then wait for a person. `entities`: what it is about.

    Of entities compared by likeness: `findings` (what is like what, where anything is new), `standing` (how
    their records would be linked), `likenesses` (the pairs a person would be asked about).
    """

    report: Report
    entities: tuple[str, ...] = ()
    writes: list[PlannedWrite] = field(default_factory=list)
    conflicts: list[listing.OpenConflict] = field(default_factory=list)
    reviews: list[listing.OpenReview] = field(default_factory=list)
    findings: dict[str, Findings] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    likenesses: list[Likeness] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    """Mergers that a sync would have their system carry out, or take back there."""
    mergers: int = 0
    """Records that became one, and of which a system still has two until a person says what it is to do."""
    refused: int = 0
    """Writes that a system or its mapping refuses: dead letters already, or after the sync."""


def plan(
    engine: Engine,
    mappings: Mappings,
    connectors: Mapping[str, Connector],
    entities: Iterable[str] | None = None,
    compare: bool = False,
    whole: bool = False,
) -> Plan:
    """Rehearse a sync. Raises what the store raises; a system that fails is in `Plan.report.problems`.

    `whole`: records are compared by likeness also where nothing is new, for whoever wants to see it.
    """
    with engine.store.rehearsal() as store:
        rehearsed = Engine(
            store,
            mappings,
            {name: _over(one, store) for name, one in connectors.items()},
            clock=engine.clock,
            progress=engine.progress,
            stopping=engine.stopping,
            limits=engine.limits,
        )
        result = Plan(Report())
        rehearsed.rehearse(result.report, entities, compare)
        result.entities = tuple(mapping.entity for mapping in rehearsed.chosen(entities))
        for mapping in rehearsed.mappings:
            held = _held(rehearsed, mapping, result.report)
            result.writes += [
                replace(write, held=write.system in held)
                for write in planned_writes(rehearsed, store, mapping.entity)
            ]
        with store.reading() as connection:
            result.conflicts = listing.conflicts(connection)
            result.reviews = listing.reviews(connection)
            result.refused = len(listing.dead_letters(connection))
            result.steps = [
                one
                for one in mergers.steps(connection, states=merging.PENDING)
                if one.entity in result.entities and one.system in connectors
            ]
            result.mergers = len(mergers.steps(connection, states=("waiting", "refused")))
        _weighed(rehearsed, store, result, whole)
        result.refused += sum(bool(write.impossible) for write in result.writes)
    return result


def _weighed(engine: Engine, store: Store, result: Plan, whole: bool) -> None:
    """What is known of who is whom, after the rehearsal."""
    for mapping in engine.chosen(result.entities):
        if mapping.duplicates is None:
            continue
        entity, found = mapping.entity, engine.findings.get(mapping.entity)
        if whole and (found is None or not found.whole):
            found = engine.weigher.look_at_all(mapping, act=False)
        with store.reading() as connection:
            result.standing[entity] = standing.of(connection, entity)
            asked = likenesses.listed(connection, entity)
            if found is not None:
                found.ask_only({one.pair for one in asked}, mergers.successors(connection, found.involved))
                result.findings[entity] = found
        result.likenesses += asked


def _over(connector: Connector, store: Store) -> Connector:
    return connector.over(store) if isinstance(connector, Rehearsing) else connector


def approve(engine: Engine, found: Plan) -> list[str]:
    """Approve what a plan shows; the entities approved. Not those of which the plan could not show all."""
    unseen = {entity for entity, _, _ in found.report.problems}
    approved = [entity for entity in found.entities if entity not in unseen]
    for entity in approved:
        creations = Counter(
            write.system for write in found.writes if write.entity == entity and write.external_id is None
        )
        braking.approve(engine, engine.mapping(entity), dict(creations))
    return approved


def _held(engine: Engine, mapping: EntityMapping, report: Report) -> set[str]:
    """The systems to which a sync would not write now, by the brakes of its own moment; `report` says why."""
    if braking.edited(engine, mapping, report):
        return set(mapping.systems)
    return {
        name
        for name, system in mapping.systems.items()
        if braking.holds(engine, mapping.entity, name)
        or braking.creates_too_many(engine, mapping, system, report)
    }


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
