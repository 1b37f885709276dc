"""The lenses there are: one native field, several joined, a constant; and the value table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hub.lenses.base import NO_REFS, Lens, LensError, Parked, Refs
from hub.ports import Native
from hub.values import Canonical, FieldType, Ref, Unreadable, Unwritable, clean, folded, unaccented
from hub.values.base import as_text, shown
from hub.values.text import Text


@dataclass(frozen=True, eq=False)
class Shape:
    """What a system can hold of a text: its length, its case, its alphabet."""

    max: int | None = None
    upper: bool = False
    ascii: bool = False

    def recast(self, text: str) -> str:
        """The text in the system's alphabet and case, of any length."""
        if self.ascii:
            text = unaccented(text).encode("ascii", "replace").decode("ascii")
        return text.upper() if self.upper else text

    def cut(self, text: str) -> str:
        return text[: self.max].rstrip() if self.max is not None else text

    def fits(self, text: str) -> bool:
        return self.max is None or len(text) <= self.max

    def loss(self) -> str | None:
        """What is lost of a plain text, in words."""
        losses = []
        if self.max is not None:
            losses.append(f"cut at {self.max} characters")
        if self.upper:
            losses.append("upper case only")
        if self.ascii:
            losses.append("no accents")
        return ", ".join(losses) or None


@dataclass(frozen=True, eq=False)
class Single(Lens):
    """One native field, one canonical one."""

    shape: Shape = Shape()
    table: Table | None = None
    default: Native = None

    @property
    def unasked(self) -> Literal["new", "always"] | None:
        return None if self.default is None else "new"

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        raw = native[self.natives[0]]
        if self.table is not None:
            return self.table.read(raw)
        if isinstance(self.type, Ref):
            return self._golden(self.type, raw, refs)
        return self.type.parse(raw)

    def _golden(self, kind: Ref, raw: Native, refs: Refs) -> Canonical:
        external = kind.parse(raw)
        if external is None:
            return None
        golden = refs.golden(kind.entity, str(external))
        if golden is None:
            raise Parked(kind.entity, self.system, str(external))
        return golden

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        name = self.natives[0]
        like = native.get(name)
        if value is None:
            return {name: self.default}
        if self.table is not None:
            return {name: self.table.write(value, self.name)}
        if isinstance(self.type, Ref):
            external = refs.external(self.type.entity, str(value))
            if external is None:
                raise Parked(self.type.entity, self.system, str(value))
            return {name: self.type.native(external, like)}
        return {name: self._shaped(self.type.native(value, like), value)}

    def _shaped(self, raw: Native, value: Canonical) -> Native:
        if not isinstance(raw, str):
            return raw
        text = self.shape.recast(raw)
        if self.shape.fits(text):
            return text
        if isinstance(self.type, Text):
            return self.shape.cut(text)
        raise Unwritable(
            f"{self.name} {shown(self.type.show(value))} needs {len(text)} characters; "
            f"{self.natives[0]} holds {self.shape.max}"
        )


@dataclass(frozen=True, eq=False)
class Joined(Lens):
    """Several native texts, one canonical value: the parts that are not empty, joined."""

    shape: Shape = Shape()
    separator: str = " "

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        return self._value([native[name] for name in self.natives])

    def _value(self, parts: Sequence[Native]) -> Canonical:
        texts = [text for text in map(as_text, parts) if text]
        return self.type.parse(self.separator.join(texts))

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        if value is None:
            return dict.fromkeys(self.natives)
        text = self.shape.recast(str(self.type.native(value)))
        present = [as_text(native.get(name)) for name in self.natives]
        parts = self._parts(text, present)
        return {name: part or None for name, part in zip(self.natives, parts, strict=True)}

    def _parts(self, text: str, present: Sequence[str]) -> list[str]:
        meant = self.type.parse(text)
        for parts in self._ways(text, present):
            if all(map(self.shape.fits, parts)) and self._value(list(parts)) == meant:
                return parts
        if not isinstance(self.type, Text):
            raise Unwritable(f"{self.name} {shown(text)} does not fit in {', '.join(self.natives)}")
        return self._packed(text)

    def _ways(self, text: str, present: Sequence[str]) -> list[list[str]]:
        """The ways to spread the text, the one that moves least first."""
        count = len(self.natives)
        spread = text.split(self.separator, count - 1)
        whole = [text] + [""] * (count - 1)
        lines = [self._packed(text)] if self.shape.max is not None and not self.separator.strip() else []
        return [*self._aligned(text, present), *lines, spread + [""] * (count - len(spread)), whole]

    def _aligned(self, text: str, present: Sequence[str]) -> list[list[str]]:
        """The text spread so that the parts it begins or ends with stay where they are, if there are any."""
        head: list[str] = []
        tail: list[str] = []
        rest = text
        for part in present[:-1]:
            if not part or not rest.startswith(part + self.separator):
                break
            head.append(part)
            rest = rest[len(part + self.separator) :]
        for part in reversed(present[len(head) + 1 :]):
            if not part or not rest.endswith(self.separator + part):
                break
            tail.insert(0, part)
            rest = rest[: -len(self.separator + part)]
        if not head and not tail:
            return []
        return [[*head, rest, *[""] * (len(present) - len(head) - len(tail) - 1), *tail]]

    def _packed(self, text: str) -> list[str]:
        """The pieces of the text, each field filled as far as it goes; what remains at the end is cut."""
        count, pieces, parts = len(self.natives), text.split(self.separator), [""]
        for piece in pieces:
            longer = parts[-1] + self.separator + piece if parts[-1] else piece
            if self.shape.fits(longer) or len(parts) == count:
                parts[-1] = longer
            else:
                parts.append(piece)
        return [self.shape.cut(part) for part in parts] + [""] * (count - len(parts))


