"""Plain words: text, e-mail addresses, post codes.

Promises: composed accents, no doubled or invisible blanks; an address is lower case; a French post code that
a number cell robbed of its zero has it back. Never: changes the letters of a name.
"""

from __future__ import annotations

import re

from hub.ports import Native
from hub.values.base import (
    Canonical,
    FieldType,
    Unreadable,
    as_text,
    clean_lines,
    folded,
    shown,
    whole_number,
)

_LOCAL = r"[^\s@<>()\[\],;:\"\\]+"
_EMAIL = re.compile(rf"{_LOCAL}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_NAMED_EMAIL = re.compile(r"[^<>@]*<([^<>]+)>")
_POSTCODE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,8}[A-Z0-9])?")
_PREFIXED = re.compile(r"(?:F|FR)[ -]+(\d{5})")


class Text(FieldType):
    """One line of text, or several with ``multiline: true``."""

    name = "text"
    options = ("multiline",)
    describe = "Words on one line (several with `multiline: true`). Doubled and invisible blanks are removed."

    def __init__(self, multiline: bool = False) -> None:
        self.multiline = multiline

    def parse(self, native: Native) -> Canonical:
        if self.multiline and isinstance(native, str):
            return clean_lines(native) or None
        return as_text(native) or None

    def key(self, value: Canonical) -> str | None:
        return folded(str(value)) or None if value is not None else None


class Email(FieldType):
    """One e-mail address, lower case."""

    name = "email"
    describe = "One e-mail address, kept in lower case."

    def read(self, text: str) -> Canonical:
        named = _NAMED_EMAIL.fullmatch(text)
        address = (named[1] if named else text).strip()
        if address[:7].lower() == "mailto:":
            address = address[7:]
        address = address.lower()
        if _EMAIL.fullmatch(address) and ".." not in address and len(address) <= 254:
            return address
        if text.count("@") > 1:
            raise Unreadable(f"{shown(text)} holds more than one e-mail address; keep one")
        raise Unreadable(f"{shown(text)} is not an e-mail address")


class Postcode(FieldType):
    """One post code; in French regions five digits."""

    name = "postcode"
    options = ("region",)
    describe = "A post code. A number cell gets its leading zero back when `region` is FR (the default)."

    def __init__(self, region: str = "FR") -> None:
        self.region = region

    def parse(self, native: Native) -> Canonical:
        digits = whole_number(native)
        if digits is not None and self.region == "FR" and len(digits) == 4:
            return "0" + digits
        return super().parse(native)

    def read(self, text: str) -> Canonical:
        code = text.upper()
        prefixed = _PREFIXED.fullmatch(code)
        if prefixed:
            return prefixed[1]
        if code.replace(" ", "").isdecimal():
            code = code.replace(" ", "")
        if not _POSTCODE.fullmatch(code):
            raise Unreadable(f"{shown(text)} is not a post code")
        return code

    def key(self, value: Canonical) -> str | None:
        return re.sub(r"[^A-Z0-9]", "", str(value)) or None if value is not None else None
