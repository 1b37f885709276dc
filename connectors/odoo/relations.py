"""Related records by the words people know them by: a country by its code, a tag by its name.

Keys are asked for in batches and remembered until the next pull. Reading asks by id, writing by key: exactly,
then without regard to case, so that «vip» finds the tag «VIP» instead of making a second one. A key that two
records bear is refused, unless the mapping names the field that narrows it down (``within: country_id``).
A key nobody bears is refused, or made where the mapping says ``create: true``.

The field they are known by may lead to a record itself: ``location_id.owner_id`` is the location whose owner
that is, and the value is the owner's id. What is made then gets the id in the fields that ``create`` lists.

Where the mapping names no such field, a relation is its record's id, or the external id that a module gave it
(``mail.mt_note``), which no translation changes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from connectors.odoo.context import Contexts
from connectors.odoo.faults import Fault
from connectors.odoo.layout import Column, Setting
from connectors.odoo.session import Session
from connectors.odoo.values import Unfit
from hub.ports import Native

Place = tuple[str, str, Setting]
"""A related model, the field its records are known by, and the language they are read in."""
_EXTERNAL = re.compile(r"[a-z0-9_]+\.[\w.]+")
Sought = tuple[Place, str | None]
"""A place, and the field that narrows it down, whose value each found record must tell."""


class Relations:
    """Natural keys to ids and back, per related model."""

    def __init__(self, session: Session, contexts: Contexts) -> None:
        self._session = session
        self._contexts = contexts
        self._names: dict[Place, dict[int, str | None]] = {}
        self._found: dict[Sought, dict[str, list[dict[str, Any]]]] = {}
        self._troubles: dict[Place, str] = {}

    def forget(self) -> None:
        """Before a pull: people rename and merge tags."""
        self._names.clear()
        self._found.clear()
        self._troubles.clear()

    def learn(self, column: Column, ids: Iterable[int]) -> None:
        """Ask once for the keys of all these related records."""
        place = _place(column)
        names = self._names.setdefault(place, {})
        new = sorted(set(ids) - names.keys())
        model, key, setting = place
        for start in range(0, len(new), 1000):
            some = new[start : start + 1000]
            rows = self._session.ask(model, "read", some, [key], "", context=self._contexts.reading(setting))
            names.update({row["id"]: _text(row[key]) for row in rows})

    def native(self, column: Column, raw: Any) -> Native:
        """The native value of a relation read as bare ids; `learn` was called for its ids."""
        if column.many:
            ids = list(raw or ())
            words = ids if column.key is None else [self._name(column, id) for id in ids]
            return sorted({str(word) for word in words if word is not None})
        if not raw:
            return None
        id = raw[0] if isinstance(raw, (list, tuple)) else raw
        return str(id) if column.key is None else self._name(column, id)

    def look_up(self, column: Column, words: Collection[str]) -> None:
        """Find the records behind all these keys at once, making those that may be made."""
        found = self._found.setdefault(_sought(column), {})
        missing = sorted({word for word in words if not found.get(word)})
        if column.key is None:
            for word in missing:
                if _EXTERNAL.fullmatch(word):
                    found[word] = self._by_external_id(column, word)
            return
        if not missing:
            return
        key = _place(column)[1]
        of_records = column.key_kind == "many2one"
        sought: list[Any] = [int(word) for word in missing if word.isdecimal()] if of_records else missing
        for row in self._bearers(column, [[key, "in", sought]]) if sought else ():
            found.setdefault(str(_id_of(row[key])), []).append(row)
        others = [word for word in missing if not found.get(word)]
        if others and not of_records:
            rows = self._bearers(column, _in_any_case(key, others))
            for word in others:
                found[word] = [row for row in rows if str(row[key]).casefold() == word.casefold()]
        if column.native.options.get("create"):
            self._make(column, [word for word in others if not found.get(word)])

    def explain(self, column: Column, trouble: str) -> None:
        """Keep why a look-up failed (no right to read or to create), for those that need it."""
        self._troubles[_place(column)] = trouble

    def odoo(self, column: Column, value: Native, record: Mapping[str, Any]) -> Any:
        """What ``write`` takes for a relation. `record`: what else is known of it, in Odoo's values.

        Raises `Unfit` for an unknown or ambiguous key.
        """
        if column.many:
            if column.kind == "one2many":
                raise Unfit("is the other end of a relation and is not written from here")
            words = [value] if isinstance(value, str) and value else (value or [])
            if not isinstance(words, list):
                raise Unfit(f"holds a list, not «{value}»")
            return [(6, 0, sorted({self._id(column, str(word), record) for word in words}))]
        if value is None or value == "" or value is False:
            return False
        if isinstance(value, list):
            raise Unfit("holds one value, not a list")
        return self._id(column, str(value), record)

    def _id(self, column: Column, word: str, record: Mapping[str, Any]) -> int:
        rows = self._found.get(_sought(column), {}).get(word, [])
        if column.key is None:
            if word.isdecimal():
                return int(word)
            if rows:
                return int(rows[0]["id"])
            raise Unfit(f"holds the id of a {column.relation} record, not «{word}»")
        within = _narrowing(column)
        if len(rows) > 1 and within and record.get(within):
            rows = [row for row in rows if _id_of(row.get(within)) == _id_of(record[within])]
        if len(rows) > 1 and column.native.options.get("several") == "first":
            rows = rows[:1]
        if not rows:
            trouble = self._troubles.get(_place(column))
            because = f": {trouble}" if trouble else ""
            raise Unfit(f"«{word}» is no {column.key} of a {column.relation} record{because}")
        if len(rows) > 1:
            ids = ", ".join(str(row["id"]) for row in rows[:5])
            raise Unfit(f"«{word}» is the {column.key} of {len(rows)} {column.relation} records ({ids})")
        return int(rows[0]["id"])

    def _by_external_id(self, column: Column, word: str) -> list[dict[str, Any]]:
        """The record that a module calls so (``mail.mt_note``), if the hub's user may see it."""
        module, _, name = word.partition(".")
        context = {"active_test": False}
        try:
            model, id = self._session.ask(
                "ir.model.data", "check_object_reference", module, name, context=context
            )
        except Fault as fault:
            if "External ID not found" in fault.message:
                return []
            raise
        return [{"id": id}] if model == column.relation and id else []

    def _bearers(self, column: Column, domain: list[Any]) -> list[dict[str, Any]]:
        """Related records of this domain: the active ones, or the archived where there is no other."""
        model, key, setting = _place(column)
        fields = [key, *(["active"] if column.related_archives else [])]
        within = _narrowing(column)
        if within:
            fields.append(within)
        context = self._contexts.reading(setting)
        rows: list[dict[str, Any]] = self._session.ask(
            model, "search_read", domain, fields, 0, None, "id", context=context
        )
        words = {_folded(row[key]) for row in rows if row.get("active", True)}
        return [row for row in rows if row.get("active", True) or _folded(row[key]) not in words]

    def _name(self, column: Column, id: int) -> str | None:
        return self._names.get(_place(column), {}).get(id)

    def _make(self, column: Column, words: list[str]) -> None:
        model, key, setting = _place(column)
        unique = {word.casefold(): word for word in reversed(words)}
        if not unique:
            return
        for folded, word in unique.items():
            try:
                (id,) = self._session.tell(
                    model, "create", [_new(column, key, word)], context=self._contexts.writing(setting)
                )
            except Fault as fault:
                self.explain(column, fault.message)
                continue
            for same in (w for w in words if w.casefold() == folded):
                self._found[_sought(column)][same] = [{"id": id, key: word}]


