"""How records are compared: each comparison with its levels, best first; the first that holds is the level.

`m` of a level is how often two records of the same thing stand on it: the shipped weight, from the errors
that typists and three bases make (docs/duplicates.md), no base's labels. `u`, how often two strangers do, is
a guess that stands in for a base too small to tell, and is estimated from every other.
A level with `rare` says which value's rarity counts, and `share` how much of it.

Promises: pure; every comparison ends with "differs"; the shipped `m` of each adds up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.duplicates.rules import (
    Rule,
    absent,
    alike,
    begins,
    both,
    crossed,
    either,
    missing,
    same,
    same_parts,
    shared,
    swapped,
    turned_date,
    typo,
    word_of,
)


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement. `exact`: the value itself is the same; `neutral`: another comparison tells;
    `fixed`: what it is worth is a decision, not a frequency."""

    label: str
    rule: Rule | None
    m: float
    u: float
    rare: str = ""
    share: float = 1.0
    exact: bool = False
    neutral: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that is compared. `shows`: the columns a person is shown of it."""

    name: str
    unknown: Rule
    levels: tuple[Level, ...]
    shows: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> tuple[str, ...]:
        return self.shows or (self.name,)


_DIFFERS = "differs"

_SAME_NUMBER = either(same("namedigits"), absent("namedigits"))
"""«Résidence 2» is not «Résidence 3» written with a slip: a number in a name tells apart."""

COMPARISONS: tuple[Comparison, ...] = (
    Comparison("given", missing("given"), (
        Level("same", same("given"), 0.80, 0.006, "given", exact=True),
        Level("first and last name swapped", swapped("given", "family"), 0.03, 0.00002),
        Level("initial or short form", begins("given", 4), 0.03, 0.006),
        Level("one letter off", typo("given", 4), 0.07, 0.001, "given", 0.5),
        Level("alike", alike("given", 0.88), 0.03, 0.004, "given", 0.3),
        Level("second name of the other", crossed("given", "given2"), 0.015, 0.0005),
        Level(_DIFFERS, None, 0.025, 0.98),
    )),
    Comparison("given2", absent("given2"), (
        Level("same", same("given2"), 0.68, 0.001, "given2", exact=True),
        Level("initial or alike", either(begins("given2", 1), typo("given2", 4), alike("given2", 0.88)),
              0.12, 0.003),
        Level("only one has it", missing("given2"), 0.18, 0.3),
        Level(_DIFFERS, None, 0.02, 0.1),
    )),
    Comparison("family", missing("family"), (
        Level("same", same("family"), 0.83, 0.003, "family", exact=True),
        Level("first and last name swapped", swapped("given", "family"), 0.03, 0.00002, neutral=True),
        Level("one letter off", typo("family", 4), 0.07, 0.0006, "family", 0.5),
        Level("part of a double name", word_of("family"), 0.015, 0.0005),
        Level("alike", alike("family", 0.88), 0.025, 0.003, "family", 0.3),
        Level(_DIFFERS, None, 0.03, 0.99),
    )),
    Comparison("birth", missing("birth"), (
        Level("same", same("birth"), 0.86, 0.0001, "birth", exact=True),
        Level("day and month swapped", turned_date("birth"), 0.01, 0.00008),
        Level("one digit off", typo("birth", 8), 0.08, 0.0015),
        Level("day or month differs", either(same_parts("birth", (1, 6)),
              same_parts("birth", (1, 4), (7, 2))),
              0.02, 0.002),
        Level("year differs", same_parts("birth", (5, 4)), 0.01, 0.002),
        Level(_DIFFERS, None, 0.02, 0.994),
    )),
    Comparison("street", missing("street"), (
        Level("same", same("street"), 0.70, 0.0005, "street", exact=True),
        Level("stands in the other line", crossed("street", "street2"), 0.04, 0.0003),
        Level("one letter off", typo("street", 6, 2), 0.11, 0.0003, "street", 0.5),
        Level("part of it", word_of("street", 5), 0.02, 0.0005),
        Level("alike", alike("street", 0.9), 0.03, 0.002),
        Level(_DIFFERS, None, 0.10, 0.99),
    )),
    Comparison("street2", missing("street2"), (
        Level("same", same("street2"), 0.74, 0.0005, "street2", exact=True),
        Level("alike", either(typo("street2", 6, 2), crossed("street", "street2"), alike("street2", 0.9)),
              0.14, 0.002),
        Level(_DIFFERS, None, 0.12, 0.99),
    )),
    Comparison("number", missing("number"), (
        Level("same", same("number"), 0.82, 0.015, "number", exact=True),
        Level("one digit off", typo("number", 2), 0.08, 0.06),
        Level(_DIFFERS, None, 0.10, 0.92),
    )),
    Comparison("place", missing("postcode", "town"), (
        Level("same", same("place"), 0.70, 0.0005, "place", exact=True),
        Level("same postcode, town alike", both(same("postcode"),
              either(typo("town", 4, 2), alike("town", 0.85))),
              0.08, 0.0003, "postcode"),
        Level("same town, postcode alike", both(same("town"), typo("postcode", 4)), 0.05, 0.0003, "town"),
        Level("same postcode", same("postcode"), 0.05, 0.001, "postcode"),
        Level("same town", same("town"), 0.04, 0.002, "town"),
        Level("both alike", both(typo("postcode", 4), either(typo("town", 4, 2), alike("town", 0.88))),
              0.01, 0.0001),
        Level("one alike", either(typo("postcode", 4), typo("town", 5), alike("town", 0.92)), 0.02, 0.01),
        Level(_DIFFERS, None, 0.05, 0.98),
    ), ("postcode", "town")),
    Comparison("phone", missing("phone"), (
        Level("same", same("phone"), 0.70, 0.0001, "phone", exact=True),
        Level("mobile and office swapped", either(crossed("phone", "phone2"), same("phone2")),
              0.06, 0.00005, "phone"),
        Level("one digit off", typo("phone", 8), 0.04, 0.00002),
        Level(_DIFFERS, None, 0.20, 0.9998),
    ), ("phone", "phone2")),
    Comparison("email", missing("email"), (
        Level("same", same("email"), 0.70, 0.0001, "email", exact=True),
        Level("one letter off", both(typo("email", 8), either(same("maildigits"), absent("maildigits"))),
              0.05, 0.00001),
        Level("same name elsewhere", same("local"), 0.03, 0.0003, "local"),
        Level("same company", same("domain"), 0.10, 0.0003, "domain"),
        Level(_DIFFERS, None, 0.12, 0.9995),
    )),
    Comparison("company", missing("siren"), (
        Level("same establishment", same("siret"), 0.90, 0.00005, "siret", exact=True),
        Level("same company", both(same("siren"), missing("siret")), 0.05, 0.0001, "siren"),
        Level("one digit of the SIRET off", typo("siret", 14), 0.02, 0.000005),
        Level("another site of the company", same("siren"), 0.0005, 0.5, fixed=True),
        Level("one digit of the SIREN off", typo("siren", 9), 0.01, 0.000005),
        Level(_DIFFERS, None, 0.0195, 0.9997),
    ), ("siret", "siren")),
    Comparison("vat", missing("vat"), (
        Level("same", same("vat"), 0.95, 0.0001, "vat", exact=True),
        Level("one character off", typo("vat", 8), 0.03, 0.00001),
        Level(_DIFFERS, None, 0.02, 0.9999),
    )),
    Comparison("iban", missing("iban"), (
        Level("same", same("iban"), 0.85, 0.0001, "iban", exact=True),
        Level("one character off", typo("iban", 12), 0.02, 0.00001),
        Level(_DIFFERS, None, 0.13, 0.9999),
    )),
    Comparison("reference", missing("reference"), (
        Level("same", same("reference"), 0.99, 0.0001, "reference", exact=True),
        Level(_DIFFERS, None, 0.01, 0.9999),
    )),
    Comparison("name", missing("name"), (
        Level("as written", same("written"), 0.30, 0.000005, "written", exact=True),
        Level("same", same("name"), 0.30, 0.00001, "name", exact=True),
        Level("same words", either(same("sorted"), same("squashed")), 0.06, 0.00001, "sorted"),
        Level("one letter off", both(typo("squashed", 6), _SAME_NUMBER), 0.12, 0.0001, "squashed", 0.5),
        Level("nearly all words", both(shared(0.8, "greatest"), _SAME_NUMBER), 0.05, 0.0002),
        Level("all words of the shorter", both(shared(0.95, "least"), shared(0.3, "greatest")), 0.05, 0.0005),
        Level("initials of the other", crossed("acronym", "squashed"), 0.01, 0.0001),
        Level("alike", both(_SAME_NUMBER, either(typo("squashed", 10, 2),
              both(alike("squashed", 0.92), shared(0.3, "greatest")))),
              0.04, 0.001),
        Level("half of the words", shared(0.5, "greatest"), 0.03, 0.002),
        Level(_DIFFERS, None, 0.04, 0.995),
    )),
)  # fmt: skip

BY_NAME = {one.name: one for one in COMPARISONS}


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why strangers may look alike: `shared` are the comparisons that such pairs agree on as the same would.

    `told_by`: what would tell them apart; a base that holds none of it has no such pairs to speak of.
    `at`: (comparison, level) that speak for them too, on that level only.
    `never`: (comparison, level) on which no such pair stands: a home has no two of one first name by
    chance, and those that it has on purpose are another likeness.
    `odds`: how many such pairs there are for one true pair; no base teaches less than
    `least`, for what hardly ever shows is not therefore absent.
    """

    name: str
    shared: frozenset[str]
    told_by: frozenset[str]
    odds: float
    at: tuple[tuple[str, str], ...] = ()
    least: float = 0.0
    never: tuple[tuple[str, str], ...] = ()


