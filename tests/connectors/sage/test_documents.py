"""Invoices handed to Sage as whole pieces of accounting: balanced, in its format, each exactly once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.sage import connect
from connectors.sage.files import FilesConnector
from connectors.sage.settings import Settings
from hub.ports import (
    Busy,
    Connector,
    Done,
    Keyed,
    Misconfigured,
    Native,
    NativeField,
    Outcome,
    Receipt,
    Refused,
    Sent,
    SourceDamaged,
    Unreachable,
    View,
    Write,
)  # fmt: skip
from sandbox.sage import Sage
from tests.tally import tally

COLUMNS = tuple(
    NativeField(name, kind)
    for name, kind in (
        ("compte", "text"), ("tiers", "boolean"), ("intitule", "text"), ("debit", "money"),
        ("credit", "money"), ("echeance", "date"), ("code_taxe", "text"),
    )
)  # fmt: skip
FIELDS = (
    NativeField("facture"),
    NativeField("journal"),
    NativeField("date", "date"),
    NativeField("tiers", "ref"),
    NativeField("echeance", "date"),
    NativeField("lignes", "lines", columns=COLUMNS),
)


def view_of(**options: Any) -> View:
    """Invoices as balanced entries of a Sage 100."""
    return View("invoice", "ecritures", FIELDS, ("facture",), options={"format": "sage", **options})


def line(
    compte: str, debit: float = 0.0, credit: float = 0.0, tiers: bool = False, **more: Native
) -> dict[str, Native]:
    return {
        "compte": compte, "tiers": tiers, "intitule": "Visite annuelle", "debit": debit, "credit": credit,
        "echeance": None, "code_taxe": None, **more,
    }  # fmt: skip


LINES = [line("411000", debit=120.0, tiers=True), line("707100", credit=100.0), line("445710", credit=20.0)]


def invoice(number: str = "FAC/2026/0001", ref: str | None = None, **values: Any) -> Write:
    """An invoice to be handed over, as the engine asks for it."""
    said = {
        "facture": number, "journal": "VTE", "date": "2026-01-31", "tiers": "C0001",
        "echeance": "2026-03-02", "lignes": LINES, **values,
    }  # fmt: skip
    return Write(ref or f"invoice_{number[-4:]}", None, said, new_id=number)


class Site:
    """A small Sage 100 with one customer, and a connection to it."""

    def __init__(self, folder: Path, view: View | None = None, **settings: Any) -> None:
        self.sage = Sage(folder, answers=settings.get("ack_by", "suffix"))
        self.sage.add(CT_Num="C0001", CT_Intitule="Durand SA")
        self.sage.add(CT_Num="C0002", CT_Intitule="Martin")
        folders = {"exports": self.sage.exports, "imports": self.sage.imports, "acks": self.sage.acks}
        self.view = view or view_of()
        self.settings = Settings(**{"stable_seconds": 0, **folders, **settings})
        self.connector = self.connect()

    def connect(self) -> FilesConnector:
        found = connect("sage", self.settings)
        assert isinstance(found, FilesConnector)
        return found

    def write(self, *writes: Write) -> list[Outcome]:
        return list(self.connector.write(self.view, writes))

    def refusal(self, **values: Any) -> Refused:
        """Why an invoice with these values is not handed over; nothing may be in the folder then."""
        (outcome,) = self.write(invoice(**values))
        assert isinstance(outcome, Refused), outcome
        assert not self.files()
        tally("bad inputs tried")
        return outcome

    def files(self) -> list[Path]:
        return sorted(path for path in self.sage.imports.iterdir() if path.is_file())

    def receipts(self) -> list[Receipt]:
        return list(self.connector.receipts(self.view))

    def settled(self) -> list[Receipt]:
        receipts = self.receipts()
        self.connector.settle(self.view, receipts)
        return receipts

    def numbers(self) -> list[str]:
        """The invoices entered in Sage, as often as they were."""
        return [entry.facture for entry in self.sage.accounts.entries() if entry.tiers]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


# -- what is in a file -------------------------------------------------------------------------------


def test_an_invoice_is_one_balanced_piece_in_format_sage(site: Site) -> None:
    (outcome,) = site.write(invoice())
    (path,) = site.files()
    assert outcome == Sent("FAC/2026/0001", path.name)
    assert path.suffix == ".txt"
    text = path.read_bytes().decode("cp1252")
    assert text.startswith("#FLG 000\r\n#VER 14\r\n#DEV EUR\r\n#MECG\r\nVTE\r\n310126\r\n")
    assert text.endswith("\r\n#FIN\r\n")
    assert text.count("#MECG") == 3
    site.sage.take()
    entries = site.sage.accounts.entries("FAC/2026/0001")
    assert [(e.compte, e.tiers, e.debit, e.credit, e.echeance) for e in entries] == [
        ("411000", "C0001", Decimal("120.00"), Decimal(0), "020326"),
        ("707100", "", Decimal(0), Decimal("100.00"), ""),
        ("445710", "", Decimal(0), Decimal("20.00"), ""),
    ]
    assert [(r.accepted, r.ids) for r in site.settled()] == [(True, ("FAC/2026/0001",))]
    assert not site.receipts()


def test_a_batch_is_one_file_and_a_bad_document_costs_only_itself(site: Site) -> None:
    bad = [LINES[0], line("707100", credit=99.99), LINES[2]]
    outcomes = site.write(invoice(), invoice("FAC/2026/0002", lignes=bad), invoice("FAC/2026/0003"))
    assert [type(outcome) for outcome in outcomes] == [Sent, Refused, Sent]
    assert len(site.files()) == 1
    site.sage.take()
    assert site.numbers() == ["FAC/2026/0001", "FAC/2026/0003"]


def second(compte: str = "707100", **values: Any) -> list[Any]:
    """The three lines, the second of them otherwise."""
    return [LINES[0], {**line(compte, credit=100.0), **values}, LINES[2]]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (second(credit=99.99), "its 3 lines do not balance: debit 120.00, credit 119.99, difference 0.01"),
        (second(""), "line 2: compte is empty"),
        (second(debit=1.0), "line 2: debit 1.00 and credit 100.00 on one line"),
        (second("70710099999999"), "its line 2 .*'70710099999999' has 14 characters, and 13 fit"),
        ([{**LINES[0], "tiers": False}, *LINES[1:]], "none of its 3 lines is that of the third party C0001"),
        (second(intitule="x" * 70), "its line 2 .*has 70 characters"),
        (second(intitule="東京"), "its line 2 .*'東' .*cp1252 does not know"),
        (second(credit="1e2"), "line 2: credit: '1e2' is not one number"),
        ([line("411000", tiers=True)], "none of its lines has an amount"),
        ([], "it has no lines"),
        (None, "it has no lines"),
        (["?"], "line 1: .* is no line"),
    ],
)
def test_a_document_that_cannot_be_written_whole_is_not_written_at_all(
    site: Site, lines: Any, reason: str
) -> None:
    refused = site.refusal(lignes=lines)
    assert re.search(reason, refused.reason), refused.reason
    assert refused.todo


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"tiers": None}, "line 1 is the third party's, and the document names none"),
        ({"journal": None}, "line 1: journal is empty"),
        ({"journal": "VENTES9"}, "'VENTES9' has 7 characters, and 6 fit"),
        ({"date": "31/02/2026"}, "date: '31/02/2026' is no day"),
        ({"date": "2026-02-31"}, "date: '2026-02-31' is no day"),
        ({"number": "FAC/2026/0001/SUITE"}, "has 19 characters, and 17 fit"),
        ({"tiers": "C" * 18}, "has 18 characters, and 17 fit"),
    ],
)  # fmt: skip
def test_what_a_document_says_of_itself_is_never_cut(site: Site, values: dict[str, Any], reason: str) -> None:
    assert reason in site.refusal(**values).reason


def test_a_label_with_characters_sage_does_not_know_is_spelled_and_told(site: Site) -> None:
    lines = [LINES[0], line("707100", credit=100.0, intitule="Visite à Łódź – 1 €"), LINES[2]]
    site.write(invoice(lignes=lines))
    site.sage.take()
    assert site.sage.accounts.entries()[1].intitule == "Visite à Lódz – 1 €"
    (receipt,) = site.receipts()
    assert receipt.accepted
    assert "Łódź" in receipt.reason
    assert "Lódz" in receipt.reason


def test_a_line_of_nothing_is_left_out_and_told(site: Site) -> None:
    site.write(invoice(lignes=[*LINES, line("709000")]))
    site.sage.take()
    assert len(site.sage.accounts.entries()) == 3
    assert "line 4 (account 709000) is of no amount" in site.receipts()[0].reason


@pytest.mark.parametrize("name", ["pnm", "ximport", "fec", "csv"])
def test_a_document_can_be_handed_over_in_the_formats_of_other_sages(tmp_path: Path, name: str) -> None:
    table = FIELDS[-1]
    fields = (NativeField("facture"), NativeField("piece"), *FIELDS[1:-1], table)
    options: dict[str, Any] = {"format": name}
    view = View("invoice", "ecritures", fields, ("facture",), options=options)
    site = Site(tmp_path, view)
    write = invoice("F1", journal="VT", piece="1", tiers="C1", date="2026-01-31")
    (outcome,) = site.write(write)
    assert isinstance(outcome, Sent), outcome
    (path,) = site.files()
    lines = path.read_bytes().decode("cp1252").splitlines()
    of_it = [text for text in lines if "411000" in text or "707100" in text or "445710" in text]
    assert len(of_it) == 3, lines


@pytest.mark.parametrize(("name", "numbers"), [("fec", ["F1", "F2"]), ("ximport", ["    1", "    2"])])
def test_a_piece_has_a_number_where_its_format_needs_one(
    tmp_path: Path, name: str, numbers: list[str]
) -> None:
    site = Site(tmp_path, view_of(format=name, file="ecritures*"))
    site.write(invoice("F1", journal="VT", tiers="C1"), invoice("F2", journal="VT", tiers="C1"))
    lines = site.files()[0].read_bytes().decode("cp1252").splitlines()[-6:]
    given = [text.split("\t")[2] if name == "fec" else text[:5] for text in lines]
    assert given == [numbers[0]] * 3 + [numbers[1]] * 3
    if name == "fec":
        (site.sage.exports / site.files()[0].name).write_bytes(site.files()[0].read_bytes())
        (page,) = site.connector.pull(site.view, None, lambda ids: {})
        assert ([record.id for record in page.records], page.rejected) == (["F1", "F2"], [])


def test_versions_of_format_sage_and_its_currency_are_chosen_in_the_mapping(tmp_path: Path) -> None:
    site = Site(tmp_path, view_of(version=25, devise="CHF"))
    site.write(invoice())
    text = site.files()[0].read_text("cp1252")
    assert "#VER 25\n#DEV CHF\n" in text
    site.sage.take()
    assert site.numbers() == ["FAC/2026/0001"]


# -- once, and never changed -------------------------------------------------------------------------


def test_a_document_is_never_changed(site: Site) -> None:
    site.write(invoice())
    outcome = site.write(Write("invoice_0001", "FAC/2026/0001", {"date": "2026-02-01"}))[0]
    assert isinstance(outcome, Refused)
    assert "a document is never changed" in outcome.reason


def test_a_document_asked_for_again_is_answered_and_not_handed_over_again(site: Site) -> None:
    write = invoice()
    (first,) = site.write(write)
    assert site.write(replace(write, again=True)) == [first]
    site.sage.take()
    site.settled()
    assert site.write(replace(write, again=True)) == [first]
    assert site.files() == []
    assert site.numbers() == ["FAC/2026/0001"]
    assert [receipt.accepted for receipt in site.receipts()] == [True], "its answer is handed over again"


def test_a_hub_whose_database_is_new_hands_no_document_over_again(site: Site) -> None:
    """Another reference of ours, the same invoice: what was handed over is known by its number."""
    (first,) = site.write(invoice())
    site.sage.take()
    site.settled()
    assert site.write(invoice(ref="invoice_of_another_database")) == [first]
    other = site.write(invoice(ref="invoice_of_another_database", journal="OD"))[0]
    assert isinstance(other, Refused)
    assert "was handed over before, with other values" in other.reason
    assert site.numbers() == ["FAC/2026/0001"]


def test_a_document_forgotten_in_full_is_still_known_by_its_number(tmp_path: Path) -> None:
    site = Site(tmp_path, keep_days=1)
    site.write(invoice(), invoice("FAC/2026/0002"))
    site.sage.take()
    site.settled()
    (done,) = (site.sage.imports / ".hub" / "done").glob("*.json")
    os.utime(done, (1, 1))
    site.write(invoice("FAC/2026/0003"))
    site.sage.take()
    site.settled()
    assert not done.exists()
    again = site.connect()
    (same,) = again.write(site.view, [invoice(ref="invoice_of_another_database")])
    assert isinstance(same, Done)
    assert same.record.id == "FAC/2026/0001"
    (other,) = again.write(site.view, [invoice(journal="OD")])
    assert isinstance(other, Refused)
    assert site.numbers() == ["FAC/2026/0001", "FAC/2026/0002", "FAC/2026/0003"]


def test_an_invoice_renumbered_after_it_was_handed_over_is_for_a_person(site: Site) -> None:
    site.write(invoice())
    (outcome,) = site.write(invoice("FAC/2026/0009", ref="invoice_0001"))
    assert isinstance(outcome, Refused)
    assert "was handed over before, under the number FAC/2026/0001" in outcome.reason


def test_two_records_of_one_number_in_one_batch_are_handed_over_once(site: Site) -> None:
    first, second = site.write(invoice(), invoice(ref="invoice_twin"))
    assert isinstance(first, Sent)
    assert isinstance(second, Refused)
    site.sage.take()
    assert site.numbers() == ["FAC/2026/0001"]


def test_what_sage_refused_may_be_handed_over_corrected(site: Site) -> None:
    bad = [LINES[0], line("707999", credit=100.0), LINES[2]]
    site.write(invoice(lignes=bad), invoice("FAC/2026/0002"))
    site.sage.take()
    receipts = {receipt.accepted: receipt for receipt in site.settled()}
    assert receipts[False].ids == ("FAC/2026/0001",)
    assert receipts[False].reason == "le compte général 707999 n'existe pas"
    assert receipts[False].places["FAC/2026/0001"].startswith("line 4 of ecritures_")
    assert receipts[True].ids == ("FAC/2026/0002",)
    assert isinstance(site.write(invoice())[0], Sent)
    site.sage.take()
    assert sorted(site.numbers()) == ["FAC/2026/0001", "FAC/2026/0002"]


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("FAC/2026/0002;compte inconnu", ("FAC/2026/0002",)),
        ("Pièce FAC/2026/0002 : compte inconnu", ("FAC/2026/0002",)),
        ("pièce n° P-77 : compte inconnu", ("FAC/2026/0002",)),
        ("Facture FAC/2026/0002 - compte inconnu", ("FAC/2026/0002",)),
        ("ligne 200 : compte inconnu", ("FAC/2026/0002",)),
        ("ligne 120 : compte inconnu", ("FAC/2026/0002",)),
        ("ligne 117 : compte inconnu", ("FAC/2026/0001",)),
        ("ligne 4 : compte inconnu", ("FAC/2026/0001",)),
        ("ligne 2 : version inconnue", ("FAC/2026/0001", "FAC/2026/0002")),
        ("fichier illisible", ("FAC/2026/0001", "FAC/2026/0002")),
    ],
)  # fmt: skip
def test_a_refusal_that_names_a_piece_is_that_pieces_alone(
    tmp_path: Path, said: str, refused: tuple[str, ...]
) -> None:
    fields = (*FIELDS[:-1], NativeField("piece"), FIELDS[-1])
    site = Site(tmp_path, View("invoice", "ecritures", fields, ("facture",), options={"format": "sage"}))
    site.write(invoice(piece="P-76"), invoice("FAC/2026/0002", piece="P-77"))
    (path,) = site.files()
    path.unlink()
    (site.sage.acks / f"{path.name}.err").write_text(said, encoding="cp1252")
    assert tuple(id for receipt in site.receipts() if not receipt.accepted for id in receipt.ids) == refused


@pytest.mark.parametrize("ack_by", ["folder", "removal"])
def test_other_ways_to_answer_hold_for_documents_too(tmp_path: Path, ack_by: str) -> None:
    names: dict[str, Any] = {"ack_ok": "ok", "ack_error": "rejected"} if ack_by == "folder" else {}
    site = Site(tmp_path, ack_by=ack_by, **names)
    site.write(invoice())
    assert not site.receipts()
    site.sage.take()
    assert [(r.accepted, r.ids) for r in site.settled()] == [(True, ("FAC/2026/0001",))]
    assert not site.receipts()


class Died(BaseException):
    """The hub's process is gone."""


