"""What the run tried and what it found, summed over all its processes and printed at the end.

A test that tries many things says how many: ``tally("crashes survived", 200)``. The last lines of the run
then say what stands behind the word "passed". Values lost and records duplicated are counted where they are
looked for; a test that finds one counts it and fails.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FIGURES = (
    "interleavings tried",
    "crashes survived",
    "faults injected",
    "bad inputs tried",
    "questions asked",
    "questions that were right",
    "wrong links",
    "values lost",
    "records duplicated",
)
"""What may be counted, in the order it is printed. The last two are printed, as 0, whenever any other is."""

_BAD_INPUT = Path(__file__).parent / "bad_input"
_COUNTED: Counter[str] = Counter()


def tally(figure: str, count: int = 1) -> None:
    """Add to one of `FIGURES`. Raises `ValueError` for any other."""
    if figure not in FIGURES:
        raise ValueError(f"{figure!r} is none of {', '.join(FIGURES)}")
    _COUNTED[figure] += count


def lines() -> list[str]:
    """The figures as they are printed; none where nothing was counted."""
    if not _COUNTED:
        return []
    shown = [name for name in FIGURES if _COUNTED[name] or name in FIGURES[-2:]]
    return [f"{name}: {_COUNTED[name]:,}" for name in shown]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A bad input counts when its test has run to its end, here or in a process of xdist."""
    ran = report.when == "call" and not report.skipped
    if ran and not os.environ.get("PYTEST_XDIST_WORKER") and _BAD_INPUT.name in Path(report.fspath).parts:
        tally("bad inputs tried")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of xdist hands its figures over."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tally"] = dict(_COUNTED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The main process takes them in."""
    _COUNTED.update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = lines()
    if found:
        terminalreporter.section("figures")
        for line in found:
            terminalreporter.write_line(line)
