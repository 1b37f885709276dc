"""A workbook that loses a column or a sheet, goes away, or is another kind of file: said, and waited for."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.connectors.excel.test_other_formats import line, ods, said
from tests.daemon.site import HEADINGS
from tests.operations.site import DURAND, IMPATIENT, BadDay
from tests.tally import tally


def bad_day(
    site: BadDay,
    spoil: Callable[[], None],
    said: tuple[str, ...],
    mend: Callable[[], None],
    state: str = "failing",
) -> None:
    """Spoil something under a running hub; it says what, the others go on, all is well once it is mended."""
    tally("faults injected")
    site.begun()
    spoil()
    site.until(lambda: site.health()["routes"][1]["state"] == state)
    told = site.health()["routes"][1]["errors"][0]["error"]
    for word in said:
        assert word in told
    # The rest goes on: what people do in Odoo is read, and waits.
    site.in_odoo("Mairie de Vif", city="Vif")
    site.in_odoo("Durand SA", city="Bron")
    site.until(lambda: site.health()["waiting"]["outbox"] >= 2)
    assert site.health()["routes"][0]["state"] == "ok"
    assert site.partners()["Durand SA"]["city"] == "Bron"
    mend()
    site.until(site.at_rest)
    rows = site.rows()
    assert rows["Durand SA"]["Ville"] == "Bron"
    assert rows["Mairie de Vif"]["Ville"] == "Vif"
    assert site.names() == ["Durand SA", "Mairie de Vif"]
    assert site.alive()


def move(source: Path, target: Path) -> None:
    os.replace(source, target)


def rename_heading(site: BadDay, old: str, new: str) -> None:
    with site.edited() as sheet:
        cell = next(cell for cell in sheet[1] if cell.value == old)
        cell.value = new


def test_a_renamed_column_stops_the_workbook_by_name_and_not_by_emptying_a_field(site: BadDay) -> None:
    bad_day(
        site,
        lambda: rename_heading(site, "Téléphone", "Portable"),
        ("has no column 'Téléphone'", "'Portable'"),
        lambda: rename_heading(site, "Portable", "Téléphone"),
    )
    assert site.partners()["Durand SA"]["phone"]


def test_a_vanished_column_stops_the_workbook_by_name(site: BadDay) -> None:
    kept = site.folder / "kept.xlsx"

    def spoil() -> None:
        shutil.copy(site.workbook, kept)
        with site.edited() as sheet:
            sheet.delete_cols(3)

    bad_day(site, spoil, ("has no column 'SIRET'",), lambda: os.replace(kept, site.workbook))
    assert site.partners()["Durand SA"]["company_registry"] == DURAND[2]


def rename_sheet(site: BadDay, name: str) -> None:
    with site.edited() as sheet:
        sheet.title = name


def test_a_renamed_sheet_is_said_with_the_names_there_are(site: BadDay) -> None:
    bad_day(
        site,
        lambda: rename_sheet(site, "Clients 2026"),
        ("Clients 2026",),
        lambda: rename_sheet(site, "Clients"),
    )


def test_a_vanished_sheet_deletes_nobody(site: BadDay) -> None:
    kept = site.folder / "kept.xlsx"

    def spoil() -> None:
        shutil.copy(site.workbook, kept)
        book = openpyxl.load_workbook(site.workbook)
        book.create_sheet("Autre")
        del book["Clients"]
        draft = site.folder / "draft.xlsx"
        book.save(draft)
        draft.replace(site.workbook)

    bad_day(site, spoil, ("Clients", "Autre"), lambda: os.replace(kept, site.workbook))


def test_a_deleted_workbook_is_missed_and_deletes_nobody(site: BadDay) -> None:
    kept = site.folder / "kept.xlsx"
    bad_day(
        site,
        lambda: move(site.workbook, kept),
        ("clients.xlsx is not there",),
        lambda: move(kept, site.workbook),
    )


STRICT = (
    (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
    (b"http://schemas.openxmlformats.org/drawingml/2006/main", b"http://purl.oclc.org/ooxml/drawingml/main"),
)  # fmt: skip


def as_strict(source: Path, target: Path) -> None:
    """The same workbook as Excel saves it as "Strict Open XML": other namespaces, the same content."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith((".xml", ".rels")):
                for transitional, strict in STRICT:
                    content = content.replace(transitional, strict)
            new.writestr(member.filename, content)


