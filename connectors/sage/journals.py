"""Documents over files: handed over as whole, balanced pieces in a format of accounting, each exactly once.

Promises: a document is in a file whole or not at all; one that was handed over, under its number or our
reference, is never handed over again unless Sage refused it, whatever became of the hub's database
(`Imports.notes`, and for ever its ledger); a document that Sage shows already is not made beside it. Exports
in the same format, where there are any, confirm what was handed over.

Never does: change a document, cut a value, need an export.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.sage.documents import (
    ENDINGS,
    Piece,
    Unfit,
    id_of,
    options_of,
    piece_of,
    problems_of,
    values_of,
)
from connectors.sage.exports import Exports, Source
from connectors.sage.formats import Change, Entry, Format, Options, Refusal, by_name
from connectors.sage.handing import Handing, refused_ids
from connectors.sage.imports import HandedLine, Note, digest_of
from connectors.sage.lines import NotThis, refused
from connectors.sage.records import version_of
from connectors.sage.settings import Settings
from connectors.sage.text import Damage
from hub.ports import (
    Done,
    Misconfigured,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Rejected,
    Sent,
    SourceDamaged,
    Unknown,
    View,
    Write,
)

PAGE = 1000


@dataclass(slots=True)
class Shown:
    """What one export says: documents by their number, and what could not be used."""

    source: Source
    records: dict[str, Record] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


class Journals:
    """The documents of one Sage. `exports` is ``None`` where Sage shows none in files."""

    def __init__(
        self, system: str, settings: Settings, handing: Handing | None, exports: Exports | None
    ) -> None:
        self.system, self.settings, self.handing, self.exports = system, settings, handing, exports
        self._read: dict[tuple[str, str], Shown] = {}

    # -- reading -------------------------------------------------------------------------------------

    def sources(self, view: View) -> list[Source]:
        """The exports of these documents, oldest first; often none."""
        if self.exports is None:
            return []
        return self.exports.listed(str(view.options.get("file") or f"{view.object}*"))

    def pull(self, view: View, cursor: str | None) -> Iterator[Page]:
        """What exports newer than the cursor's say. None of them tells that a document is gone."""
        seen = Source.of_cursor(cursor) if cursor else None
        newer = [
            s for s in self.sources(view) if seen is None or (s.mtime_ns, s.name) > (seen.mtime_ns, seen.name)
        ]
        if not newer:
            yield Page([], cursor)
        for source in newer:
            shown = self.read_export(view, source)
            records = list(shown.records.values())
            for start in range(0, max(len(records), 1), PAGE):
                last = start + PAGE >= len(records)
                yield Page(
                    records[start : start + PAGE],
                    shown.source.cursor() if last else None,
                    rejected=shown.rejected if last else (),
                    total=len(records),
                )

    def read(self, view: View, ids: Sequence[str]) -> list[Record]:
        """These documents as the newest export that has them shows them."""
        found: dict[str, Record] = {}
        for source in reversed(self.sources(view)):
            if len(found) == len(ids):
                break
            records = self.read_export(view, source).records
            found |= {id: records[id] for id in ids if id not in found and id in records}
        return list(found.values())

    def read_export(self, view: View, source: Source) -> Shown:
        """One export. Raises `Busy`, `SourceDamaged`, `Misconfigured` or `Unreachable`."""
        assert self.exports is not None
        place = (repr(view), source.name)
        kept = self._read.get(place)
        if kept is not None and kept.source.same_file(source):
            return kept
        source, data = self.exports.load(source)
        format, options = self.format(view)
        try:
            shown = _shown(view, source, data, format, options)
        except Damage as damage:
            raise SourceDamaged(
                self.system, f"{source.name} cannot be read", damage.why, damage.todo
            ) from damage
        self._read[place] = shown
        return shown

    def format(self, view: View) -> tuple[Format, Options]:
        """How these documents are written. Raises `Misconfigured`."""
        problems = list(problems_of(view))
        if problems:
            raise Misconfigured(
                self.system,
                f"{view.entity} cannot be made documents of {view.object}",
                "; ".join(problems),
                "correct the mapping",
            )
        return by_name(str(view.options["format"])), options_of(view, self.settings)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        """One import file for all that may be handed over. See `Connector.write`."""
        handing = self.handing
        assert handing is not None
        format, options = self.format(view)
        shown = {record.id: record for record in self.read(view, [_number(write) for write in writes])}
        with handing.folders():
            draft = _Draft(view, format, options, handing, shown)
            outcomes = [draft.add(write) for write in writes]
        if not draft.handed:
            return [outcome for outcome in outcomes if not isinstance(outcome, str)]
        receipt = handing.hand_over(view.object, draft.data(), draft.handed, {}, ENDINGS[format.name])
        if isinstance(receipt, Unknown):
            return [receipt if isinstance(outcome, str) else outcome for outcome in outcomes]
        return [Sent(outcome, receipt) if isinstance(outcome, str) else outcome for outcome in outcomes]

    def receipts(self, view: View) -> Sequence[Receipt]:
        """What Sage said of files, and documents it shows though it said nothing."""
        handing = self.handing
        assert handing is not None
        found = list(handing.receipts(view))
        with handing.folders():
            silent = [note for note in handing.imports.open_notes(view.object) if not handing.said(note)]
        sources = self.sources(view) if silent else []
        for note in silent:
            wanted = [id for id in note.ids if id not in note.settled]
            seen: set[str] = set()
            for source in sources:
                if source.modified > note.written_at:
                    seen |= self.read_export(view, source).records.keys() & set(wanted)
            if seen:
                found.append(
                    Receipt(note.name, True, "an export shows it", tuple(i for i in wanted if i in seen))
                )
        return found


