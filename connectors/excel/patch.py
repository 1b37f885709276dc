"""Splices edits into the XML of a sheet: only the cells named change, all other bytes are carried over.

Pure: bytes in, bytes out. New texts are written as inline strings: Excel reads them like any other and
makes them shared ones at its next save, and the shared-strings part, whose counts every other sheet depends
on, stays as it is. A cell keeps its style. Source: ECMA-376 part 1, 18.3 (cells, rows, tables), 18.2.2
(calcPr).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

from connectors.excel.package import Range, column_letters, column_number, parse_range, show_range
from hub.filing.faults import read_only

_TAG = re.compile(rb"<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_ENCODING = re.compile(rb"^<\?xml[^>]*\bencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_DIMENSION = re.compile(rb"(<(?:\w+:)?dimension\b[^>]*\bref=[\"'])([^\"']*)")
_EXTENDED = re.compile(rb"(<(?:\w+:)?(?:dataValidation|conditionalFormatting)\b[^>]*?\bsqref=[\"'])([^\"']*)")
_REF = re.compile(rb"(\bref=[\"'])([^\"']*)")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ROW_STYLE = ("spans", "s", "customFormat", "ht", "customHeight", "thickTop", "thickBot")


@dataclass(frozen=True, slots=True)
class NewCell:
    """What a cell shall hold: `text` is the characters of the text or number; `style` overrides its own."""

    kind: Literal["text", "number", "bool", "blank"]
    text: str = ""
    style: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """One cell element inside a row's XML: where it lies, its attributes, formula or not, empty or not."""

    column: int
    start: int
    end: int
    attributes: Mapping[str, str]
    formula: bool
    filled: bool

    @property
    def style(self) -> int:
        return int(self.attributes.get("s") or 0)


@dataclass
class RowXml:
    """A row element taken apart: its raw bytes, its attributes, its cells in order, and where they may go."""

    raw: bytes
    prefix: bytes
    attributes: dict[str, str]
    cells: list[Placed] = field(default_factory=list)
    inner_end: int = 0

    def cell(self, column: int) -> Placed | None:
        return next((cell for cell in self.cells if cell.column == column), None)


