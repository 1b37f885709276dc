"""The golden contracts of the settings' entity, and their customers, read out of the hub's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from hub.maintenance.settings import Settings
from hub.maintenance.terms import Terms, read
from hub.model import ARCHIVED
from hub.store import tables as t
from hub.store.repository import among, loads


@dataclass(frozen=True, slots=True)
class Contracts:
    """`terms` by golden id; the names and the towns of their customers by theirs."""

    terms: Mapping[str, Terms]
    customers: Mapping[str, str]
    towns: Mapping[str, str]

    def in_town(self, terms: Terms) -> Terms:
        """A contract that does not say where is where its customer is."""
        town = self.towns.get(terms.customer, "") if terms.customer else ""
        return terms if terms.town or not town else replace(terms, town=town)


@dataclass(frozen=True, slots=True)
class Raw:
    """The golden records of contracts and their customers as they are stored: (id, JSON)."""

    contracts: Sequence[tuple[str, str]]
    customers: Sequence[tuple[str, str]]


def raw_contracts(connection: Connection, settings: Settings, ids: Sequence[str] | None = None) -> Raw:
    """Those of all contracts, or of these golden ids that there are."""
    columns = select(t.golden.c.id, t.golden.c.data).order_by(t.golden.c.id)
    query = columns.where(t.golden.c.entity == settings.contracts)
    if ids is not None:
        query = query.where(among(connection, t.golden.c.id, list(ids)))
    contracts = [(row.id, row.data) for row in connection.execute(query)]
    term = settings.field_of("customer")
    wanted = sorted({str(id) for _, data in contracts if (id := loads(data).get(term))})
    if not wanted:
        return Raw(contracts, [])
    rows = connection.execute(columns.where(among(connection, t.golden.c.id, wanted)))
    return Raw(contracts, [(row.id, row.data) for row in rows])


def contracts_from(raw: Raw, settings: Settings) -> Contracts:
    """What they say."""
    found: dict[str, Terms] = {}
    for id, data in raw.contracts:
        values = loads(data)
        found[id] = read(id, values, settings.field_of, bool(values.get(ARCHIVED)))
    names: dict[str, str] = {}
    towns: dict[str, str] = {}
    for id, data in raw.customers:
        values = loads(data)
        names[id] = str(values.get("name") or "")
        towns[id] = str(values.get("town") or values.get("city") or "")
    return Contracts(found, names, towns)


def contracts_of(connection: Connection, settings: Settings, ids: Sequence[str] | None = None) -> Contracts:
    """All of them, or those of these golden ids that there are."""
    return contracts_from(raw_contracts(connection, settings, ids), settings)
