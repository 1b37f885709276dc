"""Odoo's values and the hub's, both ways, without an Odoo."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.odoo.layout import DAY, Column
from connectors.odoo.values import Unfit, cell, moment_on, plain_native, plain_odoo, same, took
from hub.ports import Native, NativeField


def column(kind: str, *choices: str) -> Column:
    return Column(NativeField("f"), "f", kind, selection=choices)


@pytest.mark.parametrize(
    "kind", ["char", "text", "html", "selection", "date", "datetime", "float", "integer"]
)
def test_false_is_empty_except_for_a_tick(kind: str) -> None:
    assert plain_native(column(kind), False) is None
    assert plain_odoo(column(kind), None) is False
    assert plain_native(column("boolean"), False) is False


def test_zero_is_not_empty() -> None:
    assert plain_native(column("float"), 0.0) == 0.0
    assert plain_odoo(column("integer"), 0) == 0
    assert not same(0, None)


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("monetary", "1234.50", 1234.5),
        ("integer", "3", 3),
        ("integer", 3.0, 3),
        ("boolean", "1", True),
        ("boolean", None, False),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "2026-01-31T23:00:00", "2026-01-31"),
        ("datetime", "2026-01-31T10:00:00+02:00", "2026-01-31 08:00:00"),
        ("datetime", "2026-01-31T10:00:00", "2026-01-31 10:00:00"),
        ("char", 12, "12"),
    ],
)
def test_a_value_is_written_as_its_field_holds_it(kind: str, value: Native, written: Any) -> None:
    assert plain_odoo(column(kind), value) == written


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "3.5"),
        ("integer", 2**31),
        ("integer", "many"),
        ("float", "1,5"),
        ("float", "nan"),
        ("date", "31/01/2026"),
        ("datetime", "yesterday"),
        ("boolean", "maybe"),
        ("selection", "c"),
        ("char", "a\x00b"),
        ("char", "\ud800"),
        ("char", ["a"]),
    ],
)
def test_a_value_a_field_cannot_hold_is_said_in_words(kind: str, value: Native) -> None:
    with pytest.raises(Unfit, match=r"holds|choices"):
        plain_odoo(column(kind, "a", "b"), value)


def test_an_import_cell_of_a_tick_a_list_and_nothing() -> None:
    assert [cell(True), cell(False), cell(None), cell([(6, 0, [3, 1])]), cell(0)] == ["1", "", "", "3,1", 0]


def test_what_odoo_makes_of_a_value_is_recognized() -> None:
    assert took(column("char"), "a\r\nb ", "a\nb")
    assert took(column("html"), "<p>a  b</p>", "<div><p>a b</p></div>")
    assert took(column("monetary"), "10.004", 10.0)
    assert took(column("datetime"), "2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00+00:00")
    assert took(column("many2many"), ["b", "a"], ["a", "b"])
    assert not took(column("char"), "a", None)
    assert not took(column("monetary"), "10.01", 10.0)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_text_goes_there_and_back(text: str) -> None:
    written = plain_odoo(column("char"), text)
    assert plain_native(column("char"), written) == (text or None)


PLAIN = Column(NativeField("f", options={"plain": True}), "f", "html")


def test_plain_text_in_formatted_text_is_never_markup() -> None:
    caller = "<b onclick=\"alert('x')\">Zoé & fils</b>\nsuite"
    written = plain_odoo(PLAIN, caller)
    assert "<b " not in written
    assert written == (
        "<p>&lt;b onclick=&quot;alert(&#x27;x&#x27;)&quot;&gt;Zoé &amp; fils&lt;/b&gt;<br>suite</p>"
    )
    assert plain_native(PLAIN, written) == caller


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn"]), max_size=60))
def test_plain_text_comes_back_from_formatted_text_as_words(text: str) -> None:
    back = plain_native(PLAIN, plain_odoo(PLAIN, text))
    assert str(back or "").split() == text.split()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Un</p>\n  <p>Deux<br/>trois</p>", "Un\nDeux\ntrois"),
        ("<ul><li>a</li><li>b &lt; c</li></ul>", "a\nb < c"),
        ("<p><br></p>", None),
        ("", None),
    ],
)
def test_formatted_text_is_read_as_plain_lines_where_the_mapping_says_so(html: str, text: str) -> None:
    assert plain_native(PLAIN, html) == text
    assert html == "" or plain_native(column("html"), html) == html


def test_a_record_of_any_model_is_referred_to_by_its_id() -> None:
    assert plain_native(column("many2one_reference"), 7) == "7"
    assert plain_native(column("many2one_reference"), 0) is None
    assert plain_odoo(column("many2one_reference"), "7") == 7
    with pytest.raises(Unfit):
        plain_odoo(column("many2one_reference"), "seven")


ZONES = ("UTC", "Europe/Paris", "America/Santiago", "Pacific/Kiritimati", "Pacific/Apia", "Indian/Reunion")


@given(
    st.dates(date(1990, 1, 1), date(2040, 12, 31)),
    st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2040, 12, 31)),
    st.sampled_from(ZONES),
)
def test_a_day_that_is_written_is_the_day_that_is_read(day: date, now: datetime | None, zone: str) -> None:
    start = Column(NativeField("start.day", options={"zone": zone}), "start", DAY)
    there = now.strftime("%Y-%m-%d %H:%M:%S") if now is not None else False
    if (zone, day) == ("Pacific/Apia", date(2011, 12, 30)):
        return  # Samoa had no such day.
    assert plain_native(start, moment_on(start, day.isoformat(), there)) == day.isoformat()


def test_a_day_that_is_written_keeps_the_hour_where_the_clocks_are() -> None:
    start = Column(NativeField("start.day", options={"zone": "Europe/Paris"}), "start", DAY)
    assert moment_on(start, "2026-07-02", "2026-01-31 16:30:00") == "2026-07-02 15:30:00"
    assert moment_on(start, "2026-07-02") == "2026-07-02 10:00:00"
    assert moment_on(start, None, "2026-01-31 16:30:00") is False
    with pytest.raises(Unfit, match="holds a date such as"):
        moment_on(start, "tomorrow")
