"""`hub status`: how every route stands, what waits for a person, who is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from hub.cli import failures, screen, shapes, waiting
from hub.cli.session import DONE, UNREACHED, WAITING, Session, command

if TYPE_CHECKING:
    from hub.brakes import Held
    from hub.store import Store
    from hub.store.holders import Holding
    from hub.store.listing import Route


def register(app: typer.Typer) -> None:
    app.command("status")(command(status))


def status(session: Session) -> int:
    """Show how every entity and system stands, what waits for a person, and who is at work.

    Exit code 1 if something waits for a person, 3 if the last read of a system failed.
    """
    from hub.clocks import TODO, notable
    from hub.store import brakes, clocks, holders, listing

    with session.assembly() as assembly:
        store = assembly.open_store()
        with store.reading() as connection:
            routes = listing.routes(connection)
            left = waiting.of_store(connection)
            runs = listing.runs(connection, 1)
            holding = brakes.held(connection)
            offsets = clocks.offsets(connection)
        held = [one for one in holders.holdings(store) if holders.is_alive(one)]
    data = {
        "database": store.shown_url,
        "routes": [shapes.route(route) for route in routes],
        "brakes": [shapes.brake(one) for one in holding],
        "waiting": left.as_json(),
        "last_run": _run(runs[0]) if runs else None,
        "clocks": {one.system: round(one.seconds, 1) for one in offsets},
        "at_work": [{"role": one.role, "name": one.name} for one in held],
    }
    wrong = [screen.notice(one.system, said, TODO) for one in offsets if (said := notable(one))]
    session.show(data, *wrong, *_screens(store, routes, holding, left, held, data["last_run"]))
    failed = UNREACHED if any(route.error for route in routes) else DONE
    return failures.worst([failed, WAITING if left else DONE])


def _run(found: Any) -> dict[str, Any]:
    return {"id": found.id, "kind": found.kind, "started_at": found.started_at, "ended_at": found.ended_at}


def _screens(
    store: Store,
    routes: list[Route],
    brakes: list[Held],
    left: waiting.Waiting,
    held: list[Holding],
    run: Any,
) -> list[Any]:
    from hub.store import holders

    rows = [
        ((route.entity, route.system, screen.ago(route.pulled_at), _state(route)),
         (route.records, route.due, route.sent, route.dead))
        for route in routes
    ]  # fmt: skip
    names, columns = (
        ("Entity", "System", "Last read", "State"),
        ("Records", "To write", "Handed over", "Refused"),
    )
    found: list[Any] = [
        screen.counts("Routes", names, columns, rows)
        if rows
        else screen.plain("Nothing has been synchronised yet. `hub plan` shows what `hub sync` would do.")
    ]
    found += [
        screen.notice(f"{route.system}, {route.entity}", route.error) for route in routes if route.error
    ]
    found += [
        screen.notice(f"{one.where} stopped by a brake {screen.ago(one.since)}", one.reason, one.todo)
        for one in brakes
    ]
    found += [screen.plain("")]
    found += [screen.plain(f"{one.role}: {holders.describe(one.name)}") for one in held]
    if run:
        found.append(screen.plain(f"last run: {run['kind']} {run['id']}, {screen.local(run['started_at'])}"))
    found.append(screen.plain(f"database: {store.shown_url}"))
    found += [screen.plain(line, "yellow") for line in left.lines()] or [
        screen.plain("Nothing waits for a person.", "green")
    ]
    return found


def _state(route: Route) -> Any:
    if route.brake:
        return screen.plain("stopped", "red")
    if route.error:
        return screen.plain("failed", "red")
    return screen.plain("ok", "green") if route.pulled_at else screen.plain("not read yet")
