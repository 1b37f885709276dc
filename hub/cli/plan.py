"""`hub plan`: what `hub sync` would do now, write by write. Nothing is written, not even to the database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import conflicts, duplicates_report, names, progress, screen, shapes, waiting
from hub.cli.duplicates_shapes import in_words, step
from hub.cli.failures import WrongUse
from hub.cli.reading import Reader
from hub.cli.session import Session, command
from hub.cli.sync import EntityOption, exit_code, problem_screens, stoppable

if TYPE_CHECKING:
    from hub.rehearsal import Plan, PlannedWrite
    from hub.weighing.page import Chapter


def register(app: typer.Typer) -> None:
    app.command("plan")(command(plan))


def plan(
    session: Session,
    entity: EntityOption = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also compare ids, to find deletions a pull does not show.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Also write the whole plan, as --json prints it, into this file.", metavar="FILE"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Also write a page about duplicates: what would be linked, asked, created.",
            metavar="FILE.html",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(help="Show at most so many writes per system; 0: all.", min=0, metavar="N")
    ] = 20,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve", help="Having seen it: let the mapping as it is now, and these creations, pass."
        ),
    ] = False,
) -> int:
    """Show what `hub sync` would do now: every write with what it replaces, and what would wait for a person.

    Exit code 1 if something would wait for a person, 3 if a system could not be reached.
    """
    from hub import rehearsal

    with session.assembly() as assembly:
        entities = names.entities(assembly, entity)
        connectors = assembly.connect()
        with stoppable(session) as stop, progress.shown(session.err) as told:
            engine = assembly.engine(connectors, progress=told, stopping=stop.asked)
            found = rehearsal.plan(
                engine, assembly.mappings, connectors, entities, compare, report is not None
            )
            approved = rehearsal.approve(engine, found) if approve and not stop.asked() else []
        with assembly.open_store().reading() as connection:
            screens = _screens(found, limit, Reader(assembly.mappings, connection))
    if stop.asked():
        session.say("Stopped: a plan is whole or not at all. Nothing was changed.")
        return 130
    chapters = duplicates_report.planned_chapters(found, assembly.mappings)
    data = _json(found) | {
        "approved": approved,
        "duplicates": [duplicates_report.as_json(one) for one in chapters],
    }
    if out is not None:
        _save(out, data)
    if report is not None:
        duplicates_report.save(report, chapters, planned=True)
    session.show(data, screens[0], *_weighed(chapters), *screens[1:])
    if out is not None:
        session.say(f"The whole plan is in {out}.")
    if report is not None:
        session.say(f"The page about duplicates is {report}.")
    if approve:
        _say_approved(session, found, approved)
    return exit_code(found.report, _waiting(found, approved))


def _weighed(chapters: Sequence[Chapter]) -> list[Any]:
    """Who is whom, where records are compared by likeness."""
    shown = [one for one in chapters if any(route.by_likeness or route.asked for route in one.routes)]
    if not shown:
        return []
    text = "`hub plan --report FILE.html` shows the least certain of them, field by field."
    return [screen.plain(""), *duplicates_report.tables(shown, planned=True), screen.plain(text)]


def _say_approved(session: Session, found: Plan, approved: Sequence[str]) -> None:
    left = [entity for entity in found.entities if entity not in approved]
    if approved:
        session.say(f"Approved: {', '.join(approved)}. `hub sync`, or a running daemon, now does it.")
    if left:
        session.say(
            f"Not approved: {', '.join(left)}. A system could not be read whole, so the plan does not show "
            f"all it would do."
        )


def _waiting(found: Plan, approved: Sequence[str] = ()) -> waiting.Waiting:
    """What would wait for a person; what was approved just now does not."""
    brakes = sum(
        one.kind not in ("mapping", "creations") or one.entity not in approved for one in found.report.braked
    )
    reviews = waiting.for_person(found.reviews)
    asked = len(found.likenesses)
    return waiting.Waiting(len(found.conflicts), reviews, found.refused, brakes, asked, found.mergers)


def _json(found: Plan) -> dict[str, Any]:
    return {
        "writes": [shapes.planned(one) for one in found.writes],
        "merges": [
            {"entity": one.entity, "action": "split" if one.state == "to take back" else "merge", **step(one)}
            for one in found.steps
        ],
        **shapes.report(found.report),
        "conflicts": [shapes.conflict(one) for one in found.conflicts],
        "reviews": [shapes.review(one) for one in found.reviews],
        "waiting": _waiting(found).as_json(),
    }


def _save(out: Path, data: dict[str, Any]) -> None:
    """The plan in a file for its owner alone, whole or not at all."""
    import orjson

    from hub.private import write_private

    try:
        write_private(out, orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as problem:
        raise WrongUse(
            f"the plan cannot be written to {out}: {problem.strerror}", "Name another file."
        ) from problem


def _screens(found: Plan, limit: int, read: Reader) -> list[Any]:
    screens: list[Any] = [_summary(found)]
    for (entity, system), writes in _by_route(found.writes).items():
        screens += _route(entity, system, writes, limit)
    if found.steps:
        screens.append(screen.plain(""))
        screens += [screen.plain(f"{one.entity}: {in_words(one)}") for one in found.steps]
    waiting_ = conflicts.tables(found.conflicts, found.reviews, read)
    screens += [screen.plain(""), *waiting_] if waiting_ else []
    screens += problem_screens(found.report)
    screens.append(screen.plain(""))
    doable = sum(1 for one in found.writes if one.values and not one.held)
    held = sum(1 for one in found.writes if one.values and one.held)
    if held:
        screens.append(screen.plain(f"{screen.count(held, 'write')} held by a brake, see above.", "yellow"))
    if doable:
        screens.append(screen.plain(f"`hub sync` would write {screen.count(doable, 'record')}.", "bold"))
    elif not held and not found.steps:
        screens.append(screen.plain("There is nothing to write.", "green"))
    refused = waiting.Waiting(
        dead_letters=found.refused, duplicates=len(found.likenesses), mergers=found.mergers
    )
    return [*screens, *(screen.plain(line, "yellow") for line in refused.lines())]


def _summary(found: Plan) -> Any:
    columns = ("Read", "Linked", "To create", "To change", "Conflicts", "Set aside")
    routes = list(dict.fromkeys([*found.report.counts, *_by_route(found.writes)]))
    rows = []
    for entity, system in routes:
        count = found.report.counts.get((entity, system))
        mine = [one for one in found.writes if (one.entity, one.system) == (entity, system) and one.values]
        creates = sum(one.external_id is None for one in mine)
        disputed = sum(
            one.entity == entity and any(side.system == system for side in one.candidates)
            for one in found.conflicts
        )
        aside = sum((one.entity, one.system) == (entity, system) for one in found.reviews)
        read, linked = (count.read, count.linked) if count else (0, 0)
        rows.append(((entity, system), (read, linked, creates, len(mine) - creates, disputed, aside)))
    return screen.counts("Plan", ("Entity", "System"), columns, rows)


def _by_route(writes: Sequence[PlannedWrite]) -> dict[tuple[str, str], list[PlannedWrite]]:
    found: dict[tuple[str, str], list[PlannedWrite]] = {}
    for one in writes:
        found.setdefault((one.entity, one.system), []).append(one)
    return found


def _route(entity: str, system: str, writes: Sequence[PlannedWrite], limit: int) -> list[Any]:
    shown = writes[:limit] if limit else writes
    rows = [(one.title, one.external_id or "new", _what(one)) for one in shown]
    found: list[Any] = [
        screen.plain(""),
        screen.table(f"{entity} in {system}", ("Record", "Its id", "Change"), rows),
    ]
    if len(shown) < len(writes):
        more = len(writes) - len(shown)
        found.append(
            screen.plain(f"… and {more:,} more: --limit 0 shows all, --out FILE or --json holds all.")
        )
    return found


def _what(one: PlannedWrite) -> str:
    if one.external_id is None:
        lines = [f"{name}: {screen.value(value)}" for name, value in one.values.items()]
    else:
        lines = [
            f"{name}: {screen.change(one.before.get(name), value)}" for name, value in one.values.items()
        ]
    lines += [f"waits: {reason}" for reason in one.waiting]
    lines += [f"{name} cannot be written: {reason}" for name, reason in one.impossible.items()]
    return "\n".join(lines)
