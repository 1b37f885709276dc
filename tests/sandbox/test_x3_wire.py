"""What the sandbox X3 puts on the wire, byte for byte as such answers were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import requests

from sandbox.x3 import X3, serve
from sandbox.x3.wire import OPERATIONS
from tests.sandbox.x3_caller import DUPONT, HEADERS, Caller, keys, without_durations, xml

FACTS = Path(__file__).parents[3] / "shared/facts/x3.wsdl"
ENCODED = "http://schemas.xmlsoap.org/soap/encoding/"
OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xmlns:soapenc="{ENCODED}" xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>'
)
NO_MESSAGES = (
    f'<messages xsi:type="soapenc:Array" soapenv:encodingStyle="{ENCODED}"'
    ' soapenc:arrayType="wss:CAdxMessage[0]"/>'
)
TECHNICAL = (
    '<technicalInfos xsi:type="wss:CAdxTechnicalInfos"><busy xsi:type="xsd:boolean">false</busy>'
    '<changeLanguage xsi:type="xsd:boolean">false</changeLanguage>'
    '<changeUserId xsi:type="xsd:boolean">false</changeUserId>'
    '<flushAdx xsi:type="xsd:boolean">false</flushAdx>'
    '<loadWebsDuration xsi:type="xsd:double">0</loadWebsDuration>'
    '<nbDistributionCycle xsi:type="xsd:int">-1</nbDistributionCycle>'
    '<poolDistribDuration xsi:type="xsd:double">0</poolDistribDuration>'
    '<poolEntryIdx xsi:type="xsd:int">0</poolEntryIdx>'
    '<poolExecDuration xsi:type="xsd:double">0</poolExecDuration>'
    '<poolRequestDuration xsi:type="xsd:double">-1</poolRequestDuration>'
    '<poolWaitDuration xsi:type="xsd:double">0</poolWaitDuration>'
    '<processReport xsi:type="xsd:string" xsi:nil="true"/>'
    '<processReportSize xsi:type="xsd:int">-1</processReportSize>'
    '<reloadWebs xsi:type="xsd:boolean">false</reloadWebs>'
    '<resumitAfterDBOpen xsi:type="xsd:boolean">false</resumitAfterDBOpen>'
    '<rowInDistribStack xsi:type="xsd:int" xsi:nil="true"/>'
    '<totalDuration xsi:type="xsd:double">0</totalDuration>'
    '<traceRequest xsi:type="xsd:string"/><traceRequestSize xsi:type="xsd:int">0</traceRequestSize>'
    "</technicalInfos>"
)
CUSTOMER = (
    '<?xml version="1.0" encoding="UTF-8"?><RESULT><GRP ID="BPC0_1"><FLD NAME="BCGCOD" TYPE="Char">FR</FLD>'
    '<FLD MENULAB="Oui" MENULOCAL="1" NAME="BPCSTA" TYPE="Integer">2</FLD>'
    '<FLD NAME="BPCNUM" TYPE="Char">C00001</FLD><FLD NAME="BPCNAM" TYPE="Char">DUPONT SARL</FLD></GRP>'
    '<GRP ID="BPRC_1"><FLD NAME="BPRSHO" TYPE="Char"/><FLD NAME="BPRLOG" TYPE="Char"/>'
    '<LST NAME="BPRNAM" SIZE="2" TYPE="Char"><ITM>DUPONT SARL</ITM><ITM/></LST>'
    '<FLD NAME="CRY" TYPE="Char">FR</FLD>'
)


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(clock=lambda: datetime(2026, 1, 15, 9, 30, 5)) as running:
        yield running


@pytest.fixture
def call(x3: X3) -> Caller:
    return Caller(x3)


def wrapped(operation: str, inside: str, after: str = "") -> str:
    return (
        f'{OPENING}<wss:{operation}Response soapenv:encodingStyle="{ENCODED}">'
        f'<{operation}Return xsi:type="wss:CAdxResultXml">{inside}{TECHNICAL}</{operation}Return>'
        f"</wss:{operation}Response>{after}</soapenv:Body></soapenv:Envelope>"
    )


def body_of(number: int, type: int, text: str) -> str:
    return (
        f'<multiRef id="id{number}" soapenc:root="0" soapenv:encodingStyle="{ENCODED}"'
        f' xsi:type="wss:CAdxMessage"><type>{type}</type><message>{text}</message></multiRef>'
    )


def test_a_list_is_answered_byte_for_byte_as_recorded(x3: X3, call: Caller) -> None:
    x3.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C001", "BPRNAM": "DUPONT", "CRY": "FR"})
    told = call.query("BPC", 10)
    assert told.code == 200
    assert told.headers["Content-Type"] == "text/xml; charset=utf-8"
    line = (
        '<LIN NUM="1"><FLD NAME="BPCNUM" TYPE="Char">C001</FLD><FLD NAME="BPCNAM" TYPE="Char">DUPONT</FLD>'
        '<FLD NAME="CRN" TYPE="Char"/><FLD NAME="CRY" TYPE="Char">FR</FLD></LIN>'
    )
    result = f'<?xml version="1.0" encoding="UTF-8"?><RESULT>{line}</RESULT>'
    assert without_durations(told.body) == wrapped(
        "query",
        f'{NO_MESSAGES}<resultXml xsi:type="xsd:string"><![CDATA[{result}]]></resultXml>'
        '<status xsi:type="xsd:int">1</status>',
    )


def test_an_empty_list_is_an_empty_document(call: Caller) -> None:
    assert call.query("BPC", 10).result == '<?xml version="1.0" encoding="UTF-8"?><RESULT/>'


def test_a_refusal_is_http_200_with_status_0_nil_and_its_message_apart(call: Caller) -> None:
    told = call.read("BPC", "C9")
    assert told.code == 200
    assert without_durations(told.body) == wrapped(
        "read",
        f'<messages xsi:type="soapenc:Array" soapenv:encodingStyle="{ENCODED}"'
        ' soapenc:arrayType="wss:CAdxMessage[1]"><messages href="#id0"/></messages>'
        '<resultXml xsi:type="xsd:string" xsi:nil="true"/><status xsi:type="xsd:int">0</status>',
        body_of(0, 3, "Client C9 : Fiche inexistante"),
    )


def test_a_saved_record_comes_back_whole_with_its_stamp_and_a_message(call: Caller) -> None:
    told = call.save("BPC", DUPONT)
    text = without_durations(told.body)
    opened = (
        f'<messages xsi:type="soapenc:Array" soapenv:encodingStyle="{ENCODED}"'
        ' soapenc:arrayType="wss:CAdxMessage[1]"><messages href="#id0"/></messages>'
        f'<resultXml xsi:type="xsd:string"><![CDATA[{CUSTOMER}'
    )
    assert opened in text
    assert '<TAB DIM="30" ID="BPAC_1" SIZE="1"><LIN NUM="1"><FLD NAME="CODADR" TYPE="Char">001</FLD>' in text
    assert text.endswith(
        '<TAB DIM="30" ID="BPC4_1" SIZE="0"/><GRP ID="ADXTEC">'
        '<FLD NAME="WW_MODSTAMP" TYPE="Char">20260115093005</FLD>'
        '<FLD NAME="WW_MODUSER" TYPE="Char">WSUSR</FLD></GRP></RESULT>]]></resultXml>'
        f'<status xsi:type="xsd:int">1</status>{TECHNICAL}</saveReturn></wss:saveResponse>'
        f"{body_of(0, 1, 'Client C00001 : Fiche créée')}</soapenv:Body></soapenv:Envelope>"
    )


def test_every_message_has_a_body_of_its_own_in_the_order_of_their_references(call: Caller) -> None:
    told = call.save("BPC", '<PARAM><FLD NAME="CRY">XX</FLD></PARAM>')
    assert [type for type, _ in told.messages] == ["3", "3", "3"]
    assert told.text.count("<messages href=") == told.text.count("<multiRef ") == 3
    assert 'arrayType="wss:CAdxMessage[3]"' in told.text


def test_a_warning_comes_with_a_success_and_its_type_before_its_text(x3: X3, call: Caller) -> None:
    siret = "<FLD NAME='CRN'>55210055400013</FLD>"
    assert call.save("BPC", DUPONT.replace("</PARAM>", f"{siret}</PARAM>")).status == "1"
    told = call.save("BPC", DUPONT.replace("</PARAM>", f"{siret}</PARAM>"))
    assert told.status == "1"
    assert told.messages == [
        ("2", "N° SIRET 55210055400013 déjà utilisé par C00001"),
        ("1", "Client C00002 : Fiche créée"),
    ]


def test_values_are_escaped_inside_the_document_and_not_again_around_it(call: Caller) -> None:
    name = "D'A &amp; B &lt;x&gt;"
    told = call.save("BPC", DUPONT.replace("DUPONT SARL", name))
    assert f"<ITM>{name}</ITM>" in told.text
    assert told.field("BPCNAM") == "D'A & B <x>"


def test_a_json_answer_that_holds_the_end_of_a_cdata_section_comes_through(call: Caller) -> None:
    told = call.save("BPC", DUPONT.replace("DUPONT SARL", "A ]]&gt; B"), config="adxwss.optreturn=JSON")
    assert told.result is not None
    assert '"BPCNAM": "A ]]> B"' in told.result


@pytest.mark.skipif(not FACTS.exists(), reason="no collected WSDL beside the project")
def test_the_wsdl_is_the_collected_one() -> None:
    from sandbox.x3.wsdl import wsdl

    there = FACTS.read_text("utf-8").rstrip()
    address = there.rpartition('location="')[2].partition('"')[0]
    assert wsdl(address).decode() == there


def test_the_wsdl_names_a_host_that_only_its_own_network_knows(x3: X3, call: Caller) -> None:
    answer = call.session.get(x3.wsdl_url, timeout=5)
    assert answer.status_code == 200
    assert 'location="http://srv-x3.invalid:8124/soap-generic/syracuse/' in answer.text
    for name in OPERATIONS:
        assert f'<wsdl:operation name="{name}" parameterOrder="callContext publicName' in answer.text
    assert requests.get(x3.wsdl_url, timeout=5).status_code == 401


def test_version_6_has_its_own_address_and_the_login_in_the_context() -> None:
    with serve(version=6) as old:
        assert old.url == f"{old.host}/adxwsvc/services/CAdxWebServiceXmlCC"
        text = requests.get(old.wsdl_url, timeout=5).text
        assert '<element name="codeUser" nillable="true" type="xsd:string"/><element name="password"' in text
        call = Caller(old)
        call.session.auth = None
        login = f"<codeUser>{old.login}</codeUser><password>{{}}</password>"
        inner = keys() + "<listSize>1</listSize>"
        assert call("query", "BPC", inner, more=login.format(old.password)).status == "1"
        told = call("query", "BPC", inner, more=login.format("wrong"))
        assert (told.code, told.status) == (200, "0")
        assert told.said[0] == "Change login error"
        assert "mot de passe incorrect" in told.said[1]


def test_a_session_is_opened_once_for_who_keeps_its_cookie(x3: X3, call: Caller) -> None:
    for _ in range(3):
        call.query("BPC", 1)
    assert x3.sessions == 1
    requests.post(x3.url, call.envelope("query", "BPC"), headers=HEADERS, auth=call.session.auth, timeout=5)
    assert x3.sessions == 2


def test_a_trace_comes_where_it_is_asked_for(call: Caller) -> None:
    told = call.query("BPC", 1, config="adxwss.trace.on=on&adxwss.trace.size=16384")
    assert '<traceRequest xsi:type="xsd:string">query [BPC] poolAlias=[WSPOOL]</traceRequest>' in told.text
    assert '<traceRequestSize xsi:type="xsd:int">30</traceRequestSize>' in told.text


def test_a_document_is_set_out_in_lines_where_it_is_asked_for(x3: X3, call: Caller) -> None:
    x3.person.add("BPC", {"BCGCOD": "FR", "BPRNAM": "DUPONT", "CRY": "FR"})
    told = call.query("BPC", 1, config="adxwss.optreturn=XML&adxwss.beautify=true")
    assert told.result is not None
    assert '<RESULT>\n  <LIN NUM="1">\n    <FLD NAME="BPCNUM" TYPE="Char">C00001</FLD>' in told.result
    assert told.column("BPCNAM") == ["DUPONT"]


def test_a_subprogram_takes_groups_and_gives_groups(x3: X3, call: Caller) -> None:
    x3.subprograms["YPING"] = lambda groups: {"GRP1": {"O_SAID": str(groups["GRP1"]), "O_STATUS": "0"}}
    told = call(
        "run", "YPING", xml("inputXml", '<PARAM><GRP ID="GRP1"><FLD NAME="I_X">a</FLD></GRP></PARAM>')
    )
    assert told.field("O_SAID") == "{'I_X': 'a'}"
    assert told.field("O_STATUS") == "0"
    assert call("run", "BPC").said == ["Service web inexistant"]
    assert call("read", "YPING").said == ["Service web inexistant"]
