"""All the objects by code, and the tables of codes their fields must be in."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.x3.objects.documents import BIC, PAY, SIH
from sandbox.x3.objects.items import ITM
from sandbox.x3.objects.partners import BPC, BPS
from sandbox.x3.schema import Shape

SHAPES: Mapping[str, Shape] = {shape.code: shape for shape in (BPC, BPS, ITM, SIH, BIC, PAY)}

COUNTRIES = {
    "FR": "FRANCE", "BE": "BELGIQUE", "CH": "SUISSE", "DE": "ALLEMAGNE", "ES": "ESPAGNE", "IT": "ITALIE",
    "LU": "LUXEMBOURG", "NL": "PAYS-BAS", "PT": "PORTUGAL", "GB": "ROYAUME-UNI", "MC": "MONACO",
    "IE": "IRLANDE", "AT": "AUTRICHE", "PL": "POLOGNE", "US": "ETATS-UNIS", "CA": "CANADA",
}  # fmt: skip


def tables() -> dict[str, dict[str, str]]:
    """The codes of each table with what they stand for; a tax level with its rate. Empty: anything goes."""
    return {
        "accounts": {},
        "banks": {},
        "categories": {"FR": "France", "CEE": "Union européenne", "EXP": "Export", "PART": "Particulier"},
        "countries": dict(COUNTRIES),
        "currencies": {"EUR": "Euro", "USD": "Dollar US", "GBP": "Livre sterling", "CHF": "Franc suisse"},
        "invoice types": {"FAC": "Facture", "AVC": "Avoir client", "AVO": "Avoir"},
        "item categories": {"PF": "Produit fini", "MARCH": "Marchandise", "SERV": "Service"},
        "languages": {"FRA": "Français", "ENG": "Anglais", "BRI": "Anglais UK", "GER": "Allemand"},
        "payment attributions": {"FAC": "Facture", "ACO": "Acompte", "ECA": "Ecart de règlement"},
        "sites": {"FR011": "Siège", "FR012": "Agence"},
        "tax levels": {"NOR": "20", "INT": "10", "RED": "5.5", "SRE": "2.1", "EXO": "0"},
        "tax rules": {"FRA": "France", "CEE": "Union européenne", "EXP": "Export", "EXO": "Exonéré"},
        "terms": {"COMPT": "Comptant", "CH30J": "Chèque à 30 jours", "CPT": "Comptant", "30J": "30 jours",
                  "30FDM": "30 jours fin de mois", "45FDM": "45 jours fin de mois", "60J": "60 jours"},
        "units": {"UN": "Unité", "H": "Heure", "KG": "Kilo", "M": "Mètre", "L": "Litre"},
    }  # fmt: skip
