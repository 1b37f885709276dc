"""A contract by its profile: which source is trusted, what is doubted, and what a person is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connectors.word.tools import (
    contract,
    control,
    field,
    paragraph,
    run,
    seen,
    table,
    text_box,
    value,
)

MARK = '<w:bookmarkStart w:id="7" w:name="Montant"/>{}<w:bookmarkEnd w:id="7"/>'
EVERYWHERE = [
    {"regex": r"redevance de ([\d ]+) euros"},
    {"label": "Montant"},
    {"table": "Montant HT"},
    {"merge_field": "MONTANT"},
    {"bookmark": "Montant"},
    {"form_field": "Montant"},
    {"sdt": "montant"},
]
AMOUNT = {"type": "amount", "tax": "HT", "from": EVERYWHERE}
FORM = '<w:name w:val="Montant"/><w:textInput/>'


def everywhere(amounts: list[str]) -> list[str]:
    """A body with an amount by every kind of source, the most trusted first; empty strings leave one out."""
    sdt, form, mark, merge, cell, label, sentence = amounts
    said = [
        paragraph("Prix ", control("montant", run(sdt))) if sdt else "",
        paragraph("Prix ", field(" FORMTEXT ", form, FORM)) if form else "",
        paragraph("Prix ", MARK.format(run(mark))) if mark else "",
        paragraph("Prix ", field(" MERGEFIELD MONTANT ", merge)) if merge else "",
        table(["Montant HT", cell]) if cell else "",
        paragraph(f"Montant : {label}") if label else "",
        paragraph(f"Le client verse une redevance de {sentence} euros.") if sentence else "",
    ]
    return list(reversed(said))


SOURCES = ["content control", "form field", "bookmark", "merge field", "table", "label", "regular expression"]


@pytest.mark.parametrize("first", range(7), ids=SOURCES)
def test_the_most_trusted_source_gives_the_value(tmp_path: Path, first: int) -> None:
    amounts = ["" if n < first else "100" for n in range(7)]
    found = value(seen(tmp_path, *everywhere(amounts)), AMOUNT)
    assert (found.verdict, found.value) == ("found", "100.00")
    assert found.source.startswith(SOURCES[first])


def test_sources_that_disagree_go_to_review_with_both_sentences(tmp_path: Path) -> None:
    found = value(seen(tmp_path, *everywhere(["", "", "", "", "1 250 €", "", "1 350"])), AMOUNT)
    assert (found.verdict, found.value) == ("disagree", "1250.00")
    (doubt,) = found.doubts
    assert doubt.sentence == "Le client verse une redevance de 1 350 euros."
    assert "1 250 €" in doubt.message
    assert "1 350" in doubt.message
    assert found.sentence == "Montant HT | 1 250 €"


def test_a_source_that_cannot_be_read_is_told_and_the_next_one_taken(tmp_path: Path) -> None:
    found = value(seen(tmp_path, *everywhere(["à voir", "", "", "", "1 250 €", "", ""])), AMOUNT)
    assert (found.verdict, found.value, found.source) == ("unreadable", "1250.00", "table Montant HT")
    assert "à voir" in found.doubts[0].message


def test_a_missing_required_value_goes_to_review_with_where_it_was_looked_for(tmp_path: Path) -> None:
    document = seen(tmp_path, paragraph("Contrat"))
    found = value(document, {**AMOUNT, "required": True})
    assert found.verdict == "missing"
    assert "sdt: montant" in found.doubts[0].message
    assert value(document, AMOUNT).verdict == "empty"


def test_what_nobody_filled_in_is_no_value(tmp_path: Path) -> None:
    body = [
        paragraph("Montant : ……………………… €"),
        paragraph("Montant : ________"),
        table(["Montant HT", "..........."]),
        paragraph(control("montant", run("Cliquez ici"), "<w:showingPlcHdr/>")),
        paragraph(field(" MERGEFIELD MONTANT ", "«MONTANT»")),
        paragraph(field(" FORMTEXT ", "\u2002\u2002\u2002\u2002\u2002", FORM)),
    ]
    found = value(seen(tmp_path, *body[1:]), {**AMOUNT, "required": True})
    assert found.verdict == "missing"
    assert value(seen(tmp_path, body[0]), AMOUNT).verdict in ("empty", "unreadable")


def test_a_value_out_of_its_range_goes_to_review(tmp_path: Path) -> None:
    document = seen(
        tmp_path,
        paragraph("Montant : 12,50 €"),
        paragraph("Début : 01/03/1926"),
        paragraph("Durée : 400 mois"),
    )
    wanted: dict[str, Any] = {
        "amount": {**AMOUNT, "range": [20, 100000]},
        "start": {"type": "date", "range": ["01/01/2000", None], "from": [{"label": "Début"}]},
        "length": {"type": "duration", "range": [1, 120], "from": [{"label": "Durée"}]},
    }
    found = contract(document, wanted)
    assert [one.verdict for one in found.values] == ["out of range"] * 3
    assert "outside 20 to 100000" in found.values[0].doubts[0].message
    assert found.needs_review


def test_the_providers_own_siren_is_never_the_clients(tmp_path: Path) -> None:
    own = {"siren": "305 949 679", "name": "Chaleur Services", "phone": "04 76 11 11 11"}
    mine, theirs = "305 949 679 00018", "732 829 320 00074"
    wanted = {"type": "siret", "required": True, "from": [{"regex": r"SIRET\D*(\d[\d ]+\d)"}]}
    both = seen(tmp_path, paragraph(f"Le prestataire, SIRET {mine}"), paragraph(f"Le client, SIRET {theirs}"))
    found = value(both, wanted, own_company=own)
    assert (found.verdict, found.value, found.ignored) == ("found", "73282932000074", (mine,))
    alone = value(seen(tmp_path, paragraph(f"Le prestataire, SIRET {mine}")), wanted, own_company=own)
    assert alone.verdict == "missing"
    assert "your own company" in alone.doubts[0].message
    name = {"type": "text", "from": [{"label": "Société"}]}
    parties = seen(tmp_path, paragraph("Société : CHALEUR SERVICES"), paragraph("Société : Mairie de Vif"))
    assert value(parties, name, own_company=own).value == "Mairie de Vif"
    called = seen(tmp_path, paragraph("Tél : 04.76.11.11.11"), paragraph("Tél : 04 76 72 00 02"))
    assert (
        value(called, {"type": "phone", "from": [{"label": "Tél"}]}, own_company=own).value == "+33476720002"
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Date : 01/03/2026", "01/03/2026"),
        ("DATE:01/03/2026", "01/03/2026"),
        ("  • Date\u00a0: 01/03/2026", "01/03/2026"),
        ("3. Date : 01/03/2026", "01/03/2026"),
        ("Date\t01/03/2026", "01/03/2026"),
        ("Date ........ 01/03/2026", "01/03/2026"),
        ("Date 01/03/2026", "01/03/2026"),
        ("Date : 01/03/2026   Fin : 28/02/2027", "01/03/2026"),
        ("Date : 01/03/2026 Fin : 28/02/2027", "01/03/2026"),
        ("Fin : 28/02/2027 Date : 01/03/2026", "01/03/2026"),
        ("Date : 01/03/2026\tLieu : Vif", "01/03/2026"),
        ("Lieu : Vif, Date : 01/03/2026", "01/03/2026"),
        ("Date : 01/03/2026 - Lieu : Vif", "01/03/2026"),
        ("Sous réserve de la Date : 01/03/2026", None),
        ("Date de fin : 01/03/2026", None),
        ("La mise à Date 01/03/2026", None),
        ("Update : 01/03/2026", None),
        ("Date limite 01/03/2026", None),
    ],
)
def test_a_label_counts_at_the_start_of_a_line_and_not_in_a_sentence(
    tmp_path: Path, line: str, expected: str | None
) -> None:
    made = [
        run(piece) if n == 0 else f"<w:r><w:tab/></w:r>{run(piece)}"
        for n, piece in enumerate(line.split("\t"))
    ]
    wanted = {
        "day": {"type": "date", "from": [{"label": "Date"}]},
        "end": {"type": "date", "from": [{"label": "Fin"}]},
    }
    found = contract(seen(tmp_path, paragraph("".join(made))), wanted).values[0]
    assert found.raw == (expected or "")


def test_a_label_twice_on_a_line_is_two_values(tmp_path: Path) -> None:
    found = value(
        seen(tmp_path, paragraph("Date : 01/03/2026 Date : 02/03/2026")),
        {"type": "date", "from": [{"label": "Date"}]},
    )
    assert found.verdict == "disagree"


def test_an_occurrence_chooses_among_several(tmp_path: Path) -> None:
    document = seen(tmp_path, *(paragraph(f"Date : 0{n}/03/2026") for n in (1, 2, 3)))
    for which, day in (("first", "2026-03-01"), ("last", "2026-03-03"), (2, "2026-03-02")):
        found = value(document, {"type": "date", "from": [{"label": "Date", "occurrence": which}]})
        assert (found.verdict, found.value) == ("found", day)


def test_a_value_on_the_next_line_is_read_where_the_profile_says_so(tmp_path: Path) -> None:
    document = seen(
        tmp_path,
        paragraph("Client :"),
        paragraph("Mairie de Vif"),
        paragraph("Ville :"),
        paragraph("Client : X"),
    )
    assert (
        value(document, {"type": "text", "from": [{"label": "Client", "occurrence": "first"}]}).value == "X"
    )
    source = {"label": "Client", "occurrence": "first", "next_line": True}
    assert value(document, {"type": "text", "from": [source]}).value == "Mairie de Vif"


def test_table_labels_pass_over_a_colon_and_column_headings_look_below(tmp_path: Path) -> None:
    rows = table(["Périodicité", ":", "semestrielle"], ["MONTANT  ht :", "1 250 €", "par an"])
    assert (
        value(seen(tmp_path, rows), {"type": "periodicity", "from": [{"table": "Périodicité"}]}).value
        == "2/12"
    )
    assert value(seen(tmp_path, rows), AMOUNT).value == "1250.00"
    columns = table(["Appareil", "Énergie"], ["Chaudière", "gaz"])
    found = value(seen(tmp_path, columns), {"type": "text", "from": [{"below": "Énergie"}]})
    assert (found.value, found.place) == ("gaz", "table 1, row 2, cell 2")


def test_a_value_may_be_asked_for_in_one_story_alone(tmp_path: Path) -> None:
    def heading(made: Any) -> None:
        made.sections[0].header.paragraphs[0].text = "N° : 2026-0001"

    body = [paragraph("N° : 1999-0009"), paragraph(text_box(paragraph("N° : 2026-0002")))]
    document = seen(tmp_path, *body, change=heading)
    for story, number in (("header", "2026-0001"), ("text box", "2026-0002"), ("body", "1999-0009")):
        assert value(document, {"type": "text", "from": [{"label": "N°", "within": story}]}).value == number


def test_a_date_control_may_show_less_than_it_holds_and_a_contradiction_is_told(tmp_path: Path) -> None:
    held = '<w:date w:fullDate="2026-03-01T00:00:00Z"/>'
    wanted = {"type": "date", "from": [{"sdt": "debut"}]}
    short = value(seen(tmp_path, paragraph(control("debut", run("dimanche 1er"), held))), wanted)
    assert (short.verdict, short.value) == ("found", "2026-03-01")
    other = value(seen(tmp_path, paragraph(control("debut", run("2 mars 2026"), held))), wanted)
    assert (other.verdict, other.value) == ("disagree", "2026-03-02")


def test_a_form_field_left_as_it_was_delivered_is_doubted(tmp_path: Path) -> None:
    form = '<w:name w:val="Fiche"/><w:textInput><w:default w:val="13"/></w:textInput>'
    wanted = {"type": "text", "from": [{"form_field": "Fiche"}]}
    found = value(seen(tmp_path, paragraph(field(" FORMTEXT ", "13", form))), wanted)
    assert (found.verdict, found.value) == ("doubtful", "13")
    assert value(seen(tmp_path, paragraph(field(" FORMTEXT ", "14", form))), wanted).verdict == "found"


def test_a_misused_form_field_goes_to_review(tmp_path: Path) -> None:
    form = '<w:name w:val="Sign_Date"/><w:textInput/>'
    found = value(
        seen(tmp_path, paragraph(field(" FORMTEXT ", "DUPONT", form))),
        {"type": "date", "required": True, "from": [{"form_field": "Sign_Date"}]},
    )
    assert (found.verdict, found.raw) == ("unreadable", "DUPONT")


def test_a_pattern_is_kept_and_found_among_words(tmp_path: Path) -> None:
    wanted = {"type": "text", "pattern": r"\d{4}-\d{4}", "from": [{"label": "N°"}]}
    assert value(seen(tmp_path, paragraph("N° : SAV 2026-0412 (rév. 2)")), wanted).value == "2026-0412"
    assert value(seen(tmp_path, paragraph("N° : en attente")), wanted).verdict == "unreadable"
    assert value(seen(tmp_path, paragraph("N° : 2026-0412 ou 2026-0413")), wanted).verdict == "unreadable"


def test_the_sentence_and_not_the_page_is_shown(tmp_path: Path) -> None:
    long = (
        "Le prestataire intervient. " * 12
        + "Le client verse une redevance de 12 euros. "
        + "Fin du texte. " * 9
    )
    found = value(seen(tmp_path, paragraph(long)), {**AMOUNT, "range": [20, 100]})
    assert found.doubts[0].sentence == "Le client verse une redevance de 12 euros"


def test_places_are_told_as_a_person_would_look_for_them(tmp_path: Path) -> None:
    document = seen(tmp_path, paragraph("Contrat"), table(["a", "b"], ["Montant HT", "10 €"]))
    assert value(document, AMOUNT).place == "table 1, row 2, cell 2"
    assert value(seen(tmp_path, paragraph("x"), paragraph("Montant : 10 €")), AMOUNT).place == "paragraph 2"
