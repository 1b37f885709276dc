"""Which old lines of the journal may go, and which undo still needs. The loop is `hub.journal.prune`.

Whatever its age, a line stays while it is

- the newest about a field of an agreed record that is known: it alone says what stood before;
- the newest about a field of a system's record that is still there, or the one that made that record;
- of a run that has not ended.

A line that names no field (who was linked with whom, what was answered) goes by its age alone. So does one
about a record the hub does not know any more, or of a system's record that is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, delete, exists, func, select

from hub.store import history
from hub.store import tables as t
from hub.store.history import Change, Filter
from hub.store.repository import among
from hub.store.worlds import chunks

Slot = tuple[str, str, str, str]
"""(golden id, system or empty, external id, field): what a line is about."""


def page(connection: Connection, before: str, after: int, size: int) -> tuple[list[int], int | None]:
    """Lines that may go among the next `size` above `after`, and where to go on; ``None`` at the end.

    Lines were written in the order of time, so the first page without an old one is the last.
    """
    rows = connection.execute(
        select(t.journal.c.id, t.journal.c.at, t.journal.c.golden_id)
        .where(t.journal.c.id > after)
        .order_by(t.journal.c.id)
        .limit(size)
    ).all()
    old = {row.id: row.golden_id for row in rows if row.at < before}
    if not old:
        return [], None
    needed = _needed(connection, sorted(set(old.values())))
    needed |= _of_open_runs(connection, list(old))
    return [one for one in old if one not in needed], rows[-1].id


def forget(connection: Connection, ids: Sequence[int]) -> int:
    """Delete these lines; how many there were."""
    return sum(
        connection.execute(delete(t.journal).where(among(connection, t.journal.c.id, part))).rowcount
        for part in chunks(ids)
    )


def idle_runs(connection: Connection, before: str, size: int) -> list[int]:
    """Runs that ended before this time and left no line. The last run stays: `hub status` shows it."""
    referred = exists().where(t.journal.c.run == t.run.c.id)
    last = select(func.max(t.run.c.id)).scalar_subquery()
    query = select(t.run.c.id).where(t.run.c.ended_at < before, ~referred, t.run.c.id < last)
    return list(connection.scalars(query.order_by(t.run.c.id).limit(size)))


def forget_runs(connection: Connection, ids: Sequence[int]) -> int:
    """Delete these runs; how many there were."""
    return connection.execute(delete(t.run).where(among(connection, t.run.c.id, ids))).rowcount


def _needed(connection: Connection, golden_ids: Sequence[str]) -> set[int]:
    """The lines of these records that an undo may need."""
    known = set(connection.scalars(select(t.golden.c.id).where(among(connection, t.golden.c.id, golden_ids))))
    there = {
        (row.golden_id, row.system, row.external_id)
        for row in connection.execute(
            select(t.link.c.golden_id, t.link.c.system, t.link.c.external_id).where(
                among(connection, t.link.c.golden_id, golden_ids), t.link.c.gone.is_(False)
            )
        )
    }
    needed: set[int] = set()
    taken: set[Slot] = set()
    for line in history.changes(connection, Filter(records=golden_ids)):
        slots = [slot for slot in _slots(line) if slot[0] in known and (not slot[1] or slot[:3] in there)]
        if any(slot not in taken for slot in slots) or (line.made and slots):
            needed.add(line.id)
        taken.update(slots)
    return needed


def _slots(line: Change) -> Iterator[Slot]:
    for name in line.after:
        if line.agreed or line.kind == "created":
            yield line.golden_id, "", "", name
        else:
            # A confirmation is no substitute for the line that it confirms, nor the other way round.
            about = f"confirmed {name}" if line.kind == "confirmed" else name
            yield line.golden_id, line.system, line.external_id, about


def _of_open_runs(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these lines whose run has not ended."""
    open_runs = select(t.run.c.id).where(t.run.c.ended_at.is_(None))
    found: set[int] = set()
    for part in chunks(ids):
        lines = among(connection, t.journal.c.id, part)
        found.update(connection.scalars(select(t.journal.c.id).where(lines, t.journal.c.run.in_(open_runs))))
    return found
