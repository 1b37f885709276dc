"""From a mapping document of the right shape to an `EntityMapping`, or to every problem of its meaning.

Promises: all problems of a document are found in one reading, each with its place. Never: stops at the first.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.lenses import OPTIONS, Lens, LensError, NamedRows, make_lens
from hub.mapping.document import EntityDoc, FieldDoc, Label, LensDoc, SystemDoc
from hub.mapping.entity import Duplicates, EntityMapping, FieldDef, Policy, SystemMapping
from hub.mapping.roles import roles
from hub.ports import NativeField, View
from hub.values import TYPES, BadOption, Canonical, Lines, ListOf, Unreadable, make_type
from hub.yamlfile import Document, Problem, meant

_SYSTEM_KEYS = tuple(SystemDoc.model_fields)
_LIKE_OURS = ("merged",)
"""Keys of connectors that are nearly one of ours: a workbook's merged cells are no `merge`."""
_FIELD_OPTIONS = (
    "region",
    "multiline",
    "decimals",
    "per",
    "timezone",
    "values",
    "entity",
    "of",
    "columns",
    "balance",
)
RESERVED = ("default", "id", "ref")
"""Names that mean something else where fields are named."""


class Builder:
    """Builds one entity; `problems` fills on the way, and `build` answers ``None`` if there is any.

    `whole` is false where parts of the document had to be left out: what is missing is then no mistake.
    """

    def __init__(
        self, document: Document, doc: EntityDoc, systems: Collection[str] | None = None, whole: bool = True
    ) -> None:
        self.document, self.doc, self.known_systems, self.whole = document, doc, systems, whole
        self.problems: list[Problem] = []

    def build(self) -> EntityMapping | None:
        """The mapping, or ``None``."""
        fields = dict(self._fields())
        match = tuple(self._match())
        default, policies = self._policies(fields)
        systems = dict(self._systems(fields))
        meaning = meaning_of(self.doc)
        if self.whole:
            self._never_filled(systems)
        if self.problems:
            return None
        return EntityMapping(
            entity=self.doc.entity,
            label=_label(self.doc.label),
            fields=fields,
            match=match,
            default_policy=default,
            policies=policies,
            systems=systems,
            duplicates=self._duplicates(fields),
            fingerprint=_fingerprint(meaning),
            meaning=meaning,
            file=self.document.file,
        )

    def note(self, path: Iterable[str | int], message: str, suggestion: str = "", key: bool = False) -> None:
        """Remember a problem."""
        self.problems.append(self.document.problem(tuple(path), message, suggestion, key=key))

    def _fields(self) -> Iterable[tuple[str, FieldDef]]:
        for name, doc in self.doc.fields.items():
            path = ("fields", name)
            if name in RESERVED:
                self.note(path, f"a field may not be called '{name}': the word has its own meaning", key=True)
            kind = self._type(path, doc)
            if kind is not None:
                yield name, FieldDef(name, kind, doc.required, _label(doc.label))

    def _type(self, path: tuple[str, ...], doc: FieldDoc) -> Any:
        options: dict[str, Any] = {}
        takes = TYPES[doc.type].options
        if doc.type == "lines":
            return self._lines(path, doc)
        for option in _FIELD_OPTIONS:
            value = getattr(doc, option)
            if value is None:
                continue
            if option not in takes:
                hint = f"It takes: {', '.join(takes)}." if takes else "It takes no option."
                self.note((*path, option), f"type {doc.type} does not take `{option}`", hint, key=True)
                return None
            options[option] = _choices(value) if option == "values" else value
        try:
            return make_type(doc.type, **options)
        except BadOption as reason:
            self.note((*path, next(iter(options), "type")), str(reason))
            return None

    def _lines(self, path: tuple[str, ...], doc: FieldDoc) -> Lines | None:
        for option in _FIELD_OPTIONS:
            if option not in Lines.options and getattr(doc, option) is not None:
                self.note((*path, option), f"type lines does not take `{option}`", key=True)
                return None
        columns = {
            name: self._type((*path, "columns", name), column) for name, column in (doc.columns or {}).items()
        }
        if None in columns.values():
            return None
        required = [name for name, column in (doc.columns or {}).items() if column.required]
        try:
            return Lines(columns, required, doc.balance or ())
        except BadOption as reason:
            self.note(path, str(reason))
            return None

    def _match(self) -> Iterable[tuple[str, ...]]:
        for place, rule in enumerate(self.doc.match):
            names = [rule.exact] if isinstance(rule.exact, str) else rule.exact
            path: tuple[str | int, ...] = ("match", place, "exact")
            if not names:
                self.note(path, "name at least one field to match on")
            for index, name in enumerate(names):
                where = path if isinstance(rule.exact, str) else (*path, index)
                self._known_field(where, name)
            yield tuple(names)

    def _known_field(self, path: Iterable[str | int], name: str, key: bool = False) -> bool:
        if name in self.doc.fields:
            return True
        self.note(path, f"'{name}' is not a field of {self.doc.entity}", meant(name, self.doc.fields), key)
        return False

    def _policies(self, fields: Mapping[str, FieldDef]) -> tuple[Policy, dict[str, Policy]]:
        policies: dict[str, Policy] = {}
        for name, choice in self.doc.conflicts.items():
            path = ("conflicts", name)
            if name != "default" and not self._known_field(path, name, key=True):
                continue
            if choice == "union" and not (name in fields and isinstance(fields[name].type, ListOf)):
                self.note(
                    path,
                    f"`union` merges lists, and {name} is not one",
                    "Use latest, ask or an order of trust.",
                )
            policies[name] = self._policy(path, choice)
        return policies.pop("default", Policy("latest")), policies

    def _policy(self, path: tuple[str, ...], choice: str | list[str]) -> Policy:
        if not isinstance(choice, list):
            return Policy(choice)  # type: ignore[arg-type]
        if not choice:
            self.note(path, "an order of trust names at least one system")
        for place, system in enumerate(choice):
            if system not in self.doc.systems:
                self.note(
                    (*path, place),
                    f"'{system}' does not hold {self.doc.entity}",
                    meant(system, self.doc.systems),
                )
            elif system in choice[:place]:
                self.note((*path, place), f"'{system}' stands twice in this order of trust")
        return Policy("order", tuple(choice))

    def _duplicates(self, fields: Mapping[str, FieldDef]) -> Duplicates | None:
        doc = self.doc.duplicates
        if doc is None:
            return None
        for name in doc.fields:
            self._known_field(("duplicates", "fields", name), name, key=True)
        found = roles(fields, doc.fields)
        if not found:
            self.note(
                ("duplicates",),
                f"no field of {self.doc.entity} is one that can be compared",
                "Say what they are, under `fields:`, such as `{raison: name}`.",
                key=True,
            )
        if doc.master is not None and doc.engine != "spark":
            self.note(("duplicates", "master"), "`master` is for `engine: spark`", key=True)
        weights = Path(self.document.file).parent / doc.weights if doc.weights else None
        if weights is not None and not weights.is_file():
            self.note(("duplicates", "weights"), f"there is no file {weights}")
        file = str(weights) if weights is not None else None
        return Duplicates(doc.precision, doc.links, found, file, doc.engine, doc.master)

    def _systems(self, fields: Mapping[str, FieldDef]) -> Iterable[tuple[str, SystemMapping]]:
        for system, doc in self.doc.systems.items():
            path = ("systems", system)
            if self.known_systems is not None and system not in self.known_systems:
                hint = meant(system, self.known_systems)
                self.note(path, f"hub.yaml knows no system '{system}'", hint, key=True)
            self._near_misses(path, doc.model_extra or {}, _SYSTEM_KEYS)
            lenses = tuple(self._lenses(system, doc, fields))
            self._twice_written(path, lenses)
            yield (
                system,
                SystemMapping(
                    system,
                    doc.direction,
                    doc.on_delete,
                    doc.creates,
                    _view(self.doc.entity, doc, lenses),
                    lenses,
                    doc.adopts,
                    doc.updates,
                    self._when(path, doc, fields),
                ),
            )

    def _when(
        self, path: tuple[str, ...], doc: SystemDoc, fields: Mapping[str, FieldDef]
    ) -> dict[str, tuple[Canonical, ...]]:
        """The canonical values a record must have to be added to a system."""
        found: dict[str, tuple[Canonical, ...]] = {}
        for name, given in (doc.when or {}).items():
            if not self._known_field((*path, "when", name), name, key=True) or name not in fields:
                continue
            try:
                wanted = given if isinstance(given, list) else [given]
                found[name] = tuple(fields[name].type.parse(one) for one in wanted)
            except Unreadable as reason:
                self.note((*path, "when", name), f"{name}: {reason}")
        return found

    def _near_misses(self, path: tuple[str, ...], extra: Mapping[str, Any], known: Iterable[str]) -> bool:
        """An unknown key is the connector's, unless it is plainly one of ours, mistyped."""
        before = len(self.problems)
        for key in extra:
            if key in _LIKE_OURS:
                continue
            near = difflib.get_close_matches(str(key), list(known), n=1, cutoff=0.8)
            if near:
                self.note((*path, key), f"unknown key `{key}`", f"Did you mean '{near[0]}'?", key=True)
        return len(self.problems) > before

    def _lenses(self, system: str, doc: SystemDoc, fields: Mapping[str, FieldDef]) -> Iterable[Lens]:
        for name, entry in doc.fields.items():
            path = ("systems", system, "fields", name)
            if not self._known_field(path, name, key=True):
                continue
            if self._near_misses(path, entry.model_extra or {}, OPTIONS) or name not in fields:
                continue
            try:
                spec = self._lens_spec(path, entry)
                if spec is not None:
                    yield make_lens(name, fields[name].type, spec, system, doc.direction)
            except LensError as reason:
                self.note((*path, reason.option) if reason.option else path, str(reason), key=True)

    def _lens_spec(self, path: tuple[str, ...], entry: LensDoc) -> dict[str, Any] | None:
        """What was written of a lens, its tables looked up; ``None`` after noting a table that is not there.

        A key that was left out is not in it, one that was set to null is.
        """
        spec = entry.model_dump(exclude_unset=True)
        if isinstance(entry.map, str):
            if entry.map not in self.doc.tables:
                self.note(
                    (*path, "map"), f"there is no table '{entry.map}'", meant(entry.map, self.doc.tables)
                )
                return None
            spec["map"] = NamedRows(entry.map, self.doc.tables[entry.map])
        if entry.columns is not None:
            for name, column in entry.columns.items():
                place = (*path, "columns", name)
                if self._near_misses(place, column.model_extra or {}, OPTIONS):
                    return None
                found = self._lens_spec(place, column)
                if found is None:
                    return None
                spec["columns"][name] = found
        return spec

    def _twice_written(self, path: tuple[str, ...], lenses: Iterable[Lens]) -> None:
        written: dict[str, str] = {}
        for lens in lenses:
            for native in lens.natives if lens.writes else ():
                other = written.setdefault(native, lens.name)
                if other != lens.name:
                    message = (
                        f"'{native}' is written by both {other} and {lens.name}; make one `direction: pull`"
                    )
                    self.note((*path, "fields", lens.name), message)

    def _never_filled(self, systems: Mapping[str, SystemMapping]) -> None:
        """A required field that no system reads would keep every record out."""
        for name, doc in self.doc.fields.items():
            found = [lens for system in systems.values() for lens in system.lenses if lens.name == name]
            if doc.required and not any(lens.reads for lens in found):
                self.note(("fields", name), f"'{name}' is required, but no system is read for it", key=True)


