"""What the mapping says of a sheet that is no plain list: its shape, checked, as plain data for the child.

Options understood in the entity's block for the system:

- `heading_rows: 2`: the headings fill so many rows; a column is called by all of them, `Lundi / Matin`.
  `header_row`, where given, is the last of them.
- `merged: fill`: the value of merged cells counts for every row and column of them. Unless, a covered cell is
  not read.
- `blocks: {title: Technicien}`: several tables under each other, each with its title and its own headings;
  the title is a field of every row of its block. `pattern`: a regular expression with one group, where the
  title is part of a longer text, or other text stands around it.
- `skip: {Client: ["Total*", ""]}`: rows that are left out, by what a column says; a star stands for any end.
- `gone: {Statut: [cancelled]}`: rows that count as deleted as long as a field says so.
- `rules: {Statut: [{strike: true, value: cancelled}, …, {value: planned}]}`: a field made of how a cell
  looks, see `rules`.
- `unpivot: {down: [Technicien], across: Jour, value: Client}`: a grid, whose every filled cell is a record,
  see `grid`.

Such made-up fields have a column number beyond any sheet's last: the rest of this room reads them as it reads
cells, and what is to be written there is refused in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.excel.colours import colour_problem
from hub.filing.faults import Fault, misconfigured

MADE_UP = 20_000
"""Column numbers above this one are no columns of the sheet."""

LOOKS = ("strike", "fill", "font")


@dataclass(frozen=True, slots=True)
class Rule:
    """One look of a cell and the value it stands for; without a look, what every other cell stands for."""

    value: str | int | float | bool | None
    strike: bool | None = None
    fill: str | None = None
    font: str | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Blocks:
    """Tables under each other: the name of the field that is the title, and how the title is told."""

    title: str
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet of two directions. `across` names one field a heading row; `until` the last day of a span.

    `year`: that of headings without one, as a number or as the name of the cell that says it.
    """

    down: tuple[str, ...]
    across: tuple[str, ...]
    value: str
    until: str | None = None
    year: int | str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """All of it; a plain list where nothing is said."""

    heading_rows: int = 1
    merged_fill: bool = False
    blocks: Blocks | None = None
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    grid: Grid | None = None

    @property
    def made_up(self) -> tuple[str, ...]:
        """The fields that no column of the sheet holds."""
        names = list(self.rules)
        if self.blocks:
            names.append(self.blocks.title)
        if self.grid:
            names += [*self.grid.across, self.grid.value, *([self.grid.until] if self.grid.until else [])]
        return tuple(names)

    @property
    def needs_merges(self) -> bool:
        """Whether the merged cells must be known before the rows are read."""
        return self.heading_rows > 1 or self.merged_fill or bool(self.blocks) or bool(self.grid)

    def column_of(self, name: str) -> int:
        """The column number of a made-up field."""
        return MADE_UP + 1 + self.made_up.index(name)

    def why_read_only(self, name: str) -> tuple[str, str] | None:
        """Why a made-up field is not written, and what to do; ``None`` for one that is a column."""
        if name in self.rules:
            return (
                f"'{name}' is told by how a cell looks, and the hub paints no cells",
                "map this field with direction: pull",
            )
        if self.blocks and name == self.blocks.title:
            return (
                f"'{name}' is the title above the row's block",
                "move the row to the other block in the workbook",
            )
        return None


def shape_of(options: Mapping[str, Any], entity: str) -> Shape:
    """The shape in a view's options; raises `Fault` where it cannot be understood."""
    rows = options.get("heading_rows", 1)
    if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows <= 5:
        raise misconfigured("heading_rows is a number from 1 to 5", f"it is {rows!r}")
    merged = options.get("merged")
    if merged not in (None, "fill"):
        raise misconfigured("merged can only be `fill`", f"it is {merged!r}")
    shape = Shape(
        rows, merged == "fill", _blocks(options.get("blocks")), _texts_by_name(options, "skip"),
        _texts_by_name(options, "gone"),
        _rules(options.get("rules")), _grid(options.get("unpivot"), rows),
    )  # fmt: skip
    twice = [name for name in shape.made_up if shape.made_up.count(name) > 1]
    if twice:
        raise misconfigured(f"the mapping of {entity} makes '{twice[0]}' twice", "rename one of the two")
    return shape


def shape_to_json(shape: Shape) -> dict[str, Any]:
    return asdict(shape)


def shape_from_json(data: Mapping[str, Any]) -> Shape:
    blocks, grid = data["blocks"], data["grid"]
    return Shape(
        data["heading_rows"],
        data["merged_fill"],
        Blocks(**blocks) if blocks else None,
        {name: tuple(texts) for name, texts in data["skip"].items()},
        {name: tuple(texts) for name, texts in data["gone"].items()},
        {name: tuple(Rule(**rule) for rule in rules) for name, rules in data["rules"].items()},
        Grid(tuple(grid["down"]), tuple(grid["across"]), grid["value"], grid["until"], grid["year"])
        if grid
        else None,
    )


