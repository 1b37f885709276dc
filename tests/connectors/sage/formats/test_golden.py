"""Golden files, laid out by hand: what they say, and that writing gives back every byte."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.sage.formats import NAMES, Analytic, Entry, Options, Row, by_name
from tests.connectors.sage.formats.files import (
    FORMATS,
    GOLDEN,
    entries,
    golden,
    opened,
    refused,
    remarks,
    rows,
)


def test_every_golden_file_is_tried() -> None:
    there = {path.name for path in GOLDEN.iterdir() if not path.name.startswith(".")}
    assert there == set(FORMATS)
    assert set(FORMATS.values()) == set(NAMES)


@pytest.mark.parametrize("name", FORMATS)
def test_a_golden_file_is_read_whole_and_written_back_byte_for_byte(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    reading = opened(FORMATS[name], data)
    items = list(reading)
    assert not refused(items)
    assert not remarks(items)
    written = by_name(FORMATS[name]).write(entries(items) or rows(items), reading.options)
    if entries(items) and rows(items):
        written = by_name(FORMATS[name]).write([*rows(items), *entries(items)], reading.options)
    assert written.data() == data
    assert not written.changes
    assert not written.refused


def test_a_fec_says_what_its_columns_say() -> None:
    first, *_, last = entries(golden("732829320FEC20261231.txt"))
    assert first == Entry(
        journal="VE", journal_label="Ventes", piece="VE0001", date=date(2026, 1, 5), account="411000",
        account_label="Clients", third_party="C0001", third_party_label="Électricité Durand",
        invoice="FA2026-001", piece_date=date(2026, 1, 5), label='Facture "Noël" n°1',
        debit=Decimal("1200.00"), credit=Decimal("0.00"), letter="A", letter_date=date(2026, 2, 10),
        validated=date(2026, 1, 31), line=2,
    )  # fmt: skip
    assert (last.debit, last.credit) == (Decimal(0), Decimal("-50.00"))


def test_both_variants_and_all_encodings_of_a_fec_say_the_same() -> None:
    names = [name for name, format in FORMATS.items() if format == "fec"]
    first, *others = [entries(golden(name)) for name in names]
    assert len(first) == 7
    assert all(other == first for other in others)


def test_amounts_in_another_currency_stay_with_their_line() -> None:
    bank = entries(golden("732829320FEC20261231.txt"))[3]
    assert (bank.currency, bank.currency_amount) == ("USD", Decimal("1300.50"))
    assert bank.label == "Chèque de Durand à 5 €"


def test_format_sage_of_version_5_says_what_its_lines_say() -> None:
    client, sales, tax = entries(golden("version5.sage.txt"))
    assert client == Entry(
        "VE", date(2026, 1, 5), "411000", Decimal("1200.00"), label="Électricité Durand", piece="FA001",
        invoice="FA2026-001", third_party="DURAND", due=date(2026, 2, 4), letter="A",
        entered=date(2026, 1, 6), line=4,
    )  # fmt: skip
    assert sales.more == (("quantity", "2,00"),)
    assert (tax.credit, tax.tax_code, tax.label) == (Decimal("200.00"), "C20", "TVA collectée à 20 %")


def test_format_sage_of_version_14_holds_references_analytics_and_information_with_their_entry() -> None:
    party, client, sales = golden("version14.sage.txt")
    assert isinstance(party, Row)
    assert (party.values["CT_Num"], party.values["CT_Siret"]) == ("DURAND", "73282932000074")
    assert isinstance(client, Entry)
    assert isinstance(sales, Entry)
    assert (client.reference, client.payment_mode, client.more) == (
        "CDE-7",
        "2",
        (("counterpart", "707100"),),
    )
    assert sales.analytic == (
        Analytic("1", "CHANTIER1", Decimal("700.00")),
        Analytic("1", "CHANTIER2", Decimal("500.00"), Decimal("3.50")),
    )
    assert sales.blocks == (("#MIVA", "Chef de chantier", "M. Vif"),)
    assert (sales.currency, sales.currency_amount) == ("1", Decimal("1305.60"))


def test_a_pnm_says_what_stands_at_its_places() -> None:
    client, sales, tax, *_ = entries(golden("ventes.pnm"))
    assert client == Entry(
        "VE", date(2026, 1, 5), "411000", Decimal("1200.00"), label="Facture Noël", piece="0000001",
        invoice="FA2026-001", third_party="DURAND", due=date(2026, 2, 4), payment_mode="C", kind="FC", line=2,
    )  # fmt: skip
    assert sales.analytic == (
        Analytic("", "CHANTIER1", Decimal("600.00")), Analytic("", "CHANTIER2", Decimal("400.00")),
    )  # fmt: skip
    assert tax.credit == Decimal("200.00")


def test_an_ximport_says_what_stands_at_its_places() -> None:
    client, sales, *_ = entries(golden("XIMPORT.ximport.TXT"))
    assert (client.journal, client.date, client.due) == ("VE", date(2026, 1, 5), date(2026, 2, 4))
    assert (client.piece, client.invoice, client.account) == ("1", "FA2026-001", "411DURAND")
    assert (client.label, client.account_label) == ("Facture Électricité", "Durand, électricité")
    assert sales.analytic == (Analytic("", "CHANT1", Decimal("1000.00")),)


def test_payments_and_third_parties_are_read_by_the_names_of_their_columns() -> None:
    payment, other = rows(golden("reglements.payment.csv"))
    assert payment.kind == "payment"
    assert payment.values == {
        "number": "17", "date": date(2026, 2, 10), "third_party": "DURAND", "invoice": "FA2026-001",
        "amount": Decimal("700.00"), "payment_mode": "CHQ", "Remarque": "soldé; presque",
    }  # fmt: skip
    assert other.values["Remarque"] == 'dit "oui"'
    party = rows(golden("tiers.third.csv"))[0]
    assert (party.kind, party.values["name"]) == ("third_party", "Électricité Durand")


def test_headings_of_a_site_s_own_are_understood_once_it_names_them() -> None:
    data = "Qui;Quand;Combien\r\nDURAND;10/02/2026;1 250,00\r\n".encode("cp1252")
    columns = {"third_party": "Qui", "date": "Quand", "amount": "Combien"}
    item = next(iter(opened("csv", data, columns=columns)))
    assert isinstance(item, Row)
    assert item.values == {
        "third_party": "DURAND", "date": date(2026, 2, 10), "amount": Decimal("1250.00"),
    }  # fmt: skip


def test_what_was_read_of_one_format_is_written_in_another_and_what_has_no_place_is_told() -> None:
    written = by_name("fec").write(entries(golden("version5.sage.txt")), Options())
    data = written.data().decode("iso8859-15")
    assert (
        "VE\t\tFA001\t20260105\t411000\t\tDURAND\t\tFA2026-001\t\tÉlectricité Durand\t1200,00\t0,00\tA"
        in data
    )
    assert {(one.line, one.field, one.meant, one.written) for one in written.changes} == {
        (2, "due", "2026-02-04", ""), (3, "tax_code", "C20", ""), (2, "entered", "2026-01-06", ""),
        (3, "more", "quantity 2,00", ""),
    }  # fmt: skip
    assert "(3 lines have one)" in next(one.why for one in written.changes if one.field == "entered")
