"""What a heading or a label means, in French and English words: "Raison sociale" is a company's name.

A heading means one or more *concepts*; which field that is depends on the kind of record (`entities`). A
heading that is exactly one of the usual words is believed more than one that only contains it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from hub.values import folded

EXACT, CONTAINED, MISTYPED = 0.93, 0.75, 0.7

_TABLE = """
company: raison sociale|societe|entreprise|denomination|denomination sociale|nom de la societe|nom societe
company: nom entreprise|nom de l entreprise|nom du client|nom client|etablissement|enseigne|intitule
company: organisme
company: company|company name|customer name|client name|business name|nom ou raison sociale
company: nom raison sociale
company: nom de l etablissement|nom etablissement|client raison sociale|account name|organization
company: organisation
customer: client|customer|clients|nom du site|site client|le client|souscripteur|abonne|account
name: nom|name|nom complet|full name|nom prenom|nom et prenom|nom de famille|last name|surname
first_name: prenom|first name|given name
civility: civilite|titre de civilite|m mme
contact: contact|interlocuteur|nom du contact|personne a contacter|responsable|correspondant|contact name
function: fonction|job title|qualite|poste occupe|role|metier
customer_number: no client|code client|ref client|reference client|id client|compte client|compte
customer_number: customer no
customer_number: customer id|client id|code tiers|no compte|customer number|no de client|no du client
customer_number: matricule
customer_number: no tiers|compte tiers|customer code|no adherent|client no
number: no|code|id|identifiant|ref|reference|no d ordre|number|key|cle|no dossier|dossier|no de dossier
contract_number: no contrat|no de contrat|contrat no|ref contrat|no sav|contract no|contract number
contract_number: contract id
contract_number: code contrat|reference contrat|reference du contrat|id contrat|no du contrat|contrat n
contact_number: no contact|id contact|code contact|contact id|no de contact
siret: siret|no siret|no de siret|siret no|code siret|siret client|siret du client|siret number
siren: siren|no siren|no de siren|siren no|rcs|siren number
vat: tva|no tva|tva intracommunautaire|tva intracom|tva intra|vat|vat number|no tva intracommunautaire
vat: no de tva
vat: no tva intra|tva intracomm|code tva|vat no|vat id
iban: iban|rib|compte bancaire|coordonnees bancaires|iban client|no iban
phone: tel|telephone|tel fixe|telephone fixe|tel bureau|phone|telephone number|no tel|no de telephone
phone: standard
phone: fixe|tel 1|telephone 1|phone number|tel client|tel du client|ligne directe|no de tel
phone: telephone bureau|tph
mobile: portable|mobile|tel portable|gsm|tel mobile|telephone portable|telephone mobile|cell|cell phone
mobile: tel 2
mobile: mobile phone|telephone 2|no portable
fax: fax|telecopie|no fax|telecopieur
email: email|e mail|mail|courriel|adresse mail|adresse e mail|adresse email|adresse electronique|mel
email: e mail 1
email: email address|e mail address|messagerie|mail client|adresse courriel
website: site|site web|site internet|web|url|website|page web
street: adresse|rue|voie|adresse 1|adresse postale|street|address|adresse ligne 1|no et rue
street: adresse du client
street: adresse client|street address|address 1|address line 1|adresse d intervention|lieu d intervention
street2: adresse 2|complement|complement d adresse|complement adresse|batiment|street 2|address 2
street2: address line 2
zip: cp|code postal|c p|postal code|zip|zip code|postcode|post code|code p
city: ville|commune|localite|city|town|ville client|bureau distributeur
zip_city: cp ville|code postal ville|code postal et ville|cp et ville|cp commune
country: pays|country|code pays|country code
start_date: date debut|date de debut|debut|debut contrat|date d effet|prise d effet|date de signature
start_date: start date
start_date: date contrat|date du contrat|start|depuis le|effet|a compter du|date debut contrat|signe le
start_date: effet le
start_date: date de prise d effet|debut du contrat|date d entree|date de debut du contrat|date signature
end_date: date de fin|fin|date fin|echeance|date d echeance|fin de contrat|end date|expiration|terme
end_date: fin contrat
end_date: date d expiration|expire le|jusqu au|fin du contrat|date echeance|date fin contrat|end|expiry date
date: date|jour|date de visite|date rdv|date visite|date intervention|le|date du rdv|date prevue|day
date: date d intervention
start_time: heure debut|heure|h debut|de|debut rdv|heure de debut|heure rdv|start time|horaire
end_time: heure fin|h fin|a|heure de fin|end time
duration: duree|duree du contrat|duree contrat|term|contract term|engagement|duree d engagement
hours: duree visite|temps|temps prevu|heures|hours|duree intervention|nb heures|duree de la visite
hours: temps passe
hours: nombre d heures|duree rdv
periodicity: periodicite|frequence|visites par an|nb visites|nombre de visites|nb visites an|passages|rythme
periodicity: nombre de passages|frequency|visits per year|nb de visites|periodicite des visites
periodicity: nb passages|visites an
periodicity: nombre de visites par an|frequence des visites|visites|entretiens par an|recurrence
renewal: reconduction|renouvellement|tacite reconduction|renewal|mode de reconduction
amount: montant|montant ht|montant annuel|montant annuel ht|prix ht|redevance|total ht|prix annuel|amount|ht
amount: forfait|montant du contrat|redevance annuelle|montant contrat|montant ht annuel|prix du contrat
amount: total
amount: redevance annuelle ht|prix annuel ht|montant contrat ht|montant hors taxes
amount_tax: montant ttc|ttc|prix ttc|total ttc|montant annuel ttc
price: prix|prix de vente|pu|prix unitaire|pu ht|prix unitaire ht|tarif|unit price|price|pv ht
price: prix vente|tarif ht
cost: prix d achat|pa ht|prix achat|cout|cost|pa
stock: stock|qte stock|quantite en stock|quantity|qte|quantite|en stock
unit: unite|unit|u
designation: designation|libelle|article|produit|description|product|item|nom du produit|product name
designation: libelle article
reference: ref article|code article|sku|reference article|ref produit|product code|part number
reference: reference produit
technician: technicien|intervenant|tech|affecte a|technician|assigned to|monteur|ouvrier|equipe
state: statut|etat|status|situation|state|avancement|etat du contrat|statut du contrat
notes: notes|remarques|observations|commentaire|commentaires|remarque|note|comments|obs|observation
notes: divers|info
months_off: mois exclus|mois sans visite|fermeture|mois de fermeture
title: objet|titre|sujet|title|subject|type de contrat|nature|type|intitule du contrat|prestation
supplier: fournisseur|supplier|vendor|nom du fournisseur|fabricant
"""

_SHEETS = {
    "customer": "client clients customer customers clientele prospects",
    "supplier": "fournisseur fournisseurs supplier suppliers vendors",
    "contact": "contact contacts interlocuteurs correspondants",
    "contract": "contrat contrats contract contracts maintenance entretiens abonnements",
    "visit": "planning visites visite agenda rdv appointments interventions tournees calendrier schedule",
    "product": "article articles produit produits product products stock catalogue tarif tarifs inventory",
}
"""Words in the name of a sheet or file, by the kind of record they promise."""

_NUMBER = re.compile(r"\b(?:n|nr|num|numero|nos|numeros|numéro)\b")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing a heading may mean, and how sure that is from its words alone."""

    concept: str
    weight: float


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """A heading as the table has it: folded, `N°` and its like as `no`."""
    words = _NUMBER.sub("no", folded(text.replace("°", " ").replace("º", " ")))
    return " ".join(words.split())


