"""Values that stand for something else: one of a list of choices, a reference to another record, a list.

Promises: a choice is kept as its code and may be written as any of its labels; a list is sorted and has no
value twice, and a reference is the hub's own id. Never: accepts a choice that the mapping does not name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from hub.ports import Native
from hub.values.base import (
    BadOption,
    Canonical,
    FieldType,
    Unreadable,
    Unwritable,
    as_short_text,
    as_text,
    clean,
    folded,
    shown,
    whole_number,
)

_SEPARATORS = re.compile(r"[;,|\n]")


class Choice(FieldType):
    """One of the values the mapping names; `values` maps each code to its labels by language."""

    name = "choice"
    options = ("values",)
    formats = "code, fr or en (the label in that language)"
    describe = "One of the `values` the mapping lists, each with its label or labels."

    def __init__(self, values: Mapping[str, Mapping[str, str]], style: str = "") -> None:
        if not values:
            raise BadOption("type choice needs `values`: the list of what may be chosen")
        self.values, self.style = values, style
        self._codes: dict[str, str] = {}
        for code, labels in values.items():
            for word in {_word(code), *map(_word, labels.values())}:
                other = self._codes.setdefault(word, code)
                if other != code:
                    raise BadOption(f"choices {other!r} and {code!r} share the name {word!r}")

    def formatted(self, pattern: str) -> FieldType:
        if pattern not in ("code", "fr", "en"):
            super().formatted(pattern)
        return Choice(self.values, pattern)

    def read(self, text: str) -> Canonical:
        code = self._codes.get(_word(text))
        if code is not None:
            return code
        near = difflib.get_close_matches(_word(text), self._codes, n=1)
        known = f"did you mean {near[0]!r}?" if near else "it must be one of " + ", ".join(self.values)
        raise Unreadable(f"{shown(text)} is not among the choices: {known}")

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        code = str(value)
        return self._label(code, self.style or self._style_of(like))

    def _style_of(self, like: Native) -> str:
        labels = self.values.get(self._codes.get(_word(like), "")) if isinstance(like, str) else None
        if labels and isinstance(like, str):
            for lang, label in labels.items():
                if clean(like) == label:
                    return lang
        return "code"

    def _label(self, code: str, style: str) -> str:
        return code if style == "code" else self.values.get(code, {}).get(style, code)

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else self._label(str(value), lang)


def _word(text: str) -> str:
    return folded(text) or text


class Ref(FieldType):
    """Another record of the hub, by its golden id; lenses translate it to each system's own id."""

    name = "ref"
    options = ("entity",)
    describe = "Another record: `entity` says of which kind. Each system writes its own id for it."

    def __init__(self, entity: str) -> None:
        self.entity = entity

    def parse(self, native: Native) -> Canonical:
        number = whole_number(native)
        return number if number is not None else as_short_text(native) or None

    def native(self, value: Canonical, like: Native = None) -> Native:
        if (
            isinstance(like, int)
            and not isinstance(like, bool)
            and isinstance(value, str)
            and value.isdecimal()
        ):
            return int(value) if str(int(value)) == value else value
        return value


class ListOf(FieldType):
    """Several values of one type: sorted, none twice."""

    name = "list"
    options = ("of",)
    formats = "the separator of a text cell, e.g. '; '"
    describe = "Several values of the type `of` (text by default); order and repetition do not count."

    def __init__(self, of: FieldType, separator: str = "") -> None:
        if isinstance(of, ListOf | Ref):
            raise BadOption(f"a list of {of.name} is not possible")
        self.of, self.separator = of, separator

    def formatted(self, pattern: str) -> FieldType:
        if not _SEPARATORS.search(pattern) and not pattern.strip():
            raise BadOption("the separator of a list needs a visible character, such as ';'")
        return ListOf(self.of, pattern)

    def parse(self, native: Native) -> Canonical:
        if native is None:
            return None
        items: list[Native] = native if isinstance(native, list) else self._split(as_text_lines(native))
        found = {str(value) for value in map(self.of.parse, items) if value is not None}
        return sorted(found) or None

    def _split(self, text: str) -> list[Native]:
        mark = self.separator.strip()
        return [*text.split(mark)] if mark else [*_SEPARATORS.split(text)]

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        items = [self.of.native(item) for item in value] if isinstance(value, list) else [value]
        if not self.separator and not isinstance(like, str):
            return items
        text = (self.separator or "; ").join(str(item) for item in items)
        if self.parse(text) != value:
            mark = self.separator or "; , or |"
            raise Unwritable(f"{shown(text)} could not be taken apart again: a value holds {mark!r} itself")
        return text

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return ", ".join(self.of.show(item, lang) for item in value) if isinstance(value, list) else ""

    def key(self, value: Canonical) -> str | None:
        keys = [self.of.key(item) for item in value] if isinstance(value, list) else []
        return "|".join(sorted(k for k in keys if k)) or None


def as_text_lines(native: Native) -> str:
    """A cell that may hold one value a line, its line breaks kept."""
    return native if isinstance(native, str) else as_text(native)