def _number(write: Write) -> str:
    return write.id or write.new_id or ""


def _shown(view: View, source: Source, data: bytes, format: Format, options: Options) -> Shown:
    """The documents of one export. Raises `Damage`."""
    shown, entries = Shown(source), dict[str, list[Entry]]()
    for item in format.read(io.BytesIO(data), options):
        if isinstance(item, Entry):
            id = id_of(view, item)
            if id:
                entries.setdefault(id, []).append(item)
            else:
                reason, todo = f"it has no {' and '.join(view.key)}", "give it one in Sage, or leave it out"
                shown.rejected.append(Rejected(f"{source.name} line {item.line}", reason, todo))
        elif isinstance(item, Refusal):
            shown.rejected.append(Rejected(f"{source.name} line {item.line}", item.reason, item.todo))
    for id, of_it in entries.items():
        values = values_of(view, of_it)
        where = f"{source.name} line {of_it[0].line}"
        shown.records[id] = Record(
            id, values, version=version_of(values), modified=source.modified, where=where
        )
    return shown


class _Draft:
    """One import file in the making: each document is tried by itself, then all that can be are written."""

    def __init__(
        self,
        view: View,
        format: Format,
        options: Options,
        handing: Handing,
        shown: Mapping[str, Record],
    ) -> None:
        self.view, self.format, self.options, self.handing, self.shown = view, format, options, handing, shown
        self.earlier = _Earlier(handing, view.object)
        self.entries: list[Entry] = []
        self.handed: list[HandedLine] = []
        empty = self._written(())[0]
        self._empty, self._line = empty, 0

    def add(self, write: Write) -> Outcome | str:
        """The number a document was planned under, or why there is nothing to hand over."""
        try:
            return self._add(write)
        except NotThis as this:
            return this.outcome
        except Unfit as unfit:
            return Refused(unfit.reason, unfit.field, unfit.todo)

    def data(self) -> bytes:
        """The file."""
        data, _, refusals = self._written(self.entries)
        assert not refusals, refusals
        return data

    def _add(self, write: Write) -> Outcome | str:
        id = self._id(write)
        before = self.earlier.outcome(write, id)
        if before is not None:
            return before
        if any(line.id == id for line in self.handed):
            raise refused(f"{id} is in this file already", self.view.key[0], "two records bear one number")
        self._check_shown(write, id)
        piece = self._numbered(piece_of(self.view, write.values))
        data, changes, refusals = self._written(piece.entries)
        if refusals:
            raise refused(refusals[0].reason, refusals[0].field or None, refusals[0].todo)
        self._append(write, id, piece, data, changes)
        return id

    def _id(self, write: Write) -> str:
        if write.archived is not None:
            raise refused("a document cannot be archived", todo="set on_delete: ignore for this system")
        if write.id is not None:
            reason = f"{write.id} was handed over, and a document is never changed"
            raise refused(reason, todo="make a credit note; and say updates: false in the mapping")
        if not write.new_id:
            todo = f"see whether the record has its {' and '.join(self.view.key)}, and the mapping its key"
            raise refused("it has no number", self.view.key[0], todo)
        return write.new_id

    def _check_shown(self, write: Write, id: str) -> None:
        """A document Sage has is not made again: it is ours where a lost database asks, else a person's."""
        record = self.shown.get(id)
        if record is None:
            return
        if write.again and _says(self.view, record, write):
            raise NotThis(Done(record))
        todo = "compare the two; discard this letter if they are one, else give the new one another number"
        raise refused(f"Sage has {id} already ({record.where})", self.view.key[0], todo)

    def _numbered(self, piece: Piece) -> Piece:
        """With the number of a piece that its format cannot do without, where the mapping gives none."""
        needed = self.format.name in ("fec", "ximport")
        if not needed or any(entry.piece for entry in piece.entries):
            return piece
        place = str(len(self.handed) + 1)
        entries = (
            entry._replace(piece=entry.invoice if self.format.name == "fec" else place)
            for entry in piece.entries
        )
        return Piece(tuple(entries), piece.left_out)

    def _append(self, write: Write, id: str, piece: Piece, data: bytes, changes: Iterable[Change]) -> None:
        first, count = self._place(data)
        names = dict.fromkeys(
            name for entry in piece.entries for name in (entry.piece, entry.invoice) if name
        )
        told = [f"{c.field} {c.meant!r} is written {c.written!r}: {c.why}" for c in changes]
        self.handed.append(
            HandedLine(
                ref=write.ref,
                id=id,
                new=True,
                number=first,
                values=dict(write.values),
                was={},
                spelled=[*told, *piece.left_out],
                count=count,
                names=[name for name in names if name != id],
                whole=True,
            )
        )
        self.entries += piece.entries

    def _place(self, data: bytes) -> tuple[int, int]:
        """First line and number of lines in the file of a document that alone would be this file."""
        alone, empty = data.split(b"\n"), self._empty.split(b"\n")
        head = next(
            (at for at, (a, b) in enumerate(zip(alone, empty, strict=False)) if a != b), len(empty) - 1
        )
        count = len(alone) - len(empty)
        first = (self._line or head) + 1
        self._line = first - 1 + count
        return first, count

    def _written(self, entries: Iterable[Entry]) -> tuple[bytes, Sequence[Change], Sequence[Refusal]]:
        written = self.format.write(entries, self.options)
        return written.data(), written.changes, written.refused


