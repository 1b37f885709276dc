"""The archive a Word document is: looked at before anything is parsed, then read part by part, within bounds.

Promises: what kind of file it is comes from its content, never from its name; the central directory (number
of parts, total size, ratio, encryption) is judged before a byte is unpacked; no part is read beyond its
bound; document types are refused, since no document has one and every XML bomb needs one; macros, links to
other places and embedded files are named, and neither followed nor run.
Source: ECMA-376 part 2 (packages, relationships); [MS-DOC] 2.5.2 (fEncrypted).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.word.faults import RESAVE, Fault

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Form: TypeAlias = Literal["docx", "doc", "rtf", "odt", "workbook", "pdf"]
"""What a file is, by its content. The middle three need LibreOffice; the last two are no Word documents."""

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
MIB = 1024 * 1024
SMALL_PART = 10 * MIB
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is too much: bytes, counts, a ratio. `part_bytes` is of one XML part, `read_bytes` of all read."""

    file_bytes: int = 50 * MIB
    unpacked_bytes: int = 400 * MIB
    part_bytes: int = 16 * MIB
    read_bytes: int = 32 * MIB
    ratio: int = 200
    members: int = 4000


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a part leads: the last word of the relation's type, the part (or the outside address)."""

    kind: str
    target: str
    outside: bool


def form_of(content: bytes, shown: str) -> Form:
    """What the file `shown` is, by its content. Raises `Fault` where it is nothing we know, or is locked."""
    if not content:
        raise Fault(f"{shown} is empty (0 bytes)", todo="restore it, or wait for the copy to end")
    if content.startswith(OLE_MAGIC):
        return _form_of_ole(content, shown)
    if content.startswith(ZIP_MAGICS):
        with _archive(content, shown) as archive:
            return _form_of_zip({_tidy(name) for name in archive.namelist()}, archive, shown)
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    if content.startswith(b"\xdb\xa5"):
        raise Fault(f"{shown} is a Word 2 document of before 1994")
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if start.startswith((b"<html", b"<!doctype html", b"<head", b"mime-version:")):
        raise Fault(f"{shown} is a web page that was named like a document")
    if start.startswith(b"<"):
        raise Fault(f"{shown} is an XML file, not a Word document")
    if content.startswith(b"~") or (len(content) <= 200 and content[1:2].isalnum() and b"\x00" in content):
        raise Fault(
            f"{shown} is a mark Word leaves beside an open document, not one", todo="nothing: skip it"
        )
    raise Fault(f"{shown} is not a Word document", "its first bytes are those of no known format")


def _form_of_ole(content: bytes, shown: str) -> Form:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise locked(shown)
    if "WordDocument".encode("utf-16-le") in content:
        head = _file_information_block(content)
        if head and int.from_bytes(head[10:12], "little") & 0x0100:
            raise locked(shown)
        return "doc"
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return "workbook"
    raise Fault(f"{shown} is an Office file, but no Word document")


def _file_information_block(content: bytes) -> bytes:
    """The first bytes of the main stream: the first sector with its mark; empty where there is none."""
    for start in range(_SECTOR, len(content), _SECTOR):
        if content[start : start + 2] in (b"\xec\xa5", b"\xdc\xa5"):
            return content[start : start + 32]
    return b""


def locked(shown: str) -> Fault:
    """A document that a password protects."""
    return Fault(
        f"{shown} is protected by a password, so that it cannot be read",
        todo="in Word: File, Info, Protect Document, Encrypt with Password, and empty the field",
    )


def _form_of_zip(names: set[str], archive: zipfile.ZipFile, shown: str) -> Form:
    if "mimetype" in names and "content.xml" in names:
        return "odt" if b"opendocument.text" in _kind(archive, shown) else "workbook"
    if any(name.startswith("xl/") for name in names):
        return "workbook"
    if "_rels/.rels" in names or "[content_types].xml" in names:
        return "docx"
    raise Fault(f"{shown} is a zip archive, but no Word document")


def _kind(archive: zipfile.ZipFile, shown: str) -> bytes:
    """What an OpenDocument file says it is."""
    member = next(info for info in archive.infolist() if _tidy(info.filename) == "mimetype")
    try:
        with archive.open(member) as part:
            return part.read(200)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Fault(f"{shown} is cut short or damaged", str(error)) from error


