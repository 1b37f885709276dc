"""The whole sandbox X3: one folder behind Syracuse's addresses or V6's, and `serve`, to run it a while."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any, Literal

from sandbox.odoo.doors.http import Lost, Reply, Server
from sandbox.x3 import wire
from sandbox.x3.faults import NoServices, Spoiled
from sandbox.x3.objects.catalogue import SHAPES
from sandbox.x3.operations import WRITES, Operations
from sandbox.x3.person import Person
from sandbox.x3.pool import Pool
from sandbox.x3.running import Subprogram
from sandbox.x3.wire import Answer, Request, Technical
from sandbox.x3.words import ERROR, Message, Words
from sandbox.x3.world import World
from sandbox.x3.wsdl import wsdl

REMEMBERED = 10_000
SYRACUSE = "/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"
SYRACUSE_WSDL = "/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"
V6 = "/adxwsvc/services/CAdxWebServiceXmlCC"
INTERNAL = "http://srv-x3.invalid:8124"
"""The host its WSDL names: one that only its own network knows."""
_COOKIE = "syracuse.sid"


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in. `code` is the object (``BPC``) where `publication` is one that exists."""

    operation: str
    publication: str
    code: str | None
    key: str
    request: Request


Hook = Callable[[Call], Any]


class X3:
    """A running sandbox X3, with what a test or a demonstration needs of it.

    `person` is somebody at its screens; `world` what it holds (`world.codes` are its tables of codes).
    `calls` counts calls by (object, operation), `writes` those that changed something. `before` and `after`
    are hooks around every call: what they raise (see `sandbox.x3.faults`) happens to it. `running` false: no
    web service child. `moved`: the addresses (``wsdl``, ``call``) that are not where they were.
    `subprograms` are published for `run`, by publication name.
    """

    def __init__(
        self, world: World, operations: Operations, publications: Mapping[str, str], version: int, login: str,
        password: str, token: str, pool: Pool, port: int,
    ) -> None:  # fmt: skip
        self.world, self.version, self.pool = world, version, pool
        self.login, self.password, self.token = login, password, token
        self.publications = {code: publications.get(code, code) for code in SHAPES}
        self.person = Person(world)
        self.calls: Counter[tuple[str | None, str]] = Counter()
        self.writes: Counter[tuple[str | None, str]] = Counter()
        self.log: deque[Call] = deque(maxlen=REMEMBERED)
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.running = True
        self.subprograms: dict[str, Subprogram] = {}
        self.moved: set[str] = set()
        self.sessions = 0
        self._known: set[str] = set()
        self._operations = operations
        self._counting = threading.Lock()
        self._server = Server(self._respond, port, software="Syracuse")

    @property
    def host(self) -> str:
        """Where it listens, ``http://127.0.0.1:port``."""
        return self._server.url

    @property
    def url(self) -> str:
        """The address calls go to."""
        return self.host + (SYRACUSE if self.version >= 7 else V6)

    @property
    def wsdl_url(self) -> str:
        return self.host + (f"{SYRACUSE_WSDL}?wsdl" if self.version >= 7 else f"{V6}?wsdl")

    def fail(
        self, fault: Any, operation: str | None = None, code: str | None = None, *, applied: bool = False,
        times: int | None = 1,
    ) -> list[Call]:  # fmt: skip
        """Have this happen to the next such calls (all of them: `times` ``None``); the calls it happened to.

        `applied`: once they are done, in place of the answer; else nothing of them is done.
        """
        met: list[Call] = []
        hooks = self.after if applied else self.before

        def hook(call: Call) -> Any:
            with self._counting:
                wanted = operation in (None, call.operation) and code in (None, call.code)
                if not wanted or (times is not None and len(met) >= times):
                    return None
                met.append(call)
            if isinstance(fault, Exception):
                raise fault
            return fault

        hooks.append(hook)
        return met

    def heal(self) -> None:
        """Nothing goes wrong on purpose any more."""
        self.before.clear()
        self.after.clear()

    def wipe(self) -> None:
        """A folder as it was at the start, nothing counted, nothing wrong."""
        self.heal()
        self.world.wipe()
        for seen in (self.calls, self.writes, self.log, self.pool.overlaps, self.moved, self.subprograms):
            seen.clear()
        self.running, self.pool.most = True, 0

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """Stop answering; no thread is left."""
        self._server.stop()

    # -- HTTP ----------------------------------------------------------------------------------------------

    def _respond(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        given = {name.lower(): value for name, value in headers.items()}
        address, _, query = path.partition("?")
        modern = self.version >= 7
        if verb == "GET" and address == (SYRACUSE_WSDL if modern else V6) and query.lower() == "wsdl":
            return self._wsdl(given, modern)
        if verb != "POST" or address != (SYRACUSE if modern else V6) or "call" in self.moved:
            return Reply(404, "text/html", b"<html><body>Not found</body></html>")
        if modern and not self._let_in(given):
            return _unauthorised()
        if "soapaction" not in given:
            told = {"$diagnoses": [{"severity": "error", "message": "Header 'soapAction' is missing."}]}
            return Reply(500, "application/json", json.dumps(told).encode())
        if not self.running:
            raise NoServices
        try:
            reply = self._called(wire.read_request(body))
        except Lost:
            raise
        except Exception as error:  # noqa: BLE001 what breaks here must not look like a lost line
            reply = Reply(500, wire.KIND, wire.write_fault(f"{type(error).__name__}: {error}"))
        return self._with_session(reply, given) if modern else reply

    def _wsdl(self, given: Mapping[str, str], modern: bool) -> Reply:
        if modern and not self._let_in(given):
            return _unauthorised()
        if "wsdl" in self.moved:
            return Reply(404, "text/html", b"<html><body>Not found</body></html>")
        return Reply(200, "text/xml", wsdl(INTERNAL + (SYRACUSE if modern else V6), self.version))

    def _let_in(self, given: Mapping[str, str]) -> bool:
        kind, _, secret = given.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return bool(self.token) and secret == self.token
        basic = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        return kind.lower() == "basic" and secret == basic

    def _with_session(self, reply: Reply, given: Mapping[str, str]) -> Reply:
        found = SimpleCookie(given.get("cookie", "")).get(_COOKIE)
        if found is not None and found.value in self._known:
            return reply
        session = secrets.token_hex(16)
        with self._counting:
            self._known.add(session)
            self.sessions += 1
        cookie = {"Set-Cookie": f"{_COOKIE}={session}; Path=/; HttpOnly"}
        return Reply(reply.status, reply.kind, reply.content, {**reply.headers, **cookie}, reply.announced)

    # -- a call --------------------------------------------------------------------------------------------

    def _called(self, request: Request) -> Reply:
        if request.context.get("poolAlias", "") != self.pool.alias:
            return Reply(500, wire.KIND, wire.write_fault("Pool not found"))
        code = next((c for c, name in self.publications.items() if name == request.publication), None)
        key = self._operations.key(request, code) if code is not None else ""
        call = Call(request.operation, request.publication, code, key, request)
        with self._counting:
            self.calls[code, request.operation] += 1
            self.log.append(call)
        written = (code, key) if code is not None and key and request.operation in WRITES else None
        with self.pool.session(written) as (entry, waited):
            try:
                self._hooked(self.before, call)
            except Spoiled as fault:
                return fault.spoil(Reply(200, wire.KIND, b""))
            began = time.monotonic()
            answer = self._answer(request, code)
            if answer.status and request.operation in WRITES:
                with self._counting:
                    self.writes[code, request.operation] += 1
            technical = Technical(
                entry, waited, (time.monotonic() - began) * 1000, _trace(request) if request.flags else ""
            )
            reply = Reply(200, wire.KIND, wire.write_answer(request.operation, answer, technical))
            try:
                self._hooked(self.after, call)
            except Spoiled as fault:
                return fault.spoil(reply)
            return reply

    def _answer(self, request: Request, code: str | None) -> Answer:
        words = Words(request.language)
        if self.version < 7 and not self._logged_in(request):
            return Answer(0, None, [Message(ERROR, words("folder login")), Message(ERROR, words("login"))])
        if request.operation == "run" and request.publication in self.subprograms:
            return self._operations.run_subprogram(request, self.subprograms[request.publication])
        if code is None:
            return Answer(0, None, [Message(ERROR, words("no service"))])
        return self._operations.run(request, code)

    def _logged_in(self, request: Request) -> bool:
        given = (request.context.get("codeUser", ""), request.context.get("password", ""))
        return given == (self.login, self.password)

    @staticmethod
    def _hooked(hooks: Sequence[Hook], call: Call) -> None:
        for hook in list(hooks):
            more = hook(call)
            if callable(more):
                more()


def _unauthorised() -> Reply:
    return Reply(401, "text/plain", b"Unauthorized", {"WWW-Authenticate": 'Basic realm="Syracuse"'})


def _trace(request: Request) -> str:
    if request.flags.get("adxwss.trace.on") != "on":
        return ""
    size = request.flags.get("adxwss.trace.size", "")
    text = f"{request.operation} [{request.publication}] poolAlias=[{request.context.get('poolAlias', '')}]"
    return text[: int(size)] if size.isdigit() else text


@contextmanager
def serve(
    *, version: int = 12, login: str = "WSUSER", password: str = "sandbox", token: str = "",
    pool: str = "WSPOOL", pool_size: int = 4, publications: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None, custom: Mapping[str, Mapping[str, int]] | None = None,
    listed: Mapping[str, Sequence[str]] | None = None, numbering: Mapping[str, str] | None = None,
    upserts: bool = False, unlisted: Literal["ignored", "refused"] = "ignored", ranges: bool = True,
    clock: Callable[[], datetime] = datetime.now, port: int = 0,
) -> Iterator[X3]:  # fmt: skip
    """Run a sandbox X3 on loopback for as long as the block lasts; `sandbox.x3` says what each option is."""
    world = World(groups or {}, custom or {}, listed or {}, numbering or {}, clock)
    operations = Operations(world, upserts=upserts, unlisted=unlisted, ranges=ranges)
    x3 = X3(
        world, operations, publications or {}, version, login, password, token, Pool(pool, pool_size), port
    )
    x3.start()
    try:
        yield x3
    finally:
        x3.stop()
