"""From a stream of bytes to blocks of numbered lines, in the one encoding that the whole of it bears out.

Promises: a file is read in pieces of `SIZE` bytes, so its size does not matter; what is not in the encoding
it was said to be in is `Damage` with its line, never a text with wrong letters; ``auto`` decides by the first
byte that is not ASCII, and holds the rest of the file to it. Pure: it reads from a stream it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, Final

from connectors.sage.formats.entries import Options
from connectors.sage.text import BOM, Damage

SIZE: Final = 1 << 15
LONGEST: Final = 1 << 16
"""Characters of a line beyond which a file is no file of lines."""

EBCDIC: Final = ("cp500", "cp1140")
ENCODINGS: Final = ("cp1252", "cp850", "iso8859-15", "ascii", "utf-8", "utf-8-sig", *EBCDIC)

_CONTROLS = re.compile("[\x80-\x9f]")
# French words read in the wrong code page: é, ç and ê of CP850 as CP1252 shows them, and the other way round.
_DOS_AS_WINDOWS = re.compile("[a-z][\u201a\u2021\u02c6][a-z]|[a-z]\u201a\\b")
_WINDOWS_AS_DOS = re.compile("[a-z][ÚÞÓþ][a-z]|[a-z]Ú\\b")
_EBCDIC_LETTERS = re.compile(rb"[\x81-\x89\x91-\x99\xa2-\xa9\xc1-\xc9\xd1-\xd9\xe2-\xe9\xf0-\xf9]")
_ASCII_LETTERS = re.compile(rb"[0-9A-Za-z]")


class Source:
    """The lines of one stream. `found` are the options completed by encoding and line end; `ended` and `last`
    tell, once all is read, whether the last line was ended, and its number."""

    def __init__(self, stream: BinaryIO, options: Options, usual: Sequence[str]) -> None:
        """`usual`: the encodings that ``auto`` chooses from for bytes beyond ASCII, the likeliest first."""
        self._stream, self._usual = stream, usual
        self.found = options
        self._encoding = "" if options.encoding == "auto" else options.encoding
        self._end = b""
        self.ended, self.last = True, 0

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Lists of lines without their ends, each with the number of its first line. Raises `Damage`."""
        rest, number = b"", 1
        begun = False
        while data := self._stream.read(SIZE):
            data = rest + (data if begun else self._begin(data))
            begun = True
            self._end = self._end or self._first_end(data)
            cut = data.rfind(self._end) + 1 if self._end else 0
            rest = data[cut:]
            if len(rest) > LONGEST:
                raise Damage(
                    f"line {number + self._ends(data[:cut])} is longer than {LONGEST:,} characters",
                    "this is no file of lines, or its line ends were lost: export it again",
                )
            if cut:
                lines = self._lines(data[:cut], number)
                yield number, lines
                number += len(lines)
        rest = rest.rstrip(b"\x1a")
        self.last = number - 1
        if rest:
            self.ended, self.last = False, number
            yield number, self._lines(rest, number)

    def _first_end(self, data: bytes) -> bytes:
        """The byte that ends lines, by how the first of them ends; empty where none does yet."""
        if self._encoding in EBCDIC:
            end = b"\x15" if b"\x15" in data else b"\x25"
            before, name = b"\r", "nel" if end == b"\x15" else "lf"
        else:
            end = b"\n" if b"\n" in data else b"\r"
            before, name = b"\r", "lf" if end == b"\n" else "cr"
        at = data.find(end)
        if at < 0:
            return b""
        crlf = name == "lf" and data[at - 1 : at] == before
        self.found = replace(self.found, line_end="crlf" if crlf else name)
        return end

    def _ends(self, data: bytes) -> int:
        return data.count(self._end) if self._end else 0

    def _begin(self, data: bytes) -> bytes:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Damage(
                "the file is in UTF-16 (“Unicode” in Windows)", "export it in CP1252 (ANSI) or UTF-8"
            )
        if data.startswith(BOM):
            if self._encoding not in ("", "utf-8", "utf-8-sig"):
                raise Damage(
                    f"the file begins with the mark of UTF-8, and was said to be in {self._encoding}",
                    "read it with the encoding utf-8 (or auto)",
                )
            self._encoding = "utf-8-sig"
            self.found = replace(self.found, encoding="utf-8-sig")
            return data[len(BOM) :]
        if self._encoding in EBCDIC:
            return data
        head = data[:400]
        if len(_EBCDIC_LETTERS.findall(head)) > 4 * len(_ASCII_LETTERS.findall(head)) + 8:
            raise Damage(
                "the file is in EBCDIC, the code of mainframes",
                "say which: the encoding cp500 or cp1140; or have it written in ISO 8859-15",
            )
        return data

    def _lines(self, data: bytes, number: int) -> list[str]:
        if b"\0" in data:
            raise Damage(
                f"there is a zero byte on line {number + self._ends(data[: data.find(0)])}: "
                "the file is not copied completely, or is no text",
                "wait for the copy to end, or export again",
            )
        text = self._decoded(data, number)
        if self._end == b"\x15":
            text = text.replace("\x85", "\n")
        elif self._end == b"\r":
            text = text.replace("\r", "\n")
        elif "\r" in text:
            # Splitting at both characters is twice as fast as replacing them, where no line ends otherwise.
            if len(lines := text.split("\r\n")) == text.count("\n") + 1:
                return lines if lines[-1] else lines[:-1]
            text = text.replace("\r\n", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            del lines[-1]
        return lines

    def _decoded(self, data: bytes, number: int) -> str:
        if data.isascii() and self._encoding not in EBCDIC:
            return data.decode("ascii")
        if not self._encoding:
            self._encoding = _likeliest(data, self._usual)
            self.found = replace(self.found, encoding=self._encoding)
        encoding = self._encoding
        try:
            text = data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
        except UnicodeDecodeError as error:
            at = number + self._ends(data[: error.start])
            raise Damage(
                f"byte 0x{data[error.start]:02X} on line {at} is not {_named(encoding)}",
                "find out in which encoding this file was written, and say so",
            ) from error
        if encoding in EBCDIC:
            return text
        self._doubt(data, text, number)
        return text

    def _doubt(self, data: bytes, text: str, number: int) -> None:
        """Raise `Damage` where the letters say that the file is in another encoding than the one in use."""
        encoding = self._encoding
        if encoding not in _SIGNS:
            return
        if _is_utf8(data):
            raise _mistaken(text, _HIGH_IN_TEXT, number, encoding, "utf-8")
        rare, sign, instead = _SIGNS[encoding]
        # Most of a file is ASCII: what is left without it is searched for the rare bytes that begin a doubt.
        high = data.translate(None, _ASCII)
        if len(high.translate(None, rare)) < len(high) and sign.search(text):
            raise _mistaken(text, sign, number, encoding, instead)


_ASCII = bytes(range(0x80))
_SIGNS = {
    "iso8859-15": (bytes(range(0x80, 0xA0)), _CONTROLS, "cp1252"),
    "cp1252": (b"\x82\x87\x88", _DOS_AS_WINDOWS, "cp850"),
    "cp850": (b"\xe9\xe8\xe0\xe7", _WINDOWS_AS_DOS, "cp1252"),
}
"""By encoding: bytes of letters that another one has there, how they look in words, and which that is."""

_HIGH_IN_TEXT = re.compile("[^\x00-\x7f]+")


def _likeliest(data: bytes, usual: Sequence[str]) -> str:
    if _is_utf8(data):
        return "utf-8"
    for encoding in usual:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _SIGNS[encoding][1].search(text):
            return encoding
    return usual[0]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mistaken(text: str, sign: re.Pattern[str], number: int, encoding: str, instead: str) -> Damage:
    found = sign.search(text)
    at = found.start() if found else 0
    line = number + text.count("\n", 0, at)
    near = text[max(0, at - 12) : at + 14].strip().splitlines()
    return Damage(
        f"the file is in {_named(instead)}, not {_named(encoding)}: line {line} would be read "
        f"“{near[0] if near else ''}”",
        f"read it with the encoding {instead} (or auto)",
    )


def _named(encoding: str) -> str:
    return {"iso8859-15": "ISO 8859-15", "ascii": "ASCII"}.get(encoding, encoding.upper())
