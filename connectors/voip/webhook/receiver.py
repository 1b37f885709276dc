"""The receiver: one path, one method, from the network to `Intake`, and an answer at once.

Promises: the answer waits for nothing (`hear` never blocks), since exchanges give up after seconds and then
switch a receiver off. All else is answered 404, 405, 413 or 415 and costs nothing. A port that is taken is
tried again, and said once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from ipaddress import IPv6Address, ip_address

from aiohttp import web

from connectors.voip.webhook.doors import Doors
from connectors.voip.webhook.handing import Handing
from connectors.voip.webhook.intake import Intake, Taken
from connectors.voip.webhook.settings import Network, Settings
from connectors.voip.webhook.trust import Basic
from connectors.voip.webhook.verify import Delivery
from hub.exchange import Hear, Line
from hub.ports import ConnectorError, Misconfigured, Unreachable

LONGEST_WAIT = 60.0


class _TooLarge(Exception):
    """The body is longer than it may be."""


class Receiver:
    """Listens for one exchange. `address` is where, once it does (port 0 is any free one)."""

    def __init__(
        self, system: str, settings: Settings, intake: Intake, counts: Counter[str],
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.system, self.settings, self.intake, self.counts = system, settings, intake, counts
        self.address: tuple[str, int] | None = None
        self._clock = clock
        self._handing: Handing | None = None

    async def listen(self, hear: Hear) -> None:
        """Until cancelled."""
        self._handing = Handing(hear)
        wait, last = 1.0, ""
        try:
            while True:
                try:
                    await self._serve(hear)
                except ConnectorError as problem:
                    if str(problem) != last:
                        hear(Line(self.system, False, self._clock(), problem))
                    last = str(problem)
                    await asyncio.sleep(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
        finally:
            self._handing.flush()

    async def _serve(self, hear: Hear) -> None:
        doors = Doors(
            self._answer, self.counts, self.system, self.settings.connections, self.settings.timeout
        )
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                doors,
                self.settings.host,
                self.settings.port,
                ssl=tls(self.system, self.settings),
                backlog=128,
            )
        except OSError as problem:
            raise Unreachable(
                self.system,
                f"cannot listen on {self.settings.host}:{self.settings.port}",
                problem.strerror or type(problem).__name__,
                todo="another program holds this port, or it is not this machine's address: choose another",
            ) from problem
        found = server.sockets[0].getsockname()
        self.address = (found[0], found[1])
        hear(Line(self.system, True, self._clock()))
        try:
            await server.serve_forever()
        finally:
            self.address = None
            server.close()
            await doors.shutdown(1.0)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if path != self.settings.path:
            self.counts["elsewhere"] += 1
            return _closing(404)
        if request.method != self.intake.map.method:
            self.counts["elsewhere"] += 1
            return _closing(405, Allow=self.intake.map.method)
        self.counts["received"] += 1
        headers = [(name.decode("latin-1"), value.decode("utf-8", "replace"))
                   for name, value in request.raw_headers]  # fmt: skip
        peer = sender(request.remote or "", headers, self.settings.proxies)
        if self.settings.ips and not _among(peer, self.settings.ips):
            return self._done(self.intake.refuse_place(peer, self._clock()))
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            self.counts["malformed"] += 1
            return _closing(415)
        try:
            body = await self._body(request)
        except _TooLarge:
            self.counts["too large"] += 1
            return _closing(413)
        except (web.RequestPayloadError, ConnectionError, EOFError):
            self.counts["malformed"] += 1
            return _closing(400)
        delivery = Delivery(request.method, query, headers, body)
        return self._done(self.intake.take(delivery, peer, self._clock()))

    async def _body(self, request: web.BaseRequest) -> bytes:
        most = self.settings.max_body_kib * 1024
        if (request.content_length or 0) > most:
            raise _TooLarge
        if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > most:
                raise _TooLarge
        return bytes(body)

    def _done(self, taken: Taken) -> web.Response:
        assert self._handing is not None
        for said in taken.said:
            self._handing.say(said)
        self.intake.done(taken, self._clock())
        if taken.status == 401 and isinstance(self.intake.trust, Basic):
            return _closing(401, **{"WWW-Authenticate": 'Basic realm="calls"'})
        if taken.status >= 400:
            return _closing(taken.status)
        answer = self.intake.map.answer
        return _closing(taken.status, answer.body, answer.type)


def sender(peer: str, headers: Iterable[tuple[str, str]], proxies: Iterable[Network]) -> str:
    """Whose address a request comes from: the last one that no trusted proxy added by itself."""
    trusted = list(proxies)
    if not _among(peer, trusted):
        return peer
    said = ",".join(value for name, value in headers if name.lower() == "x-forwarded-for")
    for one in reversed([part.strip() for part in said.split(",")]):
        if not _among(one, trusted):
            try:
                return str(ip_address(one))
            except ValueError:
                return "unknown"
    return peer


def tls(system: str, settings: Settings) -> ssl.SSLContext | None:
    """The server's side of TLS, where it has a certificate. Raises `Misconfigured`."""
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as problem:
        raise Misconfigured(
            system, "its certificate and key cannot be used", problem.strerror or str(problem),
            todo="certificate: and key: are PEM files that belong together, readable by the hub",
        ) from None  # fmt: skip
    return context


def _among(address: str, networks: Iterable[Network]) -> bool:
    with contextlib.suppress(ValueError):
        found = ip_address(address)
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in networks)
    return False


def _closing(status: int, body: str = "", type: str = "text/plain", /, **headers: str) -> web.Response:
    """An answer after which the connection is closed."""
    if status == 204 or not body:
        answer = web.Response(status=status, headers=headers)
    else:
        answer = web.Response(status=status, text=body, content_type=type, headers=headers)
    answer.headers["Server"] = "hub"
    answer.force_close()
    return answer
