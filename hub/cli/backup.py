"""`hub backup` and `hub restore`: all the hub knows, into one file and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, Session, command

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.backup import Manifest
    from hub.store import Store

CheckFlag = Annotated[
    bool, typer.Option("--check", help="Only look whether FILE is a whole backup; change nothing.")
]


def register(app: typer.Typer) -> None:
    app.command("backup")(command(backup))
    app.command("restore")(command(restore))


def backup(
    session: Session,
    where: Annotated[Path, typer.Argument(metavar="FILE", help="A file, or a folder for a dated name.")],
    keep: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Of the backups in the folder, keep the newest N."),
    ] = None,
    check: CheckFlag = False,
) -> int:
    """Write all the hub knows into one file, while the daemon runs; readable by you alone."""
    from hub import backup as backups

    with in_words():
        if check:
            return _checked(session, where)
        with session.assembly() as assembly:
            made = backups.backup(assembly.open_store(), where, keep)
    data = {"file": str(made.file), **made.manifest.as_json(), "pruned": [str(one) for one in made.pruned]}
    session.show(
        data,
        screen.plain(f"{screen.count(made.manifest.rows, 'row')} are in {made.file}."),
        *(screen.plain(f"Removed {one}.") for one in made.pruned),
    )
    return DONE


def restore(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `hub backup` made.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Set what the database holds now aside as a backup first.")
    ] = False,
    check: CheckFlag = False,
) -> int:
    """Put a backup in the place of the hub's database; the systems stay as they are. A sync catches up."""
    from hub import backup as backups
    from hub.clock import now

    with in_words():
        if check:
            return _checked(session, file)
        backups.check(file)
        with session.assembly() as assembly, _database(session, assembly, replace) as store:
            manifest, aside = backups.restore(store, file, routes(assembly), replace, at=now())
    told = [screen.plain(f"Restored what the hub knew on {screen.local(manifest.at)}.")]
    if aside is not None:
        told.append(screen.plain(f"What it knew until now is in {aside}."))
    told.append(
        screen.plain(
            "`hub plan` shows what the next `hub sync` does. It reads every system whole first, and creates "
            "nothing before it has."
        )
    )
    data = {"file": str(file), **manifest.as_json(), "set_aside": str(aside) if aside else None}
    session.show(data, *told)
    return DONE


@contextmanager
def in_words() -> Iterator[None]:
    """A backup that cannot be made or used, as a wrong use of the command."""
    from hub.backup import BackupError

    try:
        yield
    except BackupError as problem:
        raise WrongUse(problem.what, problem.todo) from problem


@contextmanager
def alone(store: Store) -> Iterator[Store]:
    """The database, with nobody else at work on it. Raises `Held`."""
    from hub.store.holders import Holder

    with Holder(store, ("daemon", "worker")):
        yield store


def routes(assembly: Assembly) -> dict[str, list[str]]:
    """Every entity with the systems it is kept in."""
    return {
        mapping.entity: [name for name, one in mapping.systems.items() if one.direction != "off"]
        for mapping in assembly.mappings
    }


@contextmanager
def _database(session: Session, assembly: Assembly, replace: bool) -> Iterator[Store]:
    """The database to restore into. One that cannot be opened gets another name, if it may be replaced."""
    from sqlalchemy import make_url

    from hub.backup import move_aside
    from hub.clock import now
    from hub.store import StoreError

    try:
        store = assembly.open_store()
    except StoreError as problem:
        url = make_url(assembly.settings.database)
        busy = "locked" in str(problem)
        if not replace or busy or url.get_backend_name() != "sqlite" or not url.database:
            raise
        aside = move_aside(Path(url.database), now())
        session.say(f"The database could not be opened ({problem}); it is now {aside}.")
        store = assembly.open_store()
    with alone(store):
        yield store


def _checked(session: Session, file: Path) -> int:
    from hub import backup as backups

    manifest = backups.check(file)
    session.show({"file": str(file), "ok": True, **manifest.as_json()}, *_screens(file, manifest))
    return DONE


def _screens(file: Path, manifest: Manifest) -> list[Any]:
    rows = [((name,), (proof.rows,)) for name, proof in manifest.tables.items()]
    return [
        screen.counts(str(file), ("Table",), ("Rows",), rows),
        screen.plain(
            f"Whole. Made by hub {manifest.version} on {screen.local(manifest.at)} from {manifest.kind}.",
            "green",
        ),
    ]
