"""`hub check` for one Odoo: what works, what is missing, and what to write or ask for instead.

Each view is looked at as the hub will use it: the model, each right (read, write, create), each field, the
filter, and what a new record needs. Every mistake is named with its near miss. Nothing is written, nothing is
raised: a server that cannot be reached is a finding too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.odoo.asking import Asking
from connectors.odoo.attachments import Files
from connectors.odoo.checking_payments import PaymentChecker
from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import (
    LINES_OPTIONS,
    OPTIONS,
    READABLE,
    VIEW_OPTIONS,
    Column,
    FieldInfo,
    Layout,
    Lines,
    Schema,
    did_you_mean,
)
from connectors.odoo.one_line import OPTIONS as ONE_LINE_OPTIONS
from connectors.odoo.one_line import OneLine
from connectors.odoo.payment_view import PAYMENT, WIZARD
from connectors.odoo.refs import Refs
from connectors.odoo.session import Session
from hub.ports import ConnectorError, Finding, Misconfigured, NativeField, View

_ACCOUNTING = "install Odoo's app Invoicing (module account), or correct `object` in the mapping"
_SEE = "give the hub's user the right to see it"
RIGHTS = {"read": "read", "write": "change", "create": "create"}


class Checker:
    """Looks at one Odoo for some views."""

    def __init__(
        self,
        session: Session,
        contexts: Contexts,
        schema: Schema,
        refs: Refs,
        payments: PaymentChecker,
        files: Files,
        asking: Asking,
    ) -> None:
        self._session = session
        self._contexts = contexts
        self._schema = schema
        self._refs = refs
        self._payments = payments
        self._files = files
        self._asking = asking

    def findings(self, views: Sequence[View]) -> list[Finding]:
        """Connection first; the views only where there is one."""
        found: list[Finding] = []
        it = self._session.settings
        if it.in_clear:
            todo = "write an address that begins with https://; the server or a proxy before it must have one"
            message = "the password and every record travel unencrypted, for anybody on the way to read"
            found.append(Finding("warning", it.url, message, todo))
        try:
            found += self._connection()
            for view in views:
                found += self._view(view)
        except ConnectorError as error:
            found.append(Finding("error", error.what, error.why, error.todo))
        except Fault as fault:
            found.append(
                Finding("error", f"{self._session.system}: Odoo failed", fault.message, "see its log")
            )
        return found

    def _connection(self) -> Iterator[Finding]:
        it = self._session.settings
        version = self._session.version()
        uid = self._session.uid()
        door = self._session.door
        name = f"Odoo {version[0]}.{version[1]} at {it.url}"
        yield Finding("ok", name, f"database {it.database}, door {door}, {self._user(uid)}")
        if not it.verify:
            yield Finding(
                "warning", name, "its certificate is not checked", "set `verify: true`, with `ca` if need be"
            )
        if version >= (19, 0) and door != "json2":
            todo = "give an `api_key` and leave `transport` on auto: this door is deprecated from Odoo 19 on"
            yield Finding("warning", name, f"through {door}", todo)
        if uid in (1, 2):
            todo = "give the hub a user of its own: its edits are then told from people's"
            yield Finding("warning", name, "the hub works as the administrator", todo)

    def _user(self, uid: int | None) -> str:
        if uid is None:
            return f"user {self._session.settings.login or 'of the API key'}"
        rows = self._session.ask("res.users", "read", [uid], ["name", "login"], "")
        return f"user {rows[0]['name']} ({rows[0]['login']})" if rows else f"user {uid}"

    def _view(self, view: View) -> Iterator[Finding]:
        try:
            fields = self._schema.every(view.object)
        except Misconfigured as error:
            todo = _ACCOUNTING if view.object.startswith("account.") else error.todo
            yield Finding("error", f"{view.entity}: {error.what}", error.why, todo)
            return
        except Fault as fault:
            yield Finding(
                "error", f"{view.entity}: {view.object}", fault.message, "give the hub's user the right"
            )
            return
        if view.object == WIZARD:
            yield from self._payments.findings(view)
            yield from self._references(replace(view, object=PAYMENT))
            return
        problems = [
            *self._rights(view),
            *self._places(view),
            *self._options(view),
            *self._fields(view, fields),
            *self._creation(view, fields),
            *self._question(view),
            *self._filter(view),
            *self._references(view),
        ]
        yield from problems
        if not any(problem.level == "error" for problem in problems):
            yield self._summary(view)

    def _summary(self, view: View) -> Finding:
        domain = list(view.where or [])
        count = self._session.ask(view.object, "search_count", domain, context={"active_test": False})
        return Finding("ok", f"{view.entity}: {view.object}", f"{count} records, {len(view.fields)} fields")

    def _rights(self, view: View) -> Iterator[Finding]:
        writes = any(field.writable for field in view.fields)
        for operation in ("read", "write", "create") if writes else ("read",):
            if not self._schema.may(view.object, operation):
                yield Finding(
                    "error",
                    f"{view.entity}: {view.object}",
                    f"the hub's user may not {RIGHTS[operation]} these records (right «{operation}»)",
                    "give it a group with this right in Odoo: Settings → Users",
                )

    def _places(self, view: View) -> Iterator[Finding]:
        """The languages and companies the view names."""
        it = self._session.settings
        holders = [view.options, *(field.options for field in view.fields)]
        langs = {str(lang) for lang in (it.lang, *(h.get("lang") for h in holders)) if lang}
        if langs:
            rows = self._session.ask(
                "res.lang", "search_read", [["active", "=", True]], ["code"], 0, None, "id"
            )
            active = [row["code"] for row in rows]
            for lang in sorted(langs - set(active)):
                todo = did_you_mean(lang, active) or f"active here: {', '.join(active)}"
                yield Finding(
                    "error", f"{view.entity}: lang", f"Odoo does not have the language «{lang}»", todo
                )
        companies = {c for c in (it.company, *(h.get("company") for h in holders)) if c is not None}
        for company in sorted(companies, key=str):
            try:
                self._contexts.reading((None, company))
            except Misconfigured as error:
                yield Finding("error", f"{view.entity}: company", error.what, error.todo)

    def _options(self, view: View) -> Iterator[Finding]:
        known = VIEW_OPTIONS
        for name in view.options:
            if name not in known:
                todo = did_you_mean(name, known) or f"known here: {', '.join(sorted(known))}"
                yield Finding("error", f"{view.entity}: {view.object}", f"unknown option «{name}»", todo)
        for field in (*view.fields, *(column for owner in view.fields for column in owner.columns)):
            usual = LINES_OPTIONS if field.type == "lines" else OPTIONS
            if "line" in field.options:
                usual = ONE_LINE_OPTIONS
            for name in field.options:
                if name not in usual:
                    todo = did_you_mean(name, usual) or f"known here: {', '.join(sorted(usual))}"
                    yield Finding("error", f"{view.entity}: {field.name}", f"unknown option «{name}»", todo)

    def _fields(self, view: View, fields: Mapping[str, FieldInfo]) -> Iterator[Finding]:
        for native in view.fields:
            layout = self._resolved(view, native)
            if isinstance(layout, Finding):
                yield layout
            else:
                yield from self._field(view, fields, native, layout)

    def _resolved(self, view: View, native: NativeField) -> Layout | Finding:
        """The layout of this field alone, or what is wrong with it."""
        try:
            return self._schema.layout(View(view.entity, view.object, (native,)))
        except Misconfigured as error:
            return Finding(
                "error", f"{view.entity}: {native.name}", f"{error.what} {error.why}".strip(), error.todo
            )
        except Fault as fault:
            if fault.kind != "access":
                raise
            return Finding("error", f"{view.entity}: {native.name}", fault.message, _SEE)

    def _field(
        self, view: View, fields: Mapping[str, FieldInfo], native: NativeField, layout: Layout
    ) -> Iterator[Finding]:
        what = f"{view.entity}: {native.name}"
        if native.name in layout.unreadable:
            reason = layout.unreadable[native.name]
            base = native.name.partition(".")[0]
            unread = fields.get(base, {}).get("type") not in (None, *READABLE)
            todo = "take it out of the mapping" if unread else _SEE
            yield Finding("error", what, reason, todo)
            return
        column = layout.columns[0]
        info = fields[column.base]
        # To a user who may not write at all, Odoo shows every field as read-only: told once, as a right.
        if native.writable and self._schema.may(view.object, "write"):
            yield from _writable(what, column, info)
        if column.holds_file and native.writable:
            yield from (
                Finding("error", what, f"its content {told}", todo)
                for told, todo in self._files.problems(column)
            )
        if column.lines is not None:
            yield from self._lines(what, column.lines)
        if column.line is not None:
            yield from self._one_line(what, column.lines, column.line)
        elif column.relation is not None and column.key is None and native.type != "ref":
            todo = f"write `{column.base}.name` (or .code), or give the field the type ref"
            yield Finding(
                "warning", what, f"a relation to {column.relation} without a field of it: its ids", todo
            )

    def _lines(self, what: str, lines: Lines) -> Iterator[Finding]:
        for name, reason in lines.layout.unreadable.items():
            yield Finding("error", f"{what}.{name}", reason, _SEE)
        for column in lines.layout.columns:
            if column.relation is not None and column.key is None:
                message = f"a relation to {column.relation} without a field of it: its ids"
                yield Finding("warning", f"{what}.{column.name}", message, f"write `{column.base}.name`")
        context = {"active_test": False}
        try:
            self._session.ask(lines.layout.model, "search_count", list(lines.where), context=context)
        except Fault as fault:
            todo = _SEE if fault.kind == "access" else "correct `where` of these lines"
            yield Finding("error", f"{what}: where", fault.message, todo)

    def _one_line(self, what: str, lines: Lines | None, line: OneLine) -> Iterator[Finding]:
        """What a new line is made with must be there, and its price writable."""
        assert lines is not None
        model = lines.layout.model
        known = self._schema.every(model)
        for name in (*line.made, *line.follows):
            if name not in known:
                yield Finding(
                    "error", f"{what}: line", f"{model} has no field «{name}»", did_you_mean(name, known)
                )
        if known.get(line.price, {}).get("readonly"):
            todo = "name the field that people write, or give it `direction: pull`"
            yield Finding("error", what, f"Odoo computes {line.price} of {model}", todo)

    def _creation(self, view: View, fields: Mapping[str, FieldInfo]) -> Iterator[Finding]:
        given = view.options.get("on_create") or {}
        for name in given:
            layout = self._resolved(view, NativeField(str(name)))
            if isinstance(layout, Finding):
                yield Finding("error", f"{view.entity}: on_create", layout.message, layout.todo)
        if not any(field.writable for field in view.fields):
            return
        set_here = {str(name).partition(".")[0] for name in (*given, *view.names)}
        if view.options.get("ask_by"):
            set_here |= {"res_model_id", "partner_id"}
        needed = sorted(
            name for name, info in fields.items() if info.get("required") and name not in set_here
        )
        context = view.options.get("context")
        told = context if isinstance(context, Mapping) else None
        lacking = sorted(set(needed) - self._schema.defaulted(view.object, needed, told)) if needed else []
        lacking = [name for name in lacking if fields[name].get("store") and not fields[name].get("depends")]
        if lacking:
            yield Finding(
                "warning",
                f"{view.entity}: {view.object}",
                f"Odoo may want more for a new record: {', '.join(lacking)}",
                "map these fields or set them under `on_create`",
            )

    def _question(self, view: View) -> Iterator[Finding]:
        for told, todo in self._asking.problems(view):
            yield Finding("error", f"{view.entity}: ask_by", told, todo)

    def _filter(self, view: View) -> Iterator[Finding]:
        what = f"{view.entity}: where"
        if not isinstance(view.where or [], (list, tuple)):
            yield Finding("error", what, "is no list", 'write it as Odoo does: [["is_company", "=", true]]')
            return
        try:
            self._session.ask(
                view.object, "search_count", list(view.where or []), context={"active_test": False}
            )
        except Fault as fault:
            yield Finding("error", what, fault.message, self._filter_todo(view))

    def _filter_todo(self, view: View) -> str:
        fields = self._schema.every(view.object)
        for term in view.where or []:
            if isinstance(term, (list, tuple)) and term:
                base = str(term[0]).partition(".")[0]
                if base not in fields:
                    return did_you_mean(base, fields) or f"{view.object} has no field «{base}»"
        return "correct `where` in the mapping"

    def _references(self, view: View) -> Iterator[Finding]:
        """Whether the hub can find what it created again after a crash."""
        try:
            self._refs.ids(view.object, ["no_such_reference"])
        except Fault as fault:
            todo = "give the hub's user the right to read external identifiers (Access Rights)"
            yield Finding("error", f"{view.entity}: references", fault.message, todo)


def _writable(what: str, column: Column, info: Mapping[str, Any]) -> Iterator[Finding]:
    todo = "write `direction: pull` for it in the mapping"
    if column.kind == "one2many":
        yield Finding("error", what, "the other end of a relation cannot be written from here", todo)
    elif info.get("readonly") and not info.get("store"):
        yield Finding("error", what, f"Odoo computes {column.base}: what is written there is lost", todo)
    elif info.get("readonly") and info.get("depends"):
        yield Finding("warning", what, f"Odoo computes {column.base} and may overwrite it", todo)
    elif info.get("readonly"):
        yield Finding("warning", what, f"{column.base} is read-only in Odoo's own screens", todo)
