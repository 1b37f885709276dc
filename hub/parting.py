"""Two golden records that were made one (`hub.uniting`) taken apart again: decisions on a world.

Each gets back what it said, and its own records. What was edited since stays with the record it was edited
in, as far as that can be told: by what each record showed when they became one, and who said what is agreed
now. A field that waited for a person then waits again. What the systems show follows by ordinary writes.

Pure: no input, no output, no clock.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hub.absorbing import close_conflict, is_heard
from hub.lenses import Lens, Parked, Unwritable
from hub.model import MISSING, Candidate, Conflict, Golden, Link, Missing, Origin
from hub.uniting import Before, Side, side_of
from hub.values import Canonical, Unreadable
from hub.world import World

Typed = dict[str, Candidate]
"""By field, what somebody typed in a record."""


def take_apart(world: World, keep: Golden, lose_id: str, before: Before, by: str, at: str) -> Golden:
    """Undo `unite`: the lost golden record is there again, under its own id, with its own records.

    A double that was removed from its system is not a record any more: see `hub.merging`, which hands over
    what was made in its place.
    """
    said = before.lose
    lose = Golden(lose_id, keep.entity, dict(said.values), dict(said.origins), said.created_at, new=True)
    world.add_golden(lose)
    theirs = _sides_back(world, keep, lose, before, at)
    ours = _typed_in_own(world, keep, before, at)
    back: dict[str, Canonical] = {}
    given: dict[str, Canonical] = {}
    for name in dict.fromkeys((*before.keep.values, *before.after, *keep.values)):
        now = keep.values.get(name, MISSING)
        if not _goes_back(world, keep, lose, name, before, theirs):
            continue
        own = ours[name].value if name in ours else before.keep.values.get(name, MISSING)
        if own == now:
            continue
        if not isinstance(now, Missing):
            given[name] = now
        # An agreed field that nobody had told is emptied: a system may hold what was put there.
        back[name] = None if isinstance(own, Missing) else own
        keep.set(name, back[name], _origin(before, name, ours, (by, at)))
    if back:
        world.note(keep, "split", by, given, back)
    world.note(lose, "split", by, {}, dict(lose.values))
    for golden in (keep, lose):
        world.rekey(golden)
        golden.dirty = True
    keep.changed = True
    return lose


def _origin(before: Before, name: str, ours: Typed, now: Origin) -> Origin:
    """Who said what the one that stayed says again."""
    if name in ours:
        return ours[name].system, ours[name].at
    if name not in before.keep.values:
        return now
    return before.keep.origins.get(name) or before.keep.origins["*"]


def _goes_back(world: World, keep: Golden, lose: Golden, name: str, before: Before, typed: Typed) -> bool:
    """Whether the one that stayed says of this field what it had said; an edit since goes with its record."""
    now = keep.values.get(name, MISSING)
    origin = keep.origin(name)
    if name in typed:
        lose.set(name, typed[name].value, (typed[name].system, typed[name].at))
        if now == typed[name].value and origin[0] == typed[name].system:
            return True
    if now == before.after.get(name, MISSING):
        return True
    if name in typed:
        return False
    only_theirs = _is_in(world, lose, origin[0]) and not _is_in(world, keep, origin[0])
    if only_theirs and not isinstance(now, Missing):
        lose.set(name, now, origin)
    return only_theirs


def _is_in(world: World, golden: Golden, system: str) -> bool:
    link = world.links_of.get(golden.id, {}).get(system)
    return link is not None and not link.gone


def _sides_back(world: World, keep: Golden, lose: Golden, before: Before, at: str) -> Typed:
    """The lost one's records are its own again, as far as they are there; what was typed in them since."""
    typed: Typed = {}
    then = {(one.system, one.external_id): one for one in before.sides}
    for where in (*before.moved, *before.doubled):
        link = world.links.get(where)
        if link is None or link.golden_id != keep.id:
            continue
        _looked_at_again(world, lose, link, then.get(where), at)
        typed.update(_typed_in(world, keep, lose, link, then.get(where), at))
        _give_back(world, keep, lose, link)
    for name in [name for golden_id, name in world.conflicts if golden_id == keep.id]:
        if name not in world.contested(keep.id):
            close_conflict(world, keep.id, name)
    for side in before.sides:
        _gone_again(world, side)
    return typed


