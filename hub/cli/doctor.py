"""`hub doctor`: looks at everything and says what to do, worst first."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import typer

from hub.cli import failures, screen, shapes
from hub.cli.session import DONE, Session, command

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.doctor import Look, Symptom
    from hub.settings import Settings
    from hub.store import Store

PACKAGES = ("sqlalchemy", "alembic", "apscheduler", "psycopg", "pydantic", "requests", "odoorpc")
_RANK = {"error": 0, "warning": 1, "ok": 2}


def register(app: typer.Typer) -> None:
    app.command("doctor")(command(doctor))


def doctor(session: Session) -> int:
    """Look at everything: files, database, daemon, systems, clocks, what waits. Worst first, with what to do.

    Writes to no system. Exit code 1 if something waits for a person, 2 if something must be put right here, 3
    if a system or the database could not be reached.
    """
    found = list(_everything(session))
    found.sort(key=lambda one: (_RANK[one.finding.level], -one.code))
    worst = failures.worst([one.code for one in found])
    data = {"ok": worst == DONE, "findings": [shapes.finding(one.system, one.finding) for one in found]}
    session.show(data, *_screens(found))
    return worst


def _everything(session: Session) -> Iterator[Symptom]:
    """Every look, each on its own: what is broken is told, and the rest is looked at all the same."""
    yield from _guarded("versions", _versions)
    settings, assembly, told = _configuration(session)
    yield from told
    if settings is None:
        return
    try:
        yield from _of_hub(settings, assembly)
        if assembly is not None:
            yield from _systems(session, assembly)
    finally:
        if assembly is not None:
            assembly.close()


def _configuration(session: Session) -> tuple[Settings | None, Assembly | None, list[Symptom]]:
    """What is written down. A mistake in a mapping does not keep the database from being looked at."""
    from hub import doctor
    from hub.settings import load_settings

    try:
        assembly = session.assembly()
    except Exception as error:  # noqa: BLE001 - told, in its own words
        told = list(_explained("configuration", error))
    else:
        entities = ", ".join(one.entity for one in assembly.mappings)
        shown = f"{assembly.settings.file}: {entities}"
        return assembly.settings, assembly, [doctor.well("configuration", shown)]
    from hub.yamlfile import FileProblems

    try:
        return load_settings(session.config), None, told
    except FileProblems:
        return None, None, told


def _of_hub(settings: Settings, assembly: Assembly | None) -> Iterator[Symptom]:
    from hub import doctor
    from hub.settings.exposure import exposed

    at = datetime.now(UTC)
    yield from _guarded("rights", lambda: (doctor.Symptom(doctor.HUB, one) for one in exposed(settings)))
    yield from _guarded("daemon", lambda: _said_by_daemon(settings))
    file = doctor.database_file(settings)
    if file is not None and not file.exists():
        todo = "the first `hub sync` or `hub run` makes it; if there was one, put it back: `hub restore`"
        yield doctor.waits("database", f"there is no {file}", todo)
        return
    if file is not None:
        for what, look in (("disk", doctor.disk), ("integrity", doctor.integrity), ("lock", doctor.writable)):
            yield from _guarded(what, partial(look, file))
    yield from _guarded("database", lambda: _of_store(settings, assembly, at))


def _of_store(settings: Settings, assembly: Assembly | None, at: datetime) -> Iterator[Symptom]:
    from hub import doctor
    from hub.store import Store

    store = Store(settings.database)
    try:
        tables = list(_guarded("database", lambda: _answers(store)))
        yield from tables
        if any(one.finding.level == "error" for one in tables):
            return
        looks: list[tuple[str, Look]] = [
            ("tables", lambda: doctor.revision(store)),
            ("daemon", lambda: doctor.daemon(store)),
            ("recovering", lambda: doctor.recovering(store)),
            ("brakes", lambda: doctor.brakes_held(store)),
            ("waiting", lambda: doctor.waiting(store, at)),
            ("clocks", lambda: doctor.clock_offsets(store)),
            ("backup", lambda: doctor.backup(store, at)),
            ("journal", lambda: doctor.journal(store, at)),
        ]
        if assembly is not None:
            mappings = assembly.mappings
            looks += [
                ("approval", lambda: doctor.approvals(store, mappings)),
                ("routes", lambda: doctor.routes(store, settings, mappings, at)),
            ]
        for what, look in looks:
            yield from _guarded(what, look)
    finally:
        store.close()


def _answers(store: Store) -> Iterator[Symptom]:
    from hub import doctor

    with store.reading() as connection:
        connection.exec_driver_sql("SELECT COUNT(*) FROM holder").scalar()
    yield doctor.well("database", store.shown_url)


def _said_by_daemon(settings: Settings) -> Iterator[Symptom]:
    """What a running daemon itself complains of: it may know what nobody else sees (a lock, a full disk)."""
    import requests

    from hub import doctor

    http = settings.http
    if not http.enabled:
        return
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(http.host, http.host)
    try:
        answer = requests.get(f"http://{host}:{http.port}/healthz", timeout=5)
        health = answer.json()
        reasons = [str(one) for one in health["reasons"]]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return
    for reason in reasons:
        yield doctor.wrong("the daemon says", reason, "mend that; it goes on by itself", 1)


def _systems(session: Session, assembly: Assembly) -> Iterator[Symptom]:
    """What `hub check` finds of each system."""
    for name in assembly.systems:
        with session.err.status(f"looking at {name}"):
            yield from _guarded("check", partial(_checked, assembly, name), name)


def _checked(assembly: Assembly, name: str) -> Iterator[Symptom]:
    from hub.cli.check import of_system
    from hub.doctor import Symptom

    for owner, finding, code in of_system(assembly, name):
        yield Symptom(owner, finding, code)


def _versions() -> Iterator[Symptom]:
    from hub import __version__, doctor

    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    yield doctor.well(
        "versions",
        f"hub {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}",
    )


def _guarded(what: str, look: Look, system: str = "hub") -> Iterator[Symptom]:
    """A look's findings; one that fails is a finding itself."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - every failure becomes a finding, in its own words
        yield from _explained(what, error, system)


