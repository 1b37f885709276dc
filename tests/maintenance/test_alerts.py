"""What a person is told of, in what words, and that one occasion is one alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.maintenance.alerts import (
    Alert,
    Apart,
    ContractSeen,
    Limits,
    Situation,
    Unconfirmed,
    Unplannable,
    Unread,
    VisitSeen,
    alerts,
)

TODAY = date(2026, 11, 2)
LIMITS = Limits(ending=90, overdue=7, unplanned=30)
CONTRACT = ContractSeen("c1", "2026-0042", "k1", "Mairie de Vif", date(2028, 1, 31))
VISIT = VisitSeen("1", "v1", "Visite 2/2026", "c1", None, date(2027, 3, 1), confirmed=True)


def told(
    *contracts: ContractSeen, today: date = TODAY, limits: Limits = LIMITS, **more: object
) -> list[Alert]:
    known = {one.id: one for one in contracts or (CONTRACT,)}
    return list(alerts(Situation(known, **more), today, limits).values())  # type: ignore[arg-type]


def test_a_contract_and_a_visit_in_order_say_nothing() -> None:
    assert told(visits=[VISIT]) == []


def test_a_contract_that_ends_within_the_days_is_told_once_with_its_day() -> None:
    (alert,) = told(replace(CONTRACT, ends_on=date(2027, 1, 31)))
    assert alert.kind == "ending"
    assert alert.key == "ending:c1:2027-01-31"
    assert alert.title == "Contrat 2026-0042 : se termine le 31/01/2027"
    assert "Mairie de Vif" in alert.details
    assert (alert.customer, alert.contract, alert.day) == ("k1", "c1", date(2027, 1, 31))
    assert told(replace(CONTRACT, ends_on=TODAY + timedelta(91))) == []


def test_a_contract_that_ended_is_still_told_and_says_so() -> None:
    (alert,) = told(replace(CONTRACT, ends_on=TODAY - timedelta(3)))
    assert "échu le 30/10/2026" in alert.title
    assert alert.day == TODAY


def test_an_end_that_moves_is_another_occasion() -> None:
    (first,) = told(replace(CONTRACT, ends_on=date(2026, 12, 31)))
    (second,) = told(replace(CONTRACT, ends_on=date(2027, 1, 15)))
    assert first.key != second.key


def test_a_contract_that_goes_on_by_itself_has_no_end_to_tell() -> None:
    assert told(replace(CONTRACT, ends_on=date(2026, 12, 31), renewal="tacit")) == []


def test_no_days_means_no_such_alert() -> None:
    ending = replace(CONTRACT, ends_on=TODAY)
    soon = replace(VISIT, day=TODAY, confirmed=False)
    assert told(ending, visits=[soon], limits=Limits(0, 7, 0)) == []


def test_a_contract_without_a_customer_is_told() -> None:
    (alert,) = told(replace(CONTRACT, customer=None, customer_name=""))
    assert (alert.kind, alert.customer, alert.contract) == ("no_customer", None, "c1")


def test_a_visit_that_nobody_did_is_told_after_the_days_and_not_before() -> None:
    late = replace(VISIT, day=TODAY - timedelta(8))
    (alert,) = told(visits=[late])
    assert alert.kind == "overdue"
    assert alert.visit == "v1"
    assert alert.customer == "k1", "of the contract, where the visit names none"
    assert told(visits=[replace(VISIT, day=TODAY - timedelta(7))]) == []


def test_the_words_of_a_late_visit_are_the_same_on_every_day() -> None:
    """They would be written to Odoo anew every morning."""
    late = replace(VISIT, day=TODAY - timedelta(8))
    (first,) = told(visits=[late])
    (second,) = told(visits=[late], today=TODAY + timedelta(5))
    assert (first.key, first.title, first.details) == (second.key, second.title, second.details)


def test_a_visit_soon_due_that_nobody_confirmed_is_told() -> None:
    soon = replace(VISIT, day=TODAY + timedelta(30), confirmed=False)
    (alert,) = told(visits=[soon])
    assert (alert.kind, alert.day) == ("unplanned", TODAY + timedelta(30))
    assert told(visits=[replace(soon, day=TODAY + timedelta(31))]) == []
    assert told(visits=[replace(soon, confirmed=True)]) == []


def test_a_visit_for_which_there_is_no_day_is_told_with_the_reason() -> None:
    why = "every month of its period is left out (months_off)"
    (alert,) = told(unplannable=[Unplannable("c1", "2027-01-01", why, date(2027, 1, 1))])
    assert (alert.kind, alert.details, alert.contract) == ("unplanned", why, "c1")


def test_amounts_that_differ_are_told_with_who_says_what() -> None:
    (alert,) = told(amounts=[Apart("c1", (("word", "1250.00"), ("odoo", "1300.00")))])
    assert alert.kind == "amounts"
    assert "word : 1250.00 €" in alert.details
    assert "odoo : 1300.00 €" in alert.details
    (other,) = told(amounts=[Apart("c1", (("word", "1250.00"), ("odoo", "1400.00")))])
    assert other.key != alert.key


def test_a_document_that_cannot_be_read_is_told_with_its_sentence() -> None:
    unread = Unread(
        "word", "2026-0042", "periodicity", "Contrat 2026-0042.docx, paragraph 12",
        "« deux visites par an, trimestrielles » says how often in two ways", "correct the document",
    )  # fmt: skip
    (alert,) = told(unread=[unread])
    assert alert.kind == "unreadable"
    assert "Contrat 2026-0042.docx" in alert.title
    assert "trimestrielles" in alert.details


def test_an_intervention_out_of_a_form_waits_for_a_word() -> None:
    (alert,) = told(unconfirmed=[Unconfirmed("i1", "F-2026-118", "k1", "c1", "v1")])
    assert (alert.kind, alert.visit) == ("to_confirm", "v1")


days = st.dates(date(2025, 1, 1), date(2029, 1, 1))


@given(days, st.lists(st.tuples(days, st.booleans()), max_size=6), st.one_of(st.none(), days))
def test_every_key_is_one_alert_and_the_same_on_the_same_day(
    today: date, visits: list[tuple[date, bool]], end: date | None
) -> None:
    contract = replace(CONTRACT, ends_on=end)
    seen = [
        VisitSeen(str(n), None, f"Visite {n}", "c1", None, day, sure) for n, (day, sure) in enumerate(visits)
    ]
    first = told(contract, today=today, visits=seen)
    assert first == told(contract, today=today, visits=seen)
    assert len({alert.key for alert in first}) == len(first)
    assert all(alert.day >= today for alert in first), "nobody is asked to act yesterday"
