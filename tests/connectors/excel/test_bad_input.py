"""Workbooks as they should not be: each ends in a clear error or a rejected row, nothing lost."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from hub.ports import (
    Busy,
    Done,
    Misconfigured,
    NativeField,
    Refused,
    SourceDamaged,
    Unreachable,
)
from tests.connectors.excel.tools import (
    MAIN,
    SAMPLES,
    add,
    book,
    connector,
    edit,
    needs_samples,
    number,
    one,
    parts_of,
    pull,
    raw_book,
    records,
    row,
    sheet_of,
    style_sheet,
    text,
    view,
)

ROWS = [["N° client", "Nom"], ["C1", "Un"], ["C2", "Deux"]]


def bad(path: Path, **settings: object) -> SourceDamaged:
    """The error of a pull, which must be the error of every other way in, too."""
    hub = connector(path, **settings)
    of = view("Nom")
    before = path.read_bytes()
    with pytest.raises(SourceDamaged) as caught:
        pull(hub, of)
    with pytest.raises(SourceDamaged):
        hub.write(of, [add("C9", {"Nom": "Neuf"})])
    (finding,) = [f for f in hub.check([of]) if f.level == "error"]
    assert caught.value.what in finding.message
    assert path.read_bytes() == before
    assert caught.value.todo
    return caught.value


def test_a_workbook_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    book(tmp_path / "clients 2026.xlsx", ROWS)
    with pytest.raises(Unreachable, match=r"clients 2026\.xlsx"):
        pull(connector(tmp_path / "clients.xlsx"), view("Nom"))


def test_a_share_that_is_not_mounted_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="mounted"):
        pull(connector(tmp_path / "share" / "clients.xlsx"), view("Nom"))


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "clients.xlsx"
    path.touch()
    assert "empty" in bad(path).what


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_damaged(tmp_path: Path, share: float) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in bad(path).what


def test_a_flipped_byte_in_a_part_is_seen_by_its_checksum(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "clients.xlsx", row(1, text("A1", "N° client"), text("B1", "Nom")))
    stored = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts_of(path).items():
            archive.writestr(name, content)
    stored.write_bytes(stored.read_bytes().replace("N° client".encode(), "N° cli3nt".encode()))
    assert "damaged" in str(bad(stored))


@needs_samples
@pytest.mark.parametrize("name", ["workbooks/pass_protected.xlsx", "poi/60320-protected.xlsx"])
def test_an_encrypted_workbook_is_said_to_have_a_password(tmp_path: Path, name: str) -> None:
    path = tmp_path / "clients.xlsx"
    path.write_bytes((SAMPLES / name).read_bytes())
    assert "password" in bad(path).what


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"N\xb0 client;Nom\r\nC1;Un\r\n", "CSV"),
        ("N° client\tNom\nC1\tUn\n".encode(), "CSV"),
        (b"<html><table><tr><td>N</td></tr></table></html>", "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (bytes(range(256)) * 4, "not an Excel workbook"),
        (b"PK\x05\x06" + bytes(18), "no workbook"),
    ],
    ids=["csv", "tsv", "html", "html with bom", "xml", "noise", "empty zip"],
)
def test_a_file_that_was_renamed_is_called_what_it_is(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "clients.xlsx"
    path.write_bytes(content)
    assert word in bad(path).what


def test_a_bomb_is_refused_by_its_directory_before_it_is_unpacked(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "clients.xlsx", "")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", bytes(64 * 1024 * 1024))
    error = bad(path)
    assert "bomb" in error.what
    assert "times its size" in error.why


def test_an_archive_that_lies_about_a_parts_size_is_damaged(tmp_path: Path) -> None:
    path = raw_book(tmp_path / "clients.xlsx", row(1, text("A1", "N° client"), text("B1", "Nom" * 5000)))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<L", data, at + 24, 100)
    path.write_bytes(bytes(data))
    bad(path)


def test_more_unpacked_than_the_limit_is_refused_and_the_limit_named(tmp_path: Path) -> None:
    path = book(
        tmp_path / "clients.xlsx",
        [["N° client", "Nom"], *([f"C{n}", os.urandom(400).hex()] for n in range(2000))],
    )
    error = bad(path, limits={"unpacked_mib": 1})
    assert "limits.unpacked_mib" in error.todo
    assert len(records(connector(path), view("Nom"))) == 2000


def test_a_document_type_with_entities_is_refused(tmp_path: Path) -> None:
    sheet = (
        '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        f'<worksheet xmlns="{MAIN}"><sheetData>{row(1, text("A1", "&b;"))}</sheetData></worksheet>'
    )
    path = raw_book(tmp_path / "clients.xlsx", "", others={"xl/worksheets/sheet1.xml": sheet})
    assert "document type" in bad(path).what


def test_an_external_entity_fetches_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("never to be seen")
    strings = (
        f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        f'<workbook xmlns="{MAIN}"><sheets>&x;</sheets></workbook>'
    )
    path = raw_book(tmp_path / "clients.xlsx", "", others={"xl/workbook.xml": strings})
    error = bad(path)
    assert "document type" in error.what
    assert "never to be seen" not in str(error)


def test_two_cells_in_far_corners_cost_two_cells(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Nom")) + row(2, text("A2", "C1"), text("B2", "Un"))
    path = raw_book(tmp_path / "clients.xlsx", data + row(1_048_576, text("XFD1048576", "fantôme")))
    found = records(connector(path, limits={"memory_mib": 256}), view("Nom"))
    assert {id: record.values["Nom"] for id, record in found.items()} == {"C1": "Un"}


@pytest.mark.parametrize(
    "cell", ['<c r="ZZZZ9"><v>1</v></c>', '<c r="XFE2"><v>1</v></c>', '<c r="é2"><v>1</v></c>']
)
def test_a_cell_outside_any_sheet_is_damage(tmp_path: Path, cell: str) -> None:
    path = raw_book(
        tmp_path / "clients.xlsx", row(1, text("A1", "N° client"), text("B1", "Nom")) + row(2, cell)
    )
    assert "outside any sheet" in bad(path).what


def test_more_cells_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], *([f"C{n}", n] for n in range(600))])
    assert "limits.cells" in bad(path, limits={"cells": 1000}).todo


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], *([f"C{n}", n] for n in range(20_000))])
    assert "limits.seconds" in bad(path, limits={"seconds": 0.05}).todo


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on a process's address space")
def test_a_reader_that_needs_too_much_memory_costs_only_itself(tmp_path: Path) -> None:
    content = "".join(f"<si><t>{n:0100d}</t></si>" for n in range(900_000))
    strings = f'<sst xmlns="{MAIN}">{content}</sst>'
    data = row(1, '<c r="A1" t="s"><v>0</v></c>')
    path = raw_book(tmp_path / "clients.xlsx", data, others={"xl/sharedStrings.xml": strings})
    with zipfile.ZipFile(path) as archive:
        rels = archive.read("xl/_rels/workbook.xml.rels").decode()
    rels = rels.replace(
        "</Relationships>",
        '<Relationship Id="rId9" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/sharedStrings"/></Relationships>',
    )
    everything = parts_of(path) | {"xl/_rels/workbook.xml.rels": rels.encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in everything.items():
            archive.writestr(name, part)
    assert "memory" in str(bad(path, limits={"memory_mib": 128}))


# -- sheets and columns ------------------------------------------------------------------------------


def test_a_missing_sheet_names_the_near_one(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS, sheet="Clients 2026")
    with pytest.raises(Misconfigured, match=r"did you mean 'Clients 2026'"):
        pull(connector(path), view("Nom"))


def test_a_workbook_without_its_key_column_names_the_near_one_and_writes_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["Num. clients", "Nom"], ["C1", "Un"]])
    hub = connector(path)
    with pytest.raises(Misconfigured) as caught:
        pull(hub, view("Nom"))
    assert "'N° client'" in caught.value.what
    assert "row 1" in caught.value.why
    assert "did you mean 'Num. clients'" in caught.value.todo
    with pytest.raises(Misconfigured):
        hub.write(view("Nom"), [add("C2", {"Nom": "Deux"})])


def test_a_column_that_vanished_stops_the_pull(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", ROWS)
    with pytest.raises(Misconfigured, match=r"no column 'Ville'"):
        pull(connector(path), view("Nom", "Ville"))


def test_a_column_that_stands_twice_is_not_guessed(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom", "NOM "], ["C1", "Un", "Autre"]])
    assert records(connector(path), view("Nom"))["C1"].values == {"Nom": "Un"}
    with pytest.raises(Misconfigured, match="B1 and C1"):
        pull(connector(path), view("nom"))


def test_an_empty_sheet_is_not_a_sheet_whose_records_are_gone(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [])
    with pytest.raises(Misconfigured, match="empty"):
        pull(connector(path), view("Nom"))


# -- rows and cells ----------------------------------------------------------------------------------


def test_rows_of_one_key_are_all_set_aside_and_count_as_there(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [*ROWS, ["C1", "Un bis"], ["C3", "Trois"]])
    hub = connector(path)
    of = view("Nom")
    (page,) = pull(hub, of)
    assert [record.id for record in page.records] == ["C2", "C3"]
    assert [(r.id, r.where) for r in page.rejected] == [
        ("C1", "sheet 'Clients', row 2"),
        ("C1", "sheet 'Clients', row 4"),
    ]
    assert "other rows too: 4" in page.rejected[0].reason
    assert page.listing
    assert hub.ids(of) == {"C1", "C2", "C3"}
    (there,) = hub.read(of, ["C1"])
    assert there.values == {}
    assert "other rows" in there.unreadable["Nom"]
    outcome = one(hub.write(of, [edit(there, {"Nom": "Écrit"})]))
    assert isinstance(outcome, Refused)
    assert "several rows: 2, 4" in outcome.reason
    assert isinstance(one(hub.write(of, [add("C1", {"Nom": "Neuf"})])), Refused)


def test_a_row_without_a_key_is_set_aside_and_nothing_is_reported_as_gone_meanwhile(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [*ROWS, [None, "Sans numéro"], ["  ", "Blanc"]])
    hub = connector(path)
    (page,) = pull(hub, view("Nom"))
    assert [record.id for record in page.records] == ["C1", "C2"]
    assert [(r.id, r.where) for r in page.rejected] == [
        (None, "sheet 'Clients', row 4"),
        (None, "sheet 'Clients', row 5"),
    ]
    assert "A4" in page.rejected[0].todo
    assert not page.listing
    with pytest.raises(SourceDamaged, match="rows without a readable key: 4, 5"):
        hub.ids(view("Nom"))


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!", "#NAME?", "#VALUE!"])
def test_an_error_cell_is_unread_never_empty(tmp_path: Path, error: str) -> None:
    path = book(
        tmp_path / "clients.xlsx", [["N° client", "Nom", "CA"], ["C1", "Un", error], ["C2", "Deux", 5]]
    )
    hub = connector(path)
    of = view("Nom", NativeField("CA", "money"))
    found = records(hub, of)
    assert found["C1"].values == {"Nom": "Un"}
    assert error in found["C1"].unreadable["CA"]
    assert found["C2"].values == {"Nom": "Deux", "CA": 5}
    outcome = one(hub.write(of, [edit(found["C1"], {"Nom": "Autre"})]))
    assert isinstance(outcome, Done)
    assert sheet_of(path)["C2"].value == error


def test_an_error_in_a_key_sets_the_row_aside(tmp_path: Path) -> None:
    path = book(tmp_path / "clients.xlsx", [*ROWS, ["#REF!", "Trois"]])
    (page,) = pull(connector(path), view("Nom"))
    assert "#REF!" in page.rejected[0].reason
    assert not page.listing


def test_a_cell_of_forty_thousand_characters_is_read_whole(tmp_path: Path) -> None:
    long = "é" * 40_000
    data = row(1, text("A1", "N° client"), text("B1", "Nom"), text("C1", "Ville")) + row(
        2, text("A2", "C1"), text("B2", long), text("C2", "Évry")
    )
    path = raw_book(tmp_path / "clients.xlsx", data)
    hub = connector(path)
    of = view("Nom", "Ville")
    record = records(hub, of)["C1"]
    assert record.values["Nom"] == long
    assert isinstance(one(hub.write(of, [edit(record, {"Ville": "Lille"})])), Done)
    assert records(hub, of)["C1"].values == {"Nom": long, "Ville": "Lille"}
    refused = one(hub.write(of, [add("C2", {"Nom": long})]))
    assert isinstance(refused, Refused)
    assert "40,000" in refused.reason


@pytest.mark.parametrize(
    "name", ["NA", "N/A", "None", "null", "nan", "#N/A Distribution", "TRUE", "0012", "1E5"]
)
def test_a_customer_whose_name_looks_like_something_else_keeps_it(tmp_path: Path, name: str) -> None:
    path = book(tmp_path / "clients.xlsx", [["N° client", "Nom"], ["C1", "x"]])
    made = openpyxl.load_workbook(path)
    cell = made["Clients"]["B2"]
    cell.value = name
    cell.data_type = "s"
    made.save(path)
    assert records(connector(path), view("Nom"))["C1"].values == {"Nom": name}


def test_uncalculated_formulas_are_unread_until_excel_saves(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Nom"), text("C1", "TTC")) + row(
        2, text("A2", "C1"), text("B2", "Un"), '<c r="C2"><f>1+1</f><v>2</v></c>'
    )
    path = raw_book(tmp_path / "clients.xlsx", data, calc="<calcPr calcId='191029'/>")
    hub = connector(path)
    of = view("Nom", NativeField("TTC", "money"))
    record = records(hub, of)["C1"]
    assert record.values == {"Nom": "Un", "TTC": 2}
    outcome = one(hub.write(of, [edit(record, {"Nom": "Deux"})]))
    assert isinstance(outcome, Done)
    assert "TTC" in outcome.record.unreadable
    after = records(hub, of)["C1"]
    assert after.values == {"Nom": "Deux"}
    assert "save it" in after.unreadable["TTC"]
    again = one(hub.write(of, [edit(record, {"Nom": "Trois"})]))
    assert type(again).__name__ == "Moved"


def test_keys_that_are_uncalculated_formulas_stop_the_pull(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Nom")) + row(
        2, '<c r="A2" t="str"><f>"C"&amp;1</f><v>C1</v></c>', text("B2", "Un")
    )
    fresh = raw_book(tmp_path / "fresh.xlsx", data)
    assert set(records(connector(fresh), view("Nom"))) == {"C1"}
    stale = raw_book(tmp_path / "stale.xlsx", data, calc='<calcPr fullCalcOnLoad="1"/>')
    with pytest.raises(Busy, match="not calculated"):
        pull(connector(stale), view("Nom"))


def test_struck_out_rows_are_read_like_others_and_said_by_check(tmp_path: Path) -> None:
    data = (
        row(1, text("A1", "N° client"), text("B1", "Nom"))
        + row(2, text("A2", "C1", 1), text("B2", "Résilié", 1))
        + row(3, text("A3", "C2"), text("B3", "Actif"))
    )
    path = raw_book(tmp_path / "clients.xlsx", data, styles=style_sheet(strike=True))
    hub = connector(path)
    assert set(records(hub, view("Nom"))) == {"C1", "C2"}
    assert any("struck through" in finding.message for finding in hub.check([view("Nom")]))
    of = view("Nom", NativeField("Nom@strike", "boolean", writable=False))
    assert {id: r.values["Nom@strike"] for id, r in records(hub, of).items()} == {"C1": True, "C2": False}
    assert not any("struck through" in finding.message for finding in hub.check([of]))


def test_dates_before_the_calendar_and_wrong_numbers_are_unread(tmp_path: Path) -> None:
    data = row(1, text("A1", "N° client"), text("B1", "Depuis")) + "".join(
        row(n, text(f"A{n}", f"C{n}"), number(f"B{n}", value, 1))
        for n, value in enumerate(("-1", "60", "9999999", "bogus", "45000"), 2)
    )
    path = raw_book(tmp_path / "clients.xlsx", data, styles=style_sheet("dd/mm/yyyy"))
    found = records(connector(path), view(NativeField("Depuis", "date")))
    assert [list(record.unreadable) for record in found.values()] == [["Depuis"]] * 4 + [[]]
    assert found["C6"].values == {"Depuis": "2023-03-15"}
