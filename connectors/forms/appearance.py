"""Draws a text field's value as PDF operators: what a reader shows that draws none itself.

Sizes and colours are the field's own; a text too wide for its box is set smaller, down to `SMALLEST`, and
refused beyond that, since a reader would cut it off without a word. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.forms import helvetica

SMALLEST = 5.0
LARGEST = 12.0
MARGIN = 2.0


class TooLong(ValueError):
    """The text does not fit its box. The message says so, in words."""


@dataclass(frozen=True, slots=True)
class Box:
    """A field as it is drawn: its width and height in points, and how text stands in it."""

    width: float
    height: float
    style: str = ""
    align: int = 0
    multiline: bool = False
    cells: int | None = None
    border: float = 1.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """The operators, and the size the text was set in."""

    content: bytes
    size: float


_SIZE = re.compile(r"/\S+\s+([\d.]+)\s+Tf")
_COLOUR = re.compile(r"((?:[\d.]+\s+){1,4}(?:g|rg|k))(?=\s|$)")


def draw(text: str, box: Box, font: str) -> Drawn:
    """The text in its box, set in the font resource called `font`. Raises `TooLong`, or `ValueError` for a
    letter the font does not have.
    """
    wanted = _SIZE.search(box.style)
    asked = float(wanted[1]) if wanted else 0.0
    colour = _COLOUR.search(box.style)
    ink = colour[1] if colour else "0 g"
    if not text:
        return Drawn(b"/Tx BMC EMC", asked)
    size, pieces = _set(text, box, asked)
    body = " ".join(
        f"1 0 0 1 {x:.2f} {y:.2f} Tm <{helvetica.encoded(piece).hex()}> Tj" for x, y, piece in pieces
    )
    clip = f"0 0 {box.width:.2f} {box.height:.2f} re W n"
    return Drawn(f"/Tx BMC q {clip} BT {ink} /{font} {size:g} Tf {body} ET Q EMC".encode("ascii"), size)


Piece = tuple[float, float, str]


def _set(text: str, box: Box, asked: float) -> tuple[float, list[Piece]]:
    if box.cells:
        return _comb(text, box, asked)
    return _lines(text, box, asked) if box.multiline else _line(text, box, asked)


def _comb(text: str, box: Box, asked: float) -> tuple[float, list[Piece]]:
    cells = box.cells or 1
    if len(text) > cells:
        raise TooLong(f"has {len(text)} characters, and the form {cells} boxes for them")
    cell = box.width / cells
    size = _fitting(
        asked or min(LARGEST, box.height * 0.75), cell, max(helvetica.width(one, 1) for one in text)
    )
    first = {1: (cells - len(text)) // 2, 2: cells - len(text)}.get(box.align, 0)
    y = (box.height - helvetica.CAPITALS * size) / 2
    pieces = [
        ((first + place + 0.5) * cell - helvetica.width(one, size) / 2, y, one)
        for place, one in enumerate(text)
        if not one.isspace()
    ]
    return size, pieces


def _line(text: str, box: Box, asked: float) -> tuple[float, list[Piece]]:
    room = box.width - 2 * (MARGIN + box.border)
    line = " ".join(text.split("\n"))
    size = _fitting(asked or max(SMALLEST, min(LARGEST, box.height * 0.68)), room, helvetica.width(line, 1))
    return size, [(_left(line, box, size), (box.height - helvetica.CAPITALS * size) / 2, line)]


def _fitting(size: float, room: float, wide: float) -> float:
    """The size at which something `wide` points at size 1 fits its room."""
    if wide * size <= room:
        return size
    smaller = int(room / wide * 10) / 10
    if smaller < SMALLEST:
        raise TooLong("is too long for its box on the form, even in the smallest letters")
    return smaller


def _lines(text: str, box: Box, asked: float) -> tuple[float, list[Piece]]:
    room = box.width - 2 * (MARGIN + box.border)
    size = asked or 10.0
    while True:
        found = helvetica.lines(text, size, room)
        high = (len(found) - 1) * size * helvetica.LEADING + size * (helvetica.ASCENT + helvetica.DESCENT)
        if high <= box.height - 2 * box.border and all(helvetica.width(one, size) <= room for one in found):
            break
        size = round(size - 0.5, 1)
        if size < SMALLEST:
            raise TooLong("is too long for its box on the form, even in the smallest letters")
    top = box.height - box.border - MARGIN / 2 - helvetica.ASCENT * size
    return size, [
        (_left(one, box, size), top - number * size * helvetica.LEADING, one)
        for number, one in enumerate(found)
        if one
    ]


def _left(line: str, box: Box, size: float) -> float:
    free = box.width - helvetica.width(line, size)
    return {1: free / 2, 2: free - MARGIN - box.border}.get(box.align, MARGIN + box.border)


def with_size(style: str, font: str, size: float) -> str:
    """The field's style with this font and size: what a reader that draws the field itself must use."""
    told = f"/{font} {size:g} Tf"
    return _SIZE.sub(told, style, count=1) if _SIZE.search(style) else f"{told} {style or '0 g'}".strip()
