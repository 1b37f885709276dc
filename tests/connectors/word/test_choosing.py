"""Which profile a document is of, many contracts in one document, and what a document offers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.word.choosing import contracts, fits
from connectors.word.document import Document
from connectors.word.offer import offered
from connectors.word.profile import Profile, Split
from connectors.word.reading import read_contract
from tests.connectors.word.tools import control, field, paragraph, profile, run, seen, table, texts

NUMBER = {"number": {"type": "text", "required": True, "from": [{"label": "Contrat n°"}]}}
BREAK = '<w:r><w:br w:type="page"/></w:r>'


def tried(document: Document, match: dict[str, Any], ending: str = "docx") -> tuple[bool, tuple[str, ...]]:
    (fit,) = fits(document, ending, {"essai": profile(NUMBER, match=match)})
    return fit.fits, fit.why


def test_a_profile_is_chosen_by_what_the_document_holds(tmp_path: Path) -> None:
    document = seen(
        tmp_path,
        paragraph(run("CONTRAT DE "), run("Maintenance")),
        paragraph(control("contrat_numero", run("1"))),
    )
    assert tried(document, {"any_text": ["bail", "contrat de maintenance"]}) == (
        True,
        ("'contrat de maintenance' is in it",),
    )
    assert tried(document, {"any_control": "contrat_numero"}) == (
        True,
        ("it has the control or field contrat_numero",),
    )
    assert tried(document, {"regex": r"^contrat\b"})[0]
    for wrong, why in (
        ({"any_text": ["bail"]}, "none of 'bail' is in it"),
        ({"all_text": ["contrat", "bail"]}, "'bail' is not in it"),
        ({"any_text": ["contrat"], "none_text": ["maintenance"]}, "'maintenance' is in it"),
        ({"any_control": ["autre"]}, "it has no control or field 'autre'"),
        (
            {"any_text": ["contrat"], "no_control": ["contrat_numero"]},
            "it has the control or field contrat_numero",
        ),
        ({"any_text": ["contrat"], "extensions": ["doc"]}, "its name ends in .docx, not in .doc"),
        ({"regex": "^bail"}, "/^bail/ is not in it"),
    ):
        assert tried(document, wrong) == (False, (why,))


def split(document: Document, **how: Any) -> list[tuple[str, str]]:
    made: Profile = profile(NUMBER)
    return [
        (place, read_contract(part, "essai", made).values[0].value)
        for place, part in contracts(document, Split.model_validate(how))
    ]


def test_a_mail_merge_is_cut_into_its_contracts(tmp_path: Path) -> None:
    section = '<w:sectPr><w:type w:val="nextPage"/></w:sectPr>'
    letters = [
        paragraph("Contrat n° : A1") + paragraph("Client : un") + paragraph("fin", properties=section),
        paragraph("Contrat n° : A2") + table(["Client", "deux"]) + paragraph(BREAK, properties=section),
        paragraph("Contrat n° : A3") + paragraph("Client : trois"),
    ]
    document = seen(tmp_path, paragraph("Nos contrats"), *letters)
    numbers = ["A1", "A2", "A3"]
    assert [n for _, n in split(document, starts="contrat n°")] == numbers
    assert [n for _, n in split(document, by="section")] == numbers
    assert [n for _, n in split(document, by="section", starts="contrat n°")] == numbers
    assert split(document, starts="contrat n°")[1][0] == "contract 2, from paragraph 5"
    parts = [part for _, part in contracts(document, Split(starts="contrat n°"))]
    assert texts(parts[0])[0] == "Nos contrats"
    assert [len(part.tables) for part in parts] == [0, 1, 0]
    whole = [line for part in parts for line in texts(part)]
    assert whole == texts(document)


def test_pages_part_contracts_where_the_profile_says_so(tmp_path: Path) -> None:
    new_page = "<w:pageBreakBefore/>"
    document = seen(
        tmp_path,
        paragraph("Contrat n° : A1"),
        paragraph("suite", properties=new_page),
        paragraph("Contrat n° : A2", properties=new_page),
    )
    assert [n for _, n in split(document, by="page", starts="contrat n°")] == ["A1", "A2"]


def test_each_contract_has_the_header_of_its_own_section(tmp_path: Path) -> None:
    def dressing(made: Any) -> None:
        from docx.enum.section import WD_SECTION

        for number in (1, 2):
            section = made.sections[0] if number == 1 else made.add_section(WD_SECTION.NEW_PAGE)
            section.header.is_linked_to_previous = False
            section.header.paragraphs[0].text = f"Contrat n° : H{number}"
            made.add_paragraph(f"corps {number}")

    document = seen(tmp_path, change=dressing)
    assert [n for _, n in split(document, by="section")] == ["H1", "H2"]


def test_what_holds_one_contract_is_left_whole(tmp_path: Path) -> None:
    document = seen(tmp_path, paragraph("Contrat n° : A1"), paragraph("Client : un"))
    assert split(document, starts="contrat n°") == [("", "A1")]


def test_many_contracts_read_as_one_are_doubted(tmp_path: Path) -> None:
    document = seen(tmp_path, paragraph("Contrat n° : A1"), paragraph("Contrat n° : A2"))
    assert read_contract(document, "essai", profile(NUMBER)).values[0].verdict == "disagree"


def test_a_document_offers_everything_that_has_a_name(tmp_path: Path) -> None:
    document = seen(
        tmp_path,
        paragraph("Client : ", control("client", run("Mairie de Vif"), '<w:alias w:val="Le client"/>')),
        paragraph("Voir https://exemple.test/a : rien", ""),
        paragraph(field(" MERGEFIELD NUMERO ", "«NUMERO»")),
        table(["Périodicité", "semestrielle"], ["", "seul"], ["a", "b", "c"]),
        paragraph("Tél : ………"),
    )
    told = [(one["source"], one["name"], one["value"], one["filled"]) for one in offered(document)]
    assert told == [
        ("sdt", "client", "Mairie de Vif", True),
        ("merge_field", "NUMERO", "«NUMERO»", False),
        ("table", "Périodicité", "semestrielle", True),
        ("table", "seul", "", False),
        ("label", "Client", "Mairie de Vif", True),
        ("label", "Tél", "………", False),
    ]
    assert offered(document)[0]["title"] == "Le client"


@pytest.mark.parametrize("source", [{"sdt": "client"}, {"label": "Client"}])
def test_what_is_offered_can_be_asked_for(tmp_path: Path, source: dict[str, str]) -> None:
    document = seen(tmp_path, paragraph("Client : ", control("client", run("Mairie de Vif"))))
    made = profile({"client": {"type": "text", "from": [source]}})
    assert read_contract(document, "essai", made).values[0].value == "Mairie de Vif"
