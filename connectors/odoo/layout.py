"""A view of Odoo resolved against the model it is kept in: which Odoo field each native name stands for.

A native name is a field (``phone``), or a relation and the field its records are known by
(``country_id.code``, ``category_id.name``). A relation without such a field stands for the ids of its
records, as text: that is what a reference between entities is (``parent_id`` with type ``ref``).

Options of a field that are read here: ``lang`` (the language its translated text is read and written in),
``company`` (for values that differ by company), ``create`` (make a missing tag or category), ``within`` (the
field of the same record that narrows an ambiguous name down: a state's country), ``plain`` (formatted text
that is read and written as plain text: what is written is escaped), ``zero: empty`` (the number 0 means
nothing, such as a rating nobody gave), ``files`` (of an attachment's ``datas``: the folder its bytes come
from, whose SHA-1 is then the value), ``several`` (`first`: of several records that bear a name, the oldest),
``zone`` (of ``start.day``, the day of a moment, whose hour stays: where the clocks are); of a field of type
``lines`` (a one2many such as ``invoice_line_ids``) also ``where`` (an Odoo domain that its lines must meet);
``line`` and ``total`` are explained in `one_line`. Of the whole view: ``context`` (what Odoo is told with
each write; what begins with ``default_`` only when a record is made), ``archive_by`` (the method that is
called where records are not archived but done, such as ``action_feedback``) and ``archived_as`` (the field
and the value by which a record without `active` says that it is: ``{stage_id.name: Cancelled}``); ``ask_by``
is explained in `asking`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from connectors.odoo import one_line
from connectors.odoo.faults import Fault
from connectors.odoo.one_line import OneLine
from connectors.odoo.session import Session
from hub.ports import Misconfigured, NativeField, View

ATTRIBUTES = (
    "type",
    "string",
    "relation",
    "required",
    "readonly",
    "store",
    "selection",
    "translate",
    "company_dependent",
    "depends",
)
TO_MANY = ("many2many", "one2many")
READABLE = frozenset(
    [
        "boolean",
        "char",
        "date",
        "datetime",
        "float",
        "html",
        "integer",
        "many2many",
        "many2one",
        "many2one_reference",
        "monetary",
        "one2many",
        "reference",
        "selection",
        "text",
    ]
)
OPTIONS = frozenset({"lang", "company", "create", "within", "plain", "zero", "files", "several", "zone"})
DIGEST = "checksum"
"""Where Odoo keeps the SHA-1 of an attachment's bytes."""
LINES_OPTIONS = frozenset({"lang", "company", "where"})
VIEW_OPTIONS = frozenset(
    {"lang", "company", "on_create", "context", "archive_by", "archived_as", "ask_by", "merge"}
)
ASKED_FOR = ("res_model_id", "partner_id")
"""What a question sets of a new rating by itself."""
DAY = "day"
"""The key and the kind of a column that is the day of a moment."""

FieldInfo = Mapping[str, Any]
Setting = tuple[str | None, "int | str | None"]
"""The language and company a field is read and written in."""


@dataclass(frozen=True, slots=True)
class Column:
    """One native field of the view. `base` is the Odoo field, `key` the related field it is known by."""

    native: NativeField
    base: str
    kind: str
    key: str | None = None
    relation: str | None = None
    setting: Setting = (None, None)
    selection: tuple[str, ...] = ()
    label: str = ""
    related_archives: bool = False
    lines: Lines | None = None
    key_kind: str = ""
    line: OneLine | None = None

    @property
    def name(self) -> str:
        return self.native.name

    @property
    def holds_file(self) -> bool:
        """Whether it is bytes, which are told by their SHA-1."""
        return self.kind == "binary"

    @property
    def source(self) -> str:
        """The Odoo field to read: of a file its SHA-1, not its bytes."""
        return DIGEST if self.holds_file else self.base

    @property
    def many(self) -> bool:
        return self.kind in TO_MANY


