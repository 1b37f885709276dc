"""`hub mapping learn`: look at a stranger's workbook or contracts, and draft what teaches the hub."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hub.learning.look import Learned
    from hub.settings import Settings, SystemSettings

WORD = (".docx", ".docm", ".doc", ".dotx", ".rtf", ".odt")


@dataclass(frozen=True)
class Known:
    """What hub.yaml says already: the Odoo's name, the workbook's own, and the kinds of record mapped."""

    odoo: str | None = None
    system: str | None = None
    kinds: frozenset[str] = frozenset()


def learn(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A workbook, a folder of contracts, or one of them.")
    ],
    sheet: Annotated[str | None, typer.Option(help="Only this sheet.", metavar="SHEET")] = None,
    entity: Annotated[
        str | None, typer.Option(help="What it is a list of, if the hub guesses wrong.", metavar="ENTITY")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the draft there: a new file, or a folder for several.", metavar="OUT"),
    ] = None,
) -> int:
    """Look at a workbook or a folder of contracts, and draft its mapping: what each column probably is.

    Writes nothing but the draft. Exit code 1: nothing was found that could be mapped.
    """
    if not file.exists():
        raise WrongUse(f"there is no {file}", "Check the name.")
    if entity is not None and not re.fullmatch(r"[a-z][a-z0-9_]*", entity):
        raise WrongUse(f"'{entity}' cannot name a kind of record", "Small letters, such as customer.")
    if file.is_dir() or file.suffix.lower() in WORD:
        from hub.cli.learndocs import learn_contracts

        if sheet is not None:
            raise WrongUse("--sheet is for workbooks", "Leave it out for contracts.")
        return learn_contracts(session, file, entity, write)
    return _learn_workbook(session, file, sheet, entity, write)


def _learn_workbook(
    session: Session, file: Path, sheet: str | None, entity: str | None, write: Path | None
) -> int:
    known = _known(session, file)
    with session.err.status(f"looking at {file.name}"):
        found = look(file, sheet, entity)
    lists = [one for one in found if one.is_list]
    drafts = drafts_of(lists, file, known)
    written = save(write, drafts, lists) if write is not None else {}
    data = {
        "file": str(file),
        "sheets": [{**sheet_data(one), "mapping": drafts.get(one.sheet.name)} for one in found],
        "written": [str(path) for path in written.values()],
    }
    show(session, data, _screens(found, drafts, written))
    return DONE if lists else WAITING


def look(file: Path, sheet: str | None = None, entity: str | None = None) -> list[Learned]:
    """What each sheet of a workbook holds, read in a process of its own. Raises `WrongUse`."""
    from connectors.excel.connector import ExcelConnector
    from connectors.excel.sampling import samples
    from connectors.excel.settings import Settings
    from hub.learning.look import learn as learn_sheet
    from hub.learning.sheet import sheet_of
    from hub.ports import ConnectorError
    from hub.yamlfile import meant

    connector = ExcelConnector(file.stem, Settings(path=file.absolute(), read_only=True, stable_seconds=0))
    try:
        sheets = [sheet_of(one) for one in samples(connector)]
    except ConnectorError as problem:
        what = f"{problem.what}: {problem.why}" if problem.why else problem.what
        raise WrongUse(what, problem.todo) from None
    if sheet is not None:
        names = [one.name for one in sheets]
        sheets = [one for one in sheets if one.name.casefold() == sheet.casefold()]
        if not sheets:
            hint = meant(sheet, names) or f"Its sheets are {', '.join(names)}."
            raise WrongUse(f"{file.name} has no sheet '{sheet}'", hint)
    return [learn_sheet(one, file.stem, entity) for one in sheets]


def _known(session: Session, file: Path) -> Known:
    """What the configuration tells, where there is one that can be read."""
    from hub.mapping import load_mappings
    from hub.settings import load_settings
    from hub.yamlfile import FileProblems

    if not session.config.exists():
        return Known()
    try:
        settings = load_settings(session.config)
        systems = settings.systems
        odoo = next((name for name, it in systems.items() if it.kind == "odoo"), None)
        own = next(
            (name for name, it in systems.items() if it.kind == "excel" and _is_at(it, settings, file)), None
        )
    except FileProblems as problems:
        first = problems.problems[0]
        session.say(f"{session.config} is left aside: {first.message} (line {first.line})")
        return Known()
    try:
        kinds = frozenset(mapping.entity for mapping in load_mappings(settings.mappings))
    except FileProblems:
        session.say("The mappings there are cannot be read, and are left aside: `hub check` says why.")
        kinds = frozenset()
    return Known(odoo, own, kinds)


def _is_at(system: SystemSettings, settings: Settings, file: Path) -> bool:
    from hub.settings import resolve_path

    path = system.options.get("path")
    return isinstance(path, str) and resolve_path(Path(path), settings.home).resolve() == file.resolve()


def drafts_of(lists: Sequence[Learned], file: Path, known: Known) -> dict[str, str]:
    """A mapping for every list, by its sheet's name; each was loaded by the hub's own reader."""
    from hub.learning.draft import draft
    from hub.learning.headings import slug

    system = known.system or slug(file.stem)
    kinds = known.kinds | {one.entity for one in lists}
    found = {one.sheet.name: draft(one, system, file.name, odoo=known.odoo, kinds=kinds) for one in lists}
    for one in lists:
        others = {other.entity: found[other.sheet.name] for other in lists if other.entity != one.entity}
        _require_loads(found[one.sheet.name], others, known.kinds)
    return found


def _require_loads(text: str, others: dict[str, str], mapped: Collection[str]) -> None:
    """Raises if a draft is no mapping; `mapped` are entities that mappings elsewhere describe."""
    from hub.mapping import load_mappings

    with TemporaryDirectory(prefix="hub-learn-") as folder:
        for name, one in {"draft": text, **others}.items():
            Path(folder, f"{name}.yaml").write_text(one, encoding="utf-8")
        for entity in set(mapped) - set(others):
            if not re.search(rf"^entity: {entity}\b", text, re.MULTILINE):
                stand_in = (
                    f"entity: {entity}\nfields: {{a: text}}\nsystems: {{s: {{object: o, fields: {{a: a}}}}}}"
                )
                Path(folder, f"mapped-{entity}.yaml").write_text(stand_in, encoding="utf-8")
        load_mappings(folder)


def save(out: Path, drafts: dict[str, str], lists: Sequence[Learned]) -> dict[str, Path]:
    """Write drafts where there is nothing yet: one into a file, several into a folder. Raises `WrongUse`."""
    if not drafts:
        raise WrongUse("nothing was found that could be mapped: nothing is written")
    names: dict[str, Path] = {}
    if out.is_dir() or (len(drafts) > 1 and out.suffix not in (".yaml", ".yml")):
        from hub.learning.headings import slug

        taken: list[str] = []
        for one in lists:
            name = one.entity if one.entity not in taken else slug(f"{one.entity}_{one.sheet.name}", taken)
            taken.append(name)
            names[one.sheet.name] = out / f"{name}.yaml"
    elif len(drafts) > 1:
        sheets = ", ".join(f"'{name}'" for name in drafts)
        raise WrongUse(
            f"{len(drafts)} sheets hold lists: {sheets}", "Name one with --sheet, or a folder to write to."
        )
    else:
        names = {next(iter(drafts)): out}
    return {name: write_new(path, drafts[name]) for name, path in names.items()}


def write_new(path: Path, text: str) -> Path:
    """Write a file that is not there yet. Raises `WrongUse`."""
    if path.exists():
        raise WrongUse(f"{path} is there already: nothing is written over", "Name another file.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise WrongUse(f"{path} cannot be written: {problem.strerror}", "Name another file.") from problem
    return path


def sheet_data(one: Learned) -> dict[str, Any]:
    """What a sheet holds, as --json shows it."""
    return {
        "name": one.sheet.name,
        "rows": len(one.block.rows),
        "filled": one.sheet.filled,
        "header_row": one.block.header or None,
        "entity": one.entity or None,
        "confidence": round(one.verdict.confidence, 2) if one.verdict else None,
        "key": list(one.key.columns),
        "match": [list(names) for names in one.match],
        "columns": [
            {"column": guess.column.letter, "heading": guess.column.heading, "field": guess.name,
             "type": guess.type, "confidence": round(guess.confidence, 2), "used": guess.sure,
             "filled": len(guess.column.values.filled), "examples": guess.column.examples, "why": guess.why}
            for guess in one.guesses
        ],
        "noticed": list(one.odd),
    }  # fmt: skip


def _screens(
    found: Sequence[Learned], drafts: dict[str, str], written: dict[str, Path]
) -> Iterator[RenderableType | AsFile]:
    for one in found:
        yield from sheet_screens(one)
        if one.sheet.name in written:
            yield screen.plain(f"The draft is in {written[one.sheet.name]}.", "green")
        elif one.sheet.name in drafts:
            yield screen.plain("")
            yield screen.plain("The draft; --write OUT.yaml writes it into a file:", "bold")
            yield AsFile(drafts[one.sheet.name])
        yield screen.plain("")
    if not found:
        yield screen.plain("There is no sheet with cells.", "yellow")


@dataclass(frozen=True)
class AsFile:
    """The text of a file among the screens: its lines stay whole, since it may be copied from there."""

    text: str


def show(session: Session, data: dict[str, Any], screens: Iterable[RenderableType | AsFile]) -> None:
    """The result as JSON or on the screen."""
    if session.flags.json:
        session.show(data)
        return
    for one in screens:
        if isinstance(one, AsFile):
            session.out.print(one.text.rstrip("\n"), soft_wrap=True, markup=False, highlight=False)
        else:
            session.out.print(one)


def sheet_screens(one: Learned) -> Iterator[RenderableType]:
    """What a sheet holds: its columns as a table, its key, and what was noticed."""
    head = f"Sheet '{one.sheet.name}': {screen.count(one.sheet.filled, 'filled row')}"
    if not one.is_list:
        yield screen.plain(f"{head}, no list that could be mapped", "bold")
    else:
        verdict = one.verdict
        sure = f", {verdict.confidence:.0%} sure" if verdict and verdict.entity == one.entity else ""
        count = f"{len(one.block.rows):,} records of {one.entity}{sure}"
        title = f"{head}; headings in row {one.block.header}, {count}"
        rows = [
            (f"{guess.column.letter}  {guess.column.heading}", _field(guess.name, guess.sure), guess.type,
             f"{guess.confidence:.0%}", _examples(guess.column.examples, guess.why))
            for guess in one.guesses
        ]  # fmt: skip
        columns = ("column", "field", "type", "sure", "examples, and why")
        yield screen.table(title, columns, rows, right=("sure",))
        yield screen.plain("")
        yield screen.plain(_key_words(one))
    for line in one.odd:
        yield screen.plain(f"! {line}", "yellow")


def _key_words(one: Learned) -> str:
    if not one.key.columns:
        return f"Key: {one.key.why}: the hub would number the rows in a column of its own."
    return f"Key: {' + '.join(one.key.columns)} ({one.key.confidence:.0%}): {one.key.why}."


def _field(name: str, sure: bool) -> str:
    if not name:
        return "(left out)"
    return name if sure else f"({name}?)"


def _examples(examples: Sequence[str], why: str) -> str:
    shown = ", ".join(text if len(text) <= 24 else f"{text[:23]}…" for text in examples)
    return "\n".join(filter(None, (shown, why)))
