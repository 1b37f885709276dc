"""What tells the rows of a list apart: a filled column, never twice the same, like a number.

Where no column does, several together may; where none do, the hub must number the rows in its own column.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from hub.learning.columns import Guess
from hub.learning.entities import KEY
from hub.ports import Native

HUB_ID = "N° hub"
"""The heading of the column in which the hub may number rows."""

_CODE = re.compile(r"([A-Za-z]{0,6}[-_/ ]?)(\d{1,12})")
_NOT_A_KEY = ("phone", "email", "date", "datetime", "money", "postcode", "boolean", "choice", "iban")


@dataclass(frozen=True)
class Key:
    """`columns`: the headings that tell rows apart, none where the hub must number them; `new` as `C{n:04}`.

    `doubles` are values that stand on several rows, with them; `empty` rows without.
    """

    columns: tuple[str, ...]
    confidence: float
    why: str
    new: str = ""
    doubles: Mapping[str, Sequence[int]] = field(default_factory=dict)
    empty: Sequence[int] = ()


def key_of(guesses: Sequence[Guess], rows: Sequence[int], required: Sequence[str] = ()) -> Key:
    """The key of a list. `required`: fields that are the key if they can be, such as a contract's number."""
    single = [
        _single(guess, rows, required) for guess in guesses if guess.column.heading and not guess.column.twice
    ]
    best = max((one for one in single if one is not None), key=lambda one: one.confidence, default=None)
    if best is not None and best.confidence >= 0.5:
        return best
    joint = _joint(guesses, rows)
    if joint is not None:
        return joint
    why = "no column is filled everywhere and different on every row"
    return Key((), 0.9, why)


def _single(guess: Guess, rows: Sequence[int], required: Sequence[str]) -> Key | None:
    column = guess.column
    places: defaultdict[str, list[int]] = defaultdict(list)
    for row, value in column.values.filled:
        places[_text(value)].append(row)
    if not places or not rows:
        return None
    doubles = {text: found for text, found in places.items() if len(found) > 1}
    filled = {row for row, _ in column.values.filled}
    empty = [row for row in rows if row not in filled]
    repeated = sum(map(len, doubles.values()))
    clean = 1 - (repeated + len(empty)) / len(rows)
    coded = sum(_CODE.fullmatch(text) is not None for text in places) / len(places)
    named = guess.name == KEY or guess.name in required
    if guess.type in _NOT_A_KEY and not named:
        return None
    if not named and (guess.usual or coded < 0.9 or column.formulas or guess.type in ("money", "number")):
        return None
    sure = 0.45 + 0.35 * named + 0.19 * coded if clean == 1 else (0.5 + 0.3 * named) * max(0.0, 2 * clean - 1)
    if guess.type in ("siret", "siren", "vat"):
        sure *= 0.9
    why = "every row has one, none twice" if clean == 1 else _faults(doubles, empty)
    return Key((column.heading,), sure, why, _pattern(list(places)), doubles, empty)


def _faults(doubles: Mapping[str, Sequence[int]], empty: Sequence[int]) -> str:
    parts = []
    if doubles:
        parts.append(f"{len(doubles)} of them stand on several rows")
    if empty:
        parts.append(f"{len(empty)} rows have none")
    return "the best there is, but " + " and ".join(parts)


def _joint(guesses: Sequence[Guess], rows: Sequence[int]) -> Key | None:
    """Two or three columns that tell every row apart together, those with words first."""
    usable = [
        g for g in guesses
        if g.column.heading and not g.column.twice and not g.column.formulas
        and g.type in ("text", "date", "postcode", "siret") and g.usual
        and len(g.column.values.filled) >= 0.98 * len(rows)
    ][:6]  # fmt: skip
    for size in (1, 2, 3):
        for some in combinations(usable, size):
            tables = [{row: _text(value) for row, value in g.column.values.filled} for g in some]
            seen = {tuple(table.get(row, "") for table in tables) for row in rows}
            if len(seen) == len(rows) > 1 and all(any(row in t for t in tables) for row in rows):
                together = "together they are" if size > 1 else "it is"
                return Key(tuple(g.column.heading for g in some), 0.55, f"{together} different on every row")
    return None


def _text(value: Native) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _pattern(texts: Sequence[str]) -> str:
    """How a new key is made, where all that are there are made alike."""
    found = [_CODE.fullmatch(text) for text in texts]
    heads = {match[1] if match else None for match in found}
    if len(heads) != 1 or None in heads:
        return ""
    digits = [match[2] for match in found if match]
    widths = {len(one) for one in digits}
    head = heads.pop() or ""
    if len(widths) == 1 and any(one.startswith("0") for one in digits):
        return f"{head}{{n:0{widths.pop()}}}"
    return f"{head}{{n}}" if not any(one.startswith("0") for one in digits) else ""
