"""Two golden records made one, and taken apart again: decisions on a world, which it changes.

Field by field the survivor is chosen by the mapping's policies, with the origin of each value kept: an empty
side takes the other's, lists are united, and where both say something else the order of trust, the latest
edit or a person decides. The linked records of the lost one become the other's; where both have one in the
same system, the one that stays is the link and the other its double (`hub.model.Link.double`): what is typed
there is heard, and it is written no more.

Taken apart, each gets back what it said; what was edited since stays with the record it was edited in. What
the systems show then follows by ordinary writes.

Pure: no input, no output, no clock. Promises: all that the lost one said is in the journal, and in `Before`.
Never: chooses which two are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hub.absorbing import recheck_contested
from hub.lenses import Parked, Unwritable
from hub.merge import decide, united
from hub.model import ARCHIVED, MISSING, RECORD, Candidate, Conflict, Golden, Link, Missing, Origin
from hub.values import Canonical, ListOf, Unreadable
from hub.world import World


@dataclass(frozen=True, slots=True)
class Said:
    """What a golden record said: its values, who said each, and since when it is known."""

    values: Mapping[str, Canonical]
    origins: Mapping[str, Origin]
    created_at: str

    @classmethod
    def of(cls, golden: Golden) -> Said:
        return cls(dict(golden.values), dict(golden.origins), golden.created_at)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Said:
        origins = {name: (origin[0], origin[1]) for name, origin in data["origins"].items()}
        return cls(data["values"], origins, data["created_at"])


@dataclass(frozen=True, slots=True)
class Before:
    """What taking a merger back needs, as JSON: what both said, what the one then said, and whose the linked
    records were: `moved` and `doubled` (system, id) were the lost one's; `rest` is what the store adds."""

    keep: Said
    lose: Said
    after: Mapping[str, Canonical]
    moved: tuple[tuple[str, str], ...] = ()
    doubled: tuple[tuple[str, str], ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Before:
        def pairs(name: str) -> tuple[tuple[str, str], ...]:
            return tuple((one[0], one[1]) for one in data[name])

        keep, lose = Said.read(data["keep"]), Said.read(data["lose"])
        return cls(keep, lose, data["after"], pairs("moved"), pairs("doubled"), data.get("rest", {}))


def both_in(world: World, one: Golden, other: Golden) -> list[str]:
    """The systems in which both have a record that is there: making them one there is another matter."""
    theirs = world.links_of.get(other.id, {})
    return [
        system
        for system, link in world.links_of.get(one.id, {}).items()
        if not link.gone and system in theirs and not theirs[system].gone
    ]


def stays(world: World, one: Golden, other: Golden) -> tuple[Golden, Golden]:
    """Which of two stays, and which becomes one with it: who is known in more systems, then for longer."""

    def rank(golden: Golden) -> tuple[bool, int, str, str]:
        there = [link for link in world.links_of.get(golden.id, {}).values() if not link.gone]
        return golden.archived, -len(there), golden.created_at, golden.id

    return (one, other) if rank(one) <= rank(other) else (other, one)


def unite(world: World, keep: Golden, lose: Golden, by: str) -> Before:
    """Make `lose` one with `keep`; `by` is on whose word: a person's, or the hub's."""
    said = Said.of(keep), Said.of(lose)
    asked = _unite_values(world, keep, lose, by)
    moved, doubled = _unite_sides(world, keep, lose)
    _inherit_conflicts(world, keep, lose)
    for name in asked:
        _ask(world, keep, lose, name, moved)
    world.note(lose, "dissolved", by, dict(lose.values), {RECORD: keep.id})
    world.rekey(keep)
    for name in keep.values:
        recheck_contested(world, keep, name)
    keep.changed = keep.dirty = True
    del world.goldens[lose.id]
    world.rekeyed.pop(lose.id, None)
    for owners in world.owners.values():
        if lose.id in owners:
            owners.remove(lose.id)
    return Before(*said, dict(keep.values), tuple(moved), tuple(doubled))


def _unite_values(world: World, keep: Golden, lose: Golden, by: str) -> list[str]:
    """Choose every field's survivor; the fields of which a person is to say."""
    asked: list[str] = []
    before: dict[str, Canonical] = {}
    after: dict[str, Canonical] = {}
    for name in dict.fromkeys((*world.mapping.fields, *lose.values)):
        ours, theirs = keep.values.get(name, MISSING), lose.values.get(name, MISSING)
        chosen = _survivor(world, keep, lose, name, ours, theirs)
        if chosen is None:
            asked.append(name)
            continue
        value, origin = chosen
        if isinstance(value, Missing) or value == ours:
            continue
        if not isinstance(ours, Missing):
            before[name] = ours
        after[name] = value
        keep.set(name, value, origin)
    if after:
        world.note(keep, "merged", by, before, after)
    return asked


def _survivor(
    world: World,
    keep: Golden,
    lose: Golden,
    name: str,
    ours: Canonical | Missing,
    theirs: Canonical | Missing,
) -> tuple[Canonical | Missing, Origin] | None:
    """The value that stays and who said it; ``None`` where a person is to say."""
    mine, other = keep.origin(name), lose.origin(name)
    if name == ARCHIVED:
        return (ours, mine) if not ours else (theirs or False, other)
    if isinstance(theirs, Missing) or theirs is None or ours == theirs:
        return ours, mine
    if isinstance(ours, Missing) or ours is None:
        return theirs, other
    if name in world.mapping.fields and isinstance(world.mapping.fields[name].type, ListOf):
        return united(ours, theirs, None), max(mine, other, key=lambda origin: origin[1])
    verdict = decide(
        world.mapping.policy(name),
        Candidate(mine[0], ours, mine[1]),
        Candidate(other[0], theirs, other[1]),
        None,
        list(world.mapping.systems),
        world.doubt_between(mine[0], other[0]),
    )
    if verdict.ask or verdict.winner is None:
        return None
    return verdict.winner.value, (verdict.winner.system, verdict.winner.at)


def _unite_sides(
    world: World, keep: Golden, lose: Golden
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The lost one's linked records become the other's; returns those that moved, and the doubles."""
    moved: list[tuple[str, str]] = []
    doubled: list[tuple[str, str]] = []
    mine = world.links_of.setdefault(keep.id, {})
    for system, link in world.links_of.pop(lose.id, {}).items():
        where = (system, link.external_id)
        other = mine.get(system)
        if link.gone and other is not None:
            link.removed = True
            continue
        if other is None or other.gone:
            if other is not None:
                other.removed = True
            link.golden_id, link.changed = keep.id, True
            mine[system] = link
            moved.append(where)
        else:
            become_double(world, link, keep.id)
            doubled.append(where)
    for double in world.doubles_of.pop(lose.id, []):
        double.golden_id, double.changed = keep.id, True
        world.doubles_of.setdefault(keep.id, []).append(double)
        doubled.append((double.system, double.external_id))
    return moved, doubled


def become_double(world: World, link: Link, golden_id: str) -> Link:
    """A linked record that says the same as another of its system: heard from now on, written no more."""
    if not link.new:
        world.dropped.append((link.entity, link.system, link.external_id))
    double = replace(link, golden_id=golden_id, double=True, new=True, changed=True)
    world.add_link(double)
    return double


def _inherit_conflicts(world: World, keep: Golden, lose: Golden) -> None:
    """What was asked of the lost one is asked of the other: its sides still wait."""
    for key in [key for key in world.conflicts if key[0] == lose.id]:
        conflict = world.conflicts.pop(key)
        world.opened.pop(key, None)
        there = world.conflicts.get((keep.id, conflict.field))
        candidates = [*(there.candidates if there else ()), *conflict.candidates]
        if there is not None:
            world.closed[key] = replace(conflict, golden_id=keep.id)
        number = there.id if there is not None else conflict.id
        merged = Conflict(keep.id, keep.entity, conflict.field, list(dict.fromkeys(candidates)), number)
        world.conflicts[(keep.id, conflict.field)] = world.opened[(keep.id, conflict.field)] = merged


def _ask(world: World, keep: Golden, lose: Golden, name: str, moved: list[tuple[str, str]]) -> None:
    """Both said something, and the policy is to ask: the lost one's sides wait with what they show."""
    waits = False
    for where in moved:
        link = world.links[where]
        lens = world.lens(link.system, name)
        if lens is None or not any(native in link.base for native in lens.natives):
            continue
        for native in lens.natives:
            if native in link.base:
                link.seen.setdefault(native, link.base.pop(native))
        link.changed = waits = True
    if not waits:
        return
    sides = [Candidate(*_side(golden, name)) for golden in (keep, lose)]
    there = world.conflicts.get((keep.id, name))
    known = [*(there.candidates if there else ()), *sides]
    conflict = Conflict(keep.id, keep.entity, name, list(dict.fromkeys(known)), there.id if there else None)
    world.conflicts[(keep.id, name)] = world.opened[(keep.id, name)] = conflict


def _side(golden: Golden, name: str) -> tuple[str, Canonical, str]:
    system, at = golden.origin(name)
    return system, golden.values.get(name), at


def take_apart(world: World, keep: Golden, lose_id: str, before: Before, by: str, at: str) -> Golden:
    """Undo `unite`: the lost golden record is there again, under its own id, with its own records.

    A double that was removed from its system is not a record any more: see `hub.merging`, which hands over
    what was made in its place.
    """
    lose = Golden(
        lose_id, keep.entity, dict(before.lose.values), dict(before.lose.origins), before.lose.created_at,
        new=True,
    )  # fmt: skip
    world.add_golden(lose)
    typed = _sides_back(world, keep, lose, before, at)
    back: dict[str, Canonical] = {}
    given: dict[str, Canonical] = {}
    for name in dict.fromkeys((*before.keep.values, *before.after, *keep.values)):
        now = keep.values.get(name, MISSING)
        if not _goes_back(world, keep, lose, name, before, typed):
            continue
        own = before.keep.values.get(name, MISSING)
        if own == now:
            continue
        if not isinstance(now, Missing):
            given[name] = now
        # An agreed field that nobody had told is emptied: a system may hold what was put there.
        back[name] = None if isinstance(own, Missing) else own
        origin = before.keep.origins.get(name) or before.keep.origins["*"]
        keep.set(name, back[name], (by, at) if isinstance(own, Missing) else origin)
    if back:
        world.note(keep, "split", by, given, back)
    world.note(lose, "split", by, {}, dict(lose.values))
    for golden in (keep, lose):
        world.rekey(golden)
        golden.dirty = True
    keep.changed = True
    return lose


def _goes_back(
    world: World, keep: Golden, lose: Golden, name: str, before: Before, typed: Mapping[str, Candidate]
) -> bool:
    """Whether the one that stayed says of this field what it had said; an edit since goes with its record."""
    now = keep.values.get(name, MISSING)
    origin = keep.origin(name)
    if name in typed:
        lose.set(name, typed[name].value, (typed[name].system, typed[name].at))
        return now == typed[name].value and origin[0] == typed[name].system
    if now == before.after.get(name, MISSING):
        return True
    only_theirs = origin[0] in world.links_of.get(lose.id, {}) and origin[0] not in world.links_of.get(
        keep.id, {}
    )
    if only_theirs and not isinstance(now, Missing):
        lose.set(name, now, origin)
    return only_theirs


def _sides_back(world: World, keep: Golden, lose: Golden, before: Before, at: str) -> dict[str, Candidate]:
    """The lost one's records are its own again, as far as they are there; what was typed in doubles since."""
    typed: dict[str, Candidate] = {}
    for where in (*before.moved, *before.doubled):
        link = world.links.get(where)
        if link is None or link.golden_id != keep.id:
            continue
        _close_conflicts(world, keep, link)
        if not link.double:
            del world.links_of[keep.id][link.system]
            link.golden_id, link.changed = lose.id, True
            world.add_link(link)
            continue
        typed.update(_typed_in(world, lose, link, at))
        world.doubles_of[keep.id].remove(link)
        if link.system in world.links_of.get(lose.id, {}):
            link.golden_id, link.changed = lose.id, True
        else:
            world.dropped.append((link.entity, link.system, link.external_id))
            link = replace(link, golden_id=lose.id, double=False, new=True)
        world.add_link(link)
    return typed


def _typed_in(world: World, lose: Golden, link: Link, at: str) -> dict[str, Candidate]:
    """What a double says by now that is not what its golden record had said: somebody typed it there."""
    system = world.mapping.systems.get(link.system)
    refs = world.refs.bound(link.system)
    typed: dict[str, Candidate] = {}
    for lens in system.lenses if system is not None else ():
        if not lens.reads or not all(native in link.base for native in lens.natives):
            continue
        said = lose.values.get(lens.name)
        try:
            shown = lens.get(link.base, refs)
            if not lens.agrees(said, link.base, refs):
                typed[lens.name] = Candidate(link.system, shown, at)
        except (Unreadable, Parked, Unwritable):
            continue
    return typed


def _close_conflicts(world: World, keep: Golden, link: Link) -> None:
    """What waits on a record that goes is its own business again: it is looked at as it stands."""
    link.base, link.seen = {**link.base, **link.seen}, {}
    for field_name in [name for golden_id, name in world.conflicts if golden_id == keep.id]:
        if field_name not in world.contested(keep.id):
            conflict = world.conflicts.pop((keep.id, field_name))
            world.opened.pop((keep.id, field_name), None)
            world.closed[(keep.id, field_name)] = conflict
