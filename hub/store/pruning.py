"""Which old lines of the journal may go, and which undo still needs. The loop is `hub.journal.prune`.

Whatever its age, a line stays while it is

- the newest about a field of an agreed record that is known: it alone says what stood before;
- the newest about a field of a system's record that is still there, or the one that made that record;
- of a run that has not ended.

A line that names no field (who was linked with whom, what was answered) goes by its age alone. So does one
about a record the hub does not know any more, or of a system's record that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from hub.store import tables as t
from hub.store.history import AGREED, WRITTEN
from hub.store.repository import among, loads
from hub.store.worlds import chunks

Slot = tuple[str, str, str, str]
"""(golden id, system or empty, external id, field): what a line is about."""


def page(connection: Connection, before: str, after: str | None, size: int) -> tuple[list[int], str | None]:
    """Lines that may go of the next `size` records above `after`, and where to go on; ``None`` at the end.

    By record, so that each is looked at once however its lines are strewn over the years.
    """
    columns = t.journal.c
    old = select(columns.golden_id).distinct().where(columns.at < before)
    if after is not None:
        old = old.where(columns.golden_id > after)
    golden_ids = list(connection.scalars(old.order_by(columns.golden_id).limit(size)))
    if not golden_ids:
        return [], None
    open_runs = set(connection.scalars(select(t.run.c.id).where(t.run.c.ended_at.is_(None))))
    lines = connection.execute(
        select(t.journal).where(among(connection, columns.golden_id, golden_ids)).order_by(columns.id.desc())
    ).all()
    needed = _needed(connection, golden_ids, lines)
    may_go = [
        line.id for line in lines if line.at < before and line.run not in open_runs and line.id not in needed
    ]
    return may_go, golden_ids[-1]


def forget(connection: Connection, ids: Sequence[int]) -> int:
    """Delete these lines; how many there were."""
    return sum(
        connection.execute(delete(t.journal).where(among(connection, t.journal.c.id, part))).rowcount
        for part in chunks(ids)
    )


def idle_runs(connection: Connection, before: str) -> list[int]:
    """Runs that ended before this time and left no line. The last run stays: `hub status` shows it."""
    last = select(func.max(t.run.c.id)).scalar_subquery()
    ended = set(connection.scalars(select(t.run.c.id).where(t.run.c.ended_at < before, t.run.c.id < last)))
    # One walk through the journal: asked run by run, each would be one.
    return sorted(ended.difference(connection.scalars(select(t.journal.c.run).distinct())) if ended else ())


def forget_runs(connection: Connection, ids: Sequence[int]) -> int:
    """Delete these runs; how many there were."""
    return connection.execute(delete(t.run).where(among(connection, t.run.c.id, ids))).rowcount


def _needed(connection: Connection, golden_ids: Sequence[str], lines: Sequence[Row[Any]]) -> set[int]:
    """Which of all the lines of these records, newest first, an undo may need."""
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
    for line in lines:
        slots = [slot for slot in _slots(line) if slot[0] in known and (not slot[1] or slot[:3] in there)]
        made = line.before == "{}" and (line.kind in WRITTEN or line.kind == "linked")
        if not taken.issuperset(slots) or (made and slots):
            needed.add(line.id)
        taken.update(slots)
    return needed


def _slots(line: Row[Any]) -> Iterator[Slot]:
    agreed = line.kind == "created" or (line.kind in AGREED and (line.kind != "overruled" or not line.system))
    for name in loads(line.after):
        if agreed:
            yield line.golden_id, "", "", name
        else:
            # A confirmation is no substitute for the line that it confirms, nor the other way round.
            about = f"confirmed {name}" if line.kind == "confirmed" else name
            yield line.golden_id, line.system, line.external_id, about
