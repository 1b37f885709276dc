"""French words as values: comparing texts, and numbers written in words.

Promises: `fold` keeps every letter at its place, so that what is found in the folded text can be cut out of
the original; a number in words is read by the grammar of French numbers and not word by word (`deux trois` is
two numbers). Never: guesses at a misspelt word. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_PLAIN = {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "\N{NO-BREAK SPACE}": " "} | {
    "\N{NARROW NO-BREAK SPACE}": " ", "\N{FIGURE SPACE}": " ", "\N{THIN SPACE}": " ", "\t": "\t",
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{HYPHEN}": "-",
    "\N{MINUS SIGN}": "-", "\N{MULTIPLICATION SIGN}": "x", "\N{FULLWIDTH COLON}": ":", "º": "°",
}  # fmt: skip


_FEW = 60
"""Letters outside ASCII in French; to replace each everywhere is faster than to look at every letter."""


@lru_cache(maxsize=4096)
def _folded_letter(letter: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter


def fold(text: str) -> str:
    """The text without case, accents and typographic marks, letter for letter at the same place."""
    if text.isascii():
        return text.lower()
    strange = [one for one in set(text) if one > "\x7f"]
    if len(strange) > _FEW:
        return "".join(map(_folded_letter, text))
    for one in strange:
        text = text.replace(one, _folded_letter(one))
    # No letter is left whose small form is longer than itself: the one there is (İ) has been folded.
    return text.lower()


class Word(NamedTuple):
    """One word or run of digits of a folded text, and where it stands."""

    text: str
    start: int
    end: int


_WORDS = re.compile(r"\d+|[^\W\d_]+")


def words_of(folded: str) -> list[Word]:
    """The words and numbers of a folded text, in order."""
    return [Word(found[0], found.start(), found.end()) for found in _WORDS.finditer(folded)]


_ONES = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
         "neuf": 9}  # fmt: skip
_TEENS = {"dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16}
_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "septante": 70, "huitante": 80,
         "octante": 80, "nonante": 90}  # fmt: skip
_FROM_DIX = {"sept": 17, "huit": 18, "neuf": 19}
_MILLIONS = ("million", "millions")

Found = tuple[int, int]
"""A number, and how many words it took."""


def number_at(words: Sequence[str], at: int) -> Found | None:
    """The longest number in words that begins at `at`: its value, and the number of words."""
    if at < len(words) and words[at] == "zero":
        return 0, 1
    millions = _thousands(words, at)
    if millions is None:
        return None
    value, used = millions
    if _word(words, at + used) in _MILLIONS:
        rest = _thousands(words, at + used + 1)
        return value * 1_000_000 + (rest[0] if rest else 0), used + 1 + (rest[1] if rest else 0)
    return millions


def _thousands(words: Sequence[str], at: int) -> Found | None:
    head = (1, 0) if _word(words, at) in ("mille", "mil") else _hundreds(words, at)
    if head is None:
        return None
    value, used = head
    if _word(words, at + used) not in ("mille", "mil"):
        return head
    used += 1
    rest = _hundreds(words, at + used)
    return (value * 1000 + rest[0], used + rest[1]) if rest else (value * 1000, used)


def _hundreds(words: Sequence[str], at: int) -> Found | None:
    head: Found | None
    if _word(words, at) in ("cent", "cents"):
        head = (1, 0)
    else:
        head = _below_hundred(words, at)
        # Years are counted in hundreds up to nineteen: dix-neuf cent quatre-vingt-dix.
        if (
            head is None
            or not 2 <= head[0] <= 19
            or _word(words, at + head[1])
            not in (
                "cent",
                "cents",
            )
        ):
            return head
    value, used = head[0] * 100, head[1] + 1
    rest = _below_hundred(words, at + used)
    return (value + rest[0], used + rest[1]) if rest else (value, used)


def _below_hundred(words: Sequence[str], at: int) -> Found | None:
    word = _word(words, at)
    if word == "quatre" and _word(words, at + 1) in ("vingt", "vingts"):
        return _with_rest(words, at, 80, 2, upto=19)
    if word == "soixante":
        return _with_rest(words, at, 60, 1, upto=19)
    if word in _TENS:
        return _with_rest(words, at, _TENS[word], 1, upto=9)
    return _below_twenty(words, at)


def _with_rest(words: Sequence[str], at: int, base: int, used: int, upto: int) -> Found:
    joined = _word(words, at + used) == "et"
    rest = _below_twenty(words, at + used + joined)
    if rest is None or rest[0] > upto or (joined and rest[0] not in (1, 11)):
        return base, used
    return base + rest[0], used + joined + rest[1]


def _below_twenty(words: Sequence[str], at: int) -> Found | None:
    word = _word(words, at)
    if word == "dix" and _word(words, at + 1) in _FROM_DIX:
        return _FROM_DIX[words[at + 1]], 2
    value = _ONES.get(word) or _TEENS.get(word)
    return (value, 1) if value else None


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


class Number(NamedTuple):
    """A whole number in a text, in digits or words, and where it stands there."""

    value: int
    start: int
    end: int
    in_words: bool


def numbers_of(words: Sequence[Word]) -> dict[int, tuple[Number, int]]:
    """Every number, by the place of its first word: the number, and the place after its last word."""
    texts = [word.text for word in words]
    found: dict[int, tuple[Number, int]] = {}
    at = 0
    while at < len(words):
        word = words[at]
        if word.text.isdecimal() and len(word.text) < 10:
            found[at] = Number(int(word.text), word.start, word.end, False), at + 1
            at += 1
            continue
        number = number_at(texts, at)
        if number is None:
            at += 1
            continue
        value, used = number
        found[at] = Number(value, word.start, words[at + used - 1].end, True), at + used
        at += used
    return found
