"""How many characters Sage 100 keeps in a field, by the column's name in its database.

Used for columns that are called as they are there (`CT_Ville`); a mapping's `length` goes before it.
Source: the tables F_COMPTET and F_CONTACTT, F_LIVRAISON and F_ARTICLE of Sage 100 c.
"""

from __future__ import annotations

CODE = 17
"""Longest code of a third party (CT_Num); upper case."""

LENGTHS = {
    "CT_Num": 17, "CT_Intitule": 69, "CG_NumPrinc": 13, "CT_Qualite": 17, "CT_Classement": 17,
    "CT_Contact": 35, "CT_Adresse": 35, "CT_Complement": 35, "CT_CodePostal": 9, "CT_Ville": 35,
    "CT_CodeRegion": 25, "CT_Pays": 35, "CT_Raccourci": 7, "CT_Ape": 7, "CT_Identifiant": 25, "CT_Siret": 15,
    "CT_Commentaire": 35, "CT_NumPayeur": 17, "CT_Telephone": 21, "CT_Telecopie": 21, "CT_EMail": 69,
    "CT_Site": 69, "CT_Coface": 25, "CT_NumCentrale": 17, "CT_EdiCode": 23, "CT_LangueISO2": 3,
    "CT_Facebook": 35, "CT_LinkedIn": 35, "CT_TelPortable": 21, "CT_Nom": 35, "CT_Prenom": 35,
    "CT_Fonction": 35, "LI_Intitule": 69, "LI_Adresse": 35, "LI_Complement": 35, "LI_CodePostal": 9,
    "LI_Ville": 35, "LI_CodeRegion": 25, "LI_Pays": 35, "LI_Contact": 35, "LI_Telephone": 21,
    "LI_Telecopie": 21, "LI_EMail": 69, "LI_Commentaire": 69, "AR_Ref": 19, "AR_Design": 69,
    "FA_CodeFamille": 11, "AR_Substitut": 19, "AR_Raccourci": 7, "AR_EdiCode": 45, "AR_CodeBarre": 19,
    "AR_CodeFiscal": 25, "AR_Pays": 35,
}  # fmt: skip
LENGTHS |= {f"CT_Statistique{number:02d}": 21 for number in range(1, 11)}

_BY_FOLDED_NAME = {name.casefold(): length for name, length in LENGTHS.items()}


def known_length(column: str) -> int | None:
    """The length of a column of Sage 100, or ``None`` where its name says nothing."""
    return _BY_FOLDED_NAME.get(column.casefold())