def _archive(content: bytes, shown: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        todo = "wait for the copy to end, or restore a backup"
        raise Fault(f"{shown} is cut short or damaged", str(error), todo) from error


class Package:
    """An opened document. Reads its parts as trees; writes nothing."""

    def __init__(self, content: bytes, shown: str, bounds: Bounds) -> None:
        if len(content) > bounds.file_bytes:
            why = f"{len(content) / MIB:.0f} MiB, and {bounds.file_bytes / MIB:.0f} MiB is the limit"
            raise Fault(f"{shown} is too big", why)
        self.shown, self._bounds = shown, bounds
        self._left = bounds.read_bytes
        self._archive = _archive(content, shown)
        _check_directory(self._archive.infolist(), len(content), shown, bounds)
        self._members = {_tidy(info.filename): info for info in self._archive.infolist()}
        self.main = self._main_part()

    def has(self, part: str) -> bool:
        return part.lower() in self._members

    def origin_of(self, element: Element) -> tuple[str, int] | None:
        """The part an element was read from, and which of its elements it is; kept only by who writes."""
        return None

    def xml_with(self, part: str, word: bytes) -> Element | None:
        """The part as a tree if `word` stands in it, else ``None``: a big one takes long to parse."""
        content = self._read(part)
        start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
        plain = start.startswith(b"<") and b"\x00" not in content[:200] and b"<!" not in start[:2000]
        return None if plain and word not in content else self._parsed(part, content)

    def xml(self, part: str) -> Element:
        """A part as a tree. Raises `Fault` where it is missing, too big, damaged or hostile."""
        return self._parsed(part, self._read(part))

    def _parsed(self, part: str, content: bytes) -> Element:
        try:
            root: Element = fromstring(content, forbid_dtd=True)
        except DefusedXmlException as error:
            raise Fault(
                f"{self.shown}: part {part} declares a document type, which no document does",
                "this is how XML bombs and thefts of files are built",
                "do not trust this file; ask its sender for a fresh one",
            ) from error
        except (ParseError, ValueError, LookupError) as error:
            what = f"{self.shown}: part {part} is not well-formed"
            raise Fault(what, str(error), "restore a backup, or repair it in Word") from error
        return root

    def _read(self, part: str) -> bytes:
        member = self._members.get(part.lower())
        if member is None:
            raise Fault(f"{self.shown} lacks its part {part}")
        if member.file_size > min(self._bounds.part_bytes, self._left):
            why = f"{member.file_size:,} bytes; a document's text never is"
            raise Fault(f"{self.shown}: part {part} is far too big", why)
        self._left -= member.file_size
        try:
            with self._archive.open(member) as stream:
                return stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            what = f"{self.shown}: part {part} is damaged"
            raise Fault(what, str(error), "restore a backup") from error

    def relations(self, part: str) -> dict[str, Relation]:
        """Relation id to where it leads, for one part."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(rels):
            return {}
        found = {}
        for element in self.xml(rels):
            kind = (element.get("Type") or "").rsplit("/", 1)[-1]
            target, outside = element.get("Target") or "", element.get("TargetMode") == "External"
            found[element.get("Id") or ""] = Relation(
                kind, target if outside else _resolve(folder, target), outside
            )
        return found

    def _main_part(self) -> str:
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and not relation.outside:
                if relation.target.lower().startswith("xl/"):
                    raise Fault(f"{self.shown} is a workbook that was named like a document", todo="")
                return relation.target
        if self.has("word/document.xml"):
            return "word/document.xml"
        raise Fault(f"{self.shown} has no Word document inside")

    def notes(self) -> Iterator[str]:
        """What a person should know of the file besides its text: macros, links outside, things inside."""
        if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in self._members):
            yield "it holds macros: they are not run"
        if any("/activex/" in name for name in self._members):
            yield "it holds ActiveX controls: they are not run, and what they show is not read"
        inside = sum("/embeddings/" in name for name in self._members)
        if inside:
            yield f"it holds {inside} embedded file{'s' if inside > 1 else ''}: not read"
        for relation in self.relations(self.main).values():
            if relation.outside and relation.kind != "hyperlink":
                yield f"it links to {relation.target[:200]} ({relation.kind}): not followed"
            if relation.kind == "aFChunk":
                yield f"it includes {relation.target} in another format: not read"
        settings = posixpath.join(posixpath.dirname(self.main), "settings.xml")
        for relation in self.relations(settings).values() if self.has(settings) else ():
            if relation.outside and "://" in relation.target and not relation.target.startswith("file:"):
                yield f"it takes its template from {relation.target[:200]}: not followed"


def _check_directory(members: list[zipfile.ZipInfo], size: int, shown: str, bounds: Bounds) -> None:
    if len(members) > bounds.members:
        why = f"{len(members):,} parts inside, and {bounds.members:,} is the limit"
        raise Fault(f"{shown} cannot be a plain document", why)
    if any(member.flag_bits & 0x1 for member in members):
        raise Fault(f"{shown} holds encrypted parts", todo="save it again without a password")
    names = [_tidy(member.filename) for member in members]
    if len(set(names)) < len(names):
        raise Fault(f"{shown} holds two parts of one name", todo=RESAVE)
    bomb = f"{shown} looks like a decompression bomb"
    trust = "do not trust this file; ask its sender for a fresh one"
    unpacked = sum(member.file_size for member in members)
    if unpacked > bounds.unpacked_bytes:
        limit = bounds.unpacked_bytes / MIB
        why = f"it would unpack to {unpacked / MIB:,.0f} MiB, and {limit:,.0f} is the limit"
        raise Fault(bomb, why, trust)
    for member in members:
        if member.file_size > SMALL_PART and member.file_size > bounds.ratio * max(1, member.compress_size):
            times = member.file_size // max(1, member.compress_size)
            raise Fault(bomb, f"part {member.filename} unpacks to {times} times its size", trust)
    if sum(member.compress_size for member in members) > size:
        raise Fault(bomb, "its parts overlap in the archive", trust)


def _tidy(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _resolve(folder: str, target: str) -> str:
    target = target.replace("\\", "/")
    path = target if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(path).lstrip("/")
