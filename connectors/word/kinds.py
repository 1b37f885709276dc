"""The types a field of a contract may have: what a phrase out of a document means, one value or none.

A type is given the raw text of one place (a control, a cell, what follows a label) and answers the canonical
value: the hub's own (`hub.values`) wherever the hub has the type, else as `french` and `howoften` have it.

Promises: pure; an empty text is ``None``; a text that holds two different values, or none that is certain,
raises `Unreadable` in words. Never: takes the first of two amounts, joins two numbers, guesses a tax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connectors.word.amounts import amount
from hub.values import Choice, Unreadable, clean, folded, make_type, numbers_in
from hub.values.french import howoften
from hub.values.french import phrases as french
from hub.values.french.words import fold, words_of

Reader = Callable[[str], "str | int | bool | None"]
TICKED = "☒☑✓✔🗹"
EMPTY_BOX = "☐□◻"
PER = {"year": 12, "half-year": 6, "quarter": 3, "month": 1}

_SIRET = re.compile(r"(?<!\d)\d{3}[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}[ .]?\d{3}(?!\d)|(?<!\d)\d{14}(?!\d)")
_SIREN = re.compile(r"(?<!\d)\d{3}[ .]?\d{3}[ .]?\d{3}(?!\d| ?\d{5}(?!\d))")
_VAT = re.compile(r"(?<![A-Z0-9])FR ?[0-9A-Z]{2} ?\d{3} ?\d{3} ?\d{3}(?!\d)", re.IGNORECASE)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Z0-9])")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[A-Za-z]{2,}")
_TOWN = re.compile(
    r"(?<![\d-])(?<!bp )(?<!cs )(?<!b\.p\. )(?:f-? ?|fr-? ?)?(\d{2} ?\d{3})(?!\d)[ ,\-–]*", re.IGNORECASE
)
_TOWN_WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*\.?")
_SMALL = {"le", "la", "les", "l", "de", "du", "des", "d", "sur", "sous", "en", "et", "lès", "lez", "aux",
          "au", "à", "saint", "st", "ste"}  # fmt: skip
_STREETS = {"rue", "avenue", "av", "bd", "boulevard", "chemin", "route", "impasse", "place", "allee",
            "allees", "euros", "eur", "ht", "ttc", "cours", "quai", "lieu"}  # fmt: skip


def one_of(found: Iterable[tuple[str, str]], nothing: str, called: str) -> str:
    """The one canonical value among (value, as written); repetitions count once. Raises `Unreadable`."""
    distinct: dict[str, str] = {}
    for value, written in found:
        distinct.setdefault(value, written)
    if not distinct:
        raise Unreadable(nothing)
    if len(distinct) > 1:
        raise Unreadable(f"several {called} stand here: {', '.join(distinct.values())}")
    return next(iter(distinct))


def quoted(text: str) -> str:
    """A raw text as an error message quotes it."""
    text = " ".join(text.split())
    return f"'{text}'" if len(text) <= 60 else f"'{text[:60]}…'"


def _of_hub(name: str, pattern: re.Pattern[str], called: str) -> Callable[[str], str]:
    """A type of the hub's, also where it stands inside a sentence."""
    kind = make_type(name)

    def read(text: str) -> str:
        try:
            value = kind.parse(text)
        except Unreadable as whole:
            found, wrong = [], whole
            for match in pattern.finditer(text):
                try:
                    found.append((str(kind.parse(match[0].strip(" .,;"))), match[0]))
                except Unreadable as part:
                    wrong = part
            if not found:
                raise wrong from None
            return one_of(found, "", called)
        return str(value)

    return read


def _phone(region: str) -> Reader:
    kind = make_type("phone", region=region)

    def read(text: str) -> str:
        try:
            return str(kind.parse(text))
        except Unreadable as whole:
            found = [(number, number) for number in numbers_in(text, region)]
            if not found:
                raise whole from None
            return one_of(found, "", "telephone numbers")

    return read


def _siren(text: str) -> str:
    """A SIREN, or that of a SIRET: people write either under this label."""
    try:
        return _SIREN_ALONE(text)
    except Unreadable as wrong:
        try:
            return _SIRET_READER(text)[:9]
        except Unreadable:
            raise wrong from None


_SIREN_ALONE: Callable[[str], str] = _of_hub("siren", _SIREN, "SIREN numbers")
_SIRET_READER: Callable[[str], str] = _of_hub("siret", _SIRET, "SIRET numbers")


def places(text: str) -> list[tuple[str, str, str]]:
    """Every (post code, town, as written) in an address; a town ends where its capitals do."""
    found = []
    for match in _TOWN.finditer(text):
        town = _town_after(text, match.end())
        if town:
            code = match[1].replace(" ", "")
            found.append((code, town, text[match.start() : match.end()].strip() + " " + town))
    return found


def _town_after(text: str, at: int) -> str:
    words: list[str] = []
    end = at
    while match := _TOWN_WORD.match(text, end):
        word = match[0].rstrip(".")
        small = word.lower() in _SMALL or re.match(r"[dl]['’][^\W\d_]", word) is not None
        if not word[0].isupper() and not (small and words) and fold(word) not in ("l", "la", "le", "les"):
            break
        if not words and fold(word) in _STREETS:
            return ""
        words.append(word)
        end = match.end()
        blanks = re.compile(r"[ ]+|(?<=['’])").match(text, end)
        if match[0].endswith(".") or not blanks:
            break
        end = blanks.end()
    while words and words[-1].lower() in _SMALL:
        words.pop()
    cedex = re.compile(r" *(\d{1,2})(?!\d)").match(text, end)
    if words and fold(words[-1]) == "cedex" and cedex:
        words.append(cedex[1])
    return " ".join(words)


