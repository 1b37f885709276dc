"""The import side of a Sage: lines handed over in files, remembered, and what became of them.

It stands on an `Export`: what Sage shows of its records now, wherever that was read (files, tables).
Several connectors can share it; each promises of its writes what `connectors.sage.imports` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from connectors.sage import answers
from connectors.sage.exports import Export
from connectors.sage.imports import Answer, DamagedMemory, HandedLine, Imports, Note, NotHandedOver
from connectors.sage.lines import NotThis, Plan
from connectors.sage.records import Spellings
from connectors.sage.settings import Settings
from connectors.sage.table import write_lines
from hub.ports import Outcome, Receipt, Sent, SourceDamaged, Unknown, Unreachable, View, Write

LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}


class Handing:
    """What is handed over to one Sage. Raises the port's errors, which name `system`."""

    def __init__(self, system: str, settings: Settings, imports: Imports) -> None:
        self.system, self.settings, self.imports = system, settings, imports

    def created(self, view: View) -> dict[str, str]:
        """The ids of records that were handed over to be made, by our reference."""
        with self.folders():
            notes = self.imports.notes(view.object)
        return {line.ref: line.id for note in notes for line in note.lines if line.new}

    def ids(self, view: View) -> set[str]:
        """The ids of all that was handed over and is remembered."""
        with self.folders():
            return {id for note in self.imports.notes(view.object) for id in note.ids}

    def spellings(self, view: View) -> Spellings:
        """What was meant by spellings that a character set forced on us."""
        with self.folders():
            return self.imports.spellings(view.object)

    def write(self, view: View, writes: Sequence[Write], export: Export) -> Sequence[Outcome]:
        """One import file for all of them, or none where nothing is left to write. See `Connector.write`."""
        with self.folders():
            pending = self.pending(view, export.source.modified)
            plan = Plan(view, self.settings, export, self.spellings(view), pending)
            outcomes = [self._planned(plan, write) for write in writes]
        if not plan.handed:
            return [outcome for outcome in outcomes if not isinstance(outcome, str)]
        end = LINE_ENDS[self.settings.line_end]
        text = write_lines(plan.rows, plan.export.delimiter, self.settings.quote, end)
        data = text.encode(self.settings.import_encoding)
        receipt = self.hand_over(view.object, data, plan.handed, plan.spelled)
        if isinstance(receipt, Unknown):
            return [receipt if isinstance(outcome, str) else outcome for outcome in outcomes]
        return [Sent(outcome, receipt) if isinstance(outcome, str) else outcome for outcome in outcomes]

    def _planned(self, plan: Plan, write: Write) -> Outcome | str:
        """The id a line was planned for, or the outcome that made one needless or impossible."""
        try:
            earlier = self._earlier(plan, write) if write.again else None
            if isinstance(earlier, Sent):
                return earlier
            return plan.add(earlier or write)
        except NotThis as this:
            return this.outcome

    def _earlier(self, plan: Plan, write: Write) -> Sent | Write | None:
        """What an earlier attempt handed over; a write to amend it; ``None`` where it handed over nothing."""
        found = self.imports.find(plan.view.object, write.ref)
        while found and self.imports.is_staged(found[0].name):
            self.imports.discard(found[0].name)
            found = self.imports.find(plan.view.object, write.ref)
        if found is None:
            return None
        note, line = found
        if line.id in note.settled and line.id in refused_ids(note.answers or ()):
            return None
        same = dict(line.values) == dict(write.values)
        if write.id is None and not same and line.id not in plan.export.rows:
            return Write(write.ref, line.id, write.values)
        if write.id is not None and not (same and line.id == write.id):
            return None
        self.imports.reopen(note, line.id)
        return Sent(line.id, note.name)

    def pending(self, view: View, shown: datetime) -> dict[str, list[HandedLine]]:
        """What was handed over and cannot be in what Sage showed at that time, by id, oldest first."""
        pending: dict[str, list[HandedLine]] = {}
        for note in self.imports.notes(view.object):
            if self.imports.is_staged(note.name) or self._has_landed(note, shown):
                continue
            refused = refused_ids(self.said(note))
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

    def hand_over(
        self, object: str, data: bytes, lines: Sequence[HandedLine], spelled: Spellings, ending: str = ""
    ) -> str | Unknown:
        """Put a file where Sage looks; its name. Raises `Unreachable` where it certainly is not there."""
        try:
            return self.imports.hand_over(object, data, lines, spelled, ending)
        except NotHandedOver as error:
            raise Unreachable(
                self.system,
                f"no import file could be put in {self.imports.folder}",
                str(error),
                "look at the folder: is it there, writable, and is there space?",
            ) from error
        except OSError as error:
            return Unknown(f"the import file may or may not be in {self.imports.folder}: {error}")

    # -- answers -------------------------------------------------------------------------------------

    def receipts(self, view: View) -> Sequence[Receipt]:
        """See `Connector.receipts`."""
        found: list[Receipt] = []
        with self.folders():
            for note in self.imports.open_notes(view.object):
                for answer in self.said(note):
                    ids = tuple(id for id in answer.ids if id not in note.settled)
                    if ids:
                        places = {line.id: f"line {line.number} of {note.name}" for line in note.lines}
                        found.append(Receipt(note.name, answer.accepted, answer.reason, ids, places))
        return found

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        """See `Connector.settle`. Acknowledgements whose every record is settled go to `archive`."""
        if not receipts:
            return
        settled: dict[str, list[str]] = {}
        for receipt in receipts:
            settled.setdefault(receipt.receipt, []).extend(receipt.ids)
        with self.folders():
            for note in self.imports.open_notes(view.object):
                if note.name in settled:
                    self._settle(note, settled[note.name])
            self.imports.prune()

    def _settle(self, note: Note, ids: Sequence[str]) -> None:
        heard = answers.hear(note, self.settings)
        said = note.answers if note.answers is not None else heard.answers if heard else None
        at = heard.at.isoformat() if heard and heard.at else note.answered
        if self.imports.settle(note, ids or note.ids, said, at) and heard:
            answers.put_away(heard, self.settings)

    def said(self, note: Note) -> Sequence[Answer]:
        """What Sage said of a file, as remembered or as it stands in the folder of acknowledgements."""
        if note.answers is not None:
            return note.answers
        heard = answers.hear(note, self.settings)
        return heard.answers if heard else ()

    @contextmanager
    def folders(self) -> Iterator[None]:
        """Turn what goes wrong with the folders of imports and acknowledgements into the port's errors."""
        try:
            yield
        except DamagedMemory as error:
            raise SourceDamaged(
                self.system,
                "what was handed over to Sage is no longer known",
                str(error),
                "bring this file back from a backup, or move it away once Sage has imported everything",
            ) from error
        except OSError as error:
            raise Unreachable(
                self.system,
                "the folders of imports and acknowledgements cannot be used",
                str(error),
                "look at imports and acks: are they there, and may the hub's user read and write them?",
            ) from error


def refused_ids(said: Sequence[Answer]) -> set[str]:
    """The records these answers refuse."""
    return {id for answer in said if not answer.accepted for id in answer.ids}
