"""zeep itself on the sandbox X3: it trips over these answers exactly as it was seen to trip over an X3's."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
import zeep.transports

from sandbox.x3 import X3, Gateway, Half, LoginPage, SoapFault, serve
from tests.sandbox.x3_caller import DUPONT

_ZEEP: Any = zeep
"""zeep tells no types."""

ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
BINDING = "{http://www.adonix.com/WSS}CAdxWebServiceXmlCCSoapBinding"
SCHEMA = f"""<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{ENCODING}" targetNamespace="{ENCODING}">
  <xs:attribute name="arrayType" type="xs:string"/>
  <xs:group name="Array">
    <xs:sequence>
      <xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>
    </xs:sequence>
  </xs:group>
  <xs:complexType name="Array">
    <xs:group ref="tns:Array" minOccurs="0"/>
    <xs:attribute ref="tns:arrayType"/>
  </xs:complexType>
</xs:schema>
""".encode()
"""What a caller needs of the schema the WSDL asks the internet for: an array of anything, as a group."""


class Local(_ZEEP.transports.Transport):  # type: ignore[misc]
    """A transport that has the encoding's schema at hand."""

    def load(self, url: str) -> Any:
        if url == ENCODING:
            return SCHEMA
        return super().load(url)


class Client:
    """zeep as somebody would set it up, strict or not."""

    def __init__(self, x3: X3, strict: bool) -> None:
        session = requests.Session()
        session.auth = (x3.login, x3.password)
        self.client = _ZEEP.Client(
            x3.wsdl_url, transport=Local(session=session), settings=_ZEEP.Settings(strict=strict)
        )
        self.service = self.client.create_service(BINDING, x3.url)
        self.context = self.type("CAdxCallContext")(codeLang="FRA", poolAlias=x3.pool.alias)

    def type(self, name: str) -> Any:
        return self.client.get_type(f"{{http://www.adonix.com/WSS}}{name}")

    def keys(self, **pairs: str) -> Any:
        one = self.type("CAdxParamKeyValue")
        return self.type("ArrayOfCAdxParamKeyValue")(
            [one(key=key, value=value) for key, value in pairs.items()]
        )

    def read(self, key: str) -> Any:
        return self.service.read(self.context, "BPC", self.keys(BPCNUM=key))

    def save(self) -> Any:
        return self.service.save(self.context, "BPC", DUPONT)


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve() as running:
        running.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C1", "BPRNAM": "VIF", "CRY": "FR"})
        yield running


@pytest.fixture
def strict(x3: X3) -> Client:
    return Client(x3, True)


@pytest.fixture
def lenient(x3: X3) -> Client:
    return Client(x3, False)


def test_loading_the_wsdl_asks_the_internet_for_the_encoding(x3: X3) -> None:
    asked = []

    class Offline(_ZEEP.transports.Transport):  # type: ignore[misc]
        def load(self, url: str) -> Any:
            asked.append(url)
            if url == ENCODING:
                raise ConnectionError(url)
            return super().load(url)

    session = requests.Session()
    session.auth = (x3.login, x3.password)
    with pytest.raises(ConnectionError, match=r"schemas\.xmlsoap\.org"):
        _ZEEP.Client(x3.wsdl_url, transport=Offline(session=session))
    assert asked == [x3.wsdl_url, ENCODING]


def test_strict_zeep_takes_a_success_without_messages(strict: Client) -> None:
    answer = strict.read("C1")
    assert answer.status == 1
    assert '<FLD NAME="BPCNUM" TYPE="Char">C1</FLD>' in answer.resultXml


def test_strict_zeep_breaks_at_every_message_of_an_error_or_a_success(strict: Client) -> None:
    asking: list[Callable[[], Any]] = [lambda: strict.read("NOPE"), strict.save]
    for ask in asking:
        with pytest.raises(
            zeep.exceptions.XMLParseError, match="Unexpected element 'type', expected 'message'"
        ):
            ask()


