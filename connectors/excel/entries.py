"""What a sheet comes to once it is read: its records, what was set aside and why, and its lists."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from connectors.excel.cells import Unread, Value
from connectors.excel.header import Header
from connectors.excel.layout import Block
from connectors.excel.package import Range

JOINT = " | "
"""Between the parts of a composite key; a bar inside a part is written `\\|`."""


@dataclass(slots=True)
class Entry:
    """One row that is a record: its key, its values in the view's order, and where its XML lies.

    In a grid the record is one cell of the row: its `column`, the parts of its `key`, the `area` merged with
    it. `gone`: the mapping wants it taken for deleted; nobody else may have its key.
    """

    number: int
    id: str
    values: list[Value | Unread]
    kept: bool
    start: int = 0
    end: int = 0
    column: int = 0
    key: tuple[Value, ...] = ()
    area: Range | None = None
    gone: bool = False

    def version(self) -> str:
        """The same for the same values, whatever program saved the file."""
        shown = [[v.reason] if isinstance(v, Unread) else v for v in self.values]
        return hashlib.blake2b(orjson.dumps(shown), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that is no record: its number, why, what to do, and its key where it has one."""

    number: int
    reason: str
    todo: str
    id: str | None = None


@dataclass
class Table:
    """A sheet read through a `Spec`: its lists (one as a rule) from top to bottom, and what is in them.

    `entries` holds every record in sheet order, doubles excluded; `doubles` the row numbers of each key
    that stands on several rows. `unkeyed` counts rows with content whose key could not be read: while there
    is one, no record can be said to be gone; `unnumbered` are those the hub may number itself. `slots`, in a
    grid: the cell, filled or not, of each id.
    """

    blocks: list[Block]
    entries: list[Entry] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    doubles: dict[str, list[int]] = field(default_factory=dict)
    unkeyed: list[int] = field(default_factory=list)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    struck: int = 0
    unnumbered: list[Entry] = field(default_factory=list)
    slots: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def header(self) -> Header:
        """The headings; of several lists, the first one's."""
        return self.blocks[0].header

    @property
    def last(self) -> int:
        """The last row of the last list."""
        return self.blocks[-1].last

    @property
    def below(self) -> int | None:
        """The first filled row under the last list."""
        return self.blocks[-1].below

    def block_at(self, row: int) -> Block:
        """The list that a row belongs to."""
        return next((block for block in reversed(self.blocks) if block.header.row < row), self.blocks[0])

    def by_id(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.entries}


def text_of(value: Value | Unread) -> str:
    """A value as a text; nothing for none and for one that cannot be read."""
    return "" if value is None or isinstance(value, Unread) else str(value)


def join_key(parts: Sequence[Value | Unread]) -> str:
    """The id of a row: its key's text, or the texts of a composite key joined so that no two can collide."""
    texts = [text_of(part) for part in parts]
    if len(texts) == 1:
        return texts[0]
    return JOINT.join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)
