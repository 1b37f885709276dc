"""What alerts are made of, out of the hub's database: contracts, visits, conflicts, what is set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import Connection, select

from hub.maintenance.alerts import (
    Apart,
    ContractSeen,
    Situation,
    Unconfirmed,
    Unplannable,
    Unread,
    VisitSeen,
)
from hub.maintenance.decisions import Problem
from hub.maintenance.settings import Settings
from hub.maintenance.terms import Terms
from hub.maintenance.visits import Standing, standing
from hub.model import ARCHIVED
from hub.store import tables as t
from hub.store.repository import among, loads

UNREAD = ("rejected", "unreadable", "incomplete")
"""Kinds of reviews that say a document could not be read, or not whole."""


def situation(connection: Connection, settings: Settings, system: str, today: date) -> Situation:
    """All there is to tell of today. `system` is what the hub calls its own visits. Writes nothing."""
    found = standing(connection, settings, today)
    running = {id: terms for id, terms in found.contracts.items() if not terms.over}
    return Situation(
        {id: _contract(terms, found) for id, terms in running.items()},
        list(_visits(connection, settings, system, found)),
        [_unplannable(one, today) for one in found.problems if one.contract in running],
        list(_amounts(connection, settings, running)),
        list(_unread(connection, settings)),
        list(_unconfirmed(connection, settings)),
    )


def _contract(terms: Terms, found: Standing) -> ContractSeen:
    name = found.customers.get(terms.customer, "") if terms.customer else ""
    return ContractSeen(terms.id, terms.name, terms.customer, name, terms.last_day(), terms.renewal)


def _visits(connection: Connection, settings: Settings, system: str, found: Standing) -> Iterator[VisitSeen]:
    goldens = _goldens(connection, settings, system, list(found.visits))
    for id, said in found.visits.items():
        yield VisitSeen(
            id, goldens.get(id), str(said["title"] or ""), str(said["contract"]),
            str(said["customer"]) if said["customer"] else None, date.fromisoformat(str(said["date"])),
            said["state"] == "confirmed",
        )  # fmt: skip


def _goldens(connection: Connection, settings: Settings, system: str, ids: list[str]) -> dict[str, str]:
    """The golden records of visits, by their rows' ids."""
    rows = connection.execute(
        select(t.link.c.external_id, t.link.c.golden_id).where(
            t.link.c.entity == settings.visits,
            t.link.c.system == system,
            among(connection, t.link.c.external_id, ids),
        )
    )
    return {row.external_id: row.golden_id for row in rows}


def _unplannable(problem: Problem, today: date) -> Unplannable:
    period = problem.period
    occasion = period.start.isoformat() if period is not None else "terms"
    return Unplannable(problem.contract, occasion, problem.text, problem.due or today)


def _amounts(connection: Connection, settings: Settings, running: Mapping[str, Terms]) -> Iterator[Apart]:
    rows = connection.execute(
        select(t.conflict.c.golden_id, t.conflict.c.candidates).where(
            t.conflict.c.entity == settings.contracts,
            t.conflict.c.field == settings.field_of("amount"),
            t.conflict.c.closed_at.is_(None),
        )
    )
    for row in rows:
        if row.golden_id in running:
            said = [(str(system), str(value)) for system, value, *_ in loads(row.candidates)]
            yield Apart(row.golden_id, tuple(said))


def _unread(connection: Connection, settings: Settings) -> Iterator[Unread]:
    rows = connection.execute(
        select(t.review, t.link.c.golden_id)
        .outerjoin(
            t.link,
            (t.link.c.entity == t.review.c.entity)
            & (t.link.c.system == t.review.c.system)
            & (t.link.c.external_id == t.review.c.external_id),
        )
        .where(
            t.review.c.entity.in_((settings.contracts, settings.interventions)),
            t.review.c.kind.in_(UNREAD),
        )
        .order_by(t.review.c.id)
    )
    for row in rows:
        yield Unread(row.system, row.external_id, row.field, row.place, row.reason, row.todo, row.golden_id)


def _unconfirmed(connection: Connection, settings: Settings) -> Iterator[Unconfirmed]:
    rows = connection.execute(
        select(t.golden.c.id, t.golden.c.data).where(t.golden.c.entity == settings.interventions)
    )
    for row in rows:
        said = loads(row.data)
        if said.get("state") == "to_confirm" and not said.get(ARCHIVED):
            yield Unconfirmed(
                row.id, str(said.get("number") or row.id[:8]), said.get("customer"), said.get("contract"),
                said.get("visit"),
            )  # fmt: skip
