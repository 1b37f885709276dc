"""`hub deadletters`: writes a system refused, why, and what a person may do about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import letters, names, screen, shapes
from hub.cli.conflicts import CARRIED_OUT
from hub.cli.failures import WrongUse
from hub.cli.reading import Reader
from hub.cli.session import DONE, Session, command, group

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from hub.store.listing import DeadLetter

Number = Annotated[int, typer.Argument(metavar="ID", help="Its number in `hub deadletters list`.")]
EntityFlag = Annotated[str | None, typer.Option(help="Only this kind of record.", metavar="ENTITY")]
SystemFlag = Annotated[str | None, typer.Option(help="Only those of this system.", metavar="SYSTEM")]


def register(app: typer.Typer) -> None:
    about = "See the writes that a system refused, correct them, have them tried again, or let them be."
    found = typer.Typer(help=about, invoke_without_command=True)
    found.callback()(group(list_))
    found.command("list")(command(list_))
    found.command("show")(command(show))
    found.command("edit")(command(edit))
    found.command("retry")(command(retry))
    found.command("discard")(command(discard))
    app.add_typer(found, name="deadletters")


def list_(
    session: Session,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="Those that a person discarded, instead.")
    ] = False,
    entity: EntityFlag = None,
    system: SystemFlag = None,
) -> int:
    """List the writes that a system refused, with its reason and what to do."""
    with session.assembly() as assembly:
        found = _listed(assembly, discarded, entity, system)
    session.show(
        {"dead_letters": [shapes.dead_letter(one) for one in found]}, *letters.listed(found, discarded)
    )
    return DONE


def show(session: Session, number: Number) -> int:
    """Show all about one: what was to be written, what the record holds now, what happened to it."""
    from hub import deadletters
    from hub.store import history

    with session.assembly() as assembly:
        store, engine = assembly.open_store(), assembly.engine()
        with store.reading() as connection:
            (letter,) = deadletters.find(connection, [number])
        now, agreed = deadletters.holding(engine, letter), deadletters.agreed(engine, letter)
        mapping = engine.mapping(letter.entity)
        field = deadletters.field_of(mapping, letter)
        with store.reading() as connection:
            wanted = history.Filter(records=[letter.golden_id])
            changes = history.changes(connection, wanted, letters.LINES + 1)
            found = letters.Shown(letter, field, now, agreed, changes[: letters.LINES])
            screens = letters.one(
                found, Reader(assembly.mappings, connection), more=len(changes) > letters.LINES
            )
    data = {
        "dead_letter": shapes.dead_letter(letter),
        "field": field,
        "now": {"values": dict(now.values), "problem": now.problem},
        "agreed": agreed,
        "journal": [shapes.change(change) for change in found.changes],
    }
    session.show(data, *screens)
    return DONE


def edit(
    session: Session,
    number: Number,
    said: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE…", help="Fields of the agreed record, as one types them."),
    ],
) -> int:
    """Correct the agreed record: every system follows. FIELD= empties a field."""
    from hub import deadletters

    wanted = _fields(said)
    with session.assembly() as assembly:
        store, engine = assembly.open_store(), assembly.engine()
        with store.reading() as connection:
            (letter,) = deadletters.find(connection, [number])
        corrections = deadletters.edit(engine, number, wanted)
        with store.reading() as connection:
            read = Reader(assembly.mappings, connection)
            shown = [
                (one.field, *(read(letter.entity, one.field, value) for value in (one.before, one.after)))
                for one in corrections
            ]
            lines = [
                f"{field} of {letter.entity} {letter.title}: {screen.becomes(before, after)}"
                for field, before, after in shown
            ]
    changed = [{"field": one.field, "before": one.before, "after": one.after} for one in corrections]
    session.show(
        {"dead_letter": shapes.dead_letter(letter), "corrected": changed},
        *map(screen.plain, lines),
        screen.plain(CARRIED_OUT),
    )
    return DONE


def retry(
    session: Session,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="Their numbers.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    entity: EntityFlag = None,
    system: SystemFlag = None,
) -> int:
    """Have refused writes tried again at the next sync. One whose record changes is tried again by itself."""
    from hub import deadletters

    if bool(numbers) == everything:
        raise WrongUse("say which to retry: their numbers, or --all", "`hub deadletters list` shows them.")
    if numbers and (entity or system):
        raise WrongUse("--entity and --system narrow --all; numbers say for themselves which")
    with session.assembly() as assembly:
        wanted = sorted(
            {one.id for one in _listed(assembly, False, entity, system)} if everything else set(numbers or ())
        )
        found = deadletters.retry(assembly.engine(), wanted)
    session.show(
        {"retried": wanted, "count": len(found)},
        screen.plain(f"{screen.count(len(found), 'write')} will be tried again by the next `hub sync`."),
    )
    return DONE


def discard(
    session: Session,
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", help="Their numbers.")],
    reason: Annotated[str, typer.Option(help="Why, for the journal.", metavar="TEXT")] = "",
) -> int:
    """Say that these shall not be written, until their record, or the mapping, says something else."""
    from hub import deadletters

    with session.assembly() as assembly:
        found = deadletters.discard(assembly.engine(), sorted(set(numbers)), reason.strip())
    text = f"{screen.count(len(found), 'write')} discarded: {letters.named(found)}." if found else (
        "They were discarded before."
    )  # fmt: skip
    session.show(
        {"discarded": [one.id for one in found], "count": len(found), "reason": reason.strip()},
        screen.plain(text),
        screen.plain(
            "`hub deadletters list --discarded` shows them, `hub deadletters retry ID` takes one back."
        ),
    )
    return DONE


def _listed(assembly: Assembly, discarded: bool, entity: str | None, system: str | None) -> list[DeadLetter]:
    from hub.store import listing

    names.entities(assembly, [entity] if entity is not None else None)
    names.systems(assembly, [system] if system is not None else None)
    states = ("discarded",) if discarded else ("dead",)
    with assembly.open_store().reading() as connection:
        return listing.dead_letters(connection, states=states, entity=entity, system=system)


def _fields(said: Sequence[str]) -> Mapping[str, str]:
    """``FIELD=VALUE`` as typed; only the first ``=`` parts them."""
    found: dict[str, str] = {}
    for text in said:
        name, parted, value = text.partition("=")
        name = name.strip()
        if not parted or not name:
            raise WrongUse(
                f"{text!r} is not FIELD=VALUE", "For example: hub deadletters edit 4 email=a@b.example"
            )
        if name in found:
            raise WrongUse(f"{name} is given twice")
        found[name] = value
    return found
