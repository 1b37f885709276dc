"""Hostile and broken PDFs: each ends with a verdict in words, and the reading process goes on or is
replaced.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from connectors.forms.reader import Reader
from connectors.forms.settings import Limits
from hub.filing.faults import Fault
from tests.connectors.forms.desk import DONE, Desk, values
from tests.connectors.forms.desk import desk as desk
from tests.tally import tally


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of these objects, numbered from 1."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    trailer = b"<< /Size %d /Root %d 0 R >>" % (len(objects) + 1, root)
    out.write(b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, start))
    return out.getvalue()


def stream(body: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), extra, body)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def one_page(content: bytes, extra: bytes = b"") -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    return pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream(content, extra))


def bomb() -> bytes:
    """A page whose content unpacks to 2 GiB, deflated twice."""
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(b" " * (1 << 24)) for _ in range(128)) + packer.flush()
    return one_page(zlib.compress(inner, 9), b"/Filter [/FlateDecode /FlateDecode]")


def round_pages() -> bytes:
    return pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>")


def many_pages() -> bytes:
    kids = b" ".join(b"3 0 R" for _ in range(5000))
    return pdf(CATALOG, b"<< /Type /Pages /Kids [%s] /Count 5000 >>" % kids,
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")  # fmt: skip


def claimed_pages() -> bytes:
    return pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")  # fmt: skip


def deep_array() -> bytes:
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 50_000 + b"]" * 50_000 + b" >>", b"<< /Kids [] >>"
    )


def round_fields() -> bytes:
    """A field that is its own parent."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R] >>",
        b"<< /Subtype /Widget /FT /Tx /T (a) /Parent 4 0 R /Kids [4 0 R] /Rect [0 0 9 9] >>",
    )


def many_fields() -> bytes:
    kids = b" ".join(b"4 0 R" for _ in range(20_000))
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [%s] >>" % kids,
        b"<< /Subtype /Widget /FT /Tx /T (a) /Rect [0 0 9 9] >>",
    )


def many_letters() -> bytes:
    text = b"BT /F1 6 Tf " + b" ".join(
        b"1 0 0 1 %d %d Tm (%s) Tj" % (n % 500, n % 800, b"a" * 50) for n in range(4000)
    )
    return one_page(text + b" ET")


def huge_page() -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9000000 9000000] >>"
    return pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page)


def no_root() -> bytes:
    return pdf(b"<< /Type /Nothing >>", root=7)


def filled(desk: Desk) -> bytes:
    desk.fill(desk.home / "sound.pdf")
    return (desk.home / "sound.pdf").read_bytes()


HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty", lambda: b"", "is empty"),
    ("a ZIP archive", lambda: b"PK\x03\x04" + b"\0" * 200, "is no PDF"),
    ("a photograph", lambda: b"\xff\xd8\xff" + b"\0" * 200, "a photograph"),
    ("a web page", lambda: b"<html>not found</html>", "a web page"),
    ("too big", lambda: b"%PDF-1.7\n" + b"\0" * (31 << 20), "too big"),
    ("a header alone", lambda: b"%PDF-1.7\n%%EOF", "cannot be read"),
    ("a page in itself", round_pages, ""),
    ("thousands of pages", many_pages, "pages"),
    ("pages that are only claimed", claimed_pages, "pages"),
    ("a deep array", deep_array, ""),
    ("a field in itself", round_fields, "without an end"),
    ("thousands of fields", many_fields, "fields"),
    ("without a root", no_root, "cannot be read"),
    ("a bomb", bomb, ""),
    ("thousands of letters", many_letters, ""),
    ("a page of three kilometres", huge_page, ""),
]


def verdict_of(reader: Reader, path: Path, desk: Desk) -> str:
    """Why a file is not read, in words; nothing of it is."""
    try:
        told = reader.read(path, desk.kind)
    except Fault as fault:
        return f"{fault.what}: {fault.why}"
    assert not told["values"]
    return str(told["refused"]) or ("another form" if told["another"] else "")


