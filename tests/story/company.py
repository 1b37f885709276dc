"""The company of the story: 300 customers in a workbook as offices keep them, most in Sage or Odoo too.

Everything is made by rule from a number, so that two runs tell the same story. A customer is known by its
number in the workbook (``C0001``); what each system holds of it is written as that system's people write it:
capitals and short lines in Sage, telephone numbers in four styles and lost leading zeros in the workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
from openpyxl.styles import Font, PatternFill

from sandbox.sage import Sage

KINDS = ("Électricité", "Boulangerie", "Mairie", "Hôtel", "Garage", "Pharmacie", "Menuiserie", "École",
         "Clinique", "Résidence")  # fmt: skip
NAMES = ("du Lac", "des Alpes", "de l'Isère", "Saint-Bruno", "de la Gare", "d'Estrées", "du Vercors",
         "Bel-Air", "Grand'Rue", "des Écrins", "du Château", "Sainte-Cécile", "de la Côte", "des Cèdres",
         "du Marché", "Haute-Rive", "Beau-Séjour", "de l'Œillet", "des Maréchaux", "du Pont-Neuf",
         "de la Forêt", "des Glaïeuls", "du Rhône", "Val-d'Arly", "de la Tour", "des Sablons", "du Prieuré",
         "Clair-Logis",
         "de l'Étang", "des Fontaines")  # fmt: skip
CITIES = (("38000", "Grenoble"), ("38400", "Saint-Martin-d'Hères"), ("38130", "Échirolles"), ("38450", "Vif"),
          ("38500", "Voiron"), ("01000", "Bourg-en-Bresse"), ("74500", "Évian-les-Bains"),
          ("73000", "Chambéry"), ("69003", "Lyon"), ("26000", "Valence"))  # fmt: skip
JOBS = ("Gérante", "Comptable", "Responsable technique", "Gardien", "Secrétaire")
FIRST_NAMES = ("Inès", "Loïc", "Zoé", "Gaël", "Anaïs", "Maël", "Chloé", "Théo")
LAST_NAMES = ("Exemple", "Modèle", "Témoin", "Essai", "Fictif", "Échantillon", "Spécimen", "Canevas",
              "Gabarit")  # fmt: skip

CUSTOMERS = 300
IN_WORKBOOK = range(1, CUSTOMERS + 1)
IN_SAGE = (*range(1, 201), *range(301, 306))
IN_ODOO = (*range(151, 251), *range(306, 311))
EVERYONE = range(1, 311)
CONTACTS = range(131, 191)
CONTACTS_IN_ODOO = range(186, 196)
LONG = {7: "Syndicat intercommunal d'électrification de la vallée de la Haute-Isère"}
"""Names longer than the 35 characters Sage holds, by number."""

SHEET = ("N° client", "Raison sociale", "N° SIRET", "TVA", "Tél.", "Mail", "Adresse", "CP", "Ville", "Pays",
         "Remarques", "Département")  # fmt: skip
CONTACT_SHEET = ("N° contact", "Nom", "N° client", "Fonction", "Tél.", "Courriel")
TOP = 4
"""The row of the headings; above it stands what offices put there."""


@dataclass(frozen=True)
class Customer:
    """One customer, in the hub's own terms."""

    number: int
    name: str
    siret: str
    vat: str
    phone: str
    email: str
    street: str
    zip: str
    city: str

    @property
    def code(self) -> str:
        return f"C{self.number:04}"

    @property
    def national(self) -> str:
        """The telephone number as people say it."""
        digits = "0" + self.phone.removeprefix("+33")
        return " ".join(digits[i : i + 2] for i in range(0, 10, 2))


