"""The two processes of a served Odoo, PostgreSQL and Odoo itself: configured, awaited, ended by their id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.live.debian import BuildFailed, Root

_POSTGRES_OPTIONS = {
    "listen_addresses": "",
    # The data is a copy that lives as long as a test run: a power cut may cost it.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_connections": "100",
}
_START_SECONDS = 180


@dataclass
class Postgres:
    """A PostgreSQL inside a root, in `folder` (path inside the root), reached by a unix socket there."""

    root: Root
    folder: str
    process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def create(root: Root, folder: str) -> None:
        made = f"-D {folder}/pg -U odoo --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync"
        root.run([_program(root, "initdb"), *made.split()], user="odoo")

    def start(self) -> None:
        options = {**_POSTGRES_OPTIONS, "unix_socket_directories": self.folder}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = self.root.path / self.folder[1:] / "postgresql.log"
        with open(log, "ab") as out:
            command = [_program(self.root, "postgres"), "-D", f"{self.folder}/pg", *flags]
            self.process = self.root.start(command, "odoo", out)
        # PostgreSQL writes `ready` in its pid file once it accepts connections.
        pid_file = self.root.path / self.folder[1:] / "pg/postmaster.pid"
        wait_for(lambda: pid_file.exists() and "ready" in pid_file.read_text(), self.process, log)

    def stop(self) -> None:
        end(self.process, signal.SIGINT)


def private_folder(root: Root, folder: str, user: str) -> None:
    """A folder inside the root that only its user `user` may enter."""
    path = root.path / folder[1:]
    path.mkdir(parents=True)
    os.chown(path, *root.owner(user))
    path.chmod(0o700)


def odoo_configuration(root: Root, folder: str, port: int | None, master_password: str) -> str:
    """Write an Odoo configuration file; its path inside the root."""
    options = {
        "admin_passwd": master_password,
        "db_host": folder,
        "db_user": "odoo",
        "data_dir": f"{folder}/data",
        "http_interface": "127.0.0.1",
        "list_db": True,
        "workers": 0,
        # Scheduled jobs would work on databases that a test is about to drop.
        "max_cron_threads": 0,
        "limit_memory_soft": 8 * 2**30,  # Odoo keeps a database registry in memory for every 15 MB of this
        "limit_time_real": 0,
        **({"http_port": port} if port else {}),
    }
    path = root.path / folder[1:] / "odoo.conf"
    path.write_text("[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items()))
    os.chown(path, *root.owner("odoo"))
    path.chmod(0o600)
    return f"{folder}/odoo.conf"


def _program(root: Root, name: str) -> str:
    found = sorted(root.path.glob(f"usr/lib/postgresql/*/bin/{name}"))
    if not found:
        raise BuildFailed(f"{root.path} has no PostgreSQL program {name}")
    return "/" + str(found[-1].relative_to(root.path))


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise BuildFailed(f"the server ended at once: {tail(log)}")
        if time.monotonic() > deadline:
            raise BuildFailed(f"the server did not answer within {_START_SECONDS} s: {tail(log)}")
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes] | None, politely: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(politely)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    if not log.is_file():
        return "no log"
    return " / ".join(line.strip() for line in log.read_text(errors="replace").splitlines()[-3:])