def _blocks(said: object) -> Blocks | None:
    if said is None:
        return None
    given = _keys(said, "blocks", ("title", "pattern"), "blocks: {title: Technicien}")
    pattern = given.get("pattern")
    if not isinstance(given.get("title"), str) or not isinstance(pattern, str | None):
        raise _wrong("blocks", said, "blocks: {title: Technicien}")
    if pattern is not None:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise misconfigured(f"blocks.pattern {pattern!r} is no pattern", str(error)) from error
        if groups != 1:
            raise misconfigured(
                f"blocks.pattern {pattern!r} has {groups} groups",
                todo="put the part that is the title, and nothing else, in parentheses",
            )
    return Blocks(given["title"], pattern)


def _texts_by_name(options: Mapping[str, Any], key: str) -> dict[str, tuple[str, ...]]:
    said = options.get(key)
    if said is None:
        return {}
    example = f'{key}: {{Client: ["Total*", ""]}}'
    if not isinstance(said, Mapping):
        raise _wrong(key, said, example)
    return {str(name): tuple(_texts(values, key, example)) for name, values in said.items()}


def _rules(said: object) -> dict[str, tuple[Rule, ...]]:
    if said is None:
        return {}
    example = "rules: {Statut: [{strike: true, value: cancelled}, {value: planned}]}"
    if not isinstance(said, Mapping):
        raise _wrong("rules", said, example)
    found = {}
    for name, rules in said.items():
        of = None
        if isinstance(rules, Mapping):
            given = _keys(rules, f"rules.{name}", ("of", "when"), example)
            of, rules = given.get("of"), given.get("when")
        if not isinstance(rules, list) or not rules:
            raise _wrong(f"rules.{name}", rules, example)
        found[str(name)] = tuple(_rule(str(name), rule, of, example) for rule in rules)
    return found


def _rule(name: str, said: object, of: object, example: str) -> Rule:
    given = _keys(said, f"rules.{name}", ("value", "of", *LOOKS), example)
    of = given.get("of", of)
    strike = given.get("strike")
    if "value" not in given or not isinstance(strike, bool | None) or not isinstance(of, str | None):
        raise _wrong(f"rules.{name}", said, example)
    for look in ("fill", "font"):
        if given.get(look) is not None and (problem := colour_problem(given[look])):
            raise misconfigured(f"rules.{name}: {look} is {given[look]!r}", *problem)
    fill, font = (None if given.get(look) is None else str(given[look]) for look in ("fill", "font"))
    return Rule(given["value"], strike, fill, font, of)


def _grid(said: object, heading_rows: int) -> Grid | None:
    if said is None:
        return None
    example = "unpivot: {down: [Technicien], across: Jour, value: Client}"
    given = _keys(said, "unpivot", ("down", "across", "value", "until", "year"), example)
    down = tuple(_texts(given.get("down"), "unpivot.down", example))
    across = tuple(_texts(given.get("across"), "unpivot.across", example))
    value, until, year = given.get("value"), given.get("until"), given.get("year")
    if isinstance(year, Mapping):
        year = _keys(year, "unpivot.year", ("cell",), "year: {cell: B1}").get("cell")
        if not isinstance(year, str) or not re.fullmatch(r"[A-Za-z]{1,3}[1-9][0-9]{0,6}", year):
            raise _wrong("unpivot.year", year, "year: 2026, or year: {cell: B1}")
    elif not isinstance(year, int | None) or (isinstance(year, int) and not 1990 <= year <= 2200):
        raise _wrong("unpivot.year", year, "year: 2026, or year: {cell: B1}")
    if not down or not across or not isinstance(value, str) or not isinstance(until, str | None):
        raise _wrong("unpivot", said, example)
    if len(across) != heading_rows:
        raise misconfigured(
            f"unpivot.across names {len(across)} fields and heading_rows is {heading_rows}",
            todo="name one field for each heading row, from top to bottom",
        )
    return Grid(down, across, value, until, year)


def _keys(said: object, where: str, known: Sequence[str], example: str) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise _wrong(where, said, example)
    unknown: Iterable[object] = [key for key in said if key not in known]
    for key in unknown:
        raise misconfigured(f"{where} has no key '{key}'", f"it knows {', '.join(known)}", f"as in {example}")
    return said


def _texts(said: object, where: str, example: str) -> list[str]:
    if isinstance(said, str):
        return [said]
    if isinstance(said, list | tuple) and all(isinstance(text, str) for text in said):
        return list(said)
    raise _wrong(where, said, example)


def _wrong(where: str, said: object, example: str) -> Fault:
    return misconfigured(f"{where} cannot be understood", f"it is {said!r}", f"write it like {example}")