class _Earlier:
    """What was handed over before, by number and by our reference."""

    def __init__(self, handing: Handing, object: str) -> None:
        self.handing, self.imports = handing, handing.imports
        self.ledger = self.imports.ledger(object)
        self.found: dict[str, tuple[Note, HandedLine]] = {}
        for note in self.imports.notes(object):
            if self.imports.is_staged(note.name):
                # Noted and never handed over: whatever it held is asked for again.
                self.imports.discard(note.name)
                continue
            for line in note.lines:
                self.found[line.id] = self.found[line.ref] = (note, line)

    def outcome(self, write: Write, id: str) -> Outcome | None:
        """The answer where it was handed over already; ``None`` where it may be."""
        found = self.found.get(id) or self.found.get(write.ref)
        if found is None:
            return self._of_ledger(write, id)
        note, line = found
        if line.id in note.settled and line.id in refused_ids(note.answers or ()):
            return None
        if line.id == id and dict(line.values) == dict(write.values):
            self.imports.reopen(note, line.id)
            return Sent(line.id, note.name)
        raise refused(_other(line.id, id, f"{note.name} ({note.written[:10]})"), todo=_TODO)

    def _of_ledger(self, write: Write, id: str) -> Outcome | None:
        known = self.ledger.get(id)
        if known is None:
            return None
        if known == digest_of(write.values):
            return Done(Record(id, dict(write.values), version=version_of(write.values)))
        raise refused(_other(id, id, "long ago"), todo=_TODO)


_TODO = "a document in Sage is never changed: correct it there or by a credit note, then discard this letter"


def _other(was: str, id: str, when: str) -> str:
    what = "with other values" if was == id else f"under the number {was}"
    return f"{id} was handed over before, {what}: {when}"


def _says(view: View, record: Record, write: Write) -> bool:
    """Whether Sage shows the entries that this write would make."""
    entries = piece_of(view, write.values).entries
    return _comparable(view, values_of(view, entries)) == _comparable(view, record.values)


def _comparable(view: View, values: Mapping[str, Native]) -> list[tuple[str, str, str]]:
    """Accounts and amounts, in no order: labels may be cut, and Sage numbers pieces itself."""
    table = next(field.name for field in view.fields if field.type == "lines")
    lines = values.get(table)
    assert isinstance(lines, list)
    return sorted((str(line["compte"]), str(line["debit"]), str(line["credit"])) for line in lines)
