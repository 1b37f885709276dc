"""`hub documents read` of a workbook: what its sheets hold, or every record as a mapping reads it.

Each value is told with its type, the column it comes from, the cell and what stands there; what is missing,
cannot be read, or was set aside as a row is told apart. Reads as a pull does, and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session

if TYPE_CHECKING:
    from rich.console import RenderableType

    from connectors.excel.connector import ExcelConnector
    from hub.lenses import Lens
    from hub.mapping import EntityMapping, SystemMapping
    from hub.ports import ConnectorError, Record, Rejected

WELL = ("found", "empty")
_ROW = re.compile(r"row (\d+)")


@dataclass
class Read:
    """One entity as it was read from one sheet. Every value and record is plain data, as --json shows it."""

    entity: str
    system: str
    sheet: str
    records: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.rejected and all(one["verdict"] == "read" for one in self.records)


def read_workbook(session: Session, file: Path, profile: Path | None, limit: int) -> int:
    """Show a workbook. Raises `WrongUse` for one that cannot be read, or a mapping that does not fit it."""
    if profile is None:
        return _offers(session, file)
    found = [_read(file, mapping, system) for mapping, system in _mappings(session, file, profile)]
    whole = all(one.whole for one in found)
    data = {
        "file": file.name,
        "form": "workbook",
        "verdict": "read" if whole else "review",
        "profile": str(profile),
        "entities": [_data(one) for one in found],
    }
    session.show(data, *(part for one in found for part in _screens(one, limit)))
    return DONE if whole else WAITING


def _offers(session: Session, file: Path) -> int:
    """What the sheets hold, without a mapping."""
    from hub.cli.learn import look, sheet_data, sheet_screens

    with session.err.status(f"looking at {file.name}"):
        found = look(file)
    data = {
        "file": file.name,
        "form": "workbook",
        "verdict": "offers",
        "sheets": [sheet_data(one) for one in found],
    }
    hint = f"`hub mapping learn {file.name}` drafts a mapping of it."
    parts = [part for one in found for part in (*sheet_screens(one), screen.plain(""))]
    session.show(data, *parts, screen.plain(hint))
    return DONE


def _mappings(session: Session, file: Path, profile: Path) -> list[tuple[EntityMapping, SystemMapping]]:
    """The entities to read, each with its side that is this workbook. Raises `WrongUse`, `FileProblems`."""
    if not profile.exists():
        return _of_system(session, file, str(profile))
    loaded = [_load(path) for path in _files(profile)]
    sheets = [one.casefold() for one in _sheet_names(file)]
    found = []
    for mapping in loaded:
        sides = [
            side
            for side in mapping.systems.values()
            if " ".join(side.view.object.split()).casefold() in sheets
        ]
        if len(sides) > 1:
            names = " and ".join(side.system for side in sides)
            raise WrongUse(
                f"{names} of the mapping of {mapping.entity} both name a sheet of {file.name}",
                "Name the system as it is called in hub.yaml: --profile " + sides[0].system,
            )
        found += [(mapping, side) for side in sides]
    if not found:
        wanted = sorted({side.view.object for mapping in loaded for side in mapping.systems.values()})
        raise WrongUse(
            f"no mapping in {profile} is of a sheet of {file.name}",
            f"They name {', '.join(wanted)}; the workbook has {', '.join(_sheet_names(file))}.",
        )
    return found


def _files(profile: Path) -> list[Path]:
    return sorted((*profile.glob("*.yaml"), *profile.glob("*.yml"))) if profile.is_dir() else [profile]


def _load(path: Path) -> EntityMapping:
    """One mapping by itself: what it refers to need not be there."""
    from hub.mapping.load import MappingError, read_entity
    from hub.yamlfile import read_yaml

    mapping, problems = read_entity(read_yaml(path))
    if mapping is None:
        raise MappingError(problems)
    return mapping


def _of_system(session: Session, file: Path, name: str) -> list[tuple[EntityMapping, SystemMapping]]:
    if not session.config.exists():
        raise WrongUse(
            f"there is no {name}, and no {session.config} that knows such a system", "Check the name."
        )
    assembly = session.assembly()
    found = [(mapping, mapping.systems[name]) for mapping in assembly.mappings.of_system(name)]
    if not found:
        known = ", ".join(n for n, it in assembly.settings.systems.items() if it.kind == "excel")
        raise WrongUse(f"there is no file and no mapped system called {name}",
                       f"Workbooks in {session.config}: {known or 'none'}.")  # fmt: skip
    return found


def _connector(file: Path) -> ExcelConnector:
    from connectors.excel.connector import ExcelConnector
    from connectors.excel.settings import Settings

    return ExcelConnector(file.stem, Settings(path=file.absolute(), read_only=True, stable_seconds=0))


def _wrong(problem: ConnectorError) -> WrongUse:
    what = f"{problem.what}: {problem.why}" if problem.why else problem.what
    return WrongUse(what, problem.todo)


def _sheet_names(file: Path) -> list[str]:
    from hub.ports import ConnectorError

    try:
        return [str(one["name"]) for one in _connector(file).sheets()]
    except ConnectorError as problem:
        raise _wrong(problem) from None


def _read(file: Path, mapping: EntityMapping, system: SystemMapping) -> Read:
    from connectors.excel.sampling import layout
    from hub.ports import ConnectorError

    connector = _connector(file)
    found = Read(mapping.entity, system.system, system.view.object)
    try:
        columns = layout(connector, system.view)["columns"]
        for page in connector.pull(system.view, None, lambda ids: {}):
            found.records += [_record(mapping, system, record, columns) for record in page.records]
            found.rejected += page.rejected
    except ConnectorError as problem:
        raise _wrong(problem) from None
    return found


def _record(
    mapping: EntityMapping, system: SystemMapping, record: Record, columns: Mapping[str, str]
) -> dict[str, Any]:
    values = [_value(mapping, lens, record, columns) for lens in system.lenses if lens.reads]
    whole = all(one["verdict"] in WELL for one in values)
    return {
        "id": record.id, "place": record.where or "", "verdict": "read" if whole else "review",
        "values": values,
    }  # fmt: skip


def _value(mapping: EntityMapping, lens: Lens, record: Record, columns: Mapping[str, str]) -> dict[str, Any]:
    """One field of one record: what it means, what stands in the cell, and why it is doubtful."""
    from hub.cli.laws import OWN_IDS
    from hub.values import Unreadable

    definition = mapping.fields[lens.name]
    row = _ROW.search(record.where or "")
    letters = [columns.get(name.rpartition("@")[0] or name, "") for name in lens.natives]
    cells = [f"{letter}{row[1]}" for letter in letters if letter and row]
    raw = " | ".join(screen.value(record.values[n]) for n in lens.natives if record.values.get(n) is not None)
    value, message, verdict = None, "", "found"
    unread = next((record.unreadable[name] for name in lens.natives if name in record.unreadable), None)
    try:
        if unread is not None:
            raise Unreadable(unread)
        value = lens.get(record.values, OWN_IDS)
        if value is None:
            verdict = "missing" if definition.required else "empty"
            message = "it is required, and the cell is empty" if definition.required else ""
    except Unreadable as problem:
        verdict, message = "unreadable", str(problem)
    return {
        "name": lens.name, "type": definition.type.name, "verdict": verdict, "value": value,
        "shown": definition.type.show(value), "source": " + ".join(lens.natives), "raw": raw,
        "place": ", ".join(cells) or (record.where or ""), "message": message,
    }  # fmt: skip


def _data(one: Read) -> dict[str, Any]:
    return {
        "entity": one.entity, "system": one.system, "sheet": one.sheet,
        "read": sum(record["verdict"] == "read" for record in one.records),
        "records": one.records,
        "rejected": [
            {"place": it.where, "reason": it.reason, "todo": it.todo, "id": it.id} for it in one.rejected
        ],
    }  # fmt: skip


def _screens(one: Read, limit: int) -> Iterator[RenderableType]:
    shown = one.records[:limit]
    rows: list[Sequence[Any]] = []
    for record in shown:
        for place, value in enumerate(record["values"]):
            first = f"{record['id']}\n{record['place'].rpartition(', ')[2]}" if not place else ""
            rows.append((first, value["name"], value["type"], _shown(value), _origin(value)))
    title = f"{one.entity} in sheet '{one.sheet}', as the mapping's system {one.system}"
    yield screen.table(title, ("record", "field", "type", "value", "cell"), rows)
    more = len(one.records) - len(shown)
    if more > 0:
        yield screen.plain(f"… and {screen.count(more, 'more record')}: --limit N or --json shows them.")
    yield screen.plain("")
    yield from _verdict(one, limit)


def _shown(value: Mapping[str, Any]) -> str:
    if value["verdict"] in ("missing", "unreadable"):
        return f"({value['verdict']})"
    return value["shown"] if value["value"] is not None else "(empty)"


def _origin(value: Mapping[str, Any]) -> str:
    return f"{value['place']}: {value['raw']}" if value["raw"] else str(value["place"])


def _verdict(one: Read, limit: int) -> Iterator[RenderableType]:
    """How many were read whole; each doubtful value and each row that was set aside, the first few."""
    doubtful = [record for record in one.records if record["verdict"] != "read"]
    whole = len(one.records) - len(doubtful)
    style = "green" if one.whole else "yellow"
    yield screen.plain(f"{screen.count(len(one.records), 'record')}, {whole:,} read whole.", style)
    told = [
        screen.notice(f"{value['place']}, {value['name']} ({value['verdict']})", value["message"])
        for record in doubtful
        for value in record["values"]
        if value["verdict"] not in WELL
    ]
    told += [screen.notice(f"{it.where} set aside", it.reason, it.todo) for it in one.rejected]
    yield from told[:limit]
    if len(told) > limit:
        yield screen.plain(f"… and {len(told) - limit:,} more like these: --limit N or --json shows them.")
