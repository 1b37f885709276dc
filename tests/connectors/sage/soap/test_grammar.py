"""X3's documents and values: read as it writes them, written as it takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from connectors.sage.soap.answers import Undecodable
from connectors.sage.soap.grammar import (
    Content,
    Described,
    not_in_xml,
    read_description,
    read_record,
    read_rows,
    write_param,
)
from connectors.sage.soap.values import Misfit, Misread, same, to_native, to_text

RECORD = (
    '<?xml version="1.0" encoding="UTF-8"?><RESULT><GRP ID="BPC0_1"><FLD NAME="BPCNUM" TYPE="Char">C1</FLD>'
    '<FLD MENULAB="Oui" MENULOCAL="1" NAME="BPCSTA" TYPE="Integer">2</FLD><FLD NAME="EMPTY" TYPE="Char"/>'
    '<LST NAME="BPRNAM" SIZE="2" TYPE="Char"><ITM>DUPONT &amp; Fils</ITM><ITM/></LST></GRP>'
    '<TAB DIM="30" ID="BPAC_1" SIZE="2"><LIN NUM="1"><FLD NAME="CTY" TYPE="Char">Évry</FLD></LIN>'
    '<LIN NUM="2"><FLD NAME="CTY" TYPE="Char">Lyon</FLD></LIN></TAB><FLD NAME="LOOSE">x</FLD>'
    '<GRP ID="ADXTEC"><FLD NAME="WW_MODSTAMP" TYPE="Char">20260131142501</FLD>'
    '<FLD NAME="WW_MODUSER" TYPE="Char">ADMIN</FLD></GRP></RESULT>'
)
SAME_IN_JSON = {
    "BPC0_1": {"BPCNUM": "C1", "BPCSTA": 2, "EMPTY": None, "BPRNAM": ["DUPONT & Fils", ""]},
    "BPAC_1": [{"CTY": "Évry"}, {"CTY": "Lyon"}],
    "LOOSE": "x",
    "ADXTEC": {"WW_MODSTAMP": "20260131142501", "WW_MODUSER": "ADMIN"},
}


@pytest.mark.parametrize("text", [RECORD, json.dumps(SAME_IN_JSON)], ids=["xml", "json"])
def test_a_record_is_the_same_in_both_forms(text: str) -> None:
    content = read_record(text)
    assert content.groups["BPC0_1"] == {
        "BPCNUM": "C1", "BPCSTA": "2", "EMPTY": "", "BPRNAM": ["DUPONT & Fils", ""]
    }  # fmt: skip
    assert content.grids == {"BPAC_1": [{"CTY": "Évry"}, {"CTY": "Lyon"}]}
    assert content.groups[""] == {"LOOSE": "x"}
    assert content.stamp == "20260131142501 ADMIN"


def test_a_record_may_be_spread_over_lines_for_the_eye() -> None:
    root = etree.fromstring(RECORD.encode())
    etree.indent(root)
    assert read_record(etree.tostring(root, encoding="unicode")) == read_record(RECORD)


def test_numbers_keep_every_digit_in_json() -> None:
    rows = read_rows('[{"A": 12345678901234567.10, "B": 3, "C": null, "D": true, "E": false}]')
    assert rows == [{"A": "12345678901234567.10", "B": "3", "C": "", "D": "2", "E": "1"}]


def test_the_lines_of_a_list_are_read_in_both_forms() -> None:
    xml = '<RESULT><LIN NUM="1"><FLD NAME="A" TYPE="Char">1</FLD><FLD NAME="B" TYPE="Char"/></LIN></RESULT>'
    assert read_rows(xml) == read_rows('[{"A": "1", "B": ""}]') == [{"A": "1", "B": ""}]
    assert read_rows("<RESULT/>") == read_rows("[]") == []


def test_a_description_tells_fields_once_with_lengths_lists_and_grids() -> None:
    text = (
        '<ADXDESC><ADXREAD><GRP NAM="BPC0_1" DIM="1"><FLD NAM="BPCNUM" TYP="Char" LEN="15"/>'
        '<FLD NAM="BPRNAM" TYP="Char" LEN="35" DIM="2"/><LST NAM="REP" TYP="Char" LEN="10" SIZE="3"/></GRP>'
        '<GRP NAM="BPAC_1" DIM="30"><FLD NAM="CTY" TYP="Char" LEN="40"/></GRP></ADXREAD>'
        '<ADXWRITE><GRP NAM="BPC0_1"><FLD NAM="BPCNUM"/></GRP></ADXWRITE></ADXDESC>'
    )
    assert read_description(text) == [
        Described("BPCNUM", "BPC0_1", "Char", 15, 1, 1),
        Described("BPRNAM", "BPC0_1", "Char", 35, 2, 1),
        Described("REP", "BPC0_1", "Char", 10, 3, 1),
        Described("CTY", "BPAC_1", "Char", 40, 1, 30),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"a": }', "<RESULT>", "no", "<!DOCTYPE a [<!ENTITY b 'c'>]><A>&b;</A>"],
)
def test_what_is_no_document_is_told_so(text: str) -> None:
    for read in (read_record, read_rows, read_description):
        with pytest.raises(Undecodable):
            read(text)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).filter(
    lambda text: not not_in_xml(text)
)
NAMES = st.text("ABCDEFGHIJ_0123456789", min_size=1, max_size=6).map(lambda text: f"F{text}")


@given(
    st.dictionaries(NAMES, st.dictionaries(NAMES, TEXTS | st.lists(TEXTS), min_size=1), max_size=3),
    st.dictionaries(NAMES, st.lists(st.dictionaries(NAMES, TEXTS), max_size=3), max_size=2),
)
def test_what_is_written_reads_back_the_same_and_renaming_its_root_is_all_it_takes(
    groups: dict[str, Any], grids: dict[str, Any]
) -> None:
    content = Content(groups, grids)
    assert read_record(write_param(content).replace("PARAM>", "RESULT>")) == content


# -- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "type", "kind", "native"),
    [
        ("20260131", "date", "Date", "2026-01-31"),
        ("20260131", "text", "Date", "2026-01-31"),
        ("00000000", "date", "Date", None),
        ("18000101", "date", "Date", None),
        ("2026-01-31T10:00:00Z", "date", "Date", "2026-01-31"),
        ("", "date", "Date", None),
        ("12.50", "money", "Decimal", 12.5),
        ("-0.0", "money", "Decimal", 0),
        ("100", "number", "Decimal", 100),
        ("12345678901234567.89", "money", "Decimal", "12345678901234567.89"),
        ("3", "integer", "Integer", 3),
        ("2", "boolean", "Integer", True),
        ("1", "boolean", "Integer", False),
        ("0", "boolean", "Integer", None),
        ("2", "text", "Integer", "2"),
        ("2", "choice", "Integer", "2"),
        ("  ", "text", "Char", None),
        (" Dupont", "text", "Char", " Dupont"),
    ],
)
def test_a_text_of_x3_becomes_its_native_value(text: str, type: str, kind: str, native: Any) -> None:
    found = to_native(text, type, kind)
    assert found == native
    assert isinstance(found, bool) == isinstance(native, bool)


@pytest.mark.parametrize(
    ("text", "type", "kind"),
    [
        ("20260231", "date", "Date"),
        ("31/02/2026", "date", "Char"),
        ("1 250,00", "money", "Decimal"),
        ("NaN", "number", "Decimal"),
        ("oui", "boolean", "Integer"),
        ("3", "boolean", "Integer"),
    ],
)
def test_a_text_that_is_not_what_it_should_be_is_told_so(text: str, type: str, kind: str) -> None:
    with pytest.raises(Misread, match=text.replace("/", ".")):
        to_native(text, type, kind)


@pytest.mark.parametrize(
    ("native", "type", "kind", "text"),
    [
        (None, "text", "Char", ""),
        ("2026-01-31", "date", "Date", "20260131"),
        ("2026-01-31T10:00:00", "text", "Date", "20260131"),
        (True, "boolean", "Integer", "2"),
        (False, "boolean", "Integer", "1"),
        (12.5, "money", "Decimal", "12.5"),
        ("12.50", "money", "Decimal", "12.50"),
        (1e21, "number", "Decimal", "1000000000000000000000"),
        (0.1, "text", "Char", "0.1"),
        ("2", "text", "Integer", "2"),
        (35, "text", "Char", "35"),
    ],
)
def test_a_native_value_becomes_what_x3_takes(native: Any, type: str, kind: str, text: str) -> None:
    assert to_text(native, type, kind, 0) == text


@pytest.mark.parametrize(
    ("native", "type", "kind", "said"),
    [
        ("x" * 36, "text", "Char", "has 36 characters, and X3 keeps 35"),
        ("a\x0bb", "text", "Char", "no web service can carry"),
        ("1,5", "money", "Decimal", "no number"),
        ("Infinity", "money", "Decimal", "no number"),
        ("31/02/2026", "date", "Date", "no date"),
        (["a"], "list", "Char", "let the mapping join it"),
    ],
)
def test_what_x3_cannot_hold_is_never_cut(native: Any, type: str, kind: str, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        to_text(native, type, kind, 35)


def test_values_that_say_the_same_are_the_same() -> None:
    assert same(1, 1.0)
    assert same(None, "")
    assert same([{"a": 1, "b": None}], [{"a": 1.0}])
    assert not same(1, True)
    assert not same([{"a": 1}], [{"a": 1}, {"a": 2}])
    assert not same("Durand", "DURAND")
