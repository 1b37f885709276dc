"""Servers that are down, in maintenance, elsewhere, too slow or not what they say; real, on loopback."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from connectors.odoo.connector import OdooConnector
from connectors.odoo.door_xmlrpc import xmlrpc_call
from connectors.odoo.faults import Fault, Lost
from connectors.odoo.session import TRIES, Session
from connectors.odoo.settings import Settings
from connectors.odoo.web import Web
from hub.ports import Denied, Misconfigured, NativeField, Unreachable, View

Answer = tuple[int, str, bytes]
"""Status, content type, body. Status 0 cuts the connection without a word."""

DOORS = ("json2", "jsonrpc", "xmlrpc")
MAINTENANCE = b"<html><head><title>We are back at 8 o'clock</title></head><body>...</body></html>"
VIEW = View("customer", "res.partner", (NativeField("name"),))


@dataclass
class Bad:
    """A server that answers everything in one way, and remembers what it was asked."""

    answer: Callable[[str], Answer] = lambda path: (502, "text/html", MAINTENANCE)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    waited: list[float] = field(default_factory=list)

    def session(self, door: str, **more: Any) -> Session:
        known = {"url": self.url, "database": "hub", "login": "admin", "api_key": "the-key"}
        settings = Settings.model_validate({**known, "transport": door, "timeout": 5, **more})
        return Session("odoo", settings, wait=self.waited.append)

    def connector(self, door: str, **more: Any) -> OdooConnector:
        session = self.session(door, **more)
        return OdooConnector("odoo", session.settings, session)


@pytest.fixture
def bad() -> Iterator[Bad]:
    yield from serve(None)


def serve(context: ssl.SSLContext | None) -> Iterator[Bad]:
    it = Bad()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            it.asked.append(self.path)
            it.seen.append(dict(self.headers))
            status, kind, body = it.answer(self.path)
            if not status:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **it.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    it.url = f"{'https' if context else 'http'}://localhost:{server.server_port}"
    yield it
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("status", [502, 503, 504])
def test_maintenance_is_told_with_the_words_of_the_page_and_tried_again_a_few_times(
    bad: Bad, door: str, status: int
) -> None:
    bad.answer = lambda path: (status, "text/html", MAINTENANCE)
    with pytest.raises(Unreachable, match="back at 8 o'clock"):
        bad.connector(door).read(VIEW, ["1"])
    assert len(bad.waited) == TRIES - 1
    (finding,) = bad.connector(door).check([VIEW])
    assert finding.level == "error"
    assert "maintenance" in finding.what


def test_nobody_there_is_unreachable(bad: Bad) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    session = bad.session("json2", url=f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match="no answer") as said:
        session.tell("res.partner", "write", [1], {"name": "x"})
    assert not isinstance(said.value, Lost)
    assert len(bad.waited) == TRIES - 1


def test_a_lost_reply_is_asked_for_again_but_never_written_again(bad: Bad) -> None:
    bad.answer = lambda path: (0, "", b"")
    with pytest.raises(Lost):
        bad.session("json2").ask("res.partner", "read", [1], ["name"])
    assert len(bad.asked) == TRIES
    bad.asked.clear()
    with pytest.raises(Lost):
        bad.session("json2").tell("res.partner", "write", [1], {"name": "x"})
    assert len(bad.asked) == 1


def test_a_server_that_is_too_slow_has_lost_the_reply(bad: Bad) -> None:
    over = Event()

    def never(path: str) -> Answer:
        over.wait(10)
        return 0, "", b""

    bad.answer = never
    with pytest.raises(Lost, match=r"0\.2 s"):
        bad.session("json2", timeout=0.2).tell("res.partner", "write", [1], {"name": "x"})
    over.set()


@pytest.mark.parametrize("door", [*DOORS, "auto"])
def test_another_kind_of_server_is_a_wrong_address(bad: Bad, door: str) -> None:
    bad.answer = lambda path: (404, "text/html", b"<title>Not Found</title>")
    with pytest.raises(Misconfigured, match=r"no Odoo|not answer like an Odoo|no database"):
        bad.connector(door).read(VIEW, ["1"])
    bad.answer = lambda path: (200, "application/json", b'{"hello": "world"}')
    if door in ("jsonrpc", "auto"):
        with pytest.raises(Misconfigured, match="not answer like an Odoo"):
            bad.connector(door).read(VIEW, ["1"])
    bad.answer = lambda path: (200, "text/html", b"<title>Our shop</title>")
    if door == "auto":
        with pytest.raises(Misconfigured, match="not answer like an Odoo"):
            bad.connector(door).read(VIEW, ["1"])


def test_a_redirect_is_not_followed_but_told(bad: Bad) -> None:
    bad.answer = lambda path: (301, "text/html", b"")
    bad.headers["Location"] = "https://odoo.example.com/json/2"
    with pytest.raises(Misconfigured, match=r"https://odoo\.example\.com") as said:
        bad.connector("json2").read(VIEW, ["1"])
    assert said.value.todo == "write `url: https://odoo.example.com`"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"<methodResponse><params>", "text/xml"),
        (
            b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaa">]><methodResponse>&a;</methodResponse>',
            "text/xml",
        ),
        (b"", "text/xml"),
    ],
)
def test_an_answer_that_is_no_answer_is_told_and_not_expanded(bad: Bad, body: bytes, kind: str) -> None:
    bad.answer = lambda path: (200, kind, body)
    door = "json2" if kind == "application/json" else "xmlrpc"
    with pytest.raises(Misconfigured, match="not answer like an Odoo"):
        bad.connector(door).read(VIEW, ["1"])


def test_control_characters_in_an_xml_answer_cost_only_themselves(bad: Bad) -> None:
    value = "<value><string>a\x0bb</string></value>"
    text = f"<methodResponse><params><param>{value}</param></params></methodResponse>"
    bad.answer = lambda path: (200, "text/xml", text.encode())
    web = Web("odoo", bad.session("xmlrpc").settings)
    assert xmlrpc_call(web, "common", "version", ()) == "ab"


def test_a_gatekeeper_before_odoo_is_told_as_such(bad: Bad) -> None:
    bad.answer = lambda path: (403, "text/html", b"<title>Company VPN only</title>")
    with pytest.raises(Denied, match="Company VPN only"):
        bad.connector("json2").read(VIEW, ["1"])


def test_a_server_that_asks_us_to_slow_down_is_given_time(bad: Bad) -> None:
    bad.answer = lambda path: (429, "text/html", b"")
    with pytest.raises(Unreachable, match="slow down"):
        bad.session("json2").tell("res.partner", "write", [1], {"name": "x"})
    assert len(bad.asked) == TRIES


def test_a_request_that_is_too_large_can_be_halved(bad: Bad) -> None:
    bad.answer = lambda path: (413, "text/html", b"<title>Request Entity Too Large</title>")
    with pytest.raises(Fault) as said:
        bad.session("json2").tell("res.partner", "write", [1], {"name": "x"})
    assert said.value.kind == "large"


def test_a_database_that_does_not_exist_is_told_even_if_the_server_lists_none(bad: Bad) -> None:
    def answer(path: str) -> Answer:
        if path == "/web/version":
            return 200, "application/json", b'{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}'
        if path == "/web/database/list":
            return 200, "application/json", b'{"jsonrpc": "2.0", "error": {"message": "Access Denied"}}'
        return 404, "text/html", b"<title>404 Not Found</title>"

    bad.answer = answer
    with pytest.raises(Misconfigured, match=r"no database «hub».*does not list"):
        bad.connector("json2").read(VIEW, ["1"])


def test_an_expired_key_is_told_once_and_never_shown(bad: Bad) -> None:
    body = b'{"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey", "debug": ""}'
    bad.answer = lambda path: (401, "application/json", body)
    connector = bad.connector("json2")
    for _ in range(3):
        with pytest.raises(Denied, match="expired") as said:
            connector.read(VIEW, ["1"])
        assert "the-key" not in str(said.value)
    assert len(bad.asked) == 1


def test_no_cookie_and_no_password_file_gets_in_the_way_of_the_key(
    bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    bad.headers["Set-Cookie"] = "session_id=abc; Path=/"
    bad.answer = lambda path: (200, "application/json", b"[]")
    session = bad.session("json2")
    for _ in range(2):
        session.ask("res.partner", "search", [])
    assert [seen["Authorization"] for seen in bad.seen] == ["bearer the-key"] * 2
    assert not any("Cookie" in seen for seen in bad.seen)


class TestCertificate:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed: no certificate can be made")
        both = tmp_path / "both.pem"
        command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(
            [*command, *names, "-keyout", both, "-out", tmp_path / "only.pem"],
            check=True,
            capture_output=True,
        )
        both.write_text(both.read_text() + (tmp_path / "only.pem").read_text())
        return both

    @pytest.fixture
    def signed(self, certificate: Path) -> Iterator[Bad]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        yield from serve(context)

    @pytest.mark.parametrize("door", DOORS)
    def test_one_nobody_trusts_is_told_with_what_to_do(self, signed: Bad, door: str) -> None:
        with pytest.raises(Misconfigured, match="not trusted") as said:
            signed.connector(door).read(VIEW, ["1"])
        assert "`ca`" in said.value.todo
        assert not signed.asked

    def test_its_authority_makes_it_trusted(self, signed: Bad, certificate: Path) -> None:
        signed.answer = lambda path: (200, "application/json", b"[7]")
        session = signed.session("json2", ca=str(certificate.with_name("only.pem")))
        assert session.ask("res.partner", "search", []) == [7]

    def test_it_is_not_looked_at_where_that_was_asked_for(self, signed: Bad) -> None:
        signed.answer = lambda path: (200, "application/json", b"[7]")
        assert signed.session("json2", verify=False).ask("res.partner", "search", []) == [7]

    def test_a_missing_authority_file_is_named(self, signed: Bad, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match=r"missing\.pem"):
            signed.session("json2", ca=str(tmp_path / "missing.pem")).ask("res.partner", "search", [])
