"""Lenses: one field's two-way translation between a system's native values and the canonical one.

Promises, for every lens that both reads and writes:

- *put what you got and nothing moves*: ``put(get(n), n)`` is ``n``'s own natives, untouched; so a telephone
  number written ``01.45.67.89.01`` is never rewritten for its dots;
- *get what you put*: ``get(put(v, n)) == v``, unless the lens says in `lossy` what the system cannot hold;
  then a native that holds all it can of ``v`` is left as it is;
- a present native that cannot be read is never written over: that is `Unwritable`, with its reason.

Never: asks a system anything, cuts a value that is not plain text, drops a value without saying so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from hub.ports import Native, NativeField
from hub.values import BadOption, Canonical, FieldType, Ref, Unreadable, clean, folded, make_type, unaccented
from hub.values.base import as_text, shown
from hub.values.text import Text

Direction: TypeAlias = Literal["both", "pull", "push"]

OPTIONS = (
    "field",
    "fields",
    "join",
    "max",
    "upper",
    "ascii",
    "map",
    "format",
    "timezone",
    "default",
    "constant",
    "direction",
)
"""The keys of a field's entry in a mapping that are the lens's; all others are the connector's."""


class Parked(Exception):
    """A reference whose target has no link in this system yet: `entity`, `system`, and its `id`."""

    def __init__(self, entity: str, system: str, id: str) -> None:
        super().__init__(entity, system, id)
        self.entity, self.system, self.id = entity, system, id

    def __str__(self) -> str:
        return f"{self.entity} {self.id} is not linked in {self.system} yet"


class Unwritable(ValueError):
    """A canonical value that this system's field cannot take, or must not. The message is the reason."""


class LensError(ValueError):
    """A lens that cannot be made. `option` is the key of the mapping entry that is at fault."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class Refs(Protocol):
    """The links of one system, both ways."""

    def golden(self, entity: str, external_id: str) -> str | None:
        """The golden id that this system's record belongs to."""

    def external(self, entity: str, golden_id: str) -> str | None:
        """This system's id of the golden record."""


class NoRefs:
    """No record is linked to any other: for lenses without references, and for checks."""

    def golden(self, entity: str, external_id: str) -> str | None:
        return None

    def external(self, entity: str, golden_id: str) -> str | None:
        return None


_NO_REFS = NoRefs()


