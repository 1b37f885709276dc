"""The maintenance contracts the office keeps in Word: one document each, in two layouts.

The newer ones were typed into a model with content controls; the older ones are lines `Libellé : valeur` with
a small table, each written a little differently. Both are made by python-docx, as a program other than the
hub would make them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from sandbox.company.customers import SEED, Customer

OWN_SIRET = "305 949 679 00015"
FREQUENCIES = (
    ("1/12", "annuelle", "une visite par an"),
    ("2/12", "semestrielle", "deux visites par an"),
    ("4/12", "trimestrielle", "4 visites par an"),
    ("2/12", "tous les 6 mois", "2x/an"),
    ("1/24", "bisannuelle", "une visite tous les deux ans"),
)
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
          "novembre", "décembre")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a contract says. `periodicity` is ``times/months``, `amount` euros without tax."""

    number: str
    customer: Customer
    starts_on: date
    ends_on: date
    periodicity: str
    often: str
    in_words: str
    amount: int
    controls: bool


def contracts(customers: Sequence[Customer], year: int, seed: int = SEED) -> Iterable[Agreed]:
    """One contract for each of these customers, begun in the year before `year` and ended after it."""
    for customer in customers:
        dice = random.Random(f"contract:{seed}:{customer.number}")
        starts = date(year - 1, dice.randint(1, 12), dice.choice((1, 1, 1, 15)))
        ends = date(year + dice.randint(1, 2), starts.month, starts.day) - timedelta(days=1)
        code, often, words = dice.choice(FREQUENCIES)
        yield Agreed(
            f"{starts.year}-{customer.number:04}", customer, starts, ends, code, often, words,
            dice.randrange(180, 4800, 20), dice.random() < 0.6,
        )  # fmt: skip


def write_contracts(folder: Path, agreed: Iterable[Agreed]) -> list[Path]:
    """A document for each, in this folder; their paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in agreed:
        name = "".join(letter for letter in one.customer.name if letter.isalnum() or letter in " -")
        path = folder / f"Contrat {one.number} {name.strip()}.docx"
        (write_with_controls if one.controls else write_with_labels)(path, one)
        written.append(path)
    return written


def write_with_controls(path: Path, one: Agreed) -> None:
    """The newer model: every value in a content control of its own."""
    made = docx.Document()
    made.add_heading("CONTRAT DE MAINTENANCE ÉLECTRIQUE", 1)
    made.add_paragraph(f"Entre Électricité des Alpes, SIRET {OWN_SIRET}, ci-après le prestataire, et :")
    place = f"{one.customer.street}, {one.customer.zip} {one.customer.city}"
    _line(made, "Contrat n° ", "contrat_numero", one.number)
    _line(made, "Le client : ", "client_nom", one.customer.name)
    _line(made, "SIRET ", "client_siret", one.customer.siret)
    _line(made, "Adresse ", "client_adresse", place)
    _line(made, "Téléphone ", "client_telephone", _spaced(one.customer.phone))
    made.add_heading("Article 1 – Durée", 2)
    _line(made, "Du ", "date_debut", _numeric(one.starts_on), kind=_date(one.starts_on))
    _line(made, "Au ", "date_fin", _numeric(one.ends_on), kind=_date(one.ends_on))
    made.add_heading("Article 2 – Visites et prix", 2)
    _line(made, "Périodicité des visites : ", "periodicite", one.often)
    _line(made, "Redevance annuelle : ", "montant_ht", f"{_money(one.amount)} € HT")
    made.add_paragraph("Fait en deux exemplaires. Signature du client :")
    made.save(str(path))


def write_template(path: Path) -> None:
    """The model for new contracts: one visit a year for 250 euros, unless somebody types otherwise."""
    made = docx.Document()
    made.add_heading("CONTRAT DE MAINTENANCE ÉLECTRIQUE", 1)
    made.add_paragraph(f"Entre Électricité des Alpes, SIRET {OWN_SIRET}, ci-après le prestataire, et :")
    _line(made, "Contrat n° ", "contrat_numero", "{{ number }}")
    _line(made, "Le client : ", "client_nom", "{{ customer }}")
    _line(made, "SIRET ", "client_siret", "{{ siret | siret }}")
    _line(made, "Du ", "date_debut", "{{ starts_on | date }}")
    _line(made, "Au ", "date_fin", "{{ ends_on | date }}")
    _line(made, "Périodicité des visites : ", "periodicite", "annuelle")
    _line(made, "Redevance annuelle : ", "montant_ht", "250,00 € HT")
    made.save(str(path))


def write_with_labels(path: Path, one: Agreed) -> None:
    """The older way: labels, a table, sentences."""
    made = docx.Document()
    made.add_heading(f"CONTRAT D'ENTRETIEN N° {one.number}", 1)
    made.add_paragraph(f"Électricité des Alpes – SIRET {OWN_SIRET}")
    made.add_paragraph(f"Client : {one.customer.name}")
    made.add_paragraph(f"SIRET : {one.customer.siret}")
    made.add_paragraph(f"Adresse du client : {one.customer.street}, {one.customer.zip} {one.customer.city}")
    made.add_paragraph(f"Tél. : {_spaced(one.customer.phone)}")
    made.add_paragraph(f"Date d'effet : {_in_words(one.starts_on)}")
    made.add_paragraph(f"Date de fin : {_in_words(one.ends_on)}")
    table = made.add_table(rows=0, cols=2)
    for label, value in (("Périodicité", one.in_words), ("Montant HT", f"{_money(one.amount)} €")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
    made.add_paragraph("Le présent contrat est établi en deux exemplaires.")
    made.save(str(path))


def say_otherwise(path: Path, sentence: str) -> None:
    """Somebody adds a sentence at the end of a document."""
    made = docx.Document(str(path))
    made.add_paragraph(sentence)
    made.save(str(path))


def fill_in(path: Path, tag: str, text: str) -> None:
    """Somebody types another text into a content control and saves the document."""
    made = docx.Document(str(path))
    for control in made.element.body.iter(_W + "sdt"):
        properties = control.find(_W + "sdtPr")
        name = properties.find(_W + "tag") if properties is not None else None
        if name is None or name.get(_W + "val") != tag:
            continue
        texts = list(control.iter(_W + "t"))
        texts[0].text = text
        for other in texts[1:]:
            other.text = ""
        made.save(str(path))
        return
    raise ValueError(f"{path.name} has no control {tag}")


_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _line(made: Any, label: str, tag: str, text: str, kind: str = "<w:text/>") -> None:
    """A paragraph of a bold label and a content control."""
    paragraph = made.add_paragraph()
    paragraph.add_run(label).bold = True
    run = paragraph.add_run(text)
    control = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:alias w:val='{tag}'/><w:tag w:val='{tag}'/>{kind}</w:sdtPr>"
        "<w:sdtContent/></w:sdt>"
    )
    control.find(_W + "sdtContent").append(deepcopy(run._r))
    run._r.getparent().replace(run._r, control)


def _date(day: date) -> str:
    return (
        f"<w:date w:fullDate='{day.isoformat()}T00:00:00Z'><w:dateFormat w:val='dd/MM/yyyy'/>"
        "<w:lid w:val='fr-FR'/><w:storeMappedDataAs w:val='dateTime'/>"
        "<w:calendar w:val='gregorian'/></w:date>"
    )


def _numeric(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _in_words(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", " ") + ",00"


def _spaced(phone: str) -> str:
    national = "0" + phone.removeprefix("+33")
    return " ".join(national[at : at + 2] for at in range(0, 10, 2))
