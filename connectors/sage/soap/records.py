"""Between X3's records and the hub's: what a view's fields say, and which state of the record that is. Pure.

The version of a record is X3's own stamp (`ADXTEC`: when and by whom it was changed) with a digest of what it
says: the stamp is cut to the second, and a second is long.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import orjson

from connectors.sage.layout import join_key, split_key
from connectors.sage.soap.grammar import Content, Line
from connectors.sage.soap.layout import Layout, Slot
from connectors.sage.soap.values import Misread, to_native
from connectors.sage.soap.wsdl import Keys
from hub.ports import Native, Record

_SPLIT = "|"
_STAMP = re.compile(r"(\d{4})" + r"(\d\d)" * 5 + r"\b")


def keys_of(layout: Layout, id: str) -> Keys:
    """The key filters of one record. Raises `ValueError` where the id is none of this object's."""
    return list(zip(layout.key_names, split_key(id, len(layout.key)), strict=True))


def id_of(layout: Layout, content: Content) -> str:
    """The id of a record; empty where it does not show its key."""
    parts = [str(content.field(info.group, info.name) or "").strip() for info in layout.key]
    return join_key(parts) if all(parts) else ""


def record_of(layout: Layout, id: str, content: Content, zone: tzinfo, ref: str | None = None) -> Record:
    """The record a content is. Fields that X3 did not show, or that say nonsense, are named as unread."""
    values: dict[str, Native] = {}
    unreadable: dict[str, str] = {}
    for name, slot in layout.slots.items():
        try:
            values[name] = _value(content, slot)
        except Misread as why:
            unreadable[name] = str(why)
    stamp = content.stamp
    return Record(
        id, values, version=_version(layout, content, values, unreadable), modified=_moment(stamp, zone),
        ref=ref, unreadable=unreadable, where=f"{layout.publication} {id}",
    )  # fmt: skip


def unread(layout: Layout, id: str, why: str) -> Record:
    """A record that is there and cannot be read: every field says why."""
    return Record(id, {}, unreadable=dict.fromkeys(layout.slots, why), where=f"{layout.publication} {id}")


# -- one field -------------------------------------------------------------------------------------------


def _value(content: Content, slot: Slot) -> Native:
    if slot.is_lines:
        return [_line_value(number, line, slot) for number, line in enumerate(_grid(content, slot), 1)]
    if slot.info.grid:
        line = line_of(_grid(content, slot), slot)
        if line is None:
            return None
        return _read(line.get(slot.info.name, ""), slot)
    found = content.field(slot.info.group, slot.info.name)
    if found is None:
        raise Misread(f"X3 does not show {slot.info.name} of {slot.info.group}")
    return _read(plain(found, slot.item), slot)


def _grid(content: Content, slot: Slot) -> Sequence[Line]:
    grid = content.grids.get(slot.info.group)
    if grid is None:
        raise Misread(f"X3 does not show the grid {slot.info.group}")
    return grid


def _line_value(number: int, line: Line, slot: Slot) -> dict[str, Native]:
    try:
        return {column.name: _read(line.get(column.info.name, ""), column) for column in slot.columns}
    except Misread as why:
        raise Misread(f"line {number}: {why}") from why


def _read(text: str, slot: Slot) -> Native:
    try:
        return to_native(text, slot.native.type, slot.info.type)
    except Misread as why:
        raise Misread(f"{slot.info.name}: {why}") from why


def plain(found: str | Sequence[str], item: int | None) -> str:
    """One text of a field: the item of a list, or the field itself."""
    if isinstance(found, str):
        return found if not item else ""
    at = item or 0
    return found[at] if at < len(found) else ""


def line_of(grid: Sequence[Line], slot: Slot) -> Line | None:
    """The line of a grid a name stands for, ``None`` where there is none."""
    if slot.line is not None:
        return grid[slot.line] if slot.line < len(grid) else None
    return next((line for line in grid if _says(line, slot.having)), None)


def _says(line: Line, having: Mapping[str, str]) -> bool:
    return all(line.get(name, "").strip() == text for name, text in having.items())


# -- versions --------------------------------------------------------------------------------------------


def _version(
    layout: Layout, content: Content, values: Mapping[str, Native], unreadable: Mapping[str, str]
) -> str:
    said = orjson.dumps([values, unreadable], option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(said, digest_size=12).hexdigest()
    return _SPLIT.join((_mark(layout, content), content.stamp, digest))


def _mark(layout: Layout, content: Content) -> str:
    """What the list's column `changed_by` is believed to say of this record."""
    places: Iterable[str] = (
        text for fields in content.groups.values() if isinstance(text := fields.get(layout.changed_by), str)
    )
    found = next(iter(places), "") if layout.changed_by else ""
    return digits(found) or digits(content.stamp.partition(" ")[0])


def mark_of(version: str | None) -> str:
    """When the record was changed, as its version knows it: digits, empty where it does not."""
    return (version or "").partition(_SPLIT)[0]


def digits(text: str) -> str:
    """A day or moment as X3 or a list writes it, as digits alone: ``20260131`` or ``20260131142501``."""
    return re.sub(r"\D", "", text)[:14]


def _moment(stamp: str, zone: tzinfo) -> datetime | None:
    found = _STAMP.match(stamp)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