@dataclass(frozen=True, eq=False)
class Lens:
    """One canonical field in one system. Made by `make_lens`.

    `natives` are the system's own fields it uses; `reads` and `writes` its directions; `lossy` says in words
    what of a value the system cannot hold, ``None`` where it holds all of it. `options` are the connector's.
    """

    name: str
    type: FieldType
    system: str
    natives: tuple[str, ...]
    reads: bool = True
    writes: bool = True
    lossy: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    native_type: str = "text"

    def get(self, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> Canonical:
        """The canonical value of a record's natives. Raises `Unreadable` (absent natives too), `Parked`."""
        for name in self.natives:
            if name not in native:
                raise Unreadable(f"{name} was not read in {self.system}")
        return self._decode(native, refs)

    def put(self, value: Canonical, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> dict[str, Native]:
        """The natives that say `value`: the record's own, untouched, where they say it already.

        `native` is the whole record, or empty for a record to be created. Raises `Parked`, `Unwritable`.
        """
        present = {name: native[name] for name in self.natives if name in native}
        if not native:
            return self._encode(value, {}, refs)
        if len(present) < len(self.natives):
            missing = next(name for name in self.natives if name not in native)
            raise Unwritable(f"{missing} was not read in {self.system}, so it is not written over")
        try:
            current = self._decode(present, refs)
        except Unreadable as reason:
            if not self.reads:
                return self._encode(value, present, refs)
            if value is None:
                return present
            raise Unwritable(
                f"the present value cannot be read, so it is not written over: {reason}"
            ) from reason
        except Parked:
            if value is None:
                return present
            raise
        if current == value or self._says_all_it_can(value, current, refs):
            return present
        return self._encode(value, present, refs)

    def agrees(self, value: Canonical, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> bool:
        """Whether the record already says `value` as well as its system can hold it."""
        return all(native.get(name) == new for name, new in self.put(value, native, refs).items())

    def native_fields(self) -> tuple[NativeField, ...]:
        """What the connector is told of the natives."""
        return tuple(NativeField(name, self.native_type, self.writes, self.options) for name in self.natives)

    def _says_all_it_can(self, value: Canonical, current: Canonical, refs: Refs) -> bool:
        return bool(self.lossy) and self._encode(value, {}, refs) == self._encode(current, {}, refs)

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        raise NotImplementedError

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class _Shape:
    """What a system can hold of a text: its length, its case, its alphabet."""

    max: int | None = None
    upper: bool = False
    ascii: bool = False

    def recast(self, text: str) -> str:
        """The text in the system's alphabet and case, of any length."""
        if self.ascii:
            text = unaccented(text).encode("ascii", "replace").decode("ascii")
        return text.upper() if self.upper else text

    def cut(self, text: str) -> str:
        return text[: self.max].rstrip() if self.max is not None else text

    def fits(self, text: str) -> bool:
        return self.max is None or len(text) <= self.max

    def loss(self) -> str | None:
        """What is lost of a plain text, in words."""
        losses = []
        if self.max is not None:
            losses.append(f"cut at {self.max} characters")
        if self.upper:
            losses.append("upper case only")
        if self.ascii:
            losses.append("no accents")
        return ", ".join(losses) or None


@dataclass(frozen=True, eq=False)
class _Single(Lens):
    """One native field, one canonical one."""

    shape: _Shape = _Shape()
    table: _Table | None = None
    default: Native = None

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        raw = native[self.natives[0]]
        if self.table is not None:
            return self.table.read(raw)
        if isinstance(self.type, Ref):
            return self._golden(self.type, raw, refs)
        return self.type.parse(raw)

    def _golden(self, kind: Ref, raw: Native, refs: Refs) -> Canonical:
        external = kind.parse(raw)
        if external is None:
            return None
        golden = refs.golden(kind.entity, str(external))
        if golden is None:
            raise Parked(kind.entity, self.system, str(external))
        return golden

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        name = self.natives[0]
        like = native.get(name)
        if value is None:
            return {name: self.default}
        if self.table is not None:
            return {name: self.table.write(value, self.name)}
        if isinstance(self.type, Ref):
            external = refs.external(self.type.entity, str(value))
            if external is None:
                raise Parked(self.type.entity, self.system, str(value))
            return {name: self.type.native(external, like)}
        return {name: self._shaped(self.type.native(value, like), value)}

    def _shaped(self, raw: Native, value: Canonical) -> Native:
        if not isinstance(raw, str):
            return raw
        text = self.shape.recast(raw)
        if self.shape.fits(text):
            return text
        if isinstance(self.type, Text):
            return self.shape.cut(text)
        raise Unwritable(
            f"{self.name} {shown(self.type.show(value))} needs {len(text)} characters; "
            f"{self.natives[0]} holds {self.shape.max}"
        )


@dataclass(frozen=True, eq=False)
class _Joined(Lens):
    """Several native texts, one canonical value: the parts that are not empty, joined."""

    shape: _Shape = _Shape()
    separator: str = " "

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        return self._value([native[name] for name in self.natives])

    def _value(self, parts: Sequence[Native]) -> Canonical:
        texts = [text for text in map(as_text, parts) if text]
        return self.type.parse(self.separator.join(texts))

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        if value is None:
            return dict.fromkeys(self.natives)
        text = self.shape.recast(str(self.type.native(value)))
        present = [as_text(native.get(name)) for name in self.natives]
        parts = self._parts(text, present)
        return {name: part or None for name, part in zip(self.natives, parts, strict=True)}

    def _parts(self, text: str, present: Sequence[str]) -> list[str]:
        meant = self.type.parse(text)
        for parts in self._ways(text, present):
            if all(map(self.shape.fits, parts)) and self._value(list(parts)) == meant:
                return parts
        if not isinstance(self.type, Text):
            raise Unwritable(f"{self.name} {shown(text)} does not fit in {', '.join(self.natives)}")
        return self._packed(text)

    def _ways(self, text: str, present: Sequence[str]) -> list[list[str]]:
        """The ways to spread the text, the one that moves least first."""
        count = len(self.natives)
        spread = text.split(self.separator, count - 1)
        whole = [text] + [""] * (count - 1)
        lines = [self._packed(text)] if self.shape.max is not None and not self.separator.strip() else []
        return [self._aligned(text, present), *lines, spread + [""] * (count - len(spread)), whole]

    def _aligned(self, text: str, present: Sequence[str]) -> list[str]:
        """The text spread so that the parts it begins or ends with stay where they are."""
        head: list[str] = []
        tail: list[str] = []
        rest = text
        for part in present[:-1]:
            if not part or not rest.startswith(part + self.separator):
                break
            head.append(part)
            rest = rest[len(part + self.separator) :]
        for part in reversed(present[len(head) + 1 :]):
            if not part or not rest.endswith(self.separator + part):
                break
            tail.insert(0, part)
            rest = rest[: -len(self.separator + part)]
        return [*head, rest, *[""] * (len(present) - len(head) - len(tail) - 1), *tail]

    def _packed(self, text: str) -> list[str]:
        """The pieces of the text, each field filled as far as it goes; what remains at the end is cut."""
        count, pieces, parts = len(self.natives), text.split(self.separator), [""]
        for piece in pieces:
            longer = parts[-1] + self.separator + piece if parts[-1] else piece
            if self.shape.fits(longer) or len(parts) == count:
                parts[-1] = longer
            else:
                parts.append(piece)
        return [self.shape.cut(part) for part in parts] + [""] * (count - len(parts))


@dataclass(frozen=True, eq=False)
class _Constant(Lens):
    """A value that is always the same: one the system has no field for (pull) or always wants (push)."""

    constant: Native = None

    def _decode(self, native: Mapping[str, Native], refs: Refs) -> Canonical:
        return self.type.parse(self.constant) if self.reads else None

    def _encode(self, value: Canonical, native: Mapping[str, Native], refs: Refs) -> dict[str, Native]:
        return dict.fromkeys(self.natives, self.constant)

    def put(self, value: Canonical, native: Mapping[str, Native], refs: Refs = _NO_REFS) -> dict[str, Native]:
        return dict.fromkeys(self.natives, self.constant)


class _Table:
    """A value table, both ways."""

    def __init__(self, rows: Mapping[Any, Any], kind: FieldType) -> None:
        self._natives: dict[Any, Native] = {}
        self._values: dict[str, Canonical] = {}
        for native, meaning in rows.items():
            value = _meaning(kind, meaning)
            if _hashed(value) in self._natives:
                other = self._natives[_hashed(value)]
                raise LensError(
                    f"{other!r} and {native!r} both mean {meaning!r}, so which to write is not known; "
                    "give each its own meaning, or set `direction: pull`",
                    "map",
                )
            self._natives[_hashed(value)] = None if native == "" else native
            if self._values.setdefault(_cell(native), value) != value:
                raise LensError(f"{native!r} stands twice in the table", "map")

    def read(self, raw: Native) -> Canonical:
        cell = _cell(raw)
        if cell in self._values:
            return self._values[cell]
        if cell == "":
            return None
        known = ", ".join(repr(cell) for cell in self._values)
        raise Unreadable(f"{shown(raw)} is not in the value table of the mapping ({known})")

    def write(self, value: Canonical, name: str) -> Native:
        try:
            return self._natives[_hashed(value)]
        except KeyError:
            raise Unwritable(
                f"{name} {shown(value)} has no native value in the table of the mapping"
            ) from None


class _ReadTable(_Table):
    """A value table that is only read, so several natives may mean the same."""

    def __init__(self, rows: Mapping[Any, Any], kind: FieldType) -> None:
        self._natives = {}
        self._values = {_cell(native): _meaning(kind, meaning) for native, meaning in rows.items()}


def _meaning(kind: FieldType, meaning: Any) -> Canonical:
    try:
        return kind.parse(meaning)
    except Unreadable as reason:
        raise LensError(f"the meaning {meaning!r} is not a {kind.name}: {reason}", "map") from reason


def _cell(raw: Any) -> str:
    """The form in which a native is looked up: case, accents and blanks do not matter."""
    if isinstance(raw, bool):
        return str(raw).lower()
    text = as_text(raw)
    return folded(text) or clean(text)


def _hashed(value: Canonical) -> Any:
    return tuple(value) if isinstance(value, list) else (type(value).__name__, value)


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
    common |= {"reads": reads, "writes": writes}
    if "constant" in spec:
        return _make_constant(kind, spec, common)
    if not natives:
        raise LensError("say which native field this is: `field: …`, `fields: […]` or `constant: …`")
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
    return _Single(type=codec, default=default, **common)


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
    return direction in ("both", "pull"), direction in ("both", "push")


def _make_constant(kind: FieldType, spec: Mapping[str, Any], common: dict[str, Any]) -> Lens:
    for other in ("map", "default", "max", "upper", "ascii", "format", "join", "timezone"):
        if other in spec:
            raise LensError(f"`{other}` has no meaning beside `constant`", other)
    if common["reads"]:
        try:
            kind.parse(spec["constant"])
        except Unreadable as reason:
            raise LensError(f"the constant is not a {kind.name}: {reason}", "constant") from reason
    return _Constant(type=kind, constant=spec["constant"], native_type=kind.name, **common)


def _make_joined(kind: FieldType, spec: Mapping[str, Any], common: dict[str, Any]) -> Lens:
    for other in ("map", "default"):
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
    return _Joined(type=kind, separator=separator, **common)


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


def _shape(spec: Mapping[str, Any]) -> _Shape:
    return _Shape(spec.get("max"), bool(spec.get("upper", False)), bool(spec.get("ascii", False)))


def _table(kind: FieldType, spec: Mapping[str, Any], writes: bool) -> _Table | None:
    if "map" not in spec:
        return None
    if isinstance(kind, Ref):
        raise LensError("a reference has no value table", "map")
    for other in ("format", "max", "upper", "ascii"):
        if other in spec:
            raise LensError(f"`{other}` has no meaning beside `map`: the table says what is written", other)
    return _Table(spec["map"], kind) if writes else _ReadTable(spec["map"], kind)


def _default(kind: FieldType, table: _Table | None, spec: Mapping[str, Any]) -> Native:
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


@dataclass(frozen=True)
class Finding:
    """What `check_lens` found on one sample: the natives, what they mean, what was written and read back."""

    natives: Mapping[str, Native]
    value: Canonical
    written: Mapping[str, Native]
    back: Canonical
    what: str


@dataclass
class LensReport:
    """How a lens fared on samples. `violations` break a law; `lossy` are what the system cannot hold."""

    lens: Lens
    checked: int = 0
    violations: list[Finding] = field(default_factory=list)
    lossy: list[Finding] = field(default_factory=list)
    unreadable: list[tuple[Mapping[str, Native], str]] = field(default_factory=list)
    unwritable: list[tuple[Canonical, str]] = field(default_factory=list)


def check_lens(lens: Lens, samples: Sequence[Mapping[str, Native]], refs: Refs = _NO_REFS) -> LensReport:
    """Try both laws on records: each value into its own record, a new one, and its neighbour's."""
    report = LensReport(lens)
    read = []
    for native in samples:
        try:
            read.append((native, lens.get(native, refs)))
        except (Unreadable, Parked) as reason:
            report.unreadable.append(({n: native.get(n) for n in lens.natives}, str(reason)))
    for place, (native, value) in enumerate(read):
        report.checked += 1
        _check_untouched(lens, native, value, refs, report)
        neighbour = read[place - 1][1]
        for put, into in ((value, {}), (neighbour, native)):
            if lens.writes and lens.reads:
                _check_back(lens, put, into, refs, report)
    return report


def _check_untouched(
    lens: Lens, native: Mapping[str, Native], value: Canonical, refs: Refs, report: LensReport
) -> None:
    own = {name: native[name] for name in lens.natives}
    written = lens.put(value, native, refs)
    if lens.writes and lens.reads and written != own:
        report.violations.append(
            Finding(own, value, written, value, "writing what was read changes the record")
        )


def _check_back(
    lens: Lens, value: Canonical, native: Mapping[str, Native], refs: Refs, report: LensReport
) -> None:
    own = {name: native.get(name) for name in lens.natives}
    try:
        written = lens.put(value, native, refs)
    except (Unwritable, Parked) as reason:
        report.unwritable.append((value, str(reason)))
        return
    try:
        back = lens.get(written, refs)
    except Unreadable as reason:
        report.violations.append(
            Finding(own, value, written, None, f"what was written cannot be read: {reason}")
        )
        return
    if back == value or (value is None and not native):
        return
    found = Finding(own, value, written, back, lens.lossy or "what was written reads back as something else")
    (report.lossy if lens.lossy else report.violations).append(found)
