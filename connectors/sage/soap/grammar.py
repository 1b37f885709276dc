"""The documents inside the answers and requests of X3: RESULT, PARAM and ADXDESC, in XML or JSON. Pure.

A record is blocks: groups of fields (`GRP`, whose fields may be lists of items, `LST`) and grids of lines
(`TAB`). Here it is a `Content`, whichever form it came in; every value is text as X3 writes it, a list of
texts for a list of items.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sage.soap.answers import Element, Undecodable, parse

TECHNICAL = "ADXTEC"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Line = dict[str, str]
"""A line of a grid or of a list: field → text."""


@dataclass(slots=True)
class Content:
    """A record of X3. `groups` by id, then by field; `grids` by id, their lines in order.

    Fields straight under the root are in the group with the empty id.
    """

    groups: dict[str, dict[str, str | list[str]]] = field(default_factory=dict)
    grids: dict[str, list[Line]] = field(default_factory=dict)

    def field(self, group: str, name: str) -> str | list[str] | None:
        return self.groups.get(group, {}).get(name)

    @property
    def stamp(self) -> str:
        """When and by whom the record was last changed, as X3 tells it; empty where it does not."""
        found = self.groups.get(TECHNICAL, {})
        return " ".join(str(found.get(name) or "") for name in ("WW_MODSTAMP", "WW_MODUSER")).strip()


@dataclass(frozen=True, slots=True)
class Described:
    """One field as a description has it. `items`: how many a list holds; `lines`: a grid's, 1 for a group."""

    name: str
    group: str
    type: str
    length: int
    items: int
    lines: int


def read_record(text: str) -> Content:
    """A RESULT document, or an object in JSON. Raises `Undecodable`."""
    return _record_json(_json(text)) if _is_json(text) else _record_xml(_xml(text))


def read_rows(text: str) -> list[Line]:
    """The lines of a query's answer. Raises `Undecodable`."""
    if _is_json(text):
        rows = _json(text)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Undecodable("the list is no list of lines")
        return [{name: _plain(value) for name, value in row.items()} for row in rows]
    return [_line(line) for line in _xml(text).iter("LIN")]


def read_description(text: str) -> list[Described]:
    """The fields of an ADXDESC document, each once. Raises `Undecodable`."""
    found: dict[tuple[str, str], Described] = {}
    root = _xml(text)
    for group in root.iter("GRP", "TAB"):
        id = _named(group)
        lines = _number(group.get("DIM"), 1)
        for one in group.iter("FLD", "LST"):
            name = _named(one)
            if name and (id, name) not in found:
                items = _number(one.get("DIM") or one.get("SIZE"), 1)
                kind = one.get("TYP") or one.get("TYPE") or "Char"
                found[id, name] = Described(name, id, kind, _number(one.get("LEN"), 0), items, lines)
    if not found:
        raise Undecodable("the description names no field")
    return list(found.values())


def write_param(content: Content) -> str:
    """The PARAM document that hands these fields to X3. Lines are numbered from 1."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?><PARAM>']
    for id, fields in content.groups.items():
        inside = "".join(_field_xml(name, value) for name, value in fields.items())
        parts.append(f"<GRP ID={_quoted(id)}>{inside}</GRP>" if id else inside)
    for id, lines in content.grids.items():
        inside = "".join(line_xml(number, line) for number, line in enumerate(lines, 1))
        parts.append(f'<TAB ID={_quoted(id)} SIZE="{len(lines)}">{inside}</TAB>')
    return "".join([*parts, "</PARAM>"])


def write_lines(id: str, lines: Iterable[Line]) -> str:
    """The PARAM document of lines that are put into a grid."""
    return write_param(Content(grids={id: list(lines)}))


def line_xml(number: int, line: Mapping[str, str]) -> str:
    """One line of a grid."""
    return f'<LIN NUM="{number}">{"".join(_field_xml(name, value) for name, value in line.items())}</LIN>'


def not_in_xml(text: str) -> str:
    """The first character of a text that no XML document can hold; empty where there is none."""
    found = _NOT_IN_XML.search(text)
    return found[0] if found else ""


def _field_xml(name: str, value: str | Sequence[str]) -> str:
    named = f"NAME={_quoted(name)}"
    if isinstance(value, str):
        return f"<FLD {named}>{_escaped(value)}</FLD>" if value else f"<FLD {named}/>"
    items = "".join(f"<ITM>{_escaped(item)}</ITM>" if item else "<ITM/>" for item in value)
    return f'<LST {named} SIZE="{len(value)}">{items}</LST>'


def _quoted(text: str) -> str:
    return f'"{html.escape(text)}"'


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\r", "&#13;")


# -- XML -------------------------------------------------------------------------------------------------


def _xml(text: str) -> Element:
    # Comments are taken out by the parser, and nothing stands inside a value: all of it is its one text.
    if not text.strip():
        raise Undecodable("the result is empty")
    return parse(_DECLARATION.sub("", text, count=1).encode())


def _record_xml(root: Element) -> Content:
    content = Content()
    for block in root:
        if block.tag == "TAB":
            content.grids.setdefault(_named(block), []).extend(_line(line) for line in block.iter("LIN"))
        elif block.tag == "GRP":
            content.groups.setdefault(_named(block), {}).update(_fields(block))
        else:
            content.groups.setdefault("", {}).update(_fields([block]))
    return content


def _fields(block: Iterable[Element]) -> Iterator[tuple[str, str | list[str]]]:
    for one in block:
        if one.tag == "FLD":
            yield _named(one), one.text or ""
        elif one.tag == "LST":
            yield _named(one), [item.text or "" for item in one.iter("ITM")]


def _line(line: Element) -> Line:
    return {_named(one): one.text or "" for one in line if one.tag == "FLD"}


def _named(element: Element) -> str:
    """A block's or a field's name: descriptions and records call the attribute differently."""
    return element.get("NAME") or element.get("NAM") or element.get("ID") or ""


def _number(text: str | None, otherwise: int) -> int:
    found = re.match(r"\s*(\d+)", text or "")
    return int(found[1]) if found else otherwise


# -- JSON ------------------------------------------------------------------------------------------------


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise Undecodable(f"the result is no JSON: {error}") from error


def _record_json(found: Any) -> Content:
    if not isinstance(found, dict):
        raise Undecodable("the record is no JSON object")
    content = Content()
    for name, value in found.items():
        if isinstance(value, dict):
            content.groups[name] = {inner: _plain_or_items(one) for inner, one in value.items()}
        elif isinstance(value, list) and all(isinstance(line, dict) for line in value):
            content.grids[name] = [{inner: _plain(one) for inner, one in line.items()} for line in value]
        else:
            content.groups.setdefault("", {})[name] = _plain_or_items(value)
    return content


def _plain_or_items(value: Any) -> str | list[str]:
    return [_plain(one) for one in value] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "2" if value else "1"
    return str(value)
