"""Files of accounting for the tests: the golden ones, and lines to spoil."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from connectors.sage.formats import Entry, Item, Options, Reading, Refusal, Remark, Row, by_name

GOLDEN = Path(__file__).parent / "golden"
FORMATS = {
    "732829320FEC20261231.txt": "fec",
    "bom.fec.txt": "fec",
    "pipes-lf-utf8.fec.txt": "fec",
    "montant-sens.fec.txt": "fec",
    "montant-signe.fec.txt": "fec",
    "version5.sage.txt": "sage",
    "version14.sage.txt": "sage",
    "ventes.pnm": "pnm",
    "XIMPORT.ximport.TXT": "ximport",
    "ecritures.entries.csv": "csv",
    "reglements.payment.csv": "csv",
    "tiers.third.csv": "csv",
}
HEAD = [
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum",
    "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet",
    "ValidDate", "Montantdevise", "Idevise",
]  # fmt: skip


def opened(format: str, data: bytes, **options: Any) -> Reading:
    """A file being read."""
    return by_name(format).read(io.BytesIO(data), Options(**options))


def read(format: str, data: bytes, **options: Any) -> list[Item]:
    """All that a file says."""
    return list(opened(format, data, **options))


def golden(name: str) -> list[Item]:
    """All that a golden file says."""
    return read(FORMATS[name], (GOLDEN / name).read_bytes())


def entries(items: list[Item]) -> list[Entry]:
    return [item for item in items if isinstance(item, Entry)]


def rows(items: list[Item]) -> list[Row]:
    return [item for item in items if isinstance(item, Row)]


def refused(items: list[Item]) -> list[Refusal]:
    return [item for item in items if isinstance(item, Refusal)]


def remarks(items: list[Item]) -> list[Remark]:
    return [item for item in items if isinstance(item, Remark)]


def fec_line(piece: str = "1", debit: str = "0,00", credit: str = "0,00", **more: str) -> str:
    """A line of a FEC, with tabs, without its end."""
    said = {
        "JournalCode": "VE", "JournalLib": "Ventes", "EcritureNum": piece, "EcritureDate": "20260105",
        "CompteNum": "411000" if debit != "0,00" else "707100", "CompteLib": "Compte",
        "PieceRef": f"F{piece}", "PieceDate": "20260105", "EcritureLib": "Facture", "Debit": debit,
        "Credit": credit,
        "ValidDate": "20260131", **more,
    }  # fmt: skip
    return "\t".join(said.get(name, "") for name in HEAD)


def fec(*lines: str, end: str = "\r\n", encoding: str = "iso8859-15") -> bytes:
    """A FEC of these lines under the right heading."""
    return "".join(line + end for line in ("\t".join(HEAD), *lines)).encode(encoding)


GOOD = (fec_line("1", "10,00"), fec_line("1", credit="10,00"))
"""The two lines of a piece that balances."""
