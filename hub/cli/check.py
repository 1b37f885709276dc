"""`hub check`: configuration, mappings, database, and every connection with its rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import failures, names, screen, shapes
from hub.cli.session import DONE, WRONG, Session, command

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.ports import Connector, Finding, View

HUB = "hub"
"""The column's word for what is not of a system."""


def register(app: typer.Typer) -> None:
    app.command("check")(command(check))


def check(
    session: Session,
    system: Annotated[
        list[str] | None, typer.Option(help="Only this system; may be repeated.", metavar="SYSTEM")
    ] = None,
) -> int:
    """Check the configuration, the mappings, every connection, and the rights and fields the mappings need.

    Writes to no system. Exit code 0 if there is no error (warnings may stand), 3 if a system could not be
    reached, 1 if a source is damaged, else 2.
    """

    found: list[tuple[str, Finding]] = []
    codes: list[int] = []
    with session.assembly() as assembly:
        chosen = names.systems(assembly, system)
        for owner, finding, code in _everything(session, assembly, chosen):
            found.append((owner, finding))
            codes.append(code)
    worst = failures.worst(codes)
    data = {"ok": worst == DONE, "findings": [shapes.finding(owner, one) for owner, one in found]}
    session.show(data, *_screens(found))
    return worst


def _everything(
    session: Session, assembly: Assembly, chosen: Sequence[str] | None
) -> Iterator[tuple[str, Finding, int]]:
    yield from _own(assembly)
    for name in assembly.systems:
        if chosen is not None and name not in chosen:
            continue
        with session.err.status(f"checking {name}"):
            yield from of_system(assembly, name)


def _own(assembly: Assembly) -> Iterator[tuple[str, Finding, int]]:
    """What concerns the hub itself: it got here, so the files are well."""
    from hub.ports import Finding
    from hub.settings.exposure import exposed
    from hub.store import StoreError

    yield HUB, Finding("ok", "configuration", str(assembly.settings.file)), DONE
    entities = ", ".join(mapping.entity for mapping in assembly.mappings)
    yield HUB, Finding("ok", "mappings", f"{entities} (in {assembly.settings.mappings})"), DONE
    for warning in exposed(assembly.settings):
        yield HUB, warning, DONE
    try:
        store = assembly.open_store()
    except StoreError as problem:
        failure = failures.explain(problem)
        yield HUB, Finding("error", "database", failure.what, failure.todo), failure.code
    else:
        yield HUB, Finding("ok", "database", store.shown_url), DONE


def of_system(assembly: Assembly, name: str) -> Iterator[tuple[str, Finding, int]]:
    """What is found of one system, and the exit code each finding is worth."""
    from hub.markcheck import check_merging
    from hub.ports import ConnectorError, Finding

    if name in assembly.exchange_names:
        yield from _of_exchange(assembly, name)
        return
    views = assembly.views(name)
    try:
        connector = assembly.connect([name])[name]
    except ConnectorError as problem:
        yield name, Finding("error", problem.what, problem.why, problem.todo), failures.code_of(problem)
        return
    found = list(connector.check(views))
    for view in views:
        found += check_merging(connector, view, found)
    code = _code(connector, views) if any(one.level == "error" for one in found) else DONE
    for one in found:
        yield name, one, code if one.level == "error" else DONE
    if not views:
        todo = f"name it under `systems` in a mapping, or take it out of {assembly.settings.file.name}"
        yield name, Finding("warning", "mappings", "no mapping uses this system", todo), DONE


def _of_exchange(assembly: Assembly, name: str) -> Iterator[tuple[str, Finding, int]]:
    """The same of a telephone exchange, which no mapping names."""
    from hub.ports import ConnectorError, Finding

    try:
        found = assembly.exchanges()[name].check()
    except ConnectorError as problem:
        found = [Finding("error", problem.what, problem.why, problem.todo)]
    for one in found:
        yield name, one, WRONG if one.level == "error" else DONE
    calls = assembly.settings.calls
    if calls.desk is None:
        todo = "name an Odoo in `calls.desk` of hub.yaml"
        yield name, Finding("warning", "popups", "nobody is shown who calls", todo), DONE
    elif not calls.extensions and calls.extension_field is None:
        todo = "list `calls.extensions` in hub.yaml, or name `calls.extension_field`"
        yield name, Finding("warning", "telephones", "it is not known whose telephone is whose", todo), DONE


def _code(connector: Connector, views: Sequence[View]) -> int:
    """The exit code for a system that is not well: a read of nothing tells an absent one from a wrong one."""
    from hub.ports import ConnectorError

    try:
        for view in views[:1]:
            connector.read(view, ["0"])
    except ConnectorError as problem:
        return failures.code_of(problem)
    return WRONG


def _screens(found: Sequence[tuple[str, Finding]]) -> list[Any]:
    rows = [
        (owner, one.what, screen.plain(one.level, screen.COLOURS[one.level]), one.message, one.todo)
        for owner, one in found
    ]
    errors = sum(one.level == "error" for _, one in found)
    warnings = sum(one.level == "warning" for _, one in found)
    if errors:
        last = screen.plain(f"{screen.count(errors, 'error')}, {screen.count(warnings, 'warning')}.", "red")
    elif warnings:
        last = screen.plain(f"No error, {screen.count(warnings, 'warning')}.", "yellow")
    else:
        last = screen.plain("All is well. Next: hub plan", "green")
    columns = ("System", "What", "State", "Found", "What to do")
    return [screen.table("Check", columns, rows), screen.plain(""), last]
