"""From what is known and what was seen to what is decided. Pure: no input, no output, no clock.

`observe` takes records as a system shows them now and brings the golden records up to date: a linked record
is merged (`hub.absorbing`), a fresh one is matched (`hub.matching`) or founds a golden record. One that could
be several is held for a person, unless the mapping looks for duplicates: then it founds its own, and
`hub.weighing` asks whether it is another. `written` and
`vanished` take in what came of our own writes and what is no longer there. What is owed in return is asked
of `hub.owing`.

What the planner never does: drop a value. Whatever a golden record or a side gives up is in the journal, in
an open conflict, or in a review.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from hub import doubles
from hub.absorbing import Absorption, origin_of, problem_of, put_down
from hub.lenses import Parked
from hub.mapping import SystemMapping
from hub.matching import Key, are_sites, identify, keys_of
from hub.model import ARCHIVED, HUB, RECORD, Golden, Link, Origin, Review, same
from hub.owing import owed
from hub.ports import Native, Record
from hub.values import Canonical, Unreadable
from hub.world import BoundRefs, Reading, World

CROWD = 50
"""More golden records than this that share a key are told apart by nobody who looks at that key."""


def observe(world: World, system: SystemMapping, records: Sequence[Record], observed_at: str) -> None:
    """Take in one page of records of one system. `observed_at` stands in for an unknown time of edit."""
    read_fresh(world, system, records)
    fresh: list[Record] = []
    for record in records:
        link = world.links.get((system.system, record.id))
        if link is None:
            fresh.append(record)
        else:
            absorb(world, system, link, record, observed_at)
    if fresh:
        _meet(world, system, fresh, observed_at)


def read_fresh(world: World, system: SystemMapping, records: Sequence[Record]) -> None:
    """Read the records nobody linked yet, into `World.readings`: their keys say what the world needs."""
    refs = world.refs.bound(system.system)
    for record in records:
        if (system.system, record.id) not in world.links and record.id not in world.readings:
            world.readings[record.id] = _read(world, system, record, refs)


def absorb(world: World, system: SystemMapping, link: Link, record: Record, observed_at: str) -> None:
    """Merge what a linked record shows now into its golden record."""
    golden = world.goldens[link.golden_id]
    if link.gone:
        world.settled_reviews.append((golden.entity, link.system, link.external_id, ""))
    if link.gone:
        _restore(world, system, golden, link, record, observed_at)
    if link.version != record.version or link.gone or link.unconfirmed:
        link.version, link.gone, link.unconfirmed, link.changed = record.version, False, False, True
    Absorption(world, system, golden, link, record, observed_at).run()


def _restore(
    world: World, system: SystemMapping, golden: Golden, link: Link, record: Record, observed_at: str
) -> None:
    """A record is there again: if its absence had archived the golden record, its presence undoes that."""
    if golden.archived and golden.origin(ARCHIVED)[0] == system.system:
        world.note(golden, "restored", link.system, {ARCHIVED: True}, {ARCHIVED: False}, link)
        golden.set(ARCHIVED, False, origin_of(system, record, observed_at))


def adopt(
    world: World, system: SystemMapping, golden: Golden, record: Record, observed_at: str, cause: str = ""
) -> Link:
    """Link a record that is known to be this golden record's, with an empty base, and merge it.

    It takes the place of a record that is gone: somebody typed it anew. `cause` says on whose word they
    belong together: the system's, unless the record carries our reference.
    """
    former = world.links_of.get(golden.id, {}).get(system.system)
    if former is not None:
        put_down(world, golden, former, system.system)
        former.removed = True
        _restore(world, system, golden, former, record, observed_at)
    link = Link(system.system, record.id, golden.id, golden.entity, version=record.version, new=True)
    world.add_link(link)
    golden.dirty = True
    if not golden.new:
        _note_linked(world, golden, link, record, former, cause)
    Absorption(world, system, golden, link, record, observed_at).run()
    return link


def relink(world: World, system: SystemMapping, golden: Golden, record: Record) -> Link:
    """Link a record that a system made again for this golden record: it says what was once agreed on, and is
    nobody's edit. What differs from the golden record is owed to it.
    """
    former = world.links_of.get(golden.id, {}).get(system.system)
    if former is not None:
        put_down(world, golden, former, system.system)
        former.removed = True
    link = Link(
        system.system, record.id, golden.id, golden.entity, dict(record.values), record.version,
        blocked=dict(record.unreadable), new=True,
    )  # fmt: skip
    world.add_link(link)
    golden.dirty = True
    world.note(golden, "linked", HUB, {}, {}, link)
    return link


def _note_linked(
    world: World, golden: Golden, link: Link, record: Record, former: Link | None, cause: str
) -> None:
    """A record the hub made and never got to note is written down with what it holds, as any write is."""
    if record.ref is not None and record.ref.rpartition("_")[2] == golden.id:
        cause = HUB
    if cause == HUB:
        world.note(golden, "linked", HUB, {}, dict(record.values), link)
    elif former is not None:
        before, after = {RECORD: former.external_id}, {RECORD: record.id}
        world.note(golden, "linked", cause or link.system, before, after, link)
    else:
        world.note(golden, "linked", cause or link.system, {}, {}, link)


def written(
    world: World,
    system: SystemMapping,
    golden: Golden,
    record: Record,
    payload: Mapping[str, Native],
    observed_at: str,
) -> Link:
    """A write of ours was applied and re-read: what the system shows of it now is the new base.

    What it shows differently from what was asked is how it normalises, and is not asked again. What else
    changed meanwhile is somebody's edit, and is merged.
    """
    link = world.links_of.get(golden.id, {}).get(system.system)
    created = link is None
    if link is None:
        link = Link(system.system, record.id, golden.id, golden.entity, version=record.version, new=True)
        link = world.rename(link, record.id)
    elif link.external_id != record.id:
        link = world.rename(link, record.id)
    before = {} if created else {native: link.current().get(native) for native in payload}
    after = {native: record.values.get(native) for native in payload}
    world.note(golden, "wrote", HUB, before, after, link)
    for native, wanted in payload.items():
        if native in record.values:
            link.agree((native,), record.values)
            if not same(record.values[native], wanted):
                link.asked[native] = wanted
    absorb(world, system, link, record, observed_at)
    return link


def vanished(
    world: World,
    system: SystemMapping,
    links: Iterable[Link],
    observed_at: str,
    refused: Collection[str] = (),
    asked: Collection[str] = (),
) -> None:
    """Records that are no longer in a system. Deletion is an opinion: see `SystemMapping.on_delete`.

    `refused` are golden records whose changes the system refused: that it is owed them is no newer edit.
    `asked` are those of which a person is asked whether they are another: that one of two is gone says
    nothing about the thing, and archives nothing.
    """
    for link in links:
        golden = world.goldens[link.golden_id]
        if link.unconfirmed:
            # Handed over and never shown: it never was there, and nobody deleted it.
            revive(world, golden, link)
            continue
        heir = doubles.heir_of(world, link)
        if heir is not None:
            doubles.succeed(world, golden, link, heir)
            continue
        link.gone = link.changed = golden.dirty = True
        if system.on_delete == "ignore" or golden.archived or golden.id in asked:
            continue
        if system.on_delete == "ask":
            reason = f"{golden.title} is no longer in {system.system}"
            todo = "archive it everywhere, or bring it back there"
            world.reviews.append(
                Review(golden.entity, system.system, link.external_id, "vanished", reason, todo,
                       candidates=(golden.id,))
            )  # fmt: skip
            continue
        if golden.id not in refused and owed(world, system, golden, link).values:
            revive(world, golden, link)
            continue
        _archive(world, golden, link, (system.system, observed_at))


def revive(world: World, golden: Golden, link: Link) -> None:
    """An edit newer than the deletion wins: forget the link, so that the record is owed a creation."""
    world.note(golden, "revived", golden.origin("*")[0], dict(link.base), {}, link)
    link.removed = golden.dirty = True
    del world.links_of[golden.id][link.system]


def _archive(world: World, golden: Golden, link: Link, origin: Origin) -> None:
    world.note(golden, "archived", link.system, {ARCHIVED: golden.archived}, {ARCHIVED: True}, link)
    golden.set(ARCHIVED, True, origin)


def _read(world: World, system: SystemMapping, record: Record, refs: BoundRefs) -> Reading:
    reading = Reading()
    for lens in system.lenses:
        try:
            for native in lens.natives:
                if native in record.unreadable:
                    raise Unreadable(record.unreadable[native])
            value = lens.get(record.values, refs)
        except (Unreadable, Parked) as problem:
            reading.problems.append(problem_of(world, system, record, lens, problem))
        else:
            if value is not None and lens.reads:
                reading.values[lens.name] = value
    reading.keys = keys_of(world.mapping, reading.values)
    return reading


def _meet(world: World, system: SystemMapping, fresh: Sequence[Record], observed_at: str) -> None:
    """Find or make the golden record of records seen for the first time."""
    doubled = twins(world, fresh) if world.mapping.duplicates is None else set()
    for record in fresh:
        reading = world.readings[record.id]
        golden = referred(world, system, record)
        if golden is None and doubled and (shared := [key for key in reading.keys if key in doubled]):
            hold_twins(world, system, record, reading, shared[0])
            continue
        if golden is None:
            golden = identified(world, system, record, reading, observed_at)
        if golden is None:
            continue
        link_to(world, system, golden, record, observed_at)
        if (system.system, record.id) in world.reviewed:
            world.settled_reviews.append((golden.entity, system.system, record.id, ""))


def twins(world: World, fresh: Sequence[Record]) -> set[Key]:
    """The keys that several of these records of one system claim, other than as sites of one company."""
    claims = Counter(key for record in fresh for key in world.readings[record.id].keys)
    doubled = {key for key, count in claims.items() if count > 1}
    if not doubled:
        return doubled
    sharing: dict[Key, list[Mapping[str, Canonical]]] = {key: [] for key in doubled}
    for record in fresh:
        reading = world.readings[record.id]
        for key in reading.keys:
            if key in doubled:
                sharing[key].append(reading.values)
    return {key for key in doubled if not are_sites(world.mapping, sharing[key], key[0])}


def link_to(world: World, system: SystemMapping, golden: Golden, record: Record, observed_at: str) -> None:
    """Link a fresh record; one that has just founded its golden record agrees with it as it is."""
    if golden.id not in world.links_of and golden.new and not world.readings[record.id].problems:
        base = dict(record.values)
        link = Link(system.system, record.id, golden.id, golden.entity, base, record.version, new=True)
        world.add_link(link)
    else:
        adopt(world, system, golden, record, observed_at)


def referred(world: World, system: SystemMapping, record: Record) -> Golden | None:
    """The golden record this record says it is, by the reference we once put on it."""
    if record.ref is None:
        return None
    golden_id = record.ref.rpartition("_")[2]
    golden = world.goldens.get(world.successors.get(golden_id, golden_id))
    link = world.links_of.get(golden.id, {}).get(system.system) if golden is not None else None
    return golden if link is None or link.gone else None


def found_apart(world: World, system: SystemMapping, record: Record, observed_at: str) -> Golden | None:
    """A person says this record is nobody else's: it founds a golden record, whatever keys it shares."""
    golden = founded(world, system, record, world.readings[record.id], observed_at)
    if golden is not None:
        adopt(world, system, golden, record, observed_at)
    return golden