def _typed_in_own(world: World, keep: Golden, before: Before, at: str) -> Typed:
    """What was typed in the records of the one that stayed, and was overruled by what the lost one said."""
    typed: Typed = {}
    for side in before.sides:
        link = world.links.get((side.system, side.external_id))
        if link is not None and side.golden_id == keep.id == link.golden_id and not link.double:
            typed.update(_typed_in(world, keep, keep, link, side, at))
    return typed


def _gone_again(world: World, side: Side) -> None:
    """A record that is gone gave way to the other's: it is not to be made anew."""
    theirs = world.links_of.setdefault(side.golden_id, {})
    if side.gone and side.system not in theirs and (side.system, side.external_id) not in world.links:
        where = side.system, side.external_id, side.golden_id, world.mapping.entity
        world.add_link(Link(*where, dict(side.base), seen=dict(side.seen), gone=True, new=True))


def _give_back(world: World, keep: Golden, lose: Golden, link: Link) -> None:
    """A record of the lost one's, which is its linked one again, unless another is already."""
    if not link.double:
        del world.links_of[keep.id][link.system]
    else:
        world.doubles_of[keep.id].remove(link)
    if link.double and link.system not in world.links_of.get(lose.id, {}):
        world.dropped.append((link.entity, link.system, link.external_id))
        link = replace(link, double=False, new=True)
    link.golden_id, link.changed = lose.id, True
    world.add_link(link)


def _looked_at_again(world: World, lose: Golden, link: Link, then: Side | None, at: str) -> None:
    """What waits on a record that goes is its own business again: only what had waited before waits still."""
    system = world.mapping.systems.get(link.system)
    now = link.current()
    for lens in system.lenses if system is not None else ():
        if not any(native in link.seen for native in lens.natives):
            continue
        waited = then is not None and any(native in then.seen for native in lens.natives)
        if waited and not _says(world, lens, lose, link):
            _wait_again(world, lose, lens, link, at)
        else:
            for native in lens.natives:
                link.base[native] = now[native]
                link.seen.pop(native, None)


def _typed_in(world: World, keep: Golden, whose: Golden, link: Link, then: Side | None, at: str) -> Typed:
    """What somebody typed in a record of `whose` that the two, while they were one, did not come to say; in a
    double, whatever they said."""
    system = world.mapping.systems.get(link.system)
    now = link.current()
    typed: Typed = {}
    if system is None:
        return typed
    for lens in system.lenses:
        if not all(native in now for native in lens.natives) or any(
            name in link.seen for name in lens.natives
        ):
            continue
        if not is_heard(lens, link, system) or (then is not None and then.says_still(lens.natives, now)):
            continue
        given = not link.double and _says(world, lens, keep, link)
        if given or _says(world, lens, whose, link):
            continue
        with suppress(Unreadable, Parked):
            shown = lens.get(now, world.refs.bound(link.system))
            typed[lens.name] = Candidate(link.system, shown, at)
    return typed


def _says(world: World, lens: Lens, golden: Golden, link: Link) -> bool:
    """Whether a record shows what a golden record says, as well as its system can."""
    try:
        return lens.agrees(golden.values.get(lens.name), link.current(), world.refs.bound(link.system))
    except (Unreadable, Parked, Unwritable):
        return False


def _wait_again(world: World, lose: Golden, lens: Lens, link: Link, at: str) -> None:
    sides = [side_of(lose, lens.name)]
    with suppress(Unreadable, Parked):
        shown = lens.get(link.current(), world.refs.bound(link.system))
        sides.append(Candidate(link.system, shown, at))
    there = world.conflicts.get((lose.id, lens.name))
    known = [*(there.candidates if there else ()), *sides]
    conflict = Conflict(lose.id, lose.entity, lens.name, list(dict.fromkeys(known)))
    world.conflicts[(lose.id, lens.name)] = world.opened[(lose.id, lens.name)] = conflict
