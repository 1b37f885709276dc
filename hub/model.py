"""The nouns of the engine, as plain data: golden records, links, conflicts, reviews.

These are the planner's working set. They know how to change themselves coherently and remember that they
changed; they do no input or output and hold no clock. Times are ISO 8601 strings in UTC, so that they compare
and store as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from hub.ports import Native
from hub.values import Canonical

PERSON: Final = "person"
"""The origin of a value that a person decided in the hub itself."""

ARCHIVED: Final = "__archived__"
"""The canonical field, and in systems that archive the native one, that says a record is archived."""


ANSWER: Final = "__answer__"
"""In a line of the journal: what was asked about a record that was set aside, and what a person answered."""

BRAKE: Final = "__brake__"
"""In a line of the journal: why a brake held, until a person let it go."""

REFUSAL: Final = "__refused__"
"""In a line of the journal: why a system refused what a person then discarded."""

REASON: Final = "__reason__"
"""In a line of the journal: why a person did so, in their own words."""

RECORD: Final = "__record__"
"""In a line of the journal that links a record: its id, and that of the one it takes the place of."""

HUB: Final = "hub"
"""The cause of what the hub does by itself: its writes, and finding a record again that it made."""


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""What a golden record holds of a field nobody has told it: not the same as ``None``, which is "empty"."""

Origin = tuple[str, str]
"""Who said a value and when: (system, ISO time)."""


@dataclass(slots=True, eq=False)
class Golden:
    """The hub's one agreed record of a thing. `origins` holds ``*`` for all fields not named in it.

    `dirty`: some system may be owed it. A `new` one that is not dirty is owed to every system but the one
    it came from, and to that one nothing.
    """

    id: str
    entity: str
    values: dict[str, Canonical]
    origins: dict[str, Origin]
    created_at: str
    new: bool = False
    changed: bool = False
    dirty: bool = False

    def origin(self, name: str) -> Origin:
        """Who said this field's value, and when."""
        return self.origins.get(name) or self.origins["*"]

    def set(self, name: str, value: Canonical, origin: Origin) -> None:
        """Agree on a value."""
        self.values[name] = value
        self.origins[name] = origin
        self.changed = self.dirty = True

    @property
    def archived(self) -> bool:
        return bool(self.values.get(ARCHIVED))

    @property
    def title(self) -> str:
        """What a person calls this record."""
        named = (self.values.get(name) for name in ("name", "number", "title"))
        return str(next(filter(None, named), None) or self.id[:8])


@dataclass(slots=True, eq=False)
class Link:
    """A golden record's counterpart in one system.

    `base`: the record's native values when both sides last agreed (a native absent from it has never been
    agreed on). `seen`: native values that differ from the base and wait for a person. `asked`: what we wrote
    where the system answered with something else (it normalises): asking again is pointless. `echoes`: what
    we handed over and have not seen confirmed, per native, oldest first. `blocked`: natives we could not
    read, and why; they are never written over. `unconfirmed`: created by a hand-over (an import file) that
    the system has not shown yet, so its absence is no deletion. `double`: the system has another record of
    the same thing, which is the one that is written; what is typed in this one is heard all the same.
    """

    system: str
    external_id: str
    golden_id: str
    entity: str
    base: dict[str, Native] = field(default_factory=dict)
    version: str | None = None
    gone: bool = False
    seen: dict[str, Native] = field(default_factory=dict)
    asked: dict[str, Native] = field(default_factory=dict)
    echoes: dict[str, list[Native]] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    unconfirmed: bool = False
    double: bool = False
    new: bool = False
    changed: bool = False
    removed: bool = False

    @classmethod
    def handed_over(
        cls, system: str, external_id: str, golden: tuple[str, str], values: Mapping[str, Native]
    ) -> Link:
        """The link of a new record that the system has not shown yet. `golden`: its entity and id."""
        entity, golden_id = golden
        echoes = {native: [value] for native, value in values.items()}
        return cls(system, external_id, golden_id, entity, echoes=echoes, unconfirmed=True, new=True)

    def current(self) -> dict[str, Native]:
        """The record's native values as last seen, agreed on or not."""
        return {**self.base, **self.seen} if self.seen else self.base

    def agree(self, natives: tuple[str, ...], values: Mapping[str, Native]) -> None:
        """Take these natives as agreed upon from now on."""
        for name in natives:
            now = values.get(name)
            if name in self.asked and not same(now, self.base.get(name)):
                del self.asked[name]
            self.base[name] = now
            self.seen.pop(name, None)
            self.echoes.pop(name, None)
        self.changed = True

    def is_echo(self, native: str, value: Native) -> bool:
        """Whether this is something we handed over and have not seen confirmed."""
        return any(same(value, echo) for echo in self.echoes.get(native, ()))

    def forget_echoes(self, values: Mapping[str, Native]) -> None:
        """These were certainly not applied: what we meant to write will not show up by itself."""
        for native, value in values.items():
            echoes = self.echoes.get(native, [])
            if echoes and same(echoes[-1], value):
                echoes.pop()
            if not echoes:
                self.echoes.pop(native, None)
        self.changed = True

    def notes(self) -> dict[str, Any]:
        """What is rarely there, for storing in one place."""
        found: dict[str, Any] = {"seen": self.seen, "asked": self.asked, "echoes": self.echoes}
        found |= {"blocked": self.blocked, "gone": self.gone and self.double}
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One side's answer to "what should this field be?"."""

    system: str
    value: Canonical
    at: str


@dataclass(slots=True)
class Conflict:
    """A field two sides changed to different values since they last agreed; open until one value stands."""

    golden_id: str
    entity: str
    field: str
    candidates: list[Candidate]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A record, or one field of it, set aside for a person, with the reason and what to do.

    `kind`: ``duplicate`` and ``ambiguous`` (whose record is this?), ``incomplete`` (a required field is
    empty), ``parked`` (its parent is not linked yet), ``unreadable`` (a value with no reading), ``rejected``
    (a row that is no record), ``vanished`` (deleted, and the mapping says to ask). `candidates` are golden
    record ids, best first; `keys` the match keys the record claims.
    """

    entity: str
    system: str
    external_id: str
    kind: str
    reason: str
    todo: str = ""
    field: str = ""
    place: str = ""
    candidates: tuple[str, ...] = ()
    keys: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: what was replaced, by what, where, and on whose word.

    `system` is where it changed; empty for the golden record itself. `before` and `after` hold canonical
    values for the golden record and native ones for a system; a field absent from `before` did not exist,
    and an empty `before` of a write says that the record was made. Of what lost against the golden record
    (`overruled`), both are canonical. The `external_id` of a `created` golden record is that of the record,
    in the system that is the cause, from which it was made.
    """

    entity: str
    golden_id: str
    system: str
    kind: str
    cause: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    external_id: str = ""


def same(a: Native, b: Native) -> bool:
    """Whether two native values are the same to a person: 1 and 1.0 are, 1 and True are not."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)