def test_lenient_zeep_has_the_type_and_hides_the_text(lenient: Client) -> None:
    answer = lenient.read("NOPE")
    assert (answer.status, answer.resultXml) == (0, None)
    (message,) = answer.messages
    assert (message.type, message.message) == ("3", None)
    assert [element.text for element in message._raw_elements] == ["Client NOPE : Fiche inexistante"]
    assert lenient.save().status == 1


def test_an_answer_that_is_no_soap_breaks_zeep_in_many_ways(x3: X3, strict: Client, lenient: Client) -> None:
    def fails(client: Client, error: type[Exception], words: str = ".") -> Any:
        with pytest.raises(error, match=words) as caught:
            client.read("C1")
        return caught.value

    right = x3.password
    x3.password = "changed"
    assert fails(strict, zeep.exceptions.TransportError).status_code == 401
    fails(lenient, AttributeError, "getroottree")
    x3.password = right
    x3.running = False
    assert fails(strict, zeep.exceptions.TransportError).status_code == 500
    fails(lenient, AttributeError, "getroottree")
    x3.running = True
    x3.fail(Half(b"<soapenv:Body>"), times=None, applied=True)
    assert fails(strict, zeep.exceptions.TransportError).status_code == 200
    fails(lenient, IndexError)
    x3.heal()
    x3.fail(SoapFault("Pool not found"), times=None)
    for client in (strict, lenient):
        fails(client, zeep.exceptions.Fault, "Pool not found")


def test_a_lenient_zeep_takes_half_an_answer_for_an_answer(x3: X3, lenient: Client) -> None:
    whole = lenient.read("C1").resultXml
    x3.fail(Half(), applied=True)
    half = lenient.read("C1")
    assert half.status is None
    assert half.resultXml != whole
    assert whole.startswith(half.resultXml or "")


def test_a_page_of_html_is_an_unknown_fault_or_no_envelope(x3: X3, strict: Client, lenient: Client) -> None:
    for client in (strict, lenient):
        x3.fail(LoginPage())
        with pytest.raises(zeep.exceptions.XMLSyntaxError, match="root element found is html"):
            client.read("C1")
        x3.fail(Gateway(504))
        with pytest.raises(zeep.exceptions.Fault, match="Unknown fault occured"):
            client.read("C1")


def test_lists_of_keys_must_be_wrapped_and_render_as_zeep_names_them(x3: X3, lenient: Client) -> None:
    one = lenient.type("CAdxParamKeyValue")(key="BPCNUM", value="C1")
    with pytest.raises(zeep.exceptions.ValidationError):
        lenient.service.read(lenient.context, "BPC", [one])
    with pytest.raises(zeep.exceptions.ValidationError):
        lenient.service.read(lenient.context, "BPC", None)
    sent = lenient.client.create_message(
        lenient.service, "read", lenient.context, "BPC", lenient.keys(BPCNUM="C1")
    )
    text = io.StringIO()
    for element in sent.iter():
        text.write(f"{element.tag} ")
    assert "objectKeys CAdxParamKeyValue key value" in text.getvalue()
    assert lenient.service.query(lenient.context, "BPC", [], 5).status == 1
    assert x3.log[-1].request.keys == ()


def test_a_missing_pool_id_goes_out_as_nil_and_lines_as_typed_items(x3: X3, lenient: Client) -> None:
    assert lenient.read("C1").status == 1
    assert x3.log[-1].request.context == {
        "codeLang": "FRA", "poolAlias": x3.pool.alias, "poolId": "", "requestConfig": "",
    }  # fmt: skip
    lines = lenient.type("ArrayOf_xsd_string")(["1"])
    answer = lenient.service.deleteLines(lenient.context, "BPC", lenient.keys(BPCNUM="C1"), "BPAC_1", lines)
    assert answer.status == 0
    assert x3.log[-1].request.lines == ("1",)
