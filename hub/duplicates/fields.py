"""What a column holds, told by its name: the canonical fields of the hub and the usual names for the same.

Promises: pure; a name it does not know is said to be unknown, never guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.duplicates.text import plain

NAMES: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "company", "company_name", "organisation", "organization", "raison_sociale", "affiliation",
        "full_name", "nom_complet", "client", "denomination",
    ),
    "given": ("given", "given_name", "first_name", "firstname", "forename", "prenom", "fname", "fname_c1"),
    "given2": ("given2", "given_name_2", "second_given_name", "middle_name", "deuxieme_prenom", "fname_c2"),
    "family": (
        "family", "family_name", "last_name", "lastname", "surname", "nom",
        "nom_de_famille", "lname", "lname_c1",
    ),
    "family2": ("family2", "family_name_2", "second_family_name", "nom_de_naissance", "maiden_name",
        "lname_c2"),
    "birth": (
        "birth", "date_of_birth", "birth_date", "birthdate", "birthday", "dob",
        "date_de_naissance", "naissance",
        "born", "born_on",
    ),
    "year": ("by", "birth_year", "year_of_birth"),
    "month": ("bm", "birth_month", "month_of_birth"),
    "day": ("bd", "birth_day", "day_of_birth"),
    "number": ("street_number", "house_number", "numero"),
    "street": ("street", "address", "address_1", "address1", "street1", "adresse", "rue", "address_line_1"),
    "street2": ("street2", "address_2", "address2", "complement", "adresse_2", "address_line_2"),
    "postcode": ("postcode", "zip", "postal_code", "zip_code", "code_postal", "cp"),
    "town": ("town", "city", "suburb", "ville", "commune", "locality"),
    "phone": ("phone", "telephone", "phone_number", "tel"),
    "phone2": ("phone2", "mobile", "portable", "mobile_phone"),
    "email": ("email", "e_mail", "mail", "courriel"),
    "siret": ("siret",),
    "siren": ("siren",),
    "vat": ("vat", "tva", "vat_number", "tva_intracommunautaire"),
    "iban": ("iban",),
    "reference": ("reference", "ref", "own_reference"),
}  # fmt: skip
"""Role to the column names that bear it, plain words joined by ``_``."""

_ROLES = {name: role for role, names in NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column bears which role, and the columns nothing is made of."""

    roles: dict[str, str]
    unknown: tuple[str, ...]


def columns_of(header: Iterable[str]) -> Columns:
    """The roles of a header (role → column); of two columns with one role the first bears it."""
    roles: dict[str, str] = {}
    unknown: list[str] = []
    for column in header:
        role = _ROLES.get(plain(column).replace(" ", "_"))
        if role is None or role in roles:
            unknown.append(column)
        else:
            roles[role] = column
    return Columns(roles, tuple(unknown))
