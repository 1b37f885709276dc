"""What is written down of a record before it is made one with another, so that it can be taken back.

Of a contact that will be deleted: every value of its own (stored, and not readonly to people), by Odoo's
names; the fields that the winner lacks, which the wizard fills; and which records referred to it. Of a
record that will be archived: whether it was archived before. All of it is JSON. Pictures, and whatever says
token or password, are not written down. Properties (accounts, payment terms) are those of the hub's
company.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.odoo.layout import Schema
from connectors.odoo.referring import EVERYTHING, Referring
from connectors.odoo.session import Session

_KINDS = "boolean char date datetime float html integer many2one monetary selection text"
SIMPLE = frozenset(_KINDS.split())
TAGS = "category_id"
PICTURE = "image_128"
_NEVER = ("token", "password", "message_", "activity_", "signup_")


class Noting:
    """Writes down what `Splitting` needs."""

    def __init__(self, session: Session, schema: Schema, referring: Referring) -> None:
        self._session = session
        self._schema = schema
        self._referring = referring

    def of_deleted(self, model: str, keep: int, id: int) -> Mapping[str, Any]:
        """The note of a loser that will be deleted."""
        names = self._own(model)
        values = self._values(model, id, names)
        winner = self._values(model, keep, names)
        tags = [tag for tag in values.get(TAGS) or () if tag not in (winner.get(TAGS) or ())]
        lent = [name for name in names if name != TAGS and values.get(name) and not winner.get(name)]
        found, gaps = self._referring.to(model, id, beside=keep)
        return {
            "model": model,
            "values": values,
            "lent": lent,
            "lent_tags": tags,
            "picture": self._has_picture(model, id),
            "referred": [
                {
                    "model": one.way.model,
                    "field": one.way.field,
                    "kind": one.way.kind,
                    "by": one.way.by,
                    "label": one.way.label,
                    "ids": list(one.ids),
                    "beside": list(one.beside),
                }
                for one in found
            ],
            "gaps": gaps,
        }

    def of_archived(self, model: str, keep: int, id: int) -> Mapping[str, Any]:
        """The note of a loser that stays in Odoo."""
        if "active" not in self._schema.fields(model, ["active"]):
            return {"model": model, "active": True}
        return {"model": model, "active": bool(self._values(model, id, ["active"])["active"])}

    def _own(self, model: str) -> list[str]:
        """The fields whose values are this record's own, and can be given to another one."""
        every = self._schema.every(model)
        names = [
            name
            for name, info in every.items()
            if info["type"] in SIMPLE and info.get("store", True) and not info.get("readonly")
        ]
        tags = [TAGS] if every.get(TAGS, {}).get("type") == "many2many" else []
        return sorted(n for n in (*names, *tags) if n != "id" and not any(part in n for part in _NEVER))

    def _values(self, model: str, id: int, names: list[str]) -> dict[str, Any]:
        rows = self._session.ask(model, "read", [id], names, "", context=EVERYTHING)
        row = rows[0] if rows else {}
        return {name: row.get(name, False) for name in names}

    def _has_picture(self, model: str, id: int) -> bool:
        if PICTURE not in self._schema.fields(model, [PICTURE]):
            return False
        context = {**EVERYTHING, "bin_size": True}
        rows = self._session.ask(model, "read", [id], [PICTURE], "", context=context)
        return bool(rows and rows[0][PICTURE])