PART_OF_NAME = (
    "nearly all words", "all words of the shorter", "initials of the other", "alike", "half of the words",
)  # fmt: skip
"""Levels on which two people of one family name agree whose whole names stand in one field."""

LIKENESSES = (
    Likeness(
        "household",
        frozenset({"family", "street", "street2", "number", "place", "phone"}),
        frozenset({"given", "birth", "name"}),
        0.3,
        tuple(("name", level) for level in PART_OF_NAME),
        never=(("given", "same"),),
    ),
    Likeness(
        "namesake",
        frozenset({"given", "family", "street", "street2", "number", "place", "phone"}),
        frozenset({"birth", "email"}),
        0.0005,
        least=0.0005,
    ),
    Likeness(
        "site",
        frozenset({"name", "email", "iban", "vat"}),
        frozenset({"company", "street", "place", "phone"}),
        0.3,
        (("company", "same company"),),
    ),
)
"""People of one home, among them father and son of one name, and the sites of one
company: strangers that share more than chance gives them."""


def shared_places(likeness: Likeness, used: Sequence[str]) -> tuple[tuple[int, int | None], ...]:
    """What speaks for a likeness: where it stands among the comparisons a base uses, and on which level only.

    Nothing does where nothing could tell.
    """
    if likeness.told_by.isdisjoint(used):
        return ()
    at = dict(likeness.at)
    found: list[tuple[int, int | None]] = []
    for place, name in enumerate(used):
        if name in likeness.shared:
            found.append((place, None))
        elif name in at:
            labels = [level.label for level in BY_NAME[name].levels]
            found.append((place, labels.index(at[name])))
    return tuple(found)


def never_places(likeness: Likeness, used: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where a pair stands that is none of this likeness: (place among the comparisons used, level)."""
    return tuple(
        (used.index(name), [level.label for level in BY_NAME[name].levels].index(label))
        for name, label in likeness.never
        if name in used
    )
