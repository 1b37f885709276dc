"""Files attached to records: `ir.attachment`, with the SHA-1 that Odoo keeps of their bytes."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from sandbox.odoo.schema import Field, Model, Row, binary, char, integer, selection

KINDS = [("url", "URL"), ("binary", "File")]


def checksum(env: Any, row: Row) -> str:
    """Of the bytes alone; of no bytes too."""
    return hashlib.sha1(_bytes(row), usedforsecurity=False).hexdigest()


def size(env: Any, row: Row) -> int:
    """In bytes."""
    return len(_bytes(row))


def model() -> Model:
    """The same in every version, as far as the hub or its tests meet it."""
    fields: dict[str, Field] = {
        "name": char("Name", required=True),
        "res_model": char("Resource Model"),
        "res_id": Field("many2one_reference", "Resource ID"),
        "type": selection(KINDS, "Type", required=True, default="binary"),
        "datas": binary("File Content (base64)"),
        "checksum": char("Checksum/SHA1", size=40, readonly=True, compute=checksum),
        "file_size": integer("File Size", readonly=True, compute=size),
    }
    return Model("ir.attachment", "Attachment", fields, order="id desc")


def _bytes(row: Row) -> bytes:
    return base64.b64decode(row.get("datas") or "")
