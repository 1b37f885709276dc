"""`hub journal` and `hub undo`: every field the hub ever changed, and the way back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import names, screen, shapes
from hub.cli.conflicts import CARRIED_OUT
from hub.cli.failures import WrongUse
from hub.cli.reading import Reader
from hub.cli.session import DONE, WAITING, Session, command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.decisions import Undone
    from hub.store.listing import Change


def register(app: typer.Typer) -> None:
    app.command("journal")(command(journal))
    app.command("undo")(command(undo))


def journal(
    session: Session,
    record: Annotated[
        str | None, typer.Option(help="Words of a record, its id, or its id in a system.", metavar="TEXT")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="Only what changed in this system.", metavar="SYSTEM")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="A date (2026-01-31), a date and time, or an age: 45min, 2h, 3d.", metavar="WHEN"),
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run.", metavar="N")] = None,
    limit: Annotated[int, typer.Option(help="At most so many lines; 0: all.", min=0, metavar="N")] = 50,
) -> int:
    """Show what was changed, where, when, from what to what, newest first."""

    moment = start(since, datetime.now().astimezone()) if since else None
    with session.assembly() as assembly:
        names.systems(assembly, [system] if system else None)
        with assembly.open_store().reading() as connection:
            wanted = {"system": system, "run": run, "since": moment}
            found, more = _changes(connection, record, wanted, limit)
            screens = _screens(found, more, Reader(assembly.mappings, connection))
    session.show({"changes": [shapes.change(one) for one in found], "more": more}, *screens)
    return DONE


def undo(
    session: Session,
    number: Annotated[
        int | None, typer.Argument(metavar="[CHANGE]", help="A change's number in the journal.")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Every change of this run.", metavar="N")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where the field was changed again since.")
    ] = False,
) -> int:
    """Put back what a change, or a whole run, replaced. The systems follow at the next sync.

    Exit code 1 if something could not be put back.
    """
    from hub import decisions
    from hub.store import listing

    if (number is None) == (run is None):
        raise WrongUse("say what to undo: a change's number, or --run N", "`hub journal` shows both.")
    with session.assembly() as assembly:
        with assembly.open_store().reading() as connection:
            changes = listing.changes(connection, change_id=number, run=run)
        if not changes:
            what = f"change {number}" if run is None else f"change of run {run}"
            raise WrongUse(
                f"there is no {what} in the journal", "`hub journal` shows the changes and their runs."
            )
        if run is not None:
            # What a run wrote to the systems follows from what it agreed on, so only the latter is undone.
            changes = [one for one in changes if one.kind in decisions.GOLDEN_KINDS]
        results = decisions.undo(assembly.engine(), changes, force=force)
        with assembly.open_store().reading() as connection:
            screens = _undone(results, run, Reader(assembly.mappings, connection))
    session.show({"undone": [shapes.undone(one) for one in results]}, *screens)
    return DONE if all(one.done for one in results) else WAITING


def start(text: str, now: datetime) -> str:
    """A date, a time or an age as the store's own kind of time. `now` is aware; dates are its clock's."""
    age = re.fullmatch(r"(\d{1,9})\s*(min|h|d)", text.strip())
    try:
        if age:
            unit = {"min": "minutes", "h": "hours", "d": "days"}[age[2]]
            moment = now - timedelta(**{unit: int(age[1])})
        else:
            moment = datetime.fromisoformat(text.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        raise WrongUse(
            f"--since does not understand {text!r}",
            "Give 2026-01-31, 2026-01-31T14:00, or an age: 45min, 2h, 3d.",
        ) from None


def _changes(
    connection: Connection, record: str | None, wanted: dict[str, Any], limit: int
) -> tuple[list[Change], bool]:
    """The lines asked for, and whether there are more of them."""
    from hub.store import listing

    asked = limit + 1 if limit else None
    if record is None:
        found = listing.changes(connection, **wanted, limit=asked)
    else:
        ids = [golden_id for golden_id, _, _ in listing.find_golden(connection, record)]
        if not ids:
            raise WrongUse(
                f"no record is known by {record!r}",
                "Give words of its name or e-mail, its id, or its id in a system.",
            )
        found = []
        for golden_id in ids:
            found += listing.changes(connection, golden_id=golden_id, **wanted, limit=asked)
        found.sort(key=lambda one: -one.id)
    return (found[:limit], True) if limit and len(found) > limit else (found, False)


def _screens(found: list[Change], more: bool, read: Reader) -> list[Any]:
    if not found:
        return [screen.plain("The journal holds nothing like that.")]
    rows = [
        (one.id, screen.local(one.at), one.run, f"{one.entity} {one.title}", _what(one),
         _fields(one, read))
        for one in found
    ]  # fmt: skip
    columns = ("ID", "When", "Run", "Record", "What", "Change")
    screens: list[Any] = [screen.table("Journal", columns, rows, right=("ID", "Run"), whole=("When",))]
    if more:
        screens.append(
            screen.plain("There is more: --limit 0 shows all, --record, --system, --since narrow it.")
        )
    return screens


def _what(found: Change) -> str:
    """What happened, on whose word, and where if that was a system."""
    what = f"{found.kind} by {found.cause}" if found.cause else found.kind
    return f"{what} in {found.system}" if found.system else what


def _fields(found: Change, read: Reader) -> str:
    """What a change replaced by what; what was not there before is shown alone, an emptiness not at all."""
    lines: list[str] = []
    for name, after in found.after.items():
        shown = _shown(found, name, after, read)
        if name in found.before:
            lines.append(
                f"{_name(name)}: {screen.becomes(_shown(found, name, found.before[name], read), shown)}"
            )
        elif after is not None:
            lines.append(f"{_name(name)}: {shown}")
    return "\n".join(lines)


def _shown(found: Change, name: str, value: Any, read: Reader) -> str:
    """A value of the journal: agreed ones are canonical, a system's are its own."""
    return screen.value(value) if found.system else read(found.entity, name, value)


def _name(name: str) -> str:
    return name.strip("_")


def _undone(results: list[Undone], run: int | None, read: Reader) -> list[Any]:
    if not results:
        return [screen.plain(f"Run {run} changed no record, so there is nothing to put back.")]
    rows = [
        (one.change.id, f"{one.change.entity} {one.change.title}",
         _back(one.change, read) if one.done else _left(one),
         screen.plain("put back", "green") if one.done else screen.plain("left", "yellow"))
        for one in results
    ]  # fmt: skip
    screens: list[Any] = [
        screen.table("Undo", ("Change", "Record", "What", "Result"), rows, right=("Change",))
    ]
    if any(one.done for one in results):
        screens += [screen.plain(""), screen.plain(f"Decided. {CARRIED_OUT}")]
    return screens


def _left(found: Undone) -> str:
    if found.reason == found.change.kind:
        return f"what was {found.change.kind} is not taken back; archive the record where it should not be"
    return found.reason


def _back(found: Change, read: Reader) -> str:
    lines = []
    for name, after in found.after.items():
        now, then = _shown(found, name, after, read), _shown(found, name, found.before.get(name), read)
        lines.append(f"{_name(name)}: {screen.becomes(now, then)}")
    return "\n".join(lines)
