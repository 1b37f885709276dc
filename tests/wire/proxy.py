"""A wire between the hub and an Odoo that can be made to fail at one chosen request.

It listens on loopback, keeps connections open as a web server in front of Odoo does, reads requests whole,
knows which model and method each calls whichever door it came through, and passes it on over a connection of
its own. A `Trap` has one fault (`tests.wire.faults`) happen to those it waits for. Everything that went by
is in `Proxy.seen`, with whether Odoo got it.

Never: a request passed on twice, a fault that was not asked for, traffic to anything but loopback.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Event, Thread, current_thread
from urllib.parse import urlsplit

from tests.wire.request import Request, read_request

PATIENCE = 30.0
"""Seconds after which nothing here waits any longer, so that a broken test ends."""

_HOP = ("host", "connection", "keep-alive", "content-length", "transfer-encoding", "accept-encoding")


@dataclass(frozen=True, slots=True)
class Reply:
    """Odoo's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def packed(self, length: int | None = None) -> bytes:
        """As bytes on the wire; `length` is what it says its length is, if not the true one."""
        phrase = http.client.responses.get(self.status, "")
        told = {**self.headers, "Content-Length": str(len(self.body) if length is None else length)}
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in told.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Exchange:
    """One request that a fault happens to, and what can be done with it."""

    def __init__(self, proxy: Proxy, connection: socket.socket, request: Request) -> None:
        self.proxy, self.request = proxy, request
        self._connection = connection

    def pass_on(self) -> Reply:
        """Have Odoo do it. Once."""
        return self.proxy.pass_on(self.request)

    def send(self, data: bytes) -> None:
        """Send these bytes now."""
        self._connection.sendall(data)

    def close(self) -> None:
        """End the connection in good order, as a server does that has had enough of it."""
        self._connection.close()

    def reset(self) -> None:
        """Tear the connection down, as when a process is killed or a firewall forgets."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def until_gone(self) -> None:
        """Wait until the other side has given up."""
        self._connection.settimeout(PATIENCE)
        with suppress(OSError):
            while self._connection.recv(1):
                continue


Fault = Callable[[Exchange], None]
Wanted = Callable[[Request], bool]


@dataclass
class Trap:
    """A fault that waits for the `nth` request that is `wanted`; `times` in a row, ``None`` from then on."""

    fault: Fault
    wanted: Wanted
    nth: int = 1
    times: int | None = 1
    seen: int = 0
    met: list[Request] = field(default_factory=list)

    def takes(self, request: Request) -> bool:
        """Whether the fault happens to this one."""
        if not self.wanted(request):
            return False
        self.seen += 1
        taken = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        if taken:
            self.met.append(request)
        return taken


class Proxy:
    """Listens from construction to `close`. `context` has it speak TLS.

    `hang_up`: so many of the next connections are ended before a word was said.
    """

    def __init__(self, behind: str, context: ssl.SSLContext | None = None) -> None:
        self._behind = urlsplit(behind).netloc
        self._context = context
        self._changed = Condition()
        self._open: dict[socket.socket, Thread] = {}
        self._underway = 0
        self._released = Event()
        self.hang_up = 0
        self.seen: list[Request] = []
        self.trap: Trap | None = None
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"https://localhost:{self.port}" if context else f"http://127.0.0.1:{self.port}"

    # -- what a test does ------------------------------------------------------------------------------------

    def arm(self, fault: Fault, wanted: Wanted, nth: int = 1, times: int | None = 1) -> Trap:
        """Have this happen, in place of what was armed before."""
        with self._changed:
            self.trap = Trap(fault, wanted, nth, times)
            return self.trap

    def disarm(self) -> None:
        """Nothing happens any more."""
        with self._changed:
            self.trap = None

    def passed(self, methods: Collection[str], since: int = 0) -> list[Request]:
        """Requests for these methods that Odoo got, from the `since`-th request on."""
        return [request for request in self.seen[since:] if request.passed and request.method in methods]

    def refuse(self) -> None:
        """Nobody listens any more: open connections end, new ones are refused. The port stays ours."""
        _shut(self._listener)
        self._listener = self._bound(self.port)
        self._end_connections()

    def mend(self) -> None:
        """Listen again after `refuse`."""
        self._listener.close()
        self._listener = self._listen(self.port)

    def hold(self) -> None:
        """Wait for `release`: for a request that arrives late."""
        self._released.wait(PATIENCE)

    def release(self) -> None:
        """Let the requests that were held back arrive, and wait until Odoo has done them."""
        self._released.set()
        with self._changed:
            if not self._changed.wait_for(lambda: not self._underway, PATIENCE):
                raise TimeoutError("a request is still under way")
        self._released.clear()

    def close(self) -> None:
        """Stop; no thread is left."""
        self._released.set()
        _shut(self._listener)
        self._end_connections()

    # -- the wire itself -------------------------------------------------------------------------------------

    def pass_on(self, request: Request) -> Reply:
        """To Odoo and back."""
        if request.passed:
            raise RuntimeError(f"{request} was passed on already")
        request.passed = True
        behind = http.client.HTTPConnection(self._behind, timeout=PATIENCE)
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        try:
            behind.request(request.verb, request.path, request.body, kept)
            answer = behind.getresponse()
            content = answer.read()
        finally:
            behind.close()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return Reply(answer.status, headers, content)

    def _listen(self, port: int) -> socket.socket:
        listener = self._bound(port)
        listener.listen(64)
        Thread(target=self._accept, args=(listener,), name="wire", daemon=True).start()
        return listener

    @staticmethod
    def _bound(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the listener was closed: by `refuse` or by `close`
            if self.hang_up:
                self.hang_up -= 1
                connection.close()
                continue
            thread = Thread(target=self._converse, args=(connection,), name="wire", daemon=True)
            with self._changed:
                self._open[connection] = thread
            thread.start()

    def _converse(self, plain: socket.socket) -> None:
        """Everything one connection brings, until either side ends it."""
        connection = plain
        # Whatever the other side does, going away in the middle included, ends this connection and no more.
        with suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
                with self._changed:
                    self._open[connection] = self._open.pop(plain)
                connection.do_handshake()
            self._answer_all(connection)
        connection.close()
        with self._changed:
            self._open.pop(connection, None)

    def _answer_all(self, connection: socket.socket) -> None:
        number = 0
        while connection.fileno() != -1:
            number += 1
            request = read_request(connection, number)
            if request is None:
                return
            with self._changed:
                self.seen.append(request)
                trap = self.trap if self.trap is not None and self.trap.takes(request) else None
                self._underway += 1
            try:
                if trap is not None:
                    trap.fault(Exchange(self, connection, request))
                else:
                    connection.sendall(self.pass_on(request).packed())
            finally:
                with self._changed:
                    self._underway -= 1
                    self._changed.notify_all()

    def _end_connections(self) -> None:
        with self._changed:
            left = dict(self._open)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in left.values():
            if thread is not current_thread():
                thread.join(PATIENCE)


def _shut(listener: socket.socket) -> None:
    """Close a listener, and wake the thread that waits at it."""
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
