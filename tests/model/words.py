"""The few words that the random worlds and what is asked of them share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hub.model import Candidate

Step = dict[str, Any]
"""One step of a story as plain data: ``do`` names it, the rest are its particulars."""

_TOKEN = re.compile(r"v\d+")


def chosen(candidates: Sequence[Candidate], nth: int) -> dict[str, str]:
    """How a person names one side of a conflict: by its system, or by its value where that says more."""
    side = candidates[nth % len(candidates)]
    if sum(one.system == side.system for one in candidates) > 1:
        return {"value": str(side.value or "")}
    return {"take": side.system}


class Broken(AssertionError):
    """A promise does not hold."""


def token(value: object) -> str | None:
    """What a typed value stays recognisable by, whatever a system makes of it."""
    found = _TOKEN.match(str(value).casefold()) if isinstance(value, str) else None
    return found.group() if found else None


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, Iterable):
        for part in value:
            yield from texts(part)
