"""What a run did, and who is told while it does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from hub.brakes import Held
from hub.ports import ConnectorError


class Progress(Protocol):
    """Told how far a long step is. `total` is unknown where ``None``."""

    def __call__(self, step: str, entity: str, system: str, done: int, total: int | None) -> None: ...


def silent(step: str, entity: str, system: str, done: int, total: int | None) -> None:
    """A progress nobody looks at."""


@dataclass(slots=True)
class Count:
    """What one route did in a run."""

    read: int = 0
    linked: int = 0
    created: int = 0
    written: int = 0
    refused: int = 0
    waiting: int = 0
    gone: int = 0

    def in_words(self) -> str:
        """``read 12, linked 3, changed 1``: what is not zero."""
        words = (
            ("read", self.read), ("linked", self.linked), ("created", self.created),
            ("changed", self.written), ("refused", self.refused), ("waiting", self.waiting),
            ("gone", self.gone),
        )  # fmt: skip
        return ", ".join(f"{word} {number}" for word, number in words if number)


@dataclass(slots=True)
class Report:
    """What a run did, by (entity, system), and what stopped it where."""

    run: int = 0
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    problems: list[tuple[str, str, ConnectorError]] = field(default_factory=list)
    braked: list[Held] = field(default_factory=list)

    relinked: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    """How records were met again, while the hub recovered: see `hub.relinking.HOW`."""

    def of(self, entity: str, system: str) -> Count:
        return self.counts.setdefault((entity, system), Count())

    def met(self, entity: str, system: str, how: Counter[str]) -> None:
        """Add to how records were met again."""
        self.relinked.setdefault((entity, system), Counter()).update(how)

    def include(self, look: Report) -> None:
        """Take in what a second look did; what it read again is not counted again."""
        for (entity, system), count in look.counts.items():
            mine = self.of(entity, system)
            mine.linked += count.linked
            mine.gone += count.gone
        self.problems += look.problems
        self.braked += [brake for brake in look.braked if brake not in self.braked]
        for (entity, system), how in look.relinked.items():
            self.met(entity, system, how)

    @property
    def writes(self) -> int:
        return sum(count.created + count.written for count in self.counts.values())
