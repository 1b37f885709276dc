"""`hub sage`: what a Sage says, before anything is trusted to it. `hub sage read` shows a file of accounting.

Needs no hub.yaml and writes nothing. The file is gone through once, in pieces, so its size does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from hub.cli import screen
from hub.cli.failures import WrongUse
from hub.cli.sageprobe import probe
from hub.cli.session import DONE, WAITING, Session, command, group

if TYPE_CHECKING:
    from datetime import date

    from connectors.sage.formats import Entry, Format, Options, Refusal, Remark, Row

SHOWN = 20
MOST_REFUSED = 10_000
"""Refusals that are shown; a file with more of them is in another format, or broken throughout."""

_NAMED = (
    (re.compile(r"\d{9}FEC\d{8}.*", re.IGNORECASE), "fec"),
    (re.compile(r".*\.pnm", re.IGNORECASE), "pnm"),
    (re.compile(r"ximport.*", re.IGNORECASE), "ximport"),
    (re.compile(r".*\.csv", re.IGNORECASE), "csv"),
)
KINDS = {"third_party": "third parties", "payment": "payments"}
_SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}


def register(app: typer.Typer) -> None:
    found = typer.Typer(help="See what a Sage says, before anything is trusted to it.", no_args_is_help=True)
    found.callback()(group(lambda session: DONE))
    found.command("read")(command(read))
    found.command("probe")(command(probe))
    app.add_typer(found, name="sage")


def read(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that Sage wrote, or is to import.")],
    format: Annotated[
        str | None,
        typer.Option(
            help="fec, sage (Format Sage), pnm, ximport or csv. Default: by the file's name.",
            metavar="FORMAT",
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="auto, cp1252, cp850, iso8859-15, ascii, utf-8, cp500 or cp1140.")
    ] = "auto",
    separator: Annotated[
        str, typer.Option(help="Between columns: auto, tab, or the character.", metavar="CHARACTER")
    ] = "auto",
    block: Annotated[
        list[str] | None,
        typer.Option(
            "--block",
            help="Format Sage: how many lines a block has where this Sage differs.",
            metavar="TAG=LINES",
        ),
    ] = None,
    check_name: Annotated[
        bool,
        typer.Option("--check-name", help="FEC: see whether the file is called as prescribed."),
    ] = False,
    unended: Annotated[
        bool, typer.Option("--unended", help="Take a last line that is not ended (it may be half a file).")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Show so many lines; 0: all. Default: 20, with --json all.", metavar="N"),
    ] = None,
) -> int:
    """Show a file of accounting as the hub understands it, and every line it refuses, with the reason.

    Needs no hub.yaml and writes nothing. Exit code 1 if something in it is refused or against the rules.
    """
    from connectors.sage.formats import by_name

    chosen = by_name(_format(file, format))
    options = _options(encoding, separator, block or [])
    options = replace(
        options,
        name=file.name if check_name else "",
        last_line_end="optional" if unended else "required",
    )
    shown = limit if limit is not None else (0 if session.flags.json else SHOWN)
    with session.err.status(f"reading {file.name}"):
        seen = _seen(file, chosen, options, shown)
    session.show(_json(file, chosen, seen), *_screens(file, chosen, seen))
    return WAITING if seen.refusals or seen.remarks else DONE


@dataclass(slots=True)
class Seen:
    """What one reading of a file showed. `pieces` counts those whose lines stand together."""

    limit: int
    options: Options
    items: list[Entry | Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    refusals: int = 0
    lines: int = 0
    rows: int = 0
    pieces: int = 0
    debit: Any = 0
    credit: Any = 0
    accounts: set[str] = field(default_factory=set)
    first: date | None = None
    last: date | None = None


def _format(file: Path, given: str | None) -> str:
    from connectors.sage.formats import NAMES

    known = ", ".join(NAMES)
    if given is not None:
        if given not in NAMES:
            raise WrongUse(f"there is no format called {given}", f"--format is one of: {known}.")
        return given
    for pattern, name in _NAMED:
        if pattern.fullmatch(file.name):
            return name
    raise WrongUse(f"the name of {file} does not tell its format", f"Give --format, one of: {known}.")


def _options(encoding: str, separator: str, blocks: list[str]) -> Options:
    from connectors.sage.formats import ENCODINGS, Options

    if encoding not in ("auto", *ENCODINGS):
        raise WrongUse(
            f"the encoding {encoding} is not known", f"It is auto or one of: {', '.join(ENCODINGS)}."
        )
    separator = _SEPARATORS.get(separator, separator)
    if separator != "auto" and len(separator) != 1:
        raise WrongUse(f"{separator!r} is no separator", "It is one character, tab, or auto.")
    counts: dict[str, int] = {}
    for one in blocks:
        found = re.fullmatch(r"#?([A-Z]{3,4})=(\d{1,3})", one)
        if not found:
            raise WrongUse(f"--block {one} is not understood", "Write a tag and its lines: --block MECG=39.")
        counts["#" + found[1]] = int(found[2])
    return Options(encoding=encoding, separator=separator, blocks=counts)


def _seen(file: Path, chosen: Format, options: Options, limit: int) -> Seen:
    """Go through the file once. Raises `SourceDamaged`, `WrongUse`."""
    from connectors.sage.text import Damage
    from hub.ports import SourceDamaged

    try:
        with file.open("rb") as stream:
            before = file.stat()
            seen = _gone_through(stream, chosen, options, limit)
            after = file.stat()
    except Damage as damage:
        what = f"{file.name} cannot be read as {chosen.label}"
        raise SourceDamaged(file.name, what, damage.why, damage.todo) from damage
    except OSError as problem:
        raise WrongUse(f"{file} cannot be read: {problem.strerror or problem}") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceDamaged(
            file.name,
            f"{file.name} changed while it was read",
            "it is being written",
            "try again when it is done",
        )
    return seen


def _gone_through(stream: BinaryIO, chosen: Format, options: Options, limit: int) -> Seen:
    from connectors.sage.formats import Entry, Refusal, Remark

    reading = chosen.read(stream, options)
    seen = Seen(limit, options)
    piece: Any = None
    for item in reading:
        if isinstance(item, Entry):
            piece = _counted(seen, item, piece)
        elif isinstance(item, Refusal):
            seen.refusals += 1
            if seen.refusals <= MOST_REFUSED:
                seen.refused.append(item)
        elif isinstance(item, Remark):
            seen.remarks.append(item)
        else:
            seen.rows += 1
            _keep(seen, item)
    seen.options = reading.options
    return seen


def _counted(seen: Seen, entry: Entry, before: Any) -> Any:
    """Take an entry into the totals; the piece it belongs to."""
    piece = entry.journal, entry.date, entry.piece or entry.invoice
    seen.pieces += piece != before
    seen.lines += 1
    seen.debit += entry.debit
    seen.credit += entry.credit
    seen.accounts.add(entry.account)
    if seen.first is None or entry.date < seen.first:
        seen.first = entry.date
    if seen.last is None or entry.date > seen.last:
        seen.last = entry.date
    _keep(seen, entry)
    return piece


def _keep(seen: Seen, item: Entry | Row) -> None:
    if not seen.limit or len(seen.items) < seen.limit:
        seen.items.append(item)


def _json(file: Path, chosen: Format, seen: Seen) -> dict[str, Any]:
    found = seen.options
    return {
        "file": str(file),
        "format": chosen.name,
        "found": dict(_found(seen.options)),
        "totals": {
            "pieces": seen.pieces, "lines": seen.lines, "rows": seen.rows, "refused": seen.refusals,
            "debit": _number(seen.debit), "credit": _number(seen.credit), "accounts": len(seen.accounts),
            "first": seen.first, "last": seen.last, "kind": found.kind,
        },
        "items": [_item(item) for item in seen.items],
        "refused": [
            {"line": one.line, "lines": one.lines or (one.line,), "reason": one.reason, "todo": one.todo,
             "raw": one.raw}
            for one in seen.refused
        ],
        "remarks": [{"line": one.line, "reason": one.reason, "todo": one.todo} for one in seen.remarks],
    }  # fmt: skip


def _item(item: Entry | Row) -> dict[str, Any]:
    """An entry or row with what it says, empty values left out."""
    from connectors.sage.formats import Entry

    if isinstance(item, Entry):
        said = {name: _plain(value) for name, value in item._asdict().items() if value or name == "line"}
        return {**said, "debit": _number(item.debit), "credit": _number(item.credit)}
    values = {name: _plain(value) for name, value in item.values.items() if value is not None}
    return {"kind": item.kind, "line": item.line, "values": values}


def _plain(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return _number(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _number(number: Any) -> str:
    return f"{number:.2f}" if number == round(number, 2) else f"{number:f}"


def _found(options: Options) -> Iterator[tuple[str, str]]:
    """What was found out about how the file is written, for a person and for programs."""
    names = {"\t": "tab", "|": "|", ";": ";", ",": ","}
    senses = {
        "debit": "Debit and Credit",
        "letter": "Montant and Sens (D, C)",
        "sign": "Montant and Sens (+1, -1)",
    }
    yield "encoding", "ascii" if options.encoding == "auto" else options.encoding
    yield "line_end", options.line_end
    if options.separator != "auto":
        yield "separator", names.get(options.separator, options.separator)
    if options.sense != "auto":
        yield "columns", senses[options.sense]
    if options.version:
        yield "version", options.version
    if options.company:
        yield "company", options.company


def _screens(file: Path, chosen: Format, seen: Seen) -> list[Any]:
    found: list[Any] = []
    entries = [item for item in seen.items if hasattr(item, "journal")]
    rows = [item for item in seen.items if hasattr(item, "kind") and not hasattr(item, "journal")]
    if entries:
        found.append(screen.table(
            f"{file.name}: entries", ("Line", "Date", "Piece", "Account", "Label", "Debit", "Credit"),
            [_entry_cells(one) for one in entries], right=("Line", "Debit", "Credit"), whole=("Date",),
        ))  # fmt: skip
    if rows:
        title = f"{file.name}: {KINDS.get(rows[0].kind, rows[0].kind)}"
        cells = [_row_cells(one) for one in rows]
        found.append(screen.table(title, ("Line", "Says"), cells, right=("Line",)))
    left = seen.lines + seen.rows - len(seen.items)
    if left:
        found.append(screen.plain(f"… and {screen.count(left, 'more line')}; --limit 0 shows all.", "dim"))
    found += [screen.plain(""), *(screen.plain(line) for line in _totals(chosen, seen))]
    found += [screen.notice(_where(one.line, ()), one.reason, one.todo) for one in seen.remarks]
    found += [screen.notice(_where(one.line, one.lines), one.reason, one.todo) for one in seen.refused]
    if seen.refusals > len(seen.refused):
        found.append(screen.plain(f"… and {seen.refusals - len(seen.refused):,} more refusals.", "red"))
    if seen.refusals:
        found.append(screen.plain(f"{screen.count(seen.refusals, 'refusal')}, see above.", "red"))
    elif not seen.remarks:
        found.append(screen.plain("Nothing is refused.", "green"))
    return found


def _entry_cells(entry: Any) -> tuple[Any, ...]:
    account = f"{entry.account} {entry.third_party}".strip()
    piece = f"{entry.journal} {entry.piece or entry.invoice}".strip()
    return (
        entry.line, entry.date.isoformat(), piece, account, entry.label,
        f"{entry.debit:,.2f}" if entry.debit else "", f"{entry.credit:,.2f}" if entry.credit else "",
    )  # fmt: skip


def _row_cells(row: Any) -> tuple[Any, ...]:
    said = [f"{name}: {_plain(value)}" for name, value in row.values.items() if value not in (None, "")]
    return row.line, ", ".join(said)


def _totals(chosen: Format, seen: Seen) -> Iterator[str]:
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in _found(seen.options))
    yield f"{chosen.label}: {said}"
    if seen.lines:
        yield (
            f"{screen.count(seen.pieces, 'entry', 'entries')} in {screen.count(seen.lines, 'line')}, "
            f"{screen.count(len(seen.accounts), 'account')}, from {seen.first} to {seen.last}"
        )
        yield f"debit {seen.debit:,.2f}, credit {seen.credit:,.2f}"
    if seen.rows:
        kind = KINDS.get(seen.options.kind, "third parties and the like")
        yield f"{screen.count(seen.rows, 'line')} beside entries: {kind}"


def _where(line: int, lines: tuple[int, ...]) -> str:
    if not line:
        return "the file"
    return f"lines {lines[0]} to {lines[-1]}" if len(lines) > 1 else f"line {line}"