@lru_cache(maxsize=8192)
def meanings(heading: str) -> tuple[Meaning, ...]:
    """What a heading may mean, the surest first; nothing where no usual word is in it."""
    text = normal(heading)
    if not text:
        return ()
    table = _concepts()
    if text in table:
        return tuple(Meaning(concept, EXACT) for concept in table[text])
    found: dict[str, float] = {}
    padded = f" {text} "
    inside = [words for words in table if len(words) > 2 and f" {words} " in padded]
    for words in sorted(inside, key=len, reverse=True):
        if any(words != other and f" {words} " in f" {other} " for other in inside):
            continue
        share = len(words.split()) / len(text.split())
        for concept in table[words]:
            found.setdefault(concept, CONTAINED * (0.6 + 0.4 * share))
    if not found and len(text) > 4:
        for words in difflib.get_close_matches(text, _long_words(), n=1, cutoff=0.85):
            for concept in table[words]:
                found.setdefault(concept, MISTYPED)
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return tuple(Meaning(concept, weight) for concept, weight in ordered)


def promised(names: Sequence[str]) -> dict[str, float]:
    """Kinds of record that the names of a sheet and its file promise, with how much."""
    found: dict[str, float] = {}
    for place, name in enumerate(names):
        words = set(normal(name).split())
        for entity, known in _SHEETS.items():
            if words & set(known.split()):
                found[entity] = max(found.get(entity, 0.0), 4.0 if place == 0 else 1.5)
    return found


def slug(text: str, taken: Sequence[str] = ()) -> str:
    """A name a field may have, made of any text: small letters, digits and `_`, none that is `taken`."""
    plain = re.sub(r"[^a-z0-9]+", "_", folded(text)).strip("_")[:40].strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"column_{plain}".rstrip("_")
    if plain in ("default", "id", "ref"):
        plain += "_value"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _TABLE.strip().splitlines():
        concept, _, words = line.partition(": ")
        for word in words.split("|"):
            if concept not in found.get(word, ()):
                found[word] = (*found.get(word, ()), concept)
    return found


@cache
def _long_words() -> tuple[str, ...]:
    return tuple(words for words in _concepts() if len(words) > 4)
