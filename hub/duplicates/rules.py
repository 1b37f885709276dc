"""A predicate of two records, said once and meant twice: as SQL over ``x_l`` and ``x_r``, and as Python.

Promises: pure; both forms agree on every pair of feature rows; a value that is missing makes a predicate
false, never unknown. Never: negates, so that a missing value cannot become true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

COLUMNS = (
    "given", "given2", "family", "birth", "number", "street", "street2", "postcode", "town", "place",
    "phone", "phone2", "email", "maildigits", "local", "domain", "siren", "siret", "vat", "iban",
    "reference", "written", "name", "sorted", "squashed", "acronym", "namedigits",
    "tokens", "mass",
)  # fmt: skip
"""What is compared, in the order of a feature row: text or ``None``, but `tokens` (numbers) and `mass`."""

PLACE = {name: place for place, name in enumerate(COLUMNS)}

Row = Sequence[Any]
"""The features of one record, in the order of `COLUMNS`."""

Test = Callable[[Row, Row], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A symmetric predicate: `sql`, and `test` on two feature rows."""

    sql: str
    test: Test


def missing(*columns: str) -> Rule:
    """Either record has none of these."""
    places = [PLACE[column] for column in columns]
    sides = [" AND ".join(f"{c}_{side} IS NULL" for c in columns) for side in "lr"]

    def test(a: Row, b: Row) -> bool:
        return all(a[p] is None for p in places) or all(b[p] is None for p in places)

    return Rule(" OR ".join(f"({side})" for side in sides), test)


def absent(column: str) -> Rule:
    """Neither record has it."""
    p = PLACE[column]
    return Rule(f"{column}_l IS NULL AND {column}_r IS NULL", lambda a, b: a[p] is None and b[p] is None)


def same(column: str) -> Rule:
    p = PLACE[column]
    return Rule(f"{column}_l = {column}_r", lambda a, b: a[p] is not None and a[p] == b[p])


def both(*rules: Rule) -> Rule:
    tests = [rule.test for rule in rules]
    sql = " AND ".join(f"({rule.sql})" for rule in rules)
    return Rule(sql, lambda a, b: all(test(a, b) for test in tests))


def either(*rules: Rule) -> Rule:
    tests = [rule.test for rule in rules]
    sql = " OR ".join(f"({rule.sql})" for rule in rules)
    return Rule(sql, lambda a, b: any(test(a, b) for test in tests))


def crossed(one: str, other: str) -> Rule:
    """What one record has as `one`, the other has as `other`; one such equality is enough."""
    p, q = PLACE[one], PLACE[other]

    def test(a: Row, b: Row) -> bool:
        return (a[p] is not None and a[p] == b[q]) or (a[q] is not None and a[q] == b[p])

    return Rule(f"({one}_l = {other}_r) OR ({other}_l = {one}_r)", test)


def swapped(one: str, other: str) -> Rule:
    """Both values have changed places."""
    p, q = PLACE[one], PLACE[other]

    def test(a: Row, b: Row) -> bool:
        return a[p] is not None and a[q] is not None and a[p] == b[q] and a[q] == b[p]

    return Rule(f"{one}_l = {other}_r AND {other}_l = {one}_r", test)


def typo(column: str, shortest: int, most: int = 1) -> Rule:
    """At most so many letters added, left out, changed, or neighbours swapped; short values do not count."""
    p = PLACE[column]

    def test(a: Row, b: Row) -> bool:
        x, y = a[p], b[p]
        return (
            x is not None
            and y is not None
            and min(len(x), len(y)) >= shortest
            and DamerauLevenshtein.distance(x, y, score_cutoff=most) <= most
        )

    x, y = f"{column}_l", f"{column}_r"
    short = f"length({x}) >= {shortest} AND length({y}) >= {shortest}"
    near = f"abs(length({x}) - length({y})) <= {most}"
    return Rule(f"{short} AND {near} AND damerau_levenshtein({x}, {y}) <= {most}", test)


