"""Which column of a delimited file holds what: headings by their usual French names, or by those a site gave.

Promises: a heading is known by its letters and digits, whatever its accents, case and spaces; one that two
columns bear, or that is missing, is told. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from connectors.sage.layout import fold_title
from connectors.sage.text import Damage

ENTRIES: Final = "entries"
PAYMENT: Final = "payment"
THIRD_PARTY: Final = "third_party"

AMOUNTS: Final = ("debit", "credit", "amount", "currency_amount")
DAYS: Final = ("date", "due", "piece_date", "entered", "letter_date", "validated")

USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "journal": ("Code journal", "Journal", "JO_Num", "JournalCode"),
    "date": ("Date", "Date de pièce", "Date règlement", "Date du règlement", "EC_Date", "RG_Date",
             "EcritureDate"),
    "piece": ("N° pièce", "Pièce", "Numéro de pièce", "EC_Piece", "RG_Piece", "EcritureNum"),
    "invoice": ("N° facture", "Facture", "Numéro de facture", "EC_RefPiece", "DO_Piece", "PieceRef"),
    "account": ("Compte général", "Compte", "N° compte", "Numéro de compte", "CG_Num", "CompteNum"),
    "third_party": ("Compte tiers", "Tiers", "Code tiers", "N° tiers", "Code client", "N° client", "CT_Num",
                    "CT_NumPayeur", "CompAuxNum"),
    "name": ("Intitulé", "Nom", "Raison sociale", "CT_Intitule"),
    "label": ("Libellé", "Libellé écriture", "EC_Intitule", "RG_Libelle", "EcritureLib"),
    "debit": ("Débit", "Montant débit"),
    "credit": ("Crédit", "Montant crédit"),
    "amount": ("Montant", "Montant réglé", "RG_Montant", "RC_Montant", "EC_Montant"),
    "due": ("Échéance", "Date d'échéance", "Date échéance", "EC_Echeance"),
    "payment_mode": ("Mode de règlement", "Règlement", "N_Reglement"),
    "reference": ("Référence", "EC_Reference", "RG_Reference"),
    "tax_code": ("Code taxe", "TA_Code"),
    "letter": ("Lettrage", "EC_Lettrage", "EcritureLet"),
    "number": ("N° règlement", "Numéro de règlement", "RG_No"),
    "currency": ("Devise",),
}  # fmt: skip
"""What a column of each field is usually called; the first is what we write."""

WRITTEN: Final[Mapping[str, tuple[str, ...]]] = {
    ENTRIES: ("journal", "date", "piece", "invoice", "account", "third_party", "label", "debit", "credit",
              "due", "payment_mode", "reference", "tax_code", "letter"),
    PAYMENT: ("number", "date", "third_party", "invoice", "amount", "payment_mode", "journal", "reference"),
    THIRD_PARTY: ("third_party", "name", "account"),
}  # fmt: skip
"""The columns of a file of each kind, where nobody chose them."""


class Heading(NamedTuple):
    """The columns of a file: `fields` in their order, a field's name or the heading itself; what rows are."""

    fields: tuple[str, ...]
    titles: tuple[str, ...]
    kind: str


def understood(titles: Sequence[str], given: Mapping[str, str], kind: str) -> Heading:
    """What the columns of a heading line are. Raises `Damage`."""
    known = {
        fold_title(title): field for field, names in USUAL.items() if field not in given for title in names
    }
    known |= {fold_title(title): field for field, title in given.items()}
    fields = tuple(known.get(fold_title(title), title.strip()) if title.strip() else "" for title in titles)
    for place, field in enumerate(fields):
        if field and field in fields[:place]:
            first = titles[fields.index(field)]
            raise Damage(
                f"two columns say the same: {first!r} and {titles[place]!r} ({field})",
                "rename one, or say which is meant (columns)",
            )
    missing = [title for field, title in given.items() if field not in fields]
    if missing:
        raise Damage(
            f"there is no column {missing[0]!r}; there are {', '.join(titles)[:200]}",
            "correct the name of the column, in the file or in `columns`",
        )
    return Heading(fields, tuple(titles), kind or _kind(fields, titles))


def _kind(fields: tuple[str, ...], titles: Sequence[str]) -> str:
    present = set(fields)
    if {"journal", "date", "account", "debit", "credit"} <= present:
        return ENTRIES
    if {"date", "amount"} <= present and present & {"third_party", "invoice"}:
        return PAYMENT
    if {"third_party", "name"} <= present:
        return THIRD_PARTY
    raise Damage(
        f"these columns are neither entries, nor payments, nor third parties: {', '.join(titles)[:200]}",
        "entries have journal, date, account, debit and credit; payments date, amount and a third party or "
        "an invoice; third parties a code and a name; say what a column is with `columns`",
    )
