"""`hub undo`: the way back from a change of the journal, from several, or from a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen, shapes
from hub.cli.conflicts import CARRIED_OUT
from hub.cli.failures import WrongUse
from hub.cli.journal import LARGEST, said, whose
from hub.cli.reading import Reader
from hub.cli.session import DONE, WAITING, Session, command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.journal import Undoing
    from hub.store.history import Change
    from hub.undoing import Part, Undone

SEE = "`hub journal` shows the changes and their runs."


def register(app: typer.Typer) -> None:
    app.command("undo")(command(undo))


def undo(
    session: Session,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="CHANGE", help="Numbers of changes in the journal.")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Every change of this run.", metavar="N")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be put back, and change nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also where a newer edit of the field is overruled by it.")
    ] = False,
) -> int:
    """Put back what changes, or a whole run, replaced. The systems follow at the next sync.

    Exit code 1 if something could not be put back.
    """
    from hub import journal

    if bool(numbers) == (run is not None):
        raise WrongUse("say what to undo: numbers of changes, or --run N", "`hub journal` shows both.")
    with session.assembly() as assembly:
        store = assembly.open_store()
        with store.reading() as connection:
            changes = _of_run(connection, run) if run is not None else _numbered(connection, numbers or [])
        found = journal.undo(assembly.engine(), changes, force=force, whole=run is not None, rehearse=plan)
        with store.reading() as connection:
            screens = _screens(found, run, plan, Reader(assembly.mappings, connection))
    data = {"undone": [shapes.undone(one) for one in found.results], "run": found.run}
    if plan:
        data["writes"] = [shapes.planned(write) for write in found.writes]
    session.show(data, *screens)
    return DONE if all(one.done for one in found.results) else WAITING


def _numbered(connection: Connection, numbers: Sequence[int]) -> list[Change]:
    """The changes of these numbers. Raises `WrongUse` if any is not there, and says whether it ever was."""
    from hub.store import history

    last = history.newest(connection)
    if unknown := [one for one in numbers if not 0 < one <= last]:
        raise WrongUse(f"there is no change {_listed(unknown)} in the journal", SEE)
    found = history.changes(connection, history.Filter(ids=list(dict.fromkeys(numbers))))
    if pruned := sorted(set(numbers) - {one.id for one in found}):
        what = "change" if len(pruned) == 1 else "changes"
        raise WrongUse(
            f"{what} {_listed(pruned)} is too old: the journal keeps it no longer",
            "`journal.keep` in hub.yaml says how long. Type the old value in one of the systems instead.",
        )
    return found


def _of_run(connection: Connection, run: int) -> list[Change]:
    """What a run replaced. Raises `WrongUse` if there is no such run."""
    from hub import journal
    from hub.store import history

    known = run <= LARGEST and history.has_run(connection, run)
    found = history.changes(connection, history.Filter(run=run)) if known else []
    if not known:
        raise WrongUse(f"there is no run {run}, or it is too old", SEE)
    return journal.replaced(found)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _screens(found: Undoing, run: int | None, plan: bool, read: Reader) -> list[Any]:
    if not found.results:
        return [screen.plain(f"Run {run} changed no record, so there is nothing to put back.")]
    rows = [row for one in found.results for row in _rows(one, plan, read)]
    columns = ("Change", "Record", "What", "Result")
    title = "Undo, if it were done now" if plan else "Undo"
    screens: list[Any] = [screen.table(title, columns, rows, right=("Change",))]
    if plan and found.writes:
        writes = [(one.system, one.title, _write(one)) for one in found.writes]
        screens += [
            screen.plain(""), screen.table("Then written", ("System", "Record", "Values"), writes)
        ]  # fmt: skip
    if found.run is not None:
        text = f"Decided, as run {found.run}. {CARRIED_OUT} `hub undo --run {found.run}` takes it back."
        screens += [screen.plain(""), screen.plain(text)]
    return screens


def _rows(found: Undone, plan: bool, read: Reader) -> list[tuple[Any, ...]]:
    change = found.change
    done = screen.plain("would be put back" if plan else "put back", "green")
    left = screen.plain("left", "yellow")
    if not found.parts:
        return [(change.id, whose(change), found.reason, left)]
    return [(change.id, whose(change), _part(change, one, read), done if one.done else left)
            for one in found.parts]  # fmt: skip


def _part(change: Change, part: Part, read: Reader) -> str:
    if not part.done:
        return part.reason
    before, after = (read(change.entity, part.field, value) for value in (part.before, part.after))
    text = f"{said(part.field)}: {screen.becomes(before, after)}"
    return f"{text} ({part.reason})" if part.reason else text


def _write(write: Any) -> str:
    becomes = {
        name: screen.change(write.before[name], value) if name in write.before else screen.value(value)
        for name, value in write.values.items()
    }
    return "\n".join(f"{said(name)}: {text}" for name, text in becomes.items())
