"""The customers as Sage exports them: CP1252, semicolons, capitals, cut to what its columns hold."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from sandbox.company.customers import Customer
from sandbox.company.typing_habits import bare, dice_for, national, shortened

COLUMNS = ("Code", "Intitulé", "SIRET", "Téléphone", "E-mail", "Adresse", "CP", "Ville")
LONGEST = 35


def write_sage(path: Path, customers: Iterable[Customer]) -> int:
    """Write the export; the number of customers in it."""
    count = 0
    with open(path, "w", encoding="cp1252", errors="strict", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for customer in customers:
            writer.writerow(sage_row(customer))
            count += 1
    return count


def sage_row(customer: Customer) -> list[str]:
    """One line: capitals, no accents in half of them, and a field missing here and there."""
    dice = dice_for("sage", customer)
    accents = dice.random() < 0.5

    def typed(text: str) -> str:
        return (text if accents else bare(text)).upper()[:LONGEST]

    return [
        f"411{customer.number:05}",
        typed(customer.name),
        customer.siret if dice.random() < 0.93 else "",
        national(customer.phone) if dice.random() < 0.9 else "",
        customer.email if dice.random() < 0.7 else "",
        typed(shortened(customer.street)),
        customer.zip,
        typed(customer.city.replace("-", " ") if dice.random() < 0.6 else customer.city),
    ]
