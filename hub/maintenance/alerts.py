"""What a person should hear of about contracts, visits and documents, and in what words. Pure.

| kind | its reason |
|---|---|
| ending | a contract ends within `ending_days`, and says nothing of what comes after |
| overdue | the day of a visit went by `overdue_days` ago, and it is neither done nor cancelled |
| unplanned | a visit is due within `unplanned_days` and nobody confirmed it; or no day can be found for it |
| no_customer | a contract is running and nobody knows whose it is |
| amounts | two systems say different amounts of one contract |
| unreadable | a document, or a value in it, could not be read |
| to_confirm | an intervention that was read out of a form waits for a person's word |

Promises: an alert's `key` names its kind, what it is about and the occasion, so that one occasion is one
alert: a contract whose end moves to another day is another occasion. Never: looks at a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

KINDS: Final = ("ending", "overdue", "unplanned", "no_customer", "amounts", "unreadable", "to_confirm")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many days before or after; 0 for no such alert (`overdue`: on the next day)."""

    ending: int
    overdue: int
    unplanned: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell. `customer`, `contract`, `visit` are golden ids; `day` is when to act."""

    kind: str
    key: str
    title: str
    details: str
    day: date
    customer: str | None = None
    contract: str | None = None
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class ContractSeen:
    """A running contract: its golden id, what it is called, whose it is and when it ends, if ever."""

    id: str
    name: str
    customer: str | None
    customer_name: str
    ends_on: date | None
    renewal: str | None = None


@dataclass(frozen=True, slots=True)
class VisitSeen:
    """A visit that is neither done nor cancelled. `id` is its row, `golden` what other systems know it by."""

    id: str
    golden: str | None
    title: str
    contract: str
    customer: str | None
    day: date
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Unplannable:
    """A visit that is due and has no day it could be on. `occasion` tells it from others of the contract."""

    contract: str
    occasion: str
    why: str
    due: date


@dataclass(frozen=True, slots=True)
class Apart:
    """A contract's amount, as its systems say it: (system, amount) each."""

    contract: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """What was set aside of a document: its system, record and place, and why, with the sentence."""

    system: str
    record: str
    field: str
    place: str
    reason: str
    todo: str
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An intervention that waits for a person's word."""

    id: str
    name: str
    customer: str | None
    contract: str | None
    visit: str | None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that alerts are made of, as it is now."""

    contracts: Mapping[str, ContractSeen]
    visits: Sequence[VisitSeen] = ()
    unplannable: Sequence[Unplannable] = ()
    amounts: Sequence[Apart] = ()
    unread: Sequence[Unread] = ()
    unconfirmed: Sequence[Unconfirmed] = ()


def alerts(now: Situation, today: date, limits: Limits) -> dict[str, Alert]:
    """Everything there is to tell today, by its key."""
    found = [
        *_contracts(now.contracts.values(), today, limits),
        *_visits(now, today, limits),
        *_unplannable(now, today),
        *_amounts(now, today),
        *_unread(now, today),
        *_unconfirmed(now.unconfirmed, today),
    ]
    return {alert.key: alert for alert in found}


def _contracts(contracts: Iterable[ContractSeen], today: date, limits: Limits) -> Iterator[Alert]:
    for one in contracts:
        soon = limits.ending and one.ends_on is not None and one.ends_on <= today + timedelta(limits.ending)
        if soon and one.ends_on is not None and one.renewal != "tacit":
            passed = one.ends_on < today
            title = f"Contrat {one.name} : {'échu' if passed else 'se termine'} le {_day(one.ends_on)}"
            details = f"Client : {one.customer_name or 'inconnu'}. À renouveler ou à clore."
            key = f"ending:{one.id}:{one.ends_on}"
            yield Alert("ending", key, title, details, max(today, one.ends_on), one.customer, one.id)
        if one.customer is None:
            title = f"Contrat {one.name} : sans client"
            details = "Le contrat ne nomme aucun client que l'on connaisse. À compléter."
            yield Alert("no_customer", f"no_customer:{one.id}", title, details, today, None, one.id)


def _visits(now: Situation, today: date, limits: Limits) -> Iterator[Alert]:
    for one in now.visits:
        contract = now.contracts.get(one.contract)
        about = f"{one.title} (prévue le {_day(one.day)})"
        whose = one.customer or (contract.customer if contract else None)
        late = (today - one.day).days
        if late > limits.overdue:
            details = "Son jour est passé ; elle n'est ni faite ni annulée. À faire, à déplacer ou à annuler."
            key = f"overdue:{one.id}:{one.day}"
            title = f"En retard : {about}"
            yield Alert("overdue", key, title, details, today, whose, one.contract, one.golden)
        elif limits.unplanned and not one.confirmed and one.day <= today + timedelta(limits.unplanned):
            details = "Personne ne l'a confirmée : convenir d'une date avec le client."
            key = f"unplanned:{one.id}"
            title, due = f"À planifier : {about}", max(today, one.day)
            yield Alert("unplanned", key, title, details, due, whose, one.contract, one.golden)


def _unplannable(now: Situation, today: date) -> Iterator[Alert]:
    for one in now.unplannable:
        contract = now.contracts.get(one.contract)
        if contract is None:
            continue
        key = f"unplanned:{one.contract}:{one.occasion}"
        title = f"Contrat {contract.name} : visite sans date possible"
        yield Alert("unplanned", key, title, one.why, max(today, one.due), contract.customer, contract.id)


def _amounts(now: Situation, today: date) -> Iterator[Alert]:
    for one in now.amounts:
        contract = now.contracts.get(one.contract)
        if contract is None:
            continue
        said = " ; ".join(f"{system} : {amount} €" for system, amount in one.said)
        title = f"Contrat {contract.name} : montants différents"
        details = f"{said}. Corriger l'un des deux, ou répondre par `hub conflicts`."
        key = f"amounts:{one.contract}:{_short([part for pair in one.said for part in pair])}"
        yield Alert("amounts", key, title, details, today, contract.customer, contract.id)


def _unread(now: Situation, today: date) -> Iterator[Alert]:
    for one in now.unread:
        contract = now.contracts.get(one.contract or "")
        where = one.place or one.record
        key = f"unreadable:{one.system}:{_short([one.record, one.field, one.reason])}"
        title = f"Document à relire : {where}"
        details = "\n".join(part for part in (one.reason, one.todo) if part)
        customer = contract.customer if contract else None
        yield Alert("unreadable", key, title, details, today, customer, contract.id if contract else None)


def _unconfirmed(waiting: Iterable[Unconfirmed], today: date) -> Iterator[Alert]:
    for one in waiting:
        title = f"Intervention {one.name} : à confirmer"
        details = "Lue dans un formulaire déposé ; vérifier les valeurs, puis confirmer."
        yield Alert(
            "to_confirm", f"to_confirm:{one.id}", title, details, today, one.customer, one.contract, one.visit
        )


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _short(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
