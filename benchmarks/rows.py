"""What a benchmark answers, and how the table is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One measured ratio. `bar` is its limit; `at_most` says on which side it must stay."""

    work: str
    measured: float
    bar: float
    at_most: bool
    unit: str = "×"
    detail: str = ""

    @property
    def holds(self) -> bool:
        return self.measured <= self.bar if self.at_most else self.measured >= self.bar


class Clock:
    """Seconds of a block."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Measure the wall time of a block."""
    clock = Clock()
    start = perf_counter()
    yield clock
    clock.seconds = perf_counter() - start


def show(rows: Sequence[Row], server: str) -> None:
    """The table, a line a row, whether each bar holds."""
    table = Table(title=f"against {server}", title_justify="left", caption_justify="left")
    for heading in ("work", "measured", "bar", "holds", "how"):
        table.add_column(heading, justify="right" if heading in ("measured", "bar") else "left")
    for row in rows:
        sign = "≤" if row.at_most else "≥"
        measured = f"{row.measured:.2f}" if row.unit else f"{row.measured:.5f}"
        table.add_row(
            row.work, f"{measured} {row.unit}", f"{sign} {row.bar:g} {row.unit}",
            "yes" if row.holds else "NO", row.detail,
        )  # fmt: skip
    Console(width=150).print(table)
