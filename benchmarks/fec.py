"""A FEC of 100,000 lines, read and written, against Python's own `csv` over the same file.

`csv.reader` and `csv.writer` split and join, and know nothing of days, amounts, pieces or characters that do
not fit; they are the floor. Both are given the same file on the same disk, in turn, several times, and the
best time of each counts. Times are the process's own: what else the machine does meanwhile is not measured.
Memory: what reading and writing a file took at most, for 10,000 lines and for ten times as many.
"""

from __future__ import annotations

import csv
import random
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

from benchmarks.rows import Row
from connectors.sage.formats import Entry, Options, by_name

LINES = 100_000
TIMES = 15
ENCODING = "iso8859-15"
FEC = by_name("fec")


def measured() -> list[Row]:
    """Reading, writing, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "732829320FEC20261231.txt"
        _write(file, books(LINES))
        bare, ours = _best(lambda: _read_bare(file), lambda: _read(file))
        read = Row("FEC of 100,000 lines read", ours / bare, 2, True, detail=_seconds(bare, ours))
        items = [item for item in _items(file) if isinstance(item, Entry)]
        with file.open(encoding=ENCODING, newline="") as stream:
            rows = list(csv.reader(stream, delimiter="\t"))
        assert len(items) == LINES == len(rows) - 1
        out = Path(folder) / "out.txt"
        bare, ours = _best(lambda: _write_bare(out, rows), lambda: _write(out, items))
        assert out.read_bytes() == file.read_bytes()
        wrote = Row("FEC of 100,000 lines written", ours / bare, 2.5, True, detail=_seconds(bare, ours))
        small, large = (_memory(Path(folder) / "memory.txt", lines) for lines in (LINES // 10, LINES))
    detail = f"{small / 1024:.0f} KiB for 10,000 lines, {large / 1024:.0f} KiB for 100,000"
    return [read, wrote, Row("memory for ten times the FEC", large / small, 1.2, True, detail=detail)]


def books(lines: int) -> Iterator[Entry]:
    """Invoices of three lines, the same each time."""
    chance = random.Random(1)
    for number in range(lines // 3 + 1):
        day = date(2026, 1, 1) + timedelta(number * 364 // (lines // 3 + 1))
        net = Decimal(chance.randint(10, 5000) * 100).scaleb(-2)
        tax = (net / 5).quantize(Decimal("0.01"))
        shared = Entry(
            "VE", day, "", label=f"Facture n° {number:05d}", piece=f"VE{number:06d}",
            invoice=f"FA2026-{number:05d}", piece_date=day, validated=day,
            journal_label="Journal des ventes", debit=Decimal("0.00"),
            credit=Decimal("0.00"),
        )  # fmt: skip
        customer = number % 900
        found = [
            shared._replace(
                account="41100000", account_label="Clients", third_party=f"C{customer:05d}",
                third_party_label=f"Société Électrique {customer}", debit=net + tax,
            ),
            shared._replace(account="70710000", account_label="Ventes de marchandises", credit=net),
            shared._replace(account="44571000", account_label="TVA collectée", credit=tax),
        ]  # fmt: skip
        left = lines - 3 * number
        if left < 3:
            # What is left of the round number: a piece of one line, of nothing.
            found = [shared._replace(account="70710000")] * left
        yield from found


def _items(file: Path) -> Iterator[object]:
    with file.open("rb") as stream:
        yield from FEC.read(stream, Options())


def _read(file: Path) -> None:
    with file.open("rb") as stream:
        for _ in FEC.read(stream, Options()):
            pass


def _read_bare(file: Path) -> None:
    with file.open(encoding=ENCODING, newline="") as stream:
        for _ in csv.reader(stream, delimiter="\t"):
            pass


def _write(file: Path, items: list[Entry] | Iterator[Entry]) -> None:
    written = FEC.write(items, Options())
    with file.open("wb") as stream:
        stream.writelines(written)
    assert not written.changes
    assert not written.refused


def _write_bare(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding=ENCODING, newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows(rows)


def _best(bare: Callable[[], None], ours: Callable[[], None]) -> tuple[float, float]:
    """The best seconds of each, tried in turn."""
    found: list[tuple[float, float]] = []
    for _ in range(TIMES):
        begin = process_time()
        bare()
        middle = process_time()
        ours()
        found.append((middle - begin, process_time() - middle))
    return min(one for one, _ in found), min(one for _, one in found)


def _seconds(bare: float, ours: float) -> str:
    return f"csv {bare:.3f} s, the hub {ours:.3f} s; the best of {TIMES} each, in turn"


def _memory(file: Path, lines: int) -> int:
    """Bytes at the worst moment of writing so many lines and reading them."""
    tracemalloc.start()
    _write(file, books(lines))
    _read(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    from benchmarks.rows import show

    show(measured(), "csv")
