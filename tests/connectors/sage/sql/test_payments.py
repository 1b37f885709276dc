"""Payments of a Sage 100, by lettering and by due dates; documents handed over and found in its books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.sage.sql import connect
from connectors.sage.sql.settings import Settings
from hub.ports import Connector, Done, Misconfigured, NativeField, Refused, Sent, View, Write
from sandbox.sage100 import CREDIT, DEBIT, SUPPLIER, Base
from tests.connectors.sage.sql.harness import Clock, pulled, versions
from tests.tally import tally

LETTRAGE = View(
    "payment",
    "LETTRAGE",
    (
        NativeField("NUMERO"),
        NativeField("FACTURE.EC_RefPiece", "ref"),
        NativeField("DATE", "date"),
        NativeField("FACTURE.DATE", "date"),
        NativeField("MONTANT", "money"),
        NativeField("JO_Num"),
        NativeField("EC_Piece"),
        NativeField("CT_Num.CT_Intitule"),
    ),
    options={"journals": ["BQ", "CA"]},
)
DUE = View(
    "payment",
    "F_REGLECH",
    (
        NativeField("DO_Piece.cbMarq", "ref"),
        NativeField("RG_No.RG_Date", "date"),
        NativeField("RC_Montant", "money"),
        NativeField("RG_No.RG_Reference"),
    ),
)
LINES = (
    NativeField("compte"), NativeField("tiers"), NativeField("intitule"),
    NativeField("debit", "money"), NativeField("credit", "money"),
)  # fmt: skip
INVOICES = View(
    "invoice",
    "ventes",
    (
        NativeField("facture"), NativeField("journal"), NativeField("date", "date"), NativeField("tiers"),
        NativeField("lignes", "lines", columns=LINES),
    ),
    ("facture",),
    None,
    {"format": "sage"},
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'base.db'}"
    base = Base(url, Clock())
    base.third_party("C0001", "Durand SA")
    base.third_party("C0002", "Martin")
    base.third_party("F0001", "Un fournisseur", SUPPLIER)
    yield base
    base.close()


@pytest.fixture
def sage(base: Base, tmp_path: Path) -> Iterator[Connector]:
    for name in ("imports", "acks"):
        (tmp_path / name).mkdir()
    found = connect(
        "sage",
        Settings(url=base.url, imports=tmp_path / "imports", acks=tmp_path / "acks", stable_seconds=0),
    )
    yield found
    found.close()


def test_a_lettered_payment_is_a_record_with_its_invoice(base: Base, sage: Connector) -> None:
    sale = base.sale("VE", "FAC/2026/0001", date(2026, 1, 31), "C0001", "1200.00")
    paid = base.receipt("BQ", "VIR 42", date(2026, 2, 15), "C0001", "1200.00")
    base.letter("A", [sale, paid])
    records, pages = pulled(sage, LETTRAGE)
    (record,) = records.values()
    assert dict(record.values) == {
        "NUMERO": f"{paid}|{sale}",
        "FACTURE.EC_RefPiece": "FAC/2026/0001",
        "DATE": "2026-02-15",
        "FACTURE.DATE": "2026-01-31",
        "MONTANT": 1200,
        "JO_Num": "BQ",
        "EC_Piece": "VIR 42",
        "CT_Num.CT_Intitule": "Durand SA",
    }
    assert pages[-1].listing
    assert sage.ids(LETTRAGE) == {record.id}
    assert [one.values for one in sage.read(LETTRAGE, [record.id, "9|9", "x"])] == [record.values]


def test_letters_of_several_customers_suppliers_and_cases_are_kept_apart(base: Base, sage: Connector) -> None:
    for code, letters in (("C0001", "A"), ("C0002", "A"), ("C0001", "a"), ("F0001", "A")):
        sale = base.sale("VE", f"F-{code}-{letters}", date(2026, 1, 31), code, "100")
        base.letter(letters, [sale, base.receipt("CA", "ESP", date(2026, 2, 1), code, "60")])
    records, _ = pulled(sage, LETTRAGE)
    assert {one.values["FACTURE.EC_RefPiece"] for one in records.values()} == {
        "F-C0001-A", "F-C0002-A", "F-C0001-a",
    }  # fmt: skip
    tally("records duplicated", len(records) - 3)


def test_a_letter_given_later_is_news_and_one_taken_off_is_gone(base: Base, sage: Connector) -> None:
    sale = base.sale("VE", "F1", date(2026, 1, 31), "C0001", "100")
    paid = base.receipt("BQ", "V1", date(2026, 2, 1), "C0001", "40")
    before, pages = pulled(sage, LETTRAGE)
    assert not before
    clock = base.now
    assert isinstance(clock, Clock)
    clock.pass_(hours=3)
    base.letter("a", [sale, paid])
    part, pages = pulled(sage, LETTRAGE, pages[-1].cursor)
    assert [one.values["MONTANT"] for one in part.values()] == [40]
    clock.pass_(hours=3)
    rest = base.receipt("BQ", "V2", date(2026, 3, 1), "C0001", "60")
    base.letter("A", [sale, paid, rest])
    whole, pages = pulled(sage, LETTRAGE, pages[-1].cursor, versions(part))
    assert [one.values["MONTANT"] for one in whole.values()] == [60]
    assert sage.ids(LETTRAGE) == {f"{paid}|{sale}", f"{rest}|{sale}"}
    clock.pass_(hours=3)
    base.letter("", [sale, paid, rest])
    assert sage.ids(LETTRAGE) == set()


def test_what_cannot_be_told_is_set_aside_with_customer_and_letter(base: Base, sage: Connector) -> None:
    sales = [base.sale("VE", f"F{n}", date(2026, 1, n), "C0001", "60") for n in (1, 2)]
    paid = [base.receipt("BQ", f"V{n}", date(2026, 2, n), "C0001", "60") for n in (1, 2)]
    base.letter("B", [*sales, *paid])
    records, pages = pulled(sage, LETTRAGE)
    assert not records
    rejected = [one for page in pages for one in page.rejected]
    assert {one.id for one in rejected} == {str(one) for one in paid}
    assert all("C0001" in one.where and "letter B" in one.where for one in rejected)
    assert all("cannot be told" in one.reason for one in rejected)
    tally("bad inputs tried")


def test_where_chooses_letters_not_entries(base: Base, sage: Connector) -> None:
    for number, day in enumerate((date(2025, 12, 31), date(2026, 1, 31)), 1):
        sale = base.sale("VE", f"F{number}", day, "C0001", "60")
        base.letter(
            "AB"[number - 1], [sale, base.receipt("BQ", f"V{number}", date(2026, number, 1), "C0001", "60")]
        )
    only = replace(LETTRAGE, where={"EC_RefPiece": ["F2"]})
    records, _ = pulled(sage, only)
    assert [one.values["FACTURE.EC_RefPiece"] for one in records.values()] == ["F2"]


def test_many_letters_are_read_in_parts_and_none_is_cut(
    base: Base, sage: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sage.sql.lettered.AT_ONCE", 5)
    for n in range(1, 12):
        sale = base.sale("VE", f"F{n}", date(2026, 1, 15), "C0001", "100")
        parts = [base.receipt("BQ", f"V{n}", date(2026, 2, 1), "C0001", "50") for _ in range(2)]
        base.letter(f"A{chr(64 + n)}", [sale, *parts])
    records, pages = pulled(sage, LETTRAGE)
    assert len(records) == 22
    assert not [one for page in pages for one in page.rejected]
    tally("values lost", 22 - len(records))


def test_a_payment_by_due_date_leads_to_its_document(base: Base, sage: Connector) -> None:
    marq = base.document(7, "FA1", date(2026, 1, 31), "C0001", [])
    base.pay("C0001", date(2026, 2, 15), "300", {(7, "FA1"): "250.5"}, RG_Reference="CHQ 7")
    records, _ = pulled(sage, DUE)
    (record,) = records.values()
    assert dict(record.values) == {
        "DO_Piece.cbMarq": marq,
        "RG_No.RG_Date": "2026-02-15",
        "RC_Montant": 250.5,
        "RG_No.RG_Reference": "CHQ 7",
    }


# -- documents ---------------------------------------------------------------------------------------


def invoice(number: str, again: bool = False, amount: str = "120.00") -> Write:
    lines = [
        {"compte": "4110000", "tiers": True, "intitule": "Facture", "debit": amount, "credit": None},
        {"compte": "7061000", "tiers": False, "intitule": "Facture", "debit": None, "credit": amount},
    ]
    values = {"facture": number, "journal": "VE", "date": "2026-01-31", "tiers": "C0001", "lignes": lines}
    return Write(f"invoice_{number:0>32}", None, values, new_id=number, again=again)  # type: ignore[arg-type]


def entered(base: Base, number: str, amount: str = "120.00") -> None:
    day = date(2026, 1, 31)
    base.entry("VE", day, "4110000", DEBIT, amount, "C0001", EC_RefPiece=number)
    base.entry("VE", day, "7061000", CREDIT, amount, EC_RefPiece=number)


def test_a_document_in_the_books_is_confirmed_though_sage_said_nothing(
    base: Base, sage: Connector, tmp_path: Path
) -> None:
    (outcome,) = sage.write(INVOICES, [invoice("FAC1")])
    assert isinstance(outcome, Sent)
    assert b"FAC1" in (tmp_path / "imports" / outcome.receipt).read_bytes()
    assert not sage.receipts(INVOICES)
    entered(base, "FAC1")
    (receipt,) = sage.receipts(INVOICES)
    assert (receipt.accepted, receipt.ids) == (True, ("FAC1",))
    sage.settle(INVOICES, [receipt])
    assert not sage.receipts(INVOICES)
    assert [one.id for one in sage.read(INVOICES, ["FAC1", "FAC2"])] == ["FAC1"]


def test_a_document_that_is_in_the_books_is_not_handed_over_again(
    base: Base, sage: Connector, tmp_path: Path
) -> None:
    entered(base, "FAC1")
    base.receipt("BQ", "V", date(2026, 2, 1), "C0001", "120", EC_RefPiece="FAC1")
    (refused,) = sage.write(INVOICES, [invoice("FAC1")])
    assert isinstance(refused, Refused)
    assert "Sage has FAC1 already" in refused.reason
    (ours,) = sage.write(INVOICES, [invoice("FAC1", again=True)])
    assert isinstance(ours, Done), ours
    (other,) = sage.write(INVOICES, [invoice("FAC1", again=True, amount="99.00")])
    assert isinstance(other, Refused)
    assert not list((tmp_path / "imports").glob("ventes*"))
    tally("records duplicated", 0)


def test_lettrage_is_never_written(base: Base, sage: Connector) -> None:
    with pytest.raises(Misconfigured, match="cannot be written"):
        sage.write(LETTRAGE, [Write("payment_1", None, {"MONTANT": 1}, new_id="1|2")])
    with pytest.raises(Misconfigured, match="only handed over"):
        sage.ids(INVOICES)
    assert sage.receipts(LETTRAGE) == []


def test_the_check_looks_at_folders_and_documents(base: Base, sage: Connector, tmp_path: Path) -> None:
    said = {one.what: one for one in sage.check([INVOICES, LETTRAGE])}
    assert {one.level for one in said.values()} <= {"ok", "warning"}, said
    assert "format sage" in said["invoice (ventes)"].message
    assert said["imports"].level == "ok"
    wrong = replace(INVOICES, options={"format": "sagee"})
    assert any("'sagee' is none of" in one.message for one in sage.check([wrong]))
    (tmp_path / "acks").rmdir()
    assert any(one.what == "acks" and one.level == "error" for one in sage.check([]))
    unwritten = connect("sage", Settings(url=base.url))
    assert any("set imports" in one.todo for one in unwritten.check([INVOICES]))
    unwritten.close()
    tally("bad inputs tried", 3)
