"""Two customers a person says are one: what survives, what follows, and what a split gives back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from hub import decisions, verdicts
from hub.decisions import DecisionError
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import dumps, loads
from tests.engine.conftest import Company
from tests.engine.lookalikes import (
    BAKERY,
    FEWER,
    at_rest,
    company_of,
    doubles,
    edited,
    golden_of,
    merged,
    nothing_doubled,
    rows,
    same,
    shown,
    split,
    steps,
    typed,
    values_of,
)
from tests.tally import tally

REFERRING = """
entity: contact
fields:
  name: {type: text, required: true}
  customer: {type: ref, entity: customer, required: true}
match: [{exact: [name]}]
conflicts: {default: latest}
systems:
  odoo:
    object: contact
    fields: {name: name, customer: parent_id}
  list:
    object: Contacts
    key: "N°"
    new_key: "P{:03d}"
    fields: {name: Nom, customer: "N° client"}
"""
FIRST, SECOND = ("odoo", "1"), ("odoo", "2")


@pytest.fixture
def company(store: Store, tmp_path: Path) -> Company:
    return company_of(store, tmp_path, FEWER, REFERRING)


@pytest.fixture
def twice(company: Company) -> Company:
    """One bakery typed twice in odoo, and given to the others twice."""
    typed(company, "odoo", {**BAKERY, "email": "a@example.fr"})
    typed(company, "odoo", {"name": "Boulangerie Martin", "phone": "04 76 00 11 22", "email": "b@example.fr"})
    at_rest(company)
    nothing_doubled(company, 2, 2, 2)
    return company


def of(company: Company, golden_id: str, system: str) -> tuple[str, str]:
    """The linked record of a golden record in a system."""
    with company.store.reading() as connection:
        found = connection.scalar(
            select(t.link.c.external_id).where(t.link.c.golden_id == golden_id, t.link.c.system == system)
        )
    return system, str(found)


def as_typed(company: Company) -> dict[str, dict[str, dict[str, Any]]]:
    """Every system's customers as people see them, fields that say nothing left out."""
    return {
        system: {id: said_by(row) for id, row in rows(company, system).items()}
        for system in ("odoo", "sage", "list")
    }


def said_by(values: dict[str, Any]) -> dict[str, Any]:
    """An empty field says no more than one that nobody told."""
    return {name: value for name, value in values.items() if value is not None}


def test_a_field_survives_by_the_policy_of_its_kind(company: Company) -> None:
    typed(company, "odoo", {"name": "Boulangerie Martin", "phone": "04 76 00 11 22", "tags": ["a"]})
    typed(company, "odoo", {**BAKERY, "name": "Boul. Martin", "tags": ["b"]})
    typed(company, "sage", {"name": "BOULANGERIE MARTIN SARL", "siret": "73282932000074"})
    company.sync()
    same(company, ("sage", "C0001"), FIRST)
    same(company, ("sage", "C0001"), SECOND)
    golden = values_of(company, golden_of(company, ("sage", "C0001")))
    assert golden["name"] == "BOULANGERIE MARTIN SARL", "sage is trusted for names"
    assert golden["phone"] == "+33145678901", "the later one"
    assert golden["city"] == "Grenoble", "only one said so"
    assert golden["tags"] == ["a", "b"], "lists are united"
    assert golden["siret"] == "73282932000074"


@pytest.mark.parametrize("taken", ["ours", "theirs"])
def test_a_person_is_asked_which_e_mail_address_stays(twice: Company, taken: str) -> None:
    kept, lost = golden_of(twice, FIRST), golden_of(twice, SECOND)
    same(twice, FIRST, SECOND)
    (conflict,) = twice.conflicts()
    assert (conflict.field, {one.value for one in conflict.candidates}) == (
        "email", {"a@example.fr", "b@example.fr"},
    )  # fmt: skip
    twice.sync()
    assert shown(twice, of(twice, kept, "sage"), "email") == "a@example.fr", "nothing is written unasked"
    wanted = "a@example.fr" if taken == "ours" else "b@example.fr"
    decisions.resolve(twice.engine(), conflict.id, value=wanted)
    at_rest(twice)
    assert not twice.conflicts()
    assert values_of(twice, kept)["email"] == wanted
    assert shown(twice, of(twice, kept, "sage"), "email") == wanted
    assert not values_of(twice, lost)


def test_a_side_of_which_one_system_has_two_is_named_by_its_value(twice: Company) -> None:
    same(twice, FIRST, SECOND)
    (conflict,) = twice.conflicts()
    with pytest.raises(DecisionError, match="--value"):
        decisions.resolve(twice.engine(), conflict.id, take="odoo")


