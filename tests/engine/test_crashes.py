"""Creation is exactly once and no edit is lost: crashes, lost replies, edits at the moment of a write."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hub.ports import Busy, Moved, Outcome, View, Write
from tests.engine.conftest import SIRETS, Company
from tests.memory import Crash, MemoryConnector


@pytest.mark.parametrize("knob", ["crash_before", "crash_after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_crash_in_the_middle_of_creating_leaves_no_second_record(
    company: Company, knob: str, nth: int
) -> None:
    for number, siret in enumerate(SIRETS):
        company.book["Clients"].add({"Raison sociale": f"Garage {number}", "SIRET": siret})
    setattr(company.odoo, knob, nth)
    with pytest.raises(Crash):
        company.sync()
    setattr(company.sage, knob, nth)
    with pytest.raises(Crash):
        company.sync()
    company.sync()
    company.sync()
    for system, table, name in ((company.odoo, "partner", "name"), (company.sage, "BPC", "BPRNAM")):
        names = sorted(str(row[name]).upper() for row in system[table].rows().values())
        assert names == [f"GARAGE {number}" for number in range(len(SIRETS))]
    assert company.sync().writes == 0
    assert not company.reviews()


def test_a_lost_reply_is_looked_up_and_not_repeated(company: Company) -> None:
    company.book["Clients"].add({"Raison sociale": "Garage Dupont"})
    company.odoo.lose_replies = 1
    company.sage.lose_replies = 1
    company.sync()
    company.sync()
    assert len(company.odoo["partner"].rows()) == len(company.sage["BPC"].rows()) == 1
    assert company.sync().writes == 0


def test_a_lost_reply_to_a_change_is_no_edit_of_that_system(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    company.odoo.lose_replies = 1
    company.sync()
    company.sync()
    changed = [change for change in company.journal() if change.kind == "changed" and change.cause == "odoo"]
    assert not changed
    assert company.odoo["partner"].show("1")["city"] == "Nîmes"


def test_a_crash_in_the_middle_of_a_change_loses_no_edit_made_meanwhile(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    company.odoo.crash_after = 1
    with pytest.raises(Crash):
        company.sync()
    company.odoo["partner"].edit("1", city="Sète")
    company.sync()
    company.sync()
    assert company.book["Clients"].show("C001")["Ville"] == "Sète"
    assert company.odoo["partner"].show("1")["city"] == "Sète"
    assert company.sync().writes == 0


def test_an_edit_made_right_before_a_write_is_merged_and_not_overwritten(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.sync()
    company.book["Clients"].set("C001", {"Ville": "Nîmes"})
    write = MemoryConnector.write
    answers: list[Outcome] = []

    def a_person_is_quicker(self: MemoryConnector, view: View, writes: Sequence[Write]) -> Sequence[Outcome]:
        if self.name == "odoo" and not answers:
            company.odoo["partner"].edit("1", email="g@example.fr")
        outcomes = write(self, view, writes)
        answers.extend(outcomes)
        return outcomes

    monkeypatch.setattr(MemoryConnector, "write", a_person_is_quicker)
    company.sync()
    company.sync()
    assert isinstance(answers[0], Moved)
    assert company.odoo["partner"].show("1")["city"] == "Nîmes"
    assert company.book["Clients"].show("C001")["E-mail"] == "g@example.fr"
    assert company.sync().writes == 0


def test_an_id_somebody_took_meanwhile_is_not_mistaken_for_ours(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    company.sage.crash_before = 1
    with pytest.raises(Crash):
        company.sync()
    company.sage["BPC"].add({"BPRNAM": "SOMEBODY ELSE", "CRN": SIRETS[1]}, id="K001")
    company.sync()
    company.sync()
    names = sorted(str(row["BPRNAM"]) for row in company.sage["BPC"].rows().values())
    assert names == ["GARAGE DUPONT", "SOMEBODY ELSE"]
    assert len(company.odoo["partner"].rows()) == 2


def test_a_stranger_of_the_same_town_under_our_id_is_not_mistaken_for_ours(company: Company) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "city": "Arles", "phone": "04 90 00 00 00"})
    company.sage.crash_before = 1
    with pytest.raises(Crash):
        company.sync()
    shared = {"CTY": "Arles", "TEL": "+33490000000"}
    company.sage["BPC"].add({"BPRNAM": "SOMEBODY ELSE", **shared}, id="K001")
    company.sync()
    company.sync()
    names = sorted(str(row["BPRNAM"]) for row in company.sage["BPC"].rows().values())
    assert names == ["GARAGE DUPONT", "SOMEBODY ELSE"]


@pytest.mark.parametrize("instant", ["while it could not be written", "at the moment of the write"])
def test_an_id_somebody_took_meanwhile_is_left_to_them_and_another_is_chosen(
    company: Company, instant: str
) -> None:
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
    met: list[str] = []

    def somebody_types(what: str) -> None:
        if what == "write" and not met:
            met.append(what)
            company.sage["BPC"].add({"BPRNAM": "SOMEBODY ELSE", "CRN": SIRETS[1]}, id="K001")
            if "not" in instant:
                raise Busy("sage", "someone has it open")

    company.sage.gate = somebody_types
    for _ in range(3):
        company.sync()
    names = {id: row["BPRNAM"] for id, row in company.sage["BPC"].rows().items()}
    assert names == {"K001": "SOMEBODY ELSE", "K002": "GARAGE DUPONT"}
    assert not company.dead_letters()
    assert len(company.odoo["partner"].rows()) == 2
    assert company.sync().writes == 0


def test_a_customer_typed_in_two_systems_during_a_sync_is_looked_for_before_it_is_created(
    company: Company,
) -> None:
    met: list[str] = []

    def two_people_type(what: str) -> None:
        if what == "pull" and not met:
            met.append(what)
            company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0]})
            company.book["Clients"].add({"Raison sociale": "Garage Dupont", "SIRET": SIRETS[0]})

    company.book.gate = two_people_type
    company.sync()
    company.sync()
    for table in (company.odoo["partner"], company.book["Clients"], company.sage["BPC"]):
        assert len(table.rows()) == 1
    assert not company.reviews()
