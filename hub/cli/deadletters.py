"""`hub deadletters`: writes a system refused, and another try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen, shapes
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, Session, command, group

if TYPE_CHECKING:
    from hub.store.listing import DeadLetter


def register(app: typer.Typer) -> None:
    found = typer.Typer(help="See and retry the writes that a system refused.", invoke_without_command=True)
    found.callback()(group(list_))
    found.command("list")(command(list_))
    found.command("retry")(command(retry))
    app.add_typer(found, name="deadletters")


def list_(session: Session) -> int:
    """List the writes that a system refused, with its reason and what to do."""
    from hub.store import listing

    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        found = listing.dead_letters(connection)
    session.show({"dead_letters": [shapes.dead_letter(one) for one in found]}, *_screens(found))
    return DONE


def retry(
    session: Session,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="Their numbers.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> int:
    """Have refused writes tried again at the next sync. One whose record changes is tried again by itself."""
    from hub import decisions
    from hub.store import listing

    if bool(numbers) == everything:
        raise WrongUse("say which to retry: their numbers, or --all", "`hub deadletters list` shows them.")
    with session.assembly() as assembly:
        with assembly.open_store().reading() as connection:
            known = {letter.id for letter in listing.dead_letters(connection)}
        wanted = sorted(known if everything else set(numbers or ()))
        unknown = [str(number) for number in wanted if number not in known]
        if unknown:
            raise WrongUse(
                f"there is no refused write {', '.join(unknown)}; nothing was changed",
                "`hub deadletters list` shows them.",
            )
        count = decisions.retry(assembly.engine(), wanted)
    session.show(
        {"retried": wanted, "count": count},
        screen.plain(f"{screen.count(count, 'write')} will be tried again by the next `hub sync`."),
    )
    return DONE


def _screens(found: list[DeadLetter]) -> list[Any]:
    if not found:
        return [screen.plain("No write was refused.", "green")]
    rows = [
        (one.id, f"{one.entity} {one.title}", one.external_id or "(new)", one.system, _what(one), one.todo)
        for one in found
    ]
    columns = ("ID", "Record", "Its id there", "System", "Refused because", "What to do")
    return [
        screen.table("Refused writes", columns, rows, right=("ID",)),
        screen.plain(""),
        screen.plain("Try one again: hub deadletters retry ID (or --all)"),
    ]


def _what(found: DeadLetter) -> str:
    return f"{found.field}: {found.reason}" if found.field else found.reason
