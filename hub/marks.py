"""What the mapping wants said of a record that is another's double, in a system that cannot merge.

The entity's block for the system says it: ``merge: leave`` (what it is unless said) touches nothing.
``merge: mark`` with ``merge_mark: Doublon`` has « doublon de C00042 » written into that field of the double.
``merge: archive`` archives it where the system can; where it cannot, ``merge_archive: {Statut: fermé}`` has
that value written there, as the company says it of a record that is closed. The field may be mapped or not.

Promises: what people typed into the field of a mark is told from a mark of the hub's, which says nothing but
the id of a record that is there. Pure: reads no system and writes none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.ports import Fate, Misconfigured, Native, NativeField, Record, Refused, Traits, View

MARK = "doublon de "
POLICIES = ("leave", "mark", "archive")
OPTIONS = ("merge", "merge_mark", "merge_archive")
"""What a mapping may say of it, in an entity's block for a system."""
_NUMBERS = ("boolean", "integer", "number", "money")
"""Types of fields whose native value is kept as the mapping writes it; all others are texts."""


@dataclass(frozen=True, slots=True)
class Saying:
    """How a record is said to be a double: this value in this field; `field` is ``None``: it is archived.

    `view` shows the field, and lets it be written.
    """

    fate: Fate
    field: str | None
    value: Native
    view: View

    def stands_in(self, record: Record) -> bool:
        """Whether the record says so already."""
        if self.field is None:
            return record.archived
        return alike(record.values.get(self.field), self.value)

    def may_replace(self, now: Native, ids: Collection[str]) -> bool:
        """Whether nobody typed what stands there; `ids` are those of records that are there."""
        return self.fate != "marked" or is_empty(now) or marked_as(now) in {folded(id) for id in ids}

    def note(self, record: Record) -> dict[str, Any]:
        """What taking it back needs, as JSON."""
        if self.field is None:
            return {"archived": record.archived}
        return {"field": self.field, "before": record.values.get(self.field), "said": self.value}


def saying_of(system: str, traits: Traits, view: View, keep: str) -> Saying | Refused | None:
    """What is to be said of a double of `keep`; ``None`` where it is left, `Refused` where nothing says how.

    Raises `Misconfigured` for a policy there is not.
    """
    policy = view.options.get("merge", "leave")
    if policy not in POLICIES:
        what = f"`merge: {policy}` of {view.entity} ({view.object}) is nothing that is done with a double"
        raise Misconfigured(system, what, todo=f"write one of {', '.join(POLICIES)}")
    if policy == "leave":
        return None
    if policy == "mark":
        return _marked(system, traits, view, keep)
    if traits.archives:
        return Saying("archived", None, True, view)
    return _put_away(system, traits, view)


def fields_of(view: View) -> tuple[str, ...]:
    """The native fields that a marking may write into a double, mapped or not.

    What stands there of a double is the hub's word about it and nobody's edit: never to be taken for one.
    """
    if view.options.get("merge") == "mark" and isinstance(view.options.get("merge_mark"), str):
        return (view.options["merge_mark"],)
    closed = view.options.get("merge_archive")
    if view.options.get("merge") == "archive" and isinstance(closed, Mapping):
        return tuple(map(str, closed))
    return ()


def _marked(system: str, traits: Traits, view: View, keep: str) -> Saying | Refused:
    name = view.options.get("merge_mark")
    if not (isinstance(name, str) and name):
        todo = 'name a field for it, such as a column « Doublon »: `merge_mark: "Doublon"`'
        return Refused("the mapping says `merge: mark`, and not in which field", None, todo)
    return _fits(system, traits, view, name) or Saying("marked", name, f"{MARK}{keep}", showing(view, name))


def _put_away(system: str, traits: Traits, view: View) -> Saying | Refused:
    said = view.options.get("merge_archive")
    if not isinstance(said, Mapping) or len(said) != 1:
        reason = f"the mapping says `merge: archive`, {system} archives nothing, and it is not said how else"
        todo = "add `merge_archive: {Statut: fermé}`, the one field and what it says of a closed record"
        return Refused(reason, None, todo)
    name, value = next((str(name), value) for name, value in said.items())
    wide = showing(view, name, "boolean" if isinstance(value, bool) else "text")
    kind = next(one.type for one in wide.fields if one.name == name)
    value = value if kind in _NUMBERS else str(value)
    return _fits(system, traits, view, name) or Saying("archived", name, value, wide)


def _fits(system: str, traits: Traits, view: View, name: str) -> Refused | None:
    """A line of an import file holds the columns that were agreed with the importing system, and no other."""
    if traits.confirms or name in view.names:
        return None
    reason = f"'{name}' is not mapped, and the import files for {system} hold the mapped fields alone"
    todo = f"map a field to '{name}', and let the import in {system} take it; or write `merge: leave`"
    return Refused(reason, name, todo)


def showing(view: View, name: str, kind: str = "text") -> View:
    """The view with this field, which may be written."""
    fields = tuple(replace(one, writable=True) if one.name == name else one for one in view.fields)
    return replace(view, fields=fields if name in view.names else (*fields, NativeField(name, kind)))


def alike(one: Native, other: Native) -> bool:
    """Whether a system that upper-cases, pads, or keeps numbers as text may have made one of the other."""
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    return one == other or folded(one) == folded(other)


def is_empty(value: Native) -> bool:
    return value is None or value == ""


def folded(value: Native) -> str:
    return str(value).strip().casefold()


def marked_as(value: Native) -> str | None:
    """Whose double a text says that something is, folded; ``None`` where it is no mark."""
    text = folded(value)
    return text.removeprefix(MARK).strip() if text.startswith(MARK) else None


def marked_ids(values: Iterable[Native]) -> set[str]:
    """Whose doubles these texts speak of, as they are spelled there."""
    return {str(one).strip()[len(MARK) :].strip() for one in values if marked_as(one) is not None}
