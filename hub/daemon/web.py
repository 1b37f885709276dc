"""`GET /healthz`, `/livez` and `/metrics`, for monitors.

A small server of its own with narrow limits: only these paths, no request bodies, a few connections at a
time, a few seconds and a few kilobytes each. Loopback unless the configuration says otherwise, which is
warned of. It answers from what is known already and so can neither slow the hub down nor be slowed by it.
"""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub.logs import get
from hub.settings.exposure import is_loopback

SECONDS = 5.0
AT_ONCE = 16
LARGEST_REQUEST = 16_384
"""Bytes of a request, its line and headers together; a monitor's has a few hundred."""
Answer = tuple[int, str, bytes]
Page = Callable[[], Answer]


class Web:
    """The pages of one daemon. `port` 0 takes a free one; `address` says which."""

    def __init__(self, host: str, port: int, pages: Mapping[str, Page]) -> None:
        self._server = _Server((host, port), pages)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="hub-http", daemon=True
        )

    @property
    def address(self) -> str:
        """``http://host:port``."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}"

    def start(self) -> None:
        """Begin to answer; where others than this machine can ask, that is said."""
        self._thread.start()
        if not is_loopback(str(self._server.server_address[0])):
            get().warning(
                "health and metrics are shown to whoever reaches this address",
                address=self.address,
                todo="set http.host to 127.0.0.1, or let only the monitor through the firewall",
            )

    def stop(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def health_page(document: Callable[[], dict[str, Any]]) -> Page:
    """The document as JSON; 200 if its status is ``ok``, else 503."""

    def page() -> Answer:
        found = document()
        body = json.dumps(found, ensure_ascii=False, indent=2).encode() + b"\n"
        return (200 if found["status"] == "ok" else 503), "application/json", body

    return page


def text_page(text: Callable[[], bytes], kind: str) -> Page:
    """A page that is always 200."""
    return lambda: (200, kind, text())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, address: tuple[str, int], pages: Mapping[str, Page]) -> None:
        self.pages = pages
        self.slots = threading.BoundedSemaphore(AT_ONCE)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The base class would look the host's name up, which may take seconds where there is no DNS.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows two programs could otherwise listen on one port, each getting some of the calls.
            self.allow_reuse_address = False
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        elif self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread a connection, and no more than a few of them: the rest are turned away at once."""
        if not self.slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # The time-out of the socket is for one read: a client that sends a letter a second needs another end.
        end = threading.Timer(2 * SECONDS, _hang_up, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self.slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up or fell silent is no event of ours; anything else is."""
        if not isinstance(sys.exception(), OSError):
            get().exception("a page could not be shown")


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _TooLong(Exception):
    """More bytes than a request has."""


class _Measured(io.BufferedReader):
    """The reading side of a connection, up to `LARGEST_REQUEST` bytes in all."""

    def __init__(self, file: Any) -> None:
        super().__init__(file.detach())
        self._left = LARGEST_REQUEST

    def readline(self, size: int | None = -1) -> bytes:
        most = self._left + 1
        line = super().readline(most if size is None or size < 0 else min(size, most))
        self._left -= len(line)
        if self._left < 0:
            raise _TooLong
        return line


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SECONDS
    protocol_version = "HTTP/1.0"
    server_version = "hub"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.rfile = _Measured(self.rfile)

    def handle_one_request(self) -> None:
        """One request; one that is too long is told so, and the connection ends."""
        try:
            super().handle_one_request()
        except _TooLong:
            self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
            self.send_error(431)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A mistake of the client's, in a line; nothing of what it sent is repeated."""
        words = HTTPStatus(code).phrase
        self._send(code, "text/plain; charset=utf-8", f"{words}\n".encode(), with_body=self.command != "HEAD")
        self.close_connection = True

    def version_string(self) -> str:
        return self.server_version

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?", 1)[0]
        page = self.server.pages.get(path.rstrip("/") or "/")
        if page is None:
            shown = ", ".join(sorted(self.server.pages))
            status, kind, body = 404, "text/plain; charset=utf-8", f"There is {shown} here.\n".encode()
        else:
            status, kind, body = page()
        self._send(status, kind, body, with_body=with_body)

    def _send(self, status: int, kind: str, body: bytes, *, with_body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Monitors ask every few seconds: no line for each."""
