"""New keys for new rows, and the hub's own row numbers where it was given a column for them. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from hub.filing import keys as filing

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""For the hub's own row numbers: no letter or digit that is mistaken for another."""


def new_keys(
    pattern: str | None, present: Iterable[str], taken: Iterable[str], count: int, sheet: str
) -> list[str]:
    """`count` keys neither in `present` nor in `taken`; raises `Fault` where the mapping does not say how."""
    return filing.new_keys(pattern, present, taken, count, "row", f"sheet '{sheet}'")


def row_numbers(count: int, used: Iterable[str]) -> list[str]:
    """Random keys for a hub id column: short enough to read out, never guessed from one another."""
    seen = set(used)
    keys: list[str] = []
    while len(keys) < count:
        key = "H" + "".join(secrets.choice(_ALPHABET) for _ in range(9))
        if key not in seen:
            seen.add(key)
            keys.append(key)
    return keys
