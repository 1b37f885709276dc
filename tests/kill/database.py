"""A PostgreSQL of its own for a test that kills it: it commits as a server does that people rely on.

The tests' shared server (`tests.postgres`) trades what a crash would need for speed; this one keeps every
commit it answered. `kill` ends it without warning, `start` lets it recover on the same data and address.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from tests import postgres

_PATIENCE = 60.0
_ITSELF = "SELECT pg_backend_pid()"
_SOMEBODY = f"""SELECT pid FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> ({_ITSELF}) LIMIT 1"""


class Database:
    """One server with one database. `url` is where it is, before and after a crash."""

    def __init__(self, programs: Path, folder: Path) -> None:
        if postgres._is_root():
            programs = postgres._reachable(programs, folder)
            shutil.chown(folder, postgres._UNPRIVILEGED)
        self._programs, self._folder = programs, folder
        self._data, self._log = folder / "data", folder / "log"
        made = "-U postgres --auth=trust -E UTF8 --no-locale --no-sync"
        postgres._run(programs, "initdb", "-D", str(self._data), *made.split())
        where = URL.create("postgresql+psycopg", "postgres", database="postgres")
        # Only a power cut would need the disk to be waited for; a killed server does not.
        settings = {"fsync": "off", "shared_buffers": "32MB"}
        if sys.platform == "win32":
            port = postgres._free_port()
            settings |= {"listen_addresses": "127.0.0.1", "port": str(port)}
            self.url = where.set(host="127.0.0.1", port=port)
        else:
            settings |= {"listen_addresses": "", "unix_socket_directories": str(folder)}
            self.url = where.set(query={"host": str(folder)})
        self._settings = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.start()

    def start(self) -> None:
        """Accept connections, after a recovery where one is due."""
        end = time.monotonic() + _PATIENCE
        while not self._started():
            # What is left of a killed server must end first: it holds the shared memory.
            if time.monotonic() > end:
                raise RuntimeError(
                    f"PostgreSQL did not start: {self._log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)

    def _started(self) -> bool:
        command = [*postgres._end_with_us(), str(self._programs / "postgres"), "-D", str(self._data)]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *self._settings], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                **postgres._identity(),
            )  # fmt: skip
        while self.process.poll() is None:
            if self._is_ready():
                return True
            time.sleep(0.02)
        return False

    def _is_ready(self) -> bool:
        """By the file it writes; a killed server's says nothing of this one."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(self.process.pid)] and any("ready" in line for line in lines)

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.wait()

    def kill_a_session(self) -> None:
        """Kill the process behind one connection: the server ends all the others, and recovers by itself."""
        if sys.platform == "win32":
            # No process of another's can be told to end at once there without its handle: end them all.
            self.kill()
            self.start()
            return
        engine = create_engine(self.url)
        witness = engine.connect()
        try:
            os.kill(int(witness.scalar(text(_SOMEBODY)) or witness.scalar(text(_ITSELF))), signal.SIGKILL)
            _until(lambda: not _answers(witness), "the others' connections end")
            witness.invalidate()
            _until(lambda: _answers(witness), "PostgreSQL recovers")
        finally:
            witness.close()
            engine.dispose()

    def stop(self) -> None:
        """End it for good."""
        if self.process.poll() is None:
            postgres._run(self._programs, "pg_ctl", "stop", "-m", "immediate", "-D", str(self._data))
            self.process.wait(timeout=30)


def _answers(connection: Connection) -> bool:
    try:
        return bool(connection.scalar(text("SELECT 1")))
    except OperationalError:
        connection.rollback()
        return False


def _until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {_PATIENCE:.0f} s"
        time.sleep(0.02)


@contextmanager
def served() -> Iterator[Database | None]:
    """A server for as long as the block lasts; ``None`` where this machine has no PostgreSQL."""
    programs = postgres._programs()
    if programs is None:
        yield None
        return
    short = "/tmp" if sys.platform != "win32" else None
    folder = Path(tempfile.mkdtemp(prefix="hub-pg-", dir=short))
    try:
        database = Database(programs, folder)
        try:
            yield database
        finally:
            database.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
