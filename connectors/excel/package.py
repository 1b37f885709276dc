"""The inside of an OOXML workbook: which part is which sheet, its strings, styles and tables, and its flags.

Source: ECMA-376 parts 1 and 2 (packages, relationships, SpreadsheetML), in both of its dialects:
transitional (what Excel writes by default) and strict, whose namespaces differ; a strict file read by
transitional names would look empty. Document type definitions are refused everywhere: no workbook has one,
and every XML bomb needs one.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.excel.styles import Styles, read_styles, read_theme
from hub.filing.faults import Fault, damaged

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
SMALL_PART_LIMIT = 64 * 1024 * 1024
CHUNK = 1 << 20

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column; all counted from 1, all included."""

_CELL = re.compile(r"^\$?([A-Za-z]{1,3})\$?([0-9]{1,7})$")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def column_number(letters: str) -> int:
    """A is 1, XFD is 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 is A, 16384 is XFD."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def parse_range(text: str) -> Range | None:
    """`A1:C9` or `B2` as numbers; ``None`` for what is no plain range (whole columns, broken text)."""
    first, _, last = text.partition(":")
    corners = [_CELL.match(corner.strip()) for corner in (first, last or first)]
    if corners[0] is None or corners[1] is None:
        return None
    (c1, r1), (c2, r2) = (corner.groups() for corner in corners if corner is not None)
    return int(r1), column_number(c1), int(r2), column_number(c2)


def show_range(area: Range) -> str:
    first = f"{column_letters(area[1])}{area[0]}"
    last = f"{column_letters(area[3])}{area[2]}"
    return first if first == last else f"{first}:{last}"


def unescape(text: str) -> str:
    """Excel writes characters XML cannot hold as `_x000D_`; line ends come out as a plain newline."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


@dataclass(frozen=True, slots=True)
class Sheet:
    """One tab: its name as people see it, its part, and whether it has cells (a chart sheet has none)."""

    name: str
    part: str
    is_grid: bool


@dataclass(frozen=True, slots=True)
class ExcelTable:
    """A real Excel table ("format as table"): where it lies, and how many of its last rows are totals."""

    part: str
    name: str
    area: Range
    header_rows: int
    totals_rows: int


