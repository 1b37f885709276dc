"""What waits for a person, counted: it decides the exit code of `sync`, `plan` and `status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.cli import screen

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.listing import OpenReview

PATIENT = ("parked",)
"""Kinds of review that settle themselves once another record is there: nobody has to do anything."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person, by kind."""

    conflicts: int = 0
    reviews: int = 0
    dead_letters: int = 0
    brakes: int = 0

    def __bool__(self) -> bool:
        return bool(self.conflicts or self.reviews or self.dead_letters or self.brakes)

    def as_json(self) -> dict[str, Any]:
        return {
            "conflicts": self.conflicts, "reviews": self.reviews, "dead_letters": self.dead_letters,
            "brakes": self.brakes,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """What waits, and the command that shows it."""
        found = (
            (self.conflicts, "conflict", "hub conflicts list"),
            (self.reviews, "record or field set aside", "hub conflicts list"),
            (self.dead_letters, "refused write", "hub deadletters list"),
            (self.brakes, "route stopped by a brake", "hub status"),
        )
        many = {"record or field set aside": "records or fields set aside",
                "route stopped by a brake": "routes stopped by a brake"}  # fmt: skip
        return [f"{screen.count(n, one, many.get(one, ''))}: {command}" for n, one, command in found if n]


def of_store(connection: Connection) -> Waiting:
    """What waits in this database now."""
    from hub.store import listing

    return Waiting(
        len(listing.conflicts(connection)),
        for_person(listing.reviews(connection)),
        len(listing.dead_letters(connection)),
        sum(route.brake is not None for route in listing.routes(connection)),
    )


def for_person(reviews: Sequence[OpenReview]) -> int:
    """How many reviews need someone."""
    return sum(review.kind not in PATIENT for review in reviews)
