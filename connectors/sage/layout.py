"""Which column holds what: the view's names found in the heading line, or by position where there is none.

Forgiven in a heading: accents, case, spaces, punctuation, `N°` for `No`. Not forgiven: a column that is not
there or that stands twice; the answer says what was found and what was probably meant. Pure.

A native name is a heading (`Intitulé`), a position from 1 (`3`), or a heading whose `aliases` or `position`
the mapping gives. The ids of records are the cells of the key columns; several are joined by ``|``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sage.lengths import CODE, known_length
from hub.ports import Native, NativeField, View
from hub.values import folded

MERGING = ("merge", "merge_mark", "merge_archive")
"""What the mapping says of doubles, which the hub reads: no Sage merges."""
VIEW_OPTIONS = ("file", "full", "new_key", "on_create", "import_columns", "key_length", *MERGING)
FIELD_OPTIONS = ("aliases", "position", "length", "max", "create")


class Misfit(Exception):
    """The view asks for columns that the file does not have: one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Layout:
    """Column numbers (from 0) of an export, for one view.

    `titles` are the headings as they stand, empty where there is no heading line; `width` the number of
    columns. `fields` go by native name; `key` in the order of the view's key; `extra` are the columns that
    are neither but that `where`, `on_create` or `import_columns` name.
    """

    titles: tuple[str, ...]
    width: int
    key: tuple[int, ...]
    fields: Mapping[str, int]
    extra: Mapping[str, int]

    def id_of(self, cells: Sequence[str]) -> str:
        """The id of a row; empty where a part of its key is."""
        parts = [cells[at].strip() if at < len(cells) else "" for at in self.key]
        return join_key(parts) if all(parts) else ""

    def column(self, name: str) -> int:
        """The column of a field or an extra, by its native name."""
        return self.fields[name] if name in self.fields else self.extra[name]


def join_key(parts: Sequence[str]) -> str:
    """One id of the parts of a key. A single part is the id itself."""
    if len(parts) == 1:
        return parts[0]
    return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


def composed(view: View, values: Mapping[str, Native], text: Callable[[Native], str]) -> str:
    """The id that a new record's own values make; empty where a part of its key is."""
    parts = [values.get(name) for name in view.key]
    return join_key([text(part) for part in parts]) if all(parts) else ""


def split_key(id: str, count: int) -> list[str]:
    """The parts of a key, of the id they make. Raises `ValueError` where they are not `count`."""
    if count == 1:
        return [id]
    parts = [part.replace("%7C", "|").replace("%25", "%") for part in id.split("|")]
    if len(parts) != count:
        raise ValueError(f"{id!r} does not have the {count} parts of the key")
    return parts


def layout_by_heading(view: View, titles: Sequence[str]) -> Layout:
    """The view's columns found in a heading line. Raises `Misfit`."""
    return _Finder(titles, len(titles), tuple(titles)).layout(view)


def layout_by_position(view: View, width: int) -> Layout:
    """The view's columns by position, in a file of `width` columns without headings. Raises `Misfit`."""
    return _Finder((), width, ()).layout(view)


def key_columns(view: View) -> tuple[str, ...]:
    """The native names of the columns that identify a record; the first column where the view names none."""
    return view.key or ("1",)


def extra_columns(view: View) -> tuple[str, ...]:
    """Columns the view needs besides its key and fields."""
    wanted = view.options.get("import_columns", "mapped")
    listed: Iterable[Any] = wanted if isinstance(wanted, list) else ()
    where: Iterable[Any] = view.where if isinstance(view.where, Mapping) else ()
    constants: Iterable[Any] = view.options.get("on_create") or ()
    known = {*view.names, *key_columns(view)}
    names = (str(name) for name in (*where, *constants, *listed))
    return tuple(dict.fromkeys(name for name in names if name not in known))


def longest(field: NativeField) -> int | None:
    """How many characters of a field Sage keeps, as far as the mapping or the column's name says it."""
    limits = [int(field.options[name]) for name in ("length", "max") if name in field.options]
    known = known_length(field.name)
    return min(limits) if limits else known


def longest_key(view: View) -> int:
    """How many characters a new code may have."""
    return int(view.options.get("key_length", CODE))


def fold_title(text: str) -> str:
    """A heading reduced to what makes it itself."""
    text = text.replace("°", "o").replace("№", "no")
    return folded(text) or "".join(text.split())


class _Finder:
    def __init__(self, titles: Sequence[str], width: int, shown: tuple[str, ...]) -> None:
        self.width = width
        self.titles = shown
        self.by_title: dict[str, list[int]] = {}
        for at, title in enumerate(titles):
            if title.strip():
                self.by_title.setdefault(fold_title(title), []).append(at)
        self.problems: list[str] = []

    def layout(self, view: View) -> Layout:
        key = tuple(self._find(name, {}) for name in key_columns(view))
        fields = {field.name: self._find(field.name, field.options) for field in view.fields}
        extra = {name: self._find(name, {}) for name in extra_columns(view)}
        if view.where is not None and not isinstance(view.where, Mapping):
            self.problems.append(
                f"where: {view.where!r} is not understood here; write where: {{column: value}}"
            )
        if self.problems:
            raise Misfit(list(dict.fromkeys(self.problems)))
        return Layout(self.titles, self.width, key, fields, extra)

    def _find(self, name: str, options: Mapping[str, Any]) -> int:
        if "position" in options:
            return self._position(str(options["position"]), name)
        aliases = options.get("aliases") or ()
        for spelling in (name, *([aliases] if isinstance(aliases, str) else aliases)):
            places = self.by_title.get(fold_title(str(spelling)), [])
            if len(places) == 1:
                return places[0]
            if places:
                numbers = " and ".join(str(at + 1) for at in places)
                self.problems.append(f"the column {name!r} stands twice, at {numbers}: rename one")
                return -1
        if name.isdecimal():
            return self._position(name, name)
        self.problems.append(self._unknown(name))
        return -1

    def _position(self, position: str, name: str) -> int:
        if position.isdecimal() and 1 <= int(position) <= self.width:
            return int(position) - 1
        self.problems.append(f"{name!r} is said to be column {position}, and there are {self.width}")
        return -1

    def _unknown(self, name: str) -> str:
        if not self.titles:
            return f"{name!r} has no position, and the file has no heading line: give it one (position: 3)"
        near = difflib.get_close_matches(fold_title(name), self.by_title, n=1, cutoff=0.6)
        if near:
            return f"no column {name!r}; there is {self.titles[self.by_title[near[0]][0]]!r}"
        shown = ", ".join(title for title in self.titles if title.strip())
        return f"no column {name!r}; there are {shown[:200]}"
