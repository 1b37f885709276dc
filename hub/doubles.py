"""Doubles: further records of a system that say the same as its linked one (`hub.model.Link.double`).

What becomes of one that is gone, that is there again, or whose linked record is gone. Decisions on a world,
which it changes; pure. Never: makes a double (`hub.uniting`), or writes to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hub.absorbing import is_edited, put_down
from hub.mapping import SystemMapping
from hub.model import ARCHIVED, HUB, RECORD, Golden, Link
from hub.ports import Record
from hub.world import World


def gone(world: World, doubles: Iterable[Link]) -> None:
    """They are no longer in their system, which says nothing of the thing: its linked record is there."""
    for double in doubles:
        put_down(world, world.goldens[double.golden_id], double, double.system)
        double.gone = double.changed = True


def forget_typed_anew(world: World, system: SystemMapping, records: Sequence[Record]) -> None:
    """A key that a double had before it was deleted, and that says something else now, is somebody else's."""
    for record in records:
        link = world.links.get((system.system, record.id))
        if link is not None and link.double and link.gone and is_edited(link, record):
            world.forget_double(link)


def heir_of(world: World, link: Link) -> Link | None:
    """The double of a record that is gone, if it is there: the system still has the thing."""
    for one in world.doubles_of.get(link.golden_id, ()):
        if one.system == link.system and not one.gone and not one.base.get(ARCHIVED):
            return one
    return None


def succeed(world: World, golden: Golden, link: Link, heir: Link) -> None:
    """Somebody removed one of two records by hand: the other is the one that is written from now on."""
    put_down(world, golden, link, link.system)
    link.removed = golden.dirty = True
    world.doubles_of[golden.id].remove(heir)
    world.dropped.append((heir.entity, heir.system, heir.external_id))
    now = replace(heir, double=False, new=True)
    world.add_link(now)
    world.note(golden, "linked", HUB, {RECORD: link.external_id}, {RECORD: heir.external_id}, now)
