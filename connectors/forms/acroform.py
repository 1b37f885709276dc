"""The fields of a PDF form, as they stand on its pages: name, kind, value, states, rectangle.

A field may stand in several places (`Widget`), and inherit what it is from fields above it. Values are the
form's own: text, or the state of a button as its PDF spells it. Bounded: a field tree that goes round in
circles, or has more fields than `Bounds.fields`, ends as a `Fault`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pypdf import PageObject
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject, TextStringObject

from connectors.forms.intake import Bounds, Opened, plain
from hub.filing.faults import damaged

Kind: TypeAlias = Literal["text", "checkbox", "radio", "choice", "button", "signature", "unknown"]
Rect: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top, in points of the page."""

_DEEPEST = 32
_MULTILINE, _PASSWORD, _COMB = 1 << 12, 1 << 13, 1 << 24
_RADIO, _PUSH = 1 << 15, 1 << 16
_HIDDEN = 0x02 | 0x20
_LONGEST = 100_000


@dataclass(slots=True)
class Widget:
    """One place of a field on a page. `node`: its own dictionary; `owner`: the one that holds the value."""

    page: int
    rect: Rect
    states: tuple[str, ...]
    node: DictionaryObject
    owner: DictionaryObject
    hidden: bool = False


@dataclass(slots=True)
class FormField:
    """One field. `value` is its text, or the state of its button without the slash; empty is ``None``."""

    name: str
    kind: Kind
    value: str | None
    tooltip: str = ""
    max_length: int | None = None
    comb: bool = False
    multiline: bool = False
    read_only: bool = False
    options: tuple[tuple[str, str], ...] = ()
    align: int = 0
    appearance: str = ""
    widgets: list[Widget] = field(default_factory=list)

    @property
    def states(self) -> tuple[str, ...]:
        """The states of a ticked box, or of a radio group's buttons."""
        return tuple(dict.fromkeys(state for widget in self.widgets for state in widget.states))

    @property
    def rect(self) -> Rect:
        return self.widgets[0].rect

    @property
    def page(self) -> int:
        return self.widgets[0].page


def fields_of(opened: Opened, bounds: Bounds) -> dict[str, FormField]:
    """Every field that stands on a page, by its full name, in page order. Empty where there is no form."""
    form = opened.acroform
    if form is None:
        return {}
    return read_fields(list(opened.reader.pages), form, opened.shown, bounds)


def read_fields(
    pages: list[PageObject], form: DictionaryObject, shown: str, bounds: Bounds
) -> dict[str, FormField]:
    """The fields on these pages. Raises `Fault` where there are more than a form can have."""
    found: dict[str, FormField] = {}
    count = 0
    for number, page in enumerate(pages):
        annotations = plain(page.get("/Annots"))
        for annotation in annotations if isinstance(annotations, ArrayObject) else ():
            count += 1
            if count > bounds.fields * 4 or len(found) > bounds.fields:
                todo = "raise limits.fields if it is sound"
                raise damaged(f"{shown} is more than a form can be", f"{count:,} fields or more", todo)
            node = plain(annotation)
            if isinstance(node, DictionaryObject) and node.get("/Subtype") == "/Widget":
                _take(found, node, number, form, shown)
    return found


def _take(
    found: dict[str, FormField], node: DictionaryObject, page: int, form: DictionaryObject, shown: str
) -> None:
    line = list(_line(node, shown))
    name = ".".join(reversed([str(plain(one["/T"])) for one in line if "/T" in one]))
    rect = rect_of(node.get("/Rect"))
    if not name or rect is None:
        return
    owner = next((one for one in line if "/T" in one), node)
    if name not in found:
        found[name] = _field(name, line, form)
    flags = plain(node.get("/F"))
    hidden = isinstance(flags, int) and bool(flags & _HIDDEN)
    found[name].widgets.append(Widget(page, rect, _states(node), node, owner, hidden))
    if found[name].value is None and found[name].kind == "checkbox":
        # Some programs tick a box by its appearance alone.
        found[name].value = _state(plain(node.get("/AS")))


