"""Everything an X3, or what stands in front of one, answers when something is wrong; a test a row."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.x3 import (
    X3,
    Broken,
    Cut,
    Delay,
    Gateway,
    Half,
    LoginPage,
    NoServices,
    SoapFault,
    serve,
)
from tests.sandbox.x3_caller import DUPONT, HEADERS, Caller, keys, xml
from tests.tally import tally


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve() as running:
        running.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C1", "BPRNAM": "VIF", "CRY": "FR"})
        yield running


@pytest.fixture
def call(x3: X3) -> Caller:
    tally("faults injected")
    return Caller(x3)


def test_a_wrong_password_is_401_without_soap(x3: X3, call: Caller) -> None:
    call.session.auth = (x3.login, "wrong")
    told = call.read("BPC", "C1")
    assert told.code == 401
    assert told.headers["WWW-Authenticate"].startswith("Basic")
    assert b"Envelope" not in told.body
    assert not x3.calls


def test_no_login_at_all_is_401_and_a_bearer_that_is_known_comes_in() -> None:
    with serve(token="secret-token") as x3:
        call = Caller(x3)
        call.session.auth = None
        assert call.read("BPC", "C1").code == 401
        body = call.envelope("query", "BPC", "<listSize>1</listSize>")
        assert call.post(body, {**HEADERS, "Authorization": "Bearer secret-token"}).status == "1"
        assert call.post(body, {**HEADERS, "Authorization": "Bearer other"}).code == 401


def test_a_call_without_soapaction_is_500_in_json(call: Caller) -> None:
    told = call.post(call.envelope("read", "BPC", keys(("1", "C1"))), {"Content-Type": "text/xml"})
    assert told.code == 500
    assert told.headers["Content-Type"] == "application/json"
    assert '{"$diagnoses": [{' in told.text
    assert "Header 'soapAction' is missing." in told.text


def test_an_empty_soapaction_is_one(call: Caller) -> None:
    body = call.envelope("read", "BPC", keys(("1", "C1")))
    assert call.post(body, {**HEADERS, "SOAPAction": ""}).status == "1"


def test_an_unknown_publication_is_200_with_status_0(x3: X3) -> None:
    for language, words in (("FRA", "Service web inexistant"), ("ENG", "Unknown web service (0)")):
        told = Caller(x3, language).read("NOPE", "C1")
        assert (told.code, told.status, told.messages) == (200, "0", [("3", words)])


def test_an_unknown_pool_is_a_soap_fault_and_its_name_is_in_capitals_or_not(call: Caller) -> None:
    for pool in ("NOPE", "wspool", ""):
        told = call("read", "BPC", keys(("1", "C1")), pool=pool)
        assert told.code == 500
        assert "<faultstring>Pool not found</faultstring>" in told.text


def test_no_child_running_is_500_in_a_word(x3: X3, call: Caller) -> None:
    x3.running = False
    told = call.read("BPC", "C1")
    assert (told.code, told.text) == (500, "No Web services accepted")
    x3.running = True
    x3.fail(NoServices(), "read")
    assert call.read("BPC", "C1").text == "No Web services accepted"
    assert call.read("BPC", "C1").status == "1"


def test_something_that_is_no_soap_is_a_fault(call: Caller) -> None:
    for body in ("", "<a/>", "{}", call.envelope("dance", "BPC")):
        told = call.post(body)
        assert told.code == 500
        assert "<faultstring>" in told.text


def test_an_address_that_moved_is_404(x3: X3, call: Caller) -> None:
    x3.moved.update(("wsdl", "call"))
    assert call.session.get(x3.wsdl_url, timeout=5).status_code == 404
    assert call.read("BPC", "C1").code == 404
    assert call.session.get(f"{x3.host}/elsewhere", timeout=5).status_code == 404


def test_a_record_a_person_has_open_takes_no_change(x3: X3, call: Caller) -> None:
    change = '<PARAM><FLD NAME="CRN">1</FLD></PARAM>'
    with x3.person.lock("BPC", "C1"):
        said = ["Client C1 : Fiche en cours de modification"]
        assert call.modify("BPC", "C1", change).said == said
        assert call("delete", "BPC", keys(("BPCNUM", "C1"))).said == said
        line = xml("lineXml", '<PARAM><FLD NAME="CODADR">A</FLD></PARAM>')
        inner = f"{keys(('1', 'C1'))}<blocKey>BPAC_1</blocKey><lineKey/>{line}"
        assert call("insertLines", "BPC", inner).said == said
        assert call.read("BPC", "C1").status == "1"
    assert call.modify("BPC", "C1", change).status == "1"
    assert x3.writes == {("BPC", "modify"): 1}


def test_a_proxy_that_gave_up_says_nothing_of_what_was_done(x3: X3, call: Caller) -> None:
    for status in (504, 524):
        met = x3.fail(Gateway(status), "save", "BPC", applied=True)
        before = len(x3.person.list("BPC"))
        told = call.save("BPC", DUPONT)
        assert told.code == status
        assert told.headers["Content-Type"] == "text/html"
        assert len(met) == 1
        assert len(x3.person.list("BPC")) == before + 1
        x3.fail(Gateway(status), "save", "BPC")
        assert call.save("BPC", DUPONT).code == status
        assert len(x3.person.list("BPC")) == before + 1
        x3.heal()


def test_a_lost_answer_leaves_what_was_done(x3: X3, call: Caller) -> None:
    x3.fail(Cut(), "save", applied=True)
    with pytest.raises(requests.ConnectionError):
        call.save("BPC", DUPONT)
    assert x3.writes["BPC", "save"] == 1
    x3.fail(Cut(), "save")
    with pytest.raises(requests.ConnectionError):
        call.save("BPC", DUPONT)
    assert (x3.calls["BPC", "save"], x3.writes["BPC", "save"]) == (2, 1)


def test_half_an_answer_may_look_whole_or_break_off(x3: X3, call: Caller) -> None:
    x3.fail(Half(), "read", applied=True)
    half = call.read("BPC", "C1")
    assert half.code == 200
    assert half.body.startswith(b"<?xml")
    assert not half.body.endswith(b"</soapenv:Envelope>")
    x3.fail(Broken(), "read", applied=True)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        call.read("BPC", "C1")
    assert call.read("BPC", "C1").status == "1"


def test_a_login_page_is_200_in_html(x3: X3, call: Caller) -> None:
    x3.fail(LoginPage(), times=None)
    for _ in range(2):
        told = call.read("BPC", "C1")
        assert told.code == 200
        assert told.headers["Content-Type"] == "text/html"
        assert "<form" in told.text
    x3.heal()
    assert call.read("BPC", "C1").status == "1"


def test_a_fault_may_come_of_anything(x3: X3, call: Caller) -> None:
    x3.fail(SoapFault("java.lang.NullPointerException"), "read")
    told = call.read("BPC", "C1")
    assert told.code == 500
    assert "<faultstring>java.lang.NullPointerException</faultstring>" in told.text


def test_a_slow_call_outlasts_an_impatient_caller_and_is_done_all_the_same(x3: X3, call: Caller) -> None:
    x3.fail(Delay(0.5), "save")
    with pytest.raises(requests.Timeout):
        call("save", "BPC", xml("objectXml", DUPONT), timeout=0.1)
    until = time.monotonic() + 10
    while not x3.writes["BPC", "save"] and time.monotonic() < until:
        time.sleep(0.02)
    assert x3.writes["BPC", "save"] == 1


def test_calls_beyond_the_pool_wait_and_are_told_how_long() -> None:
    with serve(pool_size=2) as x3:
        release = threading.Event()
        x3.before.append(lambda call: release.wait(10) and None)
        answers: list[str] = []
        callers = [
            threading.Thread(target=lambda: answers.append(Caller(x3).query("BPC", 1).text)) for _ in range(4)
        ]
        for caller in callers:
            caller.start()
        until = time.monotonic() + 10
        while x3.pool.waiting < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert x3.pool.waiting == 2
        time.sleep(0.05)  # the later of the two has only just begun to wait
        release.set()
        for caller in callers:
            caller.join(10)
        assert len(answers) == 4
        assert x3.pool.most == 2
        waited = [
            float(text.split('poolWaitDuration xsi:type="xsd:double">')[1].split("<")[0]) for text in answers
        ]
        assert sorted(one > 5 for one in waited) == [False, False, True, True]


def test_two_writes_to_one_record_at_once_are_noticed(x3: X3) -> None:
    both = threading.Barrier(2)
    x3.before.append(lambda call: both.wait(10) and None)
    change = '<PARAM><FLD NAME="CRN">1</FLD></PARAM>'
    callers = [threading.Thread(target=Caller(x3).modify, args=("BPC", "C1", change)) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    assert x3.pool.overlaps == [("BPC", "C1")]
