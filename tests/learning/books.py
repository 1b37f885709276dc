"""Workbooks as strangers keep them, each with what every column really is: field and type by heading."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from sandbox.company import Customer, customers


@dataclass(frozen=True)
class Stranger:
    """A sheet: its rows (headings among them), the kind of record, its key, what each heading really is.

    `truth` maps a heading to ``(field, type)``; ``("", "")`` where nothing should be made of the column.
    """

    sheet: str
    rows: Sequence[Sequence[Any]]
    entity: str
    key: tuple[str, ...]
    truth: dict[str, tuple[str, str]]
    formats: dict[int, str] = field(default_factory=dict)

    def put(self, page: Worksheet) -> None:
        page.title = self.sheet
        for cells in self.rows:
            page.append(list(cells))
        for column, code in self.formats.items():
            for row in range(1, page.max_row + 1):
                page.cell(row, column).number_format = code


def some(count: int) -> list[Customer]:
    return list(customers(count))


def clients() -> Stranger:
    """Abbreviated headings under a letterhead, a SIRET as a number, a post code without its zero, a total."""
    rows: list[list[Any]] = [["Fichier clients 2026"], ["mis à jour le 12/01/2026"], []]
    rows.append(
        [
            "Code",
            "Nom du client",
            "N° SIRET",
            "Tel fixe",
            "Portable",
            "Mail",
            "Rue",
            "C.P.",
            "Commune",
            "Pays",
            "N° TVA",
            "Remarques",
            "CA 2025",
        ]
    )
    for one in some(60):
        rows.append(
            [
                f"CL{one.number:04}",
                one.name,
                int(one.siret),
                "0" + one.phone[3:],
                f"06 39 98 {one.number:02} 07" if one.number % 3 else None,
                one.email,
                one.street,
                int(one.zip),
                one.city,
                "France" if one.number % 9 else "FRANCE",
                one.vat if one.number % 2 else None,
                "à rappeler" if one.number % 7 == 0 else None,
                one.number * 137.5,
            ]
        )
    truth = {
        "Code": ("key", "text"),
        "Nom du client": ("name", "text"),
        "N° SIRET": ("siret", "siret"),
        "Tel fixe": ("phone", "phone"),
        "Portable": ("mobile", "phone"),
        "Mail": ("email", "email"),
        "Rue": ("street", "text"),
        "C.P.": ("zip", "postcode"),
        "Commune": ("city", "text"),
        "Pays": ("country", "country"),
        "N° TVA": ("vat", "vat"),
        "Remarques": ("notes", "text"),
        "CA 2025": ("ca_2025", "money"),
    }
    return Stranger("Feuil1", rows, "customer", ("Code",), truth, {13: '# ##0.00 "€"'})


def english() -> Stranger:
    """English headings, and values that a heading alone would not give."""
    rows: list[list[Any]] = [
        [
            "Customer No.",
            "Company name",
            "VAT number",
            "Phone",
            "E-mail address",
            "Street address",
            "Zip code",
            "City",
            "Country",
            "Website",
        ]
    ]
    for one in some(40):
        rows.append(
            [
                one.code,
                one.name,
                one.vat,
                one.phone,
                one.email,
                one.street,
                one.zip,
                one.city,
                "FR",
                f"www.client{one.number}.example",
            ]
        )
    truth = {
        "Customer No.": ("key", "text"),
        "Company name": ("name", "text"),
        "VAT number": ("vat", "vat"),
        "Phone": ("phone", "phone"),
        "E-mail address": ("email", "email"),
        "Street address": ("street", "text"),
        "Zip code": ("zip", "postcode"),
        "City": ("city", "text"),
        "Country": ("country", "country"),
        "Website": ("website", "text"),
    }
    return Stranger("Customers", rows, "customer", ("Customer No.",), truth)


def contracts() -> Stranger:
    """Real dates, periodicities in words, amounts, states by a table, customers by their number."""
    dice = random.Random(3)
    rows: list[list[Any]] = [
        [
            "N° contrat",
            "N° client",
            "Client",
            "Date de début",
            "Date d'échéance",
            "Durée",
            "Périodicité",
            "Montant HT",
            "Statut",
            "Technicien",
        ]
    ]
    for one in some(45):
        start = date(2024, 1, 1) + timedelta(days=dice.randrange(700))
        rows.append(
            [
                f"2024-{one.number:03}",
                one.code,
                one.name,
                start,
                start + timedelta(days=365),
                "1 an",
                dice.choice(["annuelle", "semestrielle", "2x/an", "tous les 6 mois"]),
                dice.randrange(200, 4000, 50) + 0.5,
                dice.choice(["En cours", "Résilié"]),
                dice.choice(["Marc", "Ana", "Luc"]),
            ]
        )
    truth = {
        "N° contrat": ("number", "text"),
        "N° client": ("customer", "ref"),
        "Client": ("customer_name", "text"),
        "Date de début": ("starts_on", "date"),
        "Date d'échéance": ("ends_on", "date"),
        "Durée": ("duration", "duration"),
        "Périodicité": ("periodicity", "periodicity"),
        "Montant HT": ("amount", "money"),
        "Statut": ("state", "choice"),
        "Technicien": ("technician", "text"),
    }
    return Stranger("Contrats", rows, "contract", ("N° contrat",), truth)


def contacts() -> Stranger:
    """People of the customers, by name and first name."""
    names = ("Alix", "Béa", "Chloé", "David", "Élie", "Farid")
    rows: list[list[Any]] = [
        ["N° contact", "N° client", "Nom", "Prénom", "Fonction", "Tél. portable", "Courriel"]
    ]
    for one in some(36):
        rows.append(
            [
                f"P{one.number:03}",
                one.code,
                f"Nom{one.number}",
                names[one.number % 6],
                ("Gérant", "Comptable")[one.number % 2],
                f"06 39 98 {one.number:02} 11",
                f"p{one.number}@example.com",
            ]
        )
    truth = {
        "N° contact": ("key", "text"),
        "N° client": ("customer", "ref"),
        "Nom": ("name", "text"),
        "Prénom": ("first_name", "text"),
        "Fonction": ("function", "text"),
        "Tél. portable": ("mobile", "phone"),
        "Courriel": ("email", "email"),
    }
    return Stranger("Contacts", rows, "contact", ("N° contact",), truth)


def products() -> Stranger:
    """Spare parts."""
    heads = ["Réf. article", "Désignation", "Prix unitaire HT", "Qté stock", "Unité", "Fournisseur"]
    rows: list[list[Any]] = [heads]
    for number in range(1, 41):
        rows.append(
            [
                f"ART-{number:04}",
                f"Disjoncteur {number} A",
                12.9 + number,
                number * 3,
                ("pce", "m")[number % 2],
                ("Legrand", "Hager", "Schneider")[number % 3],
            ]
        )
    truth = {
        "Réf. article": ("reference", "text"),
        "Désignation": ("name", "text"),
        "Prix unitaire HT": ("price", "money"),
        "Qté stock": ("stock", "integer"),
        "Unité": ("unit", "text"),
        "Fournisseur": ("supplier_name", "text"),
    }
    return Stranger("Articles", rows, "product", ("Réf. article",), truth)


def bare_values() -> Stranger:
    """Headings that say nothing: the values must."""
    rows: list[list[Any]] = [["Repère", "Champ A", "Champ B", "Champ C", "Champ D", "Champ E", "Champ F"]]
    for one in some(40):
        rows.append(
            [
                f"R{one.number:03}",
                one.siret,
                "0" + one.phone[3:],
                one.email or f"x{one.number}@example.com",
                date(2025, 1, 1) + timedelta(days=one.number),
                ("Oui", "Non")[one.number % 2],
                ("rouge", "vert", "bleu")[one.number % 3],
            ]
        )
    truth = {
        "Repère": ("key", "text"),
        "Champ A": ("siret", "siret"),
        "Champ B": ("phone", "phone"),
        "Champ C": ("email", "email"),
        "Champ D": ("champ_d", "date"),
        "Champ E": ("champ_e", "boolean"),
        "Champ F": ("champ_f", "choice"),
    }
    return Stranger("Liste", rows, "customer", ("Repère",), truth)


STRANGERS = (clients, english, contracts, contacts, products, bare_values)


def saved(path: Any, *some: Stranger) -> Any:
    """A workbook of these sheets."""
    book = openpyxl.Workbook()
    for number, one in enumerate(some):
        one.put(book.worksheets[0] if not number else book.create_sheet())
    book.save(path)
    return path
