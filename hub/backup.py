"""Backup and restore: all the hub knows, in one file, whatever database it keeps it in.

A backup is one SQLite file with the hub's own tables and a manifest: which version of the hub and of its
tables made it, when, from which kind of database, and for every table its number of rows and a checksum. It
goes back into SQLite or PostgreSQL, whichever it came from.

Promises: a backup shows one moment and holds nobody up; it stands under its name whole or not at all,
readable by its owner alone; a restore is one transaction, so that a stop at any instruction leaves the old or
the new; what a restore replaces is set aside as a backup first. A restored hub *recovers* (`hub.recovering`):
what was done in the systems since is found again, not done again.

Never: replaces a file that is no backup of ours, or deletes one it did not make.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from hub import __version__
from hub.clock import now
from hub.store import Store, copying, flags
from hub.store import tables as t
from hub.store.copying import Proof
from hub.store.migrate import script, upgrade

MARK = 0x48554242
"""SQLite's application id in a backup of ours: the letters HUBB."""

FORMAT = 1
Told = Callable[[str, int], None]

_NAME = re.compile(r"hub-\d{8}-\d{6}(-\d+)?\.backup")


class BackupError(Exception):
    """A backup that cannot be made or used: why, and what to do."""

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(what)
        self.what, self.todo = what, todo


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `kind`: ``sqlite`` or ``postgresql``; `at`: the moment it shows (ISO)."""

    version: str
    revision: str
    at: str
    kind: str
    tables: Mapping[str, Proof]

    @property
    def rows(self) -> int:
        return sum(proof.rows for proof in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        tables = {name: {"rows": one.rows, "checksum": one.checksum} for name, one in self.tables.items()}
        return {"version": self.version, "revision": self.revision, "at": self.at, "database": self.kind,
                "tables": tables}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and the older ones that went for it."""

    file: Path
    manifest: Manifest
    pruned: tuple[Path, ...] = ()


def backup(
    store: Store, where: Path, keep: int | None = None, told: Told = lambda table, rows: None, at: str = ""
) -> Made:
    """Write a backup to a file, or under a dated name into a folder, of which only the newest `keep` stay.

    Raises `BackupError`; then nothing stands under the name but what stood there before.
    """
    at = at or now()
    folder = where.is_dir()
    if keep is not None and not folder:
        raise BackupError(f"{where} is no folder", "--keep prunes a folder of backups: name that folder.")
    target = _dated(where, at) if folder else where
    _refuse_strangers(target)
    with _written_whole(target) as part:
        manifest = _fill(part, store, at, told)
    with store.transaction() as connection:
        flags.put(connection, flags.LAST_BACKUP, {"at": at, "file": str(target.absolute())})
    return Made(target, manifest, _prune(where, keep) if keep is not None else ())


def check(file: Path) -> Manifest:
    """Whether a backup is whole: SQLite's own check, its rows counted and their checksums made again.

    Raises `BackupError` in words where it is damaged, is no backup, or comes from a newer hub.
    """
    if not file.is_file():
        raise BackupError(f"there is no file {file}")
    if not is_ours(file):
        raise BackupError(f"{file} is no backup made by `hub backup`", "Name a file that it made.")
    try:
        with _opened(file, reading=True) as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            wrong = [] if found == ["ok"] else [f"SQLite says: {found[0]}"]
            manifest = _read_manifest(connection)
            wrong += copying.differences(manifest.tables, copying.prove(connection))
    except DatabaseError as problem:
        reason = str(getattr(problem, "orig", problem))
        raise BackupError(f"{file} is damaged: {reason}", "Use another backup.") from problem
    if wrong:
        raise BackupError(f"{file} is damaged: {'; '.join(wrong)}", "Use another backup.")
    _refuse_newer(file, manifest)
    return manifest


def restore(
    store: Store,
    file: Path,
    routes: Mapping[str, list[str]],
    replace: bool = False,
    told: Told = lambda table, rows: None,
    at: str = "",
) -> tuple[Manifest, Path | None]:
    """Put a backup in the place of what the database knows; what it was made of, and where the old one went.

    The caller holds the database's roles. `routes`: entity → systems, all of which are to be read again.
    Raises `BackupError`; then the database is as it was.
    """
    at = at or now()
    manifest = check(file)
    aside = set_aside(store, file.parent if not store.is_sqlite else _home(store), replace, at)
    with _brought_up_to_date(file) as source, store.transaction() as target:
        copying.clear(target)
        copying.copy(source, target, told)
        flags.begin_recovering(target, "restore", at, routes)
    return manifest, aside


def set_aside(store: Store, folder: Path, replace: bool, at: str) -> Path | None:
    """Back up what is there into a folder, if anything is. Raises `BackupError` unless it may be replaced."""
    with store.reading() as connection:
        if copying.is_empty(connection):
            return None
        records = copying.count(connection, t.golden)
    if not replace:
        raise BackupError(
            f"the database {store.shown_url} is not empty: it knows {records} records",
            "--replace sets it aside as a backup first; or give `database` in hub.yaml another name.",
        )
    return backup(store, folder, at=at).file


def move_aside(database: Path, at: str) -> Path:
    """Give the files of a SQLite database that cannot be opened another name; the new name of the first."""
    stamp = _stamp(at)
    aside = database.with_name(f"{database.name}.damaged-{stamp}")
    for ending in ("-wal", "-shm", ""):
        part = database.with_name(database.name + ending)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + ending))
    return aside


