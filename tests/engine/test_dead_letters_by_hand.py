"""A person's word on a write that a system refused: corrected, discarded, taken back."""

from __future__ import annotations

import pytest

from hub import deadletters
from hub.daemon.figures import Reader
from hub.decisions import DecisionError
from tests.engine.conftest import SIRETS, Company
from tests.engine.letters import discarded, no_mars, the_letter, tries, with_a_refusal


@pytest.fixture
def refused(company: Company) -> Company:
    return with_a_refusal(company)


def test_an_edit_is_a_person_s_word_on_the_agreed_record_and_every_system_follows(refused: Company) -> None:
    letter = the_letter(refused)
    (correction,) = deadletters.edit(refused.engine(), letter.id, {"city": " Sète "})
    assert (correction.field, correction.before, correction.after) == ("city", "Mars", "Sète")
    assert not refused.dead_letters()
    refused.sync()
    shown = (
        refused.odoo["partner"].show("1")["city"],
        refused.sage["BPC"].show("K001")["CTY"],
        refused.book["Clients"].show("C001")["Ville"],
    )
    assert shown == ("Sète",) * 3
    (line,) = [line for line in refused.journal() if line.cause == "person"]
    assert (line.kind, line.before, line.after) == ("changed", {"city": "Mars"}, {"city": "Sète"})
    assert refused.sync().writes == 0


def test_an_edit_of_a_field_the_letter_is_not_about_has_the_write_tried_again_too(refused: Company) -> None:
    refused.odoo.refuse = lambda values: None if values.get("email") else no_mars(values)
    deadletters.edit(refused.engine(), the_letter(refused).id, {"email": "a@garage.example"})
    refused.sync()
    assert not refused.dead_letters()
    assert refused.odoo["partner"].show("1")["city"] == "Mars"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"siret": "12", "phone": "bureau du maire"}, r"siret: .*; phone: .*; nothing was changed"),
        ({"citi": "Sète"}, "no such field. Did you mean 'city'?"),
        ({"name": ""}, "name: it is required"),
        ({"city": "Mars"}, "says so already"),
    ],
)
def test_an_edit_that_cannot_be_is_told_field_by_field_and_changes_nothing(
    refused: Company, said: dict[str, str], answer: str
) -> None:
    letter, lines = the_letter(refused), len(refused.journal())
    with pytest.raises(DecisionError, match=answer):
        deadletters.edit(
            refused.engine(),
            letter.id,
            {"email": "ok@garage.example", **said} if "city" not in said else said,
        )
    assert the_letter(refused) == letter
    assert len(refused.journal()) == lines


def test_a_field_s_name_in_the_system_is_told_from_the_agreed_one(company: Company) -> None:
    company.sage.refuse = lambda values: "compte collectif inconnu"
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    with pytest.raises(DecisionError, match="BPRNAM of sage is 'name' here"):
        deadletters.edit(company.engine(), the_letter(company).id, {"BPRNAM": "Garage"})


def test_a_discarded_write_waits_for_nobody_and_is_in_the_journal(refused: Company) -> None:
    letter = the_letter(refused)
    (done,) = deadletters.discard(refused.engine(), [letter.id], "c'est sa blague")
    assert done.id == letter.id
    assert not refused.dead_letters()
    assert [(one.id, one.todo, one.reason) for one in discarded(refused)] == [
        (letter.id, "c'est sa blague", "Il n'y a pas de ville Mars")
    ]
    (line,) = [line for line in refused.journal() if line.kind == "discarded"]
    assert (line.cause, line.system, line.external_id) == ("person", "odoo", "1")
    assert line.before == {"city": "Arles"}
    assert line.after == {
        "city": "Mars", "__refused__": "Il n'y a pas de ville Mars", "__reason__": "c'est sa blague",
    }  # fmt: skip
    assert deadletters.discard(refused.engine(), [letter.id]) == []
    figures = Reader(refused.store).refresh()
    assert (figures.dead(), figures.depth()) == (0, 0), "no monitor takes it for waiting"
    before = tries(refused)
    refused.odoo.refuse = None
    refused.book["Clients"].set("C001", {"Tél.": "04 76 00 00 01"})
    refused.sage["BPC"].set("K002", {"CTY": "Lyon"})
    refused.sync()
    assert refused.odoo["partner"].show("2")["city"] == "Lyon"
    assert tries(refused) > before


def test_what_was_discarded_stays_so_until_what_is_owed_is_another_thing(refused: Company) -> None:
    deadletters.discard(refused.engine(), [the_letter(refused).id])
    refused.odoo.refuse = None
    before = tries(refused)
    refused.odoo["partner"].edit("1", email="a@garage.example")
    refused.odoo.salt += 1
    refused.sync(compare=True)
    assert refused.odoo["partner"].show("1")["city"] == "Arles"
    assert tries(refused) == before
    assert len(discarded(refused)) == 1
    refused.sage["BPC"].set("K001", {"CTY": "Sète"})
    refused.sync()
    assert refused.odoo["partner"].show("1")["city"] == "Sète"
    assert not discarded(refused)


def test_a_discarded_write_that_is_owed_no_more_is_forgotten(refused: Company) -> None:
    deadletters.discard(refused.engine(), [the_letter(refused).id])
    refused.book["Clients"].set("C001", {"Ville": "Arles"})
    refused.sync()
    assert not discarded(refused)
    assert not refused.dead_letters()


def test_a_discarded_write_can_be_taken_back(refused: Company) -> None:
    letter = the_letter(refused)
    deadletters.discard(refused.engine(), [letter.id])
    refused.odoo.refuse = None
    assert [one.id for one in deadletters.retry(refused.engine(), [letter.id])] == [letter.id]
    refused.sync()
    assert refused.odoo["partner"].show("1")["city"] == "Mars"
    assert not discarded(refused)


def test_numbers_that_are_none_change_nothing(refused: Company) -> None:
    letter = the_letter(refused)
    for act in (deadletters.retry, deadletters.discard):
        for none in (0, -1, letter.id + 1, 2**40):
            with pytest.raises(DecisionError, match=f"no refused write {none}; nothing was changed"):
                act(refused.engine(), [letter.id, none])
    assert the_letter(refused) == letter


def test_what_the_record_holds_there_now_is_read_there(refused: Company) -> None:
    letter = the_letter(refused)
    refused.odoo["partner"].edit("1", city="Grenoble")
    assert deadletters.holding(refused.engine(), letter).values["city"] == "Grenoble"
    refused.odoo["partner"].delete("1")
    gone = deadletters.holding(refused.engine(), letter)
    assert gone.values["city"] == "Arles"
    assert "no more" in gone.problem
