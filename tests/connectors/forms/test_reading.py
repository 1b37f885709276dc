"""Filled forms read back: by their fields, by the blank's rectangles where they were flattened, or not at
all.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.generic import NameObject
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from tests.connectors.forms.blanks import card
from tests.connectors.forms.desk import DONE, Desk, flattened, plain, values, verdicts
from tests.connectors.forms.desk import desk as desk
from tests.tally import tally


def typed(desk: Desk, path: Path, **held: str) -> Path:
    """A form that somebody filled in a PDF reader."""
    writer = PdfWriter(clone_from=PdfReader(desk.home / "cerfa.pdf"))
    writer.update_page_form_field_values(None, dict(held))
    with path.open("wb") as file:
        writer.write(file)
    return path


def turned(source: Path, target: Path, degrees: float, x: float = 0, y: float = 0, scale: float = 1) -> Path:
    """The same page, turned, shifted or scaled as a sheet in a scanner is."""
    writer = PdfWriter(clone_from=PdfReader(source))
    writer.pages[0].add_transformation(Transformation().scale(scale).rotate(degrees).translate(x, y))
    with target.open("wb") as file:
        writer.write(file)
    return target


def scanned(source: Path, target: Path) -> Path:
    """A picture of the page on a page."""
    document = pdfium.PdfDocument(source)
    picture = document[0].render(scale=100 / 72).to_pil()
    page = Canvas(str(target), pagesize=(595.276, 841.89))
    page.drawImage(ImageReader(picture), 0, 0, 595.276, 841.89)
    page.save()
    document.close()
    return target


def test_a_flattened_form_is_read_by_the_rectangles_of_the_blank(desk: Desk) -> None:
    desk.fill(desk.home / "filled.pdf")
    told = desk.read(flattened(desk.home / "filled.pdf", desk.home / "flat.pdf"))
    assert told["form"] == "flattened"
    assert plain(told, list(DONE)) == {
        n: " ".join(v.split()) if isinstance(v, str) else v for n, v in DONE.items()
    }
    assert not told["notes"]
    siret = next(one for one in told["values"] if one["name"] == "siret")
    assert siret["source"] == "rectangle of Detenteur_Siret"
    assert siret["place"] == "page 1, 106 × 231 mm"


def test_clear_boxes_of_a_flattened_form_are_clear(desk: Desk) -> None:
    nothing: dict[str, Any] = dict.fromkeys(set(DONE) - {"number", "date"})
    desk.fill(desk.home / "filled.pdf", **nothing)
    told = values(desk.read(flattened(desk.home / "filled.pdf", desk.home / "flat.pdf")))
    assert told["leak"] is False
    assert (told["gas"], told["acts"], told["place"], told["report"]) == (None, None, None, None)


MOVED: list[tuple[str, dict[str, float]]] = [
    ("rotated by 1.2 degrees", {"degrees": 1.2}),
    ("shifted by 3 mm", {"degrees": 0, "x": 8.5}),
    ("scaled to 96 %", {"degrees": 0, "scale": 0.96}),
    ("upside down", {"degrees": 180, "x": 595.276, "y": 841.89}),
]


@pytest.mark.parametrize(("name", "how"), MOVED, ids=[name for name, _ in MOVED])
def test_a_page_that_lies_otherwise_is_for_a_person_and_nothing_of_it_is_guessed(
    desk: Desk, name: str, how: dict[str, float]
) -> None:
    desk.fill(desk.home / "filled.pdf")
    flat = flattened(desk.home / "filled.pdf", desk.home / "flat.pdf")
    told = desk.read(turned(flat, desk.home / "turned.pdf", **how))
    assert not told["values"]
    assert "does not lie as the blank does" in told["refused"]
    tally("bad inputs tried", 1)


def test_scanned_paper_is_said_to_be_a_picture(desk: Desk) -> None:
    desk.fill(desk.home / "filled.pdf")
    told = desk.read(scanned(desk.home / "filled.pdf", desk.home / "scan.pdf"))
    assert told["refused"] == (
        "page 1 holds a picture without text: scanned paper and handwriting are not recognised"
    )


def test_what_is_written_beside_the_fields_is_noted(desk: Desk) -> None:
    desk.fill(desk.home / "filled.pdf")
    flat = flattened(desk.home / "filled.pdf", desk.home / "flat.pdf")
    over = BytesIO()
    page = Canvas(over)
    page.drawString(300, 200, "Rappeler le client lundi")
    page.save()
    writer = PdfWriter(clone_from=PdfReader(flat))
    writer.pages[0].merge_page(PdfReader(over).pages[0])
    with (desk.home / "noted.pdf").open("wb") as file:
        writer.write(file)
    told = desk.read(desk.home / "noted.pdf")
    assert values(told)["number"] == "INT-00042"
    assert told["notes"] == ["page 1: «Rappeler le client lundi» stands outside of every field"]


def test_another_form_is_told_apart(desk: Desk) -> None:
    card(desk.home / "card.pdf")
    assert desk.read(desk.home / "card.pdf")["another"]
    flat = flattened(desk.home / "card.pdf", desk.home / "flat.pdf")
    assert desk.read(flat)["another"]


def test_another_edition_of_the_form_is_not_read(desk: Desk) -> None:
    writer = PdfWriter(clone_from=PdfReader(desk.home / "cerfa.pdf"))
    for annotation in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        node = annotation.get_object()
        if node.get("/T") == "Charge_kg":
            node[NameObject("/T")] = type(node["/T"])("Charge_totale")
    with (desk.home / "other.pdf").open("wb") as file:
        writer.write(file)
    told = desk.read(desk.home / "other.pdf")
    assert told["refused"] == "it has no field «Charge_kg»: is it another edition of this form?"


def test_a_name_in_the_field_of_a_date_is_no_date(desk: Desk) -> None:
    told = desk.read(
        typed(desk, desk.home / "typed.pdf", Fiche_no="7", Date_J="EX", Date_M="03", Date_A="2024")
    )
    one = next(value for value in told["values"] if value["name"] == "date")
    assert (one["verdict"], one["raw"], one["value"]) == ("unreadable", "EX/03/2024", None)
    assert "EX/03/2024" in one["doubt"]


def test_a_date_without_its_year_is_no_date(desk: Desk) -> None:
    told = desk.read(typed(desk, desk.home / "typed.pdf", Fiche_no="7", Date_J="05", Date_M="03"))
    assert verdicts(told)["date"] == "unreadable"


def test_what_the_blank_was_prefilled_with_is_no_value(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefilled="13")
    told = desk.read(typed(desk, tmp_path / "typed.pdf", Date_J="05", Date_M="03", Date_A="2024"))
    one = next(value for value in told["values"] if value["name"] == "number")
    assert (one["verdict"], one["value"], one["raw"]) == ("missing", None, "13")
    assert one["doubt"] == "'13' stands on the blank already: nobody wrote it"
    flat = flattened(tmp_path / "typed.pdf", tmp_path / "flat.pdf")
    assert verdicts(desk.read(flat))["number"] == "missing"
    desk.reader.close()


def test_fields_that_are_never_trusted_are_not_among_the_values(desk: Desk) -> None:
    told = desk.read(typed(desk, desk.home / "typed.pdf", Fiche_no="7", Sign_Operateur_Date="EXEMPLE"))
    assert "EXEMPLE" not in str(told)


def test_two_boxes_of_one_choice_are_unreadable(desk: Desk) -> None:
    text = desk.text.replace("type: list, boxes", "type: choice, boxes")
    (desk.home / "cerfa.yaml").write_text(text, encoding="utf-8")
    held = {"Fiche_no": "7", "Nature_controle": "/Yes", "Nature_maintenance": "/Yes"}
    told = desk.read(typed(desk, desk.home / "typed.pdf", **held))
    one = next(value for value in told["values"] if value["name"] == "acts")
    assert (one["verdict"], one["doubt"]) == ("unreadable", "several are ticked: check, service")


def test_a_word_that_is_no_choice_is_unreadable(desk: Desk) -> None:
    told = desk.read(typed(desk, desk.home / "typed.pdf", Fiche_no="7", Lieu="Sur la lune"))
    one = next(value for value in told["values"] if value["name"] == "place")
    assert one["verdict"] == "unreadable"
    assert "Sur la lune" in one["doubt"]


def test_a_little_ink_on_a_box_is_asked_of_a_person(desk: Desk) -> None:
    desk.fill(desk.home / "filled.pdf", leak=False)
    flat = flattened(desk.home / "filled.pdf", desk.home / "flat.pdf")
    over = BytesIO()
    page = Canvas(over)
    page.rect(306, 618, 1.4, 1.4, stroke=0, fill=1)
    page.save()
    writer = PdfWriter(clone_from=PdfReader(flat))
    writer.pages[0].merge_page(PdfReader(over).pages[0])
    with (desk.home / "dotted.pdf").open("wb") as file:
        writer.write(file)
    one = next(v for v in desk.read(desk.home / "dotted.pdf")["values"] if v["name"] == "leak")
    assert one["verdict"] == "unreadable"
    assert "a little ink" in one["doubt"]
