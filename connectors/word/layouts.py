"""Strangers' documents sorted by layout: which name the same things, and what tells each layout apart.

Works on what documents offer (`offer`) and on their text, plain data. Two documents are of one layout where
most of their named controls, fields, table rows and labels have the same names. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from connectors.word.sources import is_filled
from hub.values import Unreadable, make_type, numbers_in
from hub.values.french.words import fold

NEARLY_ALL = 0.8
ALIKE = 0.5
OPENING_LINES, LONGEST_TITLE = 8, 60
_DIGITS = re.compile(r"(?<![\d])\d{3}[ .\N{NO-BREAK SPACE}]?\d{3}[ .\N{NO-BREAK SPACE}]?\d{3}"
                     r"(?:[ .\N{NO-BREAK SPACE}]?\d{2}[ .\N{NO-BREAK SPACE}]?\d{3})?(?!\d)")  # fmt: skip
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TAIL = re.compile(r"(?:[ ,:–-]+|\b(?:n|no|numero|le|la|les|de|du|des|d'|et|entre|n°)\b[ °.]*)+$")

Name = tuple[str, str]
"""A source and a folded name: ``("label", "montant ht")``."""


@dataclass(frozen=True)
class Seen:
    """One document: its file, what it offers, its text."""

    file: str
    offers: Sequence[Mapping[str, Any]]
    text: str

    @property
    def name(self) -> str:
        """Its file's name, without folders."""
        return re.split(r"[\\/]", self.file)[-1]

    @cached_property
    def names(self) -> frozenset[Name]:
        return frozenset((str(one["source"]), plain(str(one["name"]))) for one in self.offers)

    @cached_property
    def comparable(self) -> str:
        """All its text as `match` compares it."""
        return " ".join(fold(self.text).split())

    @cached_property
    def lines(self) -> list[str]:
        """Its lines with plain blanks, as expressions are tried on them."""
        text = self.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
        return [line.strip() for line in text.split("\n") if line.strip()]

    def values(self, name: Name) -> list[str]:
        """What is filled in under a name."""
        return [
            value
            for one in self.offers
            if one["filled"] and (one["source"], plain(str(one["name"]))) == name
            if is_filled(value := str(one["value"]))
        ]


@dataclass(frozen=True)
class Own:
    """The company that writes the documents: what stands in nearly all of them."""

    siren: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    email: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Documents of one layout. `shared`: names that most of them have.

    `title`: folded words that all of them hold and no other layout does; `label`: the same as written.
    """

    documents: Sequence[Seen]
    shared: frozenset[Name]
    title: str = ""
    label: str = ""
    controls: Sequence[str] = field(default=())
    """Controls and fields that no other layout has."""


def plain(name: str) -> str:
    """A name as names are compared."""
    return " ".join(fold(name).split()).rstrip(" :=.")


def layouts(documents: Sequence[Seen]) -> list[Layout]:
    """The layouts, the most frequent first."""
    spread = Counter(name for one in documents for name in one.names)
    groups: list[list[Seen]] = []
    for one in documents:
        near = [(_alike(one, group, spread), number) for number, group in enumerate(groups)]
        best = max(near, default=(0.0, -1))
        if best[0] >= ALIKE:
            groups[best[1]].append(one)
        else:
            groups.append([one])
    groups.sort(key=len, reverse=True)
    found = [Layout(group, _shared(group)) for group in groups]
    return [_told_apart(layout, [o for o in found if o is not layout]) for layout in found]


def _alike(one: Seen, group: Sequence[Seen], spread: Mapping[Name, int]) -> float:
    """How much of its names a document shares with a group; names that only one document has say nothing."""
    mine = {name for name in one.names if spread[name] > 1} or set(one.names)
    theirs = _shared(group)
    if not mine or not theirs:
        return 1.0 if not mine and not theirs else 0.0
    return (
        len(mine & theirs)
        / min(len(mine), len(theirs))
        * (1.0 if len(mine & theirs) * 3 >= len(mine | theirs) else 0.5)
    )


def _shared(group: Sequence[Seen]) -> frozenset[Name]:
    counts = Counter(name for one in group for name in one.names)
    return frozenset(name for name, count in counts.items() if count * 2 >= len(group))


def _told_apart(layout: Layout, others: Sequence[Layout]) -> Layout:
    foreign = [one for other in others for one in other.documents]
    controls = [
        name for source, name in sorted(layout.shared)
        if source in ("sdt", "form_field", "bookmark", "merge_field")
        and all((source, name) in one.names for one in layout.documents)
        and not any((source, name) in one.names for one in foreign)
    ]  # fmt: skip
    return Layout(layout.documents, layout.shared, *_title(layout.documents, foreign), controls)


def _title(documents: Sequence[Seen], foreign: Sequence[Seen]) -> tuple[str, str]:
    """Words that every document of a layout begins with, and no other has; the first and longest such."""
    for line in documents[0].lines[:OPENING_LINES]:
        words = " ".join(fold(line).split()).split()
        for count in range(min(len(words), 10), 0, -1):
            text = _TAIL.sub("", " ".join(words[:count])).strip()
            if len(text) < 5 or len(text) > LONGEST_TITLE or any(c.isdigit() for c in text):
                continue
            if all(text in one.comparable for one in documents) and not any(
                text in one.comparable for one in foreign
            ):
                return text, " ".join(line.split()[: len(text.split())]).strip(" ,:–-")
    return "", ""


def own_company(documents: Sequence[Seen]) -> Own:
    """What stands in nearly every document is nobody's but the writer's. Nothing where there are few."""
    if len(documents) < 3:
        return Own()
    least = NEARLY_ALL * len(documents)
    sirens = Counter(siren for one in documents for siren in _sirens(one.text))
    phones = Counter(number for one in documents for number in set(numbers_in(one.text)))
    emails = Counter(mail.lower() for one in documents for mail in set(_EMAIL.findall(one.text)))
    return Own(
        *(tuple(sorted(x for x, n in found.items() if n >= least)) for found in (sirens, phones, emails))
    )


def _sirens(text: str) -> set[str]:
    """Companies that are named by their number, be it inside a SIRET whose own end was mistyped."""
    kind = make_type("siren")
    found = set()
    for match in _DIGITS.finditer(text):
        try:
            found.add(str(kind.parse(re.sub(r"\D", "", match[0])[:9])))
        except Unreadable:
            continue
    return found
