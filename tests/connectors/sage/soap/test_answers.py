"""SOAP answers from their bytes: as X3 writes them, as Axis may, and as nobody should."""

from __future__ import annotations

import pytest

from connectors.sage.soap.answers import Answer, Message, SoapFault, Undecodable, decode
from connectors.sage.soap.faults import Said, kind_of
from tests.tally import tally

OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
    ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:wss="http://www.adonix.com/WSS">'
    "<soapenv:Body>"
)
CLOSE = "</soapenv:Body></soapenv:Envelope>"


def envelope(inside: str, apart: str = "") -> bytes:
    return (
        f'{OPEN}<wss:saveResponse><saveReturn xsi:type="wss:CAdxResultXml">{inside}</saveReturn>'
        f"</wss:saveResponse>{apart}{CLOSE}"
    ).encode()


def message(id: str, inside: str) -> str:
    return f'<multiRef id="{id}" soapenc:root="0" xsi:type="wss:CAdxMessage">{inside}</multiRef>'


NO_MESSAGES = '<messages xsi:type="soapenc:Array" soapenc:arrayType="wss:CAdxMessage[0]"/>'
NIL = '<resultXml xsi:type="xsd:string" xsi:nil="true"/>'
DONE = '<status xsi:type="xsd:int">1</status>'
NOT_DONE = '<status xsi:type="xsd:int">0</status>'


def test_a_success_gives_its_result_whole_out_of_its_cdata() -> None:
    record = '<RESULT><FLD NAME="A">é &amp; €</FLD></RESULT>'
    result = f'<resultXml xsi:type="xsd:string"><![CDATA[{record}]]></resultXml>'
    answer = decode(envelope(NO_MESSAGES + result + DONE))
    assert answer == Answer(1, (), record)
    assert answer.succeeded


def test_a_cdata_section_that_had_to_be_split_comes_together() -> None:
    result = "<resultXml><![CDATA[<A>]]]]><![CDATA[></A>]]></resultXml>"
    assert decode(envelope(NO_MESSAGES + result + DONE)).result == "<A>]]></A>"


def test_every_message_is_followed_whichever_way_round_it_stands() -> None:
    three = "".join(f'<messages href="#id{number}"/>' for number in range(3))
    pointing = f'<messages soapenc:arrayType="wss:CAdxMessage[3]">{three}</messages>'
    apart = (
        message("id2", "<type>2</type><message>Encours dépassé</message>")
        + message("id0", "<message>Code inexistant</message><type>3</type>")
        + message("id1", '<type xsi:nil="true"/><message>sans type</message>')
    )
    answer = decode(envelope(pointing + NIL + NOT_DONE, apart))
    assert list(answer.messages) == [
        Message(3, "Code inexistant"), Message(0, "sans type"), Message(2, "Encours dépassé")
    ]  # fmt: skip
    assert answer.words == "Code inexistant; sans type; Encours dépassé"
    assert answer.result is None
    assert not answer.succeeded


def test_a_success_may_carry_messages_and_stays_a_success() -> None:
    pointing = '<messages><messages href="#id0"/></messages>'
    said = message("id0", "<type>3</type><message>Fiche créée</message>")
    answer = decode(envelope(pointing + NIL + DONE, said))
    assert answer.succeeded
    assert answer.words == "Fiche créée"


def test_messages_in_place_are_read_too() -> None:
    inside = "<messages><item><message>là</message><type>1</type></item><item xsi:nil='true'/></messages>"
    assert list(decode(envelope(inside + NIL + DONE)).messages) == [Message(1, "là")]


def test_the_whole_value_may_be_pointed_at_and_its_parts_again() -> None:
    body = (
        f'{OPEN}<wss:readResponse><readReturn href="#id0"/></wss:readResponse>'
        '<multiRef id="id0"><messages href="#id1"/><resultXml href="#id3"/><status href="#id4"/></multiRef>'
        '<multiRef id="id1"><messages href="#id2"/></multiRef>'
        '<multiRef id="id2"><type href="#id5"/><message>dit</message></multiRef>'
        '<multiRef id="id3">&lt;RESULT/&gt;</multiRef><multiRef id="id4">1</multiRef>'
        f'<multiRef id="id5">2</multiRef>{CLOSE}'
    )
    assert decode(body.encode()) == Answer(1, (Message(2, "dit"),), "<RESULT/>")


