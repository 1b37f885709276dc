"""The planner's working set: what the hub knows about the things one page of records is about.

The engine fills a `World` from the store, the planner changes it and leaves its decisions in it, and the
store writes what changed in one transaction. It holds no connection and does no input or output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.lenses import Lens
from hub.mapping import EntityMapping
from hub.matching import Key, keys_of
from hub.model import Conflict, Entry, Golden, Link, Origin, Review
from hub.values import Canonical


@dataclass(slots=True)
class RefTable:
    """Links of other entities, as far as this page's references need them."""

    to_golden: dict[tuple[str, str, str], str] = field(default_factory=dict)
    to_external: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def bound(self, system: str) -> BoundRefs:
        """The table as one system's lenses see it."""
        return BoundRefs(self, system)


@dataclass(slots=True)
class BoundRefs:
    """References resolved for one system (`hub.lenses.Refs`)."""

    table: RefTable
    system: str

    def golden(self, entity: str, external_id: str) -> str | None:
        return self.table.to_golden.get((entity, self.system, external_id))

    def external(self, entity: str, golden_id: str) -> str | None:
        return self.table.to_external.get((entity, self.system, golden_id))


@dataclass(slots=True)
class Reading:
    """A record nobody linked yet, in canonical terms: its values, and the fields that have no reading."""

    values: dict[str, Canonical] = field(default_factory=dict)
    problems: list[Review] = field(default_factory=list)
    keys: tuple[Key, ...] = ()


@dataclass(slots=True)
class World:
    """Known things, by every name the planner looks them up by, and the decisions made so far.

    `alone`: the entity lives in one system only, so that a new golden record is owed to nobody. `doubt`: by
    how many seconds the times that systems give may be off (`hub.clocks`). `near`, while the hub recovers:
    fresh record → golden records of nearly the same name; `relinked`: how records were linked then. `reread`:
    golden records of which some system's field became unreadable, or readable. `dropped`: the ids under which
    records were linked that go by another one now. `doubles_of`: by golden record, further records of a
    system that has one linked already. `successors`: golden records that became one with another → that one.
    """

    mapping: EntityMapping
    new_id: Callable[[], str]
    refs: RefTable = field(default_factory=RefTable)
    goldens: dict[str, Golden] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    links_of: dict[str, dict[str, Link]] = field(default_factory=dict)
    owners: dict[Key, list[str]] = field(default_factory=dict)
    conflicts: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    reviewed: set[tuple[str, str]] = field(default_factory=set)
    alone: bool = False
    doubt: Mapping[str, float] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)
    relinked: Counter[str] = field(default_factory=Counter)

    journal: list[Entry] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    settled_reviews: list[tuple[str, str, str, str]] = field(default_factory=list)
    opened: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    closed: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    rekeyed: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    reread: set[str] = field(default_factory=set)
    doubles_of: dict[str, list[Link]] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)

    def add_golden(self, golden: Golden) -> None:
        self.goldens[golden.id] = golden

    def add_link(self, link: Link) -> None:
        self.links[(link.system, link.external_id)] = link
        if link.double:
            self.doubles_of.setdefault(link.golden_id, []).append(link)
        else:
            self.links_of.setdefault(link.golden_id, {})[link.system] = link

    def sides(self, golden_id: str) -> list[Link]:
        """Every record that says what this golden record is: the linked ones, and their doubles."""
        return [*self.links_of.get(golden_id, {}).values(), *self.doubles_of.get(golden_id, ())]

    def forget_double(self, link: Link) -> None:
        """A double that is no record any more; nor is anything asked about it."""
        del self.links[(link.system, link.external_id)]
        self.doubles_of[link.golden_id].remove(link)
        self.settled_reviews.append((link.entity, link.system, link.external_id, ""))
        self.dropped.append((link.entity, link.system, link.external_id))

    def rename(self, link: Link, external_id: str) -> Link:
        """The record goes by another id now (a cell of a planning was moved); who had that one is gone."""
        for id in (link.external_id, external_id):
            known = self.links.pop((link.system, id), None)
            if known is not None:
                if known.double:
                    self.doubles_of[known.golden_id].remove(known)
                else:
                    self.links_of[known.golden_id].pop(link.system, None)
                self.dropped += [] if known.new else [(known.entity, known.system, known.external_id)]
        renamed = replace(link, external_id=external_id, new=True)
        self.add_link(renamed)
        return renamed

    def create(
        self,
        values: Mapping[str, Canonical],
        keys: tuple[Key, ...],
        origin: Origin,
        at: str,
        golden_id: str | None = None,
    ) -> Golden:
        """A new golden record, known from `at` on; `keys` are those of its values."""
        known_as = golden_id or self.new_id()
        golden = Golden(known_as, self.mapping.entity, dict(values), {"*": origin}, at, new=True)
        golden.dirty = golden.archived
        self.goldens[golden.id] = golden
        self._claim(golden, keys)
        return golden

    def rekey(self, golden: Golden) -> None:
        """Bring the match keys in line with the golden record's values."""
        keys = keys_of(self.mapping, golden.values)
        for key in self.rekeyed.get(golden.id, ()):
            if key not in keys:
                self.owners[key].remove(golden.id)
        self._claim(golden, keys)

    def _claim(self, golden: Golden, keys: tuple[Key, ...]) -> None:
        for key in keys:
            owners = self.owners.setdefault(key, [])
            if golden.id not in owners:
                owners.append(golden.id)
        self.rekeyed[golden.id] = keys

    def note(
        self,
        golden: Golden,
        kind: str,
        cause: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        link: Link | None = None,
        external_id: str = "",
    ) -> None:
        """Write a line of the journal; `external_id` where the line is about no link yet."""
        self.journal.append(
            Entry(
                golden.entity,
                golden.id,
                link.system if link else "",
                kind,
                cause,
                before,
                after,
                link.external_id if link else external_id,
            )
        )

    def doubt_between(self, one: str, other: str) -> float:
        """Seconds within which it cannot be said which of two systems' edits came first."""
        return self.doubt.get(one, 0.0) + self.doubt.get(other, 0.0)

    def lens(self, system: str, name: str) -> Lens | None:
        """The lens through which a system shows a canonical field, if it does."""
        found = self.mapping.systems.get(system)
        if found is None:
            return None
        return next((lens for lens in found.lenses if lens.name == name), None)

    def contested(self, golden_id: str) -> set[str]:
        """The canonical fields that wait for a person on this golden record."""
        fields: set[str] = set()
        for link in self.sides(golden_id):
            if link.seen and link.system in self.mapping.systems:
                fields.update(
                    lens.name
                    for lens in self.mapping.systems[link.system].lenses
                    if any(native in link.seen for native in lens.natives)
                )
        return fields

    def changed_goldens(self) -> Iterable[Golden]:
        return (golden for golden in self.goldens.values() if golden.new or golden.changed or golden.dirty)

    def changed_links(self) -> Iterable[Link]:
        return (link for link in self.links.values() if link.new or link.changed or link.removed)
