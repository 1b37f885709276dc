"""What people typed in the systems that the hub has not taken in yet, about given fields of given records.

A person's word (an undo) beats every order of trust, so it must not be spoken in ignorance: the linked
records are read as they are now and compared with what the hub last saw. It reads only; what it finds is
merged by the next pull like any edit. A system that cannot be asked is named, never taken for unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.clock import new_id
from hub.engine import READS, Engine
from hub.lenses import Lens, Parked
from hub.mapping import EntityMapping, SystemMapping
from hub.model import Link, same
from hub.ports import ConnectorError, Record
from hub.store import worlds
from hub.values import Canonical, Unreadable
from hub.world import World

PAGE = 1000

Place = tuple[str, str]
"""(golden id, canonical field)."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """One field as a system shows it now. `value` is canonical; `problem` says why there is none."""

    system: str
    value: Canonical = None
    problem: str = ""


@dataclass(slots=True)
class Sight:
    """What a look at the systems showed: edits not taken in yet, and systems that gave no answer."""

    edits: dict[Place, list[Unseen]] = field(default_factory=dict)
    silent: dict[tuple[str, str], str] = field(default_factory=dict)
    """(entity, system) → why it could not be read."""


def look(engine: Engine, mapping: EntityMapping, wanted: Mapping[str, set[str]]) -> Sight:
    """Read every system's record of these golden records; `wanted` names the fields of each that matter."""
    sight = Sight()
    for ids in worlds.chunks(wanted, PAGE):
        world = World(mapping, new_id)
        with engine.store.reading() as connection:
            worlds.fill_links(connection, world, ids)
        for system in mapping.systems.values():
            if (mapping.entity, system.system) not in sight.silent:
                _look_there(engine, world, system, wanted, sight)
    return sight


def _look_there(
    engine: Engine, world: World, system: SystemMapping, wanted: Mapping[str, set[str]], sight: Sight
) -> None:
    links = {
        link.external_id: link
        for link in world.links.values()
        if link.system == system.system and not link.gone and not link.unconfirmed
        if any(_matters(lens, wanted[link.golden_id]) for lens in system.lenses)
    }
    connector = engine.connectors.get(system.system)
    if not links or connector is None or system.direction not in READS:
        return
    try:
        found = connector.read(system.view, list(links))
    except ConnectorError as problem:
        sight.silent[(world.mapping.entity, system.system)] = str(problem)
        return
    records = [engine.seen(system, record) for record in found]
    with engine.store.reading() as connection:
        engine.fill_sources(connection, world, system, records)
    for record in records:
        link = links[record.id]
        for name, edit in _edits(world, system, link, record, wanted[link.golden_id]):
            sight.edits.setdefault((link.golden_id, name), []).append(edit)


def _edits(
    world: World, system: SystemMapping, link: Link, record: Record, wanted: set[str]
) -> Iterator[tuple[str, Unseen]]:
    refs = world.refs.bound(system.system)
    for lens in system.lenses:
        if not _matters(lens, wanted) or not _moved(lens.natives, link, record):
            continue
        try:
            yield lens.name, Unseen(system.system, lens.get(record.values, refs))
        except (Unreadable, Parked) as problem:
            yield lens.name, Unseen(system.system, problem=str(problem))


def _matters(lens: Lens, wanted: set[str]) -> bool:
    return lens.reads and lens.name in wanted


def _moved(natives: Sequence[str], link: Link, record: Record) -> bool:
    """Whether a native says anything else than what the hub saw last, or wrote itself."""
    known = link.current()
    return any(
        native in record.values
        and not same(record.values[native], known.get(native))
        and not link.is_echo(native, record.values[native])
        for native in natives
    )