@pytest.mark.parametrize(("name", "make", "said"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_a_hostile_pdf_ends_with_a_verdict(
    desk: Desk, name: str, make: Callable[[], bytes], said: str
) -> None:
    path = desk.home / "hostile.pdf"
    path.write_bytes(make())
    reader = Reader(Limits(seconds=15, memory_mib=512))
    verdict = verdict_of(reader, path, desk)
    assert verdict
    assert said in verdict
    desk.fill(desk.home / "sound.pdf")
    assert values(reader.read(desk.home / "sound.pdf", desk.kind)) == dict(DONE)
    reader.close()
    tally("bad inputs tried", 1)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 0.97])
def test_a_form_that_is_cut_short_is_not_read(desk: Desk, share: float) -> None:
    content = filled(desk)
    (desk.home / "cut.pdf").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Fault, match=r"cut\.pdf is cut short"):
        desk.read(desk.home / "cut.pdf")
    tally("bad inputs tried", 1)


def changed(desk: Desk, change: Callable[[PdfWriter], None]) -> Path:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(filled(desk))))
    change(writer)
    with (desk.home / "changed.pdf").open("wb") as file:
        writer.write(file)
    return desk.home / "changed.pdf"


def test_a_form_with_a_password_is_said_to_be_locked(desk: Desk) -> None:
    path = changed(desk, lambda writer: writer.encrypt("secret", algorithm="RC4-128"))
    with pytest.raises(Fault, match="is locked with a password"):
        desk.read(path)


def test_a_form_that_is_protected_without_a_password_is_read(desk: Desk) -> None:
    told = desk.read(changed(desk, lambda writer: writer.encrypt("", "owner", algorithm="RC4-128")))
    assert values(told) == dict(DONE)
    assert told["notes"] == ["is protected against changes (no password is needed to read it)"]


def test_scripts_and_attachments_are_named_and_never_run(desk: Desk) -> None:
    def change(writer: PdfWriter) -> None:
        script = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
        script[NameObject("/JS")] = TextStringObject("app.alert('hello')")
        writer.root_object[NameObject("/OpenAction")] = script
        writer.add_attachment("secret.txt", b"hello")

    told = desk.read(changed(desk, change))
    assert values(told) == dict(DONE)
    assert any("JavaScript" in note for note in told["notes"])
    assert "holds attached files: none was opened" in told["notes"]


def test_a_form_that_only_adobe_can_read_is_said_to_be_one(desk: Desk) -> None:
    def change(writer: PdfWriter) -> None:
        form = DictionaryObject()
        form[NameObject("/Fields")] = ArrayObject()
        form[NameObject("/XFA")] = TextStringObject("<xdp/>")
        writer.root_object[NameObject("/AcroForm")] = form
        del writer.pages[0]["/Annots"]

    told = desk.read(changed(desk, change))
    assert told["refused"].startswith("it is an XFA form")


def signed(writer: PdfWriter) -> None:
    form = writer.root_object["/AcroForm"].get_object()
    assert isinstance(form, DictionaryObject)
    seal = DictionaryObject(
        {NameObject("/FT"): NameObject("/Sig"), NameObject("/T"): TextStringObject("Cachet")}
    )
    seal[NameObject("/V")] = DictionaryObject({NameObject("/Type"): NameObject("/Sig")})
    fields = form["/Fields"].get_object()
    assert isinstance(fields, ArrayObject)
    fields.append(writer._add_object(seal))


def test_a_signed_form_is_read_and_never_filled_again(desk: Desk) -> None:
    path = changed(desk, signed)
    told = desk.read(path)
    assert values(told) == dict(DONE)
    assert told["notes"] == ["is signed electronically: it is read, and never changed"]
    again = desk.reader.fill(desk.kind, {"charge": 3}, desk.home / "x.pdf", "changed.pdf", over=path)
    assert "is signed electronically, and never changed" in again["refused"][1]
