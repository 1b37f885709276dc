"""What waits for a person, counted: it decides the exit code of `sync`, `plan` and `status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hub.cli import screen

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.listing import OpenReview

PATIENT = ("parked",)
"""Kinds of review that settle themselves once another record is there: nobody has to do anything."""


MERGERS = ("waiting", "refused")
"""States of two records of one system that wait for a person's word."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person, by kind."""

    conflicts: int = 0
    reviews: int = 0
    dead_letters: int = 0
    brakes: int = 0
    duplicates: int = 0
    """Pairs of records of which a person is asked whether they are one."""
    mergers: int = 0
    """Records that became one, and of which a system still has two until a person says what it is to do."""

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """What waits, and the command that shows it."""
        found = (
            (self.conflicts, "conflict", "hub conflicts list"),
            (self.reviews, "record or field set aside", "hub conflicts list"),
            (self.dead_letters, "refused write", "hub deadletters list"),
            (self.brakes, "route stopped by a brake", "hub status"),
            (self.duplicates, "pair that may be one", "hub duplicates list"),
            (self.mergers, "record that a system still has twice", "hub duplicates list --merged"),
        )
        many = {"record or field set aside": "records or fields set aside",
                "route stopped by a brake": "routes stopped by a brake",
                "pair that may be one": "pairs that may be one",
                "record that a system still has twice": "records that a system still has twice"}  # fmt: skip
        return [f"{screen.count(n, one, many.get(one, ''))}: {command}" for n, one, command in found if n]


def of_store(connection: Connection) -> Waiting:
    """What waits in this database now."""
    from hub.store import likenesses, listing, mergers

    return Waiting(
        len(listing.conflicts(connection)),
        for_person(listing.reviews(connection)),
        len(listing.dead_letters(connection)),
        sum(route.brake is not None for route in listing.routes(connection)),
        sum(likenesses.counted(connection).values()),
        len(mergers.steps(connection, states=MERGERS)),
    )


def for_person(reviews: Sequence[OpenReview]) -> int:
    """How many reviews need someone."""
    return sum(review.kind not in PATIENT for review in reviews)
