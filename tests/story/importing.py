"""Somebody at a Sage 100 who imports the hub's files into its base, and answers each."""

from __future__ import annotations

import csv
import io
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sandbox.sage100 import CREDIT, DEBIT, Base
from sandbox.sage_accounts import Accounts, Entry

KEYS = {
    "F_COMPTET": ("CT_Num",),
    "F_CONTACTT": ("CT_Num", "CT_Nom"),
    "F_LIVRAISON": ("CT_Num", "LI_Intitule"),
}


class Importer:
    """Sage's import, from a folder into a base: third parties by columns, entries in Format Sage."""

    def __init__(self, base: Base, folder: Path) -> None:
        self.base, self.imports, self.acks, self.done = (
            base,
            folder / "imports",
            folder / "acks",
            folder / "done",
        )
        for place in (self.imports, self.acks, self.done):
            place.mkdir(parents=True, exist_ok=True)
        self.taken: list[str] = []

    def take(self) -> int:
        """Import every file that waits; how many did."""
        waiting = sorted(path for path in self.imports.iterdir() if path.is_file())
        for path in waiting:
            data = path.read_bytes()
            refusals = self._entries(data) if Accounts.knows(data) else self._rows(path.name, data)
            os.replace(path, self.done / path.name)
            text = "".join(f"{line}\r\n" for line in refusals)
            (self.acks / f"{path.name}{'.err' if refusals else '.ok'}").write_bytes(text.encode("cp1252"))
            self.taken.append(path.name)
        return len(waiting)

    def _rows(self, name: str, data: bytes) -> list[str]:
        """A file of a table's rows, each replaced or added by what tells it apart."""
        table = next(table for table in KEYS if name.startswith(table))
        known = {tuple(row[key] for key in KEYS[table]): row["cbMarq"] for row in self.base.rows(table)}
        for row in csv.DictReader(io.StringIO(data.decode("cp1252"), newline=""), delimiter=";"):
            key = tuple(row[name] for name in KEYS[table])
            if key in known:
                self.base.change(table, known[key], **row)
            else:
                self.base.enter(table, **row)
        return []

    def _entries(self, data: bytes) -> list[str]:
        codes = {row["CT_Num"] for row in self.base.rows("F_COMPTET")}
        accounts = Accounts(codes, lambda object, lines: None)
        refusals = accounts.take(data.decode("cp1252"))
        for entry in accounts.entered:
            self._enter(entry)
        return refusals

    def _enter(self, entry: Entry) -> None:
        day = datetime.strptime(entry.date, "%d%m%y").date()
        side, amount = (DEBIT, entry.debit) if entry.debit else (CREDIT, entry.credit)
        self.base.entry(
            entry.journal, day, entry.compte, side, str(amount), entry.tiers,
            EC_RefPiece=entry.facture, EC_Piece=entry.piece, EC_Intitule=entry.intitule,
        )  # fmt: skip

    def pieces(self) -> dict[str, list[Decimal]]:
        """The amounts entered under each invoice in the sales journal, debits positive."""
        found: dict[str, list[Decimal]] = {}
        for row in self.base.rows("F_ECRITUREC"):
            if row["JO_Num"] == "VE":
                sign = 1 if row["EC_Sens"] == DEBIT else -1
                found.setdefault(row["EC_RefPiece"], []).append(sign * row["EC_Montant"])
        return found

    def owed(self, invoice: str) -> int:
        """The customer's own entry of an invoice, by its EC_No."""
        (number,) = [
            row["EC_No"] for row in self.base.rows("F_ECRITUREC")
            if row["EC_RefPiece"] == invoice and row["CT_Num"] and row["EC_Sens"] == DEBIT
        ]  # fmt: skip
        return int(number)