@dataclass(frozen=True, eq=False)
class Constant(Lens):
    """A value that is always the same: one the system has no field for (pull) or always wants (push)."""

    constant: Native = None

    @property
    def unasked(self) -> Literal["new", "always"] | None:
        return "always"

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        return self.type.parse(self.constant) if self.reads else None

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        return dict.fromkeys(self.natives, self.constant)

    def put(self, value: Canonical, native: Mapping[str, Native], refs: Refs = NO_REFS) -> dict[str, Native]:
        return dict.fromkeys(self.natives, self.constant)


class NamedRows(dict[Any, Any]):
    """The rows of a table that the mapping gave a name, `called`."""

    def __init__(self, called: str, rows: Mapping[Any, Any]) -> None:
        super().__init__(rows)
        self.called = called


SHOWN_ROWS = 12
"""Rows of a table that an error names."""


class Table:
    """A value table, both ways.

    Where several natives mean the same, those `preferred` are written. `otherwise` is the meaning of every
    native that is not in the table, in canonical terms; ``None``: there is none, and it cannot be read.
    """

    def __init__(
        self, rows: Mapping[Any, Any], kind: FieldType, preferred: Sequence[Any] = (), otherwise: Any = None
    ) -> None:
        self._called = f"table {rows.called}" if isinstance(rows, NamedRows) else "value table"
        self._natives: dict[Any, Native] = {}
        self._otherwise = _meaning(kind, otherwise, "otherwise") if otherwise is not None else None
        self._values: dict[str, Canonical] = {}
        first = set(map(_cell, preferred))
        for native, meaning in rows.items():
            value = _meaning(kind, meaning)
            self._enter(native, meaning, value, first)
            if self._values.setdefault(_cell(native), value) != value:
                raise LensError(f"{native!r} stands twice in the table", "map")
        unknown = next((one for one in preferred if _cell(one) not in self._values), None)
        if unknown is not None:
            raise LensError(f"{unknown!r} is not in the table", "prefer")

    def _enter(self, native: Any, meaning: Any, value: Canonical, preferred: Collection[str]) -> None:
        """Note what is written for a meaning."""
        written = _hashed(value)
        if written in self._natives:
            other = self._natives[written]
            if (_cell(native) in preferred) == (_cell(other) in preferred):
                raise LensError(
                    f"{other!r} and {native!r} both mean {meaning!r}, so which to write is not known; "
                    "give each its own meaning, or set `direction: pull`, or say under `prefer` which is "
                    "written",
                    "map",
                )
            if _cell(native) not in preferred:
                return
        self._natives[written] = None if native == "" else native

    def read(self, raw: Native) -> Canonical:
        cell = _cell(raw)
        if cell in self._values:
            return self._values[cell]
        if cell == "":
            return None
        if self._otherwise is not None:
            return self._otherwise
        known = ", ".join(repr(cell) for cell in list(self._values)[:SHOWN_ROWS])
        more = f" and {len(self._values) - SHOWN_ROWS} more" if len(self._values) > SHOWN_ROWS else ""
        raise Unreadable(f"{shown(raw)} is not in the {self._called} of the mapping ({known}{more})")

    def write(self, value: Canonical, name: str) -> Native:
        try:
            return self._natives[_hashed(value)]
        except KeyError:
            raise Unwritable(
                f"{name} {shown(value)} has no native value in the {self._called} of the mapping"
            ) from None


class ReadTable(Table):
    """A value table that is only read, so several natives may mean the same."""

    def _enter(self, native: Any, meaning: Any, value: Canonical, preferred: Collection[str]) -> None:
        return None


def _meaning(kind: FieldType, meaning: Any, option: str = "map") -> Canonical:
    try:
        return kind.parse(meaning)
    except Unreadable as reason:
        raise LensError(f"the meaning {meaning!r} is not a {kind.name}: {reason}", option) from reason


def _cell(raw: Any) -> str:
    """The form in which a native is looked up: case, accents and blanks do not matter."""
    if isinstance(raw, bool):
        return str(raw).lower()
    text = as_text(raw)
    return folded(text) or clean(text)


def _hashed(value: Canonical) -> Any:
    return tuple(value) if isinstance(value, list) else (type(value).__name__, value)