def _view(entity: str, doc: SystemDoc, lenses: Iterable[Lens]) -> View:
    natives: dict[str, NativeField] = {}
    for lens in lenses:
        for native in lens.native_fields():
            known = natives.get(native.name)
            if known is None or native.writable:
                natives[native.name] = native
    options = dict(doc.model_extra or {})
    for name in ("on_create", "new_key", "merge", "merge_mark", "merge_archive"):
        if getattr(doc, name) is not None:
            options[name] = getattr(doc, name)
    key = (doc.key,) if isinstance(doc.key, str) else tuple(doc.key or ())
    return View(entity, doc.object, tuple(natives.values()), key, doc.where, options)


def _label(label: Label | None) -> dict[str, str]:
    if label is None:
        return {}
    return {"fr": label, "en": label} if isinstance(label, str) else dict(label)


def _choices(values: list[str] | dict[str, Label | None]) -> dict[str, dict[str, str]]:
    if isinstance(values, list):
        return {code: {} for code in values}
    return {code: _label(label) for code, label in values.items()}


def meaning_of(doc: EntityDoc) -> dict[str, Any]:
    """What a mapping means, as JSON: comments, order of keys, labels and descriptions do not count."""
    meaning: dict[str, Any] = doc.model_dump(mode="json", exclude_defaults=True)
    meaning.pop("label", None)
    meaning.pop("description", None)
    for entry in meaning["fields"].values():
        entry.pop("label", None)
        entry.pop("description", None)
    return meaning


def _fingerprint(meaning: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
