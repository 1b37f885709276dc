"""Names in WordprocessingML, whatever their dialect: elements and attributes by their local part.

Transitional and strict documents differ in every namespace, and in none of the names used here. Elements of
other vocabularies that share a name (`a:t` of a drawing) are told apart by `qualified`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14:",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m:",
}


@lru_cache(maxsize=2048)
def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


@lru_cache(maxsize=2048)
def qualified(tag: str) -> str:
    """An element's name as the extractor knows it: `p`, `w14:checkbox`, `mc:Choice`, else `x:name`."""
    space, _, name = tag.rpartition("}")
    return _PREFIXES.get(space[1:], "x:") + name


def child(parent: Element | None, name: str) -> Element | None:
    """The first child of this local name."""
    if parent is not None:
        for element in parent:
            if local(element.tag) == name:
                return element
    return None


def attribute(element: Element | None, name: str) -> str | None:
    """An attribute by its local name."""
    if element is not None:
        for key, value in element.attrib.items():
            if local(key) == name:
                return value
    return None


def value_of(element: Element | None) -> str | None:
    """The `w:val` of an element."""
    return attribute(element, "val")


def is_on(element: Element | None) -> bool:
    """A switch: there without a value is on."""
    return element is not None and (value_of(element) or "true") not in ("0", "false", "off", "none")
