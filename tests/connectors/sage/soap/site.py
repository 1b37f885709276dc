"""One sandbox X3 with a person in it, and the connector's side of it, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sage.soap.client import Client
from connectors.sage.soap.connector import SoapConnector
from connectors.sage.soap.settings import Settings
from hub.ports import NativeField, View
from sandbox.x3 import X3
from tests.connectors.bench import BaseHarness, Row

REFERENCE = "YHUBREF"
OPTIONS: dict[str, Any] = {
    "custom": {"BPC": {REFERENCE: 60}, "SIH": {}},
    "listed": {"BPC": ["UPDDATTIM"], "SIH": ["UPDDATTIM"]},
}
"""A site as its admin was asked to make it: our reference and the time of change are in the list."""

DEFAULT_LINE = {"BPAADDFLG": "2"}
ON_CREATE = {"BCGCOD": "FR", "CRY": "FR", "CODADR.1": "001", "BPACRY.1": "FR"}


def settings(x3: X3, **more: Any) -> Settings:
    """What `hub.yaml` would say of this sandbox."""
    given: dict[str, Any] = {
        "url": x3.host, "version": x3.version, "pool": x3.pool.alias, "timezone": "UTC",
        "publications": dict(x3.publications), "user": x3.login, "password": x3.password,
    }  # fmt: skip
    return Settings.model_validate(given | more)


def connector(x3: X3, **more: Any) -> SoapConnector:
    """A connector that waits for nothing between its tries."""
    found = settings(x3, **more)
    return SoapConnector("sage", found, Client("sage", found, wait=lambda seconds: None))


def customers(*extra: NativeField, **options: Any) -> View:
    """Name, telephone and town of the default address."""
    fields = (
        NativeField("BPRNAM", options={"item": 1}),
        NativeField("TEL1", options={"line": DEFAULT_LINE}),
        NativeField("CTY", options={"line": DEFAULT_LINE}),
        *extra,
    )
    told = {"reference": REFERENCE, "changed_by": "UPDDATTIM", "on_create": ON_CREATE}
    return View("customer", "BPC", fields, key=("BPCNUM",), options=told | options)


class SiteHarness(BaseHarness):
    """The conformance suite's person in front of X3."""

    columns: Mapping[str, str] = {"name": "BPRNAM", "phone": "TEL1", "city": "CTY"}

    def __init__(self, x3: X3, view: View | None = None, **more: Any) -> None:
        self.x3, self.more = x3, more
        self.view = view or customers()

    def connect(self) -> SoapConnector:
        return connector(self.x3, **self.more)

    def add(self, rows: Sequence[Row]) -> list[str]:
        return [self._add(row) for row in rows]

    def _add(self, row: Row) -> str:
        head = {"BCGCOD": "FR", "CRY": "FR", "BPRNAM": [row.get("name") or "", "second line"]}
        address = {"CODADR": "001", "BPACRY": "FR", "BPAADDFLG": "2", **self._address(row)}
        other = {"CODADR": "LIV", "BPACRY": "FR", "CTY": "Ailleurs"}
        return self.x3.person.add("BPC", head, [address, other])

    @staticmethod
    def _address(row: Row) -> dict[str, str]:
        natives = {"phone": "TEL1", "city": "CTY"}
        return {native: row[name] or "" for name, native in natives.items() if name in row}

    def edit(self, id: str, changes: Row) -> None:
        record = self.x3.person.see("BPC", id)
        grid = next(lines for lines in record.grids.values() if lines and "CODADR" in lines[0])
        first = {**grid[0], **self._address(changes)}
        values = {"BPRNAM": [changes["name"] or "", "second line"]} if "name" in changes else {}
        self.x3.person.edit("BPC", id, values, [first, *grid[1:]])

    def remove(self, id: str) -> None:
        self.x3.person.delete("BPC", id)

    def seen(self) -> Mapping[str, Row]:
        return {id: self._seen(id) for id in self.x3.person.list("BPC")}

    def _seen(self, id: str) -> Row:
        record = self.x3.person.see("BPC", id)
        grid = next((lines for lines in record.grids.values() if lines and "CODADR" in lines[0]), ())
        line = next((line for line in grid if line.get("BPAADDFLG") == "2"), {})
        return {
            "name": record.text("BPRNAM") or None,
            "phone": line.get("TEL1") or None,
            "city": line.get("CTY") or None,
        }

    def refused(self) -> Row | None:
        return {"name": None}
