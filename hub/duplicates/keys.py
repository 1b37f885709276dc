"""Which records are compared at all: those that share a key.

Each rule joins two or three values, so that a pair is found although others of its values are wrong. A value
that too many share is no key: such a block is sorted and cut into overlapping pieces (as a person would look
through a long alphabetical list), so that no base makes more than a bounded number of pairs a record.

Promises: pure; the same row gives the same keys in every process; at most `KEYS` keys a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b

from hub.duplicates.rules import PLACE, Row

MOST = 48
"""Records that may share a key before their block is cut."""

PIECE = 24
"""Records in one piece of a block that was cut; the pieces overlap by half."""

RULES: tuple[tuple[str, ...], ...] = (
    ("birth",),
    ("family", "year"),
    ("given", "year"),
    ("family", "monthday"),
    ("given", "monthday"),
    ("given", "postcode"),
    ("family", "postcode"),
    ("given", "town"),
    ("family", "town"),
    ("street", "number"),
    ("street", "town"),
    ("family", "street"),
    ("skeleton", "year"),
    ("number", "postcode"),
    ("phone",),
    ("phone2",),
    ("email",),
    ("domain", "town"),
    ("siren",),
    ("vat",),
    ("iban",),
    ("reference",),
    ("name",),
    ("sorted",),
    ("start", "postcode"),
    ("start", "street"),
    ("start",),
)
"""Columns whose values make a key together; `_DERIVED` names are made of others."""

KEYS = len(RULES) + 6


def keys_of(row: Row) -> tuple[int, ...]:
    """The keys of a row: numbers of 56 bits."""
    values = {name: row[place] for name, place in PLACE.items()}
    birth, family, given, squashed = values["birth"], values["family"], values["given"], values["squashed"]
    values["year"] = birth[:4] if birth else None
    values["monthday"] = birth[4:] if birth else None
    values["skeleton"] = _skeleton(family) + given[:1] if family and given else None
    values["start"] = squashed[:7] if squashed else None
    found = {
        _key(number, "|".join(parts))
        for number, names in enumerate(RULES)
        if all(parts := [values[name] or "" for name in names])
    }
    if family and given:
        found.add(_key(100, "|".join(sorted((family, given)))))
    if values["phone2"]:
        found.add(_key(RULES.index(("phone",)), values["phone2"]))
    if values["phone"]:
        found.add(_key(RULES.index(("phone2",)), values["phone"]))
    if values["tokens"]:
        heaviest = sorted(values["tokens"], key=lambda word: (-(word & 255), word))[:3]
        found.update(_key(101, str(word >> 8)) for word in heaviest)
    return tuple(sorted(found))


def blocks(rows: Sequence[Row]) -> list[list[int]]:
    """The keys of every row of a base, cut where too many share one, without those that nobody shares."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        for key in keys_of(row):
            found[key].append(index)
    made: list[list[int]] = [[] for _ in rows]
    for key, members in found.items():
        if len(members) < 2:
            continue
        if len(members) <= MOST:
            for index in members:
                made[index].append(key)
            continue
        members.sort(key=lambda index: _order(rows[index]))
        half = PIECE // 2
        for place, index in enumerate(members):
            piece = place // half
            made[index].append(_key(key, str(piece)))
            if piece:
                made[index].append(_key(key, str(piece - 1)))
    return made


def _order(row: Row) -> tuple[str, ...]:
    wanted = ("family", "given", "birth", "sorted", "street", "number", "email", "phone")
    return tuple(row[PLACE[name]] or "" for name in wanted)


def _skeleton(word: str) -> str:
    """A name without vowels and doubled letters, which typists hear alike."""
    made = word[:1]
    for letter in word[1:].replace("ph", "f"):
        if letter not in "aeiouyhw -" and letter != made[-1]:
            made += letter
    return made


def _key(rule: int, value: str) -> int:
    return int.from_bytes(blake2b(f"{rule}|{value}".encode(), digest_size=7).digest(), "big")
