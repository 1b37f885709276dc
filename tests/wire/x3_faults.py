"""What may happen to one call to an X3 on the wire: what happens to any (`tests.wire.faults`), and X3's own.

A `Kind` says whether X3 did what it was asked, and which words of what is told at the time name the cause.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from sandbox.x3 import wire
from sandbox.x3.wire import Answer, Technical
from sandbox.x3.words import ERROR, Message
from tests.wire.faults import FAULTS as ANY
from tests.wire.faults import Kind, page
from tests.wire.proxy import Exchange, Fault, Reply
from tests.wire.x3_company import called

_CUT = ("broke off",)
_PROXY = ("overloaded, in maintenance or slow",)
_SLOW = ("is too slow",)
_PAGE = b'<!DOCTYPE html><html><head><title>Sage X3</title></head><body><form action="/auth"/></body></html>'
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_SOAP = {"Content-Type": wire.KIND}


def _answers(reply: Reply, applied: bool = False) -> Fault:
    """Something else in place of the answer; `applied` once it is done."""

    def answer(exchange: Exchange) -> None:
        if applied:
            exchange.pass_on()
        exchange.send(reply.packed())

    return answer


def _refusal(exchange: Exchange) -> None:
    """Done, and then X3 says it was not: an error on the way out of a screen."""
    exchange.pass_on()
    operation, _ = called(exchange.request)
    answer = Answer(0, None, [Message(ERROR, "Erreur 20 : mémoire insuffisante")])
    body = wire.write_answer(operation, answer, Technical(58_720_257))
    exchange.send(Reply(200, _SOAP, body).packed())


def _locked(exchange: Exchange) -> None:
    """A person has the record open just then: nothing is done."""
    operation, _ = called(exchange.request)
    answer = Answer(0, None, [Message(ERROR, "Client C00001 : Fiche en cours de modification")])
    body = wire.write_answer(operation, answer, Technical(58_720_257))
    exchange.send(Reply(200, _SOAP, body).packed())


def _cut_document(exchange: Exchange) -> None:
    """A whole SOAP answer with half a document in it."""
    reply = exchange.pass_on()
    start = reply.body.find(b"<![CDATA[") + len(b"<![CDATA[")
    end = reply.body.find(b"]]>")
    body = reply.body
    if 0 < start < end:
        body = body[: start + (end - start) // 2] + body[end:]
    exchange.send(Reply(reply.status, reply.headers, body).packed())


def _dripping_body(exchange: Exchange) -> None:
    """The head at once, then one byte at a time until the other side has had enough."""
    reply = exchange.pass_on()
    data = reply.packed()
    head = len(data) - len(reply.body)
    exchange.send(data[:head])
    for byte in reply.body:
        exchange.send(bytes([byte]))
        time.sleep(0.02)


_NO_ACTION = {"$diagnoses": [{"severity": "error", "message": "Header 'soapAction' is missing."}]}

FAULTS: Mapping[str, Kind] = {
    "torn before X3 got it": Kind(ANY["torn before Odoo got it"].happens, False, _CUT),
    "kept connection closed as it was used": Kind(
        ANY["kept connection closed as it was used"].happens, False, _CUT
    ),
    "torn after X3 did it": Kind(ANY["torn after Odoo did it"].happens, True, _CUT),
    "reply lost": Kind(ANY["reply lost"].happens, True, _CUT),
    "reply later than the time-out": Kind(
        ANY["reply later than the time-out"].happens, True, _SLOW, short=True
    ),
    "arrives late, after the hub gave up": Kind(
        ANY["arrives late, after the hub gave up"].happens, True, _CUT
    ),
    "half an answer, told as whole": Kind(
        ANY["half an answer, told as whole"].happens, True, ("cannot be read", "broke off", "does not answer")
    ),
    "an answer that breaks off": Kind(ANY["an answer that breaks off"].happens, True, _CUT),
    "half a document in a whole answer": Kind(_cut_document, True, ("cannot be read", "did not show it")),
    "502 page, nothing done": Kind(page(502), False, _PROXY),
    "503 page": Kind(page(503), False, _PROXY),
    "504, nothing done": Kind(page(504), False, _PROXY),
    "504, and yet done": Kind(page(504, applied=True), True, _PROXY),
    "524, and yet done": Kind(page(524, applied=True), True, _PROXY),
    "429": Kind(page(429), False, ("does not take the request",)),
    "a page to log in at": Kind(_answers(Reply(200, _HTML, _PAGE)), False, ("web page",)),
    "a page to log in at, and yet done": Kind(_answers(Reply(200, _HTML, _PAGE), True), True, ("web page",)),
    "the address is gone": Kind(page(404), False, ("no X3 web service",)),
    "no child is running": Kind(
        _answers(Reply(500, {"Content-Type": "text/html"}, b"No Web services accepted")), False,
        ("No Web services accepted",),
    ),
    "the pool is not found": Kind(
        _answers(Reply(500, _SOAP, wire.write_fault("Pool not found"))), False, ("Pool not found",)
    ),
    "a SOAP fault, and yet done": Kind(
        _answers(Reply(500, _SOAP, wire.write_fault("java.lang.NullPointerException")), True), True,
        ("NullPointerException",),
    ),
    "a proxy that took SOAPAction away": Kind(
        _answers(Reply(500, {"Content-Type": "application/json"}, json.dumps(_NO_ACTION).encode())), False,
        ("soapAction",),
    ),
    "an error, and yet done": Kind(_refusal, True, ("mémoire insuffisante",)),
    "somebody has the record open": Kind(_locked, False, ("Fiche en cours de modification",)),
    "byte by byte, in time": Kind(ANY["byte by byte, in time"].happens, True, ()),
    "byte by byte, without end": Kind(_dripping_body, True, _SLOW, short=True),
}  # fmt: skip
"""Every one of them happens at every kind of work (`tests.wire.test_x3`)."""
