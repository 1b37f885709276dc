"""From what is known and what was seen to what is decided. Pure: no input, no output, no clock.

`observe` takes records as a system shows them now and brings the golden records up to date. "Did it change?"
is asked of native values against the link's base; "what does it mean?" of canonical values. A record seen for
the first time goes through the same merge with an empty base, so a first meeting needs no rules of its own.

`owed` answers the other direction: which native values differ between what the golden record would look like
in a system and what that system holds. A write is due exactly when this is not empty. Nothing is ever owed
over a value that could not be read, that waits for a person, or that the system already refused to take
differently.

What the planner never does: drop a value. Whatever a golden record or a side gives up is in the journal, in
an open conflict, or in a review.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.lenses import Lens, Parked, Unwritable
from hub.mapping import SystemMapping
from hub.matching import Key, identify, keys_of
from hub.merge import decide
from hub.model import ARCHIVED, MISSING, Candidate, Conflict, Golden, Link, Missing, Origin, Review, same
from hub.ports import Native, Record
from hub.values import Canonical, Unreadable
from hub.world import BoundRefs, Reading, World


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
    """Read the records nobody linked yet, into `World.readings`: the engine needs their keys to fill the world."""
    refs = world.refs.bound(system.system)
    for record in records:
        if (system.system, record.id) not in world.links and record.id not in world.readings:
            world.readings[record.id] = _read(world, system, record, refs)


def absorb(world: World, system: SystemMapping, link: Link, record: Record, observed_at: str) -> None:
    """Merge what a linked record shows now into its golden record."""
    golden = world.goldens[link.golden_id]
    if link.gone and golden.archived and golden.origin(ARCHIVED)[0] == system.system:
        world.note(golden, "restored", link.system, {ARCHIVED: True}, {ARCHIVED: False}, link)
        golden.set(ARCHIVED, False, _origin(system, record, observed_at))
    if link.version != record.version or link.gone or link.unconfirmed:
        link.version, link.gone, link.unconfirmed, link.changed = record.version, False, False, True
    _Merge(world, system, golden, link, record, observed_at).run()


def adopt(world: World, system: SystemMapping, golden: Golden, record: Record, observed_at: str) -> Link:
    """Link a record that is known to be this golden record's, with an empty base, and merge it."""
    link = Link(system.system, record.id, golden.id, golden.entity, version=record.version, new=True)
    world.add_link(link)
    golden.dirty = True
    _Merge(world, system, golden, link, record, observed_at).run()
    return link


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
    if link is None:
        link = Link(system.system, record.id, golden.id, golden.entity, version=record.version, new=True)
        world.add_link(link)
    before = {native: link.current().get(native) for native in payload}
    world.note(
        golden, "wrote", "hub", before, {native: record.values.get(native) for native in payload}, link
    )
    for native, wanted in payload.items():
        if native in record.values:
            link.agree((native,), record.values)
            if not same(record.values[native], wanted):
                link.asked[native] = wanted
    absorb(world, system, link, record, observed_at)
    return link


def vanished(world: World, system: SystemMapping, links: Iterable[Link], observed_at: str) -> None:
    """Records that are no longer in a system. Deletion is an opinion: see `SystemMapping.on_delete`."""
    for link in links:
        golden = world.goldens[link.golden_id]
        link.gone = link.changed = True
        if system.on_delete == "ignore" or golden.archived:
            continue
        if system.on_delete == "ask":
            reason = f"{golden.title} is no longer in {system.system}"
            todo = "archive it everywhere, or bring it back there"
            world.reviews.append(
                Review(golden.entity, system.system, link.external_id, "vanished", reason, todo,
                       candidates=(golden.id,))
            )  # fmt: skip
            continue
        if owed(world, system, golden, link).values:
            _revive(world, golden, link)
            continue
        _archive(world, golden, link, (system.system, observed_at))


def _revive(world: World, golden: Golden, link: Link) -> None:
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
            value = lens.get(record.values, refs)
        except (Unreadable, Parked) as problem:
            reading.problems.append(_problem(world, system, record, lens, problem))
        else:
            if value is not None and lens.reads:
                reading.values[lens.name] = value
    reading.keys = keys_of(world.mapping, reading.values)
    return reading


def _meet(world: World, system: SystemMapping, fresh: Sequence[Record], observed_at: str) -> None:
    """Find or make the golden record of records seen for the first time."""
    claims = Counter(key for record in fresh for key in world.readings[record.id].keys)
    for record in fresh:
        reading = world.readings[record.id]
        twins = [key for key in reading.keys if claims[key] > 1]
        golden = _referred(world, system, record)
        if golden is None and twins:
            _hold_twins(world, system, record, reading, twins[0])
            continue
        if golden is None:
            golden = _identified(world, system, record, reading, observed_at)
        if golden is None:
            continue
        if golden.id not in world.links_of and golden.new and not reading.problems:
            link = Link(system.system, record.id, golden.id, golden.entity, dict(record.values), record.version,
                        new=True)  # fmt: skip
            world.add_link(link)
        else:
            adopt(world, system, golden, record, observed_at)
        if (system.system, record.id) in world.reviewed:
            world.settled_reviews.append((golden.entity, system.system, record.id, ""))


