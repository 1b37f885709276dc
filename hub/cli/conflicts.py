"""`hub conflicts`: what two systems disagree on, what was set aside, and a person's word on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import screen, shapes
from hub.cli.reading import Reader
from hub.cli.session import DONE, Session, command, group
from hub.cli.setaside import answer

if TYPE_CHECKING:
    from hub.store.listing import OpenConflict, OpenReview

ANSWERED = ("duplicate", "ambiguous", "vanished")
CARRIED_OUT = "`hub sync` carries it out, or a running daemon by itself."


def register(app: typer.Typer) -> None:
    found = typer.Typer(help="See and settle what waits for a person.", invoke_without_command=True)
    found.callback()(group(list_))
    found.command("list")(command(list_))
    found.command("show")(command(show))
    found.command("resolve")(command(resolve))
    found.command("answer")(command(answer))
    app.add_typer(found, name="conflicts")


def list_(session: Session) -> int:
    """List the open conflicts, and the records and fields that were set aside, with what to do."""
    from hub.store import listing

    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        conflicts, reviews = listing.conflicts(connection), listing.reviews(connection)
        screens = _list_screens(conflicts, reviews, Reader(assembly.mappings, connection))
    data = {
        "conflicts": [shapes.conflict(one) for one in conflicts],
        "reviews": [shapes.review(one) for one in reviews],
    }
    session.show(data, *screens)
    return DONE


def show(
    session: Session, number: Annotated[int, typer.Argument(metavar="ID", help="The conflict's number.")]
) -> int:
    """Show one conflict: every side's value, when it was typed, and how to settle it."""
    from hub.decisions import DecisionError
    from hub.store import listing

    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        found = listing.conflicts(connection, number)
        if not found:
            raise DecisionError(f"there is no conflict {number}; `hub conflicts list` shows the open ones")
        screens = _one(found[0], Reader(assembly.mappings, connection))
    session.show(shapes.conflict(found[0]), *screens)
    return DONE


def resolve(
    session: Session,
    number: Annotated[int, typer.Argument(metavar="ID", help="The conflict's number.")],
    take: Annotated[str | None, typer.Option(help="The side whose value stands.", metavar="SYSTEM")] = None,
    value: Annotated[
        str | None, typer.Option(help="The value that stands, as one would type it.", metavar="TEXT")
    ] = None,
) -> int:
    """Settle a conflict with one side's value, or with another. An empty --value empties the field."""
    from hub import decisions
    from hub.store import history, listing

    with session.assembly() as assembly:
        store = assembly.open_store()
        decisions.resolve(assembly.engine(), number, take=take, value=value)
        with store.reading() as connection:
            settled = listing.conflicts(connection, number)[0]
            chosen = history.changes(connection, history.Filter(records=[settled.golden_id]), 50)
            after = next(
                c.after[settled.field] for c in chosen if c.kind == "resolved" and settled.field in c.after
            )
            shown = Reader(assembly.mappings, connection)(settled.entity, settled.field, after)
    text = f"Conflict {number} is settled: {settled.field} of {settled.entity} {settled.title} is {shown}."
    session.show(
        {"conflict": shapes.conflict(settled), "value": after}, screen.plain(text), screen.plain(CARRIED_OUT)
    )
    return DONE


def tables(conflicts: Sequence[OpenConflict], reviews: Sequence[OpenReview], read: Reader) -> list[Any]:
    """Conflicts in one table, what was set aside in a second; neither where there is none."""
    found: list[Any] = []
    if conflicts:
        rows = [
            (one.id, f"{one.entity} {one.title}", one.field, _sides(one, read), screen.local(one.opened_at))
            for one in conflicts
        ]
        found.append(
            screen.table("Conflicts", ("ID", "Record", "Field", "Sides", "Since"), rows, right=("ID",))
        )
    if reviews:
        if found:
            found.append(screen.plain(""))
        rows_ = [
            (
                one.id,
                f"{one.entity} {one.place or one.external_id} in {one.system}",
                one.kind,
                one.reason,
                one.todo,
            )
            for one in reviews
        ]
        columns = ("ID", "Record", "Kind", "Why", "What to do")
        found.append(screen.table("Set aside", columns, rows_, right=("ID",)))
    return found


def _list_screens(conflicts: list[OpenConflict], reviews: list[OpenReview], read: Reader) -> list[Any]:
    found = tables(conflicts, reviews, read)
    if not found:
        return [screen.plain("No conflict is open, and nothing was set aside.", "green")]
    if conflicts:
        found += [
            screen.plain(""),
            screen.plain("Settle one: hub conflicts resolve ID --take SYSTEM (or --value TEXT)"),
        ]
    if any(review.kind in ANSWERED for review in reviews):
        found += [
            screen.plain(""),
            screen.plain("Set aside: hub conflicts answer ID same|different, or archive|bring-back if gone"),
        ]
    return found


def _sides(found: OpenConflict, read: Reader) -> str:
    return "\n".join(
        f"{side.system}: {read(found.entity, found.field, side.value)}" for side in found.candidates
    )


def _one(found: OpenConflict, read: Reader) -> list[Any]:
    title = f"Conflict {found.id}: {found.field} of {found.entity} {found.title}"
    rows = [
        (side.system, read(found.entity, found.field, side.value), screen.local(side.at))
        for side in found.candidates
    ]
    state = f"settled on {screen.local(found.closed_at)}" if found.closed_at else "open"
    screens: list[Any] = [
        screen.table(title, ("Side", "Value", "Known since"), rows),
        screen.plain(""),
        screen.plain(f"Record {found.golden_id}, {state}, found on {screen.local(found.opened_at)}."),
    ]
    if not found.closed_at:
        screens += [
            screen.plain(f"hub conflicts resolve {found.id} --take {side.system}")
            for side in found.candidates
        ]
        screens.append(screen.plain(f"hub conflicts resolve {found.id} --value TEXT"))
    return screens
