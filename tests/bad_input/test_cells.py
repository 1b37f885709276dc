"""Rows and cells of a workbook that cannot be used, or not everywhere: each costs only itself."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from tests.bad_input.office import Blemish, Office, stands_out
from tests.story.company import TOP, customer

FORMULA = "=cmd|'/C calc'!A0"
LONG = "é" * 40_000


def cell(number: int, heading: str) -> str:
    """Where a customer's value of this heading stands."""
    return {"Raison sociale": "B", "Tél.": "E", "Adresse": "G", "Ville": "I"}[heading] + str(TOP + number)


def typed(place: str, value: Any) -> Callable[[Office], None]:
    def spoil(office: Office) -> None:
        book = openpyxl.load_workbook(office.workbook.path)
        book["Clients"][place].value = value
        book.save(office.workbook.path)

    return spoil


def long_text(place: str) -> Callable[[Office], None]:
    """A cell that is longer than any spreadsheet program makes one, as other programs do."""

    def spoil(office: Office) -> None:
        typed(place, "LONG-LONG-LONG")(office)
        path = office.workbook.path
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content.replace(b"LONG-LONG-LONG", LONG.encode()))

    return spoil


def both(*things: Callable[[Office], Any]) -> Callable[[Office], None]:
    def spoil(office: Office) -> None:
        for thing in things:
            thing(office)

    return spoil


def in_odoo(number: int, **values: Any) -> Callable[[Office], None]:
    return lambda office: office.call("res.partner", "write", [office.partner(number)["id"]], values)


def same_key_twice(office: Office) -> None:
    office.workbook.add(("C0002", "Une autre maison", None, None, None, "autre@maison.example"))


def city_in_workbook(office: Office) -> Any:
    return office.workbook.rows()["C0002"]["Ville"]


BLEMISHES = {
    "a key twice": Blemish(
        "clients",
        both(same_key_twice, in_odoo(2, city="Uriage")),
        typed(f"A{TOP + 5}", "C0077"),
        ("C0002", "sheet 'Clients', row 9", "stands on other rows too: 6", "give each row its own key"),
        holds=lambda it: "Uriage" not in str(it.workbook.rows()) and len(it.partners()) == 4,
        after=lambda it: city_in_workbook(it) == "Uriage" and "Une autre maison" in it.partners(),
    ),
    "an error instead of a value": Blemish(
        "clients",
        both(typed(cell(2, "Ville"), "#DIV/0!"), in_odoo(2, city="Uriage")),
        typed(cell(2, "Ville"), customer(2).city),
        ("sheet 'Clients', row 6", "Ville", "#DIV/0!", "correct it in clients"),
        holds=lambda it: city_in_workbook(it) == "#DIV/0!" and it.partner(2)["city"] == "Uriage",
        after=lambda it: city_in_workbook(it) == "Uriage",
    ),
    "a number of 40,000 characters": Blemish(
        "clients",
        long_text(cell(2, "Tél.")),
        typed(cell(2, "Tél."), "04 76 22 22 22"),
        ("sheet 'Clients', row 6", "Téléphone", "40000 characters long", "correct it in clients"),
        holds=lambda it: (
            it.workbook.rows()["C0002"]["Tél."] == LONG and it.partner(2)["phone"] == customer(2).phone
        ),
        after=lambda it: set(it.phones(2).values()) == {"0476222222"},
    ),
    "a value of 40,000 characters for a cell": Blemish(
        "clients",
        in_odoo(2, street=LONG),
        in_odoo(2, street="2 rue Courte"),
        ("Adresse", "40,000", "32,767"),
        holds=lambda it: it.workbook.rows()["C0002"]["Adresse"] == customer(2).street,
        after=lambda it: it.workbook.rows()["C0002"]["Adresse"] == "2 rue Courte",
        listed="deadletters",
    ),
    "a command for a formula": Blemish(
        "clients",
        typed(cell(2, "Raison sociale"), FORMULA),
        typed(cell(2, "Raison sociale"), "Boulangerie Neuve"),
        ("sheet 'Clients', row 6", "Raison sociale", "formula"),
        holds=lambda it: customer(2).name in it.partners() and "cmd" not in str(it.sage.rows),
        after=lambda it: "Boulangerie Neuve" in it.partners(),
    ),
}


@pytest.mark.parametrize("name", BLEMISHES)
def test_a_row_or_cell_that_cannot_be_used_costs_only_itself(name: str, office: Office) -> None:
    stands_out(office, BLEMISHES[name])


def test_a_command_typed_elsewhere_is_only_ever_text_in_the_workbook(office: Office) -> None:
    """Sage's import files are opened in spreadsheets too, and cannot say that it is text: refused there."""
    in_odoo(2, name=FORMULA)(office)
    office.hub("sync", code=1)
    (letter,) = office.hub("deadletters", "--json").json["dead_letters"]
    assert letter["system"] == "sage"
    assert "formula" in letter["reason"]
    written = openpyxl.load_workbook(office.workbook.path)["Clients"][cell(2, "Raison sociale")]
    with zipfile.ZipFile(office.workbook.path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert written.value == FORMULA
    found = re.search(rf'<c r="{written.coordinate}"[^>]*>.*?</c>', sheet)
    assert found is not None
    assert "<f" not in found[0]
