"""Merging what one linked record shows now into its golden record, field by field. Pure.

"Did it change?" is asked of native values against the link's base, so that a system that upper-cases, cuts
or reformats never looks edited; "what does it mean?" is asked of canonical values. A first meeting is the
same merge with an empty base. Our own writes arriving late are recognised as echoes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.lenses import Lens, Parked, Unwritable
from hub.mapping import SystemMapping
from hub.marks import fields_of
from hub.merge import decide
from hub.model import ARCHIVED, HUB, MISSING, Candidate, Conflict, Golden, Link, Missing, Origin, Review, same
from hub.ports import Native, Record
from hub.values import Canonical, Unreadable
from hub.world import World


class Absorption:
    """One linked record's present values merged into its golden record, field by field."""

    __slots__ = ("arrived", "at", "golden", "link", "observed_at", "record", "refs", "system", "world")

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
        self.arrived: dict[str, Native | Missing] = {}

    def run(self) -> None:
        before_problems = set(self.link.blocked)
        touched = {lens.name for lens in self._heard() if self._field(lens)}
        if self.arrived:
            self._note_arrivals()
        if before_problems - set(self.link.blocked):
            self.world.settled_reviews.append(
                (self.golden.entity, self.system.system, self.link.external_id, "field")
            )
        if touched and any(touched.intersection(rule) for rule in self.world.mapping.match):
            self.world.rekey(self.golden)

    def _heard(self) -> Iterable[Lens]:
        """The fields a person may have edited."""
        return (lens for lens in self.system.lenses if is_heard(lens, self.link, self.system))

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
            elif link.is_echo(native, now):
                self.arrived[native] = link.current().get(native, MISSING)
                self._hear(native, now)
            else:
                differs = True
        if differs:
            for native in lens.natives:
                self._unblock(native)
        return differs

    def _hear(self, native: str, now: Native) -> None:
        """One of our writes is there; those handed over after it may still arrive."""
        echoes = self.link.echoes[native]
        heard = next(number for number, echo in enumerate(echoes) if same(now, echo))
        self.link.agree((native,), self.record.values)
        if later := echoes[heard + 1 :]:
            self.link.echoes[native] = later
        self.golden.dirty = True

    def _note_arrivals(self) -> None:
        """What we wrote without hearing so is there: only now it is known to have replaced something."""
        before = {native: old for native, old in self.arrived.items() if old is not MISSING}
        after = {native: self.record.values[native] for native in self.arrived}
        self.world.note(self.golden, "confirmed", HUB, before, after, self.link)

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
            self.world.doubt_between(ours.system, theirs.system),
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
            for link in self.world.sides(self.golden.id)
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
        review = problem_of(self.world, self.system, self.record, lens, problem)
        for native in lens.natives:
            if self.link.blocked.get(native) != review.reason:
                self.link.blocked[native] = review.reason
                self.link.changed = True
                self.world.reread.add(self.golden.id)
        self.world.reviews.append(review)

    def _unblock(self, native: str) -> None:
        if self.link.blocked.pop(native, None) is not None:
            self.link.changed = self.golden.dirty = True
            self.world.reread.add(self.golden.id)

    def _origin(self) -> Origin:
        return origin_of(self.system, self.record, self.observed_at)


def is_heard(lens: Lens, link: Link, system: SystemMapping) -> bool:
    """Whether what stands in this field may be an edit: that a double is marked or put away is our doing."""
    return not link.double or {ARCHIVED, *fields_of(system.view)}.isdisjoint(lens.natives)


def recheck_contested(world: World, golden: Golden, name: str) -> None:
    """After a value was agreed on: the sides that show just this value no longer wait."""
    for link in world.sides(golden.id):
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


def is_edited(link: Link, record: Record) -> bool:
    """Whether a record says anything else than what was agreed on, known to wait, or handed over by us."""
    return any(
        native in link.base
        and not same(value, link.base[native])
        and not (native in link.seen and same(value, link.seen[native]))
        and not link.is_echo(native, value)
        for native, value in record.values.items()
    )


def settle(world: World, golden: Golden, name: str, value: Canonical, origin: Origin, kind: str) -> None:
    """A person's word on one field: it is agreed on, and every side's own value counts as known to lose."""
    old = golden.values.get(name, MISSING)
    before = {} if old is MISSING else {name: old}
    world.note(golden, kind, origin[0], before, {name: value})
    for link in world.sides(golden.id):
        lens = world.lens(link.system, name)
        if lens is not None and any(native in link.seen for native in lens.natives):
            lost = _lost(world, link, lens)
            if lost != {name: value}:
                world.note(golden, "overruled", origin[0], lost, {name: value}, link)
            link.agree(lens.natives, link.current())
    golden.set(name, value, origin)
    world.rekey(golden)
    close_conflict(world, golden.id, name)


def put_down(world: World, golden: Golden, link: Link, by: str) -> None:
    """A record that is gone, and is no side of its golden record: what of it waited is written down."""
    for name in sorted(golden.values) if link.seen else ():
        lens = world.lens(link.system, name)
        if lens is not None and any(native in link.seen for native in lens.natives):
            lost, stands = _lost(world, link, lens), {name: golden.values[name]}
            if lost != stands:
                world.note(golden, "overruled", by, lost, stands, link)
    link.seen = {}


def _lost(world: World, link: Link, lens: Lens) -> dict[str, Canonical | Native]:
    """What a side said that was waiting for a person: in canonical terms, or its own where there are none."""
    try:
        return {lens.name: lens.get(link.current(), world.refs.bound(link.system))}
    except (Unreadable, Parked):
        return {native: link.seen.get(native) for native in lens.natives}


def origin_of(system: SystemMapping, record: Record, observed_at: str) -> Origin:
    at = record.modified.isoformat(timespec="seconds") if record.modified else observed_at
    return (system.system, at)


def problem_of(
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
