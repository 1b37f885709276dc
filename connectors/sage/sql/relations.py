"""What belongs to what in a base of Sage 100: which column leads to which table, which lines to which head.

Source: the base as its editor documents it and as programs that read it join it (no such relation is declared
in the base itself). Pure data; a base that lacks a table or a column of it is told so when a mapping asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]
"""Columns here and the columns there that hold the same."""


@dataclass(frozen=True, slots=True)
class Relation:
    """At most one row of `table`: where its columns equal ours."""

    table: str
    on: Pairs


@dataclass(frozen=True, slots=True)
class Children:
    """The rows of `table` that belong to one of ours, in the order of `order`."""

    table: str
    on: Pairs
    order: tuple[str, ...]


TECHNICAL_KEY = "cbMarq"
STAMP = "cbModification"

_DOCUMENT: Pairs = (("DO_Domaine", "DO_Domaine"), ("DO_Type", "DO_Type"), ("DO_Piece", "DO_Piece"))


def _to(table: str, column: str, theirs: str = "") -> dict[str, Relation]:
    return {column: Relation(table, ((column, theirs or column),))}


RELATIONS: Mapping[str, Mapping[str, Relation]] = {
    "F_COMPTET": _to("F_COMPTET", "CT_NumPayeur", "CT_Num"),
    "F_CONTACTT": _to("F_COMPTET", "CT_Num"),
    "F_LIVRAISON": _to("F_COMPTET", "CT_Num"),
    "F_DOCENTETE": {
        **_to("F_COMPTET", "DO_Tiers", "CT_Num"),
        **_to("F_COMPTET", "CT_NumPayeur", "CT_Num"),
        **_to("F_LIVRAISON", "LI_No"),
    },
    "F_DOCLIGNE": {
        **_to("F_COMPTET", "CT_Num"),
        **_to("F_ARTICLE", "AR_Ref"),
        "DO_Piece": Relation("F_DOCENTETE", _DOCUMENT),
    },
    "F_CREGLEMENT": {**_to("F_COMPTET", "CT_NumPayeur", "CT_Num"), **_to("F_ECRITUREC", "EC_No")},
    "F_REGLECH": {**_to("F_CREGLEMENT", "RG_No"), "DO_Piece": Relation("F_DOCENTETE", _DOCUMENT)},
    "F_ECRITUREC": _to("F_COMPTET", "CT_Num"),
}
"""Table → the column that a path goes through → where it leads (``CT_Num.CT_Intitule``)."""

CHILDREN: Mapping[str, Mapping[str, Children]] = {
    "F_DOCENTETE": {
        "F_DOCLIGNE": Children("F_DOCLIGNE", _DOCUMENT, ("DL_Ligne",)),
        "F_REGLECH": Children("F_REGLECH", _DOCUMENT, ("RG_No",)),
    },
    "F_CREGLEMENT": {"F_REGLECH": Children("F_REGLECH", (("RG_No", "RG_No"),), ("DO_Piece",))},
    "F_COMPTET": {
        "F_CONTACTT": Children("F_CONTACTT", (("CT_Num", "CT_Num"),), ("CT_No",)),
        "F_LIVRAISON": Children("F_LIVRAISON", (("CT_Num", "CT_Num"),), ("LI_No",)),
    },
}
"""Table → a field of type ``lines`` that it has, by the name of the lines' own table."""

CODES = frozenset(
    column for relations in RELATIONS.values() for column in relations if not column.endswith("_No")
) - {"DO_Piece"}
"""Columns of codes that point somewhere: the base takes c0001 and C0001 for the same, and so do we."""


def code(text: str) -> str:
    """A code as the hub knows it, whatever case and blanks somebody typed it in."""
    return text.strip().upper()
