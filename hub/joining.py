"""Two golden records made one in the store, and taken apart: `hub.uniting` with all that hangs on them.

Whoever referred to the one refers to the other, what was asked or said of it is said of the other, and where
both had a record in one system a step is noted for that system. One transaction, the caller's.

Promises: nothing is joined while a write of either may be applied or not (`Underway`). Never: calls a system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from hub import parting, uniting
from hub.clock import new_id
from hub.mapping import EntityMapping
from hub.model import PERSON, Golden, Link
from hub.store import likenesses, mentions, mergers, saving, worlds
from hub.store.likenesses import Likeness
from hub.store.mergers import Merger, State, Step
from hub.uniting import Before
from hub.world import World

if TYPE_CHECKING:
    from hub.engine import Engine

TOLD: Mapping[str, str] = {
    "off": "the hub does not write there",
    "observe": "the hub does not write there",
    "pull": "the hub only reads there",
}


class Underway(Exception):
    """A record cannot be joined just now: a write of it may be applied or not. The text says which."""


class NotThere(Exception):
    """A golden record that is to be joined is not known (any more)."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What was joined: the merger's number, the golden record that stays, the id of the one that goes."""

    merger: int
    keep: Golden
    lose: str


@dataclass(frozen=True, slots=True)
class Word:
    """On whose word, in which run, when; `merges`: whether systems are to make their records one, too.

    `because`: why, where it is the hub's own word: see `hub.weighing.Pair`, and its `pair` and `probability`.
    """

    by: str
    run: int
    at: str
    merges: bool = False
    because: Mapping[str, Any] = field(default_factory=dict)


def make_one(
    engine: Engine,
    connection: Connection,
    mapping: EntityMapping,
    pair: tuple[str, str],
    word: Word,
    keep: str | None = None,
) -> Joined:
    """Make two golden records one. `keep`: which stays; without, who is known in more systems, or longer.

    Raises `Underway`, `NotThere`.
    """
    under = mergers.underway(connection, pair)
    if under:
        systems = ", ".join(sorted({system for _, system in under}))
        raise Underway(f"a write to {systems} is under way: it is not known yet whether it was applied")
    back = sorted(system for id, system in mergers.coming_back(connection, mapping.entity) if id in pair)
    if back:
        raise Underway(f"{', '.join(back)} is about to take apart what was made one there before")
    world = World(mapping, new_id, doubt=engine.clocks.doubt(mapping.systems))
    worlds.fill_goldens(connection, world, pair)
    for golden_id in pair:
        if golden_id not in world.goldens:
            raise NotThere(f"there is no {mapping.entity} {golden_id}")
    engine.fill_targets(connection, world)
    one, other = (world.goldens[golden_id] for golden_id in pair)
    stays, goes = uniting.stays(world, one, other)
    if keep is not None and stays.id != keep:
        stays, goes = goes, stays
    both = uniting.both_in(world, stays, goes)
    steps = [_step(world, mapping, system, stays, goes, word) for system in both]
    before = uniting.unite(world, stays, goes, word.by)
    saving.save(connection, world, word.run, word.at)
    referring = mergers.succeed(connection, goes.id, stays.id, word.run, word.at)
    mentioned = mentions.follow(connection, goes.id, stays.id)
    told, inherited = likenesses.follow(connection, goes.id, stays.id, word.at)
    rest = {
        "referring": referring,
        "mentions": mentioned,
        "likenesses": [asdict(one) for one in told],
        "inherited": inherited,
        "because": dict(word.because),
    }
    stored = {**before.stored(), "rest": rest}
    number = mergers.record(connection, mapping.entity, stays.id, goes.id, word.at, word.by, stored)
    for step in steps:
        step.merger = number
    mergers.add_steps(connection, steps)
    return Joined(number, stays, goes.id)


def _step(world: World, mapping: EntityMapping, system: str, stays: Golden, goes: Golden, word: Word) -> Step:
    keep = world.links_of[stays.id][system].external_id
    lose = world.links_of[goes.id][system].external_id
    told = TOLD.get(mapping.systems[system].direction) if system in mapping.systems else TOLD["off"]
    state: State = "done" if told else "due" if word.merges else "waiting"
    fate = "left" if told else None
    return Step(0, 0, mapping.entity, system, keep, lose, state, word.at, None, fate, told)


def take_apart(
    engine: Engine, connection: Connection, mapping: EntityMapping, merger: Merger, run: int, at: str
) -> Golden:
    """Undo a merger in the hub; the golden record that is there again. Systems follow: see `hub.merging`.

    Raises `Underway`, `NotThere` (the one that stayed is none any more).
    """
    if mergers.underway(connection, [merger.keep]):
        raise Underway("a write of it is under way: it is not known yet whether it was applied")
    world = World(mapping, new_id)
    worlds.fill_goldens(connection, world, [merger.keep])
    if merger.keep not in world.goldens:
        raise NotThere(f"there is no {mapping.entity} {merger.keep} any more")
    before = Before.read(merger.before)
    for side in before.sides:
        # Whoever goes by the id of a record that was gone by then keeps it.
        worlds.fill_records(connection, world, side.system, [side.external_id])
    engine.fill_targets(connection, world)
    lose = parting.take_apart(world, world.goldens[merger.keep], merger.lose, before, PERSON, at)
    saving.save(connection, world, run, at)
    rest: Mapping[str, Any] = before.rest
    referring = [(one[0], one[1], one[2]) for one in rest.get("referring", ())]
    mergers.refer(connection, referring, merger.keep, merger.lose, run, at)
    since = _that_name(engine, connection, merger.keep, world.sides(lose.id))
    mergers.refer(connection, since, merger.keep, merger.lose, run, at)
    mentions.bring_back(connection, rest.get("mentions", ()), merger.lose, merger.keep)
    told = [Likeness(**one) for one in rest.get("likenesses", ())]
    inherited = [(one[0], one[1]) for one in rest.get("inherited", ())]
    likenesses.bring_back(connection, told, inherited)
    mergers.split(connection, merger.id, at)
    return lose


def _that_name(
    engine: Engine, connection: Connection, golden_id: str, sides: Sequence[Link]
) -> list[tuple[str, str, str]]:
    """(entity, golden id, field) of who refers to this one, by the records of another: since they were one.

    What other systems show of anybody who refers to it is looked at again.
    """
    records = {(side.system, side.external_id) for side in sides}
    found: list[tuple[str, str, str]] = []
    referring = mergers.referring_to(connection, golden_id)
    worlds.soil(connection, [one for _, one, _ in referring])
    for mapping in engine.mappings:
        mine = [(one, field) for entity, one, field in referring if entity == mapping.entity]
        world = World(mapping, new_id)
        worlds.fill_goldens(connection, world, [one for one, _ in mine])
        for one, name in mine:
            system = world.goldens[one].origin(name)[0]
            link, lens = world.links_of.get(one, {}).get(system), world.lens(system, name)
            if link is None or lens is None:
                continue
            if (system, str(link.current().get(lens.natives[0]))) in records:
                found.append((mapping.entity, one, name))
    return found
