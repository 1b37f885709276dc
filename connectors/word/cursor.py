"""What a pull remembers of every document for the next: how it looked, what it held. Plain data.

It stands for one view and one set of profiles (`asked`): for another, it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.word.folder import Glance

FORM = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """One document as it was last taken in.

    `ids` are the records it holds, those included that it held when it could last be told; ``None`` where
    that never could. `aside`: it, or something in it, was set aside. `doubtful`: it could not be opened.
    `racy`: it was read so soon after a save that another could hide in the same glance.
    """

    glance: Glance
    sha256: str
    ids: tuple[str, ...] | None
    racy: bool = False
    aside: bool = False
    doubtful: bool = False


@dataclass
class State:
    """A cursor, taken apart. `owed`: everything has to be listed, as soon as all documents hold still.

    `converter`: whether LibreOffice was there.
    """

    asked: str
    seen: dict[str, Seen] = field(default_factory=dict)
    owed: bool = False
    converter: bool = True
    glances: dict[str, Glance] = field(init=False)
    quiet: bool = field(init=False)
    """Nothing needs a second look: equal glances are all there is to compare."""

    def __post_init__(self) -> None:
        self.glances = {name: one.glance for name, one in self.seen.items()}
        self.quiet = not self.owed and not any(one.racy for one in self.seen.values())

    def text(self) -> str:
        """As the hub keeps it."""
        documents = {
            name: [*one.glance, one.sha256, one.ids, one.racy, one.aside, one.doubtful]
            for name, one in self.seen.items()
        }
        content = {
            "form": FORM, "asked": self.asked, "owed": self.owed, "converter": self.converter,
            "documents": documents,
        }  # fmt: skip
        return orjson.dumps(content).decode()


def state_of(text: str | None) -> State | None:
    """The cursor's parts; ``None`` for one this version did not write, which means: everything."""
    try:
        content = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get("form") != FORM:
        return None
    seen = {name: _seen(row) for name, row in content["documents"].items()}
    return State(content["asked"], seen, content["owed"], content["converter"])


def _seen(row: list[Any]) -> Seen:
    size, time, inode, sha256, ids, racy, aside, doubtful = row
    return Seen((size, time, inode), sha256, None if ids is None else tuple(ids), racy, aside, doubtful)
