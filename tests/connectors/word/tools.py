"""Contracts for the tests: made by python-docx, as a stranger would, and raw XML for what it lacks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest

from connectors.word.document import Document
from connectors.word.package import Bounds, Package
from connectors.word.profile import Profile
from connectors.word.reading import Contract, Value, read_contract
from connectors.word.text import read_document

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason=f"the sample files are not there: {SAMPLES} (they are no part of the project)",
)


def document_xml(body: str) -> bytes:
    return f'<?xml version="1.0"?><w:document {NAMESPACES}><w:body>{body}</w:body></w:document>'.encode()


def run(text: str, properties: str = "") -> str:
    rpr = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{rpr}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inside: str, properties: str = "") -> str:
    ppr = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{ppr}{''.join(one if one.startswith('<') else run(one) for one in inside)}</w:p>"


def control(tag: str, content: str, more: str = "") -> str:
    properties = f'<w:sdtPr><w:tag w:val="{tag}"/>{more}</w:sdtPr>'
    return f"<w:sdt>{properties}<w:sdtContent>{content}</w:sdtContent></w:sdt>"


def field(code: str, result: str | None, form: str = "") -> str:
    """A complex field, its code split over runs as Word does."""
    data = f"<w:ffData>{form}</w:ffData>" if form else ""
    middle = len(code) // 2
    codes = "".join(
        f'<w:r><w:instrText xml:space="preserve">{part}</w:instrText></w:r>'
        for part in (code[:middle], code[middle:])
    )
    shown = "" if result is None else f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}'
    return (
        f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>{codes}{shown}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def table(*rows: Sequence[str]) -> str:
    """Cells are texts, or XML."""
    made = "".join(
        "<w:tr>"
        + "".join(f"<w:tc>{cell if cell.startswith('<') else paragraph(cell)}</w:tc>" for cell in row)
        + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{made}</w:tbl>"


def text_box(*paragraphs: str) -> str:
    """A run with a text box as Word writes it: once for itself, once for older programs."""
    inside = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><a:graphic><a:graphicData><wps:wsp>'
        f"<wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )


@cache
def _blank() -> dict[str, bytes]:
    """The parts of an empty document as python-docx makes it."""
    buffer = io.BytesIO()
    docx.Document().save(buffer)
    with zipfile.ZipFile(buffer) as made:
        return {name: made.read(name) for name in made.namelist()}


def save(path: Path, *body: str, change: Callable[[Any], None] | None = None) -> Path:
    """A document of python-docx with this XML for a body; `change` may do more to it."""
    last = "<w:sectPr/>"
    archive(path, {**_blank(), "word/document.xml": document_xml("".join(body) + last)})
    if change is not None:
        made = docx.Document(str(path))
        change(made)
        made.save(str(path))
    return path


def opened(path: Path, bounds: Bounds | None = None) -> Document:
    return read_document(Package(path.read_bytes(), path.name, bounds or Bounds()))


def seen(tmp_path: Path, *body: str, change: Callable[[Any], None] | None = None) -> Document:
    return opened(save(tmp_path / "contrat.docx", *body, change=change))


def texts(document: Document) -> list[str]:
    """Every paragraph that is not empty."""
    return [t for p in document.paragraphs if (t := document.text[p.span.start : p.span.end])]


def profile(fields: Mapping[str, Any], **more: Any) -> Profile:
    data = {"match": {"any_text": ["contrat"]}, "record": "contract", "fields": fields, **more}
    return Profile.model_validate(data)


def contract(document: Document, fields: Mapping[str, Any], **more: Any) -> Contract:
    return read_contract(document, "essai", profile(fields, **more))


def value(document: Document, one: Mapping[str, Any], **more: Any) -> Value:
    """The one field, read."""
    (found,) = contract(document, {"field": one}, **more).values
    return found


def archive(path: Path, parts: Mapping[str, bytes | str]) -> Path:
    """A zip archive of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def repacked(path: Path, change: Mapping[str, bytes | None]) -> Path:
    """The archive with some parts replaced, added, or (``None``) left out."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in {**parts, **change}.items():
            if content is not None:
                made.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path