def require_utf8(xml: bytes) -> None:
    """Byte places only mean something in UTF-8, which is what every spreadsheet program writes."""
    declared = _ENCODING.match(xml.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared[1].lower() if declared else b"utf-8"
    if xml.startswith((b"\xff\xfe", b"\xfe\xff")) or encoding not in (b"utf-8", b"us-ascii", b"ascii"):
        raise read_only(
            "the sheet cannot be written in place",
            f"its XML is in {encoding.decode('ascii')}, not UTF-8",
            "open it in Excel and save it once",
        )


def row_end(xml: bytes, start: int, end: int) -> int:
    """The byte after a row element; `end` is where the parser saw it close."""
    opening = _TAG.match(xml, start)
    if opening is None:
        raise ValueError(f"no row at byte {start}")
    return opening.end() if opening[3] else xml.index(b">", end) + 1


def take_apart(raw: bytes) -> RowXml:
    """A row element's cells and their byte places, by a parser fed the element alone."""
    opening = _TAG.match(raw)
    if opening is None:
        raise ValueError("no row element")
    name = opening[1]
    prefix = name[: -len(b"row")]
    row = RowXml(raw, prefix, {})
    row.inner_end = opening.end() if opening[3] else raw.rindex(b"</")
    c_tag, f_tag = (prefix + b"c").decode(), (prefix + b"f").decode()
    depth = 0
    column = start = 0
    attributes: dict[str, str] = {}
    formula = inner = False
    parser = expat.ParserCreate("utf-8")

    def on_start(tag: str, given: dict[str, str]) -> None:
        nonlocal depth, column, start, attributes, formula, inner
        depth += 1
        if depth == 1:
            row.attributes = given
        elif depth == 2 and tag == c_tag:
            reference = given.get("r", "")
            column = column_number(reference.rstrip("0123456789")) if reference else column + 1
            start, attributes, formula, inner = parser.CurrentByteIndex, given, False, False
        elif depth == 3:
            inner = True
            formula = formula or tag == f_tag

    def on_end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1 and tag == c_tag:
            at = parser.CurrentByteIndex
            closed = not inner and raw[at - 2 : at] == b"/>"
            row.cells.append(
                Placed(column, start, at if closed else raw.index(b">", at) + 1, attributes, formula, inner)
            )

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.Parse(raw, True)
    return row


def patched_row(row: RowXml, number: int, edits: Mapping[int, NewCell]) -> bytes:
    """The row's XML with these cells set; cells that were not there are put in column order."""
    pieces: list[bytes] = []
    position = 0
    waiting = sorted(edits.items())

    def put_before(column: int | None) -> None:
        while waiting and (column is None or waiting[0][0] < column):
            fresh, cell = waiting.pop(0)
            pieces.append(cell_xml(row.prefix, fresh, number, cell, {}))

    opening = _TAG.match(row.raw)
    if opening is None:
        raise ValueError("no row element")
    pieces.append(_widened(opening[0], edits))
    position = opening.end()
    if opening[3]:
        put_before(None)
        pieces.append(b"</" + opening[1] + b">")
        pieces[0] = re.sub(rb"\s*/>$", b">", pieces[0])
        return b"".join(pieces)
    for cell in row.cells:
        pieces.append(row.raw[position : cell.start])
        put_before(cell.column)
        position = cell.end
        if waiting and waiting[0][0] == cell.column:
            pieces.append(cell_xml(row.prefix, cell.column, number, waiting.pop(0)[1], cell.attributes))
        else:
            pieces.append(row.raw[cell.start : cell.end])
    pieces.append(row.raw[position : row.inner_end])
    put_before(None)
    pieces.append(row.raw[row.inner_end :])
    return b"".join(pieces)


def _widened(opening: bytes, edits: Mapping[int, NewCell]) -> bytes:
    """A row's `spans` is a hint that may not be too narrow: it is widened where a cell would lie outside."""
    found = re.search(rb"(\bspans=[\"'])(\d+):(\d+)([\"'])", opening)
    if found is None or not edits:
        return opening
    low, high = min(int(found[2]), *edits), max(int(found[3]), *edits)
    return opening[: found.start()] + found[1] + b"%d:%d" % (low, high) + found[4] + opening[found.end() :]


def cell_xml(prefix: bytes, column: int, row: int, cell: NewCell, old: Mapping[str, str]) -> bytes:
    """One cell element. Type and metadata of the old value go; reference, style and the rest stay."""
    attributes = {name: value for name, value in old.items() if name not in ("t", "cm", "vm")}
    if not old:
        attributes["r"] = f"{column_letters(column)}{row}"
    if cell.style is not None:
        attributes["s"] = str(cell.style)
    elif not old and cell.kind == "blank":
        return b""
    p = prefix.decode("utf-8")
    inner = ""
    if cell.kind == "text":
        attributes["t"] = "inlineStr"
        inner = f'<{p}is><{p}t xml:space="preserve">{_text(cell.text)}</{p}t></{p}is>'
    elif cell.kind in ("number", "bool"):
        inner = f"<{p}v>{cell.text}</{p}v>"
        if cell.kind == "bool":
            attributes["t"] = "b"
    shown = _attributes(attributes)
    return (f"<{p}c{shown}>{inner}</{p}c>" if inner else f"<{p}c{shown}/>").encode()


def _text(text: str) -> str:
    return _escape(_LOOKS_ESCAPED.sub("_x005F_", text))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attributes(attributes: Mapping[str, str]) -> str:
    """As they stand in a start tag; line ends and tabs as references, or a parser makes them spaces."""
    shown = ""
    for name, value in attributes.items():
        quoted = _escape(value).replace('"', "&quot;")
        for char in "\n\r\t":
            quoted = quoted.replace(char, f"&#{ord(char)};")
        shown += f' {name}="{quoted}"'
    return shown


def new_row(model: RowXml, number: int, cells: Mapping[int, NewCell]) -> bytes:
    """A row made like `model`: its height and formats, the cells given, styled blanks as the model has."""
    p = model.prefix.decode("utf-8")
    kept = {k: v for k, v in model.attributes.items() if k in _ROW_STYLE or k.endswith(":dyDescent")}
    all_cells = {cell.column: NewCell("blank", style=cell.style) for cell in model.cells if cell.style}
    all_cells |= cells
    opening = _widened(f'<{p}row r="{number}"{_attributes(kept)}>'.encode(), all_cells)
    inner = b"".join(
        cell_xml(model.prefix, column, number, cell, {}) for column, cell in sorted(all_cells.items())
    )
    return opening + inner + f"</{p}row>".encode()


@dataclass(frozen=True, slots=True)
class Splice:
    """New bytes for `xml[start:end]`."""

    start: int
    end: int
    content: bytes


def spliced(xml: bytes, splices: Sequence[Splice]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        if splice.start < position:
            raise ValueError("edits overlap")
        pieces += (xml[position : splice.start], splice.content)
        position = splice.end
    return b"".join((*pieces, xml[position:]))


def grown(
    xml: bytes, first_row: int, after_rows: int, lists: Sequence[tuple[int, int, int]], widest: int
) -> bytes:
    """The sheet with its stated extent, validations and conditional formats reaching down with its lists.

    `first_row` and `after_rows` are the bytes where row elements start and end: cells are left alone. `lists`
    are those that grew: first row, last row before, last row now. Only ranges that ended on a list's last row
    grow, as they do when a person types below it in a table.
    """

    def extent(found: re.Match[bytes]) -> bytes:
        area = parse_range(found[2].decode("utf-8", "replace"))
        if area is None:
            return found[0]
        wider = (area[0], area[1], max(area[2], *(now for _, _, now in lists)), max(area[3], widest))
        return found[1] + show_range(wider).encode()

    def reach(found: re.Match[bytes]) -> bytes:
        ranges = found[2].decode("utf-8", "replace").split()
        for top, old_last, new_last in lists:
            ranges = [_reach(text, top, old_last, new_last) for text in ranges]
        return found[1] + " ".join(ranges).encode()

    head, rows, tail = xml[:first_row], xml[first_row:after_rows], xml[after_rows:]
    return _DIMENSION.sub(extent, head) + rows + _EXTENDED.sub(reach, tail)


def _reach(text: str, top: int, old_last: int, new_last: int) -> str:
    area = parse_range(text)
    if area is None or area[2] != old_last or (area[0] == old_last and old_last > top):
        return text
    return show_range((area[0], area[1], new_last, area[3]))


def grown_table(xml: bytes, area: Range, bottom: int) -> bytes:
    """A table part with its range, and its filter's, ending on row `bottom`."""

    def reach(found: re.Match[bytes]) -> bytes:
        if parse_range(found[2].decode("utf-8", "replace")) != area:
            return found[0]
        return found[1] + show_range((area[0], area[1], bottom, area[3])).encode()

    return _REF.sub(reach, xml)


_BEFORE_CALC = ("sheets", "functionGroups", "externalReferences", "definedNames")


def calculate_on_load(xml: bytes) -> bytes:
    """The workbook part asking for a full calculation when it is next opened; nothing else in it changes."""
    parser = expat.ParserCreate("utf-8")
    depth = insert_at = 0
    calc: int | None = None
    prefix = ""

    def on_start(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, calc, prefix
        depth += 1
        name = tag.rsplit(":", 1)[-1]
        if depth == 1:
            prefix = tag[: -len(name)]
        elif depth == 2 and name == "calcPr":
            calc = parser.CurrentByteIndex

    def on_end(tag: str) -> None:
        nonlocal depth, insert_at
        depth -= 1
        if depth == 1 and tag.rsplit(":", 1)[-1] in _BEFORE_CALC:
            at = parser.CurrentByteIndex
            insert_at = xml.index(b">", at) + 1 if xml.startswith(b"</" + tag.encode(), at) else at

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.Parse(xml, True)
    if calc is None:
        return xml[:insert_at] + f'<{prefix}calcPr fullCalcOnLoad="1"/>'.encode() + xml[insert_at:]
    opening = _TAG.match(xml, calc)
    if opening is None:
        raise ValueError("no calcPr element")
    tag = re.sub(rb"\s+fullCalcOnLoad\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", opening[0])
    cut = -2 if tag.endswith(b"/>") else -1
    return xml[:calc] + tag[:cut].rstrip() + b' fullCalcOnLoad="1"' + tag[cut:] + xml[opening.end() :]
