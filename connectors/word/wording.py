"""How a canonical value is written into a document: as the text that stood there, with the new value in it.

`31 décembre 2026` becomes `1er janvier 2027` and `31/12/2026` becomes `01/01/2027`; `1 250,00 € HT` keeps its
separators and what is around its number; a telephone number keeps its blanks. Where nothing stood, what is
usual in France is written. A text that tells the value in two ways, of which one would stay, is refused.
Pure. Raises `Refusal`. Never: writes what `reading` would not read back; whoever calls looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.word import amounts, kinds
from connectors.word.faults import Refusal
from connectors.word.profile import Field_
from hub.values import Unreadable, make_type
from hub.values.french import phrases as french
from hub.values.french.words import fold, numbers_of, words_of

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")  # fmt: skip
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
RENEWALS = {"tacit": "tacite reconduction", "express": "reconduction expresse", "none": "sans reconduction"}
_NUMBERS = ("zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
            "douze")  # fmt: skip
_BLANK = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]"


def worded(wanted: Field_, value: Any, old: Any = None, like: str = "", after: str = "") -> str:
    """The text for a field's canonical `value`, in place of `like`, which said `old`.

    `after` is what follows on the same line outside: `€ HT` there is not written a second time.
    """
    if value is None:
        return ""
    kind = wanted.type
    if kind == "date":
        return _date(str(value), old, like)
    if kind == "amount":
        return _amount(wanted, str(value), old, like, after)
    if kind in ("number", "integer"):
        return _number(str(value), old, like)
    if kind == "periodicity":
        return _periodicity(wanted, str(value), like)
    if kind == "duration":
        return _duration(str(value), like)
    if kind == "renewal":
        return _cased(RENEWALS[str(value)], like)
    if kind == "choice":
        words = (wanted.values or {}).get(str(value)) or (str(value),)
        return words[0]
    if kind == "boolean":
        return _cased("oui" if value else "non", like)
    if kind in _WRITTEN:
        return _inside(kind, str(value), old, like, wanted)
    return _instead(str(value), old, like)


def _cased(text: str, like: str) -> str:
    """With a capital, or in capitals, as what stood there."""
    letters = [letter for letter in like if letter.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return text.upper()
    return text[:1].upper() + text[1:] if letters and letters[0].isupper() else text


# -- days --------------------------------------------------------------------------------------------

_NUMERIC = re.compile(r"(?<![\d/.\-])(\d{1,2})( ?[/.\-] ?)(\d{1,2})( ?[/.\-] ?)(\d{4})(?![\d/\-])")
_ISO = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_LONG = re.compile(
    rf"(?:(?P<name>{'|'.join(DAYS)})(?P<gap>{_BLANK}+))?(?P<day>1er|\d{{1,2}}|premier)(?P<first>{_BLANK}+)"
    r"(?P<month>[^\W\d_]{3,9})(?P<point>\.?)(?P<second>[\s\u00a0\u202f]+)(?P<year>\d{4})",
    re.IGNORECASE,
)


def _date(value: str, old: Any, like: str) -> str:
    day = date.fromisoformat(value)
    shapes: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], str]], ...] = (
        (_ISO, lambda _, new: new.isoformat()),
        (_NUMERIC, _numeric),
        (_LONG, _long),
    )
    text = like
    for pattern, write in shapes:
        text = pattern.sub(lambda found, write=write: _new_day(found, write, day, old), text)  # type: ignore[misc]
    if text != like or value == old:
        return text
    if any(word.text in map(fold, MONTHS) for word in words_of(fold(like))):
        return in_long_words(day)
    return f"{day:%d/%m/%Y}"


def _new_day(found: re.Match[str], write: Callable[[re.Match[str], date], str], day: date, old: Any) -> str:
    try:
        meant = french.day(found[0])
    except Unreadable:
        return found[0]
    return write(found, day) if old is None or meant == old else found[0]


def _numeric(found: re.Match[str], day: date) -> str:
    single = len(found[1]) == 1 or len(found[3]) == 1
    width = 1 if single else 2
    return f"{day.day:0{width}}{found[2]}{day.month:0{width}}{found[4]}{day.year}"


def _long(found: re.Match[str], day: date) -> str:
    name = _cased(DAYS[day.weekday()], found["name"]) + found["gap"] if found["name"] else ""
    number = "1er" if day.day == 1 else str(day.day)
    month = _cased(MONTHS[day.month - 1], found["month"])
    return f"{name}{number}{found['first']}{month}{found['second']}{day.year}"


def in_long_words(day: date) -> str:
    """`1er janvier 2027`"""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


_CODES = re.compile(r"'[^']*'|d{1,4}|M{1,4}|y{1,4}|[Hh]{1,2}|m{1,2}|s{1,2}|AM/PM|am/pm|.", re.DOTALL)


def by_format(value: str, pattern: str, language: str) -> str:
    """A day as a date control's own `w:dateFormat` shows it (`dddd d MMMM yyyy`). Raises `Refusal`.

    Source: ECMA-376 part 1, 17.16.4.1 (date and time formatting).
    """
    day = date.fromisoformat(value)
    named = re.search(r"d{3,4}|M{3,4}", re.sub(r"'[^']*'", "", pattern)) is not None
    if named and language and not language.lower().startswith("fr"):
        raise Refusal(
            f"the control shows dates in the language {language} ({pattern}): the hub cannot name its months",
            "give the control a French format, or one in figures (dd/MM/yyyy): Developer, Properties",
        )
    return "".join(_code(piece, day) for piece in _CODES.findall(pattern))


def _code(piece: str, day: date) -> str:
    if piece.startswith("'"):
        return piece[1:-1]
    if piece[0] == "d":
        name = DAYS[day.weekday()]
        return [str(day.day), f"{day.day:02}", f"{name[:3]}.", name][len(piece) - 1]
    if piece[0] == "M":
        name = MONTHS[day.month - 1]
        short = name if len(name) < 5 else f"{name[:4]}."
        return [str(day.month), f"{day.month:02}", short, name][len(piece) - 1]
    if piece[0] == "y":
        return f"{day.year % 100:02}" if len(piece) < 3 else str(day.year)
    if piece[0] in "Hhms" and set(piece) == {piece[0]}:
        return "0" * len(piece)
    return piece


# -- numbers -----------------------------------------------------------------------------------------

_BLOB = re.compile(r"(?<![\w.,])\d(?:[\d .,'\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]*\d)?")
_MONEY = make_type("money")


def _amount(wanted: Field_, value: str, old: Any, like: str, after: str) -> str:
    found = [one for one in _BLOB.finditer(like) if old is not None and _is_money(one[0], str(old))]
    if not found:
        plain = in_french(Decimal(value), 2)
        follows = fold(after).lstrip(" \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")
        if follows.startswith(("€", "eur")):
            return plain
        return f"{plain} €" + (f" {wanted.tax}" if wanted.tax else "")
    if len(found) > 1:
        raise Refusal(
            f"{kinds.quoted(like)} holds the amount twice, and the hub cannot tell which is meant",
            "leave the amount alone in its control, and put the rest beside it",
        )
    number = found[0]
    try:
        others = amounts.marked(like[: number.start()] + " " + like[number.end() :])
    except Unreadable as reason:
        others = [str(reason)]
    if others:
        raise Refusal(
            f"{kinds.quoted(like)} tells another amount beside it, which would no longer fit: {others[0]}",
            "leave one amount in the control, and put the other beside it; or change both in Word",
        )
    return like[: number.start()] + _styled(Decimal(value), number[0]) + like[number.end() :]


def _is_money(text: str, old: str) -> bool:
    try:
        return str(_MONEY.parse(text)) == old
    except Unreadable:
        return False


def _styled(number: Decimal, like: str) -> str:
    """A number with the separators and decimals of another, and no fewer decimals than it needs."""
    decimals = re.search(r"([.,])(\d{1,2})$", like)
    whole = like[: decimals.start()] if decimals else like
    separator = next((letter for letter in whole if not letter.isdigit()), None)
    needed = 0 if number == number.to_integral_value() else 2
    places = max(len(decimals[2]) if decimals else 0, needed)
    point = decimals[1] if decimals else ","
    if separator is None:
        separator = "" if len(whole) > 3 or point == "." else " "
    return in_french(number, places, separator, point)


def in_french(number: Decimal, places: int, separator: str = " ", point: str = ",") -> str:
    return f"{number:,.{places}f}".replace(",", "\0").replace(".", point).replace("\0", separator)


def _number(value: str, old: Any, like: str) -> str:
    """A bare number, in place of the one that said `old`; what is around it stays."""
    written = value.replace(".", ",")
    found = [one for one in _BLOB.finditer(like) if _plain(one[0]) == str(old)]
    if len(found) == 1:
        return like[: found[0].start()] + written + like[found[0].end() :]
    return written


def _plain(text: str) -> str:
    return re.sub(_BLANK, "", text).replace(",", ".")


# -- terms -------------------------------------------------------------------------------------------

_VISITS = re.compile(r"\b(visite|passage|entretien|intervention|fois)s?\b")


def _periodicity(wanted: Field_, value: str, like: str) -> str:
    """As adjectives where those stood (`semestrielle`), as visits where those did (`deux visites par an`)."""
    times, _, months = value.partition("/")
    if like.strip().isdecimal() and wanted.per and kinds.PER.get(wanted.per) == int(months):
        return times
    folded = fold(like)
    visits = _VISITS.search(folded)
    if re.fullmatch(r"\d+ ?x ?/ ?an", folded.strip()) and months == "12":
        return f"{times}{like.strip()[len(re.match(r'[0-9]+', like.strip())[0]) :]}"  # type: ignore[index]
    if visits is None or not re.search(r"\b(?:an|mois)\b", folded):
        return _cased(str(make_type("periodicity").show(value)), like)
    count = int(times)
    number = _in_words(count, visits[1]) if _has_number_words(folded) else times
    word = visits[1] + ("s" if count > 1 and visits[1] != "fois" else "")
    rest = "par an" if months == "12" else f"tous les {months} mois"
    return _cased(f"{number} {word} {rest}", like)


def _has_number_words(folded: str) -> bool:
    return any(number.in_words for number, _ in numbers_of(words_of(folded)).values())


def _in_words(count: int, word: str = "visite") -> str:
    if count == 1:
        return "un" if word in ("passage", "entretien") else "une"
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def _duration(value: str, like: str) -> str:
    found = re.fullmatch(r"P(\d+)M", value)
    folded = fold(like)
    if found and int(found[1]) % 12 == 0 and re.search(r"\b(?:ans?|annees?)\b", folded):
        years = int(found[1]) // 12
        number = ("un" if years == 1 else _in_words(years)) if _has_number_words(folded) else str(years)
        return _cased(f"{number} an{'s' if years > 1 else ''}", like)
    return _cased(str(make_type("duration").show(value)), like)


# -- numbers people have -------------------------------------------------------------------------------

_WRITTEN: dict[str, re.Pattern[str]] = {
    "phone": re.compile(r"\+?\(?\d[\d .\-()/\N{NO-BREAK SPACE}]*\d"),
    "siret": re.compile(r"\d[\d .\N{NO-BREAK SPACE}]*\d"),
    "siren": re.compile(r"\d[\d .\N{NO-BREAK SPACE}]*\d"),
    "vat": re.compile(r"\b[A-Z]{2} ?[0-9A-Z]{2}[\d ]*\d", re.IGNORECASE),
    "iban": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}", re.IGNORECASE),
    "email": re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[A-Za-z]{2,}"),
}


def _inside(kind: str, value: str, old: Any, like: str, wanted: Field_) -> str:
    """Written like the one that stood there, in its place; blanks where it had blanks."""
    read = kinds.reader(kind, wanted.options)
    found = [one for one in _WRITTEN[kind].finditer(like) if old is not None and _says(read, one[0], old)]
    if len(found) != 1:
        return _as_people_write(kind, value, "", wanted)
    number = found[0]
    return like[: number.start()] + _as_people_write(kind, value, number[0], wanted) + like[number.end() :]


def _says(read: kinds.Reader, text: str, old: Any) -> bool:
    try:
        return bool(read(text) == old)
    except Unreadable:
        return False


def _as_people_write(kind: str, value: str, like: str, wanted: Field_) -> str:
    if kind == "phone":
        return str(make_type("phone", region=wanted.region or "FR").native(value, like or None))
    if kind == "email" or (like and not re.search(_BLANK, like)):
        return value
    return str(make_type(kind).show(value))


def _instead(value: str, old: Any, like: str) -> str:
    """In place of the old value where that is part of a longer text, else alone."""
    if isinstance(old, str) and old and old != like and like.count(old) == 1:
        return like.replace(old, value)
    return value
