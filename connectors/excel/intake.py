"""What kind of file this really is, and whether it is safe to open: looked at before any library sees it.

Works on the first bytes and on the archive's central directory alone; decompresses nothing but the two small
parts that name the kind. Raises `Fault` for what is no workbook, is locked with a password, is cut short, or
would unpack to far more than a customer base can be. Reads by content, never by the file's ending.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from hub.filing.faults import Fault, damaged

Form: TypeAlias = Literal["ooxml", "xlsb", "ods", "xls"]

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
SMALL_PART = 10 * 1024 * 1024
MIB = 1024 * 1024

RESAVE = "open it in Excel and save it as an Excel workbook (.xlsx)"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is too much; bytes, counts and a ratio (see `settings.Limits`)."""

    file_bytes: int = 100 * MIB
    unpacked_bytes: int = 600 * MIB
    ratio: int = 200
    members: int = 4000
    cells: int = 8_000_000


def examine(path: Path, shown: str, bounds: Bounds) -> Form:
    """The form of the file at `path`, called `shown` in messages; raises `Fault` if it must not be opened."""
    size = path.stat().st_size
    if size == 0:
        raise damaged(
            f"{shown} is empty (0 bytes)", todo="restore it from a backup, or wait for the copy to end"
        )
    if size > bounds.file_bytes:
        why = f"{size / MIB:.0f} MiB, and {bounds.file_bytes / MIB:.0f} MiB is the limit"
        raise damaged(f"{shown} is too big", why, "raise limits.file_mib if it really is that big")
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(OLE_MAGIC):
        return _examine_ole(path, shown)
    if head.startswith(ZIP_MAGICS):
        return _examine_zip(path, shown, bounds)
    raise _not_a_workbook(head, shown)


def _not_a_workbook(head: bytes, shown: str) -> Fault:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if head[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"):
        return damaged(f"{shown} is an Excel file of before 1997", todo=RESAVE)
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<head")):
        return damaged(f"{shown} is a web page that was named like a workbook", todo=RESAVE)
    if start.startswith(b"<"):
        return damaged(f"{shown} is an XML file, not an Excel workbook", todo=RESAVE)
    if b"\x00" not in head and any(mark in head for mark in (b";", b",", b"\t", b"\n")):
        return damaged(f"{shown} is a text file (CSV) that was named like a workbook", todo=RESAVE)
    return damaged(
        f"{shown} is not an Excel workbook", "its first bytes are those of no known format", RESAVE
    )


def _examine_ole(path: Path, shown: str) -> Form:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise damaged(
            f"{shown} is protected by a password, so that it cannot be read",
            todo="in Excel: File, Info, Protect Workbook, Encrypt with Password, and empty the field",
        )
    folded = content.lower()
    if any(name.encode("utf-16-le") in folded for name in ("workbook", "book")):
        return "xls"
    raise damaged(f"{shown} is an Office file, but no workbook", todo=RESAVE)


def _examine_zip(path: Path, shown: str, bounds: Bounds) -> Form:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive.infolist(), path.stat().st_size, shown, bounds)
            return _form_of_zip(archive, shown)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise damaged(
            f"{shown} is cut short or damaged", str(error), "wait for the copy to end, or restore a backup"
        ) from error


def _check_directory(members: list[zipfile.ZipInfo], size: int, shown: str, bounds: Bounds) -> None:
    if len(members) > bounds.members:
        why = f"{len(members):,} parts inside, and {bounds.members:,} is the limit"
        raise damaged(f"{shown} cannot be a plain workbook", why, "raise limits.members if it really is one")
    if any(member.flag_bits & 0x1 for member in members):
        raise damaged(f"{shown} holds encrypted parts", todo="save it again without a password")
    names = [member.filename.lower() for member in members]
    if len(set(names)) < len(names):
        raise damaged(f"{shown} holds two parts of one name", todo=RESAVE)
    unpacked = sum(member.file_size for member in members)
    if unpacked > bounds.unpacked_bytes:
        limit = bounds.unpacked_bytes / MIB
        why = f"it would unpack to {unpacked / MIB:,.0f} MiB, and {limit:,.0f} is the limit"
        raise damaged(
            f"{shown} looks like a decompression bomb", why, "raise limits.unpacked_mib if it is sound"
        )
    for member in members:
        if member.file_size > SMALL_PART and member.file_size > bounds.ratio * max(1, member.compress_size):
            times = member.file_size // max(1, member.compress_size)
            why = f"part {member.filename} unpacks to {times} times its size"
            raise damaged(
                f"{shown} looks like a decompression bomb", why, "raise limits.ratio if it is sound"
            )
    if sum(member.compress_size for member in members) > size:
        raise damaged(f"{shown} looks like a decompression bomb", "its parts overlap in the archive", RESAVE)


def _form_of_zip(archive: zipfile.ZipFile, shown: str) -> Form:
    names = {name.lower().replace("\\", "/") for name in archive.namelist()}
    if "mimetype" in names and b"opendocument.spreadsheet" in _small(archive, "mimetype"):
        if "meta-inf/manifest.xml" in names and b"encryption-data" in _small(
            archive, "meta-inf/manifest.xml"
        ):
            raise damaged(
                f"{shown} is protected by a password, so that it cannot be read", todo="save it without one"
            )
        return "ods"
    if "content.xml" in names and "meta-inf/manifest.xml" in names:
        return "ods"
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if "_rels/.rels" in names or "[content_types].xml" in names:
        if any(name.startswith("word/") for name in names):
            raise damaged(f"{shown} is a Word document that was named like a workbook", todo=RESAVE)
        return "ooxml"
    raise damaged(f"{shown} is a zip archive, but no workbook", todo=RESAVE)


def _small(archive: zipfile.ZipFile, lower_name: str) -> bytes:
    for member in archive.infolist():
        if member.filename.lower().replace("\\", "/") == lower_name:
            with archive.open(member) as part:
                return part.read(MIB)
    return b""
