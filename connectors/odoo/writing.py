"""Writing to Odoo: in batches, each record looked at right before, nothing believed until it is read back.

Creation goes through ``load`` with the hub's reference as external id: Odoo makes record and reference in one
transaction, and loading the same reference again changes that record instead of making a second one.
Changes go through ``web_save_multi`` where there is one (different values per record, and the read-back, in
one call), else through ``load`` by database id.

A batch that Odoo refuses is taken apart until the bad record stands alone, and only it is refused, in Odoo's
own words. No error is believed to mean "not written": before a record is called refused it is looked at, and
after a lost reply it is looked at; what then still cannot be told is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from connectors.odoo.asking import Asking
from connectors.odoo.attachments import Files
from connectors.odoo.context import Contexts
from connectors.odoo.drafts import Draft, Drafting
from connectors.odoo.faults import DOUBTFUL, Fault, Lost
from connectors.odoo.layout import DAY, Layout, Schema, Setting
from connectors.odoo.loading import Loader, RowRefused
from connectors.odoo.one_line import commands, makes_line
from connectors.odoo.reading import Reader, base_fields
from connectors.odoo.refs import Refs
from connectors.odoo.refusals import locked, refused
from connectors.odoo.relations import Relations
from connectors.odoo.session import Session
from connectors.odoo.values import same, took
from hub.ports import (
    ConnectorError,
    Done,
    Missing,
    Moved,
    Outcome,
    Record,
    Refused,
    Unknown,
    Unreachable,
    View,
    Write,
)

_log = structlog.get_logger(__name__)
_UNREAD = "written, but the record could not be read back"
Attempt = Callable[[Sequence[Draft]], "Mapping[int, Record] | None"]


class Writer:
    """Applies writes to one view at a time."""

    def __init__(
        self,
        session: Session,
        contexts: Contexts,
        schema: Schema,
        relations: Relations,
        reader: Reader,
        refs: Refs,
        files: Files,
        asking: Asking,
    ) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._relations = relations
        self._reader = reader
        self._refs = refs
        self._files = files
        self._asking = asking
        self._loader = Loader(session, contexts, schema)
        self._saves_many = True

    def write(self, view: View, writes: Sequence[Write]) -> list[Outcome]:
        """See `hub.ports.Connector.write`."""
        layout = self._schema.layout(view)
        drafts = [Draft(write) for write in writes]
        drafting = Drafting(view, layout, self._relations, self._files)
        told = self._session.told
        try:
            for part in self._files.parts(layout, writes):
                self._create(drafting, [d for d in drafts[part] if d.write.id is None])
                self._change(drafting, [d for d in drafts[part] if d.write.id is not None])
                for draft in drafts[part]:
                    draft.vals = {}
        except (ConnectorError, Fault) as error:
            if self._session.told == told:
                raise
            _leave_unknown(drafts, str(error))
        outcomes = [draft.outcome for draft in drafts]
        return [o if o is not None else Unknown("Odoo gave no answer for this record") for o in outcomes]

    # -- creating ------------------------------------------------------------------------------------

    def _create(self, drafting: Drafting, drafts: Sequence[Draft]) -> None:
        layout = drafting.layout
        self._recognize(layout, [d for d in drafts if d.write.again])
        known = [draft for draft in drafts if draft.outcome is not None]
        drafting.prepare(drafts)
        if layout.ask_by:
            self._asking.address(layout, _open(drafts))
        for batch in self._loader.batches(layout, _open(drafts)):
            self._load_new(layout, batch)
        if layout.ask_by:
            self._asking.ask(layout, drafts, known)

    def _recognize(self, layout: Layout, drafts: Sequence[Draft]) -> None:
        """Records that an earlier attempt made after all: theirs, if they are as we asked."""
        for draft, record in self._found(layout, drafts):
            as_asked = not _refusals(layout, draft, record)
            draft.outcome = Done(record) if as_asked else Moved(record)

    def _load_new(self, layout: Layout, batch: Sequence[Draft]) -> None:
        """Load one batch; each draft of it has an outcome afterwards."""
        try:
            ids = self._loader.load_new(layout, batch, lambda some: self._there(layout, some))
        except Lost as error:
            self._finish_new(layout, list(self._there(layout, batch).items()))
            _leave_unknown(batch, str(error))
            return
        made = [(draft, id) for draft, id in ids.items() if draft.outcome is None]
        self._finish_new(layout, made)
        # An error is no proof that nothing was made: look for those it was said of.
        for draft, record in self._found(layout, [d for d in batch if not isinstance(d.outcome, Done)]):
            if not _refusals(layout, draft, record):
                draft.outcome = Done(record)

    def _finish_new(self, layout: Layout, made: Sequence[tuple[Draft, int]]) -> None:
        """What ``load`` could not carry follows, then all is read back."""
        failed = {draft: self._follow_up(layout, id, draft.elsewhere) for draft, id in made}
        refs = {id: draft.write.ref for draft, id in made}
        records = self._look(layout, [id for _, id in made], refs)
        if records is None:
            _leave_unknown([draft for draft, _ in made])
            return
        for draft, id in made:
            record = records.get(id)
            mending = {layout.setting: _mistaken(layout, draft, record)} if record is not None else {}
            if any(mending.values()):
                failed[draft] |= self._follow_up(layout, id, mending)
                record = (self._look(layout, [id], refs) or records).get(id)
            draft.outcome = Done(_marked(layout, record, failed[draft])) if record is not None else Missing()

    def _follow_up(
        self, layout: Layout, id: int, by_setting: Mapping[Setting, Mapping[str, Any]]
    ) -> dict[tuple[str, Setting], str]:
        """Set more of a record that was just made; the Odoo fields that would not, and why."""
        failed: dict[tuple[str, Setting], str] = {}
        for setting, vals in by_setting.items():
            try:
                context = self._writing(layout, setting)
                self._session.tell(layout.model, "write", [id], dict(vals), context=context)
            except (Fault, Unreachable) as error:
                failed |= {(base, setting): str(error) for base in vals}
        return failed

    def _there(self, layout: Layout, drafts: Sequence[Draft]) -> dict[Draft, int]:
        """The drafts whose reference is on a record now, and its id."""
        ids = self._refs.ids(layout.model, [draft.write.ref for draft in drafts]) if drafts else {}
        return {draft: ids[draft.write.ref] for draft in drafts if draft.write.ref in ids}

    def _found(self, layout: Layout, drafts: Sequence[Draft]) -> list[tuple[Draft, Record]]:
        """The same, with the records themselves."""
        there = self._there(layout, drafts)
        refs = {id: draft.write.ref for draft, id in there.items()}
        records = {r.ref: r for r in self._reader.records(layout, sorted(refs), refs)}
        return [(d, records[d.write.ref]) for d in drafts if d.write.ref in records]

    # -- changing ------------------------------------------------------------------------------------

    def _change(self, drafting: Drafting, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        layout = drafting.layout
        now = {r.id: r for r in self._reader.records(layout, [d.id for d in drafts])}
        for draft in drafts:
            draft.now = now.get(str(draft.id))
            draft.outcome = _before(draft)
        self._look_at_lines(layout, _open(drafts))
        self._look_at_moments(layout, _open(drafts))
        drafting.prepare(drafts)
        for draft in _open(drafts):
            if draft.empty and draft.now is not None:
                draft.outcome = Done(draft.now)
        plain = [draft for draft in _open(drafts) if not makes_line(draft.vals)]
        self._apart(layout, plain, self._saver(layout))
        self._apart(layout, _open(drafts), lambda some: self._save_loading(layout, some))
        for draft in drafts:
            if draft.done and isinstance(draft.outcome, Done):
                draft.outcome = self._archived(layout, draft)

    def _look_at_lines(self, layout: Layout, drafts: Sequence[Draft]) -> None:
        """The lines that a write goes into, as they are now."""
        names = {column.name for column in layout.columns if column.line is not None}
        read = [draft for draft in drafts if draft.now is not None and names & draft.now.values.keys()]
        for name, found in self._reader.lines(layout, [draft.id for draft in read]).items():
            for draft in read:
                lines = found.get(draft.id)
                if isinstance(lines, list):
                    draft.lines[name] = lines

    def _look_at_moments(self, layout: Layout, drafts: Sequence[Draft]) -> None:
        """The moments whose day is to change: their hour stays."""
        columns = [column for column in layout.columns if column.kind == DAY]
        moved = [draft for draft in drafts if any(c.name in draft.write.values for c in columns)]
        rows = self._reader.moments(layout, columns, [draft.id for draft in moved])
        for draft in moved:
            draft.moments = rows.get(draft.id, {})

    def _archived(self, layout: Layout, draft: Draft) -> Outcome:
        """Archive by the view's method; some remove the record, as Odoo 14 does with activities."""
        trouble: Fault | Lost | None = None
        try:
            context = self._writing(layout, layout.setting)
            self._session.tell(layout.model, layout.archive_by, [draft.id], context=context)
        except (Fault, Lost) as error:
            trouble = error
        records = self._look(layout, [draft.id], {})
        if records is None:
            return Unknown(_UNREAD if trouble is None else str(trouble))
        record = records.get(draft.id)
        if record is None:
            return Missing()
        if record.archived:
            return Done(record)
        if isinstance(trouble, Lost):
            return Unknown(str(trouble))
        if trouble is not None:
            return locked(trouble) if trouble.kind == "busy" else refused(layout, trouble, ())
        return Refused(
            f"{layout.archive_by} of {layout.model} did not archive the record", "active",
            "name another method under `archive_by` in the mapping",
        )  # fmt: skip

    def _writing(self, layout: Layout, setting: Setting) -> dict[str, Any]:
        return {**self._contexts.writing(setting), **layout.told}

    def _saver(self, layout: Layout) -> Attempt:
        """The quickest way this server has to change many records in one call."""
        if self._saves_many and self._session.version() >= (18, 0):
            return lambda drafts: self._save_many(layout, drafts)
        return lambda drafts: self._save_loading(layout, drafts)

    def _save_many(self, layout: Layout, drafts: Sequence[Draft]) -> Mapping[int, Record] | None:
        """One ``web_save_multi``; its answer is the read-back. Other languages and companies first."""
        for setting, some in _by_setting(drafts).items():
            vals = [draft.elsewhere[setting] for draft in some]
            self._call_save_many(layout, setting, [d.id for d in some], vals, {"id": {}})
        spec: dict[str, dict[str, Any]] = {name: {} for name in base_fields(layout, layout.setting)}
        ids, vals = [d.id for d in drafts], [commands(d.vals) for d in drafts]
        rows = self._call_save_many(layout, layout.setting, ids, vals, spec)
        return {int(r.id): r for r in self._reader.shape(layout, rows)}

    def _call_save_many(
        self,
        layout: Layout,
        setting: Setting,
        ids: list[int],
        vals: list[dict[str, Any]],
        spec: dict[str, dict[str, Any]],
    ) -> list[dict[str, Any]]:
        context = self._writing(layout, setting)
        rows: list[dict[str, Any]] = self._session.tell(
            layout.model, "web_save_multi", ids, vals, spec, context=context
        )
        return rows

    def _save_loading(self, layout: Layout, drafts: Sequence[Draft]) -> Mapping[int, Record] | None:
        for setting, some in _by_setting(drafts).items():
            for draft in some:
                context = self._writing(layout, setting)
                self._session.tell(
                    layout.model, "write", [draft.id], draft.elsewhere[setting], context=context
                )
        self._loader.load_changes(layout, drafts)
        return self._look(layout, [d.id for d in drafts], {})

    def _apart(self, layout: Layout, drafts: Sequence[Draft], attempt: Attempt) -> None:
        """Write these together; where that fails, halve until the bad one stands alone."""
        if not drafts:
            return
        try:
            records = attempt(drafts)
        except Lost as error:
            self._look_after(layout, drafts, error)
            return
        except Fault as fault:
            if fault.kind == "name" and self._saves_many and "web_save_multi" in fault.message:
                self._saves_many = False
                self._apart(layout, drafts, self._saver(layout))
            elif len(drafts) == 1:
                self._judge(layout, drafts[0], fault)
            else:
                rest = self._not_as_asked(layout, drafts) if fault.kind in DOUBTFUL else drafts
                half = len(rest) // 2
                self._apart(layout, rest[:half], attempt)
                self._apart(layout, rest[half:], attempt)
            return
        if records is None:
            _leave_unknown(drafts)
            return
        for draft in drafts:
            record = records.get(draft.id)
            draft.outcome = Done(record) if record is not None else Missing()

    def _judge(self, layout: Layout, draft: Draft, fault: Fault) -> None:
        """One record, one error: look at the record before believing it."""
        record = (self._look(layout, [draft.id], {}) or {}).get(draft.id)
        if record is None:
            draft.outcome = Missing() if fault.kind != "busy" else locked(fault)
        elif not _refusals(layout, draft, record):
            draft.outcome = Done(record)
        elif fault.kind == "busy":
            draft.outcome = locked(fault)
        elif isinstance(fault, RowRefused):
            draft.outcome = fault.refusal
        else:
            draft.outcome = refused(layout, fault, draft.vals)

    def _look_after(self, layout: Layout, drafts: Sequence[Draft], error: Lost) -> None:
        """A reply was lost: those that are as we asked are done, of the others nothing is known."""
        self._not_as_asked(layout, drafts)
        _leave_unknown(drafts, str(error))

    def _not_as_asked(self, layout: Layout, drafts: Sequence[Draft]) -> list[Draft]:
        """Look: those that are as we asked after all are done; the others."""
        records = self._look(layout, [d.id for d in drafts], {}) or {}
        for draft in drafts:
            record = records.get(draft.id)
            if record is not None and not _refusals(layout, draft, record):
                draft.outcome = Done(record)
        return _open(drafts)

    def _look(self, layout: Layout, ids: Sequence[int], refs: Mapping[int, str]) -> dict[int, Record] | None:
        """The records as they are now; ``None`` where even that cannot be had."""
        try:
            return {int(r.id): r for r in self._reader.records(layout, ids, refs)}
        except (Unreachable, Fault) as error:
            _log.warning("odoo records not read back", system=self._session.system, reason=str(error))
            return None


