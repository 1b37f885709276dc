"""Calls and callbacks in the hub's database: what was rung, who spoke with whom, who waits to be called back.

A call is written at each of its changes, so that a hub that is restarted knows the calls in progress. A call
from outside that nobody answered opens a *callback* of its number, or raises the one that is open; whoever
speaks with that number next, in either direction, closes it.

Promises: a call counts once however often it is saved, and a missed call is in a callback from the moment it
is in the log: both are one transaction. Never: asks another system, or forgets a callback that is open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from hub.calls import Call
from hub.directory import Owner, e164, owners_of, shown
from hub.mapping import Mappings
from hub.store import Store
from hub.store import tables as t
from hub.store.repository import among, dumps, loads, upsert

UNREACHED = ("abandoned", "missed", "busy", "unknown")
"""Outcomes of a call from outside after which somebody should call back."""


@dataclass(slots=True)
class Noted:
    """What saving some calls came to: how many changes are news to the systems, and who was called back.

    `reached`: the agent, and the seconds from the first missed call to the talk.
    """

    news: int = 0
    reached: list[tuple[str, float]] = field(default_factory=list)


class CallLog:
    """The log of one hub. Thread-safe; each method is one transaction.

    `logins` says which user's telephone is which, at the time it is asked.
    """

    def __init__(
        self,
        store: Store,
        mappings: Mappings,
        region: str = "FR",
        logins: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._store, self._mappings, self._region, self._logins = store, mappings, region, logins

    def open_calls(self) -> list[Call]:
        """The calls that were in progress when last heard of."""
        with self._store.reading() as connection:
            rows = connection.scalars(
                select(t.call.c.data).where(t.call.c.open).order_by(t.call.c.started_at)
            ).all()
        return [Call.from_json(loads(data)["call"]) for data in rows]

    def call(self, call_id: str) -> Call | None:
        """One call as it was last saved, over or not; ``None`` if it is not in the log."""
        with self._store.reading() as connection:
            data = connection.scalar(select(t.call.c.data).where(t.call.c.id == call_id))
        return Call.from_json(loads(data)["call"]) if data is not None else None

    def save(self, calls: Sequence[Call], gone: Collection[str] = ()) -> Noted:
        """Write calls as they are now; `gone` became part of others."""
        noted = Noted()
        with self._store.transaction() as connection:
            change = _latest_change(connection)
            rows: list[dict[str, Any]] = []
            before = _states(connection, [call.id for call in calls])
            for call in calls:
                number = self._number(call)
                owners = owners_of(connection, self._mappings, number) if number and call.over else []
                change += 1
                rows.append(self._row(call, number, owners, change))
                was = before.get(call.id, _State())
                if call.over and not was.over:
                    noted.news += 1
                if not number:
                    continue
                if call.answered_at is not None and not was.answered:
                    reached = _close_callbacks(connection, number, call, change)
                    noted.reached += reached
                    change, noted.news = change + len(reached), noted.news + len(reached)
                elif _is_unreached(call) and not was.over:
                    change += 1
                    noted.news += 1
                    _raise_callback(connection, number, call, owners, change)
            upsert(connection, t.call, rows, ("id",), tuple(rows[0])[1:] if rows else ())
            if gone:
                connection.execute(
                    delete(t.call).where(among(connection, t.call.c.id, list(gone)), t.call.c.open)
                )
        return noted

    def _number(self, call: Call) -> str:
        """The other party's number, by which it can be called back; empty where there is none to call."""
        if call.direction == "internal" or call.hidden:
            return ""
        known = e164(call.number, self._region)
        return known or (call.number if call.number.lstrip("+").isdigit() else "")

    def _row(self, call: Call, number: str, owners: Sequence[Owner], change: int) -> dict[str, Any]:
        return {
            "id": call.id,
            "source": call.source,
            "number": number,
            "started_at": moment(call.started_at),
            "open": not call.over,
            "data": dumps(self._data(call, number)),
            "goldens": dumps([[owner.entity, owner.golden_id] for owner in owners]),
            "change": change,
        }

    def _data(self, call: Call, number: str) -> dict[str, Any]:
        hidden = call.hidden
        return {
            "direction": call.direction,
            "number": "" if hidden else number,
            "shown": "" if hidden else shown(number or call.number, self._region),
            "name": "" if hidden else call.name,
            "did": call.did,
            "queue": call.queue,
            "hidden": hidden,
            "started_at": moment(call.started_at),
            "answered_at": moment(call.answered_at),
            "ended_at": moment(call.ended_at),
            "outcome": call.outcome,
            "answered_by": call.answered_by,
            "agents": list(call.agents),
            "agent_login": self._logins().get(call.answered_by, ""),
            "rang": list(call.rang),
            "transfers": [[one.kind, one.by, one.to] for one in call.transfers],
            "ring_seconds": call.ring_seconds,
            "talk_seconds": call.talk_seconds,
            "recording": call.recordings[-1] if call.recordings else "",
            "call": (_nameless(call) if hidden and call.over else call).to_json(),
        }

    def tidy(self, before: datetime) -> int:
        """Let go of calls that began before then, and of callbacks closed before; how many."""
        limit = moment(before)
        with self._store.transaction() as connection:
            calls = connection.execute(
                delete(t.call).where(t.call.c.started_at < limit, t.call.c.open.is_(False))
            )
            connection.execute(delete(t.callback).where(t.callback.c.closed_at < limit))
            return int(calls.rowcount)

    def standing(self, number: str) -> tuple[datetime | None, int]:
        """When somebody last spoke with this number (E.164), and how many calls of it wait for a callback."""
        with self._store.reading() as connection:
            rows = connection.scalars(_LATEST, {"number": number})
            spoken = next((at for data in rows if (at := loads(data)["answered_at"])), None)
            waiting = _open_callback(connection, number)
        missed = loads(waiting.data)["missed"] if waiting is not None else 0
        return (datetime.fromisoformat(spoken) if spoken else None), missed


