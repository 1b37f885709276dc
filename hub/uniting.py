"""Two golden records made one: decisions on a world, which it changes. `hub.parting` takes them apart again.

Field by field the survivor is chosen by the mapping's policies, with the origin of each value kept: an empty
side takes the other's, lists are united, and where both say something else the order of trust, the latest
edit or a person decides. The linked records of the lost one become the other's; where both have one in the
same system, the one that stays is the link and the other its double (`hub.model.Link.double`): what is typed
there is heard, and it is written no more.

Pure: no input, no output, no clock. Promises: all that the lost one said is in the journal, and in `Before`.
Never: chooses which two are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hub.absorbing import put_down, recheck_contested
from hub.merge import decide, united
from hub.model import ARCHIVED, MISSING, RECORD, Candidate, Conflict, Golden, Link, Missing, Origin, same
from hub.ports import Native
from hub.values import Canonical, ListOf
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
class Side:
    """A linked record as it was: its agreed native values, those that waited for a person, whether it was
    gone. `golden_id`: whose it was."""

    system: str
    external_id: str
    golden_id: str
    base: Mapping[str, Native]
    seen: Mapping[str, Native]
    gone: bool = False

    @classmethod
    def of(cls, link: Link) -> Side:
        where = link.system, link.external_id, link.golden_id
        return cls(*where, dict(link.base), dict(link.seen), link.gone)

    def says_still(self, natives: tuple[str, ...], now: Mapping[str, Native]) -> bool:
        """Whether nobody touched these since, as far as they had been read."""
        was = {**self.base, **self.seen}
        return all(native in was and same(was[native], now.get(native)) for native in natives)


@dataclass(frozen=True, slots=True)
class Before:
    """What taking a merger back needs, as JSON: what both said, what the one then said, and whose the linked
    records were: `moved` and `doubled` (system, id) were the lost one's. `sides`: how the records of both
    were then. `rest` is what the store adds."""

    keep: Said
    lose: Said
    after: Mapping[str, Canonical]
    moved: tuple[tuple[str, str], ...] = ()
    doubled: tuple[tuple[str, str], ...] = ()
    sides: tuple[Side, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Before:
        def pairs(name: str) -> tuple[tuple[str, str], ...]:
            return tuple((one[0], one[1]) for one in data[name])

        keep, lose = Said.read(data["keep"]), Said.read(data["lose"])
        sides = tuple(Side(**one) for one in data.get("sides", ()))
        return cls(keep, lose, data["after"], pairs("moved"), pairs("doubled"), sides, data.get("rest", {}))


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
    sides = [Side.of(link) for golden in (keep, lose) for link in world.sides(golden.id)]
    asked = _unite_values(world, keep, lose, by)
    moved, doubled = _unite_sides(world, keep, lose, by)
    _inherit_conflicts(world, keep, lose)
    for name in asked:
        _ask(world, keep, lose, name, [*moved, *doubled])
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
    return Before(*said, dict(keep.values), tuple(moved), tuple(doubled), tuple(sides))


def _unite_values(world: World, keep: Golden, lose: Golden, by: str) -> list[str]:
    """Choose every field's survivor; the fields of which a person is to say."""
    asked: list[str] = []
    before: dict[str, Canonical] = {}
    after: dict[str, Canonical] = {}
    for name in dict.fromkeys((*world.mapping.fields, *keep.values, *lose.values)):
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
        return (False, other) if keep.archived and not lose.archived else (ours, mine)
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
    world: World, keep: Golden, lose: Golden, by: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The lost one's linked records become the other's; returns those that moved, and the doubles."""
    moved: list[tuple[str, str]] = []
    doubled: list[tuple[str, str]] = []
    mine = world.links_of.setdefault(keep.id, {})
    for system, link in world.links_of.pop(lose.id, {}).items():
        where = (system, link.external_id)
        other = mine.get(system)
        if link.gone and other is not None:
            put_down(world, keep, link, by)
            link.removed = True
            continue
        if other is None or other.gone:
            if other is not None:
                put_down(world, keep, other, by)
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


def side_of(golden: Golden, name: str) -> Candidate:
    """What a golden record says of a field, as one side of a conflict."""
    system, at = golden.origin(name)
    return Candidate(system, golden.values.get(name), at)


def _ask(world: World, keep: Golden, lose: Golden, name: str, theirs: list[tuple[str, str]]) -> None:
    """Both said something, and the policy is to ask: the lost one's sides wait with what they show."""
    waits = False
    for where in theirs:
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
    sides = [side_of(golden, name) for golden in (keep, lose)]
    there = world.conflicts.get((keep.id, name))
    known = [*(there.candidates if there else ()), *sides]
    conflict = Conflict(keep.id, keep.entity, name, list(dict.fromkeys(known)), there.id if there else None)
    world.conflicts[(keep.id, name)] = world.opened[(keep.id, name)] = conflict
