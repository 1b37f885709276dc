"""The SOAP of X3 as Axis 1.4 writes it, rpc/encoded: any form of request read, one form of answer written.

Reading is lenient, as X3's is: parameters with or without types or namespaces, keys in any wrapping, values
behind an ``href``. Writing is exact: prefixes, order and types never vary.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from sandbox.x3.words import Message

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
NAMESPACE = "http://www.adonix.com/WSS"
KIND = "text/xml; charset=utf-8"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "run": ("inputXml",),
    "save": ("objectXml",),
    "delete": ("objectKeys",),
    "read": ("objectKeys",),
    "query": ("objectKeys", "listSize"),
    "getDescription": (),
    "modify": ("objectKeys", "objectXml"),
    "actionObject": ("actionCode", "objectXml"),
    "actionObjectKeys": ("actionCode", "objectKeys"),
    "getDataXmlSchema": (),
    "insertLines": ("objectKeys", "blocKey", "lineKey", "lineXml"),
    "deleteLines": ("objectKeys", "blocKey", "lineKeys"),
}
"""The operations in the WSDL's order, and their parameters after callContext and publicName."""


class NotSoap(ValueError):
    """What came in is no call of ours."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it came in. `keys` in order, by names or ordinals; `texts` every text parameter by name."""

    operation: str
    publication: str
    context: Mapping[str, str]
    keys: tuple[tuple[str, str], ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def flags(self) -> Mapping[str, str]:
        """``requestConfig``, taken apart."""
        parts = (part.partition("=") for part in self.context.get("requestConfig", "").split("&"))
        return {name.strip(): value.strip() for name, _, value in parts if name.strip()}

    @property
    def language(self) -> str:
        return self.context.get("codeLang", "")


def read_request(body: bytes) -> Request:
    """The call in a SOAP envelope. Raises `NotSoap`."""
    try:
        envelope = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise NotSoap(str(error)) from error
    content = next((child for child in envelope if _local(child) == "Body"), None)
    if _local(envelope) != "Envelope" or content is None or not len(content):
        raise NotSoap("no SOAP body")
    wrapper = content[0]
    operation = _local(wrapper)
    if operation not in OPERATIONS:
        raise NotSoap(f"No such operation '{operation}'")
    apart = {child.get("id"): child for child in content if child.get("id")}
    given = {_local(child): _followed(child, apart) for child in wrapper}
    context = given.get("callContext")
    texts = {name: _text(one) for name, one in given.items() if name not in ("callContext", "objectKeys")}
    return Request(
        operation,
        texts.pop("publicName", ""),
        {} if context is None else {_local(child): _text(_followed(child, apart)) for child in context},
        tuple(_pairs(given.get("objectKeys"), apart)),
        texts,
        tuple(_text(_followed(one, apart)) for one in given.get("lineKeys", ())),
    )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element) -> str:
    return "" if element.get(f"{_XSI}nil") in ("true", "1") else (element.text or "")


def _followed(
    element: ElementTree.Element, apart: Mapping[str | None, ElementTree.Element]
) -> ElementTree.Element:
    return apart.get(element.get("href", "#").removeprefix("#"), element)


def _pairs(
    keys: ElementTree.Element | None, apart: Mapping[str | None, ElementTree.Element]
) -> Iterator[tuple[str, str]]:
    """Keys and values wherever they are below, one `key` to the `value` that follows it."""
    name: str | None = None
    for element in _below(keys, apart) if keys is not None else ():
        kind = _local(element).lower()
        if kind == "key" and not len(element):
            name = _text(element).strip()
        elif kind == "value" and name is not None:
            yield name, _text(element)
            name = None


