"""The client: all twelve operations, settings, what leaves in a request, and what a site is described as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.registry import settings as settings_of
from connectors.sage.soap.client import Client
from connectors.sage.soap.description import count, describe, sample
from connectors.sage.soap.faults import Said
from connectors.sage.soap.grammar import Content, read_record, write_lines, write_param
from connectors.sage.soap.settings import Settings
from connectors.sage.soap.wsdl import Requests
from hub.ports import Misconfigured, NativeField
from hub.redaction import HIDDEN
from sandbox.x3 import X3, serve
from tests.connectors.sage.soap.site import OPTIONS, connector, customers, settings

KEY = [("BPCNUM", "C00001")]
GIVEN: dict[str, Any] = {"url": "https://x3.example.com:8124", "pool": "P", "user": "u", "password": "p"}


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(**OPTIONS) as running:
        running.person.add("BPC", {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": ["Mairie de Vif", ""]},
                           [{"CODADR": "001", "BPACRY": "FR", "CTY": "Vif"}])  # fmt: skip
        yield running


@pytest.fixture
def client(x3: X3) -> Iterator[Client]:
    found = Client("sage", settings(x3), wait=lambda seconds: None)
    yield found
    found.close()


def cities(client: Client) -> list[str]:
    return [line["CTY"] for line in read_record(client.read("BPC", KEY).result or "").grids["BPAC_1"]]


def test_a_record_is_made_read_changed_and_deleted(x3: X3, client: Client) -> None:
    head = {"BCGCOD": "FR", "BPCNUM": ""}
    content = Content(
        {"BPC0_1": {**head}, "BPRC_1": {"BPRNAM": ["Mairie", "de Vif"], "CRY": "FR"}},
        {"BPAC_1": [{"CODADR": "001", "BPACRY": "FR"}]},
    )
    made = read_record(client.save("BPC", write_param(content)).result or "")
    key = [("BPCNUM", str(made.field("BPC0_1", "BPCNUM")))]
    client.modify("BPC", key, write_param(Content({"": {"CRN": "21380545500012"}})))
    assert read_record(client.read("BPC", key).result or "").field("BPRC_1", "CRN") == "21380545500012"
    client.delete("BPC", key)
    with pytest.raises(Said, match="inexistante") as gone:
        client.read("BPC", key)
    assert gone.value.kind == "absent"


def test_what_was_read_can_be_saved_as_it_is(x3: X3, client: Client) -> None:
    text = (client.read("BPC", KEY).result or "").replace("RESULT>", "PARAM>").replace("C00001", "")
    made = read_record(client.save("BPC", text).result or "")
    assert made.field("BPC0_1", "BPCNUM") == "C00002"


def test_lines_are_put_in_and_taken_out(x3: X3, client: Client) -> None:
    line = {"CODADR": "002", "BPACRY": "FR", "CTY": "Lyon"}
    client.insert_lines("BPC", KEY, "BPAC_1", "1", write_lines("BPAC_1", [line]))
    assert sorted(cities(client)) == ["Lyon", "Vif"]
    client.delete_lines("BPC", KEY, "BPAC_1", ["1", "2"])
    assert cities(client) == []


def test_a_subprogram_is_run(x3: X3, client: Client) -> None:
    def echo(groups: Any) -> Any:
        return {"GRP1": {"O_STATUS": "0", "O_MESSAGE": groups["GRP1"]["I_FILE"].upper()}}

    x3.subprograms["YECHO"] = echo
    answer = client.run("YECHO", write_param(Content({"GRP1": {"I_FILE": "été"}})))
    assert read_record(answer.result or "").groups["GRP1"] == {"O_STATUS": "0", "O_MESSAGE": "ÉTÉ"}


def test_an_action_is_done_to_a_record_that_is_there_or_handed_over(x3: X3, client: Client) -> None:
    x3.person.add("ITM", {"ITMREF": "AUDIT", "TCLCOD": "SERV", "DES1AXX": "Audit"})
    numbers = [
        x3.person.add("SIH", {"SALFCY": "FR011", "SIVTYP": "FAC", "INVDAT": "20260115", "BPCINV": "C00001"},
                      [{"ITMREF": "AUDIT", "QTY": 1, "GROPRI": 100, "VACITM1": "NOR"}])
        for _ in range(2)
    ]  # fmt: skip
    client.action_on("SIH", "VALID", [("NUM", numbers[0])])
    client.action("SIH", "VALID", write_param(Content({"": {"NUM": numbers[1]}})))
    assert [x3.person.see("SIH", number).text("INVSTA") for number in numbers] == ["3", "3"]
    with pytest.raises(Said, match="Action NONE inexistante"):
        client.action_on("SIH", "NONE", [("NUM", numbers[0])])


def test_the_schema_of_a_publication_is_handed_over_as_it_is(client: Client) -> None:
    assert "BPCNUM" in (client.get_data_xml_schema("BPC").result or "")


def test_a_site_is_described_with_lengths_lists_and_grids(client: Client) -> None:
    description = describe(client, "BPC")
    (name,) = description.by_name["BPRNAM"]
    assert (name.group, name.type, name.length, name.dimension, name.grid) == ("BPRC_1", "Char", 35, 2, False)
    (city,) = description.by_name["CTY"]
    assert (city.group, city.length, city.dimension, city.grid) == ("BPAC_1", 40, 30, True)
    assert "CTY" in description.grids["BPAC_1"]
    (line,) = sample(client, "BPC", 5)
    assert line["BPCNUM"] == "C00001"
    assert count(client, "BPC", "BPCNUM") == 1


def test_flags_language_and_pool_leave_with_each_call(x3: X3) -> None:
    client = Client("sage", settings(x3, request_config="adxwss.trace.on=on&adxwss.trace.size=16384",
                                     result="json", language="ENG"))  # fmt: skip
    client.query("BPC", [("1", "*")], 5)
    context = x3.log[-1].request.context
    assert context["requestConfig"] == "adxwss.trace.on=on&adxwss.trace.size=16384&adxwss.optreturn=JSON"
    assert (context["codeLang"], context["poolAlias"]) == ("ENG", x3.pool.alias)
    describe(client, "BPC")
    assert "optreturn" not in x3.log[-1].request.context["requestConfig"]
    client.close()


def test_one_session_of_syracuse_is_used(x3: X3) -> None:
    sage = connector(x3)
    for _ in range(5):
        sage.read(customers(), ["C00001"])
    assert x3.sessions == 1


# -- requests ----------------------------------------------------------------------------------------------


def test_the_description_is_ours_and_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was to be downloaded")

    monkeypatch.setattr("requests.Session.send", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    for old in (False, True):
        requests = Requests(old, "http://127.0.0.1:9/service")
        context = {"codeLang": "FRA", "poolAlias": "P", "poolId": "", "requestConfig": ""}
        context |= {"codeUser": "u", "password": "<&>"} if old else {}
        body = requests.body("read", context, "BPC", requests.keys([("BPCNUM", "A&B")])).decode()
        assert "<publicName>BPC</publicName>" in body
        assert "<key>BPCNUM</key><value>A&amp;B</value>" in body
        assert ("<password>&lt;&amp;&gt;</password>" in body) is old


def test_an_address_of_the_description_s_own_is_refused() -> None:
    requests = Requests(False, "http://127.0.0.1:9/service")
    with pytest.raises(ValueError, match="is no file of the web service"):
        requests._client.transport.load("http://elsewhere.invalid/x.xsd")


# -- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "https://x3.example.com:8124/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"),
        ({"url": "http://h/", "version": 6}, "http://h/adxwsvc/services/CAdxWebServiceXmlCC"),
        ({"url": "https://h/x3/adxwsvc/services/CAdxWebServiceXmlCC?wsdl"},
         "https://h/x3/adxwsvc/services/CAdxWebServiceXmlCC"),
        ({"url": "https://h/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC?wsdl"},
         "https://h/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"),
    ],
)  # fmt: skip
def test_the_address_is_made_of_what_people_have(given: dict[str, Any], address: str) -> None:
    assert Settings.model_validate(GIVEN | given).address == address


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "x3.example.com"}, "must be an address"),
        ({"url": "https://u:p@x3.example.com"}, "must not hold a password"),
        ({"url": "https://x3.example.com/auth/login"}, "CAdxWebServiceXmlCC"),
        ({"url": "https://x3.example.com/?a=b"}, "must end after"),
        ({"password": None}, "needs `user` with `password`"),
        ({"token": "t"}, "not both"),
        ({"token": "t", "password": None, "version": 6}, "V7 and later"),
        ({"token": "t t", "password": None}, "holds a blank"),
        ({"language": "fr"}, "String should match"),
        ({"timezone": "Paris"}, "is no time zone"),
        ({"key_characters": "AB*"}, "without \\*"),
        ({"request_config": "adxwss.optreturn=JSON"}, "result: xml"),
        ({"at_once": 0}, "greater than or equal to 1"),
        ({"fodler": "SEED"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate(GIVEN | given)


def test_a_mistake_names_the_key() -> None:
    with pytest.raises(Misconfigured, match=r"systems\.sage\.pool"):
        settings_of("sage", "sage", {"kind": "sage", "transport": "soap", **GIVEN} | {"pool": ""})


def test_no_secret_is_shown() -> None:
    assert "s3cret" not in repr(Settings.model_validate(GIVEN | {"password": "s3cret"}))
    assert HIDDEN


# -- check -------------------------------------------------------------------------------------------------


def test_a_check_tells_what_is_wrong_with_each_field_and_option(x3: X3) -> None:
    view = customers(
        NativeField("BPRNAME"),
        NativeField("TEL2"),
        NativeField("POSCOD", options={"line": 99}),
        NativeField("BPRNAM.3"),
        NativeField("CRN", options={"lin": 1, "max": 40}),
    )
    findings = connector(x3).check([view])
    told = "\n".join(f"{one.level} {one.what}: {one.message}" for one in findings)
    assert "error customer: BPC: BPC has no field BPRNAME; did you mean BPRNAM" in told
    assert "TEL2 is a column of the grid BPAC_1" in told
    assert "POSCOD: line 99 is no number from 1 to 30" in told
    assert "BPRNAM.3: item 3 is no number from 1 to 2" in told
    assert "'lin' says nothing to X3; line was probably meant" in told


def test_a_check_warns_of_what_will_not_do(x3: X3) -> None:
    def told(**options: Any) -> str:
        view = customers(NativeField("CRN", options={"max": 40}), **options)
        return "\n".join(f"{one.level}: {one.message}" for one in connector(x3).check([view]))

    assert "warning: max is 40, and X3 keeps 20 characters" in told()
    assert "warning: the list does not tell what changed" in told(changed_by=None)
    assert "error: the list does not show UPDDAT" in told(changed_by="UPDDAT")
    assert "warning: nothing will be made here" in told(reference=None)
    assert "error: the list does not show the reference NAF" in told(reference="NAF")
    assert "error: LAN holds 3 characters" in told(reference="LAN")
    assert "warning: X3 numbers its records itself" in told(new_key="C{n:05}")
    assert "'refrence' says nothing to X3; reference was probably meant" in told(refrence="x")
