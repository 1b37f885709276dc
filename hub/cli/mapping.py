"""`hub mapping`: is the mapping right? Drafted, tried and shown on real records, and its JSON Schema."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import failures, names, screen
from hub.cli.failures import WrongUse
from hub.cli.learn import learn
from hub.cli.session import DONE, WAITING, WRONG, Session, command, group

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.cli.laws import Example, Trial
    from hub.mapping import EntityMapping, SystemMapping
    from hub.ports import ConnectorError, Record

READ = ("both", "pull", "push", "observe")
"""Directions of a system that may be looked at: all but ``off``."""


def register(app: typer.Typer) -> None:
    found = typer.Typer(
        help="Draft mappings, try them on real records, look through them.", no_args_is_help=True
    )
    # The group alone does nothing; it is there to take the common flags before its command's name.
    found.callback()(group(lambda session: DONE))
    found.command("check")(command(check))
    found.command("preview")(command(preview))
    found.command("schema")(command(schema))
    found.command("learn")(command(learn))
    app.add_typer(found, name="mapping")


def check(
    session: Session,
    samples: Annotated[
        int, typer.Option(help="How many records of each system to try.", min=1, metavar="N")
    ] = 200,
    entity: Annotated[
        list[str] | None, typer.Option(help="Only this kind of record; may be repeated.", metavar="ENTITY")
    ] = None,
) -> int:
    """Try every field on real records: does it give back what is put, and what can a system not hold?

    Writes nothing anywhere. Exit code 2 if a field does not give back what was put, 1 if values cannot be
    read or written, 3 if a system could not be reached.
    """
    from hub.cli import laws

    trials: list[Trial] = []
    problems: list[ConnectorError] = []
    with session.assembly() as assembly:
        wanted = names.entities(assembly, entity)
        for mapping in assembly.mappings:
            if wanted is None or mapping.entity in wanted:
                found = _samples(session, assembly, mapping, samples, None, problems)
                trials += laws.examine(mapping, found)
    data = {"fields": [_trial(one) for one in trials], "problems": [_problem(one) for one in problems]}
    session.show(data, *_trial_screens(trials, problems))
    codes = [failures.code_of(problem) for problem in problems]
    codes.append(WRONG if any(one.broken for one in trials) else DONE)
    codes.append(WAITING if not all(one.ok for one in trials) else DONE)
    return failures.worst(codes)


def preview(
    session: Session,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="The kind of record.")],
    system: Annotated[str | None, typer.Option(help="Only this system.", metavar="SYSTEM")] = None,
    limit: Annotated[int, typer.Option(help="How many records of each system.", min=1, metavar="N")] = 5,
) -> int:
    """Show real records as each system holds them and as the hub reads them."""

    problems: list[ConnectorError] = []
    with session.assembly() as assembly:
        names.entities(assembly, [entity])
        mapping = assembly.mappings[entity]
        only = names.systems(assembly, [system] if system else None)
        if only and only[0] not in mapping.systems:
            raise WrongUse(
                f"no {entity} is kept in {only[0]}", f"It is kept in {', '.join(mapping.systems)}."
            )
        found = _samples(session, assembly, mapping, limit, only, problems)
    records = [
        {"system": name, "id": record.id, "where": record.where or "", "archived": record.archived,
         "fields": _fields(mapping.systems[name], record)}
        for name, sample in found.items()
        for record in sample
    ]  # fmt: skip
    data = {"entity": entity, "records": records, "problems": [_problem(one) for one in problems]}
    session.show(data, *_preview_screens(mapping, found, problems))
    return failures.worst([failures.code_of(problem) for problem in problems])


def schema(
    session: Session,
    out: Annotated[Path | None, typer.Option(help="Write it into this file instead.", metavar="FILE")] = None,
) -> int:
    """Print the JSON Schema of a mapping file, for completion in an editor. Needs no configuration."""
    from hub.cli.shipped import schema_text
    from hub.mapping import json_schema

    if out is None:
        session.show(json_schema(), screen.plain(schema_text().rstrip("\n")))
        return DONE
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.write_text(schema_text(), encoding="utf-8", newline="\n")
        os.replace(part, out)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise WrongUse(
            f"the schema cannot be written to {out}: {problem.strerror}", "Name another file."
        ) from problem
    session.show({"file": str(out)}, screen.plain(f"The schema is in {out}."))
    return DONE


def _samples(
    session: Session,
    assembly: Assembly,
    mapping: EntityMapping,
    count: int,
    only: Sequence[str] | None,
    problems: list[ConnectorError],
) -> dict[str, list[Record]]:
    """The first records of each system; a system that fails is left out and noted."""
    from hub.ports import ConnectorError

    found: dict[str, list[Record]] = {}
    wanted = [name for name, system in mapping.systems.items()
              if system.direction in READ and (only is None or name in only)]  # fmt: skip
    for name, connector in assembly.connect(wanted).items():
        with session.err.status(f"reading {mapping.entity} from {name}"):
            try:
                pages = connector.pull(mapping.systems[name].view, None, lambda ids: {})
                found[name] = list(islice((record for page in pages for record in page.records), count))
            except ConnectorError as problem:
                problems.append(problem)
    return found


def _fields(system: SystemMapping, record: Record) -> list[dict[str, Any]]:
    """Each field of a record: what the system holds, and what it means or why it means nothing."""
    from hub.cli.laws import OWN_IDS
    from hub.values import Unreadable

    found: list[dict[str, Any]] = []
    for lens in system.lenses:
        line: dict[str, Any] = {
            "field": lens.name,
            "native": {name: record.values.get(name) for name in lens.natives},
            "value": None,
            "problem": None,
        }
        unread = next((record.unreadable[name] for name in lens.natives if name in record.unreadable), None)
        try:
            if unread is not None or not lens.reads:
                line["problem"] = unread if unread is not None else "only written, never read"
            else:
                line["value"] = lens.get(record.values, OWN_IDS)
        except Unreadable as problem:
            line["problem"] = str(problem)
        found.append(line)
    return found


def _preview_screens(
    mapping: EntityMapping, found: dict[str, list[Record]], problems: Sequence[ConnectorError]
) -> list[Any]:
    screens: list[Any] = []
    for name, records in found.items():
        rows: list[Sequence[Any]] = []
        for record in records:
            for place, line in enumerate(_fields(mapping.systems[name], record)):
                first = (
                    f"{record.where or record.id}{' (archived)' if record.archived else ''}"
                    if not place
                    else ""
                )
                rows.append((first, line["field"], _native(line["native"]), _meaning(mapping, line)))
        screens.append(
            screen.table(f"{mapping.entity} in {name}", ("Record", "Field", "Held there", "Read as"), rows)
        )
        if not records:
            screens.append(screen.plain("There is no record."))
        screens.append(screen.plain(""))
    return screens + _problem_screens(problems)


def _native(held: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {screen.value(value)}" for name, value in held.items())


def _meaning(mapping: EntityMapping, line: dict[str, Any]) -> Any:
    if line["problem"] is not None:
        return screen.plain(line["problem"], "yellow")
    if line["value"] is None:
        return "(empty)"
    return mapping.fields[line["field"]].type.show(line["value"])


def _trial(one: Trial) -> dict[str, Any]:
    def examples(found: Sequence[Example]) -> list[dict[str, str]]:
        return [{"where": example.where, "reason": example.reason} for example in found]

    return {
        "entity": one.entity, "system": one.system, "field": one.name, "natives": list(one.natives),
        "tried": one.tried, "ok": one.ok, "lossy": one.lossy, "broken": examples(one.broken),
        "lost": examples(one.lost), "unreadable": examples(one.unreadable),
        "unwritable": examples(one.unwritable),
    }  # fmt: skip


def _trial_screens(trials: Sequence[Trial], problems: Sequence[ConnectorError]) -> list[Any]:
    rows = [
        (one.entity, one.system, one.name, ", ".join(one.natives), f"{one.tried:,}", _verdict(one))
        for one in trials
    ]
    columns = ("Entity", "System", "Field", "Kept as", "Tried", "Verdict")
    screens: list[Any] = [screen.table("Mapping, on real records", columns, rows, right=("Tried",))]
    screens += _problem_screens(problems)
    broken = sum(bool(one.broken) for one in trials)
    doubtful = sum(not one.ok and not one.broken for one in trials)
    screens.append(screen.plain(""))
    if broken:
        screens.append(
            screen.plain(f"{screen.count(broken, 'field')} would not give back what was put.", "red")
        )
    if doubtful:
        text = f"{screen.count(doubtful, 'field')} with values to correct; the hub leaves those alone."
        screens.append(screen.plain(text, "yellow"))
    if not broken and not doubtful and trials:
        screens.append(
            screen.plain("Every field gives back what is put, or says what it cannot hold.", "green")
        )
    return screens


def _verdict(one: Trial) -> Any:
    from rich.text import Text

    parts: list[tuple[str, str]] = []
    for style, count, examples, words in (
        ("red", len(one.broken), one.broken, "does not give back what was put"),
        ("yellow", len(one.unreadable), one.unreadable, "cannot be read"),
        ("yellow", len(one.unwritable), one.unwritable, "cannot be written"),
    ):
        if count:
            more = f" (and {count - 1:,} more)" if count > 1 else ""
            parts.append((f"{words}: {examples[0].where}: {examples[0].reason}{more}", style))
    if one.lossy:
        lost = f"; {one.lost[0].where} {one.lost[0].reason}" if one.lost else ""
        parts.append((f"lossy: {one.lossy}{lost}", "cyan"))
    if not parts:
        parts = [("ok", "green")] if one.tried else [("no record to try", "")]
    return Text("\n").join(Text(text, style=style) for text, style in parts)


def _problem(problem: ConnectorError) -> dict[str, Any]:
    return {
        "system": problem.system, "kind": failures.kind_of(problem), "what": problem.what,
        "why": problem.why, "todo": problem.todo,
    }  # fmt: skip


def _problem_screens(problems: Sequence[ConnectorError]) -> list[Any]:
    if not problems:
        return []
    found = [
        screen.notice(f"{it.system} left out", ": ".join(filter(None, (it.what, it.why))), it.todo)
        for it in problems
    ]
    return [screen.plain(""), *found]