def is_ours(file: Path) -> bool:
    """Whether a file says of itself that it is a backup of the hub's."""
    with open(file, "rb") as stream:
        head = stream.read(72)
    return head[:16] == b"SQLite format 3\0" and int.from_bytes(head[68:72], "big") == MARK


# -- writing ----------------------------------------------------------------------------------------------


def _fill(part: Path, store: Store, at: str, told: Told) -> Manifest:
    engine = _engine(part)
    try:
        upgrade(engine)
        with copying.picture(store) as source, engine.begin() as target:
            proofs = copying.copy(source, target, told)
            manifest = Manifest(__version__, _newest(), at, store.engine.dialect.name, proofs)
            _write_manifest(target, manifest)
    finally:
        engine.dispose()
    return manifest


def _write_manifest(target: Connection, manifest: Manifest) -> None:
    target.exec_driver_sql("CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    target.exec_driver_sql(
        "CREATE TABLE manifest_table (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, checksum TEXT NOT NULL)"
    )
    facts = {"format": str(FORMAT), "version": manifest.version, "revision": manifest.revision,
             "at": manifest.at, "database": manifest.kind}  # fmt: skip
    target.exec_driver_sql("INSERT INTO manifest VALUES (?, ?)", list(facts.items()))
    target.exec_driver_sql(
        "INSERT INTO manifest_table VALUES (?, ?, ?)",
        [(name, proof.rows, proof.checksum) for name, proof in manifest.tables.items()],
    )
    target.exec_driver_sql(f"PRAGMA application_id = {MARK}")


@contextlib.contextmanager
def _written_whole(target: Path) -> Iterator[Path]:
    """A temporary file beside the target that takes its name once it is whole and on the disk."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
        _to_disk(part)
        os.replace(part, target)
        _to_disk(target.parent)
    except (OSError, DatabaseError) as problem:
        reason = getattr(problem, "strerror", None) or getattr(problem, "orig", None) or problem
        raise BackupError(
            f"the backup cannot be written to {target}: {reason}",
            "Nothing stands under that name but what stood there before. Make room, or name another place.",
        ) from problem
    finally:
        for left in (part, part.with_name(part.name + "-journal")):
            left.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk. Windows opens no folder and needs none open."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_strangers(target: Path) -> None:
    if target.exists() and not (target.is_file() and is_ours(target)):
        raise BackupError(f"{target} is there already and is no backup", "Name another file.")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}", "Make it first, or name another.")


def _dated(folder: Path, at: str) -> Path:
    stamp = _stamp(at)
    names = [f"hub-{stamp}.backup", *(f"hub-{stamp}-{number}.backup" for number in range(2, 1000))]
    return next(path for name in names if not (path := folder / name).exists())


def _stamp(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y%m%d-%H%M%S")


def _prune(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest backups that bear a name of ours and are ours."""
    mine = [one for one in folder.iterdir() if _NAME.fullmatch(one.name) and one.is_file() and is_ours(one)]
    mine.sort(key=lambda one: _age(one.name), reverse=True)
    for old in mine[keep:]:
        old.unlink()
    return tuple(mine[keep:])


def _age(name: str) -> tuple[str, int]:
    stem = name.removesuffix(".backup").removeprefix("hub-")
    return stem[:15], int(stem[16:] or 1)


# -- reading ----------------------------------------------------------------------------------------------


def _read_manifest(connection: Connection) -> Manifest:
    facts: dict[str, str] = dict(
        row._tuple() for row in connection.exec_driver_sql("SELECT name, value FROM manifest")
    )
    if int(facts["format"]) > FORMAT:
        raise BackupError(
            f"the backup was made by hub {facts['version']}, in a form that {__version__} cannot read",
            "Install that version, or a newer one.",
        )
    rows = connection.exec_driver_sql("SELECT name, rows, checksum FROM manifest_table")
    tables = {row[0]: Proof(row[1], int(row[2], 16)) for row in rows}
    return Manifest(facts["version"], facts["revision"], facts["at"], facts["database"], tables)


def _refuse_newer(file: Path, manifest: Manifest) -> None:
    if manifest.revision not in {one.revision for one in script().walk_revisions()}:
        raise BackupError(
            f"{file} was made by hub {manifest.version}, whose tables (revision {manifest.revision}) "
            f"{__version__} does not know",
            f"Install hub {manifest.version} or a newer one, then restore.",
        )


@contextlib.contextmanager
def _brought_up_to_date(file: Path) -> Iterator[Connection]:
    """A copy of a backup with this version's tables; the file itself stays as it is."""
    with tempfile.TemporaryDirectory(prefix="hub-restore-") as folder:
        copy = Path(folder) / "copy"
        shutil.copyfile(file, copy)
        engine = _engine(copy)
        try:
            upgrade(engine)
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextlib.contextmanager
def _opened(file: Path, reading: bool = False) -> Iterator[Connection]:
    engine = _engine(file, reading)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _engine(file: Path, reading: bool = False) -> Engine:
    if not reading:
        return create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)
    address = f"{file.absolute().as_uri()}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)


def _home(store: Store) -> Path:
    return Path(str(store.engine.url.database)).absolute().parent


def _newest() -> str:
    return str(script().get_current_head())
