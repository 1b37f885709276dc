"""A company one of whose writes Odoo refuses, and what its tests ask about it."""

from __future__ import annotations

from collections.abc import Mapping

from hub.ports import Native
from hub.store import listing
from hub.store.listing import DeadLetter
from tests.engine.conftest import SIRETS, Company


def no_mars(values: Mapping[str, Native]) -> str | None:
    """What Odoo says to a city that is none."""
    return "Il n'y a pas de ville Mars" if values.get("city") == "Mars" else None


def the_letter(company: Company) -> DeadLetter:
    (letter,) = company.dead_letters()
    return letter


def discarded(company: Company) -> list[DeadLetter]:
    with company.store.reading() as connection:
        return listing.dead_letters(connection, states=("discarded",))


def tries(company: Company) -> int:
    return company.odoo.calls["write"]


def with_a_refusal(company: Company) -> Company:
    """Two customers everywhere; the city of the first became one that Odoo refuses."""
    company.odoo["partner"].add({"name": "Garage Dupont", "siret": SIRETS[0], "city": "Arles"})
    company.odoo["partner"].add({"name": "Mairie de Vif", "siret": SIRETS[1], "city": "Vif"})
    company.sync()
    company.odoo.refuse = no_mars
    company.book["Clients"].set("C001", {"Ville": "Mars"})
    company.book["Clients"].set("C002", {"Ville": "Nîmes"})
    company.sync()
    return company
