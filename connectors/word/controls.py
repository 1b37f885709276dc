"""What a content control and a form field say of themselves: name, kind, choice, whether anybody filled them.

Source: ECMA-376 part 1, 17.5.2 (content controls), 17.16 (fields, `w:ffData`); [MS-DOCX] w14:checkbox.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.word.names import attribute, child, is_on, local, value_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_KINDS = {"date": "date", "dropDownList": "choice", "comboBox": "choice", "checkbox": "checkbox",
          "picture": "picture", "text": "text"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Control:
    """The properties of one content control (`w:sdtPr`)."""

    name: str
    title: str
    kind: str
    value: str | None
    blank: bool


def control_of(properties: Element | None) -> Control:
    """What `w:sdtPr` says. A control without a tag is known by its title."""
    title = value_of(child(properties, "alias")) or ""
    name = value_of(child(properties, "tag")) or title
    kind, value = "text", None
    for element in properties if properties is not None else ():
        found = _KINDS.get(local(element.tag))
        if found == "checkbox":
            value = (
                "true" if is_on(child(element, "checked")) and child(element, "checked") is not None else ""
            )
        elif found == "date":
            value = (attribute(element, "fullDate") or "")[:10] or None
        kind = found or kind
    blank = is_on(child(properties, "showingPlcHdr"))
    return Control(name, title, kind, value, blank)


_INSTRUCTION = re.compile(r'\s*(\w+)(?:\s+(?:"([^"]*)"|(\S+)))?')
FORMS = {"FORMTEXT": "text", "FORMCHECKBOX": "checkbox", "FORMDROPDOWN": "choice"}
UNSEEN = ("TOC", "INDEX", "TOA", "XE", "TC", "RD")
"""Fields whose result repeats or lists what stands elsewhere: a line of a table of contents is no value."""
FETCHING = ("DDE", "DDEAUTO", "INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "LINK", "DATABASE")
"""Fields that bring in something from elsewhere: what was last brought in is read, nothing is fetched."""


def instruction(code: str) -> tuple[str, str]:
    """A field's kind (`MERGEFIELD`) and its first argument."""
    found = _INSTRUCTION.match(code)
    return (found[1].upper(), found[2] or found[3] or "") if found else ("", "")


@dataclass(slots=True)
class Form:
    """One form field (`w:ffData`): its name, what it was delivered with, and its choice if it has one."""

    name: str = ""
    initial: str | None = None
    checked: bool = False
    entries: list[str] = field(default_factory=list)
    chosen: int = 0

    @property
    def choice(self) -> str:
        return self.entries[self.chosen] if 0 <= self.chosen < len(self.entries) else ""


def form_of(data: Element) -> Form:
    """What `w:ffData` says."""
    form = Form(value_of(child(data, "name")) or "")
    for element in data:
        kind = local(element.tag)
        if kind == "textInput":
            form.initial = value_of(child(element, "default"))
        elif kind == "checkBox":
            checked, initial = child(element, "checked"), child(element, "default")
            form.checked = is_on(checked) if checked is not None else is_on(initial)
        elif kind == "ddList":
            form.entries = [value_of(one) or "" for one in element if local(one.tag) == "listEntry"]
            first = _number(value_of(child(element, "default")))
            form.chosen = _number(value_of(child(element, "result")), first)
            form.initial = form.entries[first] if 0 <= first < len(form.entries) else None
    return form


def _number(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else otherwise
