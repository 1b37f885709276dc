"""What the hub remembers of itself (table ``state``): that it is recovering, when it was last backed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.store import tables as t
from hub.store.repository import dumps, loads, upsert

RECOVERING, UNSETTLED, LAST_BACKUP = "recovering", "unsettled", "last_backup"


@dataclass(slots=True)
class Recovering:
    """The database knows less than the systems hold: it was restored, lost, or is an old copy.

    `why` is ``restore``, ``rebuild`` or ``older``. `since`: what was not read since then is not known (ISO
    time). `left`: by entity, the systems in which a whole cycle has not come to its end yet. `first`: by
    entity and system, how far the first look went in one that shows late what it was handed.
    """

    why: str
    since: str
    left: dict[str, list[str]] = field(default_factory=dict)
    first: dict[str, dict[str, str | None]] = field(default_factory=dict)


def get(connection: Connection, name: str) -> Any:
    """What is remembered under a name; ``None`` if nothing is."""
    value = connection.scalar(select(t.state.c.value).where(t.state.c.name == name))
    return loads(value) if value is not None else None


def put(connection: Connection, name: str, value: Any) -> None:
    """Remember something under a name."""
    upsert(connection, t.state, [{"name": name, "value": dumps(value)}], ("name",), ("value",))


def drop(connection: Connection, name: str) -> None:
    connection.execute(delete(t.state).where(t.state.c.name == name))


def recovering(connection: Connection) -> Recovering | None:
    """Whether the database is catching up with the systems."""
    found = get(connection, RECOVERING)
    return Recovering(**found) if found is not None else None


def is_recovering(connection: Connection, entity: str) -> bool:
    """Whether an entity's records are still being met again."""
    state = recovering(connection)
    return state is not None and entity in state.left


def begin_recovering(connection: Connection, why: str, since: str, routes: Mapping[str, list[str]]) -> None:
    """From now on nothing is taken for known that was not read again: every route starts from the beginning.

    Brakes are measured anew; a system that was not read since then is not created in.
    """
    put(connection, RECOVERING, asdict(Recovering(why, since, dict(routes))))
    connection.execute(
        update(t.cursor).where(t.cursor.c.system != "").values(position=None, pulled_at=None, error=None)
    )
    connection.execute(delete(t.brake))


def keep_recovering(connection: Connection, state: Recovering) -> None:
    """Note how far it has come; nothing is left to do where nothing is left."""
    if state.left:
        put(connection, RECOVERING, asdict(state))
    else:
        drop(connection, RECOVERING)
