"""Asks the worker for one thing and hands its frames on as they come; its death or silence is a `Fault`.

How the process is started, what it is given and how it ends is `hub.apart`'s; each question has a process of
its own, since a workbook is big and what it leaves behind in memory is too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.apart import Died, Worker
from hub.filing.faults import Fault, damaged


def frames(request: Mapping[str, Any], seconds: float) -> Iterator[tuple[str, Any]]:
    """Run the worker on `request`; yields (kind, content) of every frame up to `end`. Raises `Fault`.

    `seconds` is what the child may take in all; what the reader of these frames takes is not counted.
    """
    shown = str(request["shown"])
    with Worker("connectors.excel.worker") as worker:
        try:
            for kind, content in worker.ask(request, seconds):
                if kind == "fault":
                    raise Fault(*content)
                yield kind, content
        except Died as death:
            if death.spent:
                raise damaged(
                    f"{shown} could not be read within {seconds:.0f} s",
                    todo="raise limits.seconds if it is sound",
                ) from death
            todo = "open it in Excel and save it again; it may be damaged"
            raise damaged(f"{shown} cannot be read", death.words, todo) from death
