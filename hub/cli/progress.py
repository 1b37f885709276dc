"""Long work, told as it goes: bars with counts and time left on a terminal, plain lines elsewhere.

Both are `hub.report.Progress`. Everything goes to standard error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from hub.report import Progress

PLAIN_EVERY = 5.0
"""Seconds between two plain lines about the same step."""

_PLACES = {"read": "from", "write": "to"}

WEIGHING = ("index", "strangers", "compare", "weigh", "link")
"""The steps of a look at a whole base, in their order."""


Left = Callable[[str, str], int]
"""How many writes one entity and system still wait for."""


@contextmanager
def shown(console: Console, left: Left = lambda entity, system: 0) -> Iterator[Progress]:
    """A progress for the time of some work. `left` is asked where a step does not know its own end."""
    if not console.is_terminal:
        lines = _Lines(lambda text: console.print(text, markup=False, soft_wrap=True))
        yield lines
        lines.finish()
        return
    with _bars(console) as bars:
        yield _Bars(bars, left)


def _about(step: str, entity: str, system: str) -> str:
    """``read customer from odoo``; a step of no system (`hub.weighing`) says which of how many it is."""
    if system:
        return f"{step} {entity} {_PLACES.get(step, 'in')} {system}"
    place = f" (step {WEIGHING.index(step) + 1} of {len(WEIGHING)})" if step in WEIGHING else ""
    return f"{step} {entity}{place}"


class _Lines:
    """A line when a step has gone on for a while, and one with its end count."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.say, self.clock = say, clock
        self.last: tuple[str, str, str] | None = None
        self.text, self.said, self.at = "", "", 0.0

    def __call__(self, step: str, entity: str, system: str, done: int, total: int | None) -> None:
        if self.last != (step, entity, system):
            self.finish()
            self.last, self.at = (step, entity, system), self.clock()
        of = f" of {total}" if total is not None else ""
        count = f": {done}{of}" if done or total is not None else ""
        self.text = _about(step, entity, system) + count
        if self.clock() - self.at >= PLAIN_EVERY:
            self.finish()
            self.at = self.clock()

    def finish(self) -> None:
        """Say the last thing heard, once."""
        if self.text and self.text != self.said:
            self.said = self.text
            self.say(f"{datetime.now():%H:%M:%S} {self.text}")


class _Bars:
    """A bar per step, entity and system."""

    def __init__(self, bars: Bars, left: Left) -> None:
        self.bars, self.left = bars, left
        self.tasks: dict[tuple[str, str, str], TaskID] = {}

    def __call__(self, step: str, entity: str, system: str, done: int, total: int | None) -> None:
        key = (step, entity, system)
        if key not in self.tasks:
            self._settle()
            text = _about(step, entity, system)
            if total is None and step == "write":
                total = done + self.left(entity, system)
            self.tasks[key] = self.bars.add_task(text, total=total)
        task = self.bars.tasks[self.tasks[key]]
        known = total if total is not None else task.total
        self.bars.update(task.id, completed=done, total=None if known is None else max(known, done))

    def _settle(self) -> None:
        """Steps before this one are over: their bars stand full."""
        for task in self.bars.tasks:
            if task.total != task.completed:
                self.bars.update(task.id, total=task.completed)


def _bars(console: Console) -> Bars:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