def _nameless(call: Call) -> Call:
    """A call without the number that its caller asked to have withheld, which the exchange may know."""
    return Call.of(replace(one, number=None, name=None) for one in call.facts)


@dataclass(frozen=True, slots=True)
class _State:
    """What is in the log of a call so far."""

    over: bool = False
    answered: bool = False


def moment(at: datetime | None) -> str:
    """A time as the store keeps it; empty for none."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at is not None else ""


def _is_unreached(call: Call) -> bool:
    return call.over and call.direction == "inbound" and call.outcome in UNREACHED


def _states(connection: Connection, ids: Sequence[str]) -> dict[str, _State]:
    rows = connection.execute(
        select(t.call.c.id, t.call.c.open, t.call.c.data).where(among(connection, t.call.c.id, ids))
    )
    return {row.id: _State(not row.open, bool(loads(row.data)["answered_at"])) for row in rows}


def _latest_change(connection: Connection) -> int:
    calls = connection.scalar(select(func.max(t.call.c.change))) or 0
    callbacks = connection.scalar(select(func.max(t.callback.c.change))) or 0
    return max(calls, callbacks)


_LATEST = (
    select(t.call.c.data)
    .where(t.call.c.number == bindparam("number"))
    .order_by(t.call.c.started_at.desc())
    .limit(20)
)
_OPEN = (
    select(t.callback)
    .where(t.callback.c.number == bindparam("number"), t.callback.c.closed_at.is_(None))
    .order_by(t.callback.c.id)
    .limit(1)
)


def _open_callback(connection: Connection, number: str) -> Any:
    return connection.execute(_OPEN, {"number": number}).first()


def _raise_callback(
    connection: Connection, number: str, call: Call, owners: Iterable[Owner], change: int
) -> None:
    """Note a missed call: in the callback that is open, or in a new one."""
    found = _open_callback(connection, number)
    data: dict[str, Any] = (
        loads(found.data) if found is not None else {"calls": [], "missed": 0, "closed_by": "", "reason": ""}
    )
    data["calls"].append(call.id)
    data |= {
        "missed": data["missed"] + 1,
        "last_missed_at": moment(call.ended_at or call.started_at),
        "name": call.name or data.get("name", ""),
        "line": call.queue or call.did,
        "did": call.did,
        "outcome": call.outcome,
        "goldens": [[owner.entity, owner.golden_id] for owner in owners],
    }
    if found is not None:
        connection.execute(
            update(t.callback).where(t.callback.c.id == found.id).values(data=dumps(data), change=change)
        )
        return
    connection.execute(
        t.callback.insert().values(
            number=number, opened_at=moment(call.started_at), data=dumps(data), change=change
        )
    )


def _close_callbacks(connection: Connection, number: str, call: Call, change: int) -> list[tuple[str, float]]:
    """Somebody spoke with this number: nobody need call back. See `Noted.reached`, one for each closed."""
    rows = connection.execute(
        select(t.callback.c.id, t.callback.c.data, t.callback.c.opened_at).where(
            t.callback.c.number == number, t.callback.c.closed_at.is_(None)
        )
    ).all()
    reached: list[tuple[str, float]] = []
    for row in rows:
        # A call heard of late, answered before the one that was missed, reached nobody since.
        if call.answered_at is None or moment(call.answered_at) < row.opened_at:
            continue
        waited = call.answered_at - datetime.fromisoformat(row.opened_at)
        reached.append((call.answered_by, waited.total_seconds()))
        data = loads(row.data)
        data |= {"closed_by": call.answered_by, "reason": "reached", "reached": call.id}
        connection.execute(
            update(t.callback)
            .where(t.callback.c.id == row.id)
            .values(closed_at=moment(call.answered_at), data=dumps(data), change=change + len(reached))
        )
    return reached
