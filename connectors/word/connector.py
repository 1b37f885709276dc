"""The port: a folder of documents as the hub sees it. Parses nothing itself; the reading process does.

A pull costs a glance at the folder as long as no document changed. Then the changed ones are read, once for
all views: `library` keeps them. What a pull hands over is `pulling`'s, what a record is `records`', what is
written `writing`'s.

An empty folder is a share that is not mounted, and never documents deleted. A document that cannot be read
is one record set aside, and never one deleted: while one could hold a record that is nowhere else, that
record is there, and nothing of it can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import orjson

from connectors.word import faults
from connectors.word.checks import findings
from connectors.word.cursor import State, state_of
from connectors.word.folder import Folder, Glance, nothing_there
from connectors.word.library import Leaf, Library
from connectors.word.numbering import new_ids
from connectors.word.office import Office
from connectors.word.package import MIB, Bounds
from connectors.word.profile import Profile
from connectors.word.profiles import Mistakes, as_json, load, stamps_of
from connectors.word.pulling import Place, Pull, Taken
from connectors.word.reader import Limits, Reader
from connectors.word.records import Spec, join_key, spec_of
from connectors.word.settings import Settings
from connectors.word.writing import Writer
from hub.filing import files, temporary
from hub.filing.clock import clock_of
from hub.filing.faults import ERRORS, Fault
from hub.ports import (
    ClockReading,
    Finding,
    Known,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Rejected,
    Traits,
    View,
    Write,
)

PAGE = 1000
MAKE = 1
"""Raised when documents come to be read in another way: then all are read anew."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The folder as it is now, by a view: the records, those set aside by id, and what may hide others.

    `places` say where each record stands that is one contract.
    """

    records: Mapping[str, Record]
    aside: Mapping[str, Rejected]
    doubtful: tuple[str, ...]
    rejected: Sequence[Rejected] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def incomplete(self) -> int:
        """How many records have a value that could not be read."""
        return sum(bool(one.unreadable) for one in self.records.values())


class WordConnector:
    """One folder of documents. Holds no document open between calls; the reading process stays."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        limits = settings.limits
        self.office = Office(settings.office, limits.convert_seconds)
        bounds = Bounds(
            file_bytes=limits.file_mib * MIB, unpacked_bytes=limits.unpacked_mib * MIB, ratio=limits.ratio,
            members=limits.members,
        )  # fmt: skip
        self.reader = Reader(Limits(limits.seconds, limits.memory_mib * MIB, bounds), self.office)
        self.folder = Folder(settings)
        self.library = Library(self.folder, self.reader)
        self._sweeper = temporary.Sweeper()
        self._profiles: tuple[object, Mapping[str, Profile], str] | None = None
        self._states: dict[str, tuple[str, State]] = {}
        self.traits = Traits(
            assigns_ids=False, archives=False, confirms=True, incremental=False,
            writable=not settings.read_only,
        )  # fmt: skip

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles as they are on disk now. Raises `Fault` where they cannot be used."""
        return self._loaded()[0]

    @property
    def version(self) -> str:
        """The same while the profiles are."""
        return self._loaded()[1]

    @property
    def backups(self) -> Path:
        """Where replaced documents go."""
        return self.settings.backups.folder or self.settings.path / "hub-backups"

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        return findings(self, views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        try:
            yield from self._pull(view, cursor)
        except Fault as fault:
            self._raise(fault)

    def _pull(self, view: View, cursor: str | None) -> Iterator[Page]:
        spec = spec_of(view)
        self._clear_away()
        asks = _fingerprint(spec)
        state = self._state(asks, cursor)
        looked = self.folder.look()
        asked = f"{asks}:{self._loaded()[1]}"
        if state is not None and state.asked == asked and self._is_as_before(state, looked):
            yield Page((), cursor)
            return
        if not looked:
            if state is not None and state.seen:
                raise nothing_there(self.settings.path)
            yield Page((), cursor)
            return
        taken = self._taken(spec, asked, state, looked)
        text = taken.state.text()
        self._states[asks] = (text, taken.state)
        self.library.keep(taken.state.seen)
        if text == cursor and not (taken.records or taken.rejected or taken.listing):
            yield Page((), cursor)
            return
        yield from _pages(taken, cursor, text)

    def _is_as_before(self, state: State, looked: Mapping[str, Glance]) -> bool:
        if not (state.quiet and state.glances == looked):
            return False
        return state.converter or self.office.found() is None

    def ids(self, view: View) -> set[str]:
        try:
            now = self.looked(view)
        except Fault as fault:
            self._raise(fault)
        return {*now.records, *now.aside}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        try:
            now = self.looked(view, frozenset(ids))
        except Fault as fault:
            self._raise(fault)
        found = []
        for id in dict.fromkeys(ids):
            if id in now.records:
                found.append(now.records[id])
            elif id in now.aside:
                found.append(_untold(view, id, now.aside[id].reason, now.aside[id].where))
            elif now.doubtful:
                reason = f"it is in no document, but may be in {now.doubtful[0]}, which cannot be read"
                found.append(_untold(view, id, reason, now.doubtful[0]))
        return found

    def looked(self, view: View, wanted: frozenset[str] | None = None) -> Looked:
        """The folder now; of `wanted` records at least. Raises `Fault`, also where the folder is empty."""
        spec = spec_of(view)
        looked = self.folder.look()
        if not looked:
            raise nothing_there(self.settings.path)
        asks = _fingerprint(spec)
        _, state = self._states.get(asks, ("", None))
        asked = f"{asks}:{self._loaded()[1]}"
        taken = self._taken(spec, asked, state, looked, wanted, everything=wanted is None)
        moving = {
            id for name, one in taken.state.seen.items() if name in taken.moving for id in one.ids or ()
        }
        aside = {one.id: one for one in taken.rejected if one.id is not None}
        records = {one.id: one for one in taken.records}
        for id in moving - records.keys():
            aside.setdefault(
                id, Rejected(_NOW, "its document is being saved just now", "nothing; it is tried again", id)
            )
        doubtful = [name for name, one in taken.state.seen.items() if one.doubtful and one.ids is None]
        new = [name for name in taken.moving if name not in taken.state.seen]
        return Looked(records, aside, (*doubtful, *new), taken.rejected, taken.places)

    def _taken(
        self, spec: Spec, asked: str, state: State | None, looked: dict[str, Glance],
        wanted: frozenset[str] | None = None, everything: bool = False,
    ) -> Taken:  # fmt: skip
        if state is not None and state.asked.partition(":")[0] != asked.partition(":")[0]:
            state = None
        anew = everything or (state is not None and state.asked != asked)
        converter = self.office.found() is not None
        again = frozenset(state.seen) if state is not None and state.asked != asked else frozenset()
        if state is not None and converter and not state.converter:
            again |= {name for name, one in state.seen.items() if one.doubtful}
        moving: set[str] = set()
        if wanted is None and not everything:
            looked, moving = self.folder.settled(looked)
        if not self.settings.read_while_open:
            moving |= {name for name in looked if self._is_open(name)}

        def read(name: str) -> Leaf | None:
            return self.library.leaf(name, looked[name])

        return Pull(spec, asked.partition(":")[2], state, looked, moving, read, again, wanted, anew).run(
            asked, converter
        )

    def _is_open(self, name: str) -> bool:
        return files.lock_of(self.folder.file(name), self.settings.stale_lock_hours) is not None

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """Always empty: documents keep no references of ours; a new one is found again by its key."""
        return {}

    # -- new records ---------------------------------------------------------------------------------

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """The key's values joined, where all its fields are mapped; ``None`` where one has to be made up."""
        spec = spec_of(view)
        key = self.key(spec)
        mapped = {column.field: column.name for column in spec.columns if not column.part}
        if spec.known_by or not key or any(name not in mapped for name in key):
            return None
        parts = [values.get(mapped[name]) for name in key]
        if any(part in (None, "") for part in parts):
            return None if "new_key" in view.options else ""
        return join_key(parts)

    def key(self, spec: Spec) -> tuple[str, ...]:
        """By which fields a contract is known: the mapping's, else the profiles' own."""
        found = [one.key for one in self.profiles.values() if one.record == spec.object]
        return spec.key or next((one for one in found if one), ())

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        try:
            spec = spec_of(view)
            present: Iterable[str] = ()
            if self.folder.look():
                now = self.looked(view)
                present = {*now.records, *now.aside}
            return new_ids(view, self.key(spec), present, taken, count)
        except Fault as fault:
            self._raise(fault)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        if self.settings.read_only:
            reason, todo = (
                "the configuration says read_only for this folder",
                "set read_only: false in hub.yaml",
            )
            return [Refused(reason, None, todo, passing=True)] * len(writes)
        if view.options.get("known_by"):
            reason = f"a {view.entity} is read out of many documents here, and written to none"
            return [Refused(reason, None, f"set direction: pull for {self.name}")] * len(writes)
        try:
            return Writer(self, view).write(writes)
        except Fault as fault:
            self._raise(fault)

    def document_of(self, where: str) -> str:
        """The document that a record's `where` names, by its name in the folder."""
        names = [name for name in self.folder.look() if where == name or where.startswith(f"{name}, ")]
        return max(names, key=len, default=where)

    def receipts(self, view: View) -> Sequence[Receipt]:
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        self.reader.close()

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        return clock_of(self.settings.path) if may_write and self.traits.writable else None

    # -- what it stands on ---------------------------------------------------------------------------

    def _loaded(self) -> tuple[Mapping[str, Profile], str]:
        """The profiles and their fingerprint; read anew when a file of theirs changed."""
        path = self.settings.profiles
        try:
            stamps = stamps_of(path)
            if self._profiles is None or self._profiles[0] != stamps:
                profiles = load(path)
                said = orjson.dumps([MAKE, as_json(profiles.items())])
                self._profiles = (stamps, profiles, hashlib.blake2b(said, digest_size=8).hexdigest())
        except (OSError, Mistakes) as error:
            raise Fault(
                "misconfigured",
                f"the profiles {path} cannot be used",
                str(error),
                "correct them; see docs/documents.md",
            ) from error
        self.library.use(self._profiles[1])
        return self._profiles[1], self._profiles[2]

    def _state(self, asks: str, cursor: str | None) -> State | None:
        """The cursor of the view that `asks` names, taken apart; once for each."""
        if cursor is None:
            return None
        text, state = self._states.get(asks, ("", None))
        if text == cursor:
            return state
        state = state_of(cursor)
        if state is not None:
            self._states[asks] = (cursor, state)
        return state

    def _clear_away(self) -> None:
        """Clear away what a killed hub left: at the first call, and then once in a while."""
        self._sweeper.sweep(self.settings.path, self.backups)

    def _raise(self, fault: Fault | faults.Fault) -> NoReturn:
        kind = fault.kind if isinstance(fault, Fault) else "damaged"
        raise ERRORS[kind](self.name, fault.what, fault.why, fault.todo) from fault


_NOW = "being saved"


def _fingerprint(spec: Spec) -> str:
    """A short name of what the view asks; another view of the same folder has not been pulled yet."""
    return hashlib.blake2b(repr(spec).encode(), digest_size=8).hexdigest()


def _pages(taken: Taken, old: str | None, new: str) -> Iterator[Page]:
    """The last one carries the new cursor, what was set aside, and whether everything was listed."""
    records, total = taken.records, len(taken.records)
    while len(records) > PAGE:
        yield Page(records[:PAGE], old, total=total)
        records = records[PAGE:]
    yield Page(records, new, taken.rejected, taken.listing, total)


def _untold(view: View, id: str, reason: str, where: str) -> Record:
    """A record that is there, of which nothing can be told."""
    return Record(id, {}, unreadable=dict.fromkeys(view.names, reason), where=where)
