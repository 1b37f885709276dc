"""Reads a form that is no form any more (printed to PDF, flattened) by the rectangles of the blank's fields.

Text is what stands inside a field's rectangle and was not printed on the blank; a box is ticked where there
is ink on it that the blank does not have. Only on a page that lies exactly as the blank does
(`letters.place_in`). Never: recognises handwriting or scans; decides on a box with a little ink.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field

import pypdfium2 as pdfium  # type: ignore[import-untyped]

from connectors.forms.acroform import FormField, Rect, Widget
from connectors.forms.blank import Blank
from connectors.forms.intake import Opened
from connectors.forms.letters import FEWEST, Letter, Places, Sheet, added, place_in, sheet_of, text_in
from hub.filing.faults import damaged

DOTS = 200 / 72
TICKED, CLEAR = 0.15, 0.05
"""Share of a box's inside that has ink which the blank does not have. Ticked ones measured 0.44 and more on
a CERFA, 0.12 with the thinnest tick of a form program; clear ones 0.00. What lies between is asked of a
person."""

ANYHOW = 5.0
"""Points: a letter this near to its like on the blank is the blank's, set in another font."""

_INSIDE, _MIDDLE = 0.14, 0.3
"""Of a box's width, on each side: its frame, and all but its middle, where the dot of a round one is."""

_DARK = 140
_MOST_DOTS = 40_000_000
_GREY = {"rev_byteorder": False, "grayscale": True}


@dataclass(frozen=True, slots=True)
class Ink:
    """How much of a box is inked, beyond what the blank has of it, and whether a letter (✔, x) stands in
    it.
    """

    share: float
    letter: bool = False

    @property
    def ticked(self) -> bool | None:
        """``None``: it cannot be told."""
        return True if self.letter or self.share >= TICKED else False if self.share <= CLEAR else None


@dataclass
class Paper:
    """What was found on a flattened form. `refused` says why it is not read, in words; empty where it is."""

    refused: str = ""
    another: bool = False
    texts: dict[str, str | None] = field(default_factory=dict)
    inks: dict[tuple[str, str], Ink] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_paper(opened: Opened, blank: Blank, names: set[str]) -> Paper:
    """The blank's fields called `names`, as they stand on the pages of `opened`."""
    used = {number: [f for f in blank.fields.values() if f.name in names and _on(f, number)]
            for number in range(len(blank.sheets))}  # fmt: skip
    if not any(len(blank.sheets[number].letters) >= FEWEST for number, fields in used.items() if fields):
        return Paper("the blank holds too little printed text to recognise a flattened form by it")
    found = Paper()
    pages, empty = opened.pages(), blank.opened.pages()
    empty.init_forms()
    try:
        for number, fields in used.items():
            if not fields:
                continue
            if number >= len(pages):
                return Paper(f"page {number + 1} of the form is missing")
            _page(found, opened.shown, (pages, empty), blank, number, fields)
            if found.refused or found.another:
                return found
    finally:
        pages.close()
        empty.close()
    return found


def _on(field: FormField, number: int) -> bool:
    return any(widget.page == number for widget in field.widgets)


def _page(
    found: Paper, shown: str, documents: tuple[pdfium.PdfDocument, pdfium.PdfDocument], blank: Blank,
    number: int, fields: list[FormField],
) -> None:  # fmt: skip
    page = documents[0][number]
    try:
        sheet = sheet_of(page, shown)
        found.refused, found.another = _standing(sheet, blank.sheets[number], number)
        if found.refused or found.another:
            return
        letters = added(sheet, blank.sheets[number])
        for one in fields:
            if one.kind in ("text", "choice"):
                found.texts[one.name] = text_in(letters, one.rect, one.comb) if one.page == number else None
        _outside(found, letters, blank, number)
        boxes = [(one, widget) for one in fields if one.kind in ("checkbox", "radio")
                 for widget in one.widgets if widget.page == number]  # fmt: skip
        if boxes:
            _tell_ticks(found, (page, documents[1][number]), boxes, letters, shown)
    finally:
        page.close()


