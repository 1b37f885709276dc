"""Where in a record of X3 each native name of the mapping is: group, grid, line, item. Pure.

A native name is a field of X3 (``BPCNUM``), found by its name in whatever block this site has it.
``BPRNAM.2`` is the second item of a list, ``CTY.1`` the first line of a grid; the mapping may say the same by
``item: 2`` and ``line: 1``. ``line: {BPAADDFLG: "2"}`` is the line in which those fields say so (the default
address). A name that stands in several blocks needs ``group: SIH1_5``, or is written ``SIH1_5.VACBPR``.

A field of type `lines` is the grid that holds all its columns, whatever its own name is.

What is not there, or not plainly one thing, is a `Misfit` that names what was probably meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sage.layout import MERGING
from connectors.sage.soap.description import Description, FieldInfo
from hub.ports import NativeField, View

VIEW_OPTIONS = ("reference", "changed_by", "on_create", *MERGING)
FIELD_OPTIONS = ("item", "line", "group", "max")
_PATH = re.compile(r"(?:(?P<group>\w+)\.)?(?P<name>[A-Za-z_]\w*?)(?:\.(?P<number>\d+))?")


class Misfit(Exception):
    """The mapping asks for what X3 does not have: one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Slot:
    """One native name's place.

    `item` is the place in a list (from 0), ``None`` for a plain field. In a grid, `line` is the number of the
    line (from 0), or `having` what its fields say; for `lines`, `columns` are slots of the grid's fields.
    """

    native: NativeField
    info: FieldInfo
    item: int | None = None
    line: int | None = None
    having: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Slot, ...] = ()

    @property
    def name(self) -> str:
        return self.native.name

    @property
    def is_lines(self) -> bool:
        return self.native.type == "lines"


@dataclass(frozen=True)
class Layout:
    """A view resolved against a description. `constants` are what a new record is given, by slot."""

    publication: str
    description: Description
    slots: Mapping[str, Slot]
    key: tuple[FieldInfo, ...]
    constants: tuple[tuple[Slot, Any], ...]
    reference: Slot | None
    changed_by: str
    where: Mapping[str, frozenset[str]]

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(info.name for info in self.key)

    @property
    def reference_is_key(self) -> bool:
        """Whether a record is known again by the very number we give it."""
        return self.reference is not None and self.key_names == (self.reference.info.name,)


def layout_of(view: View, description: Description) -> Layout:
    """Raises `Misfit`, with every problem."""
    finder = Finder(description)
    slots = {one.name: slot for one in view.fields if (slot := finder.slot(one)) is not None}
    key = tuple(info for name in view.key if (info := finder.plain(str(name), "key")) is not None)
    if not view.key:
        finder.problems.append("`key` is not set: name the object's key, such as BPCNUM")
    where = finder.where(view.where)
    constants = [
        (slot, value) for name, value in finder.given(view, where) if (slot := finder.slot(_named(name)))
    ]
    reference = view.options.get("reference")
    found = finder.slot(_in_fields(view, str(reference))) if reference else None
    if found is not None and (found.is_lines or found.info.grid):
        finder.problems.append(f"reference: {reference} is no field of the head of a record")
    if finder.problems:
        raise Misfit(list(dict.fromkeys(finder.problems)))
    return Layout(
        description.publication, description, slots, key, tuple(constants), found,
        str(view.options.get("changed_by") or ""), where,
    )  # fmt: skip


def _named(name: str) -> NativeField:
    return NativeField(name)


def _in_fields(view: View, name: str) -> NativeField:
    """The view's own field of that name, with its options, where it has one."""
    return next((one for one in view.fields if one.name == name), NativeField(name))


