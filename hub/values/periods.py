"""How long and how often: the terms of a contract.

| type | canonical form | reads |
|---|---|---|
| duration | ISO 8601 in months or days: ``P12M``, ``P90D``; ``open`` without an end | `un an`, `36 mois` |
| periodicity | ``times/months``: ``2/12`` is twice a year | `semestrielle`, `2x/an`, `tous les 6 mois` |

Promises: pure; the canonical form reads as itself; what is written in words reads back as the same value.
A system that keeps words is written words, one that keeps the canonical form is written that; `format: code`
or `format: words` says which where nothing stands yet.
"""

from __future__ import annotations

import re
from typing import ClassVar

from hub.ports import Native
from hub.values.base import BadOption, Canonical, FieldType, Unreadable, as_short_text, shown
from hub.values.french import howoften, phrases

_DURATION = re.compile(r"P(?=\d)(?:(\d+)M)?(?:(\d+)D)?")
_PERIODICITY = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
STYLES = ("words", "code")


class _Term(FieldType):
    formats: ClassVar[str] = "words, code"

    def __init__(self, style: str | None = None) -> None:
        self._style = style

    def formatted(self, pattern: str) -> FieldType:
        if pattern not in STYLES:
            raise BadOption(f"type {self.name} has no format {pattern!r}; it knows {', '.join(STYLES)}")
        return type(self)(pattern)

    def native(self, value: Canonical, like: Native = None) -> Native:
        if value is None:
            return None
        code = self._style == "code" or (self._style is None and self._is_code(like))
        return str(value) if code else self._in_words(str(value))

    def show(self, value: Canonical, lang: str = "fr") -> str:
        return "" if value is None else self._in_words(str(value))

    def _is_code(self, like: Native) -> bool:
        return isinstance(like, str) and self._code.fullmatch(like.strip()) is not None

    _code: ClassVar[re.Pattern[str]]

    def _in_words(self, value: str) -> str:
        raise NotImplementedError


class Duration(_Term):
    name = "duration"
    describe = "How long a contract runs: `P12M` (months), `P90D` (days), `open`; reads `un an`, `36 mois`."
    _code = re.compile(rf"{_DURATION.pattern}|{phrases.OPEN_ENDED}")

    def read(self, text: str) -> Canonical:
        found = _DURATION.fullmatch(text)
        if text == phrases.OPEN_ENDED or (found and any(found.groups())):
            return text
        if found:
            raise Unreadable(f"{shown(text)} is no duration (P12M, P90D)")
        return phrases.duration(text)

    def _in_words(self, value: str) -> str:
        found = _DURATION.fullmatch(value)
        if not found:
            return "durée indéterminée"
        parts = [f"{found[1]} mois"] if found[1] else []
        parts += [f"{found[2]} jours"] if found[2] else []
        return " et ".join(parts)


class Periodicity(_Term):
    """`per` is how many months a bare number counts in: ``12`` where a column is called "Visites par an"."""

    name = "periodicity"
    options = ("per",)
    describe = "How often: `2/12` is twice in 12 months; reads `semestrielle`, `2x/an`, `tous les 6 mois`."
    _code = _PERIODICITY

    def __init__(self, style: str | None = None, per: int | None = None) -> None:
        super().__init__(style)
        if per is not None and not 1 <= per <= 120:
            raise BadOption("per counts months, 1 to 120")
        self._per = per

    def formatted(self, pattern: str) -> FieldType:
        super().formatted(pattern)
        return Periodicity(pattern, self._per)

    def parse(self, native: Native) -> Canonical:
        if isinstance(native, float) and native.is_integer():
            native = int(native)
        text = as_short_text(native)
        return self.read(text) if text else None

    def read(self, text: str) -> Canonical:
        found = _PERIODICITY.fullmatch(text)
        if found:
            return text
        return howoften.periodicity(text, self._per)

    def native(self, value: Canonical, like: Native = None) -> Native:
        told = value is not None and isinstance(value, str) and value.endswith(f"/{self._per}")
        if told and isinstance(like, int | float) and not isinstance(like, bool):
            return int(str(value).partition("/")[0])
        return super().native(value, like)

    def _in_words(self, value: str) -> str:
        if value in _ADJECTIVES:
            return _ADJECTIVES[value]
        times, _, months = value.partition("/")
        count = "une visite" if times == "1" else f"{times} visites"
        return f"{count} par an" if months == "12" else f"{count} tous les {months} mois"


_ADJECTIVES = {"1/12": "annuelle", "2/12": "semestrielle", "4/12": "trimestrielle", "12/12": "mensuelle"}
