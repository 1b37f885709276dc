"""New codes: by the mapping's pattern, or continuing the codes there are. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count

_ENDING = re.compile(r"(.*?)(\d+)")


class NoPattern(Exception):
    """The mapping does not say, or says wrongly, how to make a new code."""


def new_codes(pattern: str | None, wanted: int, used: Collection[str], longest: int) -> Sequence[str]:
    """`wanted` codes that are in none of `used`, by `pattern`: ``C{:05d}``, ``C{number:05d}``, or ``auto``.

    They go on from the highest number in use, so that the code of a deleted record is not given again.
    Raises `NoPattern`.
    """
    if not pattern:
        raise NoPattern("the mapping has no new_key")
    if pattern == "auto":
        pattern = _learnt(used)
    folded = {code.upper() for code in used}
    numbers = (number for number in count(_highest(pattern, folded) + 1))
    given: list[str] = []
    while len(given) < wanted:
        code = _formatted(pattern, next(numbers))
        if len(code) > longest:
            raise NoPattern(f"{code} has {len(code)} characters, and Sage keeps {longest}")
        if code not in folded:
            given.append(code)
    return given


def _formatted(pattern: str, number: int) -> str:
    try:
        return pattern.format(number, number=number, n=number).upper()
    except (KeyError, IndexError, ValueError) as error:
        raise NoPattern(f"new_key: {pattern!r} cannot be filled in: write C{{:05d}} or auto") from error


def _highest(pattern: str, used: Collection[str]) -> int:
    """The highest number among the codes that follow the pattern."""
    one, two = _formatted(pattern, 1), _formatted(pattern, 2)
    if one == two:
        raise NoPattern(f"new_key: {pattern!r} has no place for a number: write C{{:05d}} or auto")
    head, tail = re.split(r"\{[^}]*\}", pattern, maxsplit=1)
    shape = re.compile(re.escape(head.upper()) + r"(\d+)" + re.escape(tail.upper()))
    return max((int(found[1]) for code in used if (found := shape.fullmatch(code))), default=0)


def _learnt(used: Collection[str]) -> str:
    """The pattern most codes in use follow."""
    shapes = Counter((m[1], len(m[2])) for code in used if (m := _ENDING.fullmatch(code.upper())))
    if not shapes:
        raise NoPattern("new_key: auto finds no code that ends in a number: write one such as C{:05d}")
    (head, width), _ = shapes.most_common(1)[0]
    return head.replace("{", "{{").replace("}", "}}") + f"{{:0{width}d}}"
