"""Undo: what is put back, what is left and why, and how the systems follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import answers, journal
from hub.journal import Undoing
from hub.mapping import Mappings
from hub.model import ARCHIVED
from hub.ports import Unreachable
from hub.store.history import Change
from hub.undoing import Undone
from tests.engine.conftest import CUSTOMER, SIRETS, Company


@pytest.fixture
def dupont(company: Company) -> Company:
    """One customer, typed in Odoo, and in every system."""
    company.odoo["partner"].add(
        {"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles", "phone": "01 99 00 12 34"}
    )
    company.sync()
    return company


def undo(company: Company, *changes: Change, **options: bool) -> Undoing:
    return journal.undo(company.engine(), changes, **options)


def undo_run(company: Company, run: int, **options: bool) -> Undoing:
    return undo(company, *journal.replaced(company.journal(run=run)), whole=True, **options)


def the(company: Company, kind: str, **wanted: object) -> Change:
    """The newest line of this kind."""
    return next(line for line in company.journal(**wanted) if line.kind == kind)


def towns(company: Company) -> tuple[object, object, object]:
    """Where Dupont is, according to Odoo, Sage and the list."""
    return (company.odoo["partner"].show("1").get("city"), company.sage["BPC"].show("K001").get("CTY"),
            company.book["Clients"].show("C001").get("Ville"))  # fmt: skip


def only(found: Undoing) -> Undone:
    (result,) = found.results
    return result


def moved(company: Company, town: str | None = "Nîmes") -> int:
    """The list says that Dupont moved; the run in which all follow."""
    company.book["Clients"].set("C001", {"Ville": town})
    return company.sync().run


def test_a_change_is_put_back_everywhere_by_ordinary_writes(dupont: Company) -> None:
    moved(dupont)
    before = len(dupont.odoo.written)
    found = undo(dupont, the(dupont, "changed"))
    assert only(found).done
    assert len(dupont.odoo.written) == before, "nothing is written by the undo itself"
    assert dupont.sync().writes == 3
    assert towns(dupont) == ("Arles", "Arles", "Arles")
    assert dupont.sync().writes == 0


def test_an_undo_is_undone_like_anything_else_and_so_on(dupont: Company) -> None:
    moved(dupont)
    for town in ("Arles", "Nîmes", "Arles", "Nîmes"):
        newest = next(line for line in dupont.journal() if line.agreed)
        assert only(undo(dupont, newest)).done
        dupont.sync()
        assert towns(dupont) == (town, town, town)


def test_a_run_is_put_back_in_one_run_that_can_be_taken_back(dupont: Company) -> None:
    dupont.odoo["partner"].add({"name": "Garage Martin", "siret": SIRETS[1], "city": "Lyon"})
    dupont.sync()
    dupont.odoo["partner"].edit("1", city="Nîmes", email="a@example.fr")
    dupont.odoo["partner"].edit("2", city="Paris", name="Martin SA")
    run = dupont.sync().run
    found = undo_run(dupont, run)
    assert all(one.done for one in found.results)
    assert [one.change.id for one in found.results] == sorted(
        (one.change.id for one in found.results), reverse=True
    )
    assert found.run is not None
    assert len(dupont.journal(run=found.run)) == 4
    dupont.sync()
    assert (dupont.odoo["partner"].show("2")["city"], dupont.odoo["partner"].show("2")["name"]) == (
        "Lyon", "Garage Martin",
    )  # fmt: skip
    assert dupont.odoo["partner"].show("1")["email"] is None
    undo_run(dupont, found.run)
    dupont.sync()
    assert dupont.odoo["partner"].show("2")["name"] == "Martin SA"
    assert dupont.sync().writes == 0


def test_what_changed_twice_in_a_run_is_put_back_to_what_stood_before_it(dupont: Company) -> None:
    dupont.odoo["partner"].edit("1", name="Garage Dupont & Fils")
    dupont.sage["BPC"].set("K001", {"BPRNAM": "DUPONT AUTO"})
    run = dupont.sync().run
    assert len([line for line in dupont.journal(run=run) if line.agreed and "name" in line.after]) == 2
    assert all(one.done for one in undo_run(dupont, run).results)
    dupont.sync()
    assert dupont.odoo["partner"].show("1")["name"] == "Garage Dupont"
    assert dupont.book["Clients"].show("C001")["Raison sociale"] == "Garage Dupont"


def test_a_rehearsal_tells_what_would_be_written_and_changes_nothing(dupont: Company) -> None:
    run = moved(dupont)
    lines = dupont.journal()
    found = undo_run(dupont, run, rehearse=True)
    assert only(found).done
    assert found.run is None
    assert dupont.journal() == lines
    written = [(w.system, w.external_id, *w.before.values(), *w.values.values()) for w in found.writes]
    assert set(written) == {
        ("odoo", "1", "Nîmes", "Arles"), ("sage", "K001", "Nîmes", "Arles"),
        ("list", "C001", "Nîmes", "Arles"),
    }  # fmt: skip
    assert dupont.sync().writes == 0


def test_nothing_is_begun_where_nothing_is_put_back(dupont: Company) -> None:
    found = undo(dupont, the(dupont, "created"))
    assert (only(found).done, found.run) == (False, None)
    assert "not taken back" in only(found).reason


def test_a_newer_edit_of_the_record_is_not_lost(dupont: Company) -> None:
    run = moved(dupont)
    dupont.odoo["partner"].edit("1", city="Sète")
    dupont.sync()
    result = only(undo_run(dupont, run))
    assert not result.done
    assert "city was changed again since, to Sète (odoo, " in result.reason
    assert only(undo_run(dupont, run, force=True)).done
    dupont.sync()
    assert towns(dupont) == ("Arles", "Arles", "Arles")


@pytest.mark.parametrize("system", ["odoo", "sage", "list"])
def test_an_edit_the_hub_has_not_seen_yet_is_not_lost(dupont: Company, system: str) -> None:
    run = moved(dupont)
    _type_a_town(dupont, system, "Sète")
    result = only(undo_run(dupont, run))
    assert not result.done
    assert f"city was edited in {system} meanwhile (Sète)" in result.reason
    assert "hub sync" in result.reason
    assert "--force" in result.reason
    dupont.sync()
    assert towns(dupont) == ("Sète", "Sète", "Sète")


def test_an_unseen_edit_that_says_just_what_is_put_back_is_no_obstacle(dupont: Company) -> None:
    run = moved(dupont)
    _type_a_town(dupont, "odoo", "Arles")
    assert only(undo_run(dupont, run)).done
    dupont.sync()
    assert towns(dupont) == ("Arles", "Arles", "Arles")


def test_an_unseen_edit_of_another_field_is_no_obstacle_and_is_kept(dupont: Company) -> None:
    run = moved(dupont)
    dupont.odoo["partner"].edit("1", email="a@example.fr")
    assert only(undo_run(dupont, run)).done
    dupont.sync()
    assert towns(dupont) == ("Arles", "Arles", "Arles")
    assert dupont.book["Clients"].show("C001")["E-mail"] == "a@example.fr"


def test_a_system_that_does_not_answer_counts_as_edited(dupont: Company) -> None:
    run = moved(dupont)
    dupont.odoo.down = Unreachable("odoo", "does not answer", "it is switched off")
    result = only(undo_run(dupont, run))
    assert not result.done
    assert "odoo cannot be asked whether city was edited there" in result.reason
    assert only(undo_run(dupont, run, force=True)).done
    dupont.odoo.down = None
    dupont.sync()
    assert towns(dupont) == ("Arles", "Arles", "Arles")


def test_a_value_that_waits_for_a_person_is_not_lost(dupont: Company) -> None:
    dupont.odoo["partner"].edit("1", phone="01 99 00 11 11")
    dupont.book["Clients"].set("C001", {"Tél.": "01 99 00 22 22"})
    dupont.sync()
    change = the(dupont, "changed")
    result = only(undo(dupont, change))
    assert not result.done
    assert "waits for a person, from list" in result.reason
    assert dupont.conflicts()
    assert only(undo(dupont, change, force=True)).done
    dupont.sync()
    assert dupont.book["Clients"].show("C001")["Tél."] == "01 99 00 12 34"
    assert the(dupont, "overruled").before == {"phone": "+33199002222"}


def test_an_edit_made_after_the_look_is_merged_at_the_write(dupont: Company) -> None:
    run = moved(dupont)
    undo_run(dupont, run)
    _type_a_town(dupont, "odoo", "Sète")
    dupont.sync()
    assert towns(dupont) == ("Sète", "Sète", "Sète"), "the latest edit wins, as the mapping has it"
    assert "Arles" in {line.before.get("city") for line in dupont.journal()}


def test_a_write_is_taken_back_through_the_change_it_carried_out(dupont: Company) -> None:
    moved(dupont)
    wrote = the(dupont, "wrote", system="odoo")
    result = only(undo(dupont, wrote))
    assert (result.done, result.parts[0].field, result.parts[0].after) == (True, "city", "Arles")
    dupont.sync()
    assert towns(dupont) == ("Arles", "Arles", "Arles")


def test_a_write_named_beside_its_change_comes_along(dupont: Company) -> None:
    moved(dupont)
    changed, wrote = the(dupont, "changed"), the(dupont, "wrote", system="odoo")
    results = {one.change.id: one for one in undo(dupont, changed, wrote).results}
    assert all(one.done for one in results.values())
    assert results[wrote.id].reason == f"comes with change {changed.id}"


def test_a_write_that_carried_out_several_changes_is_taken_back_to_what_the_system_held(
    dupont: Company,
) -> None:
    dupont.odoo.down = Unreachable("odoo", "does not answer", "it is switched off")
    moved(dupont, "Nîmes")
    moved(dupont, "Sète")
    dupont.odoo.down = None
    dupont.sync()
    assert towns(dupont)[0] == "Sète"
    assert only(undo(dupont, the(dupont, "wrote", system="odoo"))).parts[0].after == "Arles"


def test_what_a_side_lost_to_the_record_is_given_back_everywhere(dupont: Company) -> None:
    dupont.sage["BPC"].set("K001", {"BPRNAM": "DUPONT AUTO"})
    dupont.sync()
    dupont.odoo["partner"].edit("1", name="Garage Dupont Fils")
    dupont.sage["BPC"].set("K001", {"BPRNAM": "DUPONT AUTOS"})
    run = dupont.sync().run
    assert dupont.odoo["partner"].show("1")["name"] == "DUPONT AUTOS"
    undo_run(dupont, run)
    dupont.sync()
    assert dupont.odoo["partner"].show("1")["name"] == "DUPONT AUTO"


def test_the_creation_of_a_record_is_taken_back_by_archiving_it(company: Company) -> None:
    company.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]}, id="C001")
    run = company.sync().run
    results = {one.change.system: one for one in undo_run(company, run).results}
    assert results["odoo"].done
    assert not results["sage"].done
    assert "sage cannot archive, and the hub deletes nothing" in results["sage"].reason
    company.sync()
    assert company.odoo["partner"].items["1"].archived
    assert company.sync().writes == 0
    back = next(line for line in company.journal() if line.kind == "undone")
    assert only(undo(company, back)).done
    company.sync()
    assert not company.odoo["partner"].items["1"].archived


def test_an_archiving_is_taken_back_and_the_record_made_again_where_it_went_missing(dupont: Company) -> None:
    dupont.book["Clients"].delete("C001")
    dupont.sync()
    assert dupont.odoo["partner"].items["1"].archived
    assert only(undo(dupont, the(dupont, "archived"))).done
    dupont.sync()
    dupont.sync()
    assert not dupont.odoo["partner"].items["1"].archived
    assert [row["Raison sociale"] for row in dupont.book["Clients"].rows().values()] == ["Garage Dupont"]
    assert dupont.sync().writes == 0


def test_an_archiving_in_a_system_is_taken_back(dupont: Company) -> None:
    dupont.odoo["partner"].archive("1")
    run = dupont.sync().run
    assert only(undo_run(dupont, run)).parts[0].field == ARCHIVED
    dupont.sync()
    assert not dupont.odoo["partner"].items["1"].archived


def test_an_answer_is_told_and_its_archiving_taken_back(dupont: Company) -> None:
    customer = dupont.mappings["customer"]
    systems = {**customer.systems, "list": replace(customer.systems["list"], on_delete="ask")}
    dupont.mappings = Mappings((replace(customer, systems=systems),))
    dupont.book["Clients"].delete("C001")
    dupont.sync()
    (review,) = dupont.reviews()
    answers.archive(dupont.engine(), review.id)
    answered = the(dupont, "answered")
    assert (answered.cause, answered.system, answered.after) == ("person", "list", {"__answer__": "archive"})
    results = undo_run(dupont, answered.run).results
    assert [one.done for one in results] == [True]
    dupont.sync()
    assert not dupont.odoo["partner"].items["1"].archived
    assert len(dupont.book["Clients"].rows()) == 1


# -- what cannot be put back ---------------------------------------------------------------------------------


def test_a_field_that_is_no_longer_mapped_is_left(dupont: Company, load: Callable[[str], Mappings]) -> None:
    run = moved(dupont)
    dupont.mappings = load(CUSTOMER.replace("  city: {type: text}\n", "").replace(", city: city", "")
                           .replace(", city: CTY", "").replace(", city: Ville", ""))  # fmt: skip
    assert only(undo_run(dupont, run, force=True)).reason == "city is no longer in the mapping"


def test_a_field_of_another_type_takes_no_value_that_does_not_fit_it(
    dupont: Company, load: Callable[[str], Mappings]
) -> None:
    run = moved(dupont)
    dupont.mappings = load(CUSTOMER.replace("  city: {type: text}", "  city: {type: date}"))
    result = only(undo_run(dupont, run, force=True))
    assert not result.done
    assert "city is now of type date, which cannot be 'Arles'" in result.reason


def test_an_entity_that_is_no_longer_mapped_is_left(dupont: Company) -> None:
    run = moved(dupont)
    lines = journal.replaced(dupont.journal(run=run))
    dupont.mappings = Mappings(())
    found = undo(dupont, *lines)
    assert {one.reason for one in found.results} == {"customer is no longer mapped"}
    assert found.run is None


def test_a_system_that_is_no_longer_mapped_is_said(dupont: Company) -> None:
    moved(dupont)
    wrote = the(dupont, "wrote", system="sage")
    customer = dupont.mappings["customer"]
    systems = {name: one for name, one in customer.systems.items() if name != "sage"}
    dupont.mappings = Mappings((replace(customer, systems=systems),))
    assert only(undo(dupont, wrote)).reason == "sage is no longer in the mapping of customer"


def test_a_record_that_is_not_known_any_more_is_left(dupont: Company) -> None:
    moved(dupont)
    change = replace(the(dupont, "changed"), golden_id="0" * 32)
    assert only(undo(dupont, change)).reason == "the record is not known any more"


def test_a_required_field_is_not_emptied(dupont: Company) -> None:
    change = replace(the(dupont, "created"), kind="changed", before={}, after={"name": "Garage Dupont"})
    assert only(undo(dupont, change, force=True)).reason == "name is required, and was empty"


def test_what_stands_already_is_said_and_done(dupont: Company) -> None:
    run = moved(dupont)
    moved(dupont, "Arles")
    result = only(undo_run(dupont, run))
    assert (result.done, result.reason) == (True, "it is so already")


def test_a_run_is_put_back_as_far_as_it_can_be_and_says_what_is_left(dupont: Company) -> None:
    dupont.odoo["partner"].edit("1", city="Nîmes", email="a@example.fr")
    run = dupont.sync().run
    moved(dupont, "Sète")
    done = {part.field: part.done for one in undo_run(dupont, run).results for part in one.parts}
    assert done == {"city": False, "email": True}
    dupont.sync()
    assert towns(dupont) == ("Sète", "Sète", "Sète")
    assert dupont.book["Clients"].show("C001")["E-mail"] is None


def _type_a_town(company: Company, system: str, town: str) -> None:
    if system == "odoo":
        company.odoo["partner"].edit("1", city=town)
    elif system == "sage":
        company.sage["BPC"].set("K001", {"CTY": town})
    else:
        company.book["Clients"].set("C001", {"Ville": town})
