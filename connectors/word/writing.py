"""Writes of a batch, taken to the documents they belong to; each answered as `hub.ports` says.

Promises: a document is looked at again right before it is written, and a record that is not what the hub last
saw is answered `Moved`; one document is replaced once for all its writes, as a whole or not at all; somebody
who saves it meanwhile is never written over; a document that somebody has open, or that may not be written,
costs only its own records. What the document says after the write is read from it. A renewal's amendment is
there before the contract says the new end. Never: opens a document itself; `tasks` does, in the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.word import faults
from connectors.word.faults import Refusal
from connectors.word.library import Leaf, part_of
from connectors.word.making import Maker, Plan, Renewal
from connectors.word.patching import canonical
from connectors.word.records import Column, Entry, alone, cell_of, entries_of, spec_of
from connectors.word.replacing import Exchange, replacing
from hub.filing import files
from hub.filing.faults import Fault
from hub.ports import Done, Missing, Moved, Outcome, Record, Refused, Unknown, View, Write

if TYPE_CHECKING:
    from connectors.word.connector import Looked, WordConnector

_Made = TypeVar("_Made")
ATTEMPTS = 3
"""How often a document is begun anew when somebody saved it meanwhile."""


class Writer:
    """One batch of one view. Raises `Fault` only for what concerns the whole folder."""

    def __init__(self, connector: WordConnector, view: View) -> None:
        self.connector, self.view, self.spec = connector, view, spec_of(view)
        self.profiles, self.version = connector.profiles, connector.version
        self.maker = Maker(connector, view, self.spec)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """One outcome a write, in order."""
        answers: dict[int, Outcome] = {}
        plans: dict[int, Plan] = {}
        for number, write in enumerate(writes):
            if write.id is None:
                planned = self._guarded(self.maker.planned, write)
                if isinstance(planned, Plan):
                    plans[number] = planned
                else:
                    answers[number] = planned
        now = self._looked(writes, plans.values())
        answers |= self._made(plans, now)
        by_document: dict[str, list[int]] = {}
        for number, write in enumerate(writes):
            if write.id is None:
                continue
            place = self._place(write.id, now) if now is not None else Missing()
            if isinstance(place, str):
                by_document.setdefault(place, []).append(number)
            else:
                answers[number] = place
        for name, numbers in by_document.items():
            told = self._document(name, [writes[number] for number in numbers])
            answers.update(zip(numbers, told, strict=True))
        return [answers[number] for number in range(len(writes))]

    def _looked(self, writes: Sequence[Write], plans: Iterable[Plan]) -> Looked | None:
        """The folder as it is, of the records concerned; ``None`` where it is empty and may well be."""
        changed = {write.id for write in writes if write.id is not None}
        if not changed and not self.connector.folder.look():
            return None
        return self.connector.looked(self.view, frozenset(changed | {plan.id for plan in plans}))

    def _made(self, plans: Mapping[int, Plan], now: Looked | None) -> dict[int, Outcome]:
        answers: dict[int, Outcome] = {}
        made: set[str] = set()
        for number, plan in plans.items():
            if plan.id and plan.id in made:
                reason = f"there is a {self.view.entity} {plan.id} already, made a moment ago"
                answers[number] = Refused(reason, None, "give each its own number")
                continue
            answers[number] = self._guarded(self.maker.make, plan, now)
            if isinstance(answers[number], Done):
                made.add(plan.id)
        return answers

    def _guarded(self, make: Callable[..., _Made], *given: Any) -> _Made | Refused:
        """What it makes, or its refusal as an answer."""
        try:
            return make(*given)
        except Refusal as refusal:
            return Refused(refusal.reason, self._native(refusal.field), refusal.todo)
        except (Fault, faults.Fault) as fault:
            return _passing(fault)

    def _place(self, id: str, now: Looked) -> str | Outcome:
        """The document a record stands in, by its name in the folder; or why it cannot be told."""
        record = now.records.get(id)
        if record is not None and record.where is not None:
            return self.connector.document_of(record.where)
        aside = now.aside.get(id)
        if aside is not None:
            return Refused(aside.reason, None, aside.todo, passing=True)
        if now.doubtful:
            reason = f"{id} is in no document, but may be in {now.doubtful[0]}, which cannot be read"
            return Refused(reason, None, "repair that document, or take it out of the folder", passing=True)
        return Missing()

    # -- one document --------------------------------------------------------------------------------

    def _document(self, name: str, writes: Sequence[Write]) -> list[Outcome]:
        """All writes to one document; begun anew where somebody saved it meanwhile."""
        try:
            for _ in range(ATTEMPTS):
                try:
                    return self._once(name, writes)
                except files.ChangedMeanwhile:
                    continue
            return self._as_it_is(name, writes)
        except Refusal as refusal:
            return [self.refused(refusal)] * len(writes)
        except (Fault, faults.Fault) as fault:
            return [_passing(fault)] * len(writes)

    def _once(self, name: str, writes: Sequence[Write]) -> list[Outcome]:
        leaf = self._leaf(name)
        batch = _Batch(self, name, leaf)
        for write in writes:
            batch.take(write)
        if batch.edits:
            path = self.connector.folder.file(name).resolve()
            with replacing(path, leaf.sha256, self.connector.settings, self.connector.backups) as exchange:
                batch.carry_out(exchange)
        return batch.answers

    def _leaf(self, name: str) -> Leaf:
        """The document as it is now. Raises `Fault` where it cannot be read."""
        seen = files.look(self.connector.folder.file(name))
        leaf = self.connector.library.leaf(name, (seen.size, seen.mtime_ns, seen.inode))
        if leaf is None:
            raise Fault("busy", f"{name} is being saved just now", todo="nothing; it is tried again")
        if leaf.trouble is not None:
            raise Fault("damaged", leaf.trouble.reason, todo=leaf.trouble.todo)
        return leaf

    def _as_it_is(self, name: str, writes: Sequence[Write]) -> list[Outcome]:
        """Somebody keeps saving it: the hub has to look anew."""
        leaf = self._leaf(name)
        entries = {entry.id: entry for entry in entries_of(self.spec, name, leaf)}
        return [
            Moved(self.record(entries[write.id], leaf)) if write.id in entries else Missing()
            for write in writes
        ]

    def record(self, entry: Entry, leaf: Leaf) -> Record:
        return alone(self.spec, entry, leaf, self.version)

    def _native(self, field: str | None) -> str | None:
        """The native name of a profile's field."""
        return next((one.name for one in self.spec.columns if one.field == field), field)

    def refused(self, refusal: Refusal) -> Refused:
        return Refused(refusal.reason, self._native(refusal.field), refusal.todo)


