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
        "full_name", "nom_complet", "nom_et_prenom", "nom_prenom", "prenom_nom", "prenom_et_nom", "client",
        "denomination", "customer", "customer_name", "client_name", "nom_du_client", "nom_client",
        "contact_name", "partner", "partner_name", "organisation_name", "organization_name",
        "business_name", "legal_name", "trade_name", "account_name", "societe", "entreprise", "firme",
        "nom_societe", "nom_de_la_societe", "nom_entreprise", "nom_de_l_entreprise", "nom_commercial",
        "enseigne", "denomination_sociale", "intitule", "display_name",
    ),
    "given": (
        "given", "given_name", "first_name", "forename", "prenom", "prenoms", "fname", "fname_c1",
        "forenames", "given_names", "christian_name",
    ),
    "given2": ("given2", "given_name_2", "second_given_name", "middle_name", "deuxieme_prenom", "fname_c2"),
    "family": (
        "family", "family_name", "last_name", "sur_name", "nom", "nom_de_famille", "nom_famille", "lname",
        "lname_c1", "nom_d_usage",
    ),
    "family2": (
        "family2", "family_name_2", "second_family_name", "nom_de_naissance", "maiden_name", "lname_c2",
    ),
    "birth": (
        "birth", "date_of_birth", "birth_date", "birthday", "dob", "date_de_naissance", "naissance", "born",
        "born_on", "ne_le", "nee_le", "date_naissance", "date_de_naiss",
    ),
    "year": ("by", "annee_de_naissance", "birth_year", "year_of_birth"),
    "month": ("bm", "mois_de_naissance", "birth_month", "month_of_birth"),
    "day": ("bd", "birth_day", "jour_de_naissance", "day_of_birth"),
    "number": ("street_number", "house_number", "numero", "numero_de_rue", "numero_de_voie", "n_de_voie"),
    "street": (
        "street", "address", "address_1", "street1", "adresse", "rue", "address_line_1", "addr",
        "street_address", "postal_address", "adresse_1", "adresse_postale", "voie", "street_name",
        "libelle_voie", "adresse_ligne_1", "mailing_address", "addr1",
    ),
    "street2": (
        "street2", "address_2", "complement", "adresse_2", "address_line_2", "complement_d_adresse",
        "complement_adresse", "adresse_ligne_2", "addr2",
    ),
    "postcode": ("post_code", "zip", "postal_code", "zip_code", "code_postal", "cp", "postal"),
    "town": (
        "town", "city", "suburb", "ville", "commune", "locality", "localite", "town_city",
        "bureau_distributeur", "place",
    ),
    "phone": (
        "phone", "telephone", "phone_number", "tel", "phone_1", "tel_1", "telephone_1", "tel_fixe",
        "telephone_fixe", "fixe", "landline", "work_phone", "office_phone", "business_phone", "home_phone",
        "n_de_telephone", "numero_de_telephone", "n_tel", "telephone_number", "contact_phone", "standard",
    ),
    "phone2": (
        "phone_2", "mobile", "portable", "mobile_phone", "tel_2", "telephone_2", "tel_portable",
        "telephone_portable", "tel_mobile", "telephone_mobile", "cell", "cell_phone", "gsm",
        "mobile_number",
    ),
    "email": (
        "e_mail", "mail", "courriel", "e_mail_address", "mail_address", "adresse_e_mail", "adresse_mail",
        "adresse_electronique", "e_mail_1", "contact_e_mail", "mel",
    ),
    "siret": ("siret", "n_siret", "no_siret", "numero_siret", "num_siret", "code_siret", "siret_number"),
    "siren": ("siren", "n_siren", "no_siren", "numero_siren", "num_siren", "rcs", "siren_number"),
    "vat": (
        "vat", "tva", "vat_number", "tva_intracommunautaire", "n_tva", "no_tva", "numero_tva",
        "numero_de_tva", "num_tva", "tva_intracom", "tva_intra", "n_tva_intracommunautaire",
        "numero_de_tva_intracommunautaire", "vat_id", "vat_no", "vatin", "tax_id",
    ),
    "iban": ("iban", "n_iban", "numero_iban", "code_iban", "bank_account", "compte_bancaire"),
    "reference": ("reference", "ref", "own_reference"),
}  # fmt: skip
"""Role to the column names that bear it, plain words joined by ``_``; each is met without it too."""

_ROLES = {name: role for role, names in NAMES.items() for name in names}
_RUN_TOGETHER = {name.replace("_", ""): role for name, role in _ROLES.items()} | _ROLES


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column bears which role, and the columns nothing is made of."""

    roles: dict[str, str]
    unknown: tuple[str, ...]


def columns_of(header: Iterable[str]) -> Columns:
    """The roles of a header (role → column); of two columns with one role the first bears it.

    Blanks, capitals and accents do not matter: "CodePostal" is "Code postal". A "Nom" with no first name
    beside it is a whole name.
    """
    roles: dict[str, str] = {}
    unknown: list[str] = []
    columns = list(header)
    for column in columns:
        words = plain(column).split()
        role = _ROLES.get("_".join(words)) or _RUN_TOGETHER.get("".join(words))
        if role is None or role in roles:
            unknown.append(column)
        else:
            roles[role] = column
    whole = plain(roles.get("family", "")) == "nom" and len(columns) > 1
    if whole and roles.keys().isdisjoint(("given", "name")):
        roles = {"name" if role == "family" else role: column for role, column in roles.items()}
    return Columns(roles, tuple(unknown))