Step = Callable[..., Any]


def test_a_stop_at_any_step_neither_loses_nor_repeats_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every rename, flush and removal is a place to die, before and after it. Then the hub comes back."""
    writes = [invoice("FAC/2026/0001"), invoice("FAC/2026/0002")]
    for at in count(1):
        site = Site(tmp_path / str(at))
        site.write(invoice("FAC/2026/0000"))
        site.sage.take()
        site.settled()
        with monkeypatch.context() as patch:
            steps = _dying(patch, at)
            died = False
            try:
                site.write(*writes)
            except Died:
                died = True
        if not died:
            assert steps[0] == at - 1 > 10, "every step was tried"
            break
        tally("faults injected")
        site.sage.take()
        site.connector = site.connect()
        outcomes = site.write(*(replace(write, again=True) for write in writes))
        assert all(isinstance(outcome, Sent) for outcome in outcomes), (at, outcomes)
        site.sage.take()
        assert sorted(site.numbers()) == ["FAC/2026/0000", "FAC/2026/0001", "FAC/2026/0002"], at
        site.settled()
        assert not site.receipts()
        tally("records duplicated", len(site.numbers()) - 3)


def _dying(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Have the process die at its n-th step on the disk; the count of steps so far."""
    steps = [0]

    def dying(real: Step) -> Step:
        def taken(*args: Any, **kwargs: Any) -> Any:
            _count(steps, at)
            found = real(*args, **kwargs)
            _count(steps, at)
            return found

        return taken

    for name in ("replace", "fsync"):
        monkeypatch.setattr(os, name, dying(getattr(os, name)))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))
    return steps


