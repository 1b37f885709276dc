"""What the sandbox X3 takes in: PARAM and JSON, keys in any wrapping; and how it refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.x3 import X3, serve
from tests.sandbox.x3_caller import DUPONT, Caller, keys, xml
from tests.tally import tally

KEYS = {
    "item": "<objectKeys><item><key>BPCNUM</key><value>C1</value></item></objectKeys>",
    "keys": "<objectKeys><keys><key>BPCNUM</key><value>C1</value></keys></objectKeys>",
    "CAdxParamKeyValue": "<objectKeys><CAdxParamKeyValue><key>BPCNUM</key><value>C1</value>"
    "</CAdxParamKeyValue></objectKeys>",
    "ArrayOfCAdxParamKeyValue": "<objectKeys><ArrayOfCAdxParamKeyValue><key>BPCNUM</key><value>C1</value>"
    "</ArrayOfCAdxParamKeyValue></objectKeys>",
    "bare": "<objectKeys><key>BPCNUM</key><value>C1</value></objectKeys>",
    "typed": '<objectKeys xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"'
    ' xsi:type="wss:ArrayOfCAdxParamKeyValue" soapenc:arrayType="wss:CAdxParamKeyValue[1]">'
    '<item xsi:type="wss:CAdxParamKeyValue"><key xsi:type="xsd:string" xmlns:xsd="x">BPCNUM</key>'
    '<value xsi:type="xsd:string" xmlns:xsd="x">C1</value></item></objectKeys>',
    "namespaced": "<wss:objectKeys><wss:item><wss:key>BPCNUM</wss:key><wss:value>C1</wss:value></wss:item>"
    "</wss:objectKeys>",
    "capitals": "<objectKeys><Item><Key>BPCNUM</Key><Value>C1</Value></Item></objectKeys>",
    "ordinal": "<objectKeys><item><key>1</key><value>C1</value></item></objectKeys>",
    "lower case": "<objectKeys><item><key>BPCNUM</key><value>c1</value></item></objectKeys>",
}


@pytest.fixture
def x3() -> Iterator[X3]:
    with serve(custom={"BPC": {"YHUBREF": 60}}) as running:
        running.person.add("BPC", {"BCGCOD": "FR", "BPCNUM": "C1", "BPRNAM": "VIF", "CRY": "FR"})
        yield running


@pytest.fixture
def call(x3: X3) -> Caller:
    return Caller(x3)


@pytest.mark.parametrize("form", KEYS)
def test_keys_are_understood_in_any_wrapping(call: Caller, form: str) -> None:
    assert call("read", "BPC", KEYS[form]).field("BPCNUM") == "C1"


def test_keys_behind_a_reference_are_understood_too(call: Caller) -> None:
    body = call.envelope("read", "BPC", '<objectKeys><item href="#k0"/></objectKeys>')
    apart = '<multiRef id="k0"><key>BPCNUM</key><value>C1</value></multiRef></soapenv:Body>'
    assert call.post(body.replace("</soapenv:Body>", apart)).field("BPCNUM") == "C1"


REFUSED = {
    "a field that there is not": (
        '<PARAM><FLD NAME="XYZ">1</FLD></PARAM>',
        "Cannot add field [XYZ] under root node. Field [XYZ] not found into X3 description.",
    ),
    "a field of a grid under the root": (
        '<PARAM><FLD NAME="CODADR">1</FLD></PARAM>',
        "Cannot add field [CODADR] under root node. Field [CODADR] not found into X3 description.",
    ),
    "a group without an id": (
        '<PARAM><GRP><FLD NAME="BCGCOD">FR</FLD></GRP></PARAM>',
        "No attribute ID found into GRP tag.",
    ),
    "a grid sent as a group": (
        '<PARAM><GRP ID="BPAC_1"><FLD NAME="CODADR">001</FLD></GRP></PARAM>',
        "Group [BPAC_1] has a dimension greater than 1. You have to use TAB Xml tag.",
    ),
    "a group that there is not": (
        '<PARAM><GRP ID="BPC9_9"/></PARAM>',
        "Cannot add group [BPC9_9] under root node. Group [BPC9_9] not found into X3 description.",
    ),
    "a field in a group it is not in": (
        '<PARAM><GRP ID="BPC0_1"><FLD NAME="CRY">FR</FLD></GRP></PARAM>',
        "Cannot add field [CRY] under group [BPC0_1]. Field [CRY] not found into X3 description.",
    ),
    "more items than an array has": (
        '<PARAM><LST NAME="BPRNAM"><ITM>a</ITM><ITM>b</ITM><ITM>c</ITM></LST></PARAM>',
        "Field [BPRNAM] has a dimension of 2, 3 items given.",
    ),
    "no XML": ("<PARAM>", "Error parsing XML stream: "),
    "no JSON": ("{", "Error parsing JSON stream: "),
    "a name of 36 characters": (
        DUPONT.replace("DUPONT SARL", "X" * 36),
        "Raison sociale : Longueur maximale 35 dépassée (36 caractères)",
    ),
    "a country that there is not": (
        DUPONT.replace('"CRY">FR', '"CRY">XX'),
        "Pays : XX Fiche inexistante",
    ),
    "no category": (
        DUPONT.replace('<FLD NAME="BCGCOD">FR</FLD>', '<FLD NAME="BCGCOD"/>'),
        "Catégorie : Champ obligatoire",
    ),
    "an address without a country": (
        DUPONT.replace('<FLD NAME="BPACRY">FR</FLD>', ""),
        "Ligne 1 : Pays : Champ obligatoire",
    ),
    "a menu line that there is not": (
        DUPONT.replace("</PARAM>", '<FLD NAME="BPCSTA">3</FLD></PARAM>'),
        "Actif : Valeur 3 incorrecte (1 à 2)",
    ),
    "a number that is none": (
        DUPONT.replace("</PARAM>", '<FLD NAME="WOSTAUZ">1e3</FLD></PARAM>'),
        "Encours autorisé : Valeur numérique incorrecte (1e3)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_wrong_in_a_document_is_refused_in_words_and_nothing_is_kept(
    x3: X3, call: Caller, what: str
) -> None:
    param, words = REFUSED[what]
    told = call.save("BPC", param)
    assert (told.code, told.status, told.result) == (200, "0", None)
    assert any(text.startswith(words) for text in told.said), told.said
    assert {type for type, _ in told.messages} == {"3"}
    assert x3.person.list("BPC") == ["C1"]
    assert not x3.writes
    tally("bad inputs tried")


def test_english_callers_are_told_in_english(x3: X3) -> None:
    told = Caller(x3, "ENG").save("BPC", DUPONT.replace('"CRY">FR', '"CRY">XX'))
    assert told.said == ["Pays: XX Record does not exist"]


def test_what_was_read_can_be_saved_again_as_it_came(x3: X3, call: Caller) -> None:
    told = call.read("BPC", "C1")
    assert told.result is not None
    param = told.result.partition("?>")[2].replace("RESULT>", "PARAM>").replace(">C1<", "><")
    again = call.save("BPC", param)
    assert again.status == "1", again.said
    assert again.field("BPCNUM") == "C00001"
    assert again.field("BPCNAM") == "VIF"


def test_a_save_under_a_key_that_exists_is_refused_unless_the_site_replaces(x3: X3, call: Caller) -> None:
    param = DUPONT.replace('"BPCNUM"/>', '"BPCNUM">C1</FLD>')
    assert call.save("BPC", param).said == ["Client C1 : Fiche existante"]
    with serve(upserts=True) as other:
        caller = Caller(other)
        assert caller.save("BPC", param).status == caller.save("BPC", param).status == "1"
        assert other.person.list("BPC") == ["C1"]


def test_fields_may_stand_right_under_the_root_where_their_name_is_the_only_one(call: Caller) -> None:
    told = call.modify("BPC", "C1", '<PARAM><FLD NAME="CRN">123</FLD><FLD NAME="YHUBREF">r</FLD></PARAM>')
    assert (told.field("CRN"), told.field("YHUBREF")) == ("123", "r")
    assert told.messages == []


def test_a_change_leaves_alone_what_it_does_not_name(x3: X3, call: Caller) -> None:
    lines = '<LIN><FLD NAME="CODADR">A</FLD><FLD NAME="BPACRY">FR</FLD><FLD NAME="CTY">GAP</FLD></LIN>'
    two = lines + lines.replace(">A<", ">B<")
    assert call.modify("BPC", "C1", f'<PARAM><TAB ID="BPAC_1">{two}</TAB></PARAM>').status == "1"
    told = call.modify(
        "BPC", "C1", '<PARAM><TAB ID="BPAC_1"><LIN NUM="2"><FLD NAME="CTY">VIF</FLD></LIN></TAB></PARAM>'
    )
    assert told.column("CTY")[:2] == ["GAP", "VIF"]
    assert told.column("CODADR") == ["A", "B"]
    cut = call.modify("BPC", "C1", '<PARAM><TAB ID="BPAC_1" SIZE="1"/></PARAM>')
    assert cut.column("CODADR") == ["A"]
    beyond = '<PARAM><TAB ID="BPAC_1"><LIN NUM="5"><FLD NAME="CTY">VIF</FLD></LIN></TAB></PARAM>'
    assert call.modify("BPC", "C1", beyond).said == ["Ligne 5 inexistante"]


def test_lines_are_put_in_and_taken_out_by_their_numbers(x3: X3, call: Caller) -> None:
    def insert(at: str, code: str) -> list[str]:
        line = f'<PARAM><FLD NAME="CODADR">{code}</FLD><FLD NAME="BPACRY">FR</FLD></PARAM>'
        inner = (
            f"{keys(('BPCNUM', 'C1'))}<blocKey>BPAC_1</blocKey><lineKey>{at}</lineKey>{xml('lineXml', line)}"
        )
        return call("insertLines", "BPC", inner).column("CODADR")

    assert insert("", "A") == ["A"]
    assert insert("1", "C") == ["A", "C"]
    assert insert("1", "B") == ["A", "B", "C"]
    gone = f"{keys(('1', 'C1'))}<blocKey>BPAC_1</blocKey><lineKeys><item>1</item><item>3</item></lineKeys>"
    assert call("deleteLines", "BPC", gone).column("CODADR") == ["B"]
    assert call("deleteLines", "BPC", gone).said == ["Ligne 3 inexistante"]


def test_json_goes_both_ways(x3: X3, call: Caller) -> None:
    given = {
        "BPC0_1": {"BCGCOD": "FR", "BPCSTA": 2},
        "BPRC_1": {"BPRNAM": ["DUPONT", "ET FILS"], "CRY": "FR", "CRN": None},
        "BPAC_1": [{"CODADR": "001", "BPACRY": "FR"}],
    }
    told = call.save("BPC", json.dumps(given), config="adxwss.optreturn=JSON&adxwss.beautify=true")
    shown = json.loads(told.result or "")
    assert shown["BPC0_1"]["BPCSTA"] == 2
    assert shown["BPRC_1"]["BPRNAM"] == ["DUPONT", "ET FILS"]
    assert shown["BPAC_1"][0]["CRYNAM"] == "FRANCE"
    assert shown["ADXTEC"]["WW_MODUSER"] == "WSUSR"
    assert call.save("BPC", told.result or "").said == ["Client C00001 : Fiche existante"]
    listed = json.loads(call.query("BPC", 9, config="adxwss.optreturn=JSON").result or "")
    assert [row["BPCNUM"] for row in listed] == ["C00001", "C1"]
    assert listed[0]["BPCNAM"] == "DUPONT"


def test_the_description_tells_names_types_lengths_and_dimensions(call: Caller) -> None:
    told = call("getDescription", "BPC")
    assert told.result is not None
    assert told.result.startswith(
        '<?xml version="1.0" encoding="UTF-8"?><ADXDESC><GRP DIM="1" NAM="BPC0_1">'
        '<FLD DIM="1" LEN="5" NAM="BCGCOD" TYP="Char"/>'
    )
    assert '<GRP DIM="30" NAM="BPAC_1"><FLD DIM="1" LEN="5" NAM="CODADR" TYP="Char"/>' in told.result
    assert '<FLD DIM="2" LEN="35" NAM="BPRNAM" TYP="Char"/>' in told.result
    assert '<FLD DIM="1" LEN="60" NAM="YHUBREF" TYP="Char"/></GRP>' in told.result
    assert call("getDataXmlSchema", "BPC").result == told.result


def test_another_entry_transaction_has_other_block_ids_and_knows_no_others() -> None:
    with serve(groups={"BPC3_2": "BPC3_4", "BPAC_1": "BPAC_2"}) as x3:
        call = Caller(x3)
        assert 'NAM="BPC3_4"' in (call("getDescription", "BPC").result or "")
        refused = call.save("BPC", DUPONT)
        assert refused.said[0].startswith("Cannot add group [BPAC_1] under root node.")
        taken = call.save("BPC", DUPONT.replace("BPAC_1", "BPAC_2"))
        assert '<TAB DIM="30" ID="BPAC_2" SIZE="1">' in taken.text
        assert taken.column("CRYNAM")[0] == "FRANCE"


def test_a_publication_has_the_name_the_site_gave_it() -> None:
    with serve(publications={"BPC": "YWSBPC"}) as x3:
        call = Caller(x3)
        assert call.save("YWSBPC", DUPONT).status == "1"
        assert call.save("BPC", DUPONT).said == ["Service web inexistant"]
        assert x3.calls["BPC", "save"] == x3.writes["BPC", "save"] == 1
        assert x3.calls[None, "save"] == 1
