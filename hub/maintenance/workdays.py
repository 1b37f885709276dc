"""Which days people are sent out on: weekdays that are no public holiday, by the package `holidays`.

That package is loaded when the first day is asked for, and not with the command line.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any


class Workdays:
    """Of one country (ISO 3166-1 alpha-2, with a subdivision as in ``FR-57``); ``None``: no public holidays.

    Raises `ValueError` for a country whose holidays are not known, at the first day asked for.
    """

    def __init__(self, country: str | None) -> None:
        self.country = country

    def is_one(self, day: date) -> bool:
        """Whether people work on this day."""
        return day.weekday() < 5 and (self.country is None or day not in _holidays(self.country, day.year))

    def name(self, day: date) -> str:
        """Why nobody works on this day, in French; empty where they do."""
        if self.country is not None and day in _holidays(self.country, day.year):
            return "un jour férié"
        return "un samedi" if day.weekday() == 5 else "un dimanche" if day.weekday() == 6 else ""


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[Any]:
    import holidays

    code, _, part = country.partition("-")
    try:
        return frozenset(holidays.country_holidays(code.upper(), subdiv=part.upper() or None, years=year))
    except NotImplementedError as problem:
        raise ValueError(f"the public holidays of {country} are not known: {problem}") from problem
