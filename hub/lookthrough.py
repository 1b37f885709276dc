"""Looking through a whole pull before any of it is believed, without holding it in memory.

A shifted column, a broken import or a slip of the mouse changes or archives a great part of the known records
at once. Whether it did is only known at the end of the pull; until then its pages wait here, the first in
memory, the rest in a temporary file. A pull with too much in it leaves nothing behind but its brake.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import orjson

from hub import brakes, braking
from hub.absorbing import is_edited
from hub.mapping import EntityMapping, SystemMapping
from hub.model import ARCHIVED, Link
from hub.ports import Record, Rejected
from hub.report import Report
from hub.store import worlds

if TYPE_CHECKING:
    from hub.engine import Engine

IN_MEMORY = 5000
"""Records that wait in memory; further ones wait on disk."""


@dataclass(frozen=True, slots=True)
class Look:
    """One page of a pull: what is news in it, and the ids of all that is there."""

    news: Sequence[Record]
    ids: Sequence[str]
    cursor: str | None
    rejected: Sequence[Rejected] = ()
    listing: bool = False


class LookThrough:
    """One pull's looks, kept until it is known whether they are believed."""

    def __init__(self, engine: Engine, mapping: EntityMapping, system: SystemMapping, report: Report) -> None:
        self.engine, self.mapping, self.system, self.report = engine, mapping, system, report
        self._looks: list[tuple[Look, bool]] = []
        self._in_memory = 0
        self._open = ExitStack()
        self._spool: IO[bytes] | None = None

    def all_well(self, looks: Iterable[Look]) -> bool:
        """Take in the whole pull; false where a brake holds it, or the hub is asked to stop meanwhile."""
        edited = archived = 0
        for look in looks:
            for link, record in self._linked(look.news):
                edited += is_edited(link, record)
                if self.system.on_delete != "done":
                    archived += record.archived and link.base.get(ARCHIVED) is False
            self._keep(look)
            if self.engine.stopping():
                self._looks.clear()
                return False
        return not self._too_much(edited, archived)

    def looks(self) -> Iterator[Look]:
        """The looks in order, where all is well; none where not. The temporary file goes with the last."""
        with self._open:
            if self._spool is not None:
                self._spool.seek(0)
            for look, on_disk in self._looks:
                yield replace(look, news=self._spooled()) if on_disk else look

    def _too_much(self, edited: int, archived: int) -> bool:
        name, limits = self.system.system, self.engine.limits
        enough = max(limits.changes.enough(edited), limits.deletions.enough(archived))
        with self.engine.store.reading() as connection:
            known = worlds.present_count(connection, self.mapping.entity, name, enough)
        held = self._stops("archived", brakes.archived(name, archived, known, limits))
        held = self._stops("changes", brakes.changes(name, edited, known, limits)) or held
        if held:
            self._looks.clear()
        return held

    def _stops(self, kind: brakes.Kind, reason: str) -> bool:
        return braking.stops(self.engine, self.report, self.mapping.entity, self.system.system, kind, reason)

    def _linked(self, records: Sequence[Record]) -> Iterator[tuple[Link, Record]]:
        if not records:
            return
        with self.engine.store.reading() as connection:
            links = worlds.links(
                connection, self.mapping.entity, self.system.system, [record.id for record in records]
            )
        for record in records:
            if record.id in links:
                yield links[record.id], record

    def _keep(self, look: Look) -> None:
        on_disk = bool(look.news) and self._in_memory + len(look.news) > IN_MEMORY
        if on_disk:
            if self._spool is None:
                self._spool = self._open.enter_context(_temporary_file())
            self._spool.write(orjson.dumps([_packed(record) for record in look.news]) + b"\n")
            look = replace(look, news=())
        self._in_memory += len(look.news)
        self._looks.append((look, on_disk))

    def _spooled(self) -> list[Record]:
        assert self._spool is not None
        return [_unpacked(values) for values in orjson.loads(self._spool.readline())]


def _temporary_file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="hub-pull-")


def _packed(record: Record) -> list[Any]:
    return [getattr(record, name) for name in _FIELDS]


def _unpacked(values: list[Any]) -> Record:
    found = dict(zip(_FIELDS, values, strict=True))
    if found["modified"] is not None:
        found["modified"] = datetime.fromisoformat(found["modified"])
    return Record(**found)


_FIELDS = tuple(one.name for one in fields(Record))
