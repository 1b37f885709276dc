"""Calls, callbacks, visits and alerts name golden records by their ids: they name the one that stayed.

Promises: one that named both names the one that stays once; taken back, each names again whom it had named.
Never: changes anything else of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select, update

from hub.store import tables as t
from hub.store.repository import dumps, loads

Mention = tuple[str, str, Any, str | None]
"""Table, column, key of the row; and its text where that named both: afterwards whose is whose is lost."""

_PLACES: tuple[tuple[Table, Column[Any]], ...] = (
    (t.call, t.call.c.goldens), (t.callback, t.callback.c.data), (t.visit, t.visit.c.contract),
    (t.visit, t.visit.c.data), (t.alert, t.alert.c.data),
)  # fmt: skip


def follow(connection: Connection, lose: str, keep: str) -> list[Mention]:
    """Name `keep` where `lose` was named; what taking it back needs, as JSON."""
    found: list[Mention] = []
    for table, column in _PLACES:
        query = select(table.c.id, column).where(column.contains(lose))
        for id, text in connection.execute(query).all():
            found.append((table.name, column.name, id, text if keep in text else None))
            _write(connection, table, column, id, _renamed(text, lose, keep))
    return found


def bring_back(connection: Connection, mentions: Iterable[Sequence[Any]], lose: str, keep: str) -> None:
    """Undo `follow`. What named both and was changed since goes on naming the one that stayed."""
    places = {(table.name, column.name): (table, column) for table, column in _PLACES}
    for name, of, id, before in mentions:
        table, column = places[name, of]
        now = connection.scalar(select(column).where(table.c.id == id))
        if now is None:
            continue
        if before is None:
            _write(connection, table, column, id, now.replace(keep, lose))
        elif now == _renamed(before, lose, keep):
            _write(connection, table, column, id, before)


def _renamed(text: str, lose: str, keep: str) -> str:
    changed = text.replace(lose, keep)
    return dumps(_once(loads(changed))) if keep in text else changed


def _once(value: Any) -> Any:
    """The same with what stands in a list twice in it once."""
    if isinstance(value, dict):
        return {name: _once(one) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    return [one for place, one in enumerate(value) if one not in value[:place]]


def _write(connection: Connection, table: Table, column: Column[Any], id: Any, text: str) -> None:
    change = _next_change(connection, table)
    connection.execute(update(table).where(table.c.id == id).values({column.name: text, "change": change}))


def _next_change(connection: Connection, table: Table) -> int:
    """Calls and callbacks are counted together: see `hub.calllog.log`."""
    tables = (t.call, t.callback) if table in (t.call, t.callback) else (table,)
    counts = [connection.scalar(select(func.max(one.c.change))) or 0 for one in tables]
    return int(max(counts)) + 1