def _postcode_town(text: str) -> str:
    nothing = f"{quoted(text)} holds no post code with its town (38000 Grenoble)"
    return one_of(((f"{code} {town}", raw) for code, town, raw in places(text)), nothing, "towns")


def _postcode(text: str) -> str:
    bare = text.replace(" ", "")
    if re.fullmatch(r"(?:F-?|FR-?)?\d{5}", bare, re.IGNORECASE):
        return bare[-5:]
    return _postcode_town(text)[:5]


def _town(text: str) -> str:
    if not any(letter.isdigit() for letter in text):
        return clean(text)
    return _postcode_town(text)[6:]


def _choice(values: Mapping[str, Sequence[str]]) -> Reader:
    kind = Choice({code: {str(n): word for n, word in enumerate(words)} for code, words in values.items()})
    spoken = {word: code for code, words in values.items() for word in map(folded, (code, *words)) if word}

    def read(text: str) -> str:
        text = ticked(text)
        try:
            return str(kind.parse(text))
        except Unreadable as whole:
            body = f" {folded(text)} "
            named = {word: code for word, code in spoken.items() if f" {word} " in body}
            # "gaz naturel" is one choice even where "gaz" is another.
            longest = {w: c for w, c in named.items() if not any(w != o and w in o for o in named)}
            if not longest:
                raise whole from None
            return one_of(((code, word) for word, code in longest.items()), "", "choices")

    return read


def ticked(text: str) -> str:
    """Of `☒ Gaz ☐ Fioul`, what is ticked; a text without boxes is itself. Raises `Unreadable`."""
    pieces = re.split(f"([{TICKED}{EMPTY_BOX}])", text)
    if len(pieces) == 1:
        return text
    chosen = [
        label
        for box, label in zip(pieces[1::2], pieces[2::2], strict=True)
        if box in TICKED and label.strip()
    ]
    if not chosen:
        raise Unreadable(f"nothing is ticked in {quoted(text)}")
    if len(chosen) > 1:
        raise Unreadable(f"several are ticked: {', '.join(label.strip() for label in chosen)}")
    return chosen[0].strip(" ,;/\n\t")


def _boolean(text: str) -> bool:
    boxes = [letter for letter in text if letter in TICKED + EMPTY_BOX]
    if len(boxes) == 1:
        return boxes[0] in TICKED
    value = make_type("boolean").parse(ticked(text))
    return bool(value)


def _text(text: str) -> str | None:
    return clean(text) or None


def _lines(text: str) -> str | None:
    value = make_type("text", multiline=True).parse(text)
    return str(value) if value is not None else None


def _number(name: str) -> Reader:
    kind = make_type(name)

    def read(text: str) -> str | int | None:
        digits = re.fullmatch(r"\D*?((?<!\w)-?\d[\d ]*(?:[.,]\d+)?)(?![\w.,]*\d)\D*", clean(text))
        value = kind.parse(digits[1].strip() if digits else text)
        return None if isinstance(value, list) else value

    return read


KINDS = (
    "text", "lines", "number", "integer", "boolean", "choice", "amount", "date", "duration", "renewal",
    "periodicity", "siret", "siren", "vat", "iban", "phone", "email", "postcode", "town", "postcode_town",
)  # fmt: skip
"""Every type a profile may name."""


def reader(kind: str, options: Mapping[str, Any]) -> Reader:
    """What reads a phrase as `kind`; `options` are the field's own: tax, per, values, region."""
    made: Reader
    if kind == "amount":
        return _guarded(lambda text: amount(text, options.get("tax"), options.get("per") or "year"))
    if kind == "periodicity":
        per = PER.get(options.get("per") or "")
        return _guarded(lambda text: howoften.periodicity(text, per))
    if kind == "choice":
        return _guarded(_choice(options.get("values") or {}))
    if kind == "phone":
        return _guarded(_phone(options.get("region") or "FR"))
    made = {
        "text": _text,
        "lines": _lines,
        "number": _number("number"),
        "integer": _number("integer"),
        "boolean": _boolean,
        "date": french.day,
        "duration": french.duration,
        "renewal": french.renewal,
        "siret": _SIRET_READER,
        "siren": _siren,
        "vat": _of_hub("vat", _VAT, "VAT numbers"),
        "iban": _of_hub("iban", _IBAN, "IBANs"),
        "email": _of_hub("email", _EMAIL, "e-mail addresses"),
        "postcode": _postcode,
        "town": _town,
        "postcode_town": _postcode_town,
    }[kind]
    return made if kind == "lines" else _guarded(made)


def _guarded(read: Reader) -> Reader:
    """The same on one clean line; an empty text is no value, and nobody reads a page as one."""

    def guarded(text: str) -> str | int | bool | None:
        line = clean(text)
        if not line or (not words_of(line) and not any(box in line for box in TICKED + EMPTY_BOX)):
            return None
        if len(line) > 2000:
            raise Unreadable(f"{quoted(line)} is {len(line):,} characters long: too long for one value")
        return read(line)

    return guarded


def shown(kind: str, value: Any) -> str:
    """A value for a person's eyes."""
    if value is None:
        return ""
    if kind == "periodicity":
        return howoften.in_words(str(value))
    if kind == "duration":
        return _duration_in_words(str(value))
    if kind in ("phone", "siret", "siren", "date", "iban", "vat"):
        return make_type(kind).show(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _duration_in_words(value: str) -> str:
    if value == french.OPEN_ENDED:
        return "without an end"
    found = re.fullmatch(r"P(?:(\d+)M)?(?:(\d+)D)?", value)
    if found is None:
        return value
    parts = [(found[1], "month"), (found[2], "day")]
    return " and ".join(f"{n} {word}{'s' if n != '1' else ''}" for n, word in parts if n)
