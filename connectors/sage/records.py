"""Between rows and records: a line of an export as the hub sees it, and a value as a line will hold it.

Values are handed over as they stand in the file; a blank one is ``None``. Where a character had to be
spelled otherwise in an import file (`Spellings`), and comes back so, what was meant is handed over: the file
is a poor carrier, not someone's edit. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import orjson

from connectors.sage.exports import Row
from connectors.sage.settings import Settings
from hub.ports import Native, NativeField, Record, View

Spellings = Mapping[str, Mapping[str, tuple[str, str]]]
"""By id and native name: the text that was meant, and the text that was written."""


def record_of(view: View, id: str, row: Row, spellings: Spellings) -> Record:
    """The record a row is. Its time of edit is the export's: Sage does not say more."""
    meant, cells = spellings.get(id, {}), row.cells
    values: dict[str, Native] = {}
    for field in view.fields:
        cell = cells[row.layout.fields[field.name]]
        if field.name in meant and meant[field.name][1] == cell:
            cell = meant[field.name][0]
        values[field.name] = cell if cell.strip() else None
    return Record(
        id=id,
        values=values,
        version=version_of(values),
        modified=row.source.modified,
        where=f"{row.source.name} line {row.number}",
    )


def version_of(values: Mapping[str, Native]) -> str:
    """The same for the same values, and for no others."""
    return hashlib.blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def cell_text(value: Native, field: NativeField, settings: Settings) -> str:
    """A value as it stands in a line, whatever characters that may hold. Raises `ValueError`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return settings.yes if value else settings.no
    if isinstance(value, list):
        raise ValueError("a list cannot stand in one column; let the mapping join it")
    text = str(value)
    if field.type in ("money", "number") and settings.decimal_comma and _is_number(text):
        return text.replace(".", ",")
    if field.type == "date" and (day := _as_day(text)):
        return day.strftime(settings.date_format)
    return text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()


def _as_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
