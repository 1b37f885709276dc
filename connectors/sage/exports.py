"""The folder Sage writes to: the newest export, once it stands still, as rows by their id.

Promises: a file is read when it has looked the same twice, and only believed if it did not move meanwhile; a
row that cannot be a record (no code, a code twice, a short or a long line) is set aside with file, line and
reason, and its code still counts as being there. Nothing in the folder is ever changed.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from connectors.sage.layout import Layout, Misfit, layout_by_heading, layout_by_position
from connectors.sage.settings import Settings
from connectors.sage.table import Line, guess_delimiter, is_ended, read_lines
from connectors.sage.text import Damage, decode
from hub.ports import Busy, Denied, Misconfigured, Rejected, SourceDamaged, Unreachable, View

UNFINISHED = (".part", ".tmp", ".temp", ".filepart", ".crdownload", ".partial", "~")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A file as it was when it was seen. Orders by age."""

    mtime_ns: int
    name: str
    size: int
    digest: str = ""

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.mtime_ns / 1e9, UTC)

    def cursor(self) -> str:
        """This file, as a pull's cursor."""
        facts = {"file": self.name, "mtime_ns": self.mtime_ns, "size": self.size, "sha256": self.digest}
        return json.dumps(facts, sort_keys=True)

    @classmethod
    def of_cursor(cls, cursor: str) -> Source:
        facts = json.loads(cursor)
        return cls(facts["mtime_ns"], facts["file"], facts["size"], facts["sha256"])

    def same_file(self, other: Source) -> bool:
        """Whether nothing can have changed between the two."""
        return (self.name, self.mtime_ns, self.size) == (other.name, other.mtime_ns, other.size)


@dataclass(frozen=True, slots=True)
class Row:
    """One record's line. Its cells are kept as one text, for exports of a hundred thousand lines."""

    source: Source
    number: int
    packed: str
    layout: Layout

    @property
    def cells(self) -> list[str]:
        return self.packed.split("\0")


@dataclass
class Export:
    """What one export, or several one after the other, say: rows by id, and what was set aside.

    `held` are ids that are there but cannot be used, with the reason; `outside` those of `rows` that the
    view's `where` leaves out. `whole` says that a record that is not here is not in Sage; `unattributed`
    counts lines that cannot be used and whose record is not known either.
    """

    source: Source
    layout: Layout
    delimiter: str
    rows: dict[str, Row] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    whole: bool = True
    unattributed: int = 0

    @property
    def ids(self) -> set[str]:
        """The records of the view that are there."""
        return (self.rows.keys() - self.outside) | self.held.keys()


