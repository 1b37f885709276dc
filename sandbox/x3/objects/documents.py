"""Sales invoices (SIH), customers' accounting invoices (BIC) and payments (PAY)."""

from __future__ import annotations

from sandbox.x3.schema import Block, Menu, Shape, char, date, decimal, menu

PRICES = Menu(209, ("HT", "TTC"))
STATE = Menu(207, ("Non validée", "Calculée", "Validée"))

SIH = Shape(
    "SIH", "Facture", "NUM",
    (
        Block("SIH0_1", (
            char("SALFCY", 5, "Site vente", required=True, table="sites"),
            char("SIVTYP", 5, "Type facture", required=True, table="invoice types"),
            char("NUM", 20, "N° facture", upper=True),
            char("INVREF", 50, "Référence"),
            date("INVDAT", "Date facture", required=True),
            char("BPCINV", 15, "Client facturé", required=True, table="BPC", upper=True),
            char("BPINAM", 35, "Raison sociale", computed=True),
            char("CUR", 3, "Devise", table="currencies", default="EUR"),
            menu("INVSTA", STATE, "Etat"),
        )),
        Block("SIH1_4", (date("PERDEB", "Début période"), date("PERFIN", "Fin période"))),
        Block("SIH1_5", (char("VACBPR", 5, "Régime taxe", table="tax rules"),
                         menu("PRITYP", PRICES, "Type prix"))),
        Block("SIH1_7", (menu("STOMVTFLG", title="Mouvements stock"),)),
        Block("SIH2_2", (date("STRDUDDAT", "Départ échéance"),
                         char("PTE", 15, "Condition paiement", table="terms"),
                         char("PAYBAN", 5, "Banque paiement"))),
        Block("SIH2_3", (char("DES", 30, "Commentaires", size=3),)),
        Block("SIH4_1", (
            char("ITMREF", 20, "Article", required=True, table="ITM", upper=True),
            char("ITMDES", 30, "Désignation"),
            char("ITMDES1", 30, "Désignation standard", computed=True),
            char("SAU", 3, "Unité vente", table="units", default="UN"),
            decimal("QTY", "Quantité", required=True),
            char("STU", 3, "Unité stock", table="units", default="UN"),
            decimal("GROPRI", "Prix brut"),
            decimal("DISCRGVAL1", "Remise 1"), decimal("DISCRGVAL2", "Remise 2"),
            decimal("DISCRGVAL3", "Remise 3"), decimal("DISCRGVAL4", "Remise 4"),
            decimal("DISCRGVAL5", "Remise 5"), decimal("DISCRGVAL6", "Remise 6"),
            decimal("NETPRI", "Prix net", computed=True),
            decimal("AMTNOTLIN", "Montant HT", computed=True),
            char("VACITM1", 5, "Niveau taxe 1", table="tax levels"),
            char("VACITM2", 5, "Niveau taxe 2", table="tax levels"),
            char("VACITM3", 5, "Niveau taxe 3", table="tax levels"),
            char("CCE1", 15, "Section 1"), char("CCE2", 15, "Section 2"), char("CCE3", 15, "Section 3"),
        ), dim=300),
        Block("SIH4_3", (decimal("INVNOT", "Total HT", computed=True),
                         decimal("INVATI", "Total TTC", computed=True))),
        Block("SIHV_2", (char("XVTAX", 5, "Taxe", computed=True), decimal("XVRAT", "Taux", computed=True),
                         decimal("XVNOT", "Base", computed=True),
                         decimal("XVAMT", "Montant taxe", computed=True)), dim=20),
    ),
    listed=("NUM", "SIVTYP", "INVDAT", "BPCINV", "INVREF", "INVNOT", "INVATI"),
    indexed=("INVREF", "BPCINV"), number="{SIVTYP}-{month}-{count:05d}",
)  # fmt: skip

BIC = Shape(
    "BIC", "Facture tiers client", "NUM",
    (
        Block("BIC0_1", (
            char("SIVTYP", 5, "Type facture", required=True, table="invoice types"),
            char("NUM", 20, "N° pièce", upper=True),
            char("FCY", 5, "Site", required=True, table="sites"),
            char("BPR", 15, "Client", required=True, table="BPC", upper=True),
            char("BPRNAM", 35, "Raison sociale", computed=True),
            date("ACCDAT", "Date comptable", required=True),
            char("BPRVCR", 30, "Document origine"),
            char("CUR", 3, "Devise", table="currencies", default="EUR"),
        )),
        Block("BIC1_1", (char("PTE", 15, "Condition paiement", table="terms"),
                         date("STRDUDDAT", "Départ échéance"),
                         char("DES", 30, "Commentaires", size=3))),
        Block("BIC3_1", (
            char("ACC1", 12, "Compte", required=True, table="accounts"),
            decimal("AMTNOTLIN", "Montant HT", required=True),
            char("DES", 30, "Libellé"),
            char("VAT", 5, "Taxe", table="tax levels"),
            char("CCE1", 15, "Section 1"), char("CCE2", 15, "Section 2"), char("CCE3", 15, "Section 3"),
        ), dim=200),
        Block("BIC4_1", (decimal("AMTNOT", "Total HT", computed=True),
                         decimal("AMTTAX", "Total taxe", computed=True),
                         decimal("AMTATI", "Total TTC", computed=True))),
    ),
    listed=("NUM", "SIVTYP", "ACCDAT", "BPR", "BPRVCR", "AMTATI"), indexed=("BPRVCR", "BPR"),
    number="{SIVTYP}-{month}-{count:05d}",
)  # fmt: skip

PAY = Shape(
    "PAY", "Règlement", "NUM",
    (
        Block("PAY0_1", (char("NUM", 20, "N° règlement", upper=True),)),
        Block("PAY1_1", (
            char("FCY", 5, "Site", required=True, table="sites"),
            char("ACC", 12, "Compte collectif", table="accounts"),
            char("BPAINV", 15, "Tiers", required=True, table="third parties", upper=True),
            date("ACCDAT", "Date comptable", required=True),
            char("REF", 30, "Référence"),
            char("DES", 30, "Libellé"),
            char("BAN", 5, "Banque", table="banks"),
            char("CUR", 3, "Devise", table="currencies", default="EUR"),
            decimal("AMTCUR", "Montant", required=True),
            char("CHQNUM", 20, "N° chèque"),
        )),
        Block("PAY1_4", (
            char("DENCOD", 5, "Attribution", table="payment attributions"),
            char("VCRNUM", 20, "Pièce", upper=True),
            decimal("AMTLIN", "Montant"),
            char("CCE1", 15, "Section 1"),
        ), dim=100),
    ),
    listed=("NUM", "ACCDAT", "BPAINV", "REF", "AMTCUR"), indexed=("REF", "BPAINV"),
    number="REC-{month}-{count:05d}",
)  # fmt: skip
