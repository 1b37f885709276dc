"""A caller of the sandbox X3 that knows nothing but HTTP and XML: requests by hand, answers read whole."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import requests

from sandbox.x3 import X3

HEADERS = {"SOAPAction": '""', "Content-Type": "text/xml; charset=utf-8"}
DUPONT = (
    '<PARAM><GRP ID="BPC0_1"><FLD NAME="BCGCOD">FR</FLD><FLD NAME="BPCNUM"/></GRP><GRP ID="BPRC_1">'
    '<LST NAME="BPRNAM" SIZE="2"><ITM>DUPONT SARL</ITM></LST><FLD NAME="CRY">FR</FLD></GRP>'
    '<TAB ID="BPAC_1"><LIN NUM="1"><FLD NAME="CODADR">001</FLD><FLD NAME="BPACRY">FR</FLD></LIN></TAB>'
    "</PARAM>"
)
"""The customer of the written samples."""


@dataclass(frozen=True)
class Told:
    """An answer: HTTP's own, and what is in it where it is SOAP."""

    code: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def status(self) -> str:
        return self._element("status").text or ""

    @property
    def result(self) -> str | None:
        return self._element("resultXml").text

    @property
    def document(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.result or "")

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Type and text, in the order they are referred to."""
        root = ElementTree.fromstring(self.body)
        bodies = {node.get("id"): node for node in root.iter("multiRef")}
        wanted = [node.get("href", "")[1:] for node in root.iter("messages") if node.get("href")]
        return [(bodies[id][0].text or "", bodies[id][1].text or "") for id in wanted]

    @property
    def said(self) -> list[str]:
        return [text for _, text in self.messages]

    def field(self, name: str) -> str:
        return next(node.text or "" for node in self.document.iter("FLD") if node.get("NAME") == name)

    def column(self, name: str) -> list[str]:
        """A field of every line."""
        found = (node for line in self.document.iter("LIN") for node in line if node.get("NAME") == name)
        return [node.text or "" for node in found]

    def _element(self, name: str) -> ElementTree.Element:
        return next(ElementTree.fromstring(self.body).iter(name))


class Caller:
    """One client with a session of its own."""

    def __init__(self, x3: X3, language: str = "FRA") -> None:
        self.x3, self.language = x3, language
        self.session = requests.Session()
        self.session.auth = (x3.login, x3.password)

    def post(self, body: str, headers: Mapping[str, str] = HEADERS, timeout: float = 20) -> Told:
        answer = self.session.post(self.x3.url, body.encode(), headers=dict(headers), timeout=timeout)
        return Told(answer.status_code, answer.content, answer.headers)

    def __call__(
        self, operation: str, publication: str, inner: str = "", *, config: str = "", pool: str | None = None,
        more: str = "", timeout: float = 20,
    ) -> Told:  # fmt: skip
        return self.post(self.envelope(operation, publication, inner, config, pool, more), timeout=timeout)

    def envelope(
        self, operation: str, publication: str, inner: str = "", config: str = "", pool: str | None = None,
        more: str = "",
    ) -> str:  # fmt: skip
        alias = self.x3.pool.alias if pool is None else pool
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:wss="http://www.adonix.com/WSS">'
            f"<soapenv:Body><wss:{operation}><callContext><codeLang>{self.language}</codeLang>{more}"
            f"<poolAlias>{alias}</poolAlias><poolId/><requestConfig>{escape(config)}</requestConfig>"
            f"</callContext><publicName>{publication}</publicName>{inner}</wss:{operation}>"
            "</soapenv:Body></soapenv:Envelope>"
        )

    def save(self, publication: str, param: str, config: str = "") -> Told:
        return self("save", publication, xml("objectXml", param), config=config)

    def read(self, publication: str, key: str, config: str = "") -> Told:
        return self("read", publication, keys(("1", key)), config=config)

    def modify(self, publication: str, key: str, param: str) -> Told:
        return self("modify", publication, keys(("1", key)) + xml("objectXml", param))

    def query(self, publication: str, size: int, *conditions: tuple[str, str], config: str = "") -> Told:
        inner = keys(*conditions) + f"<listSize>{size}</listSize>"
        return self("query", publication, inner, config=config)


def xml(name: str, document: str) -> str:
    return f"<{name}>{escape(document, quote=False)}</{name}>"


def keys(*pairs: tuple[str, str]) -> str:
    inner = "".join(f"<item><key>{key}</key><value>{escape(value)}</value></item>" for key, value in pairs)
    return f"<objectKeys>{inner}</objectKeys>"


def without_durations(body: bytes) -> str:
    """An answer with 0 for what no two calls have in common."""
    varying = "poolEntryIdx|poolExecDuration|poolWaitDuration|totalDuration"
    return re.sub(rf"(<(?:{varying}) [^>]*>)[^<]*", r"\g<1>0", body.decode())
