"""A folder of contracts as a system: what is read when, and what is never taken for deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.word import folder as looking
from connectors.word.folder import Folder
from hub.ports import Misconfigured, Unreachable, View
from tests.connectors.word.folders import CONTRACTS, FIELDS, LONG_AGO, PROFILE, Office, age, said
from tests.connectors.word.tools import archive, paragraph
from tests.tally import tally


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.connector.close()


# -- what is read ------------------------------------------------------------------------------------


def test_an_untouched_folder_costs_a_glance_and_yields_one_empty_page(office: Office) -> None:
    office.save("a.docx")
    assert set(office.pull().records) == {"2026-1"}
    office.anew()
    again = office.pull()
    assert again.nothing
    assert again.same_cursor
    assert office.connector.reader._worker._process is None, "nothing was read"


def test_a_document_that_changed_is_read_alone(office: Office) -> None:
    for number in "123":
        office.save(f"{number}.docx", number=f"2026-{number}")
    first = office.pull()
    assert first.listing
    office.anew()
    office.save("2.docx", number="2026-2", amount="450 € HT")
    second = office.pull()
    assert list(second.records) == ["2026-2"]
    assert second.records["2026-2"].values["amount"] == "450.00"
    assert not second.listing
    assert list(office.connector.library._leaves) == ["2.docx"]


def test_a_document_saved_without_a_change_is_no_news(office: Office) -> None:
    path = office.save("a.docx")
    first = office.pull()
    age(path, LONG_AGO + 500)
    again = office.pull()
    assert not again.records or again.records["2026-1"].version == first.records["2026-1"].version
    assert office.pull().nothing


def test_two_saves_within_one_tick_of_the_clock_are_both_seen(office: Office) -> None:
    other = office.save("autre.docx", customer="Durand")
    second = other.read_bytes()
    other.unlink()
    path = office.save("a.docx", customer="Dupont")
    assert len(second) == path.stat().st_size, "the same size, or its glance would tell"
    os.utime(path)
    stamp = path.stat().st_mtime_ns
    office.pull()
    path.write_bytes(second)
    os.utime(path, ns=(stamp, stamp))
    assert office.pull().records["2026-1"].values["customer"] == "Durand"


def test_a_record_says_where_it_stands_and_when_it_was_saved(office: Office) -> None:
    office.save("Grenoble/Dupont.docx")
    (record,) = office.pull().records.values()
    assert record.where == "Grenoble/Dupont.docx"
    assert record.modified is not None
    assert record.modified.timestamp() == LONG_AGO + 1


def test_a_renamed_document_keeps_its_record(office: Office) -> None:
    path = office.save("a.docx")
    first = office.pull()
    path.rename(office.folder / "Contrat Dupont signé.docx")
    again = office.pull()
    assert again.listing
    assert again.records["2026-1"].version == first.records["2026-1"].version
    assert not again.rejected


def test_a_document_with_several_contracts_is_as_many_records(office: Office) -> None:
    office.whole("publipostage.docx", *said(number="A1"), *said(number="A2", customer="Durand"))
    records = office.pull().records
    assert {id: one.values["customer"] for id, one in records.items()} == {
        "A1": "Dupont SARL",
        "A2": "Durand",
    }
    assert records["A1"].version != records["A2"].version
    assert (records["A2"].where or "").startswith("publipostage.docx, contract 2, from")


def test_without_a_key_a_contract_is_known_by_its_file(office: Office) -> None:
    office.profiles.write_text(PROFILE.replace("key: [number]", ""), encoding="utf-8")
    office.save("nord/a.docx")
    office.whole("b.docx", *said(), *said())
    assert set(office.pull().records) == {"nord/a.docx", "b.docx#1", "b.docx#2"}


def test_another_key_of_the_mapping_is_used(office: Office) -> None:
    office.save("a.docx", siret="732 829 320 00074")
    view = View("contract", "contract", FIELDS, key=("siret", "number"))
    assert set(office.pull(view).records) == {"73282932000074 | 2026-1"}


# -- what goes ---------------------------------------------------------------------------------------


def test_a_document_that_is_gone_is_missing_from_a_whole_listing(office: Office) -> None:
    path, _ = office.save("a.docx"), office.save("b.docx", number="2026-2")
    office.pull()
    office.anew()
    path.unlink()
    again = office.pull()
    assert again.listing
    assert set(again.records) == {"2026-2"} == office.connector.ids(CONTRACTS)
    assert not office.connector.read(CONTRACTS, ["2026-1"])


def test_a_contract_taken_out_of_a_document_of_several_is_gone(office: Office) -> None:
    office.whole("tous.docx", *said(number="A1"), *said(number="A2"))
    office.pull()
    office.whole("tous.docx", *said(number="A2"))
    again = office.pull()
    assert again.listing
    assert set(again.records) == {"A2"}


def test_an_empty_folder_is_a_share_that_is_away_and_no_deletion(office: Office) -> None:
    path = office.save("a.docx")
    office.pull()
    path.unlink()
    for ask in (
        lambda: office.pull(),
        lambda: office.connector.ids(CONTRACTS),
        lambda: office.connector.read(CONTRACTS, ["2026-1"]),
    ):
        with pytest.raises(Unreachable, match="holds no document any more"):
            ask()
    office.folder.rmdir()
    with pytest.raises(Unreachable, match="not there"):
        office.pull()


def test_a_new_folder_that_is_still_empty_lists_nothing(office: Office) -> None:
    assert office.pull().nothing


# -- what cannot be read -----------------------------------------------------------------------------


def test_a_damaged_document_is_one_record_set_aside_under_the_id_it_had(office: Office) -> None:
    office.save("a.docx")
    office.save("b.docx", number="2026-2")
    office.pull()
    office.spoil("a.docx")
    again = office.pull()
    assert "a.docx is cut short or damaged" in again.reasons["2026-1"]
    assert again.rejected[0].todo
    office.save("c.docx", number="2026-3")
    (office.folder / "b.docx").unlink()
    later = office.pull()
    assert later.listing
    assert set(later.records) == {"2026-3"}
    assert set(later.reasons) == {"2026-1"}, "it is still there, as far as anybody knows"
    office.save("a.docx")
    healed = office.pull()
    assert healed.listing, "what was set aside is well again"
    assert "2026-1" in healed.records
    assert not healed.rejected
    tally("faults injected", 1)


def test_while_a_document_that_was_never_read_may_be_the_one_that_is_gone_nothing_is(office: Office) -> None:
    path = office.save("a.docx")
    office.save("b.docx", number="2026-2")
    office.pull()
    path.rename(office.folder / "a renommé.docx")
    office.spoil("a renommé.docx")
    again = office.pull()
    assert not again.listing
    assert again.reasons[None]
    (shadow,) = office.connector.read(CONTRACTS, ["2026-1"])
    assert not shadow.values
    assert "a renommé.docx, which cannot be read" in shadow.unreadable["amount"]
    office.save("a renommé.docx")
    assert set(office.pull().records) == {"2026-1", "2026-2"}
    tally("faults injected", 1)


def test_half_a_document_that_is_just_arriving_is_left_for_the_next_look(office: Office) -> None:
    office.save("a.docx")
    office.save("b.docx", number="2026-2")
    office.pull()
    office.spoil("a.docx", young=True)
    (office.folder / "b.docx").unlink()
    again = office.pull()
    assert not again.rejected
    assert not again.listing, "2026-1 was on no page, and is not gone"
    (shadow,) = office.connector.read(CONTRACTS, ["2026-1"])
    assert "being saved" in shadow.unreadable["amount"]
    office.save("a.docx")
    healed = office.pull()
    assert healed.listing
    assert set(healed.records) == {"2026-1"}


def test_a_document_that_changes_between_two_looks_waits(office: Office) -> None:
    path = office.save("a.docx")
    office.save("b.docx", number="2026-2")
    slow = Folder(office.settings.model_copy(update={"stable_seconds": 1}))
    looked = slow.look()

    def meanwhile(_: float) -> None:
        office.save("a.docx", customer="Durand")
        (office.folder / "b.docx").rename(office.folder / "c.docx")

    again, moving = slow.settled(looked, meanwhile)
    assert moving == {"a.docx", "b.docx", "c.docx"}
    assert set(again) == {"a.docx", "c.docx"}
    assert path.exists()


def test_a_document_that_is_open_is_read_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    office = Office(tmp_path, read_while_open=False)
    office.save("contrat.docx")
    office.save("b.docx", number="2026-2")
    office.pull()
    office.save("contrat.docx", amount="450 € HT")
    (office.folder / "~$ntrat.docx").write_bytes(b"\x05Marie" + b"\0" * 156)
    assert not office.pull().records
    office.settings.read_while_open = True
    assert office.pull().records["2026-1"].values["amount"] == "450.00"
    office.connector.close()


@pytest.mark.parametrize("at_once", [True, False])
def test_what_programs_leave_beside_documents_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    if at_once and not looking._AT_ONCE:
        pytest.skip("this system cannot look at files by their name in an open folder")
    monkeypatch.setattr(looking, "_AT_ONCE", at_once)
    office = Office(tmp_path, leave_out=["Modèle*.docx", "courriers/*"])
    (office.folder / "hub-backups").mkdir()
    (office.folder / ".corbeille").mkdir()
    (office.folder / "courriers").mkdir()
    for name in (
        "~$ntrat.docx", ".~lock.contrat.docx#", "~WRD0001.tmp", "~WRL0003.docx", ".hub-x1.docx.tmp",
        "._a.docx", "hub-backups/a.docx", ".corbeille/a.docx", "courriers/a.docx",
        "Modèle de contrat.docx", "notes.txt",
    ):  # fmt: skip
        (office.folder / name).write_bytes(b"none")
    office.save("nord/Contrat.DOCX")
    assert set(office.connector.folder.look()) == {"nord/Contrat.DOCX"}
    taken = office.pull()
    assert set(taken.records) == {"2026-1"}
    assert not taken.rejected
    flat = Folder(office.settings.model_copy(update={"recursive": False}))
    assert not flat.look()


def test_a_folder_whose_files_change_places_is_seen_as_it_is(office: Office) -> None:
    office.save("a.docx")
    assert set(office.connector.folder.look()) == {"a.docx"}
    office.save("b.docx")
    (office.folder / "a.docx").unlink()
    assert set(office.connector.folder.look()) == {"b.docx"}
    (office.folder / "lien.docx").symlink_to(office.folder / "nowhere.docx")
    assert set(office.connector.folder.look()) == {"b.docx"}


# -- what is set aside -------------------------------------------------------------------------------


def test_two_documents_with_one_number_are_both_set_aside_naming_both(office: Office) -> None:
    office.save("a.docx")
    office.pull()
    copy = office.save("a - Copie.docx")
    again = office.pull()
    assert not again.records
    (rejected,) = again.rejected
    assert rejected.id == "2026-1"
    assert "'2026-1' stands in 2 contracts: a - Copie.docx and a.docx" in rejected.reason
    assert "a - Copie.docx" in office.connector.read(CONTRACTS, ["2026-1"])[0].unreadable["amount"]
    copy.unlink()
    healed = office.pull()
    assert healed.listing
    assert set(healed.records) == {"2026-1"}
    assert not healed.rejected


def test_a_contract_without_its_number_is_set_aside_under_the_one_it_had(office: Office) -> None:
    office.save("a.docx")
    office.save("b.docx", number="2026-2")
    office.pull()
    office.save("a.docx", number="")
    again = office.pull()
    assert "a.docx: number, by which it is known: nothing stands at label: N°" in again.reasons["2026-1"]
    (office.folder / "b.docx").unlink()
    later = office.pull()
    assert later.listing
    assert set(later.reasons) == {"2026-1"}


def test_a_document_that_no_profile_fits_is_named_with_what_to_do(office: Office) -> None:
    office.whole("lettre.docx", paragraph("Madame, Monsieur"))
    (rejected,) = office.pull().rejected
    assert rejected.where == "lettre.docx"
    assert (
        "no profile fits lettre.docx (profil: none of 'contrat de maintenance' is in it)" in rejected.reason
    )
    assert 'hub documents read "lettre.docx"' in rejected.todo


def test_a_document_that_two_profiles_fit_names_both(tmp_path: Path) -> None:
    folder = tmp_path / "profils"
    folder.mkdir()
    for name in ("gaz", "fioul"):
        (folder / f"{name}.yaml").write_text(PROFILE, encoding="utf-8")
    office = Office(tmp_path, profiles=folder)
    office.save("a.docx")
    (rejected,) = office.pull().rejected
    assert rejected.reason == "2 profiles fit a.docx: fioul, gaz"
    office.connector.close()


def test_an_encrypted_document_and_one_that_is_none_are_named_in_words(office: Office) -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    (office.folder / "secret.docx").write_bytes(locked)
    age(office.folder / "secret.docx")
    age(archive(office.folder / "tableur.docx", {"xl/workbook.xml": "<x/>", "_rels/.rels": "<x/>"}))
    office.save("a.docx")
    taken = office.pull()
    told = {one.where: one.reason for one in taken.rejected}
    assert "protected by a password" in told["secret.docx"]
    assert "workbook" in told["tableur.docx"]
    assert set(taken.records) == {"2026-1"}
    tally("bad inputs tried", 2)


def test_other_profiles_make_everything_be_listed_anew(office: Office) -> None:
    office.save("a.docx", amount="100 € HT")
    first = office.pull()
    office.profiles.write_text(PROFILE.replace("[20, 100000]", "[200, 100000]"), encoding="utf-8")
    again = office.pull()
    assert again.listing
    assert again.records["2026-1"].version != first.records["2026-1"].version
    assert "100.00 is outside 200 to 100000" in again.records["2026-1"].unreadable["amount"]


def test_profiles_with_a_mistake_stop_the_route_with_its_line(office: Office) -> None:
    office.save("a.docx")
    office.profiles.write_text(PROFILE.replace("type: date", "type: datum"), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"profil\.yaml"):
        office.pull()
    assert [one.what for one in office.connector.check([CONTRACTS]) if one.level == "error"] == [
        "the profiles"
    ]
