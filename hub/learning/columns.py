"""From a list's columns to fields: what the heading says and what the values say, put together.

Where both agree, a field is nearly certain; where the values contradict the heading, the values are believed
about the type and the field is left for a person. Two columns never become one field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hub.learning import kinds
from hub.learning.blocks import Block
from hub.learning.entities import KEY, STATES, FieldOf, fields_of
from hub.learning.headings import Meaning, meanings, slug
from hub.learning.kinds import Evidence, Values
from hub.learning.sheet import Cell, Sheet, letters
from hub.values import folded

SURE = 0.6
"""Columns below this confidence are offered as comments."""

BY_VALUES: Mapping[str, str] = {
    "siret": "siret", "siren": "siren", "vat": "vat", "iban": "iban", "email": "email", "phone": "phone",
    "country": "country",
}  # fmt: skip
"""Fields that values alone give away, whatever the heading."""

_NEXT = {"phone": ("mobile", "phone2"), "mobile": ("phone", "phone2"), "email": ("email2",),
         "street": ("street2",), "name": ("name2",)}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column as it stands: heading, values by type, and how it was made. `meanings`: of the heading."""

    number: int
    heading: str
    values: Values
    found: Mapping[str, Evidence]
    meanings: tuple[Meaning, ...]
    cells: Sequence[tuple[int, Cell]]
    twice: bool = False
    """Whether another column has this heading."""

    @property
    def letter(self) -> str:
        return letters(self.number)

    @property
    def formulas(self) -> int:
        return sum(cell.formula for _, cell in self.cells)

    @property
    def examples(self) -> list[str]:
        """The first few different values."""
        texts = dict.fromkeys(" ".join(str(value).split()) for _, value in self.values.filled)
        return list(texts)[:3]


@dataclass(frozen=True)
class Guess:
    """What a column probably is. `name` is ``key`` for what tells rows apart, empty where it is left out.

    `map` is a table from the words that stand there to the codes of a choice.
    """

    column: Column
    name: str
    type: str
    confidence: float
    why: str
    options: Mapping[str, Any] = field(default_factory=dict)
    map: Mapping[str, str] = field(default_factory=dict)
    usual: bool = False
    """Whether the field is one that such records usually have."""

    @property
    def sure(self) -> bool:
        return bool(self.name) and self.confidence >= SURE


def columns_of(sheet: Sheet, block: Block) -> list[Column]:
    """The columns of a list, also those with values and no heading."""
    numbers = sorted({c for row in block.rows for c in sheet.rows[row]} | set(block.headings))
    headings = [folded(text) for text in block.headings.values()]
    found = []
    for number in numbers:
        cells = [(row, sheet.rows[row][number]) for row in block.rows if number in sheet.rows[row]]
        filled = [
            (row, cell.value) for row, cell in cells if cell.value not in (None, "") and not cell.unread
        ]
        values = Values(filled, len(block.rows), sheet.formats.get(number, {}))
        heading = block.headings.get(number, "")
        # Of headings of several rows, the last is the column's own: `Adresse / Ville` is a town.
        meant = meanings(heading.rpartition(" / ")[2]) or meanings(heading)
        per = 12 if any(one.concept == "periodicity" for one in meant) else None
        found.append(
            Column(
                number, heading, values, kinds.evidence(values, per), meant, cells,
                bool(heading) and headings.count(folded(heading)) > 1,
            )
        )  # fmt: skip
    return found


def concepts_of(columns: Sequence[Column]) -> dict[str, float]:
    """What is found on a list, whatever kind of record it is: concept to how sure, for `entities.kind_of`."""
    found: dict[str, float] = {}
    for column in columns:
        meant = {one.concept: one.weight for one in column.meanings[:2]}
        told = kinds.strongest(column.found)
        if told is not None and told.type in BY_VALUES and told.strength > 0.8:
            meant.setdefault(BY_VALUES[told.type], told.strength)
        for concept, sure in meant.items():
            if column.values.filled or sure > 0.9:
                found[concept] = max(found.get(concept, 0.0), sure)
    return found


def guesses(entity: str, columns: Sequence[Column]) -> list[Guess]:
    """One guess a column, in the columns' order; no field twice."""
    known = fields_of(entity)
    offers = [(_by_heading(entity, column, known) or _by_values(column)) for column in columns]
    order = sorted(range(len(columns)), key=lambda n: -(offers[n].confidence if offers[n].usual else 0.0))
    taken: list[str] = []
    for place in order:
        offer = offers[place]
        if offer.name in taken and offer.name != KEY:
            offer = _second(offer, taken)
        elif offer.name == KEY and KEY in taken:
            offer = _own(columns[place], "another column is taken for the key")
        if offer.name and not offer.usual:
            offer = replace(offer, name=slug(offer.name, taken))
        offers[place] = offer
        if offer.name:
            taken.append(offer.name)
    return offers


def _second(offer: Guess, taken: Sequence[str]) -> Guess:
    """A second column for a field that another has: a second number, or a field of its own name."""
    for name in _NEXT.get(offer.name, ()):
        if name not in taken:
            return replace(offer, name=name, confidence=offer.confidence * 0.8)
    why = f"another column is taken for {offer.name}; {offer.why}"
    return replace(offer, name=slug(offer.column.heading or offer.name, taken), why=why, usual=False,
                   confidence=min(offer.confidence, 0.55))  # fmt: skip


def _by_heading(entity: str, column: Column, known: Mapping[str, FieldOf]) -> Guess | None:
    """The best field that the heading may mean for this kind of record."""
    found = [
        _weighed(entity, column, meaning, known[meaning.concept])
        for meaning in column.meanings
        if meaning.concept in known
    ]
    return max(found, key=lambda guess: guess.confidence, default=None)