def _below(
    element: ElementTree.Element, apart: Mapping[str | None, ElementTree.Element]
) -> Iterator[ElementTree.Element]:
    for child in element:
        followed = _followed(child, apart)
        if followed is not child:
            yield from _below(followed, apart)
        else:
            yield child
            yield from _below(child, apart)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation came to. `result` is ``None`` for a failure."""

    status: int
    result: str | None
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Technical:
    """What the pool tells of a call. Durations in milliseconds."""

    entry: int
    waited: float = 0.0
    executed: float = 0.0
    trace: str = ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 3))


def write_answer(operation: str, answer: Answer, technical: Technical) -> bytes:
    """The whole HTTP body."""
    count = len(answer.messages)
    opened = (
        f'<messages xsi:type="soapenc:Array" soapenv:encodingStyle="{ENCODING}"'
        f' soapenc:arrayType="wss:CAdxMessage[{count}]"'
    )
    ids = [f"id{number}" for number in range(count)]
    messages = f"{opened}>{''.join(_REFERENCE.format(id) for id in ids)}</messages>" if ids else f"{opened}/>"
    if answer.result is None:
        result = '<resultXml xsi:type="xsd:string" xsi:nil="true"/>'
    else:
        # A CDATA section cannot hold its own end.
        kept = answer.result.replace("]]>", "]]]]><![CDATA[>")
        result = f'<resultXml xsi:type="xsd:string"><![CDATA[{kept}]]></resultXml>'
    bodies = "".join(
        f'<multiRef id="{id}" soapenc:root="0" soapenv:encodingStyle="{ENCODING}" xsi:type="wss:CAdxMessage">'
        f"<type>{message.type}</type><message>{escape(message.text)}</message></multiRef>"
        for id, message in zip(ids, answer.messages, strict=True)
    )
    return (
        f'{_OPENING}<soapenv:Body><wss:{operation}Response soapenv:encodingStyle="{ENCODING}">'
        f'<{operation}Return xsi:type="wss:CAdxResultXml">{messages}{result}'
        f'<status xsi:type="xsd:int">{answer.status}</status>{_technical(technical)}'
        f"</{operation}Return></wss:{operation}Response>{bodies}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def write_fault(text: str) -> bytes:
    """A SOAP Fault."""
    return (
        f"{_OPENING}<soapenv:Body><soapenv:Fault><faultcode>soapenv:Server</faultcode>"
        f"<faultstring>{escape(text)}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()


_REFERENCE = '<messages href="#{}"/>'
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:soapenc="{ENCODING}"'
    f' xmlns:wss="{NAMESPACE}">'
)


def _technical(infos: Technical) -> str:
    trace = f">{escape(infos.trace)}</traceRequest>" if infos.trace else "/>"
    return (
        '<technicalInfos xsi:type="wss:CAdxTechnicalInfos">'
        '<busy xsi:type="xsd:boolean">false</busy>'
        '<changeLanguage xsi:type="xsd:boolean">false</changeLanguage>'
        '<changeUserId xsi:type="xsd:boolean">false</changeUserId>'
        '<flushAdx xsi:type="xsd:boolean">false</flushAdx>'
        '<loadWebsDuration xsi:type="xsd:double">0</loadWebsDuration>'
        '<nbDistributionCycle xsi:type="xsd:int">-1</nbDistributionCycle>'
        '<poolDistribDuration xsi:type="xsd:double">0</poolDistribDuration>'
        f'<poolEntryIdx xsi:type="xsd:int">{infos.entry}</poolEntryIdx>'
        f'<poolExecDuration xsi:type="xsd:double">{_number(infos.executed)}</poolExecDuration>'
        '<poolRequestDuration xsi:type="xsd:double">-1</poolRequestDuration>'
        f'<poolWaitDuration xsi:type="xsd:double">{_number(infos.waited)}</poolWaitDuration>'
        '<processReport xsi:type="xsd:string" xsi:nil="true"/>'
        '<processReportSize xsi:type="xsd:int">-1</processReportSize>'
        '<reloadWebs xsi:type="xsd:boolean">false</reloadWebs>'
        '<resumitAfterDBOpen xsi:type="xsd:boolean">false</resumitAfterDBOpen>'
        '<rowInDistribStack xsi:type="xsd:int" xsi:nil="true"/>'
        f'<totalDuration xsi:type="xsd:double">{_number(infos.waited + infos.executed)}</totalDuration>'
        f'<traceRequest xsi:type="xsd:string"{trace}'
        f'<traceRequestSize xsi:type="xsd:int">{len(infos.trace)}</traceRequestSize>'
        "</technicalInfos>"
    )
