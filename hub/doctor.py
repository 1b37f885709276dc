"""What there is to know of a hub's health without asking a system: files, database, daemon, what waits.

Each look is a function of its own that answers with findings, so that a broken part is a finding and the
others are still looked at; `hub.cli.doctor` calls them, guards each, and asks the systems.

It promises: nothing is written, neither to the database (but for what opening it does) nor anywhere else, and
no secret is told. Never: repairs anything.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, make_url, select

from hub import brakes, clocks
from hub.mapping import Mappings
from hub.ports import Finding
from hub.settings import Every, Settings
from hub.store import Store, flags, holders, likenesses, mergers, trouble
from hub.store import brakes as held
from hub.store import clocks as measured
from hub.store import tables as t

HUB = "hub"
STUCK = 3600.0
"""Seconds after which a write in mid-call is stuck: a call ends long before."""

OLD_WRITE = 86400.0
"""Seconds after which a write that waits is worth a person's look."""

OLD_BACKUP = 7 * 86400.0
SCARCE, TOO_LITTLE = 1 << 30, 50 << 20
"""Bytes free beside the database: to be told of, and to be an error."""

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Symptom:
    """A finding, of which system, and the exit code it is worth (0 where nobody has to do anything)."""

    system: str
    finding: Finding
    code: int = 0


Look = Callable[[], Iterable[Symptom]]


def well(what: str, message: str, system: str = HUB) -> Symptom:
    return Symptom(system, Finding("ok", what, message))


def worth_knowing(what: str, message: str, todo: str, system: str = HUB) -> Symptom:
    return Symptom(system, Finding("warning", what, message, todo))


def waits(what: str, message: str, todo: str, system: str = HUB) -> Symptom:
    """Something waits for a person."""
    return Symptom(system, Finding("warning", what, message, todo), 1)


def wrong(what: str, message: str, todo: str, code: int = 2, system: str = HUB) -> Symptom:
    return Symptom(system, Finding("error", what, message, todo), code)


def of_database(error: BaseException, what: str = "database") -> Symptom:
    """What a failing database means: 3 where its cause may go, 2 where it must be repaired."""
    found = trouble.of(error)
    return wrong(what, f"{found.what}: {found.why}", found.todo, 3 if found.passes else 2)


# -- the database as a thing of its own ------------------------------------------------------------------


def database_file(settings: Settings) -> Path | None:
    """The database's file; ``None`` for a server."""
    url = make_url(settings.database)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def disk(file: Path) -> Iterator[Symptom]:
    """How large the database is, what room there is beside it, and whether it may be written."""
    size = sum(one.stat().st_size for one in (file, Path(f"{file}-wal")) if one.exists())
    free = shutil.disk_usage(file.parent).free
    shown = f"{size / MIB:,.1f} MiB, {free / MIB:,.0f} MiB free beside it"
    todo = f"free some space on the disk of {file.parent}; the hub goes on by itself"
    if free < TOO_LITTLE:
        yield wrong("disk", shown, todo, 1)
    elif free < max(SCARCE, size):
        yield worth_knowing("disk", shown, todo)
    else:
        yield well("disk", shown)
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        todo = "give the hub's user the right to write the file and its folder"
        yield wrong("database", f"{file} or its folder may not be written", todo)


def integrity(file: Path) -> Iterator[Symptom]:
    """SQLite's own quick check; a page that was overwritten shows here."""
    connection = sqlite3.connect(f"file:{file.as_posix()}?mode=ro", uri=True, timeout=5)
    try:
        said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    finally:
        connection.close()
    if said == ["ok"]:
        yield well("integrity", "the database is whole")
        return
    yield of_database(_damage("; ".join(" ".join(one.split()) for one in said)), "integrity")


