"""The hub's connection to a system held in memory: see `tests.memory`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hub.ports import (
    Done,
    Finding,
    Known,
    Misconfigured,
    Missing,
    Moved,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Sent,
    Unknown,
    View,
    Write,
)
from tests.memory_table import START, Crash, File, Item, MemoryTable

if TYPE_CHECKING:
    from tests.memory import MemorySystem


class MemoryConnector:
    """A connection to a `MemorySystem`."""

    def __init__(self, system: MemorySystem) -> None:
        self.system = system
        self.name = system.name
        self.traits = system.traits

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        if self.system.down is not None:
            return [Finding("error", self.name, str(self.system.down), "try again later")]
        findings = [Finding("ok", self.name, "in memory")]
        for view in views:
            columns = self.system.columns.get(view.object)
            for name in view.names:
                if columns is not None and name not in columns:
                    findings.append(Finding("error", view.object, f"no field named {name}"))
        return findings

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        self._call("pull")
        wanted = self._in_view(view)
        since = int(cursor) if cursor is not None else -1
        if self.traits.incremental:
            yield from self._changes(view, wanted, since)
        elif since == self.system.sequence:
            yield Page([], cursor)
        else:
            yield from self._listing(view, wanted)

    def _changes(self, view: View, wanted: dict[str, Item], since: int) -> Iterator[Page]:
        changed = [
            (item.sequence, id) for id, item in wanted.items() if item.sequence > since - self.system.overlap
        ]
        changed.sort()
        size = self.system.page_size
        for start in range(0, len(changed), size):
            chunk = changed[start : start + size]
            self._call("page")
            records = [self._record(view, id, wanted[id]) for _, id in chunk]
            yield Page(self._shuffled(records), str(max(since, chunk[-1][0])), total=len(changed))
        if not changed:
            yield Page([], str(max(since, 0)), total=0)

    def _listing(self, view: View, wanted: dict[str, Item]) -> Iterator[Page]:
        now, ids, size = self.system.sequence, list(wanted), self.system.page_size
        if self.system.backwards:
            ids.reverse()
        last = max(0, (len(ids) - 1) // size)
        for number in range(last + 1):
            self._call("page")
            chunk = ids[number * size : (number + 1) * size]
            records = [self._record(view, id, wanted[id]) for id in chunk]
            done = number == last
            yield Page(self._shuffled(records), str(now) if done else None, listing=done, total=len(ids))

    def _shuffled(self, records: list[Record]) -> list[Record]:
        """The same records, in another order or one of them twice, as the knobs say."""
        found = records[::-1] if self.system.backwards else records
        return [*found, *found[:1]] if self.system.twice else found

    def ids(self, view: View) -> set[str]:
        self._call("ids")
        return set(self._in_view(view))

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        self._call("read")
        items = self.system[view.object].visible()
        return [self._record(view, id, items[id]) for id in ids if id in items]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        self._call("find")
        wanted = set(refs)
        items = self.system[view.object].visible().items()
        return {
            item.ref: self._record(view, id, item) for id, item in items if item.ref and item.ref in wanted
        }

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        self._call("allocate")
        pattern = view.options.get("new_key", self.system.id_format)
        if "{" not in pattern:
            raise Misconfigured(self.name, f"cannot number a new {view.entity}", f"new_key is {pattern!r}")
        used = {*self.system[view.object].items, *taken}
        given: list[str] = []
        number = 0
        while len(given) < count:
            number += 1
            if (id := pattern.format(number)) not in used:
                given.append(id)
        return given

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        self._call("write")
        if not self.traits.writable:
            raise Misconfigured(self.name, "cannot be written", "it is read-only", "set direction: pull")
        return self._apply(view, writes) if self.traits.confirms else self._send(view, writes)

    def _apply(self, view: View, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for write in writes:
            self._maybe_crash("crash_before")
            if self.system.lose_requests > 0:
                self.system.lose_requests -= 1
                outcomes.append(Unknown("the connection was cut"))
                continue
            outcome = self._apply_one(view, write)
            self._maybe_crash("crash_after")
            if isinstance(outcome, Done) and self.system.lose_replies > 0:
                self.system.lose_replies -= 1
                outcome = Unknown("the reply was lost")
            outcomes.append(outcome)
        return outcomes

    def _apply_one(self, view: View, write: Write) -> Outcome:
        table = self.system[view.object]
        problem = self._problem(view, write, table.items)
        if problem is not None:
            return problem
        id = write.id or self._earlier(table, write)
        if id is None:
            id = write.new_id or table.next_id()
            kept = write.ref if self.system.keeps_refs else None
            table.items[id] = Item({}, 0, START, ref=kept, made_by=write.ref)
        table.take(write, id)
        if write.archived is not None:
            table.archive(id, write.archived)
        self.system.written.append(write)
        return Done(self._record(view, id, table.items[id]))

    def _send(self, view: View, writes: Sequence[Write]) -> list[Outcome]:
        items = self.system[view.object].visible()
        self.system._file_number += 1
        file = File(f"import-{self.system._file_number:06d}")
        outcomes: list[Outcome] = []
        for write in writes:
            earlier = self.system.sent.get(write.ref) if write.again else None
            outcome = earlier or self._problem(view, write, items)
            if outcome is None:
                outcome = Sent(write.id or write.new_id or "", file.name)
                shown = items[outcome.id].values if outcome.id in items else {}
                file.lines.append((view.object, write, dict(shown)))
            outcomes.append(outcome)
        self._hand_over(file, outcomes, writes)
        return outcomes

    def _hand_over(self, file: File, outcomes: list[Outcome], writes: Sequence[Write]) -> None:
        """The whole file at once: it is there or it is not, as a rename makes it."""
        self._maybe_crash("crash_before")
        if file.lines:
            self.system.files[file.name] = file
            self.system.written += [write for _, write, _ in file.lines]
        for write, outcome in zip(writes, outcomes, strict=True):
            if isinstance(outcome, Sent):
                self.system.sent[write.ref] = outcome
        self._maybe_crash("crash_after")

    def _problem(self, view: View, write: Write, items: Mapping[str, Item]) -> Outcome | None:
        """Why this may not be written, looking at the record as it is now."""
        if write.id is not None and write.id not in items:
            return None if self._handed_over(view, write.id) else Missing()
        if write.id is not None:
            now = self._record(view, write.id, items[write.id])
            if any(now.values.get(name) != value for name, value in write.expected.items()):
                return Moved(now)
        elif write.new_id is not None and write.new_id in items and not write.again:
            return Moved(self._record(view, write.new_id, items[write.new_id]))
        reason = self.system.refuse(write.values) if self.system.refuse else None
        return Refused(reason) if reason else None

    def _handed_over(self, view: View, id: str) -> bool:
        """Whether a record is on its way: in a file, or imported and not shown yet."""
        lines = [line for file in self.system.files.values() for line in file.lines]
        waits = any(name == view.object and id in (write.id, write.new_id) for name, write, _ in lines)
        return not self.traits.confirms and (waits or id in self.system[view.object].items)

    def _earlier(self, table: MemoryTable, write: Write) -> str | None:
        """The record an earlier attempt at this creation left, if any."""
        for id, item in table.items.items():
            if item.ref == write.ref:
                return id
        return write.new_id if write.again and write.new_id in table.items else None

    # -- answers -------------------------------------------------------------------------------------

    def receipts(self, view: View) -> Sequence[Receipt]:
        self._call("receipts")
        return list(self.system.answers[view.object])

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        self._call("settle")
        waiting = self.system.answers[view.object]
        self.system.answers[view.object] = [receipt for receipt in waiting if receipt not in receipts]

    def close(self) -> None:
        return None

    # -- small things --------------------------------------------------------------------------------

    def _call(self, what: str) -> None:
        self.system.calls[what] += 1
        self.system.gate(what)
        if self.system.down is not None:
            raise self.system.down

    def _maybe_crash(self, knob: str) -> None:
        self.system.gate(knob)
        left = getattr(self.system, knob)
        if left > 0:
            setattr(self.system, knob, left - 1)
            if left == 1:
                raise Crash(f"{self.name}: {knob}")

    def _in_view(self, view: View) -> dict[str, Item]:
        items = self.system[view.object].visible()
        where: Mapping[str, Native] = view.where or {}
        return {
            id: item
            for id, item in items.items()
            if all(item.values.get(name) == value for name, value in where.items())
        }

    def _record(self, view: View, id: str, item: Item) -> Record:
        unreadable = {name: why for name, why in item.unreadable.items() if name in view.names}
        values = {name: item.values.get(name) for name in view.names if name not in unreadable}
        version = json.dumps([values, unreadable, item.archived, self.system.salt], sort_keys=True)
        return Record(
            id=id,
            values=copy.deepcopy(values),
            version=version,
            modified=item.modified,
            archived=item.archived,
            ref=item.ref,
            unreadable=unreadable,
            where=f"{view.object} {id}",
        )
