"""The port: a workbook as the hub sees it. Parses nothing itself; the child process does.

A pull hands over every row when the file changed since the cursor, and nothing when it did not: the cursor
is the file's hash, with its size and time so that an untouched file need not be read. A batch of writes is
one replacement of the file, or none. Rows without a readable key suspend `listing`: one of them may be the
record that seems gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import orjson

from connectors.excel.checks import findings
from connectors.excel.child import frames
from connectors.excel.entries import join_key
from connectors.excel.intake import MIB
from connectors.excel.settings import Settings
from connectors.excel.spec import Spec, spec_of, spec_to_json
from hub.filing import files, temporary
from hub.filing.clock import clock_of
from hub.filing.faults import ERRORS, Fault
from hub.ports import (
    ClockReading,
    Done,
    Finding,
    Known,
    Missing,
    Moved,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Rejected,
    SourceDamaged,
    Traits,
    Unknown,
    Unreachable,
    View,
    Write,
)

WRITABLE = (".xlsx", ".xlsm")
ATTEMPTS = 3
"""How often a write starts over when someone saved the workbook meanwhile."""


class ExcelConnector:
    """One workbook. Every call opens the file anew: nothing is held between calls, no handle and no copy."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self._sweeper = temporary.Sweeper()
        writable = settings.place.suffix.lower() in WRITABLE and not settings.read_only
        self.traits = Traits(
            assigns_ids=False, archives=False, confirms=True, incremental=False, writable=writable, batch=2000
        )

    @property
    def path(self) -> Path:
        """The workbook itself, where the settings name a link to it: a link must survive a replacement."""
        return self.settings.place.resolve()

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
        asked = _fingerprint(spec)
        old = _cursor(cursor)
        if old.get("view") == asked and self._untouched(old):
            yield Page((), cursor)
            return
        self._require_readable()
        with files.snapshot(self.path, self.settings.stable_seconds) as taken:
            new = _new_cursor(taken, asked)
            yield from self._pages(spec, taken, cursor, new)

    def _pages(self, spec: Spec, taken: files.Snapshot, old: str | None, new: str) -> Iterator[Page]:
        """One page late, so that the last one can carry the new cursor and say that it listed everything."""
        waiting: list[Record] | None = None
        total: int | None = None
        for kind, content in self._frames("pull", taken, spec):
            if kind == "page":
                if waiting is not None:
                    yield Page(waiting, old, total=total)
                total = content["total"]
                waiting = [self._record(spec, item, taken) for item in content["records"]]
            else:
                rejected = [
                    Rejected(self._where(spec, number), reason, todo, id)
                    for number, reason, todo, id in content["rejected"]
                ]
                yield Page(waiting or (), new, rejected, listing=not content["unkeyed"], total=total)

    def _untouched(self, cursor: Mapping[str, Any]) -> bool:
        """Whether the file is the one the cursor stands for.

        Size, time and file number tell, unless it was hashed so soon after a save that another could hide in
        them, or the time changed: then its hash does.
        """
        seen, known = files.look(self.path), cursor.get("stamp")
        if not isinstance(known, list) or known[:1] != [seen.size]:
            return False
        if known == [seen.size, seen.mtime_ns, seen.inode] and not cursor.get("racy"):
            return True
        return files.sha256_of(self.path) == cursor.get("sha256")

    def unchanged(self, view: View, cursor: str) -> bool:
        """Whether a pull from this cursor would hand over nothing; raises nothing for a file that is gone."""
        try:
            old = _cursor(cursor)
            return old.get("view") == _fingerprint(spec_of(view)) and self._untouched(old)
        except Fault:
            return False

    def present(self, view: View) -> set[str]:
        """The ids of all rows that have one, whatever else stands in the sheet."""
        return set(self._ask("ids", view)["ids"])

    def ids(self, view: View) -> set[str]:
        answer = self._ask("ids", view)
        if answer["unkeyed"]:
            rows = ", ".join(map(str, answer["unkeyed"][:10]))
            raise SourceDamaged(
                self.name,
                f"the records of sheet '{view.object}' cannot be counted",
                f"rows without a readable key: {rows}",
                "fill in or correct their keys, or clear these rows",
            )
        return set(answer["ids"])

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        try:
            spec = spec_of(view)
            self._require_readable()
            with files.snapshot(self.path, self.settings.stable_seconds) as taken:
                answer = self._end("read", taken, spec, ids=list(ids))
                return [self._record(spec, item, taken) for item in answer["records"]]
        except Fault as fault:
            self._raise(fault)

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `Keyed`: a row known by several columns, or a cell of a grid, is known by what it says."""
        if len(view.key) < 2 or "hub_id" in view.options:
            return None
        parts = [values.get(name) for name in view.key]
        whole = all(part not in (None, "") and not isinstance(part, list) for part in parts)
        return join_key(parts) if whole else ""  # type: ignore[arg-type]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """Always empty: a workbook keeps no references of ours; a new row is found again by its key."""
        return {}

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        ids: list[str] = self._ask("allocate", view, count=count, used=list(taken))["ids"]
        return ids

    def sheets(self) -> list[dict[str, Any]]:
        """For those who set up a mapping: each sheet's `name`, how many rows are `filled`, its first `rows`.

        A row is its number and its texts from left to right. Chart sheets are left out.
        """
        try:
            self._require_readable()
            with files.snapshot(self.path, self.settings.stable_seconds) as taken:
                found: list[dict[str, Any]] = self._end("sheets", taken, None)["sheets"]
                return found
        except Fault as fault:
            self._raise(fault)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        if not self.traits.writable:
            return [self._read_only()] * len(writes)
        try:
            spec = spec_of(view)
            asked = [_write_to_json(write) for write in writes]
            answer, taken, unsure = self._replacing("write", spec, writes=asked)
            return [
                unsure if unsure is not None and kind == "done" else self._outcome(spec, kind, rest, taken)
                for kind, *rest in answer["answers"]
            ]
        except Fault as fault:
            if fault.kind == "read_only":
                reason = f"{fault.what}: {fault.why}" if fault.why else fault.what
                return [Refused(reason, None, fault.todo, passing=True)] * len(writes)
            self._raise(fault)

    def number_rows(self, view: View) -> int:
        """Where the mapping allows a hub id column: number the rows that have none; how many that were.

        Until then such rows are set aside. This writes to the workbook, so no pull does it by itself.
        """
        try:
            spec = spec_of(view)
            if not spec.hub_id or not self.traits.writable:
                return 0
            answer, _, unsure = self._replacing("number", spec)
            if unsure is not None:
                raise Unreachable(self.name, "it is not known whether the rows were numbered", unsure.reason)
            return int(answer["rows"])
        except Fault as fault:
            self._raise(fault)

    def _read_only(self) -> Refused:
        if self.settings.read_only:
            return Refused(
                "the configuration says read_only for this workbook",
                None,
                "set read_only: false in hub.yaml",
                passing=True,
            )
        kind = self.path.suffix or "such a"
        return Refused(
            f"a {kind} file is read only here",
            None,
            "save it as .xlsx in Excel, and name that file in hub.yaml",
            passing=True,
        )

    def _replacing(
        self, task: str, spec: Spec, **extra: Any
    ) -> tuple[dict[str, Any], files.Snapshot, Unknown | None]:
        """Let the child make an edited copy and put it in place; starts over if someone saved meanwhile."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._replacing_once(task, spec, **extra)
            except files.ChangedMeanwhile:
                continue
        return self._replacing_once(task, spec, **extra)

    def _replacing_once(
        self, task: str, spec: Spec, **extra: Any
    ) -> tuple[dict[str, Any], files.Snapshot, Unknown | None]:
        path = self.path
        files.look(path)
        self._clear_away()
        files.require_writable(path)
        files.require_free(path, self.settings.stale_lock_hours)
        with files.snapshot(path, self.settings.stable_seconds) as taken, files.staging(path) as staged:
            answer = self._end(task, taken, spec, target=str(staged), **extra)
            if not answer["changed"]:
                return answer, taken, None
            files.back_up(path, taken, self.backups, self.settings.backups.keep)
            unsure = files.replace_surely(path, staged, taken, self.settings.stale_lock_hours)
            return answer, replace(taken, stamp=files.look(path)), unsure

    def _clear_away(self) -> None:
        """Clear away what a killed hub left: at the first call, and then once in a while."""
        self._sweeper.sweep(self.path.parent, self.backups)

    @property
    def backups(self) -> Path:
        """Where replaced files go."""
        return self.settings.backups.folder or self.path.parent / "hub-backups"

    def _outcome(self, spec: Spec, kind: str, rest: Sequence[Any], taken: files.Snapshot) -> Outcome:
        shown, reason, todo, field, passing = rest
        if kind == "refused":
            return Refused(reason, field, todo, passing)
        if kind == "missing":
            return Missing()
        record = self._record(spec, shown, taken)
        return Done(record) if kind == "done" else Moved(record)

    def receipts(self, view: View) -> Sequence[Receipt]:
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        return None

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        return clock_of(self.path.parent) if may_write and self.traits.writable else None

    # -- the child process ---------------------------------------------------------------------------

    def _ask(self, task: str, view: View, **extra: Any) -> dict[str, Any]:
        try:
            spec = spec_of(view)
            self._require_readable()
            with files.snapshot(self.path, self.settings.stable_seconds) as taken:
                return self._end(task, taken, spec, **extra)
        except Fault as fault:
            self._raise(fault)

    def _end(self, task: str, taken: files.Snapshot, spec: Spec | None, **extra: Any) -> dict[str, Any]:
        last: dict[str, Any] = {}
        for _, content in self._frames(task, taken, spec, **extra):
            last = content
        return last

    def _frames(
        self, task: str, taken: files.Snapshot, spec: Spec | None, **extra: Any
    ) -> Iterator[tuple[str, Any]]:
        limits = self.settings.limits
        request = {
            "task": task,
            "path": str(taken.copy),
            "shown": self.path.name,
            "memory": limits.memory_mib * MIB,
            "bounds": {
                "file_bytes": limits.file_mib * MIB,
                "unpacked_bytes": limits.unpacked_mib * MIB,
                "ratio": limits.ratio,
                "members": limits.members,
                "cells": limits.cells,
            },
            "spec": spec_to_json(spec) if spec is not None else None,
            **extra,
        }
        return frames(request, limits.seconds)

    def _require_readable(self) -> None:
        files.look(self.path)
        if not self.settings.read_while_open:
            files.require_free(self.path, self.settings.stale_lock_hours)

    def _record(self, spec: Spec, item: Sequence[Any], taken: files.Snapshot) -> Record:
        id, cells, version, number = item
        named = list(zip(spec.names, cells, strict=True))
        values = {name: value for name, value in named if not isinstance(value, list)}
        unreadable = {name: value[0] for name, value in named if isinstance(value, list)}
        where = self._where(spec, number)
        return Record(id, values, version, taken.modified, unreadable=unreadable, where=where)

    def _where(self, spec: Spec, number: int) -> str:
        return f"sheet '{spec.sheet}', row {number}"

    def _raise(self, fault: Fault) -> NoReturn:
        raise ERRORS[fault.kind](self.name, fault.what, fault.why, fault.todo) from fault


def _fingerprint(spec: Spec) -> str:
    """A short name of what the view asks; another view of the same file has not been pulled yet."""
    return hashlib.blake2b(orjson.dumps(spec_to_json(spec)), digest_size=8).hexdigest()


def _new_cursor(taken: files.Snapshot, asked: str) -> str:
    stamp = [taken.stamp.size, taken.stamp.mtime_ns, taken.stamp.inode]
    content = {"sha256": taken.sha256, "stamp": stamp, "racy": taken.racy, "view": asked}
    return orjson.dumps(content).decode()


def _cursor(text: str | None) -> Mapping[str, Any]:
    """The cursor's parts; none for one this version did not write, which means: everything."""
    try:
        content = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        content = {}
    return content if isinstance(content, dict) else {}


def _write_to_json(write: Write) -> dict[str, Any]:
    return {
        "id": write.id,
        "values": dict(write.values),
        "expected": dict(write.expected),
        "new_id": write.new_id,
        "archived": write.archived,
        "again": write.again,
    }