class Exports:
    """The exports of one Sage. Keeps the last one read of each view, as long as its file does not change."""

    def __init__(self, system: str, settings: Settings) -> None:
        self.system = system
        self.settings = settings
        self._read: dict[tuple[str, str], tuple[Source, Export]] = {}

    def newest(self, view: View) -> Source:
        """The export that counts. Raises `Unreachable` where there is none yet."""
        return self.sources(view)[-1]

    def sources(self, view: View) -> list[Source]:
        """The exports that make up the present state, oldest first: one, or a full one and those after it."""
        found = self.listed(self.pattern(view))
        full = self.full_pattern(view)
        if self.settings.incremental and full:
            wholes = self.listed(full)
            start = wholes[-1:]
            found = start + [s for s in found if s not in wholes and (not start or s > start[0])]
        if not found:
            raise Unreachable(
                self.system,
                f"no export of {view.object}",
                f"no file {self.pattern(view)!r} in {self.settings.exports}",
                "run the export in Sage, or correct export_pattern",
            )
        return found if self.settings.incremental else found[-1:]

    def pattern(self, view: View) -> str:
        return str(view.options.get("file") or self.settings.export_pattern.format(object=view.object))

    def full_pattern(self, view: View) -> str | None:
        """The names of full exports, where exports are otherwise incremental."""
        named = view.options.get("full") or self.settings.full_pattern
        return str(named).format(object=view.object) if named else None

    def is_full(self, view: View, source: Source) -> bool:
        full = self.full_pattern(view) if self.settings.incremental else self.pattern(view)
        return full is not None and fnmatch.fnmatch(source.name.casefold(), full.casefold())

    def current(self, view: View) -> Export:
        """The present state. Raises what `read` raises."""
        sources = self.sources(view)
        whole = self.is_full(view, sources[0])
        if len(sources) == 1:
            export = self.read(view, sources[0])
            export.whole = whole
            return export
        last = self.read(view, sources[-1])
        state = Export(last.source, last.layout, last.delimiter, whole=whole)
        for source in sources:
            _lay_over(state, self.read(view, source))
        return state

    def read(self, view: View, source: Source) -> Export:
        """One export. Raises `Busy`, `SourceDamaged`, `Misconfigured`, `Denied` or `Unreachable`."""
        place = (repr(view), source.name)
        kept = self._read.get(place)
        if kept and kept[0].same_file(source):
            return kept[1]
        source, data = self.load(source)
        try:
            export = parse(view, source, data, self.settings)
        except Damage as damage:
            raise SourceDamaged(
                self.system, f"{source.name} cannot be read", damage.why, damage.todo
            ) from damage
        except Misfit as misfit:
            raise Misconfigured(
                self.system,
                f"{source.name} does not have the columns of {view.entity}",
                str(misfit),
                "correct the mapping, or the columns of the export",
            ) from misfit
        if not self.settings.incremental:
            self._read = {old: kept for old, kept in self._read.items() if old[0] != place[0]}
        self._read[place] = (source, export)
        return export

    def forget(self) -> None:
        self._read.clear()

    def listed(self, pattern: str) -> list[Source]:
        """The finished files of these names, oldest first. Raises `Unreachable` or `Denied`."""
        folder = self.settings.exports
        found = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name.casefold()
                    if name.startswith((".", "~")) or name.endswith(UNFINISHED):
                        continue
                    if fnmatch.fnmatchcase(name, pattern.casefold()) and entry.is_file():
                        found.append(_seen(Path(entry.path)))
        except FileNotFoundError as error:
            raise Unreachable(
                self.system, f"the folder {folder} is not there", str(error), "connect it, or correct exports"
            ) from error
        except PermissionError as error:
            raise Denied(
                self.system,
                f"the folder {folder} may not be read",
                str(error),
                "give the hub's user the right",
            ) from error
        except OSError as error:
            raise Unreachable(self.system, f"the folder {folder} cannot be read", str(error)) from error
        return sorted(
            found, key=lambda s: s.name if self.settings.newest_by == "name" else (s.mtime_ns, s.name)
        )

    def load(self, source: Source) -> tuple[Source, bytes]:
        """The bytes of a file that stands still. Raises `Busy` or `Unreachable`."""
        path = self.settings.exports / source.name
        pause = self.settings.stable_seconds
        try:
            before = _seen(path)
            if pause and time.time() - before.mtime_ns / 1e9 < pause:
                time.sleep(pause)
            data = path.read_bytes()
            after = _seen(path)
        except PermissionError as error:
            raise Busy(
                self.system, f"{source.name} cannot be opened", str(error), "Sage may still be writing it"
            ) from error
        except OSError as error:
            raise Unreachable(self.system, f"{source.name} cannot be read", str(error)) from error
        if after != before or len(data) != after.size:
            raise Busy(self.system, f"{source.name} is still being written", "its size or date moves")
        return Source(after.mtime_ns, after.name, after.size, hashlib.sha256(data).hexdigest()), data


def parse(view: View, source: Source, data: bytes, settings: Settings) -> Export:
    """The rows of one export. Raises `Damage` or `Misfit`. Pure."""
    text = decode(data, settings.encoding)
    if not text.strip():
        raise Damage("the file is empty", "export again; an export of nothing still has its heading line")
    delimiter = settings.delimiter
    if delimiter == "auto":
        delimiter = guess_delimiter(text, settings.skip_lines)
    lines = read_lines(text, delimiter, settings.quote, settings.skip_lines)
    first = next(lines, None)
    if first is None:
        raise Damage(f"nothing stands below the first {settings.skip_lines} lines", "correct skip_lines")
    width = len(first.cells)
    if "\n" not in text and "\r" not in text and settings.header:
        raise Damage("it is cut short in its heading line", "wait for the copy to end, or export again")
    layout = _layout(view, first, width, text, delimiter, settings)
    export = Export(source, layout, delimiter)
    last = _fill(export, view, lines if settings.header else chain([first], lines)) or first
    if not is_ended(text):
        _check_last(last, width, settings)
    return export


