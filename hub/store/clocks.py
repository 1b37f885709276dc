"""How far each system's clock was found to be from ours."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.store import tables as t
from hub.store.repository import upsert


@dataclass(frozen=True, slots=True)
class Offset:
    """`seconds` a system's clock is ahead of this machine's, 0 where that is too little to be sure of."""

    system: str
    seconds: float
    measured_at: str


def offsets(connection: Connection) -> list[Offset]:
    """Every measured system's, by name."""
    rows = connection.execute(select(t.system_clock).order_by(t.system_clock.c.system))
    return [Offset(row.system, row.offset, row.measured_at) for row in rows]


def keep(connection: Connection, found: Offset) -> None:
    """Remember the latest measure."""
    row = {"system": found.system, "offset": found.seconds, "measured_at": found.measured_at}
    upsert(connection, t.system_clock, [row], ("system",), ("offset", "measured_at"))
