"""Blank forms as customers have them, made with reportlab: fields named as on CERFA 15497*04 where that is
known.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from connectors.forms.description import Field_

CERFA = """
label: Fiche d'intervention (CERFA 15497)
blank: cerfa.pdf
record: intervention
key: [number]
file: "CERFA {number}.pdf"
never: [Sign_Operateur_Date, Sign_Operateur_Nom]
fields:
  number:     {type: text, field: Fiche_no, required: true, max: 12}
  date:       {type: date, fields: [Date_J, Date_M, Date_A], join: "/", required: true}
  technician: {type: text, field: Operateur_Nom}
  customer:   {type: text, field: Detenteur_Nom}
  siret:      {type: siret, field: Detenteur_Siret}
  charge:     {type: number, field: Charge_kg}
  leak:       {type: boolean, field: Fuite_constatee}
  gas:        {type: choice, field: Fluide, values: {r410a: R410A, r32: R32}}
  acts:       {type: list, boxes: {check: Nature_controle, service: Nature_maintenance,
                                   off: Nature_demontage}}
  place:      {type: choice, field: Lieu, values: {site: Sur site, works: En atelier}}
  report:     {type: lines, field: Observations}
"""


def cerfa(path: Path, *, prefilled: str = "") -> Path:
    """A page with every kind of field, as far as a form of this kind has them."""
    page = Canvas(str(path), pagesize=A4, invariant=1)
    form: Any = page.acroForm
    page.setFont("Helvetica-Bold", 14)
    page.drawString(60, 800, "FICHE D'INTERVENTION – fluides frigorigènes")
    page.setFont("Helvetica", 9)

    def text(
        label: str, name: str, x: float, y: float, width: float, height: float = 16, **more: Any
    ) -> None:
        page.drawString(x, y + height + 3, label)
        more = {"maxlen": None, "borderWidth": 0.5, "forceBorder": True, "fontSize": 10, **more}
        form.textfield(name=name, x=x, y=y, width=width, height=height, **more)

    text("[1] Fiche n°", "Fiche_no", 60, 745, 90, value=prefilled)
    for number, (letter, width) in enumerate((("J", 26), ("M", 26), ("A", 44))):
        text(
            f"Date ({letter})",
            f"Date_{letter}",
            200 + number * 60,
            745,
            width,
            maxlen=4 if letter == "A" else 2,
        )
    text("[2] Opérateur : nom de l'intervenant", "Operateur_Nom", 60, 700, 220)
    text("[3] Détenteur de l'équipement", "Detenteur_Nom", 60, 655, 220)
    text("SIRET du détenteur", "Detenteur_Siret", 300, 655, 224, maxlen=14, fieldFlags="comb")
    text("[4] Charge totale (kg)", "Charge_kg", 60, 610, 80)
    page.drawString(300, 632, "Fuite constatée")
    form.checkbox(name="Fuite_constatee", x=300, y=612, size=14, buttonStyle="check", borderWidth=0.5)
    page.drawString(60, 575, "[5] Contrôle, maintenance, démontage")
    for number, name in enumerate(("Nature_controle", "Nature_maintenance", "Nature_demontage")):
        form.checkbox(name=name, x=60 + number * 60, y=555, size=12, buttonStyle="cross", borderWidth=0.5)
    page.drawString(300, 575, "Fluide frigorigène : R410A, R32")
    for number, value in enumerate(("R410A", "R32")):
        form.radio(name="Fluide", value=value, selected=False, x=300 + number * 50, y=555, size=14,
                   buttonStyle="circle", shape="circle", borderWidth=0.5)  # fmt: skip
    page.drawString(60, 530, "Lieu")
    form.choice(name="Lieu", value="À choisir", options=["À choisir", "Sur site", "En atelier"],
                x=60, y=505, width=120, height=18,
                borderWidth=0.5, forceBorder=True, fontSize=10)  # fmt: skip
    text("[6] Observations", "Observations", 60, 400, 464, 80, fieldFlags="multiline")
    text("Signature de l'opérateur : nom", "Sign_Operateur_Nom", 60, 340, 160)
    text("le", "Sign_Operateur_Date", 300, 340, 100)
    page.drawString(60, 300, "La fiche est établie en deux exemplaires ; elle est conservée cinq ans.")
    page.showPage()
    page.save()
    return path


CARD = """
blank: card.pdf
record: customer
key: [number]
file: "Card {number}.pdf"
fields:
  number: {field: Numero}
  name:   {field: Nom}
  phone:  {field: Telephone}
  city:   {field: Ville, max: 20}
"""


def card(path: Path) -> Path:
    """Four lines of text."""
    page = Canvas(str(path), pagesize=A4, invariant=1)
    form: Any = page.acroForm
    for number, name in enumerate(("Numero", "Nom", "Telephone", "Ville")):
        page.drawString(60, 760 - number * 60, f"Fiche client : {name}")
        form.textfield(name=name, x=60, y=730 - number * 60, width=400, height=20, fontSize=11, maxlen=None)
    page.showPage()
    page.save()
    return path


def drawn(path: Path, fields: Mapping[str, Field_]) -> Path:
    """A blank with every field of a description, one below the other in two columns."""
    page = Canvas(str(path), pagesize=A4, invariant=1)
    form: Any = page.acroForm
    page.setFont("Helvetica", 7)
    places = ((40 + column * 270, 800 - row * 24) for column in range(2) for row in range(32))
    for ours, wanted in fields.items():
        for name in wanted.names:
            x, y = next(places)
            page.drawString(x, y + 4, f"{ours} {name}"[:34])
            if wanted.boxes or wanted.type == "boolean":
                form.checkbox(name=name, x=x + 130, y=y, size=12)
            elif wanted.values:
                for number, value in enumerate(wanted.values.values()):
                    form.radio(name=name, value=value, selected=False, x=x + 130 + number * 30, y=y, size=12)
            else:
                flags = "multiline" if wanted.type == "lines" else ""
                form.textfield(name=name, x=x + 130, y=y, width=120, height=20, fontSize=6, fieldFlags=flags,
                               maxlen=None)  # fmt: skip
    page.showPage()
    page.save()
    return path
