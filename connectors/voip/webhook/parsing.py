"""From the bytes of a request to a message: lists and blocks of plain values, or a refusal. Pure.

Promises: whatever the bytes are, the answer is a message or `Malformed`, in time proportional to their
number. Refused: what is not JSON, NaN and numbers beyond all bounds, a key given twice (which of the two is
meant?), more than `DEEPEST` levels. Never quotes what was sent: it may hold a secret or a person's number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

DEEPEST = 32
MOST_FIELDS = 300


class Malformed(Exception):
    """The message cannot be read; the text says why and quotes nothing of it."""


def read_json(data: bytes | str) -> Any:
    """One JSON document, UTF-8. Raises `Malformed`."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        message = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text") from None
    except RecursionError:
        raise Malformed("it is nested too deeply") from None
    except ValueError as problem:
        place = f" (character {problem.pos})" if isinstance(problem, json.JSONDecodeError) else ""
        raise Malformed(f"it is not JSON{place}") from None
    check(message)
    return message


def check(message: Any) -> None:
    """Raises `Malformed` for what is nested too deeply, or holds a number that is none."""
    level, depth = [message], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Malformed("it is nested too deeply")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
            elif isinstance(value, float) and not math.isfinite(value):
                raise Malformed("it holds a number beyond all bounds")
        level = below


def read_form(text: str) -> dict[str, str]:
    """The fields of a form or of the part of an address after ``?``. Raises `Malformed`.

    Bytes that are no UTF-8 come out as replacement characters: a name with an accent of another age costs
    no call.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise Malformed(f"it has more than {MOST_FIELDS} fields") from None
    return _unique(pairs)


def unfold(message: Any, places: Iterable[tuple[str | int, ...]]) -> Any:
    """The message with the texts at these places read as the JSON they are. Raises `Malformed`.

    A place that holds no text is left as it is: some firmwares send the block itself.
    """
    for place in places:
        holder = message
        for step in place[:-1]:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and isinstance(holder.get(place[-1]), str):
            holder[place[-1]] = read_json(holder[place[-1]])
    check(message)
    return message


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Malformed("it gives a field twice")
        found[key] = value
    return found


def _no_constant(word: str) -> Any:
    raise Malformed("it holds NaN or Infinity, which is not JSON")