def customer(number: int) -> Customer:
    """The customer of this number, always the same. Every tenth is known by e-mail and name, not by SIRET."""
    kind, name = KINDS[number % 10], NAMES[(number // 10) % 30]
    siren = _with_check(f"{40000000 + 137 * number:08}")
    zip, city = CITIES[number * 7 % 10]
    known = number % 10 != 9
    return Customer(
        number=number,
        name=LONG.get(number, f"{kind} {name}" if number <= CUSTOMERS else f"{kind} {name} ({number})"),
        siret=_with_check(siren + "0001") if known else "",
        vat=f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}" if known and number % 3 else "",
        phone=f"+33476{100000 + 17 * number:06}",
        email=f"contact{number}@client.example",
        street=f"{number} rue {name}",
        zip=zip,
        city=city,
    )


def agreed(number: int) -> Customer:
    """What is agreed on of a customer: who is in Sage alone has no name but in capitals."""
    one = customer(number)
    if number in IN_SAGE and number not in IN_WORKBOOK:
        return replace(one, name=one.name.upper(), city=one.city.upper())
    return one


def customers(numbers: Iterable[int]) -> list[Customer]:
    return [customer(number) for number in numbers]


def _with_check(digits: str) -> str:
    """The number with the digit that makes it a right SIREN or SIRET."""
    for last in "0123456789":
        figures = [int(figure) for figure in reversed(digits + last)]
        total = sum(f if i % 2 == 0 else sum(divmod(2 * f, 10)) for i, f in enumerate(figures))
        if total % 10 == 0:
            return digits + last
    raise AssertionError(digits)


# -- the workbook -------------------------------------------------------------------------------------------


def write_workbook(path: Path, known: Iterable[Customer], people_of: Iterable[int] = ()) -> None:
    """The customer base: a title, headings of its own, a column of formulas, and a sheet of contacts.

    `people_of` are the numbers of the customers whose contact is in it.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Clients"
    sheet["A1"] = "Base clients"
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A2"] = "Ne pas supprimer de colonne !"
    sheet.append([])
    for column, heading in enumerate(SHEET, 1):
        cell = sheet.cell(TOP, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="DDEEFF")
    for row, one in enumerate(known, TOP + 1):
        for column, value in enumerate((*_row(one), f"=LEFT(H{row},2)"), 1):
            sheet.cell(row, column, value)
    people = book.create_sheet("Contacts")
    people.append(CONTACT_SHEET)
    for row_ in contact_rows(people_of):
        people.append(row_)
    book.save(path)


def _row(one: Customer) -> tuple[str | int | None, ...]:
    """A customer as somebody typed it: each in one of the ways people do."""
    way = one.number % 4
    national = one.national
    phone = (national, national.replace(" ", "."), int(national.replace(" ", "")), f"+33 (0){national[1:]}")[
        way
    ]
    known = one.siret
    siret: str | int | None = known or None
    if known and way == 1:
        siret = f"{known[:3]} {known[3:6]} {known[6:9]} {known[9:]}"
    elif known and way == 2:
        siret = int(known)
    postcode = int(one.zip) if way == 2 else one.zip
    email = one.email.upper() if way == 3 else one.email
    return (one.code, one.name, siret, one.vat or None, phone, email, one.street, postcode, one.city,
            "France", "bon payeur" if way == 0 else None)  # fmt: skip


def contact_rows(people_of: Iterable[int]) -> Iterator[tuple[str, ...]]:
    """The sheet of contacts: one person at each of these customers."""
    for number in people_of:
        yield (f"P{number:04}", contact_name(number), customer(number).code, JOBS[number % 5],
               f"06 76 00 0{number // 100} {number % 100:02}", contact_email(number))  # fmt: skip


def contact_name(number: int) -> str:
    return f"{FIRST_NAMES[number % 8]} {LAST_NAMES[number % 9]}"


def contact_email(number: int) -> str:
    return f"personne{number}@client.example"


# -- Sage ---------------------------------------------------------------------------------------------------


def fill_sage(sage: Sage, known: Iterable[Customer]) -> None:
    """Third parties as Sage holds them; their codes are not the workbook's."""
    for one in known:
        sage.add(
            CT_Num=f"S{one.number:05}", CT_Intitule=one.name, CT_Siret=one.siret, CT_Identifiant=one.vat,
            CT_Telephone=one.national, CT_EMail=one.email, CT_Adresse=one.street, CT_CodePostal=one.zip,
            CT_Ville=one.city, CT_Pays="France",
        )  # fmt: skip


# -- Odoo ---------------------------------------------------------------------------------------------------


def partner(one: Customer, siret: str, france: int) -> dict[str, object]:
    """A customer as Odoo holds it. `siret` is the name of the field for it, `france` the country's id."""
    return {
        "name": one.name, "is_company": True, siret: one.siret or False, "vat": one.vat or False,
        "phone": one.phone, "email": one.email, "street": one.street, "zip": one.zip, "city": one.city,
        "country_id": france,
    }  # fmt: skip


def person(number: int, parent: int) -> dict[str, object]:
    """The contact of this number as Odoo holds it, at the partner `parent`."""
    return {
        "name": contact_name(number), "parent_id": parent, "type": "contact", "function": JOBS[number % 5],
        "phone": f"+33 6 76 00 0{number // 100} {number % 100:02}", "email": contact_email(number),
    }  # fmt: skip
