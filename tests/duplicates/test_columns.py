"""Columns as strangers call them, and what each is taken for."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.duplicates.fields import NAMES, columns_of
from hub.duplicates.text import plain


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("Raison sociale;Code postal;Ville;Tél.;N° SIRET;N° TVA", "name postcode town phone siret vat"),
        ("company,address,zip,city,phone1,phone2,Contact e-mail",
         "name street postcode town phone phone2 email"),
        ("Prénom;Nom;Né le;Téléphone fixe;Portable;Adresse e-mail", "given family birth phone phone2 email"),
        ("full_name,date_naissance,Mobile", "name birth phone2"),
        ("firstName,LastName,E-Mail Address", "given family email"),
        ("CustomerName,PhoneNumber,ZipCode", "name phone postcode"),
        ("given_name,surname,street_number,address_1,address_2,suburb,postcode,date_of_birth",
         "given family number street street2 town postcode birth"),
        ("first_name,birth_year,birth_month,birth_day", "given year month day"),
        ("fname_c1,fname_c2,lname_c1,lname_c2,by,bm,bd", "given given2 family family2 year month day"),
    ],
)  # fmt: skip
def test_what_a_column_holds_is_told_by_its_name(header: str, roles: str) -> None:
    found = columns_of(header.replace(";", ",").split(","))
    assert list(found.roles) == roles.split()
    assert found.unknown == ()


def test_nom_beside_a_first_name_is_a_family_name_and_alone_a_name() -> None:
    assert columns_of(["Nom", "Prénom"]).roles == {"family": "Nom", "given": "Prénom"}
    assert columns_of(["Nom", "Ville"]).roles == {"name": "Nom", "town": "Ville"}
    assert columns_of(["Raison sociale", "Nom"]).roles == {"name": "Raison sociale", "family": "Nom"}


def test_no_name_of_a_column_stands_for_two_things_or_could_never_be_met() -> None:
    every = Counter(name for names in NAMES.values() for name in names)
    assert [name for name, count in every.items() if count > 1] == []
    assert [name for name in every if plain(name).replace(" ", "_") != name] == []


def test_what_is_nobody_s_field_is_said_to_be_unknown() -> None:
    assert columns_of(["system", "Remarque", "id", "soc_sec_id"]).unknown == (
        "system",
        "Remarque",
        "id",
        "soc_sec_id",
    )
