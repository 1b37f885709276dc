"""The object `alert`: what `alerts` has to tell, kept so that each is told once.

A row is an occasion. It is open while its reason is there and nobody closed it; once the reason is gone it
closes by itself. Somebody who closes it (the activity is done, or removed) is not told again while that
reason lasts; a reason that went away and comes back is a new occasion, and a new row.

Never: tells of what another system keeps to itself; reads anything but the hub's own database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update

from hub.maintenance import seeing
from hub.maintenance.alerts import Alert, Limits, alerts
from hub.maintenance.settings import Settings
from hub.maintenance.shelf import Told, next_change
from hub.ports import Native, Refused
from hub.store import tables as t
from hub.store.repository import dumps, loads


class AlertShelf:
    """The shelf of alerts, by the settings of `kind: maintenance`."""

    name, table = "alert", t.alert
    fields = frozenset(
        ("kind", "title", "details", "day", "customer", "contract", "visit", "closed", "opened_on")
    )
    writable = frozenset(("closed",))
    takes = False

    def __init__(self, settings: Settings, system: str) -> None:
        self._settings, self._system = settings, system
        days = settings.alerts
        self._limits = Limits(days.ending_days, days.overdue_days, days.unplanned_days)

    def refresh(self, connection: Connection, now: datetime) -> None:
        today = now.astimezone(ZoneInfo(self._settings.timezone)).date()
        wanted = alerts(
            seeing.situation(connection, self._settings, self._system, today), today, self._limits
        )
        rows = {row.key: (row, loads(row.data)) for row in connection.execute(select(t.alert))}
        latest = {data["of"]: key for key, (_, data) in rows.items() if not data["over"]}
        change = next_change(connection, t.alert)
        for key in [*latest]:
            if key not in wanted:
                row, data = rows[latest[key]]
                change += _save(connection, row.id, {**data, "over": True}, False, change, row.open)
        for key, alert in wanted.items():
            if key not in latest:
                before = sum(data["of"] == key for _, data in rows.values())
                _open(connection, key, alert, today, change, before)
                change += 1
                continue
            row, data = rows[latest[key]]
            news = {**data, **_words(alert)}
            if news != data:
                change += _save(connection, row.id, news, row.open, change, row.open)

    def told(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[Told]:
        return [_told(row) for row in rows]

    def find(self, connection: Connection, refs: Sequence[str]) -> Mapping[str, str]:
        return {}

    def make(
        self, connection: Connection, ref: str, values: Mapping[str, Native], now: datetime
    ) -> str | Refused:
        return Refused("alerts are the hub's own")

    def change(
        self,
        connection: Connection,
        told: Told,
        values: Mapping[str, Native],
        archived: bool | None,
        now: datetime,
    ) -> Refused | None:
        closed = archived if archived is not None else bool(values.get("closed"))
        row = connection.execute(select(t.alert).where(t.alert.c.id == int(told.id))).one()
        _save(connection, row.id, loads(row.data), not closed, next_change(connection, t.alert), row.open)
        return None


def _open(connection: Connection, key: str, alert: Alert, today: date, change: int, before: int) -> None:
    data = {"of": key, "over": False, "opened_on": today.isoformat(), **_words(alert)}
    data["day"] = alert.day.isoformat()
    unique = key if not before else f"{key}#{before + 1}"
    connection.execute(insert(t.alert).values(key=unique, open=True, change=change, data=dumps(data)))


def _words(alert: Alert) -> dict[str, Any]:
    """What may change while the reason lasts: a title, a name. The day to act is set once."""
    return {name: value for name, value in asdict(alert).items() if name not in ("key", "day")}


def _save(
    connection: Connection, id: int, data: Mapping[str, Any], is_open: bool, change: int, was_open: bool
) -> int:
    """Write a row, under a new number where other systems have something to hear; how many that were."""
    loud = is_open or was_open
    values: dict[str, Any] = {"data": dumps(data), "open": is_open}
    if loud:
        values["change"] = change
    connection.execute(update(t.alert).where(t.alert.c.id == id).values(**values))
    return int(loud)


def _told(row: Row[Any]) -> Told:
    data = loads(row.data)
    values: dict[str, Native] = {
        name: data.get(name) for name in ("kind", "title", "details", "day", "customer", "contract", "visit")
    }
    values |= {"closed": not row.open, "opened_on": data["opened_on"]}
    return Told(str(row.id), values, row.change, archived=not row.open)
