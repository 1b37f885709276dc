"""Opens a stranger's PDF within limits: what it really is, and what stands in the way of reading it.

Two libraries look at a file: pypdf at its fields, pdfium at its pages. Raises `Fault` for what is no PDF, is
cut short, is locked with a password, or is more than a form can be. What is in a file besides a form
(scripts, attachments, signatures) is told in `notes`; none of it is run or opened.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject

from hub.filing.faults import Fault, damaged

MIB = 1024 * 1024
RESAVE = "open it in a PDF reader and save it again, or have it sent anew"
_SCRIPTS = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE")
_REMOVE_SECURITY = 3
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is too much; bytes and counts (see `settings.Limits`)."""

    file_bytes: int = 30 * MIB
    pages: int = 60
    objects: int = 100_000
    fields: int = 3000


@dataclass
class Opened:
    """A PDF that may be read. `notes` are for people; `signed` and `xfa` decide what is done with it."""

    shown: str
    content: bytes
    reader: PdfReader
    notes: list[str] = field(default_factory=list)
    signed: bool = False
    xfa: bool = False

    @property
    def acroform(self) -> DictionaryObject | None:
        """Its form; ``None`` where it is none, or no more."""
        found = plain(self.reader.root_object.get("/AcroForm"))
        return found if isinstance(found, DictionaryObject) else None

    def pages(self) -> pdfium.PdfDocument:
        """Its pages as pdfium has them. Close it."""
        try:
            return pdfium.PdfDocument(self.content)
        except pdfium.PdfiumError as error:
            raise damaged(f"{self.shown} cannot be opened", str(error), RESAVE) from error


def plain(value: Any) -> Any:
    """What an object stands for; ``None`` for nothing."""
    found = value.get_object() if isinstance(value, IndirectObject) else value
    return None if isinstance(found, NullObject) else found


def open_pdf(content: bytes, shown: str, bounds: Bounds) -> Opened:
    """The PDF with these bytes, called `shown` in messages. Raises `Fault`."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    _look(content, shown, bounds)
    notes: list[str] = []
    try:
        reader = PdfReader(BytesIO(content), root_object_recovery_limit=bounds.objects)
        if reader.is_encrypted:
            content = _unlocked(content, shown)
            notes.append("is protected against changes (no password is needed to read it)")
            reader = PdfReader(BytesIO(content), root_object_recovery_limit=bounds.objects)
        _count(reader, shown, bounds)
        found = Opened(shown, content, reader, notes)
        _tell(found, bounds)
    except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise damaged(f"{shown} cannot be read as a PDF", _words(error), RESAVE) from error
    return found


def _look(content: bytes, shown: str, bounds: Bounds) -> None:
    if not content:
        raise damaged(f"{shown} is empty (0 bytes)", todo="have it sent anew, or wait for the copy to end")
    if len(content) > bounds.file_bytes:
        why = f"more than {bounds.file_bytes / MIB:.0f} MiB"
        raise damaged(f"{shown} is too big for a form", why, "raise limits.file_mib if it really is that big")
    if b"%PDF-" not in content[:1024]:
        raise damaged(f"{shown} is no PDF", f"it is {_kind(content)}", "put only PDF forms in this folder")
    if b"%%EOF" not in content[-4096:]:
        raise damaged(f"{shown} is cut short", "the end of the PDF is missing", "have it sent anew")


def _kind(content: bytes) -> str:
    for head, words in (
        (b"PK\x03\x04", "a ZIP archive or an office file"),
        (b"\xd0\xcf\x11\xe0", "an old office file"),
        (b"\xff\xd8\xff", "a photograph (JPEG)"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"II*\0", "a scanned picture (TIFF)"),
        (b"MM\0*", "a scanned picture (TIFF)"),
        (b"MZ", "a program"),
    ):
        if content.startswith(head):
            return words
    return "a web page" if b"<html" in content[:1024].lower() else "something else"


def _unlocked(content: bytes, shown: str) -> bytes:
    """The same without protection, where it opens without a password."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        todo = "have it sent without a password"
        raise damaged(f"{shown} is locked with a password", str(error), todo) from error
    try:
        out = BytesIO()
        document.save(out, flags=_REMOVE_SECURITY)
        return out.getvalue()
    finally:
        document.close()