def _weighed(entity: str, column: Column, meaning: Meaning, wanted: FieldOf) -> Guess:
    """One field the heading may mean, weighed against the values."""
    name = wanted.name
    says = f"heading ({meaning.concept.replace('_', ' ')})"
    if not column.values.filled:
        return Guess(
            column, name, wanted.types[0], 0.5 * meaning.weight, f"{says}; no value to see", usual=True
        )
    if name == KEY or wanted.types[0] == "ref":
        return Guess(column, name, wanted.types[0], meaning.weight, says, usual=True)
    if (entity, name) in STATES:
        return _choice(entity, column, meaning, name, says)
    told = kinds.strongest(column.found)
    if wanted.types[0] == "text":
        contrary = told is not None and told.strength > 0.85 and told.type not in ("duration", "country")
        if not contrary or told is None:
            telling = 0.35 if told is None or told.strength < 0.6 else 0.1
            sure = 1 - (1 - meaning.weight) * (1 - telling)
            return Guess(column, name, "text", sure, says, column.found["text"].options, usual=True)
        what = f"{says}, but its values are of type {told.type}"
        own = BY_VALUES.get(told.type)
        if own is not None:
            return Guess(column, own, told.type, 0.7 * told.strength, what, told.options, usual=True)
        return Guess(column, name, told.type, 0.4, what, told.options, usual=True)
    best = max(
        (column.found[kind] for kind in wanted.types if kind in column.found),
        key=lambda one: one.rate, default=None,
    )  # fmt: skip
    if best is not None and best.rate >= 0.6:
        sure = 1 - (1 - meaning.weight) * (1 - best.rate * best.telling)
        sure *= 0.5 + 0.5 * best.rate
        return Guess(column, name, best.type, sure, f"{says}, {_share(best)}", best.options, usual=True)
    if told is not None and told.strength > 0.8 and told.type in BY_VALUES:
        what = f"{says}, but its values are of type {told.type}"
        return Guess(
            column, BY_VALUES[told.type], told.type, 0.7 * told.strength, what, told.options, usual=True
        )
    rate = best.rate if best is not None else 0.0
    what = f"{says}, but only {rate:.0%} of its values are a {wanted.types[0]}"
    return Guess(column, name, "text", 0.4 * meaning.weight, what, usual=True)


def _choice(entity: str, column: Column, meaning: Meaning, name: str, says: str) -> Guess:
    """A choice that the shipped mappings have codes for: the words that stand there, told by a table."""
    codes = STATES[entity, name]
    table: dict[str, str] = {}
    unknown = []
    for word in column.values.counts:
        code = next((code for code, words in codes.items() if folded(word) in words.split("|")), None)
        if code is None:
            unknown.append(word)
        else:
            table[word] = code
    share = 1 - len(unknown) / max(1, len(column.values.counts))
    options = {"values": list(codes)}
    if share == 1:
        return Guess(
            column, name, "choice", meaning.weight, f"{says}, every word there is known", options, table, True
        )
    what = f"{says}; not known is what {', '.join(map(repr, unknown[:4]))} means"
    return Guess(column, name, "choice", 0.55 * share, what, options, table, True)


def _by_values(column: Column) -> Guess:
    """A field by its values alone; else one of the heading's own name."""
    told = kinds.strongest(column.found)
    if told is not None and told.type in BY_VALUES and told.strength > 0.5 and len(column.values.filled) > 2:
        sure = 0.95 * told.strength
        return Guess(column, BY_VALUES[told.type], told.type, sure, _share(told), told.options, usual=True)
    if told is not None and told.type == "postcode" and told.strength > 0.75:
        return Guess(column, "zip", "postcode", 0.7 * told.strength, _share(told), usual=True)
    return _own(column, "unusual heading")


def _own(column: Column, why: str) -> Guess:
    """A field of the column's own name, of the plainest type that holds all its values."""
    name = column.heading or f"column {column.letter}"
    if not column.values.filled:
        return Guess(column, name, "text", 0.1, f"{why}; no value to see")
    told = kinds.strongest(column.found)
    choice = column.found.get("choice")
    if choice is not None and (told is None or told.strength < choice.telling):
        words = column.values.counts
        why = f"{why}; {len(words)} words in turn"
        return Guess(column, name, "choice", 0.9 * choice.telling, why, {"values": _coded(words)})
    if told is not None and told.rate == 1 and told.type not in ("time of day", "postcode and town"):
        why = f"{why}; {_share(told)}"
        return Guess(column, name, told.type, 0.5 + 0.25 * told.strength, why, told.options)
    if told is not None and told.strength > 0.8:
        what = f"{why}; its values are each a {told.type}, which the hub keeps as text"
        return Guess(column, name, "text", 0.4, what)
    return Guess(column, name, "text", 0.5, f"{why}; words")


def _coded(words: Mapping[str, int]) -> dict[str, Any]:
    """Codes for the words of a column, each with the word as it is most often spelled."""
    found: dict[str, Any] = {}
    seen: set[str] = set()
    for word in sorted(words, key=lambda word: (-words[word], word)):
        if (folded(word) or word) not in seen:
            seen.add(folded(word) or word)
            found[slug(word, list(found))] = {"fr": word}
    return found


def _share(one: Evidence) -> str:
    kind = one.type + (f" ({one.options['region']})" if "region" in one.options else "")
    return f"every value a {kind}" if one.rate == 1 else f"{one.rate:.0%} of the values a {kind}"
