"""Types of values in phrases: the one that is meant, or a reason in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.word.kinds import reader, shown
from hub.values import Unreadable

ENERGY = {"gas": ["gaz", "gaz naturel"], "oil": ["fioul", "mazout"]}
NNBSP = "\N{NARROW NO-BREAK SPACE}"


def read(kind: str, text: str, **options: Any) -> Any:
    return reader(kind, options)(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 250,00 € HT", "1250.00"),
        (f"1{NNBSP}250,00 € HT, soit 1{NNBSP}500,00 € TTC", "1250.00"),
        ("TTC : 1 500,00 € ; HT : 1 250,00 €", "1250.00"),
        ("1250", "1250.00"),
        ("1.250,00", "1250.00"),
        ("450,00€HT/an", "450.00"),
        ("Mille deux cent cinquante euros (1 250,00 €) hors taxes", "1250.00"),
        ("mille deux cent cinquante euros et cinquante centimes (1 250,50 €)", "1250.50"),
        ("1 250 € HT + TVA 20 % 250 € = 1 500 € TTC", "1250.00"),
        ("pour 3 appareils, 450,00 € H.T. par an", "450.00"),
        ("- 125,00 €", "-125.00"),
        ("Le montant est de 1 250,00 € H.T. payable à 30 jours", "1250.00"),
    ],
)
def test_the_amount_before_tax_is_found_in_its_sentence(text: str, value: str) -> None:
    assert read("amount", text, tax="HT") == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 500,00 € TTC", "is TTC, and the field is HT"),
        ("120 à 150 €", "more than one number"),
        ("2 x 125 €", "more than one number"),
        ("12 50,00 €", "is not one number"),
        ("1,250", "two ways"),
        ("(125)", "brackets"),
        ("1e3", "no amount"),
        ("gratuit", "no amount"),
        ("125 € HT par mois", "is per month, and the field is per year"),
        ("1 250 € 50", "cents"),
        ("Mille deux cents euros (1 250,00 €)", "several amounts"),
        ("1 250,00 € ou 1 350,00 €", "more than one number|several amounts"),
    ],
)
def test_an_amount_that_can_be_doubted_is_refused(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read("amount", text, tax="HT")


def test_without_a_tax_asked_for_two_amounts_are_not_chosen_between() -> None:
    with pytest.raises(Unreadable, match="tax: HT or TTC"):
        read("amount", "1 250,00 € HT, soit 1 500,00 € TTC")
    assert read("amount", "125 € par visite", per="visit") == "125.00"


@given(st.integers(1, 99_999_999), st.sampled_from([" ", NNBSP, "\N{NO-BREAK SPACE}", ""]))
def test_an_amount_written_the_french_way_is_read_back(cents: int, gap: str) -> None:
    whole, rest = divmod(cents, 100)
    text = f"{whole:,}".replace(",", gap) + f",{rest:02}"
    assert read("amount", f"Prix : {text} € HT", tax="HT") == f"{whole}.{rest:02}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12 rue des Alpes, 38000 Grenoble", "38000 Grenoble"),
        ("38 000 GRENOBLE CEDEX 9", "38000 GRENOBLE CEDEX 9"),
        ("BP 38001, F-38450 Vif représentée par M. Durand", "38450 Vif"),
        ("12345 rue de Paris 38400 Saint-Martin-d'Hères", "38400 Saint-Martin-d'Hères"),
        ("38080 L'Isle d'Abeau", "38080 L'Isle d'Abeau"),
        ("38240 La Tour du Pin.", "38240 La Tour du Pin"),
    ],
)
def test_post_code_and_town_are_found_in_an_address(text: str, value: str) -> None:
    assert read("postcode_town", text) == value
    assert read("postcode", text) == value[:5]
    assert read("town", text) == value[6:]


def test_two_towns_in_one_place_are_not_chosen_between() -> None:
    with pytest.raises(Unreadable, match="several towns"):
        read("postcode_town", "69100 Villeurbanne - 38000 Grenoble")


def test_numbers_with_a_key_are_found_in_a_sentence_and_checked() -> None:
    assert read("siret", "SIRET : 732 829 320 00074 – RCS Grenoble") == "73282932000074"
    assert read("siren", "RCS Grenoble 732 829 320") == "732829320"
    assert read("siren", "73282932000074") == "732829320"
    assert read("vat", "TVA intracommunautaire FR 44 732829320") == "FR44732829320"
    assert read("iban", "IBAN : FR76 3000 6000 0112 3456 7890 189.") == "FR7630006000011234567890189"
    assert read("email", "mél. contact@durand.example.") == "contact@durand.example"
    for kind, text in (("siret", "732 829 320 00075"), ("siren", "305 949 678"), ("iban", "FR76 3000 6000")):
        with pytest.raises(Unreadable):
            read(kind, text)


def test_letters_are_never_dialled_and_two_numbers_never_joined() -> None:
    assert read("phone", "Tél. 04 76 00 00 01 (Mme Durand)") == "+33476000001"
    with pytest.raises(Unreadable, match=r"2 telephone|several telephone"):
        read("phone", "04 76 00 00 01 / 06 12 34 56 78")


def test_a_choice_is_what_is_ticked_or_named() -> None:
    assert read("choice", "☒ Gaz ☐ Fioul", values=ENERGY) == "gas"
    assert read("choice", "chaudière au gaz naturel", values=ENERGY) == "gas"
    for text in ("☐ Gaz ☐ Fioul", "☒ Gaz ☒ Fioul", "gaz et fioul", "bois"):
        with pytest.raises(Unreadable):
            read("choice", text, values=ENERGY)
    assert read("boolean", "☒") is True
    assert read("boolean", "☐ pièces comprises") is False
    assert read("boolean", "Oui") is True


def test_plain_numbers_are_found_among_words() -> None:
    assert read("integer", "12 appareils") == 12
    assert read("number", "Puissance : 12,5 kW") == "12.5"
    with pytest.raises(Unreadable):
        read("integer", "2 ou 3")


@pytest.mark.parametrize(
    "kind", ["amount", "date", "text", "siret", "phone", "periodicity", "town", "boolean"]
)
def test_an_empty_place_is_no_value(kind: str) -> None:
    assert read(kind, " \t\n") is None
    assert read(kind, "— …") is None


def test_a_page_of_text_is_no_value() -> None:
    with pytest.raises(Unreadable, match="too long"):
        read("amount", "mot " * 1000)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("periodicity", "2/12", "2 times a year"),
        ("periodicity", "1/24", "once every 2 years"),
        ("periodicity", "1/18", "once in 18 months"),
        ("duration", "P12M", "12 months"),
        ("duration", "P1M", "1 month"),
        ("duration", "open", "without an end"),
        ("date", "2026-03-01", "01/03/2026"),
    ],
)
def test_values_are_shown_in_words(kind: str, value: str, words: str) -> None:
    assert shown(kind, value) == words
