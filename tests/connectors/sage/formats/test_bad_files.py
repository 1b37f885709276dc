"""Files of accounting as they should not be: each costs what it must, and says where, why and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.sage.formats import Refusal
from connectors.sage.text import Damage
from tests.connectors.sage.formats.files import (
    GOLDEN,
    GOOD,
    HEAD,
    entries,
    fec,
    fec_line,
    read,
    refused,
    remarks,
)
from tests.tally import tally


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    yield
    tally("bad inputs tried")


def only(data: bytes, format: str = "fec", **options: Any) -> Refusal:
    """The one refusal of a file, of which the good piece is still read."""
    items = read(format, data, **options)
    found = refused(items)
    assert len(found) == 1, found
    assert found[0].todo
    return found[0]


def damage(data: bytes, format: str = "fec", **options: Any) -> Damage:
    with pytest.raises(Damage) as caught:
        read(format, data, **options)
    assert caught.value.todo
    return caught.value


AMOUNTS = {
    "1 250,00": ("thousands are not separated", "write 1250,00"),
    "1\u00a0250,00": ("thousands are not separated", "write 1250,00"),
    "1.250,00": ("two marks", "write 1250,00"),
    "1,250.00": ("two marks", "write digits"),
    "(125)": ("brackets are no sign", "write digits"),
    "1e3": ("powers of ten", "write digits"),
    "1,5e3": ("powers of ten", "write digits"),
    "125.50": ("its decimal mark is not ','", "write 125,50"),
    "1.250": ("its decimal mark", "write digits"),
    "+12,00": ("plus sign", "write 12,00"),
    " 12,00": ("blanks around it", "write 12,00"),
    "12,": ("it is no number", "write digits"),
    ",50": ("it is no number", "write digits"),
    "12,0,0": ("it is no number", "write digits"),
    "1_000": ("it is no number", "write digits"),
    "NaN": ("it is no number", "write digits"),
    "٣,00": ("it is no number", "write digits"),
    "12€": ("it is no number", "write digits"),
    "9999999999999999,00": ("too large", "columns are shifted"),
}


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_that_is_not_written_as_one_refuses_its_line_in_words(text: str) -> None:
    why, todo = AMOUNTS[text]
    data = fec(
        *GOOD, fec_line("2", text), fec_line("3", "5,00"), fec_line("3", credit="5,00"), encoding="utf-8"
    )
    found = only(data)
    assert (found.line, found.piece) == (4, ("VE", "2"))
    assert why in found.reason
    assert "Debit" in found.reason
    assert todo in found.todo
    assert len(entries(read("fec", data))) == 4


@pytest.mark.parametrize("field", ["EcritureDate", "PieceDate", "DateLet", "ValidDate"])
@pytest.mark.parametrize(
    "text", ["20260231", "20260230", "31/02/2026", "310226", "2026-01-05", "2026010", "00000000"]
)
def test_a_day_that_is_none_refuses_its_line_and_the_rest_of_its_piece(field: str, text: str) -> None:
    items = read("fec", fec(*GOOD, fec_line("2", "1,00", **{field: text}), fec_line("2", credit="1,00")))
    line, rest = refused(items)
    assert line.line == 4
    assert field in line.reason
    assert (rest.lines, "its line 4" in rest.reason) == ((5,), True)
    assert len(entries(items)) == 2


def test_a_heading_of_17_columns_names_the_one_that_is_missing() -> None:
    titles = [title for title in HEAD if title != "EcritureLib"]
    found = damage("\t".join(titles).encode() + b"\r\n")
    assert "17 columns" in found.why
    assert "missing: EcritureLib" in found.why


def test_columns_in_another_order_and_unknown_ones_are_told() -> None:
    assert "order" in damage("\t".join(reversed(HEAD)).encode() + b"\n").why
    odd = ["Libelle" if title == "EcritureLib" else title for title in HEAD]
    assert "unknown: Libelle" in damage("\t".join(odd).encode() + b"\n").why


def test_a_line_of_17_columns_costs_its_piece_and_no_other() -> None:
    short = "\t".join(fec_line("2", "10,00").split("\t")[:17])
    items = read("fec", fec(*GOOD, short, fec_line("2", credit="10,00"), fec_line("3"), fec_line("3")))
    line, rest = refused(items)
    assert line.reason == "17 columns, and a FEC has 18"
    assert line.raw == short
    assert rest.lines == (5,)
    assert [entry.piece for entry in entries(items)] == ["1", "1", "3", "3"]


def test_a_separator_that_no_fec_has_is_named() -> None:
    data = fec(*GOOD).replace(b"\t", b";")
    assert "separated by ;" in damage(data).why
    assert len(entries(read("fec", data, separator=";"))) == 2
    assert "not the heading" in damage(data, separator="\t").why


def test_a_file_that_is_no_fec_is_told_so_and_not_read() -> None:
    for data in (b"N\xb0;Nom\r\n1;Durand\r\n", b"<html><body>Login</body></html>\n", b"%PDF-1.7\n"):
        assert "not the heading of a FEC" in damage(data).why
    assert "empty" in damage(b"").why
    assert "not the heading" in damage(b"\r\n\r\n").why


def test_a_piece_that_does_not_balance_is_refused_whole_with_its_lines_and_the_difference() -> None:
    lines = (fec_line("2", "10,00"), fec_line("2", credit="7,00"), fec_line("2", credit="2,50"))
    found = only(fec(*GOOD, *lines))
    assert found.lines == (4, 5, 6)
    assert "piece 2 of journal VE does not balance: debit 10.00, credit 9.50, difference 0.50" in found.reason


def test_lines_of_a_piece_may_stand_apart_and_are_read_once_it_balances() -> None:
    lines = (
        fec_line("2", "10,00"),
        fec_line("3", "5,00"),
        fec_line("2", credit="10,00"),
        fec_line("3", credit="5,00"),
    )
    items = read("fec", fec(*lines))
    assert not refused(items)
    assert [entry.line for entry in entries(items)] == [2, 4, 3, 5]


def test_pieces_that_never_balance_do_not_fill_the_memory() -> None:
    lines = [fec_line(str(number), "1,00") for number in range(2000)]
    items = read("fec", fec(*lines), held=100)
    assert len(refused(items)) == 2000
    assert not entries(items)


def test_a_piece_of_more_lines_than_may_be_held_is_refused_whole() -> None:
    items = read("fec", fec(*[fec_line("1", "1,00")] * 150, *GOOD), held=100)
    assert not entries(items)
    assert "more than 100 lines" in refused(items)[0].reason


def test_a_debit_and_a_credit_in_one_line_are_refused() -> None:
    assert "Debit is 5,00 and Credit is 3,00" in only(fec(*GOOD, fec_line("2", "5,00", "3,00"))).reason


@pytest.mark.parametrize("field", ["JournalCode", "EcritureNum", "EcritureDate", "CompteNum"])
def test_a_line_without_what_places_it_is_refused(field: str) -> None:
    assert only(fec(*GOOD, fec_line("2", "5,00", **{field: ""}))).reason.startswith(f"{field} is empty")


def test_lines_out_of_the_order_of_validation_are_read_and_remarked_on_once() -> None:
    soon = "20260101"
    late = fec_line("2", "1,00", ValidDate=soon), fec_line("2", credit="1,00", ValidDate=soon)
    items = read("fec", fec(*GOOD, *late, *GOOD))
    assert len(entries(items)) == 6
    assert [(one.line, "20260101" in one.reason) for one in remarks(items)] == [(4, True)]


NAMES = {
    "732829320FEC20261231.txt": "", "export.txt": "SIREN + FEC", "732829320FEC20261331.txt": "closing date",
    "732829321FEC20261231.txt": "SIREN",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_fec_is_looked_at_when_it_is_given(name: str) -> None:
    found = remarks(read("fec", fec(*GOOD), name=name))
    assert [one for one in found if NAMES[name] not in one.reason] == []
    assert bool(found) == bool(NAMES[name])


def test_montant_and_sens_take_d_and_c_or_signs_and_nothing_else() -> None:
    head = "\t".join(HEAD).replace("Debit", "Montant").replace("Credit", "Sens")
    lines = [fec_line("1", "10,00", "D"), fec_line("1", "10,00", "C"), fec_line("2", "3,00", "X")]
    items = read("fec", "\r\n".join([head, *lines, ""]).encode())
    assert [(one.debit, one.credit) for one in entries(items)] == [
        (Decimal("10.00"), 0),
        (0, Decimal("10.00")),
    ]
    assert refused(items)[0].reason == "Sens: 'X' is neither D nor C"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_fec_cut_anywhere_never_yields_half_a_piece(cut: int) -> None:
    data = fec(*GOOD, fec_line("2", "8,00"), fec_line("2", credit="8,00"))
    items = read("fec", data[:-cut])
    assert {entry.piece for entry in entries(items)} == {"1"}
    assert any("cut short" in one.reason or "does not balance" in one.reason for one in refused(items))


def test_a_last_line_without_its_end_is_taken_once_it_is_said_to_be_whole() -> None:
    data = fec(*GOOD)[:-2]
    assert "not ended" in refused(read("fec", data))[0].reason
    assert len(entries(read("fec", data, last_line_end="optional"))) == 2


def test_a_lone_quote_in_a_fec_is_a_letter() -> None:
    lines = (fec_line("2", "1,00", EcritureLib='Tuyau 3/4"'), fec_line("2", credit="1,00", EcritureLib='"'))
    assert [one.label for one in entries(read("fec", fec(*lines)))] == ['Tuyau 3/4"', '"']


@pytest.mark.parametrize("format", ["fec", "sage", "pnm", "ximport", "csv"])
def test_zero_bytes_utf_16_and_nothing_at_all_are_damage_in_every_format(format: str) -> None:
    assert "line 2" in damage(b"abc\r\nde\0f\r\n", format).why
    assert "UTF-16" in damage("JournalCode".encode("utf-16"), format).why
    assert "empty" in damage(b"", format).why


@pytest.mark.parametrize("format", ["fec", "sage", "pnm", "ximport", "csv"])
def test_a_line_without_end_does_not_fill_the_memory(format: str) -> None:
    assert "longer than" in damage(b"x" * 300_000, format).why


def test_an_ebcdic_fec_is_recognised_and_read_once_its_code_page_is_said() -> None:
    data = fec(*GOOD, end="\n").decode().encode("cp500")
    assert "EBCDIC" in damage(data).why
    assert [one.label for one in entries(read("fec", data, encoding="cp500"))] == ["Facture", "Facture"]
    nel = fec(*GOOD, end="\x85", encoding="utf-8").decode().encode("cp500")
    assert len(entries(read("fec", nel, encoding="cp500"))) == 2


def labelled(text: str) -> tuple[str, str]:
    return fec_line("2", "1,00", EcritureLib=text), fec_line("2", credit="1,00", EcritureLib=text)


WRONG = [
    ("utf-8", "cp1252", "UTF-8"), ("utf-8", "iso8859-15", "UTF-8"), ("cp1252", "utf-8", "UTF-8"),
    ("cp850", "cp1252", "CP850"), ("cp1252", "cp850", "CP1252"), ("iso8859-15", "ascii", "ASCII"),
]  # fmt: skip


@pytest.mark.parametrize(("real", "said", "named"), WRONG)
def test_a_file_in_another_encoding_than_was_said_is_never_read_with_wrong_letters(
    real: str, said: str, named: str
) -> None:
    data = fec(*labelled("Fenêtre réglée à façade"), encoding=real)
    found = damage(data, encoding=said)
    assert named in found.why
    assert "line 2" in found.why
    assert [one.label for one in entries(read("fec", data, encoding=real))] == ["Fenêtre réglée à façade"] * 2


def test_auto_tells_windows_from_the_encoding_of_the_law_by_the_signs_only_windows_has() -> None:
    for encoding in ("cp1252", "iso8859-15", "utf-8"):
        text = "l’été à 5 €" if encoding != "iso8859-15" else "l'été à 5 €"
        assert entries(read("fec", fec(*labelled(text), encoding=encoding)))[0].label == text


def test_an_encoding_that_changes_within_a_file_is_damage_and_not_two_readings() -> None:
    many = [line for number in range(500) for line in (fec_line(f"A{number}"), fec_line(f"A{number}"))]
    head = fec(*labelled("été"), *many, encoding="utf-8")
    found = damage(head + "\r\n".join([*labelled("été"), ""]).encode("cp1252"))
    assert "line 1004" in found.why


SAGE = (GOLDEN / "version5.sage.txt").read_bytes()


def test_a_file_in_format_sage_without_its_end_is_told_to_be_cut_and_its_last_piece_is_refused() -> None:
    items = read("sage", SAGE.removesuffix(b"#FIN\r\n"))
    assert not entries(items)
    assert "without #FIN" in refused(items)[0].reason


@pytest.mark.parametrize("lines", range(1, 80, 6))
def test_format_sage_cut_at_any_line_yields_no_piece(lines: int) -> None:
    cut = b"\r\n".join(SAGE.split(b"\r\n")[: -lines - 1]) + b"\r\n"
    items = read("sage", cut)
    assert not entries(items)
    assert refused(items)


def test_an_unknown_version_is_damage_until_its_blocks_are_described() -> None:
    data = SAGE.replace(b"#VER 5", b"#VER 99")
    found = damage(data, "sage")
    assert "version 99" in found.why
    assert "5, 8, 14, 25" in found.why
    assert len(entries(read("sage", data, versions={"99": {"#MECG": 26}}))) == 3
    assert len(entries(read("sage", data, blocks={"#MECG": 26}))) == 3


def test_a_block_of_too_few_or_too_many_lines_is_refused_with_its_piece_and_both_figures() -> None:
    for data in (SAGE.replace(b"DURAND\r\n", b""), SAGE.replace(b"DURAND\r\n", b"DURAND\r\nDURAND\r\n")):
        items = read("sage", data)
        assert not entries(items)
        block, rest = refused(items)
        assert "and 26 in version 5" in block.reason
        assert block.line == 4
        assert "its line 4" in rest.reason


SPOILT = {
    "310226": (b"050126", b"310226", "date: 310226 is no day"),
    "side": (b"\r\n0\r\n1200,00", b"\r\n2\r\n1200,00", "the side is '2'"),
    "amount": (b"1200,00", b"1 200,00", "thousands are not separated"),
    "account": (b"411000", b"", "the account is empty"),
    "tag": (b"#MECG", b"#MXYZ", "the block #MXYZ is not known"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_wrong_value_of_format_sage_refuses_its_block_by_name(what: str) -> None:
    old, new, why = SPOILT[what]
    items = read("sage", SAGE.replace(old, new, 1))
    assert why in refused(items)[0].reason
    assert refused(items)[0].line == 4
    assert not entries(items)


def test_lines_after_the_end_and_files_of_another_kind_are_told() -> None:
    assert "after #FIN" in refused(read("sage", SAGE + b"#FLG 000\r\n"))[0].reason
    assert "not the beginning" in damage(b"JournalCode\tJournalLib\r\n", "sage").why
    assert "names no version" in damage(b"#FLG 000\r\n#MECG\r\nVE\r\n#FIN\r\n", "sage").why


PNM = (GOLDEN / "ventes.pnm").read_bytes()


def spoilt(data: bytes, line: int, begin: int, new: bytes) -> bytes:
    """The file with these bytes put in at a place of a line, both from 1."""
    lines = data.split(b"\r\n")
    found = lines[line - 1]
    lines[line - 1] = found[: begin - 1] + new + found[begin - 1 + len(new) :]
    return b"\r\n".join(lines)


PLACES = {
    "type": (2, 25, b"Z", "type of line (character 25)"),
    "side": (2, 84, b"X", "side (character 84)"),
    "shifted": (2, 1, b"VE  05", "is no date"),
    "day": (2, 4, b"310226", "no day of the calendar"),
    "amount": (2, 85, b"                 1e3", "powers of ten"),
    "mark": (3, 85, b"             1000.00", "not ','"),
    "auxiliary": (2, 25, b" ", "an auxiliary account stands with X"),
    "section": (4, 12, b"445710", "does not follow the entry of its account"),
    "journal": (2, 1, b"   ", "the journal is empty"),
}


@pytest.mark.parametrize("what", PLACES)
def test_a_sign_that_is_not_in_its_place_refuses_the_line_of_a_pnm(what: str) -> None:
    line, begin, new, why = PLACES[what]
    items = read("pnm", spoilt(PNM, line, begin, new))
    assert refused(items)[0].line == line
    assert why in refused(items)[0].reason
    assert {entry.piece for entry in entries(items)} == {"0000002"}


def test_lines_of_the_wrong_width_are_refused_and_never_read_shifted() -> None:
    lines = PNM.split(b"\r\n")
    short = b"\r\n".join([*lines[:2], lines[2][:100], *lines[3:]])
    long = b"\r\n".join([*lines[:2], lines[2] + b"  more", *lines[3:]])
    tabbed = b"\r\n".join([*lines[:2], lines[2].replace(b"   ", b"\t", 1), *lines[3:]])
    for data, why in ((short, "100 characters"), (long, "after character 112"), (tabbed, "a tab")):
        items = read("pnm", data)
        assert why in refused(items)[0].reason
        assert {entry.piece for entry in entries(items)} == {"0000002"}
    import_ = (GOLDEN / "XIMPORT.ximport.TXT").read_bytes()
    items = read("ximport", import_.replace(b"O\r\n", b"\r\n", 1))
    assert "137 characters, and a line of XIMPORT has 138" in refused(items)[0].reason
    assert {entry.piece for entry in entries(items)} == {"2"}


CSV = (GOLDEN / "reglements.payment.csv").read_bytes()


def test_amounts_as_people_write_them_are_read_in_delimited_files_where_they_are_certain() -> None:
    for text, number in (("1 250,00", "1250"), ("1.250,00", "1250"), ("1250", "1250"), ("12,5 €", "12.5")):
        item = read("csv", CSV.replace(b"700,00", text.encode("cp1252"), 1))[0]
        assert item.values["amount"] == Decimal(number)  # type: ignore[union-attr]
    for text in ("(125)", "1e3", "1.250", "12 50,00", "abc"):
        items = read("csv", CSV.replace(b"700,00", text.encode(), 1))
        assert len(refused(items)) == 1
        assert len(items) == 2


def test_a_lone_quote_costs_its_line_of_a_delimited_file_and_no_other() -> None:
    items = read("csv", CSV.replace(b'"sold', b'x"sold', 1).replace(b"CHQ", b'"CHQ', 1))
    assert "quote" in refused(items)[0].reason
    assert len(items) == 2


def test_a_delimited_file_whose_columns_mean_nothing_is_damage() -> None:
    assert "neither entries" in damage(b"a;b\r\n1;2\r\n", "csv").why
    assert "two columns say the same" in damage(b"Montant;RG_Montant;Date;Tiers\r\n", "csv").why
    assert "no column 'Qui'" in damage(CSV, "csv", columns={"third_party": "Qui"}).why
