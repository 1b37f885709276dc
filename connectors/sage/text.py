"""Between bytes and characters: no wrong encoding read, no character written that would not arrive.

`decode` answers a text or `Damage`, never a text with replacement characters. `fit` answers what a character
set can hold of a text, and what it had to change. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

ENCODINGS = {
    "cp1252": "CP1252 (ANSI)", "utf-8": "UTF-8", "cp850": "CP850 (DOS)", "iso8859-15": "ISO 8859-15",
}  # fmt: skip
"""Encodings that exports may have, and what a person calls them."""

BOM = b"\xef\xbb\xbf"

# What keyboards and pasted text produce beyond CP1252, and how a clerk would type it instead.
_SPELLED = {
    "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h", "ŋ": "n", "ĸ": "k", "ſ": "s",
    "‐": "-", "‑": "-", "‒": "-", "―": "—", "−": "-", "′": "'", "″": '"', "ʼ": "'", "‛": "'", "⁄": "/",
    "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≠": "<>", "№": "N°", "℡": "Tél.", "℮": "e",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u2028": " ", "\u2029": " ",
}  # fmt: skip

# What a clerk types where a character set has not even the signs of CP1252 (CP850, ISO 8859-15, ASCII).
_PLAINER = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O",
    "ß": "ss", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"',
    "„": '"',
    "«": '"', "»": '"', "‹": "<", "›": ">", "–": "-", "—": "-", "…": "...", "•": "-", "·": ".", "°": "o",
    "×": "x", "÷": "/", "µ": "u", "´": "'", "¨": " ", "¸": ",", "®": "(R)", "©": "(C)", "†": "+", "‰": "o/oo",
}  # fmt: skip

# The second byte of an accented letter in UTF-8, as CP1252 shows it.
_SECOND = bytes(byte for byte in range(0x80, 0xC0)).decode("cp1252", "ignore")
_DOUBLED = re.compile(f"[\u00c2\u00c3][{re.escape(_SECOND)}]")


class Damage(Exception):
    """A file of which nothing may be read: why, and what to do."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why, todo)
        self.why, self.todo = why, todo


class Unfit(Exception):
    """A character that a character set cannot hold in any spelling."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character

    def __str__(self) -> str:
        name = unicodedata.name(self.character, f"U+{ord(self.character):04X}")
        return f"{self.character!r} ({name})"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text as it will be written, and each character that changed with what stands in its place."""

    text: str
    changes: tuple[tuple[str, str], ...] = ()


def decode(data: bytes, encoding: str) -> str:
    """The text of a file, by one of `ENCODINGS` or ``auto``. Raises `Damage` with line, column, byte.

    ``auto`` is UTF-8 where it can be, else CP1252: whether it is CP850 or ISO 8859-15 instead, no file tells.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Damage("the file is in UTF-16 (“Unicode” in Windows)", "export it in CP1252 (ANSI) or UTF-8")
    if (zero := data.find(b"\0")) >= 0:
        raise Damage(
            f"there is a zero byte at {_place(data, zero)}: the file is not copied completely, or is no text",
            "wait for the copy to end, or export again",
        )
    data = data.rstrip(b"\x1a")
    if encoding == "auto":
        encoding = "utf-8" if data.startswith(BOM) or _is_utf8(data) else "cp1252"
    return _decode_utf8(data) if encoding == "utf-8" else _decode_bytes(data, encoding)


def doubly_encoded(text: str) -> int | None:
    """Where a text holds what looks like UTF-8 that was read as CP1252 before (``Ã©``), if it does."""
    found = _DOUBLED.search(text)
    return found.start() if found else None


def fit(text: str, encoding: str) -> Fitted:
    """The text in the spelling that `encoding` can hold. Raises `Unfit`."""
    composed = unicodedata.normalize("NFC", text)
    if _holds(encoding, composed):
        return Fitted(composed)
    out, changes = [], []
    for character in composed:
        if not _holds(encoding, character):
            spelled = _spelling(character, encoding)
            changes.append((character, spelled))
            character = spelled
        out.append(character)
    return Fitted("".join(out), tuple(dict.fromkeys(changes)))


def _spelling(character: str, encoding: str) -> str:
    if character in _SPELLED and _holds(encoding, _SPELLED[character]):
        return _SPELLED[character]
    if character in _PLAINER and _holds(encoding, _PLAINER[character]):
        return _PLAINER[character]
    if character in _SPELLED:
        return "".join(c if _holds(encoding, c) else _spelling(c, encoding) for c in _SPELLED[character])
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    if unicodedata.category(character) == "Zs":
        plain = " "
    plain = "".join(c if c == character or _holds(encoding, c) else _once_more(c, encoding) for c in plain)
    if (not plain and not unicodedata.combining(character)) or not _holds(encoding, plain):
        raise Unfit(character)
    return plain


def _once_more(character: str, encoding: str) -> str:
    """The spelling of a part of a spelling (the ``⁄`` of ``½``), itself where it has none."""
    found = _SPELLED.get(character) or _PLAINER.get(character)
    return found if found is not None and _holds(encoding, found) else character


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damage(
            f"byte {_byte(data, error.start)} at {_place(data, error.start)} is not UTF-8",
            "if this Sage exports in CP1252 (ANSI), set encoding: cp1252; else export again",
        ) from error


def _decode_bytes(data: bytes, encoding: str) -> str:
    """A file of one byte a character."""
    called = ENCODINGS[encoding]
    high = re.search(rb"[\x80-\xff]", data)
    first = high.start() if high else 0
    if high and (data.startswith(BOM) or _is_utf8(data)):
        raise Damage(
            f"the file is in UTF-8, not {called}: byte {_byte(data, first)} at {_place(data, first)} "
            f"would be read {data[first : first + 2].decode(encoding, 'replace')!r}",
            f"set encoding: utf-8 (or auto), or export in {called}",
        )
    control = re.search(rb"[\x80-\x9f]", data) if encoding == "iso8859-15" else None
    if control is not None:
        at = control.start()
        raise Damage(
            f"byte {_byte(data, at)} at {_place(data, at)} is no character of ISO 8859-15",
            "if this Sage exports in CP1252 (ANSI) or CP850 (DOS), set encoding: cp1252 or cp850",
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Damage(
            f"byte {_byte(data, error.start)} at {_place(data, error.start)} is not {called}",
            f"find out in which encoding this file was written, and export it in {called} or UTF-8",
        ) from error


def _byte(data: bytes, at: int) -> str:
    return f"0x{data[at]:02X}"


def _place(data: bytes, at: int) -> str:
    """Line and column of a byte, both from 1; the column counts bytes, as one character may be several."""
    start = data.rfind(b"\n", 0, at) + 1
    line = data.count(b"\n", 0, at) + 1
    return f"line {line}, column {at - start + 1}"
