"""What people read of a visit: its title, number, period, and what is wrong with its day. French. Pure.

Visits are numbered within the year they are due in: the second of 2026 is `2/2026` and `CT-014/2026-2`,
wherever its day goes afterwards; a further one of the same period is `2b/2026`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from hub.maintenance.cycle import Due, Period, periods
from hub.maintenance.plan import MONTHS
from hub.maintenance.terms import Terms
from hub.maintenance.workdays import Workdays
from hub.ports import Native

_TITLE = re.compile(r"Visite (\d+[a-z]*)/(\d{4}) ")
Taken = Collection[tuple[int, str]]


def of_period(terms: Terms, period: Period, when: Due, taken: Taken) -> dict[str, Any]:
    """The number of a visit for a period: `year` and `count`, not among those `taken`."""
    year = period.due(when).year
    return _free(year, _rank(terms, period, when), taken)


def of_day(terms: Terms, day: date, when: Due, taken: Taken) -> dict[str, Any]:
    """The number of a visit that was made for no period of ours: that of the period its day falls in."""
    if terms.plannable and terms.starts_on is not None and terms.periodicity is not None:
        period = next(periods(terms.starts_on, *terms.periodicity, day, day + timedelta(days=1)), None)
        if period is not None:
            return of_period(terms, period, when, taken)
    return _free(day.year, 1, taken)


def taken_from(title: Native) -> dict[str, Any]:
    """The number in a title that we once gave; nothing in a title of a person's own, which stays theirs."""
    if not title:
        return {}
    found = _TITLE.match(str(title))
    return {"count": found[1], "year": int(found[2]), "title_theirs": False} if found else {}


def title(data: Mapping[str, Any], terms: Terms, customer: str) -> str:
    """`Visite 2/2026 – CT-014 Dupont SARL`."""
    return f"Visite {data['count']}/{data['year']} – {terms.name} {customer}".rstrip()


def number(data: Mapping[str, Any], terms: Terms) -> str:
    return f"{terms.name}/{data['year']}-{data['count']}"


def period(data: Mapping[str, Any]) -> Period | None:
    found = data.get("period")
    return Period(date.fromisoformat(found[0]), date.fromisoformat(found[1])) if found else None


def period_in_words(data: Mapping[str, Any]) -> str | None:
    found = period(data)
    return None if found is None else f"du {found.start:%d/%m/%Y} au {found.end - timedelta(days=1):%d/%m/%Y}"


def problem(data: Mapping[str, Any], terms: Terms, days: Workdays) -> str | None:
    """What is wrong with the day a person gave a visit, or confirmed before the contract changed."""
    day = date.fromisoformat(data["day"])
    last = terms.last_day()
    if last is not None and day > last:
        return f"Le contrat se termine le {last:%d/%m/%Y}, avant cette visite."
    if day.month in terms.months_off:
        return f"Le contrat ne veut pas de visite en {MONTHS[day.month - 1]}."
    free = days.name(day)
    return f"Le {day:%d/%m/%Y} est {free}." if free else None


def _rank(terms: Terms, period: Period, when: Due) -> int:
    """Which of the visits due in its year a period's is."""
    if terms.starts_on is None or terms.periodicity is None:
        return 1
    year = period.due(when).year
    grid = periods(terms.starts_on, *terms.periodicity, date(year, 1, 1), period.end)
    return max(1, sum(one.due(when).year == year and one.start <= period.start for one in grid))


def _free(year: int, count: int, taken: Taken) -> dict[str, Any]:
    used = {found for when, found in taken if when == year}
    for letter in ("", *"bcdefghijklmnopqrstuvwxyz"):
        if f"{count}{letter}" not in used:
            return {"year": year, "count": f"{count}{letter}"}
    return {"year": year, "count": str(max(int(re.match(r"\d+", one)[0]) for one in used) + 1)}  # type: ignore[index]
