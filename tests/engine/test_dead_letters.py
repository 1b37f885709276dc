"""Writes that a system refused: set aside, told, corrected, tried again, closed, never in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import deadletters, reviving
from hub.mapping import Mappings
from hub.ports import Outcome, Refused, View, Write
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.engine.letters import discarded, the_letter, tries, with_a_refusal
from tests.memory import MemoryConnector

DAY = 24 * 3600


@pytest.fixture
def refused(company: Company) -> Company:
    return with_a_refusal(company)


def test_a_letter_says_what_was_meant_over_what_why_and_since_when(refused: Company) -> None:
    letter = the_letter(refused)
    assert (letter.entity, letter.system, letter.external_id, letter.title) == (
        "customer", "odoo", "1", "Garage Dupont",
    )  # fmt: skip
    assert letter.reason == "Il n'y a pas de ville Mars"
    assert (letter.payload, letter.before) == ({"city": "Mars"}, {"city": "Arles"})
    assert letter.tried == 1
    assert letter.since <= letter.tried_at
    assert refused.odoo["partner"].show("1")["city"] == "Arles"


def test_it_holds_up_nobody_else(refused: Company) -> None:
    assert refused.odoo["partner"].show("2")["city"] == "Nîmes"
    assert refused.sage["BPC"].show("K001")["CTY"] == "Mars", "the other systems took it"
    before = tries(refused)
    for _ in range(3):
        assert refused.sync().writes == 0
    assert tries(refused) == before, "it is not tried again where nothing changed"


def test_an_edit_of_another_field_in_any_system_has_it_tried_again(refused: Company) -> None:
    for table, id, name in (
        (refused.book["Clients"], "C001", "E-mail"),
        (refused.sage["BPC"], "K001", "WEB"),
        (refused.odoo["partner"], "1", "email"),
    ):
        before = tries(refused)
        table.set(id, {name: f"{table.name.lower()}@garage.example"})
        refused.sync()
        assert tries(refused) > before
        assert the_letter(refused).payload["city"] == "Mars"
    refused.odoo.refuse = None
    refused.odoo["partner"].edit("1", email="d@garage.example")
    refused.sync()
    assert not refused.dead_letters()
    assert refused.odoo["partner"].show("1")["city"] == "Mars"
    assert refused.sync().writes == 0


def test_an_edit_that_is_not_even_written_there_has_it_tried_again(refused: Company) -> None:
    refused.sage.refuse = lambda values: "compte fermé"
    refused.book["Clients"].set("C002", {"Ville": "Lyon"})
    refused.sync()
    for tags in (["client"], ["client", "mairie"]):
        before = refused.sage.calls["write"]
        refused.odoo["partner"].edit("2", tags=tags)
        refused.sync()
        assert refused.sage.calls["write"] == before + 1
    letter = next(letter for letter in refused.dead_letters() if letter.system == "sage")
    assert (letter.payload, letter.tried) == ({"CTY": "Lyon"}, 3)


def test_an_edit_of_the_same_field_makes_it_another_write(refused: Company) -> None:
    refused.sage["BPC"].set("K001", {"CTY": "Sète"})
    refused.sync()
    assert not refused.dead_letters()
    assert {refused.odoo["partner"].show("1")["city"], refused.book["Clients"].show("C001")["Ville"]} == {
        "Sète"
    }


def test_an_edit_the_hub_does_not_see_in_the_system_that_refused_has_it_tried_again(refused: Company) -> None:
    refused.odoo.refuse = None
    refused.sync()
    assert refused.dead_letters(), "nobody touched the record"
    refused.odoo.salt += 1
    refused.odoo["partner"].edit("1", barcode="one that is in no mapping")
    refused.sync()
    assert not refused.dead_letters()
    assert refused.odoo["partner"].show("1")["city"] == "Mars"


def test_a_system_that_changes_its_versions_for_nothing_is_not_asked_for_ever(refused: Company) -> None:
    refused.odoo.overlap = 1_000
    for _ in range(reviving.PATIENCE + 5):
        refused.odoo.salt += 1
        refused.sync()
    letter = the_letter(refused)
    assert letter.tried == reviving.PATIENCE
    refused.odoo.refuse = None
    deadletters.retry(refused.engine(), [letter.id])
    refused.sync()
    assert not refused.dead_letters()


def test_how_often_is_said_of_just_this_write(refused: Company) -> None:
    for expected in (2, 3):
        deadletters.retry(refused.engine(), [the_letter(refused).id])
        refused.sync()
        assert the_letter(refused).tried == expected
    refused.book["Clients"].set("C001", {"E-mail": "a@garage.example"})
    refused.sync()
    assert the_letter(refused).tried == 1, "with the e-mail, it is another write"


def test_a_correction_in_the_system_that_refused_closes_it(refused: Company) -> None:
    refused.odoo.refuse = None
    refused.odoo["partner"].edit("1", city="Mars")
    before = tries(refused)
    refused.sync()
    assert not refused.dead_letters()
    assert tries(refused) == before, "there was nothing left to write"


def test_going_back_where_it_was_typed_closes_it(refused: Company) -> None:
    refused.book["Clients"].set("C001", {"Ville": "Arles"})
    refused.sync()
    assert not refused.dead_letters()
    assert refused.sage["BPC"].show("K001")["CTY"] == "Arles"


def test_a_record_deleted_where_it_was_refused_is_deleted_and_not_made_again(refused: Company) -> None:
    refused.odoo["partner"].delete("1")
    refused.sync(compare=True)
    refused.sync(compare=True)
    assert not refused.dead_letters()
    assert list(refused.odoo["partner"].rows()) == ["2"]


def test_a_refused_creation_closes_when_its_record_is_archived_elsewhere(company: Company) -> None:
    company.sage.refuse = lambda values: "compte collectif inconnu"
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sync()
    assert the_letter(company).external_id is None
    assert the_letter(company).payload["BPRNAM"] == "GARAGE DUPONT"
    assert the_letter(company).before == {}
    company.odoo["partner"].archive("1")
    company.sync()
    assert not company.dead_letters()
    assert not company.sage["BPC"].rows()


def test_another_mapping_has_it_tried_again_once_it_is_approved(
    refused: Company, load: Callable[[str], Mappings]
) -> None:
    refused.odoo.refuse = None
    deadletters.discard(refused.engine(), [the_letter(refused).id])
    refused.mappings = load(CUSTOMER.replace("max: 20", "max: 25"))
    refused.approve()
    refused.sync()
    assert not refused.dead_letters()
    assert not discarded(refused)
    assert refused.odoo["partner"].show("1")["city"] == "Mars"


def test_where_nothing_is_written_any_more_nothing_waits(
    refused: Company, load: Callable[[str], Mappings]
) -> None:
    only_read = CUSTOMER.replace("object: partner", "object: partner\n    direction: pull")
    refused.mappings = load(only_read)
    refused.approve()
    refused.sync()
    assert not refused.dead_letters()
    refused.odoo.refuse = None
    refused.mappings = load(CUSTOMER)
    refused.approve()
    refused.sync()
    assert refused.odoo["partner"].show("1")["city"] == "Mars", "it was owed all along"


# -- refusals that may pass ------------------------------------------------------------------------------


class Guarded(MemoryConnector):
    """A system in which the hub's user may not write this record."""

    def _problem(self, view: View, write: Write, items: object) -> Outcome | None:
        found = super()._problem(view, write, items)  # type: ignore[arg-type]
        return replace(found, passing=True) if isinstance(found, Refused) else found


