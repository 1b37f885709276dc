"""Bases that blocking or learning could break on: one record, nothing filled, one value, all identical."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.duplicates.features import rows_of
from hub.duplicates.keys import KEYS, MOST, blocks, keys_of
from tests.duplicates.bases import counted, french, run
from tests.tally import tally


def test_a_base_of_one_record_has_no_pair() -> None:
    tally("bad inputs tried", 1)
    done = run([{"name": "Scierie Orvamont"}])
    assert (done.pairs, done.outcome.linked.groups, done.outcome.review) == ([], (), ())


def test_records_of_which_nothing_is_known_are_not_one() -> None:
    tally("bad inputs tried", 1)
    done = run([{}, {}, {"name": ""}] * 20)
    scores = counted(done, ["x"] * 60)
    assert scores["automatic"].linked == 0
    assert scores["decision"].linked == 0


@pytest.mark.parametrize("role", ["phone", "email", "town", "family"])
def test_one_value_shared_by_everyone_links_nobody(role: str) -> None:
    tally("bad inputs tried", 1)
    found = [{role: "0465710000", "given": f"n{number}ca{number % 7}"} for number in range(400)]
    done = run(found)
    assert counted(done, [str(number) for number in range(400)])["automatic"].linked == 0


def test_ten_thousand_identical_records_are_one_cluster_and_no_explosion() -> None:
    tally("bad inputs tried", 1)
    one = {"name": "Scierie Orvamont", "siret": "90000001900019", "phone": "0465710000", "town": "Gap"}
    done = run([one] * 10_000)
    assert len(done.base.rows) == 1
    assert done.pairs == []
    assert counted(done, ["x"] * 10_000)["decision"].right == 10_000 * 9_999 // 2


def test_ten_thousand_nearly_identical_records_make_a_bounded_number_of_pairs() -> None:
    tally("bad inputs tried", 1)
    found = [
        {"name": "Scierie Orvamont", "town": "Gap", "phone": f"04657{number:05}"} for number in range(10_000)
    ]
    rows, _ = rows_of(found)
    shared = Counter(key for keys in blocks(rows) for key in keys)
    assert max(shared.values()) <= MOST
    pairs = sum(count * (count - 1) // 2 for count in shared.values())
    assert pairs < 10_000 * KEYS * MOST


def test_the_common_first_name_alone_makes_nobody_one() -> None:
    tally("bad inputs tried", 1)
    done = run([{"given": "Jean"}] * 500 + [{"given": f"Zo{n}", "family": f"Quel{n}"} for n in range(500)])
    assert counted(done, [str(n) for n in range(1000)])["automatic"].linked == 0


def test_a_record_makes_a_bounded_number_of_keys() -> None:
    found, _ = french(300)
    rows, _ = rows_of(found)
    assert max(len(keys_of(row)) for row in rows) <= KEYS


def test_the_french_base_is_found_as_promised() -> None:
    """Seeds that nothing was ever looked at with."""
    found, truth = french(1200, seed=2027)
    scores = counted(run(found), truth)
    assert scores["automatic"].precision >= 0.9995
    assert scores["automatic"].recall > 0.6
    assert scores["decision"].f1 >= 0.98
    assert scores["reviewed"].recall > 0.99
