"""Which kind of record a sheet lists, by the meanings found on it; and the fields each kind has.

The names of fields are those of the mappings that ship, so that a draft fits beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.learning.headings import promised


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of one kind of record: its name, and the types its values may have, the usual one first."""

    name: str
    types: tuple[str, ...]


KEY = "key"
"""Not a field: what tells the rows apart."""

_COMMON = """
siret siret siret | siren siren siren | vat vat vat | iban iban iban | phone phone phone
mobile mobile phone | email email email | street street text | street2 street2 text | zip zip postcode
city city text | country country country | website website text | notes notes text | fax fax phone
"""
_FIELDS = {
    "customer": """
        company name text | customer name text | name name text | contact contact_name text
        first_name contact_first_name text | function contact_function text
        customer_number key text | number key text | supplier name text
    """,
    "supplier": """
        supplier name text | company name text | name name text | customer name text
        contact contact_name text | customer_number key text | number key text
    """,
    "contact": """
        contact name text | name name text | first_name first_name text | function function text
        company company text | customer company text | customer_number customer ref
        contact_number key text | number key text | title function text
    """,
    "contract": """
        contract_number number text | number number text | title title text | designation title text
        customer_number customer ref | customer customer_name text | company customer_name text
        city town text | start_date starts_on date | date starts_on date | end_date ends_on date
        duration duration duration | renewal renewal choice,boolean | periodicity periodicity periodicity
        months_off months_off list | hours hours number,integer | amount amount money | price amount money
        amount_tax amount_with_tax money | state state choice | technician technician text
    """,
    "visit": """
        number number text | title title text | contract_number contract ref | customer_number customer ref
        customer customer_name text | company customer_name text | date date date,datetime
        start_date date date,datetime | start_time start datetime | end_time end datetime
        end_date end datetime | hours hours number,integer | duration hours number,integer
        city town text | technician technician text | state state choice
    """,
    "product": """
        designation name text | name name text | title category text | reference reference text
        number reference text | price price money | amount price money | cost cost money
        stock stock integer,number | unit unit text | supplier supplier_name text | company supplier_name text
    """,
}
_WEIGHTS = {
    "customer": "company 2 customer 1.5 siret 2.5 siren 1.5 vat 1.5 street 1.2 zip 1 city 0.8 phone 0.8"
    " email 0.8 country 0.5 customer_number 2 name 0.7 number 0.3 contact 0.6 mobile 0.4",
    "supplier": "supplier 4 company 1 siret 1.5 street 1 zip 0.7 city 0.6 phone 0.6 email 0.6",
    "contact": "first_name 3 function 3 contact 1.2 contact_number 4 name 1.2 phone 0.7 email 0.7 mobile 0.8"
    " civility 1.5 company 0.6 customer 0.6 customer_number 0.4",
    "contract": "contract_number 3.5 start_date 2.2 end_date 2.4 duration 2 periodicity 3 renewal 2.5"
    " amount 1.5 months_off 2 customer 0.6 company 0.6 hours 0.6 number 0.3",
    "visit": "date 2.2 start_time 2.5 end_time 2 technician 3 hours 1.5 state 0.8 customer 0.7 city 0.4"
    " title 0.5 contract_number 0.8 company 0.6 notes 0.3",
    "product": "designation 3 reference 2.5 price 2.5 stock 2.5 unit 1.5 cost 2 title 0.4 supplier 0.5",
}
LEAST = 2.0
"""How much must be found for a sheet to be a list of a known kind."""

STATES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("contract", "state"): {
        "running": "en cours|actif|active|valide|oui|ouvert|running|vigueur|en vigueur|signe",
        "ended": "resilie|termine|expire|clos|cloture|fini|ended|annule|inactif|echu|non|archive",
    },
    ("contract", "renewal"): {
        "tacit": "tacite|tacite reconduction|automatique|oui|par tacite reconduction",
        "express": "expresse|express|sur demande|explicite",
        "none": "aucune|non|sans|sans reconduction|none",
    },
    ("visit", "state"): {
        "planned": "prevu|prevue|planifie|planifiee|a faire|a planifier|a venir|planned",
        "confirmed": "confirme|confirmee|valide|ok|confirmed",
        "done": "fait|faite|effectue|effectuee|realise|realisee|termine|terminee|done",
        "cancelled": "annule|annulee|reporte|reportee|cancelled|non fait",
    },
}
"""Words people write for the codes of a choice that the shipped mappings have."""


def fields_of(entity: str) -> Mapping[str, FieldOf]:
    """Concept to field, for a kind of record; of an unknown kind, what any record may have."""
    found: dict[str, FieldOf] = {}
    for text in (_FIELDS.get(entity, ""), _COMMON):
        for part in text.replace("\n", "|").split("|"):
            if part.strip():
                concept, name, types = part.split()
                found.setdefault(concept, FieldOf(name, tuple(types.split(","))))
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sheet is a list of, how sure that is, and what it was told by."""

    entity: str
    confidence: float
    why: str


def kind_of(concepts: Mapping[str, float], names: Iterable[str]) -> Verdict | None:
    """The kind of record, by concepts found (with how sure each is) and the names of sheet and file."""
    named = promised(list(names))
    scores: dict[str, float] = {}
    for entity, text in _WEIGHTS.items():
        words = text.split()
        weights = dict(zip(words[::2], map(float, words[1::2]), strict=True))
        found = sum(weights.get(concept, 0.0) * sure for concept, sure in concepts.items())
        if entity == "supplier" and "supplier" not in concepts and entity not in named:
            # Everything that a customer has, a supplier has too: only a word tells them apart.
            found = 0.0
        scores[entity] = found + (named.get(entity, 0.0) if found > 0 else 0.0)
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    if scores[best] < LEAST:
        return None
    confidence = min(0.99, scores[best] / (scores[best] + 0.6 * scores[second] + 0.4))
    telling = [c for c in concepts if c in _WEIGHTS[best].split()]
    why = f"{', '.join(sorted(telling)[:6])}".replace("_", " ")
    return Verdict(best, confidence, why + ("; its name says so" if best in named else ""))


def entities() -> tuple[str, ...]:
    """The kinds that are known."""
    return tuple(_FIELDS)