class Package:
    """An opened OOXML workbook. Reads parts lazily; writes nothing."""

    def __init__(self, archive: zipfile.ZipFile, shown: str) -> None:
        self.archive = archive
        self.shown = shown
        self._members = {_tidy(info.filename).lower(): info for info in archive.infolist()}
        self.main = self._main_part()
        root = self.xml(self.main)
        if local(root.tag) != "workbook":
            raise damaged(f"{shown} is no workbook", f"its main part {self.main} holds <{local(root.tag)}>")
        self.strict = root.tag.startswith("{" + STRICT)
        self._relations = self.relations(self.main)
        self.sheets = self._sheets(root)
        self.date1904 = any(_true(e.get("date1904")) for e in root.iter() if local(e.tag) == "workbookPr")
        self.awaits_calculation = any(
            _true(e.get("fullCalcOnLoad")) for e in root.iter() if local(e.tag) == "calcPr"
        )
        self.signed = any(name.startswith("_xmlsignatures/") for name in self._members)

    def has(self, part: str) -> bool:
        return part.lower() in self._members

    def member(self, part: str) -> zipfile.ZipInfo:
        """The archive's entry for a part; names are compared without case, as OPC wants."""
        try:
            return self._members[part.lower()]
        except KeyError:
            raise damaged(
                f"{self.shown} lacks its part {part}", todo="open it in Excel and save it"
            ) from None

    def chunks(self, part: str) -> Iterator[bytes]:
        """A part's bytes in pieces; a wrong checksum or a lie about its size ends as a `Fault`."""
        try:
            with self.archive.open(self.member(part)) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise damaged(f"{self.shown}: part {part} is damaged", str(error), "restore a backup") from error

    def read(self, part: str, limit: int | None = None) -> bytes:
        if limit is not None and self.member(part).file_size > limit:
            raise damaged(
                f"{self.shown}: part {part} is far too big", f"{self.member(part).file_size:,} bytes"
            )
        return b"".join(self.chunks(part))

    def xml(self, part: str) -> Element:
        """A small part as a tree."""
        try:
            root: Element = fromstring(self.read(part, SMALL_PART_LIMIT), forbid_dtd=True)
        except DefusedXmlException as error:
            raise forbidden_dtd(self.shown, part) from error
        except (ParseError, ValueError, LookupError) as error:
            raise broken_xml(self.shown, part, error) from error
        return root

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relationship id to (last word of its type, part it leads to); outside targets are left out."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        found = {}
        for element in self.xml(rels):
            if element.get("TargetMode") == "External":
                continue
            kind = (element.get("Type") or "").rsplit("/", 1)[-1]
            found[element.get("Id") or ""] = (kind, _resolve(folder, element.get("Target") or ""))
        return found

    def _main_part(self) -> str:
        for kind, target in self.relations("").values():
            if kind == "officeDocument":
                return target
        if self.has("xl/workbook.xml"):
            return "xl/workbook.xml"
        raise damaged(f"{self.shown} has no workbook inside", todo="open it in Excel and save it as .xlsx")

    def _sheets(self, root: Element) -> list[Sheet]:
        sheets = []
        for element in root.iter():
            if local(element.tag) != "sheet" or not element.get("name"):
                continue
            id = next((value for key, value in element.attrib.items() if local(key) == "id"), "")
            kind, part = self._relations.get(id, ("", ""))
            sheets.append(Sheet(element.get("name") or "", part, kind == "worksheet" and self.has(part)))
        if not sheets:
            raise damaged(f"{self.shown} has no sheet that can be read", todo="open it in Excel and save it")
        return sheets

    @cached_property
    def shared_strings(self) -> list[str]:
        for kind, part in self._relations.values():
            if kind == "sharedStrings" and self.has(part):
                return read_strings(self.chunks(part), self.shown, part)
        return []

    @cached_property
    def styles(self) -> Styles:
        for kind, part in self._relations.values():
            if kind == "styles" and self.has(part):
                return read_styles(self.xml(part), self._theme())
        return Styles(())

    def _theme(self) -> tuple[str, ...]:
        for kind, part in self._relations.values():
            if kind == "theme" and self.has(part):
                return read_theme(self.xml(part))
        return ()

    def tables(self, sheet: Sheet) -> list[ExcelTable]:
        tables = []
        for kind, part in self.relations(sheet.part).values():
            if kind == "table" and self.has(part):
                root = self.xml(part)
                area = parse_range(root.get("ref") or "")
                if area is not None:
                    name = root.get("displayName") or root.get("name") or part
                    header, totals = (
                        int(root.get("headerRowCount") or 1),
                        int(root.get("totalsRowCount") or 0),
                    )
                    tables.append(ExcelTable(part, name, area, header, totals))
        return tables


def _true(text: str | None) -> bool:
    return text in ("1", "true", "on")


def _tidy(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")


def _resolve(folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    path = target if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(path).lstrip("/")


def forbidden_dtd(shown: str, part: str) -> Fault:
    return damaged(
        f"{shown}: part {part} declares a document type, which no workbook does",
        "this is how XML bombs and thefts of files are built",
        "do not trust this file; ask its sender for a fresh export",
    )


def broken_xml(shown: str, part: str, error: Exception) -> Fault:
    return damaged(
        f"{shown}: part {part} is not well-formed", str(error), "restore a backup, or repair it in Excel"
    )


def new_parser(shown: str, part: str) -> expat.XMLParserType:
    """A parser that names elements `namespace name`, joins split text, and refuses document types."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 65536

    def refuse(*_: Any) -> None:
        raise forbidden_dtd(shown, part)

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, chunks: Iterator[bytes], shown: str, part: str) -> Iterator[None]:
    """Parse piece by piece, handing control back after each; broken XML ends as a `Fault`."""
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise broken_xml(shown, part, error) from error


def read_strings(chunks: Iterator[bytes], shown: str, part: str) -> list[str]:
    """The shared strings in order, rich text joined, phonetic readings left out."""
    strings: list[str] = []
    pieces: list[str] = []
    state = {"text": False, "phonetic": False}
    parser = new_parser(shown, part)

    def start(name: str, _: dict[str, str]) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            state["phonetic"] = True
        elif tag == "t":
            state["text"] = not state["phonetic"]

    def end(name: str) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if tag == "si":
            strings.append(unescape("".join(pieces)))
        elif tag == "rPh":
            state["phonetic"] = False
        elif tag == "t":
            state["text"] = False

    def text(data: str) -> None:
        if state["text"]:
            pieces.append(data)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    for _ in feed(parser, chunks, shown, part):
        pass
    return strings