def _count(steps: list[int], at: int) -> None:
    steps[0] += 1
    if steps[0] == at:
        raise Died


# -- exports in the same format ----------------------------------------------------------------------


def test_no_export_is_needed_and_none_is_no_error(site: Site) -> None:
    assert [finding.level for finding in site.connector.check([site.view])] == ["ok", "ok", "ok", "ok"]
    (page,) = site.connector.pull(site.view, None, lambda ids: {})
    assert (list(page.records), page.listing) == ([], False)
    assert site.connector.read(site.view, ["FAC/2026/0001"]) == []
    assert site.connector.find(site.view, ["invoice_0001"]) == {}
    with pytest.raises(Misconfigured, match="cannot list every invoice"):
        site.connector.ids(site.view)


def exported(site: Site, name: str = "ecritures_20260201.txt", *writes: Write) -> Path:
    """A journal that Sage exports in the format the hub writes."""
    elsewhere = Site(site.sage.exports.parent / "elsewhere" / name)
    elsewhere.write(*(writes or (invoice(),)))
    (path,) = elsewhere.files()
    target = site.sage.exports / name
    target.write_bytes(path.read_bytes())
    return target


def test_an_exported_journal_is_read_back_as_documents(site: Site) -> None:
    exported(site, "ecritures_1.txt", invoice(), invoice("FAC/2026/0002"))
    (page,) = site.connector.pull(site.view, None, lambda ids: {})
    first = {record.id: record for record in page.records}["FAC/2026/0001"]
    assert first.values["tiers"] == "C0001"
    assert first.values["date"] == "2026-01-31"
    assert first.values["echeance"] == "2026-03-02"
    lines: Any = first.values["lignes"]
    assert [(one["compte"], one["tiers"], one["debit"], one["credit"]) for one in lines] == [
        ("411000", True, "120.00", "0.00"),
        ("707100", False, "0.00", "100.00"),
        ("445710", False, "0.00", "20.00"),
    ]
    assert first.where == "ecritures_1.txt line 4"
    again = list(site.connector.pull(site.view, page.cursor, lambda ids: {}))
    assert [list(one.records) for one in again] == [[]]


