"""What may happen to one request on the wire, each a few lines of what a real network does.

`FAULTS` names them all. A `Kind` says whether Odoo did what it was asked (`applied`), and which words of what
is told at the time name the cause. `refused` is no function of a request: nobody listens when it comes.
"""

from __future__ import annotations

import json
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.wire.proxy import Exchange, Fault, Reply
from tests.wire.request import Request

PAGE = b"<html><head><title>Nous revenons vite</title></head><body><h1>...</h1></body></html>"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_WORDS = "the worker ran out of memory"


@dataclass(frozen=True)
class Kind:
    """One fault. `short` has the hub's patience cut short, since the fault outlasts it. `told`: any of these
    is said at the time. `listens`: the request is seen by the wire."""

    happens: Fault
    applied: bool
    told: tuple[str, ...]
    short: bool = False
    listens: bool = True


def _torn_before(exchange: Exchange) -> None:
    exchange.reset()


def _closed_before(exchange: Exchange) -> None:
    exchange.close()


def _torn_after(exchange: Exchange) -> None:
    exchange.pass_on()
    exchange.reset()


def _reply_lost(exchange: Exchange) -> None:
    exchange.pass_on()
    exchange.close()


def _too_late(exchange: Exchange) -> None:
    exchange.pass_on()
    exchange.until_gone()
    exchange.close()


def _held_back(exchange: Exchange) -> None:
    """Cut off, and yet on its way: it reaches Odoo when the test says so."""
    exchange.close()
    exchange.proxy.hold()
    exchange.pass_on()


def _half(exchange: Exchange) -> None:
    """Half the body, told as if it were all."""
    reply = exchange.pass_on()
    exchange.send(Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2]).packed())


def _broken_off(exchange: Exchange) -> None:
    """Half of what was announced, then the end."""
    reply = exchange.pass_on()
    half = Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2])
    exchange.send(half.packed(length=len(reply.body)))
    exchange.close()


def page(status: int, applied: bool = False, **headers: str) -> Fault:
    """A page for people; `headers` with underscores for hyphens."""

    def answer(exchange: Exchange) -> None:
        if applied:
            exchange.pass_on()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.send(Reply(status, {**_HTML, **told}, PAGE).packed())

    return answer


def _error(exchange: Exchange) -> None:
    """Done, and then an error of Odoo's own is what comes back."""
    exchange.pass_on()
    exchange.send(_ERRORS[exchange.request.door](exchange.request).packed())


def _dripping(pause: float) -> Fault:
    """One byte at a time; until the other side has had enough, where that comes first."""

    def answer(exchange: Exchange) -> None:
        for byte in exchange.pass_on().packed():
            exchange.send(bytes([byte]))
            if pause:
                time.sleep(pause)

    return answer


def _xmlrpc_error(request: Request) -> Reply:
    trace = f'Traceback (most recent call last):\n  File "x.py", line 1, in y\nMemoryError: {_WORDS}\n'
    body = xmlrpc.client.dumps(xmlrpc.client.Fault(1, trace), methodresponse=True)
    return Reply(200, {"Content-Type": "text/xml"}, body.encode())


def _jsonrpc_error(request: Request) -> Reply:
    data = {"name": "builtins.MemoryError", "message": _WORDS, "debug": "", "arguments": [_WORDS]}
    error = {"code": 200, "message": "Odoo Server Error", "data": data}
    body = {"jsonrpc": "2.0", "id": json.loads(request.body).get("id"), "error": error}
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _json2_error(request: Request) -> Reply:
    body = {"name": "builtins.MemoryError", "message": _WORDS, "debug": "", "arguments": [_WORDS]}
    return Reply(500, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())


def _web_error(request: Request) -> Reply:
    """A page where a page was asked for; else the JSON of the other ``/web`` addresses."""
    return Reply(500, _HTML, PAGE) if request.verb == "GET" else _jsonrpc_error(request)


_ERRORS: Mapping[str, Callable[[Request], Reply]] = {
    "json2": _json2_error,
    "jsonrpc": _jsonrpc_error,
    "web": _web_error,
    "xmlrpc": _xmlrpc_error,
}

_CUT = ("cut the connection", "broke off")
_WEB = ("maintenance or overloaded: HTTP 50", "Nous revenons vite")

FAULTS: Mapping[str, Kind] = {
    "refused": Kind(_closed_before, False, ("no answer from",), listens=False),
    "torn before Odoo got it": Kind(_torn_before, False, _CUT),
    "kept connection closed as it was used": Kind(_closed_before, False, _CUT),
    "torn after Odoo did it": Kind(_torn_after, True, _CUT),
    "reply lost": Kind(_reply_lost, True, _CUT),
    "reply later than the time-out": Kind(_too_late, True, ("is too slow",), short=True),
    "arrives late, after the hub gave up": Kind(_held_back, True, _CUT),
    "half an answer, told as whole": Kind(_half, True, ("cannot be read", "not answer like an Odoo")),
    "an answer that breaks off": Kind(_broken_off, True, _CUT),
    "502 page, nothing done": Kind(page(502), False, _WEB),
    "502 page, and yet done": Kind(page(502, applied=True), True, _WEB),
    "503 page": Kind(page(503), False, _WEB),
    "503 page with Retry-After": Kind(page(503, Retry_After="2"), False, _WEB),
    "error answer, and yet done": Kind(_error, True, (_WORDS,)),
    "429": Kind(page(429), False, ("slow down",)),
    "429 with Retry-After": Kind(page(429, Retry_After="2"), False, ("slow down",)),
    "byte by byte, in time": Kind(_dripping(0), True, ()),
    "byte by byte, without end": Kind(_dripping(0.02), True, ("is too slow",), short=True),
}
