"""A person at the small Sage 100 of `sandbox.sage100`, whose Sage also imports the files it is given."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.sage.sql import connect
from connectors.sage.sql.settings import Settings
from hub.ports import Connector, NativeField, Page, Record, View
from sandbox.sage100 import Base
from tests.connectors.conformance import BaseHarness, Row

COLUMNS = {"name": "CT_Intitule", "phone": "CT_Telephone", "city": "CT_Ville"}
LENGTHS = {"CT_Intitule": 69, "CT_Telephone": 21, "CT_Ville": 35}
CUSTOMERS = View(
    "customer",
    "F_COMPTET",
    tuple(NativeField(name) for name in COLUMNS.values()),
    ("CT_Num",),
    {"CT_Type": 0},
    {"new_key": "C{:04d}"},
)


class Clock:
    """The server's clock, without a zone: it goes on by itself, and by `pass_`."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0)) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time.replace(second=0)

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)


class SqlHarness(BaseHarness):
    """`url` is an empty database. Customers are typed into F_COMPTET; a supplier stands among them."""

    columns: Mapping[str, str] = COLUMNS

    def __init__(self, url: str, folder: Path, view: View = CUSTOMERS, **settings: Any) -> None:
        self.view = view
        self.clock = Clock()
        self.base = Base(url, self.clock)
        self.base.third_party("F0001", "Un fournisseur", 1)
        self.imports, self.acks, self.taken = folder / "imports", folder / "acks", folder / "taken"
        for place in (self.imports, self.acks, self.taken):
            place.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(
            **{
                "url": url,
                "imports": self.imports,
                "acks": self.acks,
                "lock_timeout": 1,
                "stable_seconds": 0,
                **settings,
            }
        )
        self._number = 0

    def connect(self) -> Connector:
        return connect("sage", self.settings)

    def add(self, rows: Sequence[Row]) -> list[str]:
        ids = []
        for row in rows:
            self._number += 1
            code = f"T{self._number:04d}"
            columns: dict[str, Any] = self._native(row, "CT_Intitule")
            self.base.third_party(code, row.get("name") or "", **columns)
            ids.append(code)
        return ids

    def edit(self, id: str, changes: Row) -> None:
        self.base.change("F_COMPTET", self._marq(id), **self._native(changes))

    def remove(self, id: str) -> None:
        self.base.delete("F_COMPTET", self._marq(id))

    def seen(self) -> Mapping[str, Row]:
        return {
            row["CT_Num"]: {column: row[title] or None for column, title in COLUMNS.items()}
            for row in self.base.rows("F_COMPTET")
            if row["CT_Type"] == 0
        }

    def shown(self, column: str, text: str) -> str | None:
        return text.encode("cp1252", "replace").decode("cp1252")[: LENGTHS[COLUMNS[column]]].strip() or None

    def refused(self) -> Row | None:
        return {"city": "東京"}

    def refused_later(self) -> Row | None:
        return {"phone": "0000"}

    def deliver(self) -> None:
        """Sage imports what waits, line by line, and says of each what became of it."""
        self.clock.pass_(minutes=1)
        for path in sorted(self.imports.glob("*.csv")):
            refused = [self._take(row) for row in self._lines(path)]
            said = "\n".join(text for text in refused if text)
            shutil.move(path, self.taken / path.name)
            ending = ".err" if said else ".ok"
            (self.acks / f"{path.name}{ending}").write_text(said, encoding="cp1252")

    def _lines(self, path: Path) -> list[dict[str, str]]:
        text = path.read_bytes().decode("cp1252")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))

    def _take(self, line: dict[str, str]) -> str:
        code = line["CT_Num"]
        if line.get("CT_Telephone") == "0000":
            return f"{code};numéro refusé"
        values = {name: text[: LENGTHS.get(name, 17)] for name, text in line.items() if name != "CT_Type"}
        if code in {row["CT_Num"] for row in self.base.rows("F_COMPTET")}:
            self.base.change("F_COMPTET", self._marq(code), **values)
        else:
            self.base.enter("F_COMPTET", **values, CT_Type=int(line["CT_Type"]))
        return ""

    def _marq(self, code: str) -> int:
        return next(int(row["cbMarq"]) for row in self.base.rows("F_COMPTET") if row["CT_Num"] == code)

    def _native(self, row: Row, *but: str) -> dict[str, Any]:
        return {COLUMNS[column]: value or "" for column, value in row.items() if COLUMNS[column] not in but}


def nobody(ids: Sequence[str]) -> Mapping[str, str | None]:
    """What a hub knows that knows nothing yet."""
    return {}


def pulled(
    connector: Connector, view: View, cursor: str | None = None, known: Mapping[str, str | None] | None = None
) -> tuple[dict[str, Record], list[Page]]:
    """The records of one whole pull by id, and its pages."""
    held = known or {}
    pages = list(connector.pull(view, cursor, lambda ids: {id: held[id] for id in ids if id in held}))
    return {record.id: record for page in pages for record in page.records}, pages


def versions(records: Mapping[str, Record]) -> dict[str, str | None]:
    """What the hub holds after a pull."""
    return {id: record.version for id, record in records.items()}


def utc(moment: datetime) -> datetime:
    """A moment in universal time."""
    return moment.replace(tzinfo=UTC)
