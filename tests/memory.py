"""A system held in memory, and its connector: what the engine's tests run against.

`MemorySystem` is the server and the people in front of it: tables of records, what it makes of a value,
what it refuses, and the faults one can arm (a lost reply, a crash before or after a write, being down).
`MemoryConnector` is a `hub.ports.Connector` to it; several can be open at once, as after a restart of the
hub. It passes the connectors' conformance suite in each of its natures (see `Traits`), so an engine test on
it is worth something.

    odoo = MemorySystem("odoo", Traits(archives=True))
    odoo["partner"].add({"name": "Durand SA"})            # a person types
    connector = odoo.connect()                            # the hub comes

An asynchronous system (`Traits(confirms=False)`) shows the hub what it last *published*: nothing a person
does, and nothing the hub writes, is read by the hub before `deliver()`.
"""

from __future__ import annotations

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hub.ports import (
    ConnectorError,
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
    Traits,
    Unknown,
    View,
    Write,
)

Normalise = Callable[[Native], Native]
Refuse = Callable[[Mapping[str, Native]], "str | None"]

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Crash(BaseException):
    """The hub dies here. Not an `Exception`, so that nothing but the test catches it."""


@dataclass
class Item:
    """One record of the server."""

    values: dict[str, Native]
    sequence: int
    modified: datetime
    archived: bool = False
    ref: str | None = None
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass
class File:
    """A batch handed over to an asynchronous system and not imported yet."""

    name: str
    lines: list[tuple[str, Write]] = field(default_factory=list)


class MemoryTable:
    """One object of the system (a model, a sheet), as people use it. Every method is a person's act."""

    def __init__(self, system: MemorySystem, name: str) -> None:
        self.system = system
        self.name = name
        self.items: dict[str, Item] = {}
        self.published: dict[str, Item] = {}
        self._last_id = 0

    def add(self, values: Mapping[str, Native], id: str | None = None) -> str:
        """Type a new record; its id, chosen by the system unless given."""
        id = id or self.next_id()
        if id in self.items:
            raise KeyError(f"{self.name} {id} exists already")
        self.items[id] = Item({}, 0, START)
        self.set(id, values)
        return id

    def edit(self, id: str, **values: Native) -> None:
        """Change these fields."""
        self.set(id, values)

    def set(self, id: str, values: Mapping[str, Native]) -> None:
        """Change these fields, where their names are no Python names."""
        item = self.items[id]
        for name, value in values.items():
            item.values[name] = self.system.kept(name, value)
            item.unreadable.pop(name, None)
        self.touch(id)

    def delete(self, id: str) -> None:
        """Delete for good."""
        del self.items[id]
        self.system.tick()

    def archive(self, id: str, archived: bool = True) -> None:
        self.items[id].archived = archived
        self.touch(id)

    def spoil(self, id: str, name: str, reason: str = "#DIV/0!") -> None:
        """Make a field unreadable, until it is set again."""
        self.items[id].unreadable[name] = reason
        self.touch(id)

    def show(self, id: str) -> dict[str, Native]:
        """The record's values as a person sees them."""
        return dict(self.items[id].values)

    def rows(self) -> dict[str, dict[str, Native]]:
        """Every record as a person sees it."""
        return {id: dict(item.values) for id, item in self.items.items()}

    def touch(self, id: str) -> None:
        item = self.items[id]
        item.sequence = self.system.tick()
        item.modified = self.system.now()

    def next_id(self) -> str:
        while True:
            self._last_id += 1
            id = self.system.id_format.format(self._last_id)
            if id not in self.items:
                return id

    def visible(self) -> dict[str, Item]:
        """What the hub can see of it."""
        return self.items if self.system.traits.confirms else self.published


