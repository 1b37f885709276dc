"""Whom the hub talks to, and whom it tells its secrets: real TLS servers on loopback, real redirects."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.odoo.faults import Lost
from connectors.odoo.session import Session
from connectors.odoo.settings import Settings
from hub.ports import ConnectorError, Misconfigured
from tests.security.tls import Authority

SECRET = "the-c0ffee-key"
DOORS = ("json2", "jsonrpc", "xmlrpc")


@dataclass
class Server:
    """What listens, and all it was ever told: request lines, headers and bodies."""

    url: str
    told: list[bytes] = field(default_factory=list)

    @property
    def knows_the_secret(self) -> bool:
        said = b"\n".join(self.told)
        return SECRET.encode() in said or base64.b64encode(SECRET.encode())[:-2] in said


Answer = Callable[[BaseHTTPRequestHandler], None]


def json_seven(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "3")
    handler.end_headers()
    handler.wfile.write(b"[7]")


@contextmanager
def serving(
    answer: Answer = json_seven,
    certificate: Path | None = None,
    host: str = "localhost",
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> Iterator[Server]:
    """A server on loopback; `host` is what its address calls it, `newest` the newest TLS it speaks."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.told.append(b"\n".join([self.requestline.encode(), bytes(self.headers), body]))
            answer(self)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if newest is ssl.TLSVersion.TLSv1_1:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made = Server(f"{'https' if certificate else 'http'}://{host}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def session(url: str, door: str = "json2", **more: Any) -> Session:
    known = {"url": url, "database": "hub", "login": "admin", "api_key": SECRET, "timeout": 5}
    return Session(
        "odoo", Settings.model_validate({**known, "transport": door, **more}), wait=lambda seconds: None
    )


def ask(url: str, door: str = "json2", **more: Any) -> Any:
    return session(url, door, **more).ask("res.partner", "search", [])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


# Certificates


def test_a_certificate_of_the_authority_that_was_given_is_accepted(authority: Authority) -> None:
    with serving(certificate=authority.signed("good", "localhost")) as server:
        assert ask(server.url, ca=str(authority.file)) == [7]


@pytest.mark.parametrize("door", DOORS)
def test_one_of_an_unknown_authority_is_refused_in_words_and_told_nothing(
    authority: Authority, door: str
) -> None:
    with serving(certificate=authority.signed("unknown", "localhost")) as server:
        with pytest.raises(Misconfigured, match="not trusted") as said:
            ask(server.url, door)
        assert "give the file of the authority that signed it as `ca`" in said.value.todo
        assert not server.told


def test_another_authority_than_the_one_given_is_refused(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    with (
        serving(certificate=authority.signed("stranger", "localhost")) as server,
        pytest.raises(Misconfigured, match="not trusted"),
    ):
        ask(server.url, ca=str(other.file))


@pytest.mark.parametrize(("subject", "host"), [("odoo.example.com", "localhost"), ("localhost", "127.0.0.1")])
def test_a_certificate_for_another_name_is_refused(authority: Authority, subject: str, host: str) -> None:
    with serving(certificate=authority.signed(f"for-{subject}", subject), host=host) as server:
        with pytest.raises(Misconfigured, match="not trusted") as said:
            ask(server.url, ca=str(authority.file))
        assert said.value.todo == "write in `url` the name that the certificate was made for"
        assert not server.told


@pytest.mark.parametrize(("days", "words"), [((-9, -2), "renewed"), ((3, 9), "clock")])
def test_a_certificate_out_of_its_time_is_refused(
    authority: Authority, days: tuple[int, int], words: str
) -> None:
    with serving(certificate=authority.signed(f"days{days[0]}", "localhost", days=days)) as server:
        with pytest.raises(Misconfigured, match="not trusted") as said:
            ask(server.url, ca=str(authority.file))
        assert words in said.value.todo
        assert not server.told


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_that_speaks_an_old_tls_is_told_nothing(authority: Authority) -> None:
    with (
        serving(certificate=authority.signed("old", "localhost"), newest=ssl.TLSVersion.TLSv1_1) as server,
        pytest.raises(ConnectorError, match=r"rotocol|handshake|TLS|SSL"),
    ):
        ask(server.url, ca=str(authority.file))
    assert not server.told


# Who hears the secret


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("door", DOORS)
def test_no_redirect_carries_a_secret_to_another_host(door: str, status: int) -> None:
    with serving() as elsewhere:

        def away(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Location", elsewhere.url.replace("localhost", "127.0.0.1") + handler.path)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with (
            serving(away) as server,
            pytest.raises(Misconfigured, match=r"sends us on to|not answer like an Odoo"),
        ):
            ask(server.url, door)
        assert not elsewhere.told


def test_no_redirect_leads_from_encrypted_to_plain(authority: Authority) -> None:
    with serving() as plain:

        def away(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", plain.url)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        certificate = authority.signed("redirects", "localhost")
        with serving(away, certificate) as server, pytest.raises(Misconfigured, match="sends us on to"):
            ask(server.url, ca=str(authority.file))
        assert not plain.told


def test_a_server_that_is_not_asked_to_let_us_in_hears_no_secret() -> None:
    """What is there at all is asked before the secret is told."""

    def a_shop(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(404)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(a_shop) as server:
        with pytest.raises(Misconfigured):
            session(server.url, "auto", api_key=None, password=SECRET).ask("res.partner", "search", [])
        assert server.told
        assert not server.knows_the_secret


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://odoo.example.com", True), ("http://192.0.2.7:8069", True), ("http://[2001:db8::1]", True),
        ("https://odoo.example.com", False), ("http://localhost:8069", False),
        ("http://127.0.0.1:8069", False),
        ("http://[::1]:8069", False), ("http://localhost.example.com", True),
    ],
)  # fmt: skip
def test_plain_http_beyond_this_machine_is_known_for_what_it_is(url: str, warned: bool) -> None:
    assert session(url).settings.in_clear is warned


# How much is read


def test_an_answer_without_end_does_not_fill_the_memory() -> None:
    sent = [0]

    def without_end(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        piece = b" " * (1 << 20)
        for _ in range(2048):
            handler.wfile.write(piece)
            sent[0] += len(piece)

    assert bounded(without_end, answer_mib=8) < 64
    assert sent[0] < 200 << 20, "it was hung up on"


def test_an_answer_that_announces_too_much_is_not_read_at_all() -> None:
    def huge(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(2 << 30))
        handler.end_headers()

    assert bounded(huge, answer_mib=8) < 64


def test_a_packed_answer_is_measured_unpacked() -> None:
    press = zlib.compressobj(1, wbits=31)
    packed = b"".join([*(press.compress(bytes(1 << 20)) for _ in range(512)), press.flush()])
    assert len(packed) < 4 << 20

    def bomb(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(packed)))
        handler.end_headers()
        handler.wfile.write(packed)

    assert bounded(bomb, answer_mib=8) < 64


def test_an_answer_of_just_that_size_is_read() -> None:
    body = b"[" + b" " * ((1 << 20) - 3) + b"7]"

    def just(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serving(just) as server:
        assert ask(server.url, answer_mib=1) == [7]


def test_headers_without_end_are_refused() -> None:
    def chatty(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for number in range(100_000):
            handler.send_header(f"X-{number}", "y" * 1000)
            if number % 50 == 0:
                handler.flush_headers()
        handler.end_headers()

    with serving(chatty) as server, pytest.raises(Lost):
        ask(server.url)


def bounded(answer: Answer, *, answer_mib: int) -> float:
    """MiB that were held at once, at most, while it was answered so; the answer must be refused."""
    tracemalloc.start()
    try:
        with serving(answer) as server, pytest.raises(Lost, match="too large: more than 8 MiB") as said:
            ask(server.url, answer_mib=answer_mib)
        return tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()
        assert "answer_mib" in said.value.todo


def test_a_socket_that_says_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Lost, match="too slow"):
        ask(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
