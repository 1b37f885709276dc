"""A folder of 300 contracts: looked at when nothing changed, and read when all of them did.

The floor of a look is one `os.stat` of each of the same files, nothing else: no name is listed, nothing is
compared. Both are given the same folder, in turn, many times; the best time of each counts. Reading is the
connector's own pull, from the file to the record, a pull a document, as when one person saved one contract.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from benchmarks.rows import Row
from connectors.word.connector import WordConnector
from connectors.word.settings import Settings
from hub.ports import NativeField, View
from sandbox.company.contracts import contracts, say_otherwise, write_contracts
from sandbox.company.customers import customers

DOCUMENTS = 300
TIMES = 200
LONG_AGO = 1_750_000_000
PROFILES = Path(__file__).resolve().parents[1] / "mappings" / "documents"
VIEW = View(
    "contract",
    "contract",
    tuple(
        NativeField(name, kind)
        for name, kind in (
            ("number", "text"), ("customer", "text"), ("siret", "siret"), ("town.town", "text"),
            ("phone", "phone"), ("amount", "money"), ("starts_on", "date"), ("ends_on", "date"),
            ("duration", "duration"), ("periodicity", "periodicity"),
        )
    ),
)  # fmt: skip


def measured() -> list[Row]:
    """A look at an unchanged folder, and a changed document."""
    with tempfile.TemporaryDirectory() as name, _folder(Path(name)) as connector:
        folder = connector.settings.path
        first = list(connector.pull(VIEW, None, lambda ids: {}))
        assert sum(len(page.records) for page in first) == DOCUMENTS
        assert not first[-1].rejected
        cursor = first[-1].cursor
        files = sorted(str(path) for path in folder.iterdir())
        bare, ours = _looks(connector, cursor, files)
        detail = f"stat {bare * 1000:.2f} ms, the hub {ours * 1000:.2f} ms; the best of {TIMES}, in turn"
        poll = Row("300 unchanged contracts looked at", ours / bare, 1.5, True, detail=detail)
        took = list(_reads(connector, cursor, [Path(file) for file in files]))
    middle = statistics.median(took)
    detail = f"{min(took):.0f} to {max(took):.0f} ms; each changed and pulled alone"
    return [poll, Row("a changed contract read", middle, 100, True, "ms", detail)]


@contextmanager
def _folder(root: Path) -> Iterator[WordConnector]:
    folder = root / "contracts"
    folder.mkdir()
    for path in write_contracts(folder, contracts(list(customers(DOCUMENTS)), 2026)):
        os.utime(path, (LONG_AGO, LONG_AGO))
    connector = WordConnector("contracts", Settings(path=folder, profiles=PROFILES, stable_seconds=0))
    yield connector
    connector.close()


def _looks(connector: WordConnector, cursor: str | None, files: list[str]) -> tuple[float, float]:
    """The best seconds of a bare look at every file, and of the connector's."""
    found = []
    for _ in range(TIMES):
        begin = perf_counter()
        for file in files:
            os.stat(file)
        middle = perf_counter()
        (page,) = connector.pull(VIEW, cursor, lambda ids: {})
        end = perf_counter()
        assert not page.records
        assert page.cursor == cursor
        found.append((middle - begin, end - middle))
    return min(one for one, _ in found), min(one for _, one in found)


def _reads(connector: WordConnector, cursor: str | None, files: list[Path]) -> Iterator[float]:
    """Milliseconds from a changed document to its record."""
    for number, file in enumerate(files):
        say_otherwise(file, f"Annexe {number}.")
        os.utime(file, (LONG_AGO + 60 + number, LONG_AGO + 60 + number))
        begin = perf_counter()
        pages = list(connector.pull(VIEW, cursor, lambda ids: {}))
        yield (perf_counter() - begin) * 1000
        assert sum(len(page.records) for page in pages) == 1
        cursor = pages[-1].cursor


if __name__ == "__main__":
    from benchmarks.rows import show

    show(measured(), "files")
