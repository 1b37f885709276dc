"""Filled forms: what was asked for stands in them, for every reader, and what cannot is refused in words."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from tests.connectors.forms.desk import DONE, Desk, flattened, plain, values, verdicts
from tests.connectors.forms.desk import desk as desk
from tests.tally import tally


def test_a_filled_form_reads_back_as_it_was_filled(desk: Desk) -> None:
    told = desk.fill(desk.home / "filled.pdf")
    assert values(told) == dict(DONE)
    assert values(desk.read(desk.home / "filled.pdf")) == dict(DONE)


def test_the_same_again_makes_the_same_bytes(desk: Desk) -> None:
    first, second = desk.fill(desk.home / "a.pdf"), desk.fill(desk.home / "b.pdf")
    assert (desk.home / "a.pdf").read_bytes() == (desk.home / "b.pdf").read_bytes()
    assert first["sha1"] == second["sha1"] == hashlib.sha1((desk.home / "a.pdf").read_bytes()).hexdigest()


def test_another_library_finds_the_values_and_the_states(desk: Desk) -> None:
    desk.fill(desk.home / "filled.pdf")
    fields = PdfReader(desk.home / "filled.pdf").get_fields() or {}
    held = {name: one.get("/V") for name, one in fields.items()}
    assert held["Detenteur_Nom"] == DONE["customer"]
    assert (held["Date_J"], held["Date_M"], held["Date_A"]) == ("05", "03", "2024")
    assert (held["Fuite_constatee"], held["Nature_maintenance"], held["Fluide"]) == ("/Yes", "/Off", "/R32")
    assert held["Sign_Operateur_Date"] in (None, "")


def test_a_reader_that_draws_no_fields_itself_shows_the_accents(desk: Desk) -> None:
    """pdfium flattens by the appearances in the file: what they lack, it cannot show."""
    desk.fill(desk.home / "filled.pdf")
    document = pdfium.PdfDocument(desk.home / "filled.pdf")
    document.init_forms()
    page = document[0]
    page.flatten()
    text = document[0].get_textpage().get_text_range()
    document.close()
    for piece in (
        "Électricité Générale d'Évry & Fils — 12 €",
        "Zoé L'Œuvre",
        "INT-00042",
        "12,5",
        "«très bien»",
    ):
        assert piece in text


def test_pdftotext_finds_the_values(desk: Desk) -> None:
    found = shutil.which("pdftotext")
    if found is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    desk.fill(desk.home / "filled.pdf")
    page = flattened(desk.home / "filled.pdf", desk.home / "flat.pdf")
    said = subprocess.run([found, "-raw", str(page), "-"], check=True, capture_output=True, timeout=60)
    squeezed = "".join(said.stdout.decode().split())
    for piece in (DONE["customer"], DONE["technician"], "INT-00042", "En atelier"):
        assert "".join(str(piece).split()) in squeezed


def test_a_form_is_flattened_where_its_description_says_so(desk: Desk) -> None:
    (desk.home / "cerfa.yaml").write_text(desk.text + "flatten: true\n", encoding="utf-8")
    told = desk.fill(desk.home / "filled.pdf")
    assert PdfReader(desk.home / "filled.pdf").get_fields() is None
    assert told["form"] == "flattened"
    assert plain(told, list(DONE)) == plain(
        {"values": [{"name": n, "value": v} for n, v in DONE.items()]}, list(DONE)
    )


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"siret": "732829320000745"}, "siret", "14"),
    ({"number": "INT-000000042"}, "number", "13 characters, and the form holds 12"),
    ({"technician": "x" * 300}, "technician", "too long for its box"),
    ({"report": "mot " * 3000}, "report", "too long for its box"),
    ({"technician": "a\nb"}, "technician", "several lines"),
    ({"customer": "Łódź"}, "customer", "«Ł»"),
    ({"gas": "r22"}, "gas", "r410a, r32"),
    ({"acts": ["check", "dance"]}, "acts", "dance"),
    ({"place": "moon"}, "place", "site, works"),
    ({"date": "someday"}, "date", "someday"),
    ({"charge": "much"}, "charge", "much"),
    ({"leak": "maybe"}, "leak", "neither true nor false"),
]


@pytest.mark.parametrize(("values_", "field", "why"), REFUSED, ids=[f"{one[1]}: {one[2]}" for one in REFUSED])
def test_what_cannot_stand_in_the_form_is_refused_in_words(
    desk: Desk, values_: dict[str, Any], field: str, why: str
) -> None:
    told = desk.fill(desk.home / "filled.pdf", **values_)
    assert told["refused"][0] == field
    assert why in told["refused"][1]
    assert not (desk.home / "filled.pdf").exists()
    tally("bad inputs tried", 1)


def test_what_the_blank_says_already_cannot_be_filled_in(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefilled="13")
    told = desk.fill(tmp_path / "filled.pdf", number="13")
    assert told["refused"][0] == "number"
    assert "stands on the blank already" in told["refused"][1]
    assert values(desk.fill(tmp_path / "filled.pdf", number="14"))["number"] == "14"
    desk.reader.close()


def test_a_form_filled_again_keeps_what_a_person_wrote_in_its_other_fields(desk: Desk) -> None:
    desk.fill(desk.home / "first.pdf")
    writer = PdfWriter(clone_from=PdfReader(desk.home / "first.pdf"))
    writer.update_page_form_field_values(None, {"Sign_Operateur_Nom": "Z. L'Œuvre"})
    with (desk.home / "signed.pdf").open("wb") as file:
        writer.write(file)
    told = desk.reader.fill(
        desk.kind, {"charge": 3}, desk.home / "second.pdf", "x.pdf", over=desk.home / "signed.pdf"
    )
    assert values(told) == {**DONE, "charge": 3}
    fields = PdfReader(desk.home / "second.pdf").get_fields() or {}
    assert fields["Sign_Operateur_Nom"]["/V"] == "Z. L'Œuvre"


def test_emptying_a_value_empties_its_field(desk: Desk) -> None:
    desk.fill(desk.home / "first.pdf")
    nothing: dict[str, Any] = dict.fromkeys(set(DONE) - {"number"})
    told = desk.reader.fill(
        desk.kind, nothing, desk.home / "second.pdf", "x.pdf", over=desk.home / "first.pdf"
    )
    assert {name for name, value in values(told).items() if value} == {"number"}
    assert verdicts(told)["date"] == "missing"


def test_a_hybrid_form_loses_the_half_that_would_be_shown_instead(desk: Desk) -> None:
    writer = PdfWriter(clone_from=PdfReader(desk.home / "cerfa.pdf"))
    form = writer.root_object["/AcroForm"].get_object()
    assert isinstance(form, DictionaryObject)
    form[NameObject("/XFA")] = TextStringObject("<xdp/>")
    with (desk.home / "cerfa.pdf").open("wb") as file:
        writer.write(file)
    desk.fill(desk.home / "filled.pdf")
    made = PdfReader(desk.home / "filled.pdf").root_object["/AcroForm"].get_object()
    assert isinstance(made, DictionaryObject)
    assert "/XFA" not in made
    assert made["/NeedAppearances"]
