"""`hub sage probe`: what a Sage holds, before going live; drafts a mapping of it and writes nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import check, screen, shapes
from hub.cli.failures import WrongUse
from hub.cli.session import DONE, WAITING, Session

if TYPE_CHECKING:
    from connectors.assembly import Assembly
    from connectors.sage.probing import Looked, Probe, Seen
    from hub.ports import Finding


def probe(
    session: Session,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="A Sage of hub.yaml.")],
    object: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this table, publication or kind of file; may be repeated. Default: those known.",
            metavar="OBJECT",
        ),
    ] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Show values as they stand, not only their shape.")
    ] = False,
    draft: Annotated[
        Path | None,
        typer.Option(help="Write a first mapping of the one --object into this file.", metavar="FILE"),
    ] = None,
) -> int:
    """Look at a Sage before anything is trusted to it: counts, columns, lengths, dates, encodings.

    Says too which fields of the mappings it has and which it has not. Values are shown by their shape
    (Xxx 99) unless --samples is given. Writes nothing but the draft. Exit code 1 if a mapping names what is
    not there.
    """
    from connectors.sage.probing import looked

    with session.assembly(unmapped=True) as assembly:
        opened = _opened(assembly, system)
        try:
            with session.err.status(f"looking at {system}"):
                names = list(object or opened.objects())
                if draft is not None:
                    _check_draft(draft, names)
                found = [looked(opened, name) for name in names]
                checked = [one for _, one, _ in check.of_system(assembly, system)]
        finally:
            opened.close()
    text = _draft(system, found[0]) if draft is not None else ""
    if draft is not None:
        _write(draft, text)
    session.show(_json(system, found, checked, samples, draft), *_screens(found, checked, samples, draft))
    return WAITING if any(one.level == "error" for one in checked) else DONE


def _opened(assembly: Assembly, system: str) -> Probe:
    from connectors.sage.probes import opened

    settings = assembly.systems.get(system)
    found = opened(system, settings, assembly.views(system)) if settings is not None else None
    if found is None:
        known = [name for name, one in assembly.settings.systems.items() if one.kind == "sage"]
        raise WrongUse(f"there is no Sage called {system}", f"It is one of: {', '.join(known) or '(none)'}.")
    return found


def _check_draft(file: Path, names: list[str]) -> None:
    if len(names) != 1:
        what = f"a draft is of one object, and these are {len(names)}"
        raise WrongUse(what, f"Give --object one of: {', '.join(names) or '(none is known: name it)'}.")
    if file.exists():
        raise WrongUse(f"{file} is there already; nothing was written", "Name another file for --draft.")


def _draft(system: str, found: Looked) -> str:
    from connectors.sage.drafting import draft

    return draft(system, found)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise WrongUse(f"{file} cannot be written: {problem.strerror}", "Name another file.") from None


def _shown(value: Any, column: Seen, samples: bool) -> str:
    from connectors.sage.probing import masked

    plain = samples or column.column.kind in ("number", "date", "boolean")
    return screen.value(value) if plain else masked(value)


def _json(
    system: str, found: list[Looked], checked: list[Finding], samples: bool, draft: Path | None
) -> dict[str, Any]:
    return {
        "system": system,
        "draft": str(draft) if draft is not None else None,
        "objects": [
            {
                "object": one.object, "count": one.count, "looked_at": len(one.rows), "key": one.key,
                "notes": one.notes, "columns": [_column(column, samples) for column in one.columns],
            }
            for one in found
        ],
        "mapped": [shapes.finding(system, one) for one in checked],
    }  # fmt: skip


def _column(seen: Seen, samples: bool) -> dict[str, Any]:
    one = seen.column
    return {
        "name": one.name, "place": one.place, "kind": one.kind, "type": one.type, "length": one.length,
        "looked_at": seen.looked_at, "filled": seen.filled, "widest": seen.widest, "least": seen.least,
        "most": seen.most, "examples": [_shown(value, seen, samples) for value in seen.examples],
    }  # fmt: skip


def _screens(found: list[Looked], checked: list[Finding], samples: bool, draft: Path | None) -> list[Any]:
    shown: list[Any] = []
    for one in found:
        count = "?" if one.count is None else f"{one.count:,}"
        rows = [_cells(column, samples) for column in one.columns if column.filled or not column.looked_at]
        columns = ("Column", "Type", "Length", "Filled", "Widest", "From … to, or values")
        shown.append(screen.table(f"{one.object}: {count} records", columns, rows, right=columns[2:5]))
        shown += [screen.plain(note, "dim") for note in one.notes]
        empty = [column.column.name for column in one.columns if column.looked_at and not column.filled]
        if empty:
            shown.append(screen.plain(f"Empty in the {len(one.rows):,} looked at: {', '.join(empty)}", "dim"))
        shown.append(screen.plain(""))
    rows = [(o.what, screen.plain(o.level, screen.COLOURS[o.level]), o.message, o.todo) for o in checked]
    shown.append(screen.table("What the mappings name", ("What", "State", "Found", "What to do"), rows))
    if draft is not None:
        shown.append(screen.plain(f"Drafted: {draft}. Read it, then put it among your mappings.", "green"))
    return shown


def _cells(seen: Seen, samples: bool) -> tuple[Any, ...]:
    one = seen.column
    name = f"{one.place}.{one.name}" if one.place else one.name
    said = ", ".join(dict.fromkeys(_shown(value, seen, samples) for value in seen.examples))
    if seen.least is not None and one.kind in ("number", "date"):
        said = f"{seen.least} … {seen.most}"
    length = str(one.length) if one.length else ""
    filled = f"{seen.filled} of {seen.looked_at}" if seen.looked_at else "?"
    return name, one.type or one.kind, length, filled, seen.widest or "", said
