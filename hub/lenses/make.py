"""From an entry of a mapping to its lens, or to the reason why it can be none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.lenses.base import Lens, LensError
from hub.lenses.kinds import Constant, Joined, ReadTable, Shape, Single, Table
from hub.lenses.lines import InLines
from hub.ports import Native
from hub.values import BadOption, FieldType, Lines, Ref, Unreadable, make_type
from hub.values.text import Text

OPTIONS = (
    "field",
    "fields",
    "join",
    "max",
    "upper",
    "ascii",
    "map",
    "prefer",
    "otherwise",
    "format",
    "timezone",
    "default",
    "constant",
    "direction",
    "columns",
)
"""The keys of a field's entry in a mapping that are the lens's; all others are the connector's."""


def make_lens(
    name: str, kind: FieldType, spec: Mapping[str, Any], system: str, direction: str = "both"
) -> Lens:
    """The lens of canonical field `name` in `system`, from its entry in the mapping. Raises `LensError`.

    `direction` is the whole system's: what is only read, or only written, is so in every field.
    """
    options = {key: value for key, value in spec.items() if key not in OPTIONS}
    natives = _natives_of(spec)
    reads, writes = _directions(spec, natives)
    reads, writes = reads and direction != "push", writes and direction != "pull"
    if not reads and not writes:
        raise LensError(f"is neither read nor written: the system is `direction: {direction}`", "direction")
    common: dict[str, Any] = {"name": name, "system": system, "natives": natives, "options": options}
    common |= {"reads": reads, "writes": writes, "fills": spec.get("direction") == "fill"}
    if "constant" in spec:
        return _make_constant(kind, spec, common)
    if not natives:
        raise LensError("say which native field this is: `field: …`, `fields: […]` or `constant: …`")
    if isinstance(kind, Lines):
        return InLines(
            type=kind, columns=_columns(kind, spec, system, direction), native_type=kind.name, **common
        )
    if "columns" in spec:
        raise LensError(f"`columns` is for type lines, not {kind.name}", "columns")
    if kind.name == "list":
        for option in ("max", "upper", "ascii"):
            if option in spec:
                raise LensError(f"`{option}` works on one text, not on a list", option)
    codec = _codec(kind, spec)
    shape = _shape(spec)
    loss = shape.loss() if isinstance(kind, Text) else None
    if len(natives) > 1:
        return _make_joined(codec, spec, common | {"shape": shape, "lossy": loss})
    if "join" in spec:
        raise LensError("`join` needs several native fields: `fields: [first, second]`", "join")
    table = _table(kind, spec, writes)
    default = _default(codec, table, spec)
    if default is not None:
        loss = ", ".join(filter(None, (loss, f"empty is written as {default!r}")))
    native_type = "text" if table is not None or "format" in spec else kind.name
    common |= {"native_type": native_type, "shape": shape, "table": table, "lossy": loss}
    return Single(type=codec, default=default, **common)


def _columns(kind: Lines, spec: Mapping[str, Any], system: str, direction: str) -> tuple[Lens, ...]:
    """The lenses of the columns that a system has, in the mapping's order."""
    for other in spec:
        if other in OPTIONS and other not in ("field", "columns", "direction"):
            raise LensError(f"`{other}` belongs to a column, not to the lines as a whole", other)
    if "field" not in spec or not spec.get("columns"):
        raise LensError("lines need `field` and `columns`: where the lines are, and where each column is")
    own = str(spec.get("direction") or direction)
    if own == "fill":
        raise LensError("lines are written whole: `direction: fill` has no meaning here", "direction")
    made: list[Lens] = []
    for name, entry in spec["columns"].items():
        if name not in kind.columns:
            raise LensError(f"'{name}' is not a column; there is {', '.join(kind.columns)}", "columns")
        try:
            made.append(
                make_lens(name, kind.columns[name], entry, system, own if own != "both" else direction)
            )
        except LensError as reason:
            raise LensError(f"column {name}: {reason}", "columns") from reason
    lacking = [name for name in kind.required if name not in spec["columns"]]
    if lacking and own != "push" and direction != "push":
        raise LensError(f"no line would have {', '.join(lacking)}, which each must have", "columns")
    written: dict[str, str] = {}
    for lens in made:
        for native in lens.natives if lens.writes else ():
            other_name = written.setdefault(native, lens.name)
            if other_name != lens.name:
                raise LensError(f"'{native}' is written by both {other_name} and {lens.name}", "columns")
    return tuple(made)


