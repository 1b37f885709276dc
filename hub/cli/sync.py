"""`hub sync` and `hub run`: one cycle now, or the daemon."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import failures, names, progress, screen, shapes, waiting
from hub.cli.session import DONE, WAITING, Session, command

if TYPE_CHECKING:
    from hub.report import Report
    from hub.store import Store

EntityOption = Annotated[
    list[str] | None,
    typer.Option("--entity", help="Only this kind of record; may be repeated.", metavar="ENTITY"),
]


def register(app: typer.Typer) -> None:
    app.command("sync")(command(sync))
    app.command("run")(command(run))


def sync(
    session: Session,
    entity: EntityOption = None,
    system: Annotated[
        list[str] | None,
        typer.Option(help="Read and write only this system; may be repeated.", metavar="SYSTEM"),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also compare ids, to find deletions a pull does not show.")
    ] = False,
) -> int:
    """Bring the systems into agreement once: read what changed, merge it, write what is owed.

    Exit code 1 if something waits for a person, 3 if a system could not be reached (the others were done).
    """
    from hub import journal
    from hub.store.holders import Holder

    with session.assembly() as assembly:
        entities, systems = names.entities(assembly, entity), names.systems(assembly, system)
        store = assembly.open_store()
        with (
            stoppable(session) as stop,
            Holder(store, ("worker",), lost=stop),
            progress.shown(session.err, lambda *route: _due(store, *route)) as told,
        ):
            report = assembly.engine(progress=told, stopping=stop.asked).sync(entities, systems, compare)
            journal.tidy(store, assembly.settings.journal_keep, datetime.now(UTC), stop.asked)
        with store.reading() as connection:
            left = waiting.of_store(connection)
    data = {"run": report.run, "writes": report.writes, **shapes.report(report), "waiting": left.as_json(),
            "stopped": stop.asked()}  # fmt: skip
    session.show(data, *_screens(report, left, stopped=stop.asked()))
    return 130 if stop.asked() else exit_code(report, left)


def run(session: Session) -> int:
    """Run the daemon: every system at its own rhythm, until it is told to stop (Ctrl-C, SIGTERM)."""
    from scheduler import main

    session.assembly().close()
    try:
        return main(session.config)
    except OSError as problem:
        raise failures.WrongUse(
            f"the health page cannot be served: {problem.strerror or problem}",
            "Choose another `http: port` in the configuration, or `http: {enabled: false}`.",
        ) from problem


def _due(store: Store, entity: str, system: str) -> int:
    """How many writes wait for one entity and system, for the time left."""
    from hub.store import listing

    with store.reading() as connection:
        return sum(it.due for it in listing.routes(connection) if (it.entity, it.system) == (entity, system))


def exit_code(report: Report, left: waiting.Waiting) -> int:
    """What a run comes to, from what failed in it and what waits after it."""
    codes = [failures.code_of(problem) for _, _, problem in report.problems]
    return failures.worst([*codes, WAITING if left else DONE])


def problem_screens(report: Report) -> list[Any]:
    """What failed in a run and what was braked, each with what to do; empty where nothing was."""
    found = [
        screen.notice(f"{system}, {entity} left out", ": ".join(filter(None, (it.what, it.why))), it.todo)
        for entity, system, it in report.problems
    ]
    found += [screen.notice(f"{one.where} stopped by a brake", one.reason, one.todo) for one in report.braked]
    return [screen.plain(""), *found] if found else []


class Stop:
    """A wish to stop at the next safe place."""

    def __init__(self) -> None:
        self._asked = False

    def __call__(self) -> None:
        self._asked = True

    def asked(self) -> bool:
        return self._asked


@contextmanager
def stoppable(session: Session) -> Iterator[Stop]:
    """Ctrl-C once: stop after the page in hand. Twice: at once (nothing is lost by that either)."""
    stop = Stop()

    def pressed(number: int, frame: object) -> None:
        if stop.asked():
            raise KeyboardInterrupt
        stop()
        session.say("Stopping after the page in hand; press Ctrl-C again to stop at once.")

    previous = _on_interrupt(pressed)
    try:
        yield stop
    finally:
        _on_interrupt(previous)


def _on_interrupt(handler: Any) -> Any:
    """Only a process's main thread may listen to Ctrl-C; in any other, nobody presses it."""
    try:
        return signal.signal(signal.SIGINT, handler)
    except ValueError:
        return None


def _screens(report: Report, left: waiting.Waiting, *, stopped: bool) -> list[Any]:
    columns = ("Read", "Linked", "Created", "Changed", "Refused", "Waiting", "Gone")
    rows = [
        (route, (c.read, c.linked, c.created, c.written, c.refused, c.waiting, c.gone))
        for route, c in report.counts.items()
    ]
    found: list[Any] = []
    if rows:
        found.append(screen.counts(f"Run {report.run}", ("Entity", "System"), columns, rows))
    found += problem_screens(report)
    found.append(screen.plain(""))
    found.append(screen.plain(_summary(report, stopped=stopped)))
    return [*found, *(screen.plain(line, "yellow") for line in left.lines())]


def _summary(report: Report, *, stopped: bool) -> str:
    if stopped:
        return "Stopped before the end; the next sync goes on from there."
    if report.problems:
        return f"{screen.count(report.writes, 'record')} written; what was left out follows at the next sync."
    if report.writes:
        return f"{screen.count(report.writes, 'record')} written."
    return "Nothing to write: the systems agree, as far as nothing waits for a person."
