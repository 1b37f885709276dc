"""How long and how often: what is written of a term reads back as the same, in words and in codes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.values import BadOption, Unreadable, make_type

DURATIONS = st.one_of(
    st.just("open"),
    st.integers(1, 1200).map(lambda months: f"P{months}M"),
    st.integers(1, 9999).map(lambda days: f"P{days}D"),
    st.tuples(st.integers(1, 240), st.integers(1, 364)).map(lambda both: f"P{both[0]}M{both[1]}D"),
)
STYLES = st.sampled_from([None, "words", "code"])
OFTEN = st.tuples(st.integers(1, 365), st.sampled_from([1, 2, 3, 4, 6, 12, 18, 24, 36, 48, 60]))


def made(kind: str, style: str | None, **more: Any) -> Any:
    found = make_type(kind, **more)
    return found if style is None else found.formatted(style)


@given(DURATIONS, STYLES, st.sampled_from([None, "un an", "P12M", "open"]))
def test_a_duration_written_reads_back_as_itself(value: str, style: str | None, like: str | None) -> None:
    kind = made("duration", style)
    assert kind.parse(kind.native(value, like)) == value
    assert kind.parse(kind.show(value)) == value


@given(DURATIONS)
def test_the_code_of_a_duration_reads_as_itself(value: str) -> None:
    assert make_type("duration").parse(value) == value


@given(OFTEN, STYLES, st.sampled_from([None, "semestrielle", "2/12"]))
def test_a_periodicity_written_reads_back_as_itself(
    often: tuple[int, int], style: str | None, like: str | None
) -> None:
    kind = made("periodicity", style)
    value = kind.parse(kind.show(f"{often[0]}/{often[1]}"))
    assert kind.parse(kind.native(value, like)) == value
    assert kind.parse(kind.show(value)) == value


@given(OFTEN)
def test_what_is_written_of_a_periodicity_means_as_many_visits(often: tuple[int, int]) -> None:
    kind = make_type("periodicity")
    read = str(kind.parse(kind.show(f"{often[0]}/{often[1]}")))
    times, months = map(int, read.split("/"))
    assert times * often[1] == often[0] * months


@given(OFTEN)
def test_the_code_of_a_periodicity_reads_as_itself(often: tuple[int, int]) -> None:
    assert make_type("periodicity").parse(f"{often[0]}/{often[1]}") == f"{often[0]}/{often[1]}"


@given(st.integers(1, 365))
def test_a_bare_number_counts_in_the_months_the_field_says(times: int) -> None:
    kind = make_type("periodicity", per=12)
    assert kind.parse(times) == kind.parse(float(times)) == kind.parse(str(times)) == f"{times}/12"
    assert kind.native(f"{times}/12", 3) == times
    assume(times > 1)
    with pytest.raises(Unreadable):
        make_type("periodicity").parse(str(times))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("duration", "un an", "P12M"),
        ("duration", "36 mois", "P36M"),
        ("duration", "un an renouvelable par tacite reconduction", "P12M"),
        ("duration", "durée indéterminée", "open"),
        ("duration", "90 jours", "P90D"),
        ("periodicity", "semestrielle", "2/12"),
        ("periodicity", "2x/an", "2/12"),
        ("periodicity", "tous les 6 mois", "2/12"),
        ("periodicity", "bi-annuelle", "2/12"),
        ("periodicity", "bisannuelle", "1/24"),
        ("periodicity", "deux visites par an", "2/12"),
        ("periodicity", "", None),
        ("duration", None, None),
    ],
)
def test_words_of_contracts_are_read(kind: str, text: str | None, value: str | None) -> None:
    assert make_type(kind).parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [("duration", "P"), ("duration", "longtemps"), ("duration", "1 an ou 2 ans"), ("periodicity", "0/12"),
     ("periodicity", "souvent"), ("periodicity", "dure une année")],
)  # fmt: skip
def test_what_says_nothing_or_two_things_is_not_read(kind: str, text: str) -> None:
    with pytest.raises(Unreadable):
        make_type(kind).parse(text)


@pytest.mark.parametrize("kind", ["duration", "periodicity"])
def test_a_format_that_is_none_is_refused(kind: str) -> None:
    with pytest.raises(BadOption):
        make_type(kind).formatted("prose")


@pytest.mark.parametrize("per", [0, 121])
def test_months_to_count_in_that_are_none_are_refused(per: int) -> None:
    with pytest.raises(BadOption):
        make_type("periodicity", per=per)
