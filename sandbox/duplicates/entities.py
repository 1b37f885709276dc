"""The world as it is, before anyone typed it: companies with their sites, people with their households.

Rates are parameters of the world, not of the noise: one company in twelve has further sites (same SIREN and
name, another SIRET and address); one person in five shares home, telephone and surname with another; one
household in
a hundred has a father and a son of one name; companies of one name exist; one accountant's e-mail is
that of forty customers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from sandbox.company.customers import with_luhn
from sandbox.company.words import TOWNS
from sandbox.duplicates.words import FORMS, TRADES, family, given, invented, way

SITES, HOUSEHOLD, SAME_NAME, NAMESAKE = 1 / 12, 0.2, 0.02, 0.01
ACCOUNTANT_FOR = 40
PHONES = ("199 00", "261 91", "353 01", "465 71", "536 49", "639 98")
"""The first digits, after +33, of the numbers that are kept for fiction."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One company's site, or one person; empty text where it has none."""

    id: str
    company: str = ""
    form: str = ""
    given: str = ""
    family: str = ""
    birth: str = ""
    number: str = ""
    way: str = ""
    postcode: str = ""
    town: str = ""
    phone: str = ""
    email: str = ""
    siret: str = ""


def entities(count: int, seed: int = 7, people: float = 0.4) -> Iterator[Entity]:
    """So many companies' sites and people."""
    dice = Random(seed)
    made = 0
    companies: list[tuple[str, str]] = []
    accountant = f"compta@{_plain(invented(dice))}.example.fr"
    served = 0
    while made < count:
        group = _people(dice, made) if dice.random() < people else _company(dice, made, companies)
        for one in group[: count - made]:
            shared = served < ACCOUNTANT_FOR and one.company and dice.random() < 0.1
            served += bool(shared)
            yield replace(one, email=accountant) if shared else one
            made += 1


def _people(dice: Random, first: int) -> list[Entity]:
    one = replace(_person(dice, first, family(dice)), **_home(dice, first))
    if dice.random() >= HOUSEHOLD / 2:
        return [one]
    other = _person(dice, first + 1, one.family)
    while other.given == one.given:
        other = _person(dice, first + 1, one.family)
    if dice.random() < NAMESAKE:
        own = f"{_plain(one.given)}.{_plain(one.family)}{dice.randint(1, 99)}@example.com"
        other = replace(other, given=one.given, email=own)
    home = {
        "number": one.number,
        "way": one.way,
        "postcode": one.postcode,
        "town": one.town,
        "phone": one.phone,
    }
    return [one, replace(other, **home)]


def _person(dice: Random, number: int, name: str) -> Entity:
    called = given(dice)
    birth = f"{dice.randint(1935, 2004)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    email = f"{_plain(called)}.{_plain(name)}{dice.randint(1, 99)}@example.com"
    return Entity(f"P{number}", given=called, family=name, birth=birth, email=email)


def _company(dice: Random, first: int, known: list[tuple[str, str]]) -> list[Entity]:
    if known and dice.random() < SAME_NAME:
        name, form = dice.choice(known)
    else:
        own = family(dice) if dice.random() < 0.5 else invented(dice)
        trade = dice.choice(TRADES)
        name = f"{trade} {own}" if dice.random() < 0.75 else own
        name += dice.choice(("", "", "", " et Fils", " Frères", " Services"))
        form = dice.choice(FORMS)
        if len(known) < 2000:
            known.append((name, form))
    siren = with_luhn(f"9{first:07}")
    sites = dice.randint(2, 4) if dice.random() < SITES else 1
    email = f"{dice.choice(('contact', 'info', 'accueil'))}@{_plain(name)}.example.fr"
    return [
        replace(
            Entity(
                f"C{first + place}",
                company=name,
                form=form,
                email=email,
                siret=with_luhn(f"{siren}{place + 1:04}"),
            ),
            **_home(dice, first + place),
        )
        for place in range(sites)
    ]


def _home(dice: Random, number: int) -> dict[str, str]:
    town, postcode = dice.choice(TOWNS)
    prefix = PHONES[number % len(PHONES)].replace(" ", "")
    return {
        "number": str(min(int(dice.expovariate(1 / 25)) + 1, 300)) + dice.choice(("",) * 12 + (" bis",)),
        "way": way(dice),
        "postcode": postcode,
        "town": town,
        "phone": f"0{prefix}{number // len(PHONES) * 7919 % 10_000:04}"
        if number < 60_000
        else f"+3300{number:08}",
    }


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in folded if letter.isalnum() or letter in "-") or "x"
