"""A list without pages is read whole: whatever its keys are, however it is sorted and compared."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sage.soap.grammar import Line
from connectors.sage.soap.paging import Unfiltered, Walk
from connectors.sage.soap.wsdl import Keys

Order = Callable[[tuple[str, ...]], Any]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./ "
PRINTABLE = "".join(sorted(set(string.printable) - set(string.whitespace) - {"*"}))


class X3List:
    """A list as X3 shows it: the first `size` lines that pass the filters. `folds`: capitals do not count."""

    def __init__(
        self, keys: Sequence[tuple[str, ...]], size: int, order: Order,
        folds: bool = False,
    ) -> None:  # fmt: skip
        self.keys, self.size, self.folds = sorted(keys, key=order), size, folds
        self.names = [f"K{place}" for place in range(len(keys[0]) if keys else 1)]
        self.queries = 0

    def ask(self, filters: Sequence[Keys]) -> list[list[Line]]:
        return [self._one(one) for one in filters]

    def _one(self, filters: Keys) -> list[Line]:
        self.queries += 1
        passing = [key for key in self.keys if all(self._passes(key, *one) for one in filters)]
        return [dict(zip(self.names, key, strict=True)) for key in passing[: self.size]]

    def _passes(self, key: tuple[str, ...], name: str, pattern: str) -> bool:
        text = key[self.names.index(name)]
        if self.folds:
            text, pattern = text.casefold(), pattern.casefold()
        return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern.strip()

    def whole(self, characters: str = ALPHABET) -> set[tuple[str, ...]]:
        return set(Walk(self.names, self.size, characters).whole(self.ask))


ORDERS: list[Order] = [
    lambda key: key,
    lambda key: folded(key),
    lambda key: tuple(reversed(key)),
    lambda key: hash(key),
]
ORDER = st.sampled_from(ORDERS)


def keys(
    characters: str, parts: int = 1, unique_by: Order = lambda key: key
) -> st.SearchStrategy[list[tuple[str, ...]]]:
    text = st.text(characters, min_size=1, max_size=6).map(str.strip).filter(bool)
    return st.lists(st.tuples(*[text] * parts), unique_by=unique_by, max_size=60)


@settings(max_examples=300)
@given(keys("ABC01-"), st.integers(2, 7), ORDER)
def test_every_key_is_found_whatever_the_order(found: list[tuple[str, ...]], size: int, order: Order) -> None:
    assert X3List(found, size, order).whole() == set(found)


@settings(max_examples=100)
@given(keys(PRINTABLE), st.integers(2, 7), ORDER)
def test_every_key_of_printable_characters_is_found_where_they_are_told(
    found: list[tuple[str, ...]], size: int, order: Order
) -> None:
    assert X3List(found, size, order).whole(PRINTABLE) == set(found)


@settings(max_examples=100)
@given(keys("ABab1", parts=2), st.integers(2, 7), ORDER)
def test_keys_of_two_parts_are_found(found: list[tuple[str, ...]], size: int, order: Order) -> None:
    assert X3List(found, size, order).whole(PRINTABLE) == set(found)


def folded(key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in key)


@settings(max_examples=100)
@given(keys("ABab1", unique_by=folded), st.integers(2, 7), ORDER)
def test_every_key_is_found_where_capitals_do_not_count(
    found: list[tuple[str, ...]], size: int, order: Order
) -> None:
    assert X3List(found, size, order, folds=True).whole(ALPHABET) == set(found)


def test_a_character_that_turns_up_is_looked_for_everywhere_from_then_on() -> None:
    found = (
        [(f"É{n:03}",) for n in range(50)]
        + [(f"A{n:03}",) for n in range(50)]
        + [("0É",), ("AÉ1",), ("A0É",)]
    )
    assert X3List(found, 10, lambda key: key).whole() == set(found)


def test_a_short_list_costs_one_query() -> None:
    one = X3List([(f"C{n:05}",) for n in range(999)], 1000, lambda key: key)
    assert len(one.whole()) == 999
    assert one.queries == 1


def test_a_list_of_five_thousand_costs_a_few_hundred_queries() -> None:
    one = X3List([(f"C{n:05}",) for n in range(1, 5001)], 1000, lambda key: key)
    assert len(one.whole()) == 5000
    assert one.queries < 400


def test_a_list_that_does_not_heed_its_filter_is_found_out() -> None:
    class Deaf(X3List):
        def _passes(self, key: tuple[str, ...], name: str, pattern: str) -> bool:
            return True

    with pytest.raises(Unfiltered, match="asked for K0"):
        Deaf([(f"C{n:05}",) for n in range(100)], 10, lambda key: key).whole()


def test_a_list_without_its_key_is_found_out() -> None:
    with pytest.raises(Unfiltered, match="does not show BPCNUM, but NAME"):
        Walk(["BPCNUM"], 10, ALPHABET).whole(lambda filters: [[{"NAME": "x"}] for _ in filters])
