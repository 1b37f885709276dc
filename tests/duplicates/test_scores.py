"""The same pair has the same score in a whole base and alone, either way round."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from hub.duplicates import text, whole
from hub.duplicates.backends import opened
from hub.duplicates.comparisons import COMPARISONS
from hub.duplicates.features import rows_of
from hub.duplicates.rules import COLUMNS
from hub.duplicates.scoring import Scorer
from hub.duplicates.weights import as_json, from_json, rarities, shipped, used_in
from tests.duplicates.bases import french, run


@pytest.fixture(scope="module")
def weighed() -> whole.Base:
    found, _ = french(700)
    return whole.read(found, shipped())


def test_splink_and_one_pair_alone_add_up_to_the_same_score(weighed: whole.Base) -> None:
    with opened() as database:
        database.put("record", whole.table_of(weighed))
        scored = whole.linker(database, weighed).inference.predict().physical_name
        pairs = database.rows(f"SELECT unique_id_l, unique_id_r, match_weight FROM {scored} ORDER BY ALL")
    scorer = Scorer(weighed.weights)
    assert len(pairs) > 3000
    for left, right, weight in pairs:
        alone = scorer(weighed.rows[left], weighed.rows[right])
        assert abs(alone.score - weight) < 1e-9, scorer.explain(weighed.rows[left], weighed.rows[right])


@pytest.mark.parametrize("learn_m", [False, True])
def test_what_is_learnt_gives_the_base_and_the_pair_one_probability(learn_m: bool) -> None:
    found, _ = french(500, seed=3)
    done = run(found, learn_m=learn_m)
    assert len(done.pairs) > 500
    for pair in done.pairs:
        alone = done.scorer(done.base.rows[pair.left], done.base.rows[pair.right])
        assert abs(alone.score - pair.score) < 1e-9
        assert abs(alone.probability - pair.probability) < 1e-9


def test_a_pair_is_the_same_either_way_round(weighed: whole.Base) -> None:
    scorer, dice = Scorer(weighed.weights), Random(1)
    for _ in range(3000):
        a, b = dice.choice(weighed.rows), dice.choice(weighed.rows)
        one, other = scorer(a, b), scorer(b, a)
        assert (one.levels, one.bits) == (other.levels, other.bits)


WORD = some.text(alphabet="abcdeéèÉ 1.-'&", max_size=12)
RECORD = some.fixed_dictionaries(
    {},
    optional={
        "name": WORD, "given": WORD, "family": WORD, "street": WORD, "town": WORD,
        "birth": some.sampled_from(["1980-02-03", "03/02/1980", "19800302", "1981-02-03", "x"]),
        "postcode": some.sampled_from(["38000", "38100", "75001", ""]),
        "phone": some.sampled_from(["0465716803", "+33 4 65 71 68 03", "0465716804", "12"]),
        "email": some.sampled_from(["a@example.fr", "anna12@example.fr", "anna13@example.fr", "@", "x"]),
        "siret": some.sampled_from(["90000001900019", "90000001900027", "900000019", "90000001900018", "1"]),
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(some.lists(RECORD, min_size=2, max_size=6))
def test_any_records_stand_on_the_same_levels_in_sql_and_in_python(found: list[dict[str, str]]) -> None:
    rows, words = rows_of(found)
    weights = replace(shipped(), used=used_in(rows), words=words, rarity=rarities(rows))
    base = whole.Base(rows, [[index] for index in range(len(rows))], weights)
    cases = ", ".join(whole.case_of(one) for one in COMPARISONS)
    with opened() as database:
        database.put("record", whole.table_of(base))
        sides = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in COLUMNS)
        said = database.rows(
            f"SELECT l, r, {cases} "
            f"FROM (SELECT a.unique_id AS l, b.unique_id AS r, {sides} FROM record a, record b)"
        )
    scorer = Scorer(replace(weights, used=tuple(one.name for one in COMPARISONS)))
    for left, right, *levels in said:
        assert tuple(levels) == scorer(rows[left], rows[right]).levels


@settings(max_examples=300, deadline=None)
@given(some.text(max_size=40))
@example("0:0:0")
@example("B:ET:B")
@example("Dupont K et G")
def test_what_is_written_one_way_stays_so(value: str) -> None:
    for way in (text.plain, text.person, text.town, text.as_written, lambda v: text.company(v)[0]):
        assert way(way(value)) == way(value)
    number, street = text.street(value)
    if not number:
        assert text.street(street)[1] == street or text.street(street)[0]
    assert text.plain(value).isascii()


def test_weights_survive_their_file_and_say_what_is_wrong_with_another() -> None:
    data = as_json(shipped())
    assert from_json(data).levels == shipped().levels
    for broken, said in (
        ({}, "comparisons"),
        ({"comparisons": {"shoe": []}}, "shoe"),
        ({"comparisons": {"vat": [{"level": "same", "m": 1, "u": 0.1}]}}, "levels are"),
        ({"comparisons": {"vat": [{"level": "same"}]}}, "needs"),
    ):
        with pytest.raises(ValueError, match=said):
            from_json(broken)
    data["comparisons"]["vat"][0]["m"] = 1.5
    with pytest.raises(ValueError, match="between 0 and 1"):
        from_json(data)


def test_every_comparison_ends_with_differs_and_its_weights_add_up() -> None:
    for one in COMPARISONS:
        assert one.levels[-1].rule is None
        assert all(level.rule is not None for level in one.levels[:-1])
        assert sum(level.m for level in one.levels) == pytest.approx(1.0)
