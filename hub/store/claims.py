"""What records held for a person claim (table ``held_key``), and what may be owed once they let go of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select, update

from hub.matching import CANDIDATE
from hub.store import tables as t
from hub.store.repository import among


def let_go(connection: Connection, entity: str, system: str, ids: Sequence[str]) -> None:
    """These records of a system claim nothing any more, so what they claimed may be owed to it.

    Called before their claims are deleted.
    """
    held = t.held_key
    mine = (held.c.entity == entity, held.c.system == system, among(connection, held.c.external_id, ids))
    if connection.execute(select(held.c.key).where(*mine).limit(1)).first() is None:
        return
    owners = select(t.match_key.c.golden_id).join(
        held,
        (held.c.entity == t.match_key.c.entity)
        & (held.c.rule == t.match_key.c.rule)
        & (held.c.key == t.match_key.c.key),
    )
    candidates = select(held.c.key).where(*mine, held.c.rule == CANDIDATE)
    claimed = or_(t.golden.c.id.in_(owners.where(*mine)), t.golden.c.id.in_(candidates))
    connection.execute(update(t.golden).where(t.golden.c.entity == entity, claimed).values(dirty=1))
