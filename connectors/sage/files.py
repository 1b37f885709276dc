"""The port for a Sage reached through files: exports are read, import files are handed over.

A write is answered `Sent`: Sage imports when it likes, says so in an acknowledgement, and shows the result
in its next export. The comparison right before a write is made against the newest export, which is the last
Sage has told; what is on its way in earlier files is counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from connectors.sage import answers
from connectors.sage.checking import check_views
from connectors.sage.clock import clock_of
from connectors.sage.codes import NoPattern, new_codes
from connectors.sage.exports import Export, Exports, Source
from connectors.sage.imports import Answer, DamagedMemory, HandedLine, Imports, Note, NotHandedOver
from connectors.sage.layout import longest_key
from connectors.sage.lines import NotThis, Plan
from connectors.sage.records import Spellings, record_of
from connectors.sage.settings import Settings
from connectors.sage.table import write_lines
from hub.ports import (
    ClockReading,
    Finding,
    Known,
    Misconfigured,
    Outcome,
    Page,
    Receipt,
    Record,
    Sent,
    SourceDamaged,
    Traits,
    Unknown,
    Unreachable,
    View,
    Write,
)

PAGE = 1000
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}


class FilesConnector:
    """One Sage, over its folders."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.traits = Traits(
            assigns_ids=False,
            archives=False,
            confirms=False,
            incremental=settings.incremental,
            writable=settings.imports is not None,
            batch=10_000,
        )
        self._exports = Exports(name, settings)
        self._imports = Imports(settings.imports, settings) if settings.imports else None

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        """See `Connector.check`."""
        return check_views(self._exports, self._imports, self.settings, views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        """See `Connector.pull`. The cursor is the last export read: its name, date, size and hash."""
        seen = Source.of_cursor(cursor) if cursor else None
        sources = self._exports.sources(view)
        if seen is not None:
            # An export older than the one already read (the newest was deleted) is no news.
            newer = [s for s in sources if (s.mtime_ns, s.name) > (seen.mtime_ns, seen.name)]
            same = [s for s in sources if s.name == seen.name and not s.same_file(seen)]
            sources = newer or same
        if not sources:
            yield Page([], cursor)
        for source in sources:
            yield from self._pages(view, self._exports.read(view, source))

    def _pages(self, view: View, export: Export) -> Iterator[Page]:
        """Every record of one export. Only the last page moves the cursor: a stop half-way reads it again."""
        spellings = self._spellings(view)
        ids = [id for id in export.rows if id not in export.outside]
        whole = not self.settings.incremental and not export.unattributed
        for start in range(0, max(len(ids), 1), PAGE):
            last = start + PAGE >= len(ids)
            yield Page(
                [record_of(view, id, export.rows[id], spellings) for id in ids[start : start + PAGE]],
                export.source.cursor() if last else None,
                rejected=export.rejected if last else (),
                listing=last and whole,
                total=len(ids),
            )

    def ids(self, view: View) -> set[str]:
        """See `Connector.ids`. Raises `Misconfigured` where only exports of changes are known."""
        export = self._exports.current(view)
        if not export.whole:
            raise Misconfigured(
                self.name,
                f"cannot list every {view.entity}",
                "its exports hold only what changed",
                "name the full ones (full_pattern), or set on_delete: ignore",
            )
        return export.ids

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        """See `Connector.read`: as the newest export shows them."""
        if not ids:
            return []
        rows, spellings = self._exports.current(view).rows, self._spellings(view)
        return [record_of(view, id, rows[id], spellings) for id in ids if id in rows]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """See `Connector.find`. Sage keeps no reference of ours; what was handed over is remembered here."""
        if not refs or self._imports is None:
            return {}
        with self._folders():
            notes = self._imports.notes(view.object)
        created = {line.ref: line.id for note in notes for line in note.lines if line.new}
        rows, spellings = self._exports.current(view).rows, self._spellings(view)
        wanted = {ref: created[ref] for ref in refs if ref in created}
        return {ref: record_of(view, id, rows[id], spellings) for ref, id in wanted.items() if id in rows}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """See `Connector.allocate`."""
        with self._folders():
            handed = self._imports.notes(view.object) if self._imports else []
        export = self._exports.current(view)
        used = {*export.rows, *export.held, *taken, *(id for note in handed for id in note.ids)}
        try:
            return new_codes(view.options.get("new_key"), count, used, longest_key(view))
        except NoPattern as reason:
            raise Misconfigured(
                self.name,
                f"no code for a new {view.entity}",
                str(reason),
                "say in the mapping: new_key: C{:05d}",
            ) from reason

    def _spellings(self, view: View) -> Spellings:
        if self._imports is None:
            return {}
        with self._folders():
            return self._imports.spellings(view.object)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """See `Connector.write`: one import file for all of them, or none where nothing is left to write."""
        if not writes:
            return []
        if self._imports is None:
            raise Misconfigured(
                self.name,
                "cannot be written",
                "no folder for import files",
                "set imports, or direction: pull",
            )
        export = self._exports.current(view)
        with self._folders():
            pending = self._pending(self._imports, view, export)
            plan = Plan(view, self.settings, export, self._spellings(view), pending)
            outcomes = [self._planned(self._imports, plan, write) for write in writes]
        if not plan.handed:
            return [outcome for outcome in outcomes if not isinstance(outcome, str)]
        receipt = self._hand_over(self._imports, plan)
        if isinstance(receipt, Unknown):
            return [receipt if isinstance(outcome, str) else outcome for outcome in outcomes]
        return [Sent(outcome, receipt) if isinstance(outcome, str) else outcome for outcome in outcomes]

    def _planned(self, imports: Imports, plan: Plan, write: Write) -> Outcome | str:
        """The id a line was planned for, or the outcome that made one needless or impossible."""
        try:
            earlier = self._earlier(imports, plan, write) if write.again else None
            if isinstance(earlier, Sent):
                return earlier
            return plan.add(earlier or write)
        except NotThis as this:
            return this.outcome

    def _earlier(self, imports: Imports, plan: Plan, write: Write) -> Sent | Write | None:
        """What an earlier attempt handed over; a write to amend it; ``None`` where it handed over nothing."""
        found = imports.find(plan.view.object, write.ref)
        while found and imports.is_staged(found[0].name):
            imports.discard(found[0].name)
            found = imports.find(plan.view.object, write.ref)
        if found is None:
            return None
        note, line = found
        if line.id in note.settled and line.id in _refused(note.answers or ()):
            return None
        same = dict(line.values) == dict(write.values)
        if write.id is None and not same and line.id not in plan.export.rows:
            return Write(write.ref, line.id, write.values)
        if write.id is not None and not (same and line.id == write.id):
            return None
        imports.reopen(note, line.id)
        return Sent(line.id, note.name)

    def _pending(self, imports: Imports, view: View, export: Export) -> dict[str, list[HandedLine]]:
        """What was handed over and cannot be in this export yet, by id, oldest first."""
        shown = export.source.modified
        pending: dict[str, list[HandedLine]] = {}
        for note in imports.notes(view.object):
            if imports.is_staged(note.name) or self._has_landed(note, shown):
                continue
            refused = _refused(self._said(note))
            for line in note.lines:
                if line.id not in refused:
                    pending.setdefault(line.id, []).append(line)
        return pending

    def _has_landed(self, note: Note, shown: datetime) -> bool:
        """Whether an export of that time must show what the file did."""
        heard = answers.hear(note, self.settings) if note.answers is None else None
        answered = datetime.fromisoformat(note.answered) if note.answered else heard.at if heard else None
        if answered is not None:
            return shown >= answered
        return shown > note.written_at + timedelta(hours=self.settings.pending_hours)

    def _hand_over(self, imports: Imports, plan: Plan) -> str | Unknown:
        end = LINE_ENDS[self.settings.line_end]
        text = write_lines(plan.rows, plan.export.delimiter, self.settings.quote, end)
        data = text.encode(self.settings.import_encoding)
        try:
            return imports.hand_over(plan.view.object, data, plan.handed, plan.spelled)
        except NotHandedOver as error:
            raise Unreachable(
                self.name,
                f"no import file could be put in {imports.folder}",
                str(error),
                "look at the folder: is it there, writable, and is there space?",
            ) from error
        except OSError as error:
            return Unknown(f"the import file may or may not be in {imports.folder}: {error}")

    # -- answers -------------------------------------------------------------------------------------

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        if self._imports is None:
            return []
        found: list[Receipt] = []
        with self._folders():
            for note in self._imports.open_notes(view.object):
                for answer in self._said(note):
                    ids = tuple(id for id in answer.ids if id not in note.settled)
                    if ids:
                        places = {line.id: f"line {line.number} of {note.name}" for line in note.lines}
                        found.append(Receipt(note.name, answer.accepted, answer.reason, ids, places))
        return found

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """See `Connector.settle`. Acknowledgements whose every record is settled go to `archive`."""
        if self._imports is None or not receipts:
            return
        settled: dict[str, list[str]] = {}
        for receipt in receipts:
            settled.setdefault(receipt.receipt, []).extend(receipt.ids)
        with self._folders():
            for note in self._imports.open_notes(view.object):
                if note.name in settled:
                    self._settle(self._imports, note, settled[note.name])
            self._imports.prune()

    def _settle(self, imports: Imports, note: Note, ids: Sequence[str]) -> None:
        heard = answers.hear(note, self.settings)
        said = note.answers if note.answers is not None else heard.answers if heard else ()
        at = heard.at.isoformat() if heard and heard.at else note.answered
        if imports.settle(note, ids or note.ids, said, at) and heard:
            answers.put_away(heard, self.settings)

    def _said(self, note: Note) -> Sequence[Answer]:
        """What Sage said of a file, as remembered or as it stands in the folder of acknowledgements."""
        if note.answers is not None:
            return note.answers
        heard = answers.hear(note, self.settings)
        return heard.answers if heard else ()

    @contextmanager
    def _folders(self) -> Iterator[None]:
        """Turn what goes wrong with the folders of imports and acknowledgements into the port's errors."""
        try:
            yield
        except DamagedMemory as error:
            raise SourceDamaged(
                self.name,
                "what was handed over to Sage is no longer known",
                str(error),
                "bring this file back from a backup, or move it away once Sage has imported everything",
            ) from error
        except OSError as error:
            raise Unreachable(
                self.name,
                "the folders of imports and acknowledgements cannot be used",
                str(error),
                "look at imports and acks: are they there, and may the hub's user read and write them?",
            ) from error

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        """See `Clocked`. Measured in the folder of imports, where the exports lie on the same disk."""
        memory = self._imports.memory if self._imports is not None and may_write else None
        if memory is None or not _on_one_disk(memory, self.settings.exports):
            return None
        return clock_of(memory)

    def close(self) -> None:
        """See `Connector.close`."""
        self._exports.forget()


def _refused(said: Sequence[Answer]) -> set[str]:
    """The records these answers refuse."""
    return {id for answer in said if not answer.accepted for id in answer.ids}


def _on_one_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
