"""The pages for monitors, and what they do not put up with."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests
import structlog

from hub.daemon import web
from hub.daemon.web import AT_ONCE, Web, health_page, text_page


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[str]:
    status = {"status": "ok"}

    def broken() -> bytes:
        raise KeyError("a fault of ours")

    pages = {
        "/healthz": health_page(lambda: status),
        "/sick": health_page(lambda: {"status": "degraded", "reasons": ["odoo ne répond pas"]}),
        "/metrics": text_page(lambda: b"hub_up 1\n", "text/plain"),
        "/broken": text_page(broken, "text/plain"),
    }
    made = Web("127.0.0.1", 0, pages)
    made.start()
    yield made.address
    made.stop()


def test_health_is_200_or_503(served: str) -> None:
    well, sick = requests.get(f"{served}/healthz", timeout=5), requests.get(f"{served}/sick?x=1", timeout=5)
    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    assert (sick.status_code, sick.json()["reasons"]) == (503, ["odoo ne répond pas"])
    assert requests.head(f"{served}/healthz", timeout=5).content == b""


def test_nothing_else_is_there_and_nothing_can_be_sent(served: str) -> None:
    assert requests.get(f"{served}/", timeout=5).status_code == 404
    assert requests.get(f"{served}/healthz/../etc", timeout=5).status_code == 404
    assert requests.post(f"{served}/healthz", data=b"x" * 100_000, timeout=5).status_code == 501


def test_a_fault_in_a_page_is_logged_and_costs_only_that_answer(served: str) -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(requests.ConnectionError):
        requests.get(f"{served}/broken", timeout=5)
    assert [line["event"] for line in lines] == ["a page could not be shown"]
    assert requests.get(f"{served}/metrics", timeout=5).text == "hub_up 1\n"


def test_a_crowd_is_turned_away_and_silent_clients_are_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.2)
    monkeypatch.setattr(web._Handler, "timeout", 0.2)
    made = Web("127.0.0.1", 0, {"/livez": text_page(lambda: b"ok", "text/plain")})
    made.start()
    host, port = made.address.removeprefix("http://").split(":")
    crowd = [socket.create_connection((host, int(port)), timeout=10) for _ in range(AT_ONCE + 4)]
    try:
        # Each is answered with nothing but the end of the connection, sooner or later.
        assert [client.recv(10) for client in crowd] == [b""] * len(crowd)
        assert requests.get(f"{made.address}/livez", timeout=5).text == "ok"
    finally:
        for client in crowd:
            client.close()
        made.stop()


def test_a_port_that_is_taken_is_an_error_and_not_shared() -> None:
    first = Web("127.0.0.1", 0, {})
    try:
        port = int(first.address.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            Web("127.0.0.1", port, {})
    finally:
        first.stop()
