"""The invented company is the same every time, well formed, and typed differently into each system."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from stdnum.fr import siret, tva

from sandbox.company import customers, fill_odoo, national, write_sage, write_workbook
from sandbox.company.sage import LONGEST
from sandbox.company.words import TOWNS
from sandbox.odoo import Odoo
from tests.sandbox.conftest import at

FICTION = ("0199 00", "0261 91", "0353 01", "0465 71", "0536 49", "0639 98")


def test_the_same_seed_gives_the_same_company_whatever_the_count() -> None:
    assert list(customers(50)) == list(islice(customers(300), 50))
    assert list(customers(5, seed=1)) != list(customers(5, seed=2))


def test_numbers_pass_their_checks_and_nobody_has_another_s() -> None:
    everyone = list(customers(1000))
    assert all(siret.is_valid(one.siret) and tva.is_valid(one.vat) for one in everyone)
    for of in ("siret", "vat", "name", "code"):
        assert len({getattr(one, of) for one in everyone}) == 1000, of
    addresses = [one.email for one in everyone if one.email]
    assert len(set(addresses)) == len(addresses)


def test_telephones_are_kept_for_fiction_and_addresses_are_nobody_s() -> None:
    prefixes = tuple(prefix.replace(" ", "") for prefix in FICTION)
    for one in customers(1000):
        people: list[Any] = [one, *one.contacts]
        assert all(national(who.phone).startswith(prefixes) for who in people)
        assert all(who.email.endswith((".example.fr", ".example.com")) for who in people if who.email)
        assert (one.city, one.zip) in TOWNS


def test_there_are_all_kinds_of_customers() -> None:
    kinds = Counter(one.tags[0] for one in customers(300))
    assert set(kinds) == {"Entreprise", "Copropriété", "Collectivité", "Bailleur"}
    assert min(kinds.values()) > 20


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 100000"):
        next(customers(100_001))


def test_the_workbook_looks_as_people_leave_one(tmp_path: Path) -> None:
    path = tmp_path / "clients.xlsx"
    assert write_workbook(path, customers(300)) == 300
    sheet = openpyxl.load_workbook(path)["Clients"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[2][:8] == ("N° client", "Raison sociale", "SIRET", "Tél.", "E-mail", "Adresse", "CP", "Ville")
    assert sheet.freeze_panes == "C4"
    assert str(sheet["I4"].value).startswith("=B4")
    assert sheet.data_validations.dataValidation[0].sqref.ranges
    assert len(list(sheet.conditional_formatting)) == 1
    sirets = [row[2] for row in rows[3:]]
    assert {type(value) for value in sirets} == {str, int, type(None)}
    known = {one.siret for one in customers(300)}
    assert {str(value).replace(" ", "") for value in sirets if value} <= known


def test_the_sage_export_is_cp1252_with_semicolons_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "tiers.txt"
    write_sage(path, customers(300))
    content = path.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == 301
    rows = list(csv.reader(content.decode("cp1252").splitlines(), delimiter=";"))
    assert rows[0] == ["Code", "Intitulé", "SIRET", "Téléphone", "E-mail", "Adresse", "CP", "Ville"]
    assert all(row[1] == row[1].upper() and len(row[1]) <= LONGEST for row in rows[1:])
    assert any("É" in row[1] for row in rows[1:])
    assert any(not row[2] for row in rows[1:])


def test_an_odoo_is_filled_through_any_function_that_makes_calls(odoo: Odoo) -> None:
    side = at(odoo)

    def call(model: str, method: str, *args: object) -> object:
        return side.service(
            "object", "execute_kw", odoo.database, 2, odoo.password, model, method, list(args)
        )

    made = fill_odoo(call, customers(60), version=odoo.version)
    assert len(made) == 60
    partners = odoo.env["res.partner"]
    first = next(customers(1))
    registry = "company_registry" if odoo.version >= 19 else "siret"
    shown = partners.browse([made[1]]).read(
        ["name", registry, "city", "country_id", "child_ids", "category_id"]
    )[0]
    assert (shown["name"], shown[registry], shown["city"]) == (first.name, first.siret, first.city)
    assert len(shown["child_ids"]) == len(first.contacts)
    assert len(shown["category_id"]) == len(first.tags)
    assert shown["country_id"][1] == "France"