def _damage(said: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(said)
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return error


def writable(file: Path, seconds: float = 3.0) -> Iterator[Symptom]:
    """Whether a write could begin now, or somebody holds the database."""
    connection = sqlite3.connect(f"file:{file.as_posix()}?mode=rw", uri=True, timeout=seconds)
    connection.isolation_level = None
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    yield well("lock", "nobody holds the database")


def revision(store: Store) -> Iterator[Symptom]:
    """Whether the tables are those of this version of the hub."""
    place = Path(measured.__file__).with_name("migrations")
    script = ScriptDirectory(str(place))
    with store.reading() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    head = script.get_current_head()
    if found == head:
        yield well("tables", f"revision {found}")
    elif found in {one.revision for one in script.walk_revisions()}:
        yield worth_knowing(
            "tables", f"revision {found}; this version has {head}", "they are brought up at start"
        )
    else:
        todo = "run the version of the hub that made them, or a newer one"
        yield wrong("tables", f"revision {found} is not known to this version ({head})", todo)


# -- who works, and what waits ---------------------------------------------------------------------------


def daemon(store: Store) -> Iterator[Symptom]:
    """Who is at work, and when it was last heard of."""
    found = [one for one in holders.holdings(store) if one.role == "daemon"]
    if not found:
        yield worth_knowing("daemon", "none is at work", "`hub run` starts it; `hub sync` syncs once")
    for one in found:
        name, beat = holders.describe(one.name), clocks.span(abs(time.time() - one.beat))
        if holders.is_alive(one):
            yield well("daemon", f"{name}; its last beat was {beat} ago")
        else:
            todo = "start it again: `hub run`, or its service; it takes the place of the dead one by itself"
            yield waits("daemon", f"{name} has ended without a word; its last beat was {beat} ago", todo)


def approvals(store: Store, mappings: Mappings) -> Iterator[Symptom]:
    """Mappings that are not the ones a person approved."""
    with store.reading() as connection:
        given = {mapping.entity: held.approval(connection, mapping.entity) for mapping in mappings}
    for mapping in mappings:
        approval = given[mapping.entity]
        if approval is None:
            continue
        reason = brakes.edited(mapping.entity, approval.meaning, mapping.meaning, approval.at)
        if reason:
            yield waits("approval", reason, "`hub plan` shows what it would do; `hub plan --approve` lets it")


def recovering(store: Store) -> Iterator[Symptom]:
    """Whether the database is catching up with the systems after a restore."""
    with store.reading() as connection:
        found = flags.recovering(connection)
    if found is not None:
        left = ", ".join(sorted({system for systems in found.left.values() for system in systems}))
        todo = "nothing: it ends by itself once every system was read and written once"
        yield worth_knowing(
            "recovering", f"since {found.since} ({found.why}); still to be read: {left}", todo
        )


def brakes_held(store: Store) -> Iterator[Symptom]:
    """Routes that are held, and why."""
    with store.reading() as connection:
        found = held.held(connection)
    for one in found:
        if one.kind == "mapping":
            continue
        todo = brakes.todo(one.kind, one.entity, one.system)
        yield waits(f"brake on {one.entity}", one.reason, todo, one.system or HUB)


def waiting(store: Store, at: datetime) -> Iterator[Symptom]:
    """Conflicts, records set aside, dead letters, and writes that wait for long."""
    with store.reading() as connection:
        conflicts = _count(connection, t.conflict, t.conflict.c.closed_at.is_(None))
        reviews = _count(connection, t.review, t.review.c.kind != "parked")
        asked = sum(likenesses.counted(connection).values())
        refused = sum(n for key, n in mergers.pending(connection).items() if key[2] == "refused")
        dead = list(_by_system(connection, "dead"))
        stuck = list(_by_system(connection, "sending"))
        due = list(_by_system(connection, "due"))
        last = _last_words(connection)
    if conflicts:
        yield waits("conflicts", f"{conflicts} wait for a decision", "`hub conflicts list`")
    if reviews:
        yield waits("set aside", f"{reviews} records or fields", "`hub conflicts list` says why")
    if asked:
        yield waits("duplicates", f"{asked} pairs may be one record", "`hub duplicates list`")
    if refused:
        yield waits("mergers", f"{refused} refused by a system", "`hub duplicates list --merged` says why")
    for system, count, oldest in dead:
        message = f"{count} refused, the first {_ago(oldest, at)} ago; the last: {last[system]}"
        yield waits(
            "dead letters", message, "`hub deadletters list`; mend what it says, then they follow", system
        )
    for system, count, oldest in stuck:
        if _age(oldest, at) > STUCK:
            todo = "the next delivery looks whether it was applied; if none comes, see why the route fails"
            yield waits("stuck writes", f"{count} in mid-call for {_ago(oldest, at)}", todo, system)
    for system, count, oldest in due:
        message = f"{count} wait, the oldest for {_ago(oldest, at)}"
        if _age(oldest, at) > OLD_WRITE:
            yield waits(
                "waiting writes", message, "see why the route to this system fails, above or below", system
            )
        else:
            yield well("waiting writes", message, system)


def _count(connection: Connection, table: Any, where: Any) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).where(where)) or 0)