class MemorySystem:
    """The server. Its public attributes are knobs: set them at any time.

    `normalise` says per field what the system makes of a value; `refuse` looks at the values of a write and
    gives a reason to refuse it, `refuse_later` the same when an asynchronous system imports it.
    `lose_replies`, `crash_before` and `crash_after` count writes (single records; whole files where it is
    asynchronous): the next *n* replies are lost though applied; the hub dies just before, or just after, the
    n-th write from now (1 is the next).
    `down` is raised by every call while it is set. `overlap` makes an incremental pull hand over again that
    many earlier changes. `columns` are the fields that exist in a table (any, where not named).
    """

    def __init__(
        self,
        name: str = "memory",
        traits: Traits | None = None,
        *,
        normalise: Mapping[str, Normalise] | None = None,
        refuse: Refuse | None = None,
        refuse_later: Refuse | None = None,
        columns: Mapping[str, Sequence[str]] | None = None,
        page_size: int = 1000,
        overlap: int = 0,
        keeps_refs: bool | None = None,
    ) -> None:
        self.name = name
        self.traits = traits or Traits()
        self.normalise = dict(normalise or {})
        self.refuse = refuse
        self.refuse_later = refuse_later
        self.columns = dict(columns or {})
        self.page_size = page_size
        self.overlap = overlap
        self.keeps_refs = self.traits.assigns_ids if keeps_refs is None else keeps_refs
        self.id_format = "{}" if self.traits.assigns_ids else "C{:04d}"
        self.lose_replies = 0
        self.crash_before = 0
        self.crash_after = 0
        self.down: ConnectorError | None = None
        self.now: Callable[[], datetime] = lambda: START + timedelta(seconds=self.sequence)
        self.sequence = 0
        self.tables: dict[str, MemoryTable] = {}
        self.calls: Counter[str] = Counter()
        self.written: list[Write] = []
        self.files: dict[str, File] = {}
        self.answers: defaultdict[str, list[Receipt]] = defaultdict(list)
        self.sent: dict[str, Sent] = {}
        self._file_number = 0

    def __getitem__(self, name: str) -> MemoryTable:
        return self.tables.setdefault(name, MemoryTable(self, name))

    def connect(self) -> MemoryConnector:
        return MemoryConnector(self)

    def tick(self) -> int:
        self.sequence += 1
        return self.sequence

    def kept(self, name: str, value: Native) -> Native:
        """What the system keeps of a value: an empty text is nothing."""
        rule = self.normalise.get(name)
        if rule is not None and value is not None:
            value = rule(value)
        return None if value == "" else value

    def deliver(self) -> None:
        """The other side of an asynchronous system: import what waits, answer, publish what there is now."""
        for file in list(self.files.values()):
            self._import(file)
        self.files.clear()
        for table in self.tables.values():
            table.published = copy.deepcopy(table.items)
        self.tick()

    def _import(self, file: File) -> None:
        for object in dict.fromkeys(object for object, _ in file.lines):
            table = self[object]
            taken: list[str] = []
            for write in (write for name, write in file.lines if name == object):
                id = write.id or write.new_id or table.next_id()
                reason = self.refuse_later(write.values) if self.refuse_later else None
                if not reason and write.id is not None and id not in table.items:
                    reason = f"{id} does not exist"
                if reason:
                    self.answers[object].append(Receipt(file.name, False, reason, (id,)))
                    continue
                table.items.setdefault(id, Item({}, 0, START))
                table.set(id, write.values)
                taken.append(id)
            if taken:
                self.answers[object].append(Receipt(file.name, True, ids=tuple(taken)))


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
            yield Page(records, str(max(since, chunk[-1][0])), total=len(changed))
        if not changed:
            yield Page([], str(max(since, 0)), total=0)

    def _listing(self, view: View, wanted: dict[str, Item]) -> Iterator[Page]:
        now, ids, size = self.system.sequence, list(wanted), self.system.page_size
        last = max(0, (len(ids) - 1) // size)
        for number in range(last + 1):
            self._call("page")
            chunk = ids[number * size : (number + 1) * size]
            records = [self._record(view, id, wanted[id]) for id in chunk]
            done = number == last
            yield Page(records, str(now) if done else None, listing=done, total=len(ids))

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
            table.items[id] = Item({}, 0, START, ref=write.ref if self.system.keeps_refs else None)
        table.set(id, write.values)
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
                file.lines.append((view.object, write))
            outcomes.append(outcome)
        self._hand_over(file, outcomes, writes)
        return outcomes

    def _hand_over(self, file: File, outcomes: list[Outcome], writes: Sequence[Write]) -> None:
        """The whole file at once: it is there or it is not, as a rename makes it."""
        self._maybe_crash("crash_before")
        if file.lines:
            self.system.files[file.name] = file
            self.system.written += [write for _, write in file.lines]
        for write, outcome in zip(writes, outcomes, strict=True):
            if isinstance(outcome, Sent):
                self.system.sent[write.ref] = outcome
        self._maybe_crash("crash_after")

    def _problem(self, view: View, write: Write, items: Mapping[str, Item]) -> Outcome | None:
        """Why this may not be written, looking at the record as it is now."""
        if write.id is not None and write.id not in items:
            return Missing()
        if write.id is not None:
            now = self._record(view, write.id, items[write.id])
            if any(now.values.get(name) != value for name, value in write.expected.items()):
                return Moved(now)
        elif write.new_id in items and not write.again:
            return Refused(f"{write.new_id} exists already", todo="choose another id")
        reason = self.system.refuse(write.values) if self.system.refuse else None
        return Refused(reason) if reason else None

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
        if self.system.down is not None:
            raise self.system.down

    def _maybe_crash(self, knob: str) -> None:
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
        version = json.dumps([values, unreadable, item.archived], sort_keys=True)
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
