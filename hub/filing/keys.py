"""New keys for new records: by the mapping's `new_key`, or by the pattern the keys there already follow.

Pure. A key is never given twice, and never one below the highest there is: a deleted customer's number
stays dead.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

from hub.filing.faults import misconfigured

_SERIAL = re.compile(r"^(.*?)([0-9]{1,15})$", re.DOTALL)


def new_keys(
    pattern: str | None, present: Iterable[str], taken: Iterable[str], count: int, record: str, where: str
) -> list[str]:
    """`count` keys neither in `present` nor in `taken`; raises `Fault` where the mapping does not say how.

    `record` and `where` are what messages call one of them and the place they are in: a row, sheet 'Clients'.
    """
    used = {*present, *taken}
    if pattern is None:
        raise misconfigured(
            f"a new {record} in {where} needs a key, and the mapping does not say how to make one",
            todo='add new_key: auto, or a pattern such as new_key: "C{n:05}"',
        )
    prefix, width, suffix = _guess(used, where) if pattern == "auto" else _parse(pattern)
    shape = re.compile(re.escape(prefix) + r"([0-9]{1,15})" + re.escape(suffix))
    numbers = [int(found[1]) for key in used if (found := shape.fullmatch(key))]
    number = max(numbers, default=0)
    keys: list[str] = []
    while len(keys) < count:
        number += 1
        key = f"{prefix}{number:0{width}d}{suffix}"
        if key not in used:
            keys.append(key)
    return keys


def _parse(pattern: str) -> tuple[str, int, str]:
    """`C{n:05}` as prefix, width and suffix."""
    try:
        pieces = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise _bad(pattern, str(error)) from error
    fields = [(literal, name, spec or "") for literal, name, spec, _ in pieces if name is not None]
    if len(fields) != 1 or fields[0][1] != "n" or not re.fullmatch(r"0?[0-9]*d?", fields[0][2]):
        raise _bad(pattern, "it must hold {n} once")
    width = re.sub(r"[^0-9]", "", fields[0][2]).lstrip("0") or "1"
    suffix = "".join(literal for literal, name, _, _ in pieces if name is None)
    return fields[0][0], min(int(width), 15), suffix


def _bad(pattern: str, why: str) -> Exception:
    return misconfigured(f"new_key {pattern!r} is no pattern", why, 'write it like "C{n:05}", or auto')


def _guess(keys: Iterable[str], where: str) -> tuple[str, int, str]:
    """The commonest prefix among the keys; the width of its keys where they all have one, else none."""
    found = [match.groups() for key in keys if (match := _SERIAL.match(key))]
    if not found:
        raise misconfigured(
            f"new_key: auto needs keys to learn from, and {where} has none that ends in a number",
            todo='say it in the mapping: new_key: "C{n:05}"',
        )
    prefix = Counter(prefix for prefix, _ in found).most_common(1)[0][0]
    digits = [digits for own, digits in found if own == prefix]
    padded = any(d.startswith("0") for d in digits)
    width = Counter(map(len, digits)).most_common(1)[0][0] if padded else 1
    return prefix, width, ""
