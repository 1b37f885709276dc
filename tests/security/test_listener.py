"""The daemon's own pages, over real sockets: what strangers may ask, how much, how often and how slowly."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
import structlog

from hub import __version__
from hub.daemon import web
from hub.daemon.web import AT_ONCE, LARGEST_REQUEST, Web, text_page
from hub.settings import Http
from tests.tally import tally


@pytest.fixture
def served() -> Iterator[Web]:
    made = Web("127.0.0.1", 0, {"/livez": text_page(lambda: b"ok", "text/plain")})
    made.start()
    yield made
    made.stop()


def connected(served: Web) -> socket.socket:
    host, port = served.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def told(served: Web, request: bytes) -> bytes:
    """What comes back for these bytes, up to the end of the connection; nothing where it was torn down."""
    with connected(served) as client:
        try:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        except TimeoutError:
            raise
        except OSError:
            return b""
    return answer


def well(served: Web) -> bool:
    return told(served, b"GET /livez HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nok")


def test_it_is_for_this_machine_alone_unless_it_was_said_otherwise() -> None:
    assert Http().host == "127.0.0.1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_listener_that_others_can_reach_is_warned_of_as_it_starts(host: str) -> None:
    if host == "::" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    made = Web(host, 0, {})
    try:
        with structlog.testing.capture_logs() as lines:
            made.start()
        (line,) = lines
        assert line["log_level"] == "warning"
        assert "whoever reaches" in line["event"]
        assert "127.0.0.1" in line["todo"]
    finally:
        made.stop()


def test_one_on_loopback_is_not_warned_of(served: Web) -> None:
    with structlog.testing.capture_logs() as lines:
        made = Web("127.0.0.1", 0, {})
        made.start()
        made.stop()
    assert lines == []


@pytest.mark.parametrize(
    "verb", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"]
)
def test_nothing_but_looking_is_possible(served: Web, verb: str) -> None:
    answer = told(served, f"{verb} /livez HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc".encode())
    assert answer.startswith(b"HTTP/1.0 501 ")
    assert well(served)


@pytest.mark.parametrize(
    "path",
    ["/", "/etc/passwd", "/livez/../../etc/passwd", "//livez/x", "/LIVEZ", "/%6civez", "http://elsewhere/livez",
     "*", "/livez\x00", "/hub.yaml", "/.env", "/.git/config"],
)  # fmt: skip
def test_only_the_known_paths_are_there(served: Web, path: str) -> None:
    answer = told(served, f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.0 404 ", b"HTTP/1.0 400 "))
    assert answer.partition(b"\r\n\r\n")[2] in (b"There is /livez here.\n", b"Bad Request\n"), "no echo"


def test_an_answer_tells_no_version_and_may_be_neither_kept_nor_guessed_at(served: Web) -> None:
    for request in (
        b"GET /livez HTTP/1.0\r\n\r\n",
        b"GET /no HTTP/1.0\r\n\r\n",
        b"BREW / HTTP/1.0\r\n\r\n",
        b"x\r\n\r\n",
    ):
        answer = told(served, request)
        assert __version__.encode() not in answer
        assert b"Python" not in answer
    headers = told(served, b"GET /livez HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[0]
    assert b"Cache-Control: no-store" in headers
    assert b"X-Content-Type-Options: nosniff" in headers


GARBAGE = {
    "a line without end": b"GET /" + b"a" * 200_000,
    "a path that is too long": b"GET /" + b"a" * (LARGEST_REQUEST + 1) + b" HTTP/1.0\r\n\r\n",
    "a header that is too long": b"GET /livez HTTP/1.0\r\nX: " + b"y" * LARGEST_REQUEST + b"\r\n\r\n",
    "headers without end": b"GET /livez HTTP/1.0\r\n" + b"X: y\r\n" * 200_000,
    "many headers": b"GET /livez HTTP/1.0\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(300)) + b"\r\n",
    "a header that goes on": b"GET /livez HTTP/1.0\r\nX: y\r\n" + b" y\r\n" * 100_000 + b"\r\n",
    "nothing": b"",
    "no words": b"\r\n\r\n",
    "bytes": bytes(range(256)) * 50,
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    "a version of another world": b"GET /livez HTTP/99.99\r\n\r\n",
    "two requests in one": b"GET /livez HTTP/1.1\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
    "a body of another length": b"GET /livez HTTP/1.0\r\nContent-Length: 99999999999\r\n\r\nabc",
    "a body in pieces": b"GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\nabc",
}


@pytest.mark.parametrize("request_", GARBAGE)
def test_a_request_that_is_none_costs_only_itself(served: Web, request_: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = told(served, GARBAGE[request_])
    assert len(answer) < 500
    assert answer.count(b"HTTP/1") <= 1, "a connection is for one request"
    assert lines == []
    assert well(served)
    tally("bad inputs tried")


def test_a_request_that_is_too_long_is_told_so(served: Web) -> None:
    client = http.client.HTTPConnection(served.address.removeprefix("http://"), timeout=20)
    client.request("GET", "/livez", headers={"X": "y" * LARGEST_REQUEST})
    assert client.getresponse().status == 431
    client.close()


def test_a_client_that_sends_a_letter_now_and_then_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.4)
    monkeypatch.setattr(web._Handler, "timeout", 0.4)
    made = Web("127.0.0.1", 0, {"/livez": text_page(lambda: b"ok", "text/plain")})
    made.start()
    gone = threading.Event()
    slow = [connected(made) for _ in range(AT_ONCE)]

    def drip(client: socket.socket) -> None:
        try:
            while not gone.wait(0.1):
                client.send(b"G")
        except OSError:
            return

    threads = [threading.Thread(target=drip, args=(client,)) for client in slow]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not [thread for thread in threads if thread.is_alive()], (
            "each was hung up on while it was sending"
        )
        assert well(made)
    finally:
        gone.set()
        for client in slow:
            client.close()
        made.stop()


def test_no_more_than_a_few_are_served_at_once(served: Web) -> None:
    waiting = [connected(served) for _ in range(AT_ONCE)]
    try:
        for client in waiting:
            client.sendall(b"GET /livez HTTP/1.0\r\n")
        threads = sum("process_request_thread" in thread.name for thread in threading.enumerate())
        assert threads <= AT_ONCE
        assert told(served, b"GET /livez HTTP/1.0\r\n\r\n") == b"", "one too many is turned away"
    finally:
        for client in waiting:
            client.close()
