"""What a Sage holds, before anything is trusted to it: its objects, their columns, and what stands in them.

`Probe` is what each transport can be asked; `looked` makes of it what a person (and a draft of a mapping)
needs: how many records, and of each column its type, length, how often it is filled, how long it is and from
when to when. Values are shown as their shape alone (``Xxxxxx XX``, ``99999``) unless asked for: they are
people's. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from hub.ports import Native

Kind: TypeAlias = Literal["text", "number", "date", "boolean", "lines", "unknown"]

LOOKED_AT = 500
"""Records of an object that are looked at."""

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the site itself describes it. `length` is 0 where it says none; `place` says where."""

    name: str
    kind: Kind
    type: str = ""
    length: int = 0
    place: str = ""


class Probe(Protocol):
    """One Sage being looked at. Methods raise `ConnectorError`."""

    def objects(self) -> Sequence[str]:
        """What it is known to hold that the hub can read: tables, publications, kinds of files."""

    def fields(self, object: str) -> Sequence[Column]:
        """The columns of an object. Raises `Misconfigured` with near misses where there is no such object."""

    def count(self, object: str) -> int | None:
        """How many records it has; ``None`` where that cannot be told without reading them all."""

    def sample(self, object: str, most: int) -> Sequence[Mapping[str, Native]]:
        """Some records, by column; columns that are not shown there are absent."""

    def notes(self, object: str) -> Sequence[str]:
        """What else is worth a word: the file, its encoding, the collation."""

    def key(self, object: str) -> str | None:
        """The column that identifies a record, where the transport knows."""

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One column, and what stood in it in the records looked at.

    `widest` is the longest value's characters; `least` and `most` bound numbers and dates; `examples` are
    values as they stand, different ones.
    """

    column: Column
    looked_at: int
    filled: int
    widest: int
    least: Native
    most: Native
    examples: tuple[Native, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """One object as it was found. `rows` are the records looked at."""

    object: str
    count: int | None
    notes: tuple[str, ...]
    key: str | None
    columns: tuple[Seen, ...]
    rows: Sequence[Mapping[str, Native]]


def looked(probe: Probe, object: str) -> Looked:
    """Look at one object. Raises `ConnectorError`."""
    columns = probe.fields(object)
    rows = probe.sample(object, LOOKED_AT)
    seen = tuple(_seen(column, rows) for column in columns)
    return Looked(object, probe.count(object), tuple(probe.notes(object)), probe.key(object), seen, rows)


def _seen(column: Column, rows: Sequence[Mapping[str, Native]]) -> Seen:
    values = [row[column.name] for row in rows if column.name in row]
    filled = [value for value in values if value not in (None, "", [])]
    ordered = (
        [value for value in filled if isinstance(value, str)]
        if column.kind == "date"
        else [value for value in filled if isinstance(value, int | float) and not isinstance(value, bool)]
    )
    least: Native = None
    most: Native = None
    if ordered:
        least, most = min(ordered), max(ordered)
    return Seen(
        column,
        len(values),
        len(filled),
        max((len(str(value)) for value in filled if not isinstance(value, list)), default=0),
        least,
        most,
        tuple(dict.fromkeys(value for value in filled if not isinstance(value, list)))[:EXAMPLES],
    )


def masked(value: Native) -> str:
    """The shape of a value: a letter is x or X, a digit 9, everything else itself."""
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else str(value)
    return "".join(
        "9" if letter.isnumeric() else "X" if letter.isupper() else "x" if letter.isalpha() else letter
        for letter in str(value)
    )
