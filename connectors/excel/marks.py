"""What calamine does not tell of an `.xls` or `.xlsb` file: its error cells, its padded numbers.

calamine gives an error cell as an empty text, which would blank a field everywhere, and a postcode kept as
a number without its format. Only the records that tell these two things are read here, and nothing is
guessed: a file whose records cannot be walked is damaged. Sources: [MS-XLS] 2.4 (BOOLERR, FORMULA, FORMAT,
XF), [MS-XLSB] 2.4, [MS-CFB].
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from connectors.excel.package import local
from connectors.excel.styles import meaning_of
from hub.filing.faults import damaged

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass
class Marks:
    """Errors by their text, and format codes of the numbers that are padded with zeros."""

    errors: dict[Place, str] = field(default_factory=dict)
    padded: dict[Place, str] = field(default_factory=dict)
    formulas: set[Place] = field(default_factory=set)


def marks_of(path: Path, form: str, sheet: str, shown: str) -> Marks:
    """The marks of one sheet. Raises `Fault` where the file's records cannot be walked."""
    try:
        return _xlsb_marks(path, sheet) if form == "xlsb" else _xls_marks(path, sheet)
    except (struct.error, IndexError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise damaged(f"{shown} cannot be read", f"its cells cannot be walked: {error!r}") from error


def _code(error: int) -> str:
    return ERRORS.get(error, f"#ERR{error}")


# -- .xls --------------------------------------------------------------------------------------------


def _xls_marks(path: Path, sheet: str) -> Marks:
    stream = _workbook_stream(path.read_bytes())
    formats: dict[int, str] = {}
    styles: list[int] = []
    start: int | None = None
    wide = struct.unpack_from("<H", stream, 4)[0] >= 0x0600
    for kind, body in _biff(stream, 0):
        if kind == 0x041E:
            formats[struct.unpack_from("<H", body)[0]] = _biff_text(body[2:], wide, 2 if wide else 1)
        elif kind == 0x00E0:
            styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == 0x0085 and _biff_text(body[6:], wide, 1) == sheet:
            start = struct.unpack_from("<L", body)[0]
    if start is None:
        raise KeyError(sheet)
    codes = [formats.get(number, "") for number in styles]
    return _biff_cells(stream, start, codes)


def _biff_cells(stream: bytes, start: int, codes: list[str]) -> Marks:
    marks = Marks()
    for kind, body in _biff(stream, start):
        if kind in (0x0205, 0x0006, 0x0206, 0x0406, 0x0203, 0x027E):
            row, column, style = struct.unpack_from("<3H", body)
            place = row + 1, column + 1
            if kind == 0x0205 and body[7]:
                marks.errors[place] = _code(body[6])
            elif kind in (0x0006, 0x0206, 0x0406):
                marks.formulas.add(place)
                if body[12:14] == b"\xff\xff" and body[6] == 2:
                    marks.errors[place] = _code(body[8])
            _note(marks, place, codes, style)
        elif kind == 0x00BD:
            row, column = struct.unpack_from("<2H", body)
            for n in range((len(body) - 6) // 6):
                _note(marks, (row + 1, column + n + 1), codes, struct.unpack_from("<H", body, 4 + 6 * n)[0])
    return marks


def _note(marks: Marks, place: Place, codes: list[str], style: int) -> None:
    code = codes[style] if style < len(codes) else ""
    if code and meaning_of(code) == "padded":
        marks.padded[place] = code


def _biff(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, those of embedded charts left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<2H", stream, at)
        if kind in (0x0809, 0x0409, 0x0209, 0x0009):
            depth += 1
        elif kind == 0x000A:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _biff_text(body: bytes, wide: bool, size: int) -> str:
    length = int.from_bytes(body[:size], "little")
    if not wide:
        return body[size : size + length].decode("cp1252", "replace")
    if body[size] & 1:
        return body[size + 1 : size + 1 + 2 * length].decode("utf-16-le", "replace")
    return body[size + 1 : size + 1 + length].decode("latin-1")


def _workbook_stream(data: bytes) -> bytes:
    """The stream `Workbook` (or `Book`) of a compound file."""
    shift, mini_shift = struct.unpack_from("<2H", data, 30)
    (directory_at,) = struct.unpack_from("<L", data, 48)
    cutoff, mini_at = struct.unpack_from("<2L", data, 56)
    size, mini_size = 1 << shift, 1 << mini_shift
    table = _allocation(data, size)

    def chain(sector: int) -> bytes:
        pieces, seen = [], set()
        while sector < 0xFFFFFFFA:
            if sector in seen or sector >= len(table):
                raise ValueError("a chain of sectors does not end")
            seen.add(sector)
            pieces.append(data[(sector + 1) * size : (sector + 2) * size])
            sector = table[sector]
        return b"".join(pieces)

    directory = chain(directory_at)
    entries = [directory[n : n + 128] for n in range(0, len(directory), 128)]
    named = {
        e[: max(0, struct.unpack_from("<H", e, 64)[0] - 2)].decode("utf-16-le").lower(): e for e in entries
    }
    entry = named.get("workbook") or named.get("book")
    if entry is None:
        raise KeyError("Workbook")
    first, length = struct.unpack_from("<2L", entry, 116)
    if length >= cutoff:
        return chain(first)[:length]
    small = chain(struct.unpack_from("<L", entries[0], 116)[0])
    raw = chain(mini_at)
    mini = struct.unpack(f"<{len(raw) // 4}L", raw)
    pieces, seen = [], set()
    while first < 0xFFFFFFFA:
        if first in seen or first >= len(mini):
            raise ValueError("a chain of small sectors does not end")
        seen.add(first)
        pieces.append(small[first * mini_size : (first + 1) * mini_size])
        first = mini[first]
    return b"".join(pieces)[:length]


def _allocation(data: bytes, size: int) -> list[int]:
    """The sector allocation table: its first 109 sectors are named in the header, the others in a chain."""
    sectors = [s for s in struct.unpack_from("<109L", data, 76) if s < 0xFFFFFFFA]
    more, count = struct.unpack_from("<2L", data, 68)
    for _ in range(count):
        if more >= 0xFFFFFFFA:
            break
        block = struct.unpack_from(f"<{size // 4}L", data, (more + 1) * size)
        sectors += [s for s in block[:-1] if s < 0xFFFFFFFA]
        more = block[-1]
    table: list[int] = []
    for sector in sectors:
        table += struct.unpack_from(f"<{size // 4}L", data, (sector + 1) * size)
    return table


# -- .xlsb -------------------------------------------------------------------------------------------


def _xlsb_marks(path: Path, sheet: str) -> Marks:
    with zipfile.ZipFile(path) as archive:
        names = {name.lower().replace("\\", "/").lstrip("/"): name for name in archive.namelist()}
        main = next(name for name in names if name.endswith("workbook.bin"))
        folder = posixpath.dirname(main)
        targets = _relations(
            archive.read(names[f"{folder}/_rels/{posixpath.basename(main)}.rels".lstrip("/")])
        )
        part = next(
            targets[rel]
            for kind, body in _xlsb(archive.read(names[main]))
            if kind == 156
            for rel, name in [_bundle(body)]
            if name == sheet
        )
        styles = names.get(posixpath.join(folder, "styles.bin").lower())
        codes = _xlsb_codes(archive.read(styles)) if styles else []
        path_in = posixpath.normpath(posixpath.join("/", folder, part)).lstrip("/").lower()
        return _xlsb_cells(archive.read(names[path_in]), codes)


def _relations(xml: bytes) -> dict[str, str]:
    from defusedxml.ElementTree import fromstring

    root = fromstring(xml, forbid_dtd=True)
    return {e.get("Id") or "": e.get("Target") or "" for e in root if local(e.tag) == "Relationship"}


def _bundle(body: bytes) -> tuple[str, str]:
    """A sheet's relationship id and name."""
    rel, at = _xlsb_text(body, 8)
    name, _ = _xlsb_text(body, at)
    return rel, name


def _xlsb_text(body: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<L", body, at)
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le", "replace"), end


def _xlsb_codes(data: bytes) -> list[str]:
    """The format code of each cell format; empty for built-in ones."""
    formats: dict[int, str] = {}
    codes: list[str] = []
    cells = False
    for kind, body in _xlsb(data):
        if kind == 44:
            formats[struct.unpack_from("<H", body)[0]] = _xlsb_text(body, 2)[0]
        elif kind in (617, 618):
            cells = kind == 617
        elif kind == 47 and cells:
            codes.append(formats.get(struct.unpack_from("<H", body, 2)[0], ""))
    return codes


def _xlsb_cells(data: bytes, codes: list[str]) -> Marks:
    marks = Marks()
    row = 0
    for kind, body in _xlsb(data):
        if kind == 0:
            row = struct.unpack_from("<L", body)[0] + 1
        elif kind in (2, 3, 5, 8, 9, 10, 11):
            column, style = struct.unpack_from("<2L", body)
            place = row, column + 1
            if kind >= 8:
                marks.formulas.add(place)
            if kind in (3, 11):
                marks.errors[place] = _code(body[8])
            else:
                _note(marks, place, codes, style & 0xFFFFFF)
    return marks


def _xlsb(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, data[at : at + size]
        at += size
