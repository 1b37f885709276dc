"""How three bases have the same customer: what each leaves out, how each writes, and the errors people make.

`RATES` is the whole model. The errors are those of the literature on typed records (one letter changed, left
out, doubled or swapped with its neighbour) and of French offices: legal forms left out, put first or dotted,
abbreviations, initials, names swapped, a married name, a removal, a new telephone.

    odoo    written well; has e-mails; half of the SIRETs
    sage    upper case, no accents, 35 letters a field; most SIRETs; few e-mails; no birthdays
    clients a workbook: free formats, few SIRETs, most errors
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from sandbox.duplicates.entities import Entity, entities
from sandbox.duplicates.words import FEMALE, family, way

SYSTEMS = ("odoo", "sage", "clients")
RATES: dict[str, tuple[float, float, float]] = {
    "in this system at all": (0.75, 0.75, 0.75),
    "twice in the same system": (0.02, 0.01, 0.04),
    "typing error in a text": (0.02, 0.03, 0.04),
    "typing error in a number": (0.005, 0.01, 0.02),
    "no siret": (0.5, 0.15, 0.7),
    "no vat": (0.6, 0.4, 0.9),
    "no birthday": (0.5, 1.0, 0.6),
    "day and month swapped": (0.005, 0.0, 0.02),
    "no phone": (0.12, 0.25, 0.12),
    "no email": (0.2, 0.6, 0.4),
    "no street": (0.04, 0.05, 0.12),
    "no postcode": (0.02, 0.03, 0.1),
    "legal form left out": (0.15, 0.25, 0.45),
    "legal form first": (0.25, 0.3, 0.2),
    "legal form dotted": (0.05, 0.1, 0.1),
    "abbreviated": (0.1, 0.5, 0.35),
    "first name as initial": (0.01, 0.03, 0.04),
    "first and last name swapped": (0.01, 0.01, 0.04),
    "married name": (0.03, 0.03, 0.03),
    "has moved": (0.03, 0.04, 0.04),
    "new phone": (0.05, 0.06, 0.06),
    "new email": (0.04, 0.05, 0.05),
    "words of the name left out": (0.01, 0.02, 0.04),
}
"""What happens to one record, by system, in the order of `SYSTEMS`."""

COLUMNS = (
    "system", "truth", "name", "given_name", "family_name", "date_of_birth", "street", "zip", "city", "phone",
    "email", "siret", "vat",
)  # fmt: skip
SHORT = (
    ("boulevard", "bd"), ("avenue", "av."), ("place", "pl."), ("chemin", "che."), ("route", "rte"),
    ("allée", "all."), ("impasse", "imp."), ("Saint-", "St "), ("Sainte-", "Ste "), ("Général", "Gal"),
    ("Maréchal", "Mal"), ("Président", "Pdt"), ("Établissements", "Ets"), ("Compagnie", "Cie"),
    ("Entreprise", "Ent."), ("Frères", "Frs"), (" et ", " & "),
)  # fmt: skip


def records(count: int, seed: int = 7, people: float = 0.4) -> Iterator[dict[str, str]]:
    """The entities of one world as the three systems have them."""
    for number, one in enumerate(entities(count, seed, people)):
        dice = Random(f"{seed} {number}")
        there = [place for place in range(3) if dice.random() < RATES["in this system at all"][place]]
        for place in there or [dice.randrange(3)]:
            times = 2 if dice.random() < RATES["twice in the same system"][place] else 1
            for _ in range(times):
                yield typed(one, place, dice)


def write(path: Path, rows: Iterable[dict[str, str]]) -> int:
    """A CSV file of records; how many."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for row in rows:
            table.writerow(row)
            written += 1
    return written


