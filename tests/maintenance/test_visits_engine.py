"""Contracts become visits in another system, through the engine: once each; what people say of them stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub import rehearsal
from hub.maintenance.visits import standing
from hub.store import tables as t
from tests.maintenance.company import Company
from tests.memory import Crash
from tests.tally import tally


def first(company: Company) -> str:
    return next(iter(company.tasks()))


def test_a_contract_becomes_its_visits_in_the_same_cycle(company: Company) -> None:
    company.sign()
    company.sync()
    assert company.days_shown() == ["2026-02-02", "2026-08-03"]
    one = company.odoo["task"].show(first(company))
    assert one["name"] == "Visite 1/2026 – CT-014"
    assert (one["start"], one["end"]) == ("2026-02-02 07:30:00", "2026-02-02 09:30:00")
    assert (one["town"], one["state"]) == ("Annecy", "todo")
    assert company.sync().writes == 0


def test_a_hundred_runs_make_no_second_visit_and_write_nothing(company: Company) -> None:
    company.sign()
    company.at_rest()
    before = company.rows()
    company.odoo.written.clear()
    assert sum(company.sync().writes for _ in range(100)) == 0
    assert company.rows() == before
    assert not company.odoo.written
    tally("records duplicated", len(company.tasks()) - 2)


def test_a_new_day_makes_the_next_visit_and_no_other(company: Company) -> None:
    company.sign()
    company.at_rest()
    company.days(30)
    company.at_rest()
    assert company.days_shown() == ["2026-02-02", "2026-08-03", "2027-02-02"]


def test_the_customers_name_and_town_come_with_the_visit(company: Company) -> None:
    dupont = company.odoo["partner"].add({"name": "Dupont SARL", "city": "Seynod"})
    company.odoo["contract"].add(
        {"number": "CT-9", "partner": dupont, "start": "2026-03-02", "often": "1/12"}
    )
    company.at_rest()
    (one,) = company.tasks().values()
    assert (one["name"], one["town"], one["partner"]) == (
        "Visite 1/2026 – CT-9 Dupont SARL", "Seynod", dupont,
    )  # fmt: skip
    company.odoo["partner"].edit(dupont, name="Dupont et Fils")
    company.at_rest()
    (one,) = company.tasks().values()
    assert one["name"] == "Visite 1/2026 – CT-9 Dupont et Fils"


def test_a_changed_periodicity_moves_the_open_visits_and_the_confirmed_one_stays(company: Company) -> None:
    company.sign(Périodicité="trimestrielle")
    company.at_rest()
    assert company.days_shown() == ["2026-02-02", "2026-05-04", "2026-08-03", "2026-11-02"]
    before = list(company.tasks())
    company.odoo["task"].edit(before[2], state="ok")
    company.at_rest()
    company.word["contracts"].set("CT-014", {"Périodicité": "tous les 4 mois"})
    company.at_rest()
    # The confirmed one in August counts for the four months from June.
    assert company.days_shown() == ["2026-02-02", "2026-08-03", "2026-10-02"]
    assert set(company.tasks()) < set(before)
    assert company.tasks()[before[2]]["state"] == "ok"


def test_an_end_date_archives_what_comes_after_it(company: Company) -> None:
    company.sign()
    company.at_rest()
    company.word["contracts"].set("CT-014", {"Fin": "31/07/2026"})
    company.at_rest()
    assert company.days_shown() == ["2026-02-02"]
    (gone,) = [item for item in company.odoo["task"].items.values() if item.archived]
    assert gone.values["state"] == "no"
    company.word["contracts"].set("CT-014", {"Fin": None})
    company.at_rest()
    assert company.days_shown() == ["2026-02-02", "2026-08-03"]
    assert len(company.odoo["task"].items) == 2
    assert {one["state"] for one in company.tasks().values()} == {"todo"}


def test_a_done_visit_counts_and_stays_when_the_contract_ends(company: Company) -> None:
    company.sign()
    company.at_rest()
    company.odoo["task"].edit(first(company), state="done")
    company.at_rest()
    company.word["contracts"].set("CT-014", {"État": "terminé"})
    company.at_rest()
    assert [(one["day"], one["state"]) for one in company.tasks().values()] == [("2026-02-02", "done")]


def test_a_day_a_person_gives_is_kept_and_its_hour_goes_with_it(company: Company) -> None:
    company.sign()
    company.at_rest()
    task = first(company)
    company.odoo["task"].edit(task, day="2026-02-12")
    company.at_rest()
    one = company.tasks()[task]
    assert (one["day"], one["start"]) == ("2026-02-12", "2026-02-12 07:30:00")
    company.word["contracts"].set("CT-014", {"Début": "10/02/2026"})
    company.at_rest()
    assert company.days_shown() == ["2026-02-12", "2026-08-10"]


def test_an_hour_a_person_gives_moves_the_day_too(company: Company) -> None:
    company.sign()
    company.at_rest()
    task = first(company)
    company.odoo["task"].edit(task, start="2026-02-13T13:00:00Z", end="2026-02-13T16:00:00Z")
    company.at_rest()
    one = company.tasks()[task]
    assert (one["day"], one["end"]) == ("2026-02-13", "2026-02-13T16:00:00Z")
    assert company.rows()[0]["hours"] == 3.0


def test_a_visit_a_person_archives_is_cancelled_and_not_made_again(company: Company) -> None:
    company.sign()
    company.at_rest()
    task = first(company)
    company.odoo["task"].archive(task)
    company.at_rest()
    company.days(20)
    company.at_rest()
    assert company.days_shown()[0] == "2026-08-03"
    assert company.odoo["task"].show(task)["state"] == "no"
    company.odoo["task"].archive(task, False)
    company.at_rest()
    assert company.tasks()[task]["state"] == "todo"


def test_a_visit_a_person_makes_for_a_contract_counts(company: Company) -> None:
    company.sign()
    company.at_rest()
    (contract,) = company.odoo["contract"].items
    own = company.odoo["task"].add(
        {"name": "Remise en service", "contract": contract, "day": "2026-09-15", "state": "ok"}
    )
    company.at_rest()
    assert company.days_shown() == ["2026-02-02", "2026-09-15"]
    assert company.tasks()[own]["name"] == "Remise en service"
    assert not company.dead_letters()
    assert not company.reviews()


@pytest.mark.parametrize("knob", ["crash_before", "crash_after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_hub_that_dies_while_visits_are_made_makes_them_once(company: Company, knob: str, nth: int) -> None:
    company.sign()
    setattr(company.odoo, knob, nth)
    with pytest.raises(Crash):
        company.sync()
    setattr(company.odoo, knob, 0)
    company.at_rest()
    assert company.days_shown() == ["2026-02-02", "2026-08-03"]
    assert len(company.rows()) == 2
    tally("faults injected", 1)


def test_a_plan_shows_the_visits_with_the_contracts_and_leaves_the_tables_as_they_were(
    company: Company,
) -> None:
    company.sign()
    engine = company.engine()
    found = rehearsal.plan(engine, company.mappings, engine.connectors)
    wanted = [(one.entity, one.system) for one in found.writes if one.external_id is None]
    assert wanted == [("contract", "odoo"), ("visit", "odoo"), ("visit", "odoo")]
    assert {one.title for one in found.writes if one.entity == "visit"} == {
        "Visite 1/2026 – CT-014", "Visite 2/2026 – CT-014",
    }  # fmt: skip
    with company.store.reading() as connection:
        assert not connection.execute(select(t.visit)).all()
        assert not connection.execute(select(t.golden)).all()
    report = company.sync()
    assert report.writes == len(found.writes)


def test_visits_of_one_town_are_brought_together_and_a_contract_that_comes_moves_nobody(
    company: Company,
) -> None:
    company.sign("CT-1", Début="02/02/2026")
    company.at_rest()
    before = company.tasks()
    company.sign("CT-2", Début="05/02/2026", Ville="ANNECY")
    company.sign("CT-3", Début="05/02/2026", Ville="Chambéry")
    company.at_rest()
    now = company.tasks()
    assert all(now[id] == one for id, one in before.items())
    shown = {str(one["name"])[-4:]: one for one in now.values() if str(one["name"]).startswith("Visite 1/")}
    assert (shown["CT-2"]["day"], shown["CT-3"]["day"]) == ("2026-02-05", "2026-02-05")


def test_a_contract_that_does_not_say_how_often_has_no_visits_and_is_said_to(company: Company) -> None:
    company.sign(Périodicité=None)
    company.at_rest()
    assert not company.tasks()
    with company.store.reading() as connection:
        found = standing(connection, company.settings, company.at.date())
    assert [one.text for one in found.problems] == ["Le contrat ne dit pas combien de visites il prévoit."]


def test_a_title_a_person_gives_is_kept(company: Company) -> None:
    company.sign()
    company.at_rest()
    task = first(company)
    company.odoo["task"].edit(task, name="Contrôle annuel")
    company.at_rest()
    company.word["contracts"].set("CT-014", {"Ville": "Seynod"})
    company.at_rest()
    assert (company.tasks()[task]["name"], company.tasks()[task]["town"]) == ("Contrôle annuel", "Seynod")
