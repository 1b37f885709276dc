"""Sets text in Helvetica, the one font every PDF reader has: what can be written, how wide, on which lines.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.forms.widths import WIDTHS

ASCENT, DESCENT, CAPITALS, LEADING = 0.74, 0.21, 0.718, 1.15
"""Shares of the size."""


def encoded(text: str) -> bytes:
    """The text as the font's codes (Windows-1252). Raises `ValueError` naming the letter it does not have."""
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError as wrong:
        raise ValueError(f"«{text[wrong.start]}» is no letter that a form can show") from wrong


def width(text: str, size: float) -> float:
    """Points from the left of the first letter to the right of the last."""
    return sum(WIDTHS[code - 32] for code in encoded(text) if code >= 32) * size / 1000


def lines(text: str, size: float, room: float) -> list[str]:
    """The text on lines no wider than `room` points; a word that is wider is cut between letters."""
    found: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph.split(), size, room):
            longer = f"{line} {word}" if line else word
            if line and width(longer, size) > room:
                found.append(line)
                line = word
            else:
                line = longer
        found.append(line)
    return found


def _pieces(words: list[str], size: float, room: float) -> Iterator[str]:
    for word in words:
        piece = ""
        for letter in word:
            if piece and width(piece + letter, size) > room:
                yield piece
                piece = ""
            piece += letter
        yield piece
