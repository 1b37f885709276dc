"""The call log read for people: the calls of a time, and the callbacks opened in it. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from hub.store import tables as t
from hub.store.repository import loads


def calls(connection: Connection, since: str, number: str | None = None) -> Iterator[dict[str, Any]]:
    """What the log says of each call that began since then, oldest first; `number` in E.164 narrows it.

    `since` is a time as the store keeps it.

    The keys are those of `hub.calllog.log`, and `id`, `source`, `goldens`.
    """
    wanted = select(t.call).where(t.call.c.started_at >= since).order_by(t.call.c.started_at)
    if number is not None:
        wanted = wanted.where(t.call.c.number == number)
    for row in connection.execute(wanted):
        data: dict[str, Any] = loads(row.data)
        data.pop("call")
        yield {"id": row.id, "source": row.source, **data, "goldens": loads(row.goldens)}


def callbacks(connection: Connection, since: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Callbacks opened since then: when, when closed (or empty), and what is known of them."""
    rows = connection.execute(
        select(t.callback).where(t.callback.c.opened_at >= since).order_by(t.callback.c.id)
    )
    for row in rows:
        yield row.opened_at, row.closed_at or "", loads(row.data)


def waiting(connection: Connection) -> list[dict[str, Any]]:
    """Who waits to be called back, longest first."""
    rows = connection.execute(
        select(t.callback).where(t.callback.c.closed_at.is_(None)).order_by(t.callback.c.opened_at)
    )
    return [{"number": row.number, "opened_at": row.opened_at, **loads(row.data)} for row in rows]
