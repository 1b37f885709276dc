"""The port: a folder of forms as the hub sees it. Opens no PDF itself; the child process does.

Records are forms, known by the key of their description. Beside its own fields each has `file` (the SHA-1 of
the PDF's bytes, as Odoo counts an attachment's), `file_name`, `state` (`to_confirm` in an inbox: nobody has
looked at it yet; `confirmed` where the hub filled it) and `doubts` (what a person should know of the
reading). An inbox is read only. A changed record's form is written anew over the old one, which is kept in
the backups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import orjson

from connectors.forms.catalogue import Catalogue, fingerprint
from connectors.forms.checks import findings
from connectors.forms.description import OF_THE_FORM
from connectors.forms.folder import Folder, Look, digest
from connectors.forms.reader import Kind, Reader
from connectors.forms.records import id_of, sort_out
from connectors.forms.settings import Settings
from connectors.forms.writing import Writing
from hub.filing import temporary
from hub.filing.clock import clock_of
from hub.filing.faults import ERRORS, Fault, misconfigured
from hub.filing.keys import new_keys
from hub.ports import (
    Busy,
    ClockReading,
    Finding,
    Known,
    Native,
    Outcome,
    Page,
    Receipt,
    Record,
    Refused,
    Traits,
    View,
    Write,
)

_PAGE = 1000


class FormsConnector:
    """One folder of forms."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name, self.settings = name, settings
        self.traits = Traits(
            assigns_ids=False, archives=False, confirms=True, incremental=False,
            writable=settings.out is not None, batch=200,
        )  # fmt: skip
        self.reader = Reader(settings.limits)
        self.catalogue = Catalogue(settings.descriptions, settings.blanks)
        self.folder = Folder(settings.folder, self.reader, settings.stable_seconds)
        self._sweeper = temporary.Sweeper()

    @property
    def state(self) -> str:
        """What the forms of this folder are to a person: to be confirmed, or made from what is."""
        return "confirmed" if self.traits.writable else "to_confirm"

    @property
    def backups(self) -> Path:
        """Where replaced forms go."""
        return self.settings.backups.folder or self.settings.folder / "hub-backups"

    # -- reading -------------------------------------------------------------------------------------

    def check(self, views: Sequence[View]) -> Sequence[Finding]:
        return findings(self, views)

    def pull(self, view: View, cursor: str | None, known: Known) -> Iterator[Page]:
        try:
            kind = self.kind_of(view)
            self._clear_away()
            asked = fingerprint(kind, view.names)
            if self._untouched(cursor, asked):
                yield Page((), cursor)
                return
            look = self.folder.look(kind)
        except Fault as fault:
            self._raise(fault)
        records, aside = sort_out(look.forms, kind.description, self.state, view)
        new = None if look.waiting else _cursor(asked, look)
        rows = [record for _, record in records.values()]
        for start in range(0, max(len(rows), 1), _PAGE):
            last = start + _PAGE >= len(rows)
            yield Page(
                rows[start : start + _PAGE], new if last else cursor, aside if last else (),
                listing=last and not look.waiting, total=len(rows),
            )  # fmt: skip

    def _untouched(self, cursor: str | None, asked: str) -> bool:
        try:
            old = orjson.loads(cursor) if cursor else {}
        except orjson.JSONDecodeError:
            old = {}
        if not isinstance(old, dict) or old.get("view") != asked or old.get("racy"):
            return False
        return bool(old.get("files") == digest(self.folder.stamps()))

    def ids(self, view: View) -> set[str]:
        look, kind = self._look(view)
        if look.waiting:
            raise Busy(
                self.name, f"{look.waiting[0]} is being written just now", todo="nothing; it is tried again"
            )
        records, aside = sort_out(look.forms, kind.description, self.state, view)
        return {*records, *(one.id for one in aside if one.id is not None)}

    def read(self, view: View, ids: Sequence[str]) -> Sequence[Record]:
        if not ids:
            return []
        look, kind = self._look(view)
        records, aside = sort_out(look.forms, kind.description, self.state, view)
        twice = {one.id: one for one in aside if one.id is not None}
        found = [records[id][1] for id in ids if id in records]
        for id in ids:
            if id in twice:
                # There, but which of the two forms tells of it cannot be said: nothing of it is known.
                names = dict.fromkeys(view.names, twice[id].reason)
                found.append(Record(id, {}, unreadable=names, where=f"form {twice[id].where}"))
        nameless = next((one.where for one in aside if one.id is None), None)
        for id in ids:
            if nameless is not None and id not in records and id not in twice:
                # Not gone as long as it may be the one that cannot be read.
                reason = f"it is in no form, but may be in {nameless}, which cannot be read"
                found.append(Record(id, {}, unreadable=dict.fromkeys(view.names, reason), where=nameless))
        return found

    def find(self, view: View, refs: Sequence[str]) -> Mapping[str, Record]:
        """Always empty: a form keeps no references of ours; a new one is found again by its key."""
        return {}

    def key_of(self, view: View, values: Mapping[str, Native]) -> str | None:
        """See `hub.ports.Keyed`: the id of several parts."""
        try:
            return id_of(self.kind_of(view).description, values) or ""
        except Fault as fault:
            self._raise(fault)

    def allocate(self, view: View, count: int, taken: Iterable[str]) -> Sequence[str]:
        """New numbers by `new_key`, above every one there is."""
        try:
            kind = self.kind_of(view)
            pattern = view.options.get("new_key")
            if len(kind.description.key) > 1:
                parts = ", ".join(kind.description.key)
                todo = f"fill {parts} where the records come from"
                raise misconfigured(f"a {kind.name} is known by {parts}: no key can be made up", "", todo)
            return new_keys(
                None if pattern is None else str(pattern), self.ids(view), taken, count, kind.name,
                f"the forms of {self.settings.folder}",
            )  # fmt: skip
        except Fault as fault:
            self._raise(fault)

    # -- writing -------------------------------------------------------------------------------------

    def write(self, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if not writes:
            return []
        if not self.traits.writable:
            todo = "write `direction: pull` for this system, or make it an `out` folder in hub.yaml"
            return [Refused("an inbox of filled forms is only read", None, todo)] * len(writes)
        try:
            kind = self.kind_of(view)
            look = self.folder.look(kind)
            self._clear_away()
            records, aside = sort_out(look.forms, kind.description, self.state, view)
            writing = Writing(self, kind, view, records, aside)
        except Fault as fault:
            self._raise(fault)
        return [writing.outcome(write) for write in writes]

    def receipts(self, view: View) -> Sequence[Receipt]:
        return []

    def settle(self, view: View, receipts: Sequence[Receipt]) -> None:
        return None

    def close(self) -> None:
        self.reader.close()

    def clock_offset(self, may_write: bool) -> ClockReading | None:
        return clock_of(self.settings.folder) if may_write and self.traits.writable else None

    # -- what a mapping may say ----------------------------------------------------------------------

    def kind_of(self, view: View) -> Kind:
        """The kind of form a view is of, the view's wishes checked. Raises `Fault`."""
        kind = self.catalogue.kind(view.object, view.entity)
        description = kind.description
        if view.key and tuple(view.key) != description.key:
            why = f"the mapping says {', '.join(view.key)}, the description {', '.join(description.key)}"
            todo = f"write key: {list(description.key)} in the mapping"
            raise misconfigured(f"{view.entity}: a {kind.name} has another key", why, todo)
        if view.where:
            todo = "take `where` out of the mapping of this system"
            raise misconfigured(f"{view.entity}: forms are not chosen by their values", "", todo)
        for name in view.names:
            if name not in description.fields and name not in OF_THE_FORM:
                known = ", ".join([*description.fields, *OF_THE_FORM])
                raise misconfigured(f"{view.entity}: a {kind.name} has no field «{name}»", f"it has {known}")
        return kind

    def _look(self, view: View) -> tuple[Look, Kind]:
        try:
            kind = self.kind_of(view)
            return self.folder.look(kind), kind
        except Fault as fault:
            self._raise(fault)

    def _clear_away(self) -> None:
        """Clear away what a killed hub left: at the first call, and then once in a while."""
        if self.traits.writable:
            self._sweeper.sweep(self.settings.folder, self.backups)

    def _raise(self, fault: Fault) -> NoReturn:
        raise ERRORS[fault.kind](self.name, fault.what, fault.why, fault.todo) from fault


def _cursor(asked: str, look: Look) -> str:
    return orjson.dumps({"view": asked, "files": look.digest, "racy": look.racy}).decode()