@pytest.fixture
def guarded(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Odoo refuses for want of a right."""
    monkeypatch.setattr(company.odoo, "connect", lambda: Guarded(company.odoo))
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.odoo.refuse = lambda values: "vous n'avez pas le droit"
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    company.sync()
    return company


def test_a_missing_right_is_tried_once_a_day_and_used_once_granted(guarded: Company) -> None:
    before = tries(guarded)
    for _ in range(4):
        guarded.sync()
    assert tries(guarded) == before, "not at every turn"
    guarded.seconds += DAY
    guarded.sync()
    assert tries(guarded) == before + 1
    assert the_letter(guarded).tried == 2
    guarded.odoo.refuse = None
    guarded.seconds += DAY
    guarded.sync()
    assert not guarded.dead_letters()
    assert guarded.odoo["partner"].show("1")["city"] == "Nîmes"


def test_a_comparison_of_everything_asks_for_the_right_again_but_not_at_every_turn(guarded: Company) -> None:
    before = tries(guarded)
    guarded.sync(compare=True)
    assert tries(guarded) == before
    guarded.seconds += 3700
    guarded.sync()
    assert tries(guarded) == before
    guarded.sync(compare=True)
    assert tries(guarded) == before + 1


def test_a_right_that_is_never_granted_is_not_asked_for_ever(guarded: Company) -> None:
    for _ in range(reviving.PATIENCE + 5):
        guarded.seconds += DAY
        guarded.sync()
    assert the_letter(guarded).tried == reviving.PATIENCE


def test_what_is_wrong_in_the_record_is_not_asked_again_by_the_clock(refused: Company) -> None:
    before = tries(refused)
    refused.seconds += 3 * DAY
    refused.sync(compare=True)
    assert tries(refused) == before


# -- what does not fit -----------------------------------------------------------------------------------

SHORT_EMAIL = CUSTOMER.replace('email: "E-mail"', 'email: {field: "E-mail", max: 12}')


@pytest.fixture
def tight(company: Company, load: Callable[[str], Mappings]) -> Company:
    """The list's column of e-mails is too narrow for one."""
    assert SHORT_EMAIL != CUSTOMER
    company.mappings = load(SHORT_EMAIL)
    company.odoo["partner"].add(
        {"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles", "email": "garage@dupont.example"}
    )
    company.sync()
    return company


def test_the_other_fields_of_a_record_are_written(tight: Company) -> None:
    letter = the_letter(tight)
    assert (letter.system, letter.field, letter.unfit) == (
        "list",
        "email",
        {"email": "garage@dupont.example"},
    )
    shown = tight.book["Clients"].show("C001")
    assert (shown["Raison sociale"], shown["Ville"], shown.get("E-mail")) == ("Garage Dupont", "Arles", None)
    tight.odoo["partner"].edit("1", city="Sète")
    tight.sync()
    assert tight.book["Clients"].show("C001")["Ville"] == "Sète"
    assert the_letter(tight).field == "email"


def test_what_does_not_fit_is_discarded_until_it_is_another_value(tight: Company) -> None:
    deadletters.discard(tight.engine(), [the_letter(tight).id])
    tight.odoo["partner"].edit("1", city="Sète")
    tight.sync()
    assert tight.book["Clients"].show("C001")["Ville"] == "Sète"
    tight.sync()
    tight.odoo["partner"].edit("1", email="garage@durand.example")
    tight.sync()
    assert the_letter(tight).unfit == {"email": "garage@durand.example"}
    deadletters.edit(tight.engine(), the_letter(tight).id, {"email": "g@dupont.fr"})
    tight.sync()
    assert not tight.dead_letters()
    assert not discarded(tight)
    assert tight.book["Clients"].show("C001")["E-mail"] == "g@dupont.fr"


# -- replies lost until patience ends --------------------------------------------------------------------


def test_a_creation_given_up_in_doubt_is_looked_up_before_it_is_tried_again(company: Company) -> None:
    company.odoo.lose_requests = 200
    company.book["Clients"].add({"Raison sociale": "Sans clé", "Ville": "Arles"}, id="C100")
    while not company.dead_letters():
        company.sync()
    assert "cut" in the_letter(company).reason
    company.odoo.lose_requests = 0
    company.odoo["partner"].add({"name": "Sans clé", "city": "Arles"})
    company.odoo["partner"].items["1"].ref = f"customer_{the_letter(company).golden_id}"
    finds = company.odoo.calls["find"]
    deadletters.retry(company.engine(), [the_letter(company).id])
    company.engine().push_entity(company.engine().mappings[0], company.reports[-1])
    assert company.odoo.calls["find"] > finds
    assert list(company.odoo["partner"].rows()) == ["1"]