def _last_words(connection: Connection) -> dict[str, str]:
    """What each system said of the write it refused last."""
    box = t.outbox.c
    rows = connection.execute(
        select(box.system, box.reason, box.todo).where(box.state == "dead").order_by(box.id)
    )
    return {row.system: f"{row.reason} ({row.todo})" if row.todo else str(row.reason) for row in rows}


def _by_system(connection: Connection, state: str) -> Iterator[tuple[str, int, str]]:
    """System, number of rows of the outbox in this state, and since when the oldest waits."""
    box = t.outbox.c
    query = (
        select(box.system, func.count(), func.min(box.since)).where(box.state == state).group_by(box.system)
    )
    for row in connection.execute(query.order_by(box.system)):
        yield row[0], row[1], row[2]


def routes(store: Store, settings: Settings, mappings: Mappings, at: datetime) -> Iterator[Symptom]:
    """Whether each route was read within its rhythm, and what its last failure was."""
    with store.reading() as connection:
        rows = {(row.entity, row.system): row for row in connection.execute(select(t.cursor))}
    for mapping in mappings:
        for name, system in mapping.systems.items():
            if system.direction not in ("off", "push"):
                yield _route(settings, mapping.entity, name, rows.get((mapping.entity, name)), at)


def _route(settings: Settings, entity: str, system: str, row: Any, at: datetime) -> Symptom:
    what = f"route of {entity}"
    if row is not None and row.error:
        return wrong(what, f"failed: {row.error}", "mend that; it is tried again by itself", 1, system)
    if row is None or not row.pulled_at:
        return worth_knowing(
            what, "was never read to its end", "`hub plan`, then `hub sync` or `hub run`", system
        )
    age, rhythm = _age(row.pulled_at, at), settings.schedule.rhythm(system, entity)
    longest = 3 * rhythm.interval.total_seconds() + 300 if isinstance(rhythm, Every) else 8 * 86400.0
    message = f"last read {_ago(row.pulled_at, at)} ago; its rhythm is {rhythm}"
    if age > longest:
        return worth_knowing(what, message, "is the daemon at work? Its log says what keeps it", system)
    return well(what, message, system)


def clock_offsets(store: Store) -> Iterator[Symptom]:
    """Systems whose clock is minutes from ours."""
    with store.reading() as connection:
        found = measured.offsets(connection)
    for one in found:
        said = clocks.notable(one)
        if said:
            yield worth_knowing("clock", said, clocks.TODO, one.system)
        else:
            yield well(
                "clock", f"within {clocks.span(max(1.0, abs(one.seconds)))} of this machine's", one.system
            )


def backup(store: Store, at: datetime) -> Iterator[Symptom]:
    """When the hub was last backed up, and whether that file is still there."""
    with store.reading() as connection:
        last = flags.get(connection, flags.LAST_BACKUP)
    if last is None:
        yield worth_knowing("backup", "there never was one", "`hub backup`, every night from a timer")
        return
    message = f"the last is {_ago(last['at'], at)} old: {last['file']}"
    if not Path(last["file"]).exists():
        yield worth_knowing("backup", f"{message}, which is not there any more", "`hub backup` makes another")
    elif _age(last["at"], at) > OLD_BACKUP:
        yield worth_knowing("backup", message, "`hub backup`, every night from a timer")
    else:
        yield well("backup", message)


def journal(store: Store, at: datetime) -> Iterator[Symptom]:
    """How much history there is."""
    with store.reading() as connection:
        count, oldest = connection.execute(select(func.count(), func.min(t.journal.c.at))).one()
        rows = _count(connection, t.golden, t.golden.c.id != "")
    since = f", since {_ago(oldest, at)} ago" if oldest else ""
    yield well("journal", f"{count:,} changes{since}; {rows:,} records agreed on")


def _age(stored: str, at: datetime) -> float:
    """Seconds since a stored time; a clock that was set back makes nothing old."""
    moment = datetime.fromisoformat(stored)
    return (at - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds()


def _ago(stored: str, at: datetime) -> str:
    age = max(0.0, _age(stored, at))
    return (
        f"{int(age // 86400)} d" if age >= 2 * 86400 else clocks.span(age if age < 3600 else age // 60 * 60)
    )
