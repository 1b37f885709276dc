"""Whom contracts name: customers out of the same documents, and a contract's own customer by the same id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.word.checks import findings
from hub.ports import Misconfigured, NativeField, Refused, View, Write
from tests.connectors.word.folders import CONTRACTS, CUSTOMERS, FIELDS, Office, said
from tests.connectors.word.tools import repacked

SIRET = "732 829 320 00074"
ID = "siret:73282932000074"
WITH_CUSTOMER = replace(
    CONTRACTS,
    fields=(*FIELDS[:1], NativeField("customer", "ref", options={"known_by": ["siret", "customer"]})),
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.connector.close()


def test_many_contracts_of_one_customer_are_one_customer(office: Office) -> None:
    office.save("a.docx", siret=SIRET, phone="04 76 00 11 22")
    office.save("b.docx", number="2026-2", siret=SIRET, customer="DUPONT SARL")
    office.save("c.docx", number="2026-3", customer="Garage Durand")
    customers = office.pull(CUSTOMERS).records
    assert set(customers) == {ID, "customer:garage durand"}
    assert dict(customers[ID].values) == {
        "customer": "DUPONT SARL", "siret": "73282932000074", "phone": "+33476001122",
    }  # fmt: skip
    assert customers[ID].where == "b.docx and 1 more"


def test_a_contract_refers_to_its_customer_by_the_same_id(office: Office) -> None:
    office.save("a.docx", siret=SIRET)
    office.save("b.docx", number="2026-2", customer="  Garage  DURAND ")
    office.save("c.docx", number="2026-3", customer="")
    contracts = office.pull(WITH_CUSTOMER).records
    refs = {id: one.values["customer"] for id, one in contracts.items()}
    assert refs == {"2026-1": ID, "2026-2": "customer:garage durand", "2026-3": None}
    assert set(office.pull(CUSTOMERS).records) == {ID, "customer:garage durand"}


def test_a_contract_that_names_nobody_is_told(office: Office) -> None:
    office.save("a.docx", customer="")
    (rejected,) = office.pull(CUSTOMERS).rejected
    assert "a.docx: it says nobody: nothing stands for siret or customer" in rejected.reason


def test_where_two_documents_say_different_things_nothing_is_chosen(office: Office) -> None:
    office.save("a.docx", siret=SIRET, phone="04 76 00 11 22")
    office.save("b.docx", number="2026-2", siret=SIRET, phone="04 76 99 88 77")
    customer = office.pull(CUSTOMERS).records[ID]
    assert customer.unreadable["phone"] == "b.docx says '+33476998877', a.docx says '+33476001122'"
    assert "phone" not in customer.values
    assert customer.values["customer"] == "Dupont SARL"


def test_a_number_that_is_doubtful_makes_no_other_customer(office: Office) -> None:
    office.save("a.docx", siret="732 829 320 00075")
    contract = office.pull(WITH_CUSTOMER).records["2026-1"]
    assert "siret: " in contract.unreadable["customer"]
    assert "SIRET : 732 829 320 00075" in contract.unreadable["customer"]
    taken = office.pull(CUSTOMERS)
    assert not taken.records
    assert "732 829 320 00075" in taken.rejected[0].reason


def test_a_changed_contract_hands_over_its_customer_alone_and_whole(office: Office) -> None:
    office.save("a.docx", siret=SIRET)
    office.save("b.docx", number="2026-2", siret=SIRET, phone="04 76 00 11 22")
    office.save("c.docx", number="2026-3", customer="Garage Durand")
    office.pull(CUSTOMERS)
    office.anew()
    office.save("a.docx", siret=SIRET, amount="400 € HT")
    again = office.pull(CUSTOMERS)
    assert set(again.records) == {ID}
    assert again.records[ID].values["phone"] == "+33476001122", (
        "it stands in the document that did not change"
    )
    assert not again.listing
    assert set(office.connector.library._leaves) == {"a.docx", "b.docx"}


def test_a_customer_no_contract_names_any_more_is_listed_no_longer(office: Office) -> None:
    office.save("a.docx", customer="Garage Durand")
    office.save("b.docx", number="2026-2")
    office.pull(CUSTOMERS)
    office.save("a.docx", customer="Dupont SARL")
    again = office.pull(CUSTOMERS)
    assert again.listing
    assert set(again.records) == {"customer:dupont sarl"}


def test_what_a_damaged_contract_may_have_said_of_a_customer_is_not_emptied(office: Office) -> None:
    office.save("a.docx", phone="04 76 00 11 22")
    office.save("b.docx", number="2026-2")
    office.pull(CUSTOMERS)
    office.spoil("a.docx")
    office.save("b.docx", number="2026-2", amount="300 € HT")
    customer = office.pull(CUSTOMERS).records["customer:dupont sarl"]
    assert "phone" not in customer.values
    assert customer.unreadable["phone"] == (
        "nothing stands for it but perhaps in a.docx, which cannot be read"
    )
    (office.folder / "b.docx").unlink()
    again = office.pull(CUSTOMERS)
    assert "cut short" in again.reasons["customer:dupont sarl"]


def test_a_town_and_its_post_code_are_two_natives_of_one_field(office: Office) -> None:
    office.save("a.docx", address="12 rue des Alpes, 38000 Grenoble")
    fields = tuple(NativeField(name) for name in ("address", "address.postcode", "address.town"))
    (record,) = office.pull(View("contract", "contract", fields)).records.values()
    assert list(record.values.values()) == ["38000 Grenoble", "38000", "Grenoble"]


def test_a_value_in_doubt_says_what_is_wrong_where_and_in_which_sentence(office: Office) -> None:
    sentence = "Le présent contrat prend effet le 1er mars 2026."
    body = [*said(number="2026-1", amount="12 € HT"), f"<w:p><w:r><w:t>{sentence}</w:t></w:r></w:p>"]
    office.whole("a.docx", *body)
    record = office.pull().records["2026-1"]
    assert set(record.unreadable) == {"starts_on", "amount"}
    assert record.unreadable["starts_on"] == (
        "label 'À compter du' says '01/02/2026', regular expression /effet le ([^.]+)/ '1er mars 2026' "
        f"(paragraph 6): « {sentence} »"
    )
    assert record.unreadable["amount"] == (
        "12.00 is outside 20 to 100000 (paragraph 5): « Montant : 12 € HT »"
    )
    office.save("a.docx", starts_on="")
    assert "nothing stands at label: À compter du" in office.pull().records["2026-1"].unreadable["starts_on"]


def test_customers_are_written_into_no_contract(office: Office) -> None:
    write = Write("customer_1", ID, {"phone": "+33476001122"})
    (outcome,) = office.connector.write(CUSTOMERS, [write])
    assert isinstance(outcome, Refused)
    assert "direction: pull" in outcome.todo


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (replace(CONTRACTS, where={"state": "open"}), "documents know none"),
        (replace(CONTRACTS, options={"known_by": 3}), "known_by of contract lists fields"),
        (
            replace(CONTRACTS, fields=(NativeField("customer", options={"known_by": ["siret"]}),)),
            "known_by belongs to a field of type ref",
        ),
    ],
)
def test_a_mapping_that_asks_what_no_document_can_answer_is_told_so(
    office: Office, view: View, words: str
) -> None:
    office.save("a.docx")
    with pytest.raises(Misconfigured, match=words):
        office.pull(view)


# -- hub check ---------------------------------------------------------------------------------------


def test_check_names_what_the_mapping_spells_otherwise_than_the_profiles(office: Office) -> None:
    office.save("a.docx")
    view = View("contract", "contract", (NativeField("numbr"), NativeField("amount.town")))
    told = [
        f"{one.message}. {one.todo}" for one in findings(office.connector, [view]) if one.level == "error"
    ]
    assert "Did you mean 'number'?" in told[0]
    assert "amount is of type amount, which has no town" in told[1]
    (wrong,) = [
        one
        for one in findings(office.connector, [View("contract", "contrat", (NativeField("number"),))])
        if one.level == "error"
    ]
    assert "no profile is of record 'contrat'" in wrong.message
    assert "Did you mean 'contract'?" in wrong.todo


def test_check_says_how_many_documents_fit_and_what_is_set_aside(office: Office) -> None:
    office.save("a.docx", amount="3 € HT")
    office.whole("lettre.docx", "<w:p><w:r><w:t>Madame</w:t></w:r></w:p>")
    told = {one.what: one.message for one in findings(office.connector, [CONTRACTS])}
    assert "holds 2 documents" in told["the folder"]
    assert "no profile fits" in told["lettre.docx"]
    assert told["contract, out of contract"] == "records with values that a person must look at: 1"


def test_check_says_where_a_doc_file_cannot_be_read(tmp_path: Path) -> None:
    office = Office(tmp_path, office="no-such-program")
    (office.folder / "ancien.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    told = [one for one in findings(office.connector, []) if one.level == "error"]
    assert "documents that take it to be read: 1 (ancien.doc)" in told[0].message
    assert "libreoffice-writer-nogui" in told[0].todo
    office.folder.joinpath("ancien.doc").unlink()
    office.folder.rmdir()
    assert [one.level for one in findings(office.connector, [])] == ["error"]
    office.connector.close()


def test_check_names_macros_and_links_outside(office: Office) -> None:
    path = office.save("a.docx")
    repacked(path, {"word/vbaProject.bin": b"no macro"})
    told = {one.what: one.message for one in findings(office.connector, [CONTRACTS])}
    assert told["a.docx"] == "it holds macros: they are not run"
