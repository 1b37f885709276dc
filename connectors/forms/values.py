"""What a form's raw text means, and how a value is written in it: by the types of `description`. Pure.

A native value of this connector is what the type makes of the text: a text, a number, true or false, a day as
2026-01-31, a code, a list of codes. Promises: what `written` writes, `meaning` reads back. Never: guesses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from connectors.forms.description import Field_
from hub.ports import Native
from hub.values import FieldType, Unreadable, clean, make_type

DAY = "%d/%m/%Y"
_SPACELESS = ("number", "integer", "date", "postcode", "siret", "siren", "vat", "phone", "email")
"""Types whose inner blanks mean nothing: a box for each letter reads as '0 2'."""


def meaning(field: Field_, raw: str | None, spaced: bool = False) -> Native:
    """The native value of a text that stands in a form. Raises `Unreadable`, in words.

    `spaced`: the text was put together from letters on paper, whose gaps may mean nothing.
    """
    if raw is None or not raw.strip():
        return None
    if field.type == "lines":
        return "\n".join(clean(line) for line in raw.splitlines()).strip("\n") or None
    line = clean(raw)
    if field.type == "text":
        return line or None
    if len(line) > 500:
        raise Unreadable(f"{line[:60]!r}… is too long for a {field.type}")
    try:
        return _read(field, line)
    except Unreadable as wrong:
        if not spaced or field.type not in _SPACELESS or " " not in line:
            raise
        try:
            return _read(field, line.replace(" ", ""))
        except Unreadable:
            raise wrong from None


def _read(field: Field_, line: str) -> Native:
    kind = _type(field.type, field.region)
    if field.format:
        try:
            return kind.native(kind.formatted(field.format).parse(line))
        except Unreadable:
            return kind.native(kind.parse(line))
    return kind.native(kind.parse(line))


def written(field: Field_, value: Native) -> str:
    """The text that stands for a native value in a form, empty for none. Raises `Unreadable`."""
    if value is None or value == "":
        return ""
    if field.type in ("text", "lines"):
        text = str(meaning(Field_(type="lines", field="x"), str(value)) or "")
        if field.type == "text" and "\n" in text:
            raise Unreadable("it has several lines, and the description says it is one: type: lines")
        return text
    kind = _type(field.type, field.region)
    canonical = kind.parse(value)
    if field.type == "date":
        kind = kind.formatted(field.format or DAY)
    elif field.type == "number":
        kind = kind.formatted("comma")
    return str(kind.native(canonical))


@lru_cache(maxsize=64)
def _type(name: str, region: str | None) -> FieldType:
    options: dict[str, Any] = {"region": region or "FR"} if name in ("phone", "postcode") else {}
    return make_type(name, **options)
