"""The brakes: what stops a route whose input looks wrong, before it does harm.

A brake compares what a look at a system would do with what is normal and answers with a sentence, or with
nothing. It changes nothing itself; `hub.braking` holds and lets go. Floors keep small bases workable: three
deletions are never suspicious.

    emptied      nothing is left of what was known
    deletions    too many known records are gone at once
    archived     too many known records were archived at once
    changes      too many known records say something else at once
    creations    more would be created in a system than are linked there: two bases that do not match
    mapping      the mapping says something else than what a person approved
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["emptied", "deletions", "archived", "changes", "creations", "mapping"]

WHOLE_ENTITY: Final = ""
"""The system of a brake that holds every route of an entity."""


@dataclass(frozen=True, slots=True)
class Held:
    """A brake on a route; on all routes of the entity where `system` is empty."""

    entity: str
    system: str
    kind: Kind
    reason: str
    since: str
    released_at: str | None = None

    @property
    def where(self) -> str:
        """The route, for people."""
        return self.entity if self.system == WHOLE_ENTITY else f"{self.system}, {self.entity}"

    @property
    def todo(self) -> str:
        """What a person does about it."""
        return todo(self.kind, self.entity, self.system)


@dataclass(frozen=True, slots=True)
class Share:
    """More than `floor` records and more than `share` (0 to 1) of the known ones is too many."""

    share: float
    floor: int

    def exceeded(self, count: int, known: int) -> bool:
        return count > self.floor and count > known * self.share

    def enough(self, count: int) -> int:
        """So many known records, or more, and `count` is not too many: nobody need count further."""
        return ceil(count / self.share) if count > self.floor else 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too many."""

    deletions: Share = field(default_factory=lambda: Share(0.2, 5))
    changes: Share = field(default_factory=lambda: Share(0.5, 20))
    creations: int = 20


def emptied(system: str, gone: int, known: int, limits: Limits) -> str:
    """Nothing is left of more than a few records: an empty read is a broken source until a person says no."""
    if gone < known or gone <= limits.deletions.floor:
        return ""
    return f"none of the {known} known records is in {system} any more, so none was treated as deleted"


def deletions(system: str, gone: int, known: int, limits: Limits) -> str:
    """Too many records gone at once: more than a fifth, and more than five."""
    if not limits.deletions.exceeded(gone, known):
        return ""
    return (
        f"{gone} of {known} records are no longer in {system}; that many at once is more often a broken "
        f"source than a decision, so none was treated as deleted"
    )


def archived(system: str, count: int, known: int, limits: Limits) -> str:
    """Too many records archived at once: held to the same measure as deletions."""
    if not limits.deletions.exceeded(count, known):
        return ""
    return (
        f"{count} of {known} records were archived in {system} since the last look; that many at once is "
        f"more often a slip than a decision, so nothing of this look was taken over"
    )


def changes(system: str, changed: int, known: int, limits: Limits) -> str:
    """Too many known records changed at once: more than half, and more than twenty."""
    if not limits.changes.exceeded(changed, known):
        return ""
    return (
        f"{changed} of {known} records say something else in {system} than at the last look; that many at "
        f"once is more often a shifted column or a broken import than typing, so nothing of this look was "
        f"taken over"
    )


def creations(system: str, new: int, linked: int, approved: int, limits: Limits) -> str:
    """More to create in a system than it has in common with the others; `approved`: a person agreed to it."""
    if new <= limits.creations or new <= linked or new <= approved:
        return ""
    return (
        f"{new} records would be created in {system}, and only {linked} of its own are linked to another "
        f"system's; that is more often two lists that do not recognise each other than {new} new records, so "
        f"nothing was written there"
    )


def edited(entity: str, approved: Mapping[str, Any], now: Mapping[str, Any], at: str) -> str:
    """The mapping says something else than the one approved at `at` (ISO time)."""
    places = list(dict.fromkeys(_differences(approved, now)))
    if not places:
        return ""
    shown = ", ".join(places[:6]) + (f" and {len(places) - 6} more" if len(places) > 6 else "")
    return (
        f"the mapping of {entity} was edited since it was approved on {at[:16].replace('T', ' ')} UTC "
        f"({shown}), so nothing is read or written by it"
    )


def todo(kind: Kind, entity: str, system: str) -> str:
    """What a person does about a brake of this kind."""
    look = "`hub plan` shows what it would do"
    if kind == "mapping":
        return f"{look}; `hub plan --approve` lets it"
    if kind == "creations":
        return f"{look}; if the two should match, correct the `match` keys, else `hub plan --approve`"
    return f"look at {system}; if it is right, `hub release {entity} {system}` lets it through, once"


def _differences(before: Any, after: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """The dotted places, at most four deep, where two mappings differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and len(place) < _DEPTH:
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                yield from _differences(before.get(key), after.get(key), (*place, str(key)))
    elif before != after:
        yield ".".join(place)


_DEPTH = 4
