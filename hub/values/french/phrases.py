"""What French contracts say in sentences: days, durations, renewals.

| function | reads | gives |
|---|---|---|
| `day` | `1er mars 2026`, `premier mars deux mille vingt-six`, `01/03/2026` | ``"2026-03-01"`` |
| `duration` | `un an renouvelable par tacite reconduction`, `36 mois`, `90 jours` | ``"P12M"``, ``"P90D"`` |
| `renewal` | `par tacite reconduction`, `non renouvelable` | ``"tacit"``, ``"none"``, ``"express"`` |

How often (``2/12``: twice in 12 months) is `howoften`'s. Promises: pure; what could mean two things raises
`Unreadable` with the reason in words. Never: completes a partial date, or takes the first of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hub.values.base import Unreadable
from hub.values.dates import Date
from hub.values.french.words import Number, Word, fold, numbers_of, words_of

OPEN_ENDED = "open"
"""The duration of a contract without an end."""

_NUMERIC_DAY = re.compile(
    r"(?<![\d/.\-])(?:\d{1,2} ?[/.\-] ?\d{1,2} ?[/.\-] ?\d{2,4}|\d{4}-\d\d-\d\d)(?![\d/\-]|\.\d)"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("janvier janv", "fevrier fevr fev", "mars", "avril avr", "mai", "juin", "juillet juil", "aout",
         "septembre sept", "octobre oct", "novembre nov", "decembre dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DATE = Date()


def day(text: str) -> str:
    """The one day a text names, ISO. Raises `Unreadable` for none, several, or a partial one."""
    folded = fold(text)
    found: dict[str, str] = {}
    for match in _NUMERIC_DAY.finditer(folded):
        found.setdefault(str(_DATE.parse(match[0].replace(" ", ""))), match[0])
    for value, start, end in _days_in_words(folded):
        found.setdefault(value, text[start:end])
    if not found:
        raise Unreadable(f"'{_short(text)}' holds no complete date")
    if len(found) > 1:
        raise Unreadable(f"several dates stand here: {', '.join(found.values())}")
    return next(iter(found))


def _days_in_words(folded: str) -> Iterator[tuple[str, int, int]]:
    words = words_of(folded)
    numbers = numbers_of(words)
    ends = {end: number for number, end in numbers.values()}
    for at, word in enumerate(words):
        month = _MONTHS.get(word.text)
        if month is None or at == 0:
            continue
        first = _day_before(words, ends, at)
        year = _year_after(words, numbers, at)
        if first is None or year is None:
            continue
        number, start = first
        iso = _DATE.parse(f"{number:02}/{month:02}/{year.value:04}")
        yield str(iso), start, year.end


def _day_before(words: Sequence[Word], ends: dict[int, Number], at: int) -> tuple[int, int] | None:
    """The day's number that ends right before the month at `at`, and where it begins."""
    before = words[at - 1]
    if before.text in ("premier", "1er"):
        return 1, before.start
    if before.text == "er" and at > 1 and words[at - 2].text == "1":
        return 1, words[at - 2].start
    number = ends.get(at)
    return (number.value, number.start) if number and 1 <= number.value <= 31 else None


def _year_after(words: Sequence[Word], numbers: dict[int, tuple[Number, int]], at: int) -> Number | None:
    after = at + 1
    while after < len(words) and words[after].text in ("de", "l", "an", "annee"):
        after += 1
    number = numbers.get(after)
    return number[0] if number and 1900 <= number[0].value <= 2199 else None


_UNITS = {"an": 12, "ans": 12, "annee": 12, "annees": 12, "mois": 1, "trimestre": 3, "trimestres": 3,
          "semestre": 6, "semestres": 6}  # fmt: skip
_DAYS = {"jour": 1, "jours": 1, "semaine": 7, "semaines": 7}
_AFTERWARDS = re.compile(r"\b(?:renouvel|reconduc|recondui|tacite|preavis|puis\b|avant\b|delai|garanti)")
_REPEATED = ("tous", "toutes", "par", "chaque")