def _count(reader: PdfReader, shown: str, bounds: Bounds) -> None:
    objects = sum(len(found) for found in reader.xref.values()) + len(reader.xref_objStm)
    if objects > bounds.objects:
        todo = "raise limits.objects if it is sound"
        raise damaged(f"{shown} is more than a form can be", f"{objects:,} objects in the PDF", todo)
    declared = plain(
        plain(
            reader.root_object.get("/Pages"),
        ).get("/Count")
    )
    if isinstance(declared, int) and declared > bounds.pages:
        raise _too_many_pages(declared, shown)
    for number, _ in enumerate(reader.pages, 1):
        if number > bounds.pages:
            raise _too_many_pages(number, shown)


def _too_many_pages(number: int, shown: str) -> Fault:
    todo = "raise limits.pages if it is sound"
    return damaged(f"{shown} is more than a form can be", f"{number:,} pages or more", todo)


def _tell(found: Opened, bounds: Bounds) -> None:
    """Note what is in the file besides a form."""
    root, form = found.reader.root_object, found.acroform
    budget = [bounds.objects]
    scripts = sorted({name for value in _branches(root, form) for name in _actions(value, 0, budget)})
    if scripts:
        found.notes.append(f"holds scripts or actions ({', '.join(scripts)}): none was run")
    if _attachments(root):
        found.notes.append("holds attached files: none was opened")
    if form is None:
        return
    if form.get("/XFA") is not None:
        found.xfa = True
        found.notes.append("is an XFA form too: only its plain fields were read")
    found.signed = any(_is_signed(one, 0, budget) for one in _array(form.get("/Fields")))
    if found.signed:
        found.notes.append("is signed electronically: it is read, and never changed")


def _branches(root: DictionaryObject, form: DictionaryObject | None) -> Iterator[Any]:
    names = plain(root.get("/Names"))
    yield root.get("/OpenAction")
    yield root.get("/AA")
    if isinstance(names, DictionaryObject) and "/JavaScript" in names:
        yield DictionaryObject({})
        yield {"/S": "/JavaScript"}
    for one in _array(form.get("/Fields") if form is not None else None):
        value = plain(one)
        if isinstance(value, DictionaryObject):
            yield value.get("/A")
            yield value.get("/AA")


def _actions(value: Any, depth: int, budget: list[int]) -> Iterator[str]:
    """The kinds of the actions in an action or a table of them."""
    value = plain(value)
    budget[0] -= 1
    if depth > 8 or budget[0] < 0 or not isinstance(value, dict):
        return
    kind = value.get("/S")
    if kind in _SCRIPTS:
        yield str(kind)[1:]
        return
    for below in value.values():
        if isinstance(plain(below), dict):
            yield from _actions(below, depth + 1, budget)


def _attachments(root: DictionaryObject) -> bool:
    names = plain(root.get("/Names"))
    return isinstance(names, DictionaryObject) and names.get("/EmbeddedFiles") is not None


def _is_signed(value: Any, depth: int, budget: list[int]) -> bool:
    value = plain(value)
    budget[0] -= 1
    if depth > _DEEPEST or budget[0] < 0 or not isinstance(value, DictionaryObject):
        return False
    if value.get("/FT") == "/Sig" and plain(value.get("/V")) is not None:
        return True
    return any(_is_signed(one, depth + 1, budget) for one in _array(value.get("/Kids")))


def _array(value: Any) -> list[Any]:
    found = plain(value)
    return list(found) if isinstance(found, ArrayObject) else []


def _words(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested without an end, as files are that are to exhaust a reader"
    return str(error) or type(error).__name__
