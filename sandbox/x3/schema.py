"""What an X3 object is made of: fields in blocks, a key, the columns of its list at the left of the screen.

A block of dimension 1 is a group, any other a grid. A field of a size above 1 is an array inside a group.
A local menu is a whole number that has a label. Block ids are those of a standard entry transaction; a site
may have others (`Shape.renamed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Menu:
    """A local menu: its number, and its labels from 1 on."""

    number: int
    labels: tuple[str, ...]


NO_YES = Menu(1, ("Non", "Oui"))


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `table` names the codes it must be one of; `computed` is not taken from outside."""

    name: str
    type: str = "Char"
    length: int = 0
    title: str = ""
    required: bool = False
    menu: Menu | None = None
    size: int = 1
    table: str = ""
    default: str = ""
    computed: bool = False
    upper: bool = False

    @property
    def empty(self) -> str:
        """What it holds where nobody set it."""
        return self.default or ("0" if self.type in ("Decimal", "Integer") and self.menu is None else "")

    @property
    def words(self) -> str:
        """How a message names it."""
        return self.title or self.name


def char(name: str, length: int, title: str = "", required: bool = False, size: int = 1, table: str = "",
         default: str = "", computed: bool = False, upper: bool = False) -> Field:  # fmt: skip
    """Text, or a code of a `table`."""
    return Field(name, "Char", length, title, required, None, size, table, default, computed, upper)


def clob(name: str, title: str = "") -> Field:
    """A text of any length."""
    return Field(name, "Clob", 0, title)


def date(name: str, title: str = "", required: bool = False, computed: bool = False) -> Field:
    """``YYYYMMDD``."""
    return Field(name, "Date", 8, title, required, computed=computed)


def decimal(name: str, title: str = "", computed: bool = False, required: bool = False) -> Field:
    """A number with a decimal point."""
    return Field(name, "Decimal", 17, title, required, computed=computed)


def integer(name: str, title: str = "", computed: bool = False) -> Field:
    """A whole number."""
    return Field(name, "Integer", 10, title, computed=computed)


def menu(name: str, labels: Menu = NO_YES, title: str = "", default: str = "1") -> Field:
    """One of a local menu's lines, from 1 on."""
    return Field(name, "Integer", 1, title, menu=labels, default=default)


@dataclass(frozen=True, slots=True)
class Block:
    """A group (`dim` 1) or a grid of at most `dim` lines."""

    id: str
    fields: tuple[Field, ...]
    dim: int = 1

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class Shape:
    """One object. `listed` are the columns of its left list, the key first; `indexed` are looked up quickly.

    `title` is how a message names a record. `number` makes the key of a record that has none, from its
    values, ``{month}`` and ``{count}``; empty where X3 asks for a key.
    """

    code: str
    title: str
    key: str
    blocks: tuple[Block, ...]
    listed: tuple[str, ...]
    indexed: tuple[str, ...] = ()
    number: str = ""

    @cached_property
    def by_id(self) -> Mapping[str, Block]:
        return {block.id: block for block in self.blocks}

    @cached_property
    def fields(self) -> Mapping[str, tuple[Block, Field]]:
        """Every field of a group by name, with its block."""
        return {
            field.name: (block, field) for block in self.blocks if block.dim == 1 for field in block.fields
        }

    @cached_property
    def grids(self) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.dim > 1)

    def grid_with(self, name: str) -> Block:
        """The grid that has this column."""
        return next(block for block in self.grids if block.field(name))

    def renamed(self, ids: Mapping[str, str]) -> Shape:
        """With other block ids, as another entry transaction gives them."""
        return replace(self, blocks=tuple(replace(b, id=ids.get(b.id, b.id)) for b in self.blocks))

    def grown(self, extra: Iterable[Field]) -> Shape:
        """With further fields in its first group, listed and looked up quickly."""
        fields = tuple(extra)
        first, *others = self.blocks
        names = tuple(field.name for field in fields)
        return replace(
            self,
            blocks=(replace(first, fields=(*first.fields, *fields)), *others),
            listed=(*self.listed, *names),
            indexed=(*self.indexed, *names),
        )
