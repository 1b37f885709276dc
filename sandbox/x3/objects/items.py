"""Products (ITM)."""

from __future__ import annotations

from sandbox.x3.schema import Block, Menu, Shape, char, decimal, menu

STATUS = Menu(246, ("Actif", "En développement", "En rupture", "Non renouvelé", "Périmé", "Non utilisable"))

ITM = Shape(
    "ITM", "Article", "ITMREF",
    (
        Block("ITM0_1", (
            char("TCLCOD", 5, "Catégorie", required=True, table="item categories"),
            char("ITMREF", 20, "Référence article", upper=True),
            char("DES1AXX", 30, "Désignation 1", required=True),
            char("DES2AXX", 30, "Désignation 2"),
            char("DES3AXX", 30, "Désignation 3"),
            menu("ITMSTA", STATUS, "Statut"),
        )),
        Block("ITM1_1", (char("EANCOD", 20, "Code EAN"), char("SEAKEY", 20, "Clé recherche"),
                         char("TSICOD", 20, "Famille statistique", size=5))),
        Block("ITM1_2", (char("STU", 3, "Unité stock", table="units", default="UN"),
                         char("SAU", 3, "Unité vente", table="units", default="UN"),
                         decimal("ITMWEI", "Poids"))),
        Block("ITM6_1", (char("VACITM", 5, "Niveau taxe", size=3, table="tax levels"),)),
        Block("ITS1_1", (decimal("BASPRI", "Prix de base"),)),
    ),
    listed=("ITMREF", "DES1AXX", "TCLCOD", "EANCOD"), indexed=("EANCOD",), number="",
)  # fmt: skip