def test_an_exported_journal_confirms_what_sage_never_answered(site: Site) -> None:
    site.write(invoice(), invoice("FAC/2026/0002"))
    assert not site.receipts()
    path = exported(site)
    os.utime(path, ns=(path.stat().st_mtime_ns + 2_000_000_000,) * 2)
    (receipt,) = site.settled()
    assert (receipt.accepted, receipt.ids) == (True, ("FAC/2026/0001",))
    assert not site.receipts(), "the other one is still on its way"
    site.sage.take()
    assert [receipt.ids for receipt in site.receipts()] == [("FAC/2026/0002",)]


def test_a_document_sage_has_already_is_not_made_beside_it(site: Site) -> None:
    exported(site)
    (outcome,) = site.write(invoice())
    assert isinstance(outcome, Refused)
    assert "Sage has FAC/2026/0001 already (ecritures_20260201.txt line 4)" in outcome.reason
    (ours,) = site.write(replace(invoice(), again=True))
    assert isinstance(ours, Done)
    (other,) = site.write(replace(invoice(lignes=[LINES[0], line("707000", credit=120.0)]), again=True))
    assert isinstance(other, Refused)
    assert not site.files()


# -- what an admin is told ---------------------------------------------------------------------------


def with_fields(*fields: NativeField) -> View:
    return replace(view_of(), fields=fields)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (view_of(format="sge"), "format: 'sge' is none of sage, pnm, ximport, fec, csv"),
        (with_fields(*FIELDS[:-1]), "a document has one field of type lines, not 0"),
        (replace(view_of(), key=()), "write key: facture"),
        (with_fields(NativeField("compte"), *FIELDS), "'compte' is nothing that a document says"),
        (
            with_fields(*FIELDS[:-1], replace(FIELDS[-1], columns=COLUMNS[1:])),
            "the lines have no column 'compte'",
        ),
        (with_fields(FIELDS[0], *FIELDS[2:]), "neither the document nor its lines have 'journal'"),
        (view_of(version=3), "format sage cannot be written so"),
    ],
)
def test_a_mapping_that_makes_no_documents_is_told_word_by_word(site: Site, view: View, problem: str) -> None:
    said = [finding.message for finding in site.connector.check([view]) if finding.level == "error"]
    assert any(problem in message for message in said), said


