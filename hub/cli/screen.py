"""How values, times and tables look. Long values wrap; nothing is cut."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> Table:
    """A table that wraps. Cells are plain text or Rich renderables.

    Columns in `right` hold numbers; those and the ones in `whole` (times) keep their width.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False,
        show_edge=False,
    )  # fmt: skip
    for name in columns:
        number = name in right
        made.add_column(
            name, overflow="fold", justify="right" if number else "left", no_wrap=number or name in whole
        )
    for row in rows:
        made.add_row(*[cell(value) for value in row])
    return made


def counts(
    title: str,
    names: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[tuple[Sequence[Any], Sequence[int]]],
) -> Table:
    """A table of numbers, each row under some names. Columns of zeros alone are left out, but the first."""
    found = list(rows)
    kept = [
        place for place in range(len(columns)) if not place or any(numbers[place] for _, numbers in found)
    ]
    shown = [columns[place] for place in kept]
    cells = [(*words, *(f"{numbers[place]:,}" for place in kept)) for words, numbers in found]
    return table(title, (*names, *shown), cells, right=shown, whole=names)


def cell(value: Any) -> RenderableType:
    """One cell: text is shown as it is, never read as markup."""
    from rich.text import Text

    if value is None:
        return Text("")
    return Text(str(value)) if isinstance(value, str | int | float) else value


def plain(text: str, style: str = "") -> RenderableType:
    """A line of text; brackets in it are brackets."""
    from rich.text import Text

    return Text(text, style=style)


def value(native: Any) -> str:
    """A native or canonical value for a person: empty is said, text is quoted only where blanks matter."""
    if native is None or native == "":
        return "(empty)"
    if isinstance(native, bool):
        return "yes" if native else "no"
    if isinstance(native, list) and native and isinstance(native[0], Mapping):
        return "".join(f"\n  {number}. {_line(line)}" for number, line in enumerate(native, 1))
    if isinstance(native, list):
        return ", ".join(value(one) for one in native) or "(empty)"
    text = str(native)
    return repr(text) if text != text.strip() else text


def _line(line: Mapping[str, Any]) -> str:
    """One line of a document: what is filled in it."""
    filled = (f"{name} {value(cell)}" for name, cell in line.items() if cell not in (None, "", 0, "0.00"))
    return ", ".join(filled) or "(empty)"


def notice(where: str, why: str, todo: str = "") -> RenderableType:
    """Something that went wrong in one place, over the whole width: where, why, and what to do."""
    from rich.text import Text

    lines = Text.assemble((where, "bold red"), ": ", why)
    if todo:
        lines.append(f"\n  What to do: {todo}")
    return lines


def change(before: Any, after: Any) -> str:
    """A value and what it becomes."""
    return becomes(value(before), value(after))


def becomes(before: str, after: str) -> str:
    """Two texts, one turning into the other."""
    return f"{before} {arrow()} {after}"


def arrow() -> str:
    """An arrow the console can print."""
    try:
        "→".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "->"
    return "→"


def local(at: str | None) -> str:
    """A stored time (ISO, UTC) on this machine's clock, to the second; `never` where there is none."""
    if not at:
        return "never"
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: str | None) -> str:
    """How long ago, in the largest unit that fits."""
    if not at:
        return "never"
    seconds = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def count(number: int, one: str, many: str = "") -> str:
    """``1 conflict``, ``2 conflicts``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
