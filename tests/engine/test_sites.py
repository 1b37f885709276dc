"""One company with several sites: one SIREN and VAT number, several SIRETs: several records, no question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub import verdicts
from hub.mapping import Mappings
from hub.store import likenesses
from tests.engine.conftest import CUSTOMER, SIRETS, Company
from tests.tally import tally

VAT = "FR44732829320"
SITES = ("73282932000074", "73282932000017", "73282932000025")
"""Three establishments of one company."""

OTHER = SIRETS[1]


@pytest.fixture
def sites(company: Company, load: Callable[[str], Mappings]) -> Company:
    """The company of these tests knows VAT numbers, a key that is weaker than the SIRET."""
    company.mappings = load(_with_vat())
    return company


def _with_vat() -> str:
    text = CUSTOMER.replace("  phone: {type", "  vat: {type: vat}\n  phone: {type", 1)
    text = text.replace("  - exact: [email, name]", "  - exact: [vat]\n  - exact: [email, name]")
    text = text.replace("siret: siret,", "siret: siret, vat: vat,")
    text = text.replace("siret: CRN,", "siret: CRN, vat: EECNUM,")
    return text.replace("siret: SIRET,", "siret: SIRET, vat: TVA,")


def test_two_sites_of_one_company_are_two_records_everywhere(sites: Company) -> None:
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.sync()
    sites.sage["BPC"].add({"BPRNAM": "DURAND PARIS", "CRN": SITES[1], "EECNUM": VAT})
    sites.sync()
    assert not sites.reviews()
    assert sites.goldens() == 2
    assert {row["siret"] for row in sites.odoo["partner"].rows().values()} == set(SITES[:2])
    assert {row["SIRET"] for row in sites.book["Clients"].rows().values()} == set(SITES[:2])
    assert sites.sync().writes == 0
    tally("records duplicated", sites.goldens() - 2)


def test_sites_read_at_once_from_one_system_are_no_twins(sites: Company) -> None:
    for number, siret in enumerate(SITES):
        sites.sage["BPC"].add({"BPRNAM": f"DURAND {number}", "CRN": siret, "EECNUM": VAT})
    sites.sync()
    assert not sites.reviews()
    assert sites.goldens() == 3


def test_each_site_finds_its_own_record_among_those_of_the_company(sites: Company) -> None:
    for number, siret in enumerate(SITES):
        sites.sage["BPC"].add({"BPRNAM": f"DURAND {number}", "CRN": siret, "EECNUM": VAT})
        sites.odoo["partner"].add({"name": f"Durand {number}", "siret": siret, "vat": VAT})
    sites.sync()
    assert not sites.reviews()
    assert (sites.goldens(), len(sites.odoo["partner"].rows()), len(sites.sage["BPC"].rows())) == (3, 3, 3)


def test_sites_with_one_name_and_one_address_for_mail_are_still_several(sites: Company) -> None:
    for siret in SITES[:2]:
        sites.odoo["partner"].add({"name": "Durand", "email": "d@example.fr", "siret": siret, "vat": VAT})
        sites.sync()
    assert not sites.reviews()
    assert sites.goldens() == 2


def test_another_company_under_that_vat_number_is_a_question(sites: Company) -> None:
    """The SIREN differs: one of the two numbers was mistyped."""
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.sync()
    sites.sage["BPC"].add({"BPRNAM": "DURAND", "CRN": OTHER, "EECNUM": VAT})
    sites.sync()
    (review,) = sites.reviews()
    assert review.kind == "ambiguous"
    assert "siret differs" in review.reason
    assert sites.goldens() == 1


def test_sites_of_which_one_says_another_company_are_twins(sites: Company) -> None:
    for siret in (SITES[0], OTHER):
        sites.sage["BPC"].add({"BPRNAM": "DURAND", "CRN": siret, "EECNUM": VAT})
    sites.sync()
    assert {review.kind for review in sites.reviews()} == {"duplicate"}
    assert sites.goldens() == 0


def test_a_record_without_a_siret_may_be_any_of_the_sites(sites: Company) -> None:
    for number, siret in enumerate(SITES[:2]):
        sites.odoo["partner"].add({"name": f"Durand {number}", "siret": siret, "vat": VAT})
    sites.sync()
    sites.book["Clients"].add({"Raison sociale": "Durand", "TVA": VAT}, id="C900")
    sites.sync()
    (review,) = sites.reviews()
    assert review.kind == "ambiguous"
    assert len(review.candidates) == 2
    sites.book["Clients"].set("C900", {"SIRET": SITES[2]})
    sites.sync()
    assert not sites.reviews()
    assert sites.goldens() == 3


def test_a_new_site_is_not_taken_for_the_one_that_has_no_siret_yet(sites: Company) -> None:
    """It may be that one, or a third: what the company's other records have in common does not tell."""
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.odoo["partner"].add({"name": "Durand Paris", "siret": SITES[1], "vat": VAT})
    sites.sync()
    sites.odoo["partner"].edit("2", siret=None)
    sites.sync()
    sites.sage["BPC"].add({"BPRNAM": "DURAND", "CRN": SITES[2], "EECNUM": VAT}, id="K900")
    sites.sync()
    held = [review for review in sites.reviews() if review.kind == "ambiguous"]
    assert [review.external_id for review in held] == ["K900"]
    assert "several sites of one company" in held[0].reason