def test_a_key_that_says_nothing_is_named(site: Site) -> None:
    warnings = [f for f in site.connector.check([view_of(verison=14)]) if f.level == "warning"]
    assert "version was probably meant" in warnings[0].message


def test_the_number_of_a_document_may_be_made_of_several_values(tmp_path: Path) -> None:
    site = Site(tmp_path, replace(view_of(), key=("journal", "facture")))
    values: Mapping[str, Native] = invoice().values
    assert site.connector.key_of(site.view, values) == "VTE|FAC/2026/0001"
    assert site.connector.key_of(site.view, {**values, "facture": None}) == ""


# -- what is asked of every connector that can be asked of one that is only written -------------------


def test_it_keeps_what_every_connector_promises_of_writing(site: Site) -> None:
    assert isinstance(site.connector, Connector)
    assert isinstance(site.connector, Keyed)
    assert site.write() == []
    assert site.connector.find(site.view, []) == {}
    site.write(invoice())
    site.sage.take()
    assert site.receipts() == site.receipts() != [], "until it is settled"
    site.connector.close()
    site.connector.close()


def test_five_hundred_documents_in_one_batch(site: Site) -> None:
    writes = [invoice(f"FAC/2026/{number:04}") for number in range(1, 501)]
    outcomes = site.write(*writes)
    assert [outcome.id for outcome in outcomes if isinstance(outcome, Sent)] == [w.new_id for w in writes]
    assert len(site.files()) == 1
    site.sage.take()
    assert site.numbers() == [write.new_id for write in writes]
    ids = [id for receipt in site.settled() if receipt.accepted for id in receipt.ids]
    assert ids == [write.new_id for write in writes]


