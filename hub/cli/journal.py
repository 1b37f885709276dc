"""`hub journal`: every field the hub ever changed, where, when, on whose word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import names, screen, shapes
from hub.cli.failures import WrongUse
from hub.cli.reading import Reader
from hub.cli.session import DONE, Session, command

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.assembly import Assembly
    from hub.mapping import Mappings
    from hub.store.history import Change

LARGEST = 2**31 - 1
"""The largest number the database takes; no run and no list of lines is as long."""

WAYS = "Give 2026-01-31, 2026-01-31T14:00, or an age: 45min, 2h, 2 days, 6 months."


def register(app: typer.Typer) -> None:
    app.command("journal")(command(journal))


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
        typer.Option(
            help="A date (2026-01-31), a date and time, or an age: 45min, 2h, '2 days'.", metavar="WHEN"
        ),
    ] = None,
    run: Annotated[int | None, typer.Option(help="Only this run.", metavar="N")] = None,
    field: Annotated[
        str | None,
        typer.Option(help="Only this field, or a system's own field of this name.", metavar="FIELD"),
    ] = None,
    entity: Annotated[str | None, typer.Option(help="Only this kind of record.", metavar="ENTITY")] = None,
    limit: Annotated[int, typer.Option(help="At most so many lines; 0: all.", min=0, metavar="N")] = 50,
) -> int:
    """Show what was changed, where, when, on whose word, from what to what, newest first."""
    from hub.store import history

    moment = start(since, datetime.now().astimezone()) if since is not None else None
    limit = min(limit, LARGEST - 1)
    with session.assembly() as assembly, assembly.open_store().reading() as connection:
        wanted = history.Filter(
            records=_records(connection, record), system=_system(assembly, connection, system),
            entity=_entity(assembly, connection, entity),
            run=None if run is None else min(run, LARGEST), since=moment,
            fields=_fields(assembly.mappings, connection, field),
        )  # fmt: skip
        found = history.changes(connection, wanted, limit + 1 if limit else None)
        more = bool(limit) and len(found) > limit
        found = found[:limit] if limit else found
        screens = _screens(found, more, Reader(assembly.mappings, connection))
    session.show({"changes": [shapes.change(one) for one in found], "more": more}, *screens)
    return DONE


def start(text: str, now: datetime) -> str:
    """A date, a time or an age as the store's own kind of time. `now` is aware; dates are its clock's."""
    from hub.settings.ages import read_age

    try:
        moment = read_age(text).before(now)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise WrongUse(f"--since does not understand {text!r}", WAYS) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    try:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError:
        raise WrongUse(f"--since {text!r} is out of the calendar", WAYS) from None


def lines(found: Change, read: Reader) -> str:
    """What a change replaced by what, field by field; what was not there before is shown alone."""
    return "\n".join(_lines(found, read))


def shown(found: Change, name: str, value: Any, read: Reader) -> str:
    """A value of the journal: agreed ones are canonical, a system's are its own."""
    return read(found.entity, name, value) if found.canonical else screen.value(value)


def said(name: str) -> str:
    """A field's name, also of the few that no mapping has."""
    return name.strip("_")


def whose(found: Change) -> str:
    """The record a line is about, and what kind it is."""
    return f"{found.entity} {found.title}".rstrip()


def _records(connection: Connection, text: str | None) -> Sequence[str] | None:
    from hub.store import history

    if text is None:
        return None
    found = history.records(connection, text) if text.strip() else []
    if not found:
        raise WrongUse(
            f"no record is known by {text!r}",
            "Give words of its name or e-mail, its id, or its id in a system.",
        )
    return found


def _system(assembly: Assembly, connection: Connection, name: str | None) -> str | None:
    """A system of the configuration, or one that was connected once and is in the journal."""
    from hub.store import history

    if name is not None and not (name and history.knows(connection, system=name)):
        names.systems(assembly, [name])
    return name


def _entity(assembly: Assembly, connection: Connection, name: str | None) -> str | None:
    from hub.store import history

    if name is not None and not history.knows(connection, entity=name):
        names.entities(assembly, [name])
    return name


def _fields(mappings: Mappings, connection: Connection, name: str | None) -> list[tuple[str, str]]:
    """Where a field is looked for: in the agreed records, and in every system under its own name there."""
    from hub.model import ARCHIVED
    from hub.store import history

    if name is None:
        return []
    if name == said(ARCHIVED):
        name = ARCHIVED
    lenses = [lens for one in mappings for system in one.systems.values() for lens in system.lenses]
    places = {
        (lens.system, native) for lens in lenses for native in lens.natives if name in (lens.name, native)
    }
    places |= {(system, name) for system in mappings.systems} if name == ARCHIVED else set()
    known = {field for one in mappings for field in one.fields}
    if not places and name not in known and not history.names(connection, name):
        natives = {native for lens in lenses for native in lens.natives}
        raise WrongUse(
            f"there is no field {name!r}, and the journal knows none", _meant(name, known | natives)
        )
    return [("", name), *sorted(places)] if places or name in known else _anywhere(mappings, name)


def _anywhere(mappings: Mappings, name: str) -> list[tuple[str, str]]:
    """A field that no mapping has any more: the journal may know it from any place."""
    return [("", name), *((system, name) for system in mappings.systems)]


def _meant(name: str, known: set[str]) -> str:
    from hub.yamlfile import meant

    return meant(name, sorted(known))


def _screens(found: Sequence[Change], more: bool, read: Reader) -> list[Any]:
    if not found:
        return [screen.plain("The journal holds nothing like that.")]
    rows = [
        (one.id, screen.local(one.at), one.run, whose(one), _what(one), lines(one, read)) for one in found
    ]
    columns = ("ID", "When", "Run", "Record", "What", "Change")
    screens: list[Any] = [screen.table("Journal", columns, rows, right=("ID", "Run"), whole=("When",))]
    if more:
        ways = "--record, --system, --field, --entity, --run, --since narrow it"
        screens.append(screen.plain(f"There is more: --limit 0 shows all, {ways}."))
    return screens


def _what(found: Change) -> str:
    """What happened, on whose word, and where if that was a system."""
    kind = "created" if found.made and found.kind != "linked" else found.kind
    what = f"{kind} by {found.cause}" if found.cause else kind
    if found.kind == "created":
        return f"{what} {found.external_id}".rstrip()
    return f"{what} in {found.system} {found.external_id}".rstrip() if found.system else what


def _lines(found: Change, read: Reader) -> Iterator[str]:
    for name in dict.fromkeys((*found.before, *found.after)):
        before = shown(found, name, found.before.get(name), read)
        if name not in found.after:
            yield f"{said(name)}: {before}"
        elif name in found.before:
            yield f"{said(name)}: {screen.becomes(before, shown(found, name, found.after[name], read))}"
        elif found.after[name] is not None:
            yield f"{said(name)}: {shown(found, name, found.after[name], read)}"
