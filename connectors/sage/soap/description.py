"""What a publication of X3 consists of, as the site itself tells: its fields, a few of its records, how many.

The ids of blocks shift between sites and entry transactions, so everything else finds fields by their names
in a `Description`. Names, types and lengths are X3's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from connectors.sage.soap.answers import Undecodable
from connectors.sage.soap.client import Client
from connectors.sage.soap.faults import undecodable
from connectors.sage.soap.grammar import Line, read_description
from connectors.sage.soap.paging import list_page, whole_list

_ANY = (("1", "*"),)
"""Every record, by the ordinal of the key: its name need not be known."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field. `group` is its block; `grid` whether that is a grid of lines.

    `type` is Char, Integer, Decimal, Date, Clob or Blob. `length` is 0 where X3 says none. `dimension` is how
    many values there are at most: items of a list, lines of a grid, 1 for a plain field.
    """

    name: str
    group: str
    type: str
    length: int
    dimension: int
    grid: bool


@dataclass(frozen=True)
class Description:
    """The fields of one publication, in X3's order."""

    publication: str
    fields: tuple[FieldInfo, ...]

    @cached_property
    def by_name(self) -> Mapping[str, tuple[FieldInfo, ...]]:
        """Where each name stands: mostly once."""
        found: dict[str, tuple[FieldInfo, ...]] = {}
        for one in self.fields:
            found[one.name] = (*found.get(one.name, ()), one)
        return found

    @cached_property
    def grids(self) -> Mapping[str, Mapping[str, FieldInfo]]:
        """Each grid's fields by name."""
        found: dict[str, dict[str, FieldInfo]] = {}
        for one in self.fields:
            if one.grid:
                found.setdefault(one.group, {})[one.name] = one
        return found


def describe(client: Client, publication: str) -> Description:
    """Ask X3. Raises `Said`, or a `ConnectorError` where there is no such publication."""
    text = client.get_description(publication).result or ""
    try:
        described = read_description(text)
    except Undecodable as why:
        raise undecodable(client.system, f"the description of {publication}", why) from why
    fields = tuple(
        FieldInfo(
            one.name,
            one.group,
            one.type,
            one.length,
            one.lines if one.lines > 1 else one.items,
            one.lines > 1,
        )
        for one in described
    )
    return Description(publication, fields)


def sample(client: Client, publication: str, most: int) -> list[Line]:
    """The first lines of the publication's list, with the columns a site has put there."""
    return list_page(client, publication, _ANY, most)


def count(client: Client, publication: str, key: str) -> int:
    """How many records the list shows; `key` is the name of its key. Reads the whole list."""
    return len(whole_list(client, publication, (key,)))