def _open(drafts: Sequence[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.outcome is None]


def _by_setting(drafts: Sequence[Draft]) -> dict[Setting, list[Draft]]:
    """The drafts that have values in another language or company, per such."""
    found: dict[Setting, list[Draft]] = {}
    for draft in drafts:
        for setting in draft.elsewhere:
            found.setdefault(setting, []).append(draft)
    return found


def _leave_unknown(drafts: Sequence[Draft], reason: str = _UNREAD) -> None:
    for draft in _open(drafts):
        draft.outcome = Unknown(reason)


def _before(draft: Draft) -> Outcome | None:
    """What speaks against writing: the record is gone, or is not what the hub last saw."""
    if draft.now is None:
        return Missing()
    for name, value in draft.write.expected.items():
        known = name in draft.now.values or name in draft.now.unreadable
        if known and (name not in draft.now.values or not same(draft.now.values[name], value)):
            return Moved(draft.now)
    return None


def _mistaken(layout: Layout, draft: Draft, record: Record) -> dict[str, Any]:
    """The choices that ``load`` took wrongly: it goes by a choice's label before its key."""
    wrong = {}
    for column in layout.columns:
        if column.kind == "selection" and column.base in draft.vals:
            wanted = draft.vals[column.base] or None
            if not same(wanted, record.values.get(column.name)):
                wrong[column.base] = wanted or False
    return wrong


def _marked(layout: Layout, record: Record, failed: Mapping[tuple[str, Setting], str]) -> Record:
    """A record that was made, but with some fields refused: those are told as unread with Odoo's reason, and
    the record is read again by the next pull."""
    if not failed:
        return record
    names = {c.name: failed[c.base, c.setting] for c in layout.columns if (c.base, c.setting) in failed}
    values = {name: value for name, value in record.values.items() if name not in names}
    return replace(record, values=values, unreadable={**record.unreadable, **names}, version=None)


def _refusals(layout: Layout, draft: Draft, record: Record) -> list[str]:
    """The fields that are not as asked on the record as it is."""
    wrong = [
        column.name
        for column in layout.columns
        if column.name in draft.write.values
        and not took(column, draft.write.values[column.name], record.values.get(column.name))
    ]
    if draft.write.archived is not None and record.archived != draft.write.archived:
        wrong.append("active")
    return wrong