def test_an_asked_field_stays_asked_when_the_double_is_put_away_in_its_system(twice: Company) -> None:
    kept = golden_of(twice, FIRST)
    same(twice, FIRST, SECOND, merges=True)
    twice.sync()
    (conflict,) = twice.conflicts()
    decisions.resolve(twice.engine(), conflict.id, value="b@example.fr")
    at_rest(twice)
    assert values_of(twice, kept)["email"] == shown(twice, FIRST, "email") == "b@example.fr"
    assert not twice.conflicts()


def test_made_one_nothing_is_created_and_the_others_are_told_what_survived(twice: Company) -> None:
    kept = golden_of(twice, FIRST)
    same(twice, FIRST, SECOND)
    at_rest(twice)
    nothing_doubled(twice, 2, 2, 2)
    assert set(doubles(twice).values()) == {kept}
    assert len(doubles(twice)) == 3


def test_made_one_in_the_systems_too_each_does_what_its_mapping_says(twice: Company) -> None:
    other = golden_of(twice, SECOND)
    marked = of(twice, other, "list")
    same(twice, FIRST, SECOND, merges=True)
    at_rest(twice)
    assert twice.odoo["partner"].items["2"].archived
    assert not twice.odoo["partner"].items["1"].archived
    assert (
        rows(twice, "list")[marked[1]]["Doublon"]
        == f"doublon de {of(twice, golden_of(twice, FIRST), 'list')[1]}"
    )
    assert {(one.system, one.state, one.fate) for one in steps(twice)} == {
        ("odoo", "done", "archived"), ("sage", "done", "left"), ("list", "done", "marked"),
    }  # fmt: skip


def test_split_each_record_shows_again_what_it_showed_and_nothing_is_made_anew(twice: Company) -> None:
    before = as_typed(twice)
    ids = {where: golden_of(twice, where) for where in (FIRST, SECOND)}
    same(twice, FIRST, SECOND, merges=True)
    at_rest(twice)
    split(twice)
    at_rest(twice)
    nothing_doubled(twice, 2, 2, 2)
    assert as_typed(twice) == before
    assert {where: golden_of(twice, where) for where in ids} == ids
    assert not any(item.archived for item in twice.odoo["partner"].items.values())
    assert not twice.conflicts()
    assert not doubles(twice)


@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize(
    "where", ["kept odoo", "kept sage", "lost odoo", "lost sage", "lost list", "by a person"]
)
def test_an_edit_made_while_they_were_one_stays_with_its_record(
    twice: Company, where: str, merges: bool
) -> None:
    kept, lost = golden_of(twice, FIRST), golden_of(twice, SECOND)
    was = values_of(twice, kept), values_of(twice, lost)
    places = {
        f"{name} {system}": of(twice, id, system)
        for name, id in (("kept", kept), ("lost", lost))
        for system in ("odoo", "sage", "list")
    }
    same(twice, FIRST, SECOND, merges=merges)
    at_rest(twice)
    if where in places:
        edited(twice, places[where], city="Sète")
    else:
        (conflict,) = twice.conflicts()
        decisions.resolve(twice.engine(), conflict.id, value="c@example.fr")
    at_rest(twice)
    split(twice)
    at_rest(twice)
    one, other = values_of(twice, kept), values_of(twice, lost)
    if where == "by a person":
        assert one["email"] == "c@example.fr"
        assert other["email"] == was[1]["email"]
    else:
        ours = where.startswith("kept")
        found = (one if ours else other).get("city")
        tally("values lost", found != "Sète")
        assert found == "Sète"
        assert (other if ours else one).get("city") == was[ours].get("city")
        assert shown(twice, places[where], "city") == "Sète"
    nothing_doubled(twice, 2, 2, 2)


def test_all_that_was_said_of_both_is_in_the_journal(twice: Company) -> None:
    lost = golden_of(twice, SECOND)
    said = values_of(twice, lost)
    same(twice, FIRST, SECOND, merges=True)
    at_rest(twice)
    (line,) = [one for one in twice.journal() if one.kind == "dissolved"]
    assert (line.golden_id, line.before) == (lost, said)
    split(twice)
    at_rest(twice)
    assert {one.golden_id for one in twice.journal() if one.kind == "split"} >= {lost}