def _layout(view: View, first: Line, width: int, text: str, delimiter: str, settings: Settings) -> Layout:
    if not settings.header:
        return layout_by_position(view, width)
    if first.fault:
        raise Damage(f"its heading line {first.number} has {first.fault}", "correct the export")
    try:
        return layout_by_heading(view, first.cells)
    except Misfit as misfit:
        other = guess_delimiter(text, settings.skip_lines) if width == 1 else delimiter
        if other == delimiter:
            raise
        hint = f"the heading line is one column: the delimiter seems to be {other!r}, not {delimiter!r}"
        raise Misfit([hint, *misfit.problems]) from misfit


def _check_last(last: Line, width: int, settings: Settings) -> None:
    if len(last.cells) < width:
        raise Damage(
            f"it is cut short in line {last.number}: {len(last.cells)} of {width} columns, and no line end",
            "wait for the copy to end, or export again",
        )
    if settings.last_line_end == "required":
        raise Damage(
            f"its last line, {last.number}, has no line end: it may be half a file",
            "export again; if this Sage never ends its last line, set last_line_end: optional",
        )


def _fill(export: Export, view: View, lines: Iterable[Line]) -> Line | None:
    """Sort the lines into rows and those that are set aside; the last line."""
    where = view.where if isinstance(view.where, Mapping) else {}
    rows, twice, last = export.rows, dict[str, list[Row]](), None
    for last in lines:
        _place(export, last, where, twice)
    for id in dict.fromkeys([*twice, *(id for id in export.held if id in rows)]):
        _reject_all(export, id, [*([rows.pop(id)] if id in rows else []), *twice.get(id, ())])
        export.outside.discard(id)
    return last


def _place(export: Export, line: Line, where: Mapping[str, object], twice: dict[str, list[Row]]) -> None:
    layout = export.layout
    id, fault = layout.id_of(line.cells), _fault(line, layout)
    place = f"{export.source.name} line {line.number}"
    if fault:
        export.rejected.append(
            Rejected(place, fault, "correct the export, or the record in Sage", id or None)
        )
        export.unattributed += not id
        if id:
            export.held[id] = f"{place}: {fault}"
    elif not id:
        todo = "give it a code in Sage; a line of totals can be left out of the export"
        export.rejected.append(Rejected(place, "it has no code", todo))
    else:
        row = Row(export.source, line.number, "\0".join(line.cells), layout)
        if id in export.rows:
            twice.setdefault(id, []).append(row)
            return
        export.rows[id] = row
        if where and not _wanted(line.cells, layout, where):
            export.outside.add(id)


def _reject_all(export: Export, id: str, rows: Sequence[Row]) -> None:
    numbers = [row.number for row in rows]
    reason = f"the code {id} stands on several lines ({', '.join(map(str, numbers))})"
    if len(numbers) == 1:
        reason = f"the code {id} also stands on a line that cannot be used ({export.held[id]})"
    export.held.setdefault(id, f"{export.source.name}: {reason}")
    for number in numbers:
        place = f"{export.source.name} line {number}"
        export.rejected.append(Rejected(place, reason, "keep one of them", id))


def _fault(line: Line, layout: Layout) -> str:
    """What is wrong with the shape of a line; empty cells too many at its end are not."""
    if line.fault:
        return line.fault
    count = len(line.cells)
    if count < layout.width:
        return f"the line is short: {count} columns instead of {layout.width}"
    if any(cell.strip() for cell in line.cells[layout.width :]):
        return f"the line is long: {count} columns instead of {layout.width}; a delimiter in a value?"
    return ""


def _wanted(cells: Sequence[str], layout: Layout, where: Mapping[str, object]) -> bool:
    """Whether a row is of the view: every column of `where` holds the value, or one of those, it names."""
    for name, accepted in where.items():
        values = accepted if isinstance(accepted, list) else [accepted]
        if cells[layout.column(name)].strip() not in {"" if v is None else str(v) for v in values}:
            return False
    return True


def _lay_over(below: Export, above: Export) -> None:
    """A later export over the earlier ones: what it says of an id replaces what they said."""
    for id in above.held:
        below.rows.pop(id, None)
    for id in above.rows:
        below.held.pop(id, None)
        below.rows.pop(id, None)
    below.held |= above.held
    below.rows |= above.rows
    below.outside = (below.outside - {*above.held, *above.rows}) | above.outside
    below.unattributed += above.unattributed


def _seen(path: Path) -> Source:
    facts = path.stat()
    return Source(facts.st_mtime_ns, path.name, facts.st_size)
