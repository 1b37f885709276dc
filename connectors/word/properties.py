"""One property of a document that people do not see, and Word and LibreOffice keep: `hub:renewal-of`.

An amendment made by the hub names the contract it renews: it is no second contract of that number. Somebody
who saves it as a contract of another number has a contract. Source: ECMA-376 part 1, 22.3 (properties).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any

from connectors.word.package import Package

RENEWAL_OF = "hub:renewal-of"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_CONTENT = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_FORMAT = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


def known_as(key: Iterable[Any]) -> str:
    """A contract's key as `RENEWAL_OF` holds it."""
    return " | ".join("" if one is None else str(one) for one in key)


def renews_itself(package: Package, keys: Iterable[Iterable[Any]]) -> str | None:
    """The contract this document renews, unless it says that it is another one itself."""
    renewed = property_of(package, RENEWAL_OF)
    said = {known_as(key) for key in keys} - {""}
    return renewed if renewed and said <= {renewed} else None


def property_of(package: Package, name: str) -> str | None:
    """A custom property's text."""
    for relation in package.relations("").values():
        if relation.kind == "custom-properties" and not relation.outside and package.has(relation.target):
            for one in package.xml(relation.target):
                if one.get("name") == name:
                    return "".join(one.itertext()).strip()
    return None


def with_property(content: bytes, name: str, value: str) -> bytes:
    """The document with this property, in place of one of that name. For documents the hub just made."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        parts = {info: old.read(info) for info in old.infolist()}
    texts = {info.filename: data.decode("utf-8") for info, data in parts.items() if _concerns(info.filename)}
    changed = _changed(texts, name, value)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for info, data in parts.items():
            text = changed.pop(info.filename, None)
            made.writestr(info, data if text is None else text.encode(), zipfile.ZIP_DEFLATED)
        for left, text in changed.items():
            made.writestr(left, text)
    return buffer.getvalue()


def _concerns(name: str) -> bool:
    return name in ("[Content_Types].xml", "_rels/.rels", "docProps/custom.xml")


def _changed(texts: dict[str, str], name: str, value: str) -> dict[str, str]:
    changed = {}
    custom = texts.get("docProps/custom.xml")
    if custom is None:
        custom = f'{_HEAD}\n<Properties xmlns="{_SPACE}" xmlns:vt="{_TYPES}"></Properties>'
        kinds = texts["[Content_Types].xml"]
        override = f'<Override PartName="/docProps/custom.xml" ContentType="{_CONTENT}"/>'
        changed["[Content_Types].xml"] = kinds.replace("</Types>", f"{override}</Types>")
        relations = texts["_rels/.rels"]
        link = f'<Relationship Id="rIdHubCustom" Type="{_KIND}" Target="docProps/custom.xml"/>'
        changed["_rels/.rels"] = relations.replace("</Relationships>", f"{link}</Relationships>")
    custom = re.sub(
        rf'<property\b[^>]*\bname="{re.escape(_quoted(name))}".*?</property>', "", custom, flags=re.DOTALL
    )
    custom = re.sub(r"<((?:\w+:)?Properties)([^>]*)/>", r"<\1\2></\1>", custom)
    number = max((int(n) for n in re.findall(r'\bpid="(\d+)"', custom)), default=1) + 1
    one = (
        f'<property xmlns="{_SPACE}" fmtid="{_FORMAT}" pid="{number}" name="{_quoted(name)}">'
        f'<vt:lpwstr xmlns:vt="{_TYPES}">{_quoted(value)}</vt:lpwstr></property>'
    )
    at = custom.rindex("</")
    changed["docProps/custom.xml"] = custom[:at] + one + custom[at:]
    return changed


def _quoted(text: str) -> str:
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text
