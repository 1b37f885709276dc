"""The brakes: each stops its route before harm is done, says why and what to do, and lets go when told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from hub import decisions, rehearsal
from hub.mapping import Mappings
from hub.ports import Outcome, Unreachable, View, Write
from hub.store import brakes
from tests.engine.conftest import CUSTOMER, Company
from tests.memory import MemoryConnector

MANY = 30


def fill(company: Company, count: int = MANY) -> None:
    """So many customers, typed in the list, approved, and in every system."""
    for number in range(count):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}", "Ville": "Arles"})
    company.approve()
    company.sync()
    assert company.sync().writes == 0


def held(company: Company) -> dict[tuple[str, str], str]:
    """What the store says is held: (system, kind) and why."""
    with company.store.reading() as connection:
        return {(one.system, one.kind): one.reason for one in brakes.held(connection)}


def cities(company: Company) -> set[object]:
    return {row["city"] for row in company.odoo["partner"].rows().values()}


def shift_a_column(company: Company, count: int = MANY) -> None:
    for id in sorted(company.book["Clients"].items)[:count]:
        company.book["Clients"].set(id, {"Ville": f"13200 {id}"})


def test_a_shifted_column_changes_nobody(company: Company) -> None:
    fill(company)
    shift_a_column(company)
    report = company.sync()
    (brake,) = report.braked
    assert (brake.system, brake.kind) == ("list", "changes")
    assert brake.reason.startswith("30 of 30 records say something else in list")
    assert "hub release customer list" in brake.todo
    assert report.writes == 0
    assert cities(company) == {"Arles"}
    assert not company.journal(run=report.run)


def test_a_route_that_is_held_is_not_written_to_either(company: Company) -> None:
    fill(company)
    shift_a_column(company)
    company.odoo["partner"].edit("1", email="g@example.fr")
    company.sync()
    assert company.sage["BPC"].show("K001")["WEB"] == "g@example.fr"
    assert company.book["Clients"].show("C0001").get("E-mail") is None


def test_a_held_look_is_believed_once_it_looks_right_again(company: Company) -> None:
    fill(company)
    shift_a_column(company)
    company.sync()
    for id in company.book["Clients"].items:
        company.book["Clients"].set(id, {"Ville": "Arles"})
    company.book["Clients"].set("C0001", {"Ville": "Nîmes"})
    assert not company.sync().braked
    assert held(company) == {}
    assert cities(company) == {"Arles", "Nîmes"}


def test_many_changes_a_person_released_pass_once(company: Company) -> None:
    fill(company)
    shift_a_column(company)
    company.sync()
    (released,) = decisions.release(company.engine(), "customer", "list")
    assert released.kind == "changes"
    assert not company.sync().braked
    assert "13200 C0001" in cities(company)
    for id in company.book["Clients"].items:
        company.book["Clients"].set(id, {"Ville": "Sète"})
    assert [brake.kind for brake in company.sync().braked] == ["changes"]


def test_as_many_changes_as_a_busy_week_brings_are_no_reason(company: Company) -> None:
    fill(company, 60)
    shift_a_column(company, 20)
    assert not company.sync().braked
    assert company.sync().writes == 0


def test_many_records_archived_at_once_are_archived_nowhere_else(company: Company) -> None:
    fill(company)
    for id in list(company.odoo["partner"].items)[:10]:
        company.odoo["partner"].archive(id)
    (brake,) = company.sync().braked
    assert (brake.system, brake.kind) == ("odoo", "archived")
    assert brake.reason.startswith("10 of 30 records were archived in odoo")
    decisions.release(company.engine(), "customer", "odoo")
    assert not company.sync().braked
    assert sum(row.archived for row in company.odoo["partner"].items.values()) == 10


def test_a_write_that_meets_a_half_emptied_list_archives_nobody(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(company)
    for id in list(company.odoo["partner"].items)[:20]:
        company.odoo["partner"].edit(id, email=f"{id}@example.fr")
    write = MemoryConnector.write
    emptied: list[str] = []

    def after_someone_emptied_it(
        self: MemoryConnector, view: View, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        if self.name == "list" and not emptied:
            emptied.extend(sorted(company.book["Clients"].items)[:12])
            for id in emptied:
                company.book["Clients"].delete(id)
        return write(self, view, writes)

    monkeypatch.setattr(MemoryConnector, "write", after_someone_emptied_it)
    company.sync()
    assert held(company)[("list", "deletions")].startswith("12 of 30 records are no longer in list")
    assert not any(row.archived for row in company.odoo["partner"].items.values())
    assert company.book["Clients"].show("C0013")["E-mail"]
    assert company.sync().braked
    assert not any(row.archived for row in company.odoo["partner"].items.values())


def test_an_edited_filter_stops_the_entity_until_its_plan_is_approved(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    fill(company, 3)
    company.mappings = load(
        CUSTOMER.replace("    object: partner\n", "    object: partner\n    where: {kind: customer}\n")
    )
    company.book["Clients"].set("C0001", {"Ville": "Nîmes"})
    report = company.sync()
    (brake,) = report.braked
    assert (brake.entity, brake.system, brake.kind) == ("customer", "", "mapping")
    assert "systems.odoo.where" in brake.reason
    assert "hub plan --approve" in brake.todo
    assert (report.writes, report.counts) == (0, {})
    engine = company.engine()
    plan = rehearsal.plan(engine, company.mappings, engine.connectors)
    assert [one.kind for one in plan.report.braked] == ["mapping"]
    assert plan.writes
    assert all(write.held for write in plan.writes)
    assert rehearsal.approve(engine, plan) == ["customer"]
    assert company.sync().writes == len(plan.writes)


def test_a_label_or_a_comment_is_no_edit_of_the_mapping(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    fill(company, 3)
    company.mappings = load(
        "# our customers\n" + CUSTOMER.replace("entity: customer", "entity: customer\nlabel: Client")
    )
    assert not company.sync().braked


def test_a_plan_of_an_older_edit_approves_only_that_edit(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    fill(company, 3)
    company.mappings = load(CUSTOMER.replace("  phone: ask", "  phone: latest"))
    company.approve()
    company.mappings = load(CUSTOMER.replace("  phone: ask", "  phone: [sage, odoo, list]"))
    (brake,) = company.sync().braked
    assert "conflicts.phone" in brake.reason


def test_an_edited_mapping_may_be_released_as_a_whole(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    fill(company, 3)
    company.mappings = load(CUSTOMER.replace("  phone: ask", "  phone: latest"))
    company.sync()
    with pytest.raises(decisions.DecisionError, match="held as a whole"):
        decisions.release(company.engine(), "customer", "odoo")
    decisions.release(company.engine(), "customer")
    assert not company.sync().braked


def test_a_first_run_between_two_lists_that_do_not_match_creates_nobody(company: Company) -> None:
    for number in range(MANY):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
        company.odoo["partner"].add({"name": f"Boulangerie {number}"})
    report = company.sync()
    assert {(one.system, one.kind) for one in report.braked} == {
        ("odoo", "creations"), ("list", "creations"), ("sage", "creations"),
    }  # fmt: skip
    reasons = {one.system: one.reason for one in report.braked}
    assert reasons["odoo"].startswith("30 records would be created in odoo, and only 0 of its own are linked")
    assert report.writes == 0
    assert len(company.odoo["partner"].rows()) == len(company.book["Clients"].rows()) == MANY


def test_an_approved_plan_creates_what_it_showed_and_no_more(company: Company) -> None:
    for number in range(MANY):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
    company.approve()
    for number in range(40):
        company.sage["BPC"].add({"BPRNAM": f"BOULANGERIE {number}"})
    report = company.sync()
    assert {one.system for one in report.braked} == {"odoo", "list", "sage"} - {"sage"}
    assert not company.odoo["partner"].rows()
    company.approve()
    company.sync()
    assert len(company.odoo["partner"].rows()) == MANY + 40
    assert company.sync().writes == 0


def test_a_first_run_that_links_more_than_it_creates_needs_nobody(company: Company) -> None:
    for number in range(MANY):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}", "E-mail": f"g{number}@example.fr"})
        company.odoo["partner"].add({"name": f"Garage {number}", "email": f"g{number}@example.fr"})
        company.sage["BPC"].add({"BPRNAM": f"GARAGE {number}", "WEB": f"g{number}@example.fr"})
    for number in range(25):
        company.book["Clients"].add({"Raison sociale": f"Café {number}"})
    assert not company.sync().braked
    assert len(company.odoo["partner"].rows()) == MANY + 25


def test_a_plan_of_which_a_system_could_not_be_read_approves_nothing(company: Company) -> None:
    fill(company, 3)
    company.odoo.down = Unreachable("odoo", "connection refused")
    assert company.approve() == []