class Finder:
    """Finds names in one description; `problems` says what it did not."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self.problems: list[str] = []

    def slot(self, native: NativeField) -> Slot | None:
        """The place of a native name, or ``None`` after noting why there is none."""
        if native.type == "lines":
            return self._lines(native)
        found = _PATH.fullmatch(native.name)
        options = native.options
        group = str(options.get("group") or (found["group"] if found else "") or "")
        info = self._info(found["name"] if found else native.name, group)
        if info is None or found is None:
            return None
        number = int(found["number"]) if found["number"] else None
        return self._in_grid(native, info, number) if info.grid else self._in_group(native, info, number)

    def plain(self, name: str, what: str) -> FieldInfo | None:
        """A field of the head of a record."""
        places = [one for one in self._description.by_name.get(name, ()) if not one.grid]
        if places:
            return places[0]
        self.problems.append(f"{what}: {self._no_field(name)}")
        return None

    def where(self, where: Any) -> dict[str, frozenset[str]]:
        """Columns of the list and what they may say."""
        if where is None:
            return {}
        if not isinstance(where, Mapping):
            self.problems.append(f"where: {where!r} is not understood here; write where: {{BCGCOD: FR}}")
            return {}
        return {
            str(name): frozenset(str(one) for one in (value if isinstance(value, list) else [value]))
            for name, value in where.items()
        }

    def given(self, view: View, where: Mapping[str, frozenset[str]]) -> Iterable[tuple[str, Any]]:
        """What a new record is given: the one value that `where` asks for, and `on_create`."""
        single = {
            name: next(iter(values))
            for name, values in where.items()
            if len(values) == 1 and name in self._description.by_name
        }
        return {**single, **(view.options.get("on_create") or {})}.items()

    # -- one field -----------------------------------------------------------------------------------------

    def _info(self, name: str, group: str) -> FieldInfo | None:
        places = self._description.by_name.get(name, ())
        if group:
            places = tuple(one for one in places if one.group == group)
        if not places:
            self.problems.append(self._no_field(name, group))
            return None
        if len(places) > 1:
            groups = ", ".join(one.group for one in places)
            self.problems.append(f"{name} stands in several blocks ({groups}): say which by `group`")
            return None
        return places[0]

    def _no_field(self, name: str, group: str = "") -> str:
        known = self._description.by_name
        near = difflib.get_close_matches(name.upper(), known, n=3, cutoff=0.6)
        there = ", ".join(one.group for one in known.get(name, ()))
        hint = f"; it is in {there}" if there else f"; did you mean {' or '.join(near)}?" if near else ""
        place = f" in {group}" if group else ""
        return f"{self._description.publication} has no field {name}{place}{hint}"

    def _in_group(self, native: NativeField, info: FieldInfo, number: int | None) -> Slot | None:
        if "line" in native.options:
            self.problems.append(f"{native.name} is in no grid ({info.group}): leave out `line`")
            return None
        said = native.options.get("item", number)
        if said is None and info.dimension == 1:
            return Slot(native, info)
        item = self._count(native.name, "item", 1 if said is None else said, max(info.dimension, 1))
        return Slot(native, info, item=item) if item is not None else None

    def _in_grid(self, native: NativeField, info: FieldInfo, number: int | None) -> Slot | None:
        said = native.options.get("line", number)
        if said is None:
            self.problems.append(
                f"{native.name} is a column of the grid {info.group}: say which line by `line: 1` or "
                '`line: {FIELD: "value"}`'
            )
            return None
        if not isinstance(said, Mapping):
            line = self._count(native.name, "line", said, info.dimension)
            return Slot(native, info, line=line) if line is not None else None
        columns = self._description.grids[info.group]
        strangers = [str(name) for name in said if str(name) not in columns]
        if strangers or not said:
            missing = ", ".join(strangers) or "nothing"
            self.problems.append(f"{native.name}: line names {missing}, which is no column of {info.group}")
            return None
        return Slot(native, info, having={str(name): _text(value) for name, value in said.items()})

    def _count(self, name: str, what: str, said: Any, most: int) -> int | None:
        if isinstance(said, bool) or not re.fullmatch(r"\d+", str(said)) or not 1 <= int(said) <= most:
            self.problems.append(f"{name}: {what} {said!r} is no number from 1 to {most}")
            return None
        return int(said) - 1

    # -- lines ---------------------------------------------------------------------------------------------

    def _lines(self, native: NativeField) -> Slot | None:
        names = [column.name for column in native.columns]
        grids = self._description.grids
        named = str(native.options.get("group") or native.name)
        wanted = [named] if named in grids else list(grids)
        fitting = [id for id in wanted if all(name in grids[id] for name in names)]
        if len(fitting) > 1:
            self.problems.append(f"{native.name}: {', '.join(fitting)} have these columns: say `group`")
            return None
        if not fitting:
            self.problems.append(f"{native.name}: {self._no_grid(names, wanted)}")
            return None
        grid = grids[fitting[0]]
        columns = tuple(Slot(column, grid[column.name]) for column in native.columns)
        return Slot(native, grid[names[0]], columns=columns)

    def _no_grid(self, names: Sequence[str], wanted: Sequence[str]) -> str:
        grids = self._description.grids
        if not wanted:
            return f"{self._description.publication} has no grid"
        nearest = max(wanted, key=lambda id: sum(name in grids[id] for name in names))
        lacking = [name for name in names if name not in grids[nearest]]
        near = {name: difflib.get_close_matches(name.upper(), grids[nearest], n=1) for name in lacking}
        told = [f"{name} (did you mean {found[0]}?)" if found else name for name, found in near.items()]
        return f"no grid has all these columns; {nearest} lacks {', '.join(told)}"


def _text(value: Any) -> str:
    return "2" if value is True else "1" if value is False else str(value)
