"""The files that Sage products exchange accounting through: read into entries, and written from them.

Promises: what a file says is understood or refused line by line, with a reason; a piece that does not balance
is refused whole; a file read and written again is the same, byte for byte; writing tells every character it
had to spell otherwise and every label it had to cut (`Change`), and cuts no code, number or amount. Memory
does not grow with the file.

Never does: open a file, know a folder, guess an amount or a date, write half a piece. Pure.

How it is built: `entries` are the shapes; `source` makes lines of bytes, `sink` bytes of lines; `pieces` puts
lines together; `values` reads and writes dates and amounts; one module a format.
"""

from __future__ import annotations

from connectors.sage.formats.entries import (
    Analytic,
    Change,
    Entry,
    Format,
    Item,
    Options,
    Reading,
    Refusal,
    Remark,
    Row,
    Written,
)
from connectors.sage.formats.source import ENCODINGS

NAMES = ("sage", "pnm", "ximport", "fec", "csv")

__all__ = [
    "ENCODINGS",
    "NAMES",
    "Analytic",
    "Change",
    "Entry",
    "Format",
    "Item",
    "Options",
    "Reading",
    "Refusal",
    "Remark",
    "Row",
    "Written",
    "by_name",
]


def by_name(name: str) -> Format:
    """The format called so, one of `NAMES`. Raises `KeyError`."""
    from connectors.sage.formats.delimited import Delimited
    from connectors.sage.formats.fec import Fec
    from connectors.sage.formats.pnm import Pnm
    from connectors.sage.formats.sagetext import SageText
    from connectors.sage.formats.ximport import Ximport

    formats: dict[str, Format] = {
        "sage": SageText(), "pnm": Pnm(), "ximport": Ximport(), "fec": Fec(), "csv": Delimited(),
    }  # fmt: skip
    return formats[name]
