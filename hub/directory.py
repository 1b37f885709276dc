"""Whose number is this? From what an exchange says of a caller to the golden records that own the number.

The directory is a table beside the golden records (`hub.store.numbers`), written in the transaction that
writes them: what the sync learnt is known to the next call, and to whichever process asks. A look is an index
look-up in the database's own cache: the hub holds no number in memory, and a million cost it nothing.

Promises: every record that owns the number, each once, best first by a rule that does not depend on chance:
an open ticket before none, a contract before none, then the latest contact, then the name. A number is
compared whole, in E.164, never by its last digits. Never: writes, or asks another system.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from hub.mapping import Mappings
from hub.model import ARCHIVED
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import loads
from hub.values import Phone, Unreadable

TICKETS = ("ticket", "callback", "intervention")
"""Entities that are work for a customer, open until their record is archived or closed."""

CONTRACTS = ("contract",)
CLOSED = ("closed", "closed_at", "done")
"""Fields of such an entity that, when they hold anything, say that it is over."""

LONGEST = 64
"""Characters of a caller's number that are looked at; E.164 has 15 digits (ITU-T E.164, 6.1)."""

WITHHELD = frozenset({
    "", "anonymous", "<unknown>", "unknown", "restricted", "private", "withheld", "unavailable", "asserted",
})  # fmt: skip
"""What exchanges write in the place of a number they may not or cannot tell."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One golden record that owns a number. `id`, `object`: its record in the system asked for; or empty."""

    entity: str
    golden_id: str
    name: str
    town: str
    object: str
    id: str
    tickets: int
    contracts: int
    last_contact: datetime | None
    archived: bool

    @property
    def rank(self) -> tuple[Any, ...]:
        """Smallest first."""
        since = -self.last_contact.timestamp() if self.last_contact else 0.0
        return (
            self.archived,
            not self.tickets,
            not self.contracts,
            since,
            self.name.casefold(),
            self.golden_id,
        )


@lru_cache(maxsize=4096)
def e164(number: str, region: str = "FR") -> str:
    """What an exchange calls a number, in E.164; empty where the network knows none such.

    ``0033…``, ``+33 1…``, national forms of `region`, and overseas France as the network routes it.
    """
    text = number.strip()[:LONGEST]
    if text.casefold() in WITHHELD:
        return ""
    try:
        found = Phone(region).read(text)
    except Unreadable:
        return ""
    return str(found).partition(";ext=")[0] if found else ""


def shown(number: str, region: str = "FR") -> str:
    """A number as people of `region` write it; what is no number, as it is."""
    known = e164(number, region)
    return Phone(region).show(known) if known else number


class Directory:
    """The numbers of one hub. Thread-safe: each look is a reading transaction of its own."""

    def __init__(self, store: Store, mappings: Mappings, region: str = "FR") -> None:
        self._store, self._mappings, self._region = store, mappings, region

    def owners(self, number: str, system: str | None = None) -> list[Owner]:
        """The golden records that own `number` (as an exchange writes it), best first.

        `system`: whose record ids are wanted.
        """
        wanted = e164(number, self._region)
        if not wanted:
            return []
        with self._store.reading() as connection:
            return owners_of(connection, self._mappings, wanted, system)


def owners_of(
    connection: Connection, mappings: Mappings, number: str, system: str | None = None
) -> list[Owner]:
    """The same within the caller's transaction, for a number in E.164."""
    rows = connection.execute(_OWNERS, {"number": number, "system": system or ""}).all()
    if not rows:
        return []
    standing = _standing(connection, number)
    found = []
    for row in rows:
        if row.entity not in mappings:
            continue
        values = loads(row.data)
        mapped = mappings[row.entity].systems.get(system or "")
        tickets, contracts, called = standing.get(row.id, (0, 0, ""))
        found.append(
            Owner(
                row.entity,
                row.id,
                str(values.get("name") or ""),
                str(values.get("city") or values.get("town") or ""),
                mapped.view.object if mapped else "",
                (row.external_id or "") if mapped else "",
                tickets,
                contracts,
                _latest([called, *_said(row)]),
                bool(values.get(ARCHIVED)),
            )
        )
    return sorted(found, key=lambda owner: owner.rank)


_OWNERS = (
    select(t.golden.c.id, t.golden.c.entity, t.golden.c.data, t.golden.c.origins, t.link.c.external_id)
    .join(t.phone_number, t.phone_number.c.golden_id == t.golden.c.id)
    .outerjoin(
        t.link,
        (t.link.c.golden_id == t.golden.c.id)
        & (t.link.c.system == bindparam("system"))
        & t.link.c.gone.is_(False),
    )
    .where(t.phone_number.c.number == bindparam("number"))
)


_STANDING = (
    select(t.reference.c.target, t.golden.c.entity, t.golden.c.data, t.golden.c.created_at)
    .join(t.phone_number, t.phone_number.c.golden_id == t.reference.c.target)
    .join(t.golden, t.golden.c.id == t.reference.c.golden_id)
    .where(
        t.phone_number.c.number == bindparam("number"),
        t.reference.c.entity.in_((*TICKETS, *CONTRACTS, "call")),
    )
    .order_by(t.golden.c.created_at.desc())
    .limit(500)
)


def _standing(connection: Connection, number: str) -> dict[str, tuple[int, int, str]]:
    """Open tickets, contracts, and when the last call was, by golden record; only where there is any."""
    found: dict[str, tuple[int, int, str]] = {}
    for target, entity, data, created_at in connection.execute(_STANDING, {"number": number}):
        tickets, contracts, called = found.get(target, (0, 0, ""))
        if entity == "call":
            called = max(called, created_at)
        elif is_open(loads(data)):
            tickets += entity in TICKETS
            contracts += entity in CONTRACTS
        found[target] = (tickets, contracts, called)
    return found


def is_open(values: dict[str, Any]) -> bool:
    """Whether a ticket's or contract's values say that it is not over."""
    return not values.get(ARCHIVED) and not any(values.get(name) for name in CLOSED)


def _said(row: Row[Any]) -> Iterable[str]:
    return (origin[1] for origin in loads(row.origins).values())


def _latest(times: Collection[str]) -> datetime | None:
    latest = max((time for time in times if time), default="")
    return datetime.fromisoformat(latest) if latest else None