def _new(column: Column, key: str, word: str) -> dict[str, Any]:
    """What a related record is made with: the word, in each field that the mapping lists."""
    listed = column.native.options.get("create")
    value: Any = int(word) if column.key_kind == "many2one" else word
    return dict.fromkeys([key, *(map(str, listed) if isinstance(listed, list) else ())], value)


def related(column: Column, rows: Iterable[Mapping[str, Any]]) -> set[int]:
    """The ids of the records that a column leads to from these rows."""
    ids: set[int] = set()
    for row in rows:
        raw = row[column.base]
        if column.many:
            ids.update(raw or ())
        elif raw:
            ids.add(_id_of(raw))
    return ids


def _place(column: Column) -> Place:
    assert column.relation is not None
    return column.relation, column.key or "id", column.setting


def _sought(column: Column) -> Sought:
    return _place(column), _narrowing(column)


def _narrowing(column: Column) -> str | None:
    within = column.native.options.get("within")
    return str(within) if within else None


def _in_any_case(key: str, words: list[str]) -> list[Any]:
    """A domain for any of these words, capitals or not."""
    terms = [[key, "=ilike", _literal(word)] for word in words]
    return ["|"] * (len(terms) - 1) + terms


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _text(value: Any) -> str | None:
    return None if value is False or value is None or value == "" else str(value)


def _folded(value: Any) -> str:
    return str(_id_of(value)).casefold()


def _id_of(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and value else value
