"""What a system is owed: the native values by which it differs from the golden record. Pure.

A write is due exactly when this is not empty. Nothing is ever owed over a value that could not be read, that
waits for a person, or that the system already answered with its own form of it. A document
(`SystemMapping.updates` false) is owed whole or not at all, and nothing once it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.lenses import Lens, Parked, Unwritable
from hub.mapping import SystemMapping
from hub.model import MISSING, Golden, Link, Missing, same
from hub.ports import Native
from hub.values import Canonical
from hub.world import World


@dataclass(slots=True)
class Owed:
    """What a system is owed: native values to write, and what cannot be written yet or ever, and why."""

    values: dict[str, Native] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)


def owed(world: World, system: SystemMapping, golden: Golden, link: Link | None) -> Owed:
    """The native values by which a system differs from the golden record. Empty: nothing is due."""
    result = Owed()
    contested = world.contested(golden.id)
    refs = world.refs.bound(system.system)
    current = link.current() if link else {}
    for lens in system.lenses:
        value: Canonical | Missing = golden.values.get(lens.name, MISSING)
        if not lens.writes or _nothing_to_say(lens, value, link):
            continue
        if value is MISSING:
            value = None
        if lens.name in contested and not (link is None and lens.name in _required_fields(world)):
            continue
        if link is not None and any(native in link.blocked for native in lens.natives):
            continue
        if lens.fills and not all(same(current.get(native), None) for native in lens.natives):
            continue
        try:
            put = lens.put(value, current, refs)
        except Parked as parked:
            result.waiting.append(f"{lens.name} waits for its {parked.entity} to be in {system.system}")
        except Unwritable as problem:
            result.impossible[lens.name] = str(problem)
        else:
            differing = _differing(put, current, link)
            if differing and link is not None and not (system.updates or link.unconfirmed):
                result.impossible[lens.name] = f"{system.system} has this document, which is never changed"
            else:
                result.values.update(differing)
    if not system.updates and (result.impossible or result.waiting):
        result.values.clear()
    return result


def on_its_way(world: World, system: SystemMapping, golden: Golden) -> bool:
    """Whether a document was handed over and not answered: until it is, nothing more is owed of it."""
    link = world.links_of.get(golden.id, {}).get(system.system)
    return link is not None and link.unconfirmed and not system.updates


def _nothing_to_say(lens: Lens, value: Canonical | Missing, link: Link | None) -> bool:
    """Whether the hub has no value for a field, and the mapping none of its own in its place."""
    if link is None:
        return (value is MISSING or value is None) and lens.unasked is None
    return value is MISSING and lens.unasked != "always"


def is_owed(world: World, system: SystemMapping, golden: Golden, blocked: bool = False) -> Owed | None:
    """What a system is owed of a golden record, or ``None``: nothing, or not to be given."""
    link = world.links_of.get(golden.id, {}).get(system.system)
    if link is None and (not system.creates or golden.archived or blocked):
        return None
    if link is None and not system.wants(golden.values):
        return None
    if link is not None and link.gone:
        return None
    found = owed(world, system, golden, link)
    return found if found.values or found.waiting or found.impossible else None


def _differing(
    put: Mapping[str, Native], current: Mapping[str, Native], link: Link | None
) -> dict[str, Native]:
    if link is None:
        return {native: wanted for native, wanted in put.items() if wanted is not None}
    return {
        native: wanted
        for native, wanted in put.items()
        if not same(wanted, current.get(native))
        and not (native in link.asked and same(wanted, link.asked[native]))
    }


def _required_fields(world: World) -> set[str]:
    return {name for name, found in world.mapping.fields.items() if found.required}
