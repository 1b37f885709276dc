"""What a cell's number format says of its number: a date, a time, or digits that must keep their zeros.

Source: ECMA-376 part 1, 18.8.30 (built-in formats) and 18.8.31 (format codes). A SIRET, postcode or telephone
number kept as a number has lost its leading zeros in the cell; only its format (`00000000000000`,
`0#" "##" "##" "##" "##`) still knows them. Also tells strike-through, fill and font colour, which people use
as a status. Conditional formats are no part of a cell's format and do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias
from xml.etree.ElementTree import Element

from connectors.excel.colours import resolved

Meaning: TypeAlias = Literal["number", "date", "datetime", "time", "duration", "padded", "text"]

BUILT_IN: dict[int, Meaning] = {
    **dict.fromkeys((14, 15, 16, 17), "date"),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), "time"),
    22: "datetime",
    46: "duration",
    49: "text",
    **dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "date"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "time"),
}
"""Formats every reader must know by number; 27 to 36 and 50 to 58 are those of East Asian editions."""

_SECTION = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_QUIET = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKET = re.compile(r"\[([^\]]*)\]")
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.|([0#?])|(.)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """One cell format: what its numbers mean, the format's code, and what people see of font and fill.

    `fill` is the fill's colour as the file says it (`#FF0000`, `theme 4`); `painted` and `ink` are the
    colours of fill and font that come out of it, six hex digits each, or ``None`` for the automatic one.
    """

    meaning: Meaning = "number"
    code: str = "General"
    strike: bool = False
    fill: str | None = None
    painted: str | None = None
    ink: str | None = None


@dataclass(frozen=True, slots=True)
class Styles:
    """All cell formats of a workbook, by the number a cell carries."""

    formats: tuple[Style, ...]

    def get(self, index: int) -> Style:
        return self.formats[index] if 0 <= index < len(self.formats) else _PLAIN

    @property
    def dated(self) -> frozenset[int]:
        return frozenset(n for n, style in enumerate(self.formats) if style.meaning in ("date", "datetime"))


_PLAIN = Style()


def read_styles(root: Element, theme: Sequence[str] = ()) -> Styles:
    """The formats of a styles part, in the order of its `cellXfs`; `theme` is what `read_theme` gave."""
    codes = {
        int(e.get("numFmtId") or 0): e.get("formatCode") or "" for e in _under(root, "numFmts", "numFmt")
    }
    indexed = [
        (e.get("rgb") or "")[-6:] for colours in _under(root, "colors", "indexedColors") for e in colours
    ]
    fonts = [
        (_struck(font), _resolved(font, "color", theme, indexed)) for font in _under(root, "fonts", "font")
    ]
    fills = [(_colour(fill), _painted(fill, theme, indexed)) for fill in _under(root, "fills", "fill")]
    formats = []
    for xf in _under(root, "cellXfs", "xf"):
        number = int(xf.get("numFmtId") or 0)
        code = codes.get(number, "")
        meaning = meaning_of(code) if code else BUILT_IN.get(number, "number")
        font, fill = int(xf.get("fontId") or 0), int(xf.get("fillId") or 0)
        strike, ink = fonts[font] if font < len(fonts) else (False, None)
        shown, painted = fills[fill] if fill < len(fills) else (None, None)
        formats.append(Style(meaning, code or "General", strike, shown, painted, ink))
    return Styles(tuple(formats))


def read_theme(root: Element) -> tuple[str, ...]:
    """The colours of a theme part, six hex digits each, in the order in which cells count them."""
    found: dict[str, str] = {}
    for scheme in (e for e in root.iter() if e.tag.rsplit("}", 1)[-1] == "clrScheme"):
        for element in scheme:
            for colour in element:
                value = colour.get("lastClr") or colour.get("val") or ""
                found.setdefault(element.tag.rsplit("}", 1)[-1], value[-6:].upper())
    names = ("lt1", "dk1", "lt2", "dk2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
    if any(len(found.get(name, "")) != 6 for name in names):
        return ()
    return tuple(found[name] for name in names)


def _under(root: Element, group: str, item: str) -> Iterable[Element]:
    for child in root:
        if child.tag.endswith("}" + group) or child.tag == group:
            yield from (e for e in child if e.tag.endswith("}" + item) or e.tag == item)


def _struck(font: Element) -> bool:
    return any(
        e.tag.rsplit("}", 1)[-1] == "strike" and e.get("val") not in ("0", "false", "off") for e in font
    )


def _colour(fill: Element) -> str | None:
    for pattern in fill:
        if (pattern.get("patternType") or "none") in ("none", "gray125"):
            continue
        for colour in pattern:
            if colour.tag.rsplit("}", 1)[-1] == "fgColor":
                if rgb := colour.get("rgb"):
                    return f"#{rgb[-6:].upper()}"
                if theme := colour.get("theme"):
                    return f"theme {theme}"
                if indexed := colour.get("indexed"):
                    return f"indexed {indexed}"
    return None


def _painted(fill: Element, theme: Sequence[str], indexed: Sequence[str]) -> str | None:
    for pattern in fill:
        if (pattern.get("patternType") or "none") not in ("none", "gray125"):
            return _resolved(pattern, "fgColor", theme, indexed)
    return None


def _resolved(parent: Element, name: str, theme: Sequence[str], indexed: Sequence[str]) -> str | None:
    for element in parent:
        if element.tag.rsplit("}", 1)[-1] == name:
            return resolved(element.attrib, theme, indexed)
    return None


@lru_cache(maxsize=512)
def meaning_of(code: str) -> Meaning:
    """What a format code makes of a number; its first section decides, as it does for positive numbers."""
    section = _SECTION.split(code)[0]
    if section.strip() == "@":
        return "text"
    bare = _QUIET.sub("", section)
    brackets = {inside.lower() for inside in _BRACKET.findall(bare)}
    if any(set(inside) <= set("hms") and inside for inside in brackets):
        return "duration"
    letters = _BRACKET.sub("", bare).lower()
    if "general" in letters or "standard" in letters:
        return "number"
    letters = re.sub(r"am/pm|a/p|e[+-]", "", letters)
    clock = any(letter in letters for letter in "hs")
    if any(letter in letters for letter in "yd") or ("m" in letters and not clock):
        return "datetime" if clock else "date"
    if clock:
        return "time"
    return "padded" if _least_digits(section) >= 2 else "number"


def _least_digits(section: str) -> int:
    """How many digits a format always shows; 0 where it is one of amounts (decimals, thousands, per cent)."""
    width, counting = 0, False
    for _, _, place, other in _TOKEN.findall(section):
        if place:
            counting = counting or place == "0"
            width += counting
        elif (other and other not in " -/()+.:") or other == "." or other == ":":
            return 0
    return width


def padded(number: int, code: str) -> str:
    """A whole number as its `padded` format shows it: zeros kept, groups spaced. Negative ones stay plain."""
    if number < 0:
        return str(number)
    digits = str(number)
    parts: list[str] = []
    tokens = _TOKEN.findall(_SECTION.split(code)[0])
    places = sum(1 for token in tokens if token[2])
    waiting = digits.rjust(places, " ")
    head, tail = waiting[: len(waiting) - places], waiting[len(waiting) - places :]
    position, shown, forced = 0, False, False
    for quoted, escaped, place, other in tokens:
        if not place:
            if shown or not places:
                parts.append(quoted or escaped or other)
            continue
        forced = forced or place == "0"
        digit = tail[position]
        if position == 0 and head:
            parts.append(head)
        position += 1
        if digit != " " or forced:
            parts.append("0" if digit == " " else digit)
            shown = True
    return "".join(parts).strip()
