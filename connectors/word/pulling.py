"""What one pull hands over, of documents as they are now and as the pull before took them in.

Documents that changed are read, and the records they hold are handed over. Everything is listed where a
document went, a record is in none any more, something that was set aside may be well again, or the profiles
changed: only a whole listing tells the hub that something is gone. Nothing is gone as long as it may be in a
document that could not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from connectors.word.cursor import Seen, State
from connectors.word.folder import Glance
from connectors.word.library import Leaf
from connectors.word.records import Entry, Spec, alone, doubles, entries_of, together
from hub.ports import Record, Rejected

Read = Callable[[str], "Leaf | None"]
"""One document by its name; ``None`` where somebody is just saving it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its document and that one's hash, and which of how many contracts in it."""

    name: str
    number: int
    count: int
    profile: str
    sha256: str


@dataclass
class Taken:
    """What a pull hands over, and what the next one starts from."""

    records: list[Record]
    rejected: list[Rejected]
    listing: bool
    state: State
    moving: frozenset[str] = frozenset()
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass
class Pull:
    """One pull of one view. `moving` documents did not hold still; `again` ones must be read anew.

    `wanted`: only these records are handed over, if not everything has to be listed. `anew`: everything has.
    """

    spec: Spec
    profiles: str
    before: State | None
    looked: Mapping[str, Glance]
    moving: set[str]
    read: Read
    again: frozenset[str] = frozenset()
    wanted: frozenset[str] | None = None
    anew: bool = False
    leaves: dict[str, Leaf] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def run(self, asked: str, converter: bool) -> Taken:
        """Read what must be, and decide."""
        known = self.before.seen if self.before is not None else {}
        fresh = [name for name in self.looked if self._is_news(name, known.get(name))]
        changed = [name for name in fresh if self._read(name) and self._is_changed(name, known.get(name))]
        whole = self.before is None or self.before.owed or self.anew or self._must_list(known, changed)
        if whole:
            for name in self.looked:
                if name not in self.leaves:
                    self._read(name)
        touched = None if whole else self._touched(known, changed) | (self.wanted or set())
        held = self._held(known)
        records, double = self._records(touched, held)
        rejected = [
            one for name in (list(self.leaves) if whole else changed) for one in self._troubles(name, held)
        ]
        seen = {name: self._seen(name, ids, known, whole) for name, ids in self._held(known).items()}
        for one in double:
            _mark(seen, one)
        missing = _all(one.ids for one in known.values()) - _all(held.values())
        lost = bool(missing) and any(one.doubtful and one.ids is None for one in seen.values())
        state = State(asked, seen, whole and bool(self.moving), converter)
        listing = whole and not self.moving and not lost
        return Taken(records, rejected + double, listing, state, frozenset(self.moving), self.places)

    # -- what changed --------------------------------------------------------------------------------

    def _is_news(self, name: str, known: Seen | None) -> bool:
        if name in self.moving:
            return False
        return known is None or known.racy or known.glance != self.looked[name] or name in self.again

    def _read(self, name: str) -> bool:
        """Whether the document could be had; one that is being saved waits."""
        if name in self.moving:
            return False
        leaf = self.read(name)
        if leaf is None:
            self.moving.add(name)
            return False
        self.leaves[name] = leaf
        self.entries[name] = entries_of(self.spec, name, leaf)
        return True

    def _is_changed(self, name: str, known: Seen | None) -> bool:
        leaf = self.leaves[name]
        return known is None or leaf.doubtful or known.doubtful or known.sha256 != leaf.sha256

    def _must_list(self, known: Mapping[str, Seen], changed: list[str]) -> bool:
        """Whether something may be gone, or well again."""
        if any(name not in self.looked and name not in self.moving for name in known):
            return True
        if any(known[name].aside for name in changed if name in known):
            return True
        if _all(one.ids for one in known.values()) - _all(self._held(known).values()):
            return True
        touched = self._touched(known, changed)
        return any(one.aside and touched.intersection(one.ids or ()) for one in known.values())

    def _held(self, known: Mapping[str, Seen]) -> dict[str, tuple[str, ...] | None]:
        """The ids in every document: as it was read now, or as it was last known."""
        found: dict[str, tuple[str, ...] | None] = {}
        for name in [
            *self.looked,
            *(name for name in self.moving if name in known and name not in self.looked),
        ]:
            old = known.get(name)
            leaf = self.leaves.get(name)
            if leaf is None:
                if old is not None:
                    found[name] = old.ids
            elif leaf.doubtful or leaf.trouble is not None:
                found[name] = old.ids if old is not None else (None if leaf.doubtful else ())
            else:
                found[name] = tuple(dict.fromkeys(one.id for one in self.entries[name] if one.id))
        self._keep_keyless(found, known)
        return found

    def _keep_keyless(self, found: dict[str, tuple[str, ...] | None], known: Mapping[str, Seen]) -> None:
        """A contract whose key cannot be told any more is taken for the one its document held before."""
        everywhere = _all(found.values())
        for name, ids in found.items():
            keyless = sum(1 for one in self.entries.get(name, ()) if not one.id)
            if keyless and name in known:
                gone = [id for id in known[name].ids or () if id not in everywhere]
                found[name] = (*(ids or ()), *gone[:keyless])

    def _touched(self, known: Mapping[str, Seen], changed: list[str]) -> set[str]:
        found = {one.id for name in changed for one in self.entries[name] if one.id}
        return found | {id for name in changed if name in known for id in known[name].ids or ()}

    # -- what is handed over -------------------------------------------------------------------------

    def _records(
        self, touched: set[str] | None, held: Mapping[str, tuple[str, ...] | None]
    ) -> tuple[list[Record], list[Rejected]]:
        groups: dict[str, list[Entry]] = {}
        for name, ids in held.items():
            if touched is not None and not touched.intersection(ids or ()):
                continue
            if name not in self.leaves and not self._read(name):
                continue
            for entry in self.entries[name]:
                if entry.id and (touched is None or entry.id in touched):
                    groups.setdefault(entry.id, []).append(entry)
        records, double = [], []
        for id, group in groups.items():
            if self.spec.known_by:
                members = [(self.leaves[one.name], one) for one in group]
                read = {one.name for one in group}
                unread = [name for name, ids in held.items() if name not in read and id in (ids or ())]
                records.append(together(self.spec, id, members, self.profiles, unread))
            elif len(group) > 1:
                double.append(doubles(self.spec, id, group))
            else:
                entry, leaf = group[0], self.leaves[group[0].name]
                self.places[id] = Place(
                    entry.name, entry.number, entry.count, entry.part.profile, leaf.sha256
                )
                records.append(alone(self.spec, entry, leaf, self.profiles))
        return records, double

    def _troubles(self, name: str, held: Mapping[str, tuple[str, ...] | None]) -> list[Rejected]:
        """Why a document, or contracts in it, are set aside; under the ids it held before, if any."""
        leaf, entries = self.leaves[name], self.entries[name]
        elsewhere = _all(ids for other, ids in held.items() if other != name)
        here = {one.id for one in entries}
        before = [id for id in held.get(name) or () if id not in here and id not in elsewhere]
        if leaf.trouble is not None:
            reason, todo = leaf.trouble.reason, leaf.trouble.todo
            return [Rejected(name, reason, todo, id) for id in before] or [Rejected(name, reason, todo)]
        found = []
        for entry in entries:
            if entry.trouble is not None:
                id = before.pop(0) if before else None
                found.append(Rejected(entry.where, entry.trouble.reason, entry.trouble.todo, id))
        return found

    # -- what is remembered --------------------------------------------------------------------------

    def _seen(self, name: str, ids: tuple[str, ...] | None, known: Mapping[str, Seen], whole: bool) -> Seen:
        leaf, old = self.leaves.get(name), known.get(name)
        if leaf is None:
            assert old is not None, name
            return old
        aside = leaf.trouble is not None or any(one.trouble is not None for one in self.entries[name])
        if not whole and old is not None and old.sha256 == leaf.sha256:
            aside = aside or old.aside  # as one of two with the same key
        return Seen(self.looked[name], leaf.sha256, ids, leaf.racy, aside, leaf.doubtful)


def _all(held: Iterable[tuple[str, ...] | None]) -> set[str]:
    return {id for ids in held for id in ids or ()}


def _mark(seen: dict[str, Seen], double: Rejected) -> None:
    for name, one in seen.items():
        if double.id in (one.ids or ()):
            seen[name] = replace(one, aside=True)