def _standing(sheet: Sheet, blank: Sheet, number: int) -> tuple[str, bool]:
    """Why a page is not read, or whether it is another form's."""
    place = place_in(sheet, blank)
    if place == "no text":
        what = "a picture without text" if sheet.picture else "nothing"
        why = f"page {number + 1} holds {what}: scanned paper and handwriting are not recognised"
        return why, False
    if place == "moved":
        return (
            f"page {number + 1} is this form, and does not lie as the blank does (rotated, shifted, scaled, "
            "or another edition): nothing of it was guessed",
            False,
        )
    return "", place == "another"


def _outside(found: Paper, letters: list[Letter], blank: Blank, number: int) -> None:
    """Note what was written beside the fields: nobody would see that it was left out."""
    rects = [w.rect for one in blank.fields.values() for w in one.widgets if w.page == number]
    printed = Places(blank.sheets[number].letters, ANYHOW)
    beside = [one for one in letters if not any(_holds(rect, one) for rect in rects) and not printed.has(one)]
    if len(beside) > 1:
        text = "".join(one.before + one.text for one in beside).strip()
        found.notes.append(
            f"page {number + 1}: «{' '.join(text.split())[:200]}» stands outside of every field"
        )


def _holds(rect: Rect, letter: Letter) -> bool:
    return rect[0] <= letter.x <= rect[2] and rect[1] <= letter.y <= rect[3]


def _tell_ticks(
    found: Paper, pages: tuple[pdfium.PdfPage, pdfium.PdfPage], boxes: list[tuple[FormField, Widget]],
    letters: list[Letter], shown: str,
) -> None:  # fmt: skip
    page, empty = pages
    now, bare, framed = _Picture(page, shown), _Picture(empty, shown), _Picture(empty, shown, fields=True)
    for one, widget in boxes:
        state = widget.states[0] if widget.states else "On"
        # A box that is clear on the blank may have a frame of its own, which is no tick.
        clear = bare if one.value else framed
        share = max(now.ink(widget.rect) - clear.ink(widget.rect), 0.0)
        found.inks[one.name, state] = Ink(share, any(_holds(widget.rect, letter) for letter in letters))
    empty.close()


class _Picture:
    """A page as grey dots, without its fields or with them."""

    def __init__(self, page: pdfium.PdfPage, shown: str, fields: bool = False) -> None:
        width, height = page.get_size()
        if width * height * DOTS * DOTS > _MOST_DOTS:
            raise damaged(f"{shown} is no form", f"a page of {width:.0f} by {height:.0f} points", "")
        bitmap = page.render(scale=DOTS, may_draw_forms=fields, draw_annots=fields, **_GREY)
        self._width, self._height, self._stride = bitmap.width, bitmap.height, bitmap.stride
        self._step = bitmap.n_channels
        self._dots = ctypes.string_at(bitmap.buffer, self._stride * self._height)
        self._places = bitmap.get_posconv(page)
        self._bitmap = bitmap

    def ink(self, rect: Rect) -> float:
        """The share of dark dots inside a rectangle, its frame left out; or in its middle, if that is
        more.
        """
        return max(self._share(rect, _INSIDE), self._share(rect, _MIDDLE))

    def _share(self, rect: Rect, inset: float) -> float:
        left, bottom, right, top = rect
        across, up = (right - left) * inset, (top - bottom) * inset
        ax, ay = self._places.to_bitmap(left + across, top - up)
        bx, by = self._places.to_bitmap(right - across, bottom + up)
        x0, x1 = int(max(0, min(ax, bx))), int(min(self._width, max(ax, bx)))
        y0, y1 = int(max(0, min(ay, by))), int(min(self._height, max(ay, by)))
        dark = total = 0
        for y in range(y0, y1):
            dots = self._dots[y * self._stride + x0 * self._step : y * self._stride + x1 * self._step][
                :: self._step
            ]
            total += len(dots)
            dark += sum(1 for dot in dots if dot < _DARK)
        return dark / total if total else 0.0
