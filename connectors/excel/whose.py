"""Whose record is whose among several workbooks: ids with the file's name in them, the file of a new row.

Pure. `file_in_key: true` in the mapping puts the workbook's name before the key (`Planning 2026.xlsx | 12`);
`new_in` names the workbook of a new row, or makes its name of `{year}` and `{month}` of its first date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from connectors.excel.entries import JOINT
from hub.ports import Misconfigured, Native, Refused, View


def in_key(view: View) -> bool:
    """Whether the name of the workbook is part of the id."""
    return view.options.get("file_in_key") is True


def outer_id(view: View, file: str, id: str) -> str:
    """A workbook's own id as the hub knows it."""
    return f"{_escaped(file)}{JOINT}{id}" if in_key(view) else id


def own_id(view: View, file: str, id: str) -> str | None:
    """An id as one workbook knows it; ``None`` where it is another's."""
    if not in_key(view):
        return id
    prefix = f"{_escaped(file)}{JOINT}"
    return id.removeprefix(prefix) if id.startswith(prefix) else None


def new_in(system: str, view: View, values: Mapping[str, Native], files: Sequence[str]) -> str | Refused:
    """The name of the workbook that a new row goes into; raises `Misconfigured` for what is no pattern."""
    said = view.options.get("new_in")
    if said is None:
        if len(files) == 1:
            return files[0]
        todo = 'say it in the mapping: new_in: "Planning {year}.xlsx"'
        return Refused("it is not told which workbook new rows go into", None, todo)
    pattern = str(said)
    day = _first_day(view, values)
    if "{" in pattern and day is None:
        reason = f"its workbook, '{pattern}', is told by a date, and it has none"
        return Refused(reason, None, "fill in its date")
    try:
        return pattern.format(year=day.year if day else 0, month=day.month if day else 0)
    except (KeyError, IndexError, ValueError) as error:
        raise Misconfigured(
            system, f"new_in '{pattern}' is no pattern", str(error), "it knows {year} and {month:02}"
        ) from error


def _first_day(view: View, values: Mapping[str, Native]) -> date | None:
    for field in view.fields:
        value = values.get(field.name)
        if field.type in ("date", "datetime") and isinstance(value, str):
            try:
                return date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("|", "\\|")
