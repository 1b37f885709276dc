"""What X3 is handed for a write: a new record, or what differs in one that is there. Pure.

Only what is to change is sent, with one exception: a grid that is touched is sent whole, every line with all
that X3 showed of it, so that it makes no difference whether X3 takes lines by their number or takes the grid
for all there is. A list of items is sent whole for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sage.soap.grammar import Content, Line
from connectors.sage.soap.layout import Layout, Slot
from connectors.sage.soap.records import line_of
from connectors.sage.soap.values import Misfit, same, to_text
from hub.ports import Native, Record, Refused

_CORRECT = "correct the value in the system it came from; the hub then tries again"


class NotThis(Exception):
    """This cannot be handed over; `refusal` says why."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(slots=True)
class Draft:
    """What is handed over. `grown` and `shrunk`: how many lines a grid is to have more or fewer than now."""

    content: Content = field(default_factory=Content)
    grown: dict[str, list[Line]] = field(default_factory=dict)
    shrunk: dict[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.content.groups and not self.content.grids and not self.shrunk


def text(slot: Slot, value: Native) -> str:
    """A value as X3 takes it. Raises `NotThis`."""
    try:
        return to_text(value, slot.native.type, slot.info.type, slot.info.length)
    except Misfit as why:
        raise NotThis(Refused(f"{slot.name}: {why}", slot.name, _CORRECT)) from why


def new(layout: Layout, values: Mapping[str, Native], reference: str) -> Draft:
    """A whole new record. Its key is blank unless the values, or the reference, give it."""
    draft = Draft()
    for info in layout.key:
        draft.content.groups.setdefault(info.group, {})[info.name] = ""
    given: list[tuple[Slot, Any]] = [*layout.constants]
    given += [(layout.slots[name], value) for name, value in values.items()]
    # Lines that are told by their number come first: what they say decides which line is meant by a value.
    given.sort(key=lambda one: bool(one[0].having))
    for slot, value in given:
        _set(draft.content, slot, value)
    if layout.reference is not None and reference:
        _set(draft.content, layout.reference, reference)
    return draft


def difference(layout: Layout, now: Content, record: Record, values: Mapping[str, Native]) -> Draft:
    """What of these values the record does not say yet."""
    draft = Draft()
    for name, value in values.items():
        slot = layout.slots[name]
        if name in record.values and same(record.values[name], value):
            continue
        group = slot.info.group
        if not slot.info.grid:
            shown = now.field(group, slot.info.name)
            if isinstance(shown, list):
                draft.content.groups.setdefault(group, {}).setdefault(slot.info.name, [*shown])
        else:
            draft.content.grids.setdefault(group, [dict(line) for line in now.grids.get(group, ())])
        _set(draft.content, slot, value)
    for id, lines in draft.content.grids.items():
        before = len(now.grids.get(id, ()))
        if len(lines) > before and _is_lines(layout, id):
            draft.grown[id] = lines[before:]
        elif len(lines) < before:
            draft.shrunk[id] = before - len(lines)
    return draft


def _is_lines(layout: Layout, grid: str) -> bool:
    return any(slot.is_lines and slot.info.group == grid for slot in layout.slots.values())


def _set(content: Content, slot: Slot, value: Any) -> None:
    group, name = slot.info.group, slot.info.name
    if slot.is_lines:
        content.grids[group] = _lines(content.grids.get(group, ()), slot, value)
    elif slot.info.grid:
        _line_for(content.grids.setdefault(group, []), slot)[name] = text(slot, value)
    elif slot.item is None:
        content.groups.setdefault(group, {})[name] = text(slot, value)
    else:
        items = content.groups.setdefault(group, {}).setdefault(name, [])
        assert isinstance(items, list)
        items += [""] * (slot.item + 1 - len(items))
        items[slot.item] = text(slot, value)


def _line_for(grid: list[Line], slot: Slot) -> Line:
    """The line a value goes to; made where there is none."""
    if slot.line is not None:
        while len(grid) <= slot.line:
            grid.append({})
        return grid[slot.line]
    line = line_of(grid, slot)
    if line is None:
        # A line that says nothing of it yet (a new record's first) may be the one; else one is added.
        line = next((one for one in grid if not slot.having.keys() & one.keys()), None)
    if line is None:
        line = {}
        grid.append(line)
    line.update(slot.having)
    return line


def _lines(before: Sequence[Line], slot: Slot, value: Any) -> list[Line]:
    if value is None:
        return []
    if not isinstance(value, list):
        reason = f"{slot.name}: {value!r} is no list of lines"
        raise NotThis(Refused(reason, slot.name, "correct the mapping"))
    most = slot.info.dimension
    if len(value) > most:
        reason = f"{slot.name} has {len(value)} lines, and X3 keeps {most} in {slot.info.group}"
        raise NotThis(Refused(reason, slot.name, "split the document"))
    columns = {column.name: column for column in slot.columns}
    return [
        {**(before[at] if at < len(before) else {}), **dict(_cells(at + 1, line, columns))}
        for at, line in enumerate(value)
    ]


def _cells(number: int, line: Mapping[str, Native], columns: Mapping[str, Slot]) -> Iterable[tuple[str, str]]:
    for name, value in line.items():
        slot = columns[name]
        try:
            yield slot.info.name, text(slot, value)
        except NotThis as why:
            refused = why.refusal
            reason = f"line {number}: {refused.reason}"
            raise NotThis(Refused(reason, refused.field, refused.todo)) from why


def not_as_asked(layout: Layout, values: Mapping[str, Native], record: Record) -> list[str]:
    """The fields that do not say what was asked, as X3 writes it: capitals and outer blanks do not count."""
    return [
        name
        for name, value in values.items()
        if name not in record.values or not _says(layout.slots[name], value, record.values[name])
    ]


def _says(slot: Slot, wanted: Native, shown: Native) -> bool:
    if same(wanted, shown):
        return True
    if slot.is_lines:
        if not isinstance(wanted, list) or not isinstance(shown, list) or len(wanted) != len(shown):
            return False
        return all(
            _says(column, one.get(column.name), other.get(column.name))
            for one, other in zip(wanted, shown, strict=True)
            for column in slot.columns
            if column.name in one
        )
    try:
        one, other = (to_text(value, slot.native.type, slot.info.type, 0) for value in (wanted, shown))
    except Misfit:
        return False
    return one.strip().casefold() == other.strip().casefold()