def test_a_refusal_of_one_of_many_by_its_line_finds_it(site: Site) -> None:
    """Each of the three blocks of a document has 38 lines, below three lines of the file's own."""
    site.write(*(invoice(f"FAC/2026/{number:04}") for number in range(1, 301)))
    (path,) = site.files()
    lines = path.read_text("cp1252").splitlines()
    at = next(n for n, text in enumerate(lines, 1) if text == "FAC/2026/0217")
    path.unlink()
    (site.sage.acks / f"{path.name}.err").write_text(f"Ligne {at} : tiers bloqué", encoding="cp1252")
    (refused,) = [receipt for receipt in site.receipts() if not receipt.accepted]
    assert (refused.ids, refused.reason) == (("FAC/2026/0217",), "tiers bloqué")


def test_a_full_disk_hands_nothing_over_and_the_next_try_does(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(Unreachable, match="No space left"):
            site.write(invoice())
    assert not site.files()
    assert isinstance(site.write(replace(invoice(), again=True))[0], Sent)
    site.sage.take()
    assert site.numbers() == ["FAC/2026/0001"]


def test_an_export_still_being_written_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path)
    path = exported(site)
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    real = Path.read_bytes

    def growing(self: Path) -> bytes:
        data = real(self)
        self.write_bytes(whole)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", growing)
        with pytest.raises(Busy, match="still being written"):
            list(site.connector.pull(site.view, None, lambda ids: {}))
    (page,) = site.connector.pull(site.view, None, lambda ids: {})
    assert [record.id for record in page.records] == ["FAC/2026/0001"]


