"""The letters printed on a page, and where: what pdfium finds in the page itself, fields left out.

Places are in points of the page. Of what stands on both, a form's letters lie where the blank's do, or the
page was scanned, rotated, shifted or scaled: `place_in` tells which, so that nothing is read beside its box.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from ctypes import c_double
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as raw  # type: ignore[import-untyped]

from connectors.forms.acroform import Rect
from hub.filing.faults import damaged

CLOSE = 1.2
"""Points: a letter of the blank is where it was if it is no further off than that."""

IN_PLACE, SAME_TEXT = 0.93, 0.6
FEWEST = 20
"""Letters a blank's page must hold to be recognised by them."""

MOST = 60_000
Found: TypeAlias = Literal["in place", "moved", "another", "no text"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter: the middle of it, its height, and whether a gap or a new line comes before it."""

    text: str
    x: float
    y: float
    height: float
    before: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its size, how it is turned, its letters, whether it shows a picture."""

    width: float
    height: float
    turned: int
    letters: tuple[Letter, ...]
    picture: bool


def sheet_of(page: pdfium.PdfPage, shown: str) -> Sheet:
    """What is printed on a page. Raises `Fault` where that is more than a form can hold."""
    texts = page.get_textpage()
    try:
        letters = _letters(texts, shown)
    finally:
        texts.close()
    picture = any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4))
    return Sheet(page.get_width(), page.get_height(), page.get_rotation(), letters, picture)


def _letters(texts: pdfium.PdfTextPage, shown: str) -> tuple[Letter, ...]:
    count = texts.count_chars()
    if count > MOST:
        todo = "put only forms in this folder"
        raise damaged(f"{shown} is more than a form can be", f"{count:,} letters on one page", todo)
    found: list[Letter] = []
    before = ""
    box = [c_double() for _ in range(4)]
    for index in range(count):
        text = chr(raw.FPDFText_GetUnicode(texts.raw, index) or 32)
        if text.isspace():
            before = "\n" if text in "\r\n" or before == "\n" else " "
            continue
        raw.FPDFText_GetCharBox(texts.raw, index, *box)
        left, right, bottom, top = (one.value for one in box)
        found.append(Letter(text, (left + right) / 2, (bottom + top) / 2, top - bottom, before))
        before = ""
    return tuple(found)


def place_in(form: Sheet, blank: Sheet) -> Found:
    """Whether a page is the blank's, and lies as the blank does."""
    if not form.letters:
        return "no text"
    wanted = [letter for letter in blank.letters if letter.text.isalnum()]
    if not wanted:
        return "another"
    same_size = abs(form.width - blank.width) < CLOSE and abs(form.height - blank.height) < CLOSE
    if same_size and form.turned == blank.turned:
        there = Places(form.letters)
        if sum(there.has(letter) for letter in wanted) >= IN_PLACE * len(wanted):
            return "in place"
    held = _pairs(form.letters)
    asked = _pairs(blank.letters)
    common = sum(min(count, held[pair]) for pair, count in asked.items())
    return "moved" if common >= SAME_TEXT * sum(asked.values()) else "another"


def _pairs(letters: Sequence[Letter]) -> Counter[str]:
    return Counter(one.text + two.text for one, two in itertools.pairwise(letters))


class Places:
    """Where each letter stands, to ask whether one stands near a place."""

    def __init__(self, letters: Sequence[Letter], near: float = CLOSE) -> None:
        self._near = near
        self._at: dict[tuple[str, int, int], list[Letter]] = defaultdict(list)
        for letter in letters:
            self._at[letter.text, *self._cell(letter)].append(letter)

    def _cell(self, letter: Letter) -> tuple[int, int]:
        return math.floor(letter.x / self._near), math.floor(letter.y / self._near)

    def has(self, letter: Letter) -> bool:
        """Whether this letter stands near its place."""
        column, row = self._cell(letter)
        return any(
            math.hypot(one.x - letter.x, one.y - letter.y) <= self._near
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for one in self._at.get((letter.text, x, y), ())
        )


def added(form: Sheet, blank: Sheet) -> list[Letter]:
    """The letters that are on the form and not on the blank: what was filled in."""
    printed = Places(blank.letters)
    found: list[Letter] = []
    before = ""
    for letter in form.letters:
        before = "\n" if "\n" in (before, letter.before) else before or letter.before
        if printed.has(letter):
            before = before or " "
            continue
        found.append(Letter(letter.text, letter.x, letter.y, letter.height, before))
        before = ""
    return found


def text_in(letters: Sequence[Letter], rect: Rect, comb: bool) -> str | None:
    """What is written inside a rectangle; of a comb, one letter a box, without its gaps."""
    left, bottom, right, top = rect
    inside = [one for one in letters if left <= one.x <= right and bottom <= one.y <= top]
    if not inside:
        return None
    if comb:
        return "".join(one.text for one in sorted(inside, key=lambda one: one.x))
    return inside[0].text + "".join(one.before + one.text for one in inside[1:])