def _explained(what: str, error: Exception, system: str = "hub") -> Iterator[Symptom]:
    from sqlalchemy.exc import DBAPIError

    from hub import doctor
    from hub.redaction import redactor

    if isinstance(error, DBAPIError | sqlite3.Error):
        yield doctor.of_database(error, what)
        return
    failure = failures.explain(error).cleaned(redactor.clean)
    for problem in failure.problems:
        message = redactor.clean(f"{problem.file}:{problem.line}:{problem.column}: {problem.message}")
        yield doctor.wrong(what, message, redactor.clean(problem.suggestion), failure.code, system)
    if not failure.problems:
        message = f"{failure.what}: {failure.why}" if failure.why else failure.what
        yield doctor.wrong(
            what, message, failure.todo, failure.code if failure.code in (1, 2, 3) else 2, system
        )


def _screens(found: list[Symptom]) -> list[Any]:
    rows = [
        (one.system, one.finding.what, screen.plain(one.finding.level, screen.COLOURS[one.finding.level]),
         one.finding.message, one.finding.todo)
        for one in found
    ]  # fmt: skip
    todo = sum(one.code != DONE for one in found)
    warnings = sum(one.code == DONE and one.finding.level == "warning" for one in found)
    if todo:
        last = screen.plain(f"{screen.count(todo, 'thing')} to see to, the worst first.", "red")
    elif warnings:
        last = screen.plain(f"Well; {screen.count(warnings, 'thing')} worth knowing.", "yellow")
    else:
        last = screen.plain("All is well.", "green")
    columns = ("System", "What", "State", "Found", "What to do")
    return [screen.table("Doctor", columns, rows), screen.plain(""), last]
