"""One answer of X3's web service, from its bytes to what it says. Pure.

An rpc/encoded answer of Axis: the parts of a value may stand elsewhere in the body and be pointed at
(``href="#id0"`` to ``multiRef id="id0"``), at any depth; the parts of a message come as type, message or the
other way round; a number may be nil. All of it is followed; nothing else in the body is believed.

Parsed without entities, document types, network or huge trees: an answer may come from anybody who stands
where X3 should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

_ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE|<!\s*ENTITY", re.I)
_PROLOG = 4096

INFORMATION, WARNING, ERROR, FATAL = 1, 2, 3, 4
_KINDS = {INFORMATION: "information", WARNING: "warning", ERROR: "error", FATAL: "fatal"}


class Undecodable(Exception):
    """These bytes are no whole answer of the service; the text says how so."""


class SoapFault(Exception):
    """X3 answered a SOAP Fault: its own words."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of X3. `type` is 1 information, 2 warning, 3 error, 4 fatal, 0 where it was not said."""

    type: int
    text: str

    @property
    def kind(self) -> str:
        return _KINDS.get(self.type, "message")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call came to. `status` alone says whether it was done; `result` is ``None`` where nil.

    `technical` holds what X3 tells of the call itself (durations in ms, traces), nil ones left out.
    """

    status: int
    messages: Sequence[Message] = ()
    result: str | None = None
    technical: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.status == 1

    @property
    def words(self) -> str:
        """Every message, in X3's own words and order."""
        return "; ".join(message.text for message in self.messages if message.text)


Element: TypeAlias = etree._Element
"""What a document is made of. No other room of the hub's knows lxml."""


def serialized(document: Element) -> bytes:
    """A document of our own making, as bytes."""
    written: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8")
    return written


def parse(body: bytes) -> etree._Element:
    """The root of an XML document from a stranger. Raises `Undecodable`."""
    if _DOCTYPE.search(body[:_PROLOG].replace(b"\0", b"")):
        raise Undecodable("it declares a document type, which no answer of X3 does")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Undecodable(_plainly(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Undecodable("it declares a document type, which no answer of X3 does")
    return root


def _plainly(error: Exception) -> str:
    text = str(error).partition(" (<string>")[0]
    return text or "no XML document"


def decode(body: bytes) -> Answer:
    """The answer in an HTTP body. Raises `SoapFault`, `Undecodable`."""
    root = parse(body)
    content = root.find(f"{_ENVELOPE}Body") if root.tag == f"{_ENVELOPE}Envelope" else None
    if content is None:
        raise Undecodable(f"it is no SOAP envelope but a <{_local(root)}>")
    fault = content.find(f"{_ENVELOPE}Fault")
    if fault is not None:
        raise SoapFault(_fault_words(fault))
    return _Body(content).answer()


def _fault_words(fault: etree._Element) -> str:
    said = [_text(child) for child in fault if _local(child) in ("faultstring", "detail")]
    words = " ".join(" ".join(part.split()) for part in said if part.strip())
    return words or "a SOAP fault without a word"


class _Body:
    """The body of one envelope, whose parts may point at each other."""

    def __init__(self, body: etree._Element) -> None:
        self._body = body
        self._by_id = {one.get("id"): one for one in body.iter(etree.Element) if one.get("id")}

    def answer(self) -> Answer:
        found = self._returned()
        parts = {_local(child): self._at(child) for child in found}
        if "status" not in parts:
            raise Undecodable("it has no status")
        status = _text(parts["status"]).strip()
        if not re.fullmatch(r"[+-]?\d+", status):
            raise Undecodable(f"its status is {status!r}")
        messages = parts.get("messages")
        technical = parts.get("technicalInfos")
        return Answer(
            int(status),
            tuple(self._messages(messages)) if messages is not None else (),
            _nillable(parts.get("resultXml")),
            dict(self._technical(technical)) if technical is not None else {},
        )

    def _returned(self) -> etree._Element:
        """The value that the response, the first thing in the body, gives back."""
        for wrapper in self._body.iterchildren(etree.Element):
            for child in wrapper.iterchildren(etree.Element):
                if _local(child).endswith("Return"):
                    return self._at(child)
        raise Undecodable("it gives nothing back")

    def _messages(self, messages: etree._Element) -> Iterator[Message]:
        for child in messages.iterchildren(etree.Element):
            message = self._at(child)
            if _is_nil(message):
                continue
            parts = {_local(part): _text(self._at(part)).strip() for part in message}
            if not len(message) and _text(message).strip():
                parts = {"message": _text(message).strip()}
            kind = parts.get("type", "")
            yield Message(int(kind) if kind.isdecimal() else 0, parts.get("message", ""))

    def _technical(self, infos: etree._Element) -> Iterator[tuple[str, str]]:
        for child in infos.iterchildren(etree.Element):
            found = self._at(child)
            if not _is_nil(found) and (text := _text(found).strip()):
                yield _local(child), text

    def _at(self, element: etree._Element) -> etree._Element:
        """The element itself, or what it points at."""
        seen: set[str] = set()
        while (target := element.get("href")) is not None:
            id = target.removeprefix("#")
            if id in seen or id not in self._by_id:
                raise Undecodable(f"it points at {target!r}, which is not in it")
            seen.add(id)
            element = self._by_id[id]
        return element


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_nil(element: etree._Element) -> bool:
    return element.get(_NIL) in ("true", "1")


def _text(element: etree._Element) -> str:
    return "" if _is_nil(element) else element.text or ""


def _nillable(element: etree._Element | None) -> str | None:
    return None if element is None or _is_nil(element) else _text(element)