def _line(node: DictionaryObject, shown: str) -> Iterator[DictionaryObject]:
    """A widget and the fields above it, nearest first."""
    current: Any = node
    for _ in range(_DEEPEST):
        yield current
        current = plain(current.get("/Parent"))
        if not isinstance(current, DictionaryObject):
            return
    raise damaged(
        f"{shown} cannot be read", "its fields stand in one another without an end", "have it sent anew"
    )


def _field(name: str, line: list[DictionaryObject], form: DictionaryObject) -> FormField:
    def inherited(key: str) -> Any:
        return next((plain(one[key]) for one in line if key in one), plain(form.get(key)))

    flags = inherited("/Ff")
    flags = int(flags) if isinstance(flags, int) else 0
    kind = _kind(inherited("/FT"), flags)
    raw = next((plain(one["/V"]) for one in line if "/V" in one), None)
    length, align = inherited("/MaxLen"), inherited("/Q")
    return FormField(
        name,
        kind,
        _state(raw) if kind in ("checkbox", "radio") else text_of(raw),
        tooltip=text_of(inherited("/TU")) or "",
        max_length=int(length) if kind == "text" and isinstance(length, int) and length > 0 else None,
        comb=kind == "text" and bool(flags & _COMB) and not flags & (_MULTILINE | _PASSWORD),
        multiline=kind == "text" and bool(flags & _MULTILINE),
        read_only=bool(flags & 1),
        options=_options(inherited("/Opt")) if kind == "choice" else (),
        align=int(align) if isinstance(align, int) and align in (0, 1, 2) else 0,
        appearance=text_of(inherited("/DA")) or "",
    )


def _kind(name: Any, flags: int) -> Kind:
    if name == "/Btn":
        return "button" if flags & _PUSH else "radio" if flags & _RADIO else "checkbox"
    kinds: Mapping[Any, Kind] = {"/Tx": "text", "/Ch": "choice", "/Sig": "signature"}
    return kinds.get(name, "unknown")


def text_of(value: Any) -> str | None:
    """A text as a PDF holds it: a string, or a stream of one; several chosen are no text. Empty is
    ``None``.
    """
    if isinstance(value, StreamObject):
        value = value.get_data()[:_LONGEST]
    if isinstance(value, ByteStringObject | bytes):
        value = bytes(value).decode(
            "utf-16" if bytes(value)[:2] in (b"\xfe\xff", b"\xff\xfe") else "cp1252", "replace"
        )
    if isinstance(value, ArrayObject):
        value = " ; ".join(str(plain(one)) for one in value)
    if not isinstance(value, TextStringObject | str):
        return None if value is None or isinstance(value, DictionaryObject) else str(value)
    return str(value).replace("\r\n", "\n").replace("\r", "\n")[:_LONGEST].strip("\n ") or None


def _state(value: Any) -> str | None:
    text = str(value)[1:] if isinstance(value, str) and value.startswith("/") else value
    return None if text in (None, "", "Off") else str(text)


def _states(node: DictionaryObject) -> tuple[str, ...]:
    looks = plain(node.get("/AP"))
    normal = plain(looks.get("/N")) if isinstance(looks, DictionaryObject) else None
    if not isinstance(normal, DictionaryObject) or isinstance(normal, StreamObject):
        return ()
    return tuple(str(key)[1:] for key in normal if key != "/Off")


def _options(value: Any) -> tuple[tuple[str, str], ...]:
    """The choices as (what is kept, what is shown)."""
    found = []
    for one in value if isinstance(value, ArrayObject) else ():
        pair = plain(one)
        if isinstance(pair, ArrayObject) and len(pair) == 2:
            found.append((str(plain(pair[0])), str(plain(pair[1]))))
        else:
            found.append((str(pair), str(pair)))
    return tuple(found[:1000])


def rect_of(value: Any) -> Rect | None:
    numbers = plain(value)
    if not isinstance(numbers, ArrayObject) or len(numbers) != 4:
        return None
    try:
        a, b, c, d = (float(plain(one)) for one in numbers)
    except (TypeError, ValueError):
        return None
    return (min(a, c), min(b, d), max(a, c), max(b, d))
