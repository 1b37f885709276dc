"""What a golden contract says, and what is said of it where it says nothing that can be used."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hub.maintenance.settings import Settings
from hub.maintenance.terms import Terms, read
from tests.tally import tally

FULL: dict[str, Any] = {
    "number": "CT-014", "title": "Entretien chaudière", "customer": "c" * 32, "town": "Annecy",
    "starts_on": "2026-01-01", "ends_on": None, "duration": "P12M", "renewal": "tacit", "periodicity": "2/12",
    "months_off": ["août", "12"], "hours": "1.5", "amount": "1250.00", "state": "running",
}  # fmt: skip


def terms(**more: Any) -> Terms:
    return read("id", FULL | more, Settings().field_of)


def test_a_whole_contract_is_read_whole() -> None:
    found = terms()
    assert (found.number, found.customer, found.town) == ("CT-014", "c" * 32, "Annecy")
    assert (found.starts_on, found.periodicity, found.duration) == (date(2026, 1, 1), (2, 12), (12, 0))
    assert (found.months_off, found.hours, found.amount) == (frozenset({8, 12}), 1.5, "1250.00")
    assert found.plannable
    assert not found.missing
    assert not found.over


def test_fields_may_have_other_names() -> None:
    settings = Settings(fields={"starts_on": "debut", "periodicity": "frequence"})
    found = read("id", {"debut": "2026-03-01", "frequence": "4/12"}, settings.field_of)
    assert (found.starts_on, found.periodicity) == (date(2026, 3, 1), (4, 12))


@pytest.mark.parametrize(
    ("more", "term", "said"),
    [
        ({"starts_on": None}, "starts_on", "ne dit pas quand il commence"),
        ({"starts_on": "bientôt"}, "starts_on", "« bientôt » ne se comprend pas"),
        ({"ends_on": "31/12"}, "ends_on", "« 31/12 »"),
        ({"periodicity": None}, "periodicity", "combien de visites"),
        ({"periodicity": "souvent"}, "periodicity", "« souvent »"),
        ({"periodicity": "0/12"}, "periodicity", "« 0/12 »"),
        ({"periodicity": "900/12"}, "periodicity", "plus d'une par jour"),
        ({"duration": "longtemps"}, "duration", "« longtemps »"),
        ({"duration": "P0M"}, "duration", "« P0M »"),
        ({"months_off": "été"}, "months_off", "« été »"),
        ({"months_off": ["août", "13"]}, "months_off", "sans visite"),
        ({"months_off": "janvier à décembre"}, "months_off", "douze mois"),
    ],
)
def test_what_cannot_be_used_is_named_with_a_sentence_and_nothing_is_planned(
    more: dict[str, Any], term: str, said: str
) -> None:
    found = terms(**more)
    assert said in found.missing[term]
    assert not found.plannable
    tally("bad inputs tried", 1)


@pytest.mark.parametrize("hours", ["0", "-2", "99", "deux"])
def test_hours_that_cannot_be_used_stop_no_plan(hours: str) -> None:
    found = terms(hours=hours)
    assert found.hours is None
    assert "hours" in found.missing
    assert found.plannable


@pytest.mark.parametrize(
    ("value", "months"),
    [
        ("août", {8}),
        ("juillet-août", {7, 8}),
        ("juillet – août", {7, 8}),
        ("juillet et août", {7, 8}),
        ("de novembre à février", {11, 12, 1, 2}),
        ("du mois de juin au mois de septembre", {6, 7, 8, 9}),
        ("d'août", {8}),
        ("July, August", {7, 8}),
        ("janv., févr.", {1, 2}),
        ("7/8", {7, 8}),
        ("07 ; 08", {7, 8}),
        (["8"], {8}),
        ([7, 8], {7, 8}),
        (8, {8}),
        (["juillet-août", "décembre"], {7, 8, 12}),
        ([], set()),
        (None, set()),
    ],
)
def test_months_off_are_read_however_they_are_written(value: Any, months: set[int]) -> None:
    assert terms(months_off=value).months_off == months


@pytest.mark.parametrize(
    ("more", "last"),
    [
        ({"renewal": "tacit"}, None),
        ({"renewal": "express"}, "2026-12-31"),
        ({"renewal": "none"}, "2026-12-31"),
        ({"renewal": None}, "2026-12-31"),
        ({"duration": "open", "renewal": "none"}, None),
        ({"duration": None, "renewal": "none"}, None),
        ({"duration": "P90D", "renewal": "none"}, "2026-03-31"),
        ({"ends_on": "2026-06-30", "renewal": "none"}, "2026-06-30"),
        ({"ends_on": "2026-06-30", "renewal": "tacit"}, "2026-06-30"),
        ({"ends_on": "2026-12-31", "renewal": "tacit"}, None),
        ({"ends_on": "2027-01-01", "renewal": "tacit"}, None),
        ({"ends_on": "2027-12-31", "renewal": "tacit"}, "2027-12-31"),
        ({"ends_on": "2026-12-31", "renewal": "tacit", "duration": None}, "2026-12-31"),
    ],
)
def test_the_end_is_what_is_said_and_tacit_renewal_has_none(more: dict[str, Any], last: str | None) -> None:
    assert terms(**more).last_day() == (date.fromisoformat(last) if last else None)


def test_a_tacit_contract_says_when_it_is_renewed_next() -> None:
    assert terms().renews_on(date(2028, 5, 1)) == date(2029, 1, 1)
    assert terms(renewal="none").renews_on(date(2026, 5, 1)) is None


@pytest.mark.parametrize("duration", ["P9999M", "P999999D"])
def test_a_duration_beyond_all_days_has_no_end_that_matters(duration: str) -> None:
    last = terms(duration=duration, renewal="none").last_day()
    assert last is not None
    assert last > date(2800, 1, 1)


def test_an_ended_or_archived_contract_is_over() -> None:
    assert terms(state="ended").over
    assert read("id", FULL, Settings().field_of, archived=True).over
