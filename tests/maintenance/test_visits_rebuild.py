"""The hub's database is lost: visits that stand in the other system are known again, and not made twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub import rebuild as rebuilding
from hub.store import copying, flags
from tests.maintenance.company import EVENT, Company
from tests.tally import tally


def lose(company: Company) -> rebuilding.Rebuilt:
    with company.store.transaction() as connection:
        copying.clear(connection)
    return rebuilding.rebuild(company.engine())


def recovered(company: Company) -> None:
    """Rebuilt, synced until nothing moves, and recovering no more."""
    company.at_rest()
    with company.store.reading() as connection:
        assert flags.recovering(connection) is None


def test_visits_that_stand_there_are_known_again(company: Company) -> None:
    company.sign(Périodicité="trimestrielle")
    company.sign("CT-2", Début="10/03/2026", Ville="Chambéry")
    company.at_rest()
    before = company.tasks()
    lose(company)
    recovered(company)
    assert company.tasks() == before
    assert len(company.odoo["task"].items) == len(before)
    tally("records duplicated", len(company.odoo["task"].items) - len(before))
    company.days(1)
    company.at_rest()
    assert company.tasks() == before


def test_what_people_said_of_them_is_still_so(company: Company) -> None:
    company.sign(Périodicité="trimestrielle")
    company.at_rest()
    done, moved, confirmed, _ = company.tasks()
    company.odoo["task"].edit(done, state="done")
    company.odoo["task"].edit(moved, day="2026-05-20")
    company.odoo["task"].edit(confirmed, state="ok")
    company.at_rest()
    before = company.tasks()
    lose(company)
    recovered(company)
    assert company.tasks() == before
    company.days(400)
    company.at_rest()
    assert len(company.odoo["task"].items) == 4 + 5


def test_they_still_move_when_their_contract_changes(company: Company) -> None:
    company.sign()
    company.at_rest()
    ids = list(company.tasks())
    lose(company)
    recovered(company)
    company.word["contracts"].set("CT-014", {"Début": "02/03/2026"})
    company.at_rest()
    assert list(company.tasks()) == ids
    assert company.days_shown() == ["2026-03-02", "2026-09-02"]


def test_one_that_was_cancelled_is_not_made_again(company: Company) -> None:
    company.sign()
    company.at_rest()
    cancelled, other = company.tasks()
    company.odoo["task"].archive(cancelled)
    company.at_rest()
    lose(company)
    recovered(company)
    assert list(company.tasks()) == [other]
    assert len(company.odoo["task"].items) == 2


@pytest.mark.parametrize("adopts", ["true", "false"])
def test_where_the_other_system_does_not_say_whose_they_are_they_are_met_by_what_they_say(
    company_with: Callable[[str], Company], adopts: str
) -> None:
    company = company_with(EVENT.replace("object: task\n", f"object: task\n    adopts: {adopts}\n"))
    company.sign()
    company.sign("CT-2", Début="10/03/2026", Ville="Chambéry")
    company.at_rest()
    before = company.tasks()
    assert len(before) == 4
    lose(company)
    recovered(company)
    assert company.tasks() == before
    assert len(company.odoo["task"].items) == 4


def test_one_that_was_moved_there_is_for_a_person_to_know_again_and_not_made_twice(
    company_with: Callable[[str], Company],
) -> None:
    company = company_with(EVENT.replace("object: task\n", "object: task\n    adopts: false\n"))
    company.sign()
    company.at_rest()
    moved, _ = company.tasks()
    company.odoo["task"].edit(moved, day="2026-04-15")
    company.at_rest()
    lose(company)
    for _ in range(4):
        company.sync()
    assert len(company.odoo["task"].items) == 2
    (review,) = company.reviews()
    assert (review.kind, review.external_id) == ("ambiguous", moved)
    assert "date differs" in review.reason