def alike(column: str, least: float) -> Rule:
    """A Jaro-Winkler similarity of at least so much."""
    p = PLACE[column]

    def test(a: Row, b: Row) -> bool:
        return a[p] is not None and b[p] is not None and JaroWinkler.similarity(a[p], b[p]) >= least

    return Rule(f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}", test)


def begins(column: str, longest: int) -> Rule:
    """One is the beginning of the other, and no longer than so many letters: an initial, a short form."""
    p = PLACE[column]

    def test(a: Row, b: Row) -> bool:
        x, y = a[p], b[p]
        if x is None or y is None:
            return False
        return (len(x) <= longest and y.startswith(x)) or (len(y) <= longest and x.startswith(y))

    x, y = f"{column}_l", f"{column}_r"
    return Rule(
        f"(length({x}) <= {longest} AND starts_with({y}, {x})) OR "
        f"(length({y}) <= {longest} AND starts_with({x}, {y}))",
        test,
    )


def word_of(column: str, shortest: int = 3) -> Rule:
    """One is a whole word, or several, of the other: "martin" of "martin dubois"."""
    p = PLACE[column]

    def test(a: Row, b: Row) -> bool:
        x, y = a[p], b[p]
        if x is None or y is None or min(len(x), len(y)) < shortest:
            return False
        return f" {x} " in f" {y} " or f" {y} " in f" {x} "

    x, y = f"{column}_l", f"{column}_r"
    inside = (
        f"contains(' ' || {y} || ' ', ' ' || {x} || ' ') OR contains(' ' || {x} || ' ', ' ' || {y} || ' ')"
    )
    return Rule(f"length({x}) >= {shortest} AND length({y}) >= {shortest} AND ({inside})", test)


def turned_date(column: str) -> Rule:
    """Day and month have changed places in YYYYMMDD."""
    p = PLACE[column]

    def turn(text: str) -> str:
        return text[:4] + text[6:8] + text[4:6]

    def test(a: Row, b: Row) -> bool:
        return a[p] is not None and b[p] is not None and turn(a[p]) == b[p]

    x, y = f"{column}_l", f"{column}_r"
    return Rule(f"substr({x}, 1, 4) || substr({x}, 7, 2) || substr({x}, 5, 2) = {y}", test)


def same_parts(column: str, *parts: tuple[int, int]) -> Rule:
    """These parts (first character from 1, length) are the same."""
    p = PLACE[column]

    def test(a: Row, b: Row) -> bool:
        x, y = a[p], b[p]
        if x is None or y is None:
            return False
        return all(x[start - 1 : start - 1 + n] == y[start - 1 : start - 1 + n] for start, n in parts)

    sql = " AND ".join(
        f"substr({column}_l, {start}, {n}) = substr({column}_r, {start}, {n})" for start, n in parts
    )
    return Rule(sql, test)


def shared(least: float, of: str) -> Rule:
    """The rare words in common are at least this part of the heavier (``greatest``) or lighter name."""
    t, m = PLACE["tokens"], PLACE["mass"]
    pick = max if of == "greatest" else min

    def test(a: Row, b: Row) -> bool:
        if a[t] is None or b[t] is None:
            return False
        common = sum(word & 255 for word in set(a[t]).intersection(b[t]))
        return bool(common * 100 >= round(least * 100) * pick(a[m], b[m]))

    return Rule(f"common_mass(tokens_l, tokens_r) * 100 >= {round(least * 100)} * {of}(mass_l, mass_r)", test)


MACROS = (
    "CREATE OR REPLACE MACRO common_mass(a, b) AS "
    "coalesce(list_sum(list_transform(list_intersect(a, b), lambda x: x & 255)), 0)",
)
"""What DuckDB must know before the rules run."""

SPARK_FUNCTIONS = (
    "CREATE OR REPLACE TEMPORARY FUNCTION common_mass(a ARRAY<BIGINT>, b ARRAY<BIGINT>) RETURNS BIGINT "
    "RETURN coalesce(aggregate(array_intersect(a, b), 0L, (sum, x) -> sum + (x & 255)), 0L)",
)
"""The same for Spark."""
