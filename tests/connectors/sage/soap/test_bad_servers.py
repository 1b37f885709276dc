"""What stands where X3 should, and is none: pages, redirects, drips, floods, and answers made to do harm."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from connectors.sage.soap.client import Client
from connectors.sage.soap.settings import Settings
from hub.ports import ConnectorError, Denied, Misconfigured, Unreachable
from tests.tally import tally

Answer = Callable[[socket.socket, threading.Event], None]
KEY = [("BPCNUM", "C1")]
OPEN = b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'


NO_HEADER = b'{"$diagnoses":[{"$message":"Header \'soapAction\' is missing."}]}'


def reply(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def read_request(connection: socket.socket) -> None:
    """All of it: what is closed before would be reset."""
    got = b""
    while b"Envelope>" not in got.partition(b"<")[2][-60:] and (more := connection.recv(65536)):
        got += more


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """A server that reads a request and lets `answer` do the rest; its address."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    read_request(connection)
                    answer(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            with suppress(OSError):
                socket.create_connection(listening.getsockname(), 1).close()
            thread.join()


def refused(answer: bytes | Answer, **more: object) -> ConnectorError:
    """What a read ends with."""

    def say(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(answer) if isinstance(answer, bytes) else answer(connection, over)

    given = {"pool": "P", "user": "u", "password": "p", "timeout": 1, "answer_mib": 1} | more
    with server(say) as url:
        client = Client("sage", Settings.model_validate({"url": url} | given), wait=lambda seconds: None)
        with pytest.raises(ConnectorError) as problem:
            client.read("BPC", KEY)
        client.close()
    tally("bad inputs tried")
    return problem.value


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (reply("302 Found", b"", "Location: https://login.example.com"), Misconfigured, "login.example.com"),
        (reply("403 Forbidden", b"no rights"), Denied, "no rights"),
        (reply("404 Not Found", b"<html><title>Rien</title></html>"), Misconfigured, "«Rien»"),
        (reply("429 Too Many Requests"), Unreachable, "HTTP 429"),
        (reply("413 Payload Too Large"), Unreachable, "HTTP 413"),
        (reply("500 Oops", NO_HEADER), Misconfigured, "soapAction"),
        (reply("200 OK", b"<!DOCTYPE html><html><title>Connexion</title>"), Unreachable, "«Connexion»"),
        (reply("200 OK", b"garbage"), Unreachable, "not whole"),
        (reply("200 OK", OPEN), Unreachable, "not whole"),
        (reply("200 OK", OPEN, length=5000), Unreachable, "broke off"),
        (reply("200 OK", b"x" * (2 << 20)), Unreachable, "more than 1 MiB"),
        (reply("200 OK", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><a>&b;</a>"), Unreachable,
         "document type"),
        (b"not HTTP at all\r\n\r\n", Unreachable, "sage: "),
        (b"", Unreachable, "broke off"),
    ],
)  # fmt: skip
def test_what_is_no_x3_is_told_in_words(answer: bytes, kind: type[ConnectorError], said: str) -> None:
    problem = refused(answer)
    assert isinstance(problem, kind)
    assert said in str(problem)


def test_a_body_that_drips_holds_nobody_longer_than_was_allowed() -> None:
    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(reply("200 OK", b"", length=1 << 20))
        while not over.wait(0.2):
            connection.sendall(b" ")

    assert "too slow" in str(refused(drip))


def test_a_silent_server_is_too_slow() -> None:
    assert "too slow" in str(refused(lambda connection, over: void(over.wait(1.5))))


def void(_: object) -> None:
    return None


def test_no_error_shows_the_password() -> None:
    problem = refused(reply("401 Unauthorized", b"who are you?"), password="s3cret-word")
    assert "s3cret" not in str(problem)
    assert "who are you?" in str(problem)