def _passing(fault: Fault | faults.Fault) -> Refused:
    reason = f"{fault.what}: {fault.why}" if fault.why else fault.what
    return Refused(reason, None, fault.todo, passing=True)


class _Batch:
    """The writes to one document in one state of it. `edits`: (number of the write, contract, values)."""

    def __init__(self, writer: Writer, name: str, leaf: Leaf) -> None:
        self.writer, self.name, self.leaf = writer, name, leaf
        self.entries = {entry.id: entry for entry in entries_of(writer.spec, name, leaf)}
        self.answers: list[Outcome] = []
        self.edits: list[tuple[int, Entry, dict[str, Any]]] = []
        self.renewals: dict[int, Renewal] = {}

    def take(self, write: Write) -> None:
        """Answer one write, or note what it changes; its answer is then what the document says now."""
        try:
            self.answers.append(self._taken(write))
        except Refusal as refusal:
            self.answers.append(self.writer.refused(refusal))

    def _taken(self, write: Write) -> Outcome:
        entry = self.entries.get(write.id or "")
        if entry is None:
            return Missing()
        if write.archived:
            raise Refusal("a document cannot be archived", "set on_delete: ignore for this system, or ask")
        record = self.writer.record(entry, self.leaf)
        known = record.values
        if any(name in known and known[name] != value for name, value in write.expected.items()):
            return Moved(record)
        values = self._values(entry, record, write)
        if values:
            number = len(self.answers)
            renewal = self.writer.maker.renewal(entry, values)
            if renewal is not None:
                self.renewals[number] = renewal
            self.edits.append((number, entry, values))
        return Done(record)

    def _values(self, entry: Entry, record: Record, write: Write) -> dict[str, Any]:
        """What is to change, by the profile's fields."""
        profile = self.writer.profiles[entry.part.profile]
        columns = {one.name: one for one in self.writer.spec.columns}
        key = self.writer.spec.key or entry.part.key
        values: dict[str, Any] = {}
        for name, value in write.values.items():
            column = columns.get(name)
            if column is None:
                raise Refusal(f"'{name}' is no field of this view in the mapping", "", name)
            if name in record.values and record.values[name] == value:
                continue
            if name in record.unreadable:
                raise Refusal(f"what the document says cannot be read: {record.unreadable[name]}",
                              "correct it in Word", name)  # fmt: skip
            self._check_writable(column, key)
            whole = _whole(column, entry, value, values)
            if canonical(column.field, profile.fields.get(column.field), whole) != record.values.get(name):
                values[column.field] = whole
        return values

    def _check_writable(self, column: Column, key: Sequence[str]) -> None:
        if not column.writable:
            raise Refusal(f"the mapping says that '{column.name}' is not written", "", column.name)
        if column.known_by:
            told = ", ".join(column.known_by)
            raise Refusal(
                f"'{column.name}' says whom the document names, by {told}, and is only read",
                "change it in Word",
                column.name,
            )
        if column.field in key:
            raise Refusal(
                f"'{column.name}' is the key by which the contract is known", "change it in Word", column.name
            )

    def carry_out(self, exchange: Exchange) -> None:
        """Write the edits into the staged copy and put it in place; answer them by what it says."""
        connector = self.writer.connector
        profile = self.edits[0][1].part.profile
        target = exchange.copy.with_name("edited.docx")
        self._drop_what_cannot_be_renewed()
        if not self.edits:
            return
        answer = connector.reader.do(
            "patch", exchange.copy, self.name,
            profile=profile, shape=self.writer.profiles[profile].model_dump(mode="json", by_alias=True),
            edits=[[entry.number, values] for _, entry, values in self.edits], target=str(target),
        )  # fmt: skip
        done = []
        for (number, entry, _), told in zip(self.edits, answer["refused"], strict=True):
            if told is not None:
                self.answers[number] = self.writer.refused(Refusal(*told))
            else:
                done.append((number, entry))
        unsure = None
        if answer["changed"]:
            exchange.staged.write_bytes(target.read_bytes())
            unsure = self._put(exchange, [number for number, _ in done])
        self._answer(exchange.path, answer["contracts"], done, unsure)

    def _drop_what_cannot_be_renewed(self) -> None:
        """Refuse the writes whose amendment cannot be made, before anything is written for the others."""
        for number, renewal in self.renewals.items():
            try:
                self.writer.maker.rehearse(renewal)
            except Refusal as refusal:
                self.answers[number] = self.writer.refused(refusal)
                self.edits = [edit for edit in self.edits if edit[0] != number]

    def _put(self, exchange: Exchange, numbers: Sequence[int]) -> Unknown | None:
        """The amendments first, then the contract; where that fails, amendments just made go again."""
        made: list[Path] = []
        try:
            for number in numbers:
                if number in self.renewals:
                    made += self.writer.maker.amend(self.renewals[number])
            return exchange.put()
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise

    def _answer(
        self, path: Path, contracts: Sequence[Mapping[str, Any]], done: Sequence[tuple[int, Entry]],
        unsure: Unknown | None,
    ) -> None:  # fmt: skip
        seen = files.look(path)
        parts = tuple(part_of(one, self.writer.profiles[one["profile"]]) for one in contracts)
        leaf = Leaf((seen.size, seen.mtime_ns, seen.inode), files.sha256_of(path), True, parts)
        entries = {entry.number: entry for entry in entries_of(self.writer.spec, self.name, leaf)}
        for number, entry in done:
            self.answers[number] = unsure or Done(self.writer.record(entries[entry.number], leaf))


def _whole(column: Column, entry: Entry, value: Any, values: Mapping[str, Any]) -> Any:
    """The profile's field as a whole, of which a native may be a part (the town of `38000 Grenoble`)."""
    if not column.part:
        return value
    said = values.get(column.field, cell_of(Column(column.field, column.field), entry.part).value) or ""
    postcode, _, town = str(said).partition(" ")
    parts = {"postcode": postcode, "town": town, column.part: str(value or "")}
    return f"{parts['postcode']} {parts['town']}".strip() or None
