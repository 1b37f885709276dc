"""Values and the limits a profile gives them, made comparable. Pure."""

from __future__ import annotations

from typing import Any

from hub.values.french import phrases as french


def measure(kind: str, value: Any) -> Any:
    """What of a value is compared: a number, months of a duration, times a year, or an ISO day."""
    if kind == "date":
        return str(value)
    if kind == "duration":
        return french.months_of(str(value))
    if kind == "periodicity":
        times, _, months = str(value).partition("/")
        return int(times) * 12 / int(months)
    return float(value)


def bound(kind: str, limit: Any) -> Any:
    """A limit as a profile writes it, comparable with `measure`. Raises `ValueError` where it is none."""
    if kind == "date":
        return french.day(str(limit))
    return float(limit)
