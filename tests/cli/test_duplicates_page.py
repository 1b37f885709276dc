"""The page about duplicates: what records say stays text, the picture holds whatever the counts are."""

from __future__ import annotations

import pytest

from hub.weighing import Findings, Pair, Shown, words
from hub.weighing.findings import BARS
from hub.weighing.page import Chapter, Route, page
from tests.tally import tally

EVIL = '<script>alert("1")</script>&\'é€ \u202e'


def pair(probability: float, fate: str = "asked", text: str = "Garage Dupuis") -> Pair:
    one = Shown("a" * 32, text, {"name": text, "city": text}, {text: text})
    other = Shown("b" * 32, text, {"name": f"{text} SARL"}, {})
    reason = {"comparison": "name", "level": "same", "left": text, "right": text, "bits": 9.2, "found_in": 2}
    because = {"reasons": [reason, {**reason, "level": "differs", "bits": -3.0}], "keys": [text]}
    return Pair(probability, one, other, "linked" if fate == "linked" else "asked", because, text)


def made(*pairs: Pair, histogram: list[int] | None = None, automatic: float = 0.999) -> str:
    found = Findings("customer", 10, True, 0.9995, automatic, 0.2, histogram or [0] * BARS, list(pairs), 3)
    return page("Duplicates", "Made now", [Chapter("customer", "customer", [Route(EVIL, 10)], found)])


def test_whatever_a_record_says_stays_text() -> None:
    tally("bad inputs tried", 1)
    text = made(pair(0.9999, "linked", EVIL), pair(0.5, text=EVIL))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10
    assert "é€" in text
    assert text.startswith("<!DOCTYPE html>")
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_the_ten_nearest_to_the_bound_are_shown_on_each_side() -> None:
    many = [pair(0.999 + place / 100_000, "linked") for place in range(30)]
    many += [pair(0.998 - place / 1000) for place in range(30)]
    text = made(*many)
    assert text.count('class="pair"') == 20
    above, below = text.split("Just below the automatic bound")
    assert "<h4>99.90 %" in above
    assert "<h4>99.80 %" in below
    assert "<h4>97 %" not in below


@pytest.mark.parametrize("counts", [[0] * BARS, [1] * BARS, [5_000_000, *[0] * (BARS - 2), 1]])
def test_the_picture_holds_whatever_the_counts_are(counts: list[int]) -> None:
    text = made(histogram=counts)
    assert text.count("<rect") == sum(map(bool, counts))
    assert "linked from here: 99.90 %" in text
    assert "asked from here: 20 %" in text
    assert "nan" not in text


def test_an_entity_of_which_nothing_was_compared_says_so() -> None:
    text = page("Duplicates", "Made now", [Chapter("contact", "contact", [Route("odoo")])])
    assert "nothing new to compare" in text
    assert "No mapping asks" in page("Duplicates", "Made now", [])


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(1.0, "> 99.99 %"), (0.99996, "> 99.99 %"), (0.99968, "99.96 %"), (0.99, "99.00 %"), (0.989, "98 %"),
     (0.5, "50 %"), (0.001, "< 1 %"), (0.0, "< 1 %")],
)  # fmt: skip
def test_nobody_is_told_that_a_likeness_is_certain(probability: float, shown: str) -> None:
    assert words.percent(probability) == shown


def test_a_reason_is_said_as_one_says_it() -> None:
    told = [("phone", "same", "same telephone"), ("name", "as written", "name as written"),
            ("email", "differs", "e-mail differs"), ("email", "same company", "e-mail: same company"),
            ("place", "same town", "same town"), ("vat", "same", "same VAT number"),
            ("birth", "year differs", "date of birth: year differs")]  # fmt: skip
    for comparison, level, said in told:
        assert words.reason({"comparison": comparison, "level": level}) == said