def _referred(world: World, system: SystemMapping, record: Record) -> Golden | None:
    """The golden record this record says it is, by the reference we once put on it."""
    if record.ref is None:
        return None
    golden = world.goldens.get(record.ref.rpartition("_")[2])
    if golden is None or system.system in world.links_of.get(golden.id, {}):
        return None
    return golden


def _hold_twins(world: World, system: SystemMapping, record: Record, reading: Reading, key: Key) -> None:
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


def _identified(
    world: World, system: SystemMapping, record: Record, reading: Reading, observed_at: str
) -> Golden | None:
    """The golden record a fresh record belongs to, an existing or a new one; ``None`` if it is held."""
    match = identify(
        world.mapping,
        reading.keys,
        reading.values,
        world.owners,
        {owner: world.goldens[owner].values for key in reading.keys for owner in world.owners.get(key, ())},
        {
            owner: world.links_of[owner][system.system].external_id
            for key in reading.keys
            for owner in world.owners.get(key, ())
            if system.system in world.links_of.get(owner, {})
        },
    )
    if match.golden_id is not None:
        return world.goldens[match.golden_id]
    if match.held:
        world.reviews.append(
            Review(
                world.mapping.entity, system.system, record.id, match.held, match.reason,
                f"say which one it is, or correct it in {system.system}",
                place=record.where or "", candidates=match.candidates, keys=reading.keys,
            )
        )  # fmt: skip
        return None
    return _founded(world, system, record, reading, observed_at)


def _founded(
    world: World, system: SystemMapping, record: Record, reading: Reading, observed_at: str
) -> Golden | None:
    """A new golden record, unless something it cannot be without is missing."""
    lacking = [
        name for name, found in world.mapping.fields.items() if found.required and name not in reading.values
    ]
    if lacking:
        parked = next((problem for problem in reading.problems if problem.kind == "parked"), None)
        reason = parked.reason if parked else f"{', '.join(lacking)} is required and has no usable value"
        world.reviews.append(
            Review(
                world.mapping.entity, system.system, record.id, "parked" if parked else "incomplete", reason,
                parked.todo if parked else f"fill it in, in {system.system}",
                place=record.where or "", keys=reading.keys,
            )
        )  # fmt: skip
        return None
    golden = world.create(reading.values, _origin(system, record, observed_at))
    world.note(golden, "created", system.system, {}, golden.values)
    return golden