def test_a_workbook_saved_as_strict_open_xml_is_read_whole_and_never_taken_for_empty(site: BadDay) -> None:
    tally("faults injected")
    site.extra = IMPATIENT
    names = [(f"C{n:04}", f"Client {n:02}", "", "", "Lyon") for n in range(12)]
    site.begun(*names)
    ours = next(tuple(row.values()) for name, row in site.rows().items() if name == "My Company")
    with site.edited() as sheet:
        sheet.cell(2, 5).value = "Bron"
    strict = site.folder / "strict.xlsx"
    as_strict(site.workbook, strict)
    strict.replace(site.workbook)
    site.until(lambda: site.partners()["Client 00"]["city"] == "Bron")
    # Such a file is not written: what it is owed is refused in words, and follows once it is saved anew.
    site.in_odoo("Mairie de Vif", city="Vif")
    site.until(lambda: site.health()["waiting"]["dead_letters"])
    code, found = site.doctor()
    assert code == 1, found
    assert any("strict OOXML" in one["message"] for one in found), found
    site.write_workbook([(*row[:4], "Bron" if n == 0 else "Lyon") for n, row in enumerate([*names, ours])])
    site.until(lambda: "Mairie de Vif" in site.rows())
    site.until(site.at_rest)
    assert site.health()["waiting"]["dead_letters"] == 0
    assert site.names() == [*(name for _, name, *_ in names), "Mairie de Vif"]
    assert site.alive()


def as_ods(path: Path) -> None:
    ods(path, "".join(line(*map(said, row)) for row in (HEADINGS, (*DURAND[:4], "Bron"))))


def as_xls(path: Path) -> None:
    """Enough of an Excel 97 file to be taken for one, and no more: a save that was cut short."""
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1024 + "Workbook".encode("utf-16-le") + b"\0" * 512
    )


@pytest.mark.parametrize("make", [as_ods, as_xls], ids=["ods", "xls"])
def test_another_kind_of_file_under_the_workbook_s_name_is_read_rightly_or_refused_in_words(
    site: BadDay, make: Callable[[Path], None]
) -> None:
    """Somebody saves the list with LibreOffice or an old Excel, and gives it the old name."""
    tally("faults injected")
    site.extra = IMPATIENT
    site.begun()
    kept = site.folder / "kept.xlsx"
    shutil.copy(site.workbook, kept)
    make(site.folder / "draft")
    os.replace(site.folder / "draft", site.workbook)
    site.in_odoo("Durand SA", phone="04 00 00 00 00")
    site.until(lambda: site.health()["waiting"]["dead_letters"] or site.health()["status"] == "degraded")
    code, found = site.doctor()
    assert code in (1, 2), found
    assert any(
        "xlsx" in one["message"] + one["todo"] and "save" in one["message"] + one["todo"] for one in found
    )
    os.replace(kept, site.workbook)
    site.until(lambda: "04 00 00 00 00" in str(site.rows()["Durand SA"]["Téléphone"]).replace("+33 ", "0"))
    site.until(site.at_rest)
    assert site.names() == ["Durand SA"]
    assert site.alive()


def test_a_workbook_marked_read_only_is_said_and_the_write_waits_until_it_is_not(site: BadDay) -> None:
    """Replacing it would be possible, and is not done."""
    tally("faults injected")
    site.begun()
    os.chmod(site.workbook, 0o444)
    site.in_odoo("Durand SA", city="Bron")
    site.until(lambda: site.health()["routes"][1]["state"] == "failing")
    assert "read-only for the hub" in site.reasons()
    _, found = site.doctor()
    assert any("read-only for the hub" in one["message"] for one in found)
    assert site.rows()["Durand SA"]["Ville"] == "Lyon"
    os.chmod(site.workbook, 0o644)
    site.until(lambda: site.rows()["Durand SA"]["Ville"] == "Bron")
    site.until(site.at_rest)
    assert site.alive()
