"""The oldest door: XML-RPC on ``/xmlrpc/2``, in every Odoo, deprecated from 19 on.

Answers are parsed with defusedxml's parser (no document type, no entities, no external references). What XML
cannot carry is handled here: carriage returns are sent as character references (a parser would turn them
into line feeds), and an answer of Odoo 14 with raw control characters in it is read without them rather than
not at all.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser

from connectors.odoo.client import Version
from connectors.odoo.faults import Fault, from_xmlrpc
from connectors.odoo.server import meant, not_odoo, parse_version, wrong_secret
from connectors.odoo.settings import Settings
from connectors.odoo.web import Web
from hub.ports import ClockReading

_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}
_CONTROL = bytes(set(range(32)) - {9, 10, 13})


class XmlRpcClient:
    """A `Client` over XML-RPC. The password (or API key) goes with every call, as the protocol has it."""

    door = "xmlrpc"

    def __init__(self, system: str, settings: Settings, version: Version | None = None) -> None:
        self._system = system
        self._settings = settings
        self._web = Web(system, settings)
        self._version = version
        self._uid: int | None = None

    def server_version(self) -> Version:
        if self._version is None:
            answer = xmlrpc_call(self._web, "common", "version", ())
            if not isinstance(answer, dict):
                raise not_odoo(self._web)
            self._version = parse_version(answer)
        return self._version

    def authenticate(self) -> int:
        if self._uid is None:
            it = self._settings
            try:
                uid = xmlrpc_call(self._web, "common", "authenticate", (it.database, it.login, it.secret, {}))
            except Fault as fault:
                raise meant(self._web, it, fault) from None
            if not uid:
                raise wrong_secret(self._system, it)
            self._uid = int(uid)
        return self._uid

    def call(self, model: str, method: str, *args: Any, context: dict[str, Any] | None = None) -> Any:
        it = self._settings
        uid = self.authenticate()
        params = (it.database, uid, it.secret, model, method, list(args), {"context": context or {}})
        try:
            return xmlrpc_call(self._web, "object", "execute_kw", params)
        except Fault as fault:
            raise meant(self._web, it, fault) from None

    def now(self) -> datetime:
        return self._web.now()

    def clock_reading(self) -> ClockReading | None:
        return self._web.clock.reading()

    def requests_sent(self) -> int:
        return self._web.requests_sent

    def close(self) -> None:
        self._web.close()


def xmlrpc_call(web: Web, service: str, method: str, params: Sequence[Any]) -> Any:
    """One call of one service (``common``, ``object``, ``db``); a fault is raised as `Fault`."""
    text = xmlrpc.client.dumps(tuple(params), method, allow_none=True).replace("\r", "&#13;")
    answer = web.post(f"/xmlrpc/2/{service}", text.encode(), _HEADERS).content
    try:
        try:
            value = _parse(answer)
        except ExpatError:
            value = _parse(answer.translate(None, _CONTROL))
    except xmlrpc.client.Fault as fault:
        raise from_xmlrpc(fault.faultCode, fault.faultString) from None
    except (ExpatError, xmlrpc.client.ResponseError, DefusedXmlException, ValueError) as error:
        raise not_odoo(web, garbled=True) from error
    web.is_odoo = True
    return value


def _parse(answer: bytes) -> Any:
    unmarshaller = xmlrpc.client.Unmarshaller()
    parser = DefusedExpatParser(unmarshaller, forbid_dtd=True)
    parser.feed(answer)
    parser.close()
    (value,) = unmarshaller.close()
    return value
