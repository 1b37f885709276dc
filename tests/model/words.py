"""The few words that the random worlds and what is asked of them share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Step = dict[str, Any]
"""One step of a story as plain data: ``do`` names it, the rest are its particulars."""

_TOKEN = re.compile(r"v\d+")


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
