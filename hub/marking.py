"""Two records of one system made one where the system itself cannot: the double is marked, put away, or left.

`Marking` does it over any connector by its `read` and `write`, as the mapping says (`hub.marks`): nothing but
the one field is touched, and the way in is that of every write, so an open file is waited for, a workbook is
backed up, and nobody who was faster is written over.

It promises: what people typed is never overwritten by a mark, and is named; what was done is found done when
asked again, after a lost answer too; taken back, a field holds what it held before, unless somebody changed
it since, which is said. What a system was handed and has not shown is `sent`, whatever it answered: asked
again it is handed nothing a second time, and `noted` is empty once the system shows it. A system that can
only be read keeps its double as it is, and that is said too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2s
from typing import Any, Protocol, runtime_checkable

from hub.marks import Saying, alike, is_empty, marked_as, marked_ids, saying_of, showing
from hub.ports import (
    Connector,
    ConnectorError,
    Done,
    Fate,
    Merged,
    Merges,
    Misconfigured,
    Missing,
    Native,
    Outcome,
    Record,
    Refused,
    Sent,
    Split,
    Unknown,
    View,
    Write,
)


@runtime_checkable
class Around(Protocol):
    """A connector that hands its calls on to another."""

    @property
    def inner(self) -> Connector: ...


def merging_of(connector: Connector) -> Merges:
    """What makes records of this system one: the connector itself where it can, else a `Marking` over it."""
    return connector if isinstance(connector, Merges) else Marking(connector)


def merges_itself(connector: Connector) -> bool:
    """Whether the system has a merge of its own, whatever is wrapped around its connector."""
    while isinstance(connector, Around):
        connector = connector.inner
    return isinstance(connector, Merges)


@dataclass
class _Run:
    """One merge under way."""

    lost: dict[str, Fate]
    unable: list[str] = field(default_factory=list)
    undo: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)

    def leave(self, id: str, why: Refused) -> None:
        self.refused.append(why)
        self.unable.append(f"{id}: {why.reason}" + (f" ({why.todo})" if why.todo else ""))


class Marking:
    """`Merges` for a system without a merge. Raises what the connector's `read` and `write` raise."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._name, self._traits = connector.name, connector.traits

    def noted(self, view: View, keep: str, lose: Sequence[str]) -> Mapping[str, Any]:
        """See `hub.ports.Merges.noted`; a record that says already what it would be made to is left out."""
        saying = saying_of(self._name, self._traits, view, keep)
        if not isinstance(saying, Saying) or not self._traits.writable:
            return {}
        try:
            rows = self._connector.read(saying.view, _others(keep, lose))
        except Misconfigured:
            # `merge` tells which field is not there; where it is more than that, it is raised there.
            return {}
        return {row.id: saying.note(row) for row in rows if not _is_settled(saying, row)}

    def merge(self, view: View, keep: str, lose: Sequence[str]) -> Merged | Refused | Unknown | Missing:
        """See `hub.ports.Merges.merge`."""
        saying = saying_of(self._name, self._traits, view, keep)
        losers = _others(keep, lose)
        rows, lacking = self._seen(view, saying, [keep, *losers])
        if keep not in rows:
            return Missing()
        there = [id for id in losers if id in rows]
        run = _Run({id: "left" if id in rows else "gone" for id in losers})
        if saying is not None and not self._traits.writable:
            run.unable += [f"{id} stays as it is: {self._name} can only be read" for id in there]
        elif isinstance(saying, Refused):
            return saying
        elif lacking is not None:
            return lacking
        elif saying is not None and there:
            doubt = self._say(run, saying, rows, there)
            if doubt is not None:
                return doubt
            if len(run.refused) == len(there):
                return run.refused[0]
        for row in self._connector.read(view, [keep]):
            return Merged(row, run.lost, tuple(run.unable), run.undo)
        return Missing()

    def split(self, view: View, keep: str, undo: Mapping[str, Any]) -> Split | Refused | Unknown | Missing:
        """See `hub.ports.Merges.split`."""
        unable: list[str] = []
        for name in dict.fromkeys(note.get("field") for note in undo.values()):
            notes = {id: note for id, note in undo.items() if note.get("field") == name}
            doubt = self._take_back(view, name, notes, unable)
            if doubt is not None:
                return doubt
        seen = {row.id: row for row in self._connector.read(view, [keep, *undo])}
        if keep not in seen:
            return Missing()
        return Split(seen[keep], {id: seen[id] for id in undo if id in seen}, tuple(unable))

    # -- reading -------------------------------------------------------------------------------------

    def _seen(
        self, view: View, saying: Saying | Refused | None, ids: Sequence[str]
    ) -> tuple[dict[str, Record], Refused | None]:
        """These records, with the field of the mark; why not, where the field is not there."""
        if isinstance(saying, Saying):
            try:
                return {row.id: row for row in self._connector.read(saying.view, ids)}, None
            except Misconfigured as error:
                rows = {row.id: row for row in self._connector.read(view, ids)}
                return rows, _no_field(self._name, view, saying.field, error)
        return {row.id: row for row in self._connector.read(view, ids)}, None

    def _known(self, saying: Saying, rows: Mapping[str, Record], losers: Sequence[str]) -> set[str]:
        """Ids of records that are there, as far as what stands in the field speaks of them."""
        if saying.fate != "marked" or saying.field is None:
            return set()
        values = [rows[id].values.get(saying.field) for id in losers]
        strangers = marked_ids(values) - rows.keys()
        found = self._connector.read(saying.view, sorted(strangers)) if strangers else ()
        return {*rows, *losers, *(row.id for row in found)}

    # -- saying it -----------------------------------------------------------------------------------

    def _say(
        self, run: _Run, saying: Saying, rows: Mapping[str, Record], losers: Sequence[str]
    ) -> Unknown | None:
        """Have each of these say it. What came of it is noted in `run`; an answer where that is not known."""
        known = {*self._known(saying, rows, losers), *run.lost}
        writes = []
        for id in losers:
            row = rows[id]
            if _is_settled(saying, row):
                run.lost[id] = saying.fate
            elif (why := _speaks_against(saying, row, known)) is not None:
                run.leave(id, why)
            else:
                run.undo[id] = saying.note(row)
                writes.append(self._saying_write(saying, row))
        for write, outcome in self._written(saying.view, writes):
            if isinstance(outcome, Unknown):
                return outcome
            self._take_in(run, saying, str(write.id), outcome)
        return None

    def _saying_write(self, saying: Saying, row: Record) -> Write:
        if saying.field is None:
            return Write(self._ref(saying.view, row.id), row.id, {}, dict(row.values), archived=True)
        now = row.values.get(saying.field)
        return self._write(saying.view, row.id, saying.field, saying.value, now, again=True)

    def _take_in(self, run: _Run, saying: Saying, id: str, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            run.lost[id] = saying.fate
            if saying.field is not None and not saying.stands_in(outcome.record):
                now = outcome.record.values.get(saying.field)
                run.undo[id]["said"] = now
                run.unable.append(f"{id}: {self._name} made «{now}» of «{saying.value}» in '{saying.field}'")
        elif isinstance(outcome, Missing):
            run.lost[id] = "gone"
        elif isinstance(outcome, Sent):
            run.lost[id] = "sent"
            run.unable.append(self._heard(saying.view, id, outcome))
        elif isinstance(outcome, Refused):
            run.leave(id, outcome)
        else:
            where = "it" if saying.field is None else f"'{saying.field}'"
            run.leave(id, Refused(f"somebody wrote into {where} just now", None, "ask again", passing=True))

    def _heard(self, view: View, id: str, sent: Sent) -> str:
        """What is known of a hand-over, as far as the system has said."""
        for receipt in self._connector.receipts(view):
            if receipt.receipt == sent.receipt and (id in receipt.ids or not receipt.ids):
                if not receipt.accepted:
                    return f"{id}: {self._name} refused {sent.receipt}: {receipt.reason}"
                return f"{id}: {self._name} took {sent.receipt}, and does not show it yet"
        return f"{id}: handed over in {sent.receipt}; {self._name} does not show it yet"

    # -- taking it back ------------------------------------------------------------------------------

    def _take_back(
        self, view: View, name: str | None, notes: Mapping[str, Any], unable: list[str]
    ) -> Unknown | None:
        """Put back what stood in this field; `None`: whether they were archived. What does not, `unable`."""
        wide = view if name is None else showing(view, name)
        try:
            rows = {row.id: row for row in self._connector.read(wide, list(notes))}
        except Misconfigured as error:
            rows = {row.id: row for row in self._connector.read(view, list(notes))}
            if rows:
                unable.append(_no_field(self._name, view, name, error).reason)
            return None
        unable += [f"{id} is gone from {self._name}" for id in notes if id not in rows]
        writes = []
        for id in (id for id in notes if id in rows):
            back = self._back(wide, name, rows[id], notes[id])
            if isinstance(back, str):
                unable.append(back)
            elif back is not None and not self._traits.writable:
                unable.append(f"{id} stays as it is: {self._name} can only be read")
            elif back is not None:
                writes.append(back)
        for write, outcome in self._written(wide, writes):
            if isinstance(outcome, Unknown):
                return outcome
            word = self._came_back(wide, name, write, outcome, rows[str(write.id)], notes[str(write.id)])
            unable += [word] if word else []
        return None

    def _back(self, view: View, name: str | None, row: Record, note: Mapping[str, Any]) -> Write | str | None:
        """The write that takes it back; why there is none; ``None`` where there is nothing to take back."""
        if name is None:
            if row.archived == note["archived"]:
                return None
            ref = self._ref(view, row.id)
            return Write(ref, row.id, {}, dict(row.values), archived=bool(note["archived"]))
        if name in row.unreadable:
            return f"{row.id}: '{name}' cannot be read: {row.unreadable[name]}"
        now, before, said = row.values.get(name), note["before"], note["said"]
        if alike(now, before):
            # A mark that was handed over may be on its way still: it is met there, or this is refused.
            on_its_way = not self._traits.confirms and self._traits.writable
            return self._write(view, row.id, name, before, said, again=False) if on_its_way else None
        if alike(now, said):
            return self._write(view, row.id, name, before, now, again=True)
        other = marked_as(now)
        if other is not None and marked_as(said) is not None:
            return (
                f"{row.id}: '{name}' says «{now}»: it was made one with another since; take that back first"
            )
        shown = "nothing" if is_empty(now) else f"«{now}»"
        return f"{row.id}: '{name}' says {shown}, which somebody wrote since; it is left"

    def _came_back(
        self,
        view: View,
        name: str | None,
        write: Write,
        outcome: Outcome,
        row: Record,
        note: Mapping[str, Any],
    ) -> str | None:
        """What is to be said of a write that was to take a mark back."""
        if isinstance(outcome, Sent):
            return self._heard(view, row.id, outcome)
        if isinstance(outcome, Done):
            now = outcome.record.values.get(name) if name is not None else None
            if name is None or alike(now, note["before"]):
                return None
            return f"{row.id}: {self._name} made «{now}» of «{note['before']}» in '{name}'"
        if isinstance(outcome, Missing):
            return f"{row.id} is gone from {self._name}"
        what = f"'{name}'" if name is not None else "the archive"
        if isinstance(outcome, Refused):
            return f"{row.id}: {what} still says so: {outcome.reason}"
        if name is not None and alike(row.values.get(name), note["before"]):
            return None
        return f"{row.id}: {what} was changed just now; it is left"

    # -- writing -------------------------------------------------------------------------------------

    def _ref(self, view: View, id: str) -> str:
        """The same on every attempt, so that what was handed over is not handed over a second time."""
        words = "\0".join((self._name, view.entity, view.object, id))
        return f"{view.entity}_{blake2s(words.encode(), digest_size=16).hexdigest()}"

    def _write(self, view: View, id: str, name: str, value: Native, expected: Native, again: bool) -> Write:
        again = again and not self._traits.confirms
        return Write(self._ref(view, id), id, {name: value}, {name: expected}, again=again)

    def _written(self, view: View, writes: Sequence[Write]) -> Iterator[tuple[Write, Outcome]]:
        """Every write with its outcome, a batch at a time. What fails after one was written is not known."""
        for start in range(0, len(writes), self._traits.batch):
            batch = writes[start : start + self._traits.batch]
            try:
                outcomes = self._connector.write(view, batch)
            except ConnectorError as error:
                if start == 0:
                    raise
                outcomes = [Unknown(str(error))] * len(batch)
            yield from zip(batch, outcomes, strict=True)


def _others(keep: str, lose: Sequence[str]) -> list[str]:
    return [id for id in dict.fromkeys(lose) if id != keep]


def _is_settled(saying: Saying, row: Record) -> bool:
    """Whether there is nothing to write into it."""
    return saying.field not in row.unreadable and saying.stands_in(row)


def _speaks_against(saying: Saying, row: Record, known: set[str]) -> Refused | None:
    """Why a record must not be made to say it."""
    if saying.field is None:
        return None
    if saying.field in row.unreadable:
        return Refused(row.unreadable[saying.field], saying.field, "mend the record, then ask again")
    now = row.values.get(saying.field)
    if saying.may_replace(now, known):
        return None
    place = f" ({row.where})" if row.where else ""
    reason = f"'{saying.field}' says «{now}» already{place}"
    return Refused(reason, saying.field, "empty that field, or mark the record by hand")


def _no_field(system: str, view: View, name: str | None, error: Misconfigured) -> Refused:
    """What is said where the view can be read, and not with this field in it."""
    why = f"{error.what}: {error.why}" if error.why else error.what
    reason = f"{view.object} of {system} has no field '{name}' that could be written: {why}"
    return Refused(reason, name, f"add a field or column '{name}' there, or correct the mapping")
