"""What a caller hands in, PARAM or JSON, understood by the object's description, refused in X3's words."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.x3.schema import Block, Field, Shape
from sandbox.x3.store import Value
from sandbox.x3.words import Refusal

_OURS = "ADXTEC"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines for a grid, each with its number where it has one; `size` where it was said how many they are."""

    lines: Sequence[tuple[int | None, Mapping[str, str]]]
    size: int | None = None


@dataclass(slots=True)
class Change:
    """What is to be set: fields of groups by name, lines of grids by block id."""

    fields: dict[str, Value] = field(default_factory=dict)
    grids: dict[str, Lines] = field(default_factory=dict)


def read_change(shape: Shape, text: str) -> Change:
    """A PARAM document, or the same in JSON. Raises `Refusal`."""
    return _Reader(shape).read(text)


def _no_field(name: str, node: str = "root node") -> Refusal:
    return Refusal(f"Cannot add field [{name}] under {node}. Field [{name}] not found into X3 description.")


class _Reader:
    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._change = Change()

    def read(self, text: str) -> Change:
        if text.lstrip().startswith("{"):
            self._json(text)
        else:
            self._xml(text)
        return self._change

    # -- XML -----------------------------------------------------------------------------------------------

    def _xml(self, text: str) -> None:
        try:
            root = ElementTree.fromstring(text.strip().encode() or b"<PARAM/>")
        except ElementTree.ParseError as error:
            raise Refusal(f"Error parsing XML stream: {error}") from error
        for node in root:
            if node.tag == "GRP":
                self._group(node)
            elif node.tag == "TAB":
                self._grid(node)
            else:
                self._set_at_root(node.get("NAME", ""), _value(node))

    def _group(self, node: ElementTree.Element) -> None:
        id = node.get("ID")
        if not id:
            raise Refusal("No attribute ID found into GRP tag.")
        if id == _OURS:
            return
        block = self._block(id)
        if block.dim > 1:
            raise _not_flat(id)
        for child in node:
            name = child.get("NAME", "")
            self._set(self._field(block, name), _value(child))

    def _grid(self, node: ElementTree.Element) -> None:
        id = node.get("ID")
        if not id:
            raise Refusal("No attribute ID found into TAB tag.")
        block = self._block(id)
        lines = []
        for line in node.iter("LIN"):
            number = line.get("NUM", "").strip()
            values = {
                self._field(block, child.get("NAME", "")).name: (child.text or "").strip() for child in line
            }
            lines.append((int(number) if number.isdigit() else None, values))
        size = node.get("SIZE", "").strip()
        self._change.grids[block.id] = Lines(lines, int(size) if size.isdigit() else None)

    # -- JSON ----------------------------------------------------------------------------------------------

    def _json(self, text: str) -> None:
        try:
            given: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise Refusal(f"Error parsing JSON stream: {error}") from error
        for name, value in given.items():
            if name == _OURS:
                continue
            if isinstance(value, dict):
                block = self._block(name)
                if block.dim > 1:
                    raise _not_flat(name)
                for inner, one in value.items():
                    self._set(self._field(block, inner), _of_json(one))
            elif isinstance(value, list) and value and isinstance(value[0], dict):
                block = self._block(name)
                rows = [{self._field(block, n).name: _plain(v) for n, v in row.items()} for row in value]
                self._change.grids[block.id] = Lines([(None, row) for row in rows])
            elif name in self._shape.by_id and not value:
                self._change.grids[name] = Lines([])
            else:
                self._set_at_root(name, _of_json(value))

    # -- both ----------------------------------------------------------------------------------------------

    def _block(self, id: str) -> Block:
        block = self._shape.by_id.get(id)
        if block is None:
            raise Refusal(
                f"Cannot add group [{id}] under root node. Group [{id}] not found into X3 description."
            )
        return block

    def _field(self, block: Block, name: str) -> Field:
        field = block.field(name)
        if field is None:
            raise _no_field(name, f"group [{block.id}]")
        return field

    def _set_at_root(self, name: str, value: Value) -> None:
        if name not in self._shape.fields:
            raise _no_field(name)
        self._set(self._shape.fields[name][1], value)

    def _set(self, field: Field, value: Value) -> None:
        if field.size > 1:
            items = (value,) if isinstance(value, str) else value
            if len(items) > field.size:
                raise Refusal(
                    f"Field [{field.name}] has a dimension of {field.size}, {len(items)} items given."
                )
            self._change.fields[field.name] = items
        else:
            self._change.fields[field.name] = value if isinstance(value, str) else "".join(value[:1])


def _not_flat(id: str) -> Refusal:
    return Refusal(f"Group [{id}] has a dimension greater than 1. You have to use TAB Xml tag.")


def _value(node: ElementTree.Element) -> Value:
    if node.tag == "LST":
        return tuple((item.text or "").strip() for item in node.iter("ITM"))
    return (node.text or "").strip()


def _of_json(value: Any) -> Value:
    return tuple(_plain(one) for one in value) if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
