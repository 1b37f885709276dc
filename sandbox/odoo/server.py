"""The whole sandbox Odoo: one database behind its doors, and `serve`, which runs it for a while."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from sandbox.odoo.calls import Call, Dispatcher, Hook
from sandbox.odoo.doors import json2, jsonrpc, xmlrpc
from sandbox.odoo.doors.http import Reply, Server
from sandbox.odoo.env import ADMIN_UID, Database, Env, group_field
from sandbox.odoo.errors import AccessDenied, DatabaseMissing
from sandbox.odoo.keeping import Keeping
from sandbox.odoo.models.catalogue import models_of
from sandbox.odoo.models.seed import seed
from sandbox.odoo.schema import Model

VERSIONS = (14, 19)


class Odoo:
    """A running sandbox Odoo, with what a test or a demonstration needs of it.

    `env` reads and writes records directly, as the administrator, in this process; nothing done through it is
    counted or hooked. `before` and `after` are the hooks around every call (see `sandbox.odoo.calls`).
    """

    def __init__(
        self, version: int, database: str, login: str, password: str, api_key: str, port: int,
        models: Iterable[Model], single: bool, keep: Path | None = None,
    ) -> None:  # fmt: skip
        if version not in VERSIONS:
            raise ValueError(f"the sandbox knows Odoo {' and '.join(map(str, VERSIONS))}, not {version}")
        self.version, self.database = version, database
        self.login, self.password, self.api_key = login, password, api_key
        self.base = Database(database, version, models_of(version, models))
        seed(self.base, login, password, api_key)
        self._kept = Keeping(self.base.store, keep) if keep is not None else None
        self.env = Env(self.base, ADMIN_UID)
        self._calls = Dispatcher(self.base)
        self._server = Server(self._respond, port, self._seconds)
        self._single = single
        self._sessions: set[str] = set()
        self._json_addresses: dict[str, Callable[[dict[str, Any]], Any]] = {
            "/jsonrpc": self._jsonrpc,
            "/web/webclient/version_info": lambda _: self._version(),
            "/web/session/authenticate": self._session,
        }

    @property
    def url(self) -> str:
        """Where it listens, ``http://127.0.0.1:port``."""
        return self._server.url

    @property
    def calls(self) -> Counter[tuple[str | None, str]]:
        """How many calls there were, by (model, method)."""
        return self._calls.counts

    @property
    def log(self) -> deque[Call]:
        """The latest calls, oldest first."""
        return self._calls.log

    @property
    def before(self) -> list[Hook]:
        """Hooks run before a call is applied."""
        return self._calls.before

    @property
    def after(self) -> list[Hook]:
        """Hooks run after a call is committed, before it is answered."""
        return self._calls.after

    def add_user(
        self, login: str, password: str, groups: Iterable[str] = (), api_key: str | None = None
    ) -> int:
        """A further user, in these groups (external ids) besides internal users; its id."""
        table = self.env.table("res.groups")
        ids = [id for id, row in table.rows.items() if row["xmlid"] in {"base.group_user", *groups}]
        values = {
            "name": login,
            "login": login,
            "password": password,
            group_field(self.version): [(6, 0, ids)],
        }
        uid = int(self.env["res.users"].create(values))
        if api_key:
            self.base.accounts[login].api_keys.add(api_key)
        return uid

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Stop answering; no thread is left."""
        self._server.stop()
        if self._kept is not None:
            self._kept.close()

    # -- the doors ---------------------------------------------------------------------------------------

    def _respond(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        path = path.split("?", 1)[0]
        if verb == "POST" and path.startswith("/xmlrpc/2/"):
            service = path.removeprefix("/xmlrpc/2/").strip("/")
            return Reply(
                200, "text/xml", xmlrpc.answer(body, service, lambda *call: self._service("xmlrpc", *call))
            )
        if path.startswith("/json/2/") and self.version >= 19:
            return json2.answer(self._calls, path, headers, body, single=self._single)
        if verb == "POST" and path in self._json_addresses:
            known = self._single or self._session_of(headers) in self._sessions
            reply = jsonrpc.answer(body, self._json_addresses[path], self.version, database=known)
            if path == "/web/session/authenticate" and b'"error"' not in reply.content:
                return replace(
                    reply, headers={"Set-Cookie": f"session_id={self._new_session()}; Path=/; HttpOnly"}
                )
            return reply
        if path in ("/web/version", "/json/version") and self.version >= 19:
            version = self._version()
            about = {"version_info": version["server_version_info"], "version": version["server_version"]}
            return Reply(200, json2.JSON, jsonrpc.dump(about))
        return Reply(404, jsonrpc.HTML, json2.NO_DATABASE)

    def _seconds(self) -> float:
        return self.base.clock().replace(tzinfo=UTC).timestamp()

    def _new_session(self) -> str:
        session = secrets.token_hex(20)
        self._sessions.add(session)
        return session

    @staticmethod
    def _session_of(headers: Mapping[str, str]) -> str:
        found = SimpleCookie(headers.get("Cookie") or "").get("session_id")
        return found.value if found else ""

    def _jsonrpc(self, params: dict[str, Any]) -> Any:
        return self._service("jsonrpc", params["service"], params["method"], tuple(params["args"]))

    def _service(self, door: str, service: str, method: str, args: tuple[Any, ...]) -> Any:
        if service == "object":
            return self._object(door, method, args)
        if service == "common":
            return self._calls.service(door, f"common.{method}", lambda: self._common(method, args))
        if service == "db":
            return self._calls.service(door, f"db.{method}", lambda: self._db(method, args))
        raise KeyError(service)

    def _object(self, door: str, method: str, args: tuple[Any, ...]) -> Any:
        database, uid, password, model, name, *rest = args
        if method not in ("execute", "execute_kw"):
            raise NameError(f"Method not available {method}")
        if not password:
            raise AccessDenied
        self._need_database(database)
        self._calls.check(int(uid), password)
        if method == "execute":
            return self._calls.positional(door, int(uid), model, name, rest, None)
        return self._calls.positional(
            door, int(uid), model, name, rest[0], rest[1] if len(rest) > 1 else None
        )

    def _common(self, method: str, args: tuple[Any, ...]) -> Any:
        if method == "version":
            return self._version()
        if method in ("login", "authenticate"):
            self._need_database(args[0])
            return self._calls.login(args[1], args[2]) or False
        raise Exception(f"Method not found: {method}")

    def _db(self, method: str, args: tuple[Any, ...]) -> Any:
        if method == "list":
            return [self.database]
        if method == "db_exist":
            return args[0] == self.database
        if method == "server_version":
            return self._version()["server_version"]
        raise KeyError(f"Method not found: {method}")

    def _session(self, params: dict[str, Any]) -> dict[str, Any]:
        self._need_database(params["db"])
        uid = self._calls.login(params["login"], params["password"])
        if uid is None:
            raise AccessDenied
        context = {"lang": "en_US", "tz": False, "uid": uid}
        return {
            "uid": uid,
            "db": self.database,
            "username": params["login"],
            "user_context": context,
            **self._version(),
        }

    def _version(self) -> dict[str, Any]:
        name = f"{self.version}.0"
        info = [self.version, 0, 0, "final", 0, ""]
        return {
            "server_version": name,
            "server_version_info": info,
            "server_serie": name,
            "protocol_version": 1,
        }

    def _need_database(self, name: str) -> None:
        if name != self.database:
            raise DatabaseMissing(f'connection to server failed: FATAL:  database "{name}" does not exist')


@contextmanager
def serve(
    version: int = 19, *, database: str = "sandbox", login: str = "admin", password: str = "admin",
    api_key: str = "sandbox-api-key", port: int = 0, models: Iterable[Model] = (), single: bool = True,
    keep: Path | None = None,
) -> Iterator[Odoo]:  # fmt: skip
    """Run a sandbox Odoo on loopback for as long as the block lasts.

    `models` are added to those it has. `single` is whether the server has this one database only; where it
    has more, a caller must say which, and 14 answers any error on ``/jsonrpc`` with HTML unless a session is
    open. `keep` is a file that holds its records from one start to the next.
    """
    odoo = Odoo(version, database, login, password, api_key, port, models, single, keep)
    odoo.start()
    try:
        yield odoo
    finally:
        odoo.stop()