def test_a_vat_number_typed_at_a_second_site_is_told_to_nobody(sites: Company) -> None:
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.odoo["partner"].add({"name": "Durand Paris", "siret": SITES[1]})
    sites.sync()
    sites.odoo["partner"].edit("2", vat=VAT)
    sites.sync()
    assert not sites.reviews()


def test_what_is_said_of_a_shared_vat_number_is_settled_by_a_siret(sites: Company) -> None:
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.odoo["partner"].add({"name": "Durand Paris"})
    sites.sync()
    sites.odoo["partner"].edit("2", vat=VAT)
    sites.sync()
    assert [review.kind for review in sites.reviews()] == ["shared"]
    sites.odoo["partner"].edit("2", siret=SITES[1])
    sites.sync()
    assert not sites.reviews()


def test_where_duplicates_are_looked_for_a_shared_key_is_asked_there_and_the_answer_ends_it(
    sites: Company, load: Callable[[str], Mappings]
) -> None:
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.odoo["partner"].add({"name": "Martin Paris"})
    sites.sync()
    sites.odoo["partner"].edit("2", vat=VAT)
    sites.sync()
    assert [review.kind for review in sites.reviews()] == ["shared"]
    sites.mappings = load(_with_vat().replace("match:\n", "duplicates: true\nmatch:\n", 1))
    sites.approve()
    sites.sync()
    assert not sites.reviews(), "what was said before is asked as a question now"
    with sites.store.reading() as connection:
        (asked,) = likenesses.listed(connection)
    verdicts.different(sites.engine(), asked.id)
    sites.odoo["partner"].edit("2", vat=None)
    sites.sync()
    sites.odoo["partner"].edit("2", vat=VAT)
    sites.sync()
    assert not sites.reviews(), "they were said to be different, for ever"
    with sites.store.reading() as connection:
        assert not likenesses.listed(connection)


def test_a_site_set_aside_does_not_keep_the_others_out(sites: Company) -> None:
    for id in ("K900", "K901"):
        sites.sage["BPC"].add({"BPRNAM": "DURAND LYON", "CRN": SITES[0], "EECNUM": VAT}, id=id)
    sites.odoo["partner"].add({"name": "Durand Lyon", "siret": SITES[0], "vat": VAT})
    sites.odoo["partner"].add({"name": "Durand Paris", "siret": SITES[1], "vat": VAT})
    sites.sync()
    assert {review.external_id for review in sites.reviews()} == {"K900", "K901"}
    made = [row["CRN"] for id, row in sites.sage["BPC"].rows().items() if id not in ("K900", "K901")]
    assert made == [SITES[1]], "Lyon, which is there twice, is not made a third time"


def test_the_same_site_twice_in_one_system_is_still_a_question(sites: Company) -> None:
    for siret in (SITES[0], SITES[0], SITES[1]):
        sites.sage["BPC"].add({"BPRNAM": "DURAND", "CRN": siret, "EECNUM": VAT})
    sites.sync()
    assert [review.kind for review in sites.reviews()] == ["duplicate", "duplicate"]
    assert sites.goldens() == 1


def test_where_the_vat_number_is_the_stronger_key_it_decides(sites: Company) -> None:
    customer = sites.mappings["customer"]
    sites.mappings = Mappings((replace(customer, match=(("vat",), ("siret",))),))
    sites.odoo["partner"].add({"name": "Durand", "siret": SITES[0], "vat": VAT})
    sites.sage["BPC"].add({"BPRNAM": "DURAND", "CRN": SITES[1], "EECNUM": VAT})
    sites.sync()
    assert sites.goldens() == 1
