"""What every field type has in common: reading, showing, comparing, and writing one value.

Promises: an empty native value is ``None``; a value that has no certain reading raises `Unreadable`, with a
reason a clerk understands; what `FieldType.native` writes, `FieldType.parse` reads back.
Never: guesses, logs, or keeps anything between two calls except a bounded cache.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar, TypeAlias

from hub.ports import Native

Canonical: TypeAlias = "bool | int | str | list[Any] | None"
"""One canonical value, as JSON holds it. See `hub.values` for the form each type gives it."""


class Unreadable(ValueError):
    """A native value that has no certain canonical reading. The message is the reason, in words."""


class Unwritable(ValueError):
    """A canonical value that a native field cannot take, or must not. The message is the reason."""


class BadOption(ValueError):
    """An option of a type or a format that cannot be used. The message says which and why."""


# Zero-width characters, byte-order marks and soft hyphens that people paste without seeing them.
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
_LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_LATIN_MARKS = re.compile("[\u0300-\u036f]+")
_PUNCTUATION = re.compile(r"[\W_]+")
_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)


def clean(text: str) -> str:
    """One line of text: composed accents (NFC), no invisible characters, every run of blanks one space."""
    if text.isascii():
        if text.isprintable() and "  " not in text:
            return text.strip()
    else:
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return " ".join(text.split())


def clean_lines(text: str) -> str:
    """Several lines of text, each as `clean` leaves it, without blank lines at either end."""
    return "\n".join(clean(line) for line in text.splitlines()).strip("\n")


def unaccented(text: str) -> str:
    """The text without its accents and ligatures; what has no plain form stays as it is."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    latin = _LATIN_MARKS.sub("", decomposed)
    return latin if latin.isascii() else "".join(c for c in latin if not unicodedata.combining(c))


def folded(text: str) -> str:
    """The form texts are compared in: no case, accents or punctuation, single spaces."""
    return _PUNCTUATION.sub(" ", unaccented(text).casefold()).strip()


def shown(native: Native) -> str:
    """A native value as an error message quotes it, kept short."""
    text = str(native)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def as_text(native: Native) -> str:
    """A native value as one clean line; a whole number from a workbook cell loses its ``.0``."""
    if isinstance(native, str):
        return clean(native)
    if native is None or native == []:
        return ""
    if isinstance(native, bool):
        raise Unreadable(f"a yes/no value ({native}) stands where text is expected")
    if isinstance(native, float):
        return str(int(native)) if native.is_integer() and abs(native) < 1e16 else repr(native)
    if isinstance(native, int):
        return str(native)
    raise Unreadable(f"several values ({shown(native)}) stand where one is expected")


def as_short_text(native: Native) -> str:
    """`as_text` for what is never long: a page of text is refused before anything searches it."""
    text = as_text(native)
    if len(text) > _LONGEST:
        raise Unreadable(f"{shown(text)} is {len(text)} characters long: too long for this field")
    return text


def whole_number(native: Native) -> str | None:
    """The digits of a number cell that holds a whole number; ``None`` if it is text or has decimals."""
    if isinstance(native, bool):
        return None
    if isinstance(native, int):
        return str(native)
    if isinstance(native, float) and native.is_integer() and abs(native) < 2**53:
        return str(int(native))
    return None


class FieldType:
    """One canonical type: how a native value of it is read, written, shown and compared.

    `options` are the keys a mapping may give it; `formats` describes what `formatted` accepts, for the
    reference (empty: nothing).
    """

    name: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    formats: ClassVar[str] = ""
    describe: ClassVar[str]

    def parse(self, native: Native) -> Canonical:
        """The canonical value, ``None`` if empty. Raises `Unreadable`."""
        text = as_short_text(native)
        return self.read(text) if text else None

    def read(self, text: str) -> Canonical:
        """The canonical value of one clean, non-empty line of text. Raises `Unreadable`."""
        raise NotImplementedError

    def native(self, value: Canonical, like: Native = None) -> Native:
        """The native value that reads as `value`, in the style of `like`, the present one, if it has one.

        Raises `Unwritable` where no native value would read back as this one.
        """
        return value

    def formatted(self, pattern: str) -> FieldType:
        """The same type reading and writing one fixed native format. Raises `BadOption`."""
        hint = f"; it knows {self.formats}" if self.formats else ""
        raise BadOption(f"type {self.name} has no format {pattern!r}{hint}")

    def show(self, value: Canonical, lang: str = "fr") -> str:
        """The value for a person's eyes, in French (``fr``) or English (``en``); empty for ``None``."""
        return "" if value is None else str(value)

    def key(self, value: Canonical) -> str | None:
        """The hard-normalised form that matching compares; ``None`` where there is nothing to compare."""
        return None if value is None else str(value) or None
