"""Workbooks as people leave them behind."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.bad_input.office import Mishap, Office, bears
from tests.story.company import TOP

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def replaced(content: Callable[[Office], bytes]) -> Callable[[Office], None]:
    """Puts another content in the workbook's place; the real one is kept beside it."""

    def spoil(office: Office) -> None:
        path = office.workbook.path
        kept(office).write_bytes(path.read_bytes())
        path.write_bytes(content(office))

    return spoil


def restored(office: Office) -> None:
    os.replace(kept(office), office.workbook.path)


def kept(office: Office) -> Path:
    return office.folder / "kept"


def truncated(office: Office) -> bytes:
    whole = office.workbook.path.read_bytes()
    return whole[: len(whole) // 2]


def bomb(office: Office) -> bytes:
    with zipfile.ZipFile(office.workbook.path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/blank.bin", bytes(64 * 1024 * 1024))
    return office.workbook.path.read_bytes()


def typed(cell: str, value: str | int | None, sheet: str = "Clients") -> Callable[[Office], None]:
    """Types something in a cell."""

    def spoil(office: Office) -> None:
        book = openpyxl.load_workbook(office.workbook.path)
        book[sheet][cell].value = value
        book.save(office.workbook.path)

    return spoil


def locked(name: str, holder: bytes) -> Callable[[Office], None]:
    def spoil(office: Office) -> None:
        office.workbook.path.with_name(name.format(office.workbook.path.name)).write_bytes(holder)

    return spoil


def unlocked(name: str) -> Callable[[Office], None]:
    def mend(office: Office) -> None:
        office.workbook.path.with_name(name.format(office.workbook.path.name)).unlink()

    return mend


EXCEL, LIBREOFFICE = "~${}", ".~lock.{}#"
FILE = "Clients 2026.xlsx"

MISHAPS = {
    "open in Excel": Mishap(
        "clients", locked(EXCEL, b"\x05Nadia".ljust(55) + b"\x05\0" + "Nadia".encode("utf-16-le").ljust(108)),
        unlocked(EXCEL), 3, (FILE, "Nadia", "close it"), check=0,
    ),
    "locked by LibreOffice": Mishap(
        "clients", locked(LIBREOFFICE, b",Nadia,poste-3,01.02.2026 10:00,file:///x;"),
        unlocked(LIBREOFFICE), 3, (FILE, "Nadia", "close it"), check=0,
    ),
    "truncated": Mishap("clients", replaced(truncated), restored, 1, (FILE, "cut short", "restore a backup")),
    "encrypted": Mishap(
        "clients", replaced(lambda _: (SAMPLES / "workbooks/pass_protected.xlsx").read_bytes()), restored, 1,
        (FILE, "protected by a password", "File, Info, Protect Workbook"),
    ),
    "a renamed CSV": Mishap(
        "clients", replaced(lambda _: "N° client;Nom\r\nC0001;Un\r\n".encode("cp1252")), restored, 1,
        (FILE, "CSV", "save"),
    ),
    "a bomb": Mishap("clients", replaced(bomb), restored, 1, (FILE, "bomb", "times its size")),
    "an empty file": Mishap(
        "clients", replaced(lambda _: b""), restored, 1, (FILE, "is empty", "restore it from a backup")
    ),
    "its key column gone": Mishap(
        "clients", typed(f"A{TOP}", "Code interne"), typed(f"A{TOP}", "N° client"), 2,
        ("N° client", "sheet 'Clients'", f"row {TOP}"),
    ),
    "another column gone": Mishap(
        "clients", typed(f"I{TOP}", "Viles"), typed(f"I{TOP}", "Ville"), 2,
        ("no column 'Ville'", "sheet 'Clients'", "did you mean 'Viles'?"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISHAPS)
def test_a_workbook_that_cannot_be_used_is_left_alone(name: str, office: Office) -> None:
    if name == "encrypted" and not SAMPLES.is_dir():
        pytest.skip(f"the sample files are not there: {SAMPLES} (they are no part of the project)")
    bears(office, MISHAPS[name])