def test_what_x3_tells_of_the_call_is_kept_and_nil_numbers_are_left_out() -> None:
    infos = (
        '<technicalInfos><busy xsi:type="xsd:boolean">false</busy><poolWaitDuration>12.5</poolWaitDuration>'
        '<rowInDistribStack xsi:type="xsd:int" xsi:nil="true"/><traceRequest/></technicalInfos>'
    )
    assert decode(envelope(NO_MESSAGES + NIL + DONE + infos)).technical == {
        "busy": "false",
        "poolWaitDuration": "12.5",
    }


def test_a_soap_fault_is_told_in_its_own_words() -> None:
    words = "<faultcode>soapenv:Server</faultcode><faultstring>Pool not found</faultstring>"
    fault = f"<soapenv:Fault>{words}</soapenv:Fault>"
    with pytest.raises(SoapFault, match="Pool not found"):
        decode((OPEN + fault + CLOSE).encode())


WHOLE = envelope(NO_MESSAGES + NIL + DONE)
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "xx"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"No Web services accepted",
        b'{"$diagnoses":[]}',
        WHOLE[: len(WHOLE) // 2],
        WHOLE[:-1],
        WHOLE + b"<more/>",
        b"<html><body>login</body></html>",
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        BOMB.decode().encode("utf-16"),
        (OPEN + CLOSE).encode(),
        (OPEN + "<wss:saveResponse/>" + CLOSE).encode(),
        envelope(NO_MESSAGES + NIL),
        envelope(NO_MESSAGES + NIL + "<status/>"),
        envelope(NO_MESSAGES + NIL + '<status xsi:nil="true"/>'),
        envelope(NO_MESSAGES + NIL + "<status>yes</status>"),
        envelope('<messages><messages href="#nowhere"/></messages>' + NIL + DONE),
        envelope('<messages><messages href="#a"/></messages>' + NIL + DONE,
                 '<multiRef id="a" href="#b"/><multiRef id="b" href="#a"/>'),
        WHOLE.replace(b"<status", b"<sta\x00tus"),
        b"<" * 100_000,
        b"<a>" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_told_so(body: bytes) -> None:
    tally("bad inputs tried")
    with pytest.raises(Undecodable) as why:
        decode(body)
    assert str(why.value)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Unknown web service (0)", "service"),
        ("Service web inexistant", "service"),
        ("Change login error", "login"),
        ("Connection error - Incorrect user code or password", "login"),
        ("Erreur de connexion - Code utilisateur ou mot de passe incorrect", "login"),
        ("Client C00001 : Fiche en cours de modification", "locked"),
        ("BPC C00001: Record being modified", "locked"),
        ("Client C00009 : Fiche inexistante", "absent"),
        ("Record does not exist", "absent"),
        ("Raison sociale : Champ obligatoire", "refused"),
        ("Group [BPAC_1] has a dimension greater than 1. You have to use TAB Xml tag.", "refused"),
        ("", "refused"),
    ],
)
def test_what_kind_of_no_it_is_stands_in_the_words(words: str, kind: str) -> None:
    answer = Answer(0, (Message(1, "rien"), Message(3, words)))
    assert kind_of(answer) == kind


def test_a_no_without_a_word_is_told_as_one() -> None:
    assert str(Said(Answer(0))) == "status 0, without a message"


def test_a_warning_beside_an_error_does_not_say_what_the_error_is() -> None:
    answer = Answer(0, (Message(2, "Fiche en cours de modification"), Message(3, "Champ obligatoire")))
    assert kind_of(answer) == "refused"
    assert Said(answer).words == "Fiche en cours de modification; Champ obligatoire"
