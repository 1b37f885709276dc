"""`hub rebuild`: the hub's database is lost; what it knew is found again in the systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import conflicts, progress, screen, shapes, waiting
from hub.cli.backup import alone, in_words
from hub.cli.reading import Reader
from hub.cli.session import DONE, Session, command
from hub.cli.sync import exit_code, problem_screens, stoppable

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.assembly import Assembly
    from hub.rebuild import Rebuilt


def register(app: typer.Typer) -> None:
    app.command("rebuild")(command(rebuild))


def rebuild(
    session: Session,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show what would be found again; keep nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Set what the database holds now aside as a backup first.")
    ] = False,
    end: Annotated[
        bool,
        typer.Option("--end", help="Say that it is over: what cannot be read is no record of the hub's."),
    ] = False,
) -> int:
    """Find again what a lost database knew: read every system whole, and write to none.

    Exit code 1 if something waits for a person, 3 if a system could not be reached (the next sync reads it).
    """
    from hub import rebuild as rebuilding

    with in_words(), session.assembly() as assembly:
        if end:
            return _ended(session, assembly)
        with stoppable(session) as stop, progress.shown(session.err) as told:
            connectors = assembly.connect()
            engine = assembly.engine(connectors, progress=told, stopping=stop.asked)
            aside: Path | None = None
            if plan:
                found = rebuilding.rehearse(engine, assembly.mappings, connectors)
            else:
                with alone(assembly.open_store()) as store:
                    aside = rebuilding.empty(store, replace, engine.clock())
                    found = rebuilding.rebuild(engine)
        with assembly.open_store().reading() as connection:
            screens = _screens(found, Reader(assembly.mappings, connection))
    if stop.asked():
        session.say("Stopped before the end; `hub sync` goes on from there.")
        return 130
    if aside is not None:
        session.say(f"What the database knew until now is in {aside}.")
    session.show(_json(found, aside), *screens, *_next(plan))
    return exit_code(found.report, _waiting(found))


def _ended(session: Session, assembly: Assembly) -> int:
    from hub import recovering

    with assembly.open_store().transaction() as connection:
        recovering.end(connection)
    session.show(
        {"recovering": False}, screen.plain("The hub no longer looks for records it may have known.")
    )
    return DONE


def _waiting(found: Rebuilt) -> waiting.Waiting:
    return waiting.Waiting(
        len(found.conflicts), waiting.for_person(found.reviews), 0, len(found.report.braked)
    )


def _json(found: Rebuilt, aside: Path | None) -> dict[str, Any]:
    from hub.relinking import HOW

    return {
        "relinked": [
            {"entity": entity, "system": system, **{name.replace(" ", "_"): how[name] for name in HOW}}
            for (entity, system), how in found.routes.items()
        ],
        "writes": [shapes.planned(one) for one in found.writes],
        **shapes.report(found.report),
        "conflicts": [shapes.conflict(one) for one in found.conflicts],
        "reviews": [shapes.review(one) for one in found.reviews],
        "waiting": _waiting(found).as_json(),
        "set_aside": str(aside) if aside else None,
    }


def _screens(found: Rebuilt, read: Reader) -> list[Any]:
    from hub.relinking import HOW

    columns = ("By reference", "By key", "By agreement", "New", "Set aside")
    rows = [(route, tuple(how[name] for name in HOW)) for route, how in found.routes.items()]
    screens: list[Any] = [screen.counts("Found again", ("Entity", "System"), columns, rows)]
    tables = conflicts.tables(found.conflicts, found.reviews, read)
    screens += [screen.plain(""), *tables] if tables else []
    screens += [*problem_screens(found.report), screen.plain("")]
    if found.writes:
        creations = sum(write.external_id is None for write in found.writes)
        changes = len(found.writes) - creations
        screens.append(
            screen.plain(
                f"The next `hub sync` would create {screen.count(creations, 'record')} and change "
                f"{changes:,}; `hub plan` shows them.",
                "bold",
            )
        )
    else:
        screens.append(screen.plain("The systems agree: the next `hub sync` has nothing to write.", "green"))
    return [*screens, *(screen.plain(line, "yellow") for line in _waiting(found).lines())]


def _next(plan: bool) -> list[Any]:
    if plan:
        return [screen.plain("Nothing was kept; `hub rebuild` does it.")]
    return [screen.plain("Nothing was written to any system; `hub sync`, or the daemon, goes on from here.")]
