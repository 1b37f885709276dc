"""What a cell says: zeros kept, dates as dates, the noise of other programs taken out; and back again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.excel.cells import Decoder, Unread, moment, plain, serial_of
from connectors.excel.encode import CannotHold, Spot, encode, same
from connectors.excel.package import column_letters, column_number, parse_range, show_range, unescape
from connectors.excel.sheet import Cell
from connectors.excel.styles import Style, Styles, meaning_of, padded
from hub.ports import Native, NativeField
from tests.connectors.excel.tools import (
    SAMPLES,
    connector,
    needs_samples,
    number,
    raw_book,
    records,
    row,
    style_sheet,
    text,
    view,
)

PLAIN = Decoder([], Styles((Style(),)))


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("General", "number"),
        ("0", "number"),
        ("0.00", "number"),
        ("#,##0", "number"),
        ("# ##0", "number"),
        ("#\\ ##0", "number"),
        ('#,##0.00\\ "€"', "number"),
        ("0%", "number"),
        ("0.00E+00", "number"),
        ("[Red]0", "number"),
        ('"jours: "0', "number"),
        ("00000", "padded"),
        ("00000000000000", "padded"),
        ('0#" "##" "##" "##" "##', "padded"),
        ("00\\ 00\\ 00\\ 00\\ 00", "padded"),
        ("000\\.000", "padded"),
        ("00000;@", "padded"),
        ("@", "text"),
        ("dd/mm/yyyy", "date"),
        ("[$-40C]d mmm yyyy;@", "date"),
        ("mmm-yy", "date"),
        ('d" jours de "mmmm', "date"),
        ("dd/mm/yyyy hh:mm", "datetime"),
        ("h:mm", "time"),
        ("mm:ss", "time"),
        ("[h]:mm", "duration"),
        ('0" days"', "number"),
    ],
)
def test_a_number_format_says_what_its_numbers_mean(code: str, meaning: str) -> None:
    assert meaning_of(code) == meaning


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234567000012, "00000000000000", "01234567000012"),
        (73282932000074, "00000000000000", "73282932000074"),
        (612345678, '0#" "##" "##" "##" "##', "06 12 34 56 78"),
        (145678901, "00\\ 00\\ 00\\ 00\\ 00", "01 45 67 89 01"),
        (1000, "00000", "01000"),
        (123456, "00000", "123456"),
        (0, "00000", "00000"),
        (-5, "00000", "-5"),
    ],
)
def test_a_padded_number_is_read_as_it_is_shown(value: int, code: str, shown: str) -> None:
    assert padded(value, code) == shown


def test_zeros_that_only_the_format_knows_are_kept_for_what_is_no_amount(tmp_path: Path) -> None:
    data = row(1, text("A1", "N°"), text("B1", "Code postal"), text("C1", "Quantité")) + row(
        2, number("A2", "7", 1), number("B2", "1000", 1), number("C2", "12", 1)
    )
    path = raw_book(tmp_path / "clients.xlsx", data, styles=style_sheet("00000"))
    found = records(
        connector(path),
        view(NativeField("Code postal", "postcode"), NativeField("Quantité", "integer"), key=("N°",)),
    )
    assert found["00007"].values == {"Code postal": "01000", "Quantité": 12}


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (603.0, 603),
        (602.9999999999999, 603),
        (844.1999999999999, 844.2),
        (0.1 + 0.2, 0.3),
        (-0.0, 0),
        (73282932000074.0, 73282932000074),
        (1e300, 1e300),
        (12.5, 12.5),
    ],
)
def test_numbers_are_read_to_the_digits_that_excel_keeps(number: float, read: float) -> None:
    assert plain(number) == read
    assert type(plain(number)) is type(read)


@pytest.mark.parametrize(
    ("serial", "meaning", "date1904", "shown"),
    [
        (1, "date", False, "1900-01-01"),
        (59, "date", False, "1900-02-28"),
        (61, "date", False, "1900-03-01"),
        (45000, "date", False, "2023-03-15"),
        (45000.5, "date", False, "2023-03-15T12:00:00"),
        (45000.999999, "datetime", False, "2023-03-16"),
        (0, "date", True, "1904-01-01"),
        (43538, "date", True, "2023-03-15"),
        (0.75, "time", False, "18:00:00"),
        (0.75, "datetime", False, "18:00:00"),
        (1.5, "duration", False, "36:00:00"),
        (2958465, "date", False, "9999-12-31"),
    ],
)
def test_a_day_number_is_read_as_its_date(serial: float, meaning: str, date1904: bool, shown: str) -> None:
    assert moment(serial, meaning, date1904) == shown  # type: ignore[arg-type]


@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 30)), st.booleans())
def test_a_date_goes_in_and_comes_out_the_same(when: datetime, date1904: bool) -> None:
    when = when.replace(microsecond=0)
    if date1904 and when < datetime(1904, 1, 1) + timedelta(days=1):
        when += timedelta(days=1500)
    serial = serial_of(when.isoformat(), date1904)
    assert serial is not None
    back = moment(serial, "datetime", date1904)
    assert isinstance(back, str)
    assert datetime.fromisoformat(back) == when


def test_days_that_no_calendar_has_are_unread() -> None:
    for serial in (-1, 60, 2958466):
        assert isinstance(moment(serial, "date", False), Unread)


@pytest.mark.parametrize("text", ["1899-12-31", "2026-13-01", "31/01/2026", "2026-01-31T10:00:00+01:00", ""])
def test_what_is_no_date_of_excels_has_no_day_number(text: str) -> None:
    assert serial_of(text, False) is None


@given(st.integers(1, 16384))
def test_columns_go_both_ways(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_ranges_go_both_ways_and_nonsense_is_none() -> None:
    assert parse_range("$B$2:AA10") == (2, 2, 10, 27)
    assert show_range((2, 2, 10, 27)) == "B2:AA10"
    assert parse_range("C3") == (3, 3, 3, 3)
    for nonsense in ("A:A", "", "1:1", "R1C1", "A1:", "#REF!"):
        assert parse_range(nonsense) in (None, (1, 1, 1, 1))


def test_escaped_characters_and_line_ends_are_plain() -> None:
    assert unescape("a_x000D_\nb") == "a\nb"
    assert unescape("a\r\nb\rc") == "a\nb\nc"
    assert unescape("_x005F_x0041_") == "_x0041_"
    assert unescape("_xZZZZ_") == "_xZZZZ_"


NATIVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
)
STYLES = Styles(
    (
        Style(),
        Style("date", "dd/mm/yyyy"),
        Style("padded", "00000"),
        Style("text", "@"),
        Style("number", "0.00"),
    )
)


@given(
    NATIVES | st.dates().map(lambda day: day.isoformat()) | st.from_regex(r"\A[0-9]{1,20}\Z"),
    st.sampled_from(["text", "phone", "siret", "date", "money", "integer", "boolean"]),
    st.integers(0, 4),
    st.sampled_from([None, "text", "number"]),
)
def test_what_is_written_reads_back_or_is_refused(
    value: Native, kind: str, style: int, holds: str | None
) -> None:
    decoder = Decoder([], STYLES)
    answer = encode(value, kind, Spot(style, holds, 1), decoder)
    if isinstance(answer, CannotHold):
        assert answer.reason
        return
    if answer.kind == "blank":
        assert same(value, None)
        return
    cell = Cell(
        {"text": "t", "number": "n", "bool": "b"}[answer.kind], answer.text, answer.style or style, False
    )
    numeric = kind in ("money", "integer", "boolean")
    assert same(decoder.value(cell, numeric), value)


def test_texts_are_compared_without_their_edges_and_numbers_by_amount() -> None:
    assert same(" Évry\r\n", "Évry")
    assert same("", None)
    assert same(12.5, "12.50")
    assert same(5, 5.0)
    assert not same("005", 5)
    assert not same(True, 1)
    assert not same("évry", "Évry")


@needs_samples
@pytest.mark.parametrize(
    "name", ["date.xlsx", "date_1904.xlsx", "date.xls", "date_1904.xls", "date.xlsb", "date.ods"]
)
def test_real_files_of_both_epochs_tell_the_same_dates(name: str) -> None:
    (sheet,) = connector(SAMPLES / "workbooks" / name).sheets()
    texts = [value for _, values in sheet["rows"] for value in values]
    assert "2021-01-01" in texts


def test_a_moment_is_the_same_however_its_time_is_set_off_and_another_is_not() -> None:
    assert same("2026-02-01 09:00:00", "2026-02-01T09:00:00")
    assert same("2026-02-01 09:00", "2026-02-01T09:00:00")
    assert same("2026-02-01 00:00:00", "2026-02-01")
    assert not same("2026-02-01 09:00:00", "2026-02-01")
    assert not same("2026-02-01", "2026-02-02")
    assert not same("2026-02-01 09:00:00", "2026-02-01 à 9 h")