def hold_twins(world: World, system: SystemMapping, record: Record, reading: Reading, key: Key) -> None:
    fields = " and ".join(world.mapping.match[key[0]])
    shown = ", ".join(str(reading.values.get(name)) for name in world.mapping.match[key[0]])
    world.reviews.append(
        Review(
            world.mapping.entity, system.system, record.id, "duplicate",
            f"several records of {system.system} share the same {fields} ({shown})",
            f"correct or remove the wrong one in {system.system}",
            place=record.where or "", candidates=tuple(world.owners.get(key, ())), keys=reading.keys,
        )
    )  # fmt: skip


def identified(
    world: World, system: SystemMapping, record: Record, reading: Reading, observed_at: str
) -> Golden | None:
    """The golden record a fresh record belongs to, an existing or a new one; ``None`` if it is held."""
    keys = _telling(world, reading.keys)
    if not any(world.owners.get(key) for key in keys):
        return founded(world, system, record, reading, observed_at)
    match = identify(
        world.mapping,
        keys,
        reading.values,
        world.owners,
        {owner: world.goldens[owner].values for key in keys for owner in world.owners.get(key, ())},
        {
            owner: link.external_id
            for key in keys
            for owner in world.owners.get(key, ())
            if (link := world.links_of.get(owner, {}).get(system.system)) is not None and not link.gone
        },
    )
    if match.golden_id is not None:
        return world.goldens[match.golden_id]
    if match.held and world.mapping.duplicates is None:
        world.reviews.append(
            Review(
                world.mapping.entity, system.system, record.id, match.held, match.reason,
                f"say which one it is, or correct it in {system.system}",
                place=record.where or "", candidates=match.candidates, keys=reading.keys,
            )
        )  # fmt: skip
        return None
    return founded(world, system, record, reading, observed_at)