def _natives_of(spec: Mapping[str, Any]) -> tuple[str, ...]:
    if "field" in spec and "fields" in spec:
        raise LensError("give `field` or `fields`, not both", "fields")
    if "field" in spec:
        return (str(spec["field"]),)
    natives = tuple(map(str, spec.get("fields") or ()))
    if len(set(natives)) < len(natives):
        raise LensError("`fields` names the same native field twice", "fields")
    return natives


def _directions(spec: Mapping[str, Any], natives: tuple[str, ...]) -> tuple[bool, bool]:
    if "constant" in spec:
        usual = "push" if natives else "pull"
        direction = spec.get("direction", usual)
        if direction != usual:
            why = "a constant cannot be read back" if natives else "there is no native field to write"
            raise LensError(f"`constant` with `direction: {direction}` does not invert: {why}", "direction")
    else:
        direction = spec.get("direction", "both")
    return direction in ("both", "pull"), direction in ("both", "push", "fill")


def _make_constant(kind: FieldType, spec: Mapping[str, Any], common: dict[str, Any]) -> Lens:
    for other in ("map", "prefer", "otherwise", "default", "max", "upper", "ascii", "format", "join",
                  "timezone"):  # fmt: skip
        if other in spec:
            raise LensError(f"`{other}` has no meaning beside `constant`", other)
    if common["reads"]:
        try:
            kind.parse(spec["constant"])
        except Unreadable as reason:
            raise LensError(f"the constant is not a {kind.name}: {reason}", "constant") from reason
    return Constant(type=kind, constant=spec["constant"], native_type=kind.name, **common)


def _make_joined(kind: FieldType, spec: Mapping[str, Any], common: dict[str, Any]) -> Lens:
    for other in ("map", "prefer", "otherwise", "default"):
        if other in spec:
            raise LensError(f"`{other}` works on one native field, not on several", other)
    if isinstance(kind, Ref) or kind.name in ("list", "boolean"):
        raise LensError(f"type {kind.name} cannot be spread over several native fields", "fields")
    separator = str(spec.get("join", " "))
    if not separator:
        raise LensError(
            "`join` needs at least one character, or the parts could not be told apart again", "join"
        )
    if "\n" in separator and not getattr(kind, "multiline", False) and common["writes"]:
        raise LensError("joining with line breaks needs `multiline: true` on the field", "join")
    return Joined(type=kind, separator=separator, **common)


def _codec(kind: FieldType, spec: Mapping[str, Any]) -> FieldType:
    if "timezone" in spec:
        if kind.name != "datetime":
            raise LensError(f"`timezone` is for type datetime, not {kind.name}", "timezone")
        try:
            kind = make_type("datetime", timezone=spec["timezone"])
        except BadOption as reason:
            raise LensError(str(reason), "timezone") from reason
    if "format" not in spec:
        return kind
    try:
        return kind.formatted(str(spec["format"]))
    except BadOption as reason:
        raise LensError(str(reason), "format") from reason


def _shape(spec: Mapping[str, Any]) -> Shape:
    return Shape(spec.get("max"), bool(spec.get("upper", False)), bool(spec.get("ascii", False)))


def _table(kind: FieldType, spec: Mapping[str, Any], writes: bool) -> Table | None:
    if "map" not in spec:
        for option in ("prefer", "otherwise"):
            if option in spec:
                raise LensError(f"`{option}` belongs to a `map`, and there is none", option)
        return None
    if isinstance(kind, Ref):
        raise LensError("a reference has no value table", "map")
    for other in ("format", "max", "upper", "ascii"):
        if other in spec:
            raise LensError(f"`{other}` has no meaning beside `map`: the table says what is written", other)
    made = Table if writes else ReadTable
    return made(spec["map"], kind, spec.get("prefer") or (), spec.get("otherwise"))


def _default(kind: FieldType, table: Table | None, spec: Mapping[str, Any]) -> Native:
    default: Native = spec.get("default")
    if default is not None and not isinstance(kind, Ref):
        try:
            if table is not None:
                table.read(default)
            else:
                kind.parse(default)
        except Unreadable as reason:
            raise LensError(f"the default could not be read back: {reason}", "default") from reason
    return default
