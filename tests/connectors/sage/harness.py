"""A person at the small Sage of `sandbox.sage`, for the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.sage import connect
from connectors.sage.settings import Settings
from hub.ports import Connector, NativeField, View
from sandbox.sage import Column, Sage
from tests.connectors.conformance import BaseHarness, Row

COLUMNS = {"name": "Raison sociale", "phone": "Tél.", "city": "Ville"}
FORMAT = (
    Column("Code tiers", 17, upper=True),
    Column("Raison sociale", 35, upper=True),
    Column("Adresse", 35),
    Column("Tél.", 21),
    Column("Ville", 35),
)


def view_of(*fields: NativeField, **options: Any) -> View:
    """Customers of the format above."""
    named = fields or tuple(NativeField(title) for title in COLUMNS.values())
    return View("customer", "tiers", named, key=("Code tiers",), options={"new_key": "C{:04d}", **options})


class SageHarness(BaseHarness):
    """`settings` are those of the connector beyond the folders; `how` is how the small Sage writes."""

    columns: Mapping[str, str] = COLUMNS

    def __init__(self, folder: Path, view: View | None = None, **settings: Any) -> None:
        how = {name: settings.pop(name) for name in ("quotes", "answers", "codec") if name in settings}
        self.view = view or view_of()
        self.sage = Sage(
            folder,
            FORMAT,
            encoding=how.get("codec", "cp1252"),
            delimiter=settings.pop("sage_delimiter", ";"),
            header=settings.get("header", True),
            quotes=how.get("quotes", True),
            answers=how.get("answers", "suffix"),
        )
        folders = {"exports": self.sage.exports, "imports": self.sage.imports, "acks": self.sage.acks}
        self.settings = Settings(**{"stable_seconds": 0, **folders, **settings})
        self.sage.forbidden["Tél."] = "0000"
        self._number = 0

    def connect(self) -> Connector:
        return connect("sage", self.settings)

    def add(self, rows: Sequence[Row]) -> list[str]:
        ids = []
        for row in rows:
            self._number += 1
            code = f"C{self._number:04d}"
            ids.append(self.sage.put({"Code tiers": code, "Adresse": "1 rue Haute", **self._native(row)}))
        return ids

    def edit(self, id: str, changes: Row) -> None:
        self.sage.edit(id, self._native(changes))

    def remove(self, id: str) -> None:
        self.sage.delete(id)

    def seen(self) -> Mapping[str, Row]:
        return {
            code: {column: row[title] or None for column, title in COLUMNS.items()}
            for code, row in self.sage.rows.items()
            if not code.startswith("F")
        }

    def deliver(self) -> None:
        self.sage.step()

    def shown(self, column: str, text: str) -> str | None:
        return self.sage.kept(COLUMNS[column], text) or None

    def refused(self) -> Row | None:
        return {"city": "東京"}

    def refused_later(self) -> Row | None:
        return {"phone": "0000"}

    def _native(self, row: Row) -> dict[str, str]:
        return {COLUMNS[column]: value or "" for column, value in row.items()}


class ChangesHarness(SageHarness):
    """A Sage that exports what changed, and everything only after a deletion (and once at first)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, incremental=True, export_pattern="tiers_maj*", full_pattern="tiers_2*")
        self._last: dict[str, dict[str, str]] = {}

    def deliver(self) -> None:
        self.sage.take()
        rows = {code: dict(row) for code, row in self.sage.rows.items()}
        if not list(self.sage.exports.iterdir()) or self._last.keys() - rows.keys():
            self.sage.export()
        else:
            self.sage.export_only(code for code, row in rows.items() if self._last.get(code) != row)
        self._last = rows
