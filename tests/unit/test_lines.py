"""The lines of a document: read whole or not at all, balanced to the cent, written as they were read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lenses import LensError, check_lens, make_lens
from hub.mapping import MappingError, load_mappings
from hub.ports import NativeField
from hub.values import BadOption, Lines, Unreadable, Unwritable, make_type

ENTRIES = Lines(
    {"account": make_type("text"), "label": make_type("text"), "debit": make_type("money"),
     "credit": make_type("money")},
    required=["account"],
    balance=["debit", "credit"],
)  # fmt: skip
SPEC: dict[str, Any] = {
    "field": "line_ids",
    "columns": {
        "account": {"field": "code", "map": {"411100": "C411", "707100": "P707"}},
        "label": {"field": "name", "max": 10},
        "debit": {"field": "debit"},
        "credit": {"field": "credit"},
    },
}


def entry(code: str, debit: float, credit: float, name: str = "") -> dict[str, Any]:
    return {"code": code, "name": name, "debit": debit, "credit": credit}


def test_lines_keep_their_order_and_what_is_equal_in_them() -> None:
    lens = make_lens("entries", ENTRIES, SPEC, "odoo")
    twice = [entry("707100", 0.0, 10.0), entry("411100", 20.0, 0.0), entry("707100", 0.0, 10.0)]
    found = lens.get({"line_ids": twice})
    assert isinstance(found, list)
    assert [line["account"] for line in found] == ["P707", "C411", "P707"]
    assert found[1] == {"account": "C411", "label": None, "debit": "20.00", "credit": "0.00"}


def test_the_connector_is_told_of_the_columns() -> None:
    (native,) = make_lens("entries", ENTRIES, SPEC | {"where": [["x", "=", 1]]}, "odoo").native_fields()
    assert (native.name, native.type, native.options) == ("line_ids", "lines", {"where": [["x", "=", 1]]})
    assert native.columns == (
        NativeField("code"),
        NativeField("name"),
        NativeField("debit", "money"),
        NativeField("credit", "money"),
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            [entry("411100", 1.0, 0.0), entry("607000", 0.0, 1.0)],
            "line 2: account: '607000' is not in the value",
        ),
        ([entry("411100", 1.0, 0.0), entry("", 0.0, 1.0)], "line 2: account is empty"),
        ([entry("411100", 1.0, 0.0)], "do not balance: debit 1.00, credit 0.00, difference 1.00"),
        ([{"code": "411100", "debit": 0.0, "credit": 0.0}], "line 1: label: name was not read in odoo"),
        ("12", "'12' stands where lines are expected"),
        (["12"], "line 1: '12' is no line"),
    ],
)
def test_one_line_that_has_no_reading_makes_all_of_them_unreadable(lines: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        make_lens("entries", ENTRIES, SPEC, "odoo").get({"line_ids": lines})


def test_no_lines_are_nothing() -> None:
    lens = make_lens("entries", ENTRIES, SPEC, "odoo")
    assert lens.get({"line_ids": []}) is None
    assert lens.get({"line_ids": None}) is None
    assert lens.put(None, {}) == {"line_ids": None}


def test_a_line_that_cannot_be_written_is_named() -> None:
    line = {"account": "X", "label": None, "debit": "1.00", "credit": "1.00"}
    with pytest.raises(Unwritable, match="line 2: account 'X' has no native value"):
        make_lens("entries", ENTRIES, SPEC, "odoo").put([{**line, "account": "C411"}, line], {})


CENTS = st.integers(-(10**9), 10**9).map(lambda cents: float(Decimal(cents) / 100))
CODES = st.sampled_from(["411100", "707100"])


@given(st.lists(st.tuples(CODES, CENTS, st.text(max_size=20))))
def test_what_was_read_is_left_alone_and_what_is_written_reads_the_same(
    rows: list[tuple[str, float, str]],
) -> None:
    lines = [entry(code, amount, amount, name) for code, amount, name in rows]
    lens = make_lens(
        "entries", ENTRIES, SPEC | {"columns": {**SPEC["columns"], "label": {"field": "name"}}}, "s"
    )
    report = check_lens(lens, [{"line_ids": lines}, {"line_ids": lines[:1]}])
    assert not report.violations
    assert not report.unreadable


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"field": "lines"}, "need `field` and `columns`"),
        (SPEC | {"max": 3}, "`max` belongs to a column"),
        (SPEC | {"columns": {"amount": {"field": "x"}}}, "'amount' is not a column; there is account"),
        (SPEC | {"columns": {"label": {"field": "x"}}}, "no line would have account"),
        (SPEC | {"columns": {"account": {"field": "x", "format": "y"}}}, "type text has no format"),
        (SPEC | {"direction": "fill"}, "lines are written whole"),
        (
            SPEC | {"columns": {"account": {"field": "x"}, "label": {"field": "x"}}},
            "'x' is written by both account and label",
        ),
    ],
)  # fmt: skip
def test_a_lens_of_lines_that_cannot_be_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(LensError, match=said):
        make_lens("entries", ENTRIES, spec, "odoo")


@pytest.mark.parametrize(
    ("columns", "balance", "said"),
    [
        ({}, [], "needs `columns`"),
        ({"a": make_type("ref", entity="customer")}, [], "column a cannot be of type ref"),
        ({"a": make_type("money")}, ["a", "b"], "names 'b', which is no column of type money"),
        ({"a": make_type("money"), "b": make_type("text")}, ["a", "b"], "names 'b'"),
        ({"a": make_type("money")}, ["a", "a"], "names two columns"),
    ],
)
def test_lines_that_cannot_be_are_refused(columns: dict[str, Any], balance: list[str], said: str) -> None:
    with pytest.raises(BadOption, match=said):
        Lines(columns, balance=balance)


def test_lines_are_shown_on_one_line() -> None:
    value = [{"account": "C411", "label": "Visite", "debit": "1200.00", "credit": None}]
    assert ENTRIES.show(value, "en") == "C411 Visite 1,200.00"
    assert ENTRIES.key(value) is None


MAPPING = """
entity: invoice
tables:
  accounts: {411100: C411}
fields:
  number: {type: text, required: true}
  entries:
    type: lines
    columns: {account: {type: text, required: true}, debit: money, credit: money}
    balance: [debit, credit]
systems:
  odoo:
    object: move
    direction: pull
    fields:
      number: name
      entries:
        field: line_ids
        columns: {account: {field: code, map: accounts}, debit: debit, credit: credit}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("map: accounts", "map: account", r"m.yaml:19:\d+: .*there is no table 'account'.*accounts"),
        ("[debit, credit]", "[debit, account]", "names 'account', which is no column of type money"),
        ("{field: code,", "{field: code, mapp: x,", "unknown key `mapp`"),
        ("debit: money", "debit: {type: money, region: FR}", "type money does not take `region`"),
        ("type: lines\n", "type: lines\n    region: FR\n", "type lines does not take `region`"),
        ("type: lines\n", "type: text\n", "type text does not take `columns`"),
        ("{field: name, columns", "", ""),
    ],
)
def test_a_mistake_in_a_mapping_of_lines_has_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING.replace(old, new) if said else MAPPING, encoding="utf-8")
    if not said:
        assert load_mappings(tmp_path)["invoice"].fields["entries"].type.name == "lines"
        return
    with pytest.raises(MappingError, match=said):
        load_mappings(tmp_path)