class _Merge:
    """One linked record's present values merged into its golden record, field by field."""

    __slots__ = ("at", "golden", "link", "observed_at", "record", "refs", "system", "world")

    def __init__(
        self,
        world: World,
        system: SystemMapping,
        golden: Golden,
        link: Link,
        record: Record,
        observed_at: str,
    ) -> None:
        self.world, self.system, self.golden, self.link, self.record = world, system, golden, link, record
        self.observed_at = observed_at
        self.refs = world.refs.bound(system.system)

    def run(self) -> None:
        before_problems = set(self.link.blocked)
        touched = {lens.name for lens in self.system.lenses if self._field(lens)}
        if before_problems - set(self.link.blocked):
            self.world.settled_reviews.append(
                (self.golden.entity, self.system.system, self.link.external_id, "field")
            )
        if touched and any(touched.intersection(rule) for rule in self.world.mapping.match):
            self.world.rekey(self.golden)

    def _field(self, lens: Lens) -> bool:
        """Merge one canonical field; true if the golden record changed."""
        link, values = self.link, self.record.values
        if not self._differs(lens):
            return False
        try:
            value = lens.get(values, self.refs)
        except (Unreadable, Parked) as problem:
            self._block(lens, problem)
            return False
        known = all(native in link.base for native in lens.natives)
        if not lens.reads or (value is None and not known) or (known and self._old(lens) == value):
            self._agree(lens)
            self.golden.dirty = True
            return False
        if value is None and self._required(lens.name):
            self._block(lens, Unreadable("it is required, and was emptied"))
            return False
        current: Canonical | Missing = self.golden.values.get(lens.name, MISSING)
        if current is MISSING:
            return self._take(lens, value)
        if current == value or self._explains(lens, current, link, values):
            self._agree(lens)
            return False
        if not self._moved(lens, current, known):
            return self._take(lens, value)
        if not known and self._said_more_fully(lens.name, value):
            return self._take(lens, value)
        return self._clash(lens, value)

    def _differs(self, lens: Lens) -> bool:
        """Whether a person or a system changed any native of this field since we last agreed.

        Our own writes arriving late are taken as agreed on the way: they are no one's edit.
        """
        link, record = self.link, self.record
        differs = False
        for native in lens.natives:
            if native in record.unreadable or native not in record.values:
                self._block(lens, Unreadable(record.unreadable.get(native, "it was not handed over")))
                return False
            now = record.values[native]
            if native in link.base and same(now, link.base[native]):
                self._unblock(native)
                if native in link.seen:
                    del link.seen[native]
                    link.changed = self.golden.dirty = True
                    self._close_if_settled(lens.name)
            elif any(same(now, echo) for echo in link.echoes.get(native, ())):
                link.agree((native,), record.values)
                self.golden.dirty = True
            else:
                differs = True
        if differs:
            for native in lens.natives:
                self._unblock(native)
        return differs

    def _take(self, lens: Lens, value: Canonical) -> bool:
        """The side is right: the golden record follows."""
        old = self.golden.values.get(lens.name, MISSING)
        before = {} if old is MISSING else {lens.name: old}
        self.world.note(self.golden, "changed", self.system.system, before, {lens.name: value})
        self.golden.set(lens.name, value, self._origin())
        self.link.agree(lens.natives, self.record.values)
        recheck_contested(self.world, self.golden, lens.name)
        return True

    def _clash(self, lens: Lens, value: Canonical) -> bool:
        """Both sides moved apart: the policy speaks."""
        golden, link = self.golden, self.link
        origin = golden.origin(lens.name)
        ours = Candidate(origin[0], golden.values[lens.name], origin[1])
        theirs = Candidate(self.system.system, value, self._origin()[1])
        verdict = decide(
            self.world.mapping.policy(lens.name),
            ours,
            theirs,
            self._old(lens),
            list(self.world.mapping.systems),
        )
        if verdict.ask:
            self._ask(lens, ours, theirs)
            return False
        if verdict.winner is theirs:
            self.world.note(
                golden, "overruled", self.system.system, {lens.name: ours.value}, {lens.name: value}
            )
        elif verdict.winner is ours:
            self.world.note(
                golden, "overruled", ours.system, {lens.name: value}, {lens.name: ours.value}, link
            )
        else:
            self.world.note(golden, "united", self.system.system, {lens.name: ours.value},
                            {lens.name: verdict.value})  # fmt: skip
        link.agree(lens.natives, self.record.values)
        golden.dirty = True
        if verdict.winner is ours:
            return False
        golden.set(lens.name, verdict.value, self._origin())
        recheck_contested(self.world, golden, lens.name)
        return True

    def _ask(self, lens: Lens, ours: Candidate, theirs: Candidate) -> None:
        for native in lens.natives:
            self.link.seen[native] = self.record.values[native]
        self.link.changed = self.golden.dirty = True
        place = (self.golden.id, lens.name)
        conflict = self.world.conflicts.get(place)
        if conflict is None:
            conflict = Conflict(self.golden.id, self.golden.entity, lens.name, [])
            self.world.conflicts[place] = conflict
        others = [c for c in conflict.candidates if c.system not in (ours.system, theirs.system)]
        conflict.candidates = [ours, *others, theirs]
        self.world.closed.pop(place, None)
        self.world.opened[place] = conflict

    def _agree(self, lens: Lens) -> None:
        self.link.agree(lens.natives, self.record.values)
        self._close_if_settled(lens.name)

    def _close_if_settled(self, name: str) -> None:
        contested = (self.golden.id, name) in self.world.conflicts
        if contested and name not in self.world.contested(self.golden.id):
            self.golden.dirty = True
            close_conflict(self.world, self.golden.id, name)

    def _moved(self, lens: Lens, current: Canonical, known: bool) -> bool:
        """Whether the golden record's value is news to this side: it has not been shown there yet."""
        if not known:
            return current is not None
        if not lens.writes:
            return self.golden.origin(lens.name)[0] != self.system.system
        return not self._explains(lens, current, self.link, self.link.base)

    def _explains(self, lens: Lens, value: Canonical, link: Link, natives: Mapping[str, Native]) -> bool:
        """Whether this value, put on that side, would change nothing there."""
        refs = self.world.refs.bound(link.system)
        try:
            put = lens.put(value, natives, refs)
        except (Parked, Unwritable):
            return False
        return all(
            same(wanted, natives.get(native))
            or (native in link.asked and same(wanted, link.asked[native])
                and same(natives.get(native), link.base.get(native)))
            for native, wanted in put.items()
        )  # fmt: skip

    def _said_more_fully(self, name: str, value: Canonical) -> bool:
        """Whether every other side would show this value exactly as it shows its own."""
        others = [
            (lens, link)
            for link in self.world.links_of.get(self.golden.id, {}).values()
            if link is not self.link
            and (lens := self.world.lens(link.system, name)) is not None
            and all(native in link.base for native in lens.natives)
        ]
        return bool(others) and all(
            self._explains(lens, value, link, link.current()) for lens, link in others
        )

    def _old(self, lens: Lens) -> Canonical:
        """What the base says, in canonical terms; empty where there is none."""
        if not all(native in self.link.base for native in lens.natives):
            return None
        try:
            return lens.get(self.link.base, self.refs)
        except (Unreadable, Parked):
            return None

    def _required(self, name: str) -> bool:
        found = self.world.mapping.fields.get(name)
        return found is not None and found.required

    def _block(self, lens: Lens, problem: Unreadable | Parked) -> None:
        review = _problem(self.world, self.system, self.record, lens, problem)
        for native in lens.natives:
            if self.link.blocked.get(native) != review.reason:
                self.link.blocked[native] = review.reason
                self.link.changed = True
        self.world.reviews.append(review)

    def _unblock(self, native: str) -> None:
        if self.link.blocked.pop(native, None) is not None:
            self.link.changed = self.golden.dirty = True

    def _origin(self) -> Origin:
        return _origin(self.system, self.record, self.observed_at)


