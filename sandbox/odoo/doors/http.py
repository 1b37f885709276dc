"""The HTTP server: loopback only, a thread a connection, and ways to lose an answer on purpose."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `announced` is the length it claims, where that is not the true one: it breaks off."""

    status: int
    kind: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None


Respond = Callable[[str, str, Mapping[str, str], bytes], Reply]


class Lost(ConnectionError):
    """Raised by a hook to answer something other than the call's result."""


class Cut(Lost):
    """Close the connection without an answer."""


class Html(Lost):
    """Answer a page of HTML, as a proxy in front of the server does."""

    def __init__(
        self, status: int = 502, body: str = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    ) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True)
class Delay:
    """Answered by a hook to take that long. Seconds."""

    seconds: float

    def __call__(self) -> None:
        time.sleep(self.seconds)


class Server:
    """An HTTP server in threads of its own, from `start` to `stop`. `port` 0 takes a free one.

    `clock` gives the time its answers carry, in seconds since the epoch; `software` is what it says it is.
    """

    def __init__(
        self,
        respond: Respond,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        software: str = "Werkzeug",
    ) -> None:
        self._http = _Http(("127.0.0.1", port), _handler(respond, clock, software))
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="sandbox-odoo", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, close every connection, and wait for every thread."""
        self._http.shutdown()
        self._thread.join()
        self._http.close_connections()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    """Knows its open connections and their threads, so that a stop leaves none."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread that is remembered until its connection ends."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="sandbox-odoo",
            daemon=True,
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, then forget the connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def close_connections(self) -> None:
        """Wake every thread that waits for a next request, and wait for it."""
        with self._lock:
            left = dict(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The other side closed it first: there is nothing left to wake.
                continue
        for thread in left.values():
            thread.join(timeout=10)


def _handler(respond: Respond, clock: Callable[[], float], software: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = software
        sys_version = ""
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            try:
                reply = respond(self.command, self.path, dict(self.headers.items()), body)
            except Html as page:
                reply = Reply(page.status, "text/html", page.body.encode())
            except ConnectionError:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.kind, **reply.headers}.items():
                self.send_header(name, value)
            length = len(reply.content) if reply.announced is None else reply.announced
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(reply.content)
            self.wfile.flush()
            if length != len(reply.content):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        do_POST = do_GET = do_PUT = do_DELETE = _answer

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The `Date` header: by the server's own clock, right or wrong."""
            return super().date_time_string(clock() if timestamp is None else timestamp)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the call log is the record."""

    return Handler
