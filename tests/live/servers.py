"""Real Odoo servers on 127.0.0.1: started on a copy of the pristine database, ended by id, leaving nothing.

Every start has a PostgreSQL of its own (a unix socket inside the root, no port) and an Odoo of its own (a
free port), so any number of test runs stand side by side and none can spoil another's. Both end with the
process that started them, even when that one is killed; what a killed run leaves on disk is swept by the next
start.
"""

from __future__ import annotations

import atexit
import secrets
import shutil
import signal
import subprocess
import xmlrpc.client
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.live import runs
from tests.live.build import TEMPLATE, Built
from tests.live.debian import BuildFailed
from tests.live.processes import Postgres, end, odoo_configuration, private_folder, tail, wait_for


@dataclass
class Odoo:
    """A real Odoo one can talk to, whoever started it. Fresh databases are copies of ``template``."""

    version: int
    url: str
    login: str
    password: str
    api_key: str | None
    template: str
    master_password: str
    made: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def from_description(cls, known: dict[str, Any]) -> Odoo:
        return cls(**{name: known[name] for name in cls.__dataclass_fields__ if name != "made"})

    def fresh_database(self, template: str = "") -> str:
        """A database nobody has used, in one or two seconds; give it to `drop` when done.

        `template`: another database to copy than the pristine one.
        """
        name = f"hub_{secrets.token_hex(5)}"
        self._service("db").duplicate_database(self.master_password, template or self.template, name)
        self.made.append(name)
        return name

    def drop(self, database: str) -> None:
        self._service("db").drop(self.master_password, database)
        self.made.remove(database)

    def drop_all(self) -> None:
        """Drop every database that `fresh_database` made here and nobody has dropped."""
        for database in list(self.made):
            self.drop(database)

    def server_version(self) -> str:
        """What the server says it is, e.g. ``19.0``."""
        answer: Any = self._service("common").version()
        return str(answer["server_version"])

    def user(self, database: str) -> int:
        """Log in; the user's id. Raises PermissionError for a wrong password."""
        answer: Any = self._service("common").authenticate(database, self.login, self.password, {})
        if not answer:
            raise PermissionError(f"{self.url} refuses {self.login} on {database}")
        return int(answer)

    def call(self, database: str, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """One call as the administrator, by nothing of the project's: the tests' independent witness."""
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
    configuration: str = ""

    def start(self) -> None:
        host = self.built.root.path / self.folder[1:]
        template = self.built.root.path / self.built.template[1:]
        # Noted first: whatever happens from here on, a later start knows whose folder this is.
        self.note()
        # `cp` shares the blocks where the file system can.
        subprocess.run(["cp", "-a", "--reflink=auto", f"{template}/.", str(host)], check=True)
        self.postgres.start()
        port = runs.free_port()
        self.odoo.url = f"http://127.0.0.1:{port}"
        self.log = host / "odoo.log"
        self.configuration = odoo_configuration(self.built.root, self.folder, port, self.odoo.master_password)
        self.start_odoo()

    def start_odoo(self) -> None:
        """Odoo alone, at its address: also after `kill_odoo`."""
        with open(self.log, "ab") as out:
            self.process = self.built.root.start(["odoo", "-c", self.configuration], "odoo", out)
        self.note()
        wait_for(self._answers, self.process, self.log)

    def kill_odoo(self) -> None:
        """End Odoo without warning; its PostgreSQL stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        atexit.unregister(self.stop)
        end(self.process, signal.SIGTERM)
        self.postgres.stop()
        shutil.rmtree(self.built.root.path / self.folder[1:], ignore_errors=True)

    def check(self) -> None:
        """Raises when the server has ended by itself."""
        for process in (self.process, self.postgres.process):
            if process is None or process.poll() is not None:
                raise BuildFailed(f"Odoo {self.built.version} ended by itself: {tail(self.log)}")

    def described(self) -> dict[str, Any]:
        return {**asdict(self.odoo), "db": self.database, "made": []}

    def note(self) -> None:
        """Write down who started what, so that a later start can sweep it and `--url` can tell it."""
        started = [process for process in (self.process, self.postgres.process) if process is not None]
        runs.note(self.built.root.path / self.folder[1:], started, self.described(), self.shared)

    def _answers(self) -> bool:
        try:
            return bool(self.odoo.server_version())
        except OSError:
            return False


def start(built: Built, shared: bool = False) -> Server:
    """Start one Odoo; it ends with the thread that calls this, at the latest."""
    runs.sweep()
    folder = f"/{runs.FOLDERS}/{secrets.token_hex(4)}"
    private_folder(built.root, folder, "odoo")
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
    return {str(server["version"]): server for server in runs.shared_servers("odoo-") if server["db"]}