def typed(one: Entity, place: int, dice: Random) -> dict[str, str]:
    """One entity as somebody typed it into a system."""

    def happens(what: str) -> bool:
        return dice.random() < RATES[what][place]

    moved = happens("has moved")
    street = f"{dice.randint(1, 80)} {way(dice)}" if moved else f"{one.number} {one.way}"
    short = happens("abbreviated")
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "system": SYSTEMS[place],
        "truth": one.id,
        "name": _company(one, happens, short) if one.company else "",
        "given_name": one.given,
        "family_name": one.family,
        "date_of_birth": "" if happens("no birthday") else one.birth,
        "street": "" if happens("no street") else _short(street) if short else street,
        "zip": "" if happens("no postcode") else one.postcode,
        "city": one.town,
        "phone": "" if happens("no phone") else one.phone,
        "email": "" if happens("no email") else one.email,
        "siret": "" if happens("no siret") else one.siret,
        "vat": f"FR{(12 + 3 * (int(one.siret[:9]) % 97)) % 97:02}{one.siret[:9]}" if one.siret else "",
    }
    if happens("no vat"):
        row["vat"] = ""
    if row["phone"] and happens("new phone"):
        row["phone"] = f"0639 98 {dice.randint(0, 99):02} {dice.randint(0, 99):02}".replace(" ", "")
    if row["email"] and happens("new email"):
        row["email"] = f"{dice.randint(1000, 99999)}{row['email'][-12:]}" if "@" in row["email"][-12:] else (
            f"contact{dice.randint(100, 9999)}@example.com"
        )  # fmt: skip
    _person(row, one, happens, dice)
    for column in ("name", "given_name", "family_name", "street", "city", "email"):
        if row[column] and happens("typing error in a text"):
            row[column] = mistyped(row[column], dice)
    for column in ("date_of_birth", "zip", "phone", "siret"):
        if row[column] and happens("typing error in a number"):
            row[column] = mistyped(row[column], dice, "0123456789")
    return _as_written(row, place, dice)


def mistyped(text: str, dice: Random, letters: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    """One letter changed, left out, added, or swapped with its neighbour."""
    at = dice.randrange(len(text))
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + dice.choice(letters) + text[at + 1 :]
    if kind == 1 and len(text) > 2:
        return text[:at] + text[at + 1 :]
    if kind == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + dice.choice(letters) + text[at:]


def _company(one: Entity, happens: Callable[[str], bool], short: bool) -> str:
    name = _short(one.company) if short else one.company
    words = name.split()
    if len(words) > 2 and happens("words of the name left out"):
        name = " ".join(words[:-1])
    form = ".".join(one.form) + "." if happens("legal form dotted") else one.form
    if happens("legal form left out"):
        return name
    return f"{form} {name}" if happens("legal form first") else f"{name} {form}"


def _person(row: dict[str, str], one: Entity, happens: Callable[[str], bool], dice: Random) -> None:
    if not one.family:
        return
    if one.given in FEMALE and happens("married name"):
        row["family_name"] = family(dice)
    if happens("first name as initial"):
        row["given_name"] = "-".join(part[0] for part in one.given.split("-")) + "."
    if happens("first and last name swapped"):
        row["given_name"], row["family_name"] = row["family_name"], row["given_name"]
    if row["date_of_birth"] and happens("day and month swapped"):
        year, month, day = row["date_of_birth"].split("-")
        row["date_of_birth"] = f"{year}-{day}-{month}"


def _as_written(row: dict[str, str], place: int, dice: Random) -> dict[str, str]:
    if SYSTEMS[place] == "sage":
        for column in ("name", "given_name", "family_name", "street", "city"):
            folded = unicodedata.normalize("NFKD", row[column]).encode("ascii", "ignore").decode()
            row[column] = folded.upper()[:35]
    if SYSTEMS[place] == "clients":
        for column in ("name", "family_name", "city"):
            row[column] = dice.choice((str, str.upper, str.lower))(row[column])
        if row["date_of_birth"].count("-") == 2:
            row["date_of_birth"] = "/".join(reversed(row["date_of_birth"].split("-")))
    if row["phone"].startswith("0") and len(row["phone"]) == 10:
        pairs = [row["phone"][at : at + 2] for at in range(0, 10, 2)]
        row["phone"] = dice.choice((" ".join(pairs), ".".join(pairs), row["phone"], f"+33 {pairs[0][1:]} " +
                                    " ".join(pairs[1:])))  # fmt: skip
    if row["siret"] and dice.random() < 0.5 and len(row["siret"]) == 14:
        s = row["siret"]
        row["siret"] = f"{s[:3]} {s[3:6]} {s[6:9]} {s[9:]}"
    return row


def _short(text: str) -> str:
    for long, short in SHORT:
        text = text.replace(long, short)
    return text


def rates() -> Sequence[tuple[str, float, float, float]]:
    """The model as a table, for whoever documents it."""
    return [(what, *by_system) for what, by_system in RATES.items()]
