"""The main story: three systems linked, loaded, edited on all sides, and brought back into agreement."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub import decisions, journal
from hub.mapping import Mappings
from hub.ports import Busy, Unreachable
from tests.engine.conftest import CUSTOMER, SIRETS, Company


def test_a_customer_typed_once_appears_everywhere(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "phone": "01 99 00 12 34"})
    company.sync()
    assert company.sage["BPC"].rows() == {
        "K001": {"BPRNAM": "GARAGE DUPONT", "CRN": SIRETS[0], "TEL": "01 99 00 12 34"}
    }
    assert company.book["Clients"].rows()["C001"]["Raison sociale"] == "Garage Dupont"


def test_a_second_sync_writes_nothing(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.book["Clients"].add({"Raison sociale": "Mairie d'Arles", "Ville": "Arles"})
    company.sync()
    assert company.sync().writes == 0


def test_the_same_siret_in_three_systems_is_one_customer(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sage["BPC"].add({"BPRNAM": "GARAGE DUPONT", "CRN": SIRETS[0], "CTY": "ARLES"})
    company.book["Clients"].add(
        {"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0], "E-mail": "g@example.fr"}
    )
    company.sync()
    assert company.goldens() == 1
    assert len(company.odoo["partner"].rows()) == 1
    assert company.odoo["partner"].show("1")["city"] == "ARLES"
    assert company.odoo["partner"].show("1")["email"] == "g@example.fr"
    assert company.sync().writes == 0


def test_a_name_that_one_system_only_shows_in_capitals_is_no_conflict(company: Company) -> None:
    company.sage["BPC"].add({"BPRNAM": "GARAGE DUPONT", "CRN": SIRETS[0]})
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    assert company.odoo["partner"].show("1")["name"] == "Garage Dupont"
    assert company.sage["BPC"].show("K001" if "K001" in company.sage["BPC"].rows() else "C0001")[
        "BPRNAM"
    ] == ("GARAGE DUPONT")
    assert not company.conflicts()


def test_edits_of_different_fields_on_three_sides_all_arrive_everywhere(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.odoo["partner"].edit("1", phone="01 99 00 12 34")
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    company.sage["BPC"].set("K001", {"WEB": "garage@example.fr"})
    company.sync()
    assert company.odoo["partner"].show("1")["city"] == "Nîmes"
    assert company.odoo["partner"].show("1")["email"] == "garage@example.fr"
    assert company.book["Clients"].show("C001")["Tél."] == "01 99 00 12 34"
    assert company.book["Clients"].show("C001")["E-mail"] == "garage@example.fr"
    assert company.sage["BPC"].show("K001")["CTY"] == "Nîmes"
    assert company.sync().writes == 0


def test_two_answers_to_one_question_wait_for_a_person_who_settles_it_everywhere(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "phone": "01 99 00 12 34"})
    company.sync()
    company.odoo["partner"].edit("1", phone="01 99 00 11 11")
    company.book["Clients"].set("C001", {"Tél.": "01 99 00 22 22"})
    company.sync()
    (conflict,) = company.conflicts()
    assert {(c.system, c.value) for c in conflict.candidates} == {
        ("odoo", "+33199001111"),
        ("list", "+33199002222"),
    }
    assert company.sync().writes == 0, "nothing is written while it waits"
    assert company.sage["BPC"].show("K001")["TEL"] == "01 99 00 12 34"
    decisions.resolve(company.engine(), conflict.id, take="list")
    company.sync()
    assert company.odoo["partner"].show("1")["phone"] == "01 99 00 22 22"
    assert company.sage["BPC"].show("K001")["TEL"] == "01 99 00 22 22"
    assert not company.conflicts()
    assert company.sync().writes == 0


def test_a_conflict_that_people_settle_themselves_closes(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "phone": "01 99 00 12 34"})
    company.sync()
    company.odoo["partner"].edit("1", phone="01 99 00 11 11")
    company.book["Clients"].set("C001", {"Tél.": "01 99 00 22 22"})
    company.sync()
    company.book["Clients"].set("C001", {"Tél.": "0199001111"})
    company.sync()
    assert not company.conflicts()
    assert company.book["Clients"].show("C001")["Tél."] == "0199001111", "how it is written is left alone"
    assert company.sync().writes == 0


def test_the_order_of_trust_decides_and_the_loser_is_in_the_journal(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.odoo["partner"].edit("1", name="Garage Dupont & Fils")
    company.sage["BPC"].set("K001", {"BPRNAM": "DUPONT AUTO"})
    company.sync()
    assert company.odoo["partner"].show("1")["name"] == "DUPONT AUTO"
    overruled = [change for change in company.journal() if change.kind == "overruled"]
    assert overruled[0].before == {"name": "Garage Dupont & Fils"}


def test_lists_are_united(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "tags": ["VIP"]})
    company.sync()
    assert company.odoo["partner"].show("1")["tags"] == ["VIP"]
    assert company.sync().writes == 0


def test_clearing_a_field_is_an_edit_like_any_other(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": None})
    company.sync()
    assert company.odoo["partner"].show("1")["city"] is None


def test_a_required_field_cannot_be_emptied_from_one_side(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.book["Clients"].set("C001", {"Raison sociale": None})
    company.sync()
    assert company.odoo["partner"].show("1")["name"] == "Garage Dupont"
    assert "required" in company.reviews()[0].reason
    company.book["Clients"].set("C001", {"Raison sociale": "Garage Dupond"})
    company.sync()
    assert not company.reviews()


def test_a_value_that_cannot_be_read_is_neither_an_edit_nor_written_over(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].spoil("C001", "Ville")
    company.odoo["partner"].edit("1", city="Nîmes", email="g@example.fr")
    company.sync()
    assert company.odoo["partner"].show("1")["city"] == "Nîmes"
    assert company.book["Clients"].show("C001")["Ville"] == "Arles"
    assert company.book["Clients"].show("C001")["E-mail"] == "g@example.fr"
    assert company.reviews()[0].kind == "unreadable"
    company.book["Clients"].set("C001", {"Ville": "Arles"})
    company.sync()
    assert company.book["Clients"].show("C001")["Ville"] == "Nîmes"
    assert not company.reviews()


def test_a_new_record_without_a_required_value_says_why_the_system_could_not_read_it(
    company: Company,
) -> None:
    id = company.book["Clients"].add({"Raison sociale": "Garage Dupont"})
    company.book["Clients"].spoil(id, "Raison sociale", "the formula was not calculated")
    company.sync()
    assert "Raison sociale: the formula was not calculated" in company.reviews()[0].reason


def test_a_system_that_is_down_stops_only_its_own_routes_and_catches_up(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sage.down = Unreachable("sage", "connection refused", todo="start it")
    report = company.sync()
    assert [problem.system for _, _, problem in report.problems] == ["sage"]
    assert len(company.book["Clients"].rows()) == 1
    company.sage.down = None
    company.seconds += 3600
    company.sync()
    assert len(company.sage["BPC"].rows()) == 1
    assert company.sync().writes == 0


def test_who_asks_for_a_sync_does_not_wait_for_the_next_try(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    for _ in range(10):
        company.book.down = Busy("list", "the workbook is open", todo="close it")
        company.odoo["partner"].edit("1", city="Arles")
        company.sync()
    company.book.down = None
    assert company.sync().writes == 1
    assert company.book["Clients"].show("C001")["Ville"] == "Arles"


def test_nothing_is_created_in_a_system_that_was_not_read_since(company: Company) -> None:
    """Its own record of the same customer may be waiting there."""
    company.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]})
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    engine = company.engine()
    company.book.down = Unreachable("list", "the workbook is open")
    engine.sync()
    company.book.down = None
    company.seconds += 3600
    company.engine().sync(systems=["odoo", "sage"])
    company.engine().sync()
    assert len(company.book["Clients"].rows()) == 1


def test_two_records_of_one_system_with_one_siret_wait_for_a_person(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.odoo["partner"].add({"name": "Garage Dupont (atelier)", "siret": SIRETS[0]})
    company.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]})
    company.sync()
    assert {review.external_id for review in company.reviews()} == {"1", "2"}
    assert len(company.odoo["partner"].rows()) == 2, "no third one is made of the list's"
    company.odoo["partner"].edit("2", siret=SIRETS[1])
    company.sync()
    assert not company.reviews()
    assert company.goldens() == 2
    assert len(company.book["Clients"].rows()) == 2


def test_a_refused_record_costs_only_itself_and_follows_once_corrected(company: Company) -> None:
    company.odoo["partner"].add({"name": "Bad Garage", "siret": SIRETS[0]})
    company.odoo["partner"].add({"name": "Good Garage", "siret": SIRETS[1]})
    company.sage.refuse = lambda values: "BAD is not allowed" if "BAD" in str(values.get("BPRNAM")) else None
    company.sync()
    assert [row["BPRNAM"] for row in company.sage["BPC"].rows().values()] == ["GOOD GARAGE"]
    (letter,) = company.dead_letters()
    assert letter.reason == "BAD is not allowed"
    tries = company.sage.calls["write"]
    company.sync()
    assert company.sage.calls["write"] == tries, "it is not tried again by itself"
    company.odoo["partner"].edit("1", name="Better Garage")
    company.sync()
    assert not company.dead_letters()
    assert len(company.sage["BPC"].rows()) == 2


def test_what_a_system_makes_of_a_value_is_neither_an_edit_nor_asked_again(company: Company) -> None:
    company.book.normalise = {"Ville": lambda value: str(value).title()[:4]}
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Montpellier"})
    company.sync()
    assert company.book["Clients"].show("C001")["Ville"] == "Mont"
    assert company.sync().writes == 0
    assert company.odoo["partner"].show("1")["city"] == "Montpellier"
    company.book["Clients"].set("C001", {"Ville": "Sète"})
    company.sync()
    assert company.odoo["partner"].show("1")["city"] == "Sète"


def test_a_phone_number_written_otherwise_is_no_edit(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "phone": "01 99 00 12 34"})
    company.book["Clients"].add(
        {"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0], "Tél.": "01.99.00.12.34"}
    )
    company.sync()
    assert company.odoo["partner"].show("1")["phone"] == "01 99 00 12 34"
    company.book["Clients"].set("C0001", {"Tél.": "0199001234"})
    assert company.sync().writes == 0
    assert not company.conflicts()


def test_a_record_deleted_on_one_side_is_archived_where_that_exists(company: Company) -> None:
    for number, siret in enumerate(SIRETS):
        company.odoo["partner"].add({"name": f"Garage {number}", "siret": siret})
    company.sync()
    company.book["Clients"].delete("C001")
    company.sync()
    assert company.odoo["partner"].items["1"].archived
    assert "C001" not in company.book["Clients"].rows(), "it is not brought back against the deletion"
    assert company.sync().writes == 0


def test_a_deletion_in_a_system_that_reads_by_changes_shows_in_the_comparison(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.odoo["partner"].delete("1")
    company.sync(compare=True)
    assert company.journal(system="odoo")[0].kind == "archived"
    assert not company.odoo["partner"].rows()


def test_an_edit_newer_than_a_deletion_brings_the_record_back(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    company.book["Clients"].delete("C001")
    company.odoo["partner"].edit("1", city="Arles")
    company.sync()
    assert [row["Ville"] for row in company.book["Clients"].rows().values()] == ["Arles"]
    assert not company.odoo["partner"].items["1"].archived


def test_a_list_that_is_suddenly_almost_empty_deletes_nobody(company: Company) -> None:
    for number in range(30):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
    company.approve()
    company.sync()
    for number in range(20):
        company.book["Clients"].delete(f"C{number + 1:04d}")
    report = company.sync()
    assert "20 of 30" in report.braked[0].reason
    assert not any(item.archived for item in company.odoo["partner"].items.values())


def test_an_undo_puts_back_what_a_run_replaced_everywhere(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    run = company.sync().run
    undone = journal.undo(company.engine(), company.journal(run=run), whole=True)
    assert all(result.done for result in undone.results)
    company.sync()
    for system, table, id, field in (
        (company.odoo, "partner", "1", "city"),
        (company.book, "Clients", "C001", "Ville"),
        (company.sage, "BPC", "K001", "CTY"),
    ):
        assert system[table].show(id)[field] == "Arles"


def test_an_undo_refuses_to_lose_a_newer_edit(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    run = company.sync().run
    company.odoo["partner"].edit("1", city="Sète")
    company.sync()
    changes = [change for change in company.journal(run=run) if change.kind == "changed"]
    (result,) = journal.undo(company.engine(), changes).results
    assert not result.done
    assert "since" in result.reason


def test_a_brake_that_is_released_lets_go_once(company: Company) -> None:
    for number in range(30):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
    company.approve()
    company.sync()
    for number in range(20):
        company.book["Clients"].delete(f"C{number + 1:04d}")
    assert company.sync().braked
    decisions.release(company.engine(), "customer", "list")
    company.book["Clients"].set("C0030", {"Ville": "Arles"})
    assert not company.sync().braked
    assert sum(item.archived for item in company.odoo["partner"].items.values()) == 20
    with pytest.raises(decisions.DecisionError):
        decisions.release(company.engine(), "customer", "list")


def test_a_list_that_is_suddenly_empty_deletes_nobody(company: Company) -> None:
    for number in range(8):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}"})
    company.sync()
    for number in range(8):
        company.book["Clients"].delete(f"C{number + 1:04d}")
    assert "none of the 8" in company.sync().braked[0].reason


def test_a_record_that_leaves_the_filter_of_the_mapping_is_not_deleted(
    company: Company, load: Callable[[str], Mappings]
) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "kind": "customer"})
    company.sync()
    company.mappings = load(
        CUSTOMER.replace("object: partner\n", "object: partner\n    where: {kind: prospect}\n")
    )
    company.sync(compare=True)
    assert not any(change.kind == "archived" for change in company.journal())
