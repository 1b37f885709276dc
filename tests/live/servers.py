"""Real Odoo servers on 127.0.0.1: started on a copy of the pristine database, ended by process id, leaving nothing.

Every start has a PostgreSQL of its own (a unix socket inside the root, no port) and an Odoo of its own (a free port), so
any number of test runs stand side by side and none can spoil another's. Both end with the process that started them, even
when that one is killed; what a killed run leaves on disk is swept by the next start.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import xmlrpc.client
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.live.debian import BuildFailed, Root
from tests.live.provision import TEMPLATE, Built, cache

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
class Odoo:
    """A real Odoo one can talk to, whoever started it. ``template`` is the database that fresh ones are copied from."""

    version: int
    url: str
    login: str
    password: str
    api_key: str | None
    template: str
    master_password: str

    @classmethod
    def from_description(cls, known: dict[str, Any]) -> Odoo:
        return cls(**{name: known[name] for name in cls.__dataclass_fields__})

    def fresh_database(self) -> str:
        """A database nobody has used, a copy of the template (about a second); give it to `drop` when done."""
        name = f"hub_{secrets.token_hex(5)}"
        self._service("db").duplicate_database(self.master_password, self.template, name)
        return name

    def drop(self, database: str) -> None:
        self._service("db").drop(self.master_password, database)

    def server_version(self) -> str:
        """What the server says it is, e.g. ``19.0``."""
        answer: dict[str, Any] = self._service("common").version()  # type: ignore[assignment]
        return str(answer["server_version"])

    def user(self, database: str) -> int:
        """Log in; the user's id. Raises PermissionError for a wrong password."""
        answer = self._service("common").authenticate(database, self.login, self.password, {})
        if not answer:
            raise PermissionError(f"{self.url} refuses {self.login} on {database}")
        return int(answer)  # type: ignore[call-overload,no-any-return]

    def call(self, database: str, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """One call as the administrator, past everything the project has written: the tests' independent witness."""
        uid = self.user(database)
        witness = self._service("object")
        return witness.execute_kw(database, uid, self.password, model, method, list(arguments), named)

    def new_company(self, database: str, name: str) -> int:
        """A further company, which the administrator may work in."""
        company = self.call(database, "res.company", "create", {"name": name})
        self.call(database, "res.users", "write", [self.user(database)], {"company_ids": [(4, company)]})
        return int(company)

    def _service(self, name: str) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/{name}", allow_none=True)


@dataclass
class Postgres:
    """A PostgreSQL inside a root, in `folder` (path inside the root), reached by a unix socket there."""

    root: Root
    folder: str
    process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def create(root: Root, folder: str) -> None:
        made = ["-D", f"{folder}/pg", "-U", "odoo", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        root.run([_program(root, "initdb"), *made], user="odoo")

    def start(self) -> None:
        options = {**_POSTGRES_OPTIONS, "unix_socket_directories": self.folder}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = self.root.path / self.folder[1:] / "postgresql.log"
        with open(log, "ab") as out:
            command = [_program(self.root, "postgres"), "-D", f"{self.folder}/pg", *flags]
            self.process = self.root.start(command, "odoo", out)
        # PostgreSQL writes `ready` in its pid file once it accepts connections.
        pid_file = self.root.path / self.folder[1:] / "pg/postmaster.pid"
        _wait_for(lambda: pid_file.exists() and "ready" in pid_file.read_text(), self.process, log)

    def stop(self) -> None:
        _end(self.process, signal.SIGINT)


@dataclass
class Server:
    """A PostgreSQL and an Odoo on a copy of the pristine database."""

    built: Built
    folder: str
    shared: bool
    odoo: Odoo
    postgres: Postgres
    process: subprocess.Popen[bytes] | None = None
    database: str = ""
    log: Path = field(default=Path())

    def start(self) -> None:
        host = self.built.root.path / self.folder[1:]
        template = self.built.root.path / self.built.template[1:]
        # Copied by `cp`, which shares the blocks where the file system can.
        subprocess.run(["cp", "-a", "--reflink=auto", f"{template}/.", str(host)], check=True)
        self.note()
        self.postgres.start()
        port = _free_port()
        self.odoo.url = f"http://127.0.0.1:{port}"
        configuration = odoo_configuration(self.built.root, self.folder, port, self.odoo.master_password)
        self.log = host / "odoo.log"
        with open(self.log, "ab") as out:
            self.process = self.built.root.start(["odoo", "-c", configuration], "odoo", out)
        self.note()
        _wait_for(self._answers, self.process, self.log)

    def stop(self) -> None:
        atexit.unregister(self.stop)
        _end(self.process, signal.SIGTERM)
        self.postgres.stop()
        shutil.rmtree(self.built.root.path / self.folder[1:], ignore_errors=True)

    def check(self) -> None:
        """Raises when the server has ended by itself."""
        for process in (self.process, self.postgres.process):
            if process is None or process.poll() is not None:
                raise BuildFailed(f"Odoo {self.built.version} ended by itself: {_tail(self.log)}")

    def described(self) -> dict[str, Any]:
        return {**asdict(self.odoo), "db": self.database}

    def note(self) -> None:
        """Write down who started what, so that a later start can sweep it and `--url` can tell it."""
        started = [process for process in (self.process, self.postgres.process) if process is not None]
        noted = {
            "owner": _identity(os.getpid()),
            "started": [_identity(process.pid) for process in started],
            "shared": self.shared,
            "server": self.described(),
        }
        path = self.built.root.path / self.folder[1:] / "run.json"
        partial = path.with_suffix(".partial")
        with open(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
            json.dump(noted, out)
        partial.replace(path)

    def _answers(self) -> bool:
        try:
            return bool(self.odoo.server_version())
        except OSError:
            return False


def start(built: Built, shared: bool = False) -> Server:
    """Start one Odoo; stops at exit at the latest. Call from a thread that lives as long as the server shall."""
    sweep()
    folder = f"/srv/hub/runs/{secrets.token_hex(4)}"
    private_folder(built.root, folder)
    odoo = Odoo(built.version, "", "admin", "admin", built.api_key, TEMPLATE, secrets.token_hex(16))
    server = Server(built, folder, shared, odoo, Postgres(built.root, folder))
    atexit.register(server.stop)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server


def running() -> dict[str, dict[str, Any]]:
    """The servers people started with ``--start``, by version."""
    found = {}
    for note in cache().glob("odoo-*/root/srv/hub/runs/*/run.json"):
        noted = json.loads(note.read_text())
        if noted["shared"] and noted["server"]["db"] and _is_alive(noted["owner"]):
            found[str(noted["server"]["version"])] = noted["server"]
    return found


def sweep() -> None:
    """End and remove what killed runs left behind."""
    for note in cache().glob("odoo-*/root/srv/hub/runs/*/run.json"):
        noted = json.loads(note.read_text())
        if _is_alive(noted["owner"]):
            continue
        for identity in noted["started"]:
            if _is_alive(identity):
                os.kill(int(identity.split(":")[1]), signal.SIGKILL)
        shutil.rmtree(note.parent, ignore_errors=True)


def private_folder(root: Root, folder: str) -> None:
    """A folder inside the root that only its user `odoo` may enter."""
    path = root.path / folder[1:]
    path.mkdir(parents=True)
    os.chown(path, *root.owner("odoo"))
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
        "limit_memory_soft": 0,
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


def _wait_for(ready: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise BuildFailed(f"the server ended at once: {_tail(log)}")
        if time.monotonic() > deadline:
            raise BuildFailed(f"the server did not answer within {_START_SECONDS} s: {_tail(log)}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes] | None, politely: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(politely)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _identity(pid: int) -> str:
    """A name for a process that no later process can bear: boot, id, start time."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{boot}:{pid}:{after_name[19]}"


def _is_alive(identity: str) -> bool:
    try:
        return _identity(int(identity.split(":")[1])) == identity
    except (FileNotFoundError, ProcessLookupError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    if not log.is_file():
        return "no log"
    return " / ".join(line.strip() for line in log.read_text(errors="replace").splitlines()[-3:])
