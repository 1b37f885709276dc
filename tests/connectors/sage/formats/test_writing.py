"""Writing: what does not fit is told or refused, and never half of a piece is written."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import BinaryIO, cast

import pytest

from connectors.sage.formats import Analytic, Change, Entry, Options, Row, Written, by_name
from tests.connectors.sage.formats.files import GOLDEN, entries, fec, fec_line, read, refused

DAY = date(2026, 1, 5)
NAME = "Société des Établissements Électriques et Hydrauliques de la Vallée du Grésivaudan et Fils SAS"


def piece(label: str = "Facture", number: str = "1", **more: object) -> list[Entry]:
    """An invoice of two lines."""
    client = Entry("VE", DAY, "411000", Decimal("12.00"), label=label, piece=number, third_party="DURAND")
    sales = Entry("VE", DAY, "707100", credit=Decimal("12.00"), label=label, piece=number)
    return [client._replace(**more), sales]  # type: ignore[arg-type]


def write(format: str, items: list[Entry], **options: object) -> tuple[bytes, Written]:
    written = by_name(format).write(items, Options(**options))  # type: ignore[arg-type]
    return written.data(), written


@pytest.mark.parametrize(("format", "longest"), [("sage", 35), ("pnm", 25), ("ximport", 25)])
def test_a_name_of_90_characters_is_cut_to_its_field_and_the_cut_is_told(format: str, longest: int) -> None:
    assert len(NAME) > 90
    data, written = write(format, piece(NAME), **({"version": "14"} if format == "sage" else {}))
    cuts = [one for one in written.changes if one.field == "label"]
    assert len(cuts) == 2
    assert all(one.meant == NAME and one.written == NAME[:longest].rstrip() for one in cuts)
    assert f"{len(NAME)} characters, and {longest} fit" in cuts[0].why
    assert entries(read(format, data))[0].label == NAME[:longest].rstrip()


def test_a_name_too_long_is_refused_with_its_piece_where_cutting_is_not_wanted() -> None:
    data, written = write("sage", [*piece(NAME), *piece("Facture", "2")], overlong="refuse")
    assert "label" in written.refused[0].reason
    assert "piece 1 of journal VE, its line 1 (account 411000)" in written.refused[0].reason
    assert {one.piece for one in entries(read("sage", data))} == {"2"}
    assert not written.changes


def test_a_recent_format_sage_has_longer_labels_and_a_site_may_say_its_own() -> None:
    for options, longest in (({"version": "25"}, 69), ({"version": "14", "lengths": {"label": 50}}, 50)):
        data, _ = write("sage", piece(NAME), **options)
        assert entries(read("sage", data))[0].label == NAME[:longest].rstrip()


CODES = {
    ("sage", "account"): "4" * 14, ("sage", "third_party"): "D" * 18, ("sage", "invoice"): "F" * 18,
    ("sage", "journal"): "JOURNAL", ("pnm", "journal"): "VENT", ("pnm", "piece"): "12345678",
    ("pnm", "third_party"): "D" * 14, ("ximport", "journal"): "VEN", ("ximport", "piece"): "123456",
    ("ximport", "account"): "4" * 12, ("sage", "tax_code"): "TVA200",
}  # fmt: skip


@pytest.mark.parametrize(("format", "field"), CODES)
def test_a_code_that_does_not_fit_refuses_its_piece_and_is_never_cut(format: str, field: str) -> None:
    spoilt = [one._replace(**{field: CODES[format, field]}) for one in piece()]  # type: ignore[arg-type]
    data, written = write(format, [*spoilt, *piece(number="2")])
    assert [one.field for one in written.refused] == [field]
    assert "never cut" in written.refused[0].reason
    assert written.refused[0].todo
    assert [one.piece for one in entries(read(format, data))] == ["2", "2"]


@pytest.mark.parametrize("format", ["sage", "pnm", "ximport", "fec", "csv"])
def test_a_piece_that_does_not_balance_is_not_written_and_the_others_are(format: str) -> None:
    odd = piece()[0]._replace(debit=Decimal("12.01"))
    data, written = write(format, [odd, *piece()[1:], *piece(number="2")])
    assert "difference 0.01" in written.refused[0].reason
    assert [one.piece for one in entries(read(format, data))] == ["2", "2"]
    assert not refused(read(format, data))


SPELLED = {
    ("sage", "cp1252"): "Łódź → l’été 5 € №",
    ("fec", "iso8859-15"): "Lódz -> l'été 5 € N°",
    ("ximport", "cp850"): "Lódz -> l'été 5 EUR N°",
    ("fec", "ascii"): "Lodz -> l'ete 5 EUR No",
}


@pytest.mark.parametrize(("format", "encoding"), SPELLED)
def test_characters_an_encoding_lacks_are_spelled_as_a_clerk_would_and_told(
    format: str, encoding: str
) -> None:
    text = "Łódź → l’été 5 € №"
    wanted = "Lódz -> l’été 5 € N°" if encoding == "cp1252" else SPELLED[format, encoding]
    data, written = write(format, piece(text), encoding=encoding)
    changed = [one for one in written.changes if one.field == "label"]
    assert [one.written for one in changed] == [wanted] * 2
    assert changed[0].meant == text
    assert "'Ł'" in changed[0].why
    assert entries(read(format, data, encoding=encoding))[0].label == wanted


def test_a_character_without_any_spelling_refuses_its_piece_by_its_name() -> None:
    data, written = write("fec", [*piece("日本"), *piece(number="2")])
    assert "CJK UNIFIED IDEOGRAPH" in written.refused[0].reason
    assert [one.piece for one in entries(read("fec", data))] == ["2", "2"]


def test_spelling_may_be_refused_and_utf_8_needs_none() -> None:
    _, written = write("fec", piece("Łódź"), unfit="refuse")
    assert "unfit: transliterate" in written.refused[0].todo
    data, written = write("fec", piece("Łódź 日本"), encoding="utf-8")
    assert not written.refused
    assert not [one for one in written.changes if one.field == "label"]
    assert entries(read("fec", data))[0].label == "Łódź 日本"


def test_a_tab_or_line_break_in_a_label_becomes_a_blank_and_in_a_code_refuses() -> None:
    data, written = write("fec", piece("a\tb\r\nc"))
    assert entries(read("fec", data))[0].label == "a b  c"
    said = "a character in it would end the value in this file, or is no text"
    assert written.changes[0] == Change(2, "label", "a\tb\r\nc", "a b  c", said)
    _, written = write("fec", piece(third_party="DU\tRAND"))
    assert "separates values" in written.refused[0].reason
    data, written = write("fec", piece("a|b"), separator="|")
    assert entries(read("fec", data))[0].label == "a b"


def test_a_label_that_looks_like_a_tag_is_no_tag() -> None:
    data, written = write("sage", piece("#FIN"))
    assert [one.label for one in entries(read("sage", data))] == ["FIN", "FIN"]
    assert {one.why for one in written.changes} == {"a line that begins with # is a tag in this file"}


def test_fields_a_format_has_no_place_for_are_told_once_with_their_number() -> None:
    items = [*piece(due=DAY, tax_code="C20"), *piece(number="2", due=DAY)]
    _, written = write("fec", items)
    assert [(one.line, one.field, one.meant, one.written) for one in written.changes] == [
        (2, "due", "2026-01-05", ""), (2, "tax_code", "C20", ""),
    ]  # fmt: skip
    assert "(2 lines have one)" in written.changes[0].why


def test_what_cannot_be_said_in_a_format_refuses_its_piece_in_words() -> None:
    split = (Analytic("", "A", Decimal("6.00")), Analytic("", "B", Decimal("6.00")))
    cases = [
        ("ximport", piece(analytic=split), "one section for its whole amount"),
        ("ximport", piece(number="FA-1"), "made of digits"),
        ("pnm", piece(analytic=(Analytic("1", "A", Decimal("12.00")),)), "a section and an amount alone"),
        ("pnm", [one._replace(date=date(1960, 1, 1)) for one in piece()], "two digits of a year"),
        ("sage", [one._replace(date=date(2070, 1, 1)) for one in piece()], "two digits of a year"),
        ("sage", [one._replace(debit=one.debit / 1000, credit=one.credit / 1000) for one in piece()],
         "two decimals"),
        ("sage", [one._replace(debit=one.debit * 10**12, credit=one.credit * 10**12) for one in piece()],
         "14 characters"),
        ("sage", piece(more=(("colour", "red"),)), "no value colour"),
        ("csv", piece(more=(("Projet", "P1"),)), "no column Projet"),
    ]  # fmt: skip
    for format, items, why in cases:
        data, written = write(format, items)
        assert why in written.refused[0].reason, (format, why)
        if data:
            assert not entries(read(format, data))


def test_rows_go_only_where_they_have_a_place() -> None:
    party = Row("third_party", {"CT_Num": "DURAND", "CT_Intitule": NAME, "CT_Siret": "73282932000074"})
    written = by_name("fec").write([party], Options())
    written.data()
    assert "no place in a FEC" in written.refused[0].reason
    written = by_name("sage").write([party], Options(version="14"))
    data = written.data()
    assert [(one.field, one.written) for one in written.changes] == [("CT_Intitule", NAME[:35].rstrip())]
    row = read("sage", data)[0]
    assert isinstance(row, Row)
    assert row.values["CT_Siret"] == "73282932000074"


def test_a_version_that_nobody_described_is_not_written() -> None:
    with pytest.raises(ValueError, match="version 99"):
        by_name("sage").write(piece(), Options(version="99"))


def test_a_file_is_the_same_whether_it_is_written_quickly_or_line_by_line() -> None:
    plain = entries(read("fec", (GOLDEN / "732829320FEC20261231.txt").read_bytes()))
    odd = piece("Łódź", "zz")
    together, _ = write("fec", [*plain, *odd])
    assert together.startswith((GOLDEN / "732829320FEC20261231.txt").read_bytes())


def many(count: int) -> Iterator[Entry]:
    for number in range(count):
        yield from piece(number=str(number))


class Endless:
    """A FEC of so many pieces that is made while it is read."""

    def __init__(self, pieces: int) -> None:
        self.chunks = by_name("fec").write(many(pieces), Options()).chunks

    def read(self, size: int) -> bytes:
        return next(self.chunks, b"")


def grown(pieces: int) -> int:
    """The most memory it takes to write a FEC of so many pieces and read it meanwhile, in bytes."""
    tracemalloc.start()
    reading = by_name("fec").read(cast(BinaryIO, Endless(pieces)), Options())
    assert sum(1 for _ in reading) == 2 * pieces
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_file() -> None:
    grown(10)
    small, large = grown(2_000), grown(20_000)
    assert large < small * 1.2 + 200_000


def test_lines_in_a_bad_place_of_a_large_file_have_their_right_numbers() -> None:
    lines = [line for number in range(3000) for line in (fec_line(f"A{number}"), fec_line(f"A{number}"))]
    lines[4321] = fec_line("A2160", "x")
    found = refused(read("fec", fec(*lines)))
    assert found[0].line == 4323
    assert found[1].lines == (4322,)


@pytest.mark.parametrize("format", ["sage", "pnm", "ximport", "fec", "csv"])
@pytest.mark.parametrize("field", ["journal", "account"])
def test_a_line_without_journal_or_account_is_never_written(format: str, field: str) -> None:
    bare = [one._replace(**{field: ""}) for one in piece()]  # type: ignore[arg-type]
    data, written = write(format, [*bare, *piece(number="2")])
    assert [one.field for one in written.refused] == [field]
    assert [one.piece for one in entries(read(format, data))] == ["2", "2"]


def test_a_fec_numbers_every_piece_and_has_no_line_with_debit_and_credit() -> None:
    _, written = write("fec", piece(number=""))
    assert "numbers every piece" in written.refused[0].reason
    both = [one._replace(debit=Decimal(1), credit=Decimal(1)) for one in piece()]
    for format in ("fec", "sage", "pnm", "ximport", "csv"):
        _, written = write(format, both)
        assert "not both" in written.refused[0].reason
