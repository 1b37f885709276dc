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


def contracts_of(connection: Connection, settings: Settings, ids: Sequence[str] | None = None) -> Contracts:
    """All of them, or those of these golden ids that there are."""
    query = select(t.golden.c.id, t.golden.c.data).where(t.golden.c.entity == settings.contracts)
    if ids is not None:
        query = query.where(among(connection, t.golden.c.id, list(ids)))
    found: dict[str, Terms] = {}
    for row in connection.execute(query.order_by(t.golden.c.id)):
        values = loads(row.data)
        found[row.id] = read(row.id, values, settings.field_of, bool(values.get(ARCHIVED)))
    wanted = sorted({one.customer for one in found.values() if one.customer})
    names: dict[str, str] = {}
    towns: dict[str, str] = {}
    if wanted:
        query = select(t.golden.c.id, t.golden.c.data).where(among(connection, t.golden.c.id, wanted))
        for row in connection.execute(query):
            values = loads(row.data)
            names[row.id] = str(values.get("name") or "")
            towns[row.id] = str(values.get("town") or values.get("city") or "")
    return Contracts(found, names, towns)
