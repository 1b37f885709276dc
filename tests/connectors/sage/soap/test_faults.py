"""Every way X3, its server and its proxy fail, over HTTP: told in their words, nothing made twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog.testing

from connectors.sage.soap.connector import SoapConnector
from hub.ports import (
    Denied,
    Done,
    Misconfigured,
    NativeField,
    Record,
    Refused,
    Unknown,
    Unreachable,
    View,
    Write,
)
from sandbox.x3 import (
    X3,
    Broken,
    Cut,
    Delay,
    Gateway,
    Half,
    Html,
    LoginPage,
    NoServices,
    Refusal,
    SoapFault,
    serve,
)
from tests.connectors.bench import new_ref
from tests.connectors.sage.soap.site import OPTIONS, SiteHarness, connector, customers
from tests.tally import tally

VIEW = customers()
DURAND = {"BPRNAM": "Durand SA", "TEL1": "0145678901", "CTY": "Évry"}


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(**OPTIONS) as running:
        running.person.add("BPC", {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": ["Martin", ""]},
                           [{"CODADR": "001", "BPACRY": "FR", "BPAADDFLG": "2", "CTY": "Brest"}])  # fmt: skip
        yield running


@pytest.fixture
def sage(x3: X3) -> Iterator[SoapConnector]:
    found = connector(x3, timeout=2)
    yield found
    found.close()


def creation(**values: Any) -> Write:
    return Write(new_ref(), None, DURAND | values)


def martin(sage: SoapConnector) -> Record:
    (record,) = sage.read(VIEW, ["C00001"])
    return record


def change(record: Record, **values: Any) -> Write:
    return Write(new_ref(), record.id, values, expected=dict(record.values))


LOSSES = [Gateway(504), Gateway(524), Gateway(502), Cut(), Half(), Broken(), LoginPage(), Html(500),
          Delay(2.6), SoapFault("java.lang.NullPointerException")]  # fmt: skip


@pytest.mark.parametrize("fault", LOSSES, ids=repr)
def test_a_creation_whose_answer_was_lost_after_it_was_done_is_found_and_not_made_again(
    x3: X3, sage: SoapConnector, fault: Any
) -> None:
    tally("faults injected")
    x3.fail(fault, "save", applied=True)
    write = creation()
    (outcome,) = sage.write(VIEW, [write])
    assert isinstance(outcome, Done), outcome
    (again,) = sage.write(VIEW, [replace(write, again=True)])
    assert isinstance(again, Done)
    assert again.record.id == outcome.record.id
    assert x3.person.list("BPC") == ["C00001", outcome.record.id]
    assert sage.find(VIEW, [write.ref])[write.ref].id == outcome.record.id


@pytest.mark.parametrize("fault", [Gateway(504), Cut(), Half(), LoginPage()], ids=repr)
def test_a_creation_that_was_lost_before_it_was_done_is_in_doubt_and_then_made_once(
    x3: X3, fault: Any
) -> None:
    tally("faults injected")
    sage = connector(x3, doubt_seconds=0)
    x3.fail(fault, "save")
    write = creation()
    (outcome,) = sage.write(VIEW, [write])
    assert isinstance(outcome, Unknown), outcome
    (again,) = sage.write(VIEW, [replace(write, again=True)])
    assert isinstance(again, Done)
    assert len(x3.person.list("BPC")) == 2
    sage.close()


def test_while_x3_may_be_at_it_still_nothing_is_made_a_second_time(x3: X3) -> None:
    sage = connector(x3, doubt_seconds=600)
    x3.fail(Gateway(504), "save")
    write = creation()
    assert isinstance(sage.write(VIEW, [write])[0], Unknown)
    (waiting,) = sage.write(VIEW, [replace(write, again=True)])
    assert isinstance(waiting, Unknown)
    assert "may still be at work" in waiting.reason
    assert x3.calls["BPC", "save"] == 1
    sage.close()


@pytest.mark.parametrize("fault", LOSSES, ids=repr)
def test_a_change_whose_answer_was_lost_after_it_was_done_is_seen_to_be_done(
    x3: X3, sage: SoapConnector, fault: Any
) -> None:
    tally("faults injected")
    x3.fail(fault, "modify", applied=True)
    (outcome,) = sage.write(VIEW, [change(martin(sage), CTY="Rennes")])
    assert isinstance(outcome, Done), outcome
    assert outcome.record.values["CTY"] == "Rennes"


def test_a_change_that_was_lost_before_it_was_done_is_in_doubt(x3: X3, sage: SoapConnector) -> None:
    x3.fail(Gateway(504), "modify")
    (outcome,) = sage.write(VIEW, [change(martin(sage), CTY="Rennes")])
    assert isinstance(outcome, Unknown)
    assert "504 Gateway Time-out" in outcome.reason


@pytest.mark.parametrize(
    "fault",
    [Gateway(503), Cut(), Half(), Broken(), LoginPage(), Html(500), NoServices(), SoapFault("Axis says no")],
    ids=repr,
)
def test_what_only_looks_is_asked_again_after_a_fault(x3: X3, sage: SoapConnector, fault: Any) -> None:
    tally("faults injected")
    x3.fail(fault, "read", times=2)
    assert martin(sage).values["CTY"] == "Brest"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Gateway(504), "504 Gateway Time-out"),
        (LoginPage(), "«Sage X3»"),
        (Half(), "not whole"),
        (Cut(), "broke off"),
        (Broken(), "broke off"),
        (NoServices(), "No Web services accepted"),
        (Html(500, '{"$diagnoses":[{"$message":"Kaputt"}]}'), "Kaputt"),
        (SoapFault("Axis says no"), "Axis says no"),
        (Delay(3), "too slow"),
    ],
    ids=repr,
)
def test_a_fault_that_stays_is_told_in_its_own_words(
    x3: X3, sage: SoapConnector, fault: Any, said: str
) -> None:
    tally("faults injected")
    x3.fail(fault, "read", times=None, applied=True)
    with pytest.raises(Unreachable, match=said):
        sage.read(VIEW, ["C00001"])


def test_where_nothing_was_begun_nothing_was_written_and_all_of_it_is_told(
    x3: X3, sage: SoapConnector
) -> None:
    write = creation()
    x3.fail(NoServices(), times=None)
    with pytest.raises(Unreachable, match="No Web services accepted"):
        sage.write(VIEW, [write])
    x3.heal()
    assert x3.writes["BPC", "save"] == 0


def test_a_server_that_is_not_there_is_unreachable(x3: X3) -> None:
    sage = connector(x3, url="http://127.0.0.1:9", connect_timeout=1)
    for act in (lambda: sage.read(VIEW, ["C00001"]), lambda: sage.write(VIEW, [creation()])):
        with pytest.raises(Unreachable, match="no answer from"):
            act()
    (finding,) = [one for one in sage.check([VIEW]) if one.level == "error"]
    assert "no answer from" in finding.what


def test_a_wrong_password_is_tried_once_and_told(x3: X3) -> None:
    sage = connector(x3, password="wrong")
    for _ in range(3):
        with pytest.raises(Denied, match="refuses the login") as refused:
            sage.read(VIEW, ["C00001", "C00002", "C00003", "C00004"])
        assert refused.value.locks
    assert sage.client.requests_sent == 1
    assert any("refuses the login" in one.what for one in sage.check([VIEW]) if one.level == "error")
    sage.close()


def test_a_bearer_token_is_shown_and_a_wrong_one_refused() -> None:
    with serve(**OPTIONS, token="right") as x3:
        with_token = {"user": None, "password": None}
        assert connector(x3, **with_token, token="right").ids(VIEW) == set()
        with pytest.raises(Denied, match="refuses the login"):
            connector(x3, **with_token, token="wrong").ids(VIEW)


def test_version_6_shows_who_it_is_in_each_request_and_a_wrong_password_is_told() -> None:
    with serve(**OPTIONS, version=6) as x3:
        assert connector(x3).ids(VIEW) == set()
        with pytest.raises(Denied, match=r"Incorrect user code|mot de passe incorrect"):
            connector(x3, password="wrong").ids(VIEW)


def test_a_pool_that_is_none_is_told_with_what_to_do(x3: X3) -> None:
    sage = connector(x3, pool="NOPOOL")
    with pytest.raises(Misconfigured, match="Pool not found") as wrong:
        sage.ids(VIEW)
    assert "Classic SOAP pools" in str(wrong.value)
    (finding,) = [one for one in sage.check([VIEW]) if one.level == "error"]
    assert "NOPOOL" in finding.what


@pytest.mark.parametrize(("language", "said"), [("FRA", "inexistant"), ("ENG", "Unknown web service")])
def test_a_publication_that_is_none_is_told_in_x3_s_words(x3: X3, language: str, said: str) -> None:
    sage = connector(x3, language=language, publications={"BPC": "YNONE"})
    with pytest.raises(Misconfigured, match=said):
        sage.ids(VIEW)
    assert any("YNONE" in one.what for one in sage.check([VIEW]) if one.level == "error")


def test_a_service_that_moved_is_told_with_where_it_was_looked_for(x3: X3, sage: SoapConnector) -> None:
    x3.moved.update({"call", "wsdl"})
    with pytest.raises(Misconfigured, match=r"no X3 web service at .*CAdxWebServiceXmlCC"):
        sage.ids(VIEW)
    levels = {one.level: one for one in sage.check([VIEW])}
    assert "has the server moved" in levels["error"].todo


def test_a_wsdl_that_moved_stops_nothing(x3: X3, sage: SoapConnector) -> None:
    x3.moved.add("wsdl")
    assert sage.ids(VIEW) == {"C00001"}
    findings = sage.check([VIEW])
    assert not [one for one in findings if one.level == "error"]
    assert any("the hub has its own" in one.todo for one in findings)


# -- what X3 itself says -----------------------------------------------------------------------------------


def test_a_refusal_tells_x3_s_words_and_the_field_they_quote(x3: X3, sage: SoapConnector) -> None:
    (outcome,) = sage.write(customers(NativeField("VACBPR")), [creation(VACBPR="XYZ")])
    assert isinstance(outcome, Refused)
    assert outcome.reason == "Régime taxe : XYZ Fiche inexistante"
    assert outcome.field == "VACBPR"
    assert "correct" in outcome.todo


def test_every_message_of_a_refusal_is_told(
    x3: X3, sage: SoapConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refusal("Encours dépassé", "CTY : Champ obligatoire")

    monkeypatch.setattr(x3._operations, "_save", refuse)
    (outcome,) = sage.write(VIEW, [creation()])
    assert isinstance(outcome, Refused)
    assert outcome.reason == "Encours dépassé; CTY : Champ obligatoire"
    assert outcome.field == "CTY"


def test_a_record_somebody_has_open_waits_alone_and_comes_back(x3: X3, sage: SoapConnector) -> None:
    write = change(martin(sage), CTY="Rennes")
    with x3.person.lock("BPC", "C00001"):
        locked, made = sage.write(VIEW, [write, creation()])
    assert isinstance(locked, Unknown)
    assert "Fiche en cours de modification" in locked.reason
    assert isinstance(made, Done)
    (after,) = sage.write(VIEW, [replace(write, again=True)])
    assert isinstance(after, Done)
    assert x3.person.see("BPC", "C00001").grids["BPAC_1"][0]["CTY"] == "Rennes"


def test_what_x3_says_beside_a_success_is_told_to_people(x3: X3, sage: SoapConnector) -> None:
    with structlog.testing.capture_logs() as said:
        sage.write(VIEW, [creation()])
    told = [entry for entry in said if entry["event"] == "sage x3 said"]
    assert [(one["log_level"], one["kind"], one["publication"]) for one in told] == [
        ("info", "information", "BPC")
    ]
    assert "Fiche créée" in told[0]["words"]


def test_a_text_that_is_too_long_is_refused_before_it_is_sent(x3: X3, sage: SoapConnector) -> None:
    (outcome,) = sage.write(VIEW, [creation(BPRNAM="é" * 90)])
    assert isinstance(outcome, Refused)
    assert (outcome.field, "90 characters, and X3 keeps 35" in outcome.reason) == ("BPRNAM", True)
    assert x3.calls["BPC", "save"] == 0


def test_one_bad_record_costs_only_itself_in_a_pull(
    x3: X3, sage: SoapConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    x3.person.add("BPC", {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": ["Le Goff", ""]},
                  [{"CODADR": "001", "BPACRY": "FR", "BPAADDFLG": "2", "CTY": "Quimper"}])  # fmt: skip
    reads = x3._operations._read

    def read(request: Any, *rest: Any) -> Any:
        if ("BPCNUM", "C00001") in request.keys:
            raise Refusal("Interdit")
        return reads(request, *rest)

    monkeypatch.setattr(x3._operations, "_read", read)
    (page,) = sage.pull(VIEW, None, lambda ids: {})
    records = {record.id: record for record in page.records}
    assert records["C00001"].unreadable["CTY"] == "Interdit"
    assert records["C00001"].version is None
    assert records["C00002"].values["CTY"] == "Quimper"


# -- how many, and what is looked at before ----------------------------------------------------------------


def test_there_are_never_more_calls_at_once_than_allowed_nor_two_for_one_record(x3: X3) -> None:
    people = SiteHarness(x3)
    ids = people.add([{"name": f"Société {n}", "phone": None, "city": "Évry"} for n in range(12)])
    workers = [connector(x3, at_once=2) for _ in range(3)]
    x3.before.append(lambda call: Delay(0.01))

    def work(sage: SoapConnector) -> None:
        for _ in range(2):
            records = sage.read(VIEW, ids)
            sage.write(VIEW, [change(record, CTY=f"Ville {id(sage) % 97}") for record in records])

    threads = [threading.Thread(target=work, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x3.pool.most == 2
    assert x3.pool.overlaps == []
    for one in workers:
        one.close()


def test_nothing_is_made_where_no_reference_would_find_it_again(x3: X3, sage: SoapConnector) -> None:
    for view in (
        customers(reference=None),
        customers(reference="NAF"),
        customers(reference="YHUBREFF"),
        customers(reference="CODADR.1"),
    ):
        with pytest.raises(Misconfigured):
            sage.write(view, [creation()])
    assert x3.calls["BPC", "save"] == 0


@pytest.mark.parametrize("unlisted", ["ignored", "refused"])
def test_in_an_empty_list_a_reference_that_it_does_not_show_stops_the_second_try(unlisted: Any) -> None:
    with serve(unlisted=unlisted) as x3:
        sage = connector(x3, doubt_seconds=0)
        view = customers(reference="BPRLOG", changed_by=None)
        x3.fail(Gateway(504), "save", applied=True)
        write = creation()
        try:
            (outcome,) = sage.write(view, [write])
            assert isinstance(outcome, Unknown)
        except Unreachable:
            assert unlisted == "refused"
        with pytest.raises((Misconfigured, Unreachable)):
            sage.write(view, [replace(write, again=True)])
        assert x3.calls["BPC", "save"] <= 1
        sage.close()


def test_a_mapped_reference_finds_what_was_made(x3: X3, sage: SoapConnector) -> None:
    siret = NativeField("CRN")
    view = customers(siret, reference="CRN")
    write = creation(CRN="73282932000074")
    x3.fail(Gateway(504), "save", applied=True)
    (outcome,) = sage.write(view, [write])
    assert isinstance(outcome, Done)
    (again,) = sage.write(view, [replace(write, again=True)])
    assert isinstance(again, Done)
    (other,) = sage.write(view, [replace(write, ref=new_ref(), values={**write.values, "CTY": "Nice"})])
    assert isinstance(other, Refused)
    assert outcome.record.id in other.reason
    (empty,) = sage.write(view, [creation(CRN=None)])
    assert isinstance(empty, Refused)
    assert empty.field == "CRN"
    assert len(x3.person.list("BPC")) == 2


def test_the_key_itself_may_be_the_reference(x3: X3, sage: SoapConnector) -> None:
    view = customers(reference="BPCNUM")
    write = creation()
    x3.fail(Gateway(504), "save", applied=True)
    (outcome,) = sage.write(view, [write])
    assert isinstance(outcome, Done)
    assert len(outcome.record.id) == 15
    assert outcome.record.id in sage.ids(view)
    assert sage.find(view, [write.ref])[write.ref].id == outcome.record.id


def test_a_view_of_what_is_not_there_is_told_with_near_misses(x3: X3, sage: SoapConnector) -> None:
    view = View("customer", "BPC", (NativeField("BPRNAN"), NativeField("CTY")), key=("BPCNUM",))
    with pytest.raises(Misconfigured) as wrong:
        sage.ids(view)
    assert "did you mean BPRNAM" in str(wrong.value)
    assert "say which line" in str(wrong.value)