def test_what_refers_to_the_lost_one_follows_and_goes_back_and_nothing_is_written(
    twice: Company,
) -> None:
    kept, lost = golden_of(twice, FIRST), golden_of(twice, SECOND)
    twice.odoo["contact"].add({"name": "Camille", "parent_id": "2"})
    twice.odoo["contact"].add({"name": "Dominique", "parent_id": "1"})
    at_rest(twice)
    before = twice.book["Contacts"].rows()
    here = twice.odoo["contact"].rows()
    contact = golden_of(twice, ("odoo", "1"), "contact")
    same(twice, FIRST, SECOND)
    assert values_of(twice, contact)["customer"] == kept
    at_rest(twice)
    assert twice.odoo["contact"].rows() == here, (
        "both records of odoo are that customer: nothing is to be written"
    )
    assert twice.book["Contacts"].rows() == before
    split(twice)
    assert values_of(twice, contact)["customer"] == lost
    at_rest(twice)
    assert twice.odoo["contact"].rows() == here
    assert twice.book["Contacts"].rows() == before


def test_a_contact_somebody_moved_since_stays_where_it_was_moved(twice: Company) -> None:
    typed(twice, "odoo", {"name": "Garage Dupuis"})
    twice.odoo["contact"].add({"name": "Camille", "parent_id": "2"})
    at_rest(twice)
    contact = golden_of(twice, ("odoo", "1"), "contact")
    same(twice, FIRST, SECOND)
    at_rest(twice)
    twice.odoo["contact"].edit("1", parent_id="3")
    at_rest(twice)
    split(twice)
    at_rest(twice)
    assert values_of(twice, contact)["customer"] == golden_of(twice, ("odoo", "3"))
    assert twice.odoo["contact"].show("1")["parent_id"] == "3"


def test_calls_and_visits_name_the_one_that_stayed_once_and_the_lost_one_again_after_a_split(
    twice: Company,
) -> None:
    kept, lost = golden_of(twice, FIRST), golden_of(twice, SECOND)
    with twice.store.transaction() as connection:
        both = dumps([["customer", lost], ["customer", kept]])
        one = dumps([["customer", lost]])
        for number, goldens in enumerate((both, one)):
            connection.execute(
                insert(t.call).values(
                    id=f"x:{number}", source="x", number="+33145678901", started_at="2026-01-05", open=False,
                    data="{}", goldens=goldens, change=number + 1,
                )
            )  # fmt: skip
    same(twice, FIRST, SECOND)

    def named() -> list[list[list[str]]]:
        with twice.store.reading() as connection:
            query = select(t.call.c.goldens).order_by(t.call.c.id)
            return [loads(goldens) for goldens in connection.scalars(query)]

    assert named() == [[["customer", kept]], [["customer", kept]]]
    split(twice)
    assert named() == [[["customer", lost], ["customer", kept]], [["customer", lost]]]


def test_three_become_one_and_come_apart_again_last_first(twice: Company) -> None:
    typed(twice, "odoo", {"name": "Boulangerie Martin & Cie", "city": "Voiron"})
    at_rest(twice)
    was = {id: values_of(twice, golden_of(twice, ("odoo", id))) for id in "123"}
    before = as_typed(twice)
    same(twice, SECOND, ("odoo", "3"), merges=True)
    at_rest(twice)
    same(twice, FIRST, SECOND, merges=True)
    at_rest(twice)
    assert {golden_of(twice, ("odoo", id)) for id in "123"} == {golden_of(twice, FIRST)}
    first, last = sorted(one.id for one in merged(twice))
    with pytest.raises(DecisionError, match=f"split {last}`"):
        split(twice, first)
    split(twice, last)
    at_rest(twice)
    split(twice, first)
    at_rest(twice)
    for id, said in was.items():
        assert said_by(values_of(twice, golden_of(twice, ("odoo", id)))) == said_by(said)
    assert as_typed(twice) == before
    nothing_doubled(twice, 3, 3, 3)


def test_made_one_again_after_a_split_and_split_again(twice: Company) -> None:
    was = [values_of(twice, golden_of(twice, where)) for where in (FIRST, SECOND)]
    for _ in range(2):
        same(twice, FIRST, SECOND, merges=True, insist=True)
        at_rest(twice)
        split(twice)
        at_rest(twice)
    assert [values_of(twice, golden_of(twice, where)) for where in (FIRST, SECOND)] == was
    nothing_doubled(twice, 2, 2, 2)
    with pytest.raises(DecisionError, match="taken back"):
        split(twice, merged(twice, taken_back=True)[0].id)


def test_merge_again_has_the_systems_do_what_waited(twice: Company) -> None:
    made = same(twice, FIRST, SECOND)
    at_rest(twice)
    assert {one.state for one in steps(twice)} == {"waiting"}
    verdicts.merge_again(twice.engine(), made.merger)
    at_rest(twice)
    assert {one.state for one in steps(twice)} == {"done"}
