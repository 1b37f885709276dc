"""What `hub duplicates merge` would do in each system: how, with which rights, and what is final."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hub.cli import screen
from hub.cli.duplicates_shapes import titles

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.assembly import Assembly
    from hub.engine import Engine
    from hub.mapping import EntityMapping, SystemMapping
    from hub.model import Link
    from hub.ports import Connector

MANAGER = "« Contact Creation » (base.group_partner_manager)"
ADMINISTRATOR = "« Access Rights » (base.group_erp_manager)"


@dataclass(frozen=True, slots=True)
class Means:
    """One system. `how`: ``merged`` by itself, ``marked``, ``archived``, ``left``, or ``refused``; `final`:
    what taking it back does not bring back."""

    system: str
    keep: str
    lose: str
    how: str
    what: str
    needs: tuple[str, ...] = ()
    final: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """A pair as it would be merged. `alone`: systems in which one of the two has no record."""

    entity: str
    keep: str
    title: str
    lose: str
    other: str
    means: tuple[Means, ...]
    alone: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def preview(
    assembly: Assembly, engine: Engine, connection: Connection, entity: str, pair: tuple[str, str],
    keep: str | None,
) -> Preview | None:  # fmt: skip
    """What merging these two golden records would come to; ``None`` where there is nothing to merge.

    Where they were made one before, it is about the systems that have not followed.
    """
    from hub import uniting
    from hub.clock import new_id
    from hub.store import worlds
    from hub.world import World

    mapping = engine.mapping(entity)
    world = World(mapping, new_id)
    worlds.fill_goldens(connection, world, pair)
    if any(id not in world.goldens for id in pair):
        return _of_merger(assembly, engine, connection, mapping, pair)
    stays, goes = uniting.stays(world, *(world.goldens[id] for id in pair))
    if keep is not None and stays.id != keep:
        stays, goes = goes, stays
    ours, theirs = world.links_of.get(stays.id, {}), world.links_of.get(goes.id, {})
    shared = uniting.both_in(world, stays, goes)
    means = tuple(
        _means(assembly, engine.connectors[name], mapping.systems[name], (ours[name], theirs[name]))
        for name in shared
        if name in mapping.systems and name in engine.connectors
    )
    alone = tuple(name for name in {**ours, **theirs} if name not in shared)
    return Preview(entity, stays.id, stays.title, goes.id, goes.title, means, alone)


def _of_merger(
    assembly: Assembly, engine: Engine, connection: Connection, mapping: EntityMapping, pair: tuple[str, str]
) -> Preview | None:
    from hub.store import mergers, worlds

    made = mergers.listed(connection, mapping.entity)
    found = next((one for one in made if {one.keep, one.lose} == set(pair)), None)
    if found is None:
        return None
    means = []
    for step in mergers.steps(connection, merger=found.id, states=("waiting", "refused")):
        links = worlds.links(connection, mapping.entity, step.system, [step.keep])
        doubles = worlds.doublets(connection, mapping.entity, step.system, [step.lose])
        if step.keep in links and doubles and step.system in engine.connectors:
            both = (links[step.keep], doubles[0])
            connector = engine.connectors[step.system]
            means.append(_means(assembly, connector, mapping.systems[step.system], both))
    called = titles(found)
    keep, lose = found.keep, found.lose
    return Preview(mapping.entity, keep, called[keep], lose, called[lose], tuple(means), ())


def screens(found: Preview) -> list[Any]:
    """A preview for a person, before the question."""
    lines = [f"{found.entity} {found.other} becomes one with {found.title}:"]
    for one in found.means:
        lines.append(f"  {one.system}: {one.what}")
        lines += [f"    needs {right}" for right in one.needs]
        lines += [f"    final: {word}" for word in one.final]
    if found.alone:
        lines.append(f"  {', '.join(found.alone)}: one record, nothing to merge")
    return [screen.plain(line) for line in lines]


def _means(assembly: Assembly, connector: Connector, system: SystemMapping, both: tuple[Link, Link]) -> Means:
    from hub.joining import TOLD
    from hub.marking import merges_itself

    keep, lose = (link.external_id for link in both)
    told = TOLD.get(system.direction)
    if told is not None:
        return Means(system.system, keep, lose, "left", f"{keep} and {lose} both stay: {told}")
    if not merges_itself(connector):
        return _marked(connector, system, keep, lose)
    if assembly.settings.systems[system.system].kind == "odoo":
        return _in_odoo(system, *both)
    return Means(system.system, keep, lose, "merged", f"{lose} is made one with {keep}, by its own merge")


def _marked(connector: Connector, system: SystemMapping, keep: str, lose: str) -> Means:
    """A system that cannot merge: what the mapping has said of the double."""
    from hub.marks import saying_of
    from hub.ports import ConnectorError, Refused

    name, traits = system.system, connector.traits
    try:
        saying = saying_of(name, traits, system.view, keep)
    except ConnectorError as problem:
        return Means(name, keep, lose, "refused", str(problem))
    if isinstance(saying, Refused):
        todo = f" ({saying.todo})" if saying.todo else ""
        return Means(name, keep, lose, "refused", f"{saying.reason}{todo}")
    if saying is None or not traits.writable:
        why = "it can only be read" if not traits.writable else "so the mapping says"
        return Means(name, keep, lose, "left", f"{keep} and {lose} both stay as they are: {why}")
    if saying.field is None:
        return Means(name, keep, lose, saying.fate, f"{lose} is archived, {keep} stays")
    handed = "" if traits.confirms else ", handed over in an import file"
    what = f"'{saying.field}' of {lose} says «{saying.value}», {keep} stays{handed}"
    return Means(name, keep, lose, saying.fate, what)


def _in_odoo(system: SystemMapping, ours: Link, theirs: Link) -> Means:
    from connectors.odoo.merging import PARTNER

    keep, lose = ours.external_id, theirs.external_id

    policy = system.view.options.get("merge", "merge" if system.view.object == PARTNER else "archive")
    if policy == "leave":
        return Means(system.system, keep, lose, "left", f"{keep} and {lose} both stay: so the mapping says")
    if policy != "merge":
        what = f"{lose} is archived with a note on {keep}; what refers to {lose} stays with it"
        return Means(system.system, keep, lose, "archived", what)
    mine, other = (str(one.current().get("email") or "").strip().casefold() for one in (ours, theirs))
    where = "for their e-mails differ" if mine != other else "in Odoo 14 if it has journal items"
    return Means(
        system.system, keep, lose, "merged",
        f"merges {lose} into {keep} itself: invoices, tickets, messages follow; {lose} goes",
        (MANAGER, f"{ADMINISTRATOR}, {where}"),
        (f"taken back, {lose} comes back under another number",
         f"taken back, booked invoices and entries stay with {keep}"),
    )  # fmt: skip
