"""What a golden contract says that matters for visits and alerts. Pure.

A term that is missing or cannot be used is ``None`` and named in `Terms.missing`, with a sentence a person
can act on: nothing is assumed of a contract that does not say how often. Sentences are in French, as what
the office reads of a visit is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from hub.maintenance.cycle import add_months
from hub.values.french.words import fold

TERMS: Final = (
    "number", "title", "customer", "town", "starts_on", "ends_on", "duration", "renewal", "periodicity",
    "months_off", "hours", "amount", "state",
)  # fmt: skip
"""The terms of a contract, by the names its fields have unless `fields` in hub.yaml says otherwise."""

OFTEN_AT_MOST = 366
"""Visits in twelve months: more than one a day is no plan."""

_NEEDED = ("starts_on", "ends_on", "duration", "periodicity", "months_off")


@dataclass(frozen=True, slots=True)
class Terms:
    """One contract. `id` is its golden id, as is `customer`; `amount` is canonical money.

    `duration` is (months, days); ``None`` without an end, or where the contract does not say. `periodicity`
    is (times, months). `missing`: what is missing or unusable, term → sentence. `over`: its state says so, or
    it is archived.
    """

    id: str
    number: str = ""
    title: str = ""
    customer: str | None = None
    town: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    duration: tuple[int, int] | None = None
    renewal: str | None = None
    periodicity: tuple[int, int] | None = None
    months_off: frozenset[int] = frozenset()
    hours: float | None = None
    amount: str | None = None
    over: bool = False
    archived: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def plannable(self) -> bool:
        """Whether it says all that a plan of its visits needs."""
        return not any(term in self.missing for term in _NEEDED)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.number or self.title or self.id[:8]

    def last_day(self) -> date | None:
        """The last day it runs; ``None`` without an end.

        `ends_on` says so, else `starts_on` and `duration`. Tacit renewal has no end: the end of a first term
        goes by, whether told as a day or as a duration. Any other day in `ends_on` is meant.
        """
        first = self._end_of_term(1)
        tacit = self.renewal == "tacit"
        if self.ends_on is not None:
            nominal = first is not None and abs((self.ends_on - first).days) <= 1
            return None if tacit and nominal else self.ends_on
        return None if tacit else first

    def renews_on(self, today: date) -> date | None:
        """The next day on which it is renewed by itself; ``None`` where it is not."""
        if self.renewal != "tacit" or self.last_day() is not None or self.over:
            return None
        terms = 1
        while (end := self._end_of_term(terms)) is not None and end < today:
            terms += 1
        return None if end is None else end + timedelta(days=1)

    def _end_of_term(self, terms: int) -> date | None:
        """The last day of that many durations from the start."""
        if self.starts_on is None or self.duration is None:
            return None
        months, days = self.duration
        whole = min(terms * days, (date.max - self.starts_on).days)
        return add_months(self.starts_on + timedelta(days=whole), terms * months) - timedelta(days=1)


def read(id: str, values: Mapping[str, Any], field_of: Callable[[str], str], archived: bool = False) -> Terms:
    """The terms of a golden contract, out of its canonical values."""
    return _Reading(values, field_of).terms(id, archived)


class _Reading:
    def __init__(self, values: Mapping[str, Any], field_of: Callable[[str], str]) -> None:
        self.values, self.field_of = values, field_of
        self.missing: dict[str, str] = {}

    def terms(self, id: str, archived: bool) -> Terms:
        starts_on, periodicity = self._day("starts_on"), self._periodicity()
        if starts_on is None:
            self.missing.setdefault("starts_on", "Le contrat ne dit pas quand il commence.")
        if periodicity is None:
            self.missing.setdefault("periodicity", "Le contrat ne dit pas combien de visites il prévoit.")
        return Terms(
            id,
            self._text("number"),
            self._text("title"),
            self._text("customer") or None,
            self._text("town"),
            starts_on,
            self._day("ends_on"),
            self._duration(),
            self._text("renewal") or None,
            periodicity,
            self._months_off(),
            self._hours(),
            self._text("amount") or None,
            archived or self._text("state") == "ended",
            archived,
            self.missing,
        )

    def _get(self, term: str) -> Any:
        return self.values.get(self.field_of(term))

    def _text(self, term: str) -> str:
        value = self._get(term)
        return "" if value is None else str(value).strip()

    def _unusable(self, term: str, what: str) -> None:
        self.missing[term] = f"{what} « {self._text(term)} » ne se comprend pas."

    def _day(self, term: str) -> date | None:
        text = self._text(term)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._unusable(term, "La date")
            return None

    def _duration(self) -> tuple[int, int] | None:
        text = self._text("duration")
        if not text or text == "open":
            return None
        found = re.fullmatch(r"P(?:(\d{1,4})M)?(?:(\d{1,6})D)?", text)
        months, days = (int(found[1] or 0), int(found[2] or 0)) if found else (0, 0)
        if not months and not days:
            self._unusable("duration", "La durée")
            return None
        return months, days

    def _periodicity(self) -> tuple[int, int] | None:
        text = self._text("periodicity")
        if not text:
            return None
        found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
        if found is None:
            self._unusable("periodicity", "La périodicité")
            return None
        times, months = int(found[1]), int(found[2])
        if times * 12 > months * OFTEN_AT_MOST:
            self.missing["periodicity"] = f"{times} visites en {months} mois font plus d'une par jour."
            return None
        return times, months

    def _months_off(self) -> frozenset[int]:
        value = self._get("months_off")
        items = value if isinstance(value, list) else [] if value is None else [value]
        found: set[int] = set()
        for item in items:
            months = _months(str(item))
            if months is None:
                self._unusable("months_off", "Le mois sans visite")
                return frozenset()
            found |= months
        if len(found) == 12:
            self.missing["months_off"] = "Les douze mois sont sans visite."
            return frozenset()
        return frozenset(found)

    def _hours(self) -> float | None:
        text = self._text("hours").replace(",", ".")
        if not text:
            return None
        try:
            hours = float(text)
        except ValueError:
            hours = 0.0
        if not 0 < hours <= 24:
            self._unusable("hours", "La durée d'une visite")
            return None
        return hours


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("janvier janv jan january", "fevrier fevr fev feb february", "mars mar march", "avril avr apr april",
         "mai may", "juin jun june", "juillet juil jul july", "aout aou aug august",
         "septembre sept sep september", "octobre oct october", "novembre nov november",
         "decembre dec december"),
        start=1,
    )
    for name in names.split()
} | {f"{number:0{width}}": number for number in range(1, 13) for width in (1, 2)}  # fmt: skip
_SILENT = {"de", "du", "des", "d", "le", "la", "les", "mois", "from", "en", "in", "months"}
_UNTIL = {"a", "au", "to", "jusqu", "jusque", "until", "-"}
_AND = {"et", "and", "ou", "or", "+", "&", ",", ";", "/"}


def _months(text: str) -> set[int] | None:
    """The months a text names: `août`, `7`, `juillet-août`, `de novembre à février`; ``None``: it is no such.

    A dash or `à` between two means those between them, too.
    """
    words = re.findall(
        r"[a-z]+|\d+|[-+&,;/]|[^\s.]", fold(text).replace("\u2013", "-").replace("\u2014", "-")
    )
    found: set[int] = set()
    last: int | None = None
    through = False
    for word in words:
        month = _MONTHS.get(word)
        if month is not None:
            found |= _span(last, month) if through and last is not None else {month}
            last, through = month, False
        elif word in _UNTIL:
            through = True
        elif word not in _SILENT and word not in _AND and word != "'":
            return None
    return found or None


def _span(first: int, last: int) -> set[int]:
    """The months from one to another, over the turn of the year if need be."""
    return {(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)}