def recheck_contested(world: World, golden: Golden, name: str) -> None:
    """After a value was agreed on: the sides that show just this value no longer wait."""
    for link in world.links_of.get(golden.id, {}).values():
        lens = world.lens(link.system, name)
        if lens is None or not any(native in link.seen for native in lens.natives):
            continue
        current = link.current()
        try:
            put = lens.put(golden.values.get(name), current, world.refs.bound(link.system))
        except (Parked, Unwritable):
            continue
        if all(same(put[native], current.get(native)) for native in put):
            link.agree(lens.natives, current)
    if (golden.id, name) in world.conflicts and name not in world.contested(golden.id):
        close_conflict(world, golden.id, name)


def close_conflict(world: World, golden_id: str, name: str) -> None:
    """No side waits for a person on this field any more."""
    conflict = world.conflicts.pop((golden_id, name), None)
    if conflict is not None:
        world.opened.pop((golden_id, name), None)
        world.closed[(golden_id, name)] = conflict


def settle(world: World, golden: Golden, name: str, value: Canonical, origin: Origin, kind: str) -> None:
    """A person's word on one field: it is agreed on, and every side's own value counts as known to lose."""
    old = golden.values.get(name, MISSING)
    before = {} if old is MISSING else {name: old}
    world.note(golden, kind, origin[0], before, {name: value})
    for link in world.links_of.get(golden.id, {}).values():
        lens = world.lens(link.system, name)
        if lens is not None and any(native in link.seen for native in lens.natives):
            world.note(golden, "overruled", origin[0], {n: link.seen.get(n) for n in lens.natives}, {name: value},
                       link)  # fmt: skip
            link.agree(lens.natives, link.current())
    golden.set(name, value, origin)
    world.rekey(golden)
    close_conflict(world, golden.id, name)


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
        if value is MISSING or not lens.writes or (link is None and value is None):
            continue
        if lens.name in contested and not (link is None and lens.name in _required_fields(world)):
            continue
        if link is not None and any(native in link.blocked for native in lens.natives):
            continue
        try:
            put = lens.put(value, current, refs)
        except Parked as parked:
            result.waiting.append(f"{lens.name} waits for its {parked.entity} to be in {system.system}")
        except Unwritable as problem:
            result.impossible[lens.name] = str(problem)
        else:
            result.values.update(_differing(put, current, link))
    return result


def is_owed(world: World, system: SystemMapping, golden: Golden, blocked: bool = False) -> Owed | None:
    """What a system is owed of a golden record, or ``None``: nothing, or not to be given."""
    link = world.links_of.get(golden.id, {}).get(system.system)
    if link is None and (not system.creates or golden.archived or blocked):
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


def _origin(system: SystemMapping, record: Record, observed_at: str) -> Origin:
    at = record.modified.isoformat(timespec="seconds") if record.modified else observed_at
    return (system.system, at)


def _problem(
    world: World, system: SystemMapping, record: Record, lens: Lens, problem: Unreadable | Parked
) -> Review:
    native = ", ".join(lens.natives)
    if isinstance(problem, Parked):
        kind, reason = "parked", f"its {problem.entity} {problem.id} in {problem.system} is not linked yet"
        todo = f"it follows by itself once that {problem.entity} is"
    else:
        kind, reason = "unreadable", f"{native}: {problem}"
        todo = f"correct it in {system.system}; until then the hub leaves this field alone there"
    return Review(
        world.mapping.entity, system.system, record.id, kind, reason, todo, field=lens.name,
        place=record.where or "",
    )  # fmt: skip
