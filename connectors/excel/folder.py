"""Several workbooks as one system: all files of a folder whose names fit a pattern.

Each workbook is read and written by its own `ExcelConnector`; this room only says whose record is whose. A
key stands in one workbook only: one that stands in two is set aside in both, which are named, so that a row
moved from one file to the other keeps its id, and one that was copied is nobody's. With `file_in_key: true`
in the mapping the file's name is part of the id instead.

New rows go into the workbook that `new_in` names: a file name, or a pattern with `{year}` and `{month}` (of
the record's first date).

A workbook that is missing (and was not before), locked, damaged or being written is named among what was set
aside; while there is one, no record is reported as deleted, and a write to a record that is found nowhere
waits. The cursor holds one of each workbook; what changed in one makes all be read again, since only a look
at everything can tell what is gone.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from connectors.excel.connector import ExcelConnector
from connectors.excel.settings import Settings
from connectors.excel.whose import in_key, new_in, outer_id, own_id
from hub.filing.clock import clock_of
from hub.ports import (
    Busy,
    ClockReading,
    ConnectorError,
    Denied,
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
    Rejected,
    SourceDamaged,
    Traits,
    Unreachable,
    View,
    Write,
)

PAGE = 1000
LOCKS = ("~$", ".~lock.")
_PASSING = (Unreachable, Busy, SourceDamaged, Denied)
"""What concerns one workbook; a mapping that fits none is a matter of all."""


@dataclass(slots=True)
class _Seen:
    """What one look at all workbooks found."""

    records: dict[str, list[tuple[str, Record]]]
    rejected: list[Rejected]
    cursors: dict[str, str | None]
    listing: bool


class ExcelFolder:
    """See the module. Holds no file open; remembers between calls only which workbook each id was in."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.traits = Traits(
            assigns_ids=False,
            archives=False,
            confirms=True,
            incremental=False,
            writable=not settings.read_only,
            batch=2000,
        )
        self._files: dict[str, ExcelConnector] = {}
        self._known: set[str] = set()

    # -- the workbooks -------------------------------------------------------------------------------

    def files(self) -> dict[str, ExcelConnector]:
        """Each workbook there is now, by its name. Raises `Unreachable` where there is no such folder."""
        folder = self.settings.place
        try:
            names = sorted(path.name for path in folder.iterdir() if path.is_file())
        except OSError as error:
            todo = "check `folder`, and that the share is mounted"
            raise Unreachable(self.name, f"the folder {folder} cannot be read", str(error), todo) from error
        pattern, found = self.settings.pattern.casefold(), {}
        for name in names:
            wanted = fnmatch.fnmatch(name.casefold(), pattern) and not name.startswith(LOCKS)
            if wanted and not self._left_out(name):
                found[name] = self._files.get(name) or self._open(name)
        self._files = found
        return found

    def _open(self, name: str) -> ExcelConnector:
        return ExcelConnector(self.name, self.settings.of_file(self.settings.place / name))

    def _left_out(self, name: str) -> bool:
        return any(fnmatch.fnmatch(name.casefold(), one.casefold()) for one in self.settings.leave_out)

    def _some(self) -> dict[str, ExcelConnector]:
        found = self.files()
        if not found:
            raise Unreachable(
                self.name,
                f"no workbook in {self.settings.place} is called like '{self.settings.pattern}'",
                todo="put one there, or correct `pattern`",
            )
        return found

    def _missing(self, there: Iterable[str]) -> list[str]:
        return sorted(name for name in self._known - set(there) if not self._left_out(name))

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        try:
            found = self._some()
        except Unreachable as error:
            return [Finding("error", "the workbooks", f"{error.what}: {error.why}".rstrip(": "), error.todo)]
        shown = ", ".join(found)
        findings = [Finding("ok", "the workbooks", f"{len(found)} in {self.settings.place}: {shown}")]
        for name, one in found.items():
            findings += [replace(item, what=f"{name}: {item.what}") for item in one.check(views)]
        for view in views:
            if not view.options.get("new_in") and len(found) > 1:
                todo = 'say it: new_in: "Planning {year}.xlsx", or creates: false'
                message = "the mapping does not say which workbook new rows go into; they are refused"
                findings.append(Finding("warning", f"sheet '{view.object}'", message, todo))
        return findings

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        before = _cursors(cursor)
        self._known |= set(before)
        there = self._some()
        same = set(before) == set(there) and self._untouched(view, before)
        if before and same:
            yield Page((), cursor)
            return
        seen = self._look(view, there)
        yield from self._pages(seen, orjson.dumps({"files": seen.cursors}).decode())

    def _untouched(self, view: View, before: Mapping[str, str | None]) -> bool:
        return all(
            (position := before[name]) is not None and one.unchanged(view, position)
            for name, one in self._files.items()
        )

    def _look(self, view: View, there: Mapping[str, ExcelConnector]) -> _Seen:
        """Read every workbook whole. Keys are compared over all of them, so none is handed over before."""
        missing = self._missing(there)
        seen = _Seen({}, [], dict.fromkeys(missing), not missing)
        for name in missing:
            reason = "the workbook was here and is gone; until it is back, no record is reported as deleted"
            todo = "put it back, or name it in leave_out: its records then count as deleted"
            seen.rejected.append(Rejected(name, reason, todo))
        failed: list[ConnectorError] = []
        for name, one in there.items():
            try:
                self._take(view, name, list(one.pull(view, None, _nothing)), seen)
            except _PASSING as error:
                failed.append(error)
                seen.listing, seen.cursors[name] = False, None
                reason = f"{error.what}: {error.why}" if error.why else error.what
                reason += "; until it can be read, no record is reported as deleted"
                seen.rejected.append(Rejected(name, reason, error.todo))
        if failed and len(failed) == len(there):
            raise failed[0]
        self._known |= set(there)
        return seen

    def _take(self, view: View, name: str, pages: Sequence[Page], seen: _Seen) -> None:
        for page in pages:
            for record in page.records:
                shown = self._named(view, name, record)
                seen.records.setdefault(shown.id, []).append((name, shown))
            for one in page.rejected:
                id = outer_id(view, name, one.id) if one.id is not None else None
                seen.rejected.append(replace(one, where=f"{name}, {one.where}", id=id))
            seen.cursors[name] = page.cursor
        seen.listing = seen.listing and pages[-1].listing

    def _pages(self, seen: _Seen, cursor: str) -> Iterator[Page]:
        refused = {one.id for one in seen.rejected if one.id is not None}
        records, rejected = [], list(seen.rejected)
        for id, found in seen.records.items():
            if len(found) == 1 and id not in refused:
                records.append(found[0][1])
                continue
            places = [record.where or name for name, record in found]
            for place in places:
                others = ", ".join(other for other in places if other != place) or "another workbook"
                reason = f"its key '{id}' stands in another workbook too: {others}"
                rejected.append(Rejected(place, reason, "leave it in one of them", id))
        total = len(records)
        for start in range(0, max(total, 1), PAGE):
            last = start + PAGE >= total
            part = records[start : start + PAGE]
            yield Page(
                part,
                cursor if last else None,
                rejected if last else (),
                listing=seen.listing and last,
                total=total,
            )

    def ids(self, view: View) -> set[str]:
        there = self._some()
        if missing := self._missing(there):
            raise SourceDamaged(
                self.name, "the records cannot be counted", f"these workbooks are gone: {', '.join(missing)}",
                "put them back, or name them in leave_out",
            )  # fmt: skip
        return {outer_id(view, name, id) for name, one in there.items() for id in one.ids(view)}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        there = self._some()
        found: dict[str, list[Record]] = {}
        for name, one in there.items():
            own = [part for id in ids if (part := own_id(view, name, id)) is not None]
            for record in one.read(view, own):
                shown = self._named(view, name, record)
                found.setdefault(shown.id, []).append(shown)
        return [_of_two(records) for records in found.values()]

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """Always empty: see `ExcelConnector.find`."""
        return {}

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `Keyed`."""
        some = next(iter(self._some().values()))
        key = some.key_of(view, values)
        if not key or not in_key(view):
            return key
        where = new_in(self.name, view, values, list(self._files))
        return "" if isinstance(where, Refused) else outer_id(view, where, key)

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        there = self._some()
        target = new_in(self.name, view, {}, list(there))
        if isinstance(target, Refused):
            if in_key(view):
                raise Misconfigured(
                    self.name, "the id of a new row begins with its workbook's name, which cannot be told",
                    target.reason, "let new_in name one workbook, or take file_in_key out of the mapping",
                )  # fmt: skip
            target = max(there)
        if target not in there:
            raise Misconfigured(
                self.name, f"there is no workbook '{target}' for new rows", todo="make it, or correct new_in"
            )
        used = {own for id in taken if (own := own_id(view, target, id)) is not None}
        if not in_key(view):
            used |= {id for name, one in there.items() if name != target for id in one.ids(view)}
        return [outer_id(view, target, id) for id in there[target].allocate(view, count, used)]

    def sheets(self) -> list[dict[str, Any]]:
        """See `ExcelConnector.sheets`; of the last workbook, by its name."""
        return self._some()[max(self._files)].sheets()

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        there = self._some()
        outcomes: list[Outcome | None] = [None] * len(writes)
        routed: dict[str, list[int]] = {}
        places, unread = self._places(view, there)
        for at, write in enumerate(writes):
            where = self._route(view, write, places, unread, there)
            if isinstance(where, str):
                routed.setdefault(where, []).append(at)
            else:
                outcomes[at] = where
        failed: list[ConnectorError] = []
        for name, mine in routed.items():
            asked = [self._inner(view, name, writes[at]) for at in mine]
            try:
                answers: Sequence[Outcome] = there[name].write(view, asked)
            except _PASSING as error:
                failed.append(error)
                answers = [Refused(f"{name}: {error.what}", None, error.todo, passing=True)] * len(mine)
            for at, answer in zip(mine, answers, strict=True):
                outcomes[at] = self._outer(view, name, answer)
        if failed and len(failed) == len(routed) and all(isinstance(one, Refused | None) for one in outcomes):
            raise failed[0]
        return [outcome for outcome in outcomes if outcome is not None]

    def _places(
        self, view: View, there: Mapping[str, ExcelConnector]
    ) -> tuple[dict[str, list[str]], list[str]]:
        """Which workbooks each id stands in now, and those that cannot be read."""
        places: dict[str, list[str]] = {}
        unread = self._missing(there)
        for name, one in there.items():
            try:
                ids = one.present(view)
            except _PASSING:
                unread.append(name)
                continue
            for id in ids:
                places.setdefault(outer_id(view, name, id), []).append(name)
        return places, unread

    def _route(
        self,
        view: View,
        write: Write,
        places: Mapping[str, list[str]],
        unread: Sequence[str],
        there: Mapping[str, ExcelConnector],
    ) -> str | Outcome:
        """The workbook a write goes to, or its answer where there is none."""
        id = write.id if write.id is not None else write.new_id
        found = places.get(id, []) if id is not None else []
        if len(found) > 1:
            return Refused(f"the key '{id}' stands in {' and '.join(found)}", None, "leave it in one of them")
        if found:
            return found[0]
        if unread and (write.id is not None or write.again or not in_key(view)):
            names = ", ".join(unread)
            reason = f"the key '{id}' is in no workbook that can be read, and may be in {names}"
            return Refused(reason, None, f"make {names} readable", passing=True)
        if write.id is not None:
            return Missing()
        target = new_in(self.name, view, write.values, list(there))
        if isinstance(target, Refused):
            return target
        if target not in there:
            todo = "make it, as a copy of the one before it, with its headings"
            return Refused(f"there is no workbook '{target}' for new rows", None, todo, passing=True)
        return target

    def number_rows(self, view: View) -> int:
        """See `ExcelConnector.number_rows`; a workbook somebody has open is left for later."""
        count, busy = 0, None
        for one in self._some().values():
            try:
                count += one.number_rows(view)
            except Busy as error:
                busy = error
        if busy is not None and not count:
            raise busy
        return count

    def receipts(self, view: View) -> Sequence[Receipt]:
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        return None

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        return clock_of(self.settings.place) if may_write and self.traits.writable else None

    # -- ids ------------------------------------------------------------------------------------------

    def _named(self, view: View, name: str, record: Record) -> Record:
        return replace(record, id=outer_id(view, name, record.id), where=f"{name}, {record.where}")

    def _inner(self, view: View, name: str, write: Write) -> Write:
        id = own_id(view, name, write.id) if write.id is not None else None
        new_id = own_id(view, name, write.new_id) if write.new_id is not None else None
        return replace(write, id=id, new_id=new_id)

    def _outer(self, view: View, name: str, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Done | Moved):
            return replace(outcome, record=self._named(view, name, outcome.record))
        return outcome


def _of_two(records: Sequence[Record]) -> Record:
    """A record; of a key that stands in several workbooks, none of its fields can be told."""
    if len(records) == 1:
        return records[0]
    first = records[0]
    reason = f"its key stands in several workbooks: {', '.join(str(record.where) for record in records)}"
    fields = [*first.values, *first.unreadable]
    return Record(first.id, {}, None, unreadable=dict.fromkeys(fields, reason), where=first.where)


def _cursors(text: str | None) -> dict[str, str | None]:
    """Each workbook's own cursor, by its name; ``None`` for one that could not be read."""
    try:
        content = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        content = {}
    found = content.get("files") if isinstance(content, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _nothing(_: Sequence[str]) -> Mapping[str, str | None]:
    return {}