def test_half_an_export_says_so_and_gives_no_half_document(site: Site) -> None:
    path = exported(site, "ecritures_1.txt", invoice(), invoice("FAC/2026/0002"))
    lines = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join(lines[: 3 + 38 * 4]) + b"\r\n")
    (page,) = site.connector.pull(site.view, None, lambda ids: {})
    assert [record.id for record in page.records] == ["FAC/2026/0001"]
    assert any("without #FIN" in one.reason for one in page.rejected)
    tally("bad inputs tried")


@pytest.mark.parametrize("encoding", ["cp850", "iso8859-15"])
def test_a_sage_of_another_character_set_is_read_and_written_in_it(tmp_path: Path, encoding: Any) -> None:
    site = Site(tmp_path, import_encoding=encoding, encoding=encoding)
    site.sage.encoding = encoding
    site.sage.add(CT_Num="C0003", CT_Intitule="ÉLECTRICITÉ", CT_Contact="Zoë Çelik à Nîmes")
    site.sage.export()
    site.write(invoice(lignes=second(intitule="Entretien déjà réglé – 5 €")))
    data = site.files()[0].read_bytes()
    assert "Entretien déjà réglé".encode(encoding) in data
    site.sage.take()
    label = site.sage.accounts.entries()[1].intitule
    assert label.startswith("Entretien déjà réglé - 5 ")
    (receipt,) = site.receipts()
    assert "'–'" in receipt.reason
    tiers = View("customer", "tiers", (NativeField("CT_Intitule"), NativeField("CT_Contact")), ("CT_Num",))
    (record,) = site.connector.read(tiers, ["C0003"])
    assert record.values == {"CT_Intitule": "ÉLECTRICITÉ", "CT_Contact": "Zoë Çelik à Nîmes"}


@pytest.mark.parametrize(
    ("encoding", "data", "problem"),
    [
        ("cp850", "CT_Num;CT_Intitule\r\nC1;Évry\r\n".encode(), "the file is in UTF-8, not CP850"),
        ("iso8859-15", "CT_Num;CT_Intitule\r\nC1;Évry\r\n".encode(), "the file is in UTF-8, not ISO 8859-15"),
        (
            "iso8859-15",
            "CT_Num;CT_Intitule\r\nC1;\x82vry\r\n".encode("latin-1"),
            "0x82 .* is no character of ISO",
        ),
        (
            "iso8859-15",
            "CT_Num;CT_Intitule\r\nC1;12 €\r\n".encode("cp1252"),
            "0x80 .* is no character of ISO",
        ),
    ],
)
def test_a_file_in_another_character_set_than_said_is_not_read(
    tmp_path: Path, encoding: str, data: bytes, problem: str
) -> None:
    site = Site(tmp_path, encoding=encoding)
    (site.sage.exports / "tiers_1.csv").write_bytes(data)
    tiers = View("customer", "tiers", (NativeField("CT_Intitule"),), ("CT_Num",))
    tally("bad inputs tried")
    with pytest.raises(SourceDamaged, match=problem):
        site.connector.read(tiers, ["C1"])
