"""The hub's own references on Odoo's records: external ids of the module ``__hub__``, which need not exist.

`load` sets them while it creates, in the same transaction; here they are only looked up, both ways. Odoo 19
shows its external ids to administrators alone: for any other user two narrower questions do the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.odoo.faults import Fault
from connectors.odoo.session import Session

MODULE = "__hub__"


class Refs:
    """References of one Odoo, looked up by record or by reference."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open = True

    def of(self, model: str, ids: Sequence[int]) -> dict[int, str]:
        """The reference of each of these records that carries one; the oldest where two were merged."""
        rows = self._listed([["module", "=", MODULE], ["model", "=", model], ["res_id", "in", list(ids)]])
        if rows is not None:
            return {row["res_id"]: row["name"] for row in reversed(rows)}
        found: dict[int, str] = {}
        for row in self._session.ask(model, "get_metadata", list(ids)):
            names = [entry["xmlid"] for entry in row.get("xmlids") or [{"xmlid": row.get("xmlid") or ""}]]
            ours = [name.partition(".")[2] for name in names if name.startswith(MODULE + ".")]
            if ours:
                found[row["id"]] = ours[0]
        return found

    def ids(self, model: str, refs: Sequence[str]) -> dict[str, int]:
        """The record id each reference was set on. The record itself may be gone since."""
        rows = self._listed([["module", "=", MODULE], ["model", "=", model], ["name", "in", list(refs)]])
        if rows is not None:
            return {row["name"]: row["res_id"] for row in rows}
        found = {ref: self._single(model, ref) for ref in refs}
        return {ref: id for ref, id in found.items() if id}

    def _listed(self, domain: list[Any]) -> list[dict[str, Any]] | None:
        """Rows of ``ir.model.data``, oldest first; ``None`` where the hub's user may not see them."""
        if not self._open:
            return None
        try:
            rows: list[dict[str, Any]] = self._session.ask(
                "ir.model.data", "search_read", domain, ["name", "res_id"], 0, None, "id"
            )
        except Fault as fault:
            if fault.kind != "access":
                raise
            self._open = False
            return None
        return rows

    def _single(self, model: str, ref: str) -> int | None:
        try:
            where, id = self._session.ask(
                "ir.model.data",
                "check_object_reference",
                MODULE,
                ref,
                context={"active_test": False},
            )
        except Fault as fault:
            if "External ID not found" in fault.message:
                return None
            raise
        return int(id) if where == model and id else None