def _telling(world: World, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys to go by: where duplicates are looked for, none from the first on that a crowd shares.

    Such a record founds a golden record of its own anyway, and each of a crowd would be looked at for each.
    """
    if world.mapping.duplicates is None:
        return keys
    crowded = (place for place, key in enumerate(keys) if len(world.owners.get(key, ())) > CROWD)
    return keys[: next(crowded, len(keys))]


def founded(
    world: World,
    system: SystemMapping,
    record: Record,
    reading: Reading,
    observed_at: str,
    golden_id: str | None = None,
) -> Golden | None:
    """A new golden record, unless something it needs is missing. `golden_id`: the one it had before."""
    lacking = [
        name for name, found in world.mapping.fields.items() if found.required and name not in reading.values
    ]
    if lacking:
        parked = next((problem for problem in reading.problems if problem.kind == "parked"), None)
        reason = parked.reason if parked else f"{', '.join(lacking)} is required and has no usable value"
        unread = [problem.reason for problem in reading.problems if problem.field in lacking]
        if unread and not parked:
            reason += f": {'; '.join(unread)}"
        world.reviews.append(
            Review(
                world.mapping.entity, system.system, record.id, "parked" if parked else "incomplete", reason,
                parked.todo if parked else f"fill it in, in {system.system}",
                place=record.where or "", keys=reading.keys,
            )
        )  # fmt: skip
        return None
    origin = origin_of(system, record, observed_at)
    golden = world.create(reading.values, reading.keys, origin, observed_at, golden_id)
    world.note(golden, "created", system.system, {}, golden.values, external_id=record.id)
    return golden