@dataclass(frozen=True, slots=True)
class Layout:
    """A view on its model. `unreadable`: native names the hub's user has no right to read, and why.
    `extra`: the fields that only ``on_create`` sets. `context` and `archive_by` are the view's options."""

    model: str
    columns: tuple[Column, ...]
    fields: Mapping[str, FieldInfo]
    setting: Setting
    unreadable: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Column] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    archive_by: str = ""
    archived_as: tuple[str, Any] | None = None
    ask_by: str = ""

    @property
    def archives(self) -> bool:
        return "active" in self.fields

    @property
    def told(self) -> dict[str, Any]:
        """What Odoo is told with a change: a default is for new records, of whatever model."""
        return {name: value for name, value in self.context.items() if not name.startswith("default_")}

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    def settings(self) -> list[Setting]:
        """Every language and company that is read in, the view's own first."""
        return list(dict.fromkeys([self.setting, *(c.setting for c in self.columns)]))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines that a field of type `lines` holds: their own layout, the domain they must meet, and whether
    they have a `sequence` that people put them in order with."""

    layout: Layout
    where: tuple[Any, ...]
    ordered: bool


class Schema:
    """What the models look like to the hub's user. Asked once per field, and again after `forget`;
    what is hidden is asked for again at every pull."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, dict[str, FieldInfo | None]] = {}
        self._every: dict[str, Mapping[str, FieldInfo]] = {}
        self._defaults: dict[tuple[str, tuple[str, ...], str], frozenset[str]] = {}
        self._hidden: dict[tuple[str, str], str | None] = {}
        self._rights: dict[tuple[str, str], bool] = {}

    def fields(self, model: str, names: Iterable[str]) -> dict[str, FieldInfo]:
        """Name to attributes, of those of these fields that exist and the user may read.

        Raises `Misconfigured` for an unknown model.
        """
        known = self._known.setdefault(model, {})
        wanted = dict.fromkeys(names)
        new = [name for name in wanted if name not in known]
        if new:
            found = self._fields_get(model, new)
            known.update({name: found.get(name) for name in new})
        return {name: info for name in wanted if (info := known[name]) is not None}

    def every(self, model: str) -> Mapping[str, FieldInfo]:
        """All the fields of a model, for a check or a near miss: a long answer."""
        if model not in self._every:
            self._every[model] = self._fields_get(model, [])
        return self._every[model]

    def _fields_get(self, model: str, names: list[str]) -> Mapping[str, FieldInfo]:
        try:
            answer: Mapping[str, FieldInfo] = self._session.ask(model, "fields_get", names, list(ATTRIBUTES))
        except Fault as fault:
            if fault.kind == "name":
                raise self._no_model(model) from fault
            raise
        return answer

    def defaulted(
        self, model: str, names: Sequence[str], context: Mapping[str, Any] | None = None
    ) -> frozenset[str]:
        """Those of these fields that Odoo fills by itself on creation when they are left out."""
        told = dict(context or {})
        key = (model, tuple(sorted(names)), repr(sorted(told.items())))
        if key not in self._defaults:
            found = self._session.ask(model, "default_get", list(key[1]), context=told)
            self._defaults[key] = frozenset(name for name, value in found.items() if value not in (False, []))
        return self._defaults[key]

    def may(self, model: str, operation: str) -> bool:
        """Whether the hub's user has a right (read, write, create) on a model at all."""
        key = (model, operation)
        if key not in self._rights:
            if self._session.version() >= (18, 0):
                answer = self._session.ask(model, "has_access", [], operation)
            else:
                answer = self._session.ask(model, "check_access_rights", operation, False)
            self._rights[key] = bool(answer)
        return self._rights[key]

    def forget(self) -> None:
        self._known.clear()
        self._every.clear()
        self._defaults.clear()
        self._hidden.clear()
        self._rights.clear()

    def forget_gaps(self) -> None:
        """Ask again for what was hidden, and for rights that were missing: they may have been given."""
        for model, name in self._hidden:
            self._known.get(model, {}).pop(name, None)
        self._hidden.clear()
        self._rights = {key: given for key, given in self._rights.items() if given}

    def layout(self, view: View) -> Layout:
        """Resolve a view. Raises `Misconfigured` naming the first field that is not there."""
        ask_by = str(view.options.get("ask_by") or "")
        given = [*map(str, view.options.get("on_create") or {}), *(ASKED_FOR if ask_by else ())]
        bases = [name.partition(".")[0] for name in (*view.names, *given)]
        fields = self.fields(view.object, ["active", *bases])
        usual: Setting = (
            view.options.get("lang") or self._session.settings.lang,
            view.options.get("company") or self._session.settings.company,
        )
        columns: list[Column] = []
        unreadable: dict[str, str] = {}
        for native in view.fields:
            column = self._column(view.object, fields, native, usual, unreadable)
            if column is not None:
                columns.append(column)
        extra = self._extra(view, given, fields, usual)
        context = self._context(view)
        return Layout(
            view.object, tuple(columns), fields, usual, unreadable, extra, context, self._method(view),
            self._archived_as(view), ask_by,
        )  # fmt: skip

    def _archived_as(self, view: View) -> tuple[str, Any] | None:
        given = view.options.get("archived_as")
        if not given:
            return None
        if not isinstance(given, Mapping) or len(given) != 1 or str(next(iter(given))) not in view.names:
            what = f"`archived_as` of {view.object} is not one field of the mapping and its value"
            raise Misconfigured(self._session.system, what, todo="write `archived_as: {stage_id.name: …}`")
        return next((str(name), value) for name, value in given.items())

    def _context(self, view: View) -> Mapping[str, Any]:
        given = view.options.get("context") or {}
        if not isinstance(given, Mapping):
            what = f"`context` of {view.object} is no block of names and values"
            raise Misconfigured(self._session.system, what, todo="write `context: {default_res_model: …}`")
        return {str(name): value for name, value in given.items()}

    def _method(self, view: View) -> str:
        given = str(view.options.get("archive_by") or "")
        if given and not re.fullmatch("[a-z][a-z0-9_]*", given):
            what = f"`archive_by` of {view.object} is no method that can be called from outside: «{given}»"
            raise Misconfigured(self._session.system, what, todo="write `archive_by: action_feedback`")
        return given

    def _extra(
        self, view: View, given: Iterable[str], fields: Mapping[str, FieldInfo], usual: Setting
    ) -> dict[str, Column]:
        found: dict[str, Column] = {}
        for name in given:
            if name not in view.names:
                hidden: dict[str, str] = {}
                column = self._column(view.object, fields, NativeField(name), usual, hidden)
                if column is None:
                    what = f"`on_create` of {view.object} sets «{name}»"
                    raise Misconfigured(self._session.system, what, hidden[name], "correct the mapping")
                found[name] = column
        return found

    def forbidden(self, model: str, name: str) -> str | None:
        """Why a field is hidden from the hub's user, ``None`` where there is no such field at all."""
        key = (model, name)
        if key not in self._hidden:
            self._hidden[key] = self._ask_why(model, name)
        return self._hidden[key]

    def _ask_why(self, model: str, name: str) -> str | None:
        try:
            self._session.ask(model, "read", [], [name])
        except Fault as fault:
            return fault.message if fault.kind == "access" else None
        return f"the field {name} of {model} is not shown to the hub's user"

    def _column(
        self,
        model: str,
        fields: Mapping[str, FieldInfo],
        native: NativeField,
        usual: Setting,
        unreadable: dict[str, str],
    ) -> Column | None:
        base, _, key = native.name.partition(".")
        info = fields.get(base)
        if info is None:
            reason = self.forbidden(model, base)
            if reason is None:
                raise self._no_field(model, base, native.name)
            unreadable[native.name] = reason
            return None
        if info["type"] not in READABLE and not self._is_file(model, base):
            unreadable[native.name] = f"{model}.{base} is of type {info['type']}, which the hub does not read"
            return None
        if "line" in native.options:
            return self._one_line(model, native, info, key, usual)
        relation = info.get("relation") or None
        target: Mapping[str, FieldInfo] = {}
        if key == DAY and info["type"] == "datetime":
            label = str(info.get("string") or base)
            self._need_zone(native)
            return Column(native, base, DAY, setting=usual, label=label)
        if key:
            if relation is None:
                raise Misconfigured(
                    self._session.system,
                    f"{model}.{base} is no relation",
                    f"it is of type {info['type']}, so «{native.name}» leads nowhere",
                    f"write `{base}`",
                )
            target = self.fields(relation, [key, "active"])
            if key not in target:
                raise self._no_field(relation, key, native.name)
        options = native.options
        return Column(
            native,
            base,
            info["type"],
            key or None,
            relation,
            (options.get("lang") or usual[0], options.get("company") or usual[1]),
            tuple(str(item[0]) for item in info.get("selection") or ()),
            str(info.get("string") or base),
            "active" in target,
            self._lines(model, native, info, usual, native.columns) if native.type == "lines" else None,
            str(target[key]["type"]) if key else "",
        )

    def _need_zone(self, native: NativeField) -> None:
        given = str(native.options.get("zone") or "UTC")
        try:
            ZoneInfo(given)
        except (KeyError, ValueError) as error:
            what = f"`zone` of {native.name}: there is no time zone {given}"
            raise Misconfigured(self._session.system, what, todo="write `zone: Europe/Paris`") from error

    def _one_line(
        self, model: str, native: NativeField, info: FieldInfo, price: str, usual: Setting
    ) -> Column:
        line = one_line.parsed(self._session.system, native, price)
        lines = self._lines(model, native, info, usual, line.columns)
        found = next((column for column in lines.layout.columns if column.name == price), None)
        kind, label = (found.kind, found.label) if found else ("float", price)
        base = native.name.partition(".")[0]
        return Column(native, base, kind, setting=usual, label=label, lines=lines, line=line)

    def _is_file(self, model: str, base: str) -> bool:
        """Whether this is the content of an attachment, which Odoo keeps the SHA-1 of."""
        return base == "datas" and DIGEST in self.fields(model, [DIGEST])

    def _lines(
        self,
        model: str,
        native: NativeField,
        info: FieldInfo,
        usual: Setting,
        columns: tuple[NativeField, ...],
    ) -> Lines:
        if info["type"] not in TO_MANY:
            why = f"it is of type {info['type']}"
            todo = "name a one2many field, such as invoice_line_ids"
            raise Misconfigured(self._session.system, f"{model}.{native.name} has no lines", why, todo)
        where = native.options.get("where") or []
        if not isinstance(where, (list, tuple)):
            what = f"`where` of the lines {native.name} is no list"
            todo = 'write it as Odoo does: [["display_type", "=", "product"]]'
            raise Misconfigured(self._session.system, what, todo=todo)
        relation = str(info["relation"])
        options = {
            "lang": native.options.get("lang") or usual[0],
            "company": native.options.get("company") or usual[1],
        }
        ordered = bool(self.fields(relation, ["sequence"]))
        layout = self.layout(View(native.name, relation, columns, options=options))
        return Lines(layout, tuple(where), ordered)

    def _no_field(self, model: str, name: str, path: str) -> Misconfigured:
        near = did_you_mean(name, self.every(model))
        return Misconfigured(
            self._session.system,
            f"{model} has no field «{name}»" + (f" (in «{path}»)" if path != name else ""),
            todo=near or f"correct the mapping, or install the module that adds {name}",
        )

    def _no_model(self, model: str) -> Misconfigured:
        try:
            rows = self._session.ask("ir.model", "search_read", [], ["model"], 0, None, "model")
            hint = did_you_mean(model, [row["model"] for row in rows])
        except Fault:
            hint = ""
        todo = hint or "correct `object` in the mapping, or install the module it comes with"
        return Misconfigured(self._session.system, f"there is no model «{model}»", todo=todo)


def did_you_mean(name: str, existing: Iterable[str]) -> str:
    """The near misses, as a sentence; empty where nothing is near."""
    near = get_close_matches(name, list(existing), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
