"""The customers themselves: who they are, one after the other, from a seed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.company.words import (
    FIRST_NAMES,
    FORMS,
    FUNCTIONS,
    HOME,
    INVENTED,
    PREFIXES,
    PUBLIC,
    RESIDENCES,
    SECOND_LINES,
    TOWNS,
    TRADES,
    WAYS,
    ZONES,
)

MOST = 100_000
SEED = 2026


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a customer's. `phone` is E.164."""

    name: str
    function: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, everything well written. `phone` is E.164 (``+33476…``); `number` counts from 1.

    `street2` and `email` may be empty.
    """

    number: int
    name: str
    siret: str
    vat: str
    phone: str
    email: str
    street: str
    street2: str
    zip: str
    city: str
    country: str
    tags: tuple[str, ...]
    contacts: tuple[Contact, ...]

    @property
    def code(self) -> str:
        """The office's number for it, ``C00042``."""
        return f"C{self.number:05}"


def customers(count: int = 300, seed: int = SEED) -> Iterator[Customer]:
    """The first `count` customers (at most 100,000), each with a name of its own."""
    if not 0 <= count <= MOST:
        raise ValueError(f"there are at most {MOST} customers, not {count}")
    taken: set[str] = set()
    for number in range(1, count + 1):
        yield _customer(number, seed, taken)


def _customer(number: int, seed: int, taken: set[str]) -> Customer:
    dice = random.Random(f"{seed}:{number}")
    city, zip = TOWNS[dice.randrange(HOME) if dice.random() < 0.8 else dice.randrange(len(TOWNS))]
    name, slug, tag = _unused(dice, city, taken)
    siren = _siren(number, seed)
    domain = f"{slug}-{plain(city)}.example.{'com' if dice.random() < 0.3 else 'fr'}"
    return Customer(
        number=number,
        name=name,
        siret=with_luhn(f"{siren}{'0001' if dice.random() < 0.8 else '0002'}"),
        vat=f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}",
        phone=_phone(zip, number, seed),
        email=f"contact.{number}@{domain}" if dice.random() < 0.92 else "",
        street=f"{dice.randrange(1, 120)} {dice.choice(WAYS)}",
        street2=dice.choice(SECOND_LINES) if dice.random() < 0.12 else "",
        zip=zip,
        city=city,
        country="FR",
        tags=(tag,) if dice.random() < 0.7 else (tag, "Contrat de maintenance"),
        contacts=tuple(
            _contact(dice, number, place, domain) for place in range(dice.choice((0, 1, 1, 1, 2)))
        ),
    )


def _unused(dice: random.Random, city: str, taken: set[str]) -> tuple[str, str, str]:
    """A name nobody before has, its form for an e-mail address, and what kind of customer it is."""
    for _ in range(12):
        name, slug, tag = _named(dice, city)
        if name not in taken:
            break
    else:
        place = 2
        while f"{name} {place}" in taken:
            place += dice.randrange(1, 50)
        name = f"{name} {place}"
    taken.add(name)
    return name, slug, tag


def _named(dice: random.Random, city: str) -> tuple[str, str, str]:
    kind = dice.random()
    if kind < 0.5:
        trade, slug = dice.choice(TRADES)
        invented = dice.choice(INVENTED)
        return f"{dice.choice(FORMS)} {trade} {invented}", f"{slug}-{plain(invented)}", "Entreprise"
    if kind < 0.75:
        residence = dice.choice(RESIDENCES)
        return f"Copropriété {residence} {city}", f"copro-{plain(residence)}", "Copropriété"
    if kind < 0.9:
        what, slug = dice.choice(PUBLIC)
        return f"{what} {of(city)}", slug, "Collectivité"
    invented = dice.choice(INVENTED)
    return f"SCI {invented} {city}", f"sci-{plain(invented)}", "Bailleur"


def _contact(dice: random.Random, number: int, place: int, domain: str) -> Contact:
    first, last = dice.choice(FIRST_NAMES), dice.choice(INVENTED)
    mobile = (number * 3 + place * 5003) % 10_000
    return Contact(
        name=f"{first} {last}",
        function=dice.choice(FUNCTIONS),
        phone=f"+3363998{mobile:04}",
        email=f"{plain(first)}.{plain(last)}@{domain}",
    )


def _phone(zip: str, number: int, seed: int) -> str:
    prefix = PREFIXES[ZONES.get(zip[:2], "4")].replace(" ", "")
    return f"+33{prefix}{(number * 7919 + seed) % 10_000:04}"


def _siren(number: int, seed: int) -> str:
    """Nine digits, different for each of 100,000 numbers."""
    return with_luhn(f"999{(number * 61_987 + seed) % MOST:05}")


def with_luhn(digits: str) -> str:
    """The digits and the one that makes their Luhn sum right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{digits}{-total % 10}"


def of(town: str) -> str:
    """``de Vif``, ``d'Annecy``, ``du Pont-de-Claix``."""
    if town.startswith("Le "):
        return f"du {town[3:]}"
    return f"d'{town}" if plain(town)[0] in "aeiouyh" else f"de {town}"


def plain(text: str) -> str:
    """Lower case, no accents, words joined by hyphens."""
    bare = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in bare).split())
