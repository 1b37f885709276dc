"""A record that may be one of two who are not each other: it is asked about, never linked by itself."""

from __future__ import annotations

from hub.duplicates.clusters import Link
from hub.duplicates.disputes import disputed
from tests.duplicates.bases import Run, french, run

HOME = {"given": "Aldric", "family": "Orvalgnac", "street": "3 rue de Verdun", "postcode": "38000",
        "town": "Grenoble", "phone": "0465710912"}  # fmt: skip


def told(*people: dict[str, str]) -> tuple[Run, list[int]]:
    """These people in a base of others, and where each of them is."""
    found, _ = french(400, seed=5)
    done = run([*found, *people])
    rows = {record: row for row, records in enumerate(done.base.members) for record in records}
    return done, [rows[len(found) + place] for place in range(len(people))]


def test_a_record_without_a_birthday_is_linked_to_neither_father_nor_son_of_its_name() -> None:
    father, son, either = {**HOME, "birth": "1950-04-02"}, {**HOME, "birth": "1981-11-23"}, HOME
    done, (a, b, x) = told(father, son, either)
    linked = done.outcome.linked
    assert not linked.together(a, x)
    assert not linked.together(b, x)
    asked = {(one.left, one.right) for one in done.outcome.review}
    assert {(min(a, x), max(a, x)), (min(b, x), max(b, x))} <= asked


def test_two_identical_records_of_which_each_may_be_father_or_son_are_asked_about() -> None:
    father, son = {**HOME, "birth": "1950-04-02"}, {**HOME, "birth": "1981-11-23"}
    done, (_, _, x, same) = told(father, son, HOME, HOME)
    assert x == same
    assert x in done.outcome.alone
    assert (x, x) in {(one.left, one.right) for one in done.outcome.review}


def test_a_pair_that_is_sure_enough_alone_is_linked_whatever_a_third_says() -> None:
    sure = {**HOME, "birth": "1950-04-02", "email": "aldric.orvalgnac50@example.com"}
    done, (a, b, other) = told(sure, {**sure, "phone": ""}, {**HOME, "birth": "1981-11-23"})
    assert done.outcome.linked.together(a, b)
    assert not done.outcome.linked.together(a, other)


def test_who_disputes_is_looked_for_among_few_however_many_there_are() -> None:
    """A block of people alike in all but what tells them apart makes no work that grows with its square."""
    done, places = told(*({**HOME, "number": str(number)} for number in range(60)))
    links = [Link(one.left, one.right, one.probability) for one in done.pairs]
    weighed: list[int] = []

    class Counting(type(done.scorer)):  # type: ignore[misc]
        def __call__(self, a, b):  # type: ignore[no-untyped-def]
            weighed.append(1)
            return super().__call__(a, b)

    disputed(links, done.base.rows, Counting(done.base.weights), done.outcome.bounds)
    assert len(weighed) <= len(links) * 100
    assert len(places) == 60
