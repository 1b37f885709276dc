"""What X3 answers, as text: RESULT documents of one record or of a list, the description of an object, JSON.

Attributes are in alphabetical order, empty elements close themselves, the last group of a record is ADXTEC.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sandbox.x3.schema import Block, Field, Shape, char
from sandbox.x3.store import Record, Value

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_STAMPS = {"UPDDAT": "Date"}


def record_xml(shape: Shape, record: Record) -> str:
    """The RESULT document of a record."""
    return _kept(record, "xml", lambda: f"{DECLARATION}<RESULT>{_blocks(shape, record)}</RESULT>")


def _kept(record: Record, what: str, draw: Any) -> str:
    if what not in record.drawn:
        record.drawn[what] = draw()
    return record.drawn[what]


def _blocks(shape: Shape, record: Record) -> str:
    drawn = [_block(block, record) for block in shape.blocks]
    technical = (
        f'<GRP ID="ADXTEC"><FLD NAME="WW_MODSTAMP" TYPE="Char">{record.stamp}</FLD>'
        f'<FLD NAME="WW_MODUSER" TYPE="Char">{escape(record.user)}</FLD></GRP>'
    )
    return "".join([*drawn, technical])


def _block(block: Block, record: Record) -> str:
    if block.dim == 1:
        fields = "".join(_field(field, record.values.get(field.name, field.empty)) for field in block.fields)
        return _element("GRP", f' ID="{block.id}"', fields)
    lines = record.grids.get(block.id, ())
    drawn = ("".join(_fld(one, line.get(one.name, one.empty)) for one in block.fields) for line in lines)
    content = "".join(f'<LIN NUM="{number}">{line}</LIN>' for number, line in enumerate(drawn, start=1))
    return _element("TAB", f' DIM="{block.dim}" ID="{block.id}" SIZE="{len(lines)}"', content)


def _element(name: str, attributes: str, content: str) -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def _field(field: Field, value: Value) -> str:
    if field.size == 1:
        return _fld(field, value if isinstance(value, str) else value[0])
    items = "".join(_element("ITM", "", escape(one)) for one in array(field, value))
    return f'<LST NAME="{field.name}" SIZE="{field.size}" TYPE="{field.type}">{items}</LST>'


def array(field: Field, value: Value) -> tuple[str, ...]:
    """The value of an array, every place of it."""
    given = (value,) if isinstance(value, str) else value
    return (*given, *[""] * (field.size - len(given)))


def _fld(field: Field, value: str) -> str:
    attributes = f' NAME="{field.name}" TYPE="{field.type}"'
    if field.menu is not None:
        chosen = int(value) if value.isdigit() else 0
        label = field.menu.labels[chosen - 1] if 0 < chosen <= len(field.menu.labels) else ""
        attributes = f' MENULAB={quoteattr(label)} MENULOCAL="{field.menu.number}"{attributes}'
    return _element("FLD", attributes, escape(value))


def column(shape: Shape, name: str) -> Field:
    """A column of the list."""
    if name in shape.fields:
        return shape.fields[name][1]
    return Field(name, _STAMPS[name], 8) if name in _STAMPS else char(name, 14)


def list_xml(shape: Shape, records: Iterable[Record]) -> str:
    """The RESULT document of a query: its lines, with the columns of the left list alone."""
    columns = [column(shape, name) for name in shape.listed]

    def line(record: Record) -> str:
        return "".join(_fld(one, record.text(one.name)) for one in columns)

    lines = "".join(
        f'<LIN NUM="{number}">{_kept(record, "line", lambda record=record: line(record))}</LIN>'
        for number, record in enumerate(records, start=1)
    )
    return f"{DECLARATION}{_element('RESULT', '', lines)}"


def description_xml(shape: Shape) -> str:
    """The ADXDESC document of an object."""
    groups = "".join(
        f'<GRP DIM="{block.dim}" NAM="{block.id}">'
        + "".join(
            f'<FLD DIM="{field.size}" LEN="{field.length}" NAM="{field.name}" TYP="{field.type}"/>'
            for field in block.fields
        )
        + "</GRP>"
        for block in shape.blocks
    )
    return f"{DECLARATION}<ADXDESC>{groups}</ADXDESC>"


def beautified(document: str) -> str:
    """The same document, a line an element (``adxwss.beautify=true``)."""
    root = ElementTree.fromstring(document)
    ElementTree.indent(root, "  ")
    return f"{DECLARATION}\n{ElementTree.tostring(root, encoding='unicode', short_empty_elements=True)}\n"


def record_json(shape: Shape, record: Record) -> str:
    """A record in JSON mode: groups as objects, grids as lists of objects."""
    told: dict[str, Any] = {}
    for block in shape.blocks:
        if block.dim == 1:
            told[block.id] = {
                field.name: _plain(field, record.values.get(field.name, field.empty))
                for field in block.fields
            }
        else:
            told[block.id] = [
                {one.name: _plain(one, line.get(one.name, one.empty)) for one in block.fields}
                for line in record.grids.get(block.id, ())
            ]
    told["ADXTEC"] = {"WW_MODSTAMP": record.stamp, "WW_MODUSER": record.user}
    return json.dumps(told, ensure_ascii=False)


def list_json(shape: Shape, records: Sequence[Record]) -> str:
    """A query in JSON mode: a list of flat objects."""
    columns = [column(shape, name) for name in shape.listed]
    return json.dumps(
        [{one.name: _plain(one, record.text(one.name)) for one in columns} for record in records],
        ensure_ascii=False,
    )


def _plain(field: Field, value: Value) -> Any:
    if field.size > 1:
        return [_plain_one(field, one) for one in array(field, value)]
    return _plain_one(field, value if isinstance(value, str) else value[0])


def _plain_one(field: Field, value: str) -> Any:
    if field.type == "Integer":
        return int(value or 0)
    if field.type == "Decimal":
        number = Decimal(value or 0)
        return int(number) if number == number.to_integral_value() else float(number)
    return value