def duration(text: str) -> str:
    """How long, as ISO 8601 has it: months (``P12M``) or days (``P90D``); `OPEN_ENDED` for no end.

    What comes after `renouvelable`, `reconduction`, `préavis` is about something else and not read.
    """
    folded = fold(text)
    if re.search(r"\bduree\s+indeterminee|\bindeterminee\b", folded):
        return OPEN_ENDED
    cut = _AFTERWARDS.search(folded)
    head = folded[: cut.start()] if cut else folded
    if re.search(r"\d[.,]\d+ ?(?:ans?|annees?|mois)\b", head):
        raise Unreadable(f"'{_short(text)}' gives a fraction; write months")
    found = dict.fromkeys(_durations(head))
    if not found:
        raise Unreadable(f"'{_short(text)}' holds no duration (36 mois, un an)")
    if len(found) > 1:
        raise Unreadable(f"several durations stand here: {', '.join(found)}")
    return next(iter(found))


def _durations(folded: str) -> Iterator[str]:
    folded = _told_twice(folded)
    words = words_of(folded)
    numbers = numbers_of(words)
    months = days = 0
    last = -2
    for at, (number, after) in numbers.items():
        unit = words[after].text if after < len(words) else ""
        # "tous les 6 mois" is how often, not how long.
        repeated = any(word.text in _REPEATED for word in words[max(0, at - 2) : at])
        if (unit not in _UNITS and unit not in _DAYS) or repeated:
            continue
        joined = at == last + 2 and words[at - 1].text == "et"
        if not joined and (months or days):
            yield _iso(months, days)
            months = days = 0
        months += number.value * _UNITS.get(unit, 0)
        days += number.value * _DAYS.get(unit, 0)
        if [word.text for word in words[after + 1 : after + 3]] in (["et", "demi"], ["et", "demie"]):
            months += _UNITS.get(unit, 0) // 2
        last = after
    if months or days:
        yield _iso(months, days)


def _iso(months: int, days: int) -> str:
    return "P" + (f"{months}M" if months else "") + (f"{days}D" if days else "")


def months_of(duration: str) -> float | None:
    """A duration in months (days as thirtieths), for comparing; ``None`` for one without an end."""
    found = re.fullmatch(r"P(?:(\d+)M)?(?:(\d+)D)?", duration)
    return int(found[1] or 0) + int(found[2] or 0) / 30 if found else None


def _told_twice(folded: str) -> str:
    """`douze (12) mois` as `12 mois`. Raises `Unreadable` where the two differ."""
    words = words_of(folded)
    spans = sorted((number for number, _ in numbers_of(words).values()), key=lambda one: one.start)
    for first, second in pairwise(spans):
        between = folded[first.end : second.start]
        if between.strip() == "(" and folded[second.end :].lstrip().startswith(")"):
            if first.value != second.value:
                raise Unreadable(
                    f"'{folded[first.start : second.end]})' tells two numbers: "
                    f"{first.value} and {second.value}"
                )
            end = folded.index(")", second.end) + 1
            return _told_twice(folded[: first.start] + str(first.value) + folded[end:])
    return folded


_TACIT = re.compile(r"\b(?:tacite(?:ment)?|automatique(?:ment)?)\b")
_RENEWS = re.compile(r"\b(?:renouvel|recondui|reconduc)")
_NOT_RENEWED = re.compile(
    r"\b(?:non|sans|pas|aucune?|exclu\w*|ne \w+)\b[^.;]{0,40}\b(?:renouvel|recondui|reconduc|tacite)"
    r"|\btacite\w*[^.;]{0,30}\b(?:exclue|interdite)\b"
)
_EXPRESS = re.compile(r"\b(?:expresse(?:ment)?|accord (?:ecrit|expres)|par avenant)\b")


def renewal(text: str) -> str:
    """``tacit``, ``express`` or ``none``. Raises `Unreadable` where the text says nothing of renewal."""
    folded = fold(text)
    if _NOT_RENEWED.search(folded):
        return "express" if _EXPRESS.search(folded) else "none"
    if _TACIT.search(folded) and (_RENEWS.search(folded) or folded.strip().startswith("tacite")):
        return "tacit"
    if _RENEWS.search(folded) and _EXPRESS.search(folded):
        return "express"
    raise Unreadable(f"'{_short(text)}' does not say how it is renewed (par tacite reconduction …)")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:60] + "…"
