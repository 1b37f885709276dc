"""Customers (BPC) and suppliers (BPS): the third party's own blocks first, what both have beside them."""

from __future__ import annotations

from sandbox.x3.schema import Block, Field, Menu, Shape, char, integer, menu

KINDS = Menu(403, ("Client", "Prospect", "Divers"))
CREDIT = Menu(404, ("Libre", "Contrôlé", "Bloqué"))


def _common(prefix: str) -> tuple[Block, ...]:
    """What a third party is whatever it is to us: names and numbers, and its addresses."""
    return (
        Block("BPRC_1", (
            char("BPRSHO", 10, "Intitulé court"),
            char("BPRLOG", 10, "Sigle"),
            char("BPRNAM", 35, "Raison sociale", required=True, size=2),
            char("CRY", 3, "Pays", table="countries"),
            menu("SUBTOTAX", title="Assujetti taxe"),
            char("LAN", 3, "Langue", table="languages", default="FRA"),
            char("CUR", 3, "Devise", table="currencies", default="EUR"),
            char("CRN", 20, "N° SIRET"),
            char("NAF", 10, "Code NAF"),
            char("EECNUM", 20, "N° identification UE"),
        )),
        Block(f"{prefix}_1", (
            char("CODADR", 5, "Adresse", required=True),
            char("BPADES", 30, "Intitulé"),
            char("BPACRY", 3, "Pays", required=True, table="countries"),
            char("ADDLIG1", 50, "Adresse 1"),
            char("ADDLIG2", 50, "Adresse 2"),
            char("ADDLIG3", 50, "Adresse 3"),
            char("POSCOD", 10, "Code postal"),
            char("CTY", 40, "Ville"),
            char("SAT", 35, "Subdivision géo."),
            char("CRYNAM", 40, "Nom pays", computed=True),
            char("TEL1", 20, "Téléphone"),
            char("TEL2", 20, "Téléphone 2"),
            char("WEB1", 80, "Adresse Internet"),
            char("WEB2", 80, "Adresse Internet 2"),
            char("FCYWEB", 250, "Site web"),
            char("EXTNUM", 30, "Identifiant externe"),
            menu("BPAADDFLG", title="Adresse défaut"),
        ), dim=30),
    )  # fmt: skip


def _code(name: str, title: str) -> Field:
    return char(name, 15, title, upper=True)


BPC = Shape(
    "BPC", "Client", "BPCNUM",
    (
        Block("BPC0_1", (
            char("BCGCOD", 5, "Catégorie", required=True, table="categories"),
            menu("BPCSTA", title="Actif", default="2"),
            _code("BPCNUM", "Client"),
            char("BPCNAM", 35, "Raison sociale", computed=True),
        )),
        *_common("BPAC"),
        Block("BPC1_1", (menu("BPCTYP", KINDS, "Type client"), char("BPCGRU", 15, "Client groupe"),
                         char("BPCRSK", 15, "Client risque"))),
        Block("BPC1_3", (char("REP", 15, "Représentant", size=3),)),
        Block("BPC2_1", (menu("OSTCTL", CREDIT, "Contrôle encours"), integer("WOSTAUZ", "Encours autorisé"))),
        Block("BPC3_1", (char("BPAINV", 5, "Adresse facturation"), char("BPAPYR", 5, "Adresse payeur"),
                         _code("BPCINV", "Client facturé"), _code("BPCPYR", "Tiers payeur"))),
        Block("BPC3_2", (char("VACBPR", 5, "Régime taxe", table="tax rules"),
                         char("ACCCOD", 10, "Code comptable"))),
        Block("BPC3_3", (char("PTE", 15, "Condition paiement", table="terms"),
                         char("DEP", 5, "Escompte/Agio"), char("PAYBAN", 5, "Banque paiement"))),
        Block("BPC4_1", (char("BPAADD", 5, "Adresse livraison"),
                         menu("BPDADDFLG", title="Adresse défaut")), dim=30),
    ),
    listed=("BPCNUM", "BPCNAM", "CRN", "CRY"), indexed=("CRN",), number="C{count:05d}",
)  # fmt: skip

BPS = Shape(
    "BPS", "Fournisseur", "BPSNUM",
    (
        Block("BPS0_1", (
            char("BSGCOD", 5, "Catégorie", required=True, table="categories"),
            menu("BPSSTA", title="Actif", default="2"),
            _code("BPSNUM", "Fournisseur"),
            char("BPSNAM", 35, "Raison sociale", computed=True),
        )),
        *_common("BPAS"),
        Block("BPS3_2", (char("VACBPR", 5, "Régime taxe", table="tax rules"),
                         char("ACCCOD", 10, "Code comptable"))),
        Block("BPS3_3", (char("PTE", 15, "Condition paiement", table="terms"),
                         char("PAYBAN", 5, "Banque paiement"))),
    ),
    listed=("BPSNUM", "BPSNAM", "CRN", "CRY"), indexed=("CRN",), number="F{count:05d}",
)  # fmt: skip
