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
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from hub.ports import ConnectorError, Native, Receipt, Sent, Traits, Write
from tests.memory_connector import MemoryConnector
from tests.memory_table import START, Crash, File, Item, MemoryTable, Normalise, Refuse, Replaced

__all__ = ["START", "Crash", "Item", "MemoryConnector", "MemorySystem", "MemoryTable"]


class MemorySystem:
    """The server. Its public attributes are knobs: set them at any time.

    `normalise` says per field what the system makes of a value; `refuse` looks at the values of a write and
    gives a reason to refuse it, `refuse_later` the same when an asynchronous system imports it.
    `lose_replies`, `crash_before` and `crash_after` count writes (single records; whole files where it is
    asynchronous): the next *n* replies are lost though applied; the hub dies just before, or just after, the
    n-th write from now (1 is the next).
    `lose_requests` are answered the same way and not applied. `gate` is called at every instant where the hub
    touches the system, with the call's name (``crash_before`` and ``crash_after`` around each write): it may
    raise, or do what a person does at that moment. `backwards` turns listings round, `twice` hands one record
    of every page over twice, and another `salt` changes every version for no reason.
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
        self.lose_requests = 0
        self.crash_before = 0
        self.crash_after = 0
        self.down: ConnectorError | None = None
        self.gate: Callable[[str], None] = lambda what: None
        self.backwards = self.twice = False
        self.salt = 0
        self.now: Callable[[], datetime] = lambda: START + timedelta(seconds=self.sequence)
        self.sequence = 0
        self.tables: dict[str, MemoryTable] = {}
        self.calls: Counter[str] = Counter()
        self.written: list[Write] = []
        self.replaced: list[Replaced] = []
        self.overrun: set[str | None] = set()
        """What an import put over values that nobody had shown the hub (see the known limits)."""
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
        self.take_in()
        self.publish()

    def take_in(self) -> None:
        """Import what waits, and answer; the hub sees nothing of it yet."""
        for file in list(self.files.values()):
            self._import(file)
        self.files.clear()

    def publish(self) -> None:
        """Show the hub what there is now."""
        for table in self.tables.values():
            table.published = copy.deepcopy(table.items)
        self.tick()

    def _import(self, file: File) -> None:
        for object in dict.fromkeys(object for object, _, _ in file.lines):
            table = self[object]
            taken: list[str] = []
            for write, shown in ((write, shown) for name, write, shown in file.lines if name == object):
                id = write.id or write.new_id or table.next_id()
                reason = self.refuse_later(write.values) if self.refuse_later else None
                if not reason and write.id is not None and id not in table.items:
                    reason = f"{id} does not exist"
                if reason:
                    self.answers[object].append(Receipt(file.name, False, reason, (id,)))
                    continue
                table.items.setdefault(id, Item({}, 0, START, made_by=write.ref))
                table.take(write, id, shown)
                taken.append(id)
            if taken:
                self.answers[object].append(Receipt(file.name, True, ids=tuple(taken)))
